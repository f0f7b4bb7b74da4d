package dissect

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
)

// portApp is an application protocol that is known by its port: recognised, and
// shown under its name with its bytes.
type portApp struct {
	named
	tcp, udp []uint16
	looks    func(c *cursor) bool           // whether the bytes may be it; nil: whatever they are
	inside   func(c cursor) (int, *portApp) // the length of its header and what follows it; nil: nothing is known
}

// checkedApps are the protocols that have to look like themselves.
var checkedApps = []portApp{
	{named: newNamed("AMQP", "AMQP", "amqp"), tcp: []uint16{5672}, looks: begins("AMQP")},
	{named: newNamed("BACnet Virtual Link Control", "BVLC", "bvlc"), udp: []uint16{47808}, looks: looksLikeBVLC},
	{named: newNamed("Border Gateway Protocol", "BGP", "bgp"), tcp: []uint16{179}},
	{named: appBitTorrent, tcp: []uint16{6881, 6882, 6883, 6884, 6885, 6886, 6887, 6888, 6889}},
	{named: newNamed("ANSI C12.22", "C12.22", "c1222"), tcp: []uint16{1153}},
	{named: newNamed("Cisco NetFlow/IPFIX", "CFLOW", "cflow"), tcp: []uint16{4739}, udp: []uint16{2055, 4739, 9996}, looks: looksLikeNetFlow},
	{named: newNamed("Connectionless Lightweight Directory Access Protocol", "CLDAP", "cldap"), udp: []uint16{389}},
	{named: newNamed("Dropbox LAN sync Protocol", "DB-LSP", "db-lsp"), tcp: []uint16{17500}},
	{named: newNamed("Dropbox LAN sync Discovery Protocol", "DB-LSP-DISC", "db-lsp-disc"), udp: []uint16{17500}, inside: insideDropbox},
	{named: newNamed("DHCPv6", "DHCPv6", "dhcpv6"), udp: []uint16{546, 547}},
	{named: newNamed("Diameter Protocol", "DIAMETER", "diameter"), tcp: []uint16{3868}, looks: looksLikeDiameter},
	{named: newNamed("Distributed Network Protocol 3.0", "DNP 3.0", "dnp3"), tcp: []uint16{20000}, udp: []uint16{20000}, looks: begins("\x05\x64")},
	{named: newNamed("DoIP (ISO13400) Protocol", "DoIP", "doip"), tcp: []uint16{13400}, udp: []uint16{13400}, looks: looksLikeDoIP},
	{named: newNamed("EtherNet/IP (Industrial Protocol)", "ENIP", "enip"), tcp: []uint16{44818}, udp: []uint16{44818}, looks: looksLikeENIP, inside: insideENIP},
	{named: newNamed("finger", "FINGER", "finger"), tcp: []uint16{79}},
	{named: newNamed("FTP Data", "FTP-DATA", "ftp-data"), tcp: []uint16{20}},
	{named: newNamed("Cisco Hot Standby Router Protocol", "HSRP", "hsrp"), udp: []uint16{1985, 2029}},
	{named: newNamed("DG Gryphon Protocol", "Gryphon", "gryphon"), tcp: []uint16{7000}, looks: func(c *cursor) bool { return wholeGryphon(c) }},
	{named: newNamed("IEC 60870-5-104", "IEC 60870-5-104", "iec60870_104"), tcp: []uint16{2404}, looks: begins("\x68"), inside: insideIEC104},
	{named: newNamed("Internet Message Access Protocol", "IMAP", "imap"), tcp: []uint16{143}},
	{named: appISAKMP, tcp: []uint16{500}, udp: []uint16{500}, looks: func(c *cursor) bool { return c.left() >= 28 }},
	{named: newNamed("Kafka", "Kafka", "kafka"), tcp: []uint16{9092}, looks: wholeLength(0, 4, 4)},
	{named: newNamed("Kerberos", "KRB5", "kerberos"), tcp: []uint16{88}, udp: []uint16{88}, looks: looksLikeKerberos, inside: insideKerberos},
	{named: newNamed("Kerberos v4", "KRB4", "krb4"), udp: []uint16{750}, looks: begins("\x04")},
	{named: newNamed("Lightweight Directory Access Protocol", "LDAP", "ldap"), tcp: []uint16{389, 3268}, looks: looksLikeBER, inside: insideLDAP},
	{named: newNamed("Label Distribution Protocol", "LDP", "ldp"), tcp: []uint16{646}, udp: []uint16{646}, looks: begins("\x00\x01")},
	{named: newNamed("Modbus/TCP", "Modbus/TCP", "mbtcp"), tcp: []uint16{502}, looks: looksLikeModbus, inside: insideModbus},
	{named: newNamed("Modbus/UDP", "Modbus/UDP", "mbudp"), udp: []uint16{502}, looks: looksLikeModbus, inside: insideModbus},
	{named: newNamed("NetBIOS Datagram Service", "NBDS", "nbdgm"), udp: []uint16{138}, inside: insideNBDS},
	{named: newNamed("NetBIOS Session Service", "NBSS", "nbss"), tcp: []uint16{139, 445}, looks: func(c *cursor) bool { return c.left() >= 4 }, inside: insideNBSS},
	{named: newNamed("OpenVPN Protocol", "OpenVPN", "openvpn"), tcp: []uint16{1194}, udp: []uint16{1194}, inside: insideOpenVPN},
	{named: newNamed("Post Office Protocol", "POP", "pop"), tcp: []uint16{110}},
	{named: newNamed("Point-to-Point Tunnelling Protocol", "PPTP", "pptp"), tcp: []uint16{1723}},
	{named: namedEtherTypes[0x88f7], udp: []uint16{319, 320}, looks: func(c *cursor) bool { return c.peek(1)&15 == 1 || c.peek(1)&15 == 2 }},
	{named: newNamed("RADIUS Protocol", "RADIUS", "radius"), udp: []uint16{1645, 1646, 1700, 1812, 1813, 3799}, looks: looksLikeRADIUS},
	{named: newNamed("Remote Management Control Protocol", "RMCP", "rmcp"), udp: []uint16{623}, looks: begins("\x06")},
	{named: appRPC, tcp: []uint16{111}, udp: []uint16{111}, inside: insideRPC},
	{named: newNamed("RX Protocol", "RX", "rx"), udp: []uint16{7000, 7001, 7002, 7003, 7004, 7005, 7006, 7007, 7008, 7009, 7021}, looks: func(c *cursor) bool { return c.left() >= 28 && c.peek(20) > 0 && c.peek(20) <= 13 }},
	{named: appSIP, tcp: []uint16{5060}, udp: []uint16{5060}, looks: looksLikeSIP},
	{named: newNamed("Skinny Client Control Protocol", "SKINNY", "skinny"), tcp: []uint16{2000}, looks: looksLikeSkinny},
	{named: newNamed("Simple Mail Transfer Protocol", "SMTP", "smtp"), tcp: []uint16{25, 587}, inside: insideSMTP},
	{named: newNamed("Simple Network Management Protocol", "SNMP", "snmp"), tcp: []uint16{161, 162}, udp: []uint16{161, 162, 8161}, looks: looksLikeBER},
	{named: newNamed("Simple Service Discovery Protocol", "SSDP", "ssdp"), udp: []uint16{1900}, looks: looksLikeSSDP},
	{named: newNamed("InMon sFlow", "sFlow", "sflow"), udp: []uint16{6343}, looks: func(c *cursor) bool { return c.peek32(0) == 2 || c.peek32(0) == 4 || c.peek32(0) == 5 }},
	{named: newNamed("TACACS+", "TACACS+", "tacplus"), tcp: []uint16{49}, looks: func(c *cursor) bool { return c.peek(0)>>4 == 12 }},
	{named: appTDS, tcp: []uint16{1433, 2433}, looks: looksLikeTDS},
	{named: newNamed("Trivial File Transfer Protocol", "TFTP", "tftp"), udp: []uint16{69}, looks: looksLikeTFTP},
	{named: newNamed("Transparent Network Substrate Protocol", "TNS", "tns"), tcp: []uint16{1521}, looks: wholeLength(0, 2, 0)},
	{named: appTPKT, tcp: []uint16{102, 3389}, looks: begins("\x03\x00"), inside: insideTPKT},
	{named: newNamed("UDP Encapsulation of IPsec Packets", "UDPENCAP", "udpencap"), udp: []uint16{4500}, inside: insideUDPEncap},
	{named: newNamed("whois", "WHOIS", "whois"), tcp: []uint16{43}},
	{named: newNamed("Wireless Session Protocol", "WSP", "wsp"), udp: []uint16{2948, 9200}},
	{named: newNamed("Wireless Transaction Protocol", "WTP+WSP", "wtp"), udp: []uint16{9201}},
	{named: newNamed("Wireless Transport Layer Security", "WTLS", "wtls"), udp: []uint16{2949, 9202, 9203}},
	{named: newNamed("X Display Manager Control Protocol", "XDMCP", "xdmcp"), udp: []uint16{177}, looks: begins("\x00\x01")},
	{named: newNamed("X11", "X11", "x11"), tcp: portRange(6000, 6063)},
	{named: newNamed("XMPP Protocol", "XMPP", "xmpp"), tcp: []uint16{5222}, looks: begins("<"), inside: func(cursor) (int, *portApp) { return 0, &insideXML }},
}

