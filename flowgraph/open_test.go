package flowgraph_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tcplens/flowgraph"
	"tcplens/internal/pipeline"
	"tcplens/internal/trace"
)

// load reads a capture of testdata/lab.
func load(t *testing.T, name string) *trace.Trace {
	t.Helper()
	p, err := pipeline.LoadFile(filepath.Join("testdata", "lab", name+".pcap"), pipeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p.Trace()
}

// Real conversations, as the lab's lessons recorded them.
func TestLessons(t *testing.T) {
	for name, words := range map[string][]string{
		"http":      {"GET / → 200", "200 OK  136", "server 248 µs", "three segments: the client's ACK and FIN travel in one"},
		"close3":    {"three segments", "server first"},
		"close4":    {"four segments: each FIN has an ACK of its own"},
		"halfclose": {"half-close: the client is done, the server sends 36 bytes more"},
		"reset":     {"reset by the client, perhaps with data unread: 37 bytes had come", "┅"},
		"refused":   {"refused: the server answers the SYN with a RST"},
		"lossy":     {"╳a fast #9", "╳", "spurious #", "late: #", "retransmission timer"},
		"ipv6":      {"[::1]:56798 ⇄ [::1]:3000", "GET / → 200"},
		"tls12":     {"Client Hello", "Server Hello…", "Applicat"},
		"tls13":     {"Client Hello", "Server Hello…", "Applicat"},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := flowgraph.Open(load(t, name), trace.TCP, 0)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := flowgraph.WriteText(&b, g, flowgraph.Options{Width: 80}); err != nil {
				t.Fatal(err)
			}
			for _, w := range words {
				if !strings.Contains(b.String(), w) {
					t.Errorf("the drawing lacks %q:\n%s", w, b.String())
				}
			}
			if strings.HasPrefix(name, "tls") {
				return // what its records are called is the dissector's business
			}
			path := filepath.Join("testdata", "lab", name+".txt")
			if flag.Lookup("update").Value.String() == "true" {
				if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if b.String() != string(want) {
				t.Errorf("%s differs; got:\n%s", path, b.String())
			}
		})
	}
}

func TestOpenNothing(t *testing.T) {
	tr := load(t, "http")
	for kind, want := range map[trace.Kind]string{
		trace.TCP: "tcp.stream 9: there is none, the last one is 0",
		trace.UDP: "udp.stream 9: the capture has no UDP conversation",
	} {
		if _, err := flowgraph.Open(tr, kind, 9); err == nil || err.Error() != want {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
}

func TestUpdateOfWholeCapture(t *testing.T) {
	g, err := flowgraph.Open(load(t, "http"), trace.TCP, 0)
	if err != nil {
		t.Fatal(err)
	}
	if n := g.Len(); g.Update() || g.Len() != n || n != 10 {
		t.Errorf("a capture at rest changes its graph: %d segments, then %d", n, g.Len())
	}
}
