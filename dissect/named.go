package dissect

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// named is a protocol that is recognised and shown, but not taken apart.
type named struct {
	proto *Proto
	field *Field // its bytes
}

func newNamed(name, short, abbrev string) named {
	p := newProto(name, short, abbrev)
	return named{p, p.bytes(abbrev+".bytes", "Bytes")}
}

var (
	namedIPX     = newNamed("Internetwork Packet eXchange", "IPX", "ipx")
	namedSTP     = newNamed("Spanning Tree Protocol", "STP", "stp")
	namedNetBIOS = newNamed("NetBIOS", "NetBIOS", "netbios")
	namedHPExt   = newNamed("HP Extended Local-Link Control", "HPEXT", "hpext")
	namedOSI     = newNamed("OSI", "OSI", "osi")
	namedISIS    = newNamed("ISO 10589 ISIS InTRA Domain Routeing Information Exchange Protocol", "ISIS", "isis")
	namedCDP     = newNamed("Cisco Discovery Protocol", "CDP", "cdp")
	namedVTP     = newNamed("VLAN Trunking Protocol", "VTP", "vtp")
	namedDTP     = newNamed("Dynamic Trunk Protocol", "DTP", "dtp")
	namedUDLD    = newNamed("Unidirectional Link Detection", "UDLD", "udld")
	namedPAgP    = newNamed("Port Aggregation Protocol", "PAgP", "pagp")
	namedLLDP    = newNamed("Link Layer Discovery Protocol", "LLDP", "lldp")
)

// namedEtherTypes are the protocols that Ethernet types name.
var namedEtherTypes = map[uint16]named{
	0x8137: namedIPX,
	0x88cc: namedLLDP,
	0x888e: newNamed("802.1X Authentication", "EAPOL", "eapol"),
	0x8809: newNamed("Slow Protocols", "Slow Protocols", "slow"),
	0x88a2: newNamed("ATA over Ethernet", "AoE", "aoe"),
	0x88e5: newNamed("802.1AE Security Tag", "MACSEC", "macsec"),
	0x88f7: newNamed("Precision Time Protocol (IEEE1588)", "PTPv2", "ptp"),
	0x8902: newNamed("CFM EOAM IEEE 802.1Q/ITU-T Y.1731 Protocol", "CFM", "cfm"),
	0x8906: newNamed("Fibre Channel over Ethernet", "FCoE", "fcoe"),
	0x8914: newNamed("FCoE Initialization Protocol", "FIP", "fip"),
	0x8808: newNamed("MAC Control", "MAC CTRL", "macc"),
	0x8892: newNamed("PROFINET Real-Time Protocol", "PNIO", "pn_rt"),
	0x88a4: newNamed("EtherCAT frame header", "ECATF", "ethercat"),
	0x88ca: newNamed("Transparent Inter Process Communication(TIPC)", "TIPC", "tipc"),
	0x894f: newNamed("Network Service Header", "NSH", "nsh"),
	0x8909: newNamed("Cisco MetaData", "CMD", "cmd"),
	0x809b: newNamed("Datagram Delivery Protocol", "DDP", "ddp"),
	0x80f3: newNamed("AppleTalk Address Resolution Protocol", "AARP", "aarp"),
	0x6003: newNamed("DEC DNA Routing Protocol", "DEC DNA", "dec_dna"),
}

// namedIPProtos are the protocols that IP names.
var namedIPProtos = map[uint8]named{
	3:   newNamed("Gateway-to-Gateway Protocol", "GGP", "ggp"),
	8:   newNamed("Exterior Gateway Protocol", "EGP", "egp"),
	33:  newNamed("Datagram Congestion Control Protocol", "DCCP", "dccp"),
	46:  newNamed("Resource ReserVation Protocol (RSVP)", "RSVP", "rsvp"),
	54:  newNamed("NBMA Next Hop Resolution Protocol", "NHRP", "nhrp"),
	88:  newNamed("Enhanced Interior Gateway Routing Protocol", "EIGRP", "eigrp"),
	89:  newNamed("Open Shortest Path First", "OSPF", "ospf"),
	103: newNamed("Protocol Independent Multicast", "PIM", "pim"),
	108: newNamed("IP Payload Compression", "IPComp", "ipcomp"),
	112: newNamed("Virtual Router Redundancy Protocol", "VRRP", "vrrp"),
	115: namedL2TP,
	124: newNamed("ISO 10589 ISIS InTRA Domain Routeing Information Exchange Protocol", "ISIS", "isis_ip"),
	132: newNamed("Stream Control Transmission Protocol", "SCTP", "sctp"),
	135: newNamed("Mobile IPv6 / Network Mobility", "MIPv6", "mipv6"),
	139: newNamed("Host Identity Protocol", "HIP", "hip"),
	140: newNamed("SHIM6 Protocol", "SHIM6", "shim6"),
}