// The protocols that are known by more than their port.
var (
	appBitTorrent = newNamed("BitTorrent", "BitTorrent", "bittorrent")
	appISAKMP     = newNamed("Internet Security Association and Key Management Protocol", "ISAKMP", "isakmp")
	appRPC        = newNamed("Remote Procedure Call", "RPC", "rpc")
	appSIP        = newNamed("Session Initiation Protocol", "SIP", "sip")
	appTDS        = newNamed("Tabular Data Stream", "TDS", "tds")
	appTPKT       = newNamed("TPKT - ISO on TCP - RFC1006", "TPKT", "tpkt")
)

// portRange lists the ports from first to last.
func portRange(first, last uint16) []uint16 {
	ports := make([]uint16, 0, last-first+1)
	for p := first; p <= last; p++ {
		ports = append(ports, p)
	}
	return ports
}

// tcpApps and udpApps find a protocol by its port. What stands in checkedApps goes
// before what stands in plainApps.
var (
	tcpApps = byPort(func(a *portApp) []uint16 { return a.tcp })
	udpApps = byPort(func(a *portApp) []uint16 { return a.udp })
)

func byPort(ports func(*portApp) []uint16) map[uint16]*portApp {
	m := map[uint16]*portApp{}
	for _, apps := range [][]portApp{plainApps, checkedApps} {
		for i := range apps {
			for _, p := range ports(&apps[i]) {
				m[p] = &apps[i]
			}
		}
	}
	return m
}

