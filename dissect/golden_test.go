package dissect

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var flagUpdate = flag.Bool("update", false, "write the golden files, and the captures that tests make")

// TestGolden holds the packet list and the detail tree of every capture under
// testdata against the files beside it.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.pcap*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures under testdata (%v)", err)
	}
	for _, f := range files {
		if strings.HasSuffix(f, ".golden") || strings.HasSuffix(f, ".keylog") {
			continue
		}
		t.Run(strings.TrimPrefix(f, "testdata/"), func(t *testing.T) {
			in := readCapture(t, f)
			learn(in)
			var list, tree strings.Builder
			d := NewDissection(nil)
			for i := range in {
				tr, c := d.Run(&in[i], WantTree|WantColumns)
				fmt.Fprintf(&list, "%d | %s | %s | %s | %s\n", i+1, c.Src, c.Dst, c.Proto, c.Info)
				tree.WriteString(tr.Text())
				tree.WriteByte('\n')
			}
			golden(t, strings.TrimSuffix(f, filepath.Ext(f))+".list.golden", list.String())
			golden(t, strings.TrimSuffix(f, filepath.Ext(f))+".tree.golden", tree.String())
		})
	}
}

// golden compares with a file, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *flagUpdate {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("%v (run the test with -update to write it)", err)
	}
	if string(want) == got {
		return
	}
	w, g := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		var a, b string
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			t.Fatalf("%s:%d\n  want %s\n  got  %s", name, i+1, a, b)
		}
	}
}
