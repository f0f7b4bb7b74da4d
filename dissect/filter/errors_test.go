package filter_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tcplens/dissect"
	"tcplens/dissect/filter"
)

var update = flag.Bool("update", false, "write testdata/errors.golden anew")

// TestErrors holds what is said of wrong filters to a file that is written to be
// read: the filter, marks under what is wrong, the message and what to write.
func TestErrors(t *testing.T) {
	known := dissect.NewLookup()
	text, err := os.ReadFile(filepath.Join("testdata", "errors.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	count := 0
	for _, expr := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		v := filter.Check(expr, known)
		if v.State != filter.Invalid {
			t.Errorf("%s is no wrong filter", expr)
			continue
		}
		count++
		fmt.Fprintf(&b, "%s\n%s\n", v.Caret(expr), v.Msg)
		if v.Suggest != "" {
			fmt.Fprintf(&b, "→ %s\n", v.Suggest)
		}
		b.WriteByte('\n')
	}
	if count < 60 {
		t.Errorf("only %d wrong filters", count)
	}
	golden := filepath.Join("testdata", "errors.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	got, wanted := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(got), len(wanted)) {
		if got[i] != wanted[i] {
			t.Fatalf("line %d is\n%s\nnot\n%s", i+1, got[i], wanted[i])
		}
	}
	if len(got) != len(wanted) {
		t.Errorf("%d lines, not %d", len(got), len(wanted))
	}
}
