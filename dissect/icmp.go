package dissect

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

var (
	pICMP        = newProto("Internet Control Message Protocol", "ICMP", "icmp")
	fICMPType    = pICMP.u8("icmp.type", "Type", Dec)
	fICMPCode    = pICMP.u8("icmp.code", "Code", Dec)
	fICMPCheck   = pICMP.u16("icmp.checksum", "Checksum", Hex)
	fICMPState   = pICMP.u8("icmp.checksum.status", "Checksum Status", NoLabel, names(checksumStates))
	fICMPUnused  = pICMP.bytes("icmp.unused", "Unused")
	fICMPIdent   = pICMP.u16("icmp.ident", "Identifier (BE)", DecHex)
	fICMPIdentLE = pICMP.u16("icmp.ident_le", "Identifier (LE)", DecHex)
	fICMPSeq     = pICMP.u16("icmp.seq", "Sequence Number (BE)", DecHex)
	fICMPSeqLE   = pICMP.u16("icmp.seq_le", "Sequence Number (LE)", DecHex)
	fICMPMTU     = pICMP.u16("icmp.mtu", "MTU of next hop", Dec)
	fICMPNum     = pICMP.u8("icmp.num_addrs", "Number of addresses", Dec)
	fICMPEntry   = pICMP.u8("icmp.addr_entry_size", "Address entry size", Dec)
	fICMPLife    = pICMP.u16("icmp.lifetime", "Lifetime", Dec)
	fICMPPointer = pICMP.u32("icmp.pointer", "Pointer", Dec)
	fICMPRouter  = pICMP.ip4("icmp.router_address", "Router address")
	fICMPPref    = pICMP.add(TInt32, "icmp.pref_level", "Preference level", Dec)
	fICMPOrig    = pICMP.u32("icmp.originate_timestamp", "Originate Timestamp", Dec)
	fICMPRecv    = pICMP.u32("icmp.receive_timestamp", "Receive Timestamp", Dec)
	fICMPTrans   = pICMP.u32("icmp.transmit_timestamp", "Transmit Timestamp", Dec)
	fICMPMask    = pICMP.ip4("icmp.address_mask", "Address Mask")
	fICMPGateway = pICMP.ip4("icmp.redir_gw", "Gateway Address")
	fICMPLength  = pICMP.u8("icmp.length", "Length", Dec)
	fICMPQuoted  = pICMP.u8("icmp.length.original_datagram", "Length of original datagram", Dec)
	fICMPRespIn  = pICMP.frame("icmp.resp_in", "Response frame")
	fICMPRespTo  = pICMP.frame("icmp.resp_to", "Request frame")
	fICMPNoResp  = pICMP.none("icmp.no_resp", "No response seen")
	fICMPTime    = pICMP.add(TString, "icmp.resptime", "Response time", None)
	fICMPWhen    = pICMP.abs("icmp.data_time", "Timestamp from icmp data")
	fICMPWhenRel = pICMP.rel("icmp.data_time_relative", "Timestamp from icmp data (relative)")
	eICMPCheck   = pICMP.none("icmp.checksum_bad", "Bad checksum")
	eICMPNoResp  = pICMP.none("icmp.resp_not_found", "Response not found")
)

var icmpTypes = table(map[uint64]string{0: "Echo (ping) reply", 1: "Reserved", 2: "Reserved", 3: "Destination unreachable", 4: "Source quench (flow control)",
	5: "Redirect", 6: "Alternate host address", 8: "Echo (ping) request", 9: "Router advertisement", 10: "Router solicitation", 11: "Time-to-live exceeded",
	12: "Parameter problem", 13: "Timestamp request", 14: "Timestamp reply", 15: "Information request", 16: "Information reply", 17: "Address mask request",
	18: "Address mask reply", 19: "Reserved (for security)", 30: "Traceroute", 31: "Datagram Conversion Error", 32: "Mobile Host Redirect", 33: "IPv6 Where-Are-You",
	34: "IPv6 I-Am-Here", 35: "Mobile Registration Request", 36: "Mobile Registration Reply", 37: "Domain Name Request", 38: "Domain Name Reply", 39: "SKIP",
	40: "Photuris", 41: "Experimental mobility protocols", 42: "Extended Echo request", 43: "Extended Echo reply"})

