package dissect

import "fmt"

var (
	pIGMP         = newProto("Internet Group Management Protocol", "IGMP", "igmp")
	fIGMPVersion  = pIGMP.u8("igmp.version", "IGMP Version", Dec)
	fIGMPType     = pIGMP.u8("igmp.type", "Type", Hex, names(igmpTypes))
	fIGMPReserved = pIGMP.bytes("igmp.reserved", "Reserved")
	fIGMPMaxResp  = pIGMP.u8("igmp.max_resp", "Max Resp Time", Dec)
	fIGMPExp      = pIGMP.u8("igmp.max_resp.exp", "Exponent", Hex, mask(0x70))
	fIGMPMant     = pIGMP.u8("igmp.max_resp.mant", "Mantissa", Hex, mask(0x0f))
	fIGMPCheck    = pIGMP.u16("igmp.checksum", "Checksum", Hex)
	fIGMPState    = pIGMP.u8("igmp.checksum.status", "Checksum Status", NoLabel, names(checksumStates))
	fIGMPGroup    = pIGMP.ip4("igmp.maddr", "Multicast Address")
	fIGMPS        = pIGMP.flag(TUint8, "igmp.s", "S", 0x08, names(either("SUPPRESS router side processing", "Do not suppress router side processing")))
	fIGMPQRV      = pIGMP.u8("igmp.qrv", "QRV", Dec, mask(0x07))
	fIGMPQQIC     = pIGMP.u8("igmp.qqic", "QQIC", Dec)
	fIGMPNumSrc   = pIGMP.u16("igmp.num_src", "Num Src", Dec)
	fIGMPSource   = pIGMP.ip4("igmp.saddr", "Source Address")
	fIGMPNumRec   = pIGMP.u16("igmp.num_grp_recs", "Num Group Records", Dec)
	fIGMPRecType  = pIGMP.u8("igmp.record_type", "Record Type", Dec, names(igmpRecords))
	fIGMPAuxLen   = pIGMP.u8("igmp.aux_data_len", "Aux Data Len", Dec)
	fIGMPAux      = pIGMP.bytes("igmp.aux_data", "Aux Data")
	fIGMPData     = pIGMP.bytes("igmp.data", "Data")
	eIGMPCheck    = pIGMP.none("igmp.bad_checksum", "Bad checksum")
)

// dissectIGMP takes an IGMP message of version 1, 2 or 3 apart (RFC 1112
// Appendix I, RFC 2236 §2, RFC 3376 §4).
func dissectIGMP(c cursor) {
	d := c.d
	if d.scan {
		return
	}
	typ, code := c.peek(0), c.peek(1)
	version := 2
	switch {
	case typ == 0x12, typ == 0x11 && code == 0 && c.left() < 12:
		version = 1
	case typ == 0x22, typ == 0x11 && c.left() >= 12:
		version = 3
	}
	known := typ >= 0x11 && typ <= 0x12 || typ == 0x16 || typ == 0x17 || typ == 0x22
	c.start = c.pos
	d.enter(pIGMP)
	c.proto(pIGMP)
	d.setProto("IGMP")
	if known {
		d.setProto(fmt.Sprintf("IGMPv%d", version))
	} else {
		d.protos = d.protos[:len(d.protos)-1]
	}
	whole := c
	if c.on() && known {
		c.gen(fIGMPVersion, uint64(version))
	}
	if c.cols() {
		d.setInfo(igmpText(&c, typ))
	}
	c.u8(fIGMPType)
	switch {
	case !known:
		if n := c.captured(); n > 0 {
			c.bytes(fIGMPData, n)
		}
		c.end()
		return
	case typ == 0x22, typ == 0x12:
		c.bytes(fIGMPReserved, 1)
	case version == 1:
		c.bytes(fIGMPReserved, 1)
	default:
		c.igmpMaxResp(version)
	}
	sum := c.u16(fIGMPCheck)
	if c.on() && c.ok() {
		if whole.have < whole.limit {
			c.last().append(" [unverified]")
			c.addAt(fIGMPState, c.pos-2, 0, Node{num: 2, Flags: Generated})
		} else {
			c.verified(checksum(0, whole.rest()), sum, fIGMPState, eIGMPCheck)
		}
	}
	switch {
	case typ == 0x22:
		c.bytes(fIGMPReserved, 2)
		n := int(c.u16(fIGMPNumRec))
		for i := 0; i < n && c.ok(); i++ {
			c.igmpRecord()
		}
	case version == 3:
		c.ip4(fIGMPGroup)
		v := uint64(c.u8(nil))
		if c.ok() {
			c.bits(fIGMPS, 1, v)
			c.bits(fIGMPQRV, 1, v)
		}
		c.u8(fIGMPQQIC)
		n := int(c.u16(fIGMPNumSrc))
		for i := 0; i < n && c.ok(); i++ {
			c.ip4(fIGMPSource)
		}
	default:
		c.ip4(fIGMPGroup)
	}
	c.end()
}

