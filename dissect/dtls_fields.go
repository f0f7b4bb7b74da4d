package dissect

// The fields of DTLS that TLS does not have (RFC 6347 §4). Those of its handshake
// messages are TLS's, under DTLS's name.
var (
	pDTLS           = newProto("Datagram Transport Layer Security", "DTLS", "dtls")
	fDTLSSpecial    = pDTLS.u8("dtls.record.special_type", "Special Type", Dec, names(tlsTypeNames))
	fDTLSEpoch      = pDTLS.u16("dtls.record.epoch", "Epoch", Dec)
	fDTLSSequence   = pDTLS.u64("dtls.record.sequence_number", "Sequence Number", Dec)
	fDTLSConnection = pDTLS.bytes("dtls.record.connection_id", "Connection ID")
	fDTLSContent    = pDTLS.bytes("dtls.enc_content", "Encrypted Record Content")
	fDTLSSeq        = pDTLS.u16("dtls.handshake.message_seq", "Message Sequence", Dec)
	fDTLSOffset     = pDTLS.u24("dtls.handshake.fragment_offset", "Fragment Offset", Dec)
	fDTLSSize       = pDTLS.u24("dtls.handshake.fragment_length", "Fragment Length", Dec)
	fDTLSCookieLen  = pDTLS.u8("dtls.handshake.cookie_length", "Cookie Length", Dec)
	fDTLSCookie     = pDTLS.bytes("dtls.handshake.cookie", "Cookie")
	fDTLSFrags      = pDTLS.none("dtls.fragments", "Message fragments")
	fDTLSFrag       = pDTLS.frame("dtls.fragment", "Message fragment")
	fDTLSFragCount  = pDTLS.u32("dtls.fragment.count", "Message fragment count", Dec)
	fDTLSWhole      = pDTLS.u32("dtls.reassembled.length", "Reassembled DTLS length", Dec)
	fDTLSSRTPLen    = pDTLS.u16("dtls.use_srtp.protection_profiles_length", "SRTP Protection Profiles Length", Dec)
	fDTLSSRTP       = pDTLS.u16("dtls.use_srtp.protection_profile", "SRTP Protection Profile", Hex, names(srtpProfiles))
	fDTLSMKILen     = pDTLS.u8("dtls.use_srtp.mki_length", "MKI Length", Dec)
	fDTLSMKI        = pDTLS.bytes("dtls.use_srtp.mki", "MKI")
	eDTLSTooLong    = pDTLS.none("dtls.handshake.fragment_length.too_long", "Fragment length is larger than message length")
	eDTLSPastEnd    = pDTLS.none("dtls.handshake.fragment_past_end_msg", "Fragment runs past the end of the message")
)

// notOfDTLS says that DTLS has no such field as TLS has.
func notOfDTLS(abbrev string) bool {
	switch abbrev {
	case "tls.handshake.cert_type.types_len", "tls.handshake.challenge", "tls.handshake.challenge_length", "tls.handshake.cipher_spec_len", "tls.handshake.cipherspec",
		"tls.handshake.fragment", "tls.handshake.fragment.count", "tls.handshake.fragments", "tls.handshake.reassembled_in",
		"tls.handshake.npn_padding", "tls.handshake.npn_padding_len", "tls.handshake.npn_selected_protocol", "tls.handshake.npn_selected_protocol_len",
		"tls.ignored_unknown_record", "tls.reassembled.data", "tls.reassembled_in", "tls.record.opaque_type",
		"tls.segment", "tls.segment.count", "tls.segment.data", "tls.segments", "tls.record.role", "tls.record.evidence":
		return true
	}
	return false
}

// srtpProfiles names SRTP protection profiles (RFC 5764 §4.1.2, RFC 7714 §14.2).
func srtpProfiles(v uint64) string {
	switch v {
	case 1:
		return "SRTP_AES128_CM_HMAC_SHA1_80"
	case 2:
		return "SRTP_AES128_CM_HMAC_SHA1_32"
	case 5:
		return "SRTP_NULL_HMAC_SHA1_80"
	case 6:
		return "SRTP_NULL_HMAC_SHA1_32"
	case 7:
		return "SRTP_AEAD_AES_128_GCM"
	case 8:
		return "SRTP_AEAD_AES_256_GCM"
	}
	return ""
}

// useSRTP reads the profiles for media (RFC 5764 §4.1.1).
func useSRTP(c *cursor) {
	for l := c.to(c.vector(fDTLSSRTPLen, 2, 2)); l.ok() && l.left() >= 2; {
		l.u16(fDTLSSRTP)
	}
	if n := c.vector(fDTLSMKILen, 1, 0); n > 0 {
		c.bytes(fDTLSMKI, n)
	}
}

// cookie reads what shows that the client can be reached at its address (RFC 6347 §4.2.1).
func (c *cursor) cookie() {
	if n := c.vector(fDTLSCookieLen, 1, 0); n > 0 {
		c.bytes(fDTLSCookie, n)
	}
}
