package dissect

var (
	pIPoIB       = newProto("IP over Infiniband", "IPoIB", "ipoib")
	fIPoIBDst    = pIPoIB.none("ipoib.daddr", "Destination address")
	fIPoIBDstQPN = pIPoIB.u24("ipoib.daddr.qpn", "Destination QPN", Hex)
	fIPoIBDstGID = pIPoIB.ip6("ipoib.dgid", "Destination GID")
	fIPoIBGRH    = pIPoIB.none("ipoib.grh", "Global Route Header")
	fIPoIBVer    = pIPoIB.u8("ipoib.grh.ipver", "IP Version", Dec, mask(0xf0))
	fIPoIBClass  = pIPoIB.u16("ipoib.grh.tclass", "Traffic Class", Dec, mask(0x0ff0))
	fIPoIBFlow   = pIPoIB.u32("ipoib.grh.flowlabel", "Flow Label", Dec, mask(0x000fffff))
	fIPoIBSrcQPN = pIPoIB.u24("ipoib.grh.sqpn", "Source QPN", Hex)
	fIPoIBSrcGID = pIPoIB.ip6("ipoib.grh.sgid", "Source GID")
	fIPoIBType   = pIPoIB.u16("ipoib.type", "Type", Hex, names(etherTypes))
	fIPoIBRes    = pIPoIB.u16("ipoib.reserved", "Reserved", Hex)
)

// dissectIPoIB takes a packet of IP over InfiniBand apart (LINKTYPE_IPOIB, RFC 4391
// §6): 40 bytes of a route header or, where there was none, with the destination at
// their end, and the encapsulation header.
func dissectIPoIB(c cursor) {
	d := c.d
	c.proto(pIPoIB)
	d.setProto("IPoIB")
	d.setInfo("IP over Infiniband")
	if c.peek32(0) == 0 {
		c.skip(20)
		if c.on() && c.ok() {
			c.addAt(fIPoIBDst, c.pos, 20, Node{})
			c.begin()
		}
		c.skip(1)
		c.u24(fIPoIBDstQPN)
		c.ip6(fIPoIBDstGID)
	} else {
		if c.on() {
			c.addAt(fIPoIBGRH, c.pos, 40, Node{})
			c.begin()
		}
		v := uint64(c.u32(nil))
		if c.on() && c.ok() {
			at := c.pos - 4
			c.addAt(fIPoIBVer, at, 1, Node{num: v >> 28})
			c.addAt(fIPoIBClass, at, 2, Node{num: v >> 20 & 0xff})
			c.bits(fIPoIBFlow, 4, v)
		}
		c.skip(1)
		c.u24(fIPoIBSrcQPN)
		c.ip6(fIPoIBSrcGID)
		c.ip6(fIPoIBDstGID)
	}
	if !c.ok() {
		return
	}
	c.end()
	t := c.u16(fIPoIBType)
	c.u16(fIPoIBRes)
	if !c.ok() {
		return
	}
	c.end()
	rest := c.tail()
	switch t {
	case 0x0800, 0x0806, 0x86dd:
		dissectEtherType(rest, t)
	default:
		dissectData(rest)
	}
}
