package dissect

import "strings"

// The fields of key exchanges that are seen less often, and of messages of old
// extensions.
var (
	fTLSModLen    = pTLS.u16("tls.handshake.modulus_len", "Modulus Length", Dec)
	fTLSModulus   = pTLS.bytes("tls.handshake.modulus", "Modulus")
	fTLSExpLen    = pTLS.u16("tls.handshake.exponent_len", "Exponent Length", Dec)
	fTLSExponent  = pTLS.bytes("tls.handshake.exponent", "Exponent")
	fTLSHintLen   = pTLS.u16("tls.handshake.hint_len", "Hint Length", Dec)
	fTLSHint      = pTLS.bytes("tls.handshake.hint", "Hint")
	fTLSIdentLen  = pTLS.u16("tls.handshake.identity_len", "Identity Length", Dec)
	fTLSIdentity  = pTLS.bytes("tls.handshake.identity", "Identity")
	fTLSXsLen     = pTLS.u8("tls.handshake.xs_len", "Pubkey Length", Dec)
	fTLSXs        = pTLS.bytes("tls.handshake.xs", "Pubkey")
	fTLSXcLen     = pTLS.u8("tls.handshake.xc_len", "Pubkey Length", Dec)
	fTLSXc        = pTLS.bytes("tls.handshake.xc", "Pubkey")
	fTLSVsLen     = pTLS.u8("tls.handshake.vs_len", "Ephemeral Pubkey Length", Dec)
	fTLSVs        = pTLS.bytes("tls.handshake.vs", "Ephemeral Pubkey")
	fTLSVcLen     = pTLS.u8("tls.handshake.vc_len", "Ephemeral Pubkey Length", Dec)
	fTLSVc        = pTLS.bytes("tls.handshake.vc", "Ephemeral Pubkey")
	fTLSRsLen     = pTLS.u8("tls.handshake.rs_len", "Schnorr signature Length", Dec)
	fTLSRs        = pTLS.bytes("tls.handshake.rs", "Schnorr signature")
	fTLSRcLen     = pTLS.u8("tls.handshake.rc_len", "Schnorr signature Length", Dec)
	fTLSRc        = pTLS.bytes("tls.handshake.rc", "Schnorr signature")
	fTLSURLType   = pTLS.u8("tls.handshake.cert_url_type", "Certificate Chain Type", Dec, names(tlsURLTypes))
	fTLSURLsLen   = pTLS.u16("tls.handshake.cert_url.url_hash_len", "URL and Hash list Length", Dec)
	fTLSURLHash   = pTLS.none("tls.handshake.cert_url.url_hash", "URL and Hash")
	fTLSURLLen    = pTLS.u16("tls.handshake.cert_url.url_len", "URL Length", Dec)
	fTLSURL       = pTLS.str("tls.handshake.cert_url.url", "URL")
	fTLSURLPad    = pTLS.none("tls.handshake.cert_url.padding", "Padding")
	fTLSURLSHA1   = pTLS.bytes("tls.handshake.cert_url.sha1", "SHA1 Hash")
	fTLSNextLen   = pTLS.u8("tls.handshake.npn_selected_protocol_len", "Selected Protocol Length", Dec)
	fTLSNext      = pTLS.str("tls.handshake.npn_selected_protocol", "Selected Protocol")
	fTLSNextPadN  = pTLS.u8("tls.handshake.npn_padding_len", "Padding Length", Dec)
	fTLSNextPad   = pTLS.bytes("tls.handshake.npn_padding", "Padding")
	tlsURLTypes   = list("", "Individual Certificates", "PKI Path")
	tlsKeyKinds   = []string{"ECDHE_PSK", "DHE_PSK", "RSA_PSK", "ECDHE", "ECDH_", "DHE", "DH_", "RSA", "PSK", "ECJPAKE"}
	tlsFixedKinds = []string{"DH_RSA", "DH_DSS"} // the certificate has the key
)

// keyExchange tells the kind of key exchange by the name of the cipher suite that
// the server chose.
func (t *tlsRun) keyExchange() string {
	name := strings.TrimPrefix(tlsSuites(uint64(t.suite)), "TLS_")
	for _, k := range tlsKeyKinds {
		if strings.HasPrefix(name, k) {
			return strings.TrimSuffix(k, "_")
		}
	}
	return ""
}

// anonymous says that the server signs nothing (RFC 5246 §F.1.1.1).
func (t *tlsRun) anonymous() bool { return strings.Contains(tlsSuites(uint64(t.suite)), "_anon_") }

// fixed says that the server's key is in its certificate (RFC 5246 §7.4.2).
func (t *tlsRun) fixed() bool {
	name := strings.TrimPrefix(tlsSuites(uint64(t.suite)), "TLS_")
	for _, k := range tlsFixedKinds {
		if strings.HasPrefix(name, k) {
			return true
		}
	}
	return false
}

