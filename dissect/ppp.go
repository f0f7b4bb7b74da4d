package dissect

import "fmt"

var (
	pPPP      = newProto("Point-to-Point Protocol", "PPP", "ppp")
	fPPPAddr  = pPPP.u8("ppp.address", "Address", Hex)
	fPPPCtrl  = pPPP.u8("ppp.control", "Control", Hex)
	fPPPProto = pPPP.u16("ppp.protocol", "Protocol", Hex, names(pppProtocols))
	fPPPCode  = pPPP.u8("ppp.code", "Code", Dec, names(pppCodes))
	fPPPIdent = pPPP.u8("ppp.identifier", "Identifier", DecHex)
	fPPPLen   = pPPP.u16("ppp.length", "Length", Dec)
	fPPPData  = pPPP.bytes("ppp.data", "Data")

	pPPPHDLC = newProto("PPP In HDLC-Like Framing", "PPP-HDLC", "ppp_hdlc")

	namedPAP  = newNamed("PPP Password Authentication Protocol", "PPP PAP", "pap")
	namedCHAP = newNamed("PPP Challenge Handshake Authentication Protocol", "PPP CHAP", "chap")
	namedCCP  = newNamed("PPP Compression Control Protocol", "PPP CCP", "ccp")
	namedEAP  = newNamed("Extensible Authentication Protocol", "EAP", "eap")
	namedVJ   = newNamed("PPP VJ Compression", "PPP VJ", "vjc")
	namedMP   = newNamed("PPP Multilink Protocol", "PPP MP", "mp")
	namedComp = newNamed("PPP Compressed Datagram", "PPP Comp", "comp_data")
)

var pppCodes = list("Vendor Specific", "Configuration Request", "Configuration Ack", "Configuration Nak", "Configuration Reject", "Termination Request",
	"Termination Ack", "Code Reject", "Protocol Reject", "Echo Request", "Echo Reply", "Discard Request", "Identification", "Time Remaining",
	"Reset Request", "Reset Ack")

// dissectPPPLink begins with PPP as a link layer: there are no addresses.
func dissectPPPLink(c cursor) {
	c.d.setEnds("N/A", "N/A")
	dissectPPP(c)
}

// dissectPPP takes a PPP header apart (RFC 1661 §2, RFC 1662 §3.1): address and
// control may be left out, and the protocol may be one byte.
func dissectPPP(c cursor) {
	d := c.d
	c.proto(pPPP)
	d.setProto("PPP")
	d.setInfo("PPP")
	if c.peek16(0) == 0xff03 {
		c.u8(fPPPAddr)
		c.u8(fPPPCtrl)
	}
	t := uint16(c.peek(0))
	if t&1 == 1 {
		c.skip(1)
		if c.ok() {
			c.add(fPPPProto, 1, Node{num: uint64(t)})
		}
	} else {
		t = c.u16(fPPPProto)
	}
	c.end()
	if c.ok() {
		dissectPPPProtocol(c.tail(), t)
	}
}

// dissectPPPProtocol goes on with what PPP's protocol field names.
func dissectPPPProtocol(c cursor, t uint16) {
	d := c.d
	if !d.descend() {
		return
	}
	defer d.ascend()
	switch t {
	case 0x0021, 0x0800:
		dissectIPv4(c)
	case 0x0057, 0x86dd:
		dissectIPv6(c)
	case 0x0023:
		dissectOSI(c)
	case 0x002b:
		dissectNamed(c, namedIPX)
	case 0x002d, 0x002f:
		dissectNamed(c, namedVJ)
	case 0x003d:
		dissectNamed(c, namedMP)
	case 0x00fd:
		dissectNamed(c, namedComp)
	case 0x0281, 0x0283:
		dissectMPLS(c)
	case 0x8021:
		dissectPPPControl(c, pIPCP, &ipcpOptions)
	case 0x8057:
		dissectPPPControl(c, pIPv6CP, &ipv6cpOptions)
	case 0x80fd:
		dissectNamed(c, namedCCP)
	case 0xc021:
		dissectPPPControl(c, pLCP, &lcpOptions)
	case 0xc023:
		dissectNamed(c, namedPAP)
	case 0xc223:
		dissectNamed(c, namedCHAP)
	case 0xc227:
		dissectNamed(c, namedEAP)
	default:
		if c.cols() {
			d.setProto(hex16(t))
			d.setInfof("PPP %s (0x%04x)", orUnknown(pppProtocols, uint64(t)), t)
		}
		dissectData(c)
	}
}

// dissectPPPControl takes a message of a control protocol apart (RFC 1661 §5).
func dissectPPPControl(c cursor, p *Proto, opts *pppOptions) {
	d := c.d
	if d.scan {
		return
	}
	c.proto(p)
	d.setProto(p.Short)
	start := c.pos
	code := c.u8(fPPPCode)
	if c.cols() && c.ok() {
		d.setInfo(orUnknown(pppCodes, uint64(code)))
	}
	c.u8(fPPPIdent)
	n := int(c.u16(fPPPLen))
	if !c.ok() {
		c.end()
		return
	}
	if end := start + max(4, n); end < c.limit {
		c.limit, c.have = end, min(c.have, end)
	}
	if n > 4 {
		c.pppControlBody(code, n, p == pLCP, opts)
	}
	c.end()
}

// pppControlBody reads what follows the four bytes of a control message.
func (c *cursor) pppControlBody(code uint8, n int, lcp bool, opts *pppOptions) {
	rest := func(f *Field) {
		if k := c.captured(); k > 0 && c.ok() {
			c.bytes(f, k)
		}
	}
	switch {
	case code >= 1 && code <= 4:
		o := c.to(n - 4)
		opts.read(&o, n-4)
		c.pos = o.pos
	case code == 7:
		k := c.captured()
		rest(fPPPData)
		if c.on() && c.ok() && k > 0 {
			c.last().label(fmt.Sprintf("Rejected Packet (%s): %s", plural(k, "byte"), shortHex(c.b[c.pos-k:c.pos])))
		}
	case code == 8 && lcp:
		c.u16(fLCPRejected)
		if k := c.captured(); k > 0 && c.ok() {
			c.bytes(fPPPData, k)
			if c.on() {
				c.last().label(fmt.Sprintf("Rejected Packet (%s): %s", plural(k, "byte"), shortHex(c.b[c.pos-k:c.pos])))
			}
		}
	case code >= 9 && code <= 11 && lcp:
		c.u32(fLCPMagic)
		rest(fLCPData)
	case code == 12 && lcp:
		c.u32(fLCPMagic)
		if k := c.captured(); k > 0 && c.ok() {
			c.str(fLCPMessage, k)
		}
	case code == 13 && lcp:
		c.u32(fLCPMagic)
		c.u32(fLCPSeconds)
		if k := c.captured(); k > 0 && c.ok() {
			c.str(fLCPMessage, k)
		}
	default:
		rest(fPPPData)
	}
}

// shortHex writes bytes as a label does: the first 36 of them.
func shortHex(b []byte) string {
	if len(b) > 36 {
		return hexString(b[:36]) + "…"
	}
	return hexString(b)
}
