package dissect

import "fmt"

var (
	lgText = names(either("Locally administered address (this is NOT the factory default)", "Globally unique address (factory default)"))
	igText = names(either("Group address (multicast/broadcast)", "Individual address (unicast)"))

	pEth         = newProto("Ethernet", "Ethernet", "eth")
	fEthDst      = etherField{pEth.mac("eth.dst", "Destination"), pEth.str("eth.dst_resolved", "Destination (resolved)"), ouiField(pEth, "eth.dst.oui", "Destination OUI"), pEth.flag(TUint24, "eth.dst.lg", "LG bit", 0x020000, lgText), pEth.flag(TUint24, "eth.dst.ig", "IG bit", 0x010000, igText)}
	fEthSrc      = etherField{pEth.mac("eth.src", "Source"), pEth.str("eth.src_resolved", "Source (resolved)"), ouiField(pEth, "eth.src.oui", "Source OUI"), pEth.flag(TUint24, "eth.src.lg", "LG bit", 0x020000, lgText), pEth.flag(TUint24, "eth.src.ig", "IG bit", 0x010000, igText)}
	fEthAddr     = pEth.mac("eth.addr", "Address")
	fEthAddrName = pEth.str("eth.addr_resolved", "Address (resolved)")
	fEthAddrOUI  = ouiField(pEth, "eth.addr.oui", "Address OUI")
	fEthLG       = pEth.flag(TUint24, "eth.lg", "LG bit", 0x020000, lgText)
	fEthIG       = pEth.flag(TUint24, "eth.ig", "IG bit", 0x010000, igText)
	fEthLen      = pEth.u16("eth.len", "Length", Dec)
	fEthType     = pEth.u16("eth.type", "Type", Hex, names(etherTypes))
	fEthInvalid  = pEth.u16("eth.invalid_lentype", "Invalid length/type", HexDec)
	fEthTrailer  = pEth.bytes("eth.trailer", "Trailer")
	fEthPadding  = pEth.bytes("eth.padding", "Padding")
	fEthFCS      = pEth.u32("eth.fcs", "Frame check sequence", Hex)
	fEthFCSState = pEth.u8("eth.fcs.status", "FCS Status", NoLabel, names(checksumStates))
	eEthPastEnd  = pEth.none("eth.len.past_end", "Length field value goes past the end of the payload")
	eEthInvalid  = pEth.none("eth.invalid_lentype.expert", "Invalid length/type")
	eEthSrcGroup = pEth.none("eth.src_not_group", "Source MAC must not be a group address: IEEE 802.3-2002, Section 3.2.3(b)")
	eEthPadBad   = pEth.none("eth.padding_bad", "Padding identification may be inaccurate and impact trailer dissector")

	pEtherType = newProto("Ethertype", "Ethertype", "ethertype")
)

// etherField is a hardware address with what belongs to it.
type etherField struct{ addr, name, oui, lg, ig *Field }

// ouiField makes a field of an organisation's number, which is shown as the first
// bytes of an address.
func ouiField(p *Proto, abbrev, name string) *Field {
	return p.u24(abbrev, name, Custom, names(func(v uint64) string { return Ether([]byte{byte(v >> 16), byte(v >> 8), byte(v)}) }))
}

// etherAddr reads a hardware address with its two bits under it.
func (c *cursor) etherAddr(f *etherField) []byte {
	b := c.bytes(f.addr, 6)
	if b == nil || !c.on() {
		return b
	}
	c.begin()
	off := c.pos - 6
	v := uint64(b[0])<<16 | uint64(b[1])<<8 | uint64(b[2])
	text := Ether(b)
	if f == &fEthSrc && b[0]&1 != 0 {
		c.expert(WarnSev, GroupProtocol, eEthSrcGroup, eEthSrcGroup.Name)
	}
	c.addAt(f.name, off, 6, Node{str: text, Flags: Hidden | Generated})
	c.addAt(f.oui, off, 3, Node{num: v, Flags: Hidden | Generated})
	c.addAt(fEthAddr, off, 6, Node{raw: b})
	c.addAt(fEthAddrName, off, 6, Node{str: text, Flags: Hidden | Generated})
	c.addAt(fEthAddrOUI, off, 3, Node{num: v, Flags: Hidden | Generated})
	c.addAt(f.lg, off, 3, Node{num: f.lg.extract(v)})
	c.addAt(fEthLG, off, 3, Node{num: fEthLG.extract(v), Flags: Hidden})
	c.addAt(f.ig, off, 3, Node{num: f.ig.extract(v)})
	c.addAt(fEthIG, off, 3, Node{num: fEthIG.extract(v), Flags: Hidden})
	c.end()
	return b
}

