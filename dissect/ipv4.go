package dissect

import "fmt"

var (
	pIP           = newProto("Internet Protocol Version 4", "IPv4", "ip")
	fIPVersion    = pIP.u8("ip.version", "Version", Dec, mask(0xf0))
	fIPHdrLen     = pIP.u8("ip.hdr_len", "Header Length", Dec, mask(0x0f))
	fIPDS         = pIP.u8("ip.dsfield", "Differentiated Services Field", Hex)
	fIPDSCP       = pIP.u8("ip.dsfield.dscp", "Differentiated Services Codepoint", Dec, mask(0xfc), names(dscpNames))
	fIPECN        = pIP.u8("ip.dsfield.ecn", "Explicit Congestion Notification", Dec, mask(0x03), names(ecnNames))
	fIPLen        = pIP.u16("ip.len", "Total Length", Dec)
	fIPID         = pIP.u16("ip.id", "Identification", HexDec)
	fIPFlags      = pIP.u8("ip.flags", "Flags", Hex, mask(0xe0))
	fIPFlagsRB    = pIP.flag(TUint8, "ip.flags.rb", "Reserved bit", 0x80)
	fIPFlagsDF    = pIP.flag(TUint8, "ip.flags.df", "Don't fragment", 0x40)
	fIPFlagsMF    = pIP.flag(TUint8, "ip.flags.mf", "More fragments", 0x20)
	fIPFragOff    = pIP.u16("ip.frag_offset", "Fragment Offset", Dec, mask(0x1fff))
	fIPTTL        = pIP.u8("ip.ttl", "Time to Live", Dec)
	fIPProto      = pIP.u8("ip.proto", "Protocol", Dec, names(ipProtoNames))
	fIPCheck      = pIP.u16("ip.checksum", "Header Checksum", Hex)
	fIPCheckState = pIP.u8("ip.checksum.status", "Header checksum status", NoLabel, names(checksumStates))
	fIPSrc        = pIP.ip4("ip.src", "Source Address")
	fIPDst        = pIP.ip4("ip.dst", "Destination Address")
	fIPAddr       = pIP.ip4("ip.addr", "Source or Destination Address")
)

// checksumStates are the values of the generated checksum status fields.
var checksumStates = list("Bad", "Good", "Unverified", "Not present", "Illegal")

// dissectIPv4 takes an IPv4 header apart (RFC 791 §3.1, RFC 2474, RFC 3168).
func dissectIPv4(c cursor) {
	d := c.d
	p := c.proto(pIP)
	_ = p
	d.setProto("IPv4")
	hdrOff := c.pos
	v := c.u8(nil)
	c.bits(fIPVersion, 1, uint64(v))
	hlen := int(v&15) * 4
	c.bits(fIPHdrLen, 1, uint64(v))
	if c.on() {
		c.last().num = uint64(hlen)
		c.last().label(fIPHdrLen.bitPrefix(uint64(v&15)) + fmt.Sprintf("Header Length: %d bytes (%d)", hlen, v&15))
	}
	ds := c.u8(fIPDS)
	if c.on() {
		c.last().append(fmt.Sprintf(" (DSCP: %s, ECN: %s)", dscpShort(ds>>2), ecnShort(ds&3)))
	}
	c.begin()
	c.bits(fIPDSCP, 1, uint64(ds))
	c.bits(fIPECN, 1, uint64(ds))
	c.end()
	total := int(c.u16(fIPLen))
	c.u16(fIPID)
	ff := c.u16(nil)
	c.bits(fIPFlags, 2, uint64(ff>>8))
	if n := c.last(); n != nil {
		n.span(hdrOff+6, 1)
	}
	c.begin()
	for _, f := range []*Field{fIPFlagsRB, fIPFlagsDF, fIPFlagsMF} {
		c.addAt(f, hdrOff+6, 1, Node{num: f.extract(uint64(ff >> 8))})
	}
	c.end()
	c.bits(fIPFragOff, 2, uint64(ff))
	c.u8(fIPTTL)
	proto := c.u8(fIPProto)
	c.u16(fIPCheck)
	src := c.ip4(fIPSrc)
	c.hiddenCopy(fIPAddr)
	dst := c.ip4(fIPDst)
	c.hiddenCopy(fIPAddr)
	if c.ok() {
		d.setAddrs(src, dst)
		d.layer.src, d.layer.dst, d.layer.v6, d.layer.proto = src.As16(), dst.As16(), false, proto
		if c.on() {
			c.opened().label(fmt.Sprintf("Internet Protocol Version 4, Src: %s, Dst: %s", src, dst))
		}
	}
	c.end()
	payload := c.to(total - hlen)
	dissectIPProto(payload, proto)
}

func dscpNames(v uint64) string { return dscpShort(uint8(v)) }
func ecnNames(v uint64) string  { return ecnShort(uint8(v)) }

func dscpShort(v uint8) string { return fmt.Sprint(v) }

func ecnShort(v uint8) string { return list("Not-ECT", "ECT(1)", "ECT(0)", "CE")(uint64(v)) }

func ipProtoNames(v uint64) string {
	switch v {
	case 6:
		return "TCP"
	case 17:
		return "UDP"
	}
	return ""
}
