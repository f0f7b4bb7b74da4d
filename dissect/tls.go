package dissect

import (
	"fmt"
	"strconv"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// dissectTLS takes the records apart that a run of bytes holds (RFC 8446 §5,
// R100–R107).
func dissectTLS(c cursor, p *payload) {
	d := c.d
	b := c.rest()
	if len(b) == 0 {
		return
	}
	if len(b) >= 4 && allPrintable(b[:4]) {
		dissectData(c)
		return
	}
	t := tlsRun{payload: p, d: d, start: c.pos, node: -1}
	if d.tree != nil {
		t.base = len(d.tree.open)
	}
	if p.Messages != nil {
		t.session, t.frame, t.dir, t.first = p.Session, p.Frame, p.Dir, p.FirstVisit
	} else {
		t.session, t.frame = alone(&c), 1
	}
	if t.first {
		t.tlsFacts = t.session.tlsThen(t.frame, t.dir)
	} else {
		t.tlsFacts = t.session.tlsAt(t.frame, t.dir)
	}
	if p.Messages == nil && !t.complete(b, c.left()) {
		return
	}
	if p.Messages != nil && !t.session.covers(t.frame) && !t.complete(b, c.left()) {
		// Found to be TLS only later: nothing is joined that came before.
		d.enter(pTLS)
		d.setProto("TCP")
		d.setInfo(segmentOfPDU)
		return
	}
	d.setProto(tlsShort(t.version))
	d.setInfo("")
	if n := c.proto(pTLS); n != nil {
		n.Len = int32(c.captured() + len(p.rest))
		t.node = int32(len(d.tree.Nodes) - 1)
	}
	for c.ok() && c.captured() > 0 {
		if p.Messages == nil && !t.complete(c.rest(), c.left()) {
			break
		}
		if !t.record(&c) {
			c.skip(c.captured())
			break
		}
	}
	c.end()
}

// alone makes a session of what one packet holds, for a packet of which nothing
// else is known.
func alone(c *cursor) *Session {
	s := NewSession(AppTLS)
	s.Begin(1, 0, 0, false)
	s.Framer(0).Push(tcp.Piece{Data: c.rest(), Number: 1, Cut: uint32(c.left() - c.captured())}, nil)
	return s
}

// tlsRun is a run of records in one call.
type tlsRun struct {
	*payload
	tlsFacts
	d       *Dissection
	start   int   // where the data given to this call begins
	base    int   // how many nodes were open then
	node    int32 // that of TLS in the tree; −1 without one
	shown   bool  // something inside was shown
	session *Session
	frame   packet.Number
	dir     uint8
	first   bool // only what was known when the packet came
	print   ja3  // of the hello being taken apart

	quic, datagram bool // it is inside QUIC; it is DTLS
}

// complete says whether a whole record begins here, or the snap length cut it.
func (t *tlsRun) complete(b []byte, wire int) bool {
	if len(b) < wire {
		return true
	}
	if len(b) < tlsHeader {
		return false
	}
	if !t.isRecord(b) {
		return true
	}
	return int(b[3])<<8|int(b[4]) <= len(b)-tlsHeader
}

// isRecord says whether a record begins here, as the framer decides it.
func (t *tlsRun) isRecord(b []byte) bool {
	old := t.version != 0 && t.version < 0x0304
	return isTLSType(b[0]) && (old || len(b) < 3 || isTLSVersion(uint16(b[1])<<8|uint16(b[2])))
}

// record takes one record apart. It is false where there is none, which takes the
// rest of the data with it (R105).
func (t *tlsRun) record(c *cursor) bool {
	d := c.d
	b := c.rest()
	if !t.isRecord(b) {
		old := t.version != 0 && t.version < 0x0304
		switch {
		case isSSLv2Hello(b):
			return t.sslv2(c)
		case old:
			d.infoSep(", ", "Ignored Unknown Record")
			if c.on() {
				c.addAt(fText, c.pos, c.captured(), Node{text: "Ignored Unknown Record"})
				c.begin()
				c.expert(WarnSev, GroupProtocol, eTLSIgnored, "Ignored Unknown Record")
				c.end()
			}
		default:
			d.infoSep(", ", "Continuation Data")
		}
		return false
	}
	head := *c
	kind := b[0]
	version := t.version
	if len(b) == tlsHeader && b[3] == 0 && b[4] == 0 && c.left() == tlsHeader {
		return t.empty(c)
	}
	if version == 0 && len(b) >= 3 {
		version = uint16(b[1])<<8 | uint16(b[2])
	}
	if !t.shown {
		d.setProto(tlsShort(version))
	}
	if c.on() {
		c.sub(fTLSRecord, "")
	}
	f := fTLSType
	if kind == tlsAppData && version == 0x0304 {
		f = fTLSOpaque
	}
	c.u8(f)
	c.u16(fTLSVersion)
	n := int(c.u16(fTLSLength))
	if n == 0 && c.on() && c.ok() && kind != tlsAppData && kind < tlsHeartbeat {
		msg := "Zero-length " + tlsTypeNames(uint64(kind)) + " fragments are not allowed"
		c.begin()
		c.expert(Error, GroupProtocol, eTLSZero, msg)
		c.end()
	}
	body := c.to(n)
	if t.first && !body.need(body.left()) {
		// tshark wants all of a record that it has not looked at before.
		if o := c.opened(); o != nil {
			o.label("Record Layer")
		}
		c.end()
		return false
	}
	ord := t.handshake
	known, plain, opened := t.decrypt(head, &body)
	if opened && version == 0x0304 && c.on() {
		c.addAt(fTLSType, head.pos, 0, Node{num: uint64(known.kind), Flags: Generated})
	}
	var label string
	switch {
	case !opened:
		at := body.pos
		label = t.fragment(&body, kind, version, false)
		t.showRole(&body, t.seq+uint32(at-tlsHeader-t.start), kind)
	case known.kind == tlsAppData:
		label = t.applicationData(&body)
		t.content(&known, plain)
	default:
		label = t.fragment(&plain, known.kind, version, true)
	}
	if t.first {
		t.learn(kind, version, ord)
	}
	if o := c.opened(); o != nil {
		if label != "" {
			label = tlsShort(version) + " Record Layer: " + label
		} else {
			label = "Record Layer"
		}
		o.label(label)
	}
	c.end()
	return c.ok()
}

// learn takes over what a record of a packet has told of the version, which a first
// visit does not know before. ord is the number of a handshake record.
func (t *tlsRun) learn(kind byte, version uint16, ord int) {
	if kind == tlsHandshake {
		t.version = t.session.tlsVersionAfter(t.frame, t.dir, ord, t.version)
	} else if t.version == 0 && kind <= tlsAppData && isTLSVersion(version) {
		t.version = version
	}
}

// empty shows a record that carries nothing and has nothing behind it: there is no
// first byte to tell what it is.
func (t *tlsRun) empty(c *cursor) bool {
	if c.on() {
		c.sub(fTLSRecord, "Record Layer")
	}
	c.u8(fTLSType)
	c.u16(fTLSVersion)
	c.u16(fTLSLength)
	c.need(1)
	c.end()
	return false
}

// fragment goes on with what a record carries and gives the end of the record's
// label. clear says that it was decrypted.
func (t *tlsRun) fragment(c *cursor, kind byte, version uint16, clear bool) string {
	d := c.d
	switch kind {
	case tlsCCS:
		d.infoSep(", ", "Change Cipher Spec")
		n := min(1, c.captured())
		if c.on() {
			c.addAt(fTLSCCS, c.pos, n, Node{})
			if t.resumed && t.client != int8(t.dir)+1 && version < 0x0304 {
				c.begin()
				c.expert(NoteSev, GroupSequence, eTLSResumed, eTLSResumed.Name)
				c.end()
			}
		}
		c.skip(n)
		return "Change Cipher Spec Protocol: Change Cipher Spec"
	case tlsAlert:
		return t.alert(c)
	case tlsHandshake:
		return t.messages(c, version, clear)
	case tlsAppData:
		d.infoSep(", ", "Application Data")
		return t.applicationData(c)
	case tlsHeartbeat:
		return t.heartbeat(c)
	}
	return ""
}

// applicationData shows the bytes of application data as they were sent.
func (t *tlsRun) applicationData(c *cursor) string {
	app := t.application(c)
	c.bytesOrCut(fTLSData)
	if app == "" {
		return "Application Data Protocol: Application Data"
	}
	if c.on() && c.ok() {
		c.genStr(fTLSDataProto, app)
	}
	return "Application Data Protocol: " + app
}

// bytesOrCut reads all that is left as one field.
func (c *cursor) bytesOrCut(f *Field) []byte {
	n := c.left()
	if n == 0 {
		c.addAt(f, c.pos, 0, Node{})
		return nil
	}
	return c.bytes(f, n)
}

// application names what is encrypted: told by ALPN, else by the port (R107).
func (t *tlsRun) application(c *cursor) string {
	if t.alpn != "" {
		if name := tlsALPNName(t.alpn); name != "" {
			return name
		}
	}
	if t.datagram {
		return ""
	}
	if name := tlsPortName(c.d.layer.srcPort); name != "" {
		return name
	}
	return tlsPortName(c.d.layer.dstPort)
}

func (t *tlsRun) alert(c *cursor) string {
	d := c.d
	if c.left() != 2 {
		d.infoSep(", ", "Encrypted Alert")
		if c.on() {
			c.addAt(fTLSAlert, c.pos, c.captured(), Node{text: "Alert Message: Encrypted Alert"})
		}
		c.skip(c.left())
		return "Encrypted Alert"
	}
	level, desc := uint64(c.peek(0)), uint64(c.peek(1))
	label := fmt.Sprintf("Alert (Level: %s, Description: %s)", orUnknownName(tlsAlertLevels(level)), orUnknownName(tlsAlerts(desc)))
	if !c.need(2) {
		return label
	}
	d.infoSep(", ", label)
	if c.on() {
		c.addAt(fTLSAlert, c.pos, 2, Node{})
		c.begin()
	}
	c.u8(fTLSLevel)
	c.u8(fTLSDesc)
	c.end()
	return label
}

// heartbeat takes a heartbeat apart (RFC 6520 §4).
func (t *tlsRun) heartbeat(c *cursor) string {
	name := tlsHeartbeats(uint64(c.peek(0)))
	if name == "" || c.left() < 3 {
		c.d.infoSep(", ", "Encrypted Heartbeat")
		if c.on() {
			c.addAt(fTLSBeat, c.pos, c.captured(), Node{text: "Encrypted Heartbeat Message"})
		}
		c.skip(c.left())
		return "Encrypted Heartbeat"
	}
	c.d.infoSep(", ", "Heartbeat "+name)
	if c.on() {
		c.addAt(fTLSBeat, c.pos, c.captured(), Node{})
		c.begin()
	}
	c.u8(fTLSBeatType)
	n := int(c.u16(fTLSBeatLen))
	if n > c.left() || n+16 > c.left() && n != c.left() {
		said := n
		n = c.left()
		if c.on() && said > n {
			c.last().append(fmt.Sprintf(" (invalid, using %d to decode payload)", n))
			c.begin()
			c.expert(Error, GroupMalformed, eTLSBeat, fmt.Sprintf("Invalid heartbeat payload length (%d)", said))
			c.end()
		}
	}
	named := func(f *Field, n int, what string) {
		if b := c.raw(n); b != nil && n > 0 {
			c.add(f, n, Node{raw: b, text: what + " (" + plural(n, "byte") + ")"})
		}
	}
	named(fTLSBeatData, n, "Payload")
	named(fTLSBeatPad, c.left(), "Padding and HMAC")
	c.end()
	return "Heartbeat " + name
}

// sslv2 takes a Client Hello in the form of SSL 2.0 apart (RFC 5246 appendix E.2).
func (t *tlsRun) sslv2(c *cursor) bool {
	c.d.setProto("SSLv2")
	c.d.infoSep(", ", "Client Hello")
	off := c.pos
	n := int(c.peek16(0) & 0x7fff)
	if c.on() {
		c.sub(fTLSRecord, "SSLv2 Record Layer: Client Hello")
		c.addAt(fTLSVersion, off, 0, Node{num: 2, Flags: Generated})
	}
	c.skip(2)
	c.add(fTLSLength, 2, Node{num: uint64(n)})
	r := c.to(n)
	r.u8(fTLSHandType)
	if r.on() {
		r.last().label("Handshake Message Type: Client Hello (1)")
	}
	r.u16(fTLSHandVer)
	specs := int(r.u16(fTLSSpecLen))
	id := int(r.u16(fTLSIDLen))
	chal := int(r.u16(fTLSChalLen))
	if r.on() && r.ok() {
		r.addAt(fTLSSuites, r.pos, min(specs, r.captured()), Node{text: "Cipher Specs (" + strconv.Itoa(specs/3) + " specs)"})
		r.begin()
	}
	for end := r.pos + specs; r.ok() && r.pos+3 <= end; {
		r.u24(fTLSSpec)
	}
	if r.on() && r.ok() {
		r.end()
	}
	if id > 0 {
		r.bytes(fTLSID, id)
	}
	if r.need(chal) && r.on() {
		r.addAt(fTLSChallenge, r.pos, chal, Node{})
	}
	r.skip(chal)
	c.end()
	return c.ok()
}
