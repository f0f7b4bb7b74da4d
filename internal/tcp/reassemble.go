package tcp

import "tcplens/internal/packet"

// Limits of reassembly.
const (
	maxHeld   = 1 << 20 // bytes held back behind a hole, for one direction (R70.7)
	maxFresh  = 1 << 20 // bytes of one segment that may wait for more (R70.7)
	maxOpen   = 64      // unfinished messages of one direction that are watched
	maxRanges = 256     // pieces behind holes of one message
	maxAside  = 4       // messages of one direction that were set aside
	maxStarts = 4096    // messages of one direction that a repeat is recognised by
	untilFIN  = 1 << 30 // how far a message reaches that the FIN will end (R70.7)
)

// Reassembler orders the bytes of one conversation into upper-layer messages, as
// rules R70 to R75 say. It belongs to the sequencing goroutine. It keeps no bytes
// but those behind a hole in a message that a framer wants to see.
//
// A direction without a framer costs nothing.
type Reassembler struct {
	pdus *PDUs
	dirs [2]reasm
}

// NewReassembler makes one whose messages go into the capture's table.
func NewReassembler(pdus *PDUs) *Reassembler { return &Reassembler{pdus: pdus} }

// SetFramer says who finds the messages in what direction dir sends from now on.
func (r *Reassembler) SetFramer(dir uint8, f Framer) { r.dirs[dir&1].framer = f }

// Framer gives the framer of a direction; nil when it has none.
func (r *Reassembler) Framer(dir uint8) Framer { return r.dirs[dir&1].framer }

// Adopt goes on with the framers of another reassembler, which has been given the
// same segments again, and with what it holds back for them. The messages stay
// those that this one has found.
func (r *Reassembler) Adopt(other *Reassembler) {
	for dir := range r.dirs {
		d, n := &r.dirs[dir], &other.dirs[dir]
		d.framer = n.framer
		d.feed, d.aside = feed{}, nil
		for _, x := range n.aside {
			seq := other.pdus.peek(x.id).StartSeq
			if i := d.find(seq); i >= 0 && d.starts[i].seq == seq {
				x.id = d.starts[i].id
				d.aside = append(d.aside, x)
			}
		}
		j, k := d.opened(d.fed), n.opened(n.fed)
		if d.fed == 0 || n.fed == 0 || j < 0 || k < 0 || r.pdus.peek(d.fed).StartSeq != other.pdus.peek(n.fed).StartSeq {
			if n.fed != 0 {
				d.framer.Skip()
			}
			d.fed = 0
			continue
		}
		d.feed, d.open[j].blind = n.feed, n.open[k].blind
	}
}

// reasm is the state of one direction.
type reasm struct {
	framer Framer
	starts []pduStart // by start, ascending
	open   []openPDU  // not complete yet
	ends   []uint32   // reused for every Push
	fed    PDUID      // the message that the framer is inside of
	fin    PDUID      // the message that the FIN will end
	finAt  packet.Number
	feed              // of the message fed
	aside  []asidePDU // messages whose hole may still fill, oldest first
}

// feed is a message on its way into a framer.
type feed struct {
	held  []heldPiece // what lies behind a hole, by start
	nHeld int         // bytes in held
}

// asidePDU is a message that a Keeper has set aside.
type asidePDU struct {
	feed
	id     PDUID
	framer Framer
}

type pduStart struct {
	seq uint32
	id  PDUID
}

// openPDU is a message that waits for bytes. Numbers are relative.
type openPDU struct {
	id      PDUID
	have    uint32   // all before this are there
	segment bool     // any next segment completes it, for the framer to look again
	byFIN   bool     // the FIN completes it
	blind   bool     // the framer does not see the bytes
	lost    bool     // too many holes to keep count
	behind  []seqRun // pieces behind have, ascending, apart
}

type seqRun struct{ start, end uint32 }

type heldPiece struct {
	seq  uint32
	data []byte
}

