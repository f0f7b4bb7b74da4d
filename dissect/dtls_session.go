package dissect

import (
	"cmp"
	"slices"
	"sync"

	"tcplens/internal/packet"
)

// Limits of what is remembered of DTLS in one UDP conversation.
const (
	maxDTLSRecords  = 64        // of a datagram that are looked at
	maxDTLSMessages = 64        // that came in fragments
	maxDTLSParts    = 256       // fragments of one of them
	maxDTLSKept     = 128 << 10 // bytes of them
)

// The versions of DTLS on the wire.
const (
	dtls10 = 0xfeff // RFC 4347
	dtls12 = 0xfefd // RFC 6347
	dtls13 = 0xfefc // RFC 9147
)

// dtlsHeader is how long the header of a record is that has no connection
// identifier, bytes; dtlsMessageHeader that of a handshake message (RFC 6347 §4.1, §4.2.2).
const (
	dtlsHeader        = 13
	dtlsMessageHeader = 12
)

// dtlsCID is the type of a record with a connection identifier (RFC 9146 §4).
const dtlsCID = 25

// DTLSSession is what DTLS remembers of a UDP conversation: what the hellos said, and
// the handshake messages that came in fragments. The sequencing goroutine makes it and
// calls Add; all else may be called by any goroutine.
type DTLSSession struct {
	mu       sync.RWMutex // guards what follows
	said     TLSInfo
	versions []dtlsVersion // as they came to be known
	client   int8          // direction of the Client Hello plus 1; 0 if none was seen
	clientIn packet.Number
	suite    uint16 // that the server chose
	helloIn  packet.Number
	hello    bool // the server has said that its hello is done
	resumed  packet.Number
	ccs      [2]packet.Number // the first ChangeCipherSpec of each direction
	cid      [2]int           // bytes of the connection identifier that each side asked for; 0 for none
	messages []*dtlsMessage
	kept     int // bytes in messages
}

// dtlsVersion is a version, and which record of a packet told it; late says that it is
// known only behind that record.
type dtlsVersion struct {
	frame   packet.Number
	ord     int
	late    bool
	version uint16
}

// dtlsMessage is a handshake message that came in fragments (RFC 6347 §4.2.3).
type dtlsMessage struct {
	dir   uint8
	seq   uint16
	kind  byte
	size  int
	done  packet.Number // the packet in which it is whole; 0 if it never is
	last  int           // where the fragment begins that made it whole
	data  []byte        // of the whole; nil before
	parts []dtlsPart
}

// dtlsPart is one fragment.
type dtlsPart struct {
	frame packet.Number
	off   int
	size  int
	data  []byte // nil once the message is whole
}

// NewDTLSSession makes what is remembered of a UDP conversation.
func NewDTLSSession() *DTLSSession { return new(DTLSSession) }

// IsDTLS says that the payload of a datagram begins with a record of a DTLS handshake,
// so that it is worth a session.
func IsDTLS(payload []byte) bool {
	h, ok := readDTLSHeader(payload, 0)
	return ok && h.kind == tlsHandshake && h.epoch == 0
}

