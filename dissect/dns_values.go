package dissect

import "strconv"

// dnsType is what a type of resource record is called: short in the Info column,
// long in the detail tree. Some of Wireshark's texts are odd (MAILA and MAILB are
// exchanged); they are kept, since they are what a user compares with.
type dnsType struct {
	num         uint16
	short, long string
}

// dnsTypes lists the types by number (IANA, "Domain Name System Parameters").
var dnsTypes = []dnsType{
	{0, "Unused", "Unused"},
	{1, "A", "A (Host Address)"},
	{2, "NS", "NS (authoritative Name Server)"},
	{3, "MD", "MD (Mail Destination)"},
	{4, "MF", "MF (Mail Forwarder)"},
	{5, "CNAME", "CNAME (Canonical NAME for an alias)"},
	{6, "SOA", "SOA (Start Of a zone of Authority)"},
	{7, "MB", "MB (MailBox domain name)"},
	{8, "MG", "MG (Mail Group member)"},
	{9, "MR", "MR (Mail Rename domain)"},
	{10, "NULL", "NULL RR"},
	{11, "WKS", "WKS (Well Known Service)"},
	{12, "PTR", "PTR (domain name PoinTeR)"},
	{13, "HINFO", "HINFO (host information)"},
	{14, "MINFO", "MINFO (Mailbox or mail list information)"},
	{15, "MX", "MX (Mail eXchange)"},
	{16, "TXT", "TXT (Text strings)"},
	{17, "RP", "RP (Responsible Person)"},
	{18, "AFSDB", "AFSDB (AFS Data Base location)"},
	{19, "X25", "X25 (XX.25 PSDN address)"},
	{20, "ISDN", "ISDN (ISDN address)"},
	{21, "RT", "RT (Route Through)"},
	{22, "NSAP", "NSAP (NSAP address)"},
	{23, "NSAP-PTR", "NSAP-PTR (NSAP domain name pointer)"},
	{24, "SIG", "SIG (security signature)"},
	{25, "KEY", "KEY (security key)"},
	{26, "PX", "PX (X.400 mail mapping information)"},
	{27, "GPOS", "GPOS (Geographical Position)"},
	{28, "AAAA", "AAAA (IPv6 Address)"},
	{29, "LOC", "LOC (Location Information)"},
	{30, "NXT", "NXT (Next Domain)"},
	{31, "EID", "EID (Endpoint Identifier)"},
	{32, "NIMLOC", "NIMLOC (Nimrod Locator)"},
	{33, "SRV", "SRV (Server Selection)"},
	{34, "ATMA", "ATMA (ATM Address)"},
	{35, "NAPTR", "NAPTR (Naming Authority Pointer)"},
	{36, "KX", "KX (Key Exchanger)"},
	{37, "CERT", "CERT"},
	{38, "A6", "A6 (OBSOLETE - use AAAA)"},
	{39, "DNAME", "DNAME"},
	{40, "SINK", "SINK"},
	{41, "OPT", "OPT"},
	{42, "APL", "APL"},
	{43, "DS", "DS (Delegation Signer)"},
	{44, "SSHFP", "SSHFP (SSH Key Fingerprint)"},
	{45, "IPSECKEY", "IPSECKEY"},
	{46, "RRSIG", "RRSIG (Resource Record Signature)"},
	{47, "NSEC", "NSEC (Next Secure)"},
	{48, "DNSKEY", "DNSKEY (DNS Public Key)"},
	{49, "DHCID", "DHCID"},
	{50, "NSEC3", "NSEC3"},
	{51, "NSEC3PARAM", "NSEC3PARAM"},
	{52, "TLSA", "TLSA"},
	{55, "HIP", "HIP (Host Identity Protocol)"},
	{57, "RKEY", "RKEY"},
	{58, "TALINK", "TALINK (Trust Anchor LINK)"},
	{59, "CDS", "CDS (Child DS)"},
	{60, "CDNSKEY", "CDNSKEY (DNSKEY(s) the Child wants reflected in DS)"},
	{61, "OPENPGPKEY", "OPENPGPKEY (OpenPGP Key)"},
	{62, "CSYNC", "CSYNC (Child-to-Parent Synchronization)"},
	{63, "ZONEMD", "ZONEMD"},
	{64, "SVCB", "SVCB (General Purpose Service Endpoints)"},
	{65, "HTTPS", "HTTPS (HTTPS Specific Service Endpoints)"},
	{99, "SPF", "SPF"},
	{100, "UINFO", "UINFO"},
	{101, "UID", "UID"},
	{102, "GID", "GID"},
	{103, "UNSPEC", "UNSPEC"},
	{104, "NID", "NID (NodeID)"},
	{105, "L32", "L32 (Locator32)"},
	{106, "L64", "L64 (Locator64)"},
	{107, "LP", "LP (Locator FQDN)"},
	{108, "EUI48", "EUI48"},
	{109, "EUI64", "EUI64"},
	{249, "TKEY", "TKEY (Transaction Key)"},
	{250, "TSIG", "TSIG (Transaction Signature)"},
	{251, "IXFR", "IXFR (incremental transfer)"},
	{252, "AXFR", "AXFR (transfer of an entire zone)"},
	{253, "MAILA", "MAILB (mailbox-related RRs)"},
	{254, "MAILB", "MAILA (mail agent RRs)"},
	{255, "ANY", "* (A request for all records the server/cache has available)"},
	{256, "URI", "URI"},
	{257, "CAA", "CAA (Certification Authority Restriction)"},
	{32768, "TA", "TA (DNSSEC Trust Authorities)"},
	{32769, "DLV", "DLV (DNSSEC Lookaside Validation)"},
	{65281, "WINS", "WINS"},
	{65282, "WINS-R", "WINS-R"},
	{65422, "XPF", "XPF"},
}

