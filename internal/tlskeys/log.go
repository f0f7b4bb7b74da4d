package tlskeys

import (
	"bytes"
	"encoding/hex"
	"strings"
	"sync"
)

// Random is what tells a connection's lines in a key log: the random of its Client
// Hello (RFC 5246 §7.4.1.2, RFC 8446 §4.1.2).
type Random [32]byte

// Secrets is what a key log has of one connection. What it has not is nil. The
// slices are not to be changed.
type Secrets struct {
	Master    []byte // of TLS 1.2 and before, 48 bytes: CLIENT_RANDOM
	Premaster []byte // what that is made of: PMS_CLIENT_RANDOM

	// Of TLS 1.3, as long as the hash of the cipher suite (RFC 8446 §7.1).
	ClientEarly                      []byte
	ClientHandshake, ServerHandshake []byte
	ClientTraffic, ServerTraffic     []byte
}

// Log is the secrets of a key log in the format of NSS, as browsers, OpenSSL and
// crypto/tls write it. It may be used by any number of goroutines.
type Log struct {
	mu       sync.RWMutex
	now, old entries // when now is full, it becomes old, and what was old is forgotten
	version  uint64
	lines    int  // that had a secret
	bad      int  // that were not understood
	firstBad int  // the number of the first of those, from 1
	pre      bool // there has been a premaster secret
}

// entries are secrets by what tells them.
type entries struct {
	of         map[Random]*Secrets
	premasters map[[8]byte][]byte // by the beginning of the encrypted premaster secret
	sessions   map[string][]byte  // master secrets by session id
}

func (e *entries) size() int { return len(e.of) + len(e.premasters) + len(e.sessions) }

// Limits of a key log.
const (
	// maxEntries is how many connections are kept at least, the newest; at most
	// twice as many.
	maxEntries = 1 << 18
	// maxLine bounds a line, bytes: a premaster secret of a Diffie-Hellman group of
	// 8192 bits takes 2048 digits.
	maxLine = 4096
)

