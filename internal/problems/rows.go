package problems

import (
	"slices"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// stream is what the rows of a TCP conversation have told so far.
type stream struct {
	next   [2]uint32 // of each direction: the highest next number (§5)
	contig [2]uint32 // and the highest one without a gap
	mss    [2]uint16 // that bounds what each direction may send; 0 unknown
	begun  uint8     // bit d: direction d has numbers
	known  bool      // mss has been asked for
	gaps   bool      // there are gaps of it
	forgot bool      // there were more gaps than are remembered
}

// gap is a run of bytes that were not in the capture when a later one came, or when
// they were acknowledged. Numbers are relative.
type gap struct {
	dir        uint8
	start, end uint32
	of         packet.Number // the segment behind it, which tells of it; 0 none
	acked      packet.Number // the first packet that acknowledges it; 0 none
}

// Limits of what is remembered of gaps.
const (
	maxGaps    = 64      // of one conversation; the oldest goes first
	maxGapped  = 1 << 16 // conversations that have some
	maxStreams = 1 << 22 // conversations that are followed
)

func less(a, b uint32) bool { return int32(a-b) < 0 }

// rows takes the next rows into account, at most limit of them. The lock is held.
func (x *Index) rows(s trace.Snapshot, limit int) {
	n := max(x.rowed+1, s.First())
	last := s.Last()
	if int64(last)-int64(n) >= int64(limit) {
		last = n + packet.Number(limit) - 1
	}
	for ; n <= last; n++ {
		r := s.Row(n)
		if r == nil {
			break
		}
		x.rowed = n
		x.row(n, r)
	}
	x.settle()
}

// row takes one row into account.
func (x *Index) row(n packet.Number, r *trace.Row) {
	x.time(n, r)
	if r.CapLen < r.Len {
		x.note(noteCut, n)
		x.cut = max(x.cut, r.CapLen)
	}
	if r.Kind != trace.TCP {
		return
	}
	if r.Prev == 0 && r.Flags&tcp.SYN == 0 && !r.Layered() {
		x.note(noteMidStream, n)
	}
	var st *stream
	if r.Stream < maxStreams {
		if int(r.Stream) >= len(x.streams) {
			x.streams = append(x.streams, make([]stream, int(r.Stream)+1-len(x.streams))...)
		}
		st = &x.streams[r.Stream]
		if r.PayLen > minMSS {
			x.large(st, n, r)
		}
	}
	set := itemsOf(r)
	unseen := notSure
	if st != nil && r.Verdict&tcp.Analysed != 0 {
		unseen = x.numbers(st, n, r)
	}
	for i := 0; set != 0; i++ {
		if set&1 != 0 {
			c := classOf(rowItems[i].kind, rowItems[i].sev)
			if i == itemAckLost {
				switch unseen {
				case missed:
					c = Explained
					x.note(noteUnseen, n)
				case seen:
					c = Ordinary // all that it acknowledges for the first time is there
				case notSure:
				}
			}
			x.byRow(i, c).put(n)
		}
		set >>= 1
	}
	if st != nil && st.gaps {
		x.judgeLost(n, r)
	}
}

// time notes a packet that is older than the one before it.
func (x *Index) time(n packet.Number, r *trace.Row) {
	if !r.Timed() {
		return
	}
	if x.newest != 0 && r.Time < x.newest {
		x.note(noteBackwards, n)
		x.back = max(x.back, int64(x.newest-r.Time))
	}
	x.newest = r.Time
}

// minMSS is the least data that a segment may always have (RFC 9293 §3.7.1).
const minMSS = 536

// large notes a segment that is longer than the other end announced to take: no
// sender puts such a one on a link.
func (x *Index) large(st *stream, n packet.Number, r *trace.Row) {
	if !st.known {
		if c, ok := x.t.Conversation(trace.TCP, r.Stream); ok {
			st.mss = [2]uint16{c.MSS[1], c.MSS[0]}
			st.known = true
		}
	}
	if mss := st.mss[r.Dir&1]; mss != 0 && r.PayLen > uint32(mss) {
		x.note(noteJoined, n)
		if r.PayLen > x.longest {
			x.longest, x.longestAt, x.longestMSS = r.PayLen, n, mss
		}
		x.leastMSS = min(x.leastMSS, mss)
	}
}

// sight says whether bytes that a packet acknowledges are in the capture.
type sight uint8

const (
	notSure sight = iota
	seen          // all that no packet had acknowledged before
	missed        // some are not
)

// numbers follows the numbers of both directions as the analysis does, and what is
// missing between them.
func (x *Index) numbers(st *stream, n packet.Number, r *trace.Row) (unseen sight) {
	d := r.Dir & 1
	o := d ^ 1
	begun := st.begun>>d&1 != 0
	next := r.NextSeq()
	switch {
	case r.Flags&tcp.SYN != 0 && r.Flags&tcp.ACK != 0 && r.Verdict&tcp.ReusedPorts != 0:
		begun = false // another base: the numbers before it mean nothing any more (R6)
	case r.Flags&(tcp.SYN|tcp.ACK) == tcp.SYN && begun && r.Prev != 0:
		st.next[d] = st.contig[d] // R5
	}
	if st.gaps && next != r.Seq {
		x.fill(r.Stream, d, r.Seq, next)
	}
	if r.Verdict&tcp.LostSegment != 0 && begun && less(st.next[d], r.Seq) {
		x.miss(st, n, r, d)
	}
	if r.Flags&tcp.ACK != 0 && st.begun>>o&1 != 0 {
		if !st.forgot {
			unseen = seen
		}
		if st.gaps && x.ackGaps(r.Stream, o, n, r.Ack) {
			unseen = missed
		}
		if less(st.next[o], r.Ack) {
			from := st.next[o]
			for _, g := range x.gaps[r.Stream] { // acknowledged bytes may have been missed before
				if g.dir == o && less(from, g.end) {
					from = g.end
				}
			}
			if less(from, r.Ack) {
				unseen = missed
				x.addGap(st, r.Stream, gap{dir: o, start: from, end: r.Ack, acked: n})
			}
		}
	}
	if r.Verdict&tcp.AckLostSegment != 0 && less(st.contig[o], st.next[o]) {
		st.contig[o] = st.next[o] // R32
	}
	if !begun {
		st.next[d], st.contig[d] = next, next
		st.begun |= 1 << d
	} else if r.Verdict&tcp.ZeroWindowProbe == 0 { // R35
		if less(st.next[d], next) {
			st.next[d] = next
		}
		if r.Seq == st.contig[d] {
			st.contig[d] = st.next[d]
		}
	}
	return unseen
}

// miss notes what is missing before packet n, beside what was known to be missing
// when it was acknowledged.
func (x *Index) miss(st *stream, n packet.Number, r *trace.Row, d uint8) {
	left := runs{list: []run{{st.next[d], r.Seq}}}
	list := x.gaps[r.Stream]
	for i := range list {
		if g := &list[i]; g.dir == d && left.take(g.start, g.end) > 0 && g.of == 0 {
			g.of = n
		}
	}
	for _, u := range left.list {
		x.addGap(st, r.Stream, gap{dir: d, start: u.start, end: u.end, of: n})
	}
}

func (x *Index) addGap(st *stream, of uint32, g gap) {
	list, ok := x.gaps[of]
	if !ok && len(x.gaps) >= maxGapped {
		st.forgot = true
		return
	}
	if len(list) >= maxGaps {
		list = slices.Delete(list, 0, 1)
		st.forgot = true
	}
	x.gaps[of] = append(list, g)
	st.gaps = true
	if g.acked != 0 {
		x.unseen += uint64(g.end - g.start)
	}
}

// fill takes bytes that came out of the gaps they belong to.
func (x *Index) fill(of uint32, d uint8, from, to uint32) {
	list := x.gaps[of]
	var more []gap
	kept := list[:0]
	for _, g := range list {
		if g.dir != d || !less(g.start, to) || !less(from, g.end) {
			kept = append(kept, g)
			continue
		}
		if g.acked != 0 {
			lo, hi := g.start, g.end
			if less(lo, from) {
				lo = from
			}
			if less(to, hi) {
				hi = to
			}
			x.unseen -= uint64(hi - lo)
		}
		if g.of != 0 {
			x.doubt = append(x.doubt, g.of)
		}
		if less(g.start, from) && less(to, g.end) && len(list)+len(more) < maxGaps {
			tail := g
			tail.start = to
			more = append(more, tail)
		}
		if less(g.start, from) {
			g.end = from
			kept = append(kept, g)
		} else if less(to, g.end) {
			g.start = to
			kept = append(kept, g)
		}
	}
	x.gaps[of] = append(kept, more...)
}

// ackGaps notes that bytes before ack have arrived, and says whether some of them
// are missing that nothing has acknowledged before.
func (x *Index) ackGaps(of uint32, d uint8, n packet.Number, ack uint32) (missing bool) {
	list := x.gaps[of]
	for i, k := 0, len(list); i < k; i++ {
		g := list[i]
		if g.dir != d || g.acked != 0 || !less(g.start, ack) {
			continue
		}
		missing = true
		if less(ack, g.end) {
			if len(list) >= maxGaps {
				continue
			}
			tail := g
			tail.start, g.end = ack, ack
			list = append(list, tail)
		}
		g.acked = n
		list[i] = g
		x.unseen += uint64(g.end - g.start)
		if g.of != 0 {
			x.doubt = append(x.doubt, g.of)
		}
	}
	x.gaps[of] = list
	return missing
}

// judgeLost moves the segments whose gaps have changed to where they belong: bytes
// that the receiver acknowledges and that never come were lost by the capture.
func (x *Index) judgeLost(n packet.Number, r *trace.Row) {
	if r.Verdict&tcp.LostSegment != 0 {
		x.doubt = append(x.doubt, n)
	}
	for _, of := range x.doubt {
		captured := true
		for _, g := range x.gaps[r.Stream] {
			if g.of == of && g.acked != 0 {
				captured = false
			}
		}
		x.setLost(of, !captured)
	}
	x.doubt = x.doubt[:0]
	if len(x.gaps[r.Stream]) == 0 {
		delete(x.gaps, r.Stream)
		x.streams[r.Stream].gaps = false
	}
}

// setLost says whether the capture itself has lost what is missing before packet n.
func (x *Index) setLost(n packet.Number, explained bool) {
	is, moved := x.moved[n]
	if !moved {
		is = x.byRow(itemLost, Explained).has(n)
	}
	if is != explained {
		x.moved[n] = explained
	}
}

// moveLost carries out what setLost has said.
func (x *Index) moveLost() {
	fault, explained := x.byRow(itemLost, Fault), x.byRow(itemLost, Explained)
	for n, to := range x.moved {
		switch is := explained.has(n); {
		case to && !is && fault.has(n):
			fault.take(n)
			explained.put(n)
			x.note(noteUnseen, n)
		case !to && is:
			explained.take(n)
			fault.put(n)
			if !x.byRow(itemAckLost, Explained).has(n) {
				x.noteGroup(noteUnseen).take(n)
			}
		}
	}
	clear(x.moved)
}
