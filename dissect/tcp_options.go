package dissect

import (
	"fmt"
	"strconv"
	"strings"

	"tcplens/internal/tcp"
)

var (
	fTCPOptKind     = pTCP.u8("tcp.option_kind", "Kind", Dec, names(tcpOptionKinds))
	fTCPOptLen      = pTCP.u8("tcp.option_len", "Length", Dec)
	fTCPOptMSS      = pTCP.u16("tcp.options.mss_val", "MSS Value", Dec)
	fTCPOptShift    = pTCP.u8("tcp.options.wscale.shift", "Shift count", Dec)
	fTCPOptMult     = pTCP.u16("tcp.options.wscale.multiplier", "Multiplier", Dec)
	fTCPOptExpData  = pTCP.bytes("tcp.options.experimental.data", "Data")
	fTCPOptExID     = pTCP.u16("tcp.options.experimental.exid", "Experiment Identifier", Hex, names(tcpExperiments))
	fTCPOptUnknown  = pTCP.bytes("tcp.options.unknown.payload", "Payload")
	fTCPOptSackLE   = pTCP.u32("tcp.options.sack_le", "TCP SACK Left Edge", Dec)
	fTCPOptSackRE   = pTCP.u32("tcp.options.sack_re", "TCP SACK Right Edge", Dec)
	fTCPOptSackN    = pTCP.u8("tcp.options.sack.count", "TCP SACK Count", Dec)
	fTCPOptDSackLE  = pTCP.u32("tcp.options.sack.dsack_le", "TCP D-SACK Left Edge", Dec)
	fTCPOptDSackRE  = pTCP.u32("tcp.options.sack.dsack_re", "TCP D-SACK Right Edge", Dec)
	eTCPOptDSack    = pTCP.none("tcp.options.sack.dsack", "D-SACK Sequence")
	fTCPOptEcho     = pTCP.u32("tcp.options.echo_value", "TCP Echo Option", Dec)
	fTCPOptCC       = pTCP.u32("tcp.options.cc_value", "TCP CC Option", Dec)
	fTCPOptTSVal    = pTCP.u32("tcp.options.timestamp.tsval", "Timestamp value", Dec)
	fTCPOptTSEcr    = pTCP.u32("tcp.options.timestamp.tsecr", "Timestamp echo reply", Dec)
	fTCPOptMD5      = pTCP.bytes("tcp.options.md5.digest", "MD5 digest")
	fTCPOptAOKey    = pTCP.u8("tcp.options.ao.keyid", "AO KeyID", Dec)
	fTCPOptAONext   = pTCP.u8("tcp.options.ao.rnextkeyid", "AO RNextKeyID", Dec)
	fTCPOptAOMac    = pTCP.bytes("tcp.options.ao.mac", "AO MAC")
	fTCPOptQSRate   = pTCP.u8("tcp.options.qs.rate", "QS Rate", Dec, mask(0x0f))
	fTCPOptQSTTL    = pTCP.u8("tcp.options.qs.ttl_diff", "QS Rate", Dec)
	fTCPOptUTGran   = pTCP.flag(TUint16, "tcp.options.user_to_granularity", "Granularity", 0x8000, names(either("Minutes", "Seconds")))
	fTCPOptUTVal    = pTCP.u16("tcp.options.user_to_val", "User Timeout", Dec, mask(0x7fff))
	fTCPOptEE0B     = pTCP.u24("tcp.options.acc_ecn.ee0b", "Accurate ECN Echo ECT(0) Byte Counter", Dec)
	fTCPOptECEB     = pTCP.u24("tcp.options.acc_ecn.eceb", "Accurate ECN Echo CE Byte Counter", Dec)
	fTCPOptEE1B     = pTCP.u24("tcp.options.acc_ecn.ee1b", "Accurate ECN Echo ECT(1) Byte Counter", Dec)
	fTCPOptSCPS     = pTCP.u8("tcp.options.scps.vector", "TCP SCPS Capabilities Vector", Hex)
	fTCPOptSCPSConn = pTCP.u8("tcp.options.scps.binding", "Connection ID", Dec)
	fTCPOptSnackOff = pTCP.u16("tcp.options.snack.offset", "TCP SNACK Offset", Dec)
	fTCPOptSnackLen = pTCP.u16("tcp.options.snack.size", "TCP SNACK Size", Dec)
	fTCPOptTFOReq   = pTCP.none("tcp.options.tfo.request", "Fast Open Cookie Request")
	fTCPOptTFO      = pTCP.bytes("tcp.options.tfo.cookie", "Fast Open Cookie")

	eTCPSubOption  = pTCP.none("tcp.suboption_malformed", "suboption would go past end of option")
	eTCPOptLen     = pTCP.none("tcp.option.len.invalid", "Invalid length for option")
	eTCPOptNoMSS   = pTCP.none("tcp.options.mss.absent", "The SYN packet does not contain a MSS option")
	eTCPOptMSSHere = pTCP.none("tcp.options.mss.present", "The non-SYN packet does contain a MSS option")
	eTCPOptShift   = pTCP.none("tcp.options.wscale.shift.invalid", "Window scale shift exceeds 14")
	eTCPOptNOP     = pTCP.none("tcp.nop", "4 NOP in a row - a router may have removed some options")
	eTCPOptEOL     = pTCP.none("tcp.non_zero_bytes_after_eol", "Non zero bytes in option space after EOL option")
)

