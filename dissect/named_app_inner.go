package dissect

import (
	"bytes"
	"slices"
	"strings"
)

// innerApps are the protocols that stand inside others.
var innerApps = []portApp{
	{named: newNamed("SMB (Server Message Block Protocol)", "SMB", "smb")},
	{named: newNamed("SMB2 (Server Message Block Protocol version 2)", "SMB2", "smb2")},
	{named: newNamed("ISO 8073/X.224 COTP Connection-Oriented Transport Protocol", "COTP", "cotp")},
	{named: newNamed("Modbus", "Modbus", "modbus")},
	{named: newNamed("Common Industrial Protocol", "CIP", "cip")},
	{named: newNamed("JavaScript Object Notation", "JSON", "json")},
	{named: newNamed("Encapsulating Security Payload", "ESP", "esp")},
	{named: newNamed("Portmap", "Portmap", "portmap")},
	{named: newNamed("Network File System", "NFS", "nfs")},
	{named: newNamed("Mount Service", "MOUNT", "mount")},
	{named: newNamed("IEC 60870-5-101/104 ASDU", "IEC 60870-5 ASDU", "iec60870_asdu")},
	{named: newNamed("eXtensible Markup Language", "XML", "xml")},
	{named: appISAKMP},
	{named: newNamed("S7 Communication", "S7COMM", "s7comm")},
	{named: newNamed("CIP PCCC Object", "CIP PCCC", "cippccc")},
	{named: newNamed("Microsoft Windows Browser Protocol", "BROWSER", "browser")},
	{named: newNamed("Kerberos v4", "KRB4", "krb4")},
	{named: newNamed("Line-based text data", "data-text-lines", "data-text-lines")},
}

// The places of innerApps.
const (
	inSMB = iota
	inSMB2
	inCOTP
	inModbus
	inCIP
	inJSON
	inESP
	inPortmap
	inNFS
	inMount
	inASDU
	inXML
	inISAKMP
	inS7
	inPCCC
	inBrowser
	inKRB4
	inText
)

var insideXML = portApp{named: innerApps[inXML].named}

// insideNBSS looks behind the header of a session message (RFC 1002 §4.3.1).
func insideNBSS(c cursor) (int, *portApp) {
	if c.peek(0) != 0 || c.left() < 8 {
		return 0, nil
	}
	return 4, smbOf(&c, 4)
}

// smbOf tells the kind of SMB by its mark.
func smbOf(c *cursor, at int) *portApp {
	switch c.peek32(at) {
	case 0xff534d42:
		return &insideSMB
	case 0xfe534d42, 0xfd534d42, 0xfc534d42:
		return &innerApps[inSMB2]
	}
	return nil
}

// insideNBDS looks behind the names of a datagram (RFC 1002 §4.4.2).
func insideNBDS(c cursor) (int, *portApp) {
	if t := c.peek(0); t < 0x10 || t > 0x12 {
		return 0, nil
	}
	const names = 14 + 34 + 34
	return names, smbOf(&c, names)
}

// insideTPKT looks behind the header for the transport that it was made for (RFC 1006 §6).
func insideTPKT(c cursor) (int, *portApp) {
	if n := int(c.peek16(2)); n < 7 || n > c.left() || int(c.peek(4)) > n-5 {
		return 0, nil
	}
	switch c.peek(5) & 0xf0 {
	case 0xe0, 0xd0, 0x80, 0xc0, 0xf0, 0x10, 0x20, 0x60, 0x70, 0xa0, 0xb0, 0x50:
		return 4, &insideCOTP
	}
	return 0, nil
}

func insideModbus(c cursor) (int, *portApp) { return 7, &innerApps[inModbus] }

// insideENIP looks for a request or an answer that has CIP in it.
func insideENIP(c cursor) (int, *portApp) {
	b := c.rest()
	if len(b) < 32 {
		return 0, nil
	}
	if cmd := int(b[0]) | int(b[1])<<8; cmd != 0x6f && cmd != 0x70 {
		return 0, nil
	}
	// The items: each has a type and a length, little endian. Type 0xb2 and 0xb1
	// are the data of CIP, the latter after a sequence number.
	at := 24 + 8
	for items := int(b[30]) | int(b[31])<<8; items > 0 && items < 8 && at+4 <= len(b); items-- {
		typ, n := int(b[at])|int(b[at+1])<<8, int(b[at+2])|int(b[at+3])<<8
		at += 4
		switch {
		case typ == 0xb2 && n > 0:
			return at, &insideCIP
		case typ == 0xb1 && n > 2:
			return at + 2, &insideCIP
		}
		at += n
	}
	return 0, nil
}

