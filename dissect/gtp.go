package dissect

import (
	"fmt"
	"net/netip"
)

var (
	pGTP        = newProto("GPRS Tunneling Protocol", "GTP", "gtp")
	fGTPFlags   = pGTP.u8("gtp.flags", "Flags", Hex)
	fGTPVersion = pGTP.u8("gtp.flags.version", "Version", Dec, mask(0xe0), names(gtpVersions))
	fGTPPayload = pGTP.u8("gtp.flags.payload", "Protocol type", Dec, mask(0x10), names(list("GTP'", "GTP")))
	fGTPSpare   = pGTP.u8("gtp.flags.reserved", "Reserved", Dec, mask(0x08))
	fGTPE       = pGTP.flag(TUint8, "gtp.flags.e", "Is Next Extension Header present?", 0x04, names(yesNo))
	fGTPS       = pGTP.flag(TUint8, "gtp.flags.s", "Is Sequence Number present?", 0x02, names(yesNo))
	fGTPPN      = pGTP.flag(TUint8, "gtp.flags.pn", "Is N-PDU number present?", 0x01, names(yesNo))
	fGTPMessage = pGTP.u8("gtp.message", "Message Type", Hex, names(gtpMessages))
	fGTPLength  = pGTP.u16("gtp.length", "Length", Dec)
	fGTPTEID    = pGTP.u32("gtp.teid", "TEID", HexDec)
	fGTPSeq     = pGTP.u16("gtp.seq_number", "Sequence number", HexDec)
	fGTPNPDU    = pGTP.u8("gtp.npdu_number", "N-PDU Number", Hex)
	fGTPTPDU    = pGTP.bytes("gtp.tpdu_data", "T-PDU Data")

	fGTPExtNext   = pGTP.u8("gtp.ext_hdr.next", "Next extension header type", Hex, names(gtpExtensions))
	fGTPExt       = pGTP.none("gtp.ext_hdr", "Extension header")
	fGTPExtLen    = pGTP.u8("gtp.ext_hdr.length", "Extension Header Length", Dec)
	fGTPExtPort   = pGTP.u16("gtp.ext_hdr.udp_port", "UDP Port", Dec)
	fGTPExtRAN    = pGTP.bytes("gtp.ext_hdr.ran_cont", "RAN Container")
	fGTPExtXw     = pGTP.bytes("gtp.ext_hdr.xw_ran_cont", "Xw RAN Container")
	fGTPExtPDCP   = pGTP.u16("gtp.ext_hdr.pdcp_sn", "PDCP Sequence Number", Dec)
	fGTPExtBits   = pGTP.u8("gtp.ext_hdr.spare_bits", "Spare", Hex, mask(0xfc))
	fGTPExtLong   = pGTP.u24("gtp.ext_hdr.long_pdcp_sn", "Long PDCP Sequence Number", Dec)
	fGTPExtBytes  = pGTP.bytes("gtp.ext_hdr.spare_bytes", "Spare")
	fGTPSessType  = pGTP.u8("gtp.ext_hdr.pdu_ses_con.pdu_type", "PDU Type", Dec, mask(0xf0), names(list("DL PDU SESSION INFORMATION", "UL PDU SESSION INFORMATION")))
	fGTPSessH1    = pGTP.u8("gtp.spare.h1", "Spare", Hex, mask(0x0f))
	fGTPSessPPP   = pGTP.flag(TUint8, "gtp.ext_hdr.pdu_ses_cont.ppp", "Paging Policy Presence (PPP)", 0x80, names(gtpPresent))
	fGTPSessRQI   = pGTP.flag(TUint8, "gtp.ext_hdr.pdu_ses_cont.rqi", "Reflective QoS Indicator (RQI)", 0x40, names(gtpPresent))
	fGTPSessTop   = pGTP.u8("gtp.spare.b7b6", "Spare", Hex, mask(0xc0))
	fGTPSessQFI   = pGTP.u8("gtp.ext_hdr.pdu_ses_con.qos_flow_id", "QoS Flow Identifier (QFI)", Dec, mask(0x3f))
	fGTPSessPPI   = pGTP.u8("gtp.ext_hdr.pdu_ses_cont.ppi", "Paging Policy Indicator (PPI)", Dec, mask(0xe0))
	fGTPSessLow   = pGTP.u8("gtp.spare.b4b0", "Spare", Hex, mask(0x1f))
	eGTPExtLength = pGTP.none("gtp.ext_length.invalid", "Extension header length is zero")

	fGTPRecovery = pGTP.u8("gtp.recovery", "Recovery", Dec)
	fGTPTEIDData = pGTP.u32("gtp.teid_data", "TEID Data I", HexDec)
	fGTPGSNLen   = pGTP.u16("gtp.gsn_address_length", "GSN address length", Dec)
	fGTPGSN4     = pGTP.ip4("gtp.gsn_ipv4", "GSN address IPv4")
	fGTPGSN6     = pGTP.ip6("gtp.gsn_ipv6", "GSN address IPv6")
	fGTPExtCount = pGTP.u8("gtp.num_ext_hdr_types", "Number of Extension Header Types in list (i.e., length)", Dec)
	fGTPExtType  = pGTP.u8("gtp.ext_hdr_type", "Extension Header Type", Dec, names(gtpExtensions))

	gtpVersions   = list("GTP release 97/98 version", "GTP release 99 version", "GTPv2-C", "None", "None", "None", "None", "None")
	gtpPresent    = either("Present", "Not Present")
	gtpExtensions = table(map[uint64]string{0x00: "No more extension headers", 0x01: "MBMS support indication",
		0x02: "MS Info Change Reporting support indication", 0x03: "Long PDCP PDU Number", 0x20: "Service Class Indicator",
		0x40: "UDP Port number", 0x81: "RAN container", 0x82: "Long PDCP PDU number", 0x83: "Xw RAN container", 0x84: "NR RAN container",
		0x85: "PDU Session container", 0xc0: "PDCP PDU number", 0xc1: "Suspend Request", 0xc2: "Suspend Response"})

	namedGTPPrime = newNamed("GPRS Tunneling Protocol Prime", "GTP (Prime)", "gtpprime")
	namedGTPv2    = newNamed("GPRS Tunneling Protocol V2", "GTPv2", "gtpv2")
)

