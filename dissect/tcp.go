package dissect

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"

	"tcplens/internal/tcp"
)

var (
	pTCP           = newProto("Transmission Control Protocol", "TCP", "tcp")
	fTCPSrc        = pTCP.add(TUint16, "tcp.srcport", "Source Port", PortBase)
	fTCPDst        = pTCP.add(TUint16, "tcp.dstport", "Destination Port", PortBase)
	fTCPPort       = pTCP.add(TUint16, "tcp.port", "Source or Destination Port", PortBase)
	fTCPStream     = pTCP.u32("tcp.stream", "Stream index", Dec)
	fTCPComplete   = pTCP.u8("tcp.completeness", "Conversation completeness", Dec)
	fTCPLen        = pTCP.u32("tcp.len", "TCP Segment Len", Dec)
	fTCPSeq        = pTCP.u32("tcp.seq", "Sequence Number", Dec)
	fTCPSeqRaw     = pTCP.u32("tcp.seq_raw", "Sequence Number (raw)", Dec)
	fTCPNext       = pTCP.u32("tcp.nxtseq", "Next Sequence Number", Dec)
	fTCPAck        = pTCP.u32("tcp.ack", "Acknowledgment Number", Dec)
	fTCPAckRaw     = pTCP.u32("tcp.ack_raw", "Acknowledgment number (raw)", Dec)
	fTCPHdrLen     = pTCP.u8("tcp.hdr_len", "Header Length", Dec)
	fTCPFlags      = pTCP.u16("tcp.flags", "Flags", Hex, mask(0x0fff))
	fTCPFlagRes    = pTCP.flag(TUint16, "tcp.flags.res", "Reserved", 0x0e00, width(12))
	fTCPFlagAE     = pTCP.flag(TUint16, "tcp.flags.ae", "Accurate ECN", 0x0100, width(12))
	fTCPFlagCWR    = pTCP.flag(TUint16, "tcp.flags.cwr", "Congestion Window Reduced", 0x0080, width(12))
	fTCPFlagECE    = pTCP.flag(TUint16, "tcp.flags.ece", "ECN-Echo", 0x0040, width(12))
	fTCPACE        = pTCP.u8("tcp.flags.ace", "ACE", Dec)
	fTCPFlagURG    = pTCP.flag(TUint16, "tcp.flags.urg", "Urgent", 0x0020, width(12))
	fTCPFlagACK    = pTCP.flag(TUint16, "tcp.flags.ack", "Acknowledgment", 0x0010, width(12))
	fTCPFlagPSH    = pTCP.flag(TUint16, "tcp.flags.push", "Push", 0x0008, width(12))
	fTCPFlagRST    = pTCP.flag(TUint16, "tcp.flags.reset", "Reset", 0x0004, width(12))
	fTCPFlagSYN    = pTCP.flag(TUint16, "tcp.flags.syn", "Syn", 0x0002, width(12))
	fTCPFlagFIN    = pTCP.flag(TUint16, "tcp.flags.fin", "Fin", 0x0001, width(12))
	fTCPFlagStr    = pTCP.str("tcp.flags.str", "TCP Flags")
	fTCPWinRaw     = pTCP.u16("tcp.window_size_value", "Window", Dec)
	fTCPWin        = pTCP.u32("tcp.window_size", "Calculated window size", Dec)
	fTCPScale      = pTCP.add(TInt32, "tcp.window_size_scalefactor", "Window size scaling factor", Dec)
	fTCPCheck      = pTCP.u16("tcp.checksum", "Checksum", Hex)
	fTCPCheckState = pTCP.u8("tcp.checksum.status", "Checksum Status", NoLabel, names(checksumStates))
	fTCPUrgent     = pTCP.u16("tcp.urgent_pointer", "Urgent Pointer", Dec)
	fTCPOptions    = pTCP.bytes("tcp.options", "TCP Options")
	fTCPSince      = pTCP.rel("tcp.time_relative", "Time since first frame in this TCP stream")
	fTCPDelta      = pTCP.rel("tcp.time_delta", "Time since previous frame in this TCP stream")
	fTCPPayload    = pTCP.bytes("tcp.payload", "TCP payload")
	fTCPResetCause = pTCP.str("tcp.reset_cause", "Reset cause")

	eTCPSyn      = pTCP.none("tcp.connection.syn", "Connection establish request (SYN)")
	eTCPSynAck   = pTCP.none("tcp.connection.synack", "Connection establish acknowledge (SYN+ACK)")
	eTCPFin      = pTCP.none("tcp.connection.fin", "Connection finish (FIN)")
	eTCPRst      = pTCP.none("tcp.connection.rst", "Connection reset (RST)")
	eTCPFinFirst = pTCP.none("tcp.connection.fin_active", "This frame initiates the connection closing")
	eTCPFinNext  = pTCP.none("tcp.connection.fin_passive", "This frame undergoes the connection closing")
	eTCPAckSet   = pTCP.none("tcp.ack.nonzero", "The acknowledgment number field is nonzero while the ACK flag is not set")
	eTCPUrgSet   = pTCP.none("tcp.urgent_pointer.non_zero", "The urgent pointer field is nonzero while the URG flag is not set")
	eTCPBogus    = pTCP.none("tcp.bogus_header_length", "Bogus TCP Header length")
	eTCPShort    = pTCP.none("tcp.short_segment", "Short segment")
)