// tcpOption says how a kind of option looks. Its field is the node that the
// option's parts go under; Wireshark registers one for each.
type tcpOption struct {
	kind  uint8
	name  string // in the heading
	fixed int    // length that it must have, bytes; 0: any
	least int    // length that it must have at least
	field *Field
}

func opt(kind uint8, name, abbrev string, fixed, least int) tcpOption {
	return tcpOption{kind, name, fixed, least, pTCP.bytes("tcp.options."+abbrev, "TCP Option - "+name)}
}

// tcpOptions lists the options (IANA's TCP option kind numbers).
var tcpOptions = []tcpOption{
	opt(0, "End of Option List (EOL)", "eol", 1, 1),
	opt(1, "No-Operation (NOP)", "nop", 1, 1),
	opt(2, "Maximum segment size", "mss", 4, 4),
	opt(3, "Window scale", "wscale", 3, 3),
	opt(4, "SACK permitted", "sack_perm", 2, 2),
	opt(5, "SACK", "sack", 0, 2),
	opt(6, "Echo", "echo", 6, 6),
	opt(7, "Echo reply", "echoreply", 6, 6),
	opt(8, "Timestamps", "timestamp", 10, 10),
	opt(11, "CC", "cc", 6, 6),
	opt(12, "CC.NEW", "ccnew", 6, 6),
	opt(13, "CC.ECHO", "ccecho", 6, 6),
	opt(19, "TCP MD5 signature", "md5", 18, 18),
	opt(20, "SCPS capabilities", "scps", 0, 4),
	opt(21, "Selective Negative Acknowledgment", "snack", 6, 6),
	opt(22, "SCPS record boundary", "scpsrec", 2, 2),
	opt(23, "SCPS corruption experienced", "scpscor", 2, 2),
	opt(27, "Quick-Start", "qs", 8, 8),
	opt(28, "User Timeout", "user_to", 4, 4),
	opt(29, "TCP AO", "ao", 0, 2),
	opt(30, "MPTCP", "mptcp", 0, 2),
	opt(34, "TCP Fast Open", "tfo", 0, 2),
	opt(172, "Accurate ECN", "acc_ecn", 0, 2),
	opt(174, "Accurate ECN", "acc_ecn.order1", 0, 2),
	opt(253, "Experimental", "experimental", 0, 2),
	opt(254, "Experimental", "experimental", 0, 2),
}

var tcpUnknownOption = opt(255, "Unknown", "unknown", 0, 2)

func findTCPOption(kind uint8) *tcpOption {
	for i := range tcpOptions {
		if tcpOptions[i].kind == kind {
			return &tcpOptions[i]
		}
	}
	return &tcpUnknownOption
}

// tcpOptionKinds words the Kind line, which differs from the headings (R61).
func tcpOptionKinds(v uint64) string {
	switch v {
	case 0:
		return "End of Option List"
	case 1:
		return "No-Operation"
	case 2:
		return "Maximum Segment Size"
	case 3:
		return "Window Scale"
	case 4:
		return "SACK Permitted"
	case 5:
		return "SACK"
	case 6:
		return "Echo"
	case 7:
		return "Echo Reply"
	case 8:
		return "Time Stamp Option"
	case 9:
		return "Partial Order Connection Permitted"
	case 10:
		return "Partial Order Service Profile"
	case 11:
		return "CC"
	case 12:
		return "CC.NEW"
	case 13:
		return "CC.ECHO"
	case 14:
		return "TCP Alternate Checksum Request"
	case 15:
		return "TCP Alternate Checksum Data"
	case 16:
		return "Skeeter"
	case 17:
		return "Bubba"
	case 18:
		return "Trailer Checksum Option"
	case 19:
		return "MD5 Signature Option"
	case 20:
		return "SCPS Capabilities"
	case 21:
		return "Selective Negative Acknowledgements"
	case 22:
		return "Record Boundaries"
	case 23:
		return "Corruption experienced"
	case 24:
		return "SNAP"
	case 26:
		return "TCP Compression Filter"
	case 27:
		return "Quick-Start Response"
	case 28:
		return "User Timeout Option"
	case 29:
		return "The TCP Authentication Option"
	case 30:
		return "Multipath TCP"
	case 34:
		return "TCP Fast Open Cookie"
	case 172:
		return "Accurate ECN Order 0"
	case 174:
		return "Accurate ECN Order 1"
	case 253:
		return "RFC3692-style Experiment 1"
	case 254:
		return "RFC3692-style Experiment 2"
	}
	return ""
}