// dissectGTP takes a datagram of the GPRS tunnelling protocol apart, false if it
// is none. Version 1 is (3GPP TS 29.281 §5 for user data, 29.060 §6 for control);
// others are shown by their names.
func dissectGTP(c cursor) bool {
	flags := c.peek(0)
	switch version := flags >> 5; {
	case version == 1 && flags&0x10 != 0:
		dissectGTPv1(c)
	case version > 2:
		return false
	case c.d.scan: // nothing of interest is in them
	case version == 2:
		dissectNamed(c, namedGTPv2)
	default:
		dissectNamed(c, namedGTPPrime)
	}
	return true
}

func dissectGTPv1(c cursor) {
	d := c.d
	c.proto(pGTP)
	d.setProto("GTP")
	d.setInfo("")
	flags := c.u8(fGTPFlags)
	if c.on() && c.ok() {
		c.begin()
		for _, f := range []*Field{fGTPVersion, fGTPPayload, fGTPSpare, fGTPE, fGTPS, fGTPPN} {
			c.bits(f, 1, uint64(flags))
		}
		c.end()
	}
	msg := c.u8(fGTPMessage)
	if c.cols() && c.ok() {
		d.setInfo(orUnknown(gtpMessages, uint64(msg)))
	}
	length := int(c.u16(fGTPLength))
	c.u32(fGTPTEID)
	if !c.ok() {
		return
	}
	c.limit = min(c.limit, c.pos+length) // whatever is behind is nobody's
	c.have = min(c.have, c.limit)
	if flags&0x07 != 0 && !c.gtpOptional(flags) {
		c.end()
		return
	}
	if msg != 0xff {
		if c.on() {
			c.gtpElements()
		}
		c.end()
		return
	}
	c.end()
	if c.left() <= 0 || !c.ok() {
		return
	}
	rest := c.tail()
	switch b := rest.peek(0); {
	case b>>4 == 4 && b >= 0x45 && b < 0x4f:
		dissectIPv4(rest)
	case b>>4 == 6:
		dissectIPv6(rest)
	default:
		rest.bytes(fGTPTPDU, rest.captured())
		return
	}
	if d.wantCols && d.fail == fine {
		d.cols.Proto = "GTP <" + d.cols.Proto + ">"
	}
}

// gtpOptional reads the four bytes that any of the three flags brings, and the
// extension headers; false if what follows cannot be found.
func (c *cursor) gtpOptional(flags uint8) bool {
	field := func(bit uint8, f *Field) *Field {
		if flags&bit == 0 {
			return nil // there, but without a meaning
		}
		return f
	}
	c.u16(field(0x02, fGTPSeq))
	c.u8(field(0x01, fGTPNPDU))
	next := c.u8(field(0x04, fGTPExtNext))
	if flags&0x04 == 0 {
		return c.ok()
	}
	for next != 0 && c.ok() {
		size := int(c.peek(0)) * 4
		if size == 0 && c.need(1) {
			c.gtpNoExtension()
			return false
		}
		if c.on() && c.ok() {
			c.addAt(fGTPExt, c.pos, min(size, c.left()), Node{text: "Extension header (" + orUnknown(gtpExtensions, uint64(next)) + ")"})
			c.begin()
		}
		c.u8(fGTPExtLen)
		if c.ok() && size-2 > c.left()-1 {
			c.need(size - 1)
		}
		body := c.to(size - 2)
		body.gtpExtension(next)
		next = c.u8(fGTPExtNext)
		c.end()
	}
	return c.ok()
}

