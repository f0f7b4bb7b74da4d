package dissect

import "fmt"

var (
	pGRE         = newProto("Generic Routing Encapsulation", "GRE", "gre")
	fGREFlags    = pGRE.u16("gre.flags_and_version", "Flags and Version", Hex)
	fGREFlagC    = pGRE.flag(TUint16, "gre.flags.checksum", "Checksum Bit", 0x8000, names(yesNo))
	fGREFlagR    = pGRE.flag(TUint16, "gre.flags.routing", "Routing Bit", 0x4000, names(yesNo))
	fGREFlagK    = pGRE.flag(TUint16, "gre.flags.key", "Key Bit", 0x2000, names(yesNo))
	fGREFlagS    = pGRE.flag(TUint16, "gre.flags.sequence_number", "Sequence Number Bit", 0x1000, names(yesNo))
	fGREFlagSSR  = pGRE.flag(TUint16, "gre.flags.strict_source_route", "Strict Source Route Bit", 0x0800, names(yesNo))
	fGRERecur    = pGRE.u16("gre.flags.recursion_control", "Recursion control", Dec, mask(0x0700))
	fGREFlagA    = pGRE.flag(TUint16, "gre.flags.ack", "Acknowledgment", 0x0080, names(yesNo))
	fGREReserved = pGRE.u16("gre.flags.reserved", "Flags (Reserved)", Dec, mask(0x00f8))
	fGREReserv1  = pGRE.u16("gre.flags.reserved", "Flags (Reserved)", Dec, mask(0x0078))
	fGREVersion  = pGRE.u16("gre.flags.version", "Version", Dec, mask(0x0007), names(list("GRE", "Enhanced GRE")))
	fGREProto    = pGRE.u16("gre.proto", "Protocol Type", Hex, names(greProtocols))
	fGRECheck    = pGRE.u16("gre.checksum", "Checksum", Hex)
	fGREState    = pGRE.u8("gre.checksum.status", "Checksum Status", NoLabel, names(checksumStates))
	fGREOffset   = pGRE.u16("gre.offset", "Offset", Dec)
	fGREKey      = pGRE.u32("gre.key", "Key", Hex)
	fGREKeyLen   = pGRE.u16("gre.key.payload_length", "Payload Length", Dec)
	fGRECallID   = pGRE.u16("gre.key.call_id", "Call ID", Dec)
	fGRESeq      = pGRE.u32("gre.sequence_number", "Sequence Number", Dec)
	fGREAck      = pGRE.u32("gre.ack_number", "Acknowledgment Number", Dec)
	fGRERouting  = pGRE.none("gre.routing", "Routing")
	fGREAF       = pGRE.u16("gre.routing.address_family", "Address Family", Dec)
	fGRESREOff   = pGRE.u8("gre.routing.sre_offset", "SRE Offset", Dec)
	fGRESRELen   = pGRE.u8("gre.routing.src_length", "SRE Length", Dec)
	fGREInfo     = pGRE.bytes("gre.routing.information", "Routing Information")
	eGRECheck    = pGRE.none("gre.checksum.incorrect", "Incorrect GRE Checksum")
)

// dissectGRE takes a GRE header apart (RFC 2784, RFC 2890, RFC 1701; version 1:
// RFC 2637 §4) and goes on with what it carries.
func dissectGRE(c cursor) {
	d := c.d
	whole := c
	c.proto(pGRE)
	node := d.openIndex()
	d.setProto("GRE")
	v := c.peek16(0)
	t := c.peek16(2)
	name := greProtocols(uint64(t))
	if c.cols() && c.captured() >= 4 {
		if name == "" {
			d.setInfof("Encapsulated 0x%04X (unknown)", t)
		} else {
			d.setInfo("Encapsulated " + name)
		}
	}
	if c.on() && c.captured() >= 4 {
		if name == "" {
			name = fmt.Sprintf("0x%04x - unknown", t)
		}
		c.opened().label("Generic Routing Encapsulation (" + name + ")")
	}
	c.greFlags(v, v&7 == 1 && t == 0x880b)
	c.u16(fGREProto)
	if v&0xc000 != 0 {
		sum := c.u16(fGRECheck)
		if c.on() && c.ok() {
			c.greChecksum(&whole, v, sum)
		}
		c.u16(fGREOffset)
	}
	payload := -1
	if v&0x2000 != 0 {
		if v&7 == 1 && t == 0x880b {
			payload = int(c.u16(fGREKeyLen))
			c.u16(fGRECallID)
		} else {
			c.u32(fGREKey)
		}
	}
	if v&0x1000 != 0 {
		c.u32(fGRESeq)
	}
	if v&7 == 1 && t == 0x880b && v&0x0080 != 0 {
		c.u32(fGREAck)
	}
	if v&0x4000 != 0 {
		c.greRouting()
	}
	if t == 0x883e && c.peek(0)>>4 != 4 {
		c.wccpRedirect()
	}
	c.end()
	if !c.ok() {
		return
	}
	if payload == 0 || c.left() == 0 {
		return
	}
	rest := c.tail()
	if t == 0x88be && v&0x1000 == 0 { // ERSPAN type I has no header of its own
		if d.descend() {
			if p := rest.proto(pERSPAN); p != nil {
				p.label("Encapsulated Remote Switch Packet ANalysis Type I")
				rest.end()
			}
			dissectEthernet(rest, false)
			d.ascend()
		}
		return
	}
	if !greKnown(t) { // the bytes stand under the header
		d.reopen(node)
		dissectData(rest)
		c.end()
		return
	}
	dissectGREPayload(rest, t)
}