// tcpSegment is a TCP header while it is taken apart.
type tcpSegment struct {
	tcp.Segment
	hdrLen  int  // as the header says, bytes
	total   int  // bytes of header and payload on the wire
	quote   bool // in an ICMP error
	icmp4   bool // of IPv4, where Wireshark expects no more than eight bytes
	facts   *tcp.Facts
	summary *tcp.Summary
	check   uint16
	urgent  uint16
	optEnd  int             // where the options end as the header says
	prefix  int             // where the analysis' words begin in the Info column
	labels  []byte          // what the options add to the Info column
	titles  strings.Builder // names of the options
	mss     bool            // there was an option with the segment size, if only a broken one
}

// dissectTCP takes a segment apart (RFC 9293 §3.1; rules R9–R13, R50–R68).
func dissectTCP(c cursor) {
	d := c.d
	if d.scan {
		scanTCP(c)
		return
	}
	if c.captured() < 4 {
		d.enter(pTCP)
		c.need(4) // without ports it is not shown at all
		return
	}
	s := tcpSegment{total: c.left(), quote: d.layer.quoted, icmp4: d.layer.quoted && !d.layer.v6}
	k := d.transport
	start := c.pos
	p := c.proto(pTCP)
	d.setProto("TCP")
	ports := c.peek32(0)
	src, dst := uint16(ports>>16), uint16(ports)
	if p != nil {
		p.label(fmt.Sprintf("Transmission Control Protocol, Src Port: %d, Dst Port: %d", src, dst))
	}
	c.u16(fTCPSrc)
	c.u16(fTCPDst)
	c.portCopies(start)
	d.layer.srcPort, d.layer.dstPort = src, dst
	if c.cols() && !s.quote {
		d.setInfof("%d → %d", src, dst)
	}
	if s.icmp4 && c.captured() < 12 {
		// A quote of eight bytes has the ports and the sequence number (RFC 792).
		d.transport++
		if c.captured() >= 4 {
			c.u32(fTCPSeq)
		}
		c.endCut(start)
		d.fail = stoppedIfFine(d.fail)
		return
	}
	h := c.peekTCP(&s)
	d.transport++
	if !h && !s.icmp4 {
		c.need(12) // Wireshark reads up to the window before it shows any of it
	}
	if d.in.Known != nil {
		s.facts, s.summary = d.in.Known.TCP(k)
	}
	if s.facts == nil {
		s.facts = &tcp.Facts{Seq: s.Seq, Ack: s.Ack, NextSeq: s.Seq + s.Len, Window: uint32(s.Window)}
	} else if s.summary != nil {
		f := s.summary.Final(*s.facts, s.Seq, s.Ack, s.Flags)
		s.facts = &f
	}
	s.header(&c, h)
	if s.Fit == tcp.Bogus {
		c.endCut(start)
		d.fail = stoppedIfFine(d.fail)
		return
	}
	fixed := c.ok()
	s.options(&c, start)
	if h && !c.ok() {
		s.dropPrefix(&c) // what the analysis says comes after the options
	}
	if fixed {
		s.infoTail(&c)
		s.times(&c)
	}
	if (s.Fit == tcp.Sound || s.quote) && c.ok() {
		s.analysis(&c)
	}
	s.payload(&c, start)
}

