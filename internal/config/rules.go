package config

import (
	"maps"

	"tcplens/dissect"
)

// DefaultRules are the colouring rules that Wireshark 4.0 comes with, by name,
// filter and order. The colours are of Okabe and Ito's set, and the glyph in the
// margin says the same to those who see no colours. TCP and UDP keep the colours of
// the protocols that they carry.
func DefaultRules() []Rule {
	change := mustStyle("bold amber")
	grave := mustStyle("bold vermilion")
	rules := []Rule{
		{Name: "Bad TCP", Filter: "tcp.analysis.flags && !tcp.analysis.window_update && !tcp.analysis.keep_alive && !tcp.analysis.keep_alive_ack", Style: mustStyle("orange"), Glyph: "!", ASCII: "!"},
		{Name: "HSRP State Change", Filter: "hsrp.state != 8 && hsrp.state != 16", Style: change, Glyph: "~", ASCII: "~"},
		{Name: "Spanning Tree Topology  Change", Filter: "stp.type == 0x80", Style: change, Glyph: "~", ASCII: "~"},
		{Name: "OSPF State Change", Filter: "ospf.msg != 1", Style: change, Glyph: "~", ASCII: "~"},
		{Name: "ICMP errors", Filter: "icmp.type in { 3..5, 11 } || icmpv6.type in { 1..4 }", Style: grave, Glyph: "×", ASCII: "x"},
		{Name: "ARP", Filter: "arp", Style: mustStyle("amber"), Glyph: "a", ASCII: "a"},
		{Name: "ICMP", Filter: "icmp || icmpv6", Style: mustStyle("purple"), Glyph: "i", ASCII: "i"},
		{Name: "TCP RST", Filter: "tcp.flags.reset eq 1", Style: grave, Glyph: "╳", ASCII: "X"},
		{Name: "SCTP ABORT", Filter: "sctp.chunk_type eq ABORT", Style: grave, Glyph: "╳", ASCII: "X"},
		{Name: "TTL low or unexpected", Filter: "(ip.dst != 224.0.0.0/4 && ip.ttl < 5 && !pim && !ospf) || (ip.dst == 224.0.0.0/24 && ip.dst != 224.0.0.251 && ip.ttl != 1 && !(vrrp || carp))", Style: mustStyle("vermilion"), Glyph: "↓", ASCII: "v"},
		{Name: "Checksum Errors", Filter: "eth.fcs.status==\"Bad\" || ip.checksum.status==\"Bad\" || tcp.checksum.status==\"Bad\" || udp.checksum.status==\"Bad\" || sctp.checksum.status==\"Bad\" || mstp.checksum.status==\"Bad\" || cdp.checksum.status==\"Bad\" || edp.checksum.status==\"Bad\" || wlan.fcs.status==\"Bad\" || stt.checksum.status==\"Bad\"", Style: grave, Glyph: "#", ASCII: "#"},
		{Name: "SMB", Filter: "smb || nbss || nbns || netbios", Style: mustStyle("amber"), Glyph: "s", ASCII: "s"},
		{Name: "HTTP", Filter: "http || tcp.port == 80 || http2", Style: mustStyle("bluishgreen"), Glyph: "h", ASCII: "h"},
		{Name: "DCERPC", Filter: "dcerpc", Style: mustStyle("purple"), Glyph: "d", ASCII: "d"},
		{Name: "Routing", Filter: "hsrp || eigrp || ospf || bgp || cdp || vrrp || carp || gvrp || igmp || ismp", Style: mustStyle("skyblue"), Glyph: "r", ASCII: "r"},
		{Name: "TCP SYN/FIN", Filter: "tcp.flags & 0x02 || tcp.flags.fin == 1", Style: mustStyle("skyblue"), Glyph: "○", ASCII: "o"},
		{Name: "TCP", Filter: "tcp"},
		{Name: "UDP", Filter: "udp"},
		{Name: "Broadcast", Filter: "eth[0] & 1", Style: mustStyle("italic"), Glyph: "*", ASCII: "*"},
		{Name: "System Event", Filter: "systemd_journal || sysdig", Style: mustStyle("skyblue"), Glyph: "e", ASCII: "e"},
	}
	for i := range rules {
		rules[i].Stock = true
	}
	return rules
}

// mustStyle reads a style that stands in the program; a test holds that all do.
func mustStyle(s string) Style {
	st, _ := ParseStyle(s)
	return st
}

// RuleFields are the fields that the filters of rules may name: known, and those that
// only the default rules name. Packets here have none of these.
func RuleFields(known dissect.Lookup) dissect.Lookup {
	out := maps.Clone(known)
	add := func(t dissect.Type, names ...string) {
		for _, n := range names {
			if len(out[n]) == 0 {
				out[n] = []*dissect.Field{{Name: n, Abbrev: n, Type: t}}
			}
		}
	}
	add(dissect.TProtocol, "carp", "gvrp", "ismp", "systemd_journal", "sysdig")
	add(dissect.TUint8, "hsrp.state", "stp.type", "ospf.msg")
	add(dissect.TString, "sctp.chunk_type", "sctp.checksum.status", "mstp.checksum.status", "cdp.checksum.status", "edp.checksum.status", "stt.checksum.status")
	return out
}
