package dissect

var (
	pX509AF       = newProto("X.509 Authentication Framework", "X509AF", "x509af")
	fCertSigned   = pX509AF.none("x509af.signedCertificate_element", "signedCertificate")
	fCertVersion  = pX509AF.add(TInt32, "x509af.version", "version", Dec, names(list("v1", "v2", "v3")))
	fCertSerial   = pX509AF.bytes("x509af.serialNumber", "serialNumber")
	fCertSigAlg   = pX509AF.none("x509af.signature_element", "signature")
	fCertAlgID    = pX509AF.add(TOID, "x509af.algorithm.id", "Algorithm Id", None)
	fCertIssuer   = pX509AF.u32("x509af.issuer", "issuer", Dec, names(list("rdnSequence")))
	fCertValidity = pX509AF.none("x509af.validity_element", "validity")
	fCertBefore   = pX509AF.u32("x509af.notBefore", "notBefore", Dec, names(list("utcTime", "generalizedTime")))
	fCertAfter    = pX509AF.u32("x509af.notAfter", "notAfter", Dec, names(list("utcTime", "generalizedTime")))
	fCertUTC      = pX509AF.str("x509af.utcTime", "utcTime")
	fCertGenTime  = pX509AF.absUTC("x509af.generalizedTime", "generalizedTime")
	fCertSubject  = pX509AF.u32("x509af.subject", "subject", Dec, names(list("rdnSequence")))
	fCertRDNs     = pX509AF.u32("x509af.rdnSequence", "rdnSequence", Dec)
	fCertKeyInfo  = pX509AF.none("x509af.subjectPublicKeyInfo_element", "subjectPublicKeyInfo")
	fCertKeyAlg   = pX509AF.none("x509af.algorithm_element", "algorithm")
	fCertKey      = pX509AF.bytes("x509af.subjectPublicKey", "subjectPublicKey")
	fCertExts     = pX509AF.u32("x509af.extensions", "extensions", Dec)
	fCertExt      = pX509AF.none("x509af.Extension_element", "Extension")
	fCertExtID    = pX509AF.add(TOID, "x509af.extension.id", "Extension Id", None)
	fCertCritical = pX509AF.bool("x509af.critical", "critical")
	fCertAlg      = pX509AF.none("x509af.algorithmIdentifier_element", "algorithmIdentifier")
	fCertSig      = pX509AF.bytes("x509af.encrypted", "encrypted")

	pX509IF  = newProto("X.509 Information Framework", "X509IF", "x509if")
	fRDNs    = pX509IF.u32("x509if.rdnSequence", "rdnSequence", Dec)
	fRDN     = pX509IF.u32("x509if.RDNSequence_item", "RDNSequence item", Dec)
	fRDNItem = pX509IF.none("x509if.RelativeDistinguishedName_item_element", "RelativeDistinguishedName item")
	fRDNOID  = pX509IF.add(TOID, "x509if.oid", "Object Id", None)

	pX509SAT   = newProto("X.509 Selected Attribute Types", "X509SAT", "x509sat")
	fCountry   = pX509SAT.str("x509sat.CountryName", "CountryName")
	fSerialStr = pX509SAT.str("x509sat.SerialNumber", "SerialNumber")
	fIA5       = pX509SAT.str("x509sat.IA5String", "IA5String")
	fDirectory = pX509SAT.u32("x509sat.DirectoryString", "DirectoryString", Dec, names(list("teletexString", "printableString", "universalString", "bmpString", "uTF8String")))
	fTeletex   = pX509SAT.str("x509sat.teletexString", "teletexString")
	fPrintable = pX509SAT.str("x509sat.printableString", "printableString")
	fUniversal = pX509SAT.str("x509sat.universalString", "universalString")
	fBMP       = pX509SAT.str("x509sat.bmpString", "bmpString")
	fUTF8      = pX509SAT.str("x509sat.uTF8String", "uTF8String")

	pX509CE         = newProto("X.509 Certificate Extensions", "X509CE", "x509ce")
	fCESubjectKey   = pX509CE.bytes("x509ce.SubjectKeyIdentifier", "SubjectKeyIdentifier")
	fCEAuthorityKey = pX509CE.none("x509ce.AuthorityKeyIdentifier_element", "AuthorityKeyIdentifier")
	fCEKeyID        = pX509CE.bytes("x509ce.keyIdentifier", "keyIdentifier")
	fCEKeyIssuer    = pX509CE.u32("x509ce.authorityCertIssuer", "authorityCertIssuer", Dec)
	fCEKeySerial    = pX509CE.bytes("x509ce.authorityCertSerialNumber", "authorityCertSerialNumber")
	fCEKeyUsage     = pX509CE.bytes("x509ce.KeyUsage", "KeyUsage")
	fCEUsages       = []*Field{
		pX509CE.flag(TUint8, "x509ce.KeyUsage.digitalSignature", "digitalSignature", 0x80, names(trueFalse)),
		pX509CE.flag(TUint8, "x509ce.KeyUsage.contentCommitment", "contentCommitment", 0x40, names(trueFalse)),
		pX509CE.flag(TUint8, "x509ce.KeyUsage.keyEncipherment", "keyEncipherment", 0x20, names(trueFalse)),
		pX509CE.flag(TUint8, "x509ce.KeyUsage.dataEncipherment", "dataEncipherment", 0x10, names(trueFalse)),
		pX509CE.flag(TUint8, "x509ce.KeyUsage.keyAgreement", "keyAgreement", 0x08, names(trueFalse)),
		pX509CE.flag(TUint8, "x509ce.KeyUsage.keyCertSign", "keyCertSign", 0x04, names(trueFalse)),
		pX509CE.flag(TUint8, "x509ce.KeyUsage.cRLSign", "cRLSign", 0x02, names(trueFalse)),
		pX509CE.flag(TUint8, "x509ce.KeyUsage.encipherOnly", "encipherOnly", 0x01, names(trueFalse)),
		pX509CE.flag(TUint8, "x509ce.KeyUsage.decipherOnly", "decipherOnly", 0x80, names(trueFalse)),
	}
	fCENames      = pX509CE.u32("x509ce.GeneralNames", "GeneralNames", Dec)
	fCEName       = pX509CE.u32("x509ce.GeneralName", "GeneralName", Dec, names(generalNames))
	fCEDNS        = pX509CE.str("x509ce.dNSName", "dNSName")
	fCEMail       = pX509CE.str("x509ce.rfc822Name", "rfc822Name")
	fCEURI        = pX509CE.str("x509ce.uniformResourceIdentifier", "uniformResourceIdentifier")
	fCEIP4        = pX509CE.ip4("x509ce.IPAddress.ipv4", "iPAddress")
	fCEIP6        = pX509CE.ip6("x509ce.IPAddress.ipv6", "iPAddress")
	fCEDirectory  = pX509CE.u32("x509ce.directoryName", "directoryName", Dec, names(list("rdnSequence")))
	fCEBasic      = pX509CE.none("x509ce.BasicConstraintsSyntax_element", "BasicConstraintsSyntax")
	fCECA         = pX509CE.bool("x509ce.cA", "cA")
	fCEPathLen    = pX509CE.u64("x509ce.pathLenConstraint", "pathLenConstraint", Dec)
	fCECRLs       = pX509CE.u32("x509ce.CRLDistPointsSyntax", "CRLDistPointsSyntax", Dec)
	fCECRL        = pX509CE.none("x509ce.DistributionPoint_element", "DistributionPoint")
	fCECRLPoint   = pX509CE.u32("x509ce.distributionPoint", "distributionPoint", Dec, names(list("fullName", "nameRelativeToCRLIssuer")))
	fCECRLNames   = pX509CE.u32("x509ce.fullName", "fullName", Dec)
	fCEPolicies   = pX509CE.u32("x509ce.CertificatePoliciesSyntax", "CertificatePoliciesSyntax", Dec)
	fCEPolicy     = pX509CE.none("x509ce.PolicyInformation_element", "PolicyInformation")
	fCEPolicyID   = pX509CE.add(TOID, "x509ce.policyIdentifier", "policyIdentifier", None)
	fCEQualifiers = pX509CE.u32("x509ce.policyQualifiers", "policyQualifiers", Dec)
	fCEQualifier  = pX509CE.none("x509ce.PolicyQualifierInfo_element", "PolicyQualifierInfo")
	fCEQualID     = pX509CE.add(TOID, "x509ce.id", "Id", None)
	fCEPurposes   = pX509CE.u32("x509ce.KeyPurposeIDs", "KeyPurposeIDs", Dec)
	fCEPurpose    = pX509CE.add(TOID, "x509ce.KeyPurposeId", "KeyPurposeId", None)

	pPKIXImplicit = newProto("PKIX1Implitit", "PKIX1IMPLICIT", "pkix1implicit")
	fAIA          = pPKIXImplicit.u32("pkix1implicit.AuthorityInfoAccessSyntax", "AuthorityInfoAccessSyntax", Dec)
	fAIAItem      = pPKIXImplicit.none("pkix1implicit.AccessDescription_element", "AccessDescription")
	fAIAMethod    = pPKIXImplicit.add(TOID, "pkix1implicit.accessMethod", "accessMethod", None)
	fAIALocation  = pPKIXImplicit.u32("pkix1implicit.accessLocation", "accessLocation", Dec)
	fUserNotice   = pPKIXImplicit.none("pkix1implicit.UserNotice_element", "UserNotice")

	pPKIXExplicit = newProto("PKIX1Explicit", "PKIX1EXPLICIT", "pkix1explicit")
	fCPS          = pPKIXExplicit.str("pkix1explicit.DirectoryString", "DirectoryString")

	pPKCS1    = newProto("PKCS#1", "PKCS-1", "pkcs-1")
	fModulus  = pPKCS1.bytes("pkcs1.modulus", "modulus")
	fExponent = pPKCS1.add(TInt32, "pkcs1.publicExponent", "publicExponent", Dec)
	fECParams = pPKCS1.u32("pkcs1.ECParameters", "ECParameters", Dec, names(list("specifiedCurve", "namedCurve", "implicitCurve")))
	fCurveOID = pPKCS1.add(TOID, "pkcs1.namedCurve", "namedCurve", None)

	pNSCert     = newProto("NetScape Certificate Extensions", "NS_CERT_EXTS", "ns_cert_exts")
	fNSCertType = pNSCert.bytes("ns_cert_exts.CertType", "CertType")
	fNSUsages   = []*Field{
		pNSCert.flag(TUint8, "ns.cert.exts.CertType.ssl.client", "ssl-client", 0x80, names(trueFalse)),
		pNSCert.flag(TUint8, "ns.cert.exts.CertType.ssl.server", "ssl-server", 0x40, names(trueFalse)),
		pNSCert.flag(TUint8, "ns.cert.exts.CertType.smime", "smime", 0x20, names(trueFalse)),
		pNSCert.flag(TUint8, "ns.cert.exts.CertType.object.signing", "object-signing", 0x10, names(trueFalse)),
		pNSCert.flag(TUint8, "ns.cert.exts.CertType.reserved.for.future.use", "reserved-for-future-use", 0x08, names(trueFalse)),
		pNSCert.flag(TUint8, "ns.cert.exts.CertType.ssl.ca", "ssl-ca", 0x04, names(trueFalse)),
		pNSCert.flag(TUint8, "ns.cert.exts.CertType.smime.ca", "smime-ca", 0x02, names(trueFalse)),
		pNSCert.flag(TUint8, "ns.cert.exts.CertType.object.signing.ca", "object-signing-ca", 0x01, names(trueFalse)),
	}

	pBER         = newProto("Basic Encoding Rules (ASN.1 X.690)", "BER", "ber")
	eBERWrong    = pBER.none("ber.error.sequence.field_wrong", "BER Error: Wrong field in SEQUENCE")
	eBERSequence = pBER.none("ber.error.expected.sequence", "BER Error: Sequence expected")
	fBitPadding  = pBER.u8("ber.bitstring.padding", "Padding", Dec)

	certProtocols = []*Proto{pX509AF, pX509IF, pX509SAT, pX509CE, pPKIXImplicit, pPKIXExplicit, pPKCS1, pNSCert, pBER}
)

// generalNames names the kinds of general names (RFC 5280 §4.2.1.6).
func generalNames(v uint64) string {
	return list("otherName", "rfc822Name", "dNSName", "x400Address", "directoryName", "ediPartyName",
		"uniformResourceIdentifier", "iPAddress", "registeredID")(v)
}