// stoppedIfFine ends a dissection that has nothing more to say.
func stoppedIfFine(f failure) failure {
	if f == fine {
		return stopped
	}
	return f
}

// portCopies adds tcp.port for both ports, hidden.
func (c *cursor) portCopies(start int) {
	if !c.on() || c.d.fail != fine {
		return
	}
	for i := range 2 {
		v := uint64(c.b[start+2*i])<<8 | uint64(c.b[start+2*i+1])
		c.addAt(fTCPPort, start+2*i, 2, Node{num: v, Flags: Hidden})
	}
}

// peekTCP reads what follows the ports without moving: the tree shows lengths and
// relative numbers before the fields they come from. It fails when not all is
// there up to the window.
func (c *cursor) peekTCP(s *tcpSegment) bool {
	s.Seq, s.Ack = c.peek32(0), c.peek32(4)
	word := c.peek16(8)
	s.Flags = tcp.Flags(word & 0x0fff)
	s.hdrLen = int(word>>12) * 4
	s.Window, s.check, s.urgent = c.peek16(10), c.peek16(12), c.peek16(14)
	switch {
	case s.hdrLen < 20:
		s.Fit = tcp.Bogus
	case s.hdrLen > s.total:
		s.Fit = tcp.Short
	}
	if s.total >= s.hdrLen {
		s.Len = uint32(s.total - s.hdrLen)
	}
	if s.quote {
		s.Fit = tcp.Quoted
	}
	return c.captured() >= 12
}

// header shows the fixed header and what is generated between its fields.
func (s *tcpSegment) header(c *cursor, whole bool) {
	f := s.facts
	if c.cols() && !s.quote && whole {
		s.infoHead(c)
	}
	if c.on() && whole {
		s.label(c)
	}
	if s.icmp4 {
		c.u32(nil)
		c.add(fTCPSeq, 4, Node{num: uint64(s.Seq)})
		s.stream(c)
	} else {
		if whole {
			s.stream(c)
		}
		if s.Fit == tcp.Short && whole {
			c.note(0, shortSegment).mark(Warn)
			c.begin()
			c.expert(WarnSev, GroupMalformed, eTCPShort, shortSegment)
			c.end()
		} else if whole && !s.quote {
			c.gen(fTCPLen, uint64(s.Len))
		}
		c.u32(nil)
		c.add(fTCPSeq, 4, Node{num: uint64(f.Seq), suffix: "    (relative sequence number)"})
		c.add(fTCPSeqRaw, 4, Node{num: uint64(s.Seq)})
	}
	if s.Fit == tcp.Bogus {
		c.skip(4)
		c.u16(nil)
		s.headerLen(c)
		return
	}
	if s.Fit == tcp.Sound && whole {
		c.gen(fTCPNext, uint64(f.NextSeq)).append("    (relative sequence number)")
	}
	c.u32(nil)
	ackOff := c.pos - 4
	if s.Flags&tcp.ACK != 0 {
		c.add(fTCPAck, 4, Node{num: uint64(f.Ack), suffix: "    (relative ack number)"})
		if f.Verdict&(tcp.TFOAccepted|tcp.TFOIgnored) != 0 && c.ok() {
			c.begin()
			if f.Verdict&tcp.TFOAccepted != 0 {
				c.expert(NoteSev, GroupSequence, eTCPTFOAck, eTCPTFOAck.Name)
			} else {
				c.expert(NoteSev, GroupSequence, eTCPTFOIgnored, eTCPTFOIgnored.Name)
			}
			c.end()
		}
		c.add(fTCPAckRaw, 4, Node{num: uint64(s.Ack)})
	} else {
		c.add(fTCPAck, 4, Node{num: uint64(f.Ack)})
		if s.Ack != 0 && c.ok() {
			c.begin()
			c.expert(NoteSev, GroupProtocol, eTCPAckSet, "The acknowledgment number field is nonzero while the ACK flag is not set")
			c.end()
		}
		if c.ok() {
			c.addAt(fTCPAckRaw, ackOff, 4, Node{num: uint64(s.Ack)})
		}
	}
	c.u16(nil)
	s.headerLen(c)
	if c.on() && c.ok() {
		s.flags(c, c.pos-2)
	}
	c.u16(fTCPWinRaw)
	if c.on() && c.ok() {
		c.gen(fTCPWin, uint64(f.Window)).span(c.pos-2, 2)
		s.scale(c)
	}
	sum := s.verify(c, c.pos-16)
	c.u16(fTCPCheck)
	s.checksum(c, sum)
	c.u16(fTCPUrgent)
	if s.urgent != 0 && s.Flags&tcp.URG == 0 && c.ok() {
		c.begin()
		c.expert(NoteSev, GroupProtocol, eTCPUrgSet, "The urgent pointer field is nonzero while the URG flag is not set")
		c.end()
	}
}

