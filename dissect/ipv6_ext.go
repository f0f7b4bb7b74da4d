package dissect

import "fmt"

var (
	pHopOpts     = newProto("IPv6 Hop-by-Hop Option", "IPv6 Hop-by-Hop", "ipv6.hopopts")
	fHopNxt      = pHopOpts.u8("ipv6.hopopts.nxt", "Next Header", Dec, names(ipProtoNames))
	fHopLen      = pHopOpts.u8("ipv6.hopopts.len", "Length", Dec)
	fHopLenOct   = pHopOpts.u16("ipv6.hopopts.len_oct", "Length", Dec, units(" bytes"))
	pDstOpts     = newProto("Destination Options for IPv6", "IPv6 Destination", "ipv6.dstopts")
	fDstNxt      = pDstOpts.u8("ipv6.dstopts.nxt", "Next Header", Dec, names(ipProtoNames))
	fDstLen      = pDstOpts.u8("ipv6.dstopts.len", "Length", Dec)
	fDstLenOct   = pDstOpts.u16("ipv6.dstopts.len_oct", "Length", Dec, units(" bytes"))
	fOpt         = pIPv6.none("ipv6.opt", "IPv6 Option")
	fOptType     = pIPv6.u8("ipv6.opt.type", "Type", Hex, names(ipv6OptionTypes))
	fOptAction   = pIPv6.u8("ipv6.opt.type.action", "Action", Dec, mask(0xc0), names(list("Skip and continue", "Discard", "Discard and send ICMP Parameter Problem", "Discard and send ICMP if not multicast")))
	fOptChange   = pIPv6.flag(TUint8, "ipv6.opt.type.change", "May Change", 0x20, names(yesNo))
	fOptRest     = pIPv6.u8("ipv6.opt.type.rest", "Low-Order Bits", Hex, mask(0x1f))
	fOptLen      = pIPv6.u8("ipv6.opt.length", "Length", Dec)
	fOptPad1     = pIPv6.none("ipv6.opt.pad1", "Pad1")
	fOptPadN     = pIPv6.bytes("ipv6.opt.padn", "PadN")
	fOptAlert    = pIPv6.u16("ipv6.opt.router_alert", "Router Alert", Dec, names(list("MLD", "RSVP", "Active Network")))
	fOptTEL      = pIPv6.u8("ipv6.opt.tel", "Tunnel Encapsulation Limit", Dec)
	fOptJumbo    = pIPv6.u32("ipv6.opt.jumbo", "Payload Length", Dec)
	fOptHome     = pIPv6.ip6("ipv6.opt.mipv6.home_address", "MIPv6 Home Address")
	fOptUnknown  = pIPv6.bytes("ipv6.opt.unknown", "Unknown Option Payload")
	fOptExp      = pIPv6.bytes("ipv6.opt.experimental", "Experimental Option")
	pRouting     = newProto("Routing Header for IPv6", "IPv6 Routing", "ipv6.routing")
	fRoutNxt     = pRouting.u8("ipv6.routing.nxt", "Next Header", Dec, names(ipProtoNames))
	fRoutLen     = pRouting.u8("ipv6.routing.len", "Length", Dec)
	fRoutLenOct  = pRouting.u16("ipv6.routing.len_oct", "Length", Dec, units(" bytes"))
	fRoutType    = pRouting.u8("ipv6.routing.type", "Type", Dec, names(ipv6RoutingTypes))
	fRoutLeft    = pRouting.u8("ipv6.routing.segleft", "Segments Left", Dec)
	fRoutSrcRes  = pRouting.bytes("ipv6.routing.src.reserved", "Reserved")
	fRoutSrcAddr = pRouting.ip6("ipv6.routing.src.addr", "Address")
	fRoutMIPRes  = pRouting.bytes("ipv6.routing.mipv6.reserved", "Reserved")
	fRoutMIPHome = pRouting.ip6("ipv6.routing.mipv6.home_address", "Home Address")
	fRoutSRLast  = pRouting.u8("ipv6.routing.srh.last_entry", "Last Entry", Dec)
	fRoutSRFlags = pRouting.u8("ipv6.routing.srh.flags", "Flags", Hex)
	fRoutSRTag   = pRouting.bytes("ipv6.routing.srh.tag", "Tag")
	fRoutSRAddr  = pRouting.ip6("ipv6.routing.srh.addr", "Address")
	fRoutUnknown = pRouting.bytes("ipv6.routing.unknown_data", "Type-Specific Data")
	eRoutOld     = pRouting.none("ipv6.routing.deprecated", "Routing header type is deprecated")
	pFragHdr     = newProto("Fragment Header for IPv6", "IPv6 Fragment", "ipv6.fraghdr")
	fFragNxt     = pFragHdr.u8("ipv6.fraghdr.nxt", "Next header", Dec, names(ipProtoNames))
	fFragRes     = pFragHdr.u8("ipv6.fraghdr.reserved_octet", "Reserved octet", Hex)
	fFragOff     = pFragHdr.u16("ipv6.fraghdr.offset", "Offset", Dec, mask(0xfff8))
	fFragBits    = pFragHdr.u16("ipv6.fraghdr.reserved_bits", "Reserved bits", Dec, mask(0x0006))
	fFragMore    = pFragHdr.flag(TUint16, "ipv6.fraghdr.more", "More Fragments", 0x0001, names(yesNo))
	fFragID      = pFragHdr.u32("ipv6.fraghdr.ident", "Identification", Hex)
	pESP         = newProto("Encapsulating Security Payload", "ESP", "esp")
	fESPSPI      = pESP.u32("esp.spi", "ESP SPI", HexDec)
	fESPSeq      = pESP.u32("esp.sequence", "ESP Sequence", Dec)
	pAH          = newProto("Authentication Header", "AH", "ah")
	fAHNxt       = pAH.u8("ah.next_header", "Next header", Dec, names(ipProtoNames))
	fAHLen       = pAH.u8("ah.length", "Length", Dec)
	fAHRes       = pAH.bytes("ah.reserved", "Reserved")
	fAHSPI       = pAH.u32("ah.spi", "AH SPI", Hex)
	fAHSeq       = pAH.u32("ah.sequence", "AH Sequence", Dec)
	fAHICV       = pAH.bytes("ah.icv", "AH ICV")
)

