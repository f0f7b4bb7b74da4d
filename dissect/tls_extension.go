package dissect

import (
	"fmt"
	"strconv"
)

// extensions reads the extensions of a message of the given type; 6 stands for a
// Hello Retry Request (RFC 8446 §4.2).
func (t *tlsRun) extensions(c *cursor, message byte) {
	n := c.vector(fTLSExtsLen, 2, 0)
	l := c.to(n)
	for l.ok() && l.left() >= 4 {
		kind := l.peek16(0)
		size := min(int(l.peek16(2)), max(0, l.left()-4))
		dash(&t.print.exts, kind)
		if l.on() {
			name := tlsExtensions(uint64(kind))
			if name == "" {
				name = "Unknown type " + strconv.Itoa(int(kind))
			}
			l.sub(fText, fmt.Sprintf("Extension: %s (len=%d)", name, l.peek16(2)))
		}
		l.u16(fTLSExtType)
		l.vector(fTLSExtLen, 2, 0)
		e := l.to(size)
		t.extension(&e, kind, message)
		if e.ok() {
			e.trailing()
		}
		l.end()
	}
	if l.ok() {
		l.trailing()
	}
}

// extension takes the contents of one extension apart.
func (t *tlsRun) extension(c *cursor, kind uint16, message byte) {
	hello := message == 1
	switch kind {
	case 0:
		serverName(c)
	case 1:
		c.u8(fTLSFragLen)
	case 5:
		switch {
		case hello && c.left() > 0:
			if c.u8(fTLSStatusType) == 1 {
				statusRequest(c)
			}
		case message == 11: // RFC 8446 §4.4.2.1
			t.certificateStatus(c)
		}
	case 10:
		t.groups(c)
	case 11:
		t.points(c)
	case 13, 34, 50:
		c.schemes()
	case 15:
		c.u8(fTLSBeatMode)
	case 16:
		names := c.vector(fTLSALPNLen, 2, 2)
		protocolNames(c, names, fTLSALPNs, fTLSALPNStrLen, fTLSALPN, "ALPN Protocol")
	case 17513:
		if hello {
			names := c.vector(fTLSALPSLen, 2, 2)
			protocolNames(c, names, fTLSALPSs, fTLSALPSStrLen, fTLSALPS, "Supported ALPN List")
		} else {
			c.skip(c.left())
		}
	case 17:
		statusList(c)
	case 18:
		timestamps(c)
	case 19, 20:
		certificateTypes(c, hello)
	case 21:
		c.bytesOrCut(fTLSPadding)
	case 22, 23, 49:
	case 27:
		for l := c.to(c.vector(fTLSCompCertLen, 1, 2)); l.ok() && l.left() >= 2; {
			l.u16(fTLSCompCert)
		}
	case 28:
		c.u16(fTLSRecordLimit)
	case 35:
		n := c.left()
		if b := c.raw(n); b != nil && c.on() {
			c.add(fTLSExtData, n, Node{raw: b, text: "Data (" + plural(n, "byte") + ")"})
		}
	case 41:
		preSharedKey(c, hello)
	case 42:
		if message == 4 {
			c.u32(fTLSEarlyMax)
		}
	case 43:
		if !hello {
			c.u16(fTLSSupported)
			break
		}
		for l := c.to(c.vector(fTLSVersionsLen, 1, 2)); l.ok() && l.left() >= 2; {
			l.u16(fTLSSupported)
		}
	case 44:
		c.bytes(fTLSCookie, c.vector(fTLSCookieLen, 2, 1))
	case 45:
		for l := c.to(c.vector(fTLSPSKModesLen, 1, 1)); l.ok() && l.left() > 0; {
			l.u8(fTLSPSKMode)
		}
	case 47:
		c.authorities()
	case 51:
		keyShare(c, message)
	case 13172:
		nextProtocols(c)
	case 65281:
		if c.on() {
			c.sub(fText, "Renegotiation Info extension")
		}
		if n := c.vector(fTLSRenegLen, 1, 0); n > 0 {
			c.bytes(fTLSReneg, n)
		}
		c.end()
	default:
		c.bytesOrCut(fTLSExtData)
	}
}

// serverName reads names of the server (RFC 6066 §3).
func serverName(c *cursor) {
	if c.left() == 0 {
		return
	}
	if c.on() {
		c.sub(fText, "Server Name Indication extension")
	}
	for l := c.to(c.vector(fTLSNamesLen, 2, 1)); l.ok() && l.left() > 0; {
		l.u8(fTLSNameType)
		n := l.vector(fTLSNameLen, 2, 1)
		l.str(fTLSName, n)
	}
	c.end()
}

func statusRequest(c *cursor) {
	c.skip(c.vector(fTLSResponders, 2, 0))
	c.skip(c.vector(fTLSStatusExts, 2, 0))
}

// statusList reads the second kind of status request (RFC 6961 §2.2).
func statusList(c *cursor) {
	if c.left() == 0 {
		return
	}
	for l := c.to(c.vector(fTLSStatusList, 2, 1)); l.ok() && l.left() > 0; {
		l.u8(fTLSStatusType)
		e := l.to(l.vector(fTLSStatusLen, 2, 0))
		statusRequest(&e)
	}
}