// tcpExperiments names the identifiers of experimental options (IANA's registry).
var tcpExperiments = table(map[uint64]string{
	0x00ac: "TCP ACK Rate Request", 0x0348: "Host ID", 0x0a0d: "Autonomous System Compensation", 0x0ca0: "Capability Option",
	0x0ed0: "Extended Data Offset", 0x454e: "Encryption Negotiation", 0x5323: "Service Number", 0x75ec: "Timestamp Interval",
	0xacc0: "Accurate ECN - Order 0", 0xacc1: "Accurate ECN - Order 1", 0xacce: "Accurate ECN",
	0xe2d4: "Shared Memory communications over RMDA protocol", 0xf989: "Fast Open", 0xf990: "Low Latency",
})

// options takes the options apart (R60–R67). Without a tree it only gathers the
// facts that the analysis needs.
func (s *tcpSegment) options(c *cursor, start int) {
	n := s.hdrLen - 20
	if n <= 0 || !c.ok() {
		return
	}
	o := c.to(n) // fewer than n if the header runs off the end (R11): what is read there is malformed
	first := o.pos
	s.optEnd = first + n
	if c.on() {
		c.addAt(fTCPOptions, first, n, Node{raw: c.b[min(first, c.have):max(first, min(first+n, c.have))]})
		c.begin()
	}
	head := -1
	if c.on() {
		head = int(c.d.tree.open[len(c.d.tree.open)-1])
	}
	nops, mss, whole := 0, false, true
	for whole && o.ok() && o.pos < s.optEnd && o.need(1) {
		kind := o.peek(0)
		def := findTCPOption(kind)
		switch kind {
		case 0:
			s.title(c, def, kind)
			whole = s.endOfOptions(&o, def)
		case 1:
			s.title(c, def, kind)
			s.nop(&o, def, &nops, start)
		default:
			if whole = s.option(&o, def, kind); whole {
				s.title(c, def, kind)
			}
			mss = mss || kind == 2
		}
	}
	if !c.on() {
		return
	}
	if s.Flags&tcp.SYN != 0 && !mss && whole && c.ok() { // §7
		c.expert(NoteSev, GroupProtocol, eTCPOptNoMSS, eTCPOptNoMSS.Name)
	}
	if head >= 0 {
		c.d.tree.Nodes[head].label(strings.Join(append([]string{fmt.Sprintf("Options: (%d bytes)", n)}, s.titles...), ", "))
	}
	c.end()
}

func (s *tcpSegment) title(c *cursor, def *tcpOption, kind uint8) {
	if !c.on() {
		return
	}
	t := def.name
	if def == &tcpUnknownOption {
		t = fmt.Sprintf("Unknown (0x%02x)", kind)
	}
	s.titles = append(s.titles, t)
}

// openOption adds an option's node of n bytes and opens it.
func (o *cursor) openOption(def *tcpOption, n int) {
	if !o.on() {
		return
	}
	end := min(o.pos+n, o.have)
	o.addAt(def.field, o.pos, n, Node{raw: o.b[o.pos:end], text: "TCP Option - " + def.name})
	o.begin()
}

func (s *tcpSegment) endOfOptions(o *cursor, def *tcpOption) bool {
	o.openOption(def, 1)
	o.u8(fTCPOptKind)
	o.end()
	left := s.optEnd - o.pos
	if left == 0 || !o.need(1) || o.peek(0) == 0 {
		return true
	}
	if o.on() {
		const text = "Non-zero header padding"
		o.addAt(fText, o.pos, left, Node{text: text, Flags: Warn})
		o.begin()
		o.expert(Error, GroupProtocol, eTCPOptEOL, text)
		o.end()
	}
	o.need(left) // Wireshark wants all of the padding
	return false
}