// openExtension opens the node of an extension header, under that of the IPv6
// header it belongs to.
func (c *cursor) openExtension(p *Proto) {
	d := c.d
	c.start = c.pos
	if d.tree != nil && d.layer.v6 && d.layer.node6 >= 0 {
		d.reopen(d.layer.node6)
	}
	c.proto(p)
}

// closeExtension closes it; the IPv6 header's node reaches to the end of it.
func (c *cursor) closeExtension() {
	d := c.d
	c.end()
	if d.tree == nil || !d.layer.v6 || d.layer.node6 < 0 {
		return
	}
	c.trim(d.layer.node6, c.pos)
	d.tree.open = d.tree.open[:max(0, len(d.tree.open)-1)]
}

// optionsHeader reads a header of options and goes on behind it.
func (c *cursor) optionsHeader(p *Proto, fNxt, fLen, fOct *Field, info string) {
	d := c.d
	c.openExtension(p)
	if c.cols() {
		d.setInfo(info)
	}
	nxt := c.u8(fNxt)
	n := (int(c.u8(fLen)) + 1) * 8
	if c.on() && c.ok() {
		c.add(fOct, 1, Node{num: uint64(n), Flags: Generated})
	}
	opts := c.to(n - 2)
	if opts.left() < n-2 {
		opts.limit = max(opts.limit, opts.pos)
	}
	opts.ipv6Options()
	c.closeExtension()
	if c.ok() {
		d.layer.proto = nxt
		dissectIPProto(c.tail(), nxt)
	}
}

func dissectHopByHop(c cursor) {
	c.optionsHeader(pHopOpts, fHopNxt, fHopLen, fHopLenOct, "IPv6 hop-by-hop options")
}

