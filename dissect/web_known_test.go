package dissect

import (
	"slices"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/tlskeys"
)

// tcpKnown adds what is known of a packet's TCP segment: its place in the stream,
// and the messages that it is part of.
type tcpKnown struct {
	Knowledge
	at      int // which transport header it is
	facts   tcp.Facts
	conv    *tcp.Conversation
	segment tcp.Segment
	payload []byte
	session *Session
	res     tcp.Result
	all     *tcpLearned
}

// tcpLearned is what a first visit of all packets leaves behind.
type tcpLearned struct {
	pdus    tcp.PDUs
	packets []*tcpKnown
	in      []Input
	keys    *tlskeys.Log
}

// appState is the application's side of a conversation.
type appState struct {
	session *Session
	order   *tcp.Reassembler
	server  uint16
}

// learnTCP adds what is known of TCP to all packets, as a second visit has it.
func learnTCP(in []Input, keys *tlskeys.Log) {
	all := &tcpLearned{in: in, keys: keys}
	table := tcp.NewTable()
	apps := map[uint32]*appState{}
	d := NewDissection(nil)
	var h Headers
	for i := range in {
		d.Scan(&in[i], &h)
		n := len(h.Transports)
		if n == 0 || !h.Transports[n-1].IsTCP {
			continue
		}
		x := &h.Transports[n-1]
		k := &tcpKnown{Knowledge: in[i].Known, at: n - 1, segment: x.Segment, payload: slices.Clone(x.Payload), all: all}
		k.segment.Number, k.segment.Time = in[i].Number, in[i].Packet.Time
		k.conv, k.facts = table.Add(&k.segment)
		a := apps[k.facts.Stream]
		if a == nil {
			a = &appState{}
			apps[k.facts.Stream] = a
		}
		a.next(k, all)
		in[i].Known = k
		all.packets = append(all.packets, k)
	}
	for _, k := range all.packets {
		k.session = apps[k.facts.Stream].session
	}
}

// next gives a segment to the application of its conversation.
func (a *appState) next(k *tcpKnown, all *tcpLearned) {
	flow := k.segment.Flow
	switch k.segment.Flags & (tcp.SYN | tcp.ACK) {
	case tcp.SYN:
		a.server = flow.Dst.Port
	case tcp.SYN | tcp.ACK:
		a.server = flow.Src.Port
	}
	if a.session == nil && len(k.payload) > 0 {
		if app := GuessTCP(nil, flow.Src.Port, flow.Dst.Port, a.server, k.payload); app != AppNone {
			a.session = NewSession(app)
			if all.keys != nil {
				server := a.server
				if server == 0 {
					server = min(flow.Src.Port, flow.Dst.Port)
				}
				a.session.Decrypt(Decryption{Keys: all.keys, PDUs: &all.pdus, Stream: k.facts.Stream, Server: server})
			}
			a.order = tcp.NewReassembler(&all.pdus)
			a.order.SetFramer(0, a.session.Framer(0))
			a.order.SetFramer(1, a.session.Framer(1))
		}
	}
	if a.session == nil {
		return
	}
	a.session.Begin(k.segment.Number, k.segment.Time, k.facts.Dir, k.segment.Flags&tcp.FIN != 0)
	k.res = a.order.Add(&k.facts, &k.segment, k.payload)
}

// TCP implements Knowledge.
func (k *tcpKnown) TCP(i int) (*tcp.Facts, *tcp.Summary) {
	if i != k.at {
		return nil, nil
	}
	s := k.conv.Summary()
	f := k.facts
	return &f, &s
}

// TimeOf implements Knowledge.
func (k *tcpKnown) TimeOf(n packet.Number) (packet.Time, bool) {
	if n == 0 || int(n) > len(k.all.in) {
		return 0, false
	}
	return k.all.in[n-1].Packet.Time, true
}

func (k *tcpKnown) dataSeq() uint32 {
	if k.segment.Flags&tcp.SYN != 0 {
		return k.facts.Seq + 1
	}
	return k.facts.Seq
}

// Messages implements Knowledge.
func (k *tcpKnown) Messages() *Messages {
	m := &Messages{Session: k.session, Dir: k.facts.Dir, Frame: k.segment.Number, Seq: k.dataSeq(), Withheld: k.withheld()}
	if head, ok := k.all.pdus.At(k.res.Head); ok && k.res.Head != 0 {
		m.Head, m.HeadSeq = true, head.StartSeq
		m.HeadLen = uint32(max(0, min(int64(head.EndSeq)-int64(k.dataSeq()), int64(k.segment.Len))))
		if head.Complete {
			m.HeadIn = head.Last
		}
		if k.res.Flags&tcp.HeadDone != 0 {
			m.Kept = head.State == tcp.PDUDone
			k.join(m, head)
		}
	}
	if tail, ok := k.all.pdus.At(k.res.Tail); ok && k.res.Tail != 0 {
		m.Tail = true
		m.TailOff = min(tail.StartSeq-k.dataSeq(), k.segment.Len)
		if tail.Complete {
			m.TailIn = tail.Last
		}
	}
	return m
}

func (k *tcpKnown) withheld() Withheld {
	f, v := k.res.Flags, k.facts.Verdict
	if k.session == nil {
		switch {
		case v&(tcp.SpuriousRetransmission|tcp.KeepAlive) != 0:
			return Silent
		case v&tcp.Retransmission != 0:
			return Repeated
		case v&tcp.OutOfOrder != 0:
			return OutOfStep
		}
		return PassedOn
	}
	switch {
	case f&tcp.Overlaps != 0:
		return ReassemblyErr
	case f&tcp.Retransmitted != 0:
		return Repeated
	case f&tcp.Dropped != 0:
		return Silent
	case f&tcp.Withheld != 0 && f&tcp.Dissected == 0:
		return OutOfStep
	}
	return PassedOn
}

// Sent implements Knowledge.
func (k *tcpKnown) Sent(first packet.Number, from, to uint32) []byte {
	var frags []tcp.Fragment
	for _, p := range k.all.packets {
		if p.facts.Stream == k.facts.Stream && p.facts.Dir == k.facts.Dir && p.segment.Number <= k.segment.Number && p.segment.Number >= first {
			frags = append(frags, tcp.Fragment{Number: p.segment.Number, Seq: p.dataSeq(), Data: p.payload})
		}
	}
	data, _, _ := tcp.Joined(frags, from, to)
	return data
}

// join puts the message together that ends in this packet.
func (k *tcpKnown) join(m *Messages, head tcp.PDU) {
	var frags []tcp.Fragment
	for _, p := range k.all.packets {
		if p.facts.Stream == k.facts.Stream && p.facts.Dir == k.facts.Dir && p.segment.Number <= k.segment.Number &&
			(p.res.Head == k.res.Head || p.res.Tail == k.res.Head) {
			frags = append(frags, tcp.Fragment{Number: p.segment.Number, Seq: p.dataSeq(), Data: p.payload})
		}
	}
	whole, parts, _ := tcp.Joined(frags, head.StartSeq, head.EndSeq)
	m.Whole = whole
	for _, p := range parts {
		piece := Piece{Frame: p.Number, Off: p.Start, Data: whole[p.Start:min(p.End, uint32(len(whole)))]}
		if p.Overlap {
			piece.Flags |= PieceOverlap
		}
		if p.Conflict {
			piece.Flags |= PieceConflict
		}
		m.Pieces = append(m.Pieces, piece)
	}
}