// greKnown says whether anything goes on with a protocol type.
func greKnown(t uint16) bool {
	switch t {
	case 0x0800, 0x883e, 0x86dd, 0x0806, 0x00fe, 0x6558, 0x6400, 0x880b, 0x8847, 0x8848, 0x88be, 0x22eb, 0x2000, 0x2001, 0x8137, 0x894f, 0x8909:
		return true
	}
	return false
}

var (
	fWCCP        = pGRE.none("gre.wccp.redirect_header", "Redirect Header")
	fWCCPDynamic = pGRE.flag(TUint8, "gre.wccp.dynamic_service", "Dynamic Service", 0x01, names(either("Dynamic service", "Well-known service")))
	fWCCPAlt     = pGRE.flag(TUint8, "gre.wccp.alternative_bucket_used", "Alternative bucket used", 0x02, names(either("Alternative bucket used", "Primary bucket used")))
	fWCCPValid   = pGRE.flag(TUint8, "gre.wccp.redirect_header_valid", "WCCP Redirect header is valid", 0x04, names(either("Header contents are not valid", "Header contents are valid")))
	fWCCPService = pGRE.u8("gre.wccp.service_id", "Service ID", Dec, names(list("HTTP")))
	fWCCPAltBkt  = pGRE.u8("gre.wccp.alternative_bucket", "Alternative Bucket", Dec)
	fWCCPPrimBkt = pGRE.u8("gre.wccp.primary_bucket", "Primary Bucket", Dec)
)

// wccpRedirect reads the header that WCCP puts before a packet
// (draft-mclaggan-wccp-v2rev1 §4).
func (c *cursor) wccpRedirect() {
	c.sub(fWCCP, "Redirect Header")
	v := uint64(c.u8(nil))
	if c.ok() {
		c.bits(fWCCPDynamic, 1, v)
		c.bits(fWCCPAlt, 1, v)
		c.bits(fWCCPValid, 1, v)
	}
	c.u8(fWCCPService)
	c.u8(fWCCPAltBkt)
	c.u8(fWCCPPrimBkt)
	c.end()
}

// greFlags shows the flags and the version.
func (c *cursor) greFlags(v uint16, enhanced bool) {
	c.u16(fGREFlags)
	if !c.on() || !c.ok() {
		return
	}
	w := uint64(v)
	c.begin()
	for _, f := range []*Field{fGREFlagC, fGREFlagR, fGREFlagK, fGREFlagS, fGREFlagSSR, fGRERecur} {
		c.bits(f, 2, w)
	}
	if enhanced {
		c.bits(fGREFlagA, 2, w)
		c.bits(fGREReserv1, 2, w)
	} else {
		c.bits(fGREReserved, 2, w)
	}
	c.bits(fGREVersion, 2, w)
	c.end()
}

// greChecksum holds the checksum against header and payload, if it is one.
func (c *cursor) greChecksum(whole *cursor, v, sum uint16) {
	off := c.pos - 2
	if v&0x8000 == 0 || whole.have < whole.limit {
		c.last().append(" [unverified]")
		c.addAt(fGREState, off, 0, Node{num: 2, Flags: Generated})
		return
	}
	have := checksum(0, whole.rest())
	if have == 0xffff {
		c.last().append(" [correct]")
		c.addAt(fGREState, off, 0, Node{num: 1, Flags: Generated})
		return
	}
	want := have + uint32(^sum)
	want = want>>16 + want&0xffff
	should := uint16(^want)
	c.last().append(fmt.Sprintf(" incorrect, should be 0x%04x", should))
	c.begin()
	c.expert(WarnSev, GroupProtocol, eGRECheck, fmt.Sprintf("Incorrect GRE Checksum [should be 0x%04x]", should))
	c.end()
	c.addAt(fGREState, off, 0, Node{Flags: Generated})
}

// greRouting reads source route entries until an empty one (RFC 1701).
func (c *cursor) greRouting() {
	for c.ok() {
		at := c.pos
		n := int(c.peek(3))
		if c.captured() >= 4 {
			c.addAt(fGRERouting, at, min(4+n, c.captured()), Node{})
		}
		af := c.u16(fGREAF)
		c.u8(fGRESREOff)
		c.u8(fGRESRELen)
		if n > 0 {
			c.bytes(fGREInfo, n)
		}
		if af == 0 && n == 0 {
			return
		}
	}
}

// dissectGREPayload goes on with what GRE's protocol type names.
func dissectGREPayload(c cursor, t uint16) {
	d := c.d
	if !d.descend() {
		return
	}
	defer d.ascend()
	switch t {
	case 0x0800, 0x883e:
		dissectIPv4(c)
	case 0x86dd:
		dissectIPv6(c)
	case 0x0806:
		dissectARP(c)
	case 0x00fe:
		dissectOSI(c)
	case 0x6558, 0x6400:
		dissectEthernet(c, false)
	case 0x880b:
		dissectPPP(c)
	case 0x8847, 0x8848:
		dissectMPLS(c)
	case 0x88be, 0x22eb:
		dissectERSPAN(c)
	case 0x2000:
		dissectNamed(c, namedCDP)
	case 0x2001:
		dissectNamedIP(c, 54)
	case 0x8137:
		dissectNamed(c, namedIPX)
	case 0x894f, 0x8909:
		dissectNamedEtherType(c, t)
	default:
		dissectData(c)
	}
}