// Of gives the secrets of the connection whose Client Hello has this random; ok is
// false if the log has none.
func (l *Log) Of(r Random) (s Secrets, ok bool) {
	if l == nil {
		return s, false
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	p := l.now.of[r]
	if p == nil {
		p = l.old.of[r]
	}
	if p == nil {
		return s, false
	}
	return *p, true
}

// PremasterOf gives the premaster secret that a client sent encrypted with RSA,
// by the first eight bytes of what it sent; nil if the log has none.
func (l *Log) PremasterOf(encrypted []byte) []byte {
	if l == nil || len(encrypted) < 8 {
		return nil
	}
	k := [8]byte(encrypted)
	l.mu.RLock()
	defer l.mu.RUnlock()
	if p := l.now.premasters[k]; p != nil {
		return p
	}
	return l.old.premasters[k]
}

// MasterOf gives the master secret of a session of TLS 1.2 and before by its
// session id; nil if the log has none.
func (l *Log) MasterOf(session []byte) []byte {
	if l == nil || len(session) == 0 {
		return nil
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	if p := l.now.sessions[string(session)]; p != nil {
		return p
	}
	return l.old.sessions[string(session)]
}

// HasPremasters says whether the log has premaster secrets: only then does the
// transcript of a handshake matter (RFC 7627).
func (l *Log) HasPremasters() bool {
	if l == nil {
		return false
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.pre
}

// Version is raised by every secret that is added: what was looked for in vain
// needs to be looked for again only if it has changed.
func (l *Log) Version() uint64 {
	if l == nil {
		return 0
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.version
}

// Lines says how many lines had a secret, how many were not understood, and which
// was the first of those, counted from 1 in its own file.
func (l *Log) Lines() (secrets, bad, firstBad int) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.lines, l.bad, l.firstBad
}

// Add takes a whole key log.
func (l *Log) Add(text []byte) {
	f := Feed{log: l}
	f.Push(text)
	f.End()
}

// Feed reads a key log that comes in pieces, as a file that grows does. It belongs
// to one goroutine.
type Feed struct {
	log  *Log
	rest []byte // the beginning of a line
	long bool   // of one that is too long: the rest of it is skipped
	seen bool   // what there is of the line was taken already
	n    int    // lines so far
}

// Feed makes a feed for one file.
func (l *Log) Feed() *Feed { return &Feed{log: l} }

// Push takes the next piece of the file. A line counts once its end has come.
func (f *Feed) Push(b []byte) {
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			f.keep(b)
			return
		}
		f.keep(b[:i])
		f.line()
		b = b[i+1:]
	}
}

// Write implements io.Writer as Push, for who makes secrets in this program:
// crypto/tls writes to it as its KeyLogWriter, one line at a time.
func (f *Feed) Write(b []byte) (int, error) {
	f.Push(b)
	return len(b), nil
}

// Peek takes what has come of a line that has not ended, if it can be one: a file
// may end without a line end. Should more of it come, that counts.
func (f *Feed) Peek() {
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	if len(f.rest) > 0 && !f.long && !f.seen {
		n := f.log.lines
		f.seen = f.log.line(f.rest)
		f.log.lines = n
	}
}

// End says that nothing more comes: what was pushed last is a whole line.
func (f *Feed) End() {
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	if len(f.rest) > 0 || f.long {
		f.line()
	}
}

func (f *Feed) keep(b []byte) {
	if len(f.rest)+len(b) > maxLine {
		f.long, f.rest = true, f.rest[:0]
	}
	if !f.long {
		f.rest = append(f.rest, b...)
		f.seen = f.seen && len(b) == 0
	}
}

// line takes the line in rest. The lock is held.
func (f *Feed) line() {
	f.n++
	known := !f.long && f.log.line(f.rest)
	f.rest, f.long, f.seen = f.rest[:0], false, false
	if !known {
		if f.log.bad++; f.log.bad == 1 {
			f.log.firstBad = f.n
		}
	}
}

// line takes one line: a label, what tells the connection, and the secret. It says
// whether the line was understood.
func (l *Log) line(line []byte) bool {
	line = bytes.TrimSpace(line)
	if len(line) == 0 || line[0] == '#' {
		return true
	}
	words := bytes.Fields(line)
	if len(words) != 3 {
		return false
	}
	label, who, secret := string(words[0]), words[1], words[2]
	if label == "RSA" {
		return l.rsa(who, secret)
	}
	put := place(label)
	if put == nil {
		return ignored(label)
	}
	r, s := unhex(who), unhex(secret)
	if len(r) != len(Random{}) || !fits(label, len(s)) {
		return false
	}
	l.grow()
	id := Random(r)
	if l.now.of[id] == nil {
		x := new(Secrets)
		if before := l.old.of[id]; before != nil {
			*x = *before
		}
		l.now.of[id] = x
	}
	// Whoever has a copy keeps what it has: the slices are never written to.
	*put(l.now.of[id]) = s
	l.pre = l.pre || label == "PMS_CLIENT_RANDOM"
	l.lines++
	l.version++
	return true
}

// place gives where the secret of a label is kept; nil for a label that is none of
// those that open records.
func place(label string) func(*Secrets) *[]byte {
	switch label {
	case "CLIENT_RANDOM":
		return func(s *Secrets) *[]byte { return &s.Master }
	case "PMS_CLIENT_RANDOM":
		return func(s *Secrets) *[]byte { return &s.Premaster }
	case "CLIENT_EARLY_TRAFFIC_SECRET":
		return func(s *Secrets) *[]byte { return &s.ClientEarly }
	case "CLIENT_HANDSHAKE_TRAFFIC_SECRET":
		return func(s *Secrets) *[]byte { return &s.ClientHandshake }
	case "SERVER_HANDSHAKE_TRAFFIC_SECRET":
		return func(s *Secrets) *[]byte { return &s.ServerHandshake }
	case "CLIENT_TRAFFIC_SECRET_0":
		return func(s *Secrets) *[]byte { return &s.ClientTraffic }
	case "SERVER_TRAFFIC_SECRET_0":
		return func(s *Secrets) *[]byte { return &s.ServerTraffic }
	}
	return nil
}

// ignored knows the labels of secrets that are of no use: they open no record of
// TLS, or follow from others, as those after a KeyUpdate do.
func ignored(label string) bool {
	switch label {
	case "EARLY_EXPORTER_SECRET", "EARLY_EXPORTER_MASTER_SECRET", "EXPORTER_SECRET", "ECH_SECRET", "ECH_CONFIG":
		return true
	}
	for _, head := range []string{"QUIC_", "CLIENT_TRAFFIC_SECRET_", "SERVER_TRAFFIC_SECRET_"} {
		if strings.HasPrefix(label, head) {
			return true
		}
	}
	return false
}

// fits says whether a secret of n bytes can be one of its label.
func fits(label string, n int) bool {
	switch label {
	case "CLIENT_RANDOM":
		return n == masterLen
	case "PMS_CLIENT_RANDOM":
		return n > 0
	}
	return n == 32 || n == 48 // SHA-256, SHA-384
}

// rsa takes a line that begins with RSA, of which there are two kinds: the
// beginning of an encrypted premaster secret and the secret, or a session id and
// the master secret.
func (l *Log) rsa(who, secret []byte) bool {
	if id, ok := bytes.CutPrefix(who, []byte("Session-ID:")); ok {
		m, ok := bytes.CutPrefix(secret, []byte("Master-Key:"))
		k, s := unhex(id), unhex(m)
		if !ok || len(k) == 0 || len(k) > 32 || len(s) != masterLen {
			return false
		}
		l.grow()
		l.now.sessions[string(k)] = s
	} else {
		k, s := unhex(who), unhex(secret)
		if len(k) != 8 || len(s) != masterLen { // a premaster secret of RSA is as long
			return false
		}
		l.grow()
		l.now.premasters[[8]byte(k)] = s
		l.pre = true
	}
	l.lines++
	l.version++
	return true
}

// grow makes room for one more entry.
func (l *Log) grow() {
	if l.now.of == nil || l.now.size() >= maxEntries {
		l.old = l.now
		l.now = entries{map[Random]*Secrets{}, map[[8]byte][]byte{}, map[string][]byte{}}
	}
}

// unhex reads hexadecimal digits; nil if they are none.
func unhex(b []byte) []byte {
	out := make([]byte, hex.DecodedLen(len(b)))
	if _, err := hex.Decode(out, b); err != nil {
		return nil
	}
	return out
}
