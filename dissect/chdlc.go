package dissect

import "fmt"

var (
	pCHDLC     = newProto("Cisco HDLC", "CHDLC", "chdlc")
	fCHDLCAddr = pCHDLC.u8("chdlc.address", "Address", Hex, names(table(map[uint64]string{0x0f: "Unicast", 0x8f: "Multicast"})))
	fCHDLCCtrl = pCHDLC.u8("chdlc.control", "Control", Hex)
	fCHDLCType = pCHDLC.u16("chdlc.protocol", "Protocol", Hex, names(chdlcProtocols))
	fCHDLCPad  = pCHDLC.u8("chdlc.clns_padding", "CLNS Padding", Hex)

	chdlcProtocols = table(map[uint64]string{0x0800: "IP", 0x2000: "Cisco Discovery Protocol", 0x4242: "Spanning Tree BPDU",
		0x6558: "Transparent Ethernet bridging", 0x8035: "SLARP", 0x8038: "DEC LanBridge", 0x809b: "Appletalk", 0x80f3: "AARP",
		0x8137: "Netware IPX/SPX", 0x86dd: "IPv6", 0x8847: "MPLS unicast", 0x8848: "MPLS multicast", 0xfefe: "OSI"})

	pSLARP        = newProto("Cisco SLARP", "SLARP", "slarp")
	fSLARPType    = pSLARP.u32("slarp.ptype", "Packet type", Dec, names(list("Request", "Reply", "Line keepalive")))
	fSLARPAddr    = pSLARP.ip4("slarp.address", "Address")
	fSLARPMask    = pSLARP.ip4("slarp.netmask", "Netmask")
	fSLARPOut     = pSLARP.u32("slarp.mysequence", "Outgoing sequence number", Dec)
	fSLARPBack    = pSLARP.u32("slarp.yoursequence", "Returned sequence number", Dec)
	fSLARPRely    = pSLARP.u16("slarp.reliability", "Reliability", Hex)
	eSLARPRely    = pSLARP.none("slarp.reliability.invalid", "Reliability must be 0xFFFF")
	slarpUnknown  = "Unknown packet type 0x%08x"
	slarpAddress  = "%s, from %s, mask %s"
	slarpSequence = "%s, outgoing sequence %d, returned sequence %d"
)

// dissectCHDLC takes the header of Cisco's HDLC apart (LINKTYPE_C_HDLC).
func dissectCHDLC(c cursor) {
	d := c.d
	d.setProto("CHDLC")
	d.setEnds("N/A", "N/A")
	if c.captured() < 2 {
		d.enter(pCHDLC)
		c.need(2)
		return
	}
	c.proto(pCHDLC)
	c.u8(fCHDLCAddr)
	c.u8(fCHDLCCtrl)
	t := c.u16(fCHDLCType)
	if t == 0xfefe && c.peek(0) == 3 {
		c.u8(fCHDLCPad) // cisco pads OSI with it
	}
	if !c.ok() {
		return
	}
	c.end()
	rest := c.tail()
	switch t {
	case 0x0800, 0x86dd, 0x8847, 0x8848, 0x6558, 0x809b, 0x80f3, 0x8137:
		dissectEtherType(rest, t)
	case 0x2000:
		dissectNamed(rest, namedCDP)
	case 0x4242:
		dissectNamed(rest, namedSTP)
	case 0x8035:
		dissectSLARP(rest)
	case 0xfefe:
		dissectOSI(rest)
	default:
		if c.cols() {
			d.setProto(fmt.Sprintf("0x%04x", t))
		}
		dissectData(rest)
	}
}

// dissectSLARP takes a message of Cisco's serial line address resolution apart.
func dissectSLARP(c cursor) {
	d := c.d
	if d.scan {
		return
	}
	if p := c.proto(pSLARP); p != nil {
		p.Len = int32(min(14, c.captured()))
	}
	d.setProto("SLARP")
	d.setInfo("")
	kind := c.u32(fSLARPType)
	switch kind {
	case 0, 1:
		a, m := c.ip4(fSLARPAddr), c.ip4(fSLARPMask)
		if c.cols() && c.ok() {
			d.setInfof(slarpAddress, fSLARPType.Names(uint64(kind)), a, m)
		}
	case 2:
		out, back := c.u32(fSLARPOut), c.u32(fSLARPBack)
		if c.cols() && c.ok() {
			d.setInfof(slarpSequence, fSLARPType.Names(uint64(kind)), out, back)
		}
		if v := c.u16(fSLARPRely); c.on() && c.ok() && v != 0xffff {
			c.begin()
			c.expert(Error, GroupMalformed, eSLARPRely, eSLARPRely.Name)
			c.end()
		}
	default:
		if c.cols() && c.ok() {
			d.setInfof(slarpUnknown, kind)
		}
		if c.ok() {
			dissectData(c.tail())
		}
	}
	c.end()
}
