package dissect

import (
	"tcplens/internal/tcp"
	"tcplens/internal/tlskeys"
)

// Decryption is what a session needs to look into TLS.
type Decryption struct {
	Keys   *tlskeys.Log
	PDUs   *tcp.PDUs // where messages are noted that take several records
	Stream uint32    // the conversation's number
	Server uint16    // port of the server, as far as is known; 0 if not

	// Missing is told when a connection's secrets are not all there. It may be told
	// more than once, and is called by the sequencing goroutine. nil: nobody asks.
	Missing func()

	// Refresh is called by the sequencing goroutine when a connection's secrets are
	// looked for in vain, before they are said to be missing: it may add to Keys what
	// has come meanwhile. nil: nothing is to be had.
	Refresh func()

	depth int // of TLS inside of TLS
}

// tlsLock is how the records of a conversation are opened. It belongs to the
// sequencing goroutine.
type tlsLock struct {
	Decryption
	client, server tlskeys.Random
	suite          tlskeys.Suite
	suiteKnown     bool
	version        uint16 // of the Server Hello; 0 before it
	etm, ems       bool   // encrypt-then-MAC, extended master secret were agreed to
	sessionID      []byte // that the server gave
	sent           []byte // the premaster secret as the client sent it
	transcript     []byte // the handshake up to the Client Key Exchange, if it matters
	exchanged      bool   // which has come
	early          bool   // the client sends early data
	from           int8   // direction of the client plus 1; 0: not known
	sides          [2]tlsSide
	plain          []byte // of the record opened last
	had            int    // secrets that were known when some were missing
}

// tlsSide is one direction.
type tlsSide struct {
	keys   *tlskeys.Keys // nil: nothing is encrypted yet, or it can't be opened
	place  int           // of keys in the session's list
	epoch  tlsEpoch
	seq    uint64 // number of the next record
	pos    uint64 // bytes of the epoch before it
	chain  []byte // last block of the record before, where that matters
	next   uint32 // where the next record begins, if none is missed
	failed int    // records in a row that could not be opened
	spent  int    // bytes of trials, less four times the bytes that were opened
}

// tlsEpoch is a stretch of a direction under one pair of keys. In TLS 1.3 each
// KeyUpdate begins another one after epochData.
type tlsEpoch int

const (
	epochClear tlsEpoch = iota
	epochEarly
	epochHandshake
	epochData
)

const (
	// maxTLSFailed is how many records in a row may fail: then the keys are wrong.
	maxTLSFailed = 32
	// maxTLSTrials bounds the bytes that are opened in vain to find the place after
	// a loss, for each byte opened well and to begin with.
	maxTLSTrials = 16 << 20
	// maxTLSTranscript bounds the handshake that is kept for the extended master
	// secret, bytes.
	maxTLSTranscript = 1 << 18
)

func newTLSLock(d *Decryption) *tlsLock {
	if d == nil || d.Keys == nil {
		return nil
	}
	return &tlsLock{Decryption: *d}
}

// opens says whether a record of a direction can perhaps be opened, so that its
// bytes are wanted.
func (l *tlsLock) opens(dir uint8, kind byte) bool {
	if l == nil {
		return false
	}
	side := &l.sides[dir]
	switch {
	case side.failed > maxTLSFailed:
		return false
	case l.version != 0 && l.version < 0x0304:
		return side.keys != nil
	case kind != tlsAppData:
		return false
	case l.version == 0x0304:
		return side.keys != nil || l.hasSecrets()
	}
	return l.early && int8(dir)+1 == l.from
}

// hasSecrets says whether there is any secret of TLS 1.3.
func (l *tlsLock) hasSecrets() bool {
	s, ok := l.Keys.Of(l.client)
	return ok && (s.ClientEarly != nil || s.ClientHandshake != nil || s.ServerHandshake != nil || s.ClientTraffic != nil || s.ServerTraffic != nil)
}

// message learns from a handshake message, with its header.
func (l *tlsLock) message(dir uint8, m []byte) {
	if l == nil {
		return
	}
	if m[0] == 1 {
		l.transcript, l.exchanged = l.transcript[:0], false
	}
	if m[0] != 0 && !l.exchanged && l.Keys.HasPremasters() && len(l.transcript)+len(m) <= maxTLSTranscript {
		l.transcript = append(l.transcript, m...)
	}
	switch m[0] {
	case 1:
		l.clientHello(dir, m[4:])
	case 2:
		if !isHelloRetry(m[4:]) {
			l.serverHello(m[4:])
		}
	case 16: // RFC 5246 §7.4.7.1
		l.exchanged = true
		if b := m[4:]; len(b) > 2 {
			l.sent = append([]byte(nil), b[2:min(len(b), 2+8)]...)
		}
	case 5, 20, 24: // End of Early Data, Finished, Key Update (RFC 8446 §4.5, §4.4.4, §4.6.3)
		if l.version == 0x0304 {
			l.sides[dir].advance()
		}
	}
}

// advance begins the next epoch of TLS 1.3.
func (s *tlsSide) advance() {
	if s.epoch == epochClear {
		return
	}
	if s.epoch < epochData {
		s.keys = nil
	} else {
		s.keys = s.keys.Next()
	}
	s.epoch++
	s.place, s.seq, s.pos = -1, 0, 0
}

