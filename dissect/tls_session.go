package dissect

import (
	"bytes"

	"tcplens/internal/packet"
)

// tlsSession is what TLS remembers of a conversation (R102–R104). The version
// and who is the client are those that are known in the end.
type tlsSession struct {
	// Guarded by the session; the sequencing goroutine, which writes it, reads
	// without.
	version uint16           // 0x0300 to 0x0304; 0 while it is not known
	client  int8             // direction of the Client Hello plus 1; 0 if none was seen
	resumed bool             // keys of an earlier session are used
	alpn    string           // what the server chose
	suite   uint16           // and the cipher suite; 0 while it is not known
	said    TLSInfo          // what the hellos said beside
	ccs     [2]packet.Number // the first ChangeCipherSpec of each direction
	splits  []*tlsSplit      // messages that took several records, oldest first
	kept    int              // bytes in splits

	decrypted tlsDecrypted
	roles     tlsRoles

	// When what stands above came to be known, which a first visit goes by.
	versions  []tlsVersion
	clientIn  packet.Number
	resumedIn packet.Number
	helloIn   packet.Number // the server's hello, with alpn and suite

	// For the sequencing goroutine only.
	open   [2]*tlsSplit
	count  [2]int           // handshake records of the packet so far
	last   [2]packet.Number // that packet
	hello  bool             // the server has said that its hello is done
	lock   *tlsLock         // nil if there is no key log
	stream tlsContent
}

// needTLS makes what TLS remembers, if it has not been made.
func (s *Session) needTLS() {
	if s.tls == nil {
		s.tls = &tlsSession{lock: newTLSLock(s.decryption)}
	}
}

// tlsVersion is a version and the record that told it.
type tlsVersion struct {
	version uint16
	dir     uint8
	frame   packet.Number
	ord     int // which handshake record of the packet and direction, from 0; −1: another record
}

// tell notes the version, and which record told it.
func (t *tlsSession) tell(version uint16, dir uint8, n packet.Number, ord int) {
	if version != t.version && len(t.versions) < maxTLSVersions {
		t.versions = append(t.versions, tlsVersion{version, dir, n, ord})
	}
	t.version = version
}

// tlsSplit is a handshake message that is spread over several records.
type tlsSplit struct {
	dir   uint8
	done  packet.Number // the packet in which it is complete; 0 if it never is
	need  int           // bytes of the whole
	data  []byte
	parts []tlsPart
}

// tlsPart is the part of a message that one record has.
type tlsPart struct {
	frame packet.Number
	ord   int // which handshake record of the packet and direction, from 0
	size  int
}

// until takes back what has come of the message after the ord-th handshake record
// of packet n.
func (sp *tlsSplit) until(n packet.Number, ord int) {
	for k := len(sp.parts); k > 0; k-- {
		if p := &sp.parts[k-1]; p.frame < n || p.frame == n && p.ord <= ord {
			break
		}
		sp.parts, sp.done = sp.parts[:k-1], 0
	}
}

// Limits of the messages that are kept because they are spread over records.
const (
	maxTLSMessage = 1<<16 + 3 // bytes; a longer one counts as encrypted (R104)
	maxTLSSplits  = 256 << 10 // bytes of them in one conversation

	maxTLSVersions = 16 // times that the version of a conversation changes: twice, unless someone plays
)

// old says that the version is known to be one before TLS 1.3.
func (t *tlsSession) old() bool { return t.version != 0 && t.version < 0x0304 }

// encrypted says that packet n came after its side's ChangeCipherSpec.
func (t *tlsSession) encrypted(dir uint8, n packet.Number) bool {
	ccs := t.ccs[dir&1]
	return ccs != 0 && n > ccs && t.version < 0x0304
}

// tlsEncryptedMessage says that what a handshake record holds can't be read (R104).
func tlsEncryptedMessage(body []byte, afterCCS bool) bool {
	switch {
	case len(body) >= 5 && len(body) >= 16 && !bytes.ContainsFunc(body[:5], func(r rune) bool { return r != 0 }):
		return true
	case len(body) >= 16 && afterCCS:
		return true
	case len(body) == 0:
		return false
	}
	return tlsHandshakeName(body[0]) == "" || len(body) >= 4 && body[1] != 0
}

