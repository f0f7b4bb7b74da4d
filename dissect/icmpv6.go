package dissect

import "fmt"

var (
	pICMPv6       = newProto("Internet Control Message Protocol v6", "ICMPv6", "icmpv6")
	fICMP6Type    = pICMPv6.u8("icmpv6.type", "Type", Dec, names(icmpv6Types))
	fICMP6Code    = pICMPv6.u8("icmpv6.code", "Code", Dec)
	fICMP6Check   = pICMPv6.u16("icmpv6.checksum", "Checksum", Hex)
	fICMP6State   = pICMPv6.u8("icmpv6.checksum.status", "Checksum Status", NoLabel, names(checksumStates))
	fICMP6Reserv  = pICMPv6.bytes("icmpv6.reserved", "Reserved")
	fICMP6Length  = pICMPv6.u8("icmpv6.length", "Length of original datagram", Dec)
	fICMP6MTU     = pICMPv6.u32("icmpv6.mtu", "MTU", Dec)
	fICMP6Pointer = pICMPv6.u32("icmpv6.pointer", "Pointer", Dec)
	fICMP6Ident   = pICMPv6.u16("icmpv6.echo.identifier", "Identifier", Hex)
	fICMP6Seq     = pICMPv6.u16("icmpv6.echo.sequence_number", "Sequence", Dec)
	fICMP6Data    = pICMPv6.bytes("icmpv6.data", "Data")
	fICMP6RespIn  = pICMPv6.frame("icmpv6.resp_in", "Response In")
	fICMP6RespTo  = pICMPv6.frame("icmpv6.resp_to", "Response To")
	fICMP6NoResp  = pICMPv6.none("icmpv6.no_resp", "No response seen")
	fICMP6Time    = pICMPv6.str("icmpv6.resptime", "Response Time")
	eICMP6Check   = pICMPv6.none("icmpv6.checksum_bad.expert", "Bad checksum")
	eICMP6NoResp  = pICMPv6.none("icmpv6.resp_not_found", "Response not found")

	fMLDCode     = pICMPv6.u16("icmpv6.mld.maximum_response_code", "Maximum Response Code", Dec)
	fMLDDelay    = pICMPv6.u16("icmpv6.mld.maximum_response_delay", "Maximum Response Delay [ms]", Dec)
	fMLDAddr     = pICMPv6.ip6("icmpv6.mld.multicast_address", "Multicast Address")
	fMLDFlags    = pICMPv6.u8("icmpv6.mld.flag", "Flags", Hex)
	fMLDFlagS    = pICMPv6.flag(TUint8, "icmpv6.mld.flag.s", "Suppress Router-Side Processing", 0x08, names(trueFalse))
	fMLDFlagQRV  = pICMPv6.u8("icmpv6.mld.flag.qrv", "QRV (Querier's Robustness Variable)", Dec, mask(0x07))
	fMLDFlagRes  = pICMPv6.u8("icmpv6.mld.flag.reserved", "Reserved", Dec, mask(0xf0))
	fMLDQQIC     = pICMPv6.u8("icmpv6.mld.qqi", "QQIC (Querier's Query Interval Code)", Dec)
	fMLDNumSrc   = pICMPv6.u16("icmpv6.mld.nb_sources", "Number of Sources", Dec)
	fMLDSource   = pICMPv6.ip6("icmpv6.mld.source_address", "Source Address")
	fMLDNumRec   = pICMPv6.u16("icmpv6.mldr.nb_mcast_records", "Number of Multicast Address Records", Dec)
	fMLDRec      = pICMPv6.none("icmpv6.mldr.mar", "Multicast Address Record")
	fMLDRecType  = pICMPv6.u8("icmpv6.mldr.mar.record_type", "Record Type", Dec, names(mldRecords))
	fMLDRecAux   = pICMPv6.u8("icmpv6.mldr.mar.aux_data_len", "Aux Data Len", Dec)
	fMLDRecNum   = pICMPv6.u16("icmpv6.mldr.mar.nb_sources", "Number of Sources", Dec)
	fMLDRecAddr  = pICMPv6.ip6("icmpv6.mldr.mar.multicast_address", "Multicast Address")
	fMLDRecSrc   = pICMPv6.ip6("icmpv6.mldr.mar.source_address", "Source Address")
	fMLDRecAuxDt = pICMPv6.bytes("icmpv6.mldr.mar.auxiliary_data", "Auxiliary Data")
)