// dnsTypeOf finds a type. The common ones stand first.
func dnsTypeOf(v uint64) *dnsType {
	for i := range dnsTypes {
		if t := &dnsTypes[i]; uint64(t.num) == v {
			return t
		}
	}
	return nil
}

// dnsTypeTexts names a type as the detail tree does.
func dnsTypeTexts(v uint64) string {
	if t := dnsTypeOf(v); t != nil {
		return t.long
	}
	return ""
}

// dnsTypeShort names a type as the Info column does.
func dnsTypeShort(v uint16) string {
	if t := dnsTypeOf(uint64(v)); t != nil {
		return t.short
	}
	return "Unknown (" + strconv.Itoa(int(v)) + ")"
}

// dnsClasses names classes (RFC 1035 §3.2.4, RFC 2136 §2.4).
func dnsClasses(v uint64) string {
	switch v {
	case 1:
		return "IN"
	case 2:
		return "CS"
	case 3:
		return "CH"
	case 4:
		return "HS"
	case 254:
		return "NONE"
	case 255:
		return "ANY"
	}
	return ""
}

var dnsOpcodes = table(map[uint64]string{
	0: "Standard query", 1: "Inverse query", 2: "Server status request", 4: "Zone change notification",
	5: "Dynamic update", 6: "DNS Stateful operations (DSO)",
})

// dnsRcodes names the reply codes, those of EDNS and TSIG too (RFC 6895 §2.3).
var dnsRcodes = table(map[uint64]string{
	0: "No error", 1: "Format error", 2: "Server failure", 3: "No such name", 4: "Not implemented", 5: "Refused",
	6: "Name exists", 7: "RRset exists", 8: "RRset does not exist", 9: "Not authoritative", 10: "Name out of zone",
	11: "DSO-Type not implemented", 16: "Bad OPT Version or TSIG Signature Failure", 17: "Key not recognized",
	18: "Signature out of time window", 19: "Bad TKEY Mode", 20: "Duplicate key name", 21: "Algorithm not supported",
	22: "Bad Truncation", 23: "Bad/missing Server Cookie",
})

var dnsAlgorithms = table(map[uint64]string{
	1: "RSA/MD5", 2: "Diffie-Hellman", 3: "DSA", 4: "Elliptic curve crypto", 5: "RSA/SHA1", 6: "DSA + NSEC3/SHA1",
	7: "RSA/SHA1 + NSEC3/SHA1", 8: "RSA/SHA-256", 10: "RSA/SHA-512", 12: "GOST R 34.10-2001",
	13: "ECDSA Curve P-256 with SHA-256", 14: "ECDSA Curve P-386 with SHA-386", 15: "Ed25519", 16: "Ed448",
	157: "HMAC/MD5", 252: "Indirect key", 253: "Private, domain name", 254: "Private, OID",
})

