package problems

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// own is what the index says of the capture itself: kinds and packets.
func own(x *Index) map[string][]packet.Number {
	out := make(map[string][]packet.Number)
	for _, g := range x.Groups() {
		if g.Class == Capture {
			out[g.Kind] = occurrences(x, g)
		}
	}
	delete(out, noteKinds[noteOpen])
	return out
}

func only(t *testing.T, x *Index, kind note, want ...packet.Number) Group {
	t.Helper()
	all := own(x)
	if got := all[noteKinds[kind]]; !slices.Equal(got, want) || len(all) != 1 {
		t.Errorf("%s: packets %d, want %d; of all %v", noteKinds[kind], got, want, all)
	}
	g, _ := find(x, Capture, noteKinds[kind])
	return g
}

// TestJoined tells segments that no sender can have put on a link from those that only
// fill it.
func TestJoined(t *testing.T) {
	e := newEnds()
	frames := append(e.shake(1460),
		frame{10 * time.Millisecond, e.packet(seg{flags: tcp.ACK, seq: 1001, ack: 5001, data: content(1460, 1)}), 0},
		frame{11 * time.Millisecond, e.packet(seg{flags: tcp.ACK, seq: 2461, ack: 5001, data: content(14600, 2)}), 0},
		frame{12 * time.Millisecond, e.packet(seg{dir: 1, flags: tcp.ACK, seq: 5001, ack: 17061, data: content(1461, 3)}), 0})
	tr := built(t, frames...)
	x, s := whole(t, tr)
	g := only(t, x, noteJoined, 5, 6)
	if want := "Joined by the network card (GRO, TSO): up to 14600 bytes in a segment"; g.Summary != want {
		t.Errorf("%q, want %q", g.Summary, want)
	}
	if want := "#5 has 14600 bytes where the handshake allows 1460 (MSS)"; !strings.HasPrefix(g.Advice, want) || !strings.Contains(g.Advice, "ethtool -K eth0 gro off") {
		t.Errorf("advice %q", g.Advice)
	}
	if got, want := NewExplainer(tr).Why(s, 5, g.Kind), "14600 bytes in one segment where the other end takes 1460 at most (MSS): 10 or more packets on the wire"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if n := x.Next(0, 1); n != 0 {
		t.Errorf("#%d counts as a fault", n)
	}
}

// TestOffload tells checksums that the card was to fill in from wrong ones.
func TestOffload(t *testing.T) {
	e := newEnds()
	partial := func(b []byte) []byte {
		h := b[34:]
		binary.BigEndian.PutUint16(h[16:], 0)
		acc := uint32(6 + len(h))
		for i := 26; i < 34; i += 2 {
			acc += uint32(binary.BigEndian.Uint16(b[i:]))
		}
		binary.BigEndian.PutUint16(h[16:], uint16(acc>>16+acc&0xffff))
		return b
	}
	wrong := func(b []byte, at int) []byte {
		b[at] ^= 0x10
		return b
	}
	frames := append(e.shake(1460),
		frame{10 * time.Millisecond, partial(e.packet(seg{flags: tcp.ACK, seq: 1001, ack: 5001, data: content(99, 1)})), 0},
		frame{11 * time.Millisecond, wrong(e.packet(seg{flags: tcp.ACK, seq: 1100, ack: 5001, data: content(100, 2)}), 90), 0},
		frame{12 * time.Millisecond, wrong(e.packet(seg{flags: tcp.ACK, seq: 1200, ack: 5001}), 22), 0})
	tr := built(t, frames...)
	x, s := whole(t, tr)
	only(t, x, noteOffload, 4)
	ex := NewExplainer(tr)
	for kind, n := range map[string]packet.Number{kindBadTCP: 5, kindBadIPv4: 6} {
		g, _ := find(x, Fault, kind)
		if got := occurrences(x, g); !slices.Equal(got, []packet.Number{n}) {
			t.Errorf("%s: %d, want #%d", kind, got, n)
		}
		if why := ex.Why(s, n, kind); !strings.HasPrefix(why, "the checksum is 0x") {
			t.Errorf("%s: %q", kind, why)
		}
	}
}

// TestChecksumOnce finds a wrong checksum once, also where the trees have it, too.
func TestChecksumOnce(t *testing.T) {
	tr := loadAs(t, scenarios+"32_checksum.pcap", &dissect.DecodeAs{Checksums: true})
	x, _ := whole(t, tr)
	if g, _ := find(x, Fault, kindBadTCP); g.Count != 1 || g.First != 5 {
		t.Errorf("%+v", g)
	}
	if g, ok := find(x, Fault, treeBadTCP); ok {
		t.Errorf("found twice: %+v", g)
	}
}

