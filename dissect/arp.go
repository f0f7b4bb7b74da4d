package dissect

import (
	"fmt"
	"net/netip"
)

var (
	pARP         = newProto("Address Resolution Protocol", "ARP", "arp")
	fARPHwType   = pARP.u16("arp.hw.type", "Hardware type", Dec, names(arpHardware))
	fARPProType  = pARP.u16("arp.proto.type", "Protocol type", Hex, names(etherTypes))
	fARPHwSize   = pARP.u8("arp.hw.size", "Hardware size", Dec)
	fARPProSize  = pARP.u8("arp.proto.size", "Protocol size", Dec)
	fARPOpcode   = pARP.u16("arp.opcode", "Opcode", Dec, names(arpOpcodes))
	fARPGratuit  = pARP.bool("arp.isgratuitous", "Is gratuitous")
	fARPProbe    = pARP.bool("arp.isprobe", "Is probe")
	fARPAnnounce = pARP.bool("arp.isannouncement", "Is announcement")
	fARPSrcHw    = pARP.bytes("arp.src.hw", "Sender hardware address")
	fARPSrcMAC   = pARP.mac("arp.src.hw_mac", "Sender MAC address")
	fARPSrcPro   = pARP.bytes("arp.src.proto", "Sender protocol address")
	fARPSrcIP    = pARP.ip4("arp.src.proto_ipv4", "Sender IP address")
	fARPDstHw    = pARP.bytes("arp.dst.hw", "Target hardware address")
	fARPDstMAC   = pARP.mac("arp.dst.hw_mac", "Target MAC address")
	fARPDstPro   = pARP.bytes("arp.dst.proto", "Target protocol address")
	fARPDstIP    = pARP.ip4("arp.dst.proto_ipv4", "Target IP address")
)

// dissectARP takes ARP, RARP and inverse ARP apart (RFC 826, RFC 903, RFC 2390,
// RFC 5227). It gives the place where the message ends.
func dissectARP(c cursor) int {
	d := c.d
	hwType, proType := c.peek16(0), c.peek16(2)
	hlen, plen := int(c.peek(4)), int(c.peek(5))
	op := c.peek16(6)
	end := c.pos + min(c.left(), 8+2*hlen+2*plen)
	if d.scan {
		return end
	}
	c.limit, c.have = end, min(c.have, end)
	c.proto(pARP)
	node := d.openIndex()
	switch op {
	case 3, 4:
		d.setProto("RARP")
	case 8, 9:
		d.setProto("Inverse ARP")
	default:
		d.setProto("ARP")
	}
	if c.on() && c.captured() < 8 {
		c.opened().label("Address Resolution Protocol")
	}
	c.u16(fARPHwType)
	c.u16(fARPProType)
	c.u8(fARPHwSize)
	c.u8(fARPProSize)
	c.u16(fARPOpcode)
	mac := hlen == 6 && (hwType == 1 || hwType == 6)
	ip := plen == 4 && (proType == 0x0800 || proType == 0x0a00)
	at := c.pos
	special := ""
	if mac && ip && c.captured() >= 20 {
		special = arpSpecial(&c, op)
	}
	text := ""
	if c.on() || c.cols() {
		text = arpText(&c, op, hlen, plen, mac, ip, special)
	}
	if n := c.nodeAt(node); n != nil {
		what := arpOpcodes(uint64(op))
		if what == "" {
			what = fmt.Sprintf("opcode 0x%04x", op)
		}
		switch special {
		case "gratuitous":
			what += "/gratuitous ARP"
		case "probe":
			what = "ARP Probe"
		case "announcement":
			what = "ARP Announcement"
		}
		n.label("Address Resolution Protocol (" + what + ")")
	}
	flag := map[string]*Field{"gratuitous": fARPGratuit, "probe": fARPProbe, "announcement": fARPAnnounce}[special]
	if flag != nil {
		if special == "announcement" {
			c.addAt(fARPGratuit, at, 0, Node{num: 1, Flags: Generated})
		}
		c.addAt(flag, at, 0, Node{num: 1, Flags: Generated})
	}
	c.arpAddr(hlen, mac, fARPSrcMAC, fARPSrcHw)
	c.arpAddr(plen, ip, fARPSrcIP, fARPSrcPro)
	c.arpAddr(hlen, mac, fARPDstMAC, fARPDstHw)
	c.arpAddr(plen, ip, fARPDstIP, fARPDstPro)
	d.setInfo(text)
	c.end()
	return end
}

// arpAddr reads one address: as what it is, if that is known.
func (c *cursor) arpAddr(n int, known bool, f, other *Field) {
	if n == 0 {
		return
	}
	if known {
		c.bytes(f, n)
		return
	}
	c.bytes(other, n)
}

// arpSpecial tells messages that ask or tell of the sender itself (RFC 5227 §1.1).
// The cursor stands before the addresses.
func arpSpecial(c *cursor, op uint16) string {
	if op != 1 && op != 2 {
		return ""
	}
	src, dst := c.peek32(6), c.peek32(16)
	switch {
	case src == dst && src != 0:
		if op == 1 && allZero(c.b[c.pos+10:c.pos+16]) {
			return "announcement"
		}
		return "gratuitous"
	case op == 1 && src == 0 && allZero(c.b[c.pos+10:c.pos+16]):
		return "probe"
	}
	return ""
}

// arpText is the text for the Info column. The cursor stands before the addresses.
func arpText(c *cursor, op uint16, hlen, plen int, mac, ip bool, special string) string {
	b := c.rest()
	if len(b) < 2*(hlen+plen) {
		return ""
	}
	hw := func(at int) string {
		if mac {
			return Ether(b[at : at+hlen])
		}
		return hexString(b[at : at+hlen])
	}
	pro := func(at int) string {
		if ip {
			return netip.AddrFrom4([4]byte(b[at : at+4])).String()
		}
		return hexString(b[at : at+plen])
	}
	srcHw, srcPro, dstHw, dstPro := hw(0), pro(hlen), hw(hlen+plen), pro(2*hlen+plen)
	switch special {
	case "announcement":
		return "ARP Announcement for " + dstPro
	case "probe":
		return "Who has " + dstPro + "? (ARP Probe)"
	case "gratuitous":
		if op == 1 {
			return "Gratuitous ARP for " + dstPro + " (Request)"
		}
		return "Gratuitous ARP for " + dstPro + " (Reply)"
	}
	switch op {
	case 1, 11:
		return "Who has " + dstPro + "? Tell " + srcPro
	case 2, 21:
		return srcPro + " is at " + srcHw
	case 3, 5, 8:
		return "Who is " + dstHw + "? Tell " + srcHw
	case 4, 6:
		return dstHw + " is at " + dstPro
	case 7:
		return "DRARP Error"
	case 9:
		return srcHw + " is at " + srcPro
	case 10:
		return "ARP NAK"
	}
	return fmt.Sprintf("Unknown ARP opcode 0x%04x", op)
}

// hexString writes bytes as hexadecimal digits without anything between them.
func hexString(b []byte) string { return fmt.Sprintf("%x", b) }

// nodeAt gives a node by the index that openIndex gave, nil if there is none.
func (c *cursor) nodeAt(i int32) *Node {
	if i < 0 {
		return nil
	}
	return &c.d.tree.Nodes[i]
}