// shortSegment is what Wireshark says of a header that its datagram cuts.
const shortSegment = "Short segment. Segment/fragment does not contain a full TCP header (might be NMAP or someone else deliberately sending unusual packets)"

// stream shows which conversation the segment belongs to.
func (s *tcpSegment) stream(c *cursor) {
	if !c.on() || s.summary == nil && c.d.in.Known != nil {
		return
	}
	c.gen(fTCPStream, uint64(s.facts.Stream))
	if s.summary == nil {
		return
	}
	v := s.summary.Completeness
	if c.d.in.Number == s.summary.First {
		v = s.summary.CompletenessFirst
	}
	if n := c.gen(fTCPComplete, uint64(v)); n != nil {
		n.label(fmt.Sprintf("Conversation completeness: %s (%d)", tcp.CompletenessText(v), v))
	}
}

// headerLen shows the header length, whose byte has just been read.
func (s *tcpSegment) headerLen(c *cursor) {
	if !c.on() || !c.ok() {
		return
	}
	c.addAt(fTCPHdrLen, c.pos-2, 1, Node{num: uint64(s.hdrLen),
		text: fmt.Sprintf("%04b .... = Header Length: %d bytes (%d)", s.hdrLen/4, s.hdrLen, s.hdrLen/4)})
	if s.Fit == tcp.Bogus {
		c.begin()
		c.expert(Error, GroupProtocol, eTCPBogus, fmt.Sprintf("Bogus TCP header length (%d, must be at least 20)", s.hdrLen))
		c.end()
	}
}

// label writes the protocol's own line (R55).
func (s *tcpSegment) label(c *cursor) {
	o := c.opened()
	if o == nil {
		return
	}
	o.append(fmt.Sprintf(", Seq: %d", s.facts.Seq))
	if s.Fit == tcp.Bogus {
		return
	}
	if s.Flags&tcp.ACK != 0 {
		o.append(fmt.Sprintf(", Ack: %d", s.facts.Ack))
	}
	if s.Fit != tcp.Short && !s.quote {
		o.append(fmt.Sprintf(", Len: %d", s.Len))
	}
}