// icmpCodes names the codes of those types that have any.
var icmpCodes = map[uint8]Names{
	3: list("Network unreachable", "Host unreachable", "Protocol unreachable", "Port unreachable", "Fragmentation needed", "Source route failed",
		"Destination network unknown", "Destination host unknown", "Source host isolated", "Network administratively prohibited", "Host administratively prohibited",
		"Network unreachable for TOS", "Host unreachable for TOS", "Communication administratively filtered", "Host precedence violation", "Precedence cutoff in effect"),
	5:  list("Redirect for network", "Redirect for host", "Redirect for TOS and network", "Redirect for TOS and host"),
	6:  list("Alternate address for host"),
	9:  table(map[uint64]string{0: "Normal router advertisement", 16: "Does not route common traffic"}),
	11: list("Time to live exceeded in transit", "Fragment reassembly time exceeded"),
	12: list("Pointer indicates the error", "Required option missing", "Bad length"),
	40: list("Bad SPI", "Authentication Failed", "Decompression Failed", "Decryption Failed", "Need Authentication", "Need Authorization"),
	42: list("No error"),
	43: list("No error", "Malformed Query", "No Such Interface", "No Such Table Entry", "Multiple Interfaces Satisfy Query"),
}

// dissectICMP takes an ICMP message apart (RFC 792, RFC 1256, RFC 4884).
func dissectICMP(c cursor) {
	d := c.d
	if d.scan {
		scanICMP(c, false, 3, 4, 5, 11, 12)
		return
	}
	c.start = c.pos
	c.proto(pICMP)
	d.setProto("ICMP")
	whole := c
	typ, code := c.peek(0), c.peek(1)
	name, codeName := icmpTypes(uint64(typ)), ""
	if name == "" {
		name = "Unknown ICMP (obsolete or malformed?)"
	}
	if typ == 9 && (code == 0 || code == 16) {
		name = "Mobile IP Advertisement"
	}
	if n := icmpCodes[typ]; n != nil {
		if codeName = n(uint64(code)); codeName == "" {
			codeName = fmt.Sprintf("Unknown code: %d", code)
		}
	}
	if c.cols() && c.captured() >= 2 {
		d.setInfof("%-20s", name)
		if codeName != "" {
			d.infof(" (%s)", codeName)
		}
	}
	c.u8(fICMPType)
	if c.on() && c.ok() {
		c.last().label(fmt.Sprintf("Type: %d (%s)", typ, name))
	}
	c.u8(fICMPCode)
	if c.on() && c.ok() && codeName != "" {
		c.last().append(" (" + codeName + ")")
	}
	c.icmpChecksum(&whole)
	switch typ {
	case 0, 8, 13, 14, 15, 16, 17, 18:
		c.icmpQuery(typ)
	case 3:
		c.icmpUnreachable(code)
	case 4:
		c.skip(4)
		c.icmpQuote(0)
	case 11:
		c.icmpUnused()
	case 5:
		c.ip4(fICMPGateway)
		q := c // no more than the ports is looked at
		q.limit = min(q.limit, q.pos+int(q.peek(0)&15)*4+8)
		q.have = min(q.have, q.limit)
		q.icmpQuote(0)
		c.skip(c.captured())
	case 9:
		c.icmpRouters()
	case 10:
		c.skip(4)
	case 12:
		c.icmpParameter()
	case 42, 43:
		c.icmpExtEcho(typ)
	default:
		c.skip(c.captured())
	}
	c.end()
}

// icmpChecksum reads the checksum and holds it against the message.
func (c *cursor) icmpChecksum(whole *cursor) {
	sum := c.u16(fICMPCheck)
	if !c.on() || !c.ok() {
		return
	}
	off := c.pos - 2
	if whole.have < whole.limit {
		c.last().append(" [unverified]")
		if c.d.layer.quoted {
			c.last().append(" [in ICMP error packet]")
		}
		c.addAt(fICMPState, off, 0, Node{num: 2, Flags: Generated})
		return
	}
	c.verified(checksum(0, whole.rest()), sum, fICMPState, eICMPCheck)
}

