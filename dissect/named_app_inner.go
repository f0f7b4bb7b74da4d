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
	{named: named{proto: pJSON}},
	{named: named{proto: pESP}},
	{named: newNamed("Portmap", "Portmap", "portmap")},
	{named: newNamed("Network File System", "NFS", "nfs")},
	{named: newNamed("Mount Service", "MOUNT", "mount")},
	{named: newNamed("IEC 60870-5-101/104 ASDU", "IEC 60870-5 ASDU", "iec60870_asdu")},
	{named: named{proto: pXML}},
	{named: appISAKMP},
	{named: newNamed("S7 Communication", "S7COMM", "s7comm")},
	{named: newNamed("CIP PCCC Object", "CIP PCCC", "cippccc")},
	{named: newNamed("Microsoft Windows Browser Protocol", "BROWSER", "browser")},
	{named: newNamed("Kerberos v4", "KRB4", "krb4")},
	{named: named{proto: pTextLines}},
	{named: newNamed("Simple Protected Negotiation", "SPNEGO", "spnego")},
	{named: newNamed("SPNEGO-KRB5", "SPNEGO-KRB5", "spnego-krb5")},
	{named: newNamed("NTLM Secure Service Provider", "NTLMSSP", "ntlmssp")},
	{named: newNamed("GSS-API Generic Security Service Application Program Interface", "GSS-API", "gss-api")},
	{named: newNamed("Remote Desktop Protocol", "RDP", "rdp")},
	{named: newNamed("Distributed Computing Environment / Remote Procedure Call (DCE/RPC)", "DCERPC", "dcerpc")},
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
	inSPNEGO
	inKRB5
	inNTLM
	inGSS
	inRDP
	inDCERPC
)

// insideTLS stands for records of TLS, which are taken apart.
var insideTLS = portApp{named: named{proto: pTLS}}

// insideOpenVPN looks behind the header of a control message for records of TLS: there
// is its session, a HMAC of 20 bytes with the packet's number and time, which is what
// tshark expects too, what is acknowledged, and the message's number.
func insideOpenVPN(c cursor) (int, *portApp) {
	at := 0
	if c.d.layer.proto == 6 { // a length before it
		at = 2
	}
	const control, hmac = 4, 20
	if c.peek(at)>>3 != control {
		return 0, nil
	}
	for _, auth := range []int{0, hmac + 4 + 4} {
		n := at + 1 + 8 + auth
		if acks := int(c.peek(n)); acks > 0 {
			n += 4*acks + 8
		}
		n += 1 + 4
		b := c.rest()
		if n+tlsHeader >= len(b) {
			continue
		}
		rest := b[n:]
		for len(rest) >= tlsHeader && isTLSType(rest[0]) && isTLSVersion(uint16(rest[1])<<8|uint16(rest[2])) {
			size := tlsHeader + (int(rest[3])<<8 | int(rest[4]))
			if size > len(rest) {
				break
			}
			rest = rest[size:]
		}
		if len(rest) == 0 {
			return n, &insideTLS
		}
	}
	return 0, nil
}

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
	case 0xfe534d42:
		return &insideSMB2
	case 0xfd534d42, 0xfc534d42: // encrypted, compressed
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
	if c.peek(0) != 3 {
		// RDP's short header, whose action stands in the two lowest bits.
		if c.peek(0)&3 == 0 {
			return 0, &innerApps[inRDP]
		}
		return 0, nil
	}
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
	insideSMB  = portApp{named: innerApps[inSMB].named, inside: insideSMB1}
	insideSMB2 = portApp{named: innerApps[inSMB2].named, inside: insideSMB2Command}
	insideGSS  = portApp{named: innerApps[inGSS].named, inside: insideGSSAPI}
	insideNego = portApp{named: innerApps[inSPNEGO].named, inside: insideSPNEGO}
	insideWrap = portApp{named: innerApps[inGSS].named, inside: func(cursor) (int, *portApp) { return 0, &innerApps[inKRB5] }}
	insideCOTP = portApp{named: innerApps[inCOTP].named, inside: insideS7}
)

