package dissect

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/tlskeys"
)

const segmentOfTLS = "[TLS segment of a reassembled PDU]"

// tlsKnown is a record that could be opened, with what opens it again.
type tlsKnown struct {
	tlsOpened
	tlsExtra
	keys  *tlskeys.Keys
	place int // among those of its direction, as the session has them
}

// openedAt finds the record that begins at a relative sequence number and ends in
// packet n.
func (s *Session) openedAt(n packet.Number, dir uint8, at uint32) (r tlsKnown, ok bool) {
	if s == nil {
		return r, false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.tls == nil {
		return r, false
	}
	d := &s.tls.decrypted
	list := d.opened[dir&1]
	i, _ := slices.BinarySearchFunc(list, n, func(o tlsOpened, n packet.Number) int { return int(o.frame) - int(n) })
	for ; i < len(list) && list[i].frame == n; i++ {
		if list[i].at == at {
			return d.known(dir, i), true
		}
	}
	return r, false
}

// known gives all that is kept of a record. The session's lock is held.
func (d *tlsDecrypted) known(dir uint8, i int) tlsKnown {
	k := tlsKnown{tlsOpened: d.opened[dir&1][i], place: i}
	if extra := d.extra[dir&1]; i < len(extra) {
		k.tlsExtra = extra[i]
	}
	k.keys = d.keys[k.tlsOpened.keys]
	return k
}

// open decrypts a record again; nil if that fails.
func (k *tlsKnown) open(kind byte, version uint16, body []byte) []byte {
	r := tlskeys.Record{Type: kind, Version: version, Seq: uint64(k.seq), Body: body, Pos: k.pos}
	if k.seq > 0 {
		r.Chain = k.chain[:k.keys.Chained()]
	}
	plain, _, err := k.keys.Open(make([]byte, 0, len(body)), &r)
	if err != nil {
		return nil
	}
	return plain
}

// insideOf gives what is spoken inside of TLS; nil if that is not known.
func (s *Session) insideOf() *Session {
	in, _ := s.content()
	return in
}

// content gives what is spoken inside of TLS, and the port that it has without.
func (s *Session) content() (in *Session, clear uint16) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.tls == nil {
		return nil, 0
	}
	return s.tls.decrypted.inside, s.tls.decrypted.clear
}

// decrypt opens the record of which body is the body and head the header, if that
// could be done when it came.
func (t *tlsRun) decrypt(head cursor, body *cursor) (k tlsKnown, plain cursor, ok bool) {
	if t.Messages == nil || body.captured() < body.left() {
		return k, plain, false
	}
	k, ok = t.session.openedAt(t.frame, t.dir, t.seq+uint32(head.pos-t.start))
	if !ok {
		return k, plain, false
	}
	b := k.open(head.peek(0), head.peek16(1), body.rest())
	if b == nil {
		return k, plain, false
	}
	return k, body.newSource("Decrypted TLS", b), true
}

// content shows the application data of a record: the messages that end in it, and
// of which records they were put together. It stands beside TLS in the tree.
func (t *tlsRun) content(k *tlsKnown, plain cursor) {
	d := t.d
	in, clear := t.session.content()
	if in == nil || !k.given {
		d.infoSep(", ", "Application Data")
		if plain.left() > 0 && t.application(&plain) == "" {
			t.at(t.base, func() { dissectData(plain) })
		}
		return
	}
	if t.within == nil {
		t.within = &payload{Messages: &Messages{Session: in, Dir: t.dir, Frame: t.frame, FirstVisit: t.first}}
	}
	p := t.within
	p.outer = func(first packet.Number, from, to uint32) []byte {
		whole, _ := t.joined(first, from, to, k)
		return whole
	}
	pdus := t.session.decryption.PDUs
	head, hasHead := pdus.At(k.head)
	tail, hasTail := pdus.At(k.tail)
	taken := 0
	if hasHead && k.head != 0 {
		taken = min(int(head.EndSeq-k.off), plain.left())
		if k.flags&tcp.HeadDone == 0 {
			t.segment(&plain, &head, false)
			return
		}
		t.segmentData(&plain)
		whole, pieces := t.joined(head.First, head.StartSeq, head.EndSeq, k)
		p.seq = head.StartSeq
		t.at(t.base, func() {
			w := t.joinedLines(&plain, whole, pieces)
			p.rest = nil
			t.give(w, p, clear)
		})
		t.shown = true
		if plain.skip(taken); plain.left() > 0 {
			d.nextPDU()
		}
	}
	n := plain.left()
	if hasTail && k.tail != 0 {
		n = min(n, int(tail.StartSeq-k.off)-taken)
	}
	if n > 0 {
		middle := plain.to(n)
		p.rest, p.seq = plain.rest(), k.off+uint32(taken)
		t.at(t.base, func() { t.give(middle, p, clear) })
		t.shown = true
		if plain.left() > 0 {
			t.segmentData(&plain)
		}
		return
	}
	if plain.left() > 0 {
		t.segment(&plain, &tail, true)
	}
}

