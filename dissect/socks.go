package dissect

import (
	"bytes"
	"net/netip"
	"strconv"

	"tcplens/internal/tcp"
)

var (
	pSOCKS         = newProto("Socks Protocol", "Socks", "socks")
	fSOCKSVersion  = pSOCKS.u8("socks.version", "Version", Dec)
	fSOCKSDst      = pSOCKS.ip4("socks.dst", "Remote Address")
	fSOCKSDst6     = pSOCKS.ip6("socks.dstV6", "Remote Address(ipv6)")
	fSOCKSGSSData  = pSOCKS.bytes("socks.gssapi.data", "GSSAPI data")
	fSOCKSGSSCmd   = pSOCKS.u8("socks.gssapi.command", "SOCKS/GSSAPI command", Dec, names(table(map[uint64]string{1: "Authentication", 255: "Failure"})))
	fSOCKSGSSLen   = pSOCKS.u16("socks.gssapi.length", "SOCKS/GSSAPI data length", Dec)
	fSOCKSv4aName  = pSOCKS.add(TStringZ, "socks.v4a_dns_name", "SOCKS v4a Remote Domain Name", None)
	fSOCKSDstPort  = pSOCKS.u16("socks.dstport", "Remote Port", Dec)
	fSOCKSCommand  = pSOCKS.u8("socks.command", "Command", Dec, names(socksCommands))
	fSOCKSResults4 = pSOCKS.u8("socks.results", "Results(V4)", Dec, names(socksResults4))
	fSOCKSResults5 = pSOCKS.u8("socks.results", "Results(V5)", Dec, names(socksResults5))
	fSOCKSCount    = pSOCKS.u8("socks.auth_method_count", "Authentication Method Count", Dec)
	fSOCKSMethod   = pSOCKS.u8("socks.auth_method", "Method", Dec)
	fSOCKSReserved = pSOCKS.u8("socks.reserved", "Reserved", Dec)
	fSOCKSPort     = pSOCKS.u16("socks.port", "Port", Dec)
	fSOCKSAccepted = pSOCKS.u8("socks.auth_accepted_method", "Accepted Auth Method", Dec)
	fSOCKSStatus   = pSOCKS.u8("socks.auth_status", "Status", Dec)
	fSOCKSHostPort = pSOCKS.u16("socks.remote_host_port", "Remote Host Port", Dec)
	fSOCKSSub      = pSOCKS.u8("socks.subnegotiation_version", "Subnegotiation Version", Dec)
	fSOCKSUser     = pSOCKS.str("socks.username", "User name")
	fSOCKSPassword = pSOCKS.str("socks.password", "Password")
	fSOCKSName     = pSOCKS.str("socks.remote_name", "Remote name")
	fSOCKSAddrType = pSOCKS.u8("socks.address_type", "Address Type", Dec, names(table(map[uint64]string{1: "IPv4", 3: "Domain Name", 4: "IPv6"})))
)

// What stands in the messages of version 5 (RFC 1928 §3–§5).
const (
	socksConnect = 1
	socksBind    = 2
	socksUDP     = 3

	socksNoAuth   = 0
	socksGSSAPI   = 1
	socksPassword = 2

	socksIPv4 = 1
	socksName = 3
	socksIPv6 = 4
)

var (
	socksCommands = table(map[uint64]string{socksConnect: "Connect", socksBind: "Bind", socksUDP: "UdpAssociate", 128: "Ping", 129: "Traceroute"})
	socksResults4 = table(map[uint64]string{90: "Granted", 91: "Rejected or Failed",
		92: "Rejected because SOCKS server cannot connect to identd on the client",
		93: "Rejected because the client program and identd report different user-ids"})
	socksResults5 = list("Succeeded", "General SOCKS server failure", "Connection not allowed by ruleset", "Network unreachable",
		"Host unreachable", "Connection refused", "TTL expired", "Command not supported", "Address type not supported")
)

// socksMethodName names a method of authentication (IANA's SOCKS methods).
func socksMethodName(m uint8) string {
	switch {
	case m == socksNoAuth:
		return "No authentication"
	case m == socksGSSAPI:
		return "GSSAPI"
	case m == socksPassword:
		return "Username/Password"
	case m == 3:
		return "Chap"
	case m < 0x80:
		return "IANA assigned"
	case m == 0xff:
		return "no acceptable method"
	}
	return "private method"
}

// socksApplication is SOCKS (RFC 1928 and the memos on version 4), with what is
// spoken through it.
type socksApplication struct{}

func (socksApplication) about() about { return about{proto: pSOCKS, ports: []uint16{1080}} }

func (socksApplication) looks([]byte) bool { return true }