var (
	dnsDigests  = list("Reserved digest", "SHA-1", "SHA-256", "GOST R 34.11-94", "SHA-384")
	dnsHashes   = list("Reserved", "SHA-1")
	dnsFamilies = list("", "IPv4", "IPv6")
)

// dnsOptions names the options of EDNS (RFC 6891 §6.1.2 and IANA).
var dnsOptions = table(map[uint64]string{
	0: "Reserved", 1: "LLQ - Long-lived query", 2: "UL - Update lease", 3: "NSID - Name Server Identifier",
	4: "Owner (reserved)", 5: "DAU - DNSSEC Algorithm Understood (RFC6975)", 6: "DHU - DS Hash Understood (RFC6975)",
	7: "N3U - NSEC3 Hash Understood (RFC6975)", 8: "CSUBNET - Client subnet", 9: "EDNS EXPIRE (RFC7314)", 10: "COOKIE",
	11: "EDNS TCP Keepalive", 12: "PADDING", 13: "CHAIN", 15: "Extended DNS Error",
	20730: "Experimental - CSUBNET - Client subnet",
})

// dnsExtErrors names the codes of extended errors (RFC 8914 §5.2).
func dnsExtErrors(v uint64) string {
	switch {
	case v < uint64(len(dnsExtErrorTexts)):
		return dnsExtErrorTexts[v]
	case v < 49152:
		return "Unassigned"
	}
	return "Reserved for Private Use"
}

var dnsExtErrorTexts = []string{
	"Other Error", "Unsupported DNSKEY Algorithm", "Unsupported DS Digest Type", "Stale Answer", "Forged Answer",
	"DNSSEC Indeterminate", "DNSSEC Bogus", "Signature Expired", "Signature Not Yet Valid", "DNSKEY Missing",
	"RRSIGs Missing", "No Zone Key Bit Set", "NSEC Missing", "Cached Error", "Not Ready", "Blocked", "Censored",
	"Filtered", "Prohibited", "Stale NXDomain Answer", "Not Authoritative", "Not Supported", "No Reachable Authority",
	"Network Error", "Invalid Data", "Signature Expired before Valid", "Too Early",
	"Unsupported NSEC3 Iterations Value", "Unable to conform to policy", "Synthesized",
}

// dnsZonemdSchemes names the schemes of zone digests (RFC 8976 §5.2).
func dnsZonemdSchemes(v uint64) string {
	if v == 1 {
		return "SIMPLE"
	}
	return dnsZonemdRange(v, 2)
}

// dnsZonemdHashes names the hashes of zone digests (RFC 8976 §5.3).
func dnsZonemdHashes(v uint64) string {
	switch v {
	case 1:
		return "SHA-384"
	case 2:
		return "SHA-512"
	}
	return dnsZonemdRange(v, 3)
}

func dnsZonemdRange(v, free uint64) string {
	switch {
	case v == 0 || v >= 255:
		return "Reserved"
	case v >= free && v < 240:
		return "Unassigned"
	}
	return "Private Use"
}

// dnsSvcKeys names the parameters of service bindings (RFC 9460 §14.3.2), as the
// draft did that Wireshark 4.0 knows.
var dnsSvcKeys = table(map[uint64]string{
	0: "mandatory", 1: "alpn", 2: "no-default-alpn", 3: "port", 4: "ipv4hint", 5: "echconfig", 6: "ipv6hint",
	32769: "odohconfig", 65535: "key65535",
})

// dnsDSOTypes names what stateful operations carry (RFC 8490 §10.3, RFC 8765 §6).
func dnsDSOTypes(v uint64) string {
	switch {
	case v < 4:
		return [...]string{"Reserved", "Keep Alive", "Retry Delay", "Encryption Padding"}[v]
	case v < 0x40:
		return "Unassigned, reserved for DSO session-management TLVs"
	case v < 0x44:
		return [...]string{"Subscribe", "Push", "Unsubscribe", "Reconfirm"}[v-0x40]
	case v < 0xf800:
		return "Unassigned"
	case v < 0xfc00:
		return "Reserved for Experimental/Local Use"
	}
	return "Reserved for future expansion"
}