// segment shows that all of what is left of a record belongs to a message that
// does not end in it. begins says that the message begins there.
func (t *tlsRun) segment(plain *cursor, p *tcp.PDU, begins bool) {
	here := p.Last == t.frame
	if t.first || !begins {
		plain.d.setProto(tlsShort(t.version))
	}
	switch {
	case t.first || !(here && (begins || p.Complete)):
		plain.d.setInfo(segmentOfTLS)
	case begins:
		plain.d.setInfo("")
	}
	if p.Complete && !here && !t.first {
		t.at(t.base+1, func() { plain.gen(fTLSReassembledIn, uint64(p.Last)) })
	}
	t.segmentData(plain)
}

// segmentData notes that what is left of a record belongs to a message of several.
func (t *tlsRun) segmentData(plain *cursor) {
	n := plain.left()
	t.at(t.base+1, func() {
		plain.addAt(fTLSSegmentData, plain.pos, n, Node{raw: plain.rest(), text: "TLS segment data (" + plural(n, "byte") + ")"})
	})
}

// at adds nodes to the n-th of those that are open, from 1: t.base is what TLS
// itself stands in, the one after that is TLS.
func (t *tlsRun) at(n int, add func()) {
	tree := t.d.tree
	if tree == nil {
		add()
		return
	}
	open := slices.Clone(tree.open)
	tree.open = tree.open[:min(n, len(tree.open))]
	add()
	tree.open = append(tree.open[:0], open...)
}

// give hands plaintext to the application that speaks inside. If that does not
// take it, it is application data and nothing else.
func (t *tlsRun) give(c cursor, p *payload, clear uint16) {
	d := c.d
	if !d.descend() {
		return
	}
	defer d.ascend()
	t.sizes(c.rest(), p.Session)
	protos, info := len(d.protos), len(d.info)
	layer := d.layer
	if clear != 0 {
		d.layer.srcPort, d.layer.dstPort = clear, clear
	}
	d.guard(&c, func() {
		if app := p.Session.App().application(); app != nil {
			app.dissect(c, p)
		} else {
			dissectTCPApp(c, p.Session.App())
		}
	})
	d.layer = layer
	if len(d.protos) > protos && p.Session.appAt(t.frame) == AppHTTP {
		d.infoFence() // what it has said stays, as in tshark
	}
	if len(d.protos) == protos || len(d.info) == info && p.Session.App() == AppNone {
		d.infoSep(", ", "Application Data")
	}
}

// sizes adds the sizes of messages to the lines of TCP, as tshark does for
// protocols that say how long their messages are.
func (t *tlsRun) sizes(b []byte, in *Session) {
	d := t.d
	if d.tree == nil || d.sizesAfter[t.region] < 0 || t.outer != nil {
		return
	}
	after := &d.sizesAfter[t.region]
	tcp := cursor{d: d, b: d.tree.Sources[0].Bytes}
	for _, n := range messageSizes(in.appAt(t.frame), b) {
		t.at(0, func() {
			d.tree.open = append(d.tree.open, d.tree.Nodes[*after].parent)
			if tcp.gen(fTCPPDUSize, uint64(n)) != nil {
				i := int32(len(d.tree.Nodes) - 1)
				d.tree.moveAfter(i, *after)
				*after = i
			}
		})
	}
}