func (l *tlsLock) clientHello(dir uint8, m []byte) {
	if len(m) < 34 {
		return
	}
	again := l.client == tlskeys.Random(m[2:34])
	l.client = tlskeys.Random(m[2:34])
	l.from = int8(dir) + 1
	l.sent = nil
	if l.sides[dir].keys == nil && l.sides[dir^1].keys == nil {
		l.version = 0
	}
	if m = skipVector(skipVector(skipVector(m[34:], 1), 2), 1); len(m) < 2 || again {
		return
	}
	l.early = false
	eachExtension(m, func(kind uint16, _ []byte) { l.early = l.early || kind == 42 })
	if s, _ := l.Keys.Of(l.client); l.early && s.ClientEarly == nil {
		l.refresh()
	}
}

// refresh looks for more secrets at once.
func (l *tlsLock) refresh() {
	if l.Refresh != nil {
		l.Refresh()
	}
}

// complete says whether all secrets of TLS 1.3 are there, but for those of early data.
func (l *tlsLock) complete() bool {
	s, _ := l.Keys.Of(l.client)
	return s.ClientHandshake != nil && s.ServerHandshake != nil && s.ClientTraffic != nil && s.ServerTraffic != nil
}

func (l *tlsLock) serverHello(m []byte) {
	if len(m) < 35 {
		return
	}
	l.server = tlskeys.Random(m[2:34])
	h := scanServerHello(m)
	l.suite, l.suiteKnown = tlskeys.SuiteNamed(tlsSuites(uint64(h.suite)))
	l.version, l.etm, l.ems = h.version, h.encryptThenMAC, h.extendedMaster
	l.sessionID = append([]byte(nil), h.session...)
	if l.version == 0x0304 {
		if !l.complete() {
			l.refresh()
		}
		if !l.complete() {
			l.lacks()
		}
	}
}

// lacks notes that secrets are missing.
func (l *tlsLock) lacks() {
	l.had = l.known()
	if l.Missing != nil && l.from != 0 {
		l.Missing()
	}
}

// known counts the secrets that the log has of the connection.
func (l *tlsLock) known() (n int) {
	s, _ := l.Keys.Of(l.client)
	for _, b := range [][]byte{s.Master, s.Premaster, s.ClientEarly, s.ClientHandshake, s.ServerHandshake, s.ClientTraffic, s.ServerTraffic,
		l.Keys.PremasterOf(l.sent), l.Keys.MasterOf(l.sessionID)} {
		if b != nil {
			n++
		}
	}
	return n
}

// master gives the master secret of TLS 1.2 and before; nil if it is not known.
func (l *tlsLock) master() []byte {
	s, _ := l.Keys.Of(l.client)
	if s.Master != nil {
		return s.Master
	}
	if m := l.Keys.MasterOf(l.sessionID); m != nil {
		return m
	}
	premaster := s.Premaster
	if premaster == nil {
		premaster = l.Keys.PremasterOf(l.sent)
	}
	if premaster == nil || l.ems && len(l.transcript) == 0 {
		return nil
	}
	var transcript []byte
	if l.ems {
		transcript = l.transcript
	}
	return tlskeys.Master(l.version, l.suite, premaster, l.client, l.server, transcript)
}

// changeCipher begins to encrypt one direction of TLS 1.2 and before (RFC 5246 §7.1).
func (l *tlsLock) changeCipher(dir uint8) {
	if l == nil || l.version == 0 || l.version >= 0x0304 {
		return
	}
	side := &l.sides[dir]
	*side = tlsSide{epoch: side.epoch + 1, place: -1, next: side.next, spent: side.spent}
	if !l.suiteKnown || l.from == 0 {
		return
	}
	master := l.master()
	if master == nil {
		l.refresh()
		master = l.master()
	}
	if master == nil {
		l.lacks()
		return
	}
	client, server, err := tlskeys.NewKeys(l.version, l.suite, master, l.client, l.server, l.etm)
	if err != nil {
		return
	}
	side.keys = server
	if int8(dir)+1 == l.from {
		side.keys = client
	}
}

// skipVector passes over a vector whose length takes size bytes; nil if there is none.
func skipVector(b []byte, size int) []byte {
	if len(b) < size {
		return nil
	}
	n := 0
	for _, x := range b[:size] {
		n = n<<8 | int(x)
	}
	if len(b) < size+n {
		return nil
	}
	return b[size+n:]
}

// eachExtension goes through a list of extensions with its length in front (RFC
// 8446 §4.2).
func eachExtension(b []byte, f func(kind uint16, body []byte)) {
	if len(b) < 2 {
		return
	}
	n := int(b[0])<<8 | int(b[1])
	b = b[2:]
	b = b[:min(len(b), n)]
	for len(b) >= 4 {
		kind, n := uint16(b[0])<<8|uint16(b[1]), int(b[2])<<8|int(b[3])
		if b = b[4:]; n > len(b) {
			return
		}
		f(kind, b[:n])
		b = b[n:]
	}
}
