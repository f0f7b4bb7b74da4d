package packet

import "strconv"

// LinkType is the LINKTYPE_ value of a capture file (the tcpdump group's
// registry), 16 bits wide. Live handles give DLT_ values, which capture maps.
type LinkType uint16

// The link types that tcplens dissects. Any other is shown as data.
const (
	LinkNull      LinkType = 0   // BSD loopback, host byte order
	LinkEthernet  LinkType = 1   // Ethernet II and 802.3
	LinkARCNET    LinkType = 7   // ARCNET, with BSD's header
	LinkPPP       LinkType = 9   // PPP, with or without HDLC framing
	LinkFDDI      LinkType = 10  // FDDI, with bit-swapped addresses
	LinkPPPSerial LinkType = 50  // PPP in HDLC-like framing
	LinkPPPEther  LinkType = 51  // PPPoE, from its header on
	LinkATM       LinkType = 100 // RFC 1483 ATM: LLC at its beginning
	LinkRaw       LinkType = 101 // IPv4 or IPv6, told by the first nibble
	LinkCHDLC     LinkType = 104 // Cisco HDLC
	LinkWLAN      LinkType = 105 // IEEE 802.11, without a radio's words
	LinkLoop      LinkType = 108 // OpenBSD loopback, network byte order
	LinkLinuxSLL  LinkType = 113 // Linux cooked, version 1
	LinkRadiotap  LinkType = 127 // IEEE 802.11 behind a radiotap header
	LinkARCNETSLL LinkType = 129 // ARCNET, with Linux' header
	LinkPPI       LinkType = 192 // per-packet information, mostly before IEEE 802.11
	LinkIPv4      LinkType = 228 // raw IPv4
	LinkIPv6      LinkType = 229 // raw IPv6
	LinkNFLOG     LinkType = 239 // Linux netfilter's log
	LinkIPoIB     LinkType = 242 // IP over InfiniBand
	LinkLinuxSLL2 LinkType = 276 // Linux cooked, version 2

	// LinkRecord is not of the registry: the bytes are no packet but a custom
	// block of a pcapng file, which Wireshark lists among the packets.
	LinkRecord LinkType = 0xffff
)

// String gives the registry's name in lower case, or the number.
func (l LinkType) String() string {
	switch l {
	case LinkNull:
		return "null"
	case LinkEthernet:
		return "ethernet"
	case LinkARCNET:
		return "arcnet"
	case LinkPPP:
		return "ppp"
	case LinkFDDI:
		return "fddi"
	case LinkPPPSerial:
		return "ppp-hdlc"
	case LinkPPPEther:
		return "pppoe"
	case LinkATM:
		return "atm-rfc1483"
	case LinkRaw:
		return "raw"
	case LinkCHDLC:
		return "c-hdlc"
	case LinkWLAN:
		return "ieee802.11"
	case LinkLoop:
		return "loop"
	case LinkLinuxSLL:
		return "linux-sll"
	case LinkRadiotap:
		return "ieee802.11-radiotap"
	case LinkARCNETSLL:
		return "arcnet-linux"
	case LinkIPv4:
		return "ipv4"
	case LinkIPv6:
		return "ipv6"
	case LinkPPI:
		return "ppi"
	case LinkNFLOG:
		return "nflog"
	case LinkIPoIB:
		return "ipoib"
	case LinkLinuxSLL2:
		return "linux-sll2"
	case LinkRecord:
		return "pcapng-record"
	}
	return "link-type-" + strconv.Itoa(int(l))
}
