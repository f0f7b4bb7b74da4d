package dissect

// The fields of SSH, as Wireshark names them.
var (
	pSSH                = newProto("SSH Protocol", "SSH", "ssh")
	fSSHProtocol        = pSSH.str("ssh.protocol", "Protocol")
	fSSHLength          = pSSH.u32("ssh.packet_length", "Packet Length", Dec)
	fSSHLengthEncrypted = pSSH.bytes("ssh.packet_length_encrypted", "Packet Length (encrypted)")
	fSSHPadding         = pSSH.u8("ssh.padding_length", "Padding Length", Dec)
	fSSHPayload         = pSSH.bytes("ssh.payload", "Payload")
	fSSHEncrypted       = pSSH.bytes("ssh.encrypted_packet", "Encrypted Packet")
	fSSHPaddingString   = pSSH.bytes("ssh.padding_string", "Padding String")
	fSSHSequence        = pSSH.u32("ssh.seq_num", "Sequence number", Dec)
	fSSHMAC             = pSSH.bytes("ssh.mac", "MAC")
	fSSHDirection       = pSSH.bool("ssh.direction", "Direction", names(either("server-to-client", "client-to-server")))
	fSSHCode            = pSSH.u8("ssh.message_code", "Message Code", Dec, names(sshCodes))
	fSSHCode1           = pSSH.u8("ssh.message_code", "Message Code", Dec, names(ssh1Codes))
	fSSHCodeDH          = pSSH.u8("ssh.message_code", "Message Code", Dec, names(sshDHCodes))
	fSSHCodeGEX         = pSSH.u8("ssh.message_code", "Message Code", Dec, names(sshGEXCodes))
	fSSHCodeEC          = pSSH.u8("ssh.message_code", "Message Code", Dec, names(sshECCodes))
	fSSHCookie          = pSSH.bytes("ssh.cookie", "Cookie")
	fSSHFollows         = pSSH.u8("ssh.first_kex_packet_follows", "First KEX Packet Follows", Dec)
	fSSHReserved        = pSSH.bytes("ssh.kex.reserved", "Reserved")
	fSSHHasshList       = pSSH.str("ssh.kex.hassh_algorithms", "hasshAlgorithms")
	fSSHHassh           = pSSH.str("ssh.kex.hassh", "hassh")
	fSSHHasshServerList = pSSH.str("ssh.kex.hasshserver_algorithms", "hasshServerAlgorithms")
	fSSHHasshServer     = pSSH.str("ssh.kex.hasshserver", "hasshServer")
	fSSHKeyLen          = pSSH.u32("ssh.host_key.length", "Host key length", Dec)
	fSSHKeyTypeLen      = pSSH.u32("ssh.host_key.type_length", "Host key type length", Dec)
	fSSHKeyType         = pSSH.str("ssh.host_key.type", "Host key type")
	fSSHKeyData         = pSSH.bytes("ssh.host_key.data", "Host key data")
	fSSHKeyN            = pSSH.bytes("ssh.host_key.rsa.n", "RSA modulus (N)")
	fSSHKeyE            = pSSH.bytes("ssh.host_key.rsa.e", "RSA public exponent (e)")
	fSSHKeyP            = pSSH.bytes("ssh.host_key.dsa.p", "DSA prime modulus (p)")
	fSSHKeyQ            = pSSH.bytes("ssh.host_key.dsa.q", "DSA prime divisor (q)")
	fSSHKeyG            = pSSH.bytes("ssh.host_key.dsa.g", "DSA subgroup generator (g)")
	fSSHKeyY            = pSSH.bytes("ssh.host_key.dsa.y", "DSA public key (y)")
	fSSHCurveLen        = pSSH.u32("ssh.host_key.ecdsa.id_length", "ECDSA elliptic curve identifier length", Dec)
	fSSHCurve           = pSSH.str("ssh.host_key.ecdsa.id", "ECDSA elliptic curve identifier")
	fSSHPointLen        = pSSH.u32("ssh.host_key.ecdsa.q_length", "ECDSA public key length", Dec)
	fSSHPoint           = pSSH.bytes("ssh.host_key.ecdsa.q", "ECDSA public key (Q)")
	fSSHEdLen           = pSSH.u32("ssh.host_key.eddsa.key_length", "EdDSA public key length", Dec)
	fSSHEd              = pSSH.bytes("ssh.host_key.eddsa.key", "EdDSA public key")
	fSSHSigLen          = pSSH.u32("ssh.host_sig.length", "Host signature length", Dec)
	fSSHSigTypeLen      = pSSH.u32("ssh.host_sig.type_length", "Host signature type length", Dec)
	fSSHSigType         = pSSH.str("ssh.host_sig.type", "Host signature type")
	fSSHSigData         = pSSH.bytes("ssh.host_sig.data", "Host signature data")
	fSSHSigRSA          = pSSH.bytes("ssh.host_sig.rsa", "RSA signature")
	fSSHSigDSA          = pSSH.bytes("ssh.host_sig.dsa", "DSA signature")
	fSSHClientE         = pSSH.bytes("ssh.dh.e", "DH client e")
	fSSHServerF         = pSSH.bytes("ssh.dh.f", "DH server f")
	fSSHMin             = pSSH.u32("ssh.dh_gex.min", "DH GEX Min", Dec)
	fSSHBits            = pSSH.u32("ssh.dh_gex.nbits", "DH GEX Number of Bits", Dec)
	fSSHMax             = pSSH.u32("ssh.dh_gex.max", "DH GEX Max", Dec)
	fSSHPrime           = pSSH.bytes("ssh.dh_gex.p", "DH GEX modulus (P)")
	fSSHGenerator       = pSSH.bytes("ssh.dh_gex.g", "DH GEX base (G)")
	fSSHClientQ         = pSSH.bytes("ssh.ecdh.q_c", "ECDH client's ephemeral public key (Q_C)")
	fSSHClientQLen      = pSSH.u32("ssh.ecdh.q_c_length", "ECDH client's ephemeral public key length", Dec)
	fSSHServerQ         = pSSH.bytes("ssh.ecdh.q_s", "ECDH server's ephemeral public key (Q_S)")
	fSSHServerQLen      = pSSH.u32("ssh.ecdh.q_s_length", "ECDH server's ephemeral public key length", Dec)
	fSSHIntLen          = pSSH.u32("ssh.mpint_length", "Multi Precision Integer Length", Dec)
	fSSHReason          = pSSH.u32("ssh.disconnect_reason", "Disconnect reason", Hex, names(sshReasons))
	fSSHDescriptionLen  = pSSH.u32("ssh.disconnect_description_length", "Disconnect description length", Dec)
	fSSHDescription     = pSSH.str("ssh.disconnect_description", "Disconnect description")
	fSSHLanguageLen     = pSSH.u32("ssh.lang_tag_length", "Language tag length", Dec)
	fSSHLanguage        = pSSH.str("ssh.lang_tag", "Language tag")
	fSSHIgnoreLen       = pSSH.u32("ssh.ignore_data_length", "Debug message length", Dec)
	fSSHIgnore          = pSSH.bytes("ssh.ignore_data", "Ignore data")
	fSSHAlways          = pSSH.bool("ssh.debug_always_display", "Always Display")
	fSSHDebugLen        = pSSH.u32("ssh.debug_name_length", "Debug message length", Dec)
	fSSHDebug           = pSSH.str("ssh.debug_name", "Debug message")
	fSSHServiceLen      = pSSH.u32("ssh.service_name_length", "Service Name length", Dec)
	fSSHService         = pSSH.str("ssh.service_name", "Service Name")
	eSSHLength          = pSSH.none("ssh.packet_length.error", "Overly large number")
)

