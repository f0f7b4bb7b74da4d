package dissect

import (
	"fmt"
	"strconv"

	"tcplens/internal/tcp"
)

// tcpOption says how a kind of option looks. Its field is the node that the
// option's parts go under; Wireshark registers one for each, but uses that of CC
// for three kinds, and that of an echo for the reply.
type tcpOption struct {
	kind  uint8
	name  string // in the heading
	fixed int    // length that it must have, bytes; 0: others
	field *Field
}

func opt(kind uint8, name, abbrev string, fixed int) tcpOption {
	return tcpOption{kind, name, fixed, pTCP.bytes("tcp.options."+abbrev, "TCP Option - "+name)}
}

// likewise gives the entry of a kind that shares the node of another.
func likewise(o tcpOption, kind uint8, name string) tcpOption {
	o.kind, o.name = kind, name
	return o
}

// tcpOptions lists the options (IANA's TCP option kind numbers).
var tcpOptions = func() []tcpOption {
	cc := opt(11, "CC", "cc", 6)
	echo := opt(6, "Echo", "echo", 6)
	ecn := opt(172, "Accurate ECN", "acc_ecn", 0)
	experimental := opt(253, "Experimental", "experimental", 0)
	return []tcpOption{
		opt(0, "End of Option List (EOL)", "eol", 1),
		opt(1, "No-Operation (NOP)", "nop", 1),
		opt(2, "Maximum segment size", "mss", 4),
		opt(3, "Window scale", "wscale", 3),
		opt(4, "SACK permitted", "sack_perm", 2),
		opt(5, "SACK", "sack", 0),
		echo, likewise(echo, 7, "Echo reply"),
		opt(8, "Timestamps", "timestamp", 10),
		cc, likewise(cc, 12, "CC.NEW"), likewise(cc, 13, "CC.ECHO"),
		opt(19, "TCP MD5 signature", "md5", 18),
		opt(20, "SCPS capabilities", "scps", 0),
		opt(21, "Selective Negative Acknowledgment", "snack", 6),
		opt(22, "SCPS record boundary", "scpsrec", 2),
		opt(23, "SCPS corruption experienced", "scpscor", 2),
		opt(27, "Quick-Start", "qs", 8),
		opt(28, "User Timeout", "user_to", 4),
		opt(29, "TCP AO", "ao", 0),
		{kind: 30, name: "MPTCP", field: &pMPTCP.field},
		opt(34, "TCP Fast Open", "tfo", 0),
		ecn, likewise(ecn, 174, "Accurate ECN"),
		experimental, likewise(experimental, 254, "Experimental"),
	}
}()

var tcpUnknownOption = opt(255, "Unknown", "unknown", 0)

func findTCPOption(kind uint8) *tcpOption {
	for i := range tcpOptions {
		if tcpOptions[i].kind == kind {
			return &tcpOptions[i]
		}
	}
	return &tcpUnknownOption
}

// title is the option's name in the line above all options, and in what is said of
// its length.
func (o *tcpOption) title(kind uint8) string {
	if o == &tcpUnknownOption {
		return fmt.Sprintf("Unknown (0x%02x)", kind)
	}
	return o.name
}

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
	head := -1
	if c.on() {
		c.addAt(fTCPOptions, first, n, Node{raw: c.b[min(first, c.have):max(first, min(first+n, c.have))]})
		c.begin()
		head = int(c.d.tree.open[len(c.d.tree.open)-1])
	}
	nops, whole := 0, true
	for whole && o.ok() && o.pos < s.optEnd && o.need(1) {
		kind := o.peek(0)
		def := findTCPOption(kind)
		switch kind {
		case 0:
			whole = s.endOfOptions(&o, def)
		case 1:
			s.nop(&o, def, &nops, start)
		default:
			whole = s.option(&o, def, kind)
		}
	}
	if !c.on() {
		return
	}
	if whole && c.ok() {
		s.noMSS(c)
	}
	c.d.tree.Nodes[head].label(fmt.Sprintf("Options: (%d bytes)%s", n, s.titles.String()))
	c.end()
}

// noMSS notes a SYN that has options but not this one (§7).
func (s *tcpSegment) noMSS(c *cursor) {
	if s.Flags&tcp.SYN == 0 || s.mss {
		return
	}
	c.expert(NoteSev, GroupProtocol, eTCPOptNoMSS, eTCPOptNoMSS.Name)
}

// named adds to the list of names in the line above all options.
func (s *tcpSegment) named(c *cursor, title string) {
	if c.on() && c.ok() {
		s.titles.WriteString(", ")
		s.titles.WriteString(title)
	}
}

// openOption adds an option's node of n bytes and opens it.
func (o *cursor) openOption(def *tcpOption, n int) {
	if !o.on() {
		return
	}
	end := min(o.pos+n, o.have)
	o.addAt(def.field, o.pos, n, Node{raw: o.b[o.pos:end], text: def.field.Name})
	o.begin()
}

