package dissect

import (
	"fmt"
	"strconv"
)

// looksLikeDTLS wants whole records up to the end of the datagram, or of what was
// captured of it (RFC 6347 §4.1).
func looksLikeDTLS(c *cursor) bool {
	b := c.rest()
	if len(b) < dtlsHeader {
		return false
	}
	cut := len(b) < c.left()
	for range maxDTLSRecords {
		h, ok := readDTLSHeader(b, 0)
		switch {
		case !ok:
			return cut && len(b) < dtlsHeader
		case h.kind == dtlsCID: // how long the header is, the hellos tell
			return h.epoch > 0
		case h.size == dtlsHeader || h.size > len(b) && !cut:
			return false
		case h.size >= len(b):
			return true
		}
		b = b[h.size:]
	}
	return true
}

// dtlsShort names a version as the Protocol column does.
func dtlsShort(v uint16) string {
	switch v {
	case dtls10, 0x0100:
		return "DTLSv1.0"
	case dtls12:
		return "DTLSv1.2"
	}
	return "DTLS"
}

// dissectDTLS takes the records apart that a datagram holds (RFC 6347 §4.1). The
// messages of the handshake are TLS's.
func dissectDTLS(c cursor) {
	d := c.d
	d.setProto("DTLS")
	d.setInfo("")
	c.proto(pDTLS)
	r := dtlsRun{tlsRun: tlsRun{payload: &payload{}, d: d, node: -1, datagram: true}}
	if d.in.Known != nil && !d.layer.quoted {
		r.known, r.dir, r.first = d.in.Known.DTLS()
	}
	if r.known == nil {
		r.known = NewDTLSSession()
		r.known.Add(d.in.Number, 0, c.rest())
	}
	d.twins = true
	defer func() { d.twins = false }()
	for ord := 0; c.ok() && c.captured() > 0 && ord < maxDTLSRecords; ord++ {
		if !r.record(&c, ord) {
			break
		}
	}
	c.end()
}

// dtlsRun is a run of records in one datagram.
type dtlsRun struct {
	tlsRun
	known *DTLSSession
	wire  uint16 // the version as the wire has it; 0 while it is not known
}

// record takes one record apart. It is false where there is none.
func (r *dtlsRun) record(c *cursor, ord int) bool {
	facts, cid := r.known.at(c.d.in.Number, ord, r.dir, r.first)
	r.tlsFacts, r.wire = facts, facts.version
	switch r.wire { // what the messages have in common with those of TLS
	case dtls12:
		r.version = 0x0303
	case dtls10, 0x0100:
		r.version = 0x0302
	default:
		r.version = 0x0303
	}
	h, ok := readDTLSHeader(c.rest(), cid)
	if !ok && c.captured() >= dtlsHeader {
		c.d.infoSep(", ", "Continuation Data")
		c.skip(c.captured())
		return false
	}
	c.d.setProto(dtlsShort(r.wire))
	if c.on() {
		c.sub(fTLSRecord, "Record Layer")
	}
	f := fTLSType
	if h.kind == dtlsCID {
		f = fDTLSSpecial
	}
	c.u8(f)
	c.u16(fTLSVersion)
	c.u16(fDTLSEpoch)
	if c.need(6) {
		seq := uint64(c.peek16(0))<<32 | uint64(c.peek32(2))
		c.skip(6)
		c.add(fDTLSSequence, 6, Node{num: seq})
	}
	if h.kind == dtlsCID && cid > 0 {
		c.bytes(fDTLSConnection, cid)
	}
	body := c.to(int(c.u16(fTLSLength)))
	label := r.body(&body, &h)
	if o := c.opened(); o != nil && label != "" {
		o.label(dtlsShort(r.wire) + " Record Layer: " + label)
	}
	c.end()
	return c.ok()
}

// body goes on with what a record carries, and gives the end of the record's label.
func (r *dtlsRun) body(c *cursor, h *dtlsRecord) string {
	switch h.kind {
	case tlsHandshake:
		return r.messages(c, h)
	case tlsAlert:
		if h.epoch > 0 {
			c.d.infoSep(", ", "Encrypted Alert")
			if c.on() {
				c.addAt(fTLSAlert, c.pos, min(2, c.captured()), Node{text: "Alert Message: Encrypted Alert"})
			}
			return "Encrypted Alert"
		}
	case dtlsCID:
		c.d.infoSep(", ", "Connection ID")
		c.bytesOrCut(fDTLSContent)
		return "Connection ID"
	}
	return r.fragment(c, h.kind, r.version, false)
}

