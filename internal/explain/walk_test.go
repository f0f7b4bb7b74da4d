package explain

import (
	"path/filepath"
	"testing"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// TestLife holds what is told of a conversation's beginning and end against the lab's
// lessons, whose course is known.
func TestLife(t *testing.T) {
	for _, c := range []struct {
		file     string
		segments int
		half     bool // bytes after the first FIN
		refused  bool
		reset    bool
		closed   bool
		resent   bool
	}{
		{file: "close3.pcap", segments: 3, closed: true},
		{file: "close4.pcap", segments: 4, closed: true},
		{file: "halfclose.pcap", segments: 4, half: true, closed: true},
		{file: "http.pcap", segments: 3, closed: true},
		{file: "ipv6.pcap", segments: 3, closed: true},
		{file: "refused.pcap", refused: true, reset: true},
		{file: "reset.pcap", reset: true},
		{file: "lossy.pcap", segments: 3, closed: true, resent: true},
	} {
		e := New(open(t, English), load(t, filepath.Join("..", "..", "testdata", "lab", c.file)))
		f := e.walk(trace.TCP, 0).flow
		if f == nil {
			t.Fatalf("%s: no conversation", c.file)
		}
		if f.Segments != c.segments || (f.Half > 0) != c.half || f.Refused != c.refused || (f.RST != 0) != c.reset ||
			(f.FIN2Ack != 0) != c.closed || (f.Resent > 0) != c.resent {
			t.Errorf("%s: %+v", c.file, *f)
		}
		if f.SYN != 1 || !c.refused && (f.SYNACK != 2 || f.Third != 3) {
			t.Errorf("%s: handshake #%d, #%d, #%d", c.file, f.SYN, f.SYNACK, f.Third)
		}
	}
}

// TestRelated holds what is told of packets that have to do with each other against
// the rows of a lossy transfer.
func TestRelated(t *testing.T) {
	tr := load(t, filepath.Join("..", "..", "testdata", "lab", "lossy.pcap"))
	e := New(open(t, English), tr)
	s := tr.Snapshot()
	seen := map[string]int{}
	for n := packet.Number(1); n <= s.Last(); n++ {
		r, v := s.Row(n), e.open(n)
		if m := v.Earlier; r.Verdict&repeats != 0 {
			if m == nil {
				continue
			}
			seen["earlier"]++
			o := s.Row(m.Packet)
			if m.Packet >= n || o.Dir != r.Dir || int32(o.NextSeq()-r.Seq) <= 0 || int32(r.NextSeq()-o.Seq) <= 0 {
				t.Errorf("#%d repeats #%d, which has none of its bytes", n, m.Packet)
			}
			// What comes after the acknowledgment is not looked for.
			first := e.open(m.Packet)
			if first.Again == nil && (first.AnsweredBy == nil || first.AnsweredBy.Packet > n) {
				t.Errorf("#%d is repeated by #%d, and does not say so", m.Packet, n)
			}
			v = e.open(n)
		}
		if m := v.AnsweredBy; m != nil {
			seen["answered"]++
			if o := s.Row(m.Packet); m.Packet <= n || o.Dir == r.Dir || int32(o.Ack-r.NextSeq()) < 0 {
				t.Errorf("#%d is not acknowledged by #%d", n, m.Packet)
			}
		}
		if g := v.Gap; g != nil {
			seen["gap"]++
			if g.To != r.Seq-1 || g.Bytes != g.To-g.From+1 || r.Verdict&tcp.LostSegment == 0 {
				t.Errorf("#%d: the gap is %+v", n, *g)
			}
			if o := s.Row(g.Late); o != nil && (g.Late <= n || int32(g.From-o.Seq) < 0) {
				t.Errorf("#%d: #%d does not bring %d", n, g.Late, g.From)
			}
		}
		if v.TCP && v.ACK && !v.SYN && v.State == "" {
			t.Errorf("#%d: no state", n)
		}
	}
	for _, k := range []string{"earlier", "answered", "gap"} {
		if seen[k] == 0 {
			t.Errorf("%s was not tried", k)
		}
	}
}
