package tui

import (
	"strings"
	"testing"
)

// Leaving the flow graph goes to the packet of its cursor, which began at the
// packet of the list.
func TestGraphSharesTheCursor(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true}, 80, 24)
	d.keys("j j j j j j j x")
	if n := d.m.graph.packet(); n != 8 {
		t.Errorf("the graph begins at packet %d, want 8", n)
	}
	d.keys("Esc")
	if d.m.list.cur != 8 || d.m.view != viewPackets {
		t.Errorf("after a look the list is at packet %d, want 8", d.m.list.cur)
	}
	d.keys("x j j Esc")
	if n := d.m.list.cur; n != d.m.graph.packet() || n <= 8 {
		t.Errorf("the list is at packet %d, the graph was at %d", n, d.m.graph.packet())
	}
}

// Flows that are marked with Space open together, and X opens all that are shown.
func TestGraphOfSeveral(t *testing.T) {
	for _, tt := range []struct {
		name, keys string
		parts      int
	}{
		{"the one under the cursor", "2 x", 1},
		{"both marked", "2 Space Space x", 2},
		{"one marked, the other under the cursor", "2 Space x", 1},
		{"a mark taken away", "2 Space k Space x", 1},
		{"all that are shown", "X", 2},
		{"all that pass", "/ 'tcp.stream' Space '==' Space '1' Enter X", 1},
	} {
		d := drive(t, Options{Trace: open(t, "twostreams.pcap"), Color: true}, 100, 30)
		d.keys(tt.keys)
		d.settle(func() bool { return d.m.graph.sight != nil })
		if d.m.view != viewGraph || len(d.m.graph.graph.Parts()) != tt.parts {
			t.Errorf("%s: %d conversations in view %d, want %d\n%s", tt.name, len(d.m.graph.list), d.m.view, tt.parts, d.screen())
		}
		d.cancel()
	}
}

// The number sign changes between relative and raw numbers, and the detail stands
// beside a wide ladder.
func TestGraphNumbersAndDetail(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true}, 200, 50)
	d.keys("j j j j j x")
	for _, w := range []string{"seq        1, next 79", "Seq=1 Ack=1 Len=78", "in flight"} {
		if s := d.screen(); !strings.Contains(s, w) {
			t.Errorf("the screen lacks %q:\n%s", w, s)
		}
	}
	d.keys("#")
	if s := d.screen(); strings.Contains(s, "seq        1, next 79") || !strings.Contains(s, "raw numbers") {
		t.Errorf("the numbers are not raw:\n%s", s)
	}
}