// joined gives the application data of the direction from one offset up to another,
// and what each record up to and with last has of it: the first one ends in packet
// first or later. Records that cannot be read again are left out.
func (t *tlsRun) joined(first packet.Number, from, to uint32, last *tlsKnown) (whole []byte, pieces []Piece) {
	s := t.session
	var records []tlsKnown
	s.mu.RLock()
	d := &s.tls.decrypted
	// Places move when the oldest are forgotten.
	for i := min(last.place, len(d.opened[t.dir])-1); i >= 0 && d.opened[t.dir][i].frame >= first; i-- {
		o := &d.opened[t.dir][i]
		if o.kind == tlsAppData && o.given && o.off < to && o.off+uint32(o.plain) > from {
			records = append(records, d.known(t.dir, i))
		}
	}
	s.mu.RUnlock()
	if len(records) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(records, func(a, b tlsKnown) int { return cmp.Compare(a.off, b.off) })
	begin, end := &records[0], &records[len(records)-1]
	sent := t.sent(begin.begun, begin.at, end.at+tlsHeader+uint32(end.size))
	for i := range records {
		r := &records[i]
		b := sent[min(len(sent), int(r.at-begin.at)):]
		if len(b) < tlsHeader+int(r.size) {
			continue
		}
		plain := r.open(b[0], uint16(b[1])<<8|uint16(b[2]), b[tlsHeader:tlsHeader+int(r.size)])
		if len(plain) != int(r.plain) {
			continue
		}
		if skip := from - r.off; r.off < from {
			plain = plain[min(int(skip), len(plain)):]
		}
		plain = plain[:min(len(plain), int(to-from)-len(whole))]
		off := len(whole)
		whole = append(whole, plain...)
		pieces = append(pieces, Piece{Frame: r.frame, Off: uint32(off), Data: whole[off:len(whole):len(whole)]})
	}
	return whole, pieces
}

// sent gives what the direction has sent from one relative sequence number up to
// another; less if it is not kept any more.
func (t *tlsRun) sent(first packet.Number, from, to uint32) []byte {
	if t.outer != nil {
		return t.outer(first, from, to)
	}
	if known := t.d.in.Known; known != nil {
		return known.Sent(first, from, to)
	}
	return nil
}

// joinedLines shows of which records a message was joined, and gives it. As in
// tshark the lines stand right behind TLS, those of the newest message first.
func (t *tlsRun) joinedLines(c *cursor, whole []byte, pieces []Piece) cursor {
	w := c.newSource("Reassembled TLS", whole)
	if !c.on() {
		return w
	}
	label := fmt.Sprintf("%s (%s): ", plural(len(pieces), "Reassembled TLS segment"), plural(len(whole), "byte"))
	for i, p := range pieces {
		if i > 0 {
			label += ", "
		}
		if i == maxListedPieces {
			label += "…"
			break
		}
		label += "#" + strconv.FormatUint(uint64(p.Frame), 10) + "(" + strconv.Itoa(len(p.Data)) + ")"
	}
	tree := t.d.tree
	if w.addAt(fTLSSegments, 0, len(whole), Node{text: label, Flags: Generated}) != nil && t.node >= 0 {
		tree.moveAfter(int32(len(tree.Nodes)-1), t.node)
	}
	w.begin()
	for _, p := range pieces {
		n := len(p.Data)
		text := fmt.Sprintf("Frame: %d, payload: %d-%d (%s)", p.Frame, p.Off, int(p.Off)+n-1, plural(n, "byte"))
		w.addAt(fTLSSegment, int(p.Off), n, Node{num: uint64(p.Frame), text: text, Flags: Generated})
	}
	w.addAt(fTLSSegmentCount, 0, 0, Node{num: uint64(len(pieces)), Flags: Generated})
	w.addAt(fTLSJoinedLen, 0, 0, Node{num: uint64(len(whole)), Flags: Generated})
	w.addAt(fTLSJoinedData, 0, len(whole), Node{raw: whole, Flags: Generated})
	w.end()
	return w
}
