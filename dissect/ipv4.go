package dissect

import (
	"fmt"
	"net/netip"
	"strings"
)

var (
	pIP           = newProto("Internet Protocol Version 4", "IPv4", "ip")
	fIPVersion    = pIP.u8("ip.version", "Version", Dec, mask(0xf0))
	fIPHdrLen     = pIP.u8("ip.hdr_len", "Header Length", Dec)
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
	fIPSrcHost    = pIP.str("ip.src_host", "Source Host")
	fIPDst        = pIP.ip4("ip.dst", "Destination Address")
	fIPDstHost    = pIP.str("ip.dst_host", "Destination Host")
	fIPAddr       = pIP.ip4("ip.addr", "Source or Destination Address")
	fIPHost       = pIP.str("ip.host", "Source or Destination Host")

	eIPVersion = pIP.none("ip.bogus_ip_version", "Bogus IP version")
	eIPHdrLen  = pIP.none("ip.bogus_header_length", "Bogus IP header length")
	eIPLen     = pIP.none("ip.bogus_ip_length", "Bogus IP length")
	eIPTTLLow  = pIP.none("ip.ttl.too_small", "Time To Live")
	eIPTTLLNCB = pIP.none("ip.ttl.lncb", "Time To Live")

	ecnNames = list("Not ECN-Capable Transport", "ECN-Capable Transport codepoint '01'", "ECN-Capable Transport codepoint '10'", "Congestion Experienced")
	ecnShort = list("Not-ECT", "ECT(1)", "ECT(0)", "CE")
)

// checksumStates are the values of the generated checksum status fields.
var checksumStates = list("Bad", "Good", "Unverified", "Not present", "Illegal")

// dscpShort is what a codepoint is called for short (RFC 2474, 2597, 3246, 5865, 8622).
var dscpShort = table(map[uint64]string{0: "CS0", 1: "LE", 8: "CS1", 10: "AF11", 12: "AF12", 14: "AF13", 16: "CS2", 18: "AF21", 20: "AF22", 22: "AF23",
	24: "CS3", 26: "AF31", 28: "AF32", 30: "AF33", 32: "CS4", 34: "AF41", 36: "AF42", 38: "AF43", 40: "CS5", 44: "VOICE-ADMIT", 46: "EF PHB", 48: "CS6", 56: "CS7"})

// dsText is what the two parts of a differentiated services byte say.
func dsText(ds uint8) string {
	name := dscpShort(uint64(ds >> 2))
	if name == "" {
		name = "Unknown"
	}
	return "DSCP: " + name + ", ECN: " + ecnShort(uint64(ds&3))
}