// verified shows whether a checksum, which was read last, is right. have is the
// sum over all, with the checksum in it.
func (c *cursor) verified(have uint32, sum uint16, state, bad *Field) {
	off := c.pos - 2
	if have == 0xffff {
		c.last().append(" [correct]")
		c.addAt(state, off, 0, Node{num: 1, Flags: Generated})
		return
	}
	want := have + uint32(^sum)
	for want > 0xffff {
		want = want>>16 + want&0xffff
	}
	c.last().append(fmt.Sprintf(" incorrect, should be 0x%04x", uint16(^want)))
	c.begin()
	c.expert(WarnSev, GroupChecksum, bad, fmt.Sprintf("Bad checksum [should be 0x%04x]", uint16(^want)))
	c.end()
	c.addAt(state, off, 0, Node{num: 0, Flags: Generated})
}

// icmpQuery reads what requests and replies have in common, and their data.
func (c *cursor) icmpQuery(typ uint8) {
	d := c.d
	id, seq := c.peek16(0), c.peek16(2)
	start := c.pos - 4
	c.u16(fICMPIdent)
	c.pairLE(fICMPIdentLE, id)
	c.u16(fICMPSeq)
	c.pairLE(fICMPSeqLE, seq)
	if c.cols() && c.ok() {
		d.infof(" id=0x%04x, seq=%d/%d, ttl=%d", id, seq, seq>>8|seq<<8, d.layer.ttl)
	}
	switch typ {
	case 0, 8:
		if c.ok() {
			c.echoPeer(typ == 8, start)
			c.icmpTime()
			dissectData(c.tail())
		}
	case 13, 14:
		for _, f := range []*Field{fICMPOrig, fICMPRecv, fICMPTrans} {
			v := c.u32(f)
			if c.on() && c.ok() {
				ms := sinceMidnight(v, uint32(max(0, int64(d.in.Packet.Time))/1e6%msPerDay))
				c.last().append(" (" + dayTime(ms) + " after midnight UTC)")
			}
		}
	case 17, 18:
		c.ip4(fICMPMask)
	}
}

// sinceMidnight reads an ICMP time stamp: milliseconds since midnight UTC (RFC
// 792). Some hosts send them in the other byte order: what is nearer to the time
// of day now is taken, and what is early in the day may be of the next one.
func sinceMidnight(v, now uint32) uint32 {
	be, le := v&0x7fffffff, bits.ReverseBytes32(v)&0x7fffffff
	far := func(x uint32) uint32 {
		if x < now && x <= msPerDay/4 {
			x += msPerDay
		}
		return max(x, now) - min(x, now)
	}
	if le < msPerDay && (be >= msPerDay || far(le) < far(be)) {
		return le
	}
	return be
}

const msPerDay = 86400000

// dayTime writes milliseconds in words.
func dayTime(ms uint32) string {
	var s strings.Builder
	if h := ms / 3600000; h > 0 {
		s.WriteString(plural(int(h), "hour") + ", ")
	}
	if m := ms / 60000 % 60; m > 0 {
		s.WriteString(plural(int(m), "minute") + ", ")
	}
	fmt.Fprintf(&s, "%d.%03d seconds", ms/1000%60, ms%1000)
	return s.String()
}

// pairLE shows the two bytes before the cursor in the other order.
func (c *cursor) pairLE(f *Field, v uint16) {
	if c.ok() {
		c.add(f, 2, Node{num: uint64(v>>8 | v<<8)})
	}
}