func (socksApplication) framer(s *Session, dir uint8) tcp.Framer {
	x, ok := s.own.(*socksSession)
	if !ok {
		x = &socksSession{}
		s.own = x
		s.http = &httpSession{} // for the tunnel
		s.needTLS()
	}
	return &socksFramer{session: s, socks: x, dir: dir}
}

func (socksApplication) dissect(c cursor, p *payload) {
	var st socksState
	client := true
	if p.Messages != nil {
		st, _ = p.Session.socksBefore(p.Frame)
		client = st.phase == socksStart || p.Dir == st.client
	}
	if st.phase == socksTunnel {
		socksInside(c, p)
		return
	}
	x := socksMessage{st: &st, client: client}
	x.dissect(&c)
}

// socksInside goes on with what is said in a tunnel.
func socksInside(c cursor, p *payload) {
	switch p.Session.appAt(p.Frame) {
	case AppHTTP:
		dissectHTTP(c, p)
	case AppTLS:
		dissectTLS(c, p)
	default:
		dissectData(c)
	}
}

// showTunnel says where a tunnel of SOCKS leads to, for a segment whose data goes
// through one. It is false for any other segment.
func showTunnel(c cursor, m *Messages) bool {
	if !m.inTunnel() || m.Withheld != PassedOn {
		return false
	}
	s, _ := m.Session.socksBefore(m.Frame)
	c.d.setProto(pSOCKS.Short)
	if c.cols() {
		c.d.setInfo("Version: " + strconv.Itoa(int(s.version)))
	}
	p := c.proto(pSOCKS)
	if p != nil {
		n := c.captured()
		p.span(c.pos, n)
		c.gen(fSOCKSVersion, uint64(s.version))
		c.gen(fSOCKSCommand, uint64(s.command))
		switch s.addrSize {
		case 4:
			c.addAt(fSOCKSDst, c.pos, 0, Node{raw: s.addr[:4], Flags: Generated})
		case 16:
			c.addAt(fSOCKSDst6, c.pos, 0, Node{raw: s.addr[:], Flags: Generated})
		}
		c.gen(fSOCKSDstPort, uint64(s.port))
		if n > 0 {
			c.addAt(fTCPPayload, c.pos, n, Node{raw: c.rest(), text: "TCP payload (" + plural(n, "byte") + ")"})
		}
		segmentDataLines(&c, c, m)
	}
	c.end()
	return true
}

// inTunnel says whether the data of the segment goes through a tunnel of SOCKS.
func (m *Messages) inTunnel() bool {
	st, ok := m.Session.socksBefore(m.Frame)
	return ok && st.phase == socksTunnel
}

// socksMessage is a message while it is taken apart.
type socksMessage struct {
	st     *socksState
	client bool
}

func (x *socksMessage) dissect(c *cursor) {
	c.d.setProto(pSOCKS.Short)
	version := x.st.version
	if x.st.phase == socksStart {
		version = c.peek(0)
	}
	what, body := x.kind(version)
	if c.cols() {
		if version != 4 && version != 5 {
			c.d.setInfo("Unknown")
		} else {
			c.d.setInfo("Version: " + strconv.Itoa(int(version)) + what(c))
		}
	}
	if n := c.proto(pSOCKS); n != nil {
		n.span(c.pos, c.captured())
	}
	if body != nil {
		body(c)
	}
	c.end()
}

// kind gives what the Info column says of the message, and what takes it apart.
func (x *socksMessage) kind(version uint8) (info func(*cursor) string, body func(*cursor)) {
	say := func(s string) func(*cursor) string { return func(*cursor) string { return s } }
	if version == 4 {
		switch {
		case x.st.phase == socksStart:
			return say(""), socksRequest4
		case !x.client && x.st.phase == socksReply:
			return say(""), socksReply4
		}
		return say(""), nil
	}
	if version != 5 {
		return say(""), nil
	}
	switch phase := x.st.phase; {
	case phase == socksStart:
		return say(" Connect to server request"), socksHello
	case x.client && (phase == socksCommand || phase == socksAuth && x.st.method == socksGSSAPI):
		return func(c *cursor) string {
			if c.peek(0) != 5 {
				return " GSSAPI authentication request"
			}
			return " Command Request - " + orUnknown(socksCommands, uint64(c.peek(1)))
		}, x.command
	case x.client && phase == socksAuth:
		return say(" User authentication request"), socksLogin
	case x.client:
	case phase == socksMethod:
		return say(" Connect to server response"), socksChoice
	case phase == socksAuthReply && x.st.method == socksGSSAPI:
		return say(" GSSAPI authentication reply"), socksGSS
	case phase == socksAuthReply:
		return say(" User authentication reply"), socksVerdict
	case phase == socksReply:
		return say(" Command Response - " + orUnknown(socksCommands, uint64(x.st.command))), func(c *cursor) { socksAnswer(c, fSOCKSPort) }
	case phase == socksBound:
		return say(" Command Response: Bind remote host info"), func(c *cursor) { socksAnswer(c, fSOCKSHostPort) }
	}
	return say(""), nil
}