// igmpMaxResp reads the time in which an answer is due: tenths of seconds, with
// an exponent from 128 on in version 3 (RFC 3376 §4.1.1).
func (c *cursor) igmpMaxResp(version int) {
	v := c.u8(fIGMPMaxResp)
	if !c.on() || !c.ok() {
		return
	}
	tenths := int(v)
	if version == 3 && v >= 128 {
		tenths = (int(v&0x0f) | 0x10) << (v>>4&7 + 3)
	}
	c.last().num = uint64(tenths)
	c.last().label(fmt.Sprintf("Max Resp Time: %d.%d sec (0x%02x)", tenths/10, tenths%10, v))
	if version == 3 && v >= 128 {
		c.begin()
		c.bits(fIGMPExp, 1, uint64(v))
		c.bits(fIGMPMant, 1, uint64(v))
		c.end()
	}
}

// igmpRecord reads one group record of a version 3 report.
func (c *cursor) igmpRecord() {
	if c.on() {
		g := c.peek32(4)
		c.sub(nil, fmt.Sprintf("Group Record : %d.%d.%d.%d  %s", g>>24, g>>16&255, g>>8&255, g&255, igmpRecords(uint64(c.peek(0)))))
	}
	c.u8(fIGMPRecType)
	aux := int(c.u8(fIGMPAuxLen)) * 4
	n := int(c.u16(fIGMPNumSrc))
	c.ip4(fIGMPGroup)
	for i := 0; i < n && c.ok(); i++ {
		c.ip4(fIGMPSource)
	}
	if aux > 0 {
		c.bytes(fIGMPAux, aux)
	}
	c.end()
}

// igmpText is the text for the Info column.
func igmpText(c *cursor, typ uint8) string {
	addr := func(at int) string {
		a := c.peek32(at)
		return fmt.Sprintf("%d.%d.%d.%d", a>>24, a>>16&255, a>>8&255, a&255)
	}
	switch typ {
	case 0x11:
		if c.left() < 12 && c.peek(1) == 0 {
			return "Membership Query"
		}
		if c.peek32(4) == 0 {
			return "Membership Query, general"
		}
		text := "Membership Query, specific for group " + addr(4)
		n := int(c.peek16(10))
		if c.left() < 12 || n == 0 {
			return text
		}
		text += ", source"
		if n > 1 {
			text += "s"
		}
		text += " {"
		for i := 0; i < n && 12+4*i+4 <= c.captured(); i++ {
			if i > 0 {
				text += ", "
			}
			text += addr(12 + 4*i)
		}
		return text + "}"
	case 0x12:
		return "Membership Report"
	case 0x16:
		return "Membership Report group " + addr(4)
	case 0x17:
		return "Leave Group " + addr(4)
	case 0x22:
		return igmpReportText(c, addr)
	}
	if s := igmpTypes(uint64(typ)); s != "" {
		return s
	}
	return fmt.Sprintf("Unknown Type:0x%02x", typ)
}

// igmpReportText names the groups of a version 3 report, and what is said of them.
func igmpReportText(c *cursor, addr func(int) string) string {
	text := "Membership Report"
	n, at := int(c.peek16(6)), 8
	for i := 0; i < n && at+8 <= c.captured(); i++ {
		typ, aux, srcs := c.peek(at), int(c.peek(at+1))*4, int(c.peek16(at+2))
		group := addr(at + 4)
		text += " / "
		switch {
		case srcs == 0 && (typ == 3 || typ == 1):
			text += "Leave group " + group
		case srcs == 0 && (typ == 4 || typ == 2):
			text += "Join group " + group + " for any sources"
		case srcs == 0 && typ == 5, srcs == 0 && typ == 6:
			text += "Group " + group + ", " + igmpRecords(uint64(typ))
		default:
			word := "Group " + group + ", "
			switch typ {
			case 1, 3:
				word = "Join group " + group + " for source"
			case 2, 4:
				word = "Join group " + group + ", not source"
			case 5:
				word = "Group " + group + ", new source"
			case 6:
				word = "Group " + group + ", block source"
			}
			if srcs > 1 {
				word += "s"
			}
			text += word + " {"
			for k := 0; k < srcs && at+8+4*k+4 <= c.captured(); k++ {
				if k > 0 {
					text += ", "
				}
				text += addr(at + 8 + 4*k)
			}
			text += "}"
		}
		at += 8 + 4*srcs + aux
	}
	return text
}
