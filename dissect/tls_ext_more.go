package dissect

// oidFilters reads what certificates a server asks for (RFC 8446 §4.2.5).
func oidFilters(c *cursor) {
	// tshark 4.0 shows this length under the name of another one.
	for l := c.to(c.vector(fTLSPSKModesLen, 2, 0)); l.ok() && l.left() > 0; {
		if l.on() {
			l.sub(fText, "OID Filter")
		}
		n := l.vector(fTLSFilterOIDLen, 1, 1)
		o := l.to(n)
		x := certificate{cursor: &o}
		if v, ok := derAt(o.b, o.pos, o.have); ok && v.tag == derOID && o.ok() {
			id := x.oid(fTLSFilterOID, v)
			if node := l.opened(); node != nil {
				name := oidName(id)
				if name == "" {
					name = id
				}
				node.label("OID Filter (" + name + ")")
			}
		}
		l.skip(l.vector(fTLSFilterLen, 2, 0))
		l.end()
	}
}

// delegatedCredential reads a credential with which a server signs in place of its
// certificate's key (RFC 9345 §4).
func delegatedCredential(c *cursor) {
	c.widen(6)
	c.u32(fTLSCredTime)
	c.scheme()
	c.bytes(fTLSCredKey, c.vector(fTLSCredKeyLen, 3, 1))
	c.scheme()
	c.bytes(fTLSCredSig, c.vector(fTLSCredSigLen, 2, 1))
}

// encryptedName reads a server name as drafts before the Encrypted Client Hello have it
// (draft-ietf-tls-esni-02 §4.1).
func (t *tlsRun) encryptedName(c *cursor, message byte) {
	switch message {
	case 1:
		c.u16(fTLSESNISuite)
		shareEntry(c)
		if n := c.vector(fTLSESNIDigLen, 2, 0); n > 0 {
			c.bytes(fTLSESNIDigest, n)
		}
		if n := c.vector(fTLSESNILen, 2, 1); n > 0 {
			c.bytes(fTLSESNI, n)
		}
	case 8:
		c.bytes(fTLSESNINonce, 16)
	}
}

// connectionID reads the identifier of a connection (RFC 9146 §3).
func connectionID(c *cursor) {
	c.widen(1)
	if n := int(c.u8(fTLSCIDLen)); n > 0 {
		c.bytes(fTLSCID, n)
	}
}

// undissected notes a part of a status request that is not taken apart.
func undissected(c *cursor, n int, what string) {
	if n == 0 || !c.need(n) {
		return
	}
	if c.on() {
		c.addAt(fText, c.pos, n, Node{text: what})
		c.begin()
		c.expert(NoteSev, GroupUndecoded, eTLSUndecoded, what)
		c.end()
	}
	c.skip(n)
}