// socksRequest4 takes the request of version 4 and 4a apart.
func socksRequest4(c *cursor) {
	c.u8(fSOCKSVersion)
	c.u8(fSOCKSCommand)
	c.u16(fSOCKSDstPort)
	v4a := c.peek32(0)>>8 == 0 && c.peek(3) != 0
	c.ip4(fSOCKSDst)
	c.zeroEnded(fSOCKSUser)
	if v4a {
		c.zeroEnded(fSOCKSv4aName)
	}
}

// zeroEnded reads a text that a zero ends.
func (c *cursor) zeroEnded(f *Field) {
	n := bytes.IndexByte(c.rest(), 0) + 1
	if n == 0 {
		n = c.left() + 1
	}
	if b := c.raw(n); b != nil && c.on() {
		c.add(f, n, Node{str: string(b[:n-1])})
	}
}

func socksReply4(c *cursor) {
	c.u8(fSOCKSVersion)
	c.u8(fSOCKSResults4)
	c.u16(fSOCKSDstPort)
	c.ip4(fSOCKSDst)
}

// socksHello takes the methods apart that a client offers (RFC 1928 §3).
func socksHello(c *cursor) {
	c.u8(fSOCKSVersion)
	c.sub(nil, "Client Authentication Methods")
	n := int(c.u8(fSOCKSCount))
	for i := 0; i < n && c.ok(); i++ {
		m := c.u8(fSOCKSMethod)
		if c.on() && c.ok() {
			c.last().label("Method[" + strconv.Itoa(i) + "]: " + strconv.Itoa(int(m)) + " (" + socksMethodName(m) + ")")
		}
	}
	c.end()
}

func socksChoice(c *cursor) {
	c.u8(fSOCKSVersion)
	m := c.u8(fSOCKSAccepted)
	if c.on() && c.ok() {
		c.last().label("Accepted Auth Method: 0x" + strconv.FormatUint(uint64(m), 16) + " (" + socksMethodName(m) + ")")
	}
}

// socksLogin takes a name and a password apart (RFC 1929 §2).
func socksLogin(c *cursor) {
	c.gen(fSOCKSVersion, 5)
	c.u8(fSOCKSSub)
	for _, f := range []*Field{fSOCKSUser, fSOCKSPassword} {
		n := int(c.u8(nil))
		if b := c.raw(n); b != nil && c.on() {
			c.addAt(f, c.pos-n-1, n+1, Node{str: string(b)})
		}
	}
}

func socksVerdict(c *cursor) {
	c.gen(fSOCKSVersion, 5)
	c.u8(fSOCKSSub)
	v := c.u8(fSOCKSStatus)
	if c.on() && c.ok() {
		verdict := "failure"
		if v == 0 {
			verdict = "success"
		}
		c.last().append(" (" + verdict + ")")
	}
}

// socksGSS takes a token of GSS-API apart (RFC 1961 §3).
func socksGSS(c *cursor) {
	c.gen(fSOCKSVersion, 5)
	c.u8(fSOCKSSub)
	if c.u8(fSOCKSGSSCmd) == 0xff {
		return
	}
	if n := int(c.u16(fSOCKSGSSLen)); n > 0 {
		c.bytes(fSOCKSGSSData, n)
	}
}

// command takes apart what the client wants, or a token that comes before it.
func (x *socksMessage) command(c *cursor) {
	if c.peek(0) != 5 {
		socksGSS(c)
		return
	}
	c.u8(fSOCKSVersion)
	c.u8(fSOCKSCommand)
	c.u8(fSOCKSReserved)
	c.socksEnd(fSOCKSPort)
}

func socksAnswer(c *cursor, port *Field) {
	c.u8(fSOCKSVersion)
	c.u8(fSOCKSResults5)
	c.u8(fSOCKSReserved)
	c.socksEnd(port)
}

// socksEnd reads an address and a port (RFC 1928 §5).
func (c *cursor) socksEnd(port *Field) netip.Addr {
	var a netip.Addr
	switch c.u8(fSOCKSAddrType) {
	case socksIPv4:
		a = c.ip4(fSOCKSDst)
	case socksIPv6:
		a = c.ip6(fSOCKSDst6)
	case socksName:
		n := int(c.u8(nil))
		if b := c.raw(n); b != nil && c.on() {
			c.addAt(fSOCKSName, c.pos-n-1, n+1, Node{str: string(b)})
		}
	}
	c.u16(port)
	return a
}