// Add takes the next segment of the conversation, in capture order. f is what
// Table.Add said of it, data are its captured payload bytes, only lent. The
// answer is empty for a segment without payload and for a direction without a
// framer.
func (r *Reassembler) Add(f *Facts, seg *Segment, data []byte) (res Result) {
	d := &r.dirs[f.Dir&1]
	if d.framer == nil || seg.Fit != Sound {
		return res
	}
	a := adder{r: r, d: d, f: f, seg: seg, seq: f.Seq, end: f.Seq + seg.Len}
	a.data = data[:min(len(data), int(seg.Len))]
	if seg.Flags&SYN != 0 {
		a.seq++
		a.end++
	}
	a.mute = f.Verdict&(Retransmission|OutOfOrder|KeepAlive) != 0
	switch {
	case seg.Flags&RST != 0:
		if seg.Len > 0 {
			a.res.Flags |= Dropped
		}
		if seg.Flags&FIN != 0 && d.finAt == 0 {
			d.finAt = seg.Number // and nothing is completed
		}
	case seg.Flags&FIN != 0 && d.fin != 0 && uint32(len(a.data)) == seg.Len && !seg.BadSum:
		a.byFIN()
	case seg.Len == 0 || a.end < a.seq:
		// Nothing to order, or numbers that pass 2^32: plain integers (§12).
		if seg.Len > 0 {
			a.res.Flags |= Dropped
		}
	case uint32(len(a.data)) < seg.Len || seg.BadSum:
		a.direct()
	default:
		for a.step() {
		}
	}
	return a.res
}

// adder is one segment on its way into the messages.
type adder struct {
	r        *Reassembler
	d        *reasm
	f        *Facts
	seg      *Segment
	seq, end uint32 // what is left of the segment
	data     []byte // its bytes
	mute     bool   // joined, but not given to the upper layer (R72)
	res      Result
}

// direct gives a segment that the snap length cut to the upper layer as it is.
func (a *adder) direct() {
	a.res.Flags |= Direct
	if a.mute {
		a.res.Flags |= Withheld
		return
	}
	if len(a.data) == 0 {
		return
	}
	a.d.leave(a.r.pdus)
	p := a.piece(a.seq, a.data)
	p.Cut = a.seg.Len - uint32(len(a.data))
	a.d.ends, _ = a.d.framer.Push(p, a.d.ends[:0])
	a.d.framer.Skip()
	a.res.Flags |= Dissected
}

func (a *adder) piece(seq uint32, data []byte) Piece {
	return Piece{Data: data, Number: a.seg.Number, Seq: seq, FIN: a.seg.Flags&FIN != 0}
}

// step is the loop of R70: it uses up the segment, or the part of it that one
// message takes, and says whether there is more to do.
func (a *adder) step() bool {
	d, pdus := a.d, a.r.pdus
	i := d.find(a.seq) // the message that starts at seq, or the last one before
	var p PDU
	if i >= 0 {
		p = pdus.peek(d.starts[i].id)
		if p.StartSeq == a.seq && a.end <= p.EndSeq && p.Last != a.seg.Number {
			a.res.Flags |= Retransmitted
			return false
		}
	}
	switch {
	case a.f.Verdict&SpuriousRetransmission != 0:
		a.res.Flags |= Dropped
		return false
	case a.f.Verdict&Retransmission != 0:
		a.res.Flags |= Retransmitted
		return false
	case i < 0 || a.seq >= p.EndSeq:
		a.fresh()
		return false
	case p.Complete:
		a.res.Flags |= Overlaps
		return false
	}
	j := d.opened(d.starts[i].id)
	if j < 0 { // no longer watched: it can't complete any more
		a.res.Head = d.starts[i].id
		return false
	}
	return a.join(p, j)
}

// fresh is R70.5 and 70.7: no message waits for these bytes.
func (a *adder) fresh() {
	d := a.d
	if a.mute {
		a.res.Flags |= Withheld
		return
	}
	to := d.framer
	if d.fed != 0 && a.seq < a.r.pdus.peek(d.fed).StartSeq {
		// A hole in front of the open message fills. The framer is inside that
		// message and can't go back.
		to = d.fork()
		if to == nil {
			a.res.Flags |= Direct | Dissected
			return
		}
	} else {
		d.leave(a.r.pdus)
	}
	var need Need
	d.ends, need = to.Push(a.piece(a.seq, a.data), d.ends[:0])
	a.res.Flags |= Dissected
	cut := a.seq
	if n := len(d.ends); n > 0 {
		cut += min(d.ends[n-1], uint32(len(a.data)))
	}
	a.begin(to, cut, a.end, need)
}