// icmpv6Codes names the codes of those types that have any.
var icmpv6Codes = map[uint8]Names{
	1: list("no route to destination", "Administratively prohibited", "Beyond scope of source address", "Address unreachable", "Port unreachable",
		"Source address failed ingress/egress policy", "Reject route to destination", "Error in Source Routing Header"),
	3: list("hop limit exceeded in transit", "fragment reassembly time exceeded"),
	4: list("erroneous header field encountered", "unrecognized Next Header type encountered", "unrecognized IPv6 option encountered",
		"IPv6 First Fragment has incomplete IPv6 Header Chain"),
	138: list("Command", "Result"),
	139: list("Query subject = IPv6 addresses", "Query subject = DNS name or empty", "Query subject = IPv4 addresses"),
	140: list("Successful", "Refused", "Unknown query type"),
	155: list("DODAG Information Solicitation", "DODAG Information Object", "Destination Advertisement Object", "Destination Advertisement Object Acknowledgment",
		"P2P Discovery Reply Object", "P2P Discovery Reply Object Acknowledgement"),
	160: list("No error"),
	161: list("No error", "Malformed Query", "No Such Interface", "No Such Table Entry", "Multiple Interfaces Satisfy Query"),
}

// dissectICMPv6 takes an ICMPv6 message apart (RFC 4443, RFC 4861, RFC 2710,
// RFC 3810).
func dissectICMPv6(c cursor) {
	d := c.d
	if d.scan {
		scanICMP(c, true, 1, 2, 3, 4)
		return
	}
	c.start = c.pos
	c.proto(pICMPv6)
	d.setProto("ICMPv6")
	whole := c
	typ, code := c.peek(0), c.peek(1)
	name, codeName := icmpv6Types(uint64(typ)), ""
	if name == "" {
		name = fmt.Sprintf("Unknown (%d)", typ)
	}
	if n := icmpv6Codes[typ]; n != nil {
		if codeName = n(uint64(code)); codeName == "" {
			codeName = fmt.Sprintf("Unknown (%d)", code)
			if typ == 1 {
				codeName = "Unknown"
			}
		}
	}
	if c.cols() && c.captured() >= 2 {
		d.setInfo(name)
		if codeName != "" {
			d.infof(" (%s)", codeName)
		}
	}
	c.u8(fICMP6Type)
	c.u8(fICMP6Code)
	if c.on() && c.ok() && codeName != "" {
		c.last().append(" (" + codeName + ")")
	}
	sum := c.u16(fICMP6Check)
	if c.on() && c.ok() {
		c.icmpv6Checksum(&whole, sum)
	}
	switch {
	case typ >= 1 && typ <= 4:
		c.icmpv6Error(typ)
	case typ == 128 || typ == 129:
		c.icmpv6Echo(typ)
	case typ >= 130 && typ <= 132:
		c.mld(typ)
	case typ == 143:
		c.mldReport()
	case typ >= 133 && typ <= 137:
		c.neighbour(typ)
	default:
		if n := c.captured(); n > 0 {
			c.bytes(fICMP6Data, n)
		}
	}
	c.end()
}

// icmpv6Checksum holds the checksum against the message and the pseudo header
// (RFC 8200 §8.1).
func (c *cursor) icmpv6Checksum(whole *cursor, sum uint16) {
	l := &c.d.layer
	if whole.have < whole.limit || !l.v6 {
		c.last().append(" [unverified]")
		if l.quoted {
			c.last().append(" [in ICMP error packet]")
		}
		c.addAt(fICMP6State, c.pos-2, 0, Node{num: 2, Flags: Generated})
		return
	}
	n := uint32(whole.left())
	have := checksum(checksum(checksum(n>>16+n&0xffff+58, l.src[:]), l.dst[:]), whole.rest())
	c.verified(have, sum, fICMP6State, eICMP6Check)
}

