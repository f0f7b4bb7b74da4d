package dissect

var (
	pERSPAN       = newProto("Encapsulated Remote Switch Packet ANalysis", "ERSPAN", "erspan")
	fERSPANVer    = pERSPAN.u16("erspan.version", "Version", Dec, mask(0xf000), names(list("", "Type II", "Type III")))
	fERSPANVlan   = pERSPAN.u16("erspan.vlan", "Vlan", Dec, mask(0x0fff))
	fERSPANCOS    = pERSPAN.u16("erspan.cos", "COS", Dec, mask(0xe000))
	fERSPANEncap  = pERSPAN.u16("erspan.encap", "Encap", Dec, mask(0x1800), names(list("Originally without VLAN tag", "Originally ISL encapsulated", "Originally 802.1Q encapsulated", "VLAN tag preserved in frame")))
	fERSPANBSO    = pERSPAN.u16("erspan.bso", "Bad/Short/Oversized", Dec, mask(0x1800), names(list("Good or unknown integrity", "Short frame", "Oversized frame", "CRC or alignment error")))
	fERSPANTrunc  = pERSPAN.u16("erspan.truncated", "Truncated", Dec, mask(0x0400), names(list("Not truncated", "Truncated")))
	fERSPANSpan   = pERSPAN.u16("erspan.spanid", "SpanID", Dec, mask(0x03ff))
	fERSPANRes    = pERSPAN.u32("erspan.reserved", "Reserved", Dec, mask(0xfff00000))
	fERSPANIndex  = pERSPAN.u32("erspan.index", "Index", Dec, mask(0x000fffff))
	fERSPANTime   = pERSPAN.u32("erspan.timestamp", "Timestamp", Dec, mask(0xffffffff))
	fERSPANSGT    = pERSPAN.u16("erspan.sgt", "Security Group Tag", Dec, mask(0xffff))
	fERSPANP      = pERSPAN.u16("erspan.p", "Has Ethernet PDU", Dec, mask(0x8000))
	fERSPANFT     = pERSPAN.u16("erspan.ft", "Frame Type", Dec, mask(0x7c00), names(list("Ethernet", "", "IP")))
	fERSPANHW     = pERSPAN.u16("erspan.hw", "Hardware ID", Dec, mask(0x03f0))
	fERSPANDir    = pERSPAN.flag(TUint16, "erspan.direction", "Direction", 0x0008, names(either("Egress", "Ingress")))
	fERSPANGra    = pERSPAN.u16("erspan.gra", "Timestamp granularity", Dec, mask(0x0006), names(list("100 microseconds", "100 nanoseconds", "IEEE 1588", "Custom granularity")))
	fERSPANO      = pERSPAN.u16("erspan.o", "Optional Sub headers", Dec, mask(0x0001))
	fERSPANPlat   = pERSPAN.u32("erspan.platid", "Platform ID", Dec, mask(0xfc000000))
	eERSPANUnknwn = pERSPAN.none("erspan.version.unknown", "Unknown version")
)

// dissectERSPAN takes the header of a mirrored frame apart, of type II or III, and
// goes on with the frame (draft-foschiano-erspan-03).
func dissectERSPAN(c cursor) {
	d := c.d
	p := c.proto(pERSPAN)
	node := d.openIndex()
	d.setProto("ERSPAN")
	size := c.captured()
	v := uint64(c.u16(nil))
	version := v >> 12
	if c.ok() {
		c.bits(fERSPANVer, 2, v)
	}
	if version != 1 && version != 2 {
		if p != nil && c.ok() {
			c.expert(WarnSev, GroupUndecoded, eERSPANUnknwn, eERSPANUnknwn.Name)
		}
		c.end()
		if c.ok() {
			dissectData(c.tail())
		}
		return
	}
	if c.ok() {
		c.bits(fERSPANVlan, 2, v)
	}
	w := uint64(c.u16(nil))
	if c.ok() {
		c.bits(fERSPANCOS, 2, w)
		if version == 1 {
			c.bits(fERSPANEncap, 2, w)
		} else {
			c.bits(fERSPANBSO, 2, w)
		}
		c.bits(fERSPANTrunc, 2, w)
		c.bits(fERSPANSpan, 2, w)
	}
	frame := uint64(0)
	if version == 1 {
		x := uint64(c.u32(nil))
		if c.ok() {
			c.bits(fERSPANRes, 4, x)
			c.bits(fERSPANIndex, 4, x)
		}
	} else {
		frame = c.erspan3()
	}
	if n := c.nodeAt(node); n != nil {
		title := "Encapsulated Remote Switch Packet ANalysis Type II"
		if version == 2 {
			title += "I"
		}
		n.label(title)
		n.Len = int32(size)
	}
	c.end()
	if !c.ok() {
		return
	}
	if frame == 2 {
		dissectIP(c.tail())
		return
	}
	dissectEthernet(c.tail(), false)
}

// erspan3 reads what only type III has, and gives the frame type.
func (c *cursor) erspan3() uint64 {
	c.u32(fERSPANTime)
	c.u16(fERSPANSGT)
	v := uint64(c.u16(nil))
	if !c.ok() {
		return 0
	}
	for _, f := range []*Field{fERSPANP, fERSPANFT, fERSPANHW} {
		c.bits(f, 2, v)
	}
	c.bits(fERSPANDir, 2, v)
	c.bits(fERSPANGra, 2, v)
	c.bits(fERSPANO, 2, v)
	if v&1 != 0 {
		x := uint64(c.peek32(0))
		c.skip(8)
		if c.ok() && c.on() {
			c.addAt(fERSPANPlat, c.pos-8, 4, Node{num: fERSPANPlat.extract(x)})
		}
	}
	return fERSPANFT.extract(v)
}
