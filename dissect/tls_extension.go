package dissect

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
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
		end := e.limit
		t.extension(&e, kind, message)
		if e.ok() {
			e.trailing()
			e.overrun(end)
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
	later := message == 4 || message == 13 // these say nothing of what the hellos agreed on
	switch kind {
	case 0:
		serverName(c)
	case 1:
		c.widen(1)
		c.u8(fTLSFragLen)
	case 5:
		switch {
		case hello && c.left() > 0:
			if kind := c.u8(fTLSStatusType); kind == 1 || kind == 2 {
				statusRequest(c)
			}
		case message == 11: // RFC 8446 §4.4.2.1
			t.certificateStatus(c)
		}
	case 9:
		if !later {
			certificateTypes(c, hello, fTLSKindsExtLen)
		}
	case 10:
		t.groups(c)
	case 11:
		t.points(c)
	case 12:
		if n := c.vector(fTLSSRPLen, 1, 1); n > 0 {
			c.str(fTLSSRP, n)
		}
	case 13, 50:
		c.schemes()
	case 14:
		if t.datagram { // it has no meaning elsewhere
			useSRTP(c)
		}
	case 34:
		switch message {
		case 1:
			c.schemes()
		default:
			delegatedCredential(c)
		}
	case 15:
		c.widen(1)
		c.u8(fTLSBeatMode)
	case 16:
		names := c.vector(fTLSALPNLen, 2, 2)
		protocolNames(c, names, fTLSALPNs, fTLSALPNStrLen, fTLSALPN, "ALPN Protocol")
	case 17513:
		if hello {
			names := c.vector(fTLSALPSLen, 2, 2)
			protocolNames(c, names, fTLSALPSs, fTLSALPSStrLen, fTLSALPS, "Supported ALPN List")
		} else {
			c.skip(c.left()) // settings that mean something once they are encrypted
		}
	case 17:
		if hello {
			statusList(c)
		}
	case 18:
		if !hello && !later {
			timestamps(c)
		}
	case 19, 20:
		if !later {
			certificateTypes(c, hello, fTLSCertTypesLen)
		}
	case 21:
		c.bytesOrCut(fTLSPadding)
	case 22, 23, 49:
	case 27:
		if !hello && message != 13 {
			break
		}
		for l := c.to(c.vector(fTLSCompCertLen, 1, 2)); l.ok() && l.left() >= 2; {
			l.u16(fTLSCompCert)
		}
	case 28:
		c.widen(2)
		c.u16(fTLSRecordLimit)
	case 35:
		n := c.left()
		if b := c.raw(n); b != nil && c.on() {
			c.add(fTLSExtData, n, Node{raw: b, text: "Data (" + plural(n, "byte") + ")"})
		}
	case 41:
		preSharedKey(c, hello, message)
	case 42, 46:
		if message == 4 {
			c.widen(4)
			c.u32(fTLSEarlyMax)
		}
	case 43:
		if message == 2 || message == 6 {
			c.widen(2)
			c.u16(fTLSSupported)
		}
		if !hello {
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
	case 48:
		oidFilters(c)
	case 53, 54:
		if hello || message == 2 {
			connectionID(c)
		}
	case 57, 65445:
		quicTransportParameters(c, kind, message)
	case 65486:
		t.encryptedName(c, message)
	case 40, 51:
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

// overrun says how much more was read than belongs to what ends at end.
func (c *cursor) overrun(end int) {
	n := c.pos - end
	if n <= 0 || !c.on() {
		return
	}
	msg := "Dissector processed too much data (" + plural(n, "byte") + ")"
	c.addAt(fText, end, n, Node{text: msg})
	c.begin()
	c.expert(Error, GroupMalformed, eTLSTooSmall, msg)
	c.end()
}

// group opens a node for all that is left.
func (c *cursor) group(label string) {
	if c.on() {
		c.addAt(fText, c.pos, c.captured(), Node{text: label})
		c.begin()
	}
}

// serverName reads names of the server (RFC 6066 §3).
func serverName(c *cursor) {
	if c.left() == 0 {
		return
	}
	c.group("Server Name Indication extension")
	for l := c.to(c.vector(fTLSNamesLen, 2, 1)); l.ok() && l.left() > 0; {
		l.u8(fTLSNameType)
		n := l.vector(fTLSNameLen, 2, 1)
		l.str(fTLSName, n)
	}
	c.end()
}

func statusRequest(c *cursor) {
	undissected(c, c.vector(fTLSResponders, 2, 0), "Responder ID list is not dissected by tcplens")
	undissected(c, c.vector(fTLSStatusExts, 2, 0), "Request Extensions are not dissected by tcplens")
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
	if !l.ok() || l.spent {
		return
	}
	if l.on() {
		l.addAt(fTLSGroups, l.pos, l.captured(), Node{text: "Supported Groups (" + counted(n/2, "group", "groups") + ")"})
		l.begin()
	}
	for l.ok() && l.left() >= 2 {
		dash(&t.print.groups, l.u16(fTLSGroup))
	}
	l.trailing()
	l.end()
}

// points reads the formats of curve points (RFC 8422 §5.1.2).
func (t *tlsRun) points(c *cursor) {
	c.widen(1)
	n := c.vector(fTLSPointsLen, 1, 0)
	l := c.to(n)
	if !l.ok() || l.spent {
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
	if !l.ok() || l.spent {
		return
	}
	if l.on() {
		l.addAt(list, l.pos, l.captured(), Node{text: label})
		l.begin()
	}
	for l.ok() && l.left() > 0 {
		k := l.vector(length, 1, 1)
		l.ascii(name, k)
	}
	l.end()
}

// ascii reads n bytes of text in which other bytes than those of ASCII have no place: the
// value has a mark for each.
func (c *cursor) ascii(f *Field, n int) {
	b := c.raw(n)
	if b == nil || !c.on() {
		return
	}
	var s strings.Builder
	for _, x := range b {
		if x < 0x80 {
			s.WriteByte(x)
		} else {
			s.WriteRune(utf8.RuneError)
		}
	}
	c.add(f, n, Node{str: s.String()})
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
	for l := c.to(c.vector(fTLSSCTsLen, 2, 1)); l.ok() && l.left() > 0; {
		if l.on() {
			l.sub(fText, "Signed Certificate Timestamp (Unknown Log)")
		}
		s := l.to(l.vector(fTLSSCTLen, 2, 1))
		s.u8(fTLSSCTVersion)
		if s.left() >= 47 {
			s.bytes(fTLSSCTLog, 32)
			at := s.u64(nil)
			s.add(fTLSSCTTime, 8, Node{num: at * 1e6})
			if n := s.vector(fTLSSCTExtsLen, 2, 0); n > 0 && s.need(n) {
				s.skip(n)
				s.add(fTLSSCTExts, n, Node{})
			}
			s.scheme()
			s.bytes(fTLSSCTSig, s.vector(fTLSSCTSigLen, 2, 0))
		}
		s.trailing()
		l.end()
	}
}

// certificateTypes reads what kinds of certificates are known (RFC 6091 §3, RFC 7250 §3).
func certificateTypes(c *cursor, hello bool, length *Field) {
	if !hello {
		c.widen(1)
		c.u8(fTLSCertTypeExt)
		return
	}
	n := int(c.u8(length))
	if !c.ok() || n > c.left() {
		return
	}
	l := c.to(n)
	if l.on() {
		l.addAt(fTLSCertTypes, l.pos, l.captured(), Node{text: "Certificate Type List (" + strconv.Itoa(n) + ")"})
		l.begin()
	}
	for l.ok() && l.left() > 0 {
		l.u8(fTLSCertTypeExt)
	}
	l.end()
}

// preSharedKey reads identities and binders (RFC 8446 §4.2.11).
func preSharedKey(c *cursor, hello bool, message byte) {
	c.group("Pre-Shared Key extension")
	if !hello {
		if message == 2 {
			c.widen(2)
			c.u16(fTLSPSKChosen)
		}
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
	if !c.spent && c.need(n) && c.on() {
		c.addAt(fTLSBinders, c.pos, n, Node{})
	}
	c.skip(n)
	c.end()
}

// keyShare reads keys for the exchange (RFC 8446 §4.2.8).
func keyShare(c *cursor, message byte) {
	c.group("Key Share extension")
	switch message {
	case 1:
		for l := c.to(c.vector(fTLSSharesLen, 2, 0)); l.ok() && l.left() >= 4; {
			shareEntry(&l)
		}
	case 6:
		c.widen(2)
		c.u16(fTLSShareChosen)
	case 2:
		shareEntry(c)
	}
	c.end()
}

func shareEntry(c *cursor) {
	if c.left() < 4 {
		return
	}
	if c.on() {
		label, size := "Key Share Entry: Group: "+orUnknownGroup(c.peek16(0)), 4
		if n := int(c.peek16(2)); n <= c.left()-4 {
			label += ", Key Exchange length: " + strconv.Itoa(n)
			size += n
		}
		c.addAt(fText, c.pos, min(size, c.captured()), Node{text: label})
		c.begin()
	}
	c.u16(fTLSShareGroup)
	if n := c.vector(fTLSShareLen, 2, 1); n > 0 {
		c.bytes(fTLSShareKey, n)
	}
	c.end()
}

func orUnknownGroup(v uint16) string {
	if s := tlsGroups(uint64(v)); s != "" {
		return s
	}
	return "Unknown (" + strconv.Itoa(int(v)) + ")"
}
