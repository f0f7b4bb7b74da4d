package tcp

import "tcplens/internal/packet"

// maxUnacked is the most segments of one direction that are remembered until they
// are acknowledged (R34).
const maxUnacked = 10_000

// sent is a segment that has not been acknowledged: raw sequence numbers, the end
// excluded.
type sent struct {
	time       packet.Time
	frame      packet.Number
	start, end uint32
}

// unacked holds what one direction has sent and the other has not acknowledged.
//
// The rules speak of one list that each ACK walks as a whole. That would cost ten
// thousand steps a packet in a capture of one direction, so the list is kept in
// two parts: run holds the segments that each begin where or after the one before
// ended, as nearly all do, and is cut by a binary search; rest holds the others
// in any order, with bounds that tell when an ACK can't touch it. Which of two
// segments is older follows from their packet numbers.
type unacked struct {
	run  []sent  // ascending in frame and, going round the circle, in start and end
	head uint32  // where run begins
	rest *strays // nil until there is one
}

// strays are the segments that are not in run.
type strays struct {
	list []sent // in the order in which they were sent
	// low and high are the lowest start and the highest end in list, unless wide
	// says that it is spread over half the circle or more.
	low, high uint32
	wide      bool
}

func (u *unacked) len() int {
	n := len(u.run) - int(u.head)
	if u.rest != nil {
		n += len(u.rest.list)
	}
	return n
}

// oldest gives the segment that was sent first; ok is false when there is none.
func (u *unacked) oldest() (s sent, ok bool) {
	if int(u.head) < len(u.run) {
		s, ok = u.run[u.head], true
	}
	if r := u.rest; r != nil && len(r.list) > 0 && (!ok || r.list[0].frame < s.frame) {
		s, ok = r.list[0], true
	}
	return s, ok
}

// push remembers a segment. The caller has seen to maxUnacked.
func (u *unacked) push(s sent, free *freeList) {
	if int(u.head) < len(u.run) {
		first, last := &u.run[u.head], &u.run[len(u.run)-1]
		// The last comparison finds what is in front of all others, but further
		// behind the last than half the circle.
		if less(s.start, last.end) || int32(s.end-first.start) <= 0 || s.end-first.start < last.end-first.start {
			if u.rest == nil {
				u.rest = new(strays)
			}
			u.rest.push(s)
			return
		}
	}
	if len(u.run) == cap(u.run) {
		u.grow(free)
	}
	u.run = append(u.run, s)
}

func (r *strays) push(s sent) {
	r.bound(s, len(r.list) == 0)
	r.list = append(r.list, s)
}

// bound widens low and high to a segment of the list.
func (r *strays) bound(s sent, first bool) {
	if first {
		r.low, r.high, r.wide = s.start, s.end, false
		return
	}
	low, high := r.low, r.high
	if less(s.start, low) {
		r.low = s.start
	}
	if less(high, s.end) {
		r.high = s.end
	}
	arc := r.high - r.low
	for _, n := range [...]uint32{low, high, s.start, s.end} {
		if int32(arc) <= 0 || n-r.low > arc {
			r.wide = true
		}
	}
}

// grow makes room at the end of run: by moving it down when at least half of the
// buffer has been acknowledged, else with a buffer of twice the size.
func (u *unacked) grow(free *freeList) {
	n := len(u.run) - int(u.head)
	if u.head > 0 && n <= cap(u.run)/2 {
		copy(u.run, u.run[u.head:])
		u.run, u.head = u.run[:n], 0
		return
	}
	next := free.get(max(4, 2*n))
	next = append(next, u.run[u.head:]...)
	free.put(u.run)
	u.run, u.head = next, 0
}

// ack takes out what ack acknowledges (R37). It gives the oldest segment that ends
// exactly there.
func (u *unacked) ack(ack uint32, free *freeList) (hit sent, ok bool) {
	if int(u.head) < len(u.run) {
		hit, ok = u.ackRun(ack)
		if int(u.head) == len(u.run) {
			free.put(u.run)
			u.run, u.head = nil, 0
		}
	}
	if u.rest != nil && len(u.rest.list) > 0 {
		if h, o := u.rest.ack(ack); o && (!ok || h.frame < hit.frame) {
			hit, ok = h, true
		}
	}
	return hit, ok
}