// portAppProtocols lists the protocols of this file for the list of all, but those
// that are listed elsewhere.
func portAppProtocols() []*Proto {
	all := slices.Concat(netProtocols, mediaProtos, webProtocols)
	elsewhere := len(all)
	for _, apps := range [][]portApp{plainApps, checkedApps, innerApps} {
		for _, a := range apps {
			if !slices.ContainsFunc(all, func(p *Proto) bool { return p.Abbrev == a.proto.Abbrev }) {
				all = append(all, a.proto)
			}
		}
	}
	return all[elsewhere:]
}

// dissectPortApp shows an application protocol by its name, and what it carries
// as far as its header tells.
func dissectPortApp(c cursor, a *portApp) {
	if a.proto.Abbrev == "ssdp" {
		dissectSSDP(c, a.proto)
		return
	}
	showPortApp(c, a, false)
}

// showPortApp is dissectPortApp for a protocol that may have been entered already.
func showPortApp(c cursor, a *portApp, entered bool) {
	for depth := 0; a != nil && depth < 8 && c.left() > 0; depth++ {
		n := c.left()
		var inner *portApp
		if a.inside != nil {
			if size, next := a.inside(c); next != nil && size >= 0 && size <= n {
				n, inner = size, next
			}
		}
		head := c.to(n)
		if depth == 0 || !slices.Contains(quietInside, a.proto.Abbrev) {
			c.d.setProto(a.proto.Short)
		}
		if !entered || depth > 0 {
			c.d.enter(a.proto)
		}
		if p := head.addAt(&a.proto.field, head.pos, 0, Node{}); p != nil {
			head.begin()
			p.label(fmt.Sprintf("%s (%s, not dissected by tcplens)", a.proto.Name, plural(n, "byte")))
		}
		if k := head.captured(); k > 0 {
			head.bytes(a.field, k)
		}
		if head.on() {
			head.end()
		}
		if inner == &insideTLS {
			dissectTLS(c, &payload{})
			return
		}
		a = inner
	}
}