func dissectDestOptions(c cursor) {
	c.optionsHeader(pDstOpts, fDstNxt, fDstLen, fDstLenOct, "IPv6 destination options")
}

// ipv6Options reads options to the end of their header (RFC 8200 §4.2).
func (c *cursor) ipv6Options() {
	for c.ok() && c.left() > 0 {
		t := c.peek(0)
		if c.on() {
			name := ipv6OptionTypes(uint64(t))
			if name == "" {
				name = fmt.Sprintf("Unknown IPv6 Option (%d)", t)
			}
			c.sub(fOpt, name)
		}
		c.u8(fOptType)
		if c.ok() {
			c.begin()
			c.bits(fOptAction, 1, uint64(t))
			c.bits(fOptChange, 1, uint64(t))
			c.bits(fOptRest, 1, uint64(t))
			c.end()
		}
		if t == 0 {
			c.addAt(fOptPad1, c.pos-1, 0, Node{})
			c.end()
			continue
		}
		n := int(c.u8(fOptLen))
		v := c.to(n)
		if v.left() < n {
			c.need(n + 1)
			c.end()
			return
		}
		v.ipv6Option(t, n)
		c.end()
	}
}

// ipv6Option reads the value of one option.
func (c *cursor) ipv6Option(t uint8, n int) {
	switch {
	case t == 1:
		if n == 0 {
			c.addAt(fOptPadN, c.pos, 0, Node{text: "PadN: <none>"})
			return
		}
		c.bytes(fOptPadN, n)
	case t == 4 && n == 1:
		c.u8(fOptTEL)
	case t == 5 && n == 2:
		c.u16(fOptAlert)
	case t == 194 && n == 4:
		c.u32(fOptJumbo)
	case t == 201 && n == 16:
		c.ip6(fOptHome)
	case t == 0x1e || t == 0x3e || t == 0x5e || t == 0x7e || t == 0x9e || t == 0xbe || t == 0xde || t == 0xfe:
		c.bytes(fOptExp, n)
	default:
		if n > 0 {
			c.bytes(fOptUnknown, n)
		}
	}
}

// dissectRoutingHeader takes a routing header apart (RFC 8200 §4.4, RFC 6275 §6.4,
// RFC 8754).
func dissectRoutingHeader(c cursor) {
	d := c.d
	c.openExtension(pRouting)
	node := d.openIndex()
	nxt := c.u8(fRoutNxt)
	n := (int(c.u8(fRoutLen)) + 1) * 8
	if c.on() && c.ok() {
		c.add(fRoutLenOct, 1, Node{num: uint64(n), Flags: Generated})
	}
	t := c.u8(fRoutType)
	if c.on() && c.ok() {
		c.nodeAt(node).append(" (" + orUnknown(ipv6RoutingTypes, uint64(t)) + ")")
		if t == 0 {
			c.begin()
			c.expert(NoteSev, GroupDeprecated, eRoutOld, eRoutOld.Name)
			c.end()
		}
	}
	left := int(c.u8(fRoutLeft))
	if c.cols() {
		d.setInfo("IPv6 routing")
	}
	body := c.to(n - 4)
	if left > 0 && !d.layer.quoted {
		body.routeEnd6(t)
	}
	body.routingBody(t)
	c.closeExtension()
	if c.ok() {
		d.layer.proto = nxt
		dissectIPProto(c.tail(), nxt)
	}
}

// routeEnd6 finds where the packet goes in the end, which is not where the header
// says while segments are left.
func (c *cursor) routeEnd6(t uint8) {
	at := -1
	switch n := c.left(); {
	case (t == 0 || t == 2) && n >= 20:
		at = 4 + (n-4)/16*16 - 16
	case t == 4 && n >= 20:
		at = 4
	}
	if at < 0 || at+16 > c.captured() {
		return
	}
	c.d.layer.dst = [16]byte(c.b[c.pos+at : c.pos+at+16])
	if c.cols() {
		c.d.setDst(addr(c.d.layer.dst, true).String())
	}
}

