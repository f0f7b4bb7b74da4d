package dissect

// tlsHandshakeName names the types of handshake messages (RFC 8446 §4 and the
// IANA registry) as Wireshark words them; "" for a type that is not known.
func tlsHandshakeName(t byte) string {
	switch t {
	case 0:
		return "Hello Request"
	case 1:
		return "Client Hello"
	case 2:
		return "Server Hello"
	case 3:
		return "Hello Verify Request"
	case 4:
		return "New Session Ticket"
	case 5:
		return "End of Early Data"
	case 6:
		return "Hello Retry Request"
	case 8:
		return "Encrypted Extensions"
	case 11:
		return "Certificate"
	case 12:
		return "Server Key Exchange"
	case 13:
		return "Certificate Request"
	case 14:
		return "Server Hello Done"
	case 15:
		return "Certificate Verify"
	case 16:
		return "Client Key Exchange"
	case 20:
		return "Finished"
	case 21:
		return "Client Certificate URL"
	case 22:
		return "Certificate Status"
	case 23:
		return "Supplemental Data"
	case 24:
		return "Key Update"
	case 25:
		return "Compressed Certificate"
	case 67:
		return "Encrypted Extensions"
	}
	return ""
}

// tlsTypeNames names the content types of records (RFC 8446 §5.1, RFC 6520, RFC 9146).
func tlsTypeNames(v uint64) string {
	switch v {
	case tlsCCS:
		return "Change Cipher Spec"
	case tlsAlert:
		return "Alert"
	case tlsHandshake:
		return "Handshake"
	case tlsAppData:
		return "Application Data"
	case tlsHeartbeat:
		return "Heartbeat"
	case tlsCID:
		return "Connection ID"
	case 0x80:
		return "SSL 2.0 Client Hello"
	}
	return ""
}

// tlsHeartbeats names the types of heartbeat messages (RFC 6520 §3).
func tlsHeartbeats(v uint64) string { return list("", "Request", "Response")(v) }

// tlsCertKinds names the kinds of client certificates (RFC 5246 §7.4.4, RFC 8422 §5.5).
func tlsCertKinds(v uint64) string {
	switch v {
	case 1:
		return "RSA Sign"
	case 2:
		return "DSS Sign"
	case 3:
		return "RSA Fixed DH"
	case 4:
		return "DSS Fixed DH"
	case 5:
		return "RSA Ephemeral DH"
	case 6:
		return "DSS Ephemeral DH"
	case 20:
		return "FORTEZZA DMS"
	case 64:
		return "ECDSA Sign"
	case 65:
		return "RSA Fixed ECDH"
	case 66:
		return "ECDSA Fixed ECDH"
	}
	return ""
}

// tlsScheme names a signature scheme; one that is none is told by its hash and
// its signature, as in TLS 1.2 (RFC 5246 §7.4.1.4.1).
func tlsScheme(v uint64) string {
	if s := tlsSchemes(v); s != "" {
		return s
	}
	return orUnknownName(tlsHashes(v>>8)) + " " + orUnknownName(tlsSignatures(v&0xff))
}

func orUnknownName(s string) string {
	if s == "" {
		return "Unknown"
	}
	return s
}

// sslSpecs names the cipher specs of an SSL 2.0 hello: cipher suites with a zero
// before them, and the few of its own.
func sslSpecs(v uint64) string {
	if v < 0x10000 {
		return tlsSuites(v)
	}
	switch v {
	case 0x010080:
		return "SSL2_RC4_128_WITH_MD5"
	case 0x020080:
		return "SSL2_RC4_128_EXPORT40_WITH_MD5"
	case 0x030080:
		return "SSL2_RC2_128_CBC_WITH_MD5"
	case 0x040080:
		return "SSL2_RC2_128_CBC_EXPORT40_WITH_MD5"
	case 0x050080:
		return "SSL2_IDEA_128_CBC_WITH_MD5"
	case 0x060040:
		return "SSL2_DES_64_CBC_WITH_MD5"
	case 0x0700c0:
		return "SSL2_DES_192_EDE3_CBC_WITH_MD5"
	case 0x080080:
		return "SSL2_RC4_64_WITH_MD5"
	}
	return ""
}

// tlsShort is a version as the Protocol column has it (R102).
func tlsShort(v uint16) string {
	switch v {
	case 0x0300:
		return "SSLv3"
	case 0x0301:
		return "TLSv1"
	case 0x0302:
		return "TLSv1.1"
	case 0x0303:
		return "TLSv1.2"
	case 0x0304:
		return "TLSv1.3"
	}
	return "SSL"
}

// tlsPortName names the protocol that tshark expects inside of TLS on a port.
func tlsPortName(port uint16) string {
	switch port {
	case 443:
		return "Hypertext Transfer Protocol"
	case 465:
		return "Simple Mail Transfer Protocol"
	case 636:
		return "Lightweight Directory Access Protocol"
	case 802:
		return "Modbus/TCP"
	case 853:
		return "Domain Name System"
	case 993:
		return "Internet Message Access Protocol"
	case 995:
		return "Post Office Protocol"
	case 1300:
		return "Q.931"
	case 2221:
		return "EtherNet/IP (Industrial Protocol)"
	case 2443:
		return "Skinny Client Control Protocol"
	case 3389:
		return "TPKT - ISO on TCP - RFC1006"
	case 3496:
		return "DoIP (ISO13400) Protocol"
	case 5061:
		return "Session Initiation Protocol"
	case 5671:
		return "Advanced Message Queuing Protocol"
	case 5684:
		return "Constrained Application Protocol"
	case 5868:
		return "Diameter Protocol"
	case 8883:
		return "MQ Telemetry Transport Protocol"
	case 11207:
		return "Couchbase Protocol"
	case 19999:
		return "Distributed Network Protocol 3.0"
	case 27017:
		return "Mongo Wire Protocol"
	}
	return ""
}

// tlsALPNName names the protocol that an ALPN identifier stands for (RFC 7301).
func tlsALPNName(id string) string {
	switch {
	case id == "h2":
		return "HyperText Transfer Protocol 2"
	case id == "http/1.1":
		return "Hypertext Transfer Protocol"
	case id == "dot":
		return "Domain Name System"
	case id == "stun.turn":
		return "TURN Channel"
	case len(id) >= 5 && id[:5] == "spdy/":
		return "SPDY"
	}
	return ""
}