// quietInside lists what does not name itself in the Protocol column when it
// stands inside another protocol.
var quietInside = []string{"data-text-lines", "json", "xml", "gss-api", "spnego", "ntlmssp", "spnego-krb5", "modbus", "rdp"}

// begins makes a look that wants the bytes to begin in a way.
func begins(s string) func(*cursor) bool {
	return func(c *cursor) bool { return bytes.HasPrefix(c.rest(), []byte(s)) }
}

// wholeLength makes a look that wants a length, size bytes big endian at off, that
// says how long the message is less add.
func wholeLength(off, size, add int) func(*cursor) bool {
	return func(c *cursor) bool {
		b := c.rest()
		if len(b) < off+size {
			return false
		}
		n := 0
		for _, x := range b[off : off+size] {
			n = n<<8 | int(x)
		}
		return n+add == c.left()
	}
}

// wholeGryphon wants a message that fills the segment.
func wholeGryphon(c *cursor) bool {
	return c.left() >= 8 && (8+int(c.peek16(4))+3)&^3 == c.left()
}

// looksLikeBER says whether the bytes begin as a sequence of BER does (X.690 §8.9).
func looksLikeBER(c *cursor) bool { return c.peek(0) == 0x30 && c.left() > 2 }

func looksLikeKerberos(c *cursor) bool {
	// Over TCP the message has its length before it (RFC 4120 §7.2.2).
	if c.d.layer.proto == 6 {
		return int(c.peek32(0))+4 == c.left() && c.peek(4)&0xe0 == 0x60
	}
	return c.peek(0)&0xe0 == 0x60 || c.peek(0) == 4
}

func looksLikeBVLC(c *cursor) bool { return c.peek(0) == 0x81 && c.peek(1) <= 12 }

func looksLikeNetFlow(c *cursor) bool {
	switch c.peek16(0) {
	case 1, 5, 7, 8, 9, 10:
		return true
	}
	return false
}

func looksLikeDiameter(c *cursor) bool {
	return c.peek(0) == 1 && int(c.peek32(0)&0xffffff) == c.left()
}

// looksLikeDoIP looks at the version and its complement (ISO 13400-2 §7.2).
func looksLikeDoIP(c *cursor) bool { return c.left() >= 8 && c.peek(0)^c.peek(1) == 0xff }

// looksLikeENIP looks at the header's length field, which is little endian.
func looksLikeENIP(c *cursor) bool {
	return c.left() >= 24 && int(c.peek(2))|int(c.peek(3))<<8 <= c.left()-24
}

// looksLikeModbus looks at the protocol identifier and the length.
func looksLikeModbus(c *cursor) bool {
	return c.left() >= 8 && c.peek16(2) == 0 && int(c.peek16(4)) >= 2 && int(c.peek16(4)) <= 254
}

func looksLikeRADIUS(c *cursor) bool {
	return c.left() >= 20 && int(c.peek16(2)) >= 20 && int(c.peek16(2)) <= c.left()
}

func looksLikeSkinny(c *cursor) bool {
	b := c.rest()
	return len(b) >= 12 && binary.LittleEndian.Uint32(b) <= 2000 && binary.LittleEndian.Uint32(b[4:]) <= 22
}

// looksLikeSSDP wants a line of HTTP.
func looksLikeSSDP(c *cursor) bool {
	b := c.rest()
	return bytes.Contains(b[:min(len(b), 64)], []byte("HTTP/1."))
}

func looksLikeTDS(c *cursor) bool {
	t := c.peek(0)
	return t >= 1 && t <= 18 && int(c.peek16(2)) == c.left()
}

// looksLikeTFTP wants one of the operations (RFC 1350 §5, RFC 2347).
func looksLikeTFTP(c *cursor) bool { return c.peek16(0) >= 1 && c.peek16(0) <= 6 }

// looksLikeSIP wants a request or a status line (RFC 3261 §7).
func looksLikeSIP(c *cursor) bool {
	b := c.rest()
	b = b[:min(len(b), 512)]
	line, _, found := bytes.Cut(b, []byte("\r\n"))
	return found && (bytes.HasPrefix(line, []byte("SIP/2.0 ")) || bytes.HasSuffix(line, []byte(" SIP/2.0")))
}
