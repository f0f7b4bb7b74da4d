package dissect

var (
	pSLL         = newProto("Linux cooked-mode capture", "SLL", "sll")
	fSLLPktType  = pSLL.u16("sll.pkttype", "Packet type", Dec, names(list("Unicast to us", "Broadcast", "Multicast", "Unicast to another host", "Sent by us")))
	fSLLHaType   = pSLL.u16("sll.hatype", "Link-layer address type", Dec, names(arpHardware))
	fSLLHaLen    = pSLL.u16("sll.halen", "Link-layer address length", Dec)
	fSLLSrcEth   = pSLL.mac("sll.src.eth", "Source")
	fSLLSrcIP    = pSLL.ip4("sll.src.ipv4", "Source")
	fSLLSrcOther = pSLL.bytes("sll.src.other", "Source")
	fSLLUnused   = pSLL.bytes("sll.unused", "Unused")
	fSLLLType    = pSLL.u16("sll.ltype", "Protocol", Hex, names(sllProtocols))
	fSLLGREType  = pSLL.u16("sll.gretype", "Protocol", Hex, names(greProtocols))
	fSLLEType    = pSLL.u16("sll.etype", "Protocol", Hex, names(etherTypes))
	fSLLTrailer  = pSLL.bytes("sll.trailer", "Trailer")
	fSLLIfIndex  = pSLL.u32("sll.ifindex", "Interface index", Dec)
)

// dissectSLL takes a Linux cooked header of version 1 apart (LINKTYPE_LINUX_SLL).
func dissectSLL(c cursor) {
	d := c.d
	if p := c.proto(pSLL); p != nil {
		p.label("Linux cooked capture v1")
	}
	node := d.openIndex()
	d.setProto("SLL")
	typ := c.u16(fSLLPktType)
	c.sllInfo(typ)
	ha := c.u16(fSLLHaType)
	n := c.u16(fSLLHaLen)
	c.sllAddress(n)
	c.sllPayload(node, ha, c.sllProtocol(ha))
}

// dissectSLL2 takes a Linux cooked header of version 2 apart (LINKTYPE_LINUX_SLL2).
func dissectSLL2(c cursor) {
	d := c.d
	if p := c.proto(pSLL); p != nil {
		p.label("Linux cooked capture v2")
	}
	node := d.openIndex()
	d.setProto("SLL")
	ha := c.peek16(8)
	c.sllInfo(uint16(c.peek(10)))
	t := c.sllProtocol(ha)
	c.skip(2)
	c.u32(fSLLIfIndex)
	c.u16(fSLLHaType)
	c.u8(fSLLPktType)
	n := c.u8(fSLLHaLen)
	c.sllAddress(uint16(n))
	c.sllPayload(node, ha, t)
}

func (c *cursor) sllInfo(typ uint16) {
	if c.cols() {
		c.d.setInfo(orUnknown(fSLLPktType.Names, uint64(typ)))
	}
}

// sllAddress reads the sender's address, of which eight bytes have room.
func (c *cursor) sllAddress(n uint16) {
	used := int(min(n, 8))
	switch n {
	case 4:
		a := c.ip4(fSLLSrcIP)
		if c.cols() && c.ok() {
			c.d.setSrc(a.String())
		}
	case 6:
		b := c.bytes(fSLLSrcEth, 6)
		if c.cols() && c.ok() {
			c.d.setSrc(Ether(b))
		}
	case 0:
	default:
		c.bytes(fSLLSrcOther, used)
	}
	if used < 8 {
		c.bytes(fSLLUnused, 8-used)
	}
}

// sllProtocol reads the protocol, which means different things by hardware type.
func (c *cursor) sllProtocol(ha uint16) uint16 {
	t := c.peek16(0)
	switch {
	case ha == 778:
		c.u16(fSLLGREType)
	case t < 1536:
		c.u16(fSLLLType)
	default:
		c.u16(fSLLEType)
	}
	return t
}

// sllPayload goes on with what the header names.
func (c *cursor) sllPayload(node int32, ha, t uint16) {
	d := c.d
	c.end()
	if !c.ok() {
		return
	}
	rest := c.tail()
	switch {
	case ha == 778:
		dissectGREPayload(rest, t)
	case t == 1:
		dissectNamed(rest, namedIPX)
	case t == 3:
		dissectEthernet(rest, false)
	case t == 4:
		dissectLLC(rest)
	case t == 7:
		dissectPPPLink(rest)
	case t < 1536:
		dissectData(rest)
	default:
		d.enter(pEtherType)
		rest.pos = dissectEtherType(rest, t)
		rest.etherTrailer(node, fSLLTrailer, false)
	}
}