// endOfOptions takes the end of the list. All behind it must be ends as well (R67).
func (s *tcpSegment) endOfOptions(o *cursor, def *tcpOption) bool {
	o.openOption(def, 1)
	o.u8(fTCPOptKind)
	o.end()
	s.named(o, def.name)
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

// nop counts fillers: four of them in one word of the header are too many (R67).
func (s *tcpSegment) nop(o *cursor, def *tcpOption, nops *int, start int) {
	if *nops == 0 || (o.pos-start)%4 != 0 {
		*nops++
	} else {
		*nops = 0
	}
	if *nops == 4 && o.on() {
		o.expert(WarnSev, GroupProtocol, eTCPOptNOP, eTCPOptNOP.Name)
	}
	o.openOption(def, 1)
	o.u8(fTCPOptKind)
	o.end()
	s.named(o, def.name)
}

// option takes one option with a length apart; false ends the list.
func (s *tcpSegment) option(o *cursor, def *tcpOption, kind uint8) bool {
	left := s.optEnd - o.pos
	if left >= 2 && !o.need(2) {
		return false
	}
	n := int(o.peek(1))
	if left < 2 || n < 2 || n > left {
		title := def.name
		if o.on() {
			title = def.title(kind)
		}
		s.badOption(o, title, left, n)
		return false
	}
	body := o.to(n)
	o.pos = body.start + n // also beyond the datagram's end: a body of a wrong length is passed over unread
	if kind == 30 && !o.d.scan {
		o.d.enterOnce(pMPTCP)
	}
	body.openOption(def, n)
	if kind == 2 {
		s.mss = true
		if s.Flags&tcp.SYN == 0 {
			body.expert(WarnSev, GroupProtocol, eTCPOptMSSHere, eTCPOptMSSHere.Name)
		}
	}
	body.u8(fTCPOptKind)
	body.u8(fTCPOptLen)
	if s.fits(&body, def, kind, n) {
		s.optionBody(&body, kind, n)
	}
	if n > body.limit-body.start { // the datagram ends within the option
		o.d.contained = o.d.fail == malformed
	}
	body.end()
	if o.on() {
		s.named(o, def.title(kind))
	}
	return o.ok()
}

// fits says whether an option has a length that it may have, and notes beneath the
// length if not.
func (s *tcpSegment) fits(c *cursor, def *tcpOption, kind uint8, n int) bool {
	fine := true
	wrong := func(format string, args ...any) {
		fine = false
		c.wrongLength(format, args...)
	}
	switch {
	case def.fixed != 0 && n != def.fixed:
		wrong("option length should be %d", def.fixed)
	case kind == 29 && n < 4:
		wrong("option length should be >= than 4")
	case (kind == 172 || kind == 174) && !oneOf(n, 2, 5, 8, 11):
		wrong("option length should be 2, 5, 8, or 11 instead of %d", n)
	case kind == 253 || kind == 254:
		switch id := c.peek16(0); {
		case n < 4:
			wrong("option length %d smaller than 4", n)
		case (id == 0xacc0 || id == 0xacc1) && !oneOf(n, 4, 7, 10, 13): // the identifier is shown all the same
			c.wrongLength("option length should be 4, 7, 10, or 13 instead of %d", n)
		case id == 0x00ac && !oneOf(n, 4, 5):
			c.wrongLength("option length should be 4 or 5 instead of %d", n)
		}
	}
	// What the Info column says of these does not depend on their length (R51).
	if c.cols() {
		switch kind {
		case 4:
			s.labels = append(s.labels, " SACK_PERM"...)
		case 19:
			s.labels = append(s.labels, " MD5"...)
		case 29:
			s.labels = append(s.labels, "TCP AO"...)
		}
	}
	if kind == 4 {
		s.Opts.Has |= tcp.OptSACKPerm
	}
	return fine
}

func oneOf(n int, list ...int) bool {
	for _, x := range list {
		if n == x {
			return true
		}
	}
	return false
}

// wrongLength notes what a length should be, beneath it.
func (c *cursor) wrongLength(format string, args ...any) {
	if c.on() && c.ok() {
		c.begin()
		c.expert(NoteSev, GroupSequence, eTCPOptLen, fmt.Sprintf(format, args...))
		c.end()
	}
}

// badOption says why an option, and those behind it, cannot be read: left is how
// many bytes there are for it, n the length that it claims.
func (s *tcpSegment) badOption(o *cursor, title string, left, n int) {
	shown := left - 2
	switch {
	case left < 2:
		shown = 1
	case n < 2:
		shown = 2
	}
	if o.on() {
		text := title + " (length byte past end of options)"
		switch {
		case left < 2:
		case n < 2:
			text = fmt.Sprintf("%s (with too-short option length = %s)", title, plural(n, "byte"))
		default:
			text = fmt.Sprintf("%s (option length = %s says option goes past end of options)", title, plural(n, "byte"))
		}
		o.addAt(fText, o.pos, shown, Node{text: text, Flags: Warn})
		o.begin()
		o.expert(NoteSev, GroupSequence, eTCPOptLen, text)
		o.end()
	}
	o.need(shown)
}

// info adds an option's text to the Info column (R51).
func (s *tcpSegment) info(c *cursor, name string, v uint64) {
	if c.cols() && c.ok() {
		s.labels = append(s.labels, ' ')
		s.labels = append(s.labels, name...)
		s.labels = strconv.AppendUint(s.labels, v, 10)
	}
}

// heading adds to the option's own line.
func (c *cursor) heading(format string, args ...any) {
	if o := c.opened(); o != nil && c.ok() {
		o.append(fmt.Sprintf(format, args...))
	}
}