// dissectIPv4 takes an IPv4 header apart (RFC 791 §3.1, RFC 2474, RFC 3168) and
// goes on with what it carries. It gives the place where the datagram ends.
func dissectIPv4(c cursor) int {
	d := c.d
	start, whole := c.pos, c.limit
	d.network()
	c.proto(pIP)
	node := d.openIndex()
	d.setProto("IPv4")
	d.setInfo("")
	c.start = start
	v := c.u8(nil)
	c.bits(fIPVersion, 1, uint64(v))
	if c.ok() && v>>4 != 4 {
		msg := c.sprintf("Bogus IPv4 version (%d, must be 4)", int(v>>4))
		c.bogusIP(eIPVersion, msg, msg)
		return whole
	}
	hlen := int(v&15) * 4
	if c.on() && c.ok() {
		c.add(fIPHdrLen, 1, Node{num: uint64(hlen), text: fmt.Sprintf(".... %04b = Header Length: %d bytes (%d)", v&15, hlen, v&15)})
	}
	if c.ok() && hlen < 20 {
		msg := c.sprintf("Bogus IP header length (%d, must be at least 20)", hlen)
		c.trim(node, start+hlen)
		c.bogusIP(eIPHdrLen, msg, msg)
		return whole
	}
	ds := c.u8(fIPDS)
	if c.on() && c.ok() {
		c.last().append(" (" + dsText(ds) + ")")
		c.begin()
		c.bits(fIPDSCP, 1, uint64(ds))
		c.bits(fIPECN, 1, uint64(ds))
		c.end()
	}
	total := c.ipv4Length(start, hlen)
	if total < 0 {
		return whole
	}
	end := start + total
	id := c.u16(fIPID)
	ff := c.ipv4Flags()
	ttl := c.u8(fIPTTL)
	ttlNode := int32(-1)
	if d.tree != nil {
		ttlNode = int32(len(d.tree.Nodes) - 1)
	}
	proto := c.u8(fIPProto)
	c.u16(fIPCheck)
	if c.on() && c.ok() {
		c.last().append(" [validation disabled]")
		c.addAt(fIPCheckState, c.pos-2, 0, Node{num: 2, Flags: Generated})
	}
	if !c.ipv4Addrs(node, ttlNode, hlen, ttl, proto) {
		return end
	}
	if hlen > 20 {
		ipv4Options(c.to(hlen-20), hlen-20)
	}
	c.limit, c.have = end, min(c.have, end)
	if ff&0x3fff != 0 && total > hlen && !d.layer.quoted {
		c.fragment(fragmentHeader{id: uint32(id), proto: proto, off: uint32(ff&0x1fff) * 8, more: ff&0x2000 != 0, node: node, end: start + hlen})
		return end
	}
	c.trim(node, start+hlen)
	c.end()
	if ff&0x1fff != 0 { // a later part, in a quote
		dissectData(c.tail())
		return end
	}
	if c.left() > 0 {
		dissectIPProto(c.tail(), proto)
	}
	return end
}

// sprintf writes a text of numbers, unless nobody is to see it.
func (c *cursor) sprintf(format string, n ...int) string {
	if !c.on() && !c.cols() {
		return ""
	}
	args := make([]any, len(n))
	for i, v := range n {
		args[i] = v
	}
	return fmt.Sprintf(format, args...)
}

// bogusIP says that this is not an IP header that can be read, and stops.
func (c *cursor) bogusIP(item *Field, msg, info string) {
	if c.on() {
		c.begin()
		c.expert(Error, GroupProtocol, item, msg)
		c.end()
	}
	c.d.setInfo(info)
	c.end()
	c.d.stop()
}

// ipv4Length reads the total length and gives what counts: the length of the
// frame where the field is 0 or beyond it (R9). −1 means that dissection ends.
func (c *cursor) ipv4Length(start, hlen int) int {
	d := c.d
	there := c.limit - start
	total := int(c.u16(fIPLen))
	switch {
	case !c.ok():
		return there
	case total == 0:
		if c.on() {
			n := c.last()
			n.num = uint64(there)
			n.label(fmt.Sprintf(`Total Length: %d bytes (reported as 0, presumed to be because of "TCP segmentation offload" (TSO))`, there))
		}
		return there
	case total < hlen:
		if c.on() {
			c.trim(c.d.openIndex(), start+hlen)
			c.last().label(fmt.Sprintf("Total Length: %d bytes (bogus, less than header length %d)", total, hlen))
		}
		c.bogusIP(eIPLen, eIPLen.Name, c.sprintf("Bogus IP length (%d, less than header length %d)", total, hlen))
		return -1
	case total > there && !d.layer.quoted:
		if c.on() {
			c.begin()
			c.expert(Error, GroupProtocol, eIPLen, fmt.Sprintf("IPv4 total length exceeds packet length (%d bytes)", there))
			c.end()
		}
		return there
	}
	return total
}

