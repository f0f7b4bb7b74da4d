package dissect

import "fmt"

var (
	pIPv6       = newProto("Internet Protocol Version 6", "IPv6", "ipv6")
	fIPv6Ver    = pIPv6.u8("ipv6.version", "Version", Dec, mask(0xf0))
	fIPv6TC     = pIPv6.u32("ipv6.tclass", "Traffic Class", Hex, mask(0x0ff00000))
	fIPv6DSCP   = pIPv6.u32("ipv6.tclass.dscp", "Differentiated Services Codepoint", Dec, mask(0x0fc00000), names(dscpNames))
	fIPv6ECN    = pIPv6.u32("ipv6.tclass.ecn", "Explicit Congestion Notification", Dec, mask(0x00300000), names(ecnNames))
	fIPv6Flow   = pIPv6.u24("ipv6.flow", "Flow Label", Hex, mask(0x0fffff))
	fIPv6Plen   = pIPv6.u16("ipv6.plen", "Payload Length", Dec)
	fIPv6Nxt    = pIPv6.u8("ipv6.nxt", "Next Header", Dec, names(ipProtoNames))
	fIPv6Hlim   = pIPv6.u8("ipv6.hlim", "Hop Limit", Dec)
	fIPv6Src    = pIPv6.ip6("ipv6.src", "Source Address")
	fIPv6Dst    = pIPv6.ip6("ipv6.dst", "Destination Address")
	fIPv6Addr   = pIPv6.ip6("ipv6.addr", "Source or Destination Address")
	fIPv6SrcHst = pIPv6.str("ipv6.src_host", "Source Host")
	fIPv6DstHst = pIPv6.str("ipv6.dst_host", "Destination Host")
	fIPv6Host   = pIPv6.str("ipv6.host", "Source or Destination Host")
	fIPv6SrcMAC = pIPv6.mac("ipv6.src_slaac_mac", "Source SLAAC MAC")
	fIPv6DstMAC = pIPv6.mac("ipv6.dst_slaac_mac", "Destination SLAAC MAC")
	fIPv6MAC    = pIPv6.mac("ipv6.slaac_mac", "SLAAC MAC")

	eIPv6Version  = pIPv6.none("ipv6.bogus_ipv6_version", "Bogus IP version")
	eIPv6Header   = pIPv6.none("ipv6.invalid_header", "Invalid IPv6 header")
	eIPv6Plen     = pIPv6.none("ipv6.plen_exceeds_framing", "IPv6 payload length does not match expected framing length")
	eIPv6PlenZero = pIPv6.none("ipv6.plen_zero", `IPv6 payload length equals 0 (maybe because of "TCP segmentation offload" (TSO))`)
)