// begin opens the message that starts at seq and has its bytes up to end, when the
// framer that has seen them needs more for it.
func (a *adder) begin(by Framer, seq, end uint32, need Need) {
	d := a.d
	if need.Kind == NeedNone {
		return
	}
	o := openPDU{have: end}
	p := PDU{Stream: a.f.Stream, StartSeq: seq, EndSeq: end,
		First: a.seg.Number, Last: a.seg.Number, Dir: a.f.Dir & 1}
	if seq >= end || end-seq > maxFresh || need.Kind == NeedFIN && d.fin != 0 || !o.want(&p, need) {
		by.Skip()
		return
	}
	o.id = a.r.pdus.add(p)
	d.insert(seq, o.id)
	d.watch(o)
	if by == d.framer {
		d.fed = o.id
	} else {
		d.setAside(asidePDU{id: o.id, framer: by})
	}
	if o.byFIN {
		d.fin = o.id
	}
	a.res.Tail = o.id
}

// want sets where a message is to end; p.EndSeq is where its bytes end now. It
// fails when that is past the numbers.
func (o *openPDU) want(p *PDU, need Need) bool {
	n := max(need.N, 1)
	o.segment, o.byFIN, o.blind = false, false, need.Kind == NeedBlind
	switch need.Kind {
	case NeedSegment:
		o.segment, n = true, 1
	case NeedFIN:
		o.byFIN, o.blind, n = true, true, untilFIN
	}
	end := p.EndSeq + n
	if end < p.EndSeq {
		return false
	}
	p.EndSeq = end
	return true
}

// join is R70.4 and 70.6: the segment gives bytes to the open message p, which is
// the one at j.
func (a *adder) join(p PDU, j int) bool {
	d, o := a.d, &a.d.open[j]
	id := o.id
	take := a.end
	if !o.segment {
		take = min(take, p.EndSeq)
	}
	p.Last = a.seg.Number
	first := a.res.Head == 0
	if first {
		a.res.Head = id
	}
	had := o.have
	o.add(a.seq, take)
	complete := !o.lost && !o.byFIN && o.have >= p.EndSeq
	by, need, cut, ended := a.give(&p, o, had, take, complete)
	if !complete {
		// Still open. When the segment reaches past it, the stream goes on behind
		// a hole (R75).
		if by != nil && by == d.framer && take < a.end {
			d.leave(a.r.pdus)
			p.State = PDUAbandoned
		}
		a.r.pdus.set(id, p)
		a.data, a.seq = a.data[take-a.seq:], take
		return a.seq < a.end
	}
	if o.segment {
		p.EndSeq = max(p.EndSeq, a.end)
	}
	if first {
		a.res.Flags |= HeadDone
	}
	p.Complete, p.State = true, PDUDone
	if a.mute {
		p.State = PDUWithheld
		a.res.Flags |= Withheld
	} else {
		a.res.Flags |= Dissected
	}
	have := o.have
	switch {
	case by == nil && o.segment && !a.mute:
		// The upper layer would be given all of it, and nobody knows any more
		// whether it is content with that. It asks again as it did before.
		need.Kind = NeedSegment
		a.goOn(&p, j, nil, need, first)
	case by == nil || o.blind || a.mute || need.Kind == NeedNone:
		d.finish(id, by, need.Kind != NeedNone || a.mute)
		d.done(j)
	case ended && cut > p.StartSeq:
		// What follows the cut is a message of its own.
		p.EndSeq, p.Cut = cut, true
		d.release(id)
		d.done(j)
		a.r.pdus.set(id, p)
		a.begin(by, cut, have, need)
	default:
		a.goOn(&p, j, by, need, first)
	}
	a.r.pdus.set(id, p)
	a.data, a.seq = a.data[take-a.seq:], take
	return a.seq < a.end
}