// echoPeer shows the packet that answers, or is answered by, this one.
func (c *cursor) echoPeer(request bool, start int) {
	d := c.d
	if d.in.Known == nil || d.layer.quoted {
		return
	}
	p := d.in.Known.Peer()
	switch {
	case request && p.Response != 0:
		d.infof(" (reply in %d)", p.Response)
		c.addAt(fICMPRespIn, start, 0, Node{num: uint64(p.Response), Flags: Generated})
	case request && p.Pending:
	case request:
		d.infoAppend(" (no response found!)")
		c.addAt(fICMPNoResp, start, 0, Node{Flags: Generated})
		if c.on() {
			c.begin()
			c.expert(WarnSev, GroupSequence, eICMPNoResp, "No response seen to ICMP request")
			c.end()
		}
	case p.Query != 0:
		d.infof(" (request in %d)", p.Query)
		c.addAt(fICMPRespTo, start, 0, Node{num: uint64(p.Query), Flags: Generated})
		c.addAt(fICMPTime, start, 0, Node{str: millis(p.Time), text: fmt.Sprintf("Response time: %.3f ms", float64(p.Time)/1e6), Flags: Generated})
	}
}

// millis writes nanoseconds as milliseconds, with as many places as they take.
func millis(ns int64) string { return strconv.FormatFloat(float64(ns)/1e6, 'g', 15, 64) }

// icmpTime shows the time that ping puts at the beginning of its data, where it
// is close to the packet's own: seconds and microseconds in either byte order and
// of either width.
func (c *cursor) icmpTime() {
	if !c.on() || c.captured() < 8 {
		return
	}
	now := int64(c.d.in.Packet.Time)
	b := c.rest()
	at := func(sec, usec uint64, n int) bool {
		if usec >= 1e6 || sec > 1<<33 {
			return false
		}
		t := int64(sec)*1e9 + int64(usec)*1e3
		if now-t > 86400e9 || t-now > 86400e9 {
			return false
		}
		c.addAt(fICMPWhen, c.pos, n, Node{num: uint64(t)})
		c.addAt(fICMPWhenRel, c.pos, n, Node{num: uint64(now - t), Flags: Generated})
		c.pos += n
		return true
	}
	le := func(i, n int) uint64 {
		var v uint64
		for k := n - 1; k >= 0; k-- {
			v = v<<8 | uint64(b[i+k])
		}
		return v
	}
	be := uint64(c.peek32(0))
	if at(be, uint64(c.peek32(4)), 8) || len(b) >= 16 && at(le(0, 8), le(8, 8), 16) {
		return
	}
	at(le(0, 4), le(4, 4), 8)
}

// icmpUnreachable reads what stands before the quote of an unreachable message.
func (c *cursor) icmpUnreachable(code uint8) {
	if code != 4 {
		c.icmpUnused()
		return
	}
	quoted := 0
	if n := c.peek(1); n != 0 {
		quoted = int(n) * 4
	}
	c.icmpLengthWord(2)
	c.u16(fICMPMTU)
	c.icmpQuote(quoted)
}

// icmpUnused reads four bytes of which one may be the length of the quote.
func (c *cursor) icmpUnused() {
	quoted := int(c.peek(1)) * 4
	c.icmpLengthWord(4)
	c.icmpQuote(quoted)
}

// icmpLengthWord reads n bytes that are unused but for the length of the quote
// in the second one (RFC 4884 §4).
func (c *cursor) icmpLengthWord(n int) {
	l := c.peek(1)
	if l == 0 {
		c.bytes(fICMPUnused, n)
		return
	}
	c.bytes(fICMPUnused, 1)
	c.u8(fICMPLength)
	if c.on() && c.ok() {
		c.add(fICMPQuoted, 1, Node{num: uint64(l) * 4, Flags: Generated})
	}
	if n > 2 {
		c.bytes(fICMPUnused, n-2)
	}
}

// icmpParameter reads a parameter problem.
func (c *cursor) icmpParameter() {
	quoted := int(c.peek(1)) * 4
	v := c.u8(nil)
	if c.on() && c.ok() {
		c.add(fICMPPointer, 1, Node{num: uint64(v)})
	}
	if quoted != 0 {
		c.u8(fICMPLength)
		if c.on() && c.ok() {
			c.add(fICMPQuoted, 1, Node{num: uint64(quoted), Flags: Generated})
		}
		c.bytes(fICMPUnused, 2)
	} else {
		c.bytes(fICMPUnused, 3)
	}
	c.icmpQuote(quoted)
}

