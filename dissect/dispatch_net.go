package dissect

import (
	"fmt"

	"tcplens/internal/packet"
)

// netProtocols lists the protocols of the link, network and tunnel layers.
var netProtocols = append([]*Proto{
	pEth, pEtherType, pLLC, pVLAN, p8021ad, pSLL, pNull, pLoop, pRaw, pPPP, pPPPHDLC, pLCP, pIPCP, pIPv6CP, pPPPoE, pPPPoED, pPPPoES,
	pMPLS, pPWEth, pPWNoCW, pPWCW, pPWACH, pGRE, pERSPAN, pVXLAN, pGeneve, pARP, pIP, pIPv6, pHopOpts, pRouting, pFragHdr, pDstOpts, pESP, pAH,
	pICMP, pICMPv6, pIGMP, pEtherIP, pUDP, pGTP, pCHDLC, pSLARP, pARCNET, pFDDI, pIPoIB, pNFLOG, pPPI,
	pRadiotap, pWLANRadio, pWLAN, pWLANAggregate, pWLANMgt,
}, namedProtocols()...)

// dissectLink begins with the link layer.
func dissectLink(c cursor, l packet.LinkType) {
	switch l {
	case packet.LinkEthernet:
		dissectEthernet(c, true)
	case packet.LinkRaw:
		c.d.enter(pRaw)
		dissectRawIP(c)
	case packet.LinkIPv4:
		dissectIPv4(c)
	case packet.LinkIPv6:
		dissectIPv6(c)
	case packet.LinkNull:
		dissectNull(c, false)
	case packet.LinkLoop:
		dissectNull(c, true)
	case packet.LinkLinuxSLL:
		dissectSLL(c)
	case packet.LinkLinuxSLL2:
		dissectSLL2(c)
	case packet.LinkPPP, packet.LinkPPPSerial:
		dissectPPPLink(c)
	case packet.LinkATM:
		dissectLLC(c)
	case packet.LinkRadiotap:
		dissectRadiotap(c)
	case packet.LinkWLAN:
		dissectWLAN(c, false, false)
	case packet.LinkCHDLC:
		dissectCHDLC(c)
	case packet.LinkARCNET:
		dissectARCNET(c, false)
	case packet.LinkARCNETSLL:
		dissectARCNET(c, true)
	case packet.LinkFDDI:
		dissectFDDI(c)
	case packet.LinkIPoIB:
		dissectIPoIB(c)
	case packet.LinkPPI:
		dissectPPI(c)
	case packet.LinkNFLOG:
		dissectNFLOG(c)
	case packet.LinkPPPEther:
		dissectPPPoESession(c)
	default:
		c.d.setProto("UNKNOWN")
		if c.cols() {
			c.d.setInfof("Link type %d, not dissected by tcplens", uint16(l))
		}
		dissectData(c)
	}
}

// dissectRawIP shows that there is no link layer and tells IP's version by the
// first nibble.
func dissectRawIP(c cursor) {
	c.addAt(&pRaw.field, c.pos, c.captured(), Node{})
	c.d.setEnds("N/A", "N/A")
	c.d.setProto("N/A")
	c.d.setInfo("Raw packet data")
	dissectIP(c)
}

var pRaw = newProto("Raw packet data", "Raw", "raw")

// dissectIP goes on with IPv4 or IPv6, whichever the first nibble says.
func dissectIP(c cursor) {
	switch c.peek(0) >> 4 {
	case 4:
		dissectIPv4(c)
	case 6:
		dissectIPv6(c)
	default:
		dissectData(c)
	}
}

// dissectEtherType goes on with the protocol that an Ethernet type names. It
// gives the place in the source where what that protocol claims ends, so that
// the layer below can show what comes after it as padding or trailer.
func dissectEtherType(c cursor, t uint16) int {
	if !c.d.descend() {
		return c.limit
	}
	defer c.d.ascend()
	switch t {
	case 0x0800:
		return dissectIPv4(c)
	case 0x86dd:
		return dissectIPv6(c)
	case 0x0806, 0x8035:
		return dissectARP(c)
	case 0x8100, 0x9100:
		dissectVLAN(c)
	case 0x88a8:
		dissect8021ad(c)
	case 0x8847, 0x8848:
		dissectMPLS(c)
	case 0x8863:
		return dissectPPPoEDiscovery(c)
	case 0x8864:
		return dissectPPPoESession(c)
	case 0x6558:
		dissectEthernet(c, false)
	case 0x880b:
		dissectPPP(c)
	case 0x9000:
		dissectLoopTest(c)
	default:
		if end, ok := dissectNamedEtherType(c, t); ok {
			return end
		}
		if c.cols() {
			c.d.setProto(hex16(t))
			if name := etherTypes(uint64(t)); name != "" {
				c.d.setInfo(name)
			}
		}
		dissectData(c)
	}
	return c.limit
}

