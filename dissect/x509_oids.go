package dissect

import "strings"

// oidName names the object identifiers that certificates use, as Wireshark does;
// others by the arc that they are in.
func oidName(oid string) string {
	switch oid {
	case "1.2.840.10045.2.1":
		return "id-ecPublicKey"
	case "1.2.840.10045.3.1.1":
		return "secp192r1"
	case "1.2.840.10045.3.1.7":
		return "secp256r1"
	case "1.3.132.0.34":
		return "secp384r1"
	case "1.3.132.0.35":
		return "secp521r1"
	case "1.2.840.10045.4.1":
		return "ecdsa-with-SHA1"
	case "1.2.840.10045.4.3.1":
		return "ecdsa-with-SHA224"
	case "1.2.840.10045.4.3.2":
		return "ecdsa-with-SHA256"
	case "1.2.840.10045.4.3.3":
		return "ecdsa-with-SHA384"
	case "1.2.840.10045.4.3.4":
		return "ecdsa-with-SHA512"
	case "1.2.840.113549.1.1.1":
		return "rsaEncryption"
	case "1.2.840.113549.1.1.2":
		return "md2WithRSAEncryption"
	case "1.2.840.113549.1.1.4":
		return "md5WithRSAEncryption"
	case "1.2.840.113549.1.1.5":
		return "sha1WithRSAEncryption"
	case "1.2.840.113549.1.1.10":
		return "id-RSASSA-PSS"
	case "1.2.840.113549.1.1.11":
		return "sha256WithRSAEncryption"
	case "1.2.840.113549.1.1.12":
		return "sha384WithRSAEncryption"
	case "1.2.840.113549.1.1.13":
		return "sha512WithRSAEncryption"
	case "1.2.840.113549.1.9.1":
		return "pkcs-9-at-emailAddress"
	case "0.9.2342.19200300.100.1.1":
		return "id-at-uid"
	case "0.9.2342.19200300.100.1.25":
		return "dc"
	case "1.3.6.1.5.5.7.1.1":
		return "id-pe-authorityInfoAccess"
	case "1.3.6.1.5.5.7.1.3":
		return "id-pe-qcStatements"
	case "1.3.6.1.5.5.7.2.1":
		return "id-qt-cps"
	case "1.3.6.1.5.5.7.2.2":
		return "id-qt-unotice"
	case "1.3.6.1.5.5.7.3.1":
		return "id-kp-serverAuth"
	case "1.3.6.1.5.5.7.3.2":
		return "id-kp-clientAuth"
	case "1.3.6.1.5.5.7.3.3":
		return "id-kp-codeSigning"
	case "1.3.6.1.5.5.7.3.4":
		return "id-kp-emailProtection"
	case "1.3.6.1.5.5.7.3.8":
		return "id-kp-timeStamping"
	case "1.3.6.1.5.5.7.3.9":
		return "OCSPSigning"
	case "1.3.6.1.5.5.7.48.1":
		return "id-ad-ocsp"
	case "1.3.6.1.5.5.7.48.1.1":
		return "id-pkix-ocsp-basic"
	case "1.3.6.1.5.5.7.48.1.5":
		return "id-pkix-ocsp-nocheck"
	case "1.3.6.1.5.5.7.48.2":
		return "id-ad-caIssuers"
	case "1.3.6.1.4.1.11129.2.4.2":
		return "SignedCertificateTimestampList"
	case "1.3.6.1.4.1.311.20.2":
		return "id-ms-certificate-template-name"
	case "1.3.6.1.4.1.311.21.1":
		return "id-ms-ca-version"
	case "1.3.6.1.4.1.311.21.4":
		return "id-ms-next-publish"
	case "1.3.6.1.4.1.311.21.7":
		return "id-ms-certificate-template"
	case "1.3.6.1.4.1.311.21.10":
		return "id-ms-application-certificate-policies"
	case "1.3.6.1.4.1.311.60.2.1.1":
		return "jurisdictionOfIncorporationLocalityName"
	case "1.3.6.1.4.1.311.60.2.1.2":
		return "jurisdictionOfIncorporationStateOrProvinceName"
	case "1.3.6.1.4.1.311.60.2.1.3":
		return "jurisdictionOfIncorporationCountryName"
	case "2.16.840.1.113730.1.1":
		return "ns_cert_exts.cert_type"
	case "2.16.840.1.113730.1.4":
		return "ns_cert_exts.ca-revocation-url"
	case "2.16.840.1.113730.1.8":
		return "ns_cert_exts.ca-policy-url"
	case "2.16.840.1.113730.1.13":
		return "ns_cert_exts.comment"
	case "2.5.29.32.0":
		return "anyPolicy"
	case "2.5.29.37.0":
		return "anyExtendedKeyUsage"
	}
	if name := oidX500(oid); name != "" {
		return name
	}
	switch {
	case strings.HasPrefix(oid, "1.2.840."):
		return "ISO assigned OIDs, USA" + oid[7:]
	case strings.HasPrefix(oid, "1."):
		return "iso" + oid[1:]
	case strings.HasPrefix(oid, "2.16.840.1."):
		return "US company arc" + oid[10:]
	case strings.HasPrefix(oid, "2."):
		return "joint-iso-itu-t" + oid[1:]
	case strings.HasPrefix(oid, "0."):
		return "itu-t" + oid[1:]
	}
	return oid
}