// tlsRecord notes a record of the packet being put in order. body is nil for what
// is not looked into.
func (s *Session) tlsRecord(dir uint8, kind byte, version uint16, body []byte) {
	t := s.tls
	dir &= 1
	isHello := kind == tlsHandshake && t.beginsHello(dir, body)
	if kind == tlsAppData && t.version != 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ord := -1
	if kind == tlsHandshake {
		ord = t.handshakeRecord(s.frame, dir, body, false)
	}
	if t.version == 0 && !isHello && kind >= tlsCCS && kind <= tlsAppData && isTLSVersion(version) {
		t.tell(version, dir, s.frame, ord)
	}
	switch kind {
	case tlsCCS:
		t.lock.changeCipher(dir)
	case tlsAlert:
		t.roles.alerted(dir, s.frame, body)
	}
	if kind == tlsCCS && t.ccs[dir] == 0 && t.version < 0x0304 {
		t.ccs[dir] = s.frame
		if int8(dir)+1 != t.client && !t.hello && !t.resumed {
			t.resumed, t.resumedIn = true, s.frame
		}
	}
}

// beginsHello says whether a record has a Client Hello or a part of one.
func (t *tlsSession) beginsHello(dir uint8, body []byte) bool {
	if sp := t.open[dir]; sp != nil {
		body = sp.data
	}
	return len(body) > 0 && body[0] == 1
}

// handshakeRecord counts a handshake record of packet n and goes through its
// messages. opened says that it was encrypted. It gives the record's number among
// those of the packet and direction, from 0.
func (t *tlsSession) handshakeRecord(n packet.Number, dir uint8, body []byte, opened bool) int {
	if t.last[dir] != n {
		t.last[dir], t.count[dir] = n, 0
	}
	t.handshake(n, dir, body, opened)
	t.count[dir]++
	return t.count[dir] - 1
}

// handshake goes through the messages of a record.
func (t *tlsSession) handshake(n packet.Number, dir uint8, body []byte, opened bool) {
	if sp := t.open[dir]; sp != nil {
		k := min(sp.need-len(sp.data), len(body))
		if len(sp.data)+k >= 4 && sp.need == 4 {
			// The length had not come before.
			head := append(append([]byte(nil), sp.data...), body[:k]...)
			sp.need = 4 + (int(head[1])<<16 | int(head[2])<<8 | int(head[3]))
			if sp.need > maxTLSMessage {
				t.open[dir] = nil
				return
			}
			k = min(sp.need-len(sp.data), len(body))
		}
		if t.kept += k; t.kept > maxTLSSplits {
			t.open[dir] = nil
			return
		}
		sp.data = append(sp.data, body[:k]...)
		sp.parts = append(sp.parts, tlsPart{n, t.count[dir], k})
		if len(sp.data) < sp.need {
			return
		}
		sp.done, t.open[dir] = n, nil
		t.message(n, dir, sp.data)
		body = body[k:]
	} else if !opened && tlsEncryptedMessage(body, t.encrypted(dir, n)) {
		return
	}
	for len(body) > 0 {
		size := 4
		if len(body) >= 4 {
			size += int(body[1])<<16 | int(body[2])<<8 | int(body[3])
		}
		if size > maxTLSMessage || tlsHandshakeName(body[0]) == "" {
			return
		}
		if size > len(body) || len(body) < 4 {
			t.split(n, dir, body, size)
			return
		}
		t.message(n, dir, body[:size])
		body = body[size:]
	}
}

// split begins to keep a message that goes on in another record.
func (t *tlsSession) split(n packet.Number, dir uint8, body []byte, size int) {
	if t.kept += len(body); t.kept > maxTLSSplits {
		return
	}
	sp := &tlsSplit{dir: dir, need: size, data: bytes.Clone(body), parts: []tlsPart{{n, t.count[dir], len(body)}}}
	t.open[dir] = sp
	t.splits = append(t.splits, sp)
	if body[0] == 1 {
		t.from(n, dir)
	}
}

func (t *tlsSession) from(n packet.Number, dir uint8) {
	if t.client == 0 {
		t.client, t.clientIn = int8(dir)+1, n
	}
}

// message looks at a whole handshake message for what matters to the session.
func (t *tlsSession) message(n packet.Number, dir uint8, m []byte) {
	switch m[0] {
	case 1:
		t.from(n, dir)
		t.said.clientSaid(m[4:])
		if t.said.Early && t.version == 0 {
			t.tell(0x0304, dir, n, t.count[dir]) // no other version has early data
		}
	case 2:
		t.said.serverSaid(m)
		h := scanServerHello(m[4:])
		t.suite, t.helloIn = h.suite, n
		if v := h.version; v == 0x0304 || t.version == 0 && isTLSVersion(v) {
			t.tell(v, dir, n, t.count[dir])
		}
		if h.alpn != "" {
			t.alpn = h.alpn
		}
	case 8: // Encrypted Extensions (RFC 8446 §4.3.1)
		eachExtension(m[4:], func(kind uint16, body []byte) {
			if name := alpnChosen(body); kind == 16 && name != "" {
				t.alpn = name
			}
		})
	case 14:
		t.hello = true
	}
	t.roles.message(m)
	t.lock.message(dir, m)
}