// dissectIPProto goes on with the protocol that IP names.
func dissectIPProto(c cursor, proto uint8) {
	if !c.d.descend() {
		return
	}
	defer c.d.ascend()
	switch proto {
	case 0:
		dissectHopByHop(c)
	case 1:
		dissectICMP(c)
	case 2:
		dissectIGMP(c)
	case 4:
		dissectIPv4(c)
	case 6:
		dissectTCP(c)
	case 17:
		dissectUDP(c)
	case 41:
		dissectIPv6(c)
	case 43:
		dissectRoutingHeader(c)
	case 44:
		dissectFragmentHeader(c)
	case 47:
		dissectGRE(c)
	case 50:
		dissectESP(c)
	case 51:
		dissectAH(c)
	case 58:
		dissectICMPv6(c)
	case 59:
		dissectNoNext(c)
	case 60:
		dissectDestOptions(c)
	case 137:
		dissectMPLS(c)
	case 97:
		dissectEtherIP(c)
	case 143:
		dissectEthernet(c, false)
	default:
		if dissectNamedIP(c, proto) {
			return
		}
		if c.cols() {
			c.d.setInfof(unknownProto[c.d.layer.v6], orUnknown(ipProtoNames, uint64(proto)), proto)
		}
		dissectData(c)
	}
}

// unknownProto is the text for the Info column where IP, or IPv6, carries what
// nobody knows.
var unknownProto = map[bool]string{false: "%s (%d)", true: "Unknown IP Protocol: %s (%d)"}

var (
	pEtherIP  = newProto("Ethernet over IP", "ETHERIP", "etherip")
	fEtherIPV = pEtherIP.u16("etherip.ver", "Version", Dec, mask(0xf000))
	fEtherIPR = pEtherIP.u16("etherip.reserved", "Reserved", Hex, mask(0x0fff))
)

// dissectEtherIP takes the header of Ethernet over IP apart (RFC 3378 §3).
func dissectEtherIP(c cursor) {
	c.proto(pEtherIP)
	c.d.setProto("ETHERIP")
	v := uint64(c.u16(nil))
	if c.on() && c.ok() {
		c.opened().label(fmt.Sprintf("EtherIP, Version %d", v>>12))
		c.bits(fEtherIPV, 2, v)
		c.bits(fEtherIPR, 2, v)
	}
	c.end()
	if c.ok() {
		dissectEthernet(c.tail(), false)
	}
}

// descend notes one more level of nesting and says whether it is allowed.
func (d *Dissection) descend() bool {
	if d.fail != fine {
		return false
	}
	if d.depth >= maxDepth {
		d.fail, d.failProto = malformed, d.current()
		return false
	}
	d.depth++
	return true
}

func (d *Dissection) ascend() { d.depth-- }

// opened gives the index of the open node, −1 without a tree, for reopen.
func (d *Dissection) openIndex() int32 {
	if d.tree == nil || len(d.tree.open) == 0 {
		return -1
	}
	return d.tree.open[len(d.tree.open)-1]
}

// reopen lets the next fields go into a node that was closed; end closes it again.
func (d *Dissection) reopen(i int32) {
	if d.tree != nil {
		d.tree.open = append(d.tree.open, i)
	}
}

// setSrc and setDst set one column of the two, as soon as it is known: a packet
// may be cut before the other.
func (d *Dissection) setSrc(s string) {
	if d.wantCols {
		d.cols.Src = s
	}
}

func (d *Dissection) setDst(s string) {
	if d.wantCols {
		d.cols.Dst = s
	}
}

// hex16 writes 0x0c0d.
func hex16(v uint16) string {
	const digits = "0123456789abcdef"
	return string([]byte{'0', 'x', digits[v>>12], digits[v>>8&15], digits[v>>4&15], digits[v&15]})
}

// checksum is the internet checksum's sum (RFC 1071): one's complement of 16-bit
// words, not yet inverted. It may be continued if all parts before the last have
// an even length.
func checksum(sum uint32, b []byte) uint32 {
	for len(b) >= 2 {
		sum += uint32(b[0])<<8 | uint32(b[1])
		b = b[2:]
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return sum
}

// orUnknown gives the text of a value in any case.
func orUnknown(n Names, v uint64) string {
	if s := n(v); s != "" {
		return s
	}
	return "Unknown"
}