func (s *tcpSegment) nop(o *cursor, def *tcpOption, nops *int, start int) {
	if *nops == 0 || (o.pos-start)%4 != 0 {
		*nops++
	} else {
		*nops = 0
	}
	if *nops == 4 {
		o.expert(WarnSev, GroupProtocol, eTCPOptNOP, eTCPOptNOP.Name)
		*nops = 0
	}
	o.openOption(def, 1)
	o.u8(fTCPOptKind)
	o.end()
}

// option takes one option with a length apart; false ends the list.
func (s *tcpSegment) option(o *cursor, def *tcpOption, kind uint8) bool {
	left := s.optEnd - o.pos
	if left >= 2 && !o.need(2) {
		return false
	}
	n := int(o.peek(1))
	if left < 2 || n < 2 || n > left {
		if o.on() {
			s.badOption(o, def, kind, left, n)
		}
		return false
	}
	body := o.to(n)
	body.openOption(def, n)
	if kind == 2 && s.Flags&tcp.SYN == 0 && body.on() {
		body.expert(WarnSev, GroupProtocol, eTCPOptMSSHere, eTCPOptMSSHere.Name)
	}
	bad := def.fixed != 0 && n != def.fixed || n < def.least
	body.u8(fTCPOptKind)
	body.u8(fTCPOptLen)
	if bad && o.on() {
		o.begin()
		o.expert(NoteSev, GroupSequence, eTCPOptLen, fmt.Sprintf("option length should be %d", max(def.fixed, def.least)))
		o.end()
	}
	if !bad || kind == 4 {
		s.optionBody(&body, kind, n)
	}
	if c := &body; c.cols() && c.ok() {
		switch kind {
		case 19:
			s.labels = append(s.labels, " MD5"...)
		case 29:
			s.labels = append(s.labels, "TCP AO"...) // without a space, as Wireshark has it
		}
	}
	body.end()
	return o.ok()
}

// badOption says why an option, and those behind it, cannot be read.
func (s *tcpSegment) badOption(o *cursor, def *tcpOption, kind uint8, left, n int) {
	text := def.name
	if def == &tcpUnknownOption {
		text = fmt.Sprintf("Unknown (0x%02x)", kind)
	}
	switch {
	case left < 2:
		text += " (length byte past end of options)"
	case n < 2:
		text += fmt.Sprintf(" (with too-short option length = %s)", plural(n, "byte"))
	default:
		text += fmt.Sprintf(" (option length = %s says option goes past end of options)", plural(n, "byte"))
	}
	o.addAt(fText, o.pos, max(1, left-2), Node{text: text, Flags: Warn})
	o.begin()
	o.expert(NoteSev, GroupSequence, eTCPOptLen, text)
	o.end()
}

// info adds an option's text to the Info column (R51).
func (s *tcpSegment) info(c *cursor, name string, v uint64) {
	if c.cols() && c.ok() {
		s.labels = append(s.labels, ' ')
		s.labels = append(s.labels, name...)
		s.labels = strconv.AppendUint(s.labels, v, 10)
	}
}

// heading adds to the option's own line, if all of its value could be read.
func (c *cursor) heading(format string, args ...any) {
	if o := c.opened(); o != nil && c.ok() {
		o.append(fmt.Sprintf(format, args...))
	}
}

