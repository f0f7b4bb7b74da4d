package dissect

import (
	"strconv"
	"strings"

	"tcplens/internal/text"
)

// dnsMessage is one message of DNS (RFC 1035 §4.1) while it is taken apart, or of
// its relatives mDNS (RFC 6762) and LLMNR (RFC 4795).
type dnsMessage struct {
	cursor
	base   int // where names count from: the transaction id
	proto  *Proto
	peer   Peer
	paired bool // peer is known, even if it is that there is none
}

// The bits of the flags word.
const (
	dnsResponse = 0x8000
	dnsOpcode   = 0x7800
	dnsUpdate   = 5
	dnsStateful = 6
)

// dissectDNSDatagram takes a message apart that is a whole datagram.
func dissectDNSDatagram(c cursor, p *Proto) {
	m := dnsMessage{cursor: c, proto: p}
	if k := c.d.in.Known; k != nil && !c.d.layer.quoted {
		m.peer, m.paired = k.Peer(), true
	}
	m.dissect(false)
}

// dissectDNSStream takes messages apart that have their length before them (RFC
// 1035 §4.2.2). conversation is what is known of the TCP conversation, nil if nothing.
func dissectDNSStream(c cursor, conversation *Messages) {
	c.d.enter(pDNS)
	for c.left() > 0 && c.ok() {
		one := c.to(2 + int(c.peek16(0)))
		m := dnsMessage{cursor: one, proto: pDNS}
		if conversation != nil && one.captured() >= 6 {
			m.peer, m.paired = conversation.Session.dnsPeer(dnsQuestion(one.rest()[2:]), conversation.Frame)
			if conversation.FirstVisit {
				m.peer = m.peer.Until(conversation.Frame)
			}
		}
		c.d.guard(&one, func() { m.dissect(true) })
	}
}

func (m *dnsMessage) dissect(length bool) {
	c := &m.cursor
	m.d.setProto(m.proto.Short)
	m.d.setInfo("")
	begin := c.pos
	if length {
		c.addAt(&m.proto.field, begin, 0, Node{})
		c.begin()
		c.u16(fDNSLength)
	} else {
		c.proto(m.proto)
	}
	m.base = c.pos
	if !c.need(4) {
		return
	}
	id, flags := c.peek16(0), c.peek16(2)
	response := flags&dnsResponse != 0
	if c.cols() {
		m.d.setInfo(dnsOpcodeShort(flags) + dnsAnswerWord(response) + " 0x" + hex4(id))
		if rc := uint64(flags & 15); response && rc != 0 {
			m.d.infoAppend(" " + namedOr(dnsRcodes(rc), "Unknown error", rc))
		}
	}
	if response {
		c.opened().label(m.proto.Name + " (response)")
	} else {
		c.opened().label(m.proto.Name + " (query)")
	}
	c.u16(fDNSID)
	m.resent(response)
	m.flags()
	opcode := (flags & dnsOpcode) >> 11
	update := opcode == dnsUpdate
	counts := [4]int{}
	for i, f := range dnsCounts(update) {
		counts[i] = int(c.u16(f))
	}
	names := dnsSections(update)
	m.section(names[0], counts[0], m.question)
	for i := 1; i < 4; i++ {
		m.section(names[i], counts[i], m.record)
	}
	if opcode == dnsStateful && counts == [4]int{} && c.left() > 0 {
		m.stateful()
	}
	m.extraneous()
	m.pairing(begin, response)
	if c.ok() {
		c.end()
	}
}

// dnsOpcodeShort names the kind of message in the Info column.
func dnsOpcodeShort(flags uint16) string {
	op := uint64(flags&dnsOpcode) >> 11
	return namedOr(dnsOpcodes(op), "Unknown operation", op)
}

func dnsAnswerWord(response bool) string {
	if response {
		return " response"
	}
	return ""
}

// namedOr gives name, or a text with the number where there is none.
func namedOr(name, other string, v uint64) string {
	if name != "" {
		return name
	}
	return other + " (" + strconv.FormatUint(v, 10) + ")"
}

