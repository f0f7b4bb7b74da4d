package dissect

import "fmt"

var (
	pARCNET       = newProto("ARCNET", "ARCNET", "arcnet")
	fARCSrc       = pARCNET.u8("arcnet.src", "Source", Hex)
	fARCDst       = pARCNET.u8("arcnet.dst", "Dest", Hex)
	fARCOffset    = pARCNET.bytes("arcnet.offset", "Offset")
	fARCProto     = pARCNET.u8("arcnet.protID", "Protocol ID", Hex, names(arcnetProtocols))
	fARCSplit     = pARCNET.u8("arcnet.split_flag", "Split Flag", Dec)
	fARCException = pARCNET.u8("arcnet.exception_flag", "Exception Flag", Hex)
	fARCSequence  = pARCNET.u16("arcnet.sequence", "Sequence", Dec)
	fARCPadding   = pARCNET.u16("arcnet.padding", "Padding", Hex)

	arcnetProtocols = table(map[uint64]string{0x00: "Datapoint boot", 0x01: "Datapoint mount", 0x08: "PowerLAN beacon", 0x80: "Diagnose",
		0xc4: "IPv6", 0xcd: "BACnet", 0xd4: "RFC 1201 IP", 0xd5: "RFC 1201 ARP", 0xd6: "RFC 1201 RARP", 0xdd: "Appletalk",
		0xe8: "Encapsulated Ethernet", 0xec: "Novell of some sort", 0xf0: "RFC 1051 IP", 0xf1: "RFC 1051 ARP", 0xf3: "PowerLAN beacon2",
		0xf7: "Banyan VINES", 0xfa: "IPX"})
)

// dissectARCNET takes an ARCNET packet apart (RFC 1051, RFC 1201). In Linux'
// captures an offset stands behind the addresses (LINKTYPE_ARCNET_LINUX), in
// others an exception may come before the header (LINKTYPE_ARCNET_BSD). Packets
// in several parts are not put together.
func dissectARCNET(c cursor, linux bool) {
	d := c.d
	d.setProto("ARCNET")
	d.setInfo("ARCNET")
	if c.captured() < 2 {
		d.enter(pARCNET)
		c.need(2)
		return
	}
	c.proto(pARCNET)
	src, dst := c.u8(fARCSrc), c.u8(fARCDst)
	if c.cols() {
		d.setEnds(fmt.Sprintf("0x%02x", src), fmt.Sprintf("0x%02x", dst))
	}
	if linux {
		c.bytes(fARCOffset, 2)
	}
	t := c.u8(fARCProto)
	switch t {
	case 0xf0, 0xf1, 0xcd, 0x80:
		// These have no more of a header.
	default:
		if !linux && c.peek(0) == 0xff {
			c.u8(fARCException)
			c.u16(fARCPadding)
			t = c.u8(fARCProto)
		}
		c.u8(fARCSplit)
		c.u16(fARCSequence)
	}
	if !c.ok() {
		return
	}
	c.end()
	rest := c.tail()
	switch t {
	case 0xf0, 0xd4:
		dissectIPv4(rest)
	case 0xf1, 0xd5, 0xd6:
		dissectARP(rest)
	case 0xc4:
		dissectIPv6(rest)
	case 0xe8:
		dissectEthernet(rest, false)
	case 0xcd:
		dissectLLC(rest)
	case 0xdd:
		dissectEtherType(rest, 0x809b)
	case 0xec, 0xfa:
		dissectNamed(rest, namedIPX)
	default:
		if c.cols() {
			d.setProto(fmt.Sprintf("0x%04x", t))
		}
		dissectData(rest)
	}
}