// groups reads the supported groups (RFC 8422 §5.1.1, RFC 8446 §4.2.7).
func (t *tlsRun) groups(c *cursor) {
	n := c.vector(fTLSGroupsLen, 2, 2)
	l := c.to(n)
	if !l.ok() {
		return
	}
	if l.on() {
		l.addAt(fTLSGroups, l.pos, l.captured(), Node{text: "Supported Groups (" + counted(n/2, "group", "groups") + ")"})
		l.begin()
	}
	for l.ok() && l.left() >= 2 {
		dash(&t.print.groups, l.u16(fTLSGroup))
	}
	l.end()
}

// points reads the formats of curve points (RFC 8422 §5.1.2).
func (t *tlsRun) points(c *cursor) {
	n := c.vector(fTLSPointsLen, 1, 1)
	l := c.to(n)
	if !l.ok() {
		return
	}
	if l.on() {
		l.addAt(fTLSPoints, l.pos, l.captured(), Node{text: "Elliptic curves point formats (" + strconv.Itoa(n) + ")"})
		l.begin()
	}
	for l.ok() && l.left() > 0 {
		dash(&t.print.points, uint16(l.u8(fTLSPoint)))
	}
	l.end()
}

// protocolNames reads a list of protocols, each with its length before it (RFC 7301 §3.1).
func protocolNames(c *cursor, n int, list, length, name *Field, label string) {
	l := c.to(n)
	if !l.ok() {
		return
	}
	if l.on() {
		l.addAt(list, l.pos, l.captured(), Node{text: label})
		l.begin()
	}
	for l.ok() && l.left() > 0 {
		k := l.vector(length, 1, 1)
		l.str(name, k)
	}
	l.end()
}

func nextProtocols(c *cursor) {
	if c.left() == 0 {
		return
	}
	if c.on() {
		c.sub(fText, "Next Protocol Negotiation")
	}
	for c.ok() && c.left() > 0 {
		n := c.vector(fTLSNPNLen, 1, 0)
		if n > 0 {
			c.str(fTLSNPN, n)
		}
	}
	c.end()
}

// timestamps reads signed certificate timestamps (RFC 6962 §3.2, §3.3).
func timestamps(c *cursor) {
	if c.left() == 0 {
		return
	}
	for l := c.to(c.vector(fTLSSCTsLen, 2, 1)); l.ok() && l.left() > 0; {
		if l.on() {
			l.sub(fText, "Signed Certificate Timestamp")
		}
		s := l.to(l.vector(fTLSSCTLen, 2, 1))
		s.u8(fTLSSCTVersion)
		if s.left() >= 47 {
			s.bytes(fTLSSCTLog, 32)
			at := s.u64(nil)
			s.add(fTLSSCTTime, 8, Node{num: at * 1e6})
			s.skip(s.vector(fTLSSCTExtsLen, 2, 0))
			s.scheme()
			s.bytes(fTLSSCTSig, s.vector(fTLSSCTSigLen, 2, 0))
		}
		s.trailing()
		l.end()
	}
}

// certificateTypes reads what kinds of certificates are known (RFC 7250 §3).
func certificateTypes(c *cursor, hello bool) {
	if !hello {
		c.u8(fTLSCertTypeExt)
		return
	}
	n := c.vector(fTLSCertTypesLen, 1, 1)
	l := c.to(n)
	if l.on() && l.ok() {
		l.addAt(fTLSCertTypes, l.pos, l.captured(), Node{text: "Certificate Type List (" + strconv.Itoa(n) + ")"})
		l.begin()
	}
	for l.ok() && l.left() > 0 {
		l.u8(fTLSCertTypeExt)
	}
	if c.ok() {
		l.end()
	}
}

// preSharedKey reads identities and binders (RFC 8446 §4.2.11).
func preSharedKey(c *cursor, hello bool) {
	if c.on() {
		c.sub(fText, "Pre-Shared Key extension")
	}
	if !hello {
		c.u16(fTLSPSKChosen)
		c.end()
		return
	}
	for l := c.to(c.vector(fTLSPSKsLen, 2, 7)); l.ok() && l.left() > 0; {
		if l.on() {
			l.sub(fText, fmt.Sprintf("PSK Identity (length: %d)", l.peek16(0)))
		}
		l.bytes(fTLSPSK, l.vector(fTLSPSKLen, 2, 1))
		l.u32(fTLSPSKAge)
		l.end()
	}
	n := c.vector(fTLSBindersLen, 2, 33)
	if c.need(n) && c.on() {
		c.addAt(fTLSBinders, c.pos, n, Node{})
	}
	c.skip(n)
	c.end()
}

// keyShare reads keys for the exchange (RFC 8446 §4.2.8).
func keyShare(c *cursor, message byte) {
	if c.on() {
		c.sub(fText, "Key Share extension")
	}
	switch message {
	case 1:
		for l := c.to(c.vector(fTLSSharesLen, 2, 0)); l.ok() && l.left() > 0; {
			shareEntry(&l)
		}
	case 6:
		c.u16(fTLSShareChosen)
	default:
		shareEntry(c)
	}
	c.end()
}

func shareEntry(c *cursor) {
	if c.on() {
		c.sub(fText, fmt.Sprintf("Key Share Entry: Group: %s, Key Exchange length: %d",
			orUnknownGroup(c.peek16(0)), c.peek16(2)))
	}
	c.u16(fTLSShareGroup)
	c.bytes(fTLSShareKey, c.vector(fTLSShareLen, 2, 1))
	c.end()
}

func orUnknownGroup(v uint16) string {
	if s := tlsGroups(uint64(v)); s != "" {
		return s
	}
	return "Unknown (" + strconv.Itoa(int(v)) + ")"
}
