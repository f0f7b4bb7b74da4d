package trace

import (
	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// app is the application's side of a TCP conversation.
type app struct {
	session *dissect.Session // nil while nobody claims the data
	order   *tcp.Reassembler
	server  uint16 // port that a SYN was sent to; 0 if none was seen
}

// messages gives a segment's data to the application of its conversation and
// keeps in the row which messages it belongs to.
func (w *Writer) messages(r *Row, n packet.Number, f *tcp.Facts, x *dissect.Transport) {
	tb := &w.t.tables
	a := &tb.apps[f.Stream]
	switch x.Flags & (tcp.SYN | tcp.ACK) {
	case tcp.SYN:
		a.server = x.Flow.Dst.Port
	case tcp.SYN | tcp.ACK:
		a.server = x.Flow.Src.Port
	}
	if a.session == nil {
		if len(x.Payload) == 0 {
			return
		}
		kind := dissect.GuessTCP(w.t.as, x.Flow.Src.Port, x.Flow.Dst.Port, a.server, x.Payload)
		if kind == dissect.AppNone {
			return
		}
		a.session = w.session(kind, a, f.Stream, x.Flow)
		a.order = tcp.NewReassembler(&tb.pdus)
		a.order.SetFramer(0, a.session.Framer(0))
		a.order.SetFramer(1, a.session.Framer(1))
	}
	a.session.Begin(n, x.Time, f.Dir, x.Flags&tcp.FIN != 0)
	res := a.order.Add(f, &x.Segment, x.Payload)
	if port, ok := a.session.TunnelPort(); ok {
		w.reserve(x, port)
	}
	r.head, r.tail, r.pdu = res.Head, res.Tail, uint8(res.Flags&^tcp.Asked)
	if res.Flags&tcp.Asked != 0 {
		r.bits |= rowAsked
	}
}

// App tells what is spoken in a TCP conversation, as far as it has been found out.
func (t *Trace) App(stream uint32) dissect.App {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if int(stream) >= len(t.tables.apps) {
		return dissect.AppNone
	}
	return t.tables.apps[stream].session.App()
}

// ConversationRequests appends to dst the requests of one TCP conversation, as far
// as they have been found, unless their revision is seen: the one that the call
// before gave. It gives the revision that they have now; 0 is none.
func (t *Trace) ConversationRequests(stream uint32, seen uint64, dst []dissect.Request) ([]dissect.Request, uint64) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if int(stream) >= len(t.tables.apps) {
		return dst, 0
	}
	s := t.tables.apps[stream].session
	revision := s.RequestRevision()
	if revision == seen {
		return dst, revision
	}
	return s.Requests(0, dst), revision
}

// reserve gives the conversation a number that a proxy speaks of: that of the segment,
// with the far port in place of the proxy's. tshark counts it as well.
func (w *Writer) reserve(x *dissect.Transport, far uint16) {
	tb := &w.t.tables
	flow := x.Flow
	if a := &tb.apps[w.facts.Stream]; flow.Dst.Port == a.server || a.server == 0 && x.Flow.Dst.Port < x.Flow.Src.Port {
		flow.Dst.Port = far
	} else {
		flow.Src.Port = far
	}
	if c := tb.tcp.Reserve(flow, x.Time); c != nil {
		tb.convs = append(tb.convs, c)
		tb.apps = append(tb.apps, app{})
	}
}

// messagePlan is what the tables say of a segment's messages; the bytes are read
// when the dissection asks for them.
type messagePlan struct {
	session    *dissect.Session
	head, tail tcp.PDU
	headID     tcp.PDUID
	withheld   dissect.Withheld
	past       bool // with ReassemblyErr: the segment reaches beyond what is joined
}

// plan looks up the messages of a row: those that it belonged to when it came. The
// lock of the tables is held.
func (t *tables) plan(row *Row) (p messagePlan) {
	p.session = t.apps[row.Stream].session
	p.withheld, p.headID = row.withheld(p.session != nil), row.head
	if row.head != 0 {
		p.head, _ = t.pdus.At(row.head)
	}
	if row.tail != 0 {
		p.tail, _ = t.pdus.At(row.tail)
	}
	return p
}