// oidX500 names attribute types and certificate extensions of X.500 (X.520, X.509 §9).
func oidX500(oid string) string {
	switch oid {
	case "2.5.4.3":
		return "id-at-commonName"
	case "2.5.4.4":
		return "id-at-surname"
	case "2.5.4.5":
		return "id-at-serialNumber"
	case "2.5.4.6":
		return "id-at-countryName"
	case "2.5.4.7":
		return "id-at-localityName"
	case "2.5.4.8":
		return "id-at-stateOrProvinceName"
	case "2.5.4.9":
		return "id-at-streetAddress"
	case "2.5.4.10":
		return "id-at-organizationName"
	case "2.5.4.11":
		return "id-at-organizationalUnitName"
	case "2.5.4.12":
		return "id-at-title"
	case "2.5.4.13":
		return "id-at-description"
	case "2.5.4.15":
		return "id-at-businessCategory"
	case "2.5.4.17":
		return "id-at-postalCode"
	case "2.5.4.41":
		return "id-at-name"
	case "2.5.4.42":
		return "id-at-givenName"
	case "2.5.4.46":
		return "id-at-dnQualifier"
	case "2.5.29.9":
		return "id-ce-subjectDirectoryAttributes"
	case "2.5.29.14":
		return "id-ce-subjectKeyIdentifier"
	case "2.5.29.15":
		return "id-ce-keyUsage"
	case "2.5.29.16":
		return "id-ce-privateKeyUsagePeriod"
	case "2.5.29.17":
		return "id-ce-subjectAltName"
	case "2.5.29.18":
		return "id-ce-issuerAltName"
	case "2.5.29.19":
		return "id-ce-basicConstraints"
	case "2.5.29.30":
		return "id-ce-nameConstraints"
	case "2.5.29.31":
		return "id-ce-cRLDistributionPoints"
	case "2.5.29.32":
		return "id-ce-certificatePolicies"
	case "2.5.29.33":
		return "id-ce-policyMappings"
	case "2.5.29.35":
		return "id-ce-authorityKeyIdentifier"
	case "2.5.29.36":
		return "id-ce-policyConstraints"
	case "2.5.29.37":
		return "id-ce-extKeyUsage"
	case "2.5.29.46":
		return "id-ce-freshestCRL"
	case "2.5.29.54":
		return "id-ce-inhibitAnyPolicy"
	}
	return ""
}