// dissectIPv6 takes an IPv6 header apart (RFC 8200 §3) and goes on with its
// extension headers and what they carry. It gives the place where the packet ends.
func dissectIPv6(c cursor) int {
	d := c.d
	start, whole := c.pos, c.limit
	d.network()
	c.proto(pIPv6)
	node := d.openIndex()
	d.setProto("IPv6")
	d.setInfo("")
	if c.left() < 40 {
		msg := c.sprintf("Invalid IPv6 header (%d bytes, need exactly 40)", c.left())
		if c.on() {
			c.expert(Error, GroupMalformed, eIPv6Header, msg)
		}
		d.setInfo(msg)
		c.need(c.left() + 1)
		c.end()
		return whole
	}
	word := c.peek32(0)
	if c.captured() > 0 && word>>28 != 6 {
		c.u8(nil)
		c.bits(fIPv6Ver, 1, uint64(word>>24))
		msg := c.sprintf("Bogus IPv6 version (%d, must be 6)", int(word>>28))
		c.bogusIP(eIPv6Version, msg, msg)
		return whole
	}
	c.ipv6Word()
	plen := int(c.u16(fIPv6Plen))
	plenNode := int32(-1)
	if d.tree != nil {
		plenNode = int32(len(d.tree.Nodes) - 1)
	}
	nxt := c.u8(fIPv6Nxt)
	hlim := c.u8(fIPv6Hlim)
	src := c.ip6(fIPv6Src)
	if !c.ok() {
		c.end()
		return whole
	}
	srcText := ""
	if c.on() || c.cols() {
		srcText = src.String()
		d.setSrc(srcText)
		c.hiddenAddr(fIPv6Addr, fIPv6SrcHst, fIPv6Host, srcText)
	}
	dst := c.ip6(fIPv6Dst)
	if !c.ok() {
		c.end()
		return whole
	}
	d.layer.src, d.layer.dst, d.layer.v6, d.layer.proto, d.layer.ttl, d.layer.node6 = src.As16(), dst.As16(), true, nxt, hlim, node
	if c.on() || c.cols() {
		dstText := dst.String()
		d.setDst(dstText)
		c.hiddenAddr(fIPv6Addr, fIPv6DstHst, fIPv6Host, dstText)
		if n := c.nodeAt(node); n != nil {
			n.label("Internet Protocol Version 6, Src: " + srcText + ", Dst: " + dstText)
			c.slaac(fIPv6SrcMAC, start+8)
			c.slaac(fIPv6DstMAC, start+24)
		}
	}
	end := start + 40 + plen
	if plen == 0 && nxt == 0 || end > c.limit {
		end = c.limit // a jumbogram, or cut
		if plen != 0 && c.on() && !d.layer.quoted {
			d.reopen(plenNode)
			c.expert(WarnSev, GroupProtocol, eIPv6Plen, fmt.Sprintf("IPv6 payload length exceeds framing length (%d bytes)", c.limit-start-40))
			c.end()
		}
	}
	if plen == 0 && nxt != 0 && nxt != 59 && c.on() {
		d.reopen(plenNode)
		c.expert(Chat, GroupProtocol, eIPv6PlenZero, eIPv6PlenZero.Name)
		c.end()
	}
	c.end()
	c.limit, c.have = end, min(c.have, end)
	dissectIPProto(c.tail(), nxt)
	return end
}

// ipv6Word shows the first four bytes: version, traffic class, flow label.
func (c *cursor) ipv6Word() {
	word := c.peek32(0)
	c.skip(4)
	if !c.on() || !c.ok() {
		return
	}
	off := c.pos - 4
	c.addAt(fIPv6Ver, off, 1, Node{num: 6})
	c.addAt(fIPVersion, off, 1, Node{num: 6, Flags: Hidden, text: `0110 .... = Version: 6 [This field makes the filter match on "ip.version == 6" possible]`})
	c.addAt(fIPv6TC, off, 4, Node{num: fIPv6TC.extract(uint64(word)), suffix: " (" + dsText(uint8(word>>20)) + ")"})
	c.begin()
	c.bits(fIPv6DSCP, 4, uint64(word))
	c.bits(fIPv6ECN, 4, uint64(word))
	c.end()
	c.bits(fIPv6Flow, 3, uint64(word))
}

// slaac shows the hardware address that an interface identifier was made of
// (RFC 4291 Appendix A).
func (c *cursor) slaac(f *Field, off int) {
	a := c.b[off : off+16]
	if a[11] != 0xff || a[12] != 0xfe || a[8]&2 == 0 {
		return
	}
	mac := []byte{a[8] ^ 2, a[9], a[10], a[13], a[14], a[15]}
	c.addAt(f, off+8, 8, Node{raw: mac, Flags: Generated})
	c.addAt(fIPv6MAC, off+8, 8, Node{raw: mac, Flags: Generated | Hidden})
}

// dissectNoNext is for next header 59: nothing follows.
func dissectNoNext(c cursor) {
	if c.cols() {
		c.d.setInfo("IPv6 no next header")
	}
	dissectData(c)
}