// icmpRouters reads a router advertisement (RFC 1256).
func (c *cursor) icmpRouters() {
	n := int(c.u8(fICMPNum))
	size := int(c.u8(fICMPEntry))
	life := c.u16(fICMPLife)
	if c.on() && c.ok() {
		c.last().append(" (" + clock(uint64(life)) + ")")
	}
	if size < 2 {
		return
	}
	for i := 0; i < n && c.ok() && c.left() >= size*4; i++ {
		c.ip4(fICMPRouter)
		c.i32(fICMPPref)
		if size > 2 {
			c.skip((size - 2) * 4)
		}
	}
}

// clock writes seconds in words: "30 minutes (1800)".
func clock(s uint64) string {
	if s == 0 {
		return "0 seconds (0)"
	}
	var parts []string
	for _, u := range []struct {
		n    uint64
		name string
	}{{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}} {
		if v := s / u.n; v > 0 {
			parts = append(parts, plural(int(v), u.name))
			s %= u.n
		}
	}
	return strings.Join(parts, ", ")
}

// icmpQuote shows the packet that an error is about, as far as it is quoted: under
// the ICMP node, and without a word in the columns. quoted is its length where the
// message tells, 0 otherwise; what follows is extensions (RFC 4884).
func (c *cursor) icmpQuote(quoted int) {
	if !c.ok() || c.left() <= 0 {
		return
	}
	rest := c.left()
	if quoted > 0 && quoted < rest {
		rest = quoted
	}
	q := c.to(rest)
	c.d.quote(func() { dissectIPv4(q) })
	if c.left() > 0 && c.ok() {
		c.icmpExtensions()
	}
}

// quote runs a dissector over a quoted packet: what it finds counts for nothing
// but its own tree and its transport header.
func (d *Dissection) quote(f func()) {
	if d.depth >= maxDepth {
		return
	}
	layer, cols, fail := d.layer, d.wantCols, d.fail
	open := 0
	if d.tree != nil {
		open = len(d.tree.open)
	}
	d.layer.quoted, d.wantCols = true, false
	d.depth++
	f()
	d.depth--
	if d.fail == stopped || d.fail == cutShort || d.fail == malformed {
		d.fail = fail // a quote may end anywhere
	}
	d.layer, d.wantCols = layer, cols
	if d.tree != nil {
		d.tree.open = d.tree.open[:min(open, len(d.tree.open))]
	}
}

// scanICMP looks for the header that an error quotes (R8). errors are the types
// that quote.
func scanICMP(c cursor, v6 bool, errors ...uint8) {
	d := c.d
	t := c.peek(0)
	if (t == 8 || t == 0) && !v6 || (t == 128 || t == 129) && v6 {
		d.scanEcho(&c, t == 8 || t == 128)
		return
	}
	for _, e := range errors {
		if t != e || c.captured() <= 8 {
			continue
		}
		quoted := 0
		if !v6 && t != 4 && t != 5 {
			quoted = int(c.peek(5)) * 4
		} else if v6 && t != 2 && t != 4 {
			quoted = int(c.peek(4)) * 8
		}
		c.skip(8)
		rest := c.left()
		if quoted > 0 && quoted < rest {
			rest = quoted
		}
		if !v6 && t == 5 {
			rest = min(rest, int(c.peek(0)&15)*4+8)
		}
		scanQuote(c.to(rest), v6)
		return
	}
}

// scanEcho notes an echo message, so that the trace can pair it.
func (d *Dissection) scanEcho(c *cursor, request bool) {
	if d.layer.quoted || c.captured() < 8 {
		return
	}
	id := c.peek16(4)
	d.head.Echo = Echo{Question: Question{ID: c.peek16(6), Answer: !request}, Flow: d.layer.flow(id, id), Valid: true}
}

// scanQuote is quote for headers only, without a closure.
func scanQuote(q cursor, v6 bool) {
	d := q.d
	if d.depth >= maxDepth || d.layer.quoted {
		return
	}
	layer := d.layer
	d.layer.quoted = true
	d.depth++
	if !v6 {
		dissectIPv4(q)
	} else {
		dissectIPv6(q)
	}
	d.depth--
	d.fail, d.layer = fine, layer
}
