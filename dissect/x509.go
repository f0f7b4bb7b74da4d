package dissect

// dissectCertificate shows one certificate of a chain.
func dissectCertificate(c cursor) { c.bytes(fTLSCert, c.left()) }

// dissectDName shows a distinguished name.
func dissectDName(c cursor) {}

// dissectOCSPResponse names an answer about the status of a certificate.
func dissectOCSPResponse(c cursor) { c.block(pOCSP, "OCSP Response", nil) }