func (u *unacked) ackRun(ack uint32) (hit sent, ok bool) {
	run := u.run[u.head:]
	first, last := &run[0], &run[len(run)-1]
	// The ends lie on an arc of less than half the circle, so along it "end is
	// above ack" changes at most once.
	firstAbove, lastAbove := more(first.end, ack), more(last.end, ack)
	cut := 0 // the first of run that stays
	switch {
	case firstAbove && lastAbove:
	case !firstAbove && !lastAbove:
		cut = len(run)
	case lastAbove:
		lo, hi := 0, len(run)-1 // run[lo] goes, run[hi] stays
		for hi-lo > 1 {
			if mid := int(uint(lo+hi) / 2); more(run[mid].end, ack) {
				hi = mid
			} else {
				lo = mid
			}
		}
		cut = hi
	default:
		// The ack number is half the circle away: the older ones stay.
		keep := 1
		for keep < len(run) && more(run[keep].end, ack) {
			keep++
		}
		for _, s := range run[keep:] {
			if s.end == ack && !ok {
				hit, ok = s, true
			}
		}
		for i := range run[:keep] {
			if less(run[i].start, ack) {
				run[i].start = ack
			}
		}
		u.run = u.run[:int(u.head)+keep]
		return hit, ok
	}
	if cut > 0 && run[cut-1].end == ack {
		hit, ok = run[cut-1], true
	}
	if cut < len(run) && less(run[cut].start, ack) {
		run[cut].start = ack
	}
	u.head += uint32(cut)
	return hit, ok
}

func (r *strays) ack(ack uint32) (hit sent, ok bool) {
	if !r.wide && int32(r.low-ack) >= 0 && int32(r.high-ack) > 0 {
		return hit, false
	}
	kept := r.list[:0]
	for _, s := range r.list {
		if !more(s.end, ack) {
			if s.end == ack && (!ok || s.frame < hit.frame) {
				hit, ok = s, true
			}
			continue
		}
		if less(s.start, ack) {
			s.start = ack
		}
		r.bound(s, len(kept) == 0)
		kept = append(kept, s)
	}
	r.list = kept
	if len(kept) == 0 && cap(kept) > 64 {
		r.list = nil
	}
	return hit, ok
}

// span gives the distance from the lowest start to the highest end, both counted
// from base as plain numbers (R38). The list is not empty.
func (u *unacked) span(base uint32) uint32 {
	lo, hi := ^uint32(0), uint32(0)
	widen := func(list []sent) {
		for i := range list {
			lo, hi = min(lo, list[i].start-base), max(hi, list[i].end-base)
		}
	}
	if run := u.run[u.head:]; len(run) > 0 {
		if a, b := run[0].start-base, run[len(run)-1].end-base; a <= b {
			lo, hi = a, b
		} else {
			widen(run) // the numbers pass the base once more: over 4 GiB
		}
	}
	if r := u.rest; r != nil && len(r.list) > 0 {
		if a, b := r.low-base, r.high-base; a <= b && !r.wide {
			lo, hi = min(lo, a), max(hi, b)
		} else {
			widen(r.list)
		}
	}
	return hi - lo
}

// freeList keeps emptied buffers of unacked lists, by size, so that conversations
// in full flow allocate nothing.
type freeList struct {
	bufs [freeClasses][][]sent // class c: capacity 4<<c
}

const (
	freeClasses = 13 // 4 … 16384 segments
	freeKeep    = 64 // buffers a class
)

// get gives an empty buffer for n segments or more.
func (f *freeList) get(n int) []sent {
	c, size := 0, 4
	for size < n {
		c++
		size *= 2
	}
	if c < freeClasses {
		if l := len(f.bufs[c]); l > 0 {
			b := f.bufs[c][l-1]
			f.bufs[c] = f.bufs[c][:l-1]
			return b
		}
	}
	return make([]sent, 0, size)
}

// put takes a buffer back that get had given.
func (f *freeList) put(b []sent) {
	c, size := 0, 4
	for size < cap(b) {
		c++
		size *= 2
	}
	if size == cap(b) && c < freeClasses && len(f.bufs[c]) < freeKeep {
		f.bufs[c] = append(f.bufs[c], b[:0])
	}
}
