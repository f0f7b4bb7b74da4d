package dissect

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
	{named: newNamed("S7 Communication", "S7COMM", "s7comm"), looks: begins("\x32")},
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
		return &innerApps[inSMB]
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
		return 4, &innerApps[inCOTP]
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
			return at, &innerApps[inCIP]
		case typ == 0xb1 && n > 2:
			return at + 2, &innerApps[inCIP]
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