// dissectNamed shows a protocol as what it is, with its bytes.
func dissectNamed(c cursor, n named) {
	d := c.d
	size := c.captured()
	if p := c.proto(n.proto); p != nil {
		p.label(fmt.Sprintf("%s, %s, not dissected by tcplens", n.proto.Name, plural(c.left(), "byte")))
	}
	d.setProto(n.proto.Short)
	d.setInfo(n.proto.Name)
	if size > 0 {
		c.bytes(n.field, size)
	}
	c.end()
	if c.left() > 0 && c.ok() {
		c.need(c.left())
	}
}

// dissectNamedEtherType goes on with a recognised Ethernet type; false if it is
// not one. It gives the place where the protocol ends.
func dissectNamedEtherType(c cursor, t uint16) (int, bool) {
	n, ok := namedEtherTypes[t]
	if !ok {
		return 0, false
	}
	end := c.limit
	if t == 0x88cc {
		end = lldpEnd(&c)
		c.limit, c.have = end, min(c.have, end)
	}
	dissectNamed(c, n)
	return end, true
}

// lldpEnd finds the end of an LLDP message: the TLV of type 0 (IEEE 802.1AB §8).
func lldpEnd(c *cursor) int {
	for i := 0; i+2 <= c.captured(); {
		v := c.peek16(i)
		i += 2 + int(v&0x1ff)
		if v>>9 == 0 {
			return min(c.limit, c.pos+i)
		}
	}
	return c.limit
}

// dissectNamedIP goes on with a recognised IP protocol; false if it is not one.
func dissectNamedIP(c cursor, proto uint8) bool {
	n, ok := namedIPProtos[proto]
	if ok {
		dissectNamed(c, n)
	}
	return ok
}

// etherTypeKnown says whether a SNAP type is one that goes on.
func etherTypeKnown(t uint16) bool {
	switch t {
	case 0x0800, 0x0806, 0x86dd, 0x8035, 0x8100, 0x88a8, 0x8847, 0x8848, 0x8863, 0x8864, 0x6558:
		return true
	}
	_, ok := namedEtherTypes[t]
	return ok
}

// dissectCisco goes on with a protocol that Cisco's SNAP numbers name.
func dissectCisco(c cursor, pid uint16) {
	switch pid {
	case 0x0104:
		dissectNamed(c, namedPAgP)
	case 0x010b:
		dissectNamed(c, namedSTP)
	case 0x0111:
		dissectNamed(c, namedUDLD)
	case 0x2000:
		dissectNamed(c, namedCDP)
	case 0x2003:
		dissectNamed(c, namedVTP)
	case 0x2004:
		dissectNamed(c, namedDTP)
	default:
		dissectData(c)
	}
}

// dissectOSI tells the OSI network protocols by their first byte (ISO/IEC TR 9577).
func dissectOSI(c cursor) {
	c.d.enter(namedOSI.proto)
	if c.peek(0) == 0x83 {
		d := c.d
		dissectNamed(c, namedISIS)
		if p := isisPDU(c.peek(4) & 0x1f); p != nil {
			d.enter(p)
		}
		return
	}
	dissectData(c)
}

var (
	pISISHello = newProto("ISIS HELLO", "ISIS HELLO", "isis.hello")
	pISISLSP   = newProto("ISO 10589 ISIS Link State Protocol Data Unit", "ISIS LSP", "isis.lsp")
	pISISCSNP  = newProto("ISO 10589 ISIS Complete Sequence Numbers Protocol Data Unit", "ISIS CSNP", "isis.csnp")
	pISISPSNP  = newProto("ISO 10589 ISIS Partial Sequence Numbers Protocol Data Unit", "ISIS PSNP", "isis.psnp")
)

// isisPDU tells the kinds of IS-IS messages (ISO/IEC 10589 §9).
func isisPDU(t uint8) *Proto {
	switch t {
	case 15, 16, 17:
		return pISISHello
	case 18, 20:
		return pISISLSP
	case 24, 25:
		return pISISCSNP
	case 26, 27:
		return pISISPSNP
	}
	return nil
}

// namedProtocols lists them for the list of all protocols.
func namedProtocols() []*Proto {
	out := []*Proto{namedIPX.proto, namedSTP.proto, namedNetBIOS.proto, namedHPExt.proto, namedOSI.proto, namedISIS.proto, namedCDP.proto,
		namedVTP.proto, namedDTP.proto, namedUDLD.proto, namedPAgP.proto, pISISHello, pISISLSP, pISISCSNP, pISISPSNP,
		namedGTPPrime.proto, namedGTPv2.proto, namedPAP.proto, namedCHAP.proto, namedCCP.proto, namedEAP.proto, namedVJ.proto, namedMP.proto, namedComp.proto}
	for _, n := range sortedNamed(namedEtherTypes) {
		if n.proto != namedIPX.proto {
			out = append(out, n.proto)
		}
	}
	for _, n := range sortedNamed(namedIPProtos) {
		out = append(out, n.proto)
	}
	return out
}

// sortedNamed gives the protocols of a table in the order of their numbers.
func sortedNamed[K cmp.Ordered](m map[K]named) []named {
	var out []named
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[k])
	}
	return out
}