// secondVisit takes into account what messages have been found since packet n came.
// tshark looks for a segment's message anew each time it shows it, and finds the one
// that began last: where data was sent again, that may be another than at first.
func (p *messagePlan) secondVisit(row *Row, n packet.Number, order *tcp.Reassembler) {
	if order == nil || row.PayLen == 0 || row.bits&rowOdd != 0 || p.withheld != dissect.PassedOn && p.withheld != dissect.OutOfStep {
		return
	}
	if tail := order.Find(row.Dir, p.tail.StartSeq); row.tail != 0 && tail.ID != 0 && tail.StartSeq == p.tail.StartSeq {
		p.tail = tail.PDU
	}
	seq := row.dataSeq()
	f := order.Find(row.Dir, seq)
	switch {
	case f.ID == 0 || f.ID == row.head && f.StartSeq != seq:
	case f.StartSeq == seq:
		if f.First != n && f.Last != n && seq+row.PayLen <= f.EndSeq {
			p.withheld, p.head, p.tail = dissect.Repeated, tcp.PDU{}, tcp.PDU{}
		}
	case seq >= f.EndSeq:
	case row.head != 0:
		p.head, p.headID = f.PDU, f.ID
	case f.Complete || f.Asked != 0:
		p.withheld, p.tail = dissect.ReassemblyErr, tcp.PDU{}
		p.past = seq+row.PayLen > f.Have
	default:
		p.head, p.headID, p.tail = f.PDU, f.ID, tcp.PDU{}
	}
}

// dataSeq is the relative number of the first byte of a row's payload.
func (r *Row) dataSeq() uint32 {
	if r.Flags&tcp.SYN != 0 {
		return r.Seq + 1
	}
	return r.Seq
}

// parts says how much of a row's payload belongs to the message that began before
// it, and where the one begins that does not end in it: bytes from the beginning of
// the payload. Whether there are such messages, head and tail tell.
func (p *messagePlan) parts(row *Row) (headLen, tailOff uint32, head, tail bool) {
	tailOff = row.PayLen
	if p.head.EndSeq != 0 {
		head = true
		if left := int32(p.head.EndSeq - row.dataSeq()); left > 0 {
			headLen = min(uint32(left), row.PayLen)
		}
	}
	if p.tail.EndSeq != 0 {
		tail = true
		tailOff = min(p.tail.StartSeq-row.dataSeq(), row.PayLen)
	}
	return headLen, tailOff, head, tail
}

// Messages implements dissect.Knowledge.
func (k *knowledge) Messages() *dissect.Messages {
	row := k.row
	if k.inner < 0 || row.Kind != TCP || row.bits&rowOdd != 0 {
		return nil
	}
	p := &k.plan
	m := &dissect.Messages{Session: p.session, Dir: row.Dir, Frame: k.n, Withheld: p.withheld, Past: p.past, FirstVisit: k.first, Seq: row.dataSeq()}
	m.HeadLen, m.TailOff, m.Head, m.Tail = p.parts(row)
	if m.Head {
		m.HeadSeq = p.head.StartSeq
		if p.head.Complete {
			m.HeadIn = p.head.Last
		}
		if p.headDone(row) {
			m.Kept = p.head.State == tcp.PDUDone
			k.joinHead(m)
		} else if k.first && row.bits&rowAsked != 0 || !p.head.Complete && p.head.Asked == k.n && p.head.Last == k.n {
			m.Begun = k.begun()
		}
	}
	switch {
	case m.Tail && p.tail.Complete:
		m.TailIn = p.tail.Last
	case m.Tail && p.tail.Asked == p.tail.Last:
		m.TailIn = p.tail.Asked // of a message that never ends tshark says how far it could join it
	}
	return m
}

// headDone says whether the message that the row begins with is complete with it.
func (p *messagePlan) headDone(row *Row) bool {
	return p.headID == row.head && tcp.ResultFlags(row.pdu)&tcp.HeadDone != 0
}