// scale shows the scaling factor (R17).
func (s *tcpSegment) scale(c *cursor) {
	sc := s.facts.Scale
	if sc == 0 {
		return
	}
	n := c.gen(fTCPScale, uint64(int64(sc))).span(c.pos-2, 2)
	switch sc {
	case -1:
		n.append(" (unknown)")
	case -2:
		n.append(" (no window scaling used)")
	}
}

// flags shows the flag bits with their expert items.
func (s *tcpSegment) flags(c *cursor, off int) {
	v := uint64(s.Flags)
	ace := s.ace()
	c.addAt(fTCPFlags, off, 2, Node{num: v, text: fmt.Sprintf("Flags: 0x%03x (%s)", v, s.flagNames())})
	c.begin()
	bit := func(f *Field, at, n int) { c.addAt(f, at, n, Node{num: f.extract(v)}) }
	bit(fTCPFlagRes, off, 1)
	if ace {
		e := uint64(s.Flags >> 6 & 7)
		c.addAt(fTCPACE, off, 2, Node{num: e, text: fmt.Sprintf("...%b %02b.. .... = ACE: %d", e>>2, e&3, e)})
	} else {
		bit(fTCPFlagAE, off, 1)
		bit(fTCPFlagCWR, off+1, 1)
		bit(fTCPFlagECE, off+1, 1)
	}
	bit(fTCPFlagURG, off+1, 1)
	bit(fTCPFlagACK, off+1, 1)
	bit(fTCPFlagPSH, off+1, 1)
	item := func(f *Field, sev Severity, e *Field, msg string) {
		bit(f, off+1, 1)
		if v&f.Mask != 0 {
			c.begin()
			c.expert(sev, GroupSequence, e, msg)
			c.end()
		}
	}
	item(fTCPFlagRST, WarnSev, eTCPRst, "Connection reset (RST)")
	if s.Flags&tcp.ACK != 0 {
		item(fTCPFlagSYN, Chat, eTCPSynAck, fmt.Sprintf("Connection establish acknowledge (SYN+ACK): server port %d", c.d.layer.srcPort))
	} else {
		item(fTCPFlagSYN, Chat, eTCPSyn, fmt.Sprintf("Connection establish request (SYN): server port %d", c.d.layer.dstPort))
	}
	item(fTCPFlagFIN, Chat, eTCPFin, "Connection finish (FIN)")
	c.addAt(fTCPFlagStr, off, 2, Node{str: s.flagLetters(), Flags: Generated})
	if s.Flags&tcp.FIN != 0 && s.summary != nil && s.Fit == tcp.Sound {
		c.begin()
		if s.facts.Verdict&tcp.FINInitiates == 0 {
			c.expert(NoteSev, GroupSequence, eTCPFinNext, "This frame undergoes the connection closing")
		} else {
			c.expert(NoteSev, GroupSequence, eTCPFinFirst, "This frame initiates the connection closing")
		}
		c.end()
	}
	c.end()
}

// ace says whether the three ECN bits are a counter here (R50).
func (s *tcpSegment) ace() bool {
	return s.summary != nil && s.summary.AccECN && s.Flags&tcp.SYN == 0
}

var tcpFlagNames = [...]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"}

// flagNames lists the flags that are set (R50).
func (s *tcpSegment) flagNames() string {
	var b strings.Builder
	sep := func() {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
	}
	for i, name := range tcpFlagNames {
		if s.Flags>>i&1 == 0 || i > 5 && s.ace() {
			continue
		}
		sep()
		b.WriteString(name)
	}
	if s.ace() {
		// With a comma in front also where no flag is set, as tshark has it.
		fmt.Fprintf(&b, ", ACE=%d", s.Flags>>6&7)
	}
	if s.Flags&0x0e00 != 0 {
		sep()
		b.WriteString("Reserved")
	}
	if b.Len() == 0 {
		return "<None>"
	}
	return b.String()
}

