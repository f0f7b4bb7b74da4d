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

// Real conversations: what the lab's lessons recorded, and for the rest what two
// kernels said to each other over a link that delays, and drops what it is told to.
func TestLessons(t *testing.T) {
	for _, c := range []struct {
		name    string
		streams []uint32
		words   []string
	}{
		{"http", []uint32{0}, []string{"GET / → 200", "200 OK  136", "server 248 µs", "three segments: the client's ACK and FIN travel in one"}},
		{"close3", []uint32{0}, []string{"three segments", "server first"}},
		{"close4", []uint32{0}, []string{"four segments: each FIN has an ACK of its own"}},
		{"halfclose", []uint32{0}, []string{"half-close: the client is done, the server sends 36 bytes more"}},
		{"reset", []uint32{0}, []string{"reset by the client, perhaps with data unread: 37 bytes had come", "┅"}},
		{"refused", []uint32{0}, []string{"refused: the server answers the SYN with a RST"}},
		{"lossy", []uint32{0}, []string{"╳a fast #9", "╳", "spurious #", "late: #", "retransmission timer"}},
		{"ipv6", []uint32{0}, []string{"[::1]:56798 ⇄ [::1]:3000", "GET / → 200"}},
		{"simultaneous_open", []uint32{0}, []string{"simultaneous open: both ends send a SYN", "settled"}},
		{"simultaneous_close", []uint32{0}, []string{"simultaneous close: the FINs cross on the way", "CLOSING"}},
		{"syn_retried", []uint32{0}, []string{"SYN retried: sent 4 times, 1.03, 2.02 and 4.13 s apart", "4.13 s: no answer"}},
		{"fin_retried", []uint32{0}, []string{"four segments", "228 ms without an ACK: the client's retransmission timer", "╳a again"}},
		{"nagle", []uint32{0}, []string{"61.3 ms: delayed ACK; the client's 12 bytes wait for it (Nagle)", "43.4 ms: the client delays its ACK; its quickest took"}},
		{"keep_alive", []uint32{0}, []string{"1.02 s idle, then the client's keep-alive timer", "5 keep-alives, 4.12 s, 5 ACKs", "the server waits for the client"}},
		{"zero_window", []uint32{0}, []string{"zero window", "░", "the server's window is closed, the client probes it", "1.45 s: the server's window was closed"}},
		{"sack", []uint32{0}, []string{"╳a again #7", "dup ack"}},
		{"timeout", []uint32{0}, []string{"20 bytes in 5 retransmissions, 3.46 s", "225 ms without an ACK"}},
		{"fast_open", []uint32{0, 1}, []string{"Fast Open: the SYN carries data, and the server takes it", "10.0.0.2:8080"}},
		{"states", []uint32{0, 1, 2, 3, 4, 5}, []string{"refused", "reset by the server", "half-close", "simultaneous close", "data came after it had closed"}},
		{"keep_alive_dead", []uint32{0}, []string{"no answer to the keep-alive", "reset by the client: no answer to its keep-alives"}},
		{"zero_window_dead", []uint32{0}, []string{"4 zero window probes", "the server's window is closed"}},
		{"syn_loss", []uint32{0}, []string{"SYN retried: sent 3 times", "again #"}},
		{"midstream", []uint32{0}, []string{"the capture began in mid-stream: no handshake seen", "the capture ends here: the connection is open"}},
		{"tls12", []uint32{0}, []string{"Client Hello", "Server Hello…", "Applicat"}},
		{"tls13", []uint32{0}, []string{"Client Hello", "Server Hello…", "Applicat"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var list []flowgraph.Conversation
			for _, n := range c.streams {
				list = append(list, flowgraph.Conversation{Kind: trace.TCP, Stream: n})
			}
			g, err := flowgraph.OpenMany(load(t, c.name), list)
			if err != nil {
				t.Fatal(err)
			}
			var b, wide bytes.Buffer
			for w, width := range map[*bytes.Buffer]int{&b: 80, &wide: 140} {
				if err := flowgraph.WriteText(w, g, flowgraph.Options{Width: width}); err != nil {
					t.Fatal(err)
				}
			}
			for _, w := range c.words {
				if !strings.Contains(b.String()+wide.String(), w) {
					t.Errorf("the drawing lacks %q:\n%s", w, b.String())
				}
			}
			if strings.HasPrefix(c.name, "tls") {
				return // what its records are called is the dissector's business
			}
			hold(t, c.name+".txt", b.String())
			hold(t, c.name+".wide.txt", wide.String())
		})
	}
}

// hold holds got against a golden file.
func hold(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "lab", name)
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s", path, got)
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