// insideDropbox expects the JSON that these announcements are.
func insideDropbox(c cursor) (int, *portApp) {
	if c.peek(0) != '{' {
		return 0, nil
	}
	return 0, &innerApps[inJSON]
}

// insideUDPEncap tells key exchange, behind four zeros, from encrypted packets (RFC 3948 §2).
func insideUDPEncap(c cursor) (int, *portApp) {
	switch {
	case c.left() == 1: // keep-alive
		return 0, nil
	case c.peek32(0) == 0:
		return 4, &innerApps[inISAKMP]
	}
	return 0, &innerApps[inESP]
}

// insideIEC104 tells whether an information frame has an ASDU.
func insideIEC104(c cursor) (int, *portApp) {
	if c.left() <= 6 || c.peek(2)&1 != 0 {
		return 0, nil
	}
	return 6, &innerApps[inASDU]
}

// insideRPC tells the program of a call (RFC 5531 §9).
func insideRPC(c cursor) (int, *portApp) {
	at := 0
	if c.d.layer.proto == 6 {
		at = 4 // the record mark
	}
	if c.peek32(at+4) != 0 || c.peek32(at+8) != 2 {
		return 0, nil
	}
	switch c.peek32(at + 12) {
	case 100000:
		return at + 40, &innerApps[inPortmap]
	case 100003:
		return at + 40, &innerApps[inNFS]
	case 100005:
		return at + 40, &innerApps[inMount]
	}
	return 0, nil
}

// The inner protocols that hold others.
var (
	insideCIP  = portApp{named: innerApps[inCIP].named, inside: insidePCCC}
	insideSMB  = portApp{named: innerApps[inSMB].named, inside: insideMailslot}
	insideCOTP = portApp{named: innerApps[inCOTP].named, inside: insideS7}
)

// insidePCCC tells the service that carries PCCC, in a request or an answer.
func insidePCCC(c cursor) (int, *portApp) {
	if c.peek(0)&0x7f != 0x4b || c.left() < 4 {
		return 0, nil
	}
	return min(c.left(), 2+2*int(c.peek(1))), &innerApps[inPCCC]
}

// insideMailslot tells announcements of servers by the name of their mailslot.
func insideMailslot(c cursor) (int, *portApp) {
	i := bytes.Index(c.rest(), []byte("\\MAILSLOT\\BROWSE\x00"))
	if c.peek(4) != 0x25 || i < 0 {
		return 0, nil
	}
	return i + 17, &innerApps[inBrowser]
}

// insideS7 looks behind the header of a data TPDU.
func insideS7(c cursor) (int, *portApp) {
	if c.peek(0) == 2 && c.peek(1)&0xf0 == 0xf0 && c.peek(3) == 0x32 {
		return 3, &innerApps[inS7]
	}
	return 0, nil
}

// insideKerberos tells the messages of version 4, which share the port.
func insideKerberos(c cursor) (int, *portApp) {
	if c.peek(0) == 4 {
		return 0, &innerApps[inKRB4]
	}
	return 0, nil
}

// smtpVerbs are the commands of RFC 5321 §4.1.1, RFC 3207, RFC 4954 and RFC 3030.
var smtpVerbs = []string{"EHLO", "HELO", "MAIL", "RCPT", "DATA", "QUIT", "RSET", "NOOP", "AUTH", "STAR", "BDAT", "VRFY", "EXPN", "HELP", "TURN", "ETRN"}

// insideSMTP tells the lines of a mail from commands: they do not begin with one,
// and a line that is a word alone may be part of a login.
func insideSMTP(c cursor) (int, *portApp) {
	if d := c.d.layer.dstPort; d != 25 && d != 587 {
		return 0, nil
	}
	b := c.rest()
	if len(b) < 4 || slices.Contains(smtpVerbs, strings.ToUpper(string(b[:4]))) {
		return 0, nil
	}
	line, _, _ := bytes.Cut(b, []byte("\r\n"))
	if !bytes.ContainsAny(line, " \t") && len(b) < 256 {
		return 0, nil
	}
	return 0, &innerApps[inText]
}