// dissectEthernet takes an Ethernet frame apart (IEEE 802.3 §3): type or length,
// payload, and what is left after it. fcs says that a frame check sequence may
// stand at the end: not inside a tunnel.
func dissectEthernet(c cursor, fcs bool) {
	d := c.d
	c.proto(pEth)
	node := d.openIndex()
	d.setProto("Ethernet")
	dst := c.etherAddr(&fEthDst)
	if dst != nil && c.cols() {
		d.setDst(Ether(dst))
	}
	src := c.etherAddr(&fEthSrc)
	if src == nil {
		c.end()
		return
	}
	if c.cols() {
		d.setSrc(Ether(src))
	}
	t := c.peek16(0)
	if t <= 1500 && t != 0 {
		dissect8023(c, node, fcs, t)
		return
	}
	if c.on() {
		c.opened().label("Ethernet II, Src: " + Ether(src) + ", Dst: " + Ether(dst))
	}
	d.setInfo("Ethernet II")
	if t < 1536 && t != 0 {
		c.u16(fEthInvalid)
		if c.on() || c.cols() {
			msg := fmt.Sprintf("Invalid length/type: 0x%04x (%d)", t, t)
			d.setInfo("Ethernet Unknown: " + msg)
			c.invalidType(src, dst, msg)
		}
		c.end()
		dissectData(c.tail())
		return
	}
	c.u16(fEthType)
	c.end()
	if !c.ok() {
		return
	}
	d.enter(pEtherType)
	rest := c.tail()
	end := dissectEtherType(rest, t)
	rest.pos = end
	rest.etherTrailer(node, fEthTrailer, fcs)
}

// invalidType shows that a number is neither a length nor a type.
func (c *cursor) invalidType(src, dst []byte, msg string) {
	if !c.on() {
		return
	}
	c.opened().label("Ethernet Unknown, Src: " + Ether(src) + ", Dst: " + Ether(dst))
	c.begin()
	c.expert(WarnSev, GroupProtocol, eEthInvalid, msg)
	c.end()
}

// dissect8023 goes on with a frame that has a length: LLC, or raw IPX.
func dissect8023(c cursor, node int32, fcs bool, length uint16) {
	d := c.d
	if c.on() {
		c.opened().label("IEEE 802.3 Ethernet ")
	}
	d.setInfo("IEEE 802.3 Ethernet ")
	c.u16(fEthLen)
	if !c.ok() {
		c.end()
		return
	}
	if int(length) > c.left() {
		if c.on() {
			c.begin()
			c.expert(Error, GroupMalformed, eEthPastEnd, eEthPastEnd.Name)
			c.end()
		}
		length = uint16(c.left())
	}
	c.end()
	rest := c
	payload := c.to(int(length))
	if payload.peek(0) == 0xff && payload.peek(1) == 0xff {
		dissectNamed(payload, namedIPX)
	} else {
		dissectLLC(payload)
	}
	rest.pos = c.pos
	rest.etherTrailer(node, fEthTrailer, fcs)
}

// etherTrailer shows what follows the payload of a frame: zeros that fill it up
// to the smallest length, bytes of nobody, and a frame check sequence if the
// frame is long enough to have kept it. The cursor stands where the payload ends.
func (c *cursor) etherTrailer(node int32, trailer *Field, fcs bool) {
	d := c.d
	if d.tree == nil || node < 0 || c.pos >= c.limit || d.fail == cutShort {
		return
	}
	wire := int(d.in.Packet.Len)
	reported, have := c.limit-c.pos, c.captured()
	d.reopen(node)
	defer c.end()
	badPad := false
	if pad := 60 - (wire - reported); wire >= 60 && pad > 0 {
		pad = min(pad, reported)
		if pad <= have && allZero(c.b[c.pos:c.pos+pad]) {
			c.addAt(fEthPadding, c.pos, pad, Node{raw: c.b[c.pos : c.pos+pad]})
			c.pos, reported, have = c.pos+pad, reported-pad, have-pad
		} else {
			badPad = true
		}
	}
	sum := -1
	if fcs && reported >= 4 && wire >= 64 {
		reported -= 4
		if have >= reported+4 {
			sum = c.pos + reported
		}
		have = min(have, reported)
	}
	if reported > 0 && have > 0 {
		c.addAt(trailer, c.pos, have, Node{raw: c.b[c.pos : c.pos+have]})
		if badPad {
			d.push()
			c.expert(NoteSev, GroupProtocol, eEthPadBad, "Didn't find padding of zeros, and an undecoded trailer exists. There may be padding of non-zeros.")
			c.end()
		}
	}
	if sum >= 0 {
		s := cursor{d: d, b: c.b, source: c.source, pos: sum, have: c.have, limit: c.limit}
		s.addAt(fEthFCS, sum, 4, Node{num: uint64(s.peek32(0)), suffix: " [unverified]"})
		s.addAt(fEthFCSState, sum, 0, Node{num: 2, Flags: Generated})
	}
}

func allZero(b []byte) bool {
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}