// insidePCCC tells the service that carries PCCC, in a request or an answer.
func insidePCCC(c cursor) (int, *portApp) {
	if c.peek(0)&0x7f != 0x4b || c.left() < 4 {
		return 0, nil
	}
	return min(c.left(), 2+2*int(c.peek(1))), &innerApps[inPCCC]
}

// insideSMB1 tells announcements of servers by the name of their mailslot, calls
// through a named pipe, and the tokens that a session is set up with (MS-CIFS §2.2.4).
func insideSMB1(c cursor) (int, *portApp) {
	b := c.rest()
	switch c.peek(4) {
	case 0x25: // transaction
		if i := bytes.Index(b, []byte("\\MAILSLOT\\BROWSE\x00")); i >= 0 {
			return i + 17, &innerApps[inBrowser]
		}
		if i := dcerpcAt(b, 32); i >= 0 {
			return i, &innerApps[inDCERPC]
		}
	case 0x72, 0x73: // negotiate, session setup
		if i := bytes.Index(b, spnegoToken); i >= 4 {
			return i - 4, &insideGSS
		}
		if i := bytes.Index(b, []byte("NTLMSSP\x00")); i >= 0 && c.peek(4) == 0x73 {
			return i, &insideGSS
		}
	}
	return 0, nil
}

// spnegoToken is how the name of SPNEGO stands in a token (RFC 4178 §4.2).
var spnegoToken = []byte("\x06\x06\x2b\x06\x01\x05\x05\x02")

// dcerpcAt finds the header of DCE/RPC in b, from on.
func dcerpcAt(b []byte, from int) int {
	for i := from; i+16 <= len(b); i++ {
		if b[i] == 5 && b[i+1] == 0 && b[i+2] <= 19 && b[i+4] == 0x10 && b[i+5] == 0 && b[i+6] == 0 && b[i+7] == 0 &&
			int(b[i+8])|int(b[i+9])<<8 == len(b)-i {
			return i
		}
	}
	return -1
}

// insideSMB2Command looks for tokens and for calls through a named pipe, where
// the command says that they stand (MS-SMB2 §2.2).
func insideSMB2Command(c cursor) (int, *portApp) {
	b := c.rest()
	const header = 64
	if len(b) < header+24 {
		return 0, nil
	}
	answer := b[16]&1 != 0
	at := func(i int) int { return int(b[header+i]) | int(b[header+i+1])<<8 }
	var token int
	switch cmd := int(b[12]) | int(b[13])<<8; {
	case cmd == 0 && answer && len(b) >= header+60:
		token = at(56)
	case cmd == 1 && answer:
		token = at(4)
	case cmd == 1:
		token = at(12)
	case cmd == 8 && answer, cmd == 9 && !answer, cmd == 11:
		if i := dcerpcAt(b, header); i >= 0 {
			return i, &innerApps[inDCERPC]
		}
	}
	if token >= header && token+2 < len(b) && (b[token] == 0x60 || b[token] == 0xa1 || b[token] == 0xa0) {
		return token, &insideGSS
	}
	return 0, nil
}

// insideGSSAPI expects the negotiation that nearly all tokens hold.
func insideGSSAPI(cursor) (int, *portApp) { return 0, &insideNego }

// insideSPNEGO tells whether NTLM was chosen or proposed with a token.
func insideSPNEGO(c cursor) (int, *portApp) {
	if i := bytes.Index(c.rest(), []byte("NTLMSSP\x00")); i >= 0 {
		return i, &innerApps[inNTLM]
	}
	return 0, nil
}

// insideLDAP tells messages that SASL has wrapped by the token's mark (RFC 4121 §4.2.6.2).
func insideLDAP(c cursor) (int, *portApp) {
	if c.peek(0) == 0 && c.peek16(4) == 0x0504 {
		return 4, &insideWrap
	}
	return 0, nil
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