// counted8 and counted16 read bytes with their number before them.
func (c *cursor) counted8(length, f *Field) { c.bytes(f, int(c.u8(length))) }

func (c *cursor) counted16(length, f *Field) { c.bytes(f, int(c.u16(length))) }

// serverKey takes a Server Key Exchange apart (RFC 5246 §7.4.3, RFC 8422 §5.4, RFC 4279 §2).
func (t *tlsRun) serverKey(c *cursor, version uint16) {
	switch t.keyExchange() {
	case "ECDHE", "ECDH":
		c.group("EC Diffie-Hellman Server Params")
		if c.u8(fTLSCurveType) == 3 {
			c.u16(fTLSCurve)
			c.counted8(fTLSServerLen, fTLSServerPoint)
			if !t.anonymous() {
				t.signature(c, version)
			}
		}
		c.end()
	case "DHE", "DH":
		if t.fixed() {
			return
		}
		c.group("Diffie-Hellman Server Params")
		c.counted16(fTLSPLen, fTLSP)
		c.counted16(fTLSGLen, fTLSG)
		c.counted16(fTLSYsLen, fTLSYs)
		if !t.anonymous() {
			t.signature(c, version)
		}
		c.end()
	case "RSA": // of export suites (RFC 2246 §7.4.3)
		c.group("RSA-EXPORT Server Params")
		c.counted16(fTLSModLen, fTLSModulus)
		c.counted16(fTLSExpLen, fTLSExponent)
		t.signature(c, version)
		c.end()
	case "PSK", "RSA_PSK":
		if int(c.peek16(0)) != c.left()-2 {
			return // not a hint alone
		}
		c.group("PSK Server Params")
		c.counted16(fTLSHintLen, fTLSHint)
		c.end()
	case "ECJPAKE": // draft-cragie-tls-ecjpake-01 §7.3
		c.group("EC J-PAKE Server Params")
		if c.u8(fTLSCurveType) == 3 {
			c.u16(fTLSCurve)
			c.counted8(fTLSXsLen, fTLSXs)
			c.counted8(fTLSVsLen, fTLSVs)
			c.counted8(fTLSRsLen, fTLSRs)
		}
		c.end()
	}
}

func (t *tlsRun) signature(c *cursor, version uint16) {
	if version >= 0x0303 {
		c.scheme()
	}
	if n := c.vector(fTLSSigLen, 2, 0); n > 0 {
		c.bytes(fTLSSig, n)
	}
}

// clientKey takes a Client Key Exchange apart (RFC 5246 §7.4.7, RFC 8422 §5.7, RFC 4279 §2).
func (t *tlsRun) clientKey(c *cursor) {
	switch t.keyExchange() {
	case "ECDHE", "ECDH":
		c.group("EC Diffie-Hellman Client Params")
		c.counted8(fTLSClientLen, fTLSClientPoint)
	case "DHE", "DH":
		c.group("Diffie-Hellman Client Params")
		c.counted16(fTLSYcLen, fTLSYc)
	case "RSA":
		c.group("RSA Encrypted PreMaster Secret")
		if t.version == 0x0300 { // no length before it (RFC 6101 §5.6.7.1)
			c.bytes(fTLSEPMS, c.left())
		} else {
			c.counted16(fTLSEPMSLen, fTLSEPMS)
		}
	case "PSK":
		c.group("PSK Client Params")
		c.counted16(fTLSIdentLen, fTLSIdentity)
	case "RSA_PSK":
		c.group("RSA PSK Client Params")
		c.counted16(fTLSIdentLen, fTLSIdentity)
		c.counted16(fTLSEPMSLen, fTLSEPMS)
	case "ECJPAKE":
		c.group("EC J-PAKE Client Params")
		c.counted8(fTLSXcLen, fTLSXc)
		c.counted8(fTLSVcLen, fTLSVc)
		c.counted8(fTLSRcLen, fTLSRc)
	default:
		return
	}
	c.end()
}

// certificateURL takes a Certificate URL apart (RFC 6066 §5).
func certificateURL(c *cursor) {
	c.u8(fTLSURLType)
	for l := c.to(c.vector(fTLSURLsLen, 2, 1)); l.ok() && l.left() > 0; {
		if l.on() {
			l.addAt(fTLSURLHash, l.pos, 0, Node{})
			l.begin()
		}
		n := l.vector(fTLSURLLen, 2, 1)
		l.str(fTLSURL, n)
		l.skip(1)
		l.add(fTLSURLPad, 1, Node{})
		l.bytes(fTLSURLSHA1, 20)
		l.end()
	}
}

// nextProtocol takes a Next Protocol message apart (draft-agl-tls-nextprotoneg-04 §3).
func nextProtocol(c *cursor) {
	c.str(fTLSNext, int(c.u8(fTLSNextLen)))
	c.counted8(fTLSNextPadN, fTLSNextPad)
}