// optionBody takes the value of an option apart.
func (s *tcpSegment) optionBody(c *cursor, kind uint8, n int) {
	switch kind {
	case 2:
		v := c.u16(fTCPOptMSS)
		if !c.ok() {
			return
		}
		s.Opts.Has |= tcp.OptMSS
		s.Opts.MSS = v
		s.info(c, "MSS=", uint64(v))
		if c.on() {
			c.heading(": %d bytes", v)
		}
	case 3:
		s.windowScale(c)
	case 4:
		s.Opts.Has |= tcp.OptSACKPerm
		if c.cols() {
			s.labels = append(s.labels, " SACK_PERM"...)
		}
	case 5:
		s.sack(c)
	case 6, 7:
		v := c.u32(fTCPOptEcho)
		s.info(c, "ECHO=", uint64(v))
		if c.on() {
			c.heading(": %d", v)
		}
	case 8:
		v, e := c.u32(fTCPOptTSVal), c.u32(fTCPOptTSEcr)
		if !c.ok() {
			return
		}
		s.Opts.Has |= tcp.OptTimestamp
		s.Opts.TSVal, s.Opts.TSEcr = v, e
		s.info(c, "TSval=", uint64(v))
		s.info(c, "TSecr=", uint64(e))
		if c.on() {
			c.heading(": TSval %d, TSecr %d", v, e)
		}
	case 11, 12, 13:
		v := c.u32(fTCPOptCC)
		s.info(c, "CC=", uint64(v))
	case 19:
		c.bytes(fTCPOptMD5, 16)
	case 20:
		c.u8(fTCPOptSCPS)
		c.u8(fTCPOptSCPSConn)
	case 21:
		c.u16(fTCPOptSnackOff)
		c.u16(fTCPOptSnackLen)
	case 27:
		v := c.u8(nil)
		c.bits(fTCPOptQSRate, 1, uint64(v))
		c.u8(fTCPOptQSTTL)
	case 28:
		v := c.u16(nil)
		c.bits(fTCPOptUTGran, 2, uint64(v))
		s.info(c, "USER_TO=", c.bits(fTCPOptUTVal, 2, uint64(v)))
	case 29:
		if n >= 4 {
			c.u8(fTCPOptAOKey)
			c.u8(fTCPOptAONext)
			if c.left() > 0 {
				c.bytes(fTCPOptAOMac, c.left())
			}
		}
	case 30:
		s.mptcp(c)
	case 34:
		s.fastOpen(c)
	case 172, 174:
		s.accurateECN(c, kind)
	case 253, 254:
		s.experiment(c)
	default:
		if c.left() > 0 {
			c.bytes(fTCPOptUnknown, c.left())
		}
	}
}

func (s *tcpSegment) windowScale(c *cursor) {
	v := c.u8(fTCPOptShift)
	if !c.ok() {
		return
	}
	s.Opts.Has |= tcp.OptWScale
	s.Opts.WScale = v
	shift := min(v, 14)
	if v > 14 && c.on() {
		c.begin()
		c.expert(WarnSev, GroupProtocol, eTCPOptShift, eTCPOptShift.Name)
		c.end()
	}
	s.info(c, "WS=", 1<<shift)
	if c.on() {
		c.gen(fTCPOptMult, 1<<shift).span(c.pos-1, 1)
		c.heading(": %d (multiply by %d)", v, 1<<shift)
	}
}

// fastOpen takes a Fast Open option apart (RFC 7413 §4.1.1; R40, R64).
func (s *tcpSegment) fastOpen(c *cursor) {
	if c.left() == 0 {
		s.Opts.Has |= tcp.OptTFORequest
		c.addAt(fTCPOptTFOReq, c.pos, 0, Node{})
		if c.cols() {
			s.labels = append(s.labels, " TFO=R"...)
		}
		return
	}
	s.Opts.Has |= tcp.OptTFOCookie
	c.bytes(fTCPOptTFO, c.left())
	if s.Flags&(tcp.SYN|tcp.ACK) == tcp.SYN && c.on() {
		c.begin()
		c.expert(NoteSev, GroupSequence, eTCPTFOSyn, eTCPTFOSyn.Name)
		c.end()
	}
	if c.cols() {
		s.labels = append(s.labels, " TFO=C"...)
	}
}

// accurateECN takes the three counters apart, of which the last may be missing.
func (s *tcpSegment) accurateECN(c *cursor, kind uint8) {
	s.Opts.Has |= tcp.OptAccECN
	order := []struct {
		f    *Field
		name string
	}{{fTCPOptEE0B, "EE0B="}, {fTCPOptECEB, "ECEB="}, {fTCPOptEE1B, "EE1B="}}
	if kind == 174 {
		order[0], order[2] = order[2], order[0]
	}
	for _, x := range order {
		if c.left() < 3 || !c.ok() {
			return
		}
		s.info(c, x.name, uint64(c.u24(x.f)))
	}
}

// experiment takes an experimental option apart (RFC 6994).
func (s *tcpSegment) experiment(c *cursor) {
	if c.left() < 2 {
		return
	}
	id := c.u16(fTCPOptExID)
	if c.on() {
		c.heading(": %s", orUnknown(tcpExperiments, uint64(id)))
	}
	switch id {
	case 0xf989:
		s.fastOpen(c)
		return
	case 0xacce:
		s.accurateECN(c, 172)
		return
	}
	if c.cols() {
		s.labels = fmt.Appendf(s.labels, " ExID=%x", id)
	}
	if c.left() > 0 {
		c.bytes(fTCPOptExpData, c.left())
	}
}