// icmpv6Error reads what stands before the quote, and the quote.
func (c *cursor) icmpv6Error(typ uint8) {
	quoted := 0
	switch typ {
	case 2:
		c.u32(fICMP6MTU)
	case 4:
		c.u32(fICMP6Pointer)
	default:
		if n := c.peek(0); n != 0 {
			quoted = int(n) * 8
			c.u8(fICMP6Length)
			if c.on() && c.ok() {
				c.last().append(fmt.Sprintf(" (%d bytes)", quoted))
			}
			c.bytes(fICMP6Reserv, 3)
		} else {
			c.bytes(fICMP6Reserv, 4)
		}
	}
	if !c.ok() || c.left() <= 0 {
		return
	}
	rest := c.left()
	if quoted > 0 && quoted < rest {
		rest = quoted
	}
	q := c.to(rest)
	c.d.quote(func() { dissectIPv6(q) })
	if c.left() > 0 && c.ok() {
		c.icmpExtensions()
	}
}

// icmpv6Echo reads a request or a reply and its data.
func (c *cursor) icmpv6Echo(typ uint8) {
	d := c.d
	start := c.pos - 4
	id := c.u16(fICMP6Ident)
	seq := c.u16(fICMP6Seq)
	if !c.ok() {
		return
	}
	if c.cols() {
		d.infof(" id=0x%04x, seq=%d, hop limit=%d", id, seq, d.layer.ttl)
	}
	if d.in.Known != nil && !d.layer.quoted {
		p := d.in.Known.Peer()
		switch {
		case typ == 128 && p.Response != 0:
			d.infof(" (reply in %d)", p.Response)
			c.addAt(fICMP6RespIn, start, 0, Node{num: uint64(p.Response), Flags: Generated})
		case typ == 128 && p.Pending:
		case typ == 128:
			d.infoAppend(" (no response found!)")
			c.addAt(fICMP6NoResp, start, 0, Node{Flags: Generated})
			if c.on() {
				c.begin()
				c.expert(WarnSev, GroupSequence, eICMP6NoResp, fmt.Sprintf("No response seen to ICMPv6 request in frame %d", d.in.Number))
				c.end()
			}
		case p.Query != 0:
			d.infof(" (request in %d)", p.Query)
			c.addAt(fICMP6RespTo, start, 0, Node{num: uint64(p.Query), Flags: Generated})
			c.addAt(fICMP6Time, start, 0, Node{str: millis(p.Time), text: fmt.Sprintf("Response Time: %.3f ms", float64(p.Time)/1e6), Flags: Generated})
		}
	}
	dissectData(c.tail())
}

// mld reads a multicast listener message of version 1, or a query of version 2
// (RFC 2710 §3, RFC 3810 §5.1).
func (c *cursor) mld(typ uint8) {
	v2 := typ == 130 && c.left() >= 24
	if v2 {
		c.u16(fMLDCode)
	} else {
		c.u16(fMLDDelay)
	}
	c.bytes(fICMP6Reserv, 2)
	c.ip6(fMLDAddr)
	if !v2 {
		return
	}
	v := c.u8(fMLDFlags)
	if c.on() && c.ok() {
		if v&8 != 0 {
			c.last().append(", " + fMLDFlagS.Name)
		}
		c.begin()
		c.bits(fMLDFlagS, 1, uint64(v))
		c.bits(fMLDFlagQRV, 1, uint64(v))
		c.bits(fMLDFlagRes, 1, uint64(v))
		c.end()
	}
	c.u8(fMLDQQIC)
	n := int(c.u16(fMLDNumSrc))
	for i := 0; i < n && c.ok(); i++ {
		c.ip6(fMLDSource)
	}
}

// mldReport reads a version 2 report (RFC 3810 §5.2).
func (c *cursor) mldReport() {
	c.bytes(fICMP6Reserv, 2)
	n := int(c.u16(fMLDNumRec))
	for i := 0; i < n && c.ok(); i++ {
		typ := c.peek(0)
		at := -1
		if c.on() {
			c.sub(fMLDRec, "Multicast Address Record")
			at = int(c.d.openIndex())
		}
		c.u8(fMLDRecType)
		aux := int(c.u8(fMLDRecAux)) * 4
		srcs := int(c.u16(fMLDRecNum))
		a := c.ip6(fMLDRecAddr)
		for k := 0; k < srcs && c.ok(); k++ {
			c.ip6(fMLDRecSrc)
		}
		if aux > 0 {
			c.bytes(fMLDRecAuxDt, aux)
		}
		if c.on() {
			if m := c.nodeAt(int32(at)); m != nil && a.IsValid() {
				m.label("Multicast Address Record " + orUnknown(mldRecords, uint64(typ)) + ": " + a.String())
			}
			c.end()
		}
	}
}
