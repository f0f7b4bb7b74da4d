package dissect

// tlsExtensions names extensions (IANA TLS ExtensionType Values).
func tlsExtensions(v uint64) string {
	switch v {
	case 0:
		return "server_name"
	case 1:
		return "max_fragment_length"
	case 2:
		return "client_certificate_url"
	case 3:
		return "trusted_ca_keys"
	case 4:
		return "truncated_hmac"
	case 5:
		return "status_request"
	case 6:
		return "user_mapping"
	case 7:
		return "client_authz"
	case 8:
		return "server_authz"
	case 9:
		return "cert_type"
	case 10:
		return "supported_groups"
	case 11:
		return "ec_point_formats"
	case 12:
		return "srp"
	case 13:
		return "signature_algorithms"
	case 14:
		return "use_srtp"
	case 15:
		return "heartbeat"
	case 16:
		return "application_layer_protocol_negotiation"
	case 17:
		return "status_request_v2"
	case 18:
		return "signed_certificate_timestamp"
	case 19:
		return "client_certificate_type"
	case 20:
		return "server_certificate_type"
	case 21:
		return "padding"
	case 22:
		return "encrypt_then_mac"
	case 23:
		return "extended_master_secret"
	case 24:
		return "token_binding"
	case 25:
		return "cached_info"
	case 27:
		return "compress_certificate"
	case 28:
		return "record_size_limit"
	case 34:
		return "delegated_credentials"
	case 35:
		return "session_ticket"
	case 40:
		return "Reserved (key_share)"
	case 41:
		return "pre_shared_key"
	case 42:
		return "early_data"
	case 43:
		return "supported_versions"
	case 44:
		return "cookie"
	case 45:
		return "psk_key_exchange_modes"
	case 46:
		return "Reserved (ticket_early_data_info)"
	case 47:
		return "certificate_authorities"
	case 48:
		return "oid_filters"
	case 49:
		return "post_handshake_auth"
	case 50:
		return "signature_algorithms_cert"
	case 51:
		return "key_share"
	case 52:
		return "transparency_info"
	case 53:
		return "connection_id (deprecated)"
	case 54:
		return "connection_id"
	case 55:
		return "external_id_hash"
	case 56:
		return "external_session_id"
	case 57:
		return "quic_transport_parameters"
	case 58:
		return "ticket_request"
	case 59:
		return "dnssec_chain"
	case 13172:
		return "next_protocol_negotiation"
	case 17513:
		return "application_settings"
	case 30031:
		return "channel_id_old"
	case 30032:
		return "channel_id"
	case 65281:
		return "renegotiation_info"
	case 65445:
		return "quic_transport_parameters (drafts version)"
	case 65486:
		return "encrypted_server_name"
	}
	if isGREASE(v) {
		return "Reserved (GREASE)"
	}
	return ""
}

// tlsAlertLevels names the levels of alerts (RFC 8446 §6).
func tlsAlertLevels(v uint64) string {
	switch v {
	case 1:
		return "Warning"
	case 2:
		return "Fatal"
	}
	return ""
}

// tlsAlerts names alerts (IANA TLS Alerts).
func tlsAlerts(v uint64) string {
	switch v {
	case 0:
		return "Close Notify"
	case 1:
		return "End of Early Data"
	case 10:
		return "Unexpected Message"
	case 20:
		return "Bad Record MAC"
	case 21:
		return "Decryption Failed"
	case 22:
		return "Record Overflow"
	case 30:
		return "Decompression Failure"
	case 40:
		return "Handshake Failure"
	case 41:
		return "No Certificate"
	case 42:
		return "Bad Certificate"
	case 43:
		return "Unsupported Certificate"
	case 44:
		return "Certificate Revoked"
	case 45:
		return "Certificate Expired"
	case 46:
		return "Certificate Unknown"
	case 47:
		return "Illegal Parameter"
	case 48:
		return "Unknown CA"
	case 49:
		return "Access Denied"
	case 50:
		return "Decode Error"
	case 51:
		return "Decrypt Error"
	case 60:
		return "Export Restriction"
	case 70:
		return "Protocol Version"
	case 71:
		return "Insufficient Security"
	case 80:
		return "Internal Error"
	case 86:
		return "Inappropriate Fallback"
	case 90:
		return "User Canceled"
	case 100:
		return "No Renegotiation"
	case 109:
		return "Missing Extension"
	case 110:
		return "Unsupported Extension"
	case 111:
		return "Certificate Unobtainable"
	case 112:
		return "Unrecognized Name"
	case 113:
		return "Bad Certificate Status Response"
	case 114:
		return "Bad Certificate Hash Value"
	case 115:
		return "Unknown PSK Identity"
	case 116:
		return "Certificate Required"
	case 120:
		return "No application Protocol"
	case 121:
		return "ECH Required"
	}
	return ""
}