// ipv4Flags reads the flags and the fragment offset.
func (c *cursor) ipv4Flags() uint16 {
	ff := c.u16(nil)
	if !c.on() || !c.ok() {
		return ff
	}
	off, v := c.pos-2, uint64(ff>>8)
	var set []string
	for _, f := range []*Field{fIPFlagsRB, fIPFlagsDF, fIPFlagsMF} {
		if v&f.Mask != 0 {
			set = append(set, f.Name)
		}
	}
	n := c.addAt(fIPFlags, off, 1, Node{num: v >> 5})
	if len(set) > 0 {
		n.append(", " + strings.Join(set, ", "))
	}
	c.begin()
	for _, f := range []*Field{fIPFlagsRB, fIPFlagsDF, fIPFlagsMF} {
		c.addAt(f, off, 1, Node{num: f.extract(v)})
	}
	c.end()
	units := uint64(ff & 0x1fff)
	c.add(fIPFragOff, 2, Node{num: units, text: fIPFragOff.bitPrefix(units) + fmt.Sprintf("Fragment Offset: %d", units*8)})
	return ff
}

// ipv4Addrs reads the two addresses and says whether they were there.
func (c *cursor) ipv4Addrs(node, ttlNode int32, hlen int, ttl, proto uint8) bool {
	d := c.d
	src := c.ip4(fIPSrc)
	if !c.ok() {
		c.end()
		return false
	}
	srcText, dstText := "", ""
	if c.on() || c.cols() {
		srcText = src.String()
		d.setSrc(srcText)
		c.hiddenAddr(fIPAddr, fIPSrcHost, fIPHost, srcText)
	}
	via := netip.Addr{}
	dst, routed := c.routeEnd(hlen - 20)
	if routed {
		via = c.ip4(fRouteCur)
	} else {
		dst = c.ip4(fIPDst)
	}
	if !c.ok() {
		c.end()
		return false
	}
	d.layer.src, d.layer.dst, d.layer.v6, d.layer.proto, d.layer.ttl = src.As16(), dst.As16(), false, proto, ttl
	if c.on() || c.cols() {
		dstText = dst.String()
		d.setDst(dstText)
		if !routed {
			c.hiddenAddr(fIPAddr, fIPDstHost, fIPHost, dstText)
		}
	}
	if c.on() {
		c.nodeAt(node).label("Internet Protocol Version 4, Src: " + srcText + ", Dst: " + dstText)
		if routed {
			c.add(fRouteCurHst, 4, Node{str: via.String(), Flags: Hidden | Generated})
			c.nodeAt(node).append(", Via: " + via.String())
		}
		c.ttlExpert(ttlNode, ttl, proto, dst.As4())
	}
	return true
}

// hiddenAddr adds an address again under the fields that mean either end, and as
// a host name, which is the address while no names are looked up.
func (c *cursor) hiddenAddr(either, host, eitherHost *Field, text string) {
	if !c.on() {
		return
	}
	k := *c.last()
	raw, off, n := k.raw, int(k.Off), int(k.Len)
	c.addAt(either, off, n, Node{raw: raw, Flags: Hidden})
	c.addAt(host, off, n, Node{str: text, Flags: Hidden | Generated})
	c.addAt(eitherHost, off, n, Node{str: text, Flags: Hidden | Generated})
}

// localTTL are the hop limits of groups of the local network control block that
// are not 1; 0: any (RFC 3171 §3 and the protocols' own rules).
var localTTL = map[byte]uint8{0x12: 255, 0xfb: 255, 0xfc: 0}

// ttlExpert notes a hop limit that is odd for where the datagram goes.
func (c *cursor) ttlExpert(node int32, ttl, proto uint8, dst [4]byte) {
	msg, item := "", eIPTTLLow
	switch {
	case dst[0] == 224 && dst[1] == 0 && dst[2] == 0:
		want, known := localTTL[dst[3]]
		if !known {
			want = 1
		}
		if want != 0 && ttl != want {
			item = eIPTTLLNCB
			msg = fmt.Sprintf(`"Time To Live" != %d for a packet sent to the Local Network Control Block (see RFC 3171)`, want)
		}
	case ttl < 5 && dst[0]>>4 != 14 && proto != 103 && proto != 89:
		msg = fmt.Sprintf(`"Time To Live" only %d`, ttl)
	}
	if msg == "" || node < 0 {
		return
	}
	c.d.reopen(node)
	c.expert(NoteSev, GroupSequence, item, msg)
	c.end()
}