// routingBody reads what the type of a routing header makes of its rest.
func (c *cursor) routingBody(t uint8) {
	switch t {
	case 0:
		c.bytes(fRoutSrcRes, 4)
		for i := 1; c.ok() && c.left() >= 16; i++ {
			c.ip6(fRoutSrcAddr)
			c.numbered(i)
		}
	case 2:
		c.bytes(fRoutMIPRes, 4)
		c.ip6(fRoutMIPHome)
		c.numbered(1)
	case 4:
		c.u8(fRoutSRLast)
		c.u8(fRoutSRFlags)
		c.bytes(fRoutSRTag, 2)
		for i := 0; c.ok() && c.left() >= 16; i++ {
			c.ip6(fRoutSRAddr)
			c.numbered(i)
		}
	}
	if n := c.left(); n > 0 && c.ok() {
		c.bytes(fRoutUnknown, n)
	}
}

// numbered puts a number behind the name of the newest node: Address[1].
func (c *cursor) numbered(i int) {
	if n := c.last(); n != nil && c.ok() {
		n.label(fmt.Sprintf("Address[%d]: %s", i, n.Value()))
	}
}

// dissectFragmentHeader takes a fragment header apart (RFC 8200 §4.5).
func dissectFragmentHeader(c cursor) {
	d := c.d
	c.openExtension(pFragHdr)
	node := d.openIndex()
	nxt := c.u8(fFragNxt)
	c.u8(fFragRes)
	v := c.u16(nil)
	if c.on() && c.ok() {
		c.bits(fFragOff, 2, uint64(v))
		c.last().append(fmt.Sprintf(" (%d bytes)", v&0xfff8))
		c.bits(fFragBits, 2, uint64(v))
		c.bits(fFragMore, 2, uint64(v))
	}
	id := c.u32(fFragID)
	if !c.ok() {
		c.closeExtension()
		return
	}
	if c.cols() {
		c.fragmentInfo(fragmentHeader{id: id, proto: nxt, off: uint32(v & 0xfff8), more: v&1 != 0, v6: true}, 0)
	}
	d.layer.proto = nxt
	if v&0xfff9 == 0 || d.layer.quoted { // an atomic fragment (RFC 6946)
		c.closeExtension()
		if v&0xfff8 != 0 {
			dissectData(c.tail())
			return
		}
		dissectIPProto(c.tail(), nxt)
		return
	}
	if d.tree != nil && d.layer.v6 && d.layer.node6 >= 0 {
		c.end()
		node = d.layer.node6
	}
	c.fragment(fragmentHeader{id: id, proto: nxt, off: uint32(v & 0xfff8), more: v&1 != 0, v6: true, node: node, end: c.pos})
}

// dissectESP shows the header of encrypted data (RFC 4303 §2).
func dissectESP(c cursor) {
	d := c.d
	c.proto(pESP)
	d.setProto("ESP")
	spi := c.u32(fESPSPI)
	if c.cols() && c.ok() {
		d.setInfof("ESP (SPI=0x%08x)", spi)
	}
	c.u32(fESPSeq)
	if n := c.captured(); n > 0 && c.ok() {
		c.skip(n)
	}
	c.end()
}

// dissectAH takes an authentication header apart (RFC 4302 §2).
func dissectAH(c cursor) {
	d := c.d
	c.openExtension(pAH)
	d.setProto("AH")
	nxt := c.u8(fAHNxt)
	n := (int(c.u8(fAHLen)) + 2) * 4
	if c.on() && c.ok() {
		c.last().append(fmt.Sprintf(" (%d bytes)", n))
	}
	c.bytes(fAHRes, 2)
	spi := c.u32(fAHSPI)
	if c.cols() && c.ok() {
		d.setInfof("AH (SPI=0x%08x)", spi)
	}
	c.u32(fAHSeq)
	if n > 12 {
		c.bytes(fAHICV, n-12)
	}
	c.closeExtension()
	if c.ok() {
		d.layer.proto = nxt
		dissectIPProto(c.tail(), nxt)
	}
}
