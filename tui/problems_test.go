package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tcplens/internal/packet"
	"tcplens/internal/problems"
)

// scenario names a capture that the analysis is tested with.
func scenario(name string) string { return "../../internal/tcp/testdata/scenarios/" + name + ".pcap" }

// lossy is the recording of a lesson: a connection over a link that loses packets.
const lossy = "../../testdata/lab/lossy.pcap"

// TestProblemScreens holds the problems view against golden files.
func TestProblemScreens(t *testing.T) {
	sizes := []struct{ w, h int }{{80, 24}, {120, 36}, {160, 45}, {40, 10}}
	scripts := []struct{ name, file, keys string }{
		{"problemsview", lossy, "4"},
		{"problemsopen", lossy, "4 l j j"},
		{"problemscapture", scenario("33_follow_gap"), "4 k k"},
		{"problemserrors", scenario("23_tso_iplen0"), "4 l j"},
		{"problemsnone", scenario("28_http_reassembly"), "4"},
		{"problemsexplain", scenario("12_zero_window"), "4 l j K"},
		{"problemsstep", lossy, "e e e e e e e"},
	}
	for _, s := range scripts {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s/%dx%d", s.name, size.w, size.h), func(t *testing.T) {
				d := drive(t, Options{Trace: open(t, s.file), Color: true}, size.w, size.h)
				d.keys(s.keys)
				d.check()
				golden(t, fmt.Sprintf("%s-%dx%d.golden", s.name, size.w, size.h), d.screen())
			})
		}
	}
	for _, keys := range []string{"4", "4 l j", "4 l j K", "e"} {
		d := drive(t, Options{Trace: open(t, lossy), ASCII: true}, 80, 24)
		d.keys(keys)
		d.check()
		if i := strings.IndexFunc(d.screen(), func(r rune) bool { return r >= 0x80 }); i >= 0 {
			t.Errorf("after %q there is more than ASCII:\n%s", keys, d.screen())
		}
	}
}

// TestProblemKeys types scripts in the problems view and looks at what they have done.
func TestProblemKeys(t *testing.T) {
	tests := []struct{ file, keys, want string }{
		{lossy, "4 Enter", "view problems, tcp.analysis.lost_segment"},
		{lossy, "4 Enter j", "view problems, tcp.analysis.lost_segment #68"},
		{lossy, "4 l l l", "view problems, tcp.analysis.lost_segment #68"},
		{lossy, "4 l j j h", "view problems, tcp.analysis.lost_segment"},
		{lossy, "4 l j j Esc", "view problems, tcp.analysis.lost_segment"},
		{lossy, "4 l j j Esc Esc", "view packets, #1 of 121"},
		{lossy, "4 l j j q", "view packets, #1 of 121"},
		{lossy, "4 l j j Enter", "view packets, #94 of 121"},
		{lossy, "4 l j j Enter 4", "view problems, tcp.analysis.lost_segment #94"},
		{lossy, "4 j j Enter", "view packets, #70 of 121"},
		{lossy, "4 G", "view problems, tcp.connection.fin_passive"},
		{lossy, "4 G g g", "view problems, tcp.analysis.lost_segment"},
		{lossy, "4 j j j =", "view packets, #29 of 27, tcp.analysis.duplicate_ack"},
		{lossy, "4 l j j =", "view packets, #94 of 2, tcp.analysis.lost_segment"},
		{lossy, "4 !", "view packets, #1 of 119, not tcp.analysis.lost_segment"},
		{lossy, "4 / 'tcp.len' Space '>' Space '0' Enter", "view packets, #4 of 59, tcp.len > 0"},
		{lossy, "4 l j f Esc", "view problems, tcp.analysis.lost_segment #68"},
		{lossy, "4 l j x", "view graph, packet 68"},
		{lossy, "4 l j e", "view packets, #69 of 121"},
		{lossy, "4 l j E", "view packets, #52 of 121"},
		{lossy, "e", "view packets, #29 of 121"},
		{lossy, "E", "view packets, #115 of 121"},
		{lossy, "e E", "view packets, #115 of 121"},
		{lossy, "e e e", "view packets, #33 of 121"},
		{lossy, "x e", "view packets, #29 of 121"},
		{scenario("33_follow_gap"), "4 k k =", "view packets, #10 of 3, frame.number in {10, 11, 12}"},
		{scenario("33_follow_gap"), "e e e e", "view packets, #5 of 14"},
		{scenario("11_keep_alive"), "e", "view packets, #1 of 14: no problem among the 14 packets shown"},
		{scenario("10_dup_acks"), "/ 'tcp.analysis.duplicate_ack' Enter e e", "view packets, #11 of 4, tcp.analysis.duplicate_ack"},
	}
	views := map[viewID]string{viewPackets: "packets", viewProblems: "problems", viewGraph: "graph", viewFollow: "follow"}
	for _, tt := range tests {
		d := drive(t, Options{Trace: open(t, tt.file), Color: true}, 80, 24)
		d.keys(tt.keys)
		m := d.m
		got := "view " + views[m.view]
		switch m.view {
		case viewProblems:
			got += ", " + m.problems.key.Kind
			if n := m.problems.packet; n != 0 {
				got += fmt.Sprintf(" #%d", n)
			}
		case viewGraph:
			got += fmt.Sprintf(", packet %d", m.graph.packet())
		default:
			got += fmt.Sprintf(", #%d of %d", m.list.cur, m.list.count(&m.src))
			if m.filter != "" {
				got += ", " + m.filter
			}
		}
		if m.note != "" {
			got += ": " + m.note
		}
		if got != tt.want {
			t.Errorf("%s: %s, wanted %s\n%s", tt.keys, got, tt.want, d.screen())
		}
		d.cancel()
	}
}