// hex4 writes a number with four hexadecimal digits.
func hex4(v uint16) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[v>>12], digits[v>>8&15], digits[v>>4&15], digits[v&15]})
}

func dnsCounts(update bool) [4]*Field {
	if update {
		return [4]*Field{fDNSCountZones, fDNSCountPrerequisites, fDNSCountUpdates, fDNSCountAddRR}
	}
	return [4]*Field{fDNSCountQueries, fDNSCountAnswers, fDNSCountAuthRR, fDNSCountAddRR}
}

func dnsSections(update bool) [4]string {
	if update {
		return [4]string{"Zone", "Prerequisites", "Updates", "Additional records"}
	}
	return [4]string{"Queries", "Answers", "Authoritative nameservers", "Additional records"}
}

// flags reads the flags word and what it is made of (RFC 1035 §4.1.1, RFC 4035
// §3.1.6, RFC 4795 §2.1.1).
func (m *dnsMessage) flags() {
	c := &m.cursor
	v := uint64(c.peek16(0))
	c.u16(fDNSFlags)
	if !c.on() {
		return
	}
	response := v&dnsResponse != 0
	name := dnsOpcodes(v & dnsOpcode >> 11)
	if name == "" {
		name = "Unknown operation"
	}
	label := " " + name + dnsAnswerWord(response)
	if response {
		rc := dnsRcodes(v & 15)
		if rc == "" {
			rc = "Unknown error"
		}
		label += ", " + rc
	}
	c.last().append(label)
	c.begin()
	for _, f := range m.flagFields(response) {
		c.bits(f, 2, v)
	}
	c.end()
}

func (m *dnsMessage) flagFields(response bool) []*Field {
	switch {
	case m.proto == pLLMNR && response:
		return []*Field{fDNSFlagsResponse, fDNSFlagsOpcode, fDNSFlagsConflictAnswer, fDNSFlagsTruncated, fDNSFlagsTentative, fDNSFlagsRCode}
	case m.proto == pLLMNR:
		return []*Field{fDNSFlagsResponse, fDNSFlagsOpcode, fDNSFlagsConflict, fDNSFlagsTruncated, fDNSFlagsTentative}
	case response:
		return []*Field{fDNSFlagsResponse, fDNSFlagsOpcode, fDNSFlagsAuthoritative, fDNSFlagsTruncated, fDNSFlagsRecdesired,
			fDNSFlagsRecavail, fDNSFlagsZ, fDNSFlagsAuthenticated, fDNSFlagsCheckdisable, fDNSFlagsRCode}
	}
	f := []*Field{fDNSFlagsResponse, fDNSFlagsOpcode, fDNSFlagsTruncated, fDNSFlagsRecdesired, fDNSFlagsZ}
	if m.b[m.base+3]&0x20 != 0 { // the bit of the answer that a question may set (RFC 6840 §5.7)
		f = append(f, fDNSFlagsADBit)
	}
	return append(f, fDNSFlagsCheckdisable)
}

// section reads the records of one part of the message.
func (m *dnsMessage) section(name string, count int, one func()) {
	if count == 0 || !m.ok() {
		return
	}
	m.sub(nil, name)
	for i := 0; i < count && m.ok(); i++ {
		one()
	}
	if m.ok() {
		m.end()
	}
}

// name passes over a name and gives it with the bytes that stand for it.
func (m *dnsMessage) name() (string, int) {
	if !m.ok() {
		return "", 0
	}
	s, n := dnsName(m.b, m.base, m.have, m.pos)
	switch n {
	case -1:
		m.need(m.captured() + 1)
		return "", 0
	case -2:
		m.need(-1)
		return "", 0
	}
	m.pos += n
	return s, n
}

// nameField reads a name and gives it as text that may be shown.
func (m *dnsMessage) nameField(f *Field) string {
	s, n := m.name()
	if !m.ok() || !m.on() && !m.cols() {
		return ""
	}
	s = nameText(s)
	m.add(f, n, Node{str: s})
	return text.Printable(s)
}