// give pushes the bytes of the segment up to take to the framer that is inside the
// open message p, and gives that framer: nil if there is none any more, or the bytes
// are kept from it. had says up to where the message was there before.
func (a *adder) give(p *PDU, o *openPDU, had, take uint32, complete bool) (by Framer, need Need, cut uint32, ended bool) {
	d := a.d
	by, f := d.framer, &d.feed
	i := -1
	if d.fed != o.id {
		if i = d.asideOf(o.id); i < 0 {
			return nil, need, 0, false
		}
		by, f = d.aside[i].framer, &d.aside[i].feed
	}
	switch {
	case o.blind:
	case a.seq > had:
		if f.hold(a.seq, a.data[:take-a.seq]) {
			break
		}
		if i >= 0 {
			d.dropAside(i)
		} else {
			d.leave(a.r.pdus)
			p.State = PDUAbandoned
		}
		return nil, need, 0, false
	case !a.mute || !complete || keeps(by):
		need, cut, ended = a.push(by, f, had, take)
	}
	return by, need, cut, ended
}

// goOn leaves a message open that the upper layer wants more of. by is the framer
// inside of it, nil if there is none any more.
func (a *adder) goOn(p *PDU, j int, by Framer, need Need, first bool) {
	d, o := a.d, &a.d.open[j]
	p.Complete, p.State, p.EndSeq, p.Asked = false, PDUOpen, o.have, a.seg.Number
	if first {
		a.res.Flags = a.res.Flags&^HeadDone | Asked
	}
	if by == nil {
		p.State = PDUAbandoned
	}
	if !o.want(p, need) {
		d.finish(o.id, by, true)
		p.State = PDUAbandoned
		d.done(j)
	} else if o.byFIN {
		d.fin = o.id
	}
}

// push gives a framer the segment's bytes from had up to take, which continue the
// message it is in, and what was held back behind them. It gives what the framer
// wants after that, and the number one past the last message that ended.
func (a *adder) push(to Framer, f *feed, had, take uint32) (need Need, cut uint32, ended bool) {
	d := a.d
	give := func(seq uint32, data []byte) {
		if len(data) == 0 {
			return
		}
		d.ends, need = to.Push(a.piece(seq, data), d.ends[:0])
		if n := len(d.ends); n > 0 {
			cut, ended = seq+min(d.ends[n-1], uint32(len(data))), true
		}
	}
	at := had
	if take > had {
		give(had, a.data[had-a.seq:take-a.seq])
		at = take
	}
	for len(f.held) > 0 && f.held[0].seq <= at {
		h := f.held[0]
		f.held = f.held[:copy(f.held, f.held[1:])]
		f.nHeld -= len(h.data)
		if skip := at - h.seq; skip < uint32(len(h.data)) {
			give(at, h.data[skip:])
			at += uint32(len(h.data)) - skip
		}
	}
	return need, cut, ended
}

// byFIN ends the message that waits for the end of the direction (R70.7).
func (a *adder) byFIN() {
	d := a.d
	if d.finAt != 0 {
		a.res.Flags |= FINRepeated
		return
	}
	d.finAt = a.seg.Number
	j := d.opened(d.fin)
	if j < 0 {
		return
	}
	p := a.r.pdus.peek(d.fin)
	o := &d.open[j]
	if a.seq < a.end {
		o.add(a.seq, a.end)
	}
	p.Last, p.EndSeq = a.seg.Number, max(a.end, o.have)
	a.res.Head = d.fin
	if !o.lost && o.have >= p.EndSeq && len(o.behind) == 0 {
		p.Complete, p.State = true, PDUDone
		a.res.Flags |= HeadDone | Dissected
		if a.mute {
			p.State = PDUWithheld
			a.res.Flags = a.res.Flags&^Dissected | Withheld
		} else if e, ok := d.inside(d.fin).(Ender); ok {
			e.Ended(p.EndSeq - p.StartSeq)
		}
	}
	d.done(j)
	d.finish(d.fin, d.inside(d.fin), true)
	a.r.pdus.set(d.fin, p)
}