// messages goes through the handshake messages of a record, or the fragments of them
// (RFC 6347 §4.2.2).
func (r *dtlsRun) messages(c *cursor, h *dtlsRecord) string {
	count, label := 0, ""
	for c.ok() && c.left() > 0 {
		b := c.rest()
		if h.epoch > 0 || len(b) < dtlsMessageHeader && len(b) == c.left() || tlsHandshakeName(b[0]) == "" {
			c.d.infoSep(", ", "Encrypted Handshake Message")
			c.addAt(fTLSHand, c.pos, c.captured(), Node{})
			c.skip(c.left())
			break
		}
		name, part := r.message(c)
		if count++; count > 1 {
			name = "Multiple Handshake Messages"
		}
		label = "Handshake Protocol: " + name + part
	}
	return label
}

// message takes a handshake message or a fragment of one apart. It gives its name, and
// what is to be said of a fragment.
func (r *dtlsRun) message(c *cursor) (name, part string) {
	name = tlsHandshakeName(c.peek(0))
	if !c.need(dtlsMessageHeader) {
		return name, ""
	}
	p := readDTLSMessage(c.rest())
	m := c.to(dtlsMessageHeader + p.part)
	var whole dtlsMessage
	ends := false
	if p.part < p.size {
		if whole, ends = r.known.whole(c.d.in.Number, r.dir, p); ends {
			part = " (Reassembled)"
		} else {
			part = " (Fragment)"
		}
	}
	c.d.infoSep(", ", name+part)
	if m.on() {
		m.addAt(fTLSHand, m.pos, m.captured(), Node{text: "Handshake Protocol: " + name + part})
		m.begin()
	}
	m.u8(fTLSHandType)
	m.u24(fTLSHandLen)
	m.u16(fDTLSSeq)
	m.u24(fDTLSOffset)
	m.u24(fDTLSSize)
	switch {
	case p.part > p.size:
		r.broken(&m, eDTLSTooLong)
	case p.off+p.part > p.size:
		r.broken(&m, eDTLSPastEnd)
	case p.part == p.size:
		r.tlsRun.body(&m, p.kind, r.version)
		return name, part
	case ends:
		inside := m.newSource("Reassembled DTLS", whole.data)
		r.tlsRun.body(&inside, p.kind, r.version)
		r.parts(&inside, &whole)
		return name, part
	}
	m.skip(m.left())
	m.end()
	return name, part
}

// broken says what is wrong with the sizes of a fragment.
func (r *dtlsRun) broken(c *cursor, item *Field) {
	if c.on() {
		c.begin()
		c.expert(Error, GroupProtocol, item, item.Name)
		c.end()
	}
}

// parts shows of which fragments a message was joined.
func (r *dtlsRun) parts(c *cursor, m *dtlsMessage) {
	if !c.on() {
		return
	}
	label := fmt.Sprintf("%s (%s): ", plural(len(m.parts), "Message fragment"), plural(m.size, "byte"))
	for i, p := range m.parts {
		if i > 0 {
			label += ", "
		}
		label += "#" + strconv.FormatUint(uint64(p.frame), 10) + "(" + strconv.Itoa(p.size) + ")"
	}
	c.addAt(fDTLSFrags, 0, m.size, Node{text: label, Flags: Generated})
	c.begin()
	for _, p := range m.parts {
		text := fmt.Sprintf("Frame: %d, payload: %d-%d (%s)", p.frame, p.off, p.off+p.size-1, plural(p.size, "byte"))
		c.addAt(fDTLSFrag, p.off, p.size, Node{num: uint64(p.frame), text: text, Flags: Generated})
	}
	c.addAt(fDTLSFragCount, 0, 0, Node{num: uint64(len(m.parts)), Flags: Generated})
	c.addAt(fDTLSWhole, 0, 0, Node{num: uint64(m.size), Flags: Generated})
	c.end()
}
