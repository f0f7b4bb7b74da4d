package dissect

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestOddMessages holds captures of broken messages against golden files. They
// are apart from the others because tshark shows more of their faults. With them is
// one of SSH with AES-GCM, of which it takes encrypted packets for broken ones.
func TestOddMessages(t *testing.T) {
	files, err := filepath.Glob("testdata/app/odd/*.pcap")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures of odd messages (%v)", err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			in := readCapture(t, f)
			learn(in)
			var out strings.Builder
			d := NewDissection(nil)
			for i := range in {
				tr, c := d.Run(&in[i], WantTree|WantColumns)
				fmt.Fprintf(&out, "%d | %s | %s\n%s\n", i+1, c.Proto, c.Info, tr.Text())
			}
			golden(t, strings.TrimSuffix(f, ".pcap")+".golden", out.String())
		})
	}
}

// TestAlone takes each packet apart without any knowledge of the others: what a
// segment holds by itself must be found by its ports and its bytes.
func TestAlone(t *testing.T) {
	for _, c := range []struct {
		file  string
		frame int
		proto string
		info  string
	}{
		{"http_kinds", 6, "HTTP/JSON", "HTTP/1.1 200 OK , JavaScript Object Notation (application/json)"},
		{"real_tls12", 4, "TLSv1", "Client Hello"},
		{"real_tls13", 6, "TLSv1.3", "Server Hello, Change Cipher Spec, Application Data, Application Data, Application Data, Application Data"},
	} {
		t.Run(fmt.Sprintf("%s#%d", c.file, c.frame), func(t *testing.T) {
			in := readCapture(t, "testdata/app/"+c.file+".pcap")
			d := NewDissection(nil)
			_, cols := d.Run(&in[c.frame-1], WantColumns)
			if cols.Proto != c.proto || !strings.HasSuffix(cols.Info, c.info) {
				t.Errorf("got %s %q, want %s %q", cols.Proto, cols.Info, c.proto, c.info)
			}
		})
	}
}