// question reads one entry of the question section (RFC 1035 §4.1.2). The top bit
// of the class asks for an answer by unicast in mDNS (RFC 6762 §5.4).
func (m *dnsMessage) question() {
	c := &m.cursor
	start := c.pos
	name, n := m.name()
	if !c.need(4) {
		return
	}
	typ, class := c.peek16(0), c.peek16(2)
	mdns, suffix := m.proto == pMDNS, ""
	if mdns {
		suffix = `, "QM" question`
		if class&0x8000 != 0 {
			suffix = `, "QU" question`
		}
		class &= 0x7fff
	}
	if c.cols() {
		m.d.infoAppend(" " + dnsTypeShort(typ) + " " + text.Printable(nameText(name)) + suffix)
	}
	if !c.on() {
		c.skip(4)
		return
	}
	c.pos = start
	shown := nameText(name)
	c.sub(nil, text.Printable(shown)+": type "+dnsTypeShort(typ)+", class "+dnsClassShort(class)+suffix)
	c.pos += n
	c.add(fDNSQryName, n, Node{str: shown})
	c.add(fDNSQryNameLen, n, Node{num: uint64(len(name)), Flags: Generated})
	c.add(fDNSCountLabels, n, Node{num: uint64(strings.Count(name, ".") + 1), Flags: Generated})
	c.u16(fDNSQryType)
	if mdns {
		v := uint64(c.u16(nil))
		c.bits(fDNSQryClassQU, 2, v)
		c.bits(fDNSQryQU, 2, v)
	} else {
		c.u16(fDNSQryClass)
	}
	c.end()
}

func dnsClassShort(v uint16) string {
	if s := dnsClasses(uint64(v)); s != "" {
		return s
	}
	return "Unknown"
}

// extraneous shows what follows the last record.
func (m *dnsMessage) extraneous() {
	c := &m.cursor
	n := c.left()
	if n <= 0 || !c.ok() {
		return
	}
	if !c.need(n) {
		return
	}
	if c.on() {
		c.sub(nil, "Extraneous Data ("+plural(n, "byte")+")")
		c.bytes(fDNSExtraneousData, n)
		c.add(fDNSExtraneousLength, n, Node{num: uint64(n), Flags: Generated})
		c.end()
		return
	}
	c.skip(n)
}

// resent notes that the message repeats an earlier one.
func (m *dnsMessage) resent(response bool) {
	if m.peer.Resent == 0 || !m.on() {
		return
	}
	no := strconv.FormatUint(uint64(m.peer.Resent), 10)
	m.begin()
	if response {
		m.expert(WarnSev, GroupProtocol, eDNSRetransmitResponse, "DNS response retransmission. Original response in frame "+no)
	} else {
		m.expert(WarnSev, GroupProtocol, eDNSRetransmitRequest, "DNS query retransmission. Original request in frame "+no)
	}
	m.end()
}

// pairing shows which message answers which.
func (m *dnsMessage) pairing(begin int, response bool) {
	if !m.paired || !m.ok() || !m.on() {
		return
	}
	gen := func(f *Field, v uint64) { m.addAt(f, begin, 0, Node{num: v, Flags: Generated}) }
	switch p := m.peer; {
	case p.Resent != 0 && response:
		gen(fDNSRetransmitResponseIn, uint64(p.Resent))
		gen(fDNSRetransmission, 1)
	case p.Resent != 0:
		gen(fDNSRetransmitRequestIn, uint64(p.Resent))
		gen(fDNSRetransmission, 1)
	case response && p.Query != 0:
		gen(fDNSResponseTo, uint64(p.Query))
		gen(fDNSTime, uint64(p.Time))
	case response:
		gen(fDNSUnsolicited, 1)
	case p.Response != 0:
		gen(fDNSResponseIn, uint64(p.Response))
	}
}