// sshLists are the lists of a KEXINIT, in their order.
var sshLists = func() (lists []struct{ length, names *Field }) {
	for _, name := range []string{
		"kex_algorithms", "server_host_key_algorithms", "encryption_algorithms_client_to_server", "encryption_algorithms_server_to_client",
		"mac_algorithms_client_to_server", "mac_algorithms_server_to_client", "compression_algorithms_client_to_server", "compression_algorithms_server_to_client",
		"languages_client_to_server", "languages_server_to_client"} {
		lists = append(lists, struct{ length, names *Field }{
			length: pSSH.u32("ssh."+name+"_length", name+" length", Dec),
			names:  pSSH.str("ssh."+name, name+" string"),
		})
	}
	return lists
}()

// The names of messages (RFC 4250 §4.1.2) and of the reasons for a disconnect (§4.2.2).
var (
	ssh1Codes = list("No Message", "Disconnect", "Public Key", "Session Key", "User")
	sshCodes  = table(map[uint64]string{
		1: "Disconnect", 2: "Ignore", 3: "Unimplemented", 4: "Debug", 5: "Service Request", 6: "Service Accept", 7: "Extension Information",
		20: "Key Exchange Init", 21: "New Keys", 50: "User Authentication Request", 51: "User Authentication Failure",
		52: "User Authentication Success", 53: "User Authentication Banner", 60: "Public Key algorithm accepted", 80: "Global Request",
		81: "Request Success", 82: "Request Failure", 90: "Channel Open", 91: "Channel Open Confirmation", 92: "Channel Open Failure",
		93: "Window Adjust", 94: "Channel Data", 95: "Channel Extended Data", 96: "Channel EOF", 97: "Channel Close", 98: "Channel Request",
		99: "Channel Success", 100: "Channel Failure"})
	sshDHCodes  = table(map[uint64]string{30: "Diffie-Hellman Key Exchange Init", 31: "Diffie-Hellman Key Exchange Reply"})
	sshGEXCodes = table(map[uint64]string{30: "Diffie-Hellman Group Exchange Request (Old)", 31: "Diffie-Hellman Group Exchange Group",
		32: "Diffie-Hellman Group Exchange Init", 33: "Diffie-Hellman Group Exchange Reply", 34: "Diffie-Hellman Group Exchange Request"})
	sshECCodes = table(map[uint64]string{30: "Elliptic Curve Diffie-Hellman Key Exchange Init", 31: "Elliptic Curve Diffie-Hellman Key Exchange Reply"})
	sshReasons = list("", "Host not allowed to connect", "Protocol error", "Key exchange failed", "Reserved", "MAC error", "Compression error",
		"Service not available", "Protocol version not supported", "Host key not verifiable", "Connection lost", "By application",
		"Too many connections", "Auth cancelled by user", "No more auth methods available", "Illegal user name")
)
