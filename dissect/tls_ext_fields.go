package dissect

// The fields of extensions that are seen less often.
var (
	fTLSJA4          = pTLS.str("tls.handshake.ja4", "JA4")
	fTLSKindsExtLen  = pTLS.u8("tls.handshake.cert_type.types_len", "Certificate Type List Length", Dec)
	fTLSOCSPsLen     = pTLS.u24("tls.handshake.ocsp_response_list_len", "OCSP Response List Length", Dec)
	fTLSSRPLen       = pTLS.u8("tls.handshake.extensions_srp_len", "SRP username length", Dec)
	fTLSSRP          = pTLS.str("tls.handshake.extensions_srp_username", "SRP username")
	fTLSFilterOIDLen = pTLS.u8("tls.extension.oid_filters.oid_length", "Certificate Extension OID Length", Dec)
	fTLSFilterOID    = pTLS.add(TOID, "tls.extension.oid_filters.oid", "Certificate Extension OID", None)
	fTLSFilterLen    = pTLS.u16("tls.extension.oid_filters.values_length", "Certificate Extension Values Length", Dec)
	fTLSCredTime     = pTLS.u16("tls.handshake.cred.valid_time", "Valid Time", Dec)
	fTLSCredKeyLen   = pTLS.u24("tls.handshake.cred.pubkey_len", "Subject Public Key Info Length", Dec)
	fTLSCredKey      = pTLS.bytes("tls.handshake.cred.pubkey", "Subject Public Key Info")
	fTLSCredSigLen   = pTLS.u16("tls.handshake.cred.signature_len", "Signature Length", Dec)
	fTLSCredSig      = pTLS.bytes("tls.handshake.cred.signature", "Signature")
	fTLSCIDLen       = pTLS.u8("tls.connection_id_length", "Connection ID length", Dec)
	fTLSCID          = pTLS.bytes("tls.connection_id", "Connection ID")
	fTLSESNISuite    = pTLS.u16("tls.esni.suite", "Cipher Suite", Hex, names(tlsSuites))
	fTLSESNIDigLen   = pTLS.u16("tls.esni.record_digest_length", "Record Digest Length", Dec)
	fTLSESNIDigest   = pTLS.bytes("tls.esni.record_digest", "Record Digest")
	fTLSESNILen      = pTLS.u16("tls.esni.encrypted_sni_length", "Encrypted SNI Length", Dec)
	fTLSESNI         = pTLS.bytes("tls.esni.encrypted_sni", "Encrypted SNI")
	fTLSESNINonce    = pTLS.bytes("tls.esni.nonce", "Nonce")
	fTLSSCTExts      = pTLS.none("tls.sct.sct_extensions", "Extensions")

	fTLSQUICLen      = pTLS.u16("tls.quic.len", "Parameters Length", Dec)
	fTLSQUICType     = pTLS.u64("tls.quic.parameter.type", "Type", Dec)
	fTLSQUICSize     = pTLS.u64("tls.quic.parameter.length", "Length", Dec)
	fTLSQUICSize16   = pTLS.u16("tls.quic.parameter.lengt.old", "Length", Dec)
	fTLSQUICValue    = pTLS.bytes("tls.quic.parameter.value", "Value")
	fTLSQUICIPv4     = pTLS.ip4("tls.quic.parameter.preferred_address.ipv4address", "ipv4Address")
	fTLSQUICPort4    = pTLS.u16("tls.quic.parameter.preferred_address.ipv4port", "ipv4Port", Dec)
	fTLSQUICIPv6     = pTLS.ip6("tls.quic.parameter.preferred_address.ipv6address", "ipv6Address")
	fTLSQUICPort6    = pTLS.u16("tls.quic.parameter.preferred_address.ipv6port", "ipv6Port", Dec)
	fTLSQUICCIDLen   = pTLS.u8("tls.quic.parameter.preferred_address.connectionid.length", "Length", Dec)
	fTLSQUICCID      = pTLS.bytes("tls.quic.parameter.preferred_address.connectionid", "connectionId")
	fTLSQUICToken    = pTLS.bytes("tls.quic.parameter.preferred_address.statelessresettoken", "statelessResetToken")
	fTLSQUICChosen   = pTLS.u32("tls.quic.parameter.vi.chosen_version", "Chosen Version", Hex, names(quicVersions))
	fTLSQUICOther    = pTLS.u32("tls.quic.parameter.vi.other_version", "Other Version", Hex, names(quicVersions))
	fTLSQUICCibLen   = pTLS.u64("tls.quic.parameter.cibir_encoding.length", "length", Dec)
	fTLSQUICCibOff   = pTLS.u64("tls.quic.parameter.cibir_encoding.offset", "offset", Dec)
	fTLSQUICMinAck   = pTLS.u64("tls.quic.parameter.min_ack_delay", "min_ack_delay", Dec)
	fTLSQUICAgent    = pTLS.str("tls.quic.parameter.google.user_agent", "Google UserAgent")
	fTLSQUICNoUpdate = pTLS.none("tls.quic.parameter.google.key_update_not_yet_supported", "Google Key Update not yet supported")
	fTLSQUICDone     = pTLS.none("tls.quic.parameter.google.support_handshake_done", "Google Support Handshake Done")
	fTLSQUICParams   = pTLS.bytes("tls.quic.parameter.google.quic_params", "Google QUIC parameters")
	fTLSQUICOptions  = pTLS.bytes("tls.quic.parameter.google.connection_options", "Google Connection options")
	fTLSQUICGoogle   = pTLS.u32("tls.quic.parameter.google.quic_version", "Google QUIC version", Hex, names(quicVersions))
	fTLSQUICGoogles  = pTLS.u8("tls.quic.parameter.google.supported_versions_length", "Google Supported Versions Length", Dec)
	fTLSQUICSupports = pTLS.u32("tls.quic.parameter.google.supported_version", "Google Supported Version", Hex, names(quicVersions))

	eTLSUndecoded = pTLS.none("tls.handshake.status_request.undecoded", "Responder ID list or Request Extensions are not dissected")
)