// DataShown says whether a dissection of the packet that was read last looks at the
// data of its innermost TCP segment. It does not when all of it belongs to a message
// that another packet completes, or when it was not given on. Without data it is
// false, too, unless a message ends here.
func (r *Reader) DataShown() bool {
	k := &r.know
	row, p := k.row, &k.plan
	if k.inner < 0 || row.Kind != TCP || row.bits&rowOdd != 0 {
		return true
	}
	headLen, tailOff, head, _ := p.parts(row)
	if k.first || head && (p.headDone(row) || p.head.Complete && p.head.Last == k.n) {
		return true
	}
	switch p.withheld {
	case dissect.Repeated, dissect.Silent, dissect.OutOfStep:
		return false
	case dissect.PassedOn:
		return headLen < tailOff
	}
	return true
}

// withheld says why a segment's data was not given on.
func (r *Row) withheld(claimed bool) dissect.Withheld {
	f := tcp.ResultFlags(r.pdu)
	if claimed && f&tcp.Overlaps != 0 {
		return dissect.ReassemblyErr
	}
	if r.Verdict&tcp.KeepAlive != 0 {
		return dissect.Probe
	}
	if !claimed {
		// Nobody ordered the data: the verdict alone decides (R70.2, R72).
		switch {
		case r.Verdict&tcp.SpuriousRetransmission != 0:
			return dissect.Silent
		case r.Verdict&tcp.Retransmission != 0:
			return dissect.Repeated
		case r.Verdict&tcp.OutOfOrder != 0:
			return dissect.OutOfStep
		}
		return dissect.PassedOn
	}
	switch {
	case f&tcp.Retransmitted != 0:
		return dissect.Repeated
	case f&tcp.Dropped != 0:
		return dissect.Silent
	case f&tcp.Withheld != 0 && f&tcp.Dissected == 0:
		return dissect.OutOfStep
	}
	return dissect.PassedOn
}

// maxJoined is how many bytes of one message are read again to show it. A message
// may be as long as its connection; what is beyond is in the packets themselves.
const maxJoined = 32 << 20

// joinHead reads the parts of the message that ends in this packet.
func (k *knowledge) joinHead(m *dissect.Messages) {
	row, id := k.row, k.row.head
	head := &k.plan.head
	var frags []tcp.Fragment
	total := 0
	buf := k.r.frags[:0]
	for _, n := range k.s.chain(k.n, TCP, row.Stream, head.First) {
		x := k.s.Row(n)
		if x.Dir != row.Dir || x.head != id && x.tail != id {
			continue
		}
		var data []byte
		if total < maxJoined {
			b, err := k.r.Payload(n)
			if err != nil {
				continue
			}
			at := len(buf)
			buf = append(buf, b...) // what stood in a smaller one stays where it is
			data = buf[at:len(buf):len(buf)]
			total += len(data)
		}
		frags = append(frags, tcp.Fragment{Number: n, Seq: x.dataSeq(), Data: data})
	}
	end := head.EndSeq
	if k.first && head.Cut {
		end = row.dataSeq() + row.PayLen // as it was joined before the message was cut out of it
		m.Given = head.EndSeq - head.StartSeq
	}
	whole, parts, _ := tcp.JoinedIn(k.r.whole, frags, head.StartSeq, end)
	m.Whole = whole
	k.r.frags, k.r.whole = reusable(buf), reusable(whole)
	for _, p := range parts {
		piece := dissect.Piece{Frame: p.Number, Off: p.Start, Data: whole[p.Start:min(p.End, uint32(len(whole)))]}
		if p.Overlap {
			piece.Flags |= dissect.PieceOverlap
		}
		if p.Conflict {
			piece.Flags |= dissect.PieceConflict
		}
		m.Pieces = append(m.Pieces, piece)
	}
}

// mostReused is how much memory for messages a reader keeps between packets, bytes.
const mostReused = 1 << 20

// reusable gives what of a buffer is kept for the next message.
func reusable(b []byte) []byte {
	if cap(b) > mostReused {
		return nil
	}
	return b[:0]
}