// TLSInfo tells what the hellos of the conversation have said; the zero value for none.
func (s *DTLSSession) TLSInfo() TLSInfo {
	if s == nil {
		return TLSInfo{}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	i := s.said
	if i.Version == 0 && s.helloIn != 0 && len(s.versions) > 0 {
		i.Version = s.versions[len(s.versions)-1].version
	}
	i.Suite = s.suite
	i.Resumed = i.Resumed || s.resumed != 0
	return i
}

// dtlsRecord is the header of a record.
type dtlsRecord struct {
	kind    byte
	version uint16
	epoch   uint16
	head    int // bytes of the header
	size    int // bytes of the whole
}

// readDTLSHeader reads the header of the record that b begins with, whose connection
// identifier has cid bytes if it has one. It is false where there is none.
func readDTLSHeader(b []byte, cid int) (h dtlsRecord, ok bool) {
	if len(b) < dtlsHeader {
		return h, false
	}
	h.kind, h.version, h.epoch, h.head = b[0], uint16(b[1])<<8|uint16(b[2]), uint16(b[3])<<8|uint16(b[4]), dtlsHeader
	if h.kind == dtlsCID {
		h.head += cid
	}
	if h.kind < tlsCCS || h.kind > dtlsCID || h.version != dtls10 && h.version != dtls12 && h.version != 0x0100 || len(b) < h.head {
		return h, false
	}
	h.size = h.head + (int(b[h.head-2])<<8 | int(b[h.head-1]))
	return h, true
}

// Add takes over what is to be remembered of a datagram. dir is 0 for the direction of
// the conversation's first packet.
func (s *DTLSSession) Add(n packet.Number, dir uint8, payload []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	dir &= 1
	for ord := range maxDTLSRecords {
		h, ok := readDTLSHeader(payload, s.cid[1-dir])
		if !ok || h.size > len(payload) {
			return
		}
		s.record(n, ord, dir, &h, payload[h.head:h.size])
		payload = payload[h.size:]
	}
}

func (s *DTLSSession) record(n packet.Number, ord int, dir uint8, h *dtlsRecord, body []byte) {
	hello := h.kind == tlsHandshake && h.epoch == 0 && len(body) > 0 && body[0] == 1
	if len(s.versions) == 0 && !hello && h.kind <= tlsAppData {
		s.tell(dtlsVersion{n, ord, false, h.version})
	}
	switch {
	case h.kind == tlsCCS && s.ccs[dir] == 0:
		s.ccs[dir] = n
		if int8(dir)+1 != s.client && !s.hello && s.resumed == 0 {
			s.resumed = n
		}
	case h.kind == tlsHandshake && h.epoch == 0:
		for len(body) >= dtlsMessageHeader {
			m := readDTLSMessage(body)
			end := dtlsMessageHeader + m.part
			if end > len(body) || m.off+m.part > m.size {
				return
			}
			data := body[dtlsMessageHeader:end]
			if m.part < m.size {
				data = s.fragment(n, dir, m, data)
			}
			if data != nil {
				s.message(n, ord, dir, m.kind, data)
			}
			body = body[end:]
		}
	}
}

// tell notes a version.
func (s *DTLSSession) tell(v dtlsVersion) {
	if k := len(s.versions); k < maxTLSVersions && (k == 0 || s.versions[k-1].version != v.version) {
		s.versions = append(s.versions, v)
	}
}

// dtlsPiece is the header of a handshake message, or of a fragment of one.
type dtlsPiece struct {
	kind            byte
	size, off, part int // of the whole; where the fragment begins, and its own bytes
	seq             uint16
}

// readDTLSMessage reads the header of a message from 12 bytes at least.
func readDTLSMessage(b []byte) dtlsPiece {
	u24 := func(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }
	return dtlsPiece{kind: b[0], size: u24(b[1:]), seq: uint16(b[4])<<8 | uint16(b[5]), off: u24(b[6:]), part: u24(b[9:])}
}

// fragment keeps a part of a message, and gives the message if it is whole by that.
func (s *DTLSSession) fragment(n packet.Number, dir uint8, p dtlsPiece, data []byte) []byte {
	if p.size > maxTLSMessage || s.kept+len(data) > maxDTLSKept {
		return nil
	}
	var m *dtlsMessage
	for _, o := range slices.Backward(s.messages) {
		if o.dir == dir && o.seq == p.seq && o.kind == p.kind && o.size == p.size && o.done == 0 {
			m = o
			break
		}
	}
	if m == nil {
		if len(s.messages) >= maxDTLSMessages {
			return nil
		}
		m = &dtlsMessage{dir: dir, seq: p.seq, kind: p.kind, size: p.size}
		s.messages = append(s.messages, m)
	}
	for _, q := range m.parts {
		if q.off <= p.off && q.off+q.size >= p.off+p.part {
			return nil // nothing of it is new
		}
	}
	if len(m.parts) >= maxDTLSParts {
		return nil
	}
	s.kept += len(data)
	m.parts = append(m.parts, dtlsPart{n, p.off, p.part, slices.Clone(data)})
	parts := slices.SortedFunc(slices.Values(m.parts), func(a, b dtlsPart) int { return cmp.Compare(a.off, b.off) })
	end := 0
	for _, q := range parts {
		if q.off > end {
			return nil
		}
		end = max(end, q.off+q.size)
	}
	if end < m.size {
		return nil
	}
	whole := make([]byte, m.size)
	for i, q := range parts {
		copy(whole[q.off:], q.data)
		parts[i].data = nil
	}
	m.parts, m.data, m.done, m.last = parts, whole, n, p.off
	return whole
}

// message looks at the body of a whole handshake message.
func (s *DTLSSession) message(n packet.Number, ord int, dir uint8, kind byte, body []byte) {
	switch kind {
	case 1:
		if s.client == 0 {
			s.client, s.clientIn = int8(dir)+1, n
		}
		body = withoutCookie(body)
		s.said.clientSaid(body)
		s.learnCID(dir, body, true)
	case 2:
		h := scanServerHello(body)
		s.suite, s.helloIn = h.suite, n
		if h.version == dtls10 || h.version == dtls12 {
			s.tell(dtlsVersion{n, ord, true, h.version})
		}
		s.said.Version, s.said.ALPN = h.version, h.alpn
		s.said.serverSaid(append([]byte{2, 0, 0, 0}, body...))
		s.learnCID(dir, body, false)
	case 14:
		s.hello = true
	}
}

// learnCID notes which connection identifier the sender of a hello wants to be called by,
// and, of a Server Hello, which version of DTLS it means (RFC 9146 §3, RFC 9147 §5.4).
func (s *DTLSSession) learnCID(dir uint8, body []byte, client bool) {
	eachHelloExtension(body, client, func(kind uint16, b []byte) {
		switch {
		case kind == 54 && len(b) > 0 && int(b[0]) == len(b)-1:
			s.cid[dir] = int(b[0])
		case kind == 43 && !client && len(b) == 2 && b[0] == dtls13>>8 && b[1] == dtls13&0xff:
			s.said.Version = dtls13
		}
	})
}

// withoutCookie gives the body of a Client Hello as TLS has it (RFC 6347 §4.2.1).
func withoutCookie(m []byte) []byte {
	if len(m) < 35 {
		return m
	}
	at := 35 + int(m[34])
	if len(m) <= at || len(m) < at+1+int(m[at]) {
		return m[:min(len(m), at)]
	}
	return slices.Concat(m[:at], m[at+1+int(m[at]):])
}

// at gives what is known for the ord-th record of packet n: in the end or, for first,
// when it came.
func (s *DTLSSession) at(n packet.Number, ord int, dir uint8, first bool) (f tlsFacts, cid int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, v := range s.versions {
		if !first || v.frame < n || v.frame == n && (v.ord < ord || v.ord == ord && !v.late) {
			f.version = v.version
		}
	}
	f.client, f.suite, f.resumed = s.client, s.suite, s.resumed != 0
	if first {
		if s.clientIn > n {
			f.client = 0
		}
		if s.helloIn > n {
			f.suite = 0
		}
		f.resumed = f.resumed && s.resumed <= n
	}
	return f, s.cid[1-dir&1]
}

// whole gives the message that a fragment makes whole.
func (s *DTLSSession) whole(n packet.Number, dir uint8, p dtlsPiece) (m dtlsMessage, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, o := range s.messages {
		if o.dir == dir&1 && o.seq == p.seq && o.kind == p.kind && o.size == p.size && o.done == n {
			return *o, o.last == p.off
		}
	}
	return m, false
}
