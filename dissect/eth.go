package dissect

var (
	pEth        = newProto("Ethernet", "Ethernet", "eth")
	fEthDst     = pEth.mac("eth.dst", "Destination")
	fEthSrc     = pEth.mac("eth.src", "Source")
	fEthAddr    = pEth.mac("eth.addr", "Address")
	fEthLG      = pEth.flag(TUint24, "eth.lg", "LG bit", 0x020000, names(either("Locally administered address (this is NOT the factory default)", "Globally unique address (factory default)")))
	fEthIG      = pEth.flag(TUint24, "eth.ig", "IG bit", 0x010000, names(either("Group address (multicast/broadcast)", "Individual address (unicast)")))
	fEthType    = pEth.u16("eth.type", "Type", Hex, names(etherTypes))
	fEthTrailer = pEth.bytes("eth.trailer", "Trailer")
	fEthPadding = pEth.bytes("eth.padding", "Padding")

	pEtherType = newProto("Ethertype", "Ethertype", "ethertype")
)

// etherTypes names Ethernet types (IANA's IEEE 802 numbers), as Wireshark words them.
func etherTypes(v uint64) string {
	switch v {
	case 0x0800:
		return "IPv4"
	case 0x0806:
		return "ARP"
	case 0x86dd:
		return "IPv6"
	}
	return ""
}

// etherAddr reads a hardware address with its two bits under it.
func (c *cursor) etherAddr(f *Field) []byte {
	b := c.bytes(f, 6)
	if b == nil || !c.on() {
		return b
	}
	c.begin()
	off := c.pos - 6
	c.addAt(fEthAddr, off, 6, Node{raw: b})
	v := uint64(b[0])<<16 | uint64(b[1])<<8 | uint64(b[2])
	c.addAt(fEthLG, off, 3, Node{num: fEthLG.extract(v)})
	c.addAt(fEthIG, off, 3, Node{num: fEthIG.extract(v)})
	c.end()
	return b
}

// dissectEthernet takes an Ethernet II frame apart (IEEE 802.3 §3).
func dissectEthernet(c cursor) {
	c.proto(pEth)
	dst := c.etherAddr(fEthDst)
	src := c.etherAddr(fEthSrc)
	if dst != nil && src != nil {
		if c.on() {
			c.opened().label("Ethernet II, Src: " + Ether(src) + ", Dst: " + Ether(dst))
		}
		if c.cols() {
			c.d.setEnds(Ether(src), Ether(dst))
			c.d.setProto("Ethernet")
		}
	}
	t := c.u16(fEthType)
	c.end()
	if c.ok() {
		c.d.enter(pEtherType)
		dissectEtherType(c.tail(), t)
	}
}
