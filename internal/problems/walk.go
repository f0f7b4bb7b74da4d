package problems

import (
	"slices"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// How far a conversation is walked to prove something.
const (
	maxBack  = 1 << 16 // packets of the conversation, to earlier ones
	maxAhead = 1 << 20 // packets of the capture, to later ones
)

// walk is a conversation as seen from one of its packets.
type walk struct {
	s    trace.Snapshot
	n    packet.Number
	r    *trace.Row
	conv trace.Conversation
	over bool // no more packets will come
}

// back calls f with the earlier packets of the conversation, newest first, until it
// says false. It says whether it got as far as f wanted or to the conversation's
// first packet.
func (w *walk) back(f func(n packet.Number, r *trace.Row) bool) bool {
	m := w.r.Prev
	for range maxBack {
		if m == 0 {
			return true
		}
		r := w.s.Row(m)
		if r == nil {
			return false
		}
		if r.Kind != w.r.Kind || r.Stream != w.r.Stream {
			m-- // a packet that only quotes the conversation, or has it outside of another one
			continue
		}
		if !f(m, r) {
			return true
		}
		if r.Prev >= m {
			return false
		}
		m = r.Prev
	}
	return false
}

// ahead calls f with the later packets of the conversation, oldest first, until it
// says false. It says whether it got as far as f wanted or to the end of a
// conversation that will not go on.
func (w *walk) ahead(f func(n packet.Number, r *trace.Row) bool) bool {
	last := min(w.s.Last(), w.conv.Last)
	for m := w.n + 1; m <= last; m++ {
		if m-w.n > maxAhead {
			return false
		}
		r := w.s.Row(m)
		if r == nil {
			return false
		}
		if r.Stream == w.r.Stream && r.Kind == w.r.Kind && !f(m, r) {
			return true
		}
	}
	return w.over
}

// rebased says whether numbers before this packet count from another base (R6).
func rebased(r *trace.Row) bool {
	return r.Verdict&tcp.ReusedPorts != 0 && r.Flags&(tcp.SYN|tcp.ACK) == tcp.SYN|tcp.ACK
}

// fresh says whether a segment brought its direction further, so that everything its
// sender sent before ends where this one begins, or before.
func fresh(r *trace.Row) bool {
	return r.NextSeq() != r.Seq && r.Verdict&tcp.Analysed != 0 && r.Verdict&(repeats|tcp.OutOfOrder|tcp.KeepAlive|tcp.ZeroWindowProbe) == 0
}

// run is some bytes by their relative numbers, end excluded.
type run struct{ start, end uint32 }

func (u run) len() uint32 { return u.end - u.start }

// runs are runs apart from each other, in no order. They stay few: what would make
// more than maxRuns of them is left out, and over says so.
type runs struct {
	list []run
	over bool
}

const maxRuns = 256

// take takes the bytes from start to end out and gives how many there were.
func (u *runs) take(start, end uint32) (n uint32) {
	kept := u.list[:0]
	var more []run
	for _, g := range u.list {
		if !less(g.start, end) || !less(start, g.end) {
			kept = append(kept, g)
			continue
		}
		lo, hi := g.start, g.end
		if less(lo, start) {
			lo = start
		}
		if less(end, hi) {
			hi = end
		}
		n += hi - lo
		if less(g.start, lo) {
			kept = append(kept, run{g.start, lo})
			if less(hi, g.end) {
				more = append(more, run{hi, g.end})
			}
		} else if less(hi, g.end) {
			kept = append(kept, run{hi, g.end})
		}
	}
	u.list = append(kept, more...)
	if len(u.list) > maxRuns {
		u.list, u.over = u.list[:maxRuns], true
	}
	return n
}

func (u *runs) total() (n uint32) {
	for _, g := range u.list {
		n += g.len()
	}
	return n
}

// earlier is what the packets before a segment tell of its bytes.
type earlier struct {
	first, last packet.Number // the packets that carried some of its bytes before; 0 none
	firstRow    *trace.Row
	times       int           // how many there were
	same        bool          // all of them had just these bytes
	fresh       uint32        // numbers of it that were not carried before
	acked       packet.Number // the first packet that acknowledged all of it; 0 none
	partly      packet.Number // the first one that acknowledged its first byte
	highest     uint32        // the highest number that the other end acknowledged
	acks        bool          // it acknowledged something
	whole       bool          // all of the past that matters was looked at
}

// numbersOf gives the numbers that a segment is about: its data, or the one that SYN and
// FIN take.
func numbersOf(r *trace.Row) (start, end uint32) {
	if r.PayLen > 0 {
		return data(r)
	}
	return r.Seq, r.NextSeq()
}

// before finds out what was known of the segment's bytes when it came.
func (w *walk) before() (e earlier) {
	a, b := numbersOf(w.r)
	e.same = true
	left := runs{list: []run{{a, b}}}
	e.whole = w.back(func(m packet.Number, r *trace.Row) bool {
		if r.Verdict&tcp.Analysed == 0 {
			return true
		}
		if r.Dir != w.r.Dir {
			if r.Flags&tcp.ACK == 0 {
				return !rebased(r)
			}
			if !less(r.Ack, b) {
				e.acked = m
			}
			if less(a, r.Ack) {
				e.partly = m
			}
			if !e.acks || less(e.highest, r.Ack) {
				e.highest, e.acks = r.Ack, true
			}
			return !rebased(r)
		}
		if next := r.NextSeq(); next != r.Seq && less(r.Seq, b) && less(a, next) {
			x, y := numbersOf(r)
			e.same = e.same && x == a && y == b
			if e.last == 0 {
				e.last = m
			}
			e.first, e.firstRow = m, r
			e.times++
			left.take(r.Seq, next)
		}
		return !(rebased(r) || fresh(r) && !less(a, r.NextSeq()))
	})
	e.fresh = left.total()
	e.whole = e.whole && !left.over
	return e
}

// acknowledged finds the first later packet that acknowledges all numbers before end.
// sure says that there is none if it is 0.
func (w *walk) acknowledged(end uint32) (by packet.Number, sure bool) {
	sure = w.ahead(func(m packet.Number, r *trace.Row) bool {
		if rebased(r) {
			return false
		}
		if r.Dir != w.r.Dir && r.Flags&tcp.ACK != 0 && r.Verdict&tcp.Analysed != 0 && !less(r.Ack, end) {
			by = m
			return false
		}
		return true
	})
	return by, sure
}

// reached gives the highest next number that direction dir had before this packet, as
// the analysis has it, and the packet that reached it; ok is false when that is not
// known.
func (w *walk) reached(dir uint8) (next uint32, at packet.Number, ok bool) {
	any := false
	whole := w.back(func(m packet.Number, r *trace.Row) bool {
		if r.Dir != dir || r.Verdict&tcp.Analysed == 0 {
			return true
		}
		if n := r.NextSeq(); r.Verdict&tcp.ZeroWindowProbe == 0 && (!any || !less(n, next)) {
			next, at, any = n, m, true
		}
		return !fresh(r) && !rebased(r)
	})
	return next, at, any && whole
}

// latest gives the last packet before this one that direction dir sent, 0 if it is
// not known.
func (w *walk) latest(dir uint8, want func(*trace.Row) bool) (n packet.Number, row *trace.Row) {
	w.back(func(m packet.Number, r *trace.Row) bool {
		if r.Dir == dir && r.Verdict&tcp.Analysed != 0 && (want == nil || want(r)) {
			n, row = m, r
			return false
		}
		return true
	})
	return n, row
}

// holes gives the bytes before ack that direction dir has sent and that are not among
// the packets before this one, lowest first, and the last packet that carried any of
// what was there. Bytes that its peer had acknowledged earlier are left out. ok is
// false when the past can't be seen far enough.
func (w *walk) holes(dir uint8, ack uint32) (missing []run, last packet.Number, ok bool) {
	var low, lowest uint32
	acked, any := false, false
	var seen []run
	ok = w.back(func(m packet.Number, r *trace.Row) bool {
		if r.Verdict&tcp.Analysed == 0 {
			return true
		}
		if r.Dir != dir {
			if !acked && r.Flags&tcp.ACK != 0 {
				low, acked = r.Ack, true
			}
			return !rebased(r)
		}
		next := r.NextSeq()
		if !any || less(r.Seq, lowest) {
			lowest, any = r.Seq, true
		}
		if next != r.Seq && less(r.Seq, ack) {
			if last == 0 {
				last = m
			}
			if len(seen) == 4*maxRuns {
				return false
			}
			seen = append(seen, run{r.Seq, next})
		}
		return !(rebased(r) || acked && fresh(r) && !less(low, next))
	})
	if !any || len(seen) == 4*maxRuns {
		return nil, 0, false
	}
	if acked {
		lowest = low
	}
	if !less(lowest, ack) {
		return nil, last, false
	}
	left := runs{list: []run{{lowest, ack}}}
	for _, u := range seen {
		left.take(u.start, u.end)
	}
	slices.SortFunc(left.list, func(a, b run) int { return int(int32(a.start - b.start)) })
	return left.list, last, ok && !left.over
}

// fate is what became of bytes that were missing when a segment came.
type fate struct {
	missing  uint32        // how many were
	came     uint32        // how many came later
	first    packet.Number // the first packet that brought some
	last     packet.Number // and the last one
	unseen   uint32        // how many never came and were acknowledged
	acked    packet.Number // a packet that acknowledges all of these
	complete bool          // the rest of the conversation was looked at
}

// fateOf follows runs of bytes of direction dir, lowest first, that are missing when
// this packet comes.
func (w *walk) fateOf(dir uint8, list []run) (f fate) {
	missing := runs{list: append([]run(nil), list...)} // not come, not acknowledged
	owed := runs{}                                     // acknowledged, not come
	f.missing = missing.total()
	ack := func(m packet.Number, upto uint32) {
		for _, g := range append([]run(nil), missing.list...) {
			if !less(g.start, upto) {
				continue
			}
			end := g.end
			if less(upto, end) {
				end = upto
			}
			f.acked = m
			missing.take(g.start, end)
			owed.list = append(owed.list, run{g.start, end})
		}
	}
	// What was acknowledged before, or by this very packet.
	var upto uint32
	var by packet.Number
	w.back(func(m packet.Number, r *trace.Row) bool {
		if r.Dir == dir || r.Flags&tcp.ACK == 0 || r.Verdict&tcp.Analysed == 0 {
			return !rebased(r)
		}
		if len(list) == 0 || !less(list[0].start, r.Ack) {
			return false
		}
		if by == 0 || !less(r.Ack, upto) {
			by, upto = m, r.Ack
		}
		return !rebased(r)
	})
	if by != 0 {
		ack(by, upto)
	}
	if w.r.Dir != dir && w.r.Flags&tcp.ACK != 0 {
		ack(w.n, w.r.Ack)
	}
	f.complete = w.ahead(func(m packet.Number, r *trace.Row) bool {
		if r.Verdict&tcp.Analysed == 0 {
			return true
		}
		if rebased(r) {
			return false
		}
		if r.Dir != dir {
			if r.Flags&tcp.ACK != 0 {
				ack(m, r.Ack)
			}
			return true
		}
		if next := r.NextSeq(); next != r.Seq {
			if n := missing.take(r.Seq, next) + owed.take(r.Seq, next); n > 0 {
				f.came += n
				f.last = m
				if f.first == 0 {
					f.first = m
				}
			}
		}
		return len(missing.list)+len(owed.list) > 0
	})
	f.unseen = owed.total()
	if f.unseen == 0 {
		f.acked = 0
	}
	f.complete = f.complete && !missing.over && !owed.over
	return f
}