// tlsCompressions names compression methods (RFC 3749).
func tlsCompressions(v uint64) string {
	switch v {
	case 0:
		return "null"
	case 1:
		return "DEFLATE"
	}
	if v >= 64 && v <= 192 {
		return "Reserved - to be assigned by IANA"
	}
	if v >= 193 && v <= 254 {
		return "Private use range"
	}
	return ""
}

// tlsPointFormats names formats of curve points (RFC 8422 §5.1.2).
func tlsPointFormats(v uint64) string {
	switch v {
	case 0:
		return "uncompressed"
	case 1:
		return "ansiX962_compressed_prime"
	case 2:
		return "ansiX962_compressed_char2"
	}
	return ""
}

// tlsPSKModes names ways to use a pre-shared key (RFC 8446 §4.2.9).
func tlsPSKModes(v uint64) string {
	switch v {
	case 0:
		return "PSK-only key establishment (psk_ke)"
	case 1:
		return "PSK with (EC)DHE key establishment (psk_dhe_ke)"
	}
	return ""
}

// tlsVersions names protocol versions, drafts of TLS 1.3 among them.
func tlsVersions(v uint64) string {
	switch v {
	case 0x0002:
		return "SSL 2.0"
	case 0x0100:
		return "DTLS 1.0 (OpenSSL pre 0.9.8f)"
	case 0x0101:
		return "GMTLS"
	case 0x0300:
		return "SSL 3.0"
	case 0x0301:
		return "TLS 1.0"
	case 0x0302:
		return "TLS 1.1"
	case 0x0303:
		return "TLS 1.2"
	case 0x0304:
		return "TLS 1.3"
	case 0x7f0e:
		return "TLS 1.3 (draft 14)"
	case 0x7f0f:
		return "TLS 1.3 (draft 15)"
	case 0x7f10:
		return "TLS 1.3 (draft 16)"
	case 0x7f11:
		return "TLS 1.3 (draft 17)"
	case 0x7f12:
		return "TLS 1.3 (draft 18)"
	case 0x7f13:
		return "TLS 1.3 (draft 19)"
	case 0x7f14:
		return "TLS 1.3 (draft 20)"
	case 0x7f15:
		return "TLS 1.3 (draft 21)"
	case 0x7f16:
		return "TLS 1.3 (draft 22)"
	case 0x7f17:
		return "TLS 1.3 (draft 23)"
	case 0x7f18:
		return "TLS 1.3 (draft 24)"
	case 0x7f19:
		return "TLS 1.3 (draft 25)"
	case 0x7f1a:
		return "TLS 1.3 (draft 26)"
	case 0x7f1b:
		return "TLS 1.3 (draft 27)"
	case 0x7f1c:
		return "TLS 1.3 (draft 28)"
	case 0xfb17:
		return "TLS 1.3 (Facebook draft 23)"
	case 0xfb1a:
		return "TLS 1.3 (Facebook draft 26)"
	case 0xfefd:
		return "DTLS 1.2"
	case 0xfeff:
		return "DTLS 1.0"
	}
	return ""
}

// tlsOfferedVersions names the versions that a hello offers (RFC 8701 §2).
func tlsOfferedVersions(v uint64) string {
	if isGREASE(v) {
		return "Reserved (GREASE)"
	}
	return tlsVersions(v)
}

// tlsHashes names hash algorithms (RFC 5246 §7.4.1.4.1).
func tlsHashes(v uint64) string {
	switch v {
	case 0:
		return "None"
	case 1:
		return "MD5"
	case 2:
		return "SHA1"
	case 3:
		return "SHA224"
	case 4:
		return "SHA256"
	case 5:
		return "SHA384"
	case 6:
		return "SHA512"
	case 7:
		return "SM3"
	}
	return ""
}

// tlsSignatures names signature algorithms (RFC 5246 §7.4.1.4.1).
func tlsSignatures(v uint64) string {
	switch v {
	case 0:
		return "Anonymous"
	case 1:
		return "RSA"
	case 2:
		return "DSA"
	case 3:
		return "ECDSA"
	case 4:
		return "SM2"
	}
	return ""
}

// tlsCertCompressions names ways to compress certificates (RFC 8879 §7.3).
func tlsCertCompressions(v uint64) string {
	switch v {
	case 1:
		return "zlib"
	case 2:
		return "brotli"
	case 3:
		return "zstd"
	}
	return ""
}
