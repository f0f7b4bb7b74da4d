package problems

import (
	"math/rand/v2"
	"testing"
	"time"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// sent is a segment on its way in a play.
type sent struct {
	seq uint32
	n   int
}

// play makes a conversation in which the network and the capture lose segments, and
// which of them are in the capture.
func play(random *rand.Rand, e *ends) []frame {
	frames := e.shake(1000)
	at := 10 * time.Millisecond
	next, got := uint32(1001), uint32(1001) // the sender's next number, all that the receiver has
	var all, held []sent                    // everything sent; what the receiver has behind a hole
	arrive := func(s sent) {
		held = append(held, s)
		for again := true; again; {
			again = false
			for _, h := range held {
				if int32(h.seq-got) <= 0 && int32(h.seq+uint32(h.n)-got) > 0 {
					got, again = h.seq+uint32(h.n), true
				}
			}
		}
	}
	show := func(b []byte) {
		if random.IntN(6) > 0 { // the capture loses one in six
			frames = append(frames, frame{at, b, 0})
		}
	}
	data := func(s sent) []byte {
		return e.packet(seg{flags: tcp.ACK, seq: s.seq, ack: 5001, data: content(s.n, int(s.seq))})
	}
	for range 60 {
		at += time.Duration(random.IntN(4000)) * time.Microsecond
		switch k := random.IntN(10); {
		case k < 5 || len(all) == 0:
			s := sent{next, 1 + random.IntN(300)}
			next += uint32(s.n)
			all = append(all, s)
			show(data(s))
			if random.IntN(4) > 0 { // the network loses one in four
				arrive(s)
			}
		case k < 7:
			s := all[random.IntN(len(all))]
			if random.IntN(3) == 0 { // a part of it, or with what follows
				s.n = 1 + random.IntN(2*s.n)
				s.n = min(s.n, int(next-s.seq))
			}
			show(data(s))
			if random.IntN(4) > 0 {
				arrive(s)
			}
		default:
			show(e.packet(seg{dir: 1, flags: tcp.ACK, seq: 5001, ack: got}))
		}
	}
	return frames
}

// TestLostAgree holds what the index says of missing bytes, which it follows while it
// reads on, to what looking back and ahead from each packet finds.
func TestLostAgree(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var counts [3]int
	for round := range 300 {
		tr := built(t, play(random, newEnds())...)
		x, s := whole(t, tr)
		agree(t, tr, x, s, &counts)
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
	for _, path := range captures(t) {
		tr := load(t, path)
		x, s := whole(t, tr)
		agree(t, tr, x, s, &counts)
	}
	if counts[0] < 100 || counts[1] < 100 || counts[2] < 20 {
		t.Errorf("lost by the network, by the capture, not lost at all: %d", counts)
	}
}

func agree(t *testing.T, tr *trace.Trace, x *Index, s trace.Snapshot, counts *[3]int) {
	t.Helper()
	e := NewExplainer(tr)
	has := func(k int, c Class, n packet.Number) bool { return x.byRow(k, c).has(n) }
	for n := s.First(); n <= s.Last(); n++ {
		r := s.Row(n)
		set := itemsOf(r)
		w := e.walkFrom(s, n, r)
		if set.has(itemLost) {
			next, _, ok := w.reached(r.Dir)
			if rebased(r) || !ok || !less(next, r.Seq) {
				continue
			}
			f := w.fateOf(r.Dir, []run{{next, r.Seq}})
			if !f.complete {
				t.Errorf("#%d: what became of it is not known", n)
			}
			if f.unseen > 0 != has(itemLost, Explained, n) || f.unseen == 0 != has(itemLost, Fault, n) {
				t.Errorf("#%d: %s; the index says %v", n, w.lost(), has(itemLost, Explained, n))
			}
			if f.unseen > 0 {
				counts[1]++
			} else {
				counts[0]++
			}
		}
		if set.has(itemAckLost) {
			list, _, ok := w.holes(r.Dir^1, r.Ack)
			if !ok {
				continue
			}
			if len(list) > 0 != has(itemAckLost, Explained, n) || len(list) == 0 != has(itemAckLost, Ordinary, n) {
				t.Errorf("#%d: %s; the index says %v", n, w.ackLost(), has(itemAckLost, Explained, n))
			}
			if len(list) == 0 {
				counts[2]++
			}
		}
	}
}