// TestCut tells what a snap length has cut.
func TestCut(t *testing.T) {
	e := newEnds()
	long := e.packet(seg{flags: tcp.ACK, seq: 1001, ack: 5001, data: content(1000, 1)})
	more := e.packet(seg{flags: tcp.ACK, seq: 2001, ack: 5001, data: content(1000, 1)})
	tr := built(t, append(e.shake(1460), frame{10 * time.Millisecond, long[:96], len(long)}, frame{11 * time.Millisecond, more[:96], len(more)})...)
	x, _ := whole(t, tr)
	g := only(t, x, noteCut, 4, 5)
	if want := "Cut short: at most 96 bytes of each packet kept"; g.Summary != want || g.Filter != "frame.cap_len < frame.len" {
		t.Errorf("%q, filter %q", g.Summary, g.Filter)
	}
}

// TestMidStream tells conversations whose beginning or end is not in the capture.
func TestMidStream(t *testing.T) {
	e := newEnds()
	tr := built(t,
		frame{0, e.packet(seg{flags: tcp.ACK, seq: 1001, ack: 5001, data: content(10, 1)}), 0},
		frame{time.Millisecond, e.packet(seg{dir: 1, flags: tcp.ACK, seq: 5001, ack: 1011}), 0})
	x, _ := whole(t, tr)
	only(t, x, noteMidStream, 1)
	g, ok := find(x, Capture, noteKinds[noteOpen])
	if !ok || g.Count != 1 || g.First != 2 {
		t.Errorf("open at the end: %+v", g)
	}
}

// TestBackwards tells times that run backwards.
func TestBackwards(t *testing.T) {
	e := newEnds()
	frames := e.shake(1460)
	frames[2].at = 400 * time.Microsecond
	tr := built(t, frames...)
	x, s := whole(t, tr)
	only(t, x, noteBackwards, 3)
	if got, want := NewExplainer(tr).Why(s, 3, noteKinds[noteBackwards]), "600 µs older than #2, which stands before it"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestTwice tells a packet that passed two interfaces from one that was doubled, and
// from one that was sent again.
func TestTwice(t *testing.T) {
	e := newEnds()
	first := e.packet(seg{flags: tcp.ACK, seq: 1001, ack: 5001, data: content(100, 1)})
	routed := slices.Clone(first)
	routed[22]-- // the TTL
	sums(routed)
	second := e.packet(seg{flags: tcp.ACK, seq: 1101, ack: 5001, data: content(100, 2)})
	third := e.packet(seg{flags: tcp.ACK, seq: 1201, ack: 5001, data: content(100, 3)})
	again := e.packet(seg{flags: tcp.ACK, seq: 1201, ack: 5001, data: content(100, 3)})
	tr := built(t, append(e.shake(1460),
		frame{10 * time.Millisecond, first, 0}, frame{10*time.Millisecond + 5*time.Microsecond, routed, 0},
		frame{20 * time.Millisecond, second, 0}, frame{20*time.Millisecond + 3*time.Microsecond, second, 0},
		frame{30 * time.Millisecond, third, 0}, frame{35 * time.Millisecond, again, 0})...)
	x, s := whole(t, tr)
	only(t, x, noteTwice, 5)
	g, _ := find(x, Fault, "tcp.analysis.retransmission")
	if got := occurrences(x, g); !slices.Equal(got, []packet.Number{7, 9}) {
		t.Errorf("retransmissions %d", got)
	}
	if g, _ := find(x, Explained, "tcp.analysis.retransmission"); g.First != 5 || g.Count != 1 {
		t.Errorf("explained: %+v", g)
	}
	ex := NewExplainer(tr)
	for n, want := range map[packet.Number]string{
		5: "the same packet as #4, 5 µs later, captured at another point: nobody sent it again",
		7: "the same packet as #6, 3 µs later, bit for bit: doubled on the way or captured twice rather than sent again",
		9: "retransmission of #8: the same 100 bytes, never acknowledged; RTO 25 ms since #4",
	} {
		reasons := ex.Packet(s, n)
		if len(reasons) != 1 || reasons[0].Text != want && n != 9 || n == 9 && !strings.HasPrefix(reasons[0].Text, "retransmission of #8: the same 100 bytes") {
			t.Errorf("#%d: %+v, want %q", n, reasons, want)
		}
	}
}

// TestLosses tells what the kernel lost and what the bounds have dropped.
func TestLosses(t *testing.T) {
	tr := trace.New(nil, nil)
	tr.Writer().Set(func(s *trace.Status) { s.Dropped, s.IfDrop, s.Evicted = 7, 1, 1000 })
	want := map[string]string{
		noteKinds[noteDropped]: "Lost before they were captured: 7 by the kernel, 1 by the interface",
		noteKinds[noteEvicted]: "The oldest packets, dropped to keep within the bounds",
	}
	for _, g := range New(tr).Groups() {
		if g.Summary != want[g.Kind] {
			t.Errorf("%s: %q", g.Kind, g.Summary)
		}
		delete(want, g.Kind)
	}
	if len(want) > 0 {
		t.Errorf("not told: %v", want)
	}
}