// TestProblemSteps steps through a capture in both directions, and meets every fault
// that the view lists and nothing else, whether or not the view was opened before.
func TestProblemSteps(t *testing.T) {
	for _, file := range []string{lossy, scenario("33_follow_gap"), scenario("37_prefix_order"), scenario("23_tso_iplen0"), "flows.pcapng"} {
		tr := open(t, file)
		x := problems.New(tr)
		x.All(t.Context())
		var want []packet.Number
		for _, g := range x.Groups() {
			if g.Class == problems.Fault {
				buf := make([]packet.Number, g.Packets)
				want = append(want, buf[:x.Occurrences(g.Key, 0, buf)]...)
			}
		}
		slices.Sort(want)
		want = slices.Compact(want)
		if len(want) == 0 {
			t.Fatalf("%s has no faults", file)
		}
		for _, before := range []string{"", "4 q"} {
			for key, dir := range map[string]int{"e": 1, "E": -1} {
				d := drive(t, Options{Trace: tr, Color: true}, 80, 24)
				d.keys(before)
				var got []packet.Number
				for range min(len(want), 60) {
					d.keys(key)
					got = append(got, d.m.list.cur)
				}
				wanted := slices.Clone(want)
				if dir < 0 {
					slices.Reverse(wanted)
				}
				// From the first packet E goes round the end; if that is a fault itself, e goes on.
				if wanted[0] == 1 {
					wanted = append(wanted[1:], 1)
				}
				if !slices.Equal(got, wanted[:len(got)]) {
					t.Errorf("%s, %q and %s: %d, want %d", file, before, key, got, wanted[:len(got)])
				}
				d.cancel()
			}
		}
	}
}

// TestProblemSteppedFast loses no step of keys that come faster than the search is.
func TestProblemSteppedFast(t *testing.T) {
	d := drive(t, Options{Trace: open(t, lossy), Color: true}, 80, 24)
	for _, key := range []string{"e", "e", "e", "e", "E"} {
		d.take(keyOf(key))
	}
	d.settle(d.m.Idle)
	if got := d.m.list.cur; got != 33 {
		t.Errorf("four on and one back lead to #%d, not to #33", got)
	}
}