// alpnChosen reads the application protocol that a server chose (RFC 7301 §3.1).
func alpnChosen(body []byte) string {
	if n := len(body); n >= 3 && int(body[2]) <= n-3 {
		return string(body[3 : 3+int(body[2])])
	}
	return ""
}

// tlsChosen is what a server chose.
type tlsChosen struct {
	version, suite                 uint16
	alpn                           string
	session                        []byte
	encryptThenMAC, extendedMaster bool // RFC 7366, RFC 7627
}

// scanServerHello finds the version, the cipher suite and the application protocol
// that a server chose (RFC 5246 §7.4.1.3, RFC 8446 §4.1.3, RFC 7301 §3.1). Versions of drafts
// of TLS 1.3 count as TLS 1.3.
func scanServerHello(m []byte) (h tlsChosen) {
	if len(m) < 35 {
		return h
	}
	h.version = uint16(m[0])<<8 | uint16(m[1])
	m = m[34:]
	id := int(m[0])
	if len(m) >= 3+id {
		h.session = m[1 : 1+id]
		h.suite = uint16(m[1+id])<<8 | uint16(m[2+id])
	}
	if len(m) < 1+id+3+2 {
		return h
	}
	eachExtension(m[1+id+3:], func(kind uint16, body []byte) {
		switch {
		case kind == 43 && len(body) == 2:
			v := uint16(body[0])<<8 | uint16(body[1])
			if v == 0x0304 || v>>8 == 0x7f {
				v = 0x0304
			}
			if isTLSVersion(v) {
				h.version = v
			}
		case kind == 16:
			if name := alpnChosen(body); name != "" {
				h.alpn = name
			}
		case kind == 22:
			h.encryptThenMAC = true
		case kind == 23:
			h.extendedMaster = true
		}
	})
	return h
}

// tlsFacts is what a dissection of one packet asks of a session.
type tlsFacts struct {
	version uint16
	client  int8
	resumed bool
	suite   uint16
	alpn    string
	after   bool // the packet came after its side's ChangeCipherSpec
}

// tlsAt gives what is known for a packet.
func (s *Session) tlsAt(n packet.Number, dir uint8) tlsFacts {
	if s == nil || s.tls == nil {
		return tlsFacts{}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.tls
	return tlsFacts{version: t.version, client: t.client, resumed: t.resumed, suite: t.suite, alpn: t.alpn, after: t.encrypted(dir, n)}
}

// tlsThen gives what was known for a packet when it came, before its first record.
func (s *Session) tlsThen(n packet.Number, dir uint8) tlsFacts {
	f := s.tlsAt(n, dir)
	if s == nil || s.tls == nil {
		return f
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.tls
	f.version = 0
	for _, v := range t.versions {
		if v.frame < n {
			f.version = v.version
		}
	}
	if t.clientIn > n {
		f.client = 0
	}
	if t.helloIn > n {
		f.suite, f.alpn = 0, ""
	}
	f.resumed = f.resumed && t.resumedIn <= n
	return f
}

// tlsVersionAfter gives the version that is known behind a handshake record of a
// packet, if before it was version.
func (s *Session) tlsVersionAfter(n packet.Number, dir uint8, ord int, version uint16) uint16 {
	if s == nil || s.tls == nil {
		return version
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, v := range s.tls.versions {
		if v.frame == n && v.dir == dir&1 && v.ord == ord {
			version = v.version
		}
	}
	return version
}

// tlsSplitAt finds the message that the ord-th handshake record of a packet
// continues (lead) and the one that it begins without ending (trail). What they
// point to does not change once their packet has been put in order.
func (s *Session) tlsSplitAt(n packet.Number, dir uint8, ord int) (lead, trail tlsSplit, hasLead, hasTrail bool) {
	if s == nil || s.tls == nil {
		return
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, sp := range s.tls.splits {
		if sp.dir != dir&1 {
			continue
		}
		for i, p := range sp.parts {
			if p.frame != n || p.ord != ord {
				continue
			}
			if i == 0 {
				trail, hasTrail = *sp, true
			} else {
				lead, hasLead = *sp, true
			}
		}
	}
	return
}