// quicParameter is a transport parameter of QUIC (RFC 9000 §18.2, and others of IANA's
// registry).
type quicParameter struct {
	name  string
	bytes *Field // of its value, if that is bytes
	num   *Field // of its value, if that is a number
	told  bool   // the number stands in the label
	unit  string
}

// quicParameterOf knows the parameters. Those that are only there to be ignored (RFC
// 9000 §18.1) are of type 31 * N + 27.
func quicParameterOf(kind uint64) quicParameter {
	if p, ok := quicParameterTable[kind]; ok {
		return p
	}
	if kind > 27 && kind%31 == 27 {
		return quicParameter{name: "GREASE"}
	}
	return quicParameter{}
}

func quicNumberField(abbrev, name string) *Field {
	return pTLS.u64("tls.quic.parameter."+abbrev, name, Dec)
}

var quicParameterTable = map[uint64]quicParameter{
	0x00: {name: "original_destination_connection_id", bytes: pTLS.bytes("tls.quic.parameter.original_destination_connection_id", "original_destination_connection_id")},
	0x01: {name: "max_idle_timeout", num: quicNumberField("max_idle_timeout", "max_idle_timeout"), told: true, unit: " ms"},
	0x02: {name: "stateless_reset_token", bytes: pTLS.bytes("tls.quic.parameter.stateless_reset_token", "stateless_reset_token")},
	0x03: {name: "max_udp_payload_size", num: quicNumberField("max_udp_payload_size", "max_udp_payload_size"), told: true},
	0x04: {name: "initial_max_data", num: quicNumberField("initial_max_data", "initial_max_data"), told: true},
	0x05: {name: "initial_max_stream_data_bidi_local", num: quicNumberField("initial_max_stream_data_bidi_local", "initial_max_stream_data_bidi_local"), told: true},
	0x06: {name: "initial_max_stream_data_bidi_remote", num: quicNumberField("initial_max_stream_data_bidi_remote", "initial_max_stream_data_bidi_remote"), told: true},
	0x07: {name: "initial_max_stream_data_uni", num: quicNumberField("initial_max_stream_data_uni", "initial_max_stream_data_uni"), told: true},
	0x08: {name: "initial_max_streams_bidi", num: quicNumberField("initial_max_streams_bidi", "initial_max_streams_bidi"), told: true},
	0x09: {name: "initial_max_streams_uni", num: quicNumberField("initial_max_streams_uni", "initial_max_streams_uni"), told: true},
	0x0a: {name: "ack_delay_exponent", num: quicNumberField("ack_delay_exponent", "ack_delay_exponent")},
	0x0b: {name: "max_ack_delay", num: quicNumberField("max_ack_delay", "max_ack_delay"), told: true},
	0x0c: {name: "disable_active_migration"},
	0x0d: {name: "preferred_address"},
	0x0e: {name: "active_connection_id_limit", num: quicNumberField("active_connection_id_limit", "Active Connection ID Limit"), told: true},
	0x0f: {name: "initial_source_connection_id", bytes: pTLS.bytes("tls.quic.parameter.initial_source_connection_id", "Initial Source Connection ID")},
	0x10: {name: "retry_source_connection_id", bytes: pTLS.bytes("tls.quic.parameter.retry_source_connection_id", "Retry Source Connection ID")},
	0x11: {name: "version_information"},
	0x20: {name: "max_datagram_frame_size", num: quicNumberField("max_datagram_frame_size", "max_datagram_frame_size"), told: true},

	// Of a draft of the same parameter.
	0xff03de1a: {name: "min_ack_delay", num: fTLSQUICMinAck, told: true},

	0x1000: {name: "cibir_encoding"},
	0x1057: {name: "loss_bits", num: quicNumberField("loss_bits", "loss_bits")},
	0x2ab2: {name: "grease_quic_bit"},
	0x3127: {name: "google_initial_rtt", num: quicNumberField("google.initial_rtt", "Google Initial RTT"), told: true, unit: " us"},
	0x3128: {name: "google_connection_options", bytes: fTLSQUICOptions},
	0x3129: {name: "google_user_agent"},
	0x312a: {name: "google_support_handshake_done"},
	0x312b: {name: "google_key_update_not_yet_supported"},
	0x4751: {name: "google_quic_params", bytes: fTLSQUICParams},
	0x4752: {name: "google_quic_version"},
	0x7157: {name: "enable_time_stamp"},
	0x7158: {name: "enable_time_stamp_v2", num: pTLS.u64("tls.quic.parameter.enable_time_stamp_v2", "Enable TimestampV2", Dec, names(quicTimestamps))},
	0xde1a: {name: "min_ack_delay", num: fTLSQUICMinAck, told: true},
	0xff00: {name: "facebook_partial_reliability", num: quicNumberField("facebook.partial_reliability", "Facebook Partial Reliability")},
}

func quicTimestamps(v uint64) string {
	switch v {
	case 1:
		return "I would like to receive TIME_STAMP frames"
	case 2:
		return "I am able to generate TIME_STAMP frames"
	case 3:
		return "I am able to generate TIME_STAMP frames and I would like to receive them"
	}
	return ""
}