// flagLetters writes the flags as Wireshark's twelve characters.
func (s *tcpSegment) flagLetters() string {
	const letters = "RRRACEUAPRSF"
	var b strings.Builder
	for i := range 12 {
		switch {
		case s.ace() && i == 3:
			fmt.Fprintf(&b, "-%d-", s.Flags>>6&7)
		case s.ace() && (i == 4 || i == 5):
		case s.Flags>>(11-i)&1 == 1:
			b.WriteByte(letters[i])
		default:
			b.WriteString("·")
		}
	}
	return b.String()
}

// times shows the two times of the stream (R42).
func (s *tcpSegment) times(c *cursor) {
	if !c.on() || s.summary == nil {
		return
	}
	c.addAt(fText, c.pos, 0, Node{text: "Timestamps", Flags: Generated})
	c.begin()
	at := c.d.in.Packet.Time
	c.gen(fTCPSince, uint64(at.Sub(s.summary.FirstTime)))
	delta := uint64(0)
	if s.facts.Prev != 0 {
		if t, ok := c.d.in.Known.TimeOf(s.facts.Prev); ok {
			delta = uint64(at.Sub(t))
		}
	}
	c.gen(fTCPDelta, delta)
	c.end()
}

// payload closes the header's node and goes on with the data (R55, R70).
func (s *tcpSegment) payload(c *cursor, start int) {
	n := 0
	if s.Fit == tcp.Sound || s.quote && s.hdrLen >= 20 {
		n = int(s.Len)
	}
	if !c.ok() {
		c.endCut(start)
		return
	}
	if n == 0 && s.quote || s.Fit != tcp.Sound && !s.quote {
		c.end()
		return
	}
	var m *Messages
	if c.d.in.Known != nil && !s.outer() {
		m = c.d.in.Known.Messages()
	}
	if n == 0 {
		// A bare FIN may end a message that lasts until the connection closes (R70.7).
		body := c.to(0)
		segmentDataLines(c, body, m)
		c.end()
		if m != nil && m.Head {
			dissectTCPPayload(body, m)
		}
		return
	}
	if s.quote {
		n = min(n, c.captured()) // a quote may end anywhere
	}
	body := c.to(n)
	have := body.captured()
	if have == 0 {
		c.end()
		if m == nil || m.Withheld == PassedOn || m.Withheld == Probe {
			body.need(1) // there is data, and nothing of it was captured
		}
		return
	}
	if o := c.opened(); o != nil {
		o.Len = int32(min(body.pos, len(c.b)) - start)
	}
	if s.Flags&tcp.RST != 0 {
		resetCause(c, body)
		c.end()
		return
	}
	if c.on() {
		c.addAt(fTCPPayload, body.pos, have, Node{raw: body.rest(), text: "TCP payload (" + plural(n, "byte") + ")"})
	}
	if m == nil || !m.inTunnel() || m.Withheld != PassedOn {
		segmentDataLines(c, body, m)
	}
	c.end()
	dissectTCPPayload(body, m)
}

// resetCause shows the data of a reset, which is a text up to a zero (RFC 9293 §3.5.3).
func resetCause(c *cursor, body cursor) {
	text, behind, _ := bytes.Cut(body.rest(), []byte{0})
	c.addAt(fTCPResetCause, body.pos, body.captured(), Node{str: string(text)})
	if len(bytes.Trim(behind, "\x00")) > 0 && c.on() {
		c.begin()
		c.expert(WarnSev, GroupUndecoded, eStrayText, eStrayText.Name)
		c.end()
	}
}

// endCut closes the header's node where the bytes end.
func (c *cursor) endCut(start int) {
	if o := c.opened(); o != nil {
		o.Len = int32(c.have - start)
	}
	c.end()
}

// outer says whether this header is outside of another transport header: what is
// known of messages is known of the innermost one.
func (s *tcpSegment) outer() bool { return s.summary == nil }

// addr makes an address of the 16 bytes that layers keep.
func addr(b [16]byte, v6 bool) netip.Addr {
	if v6 {
		return netip.AddrFrom16(b)
	}
	return netip.AddrFrom16(b).Unmap()
}