// gtpNoExtension says that a length of nothing leads nowhere.
func (c *cursor) gtpNoExtension() {
	if !c.on() {
		return
	}
	c.addAt(fGTPExt, c.pos, c.captured(), Node{text: fGTPExt.Name})
	c.begin()
	c.u8(fGTPExtLen)
	c.begin()
	c.expert(Error, GroupMalformed, eGTPExtLength, eGTPExtLength.Name)
	c.end()
	c.end()
	c.skip(c.captured())
}

// gtpExtension shows the content of an extension header (3GPP TS 29.281 §5.2.2).
func (c *cursor) gtpExtension(kind uint8) {
	switch kind {
	case 0x40:
		c.u16(fGTPExtPort)
	case 0x81:
		c.bytes(fGTPExtRAN, c.left())
	case 0x82:
		v := c.u24(nil)
		if c.ok() {
			c.addAt(fGTPExtBits, c.pos-3, 1, Node{num: uint64(v >> 18)})
			c.add(fGTPExtLong, 3, Node{num: uint64(v & 0x3ffff)})
		}
		c.bytes(fGTPExtBytes, 3)
	case 0x83:
		c.bytes(fGTPExtXw, c.left())
	case 0x85:
		c.gtpSession()
	case 0xc0:
		c.u16(fGTPExtPDCP)
	}
}

// gtpSession shows a PDU session container (3GPP TS 38.415 §5.5.2).
func (c *cursor) gtpSession() {
	c.addAt(fText, c.pos, c.left()+1, Node{text: "PDU Session Container"}) // with the next type, as Wireshark has it
	c.begin()
	defer c.end()
	v := c.u8(nil)
	kind := c.bits(fGTPSessType, 1, uint64(v))
	c.bits(fGTPSessH1, 1, uint64(v))
	q := c.u8(nil)
	switch kind {
	case 0:
		c.bits(fGTPSessPPP, 1, uint64(q))
		c.bits(fGTPSessRQI, 1, uint64(q))
		c.bits(fGTPSessQFI, 1, uint64(q))
		if q&0x80 != 0 {
			p := c.u8(nil)
			c.bits(fGTPSessPPI, 1, uint64(p))
			c.bits(fGTPSessLow, 1, uint64(p))
		}
	case 1:
		c.bits(fGTPSessTop, 1, uint64(q))
		c.bits(fGTPSessQFI, 1, uint64(q))
	}
}

// gtpElements shows the information elements of user plane messages (3GPP TS
// 29.281 §8). Those of the control plane are only counted.
func (c *cursor) gtpElements() {
	for c.ok() && c.left() > 0 {
		switch t := c.peek(0); t {
		case 14:
			v := c.u16(nil)
			c.add(fGTPRecovery, 2, Node{num: uint64(v & 0xff)})
		case 16:
			c.skip(1)
			c.u32(fGTPTEIDData)
		case 133:
			c.gtpGSN()
		case 141:
			n := int(c.peek(1))
			c.addAt(fText, c.pos, 2+n, Node{text: "Extension Header Types List"})
			c.begin()
			c.skip(1)
			c.u8(fGTPExtCount)
			for i := 1; i <= n && c.ok(); i++ {
				v := c.u8(nil)
				c.add(fGTPExtType, 1, Node{num: uint64(v), text: fmt.Sprintf("No. %d --> Extension Header Type value : %s (0x%02x)", i, orUnknown(gtpExtensions, uint64(v)), v)})
			}
			c.end()
		default:
			c.addAt(fText, c.pos, c.left(), Node{text: fmt.Sprintf("Information elements (%s), not dissected by tcplens", plural(c.left(), "byte"))})
			c.skip(c.left())
		}
	}
}

// gtpGSN shows the address of a support node.
func (c *cursor) gtpGSN() {
	n := int(c.peek16(1))
	text := "GSN address"
	switch b := c.rest(); {
	case n == 4 && len(b) >= 7:
		text += " : " + netip.AddrFrom4([4]byte(b[3:7])).String()
	case n == 16 && len(b) >= 19:
		text += " : " + netip.AddrFrom16([16]byte(b[3:19])).String()
	}
	c.addAt(fText, c.pos, 3+n, Node{text: text})
	c.begin()
	c.skip(1)
	c.u16(fGTPGSNLen)
	switch n {
	case 4:
		c.ip4(fGTPGSN4)
	case 16:
		c.ip6(fGTPGSN6)
	default:
		c.skip(n)
	}
	c.end()
}
