package dissect

import (
	"slices"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/tlskeys"
)

// tlsOpened is a record that could be opened: all that is needed to open it again.
// It takes 40 bytes.
type tlsOpened struct {
	frame, begun packet.Number // the packets in which it ends and begins
	at           uint32        // relative sequence number of its first byte
	off          uint32        // where its plaintext begins in the direction's application data
	seq          uint32        // its number in its epoch
	head, tail   tcp.PDUID     // as in tcp.Result, of what is inside
	size, plain  uint16        // bytes of its body, and of its plaintext
	keys         uint16        // place in the session's list
	kind         byte          // content type inside
	flags        tcp.ResultFlags
	given        bool // its plaintext was given to an application
}

// tlsExtra is what some ciphers need to open a record: the bytes before it, or the
// end of the one before.
type tlsExtra struct {
	pos   uint64
	chain [16]byte
}

// maxTLSOpened bounds the records of one direction that are kept: the older half is
// forgotten then, and shown as encrypted.
const maxTLSOpened = 1 << 18

// maxTLSKeys bounds the epochs of a conversation that are kept.
const maxTLSKeys = 1 << 12

// tlsDecrypted is what a session keeps of opened records. It is guarded by the
// session.
type tlsDecrypted struct {
	keys   []*tlskeys.Keys
	opened [2][]tlsOpened
	extra  [2][]tlsExtra // beside opened, where the cipher needs it
	inside *Session      // what is spoken inside; nil while that is not known
	clear  uint16        // port that the application inside has without TLS; 0: none
}

// drop forgets the oldest n records of a direction.
func (d *tlsDecrypted) drop(dir uint8, n int) {
	list, extra := &d.opened[dir], &d.extra[dir]
	*list = slices.Delete(*list, 0, n)
	*extra = slices.Delete(*extra, 0, min(n, len(*extra)))
}

// forget drops the records that end in packets up to last.
func (d *tlsDecrypted) forget(last packet.Number) {
	for dir, list := range d.opened {
		n := 0
		for n < len(list) && list[n].frame <= last {
			n++
		}
		if n > 0 {
			d.drop(uint8(dir), n)
		}
	}
}

// put adds a record.
func (d *tlsDecrypted) put(dir uint8, o tlsOpened, x tlsExtra, needed bool) {
	list, extra := &d.opened[dir], &d.extra[dir]
	if len(*list) >= maxTLSOpened {
		d.drop(dir, maxTLSOpened/2)
	}
	if needed || len(*extra) > 0 {
		for len(*extra) < len(*list) {
			*extra = append(*extra, tlsExtra{})
		}
		*extra = append(*extra, x)
	}
	*list = append(*list, o)
}

// openRecord tries to open a record that ends in the packet being put in order, and
// notes it. at is where it begins, begun the packet with its first byte. It says
// whether the record was opened.
func (s *Session) openRecord(dir uint8, r *tlskeys.Record, at uint32, begun packet.Number) bool {
	t := s.tls
	l := t.lock
	side := &l.sides[dir]
	missed := 0
	if side.next != 0 && int32(at-side.next) > 0 {
		missed = int(at - side.next)
	}
	side.next = at + tlsHeader + uint32(len(r.Body))
	plain, kind, ok := l.open(dir, r, missed)
	size := len(r.Body)
	extra := tlsExtra{pos: r.Pos}
	copy(extra.chain[:], r.Chain)
	if side.keys != nil {
		side.pos += uint64(size)
		side.chain = append(side.chain[:0], side.keys.Chain(r.Body)...)
	}
	if r.Type == tlsAppData && missed > 0 {
		s.lostInside(dir, missed)
	}
	if !ok {
		if r.Type == tlsAppData {
			s.lostInside(dir, tlsHeader+size)
		}
		if side.failed++; side.failed > maxTLSFailed {
			side.keys = nil
		}
		return false
	}
	if side.place < 0 && len(t.decrypted.keys) >= maxTLSKeys {
		side.keys, side.failed = nil, maxTLSFailed+1
		return false
	}
	side.failed = 0
	side.spent = max(0, side.spent-4*size)
	s.mu.Lock()
	d := &t.decrypted
	if side.place < 0 {
		side.place = len(d.keys)
		d.keys = append(d.keys, side.keys)
	}
	o := tlsOpened{frame: s.frame, begun: begun, at: at, seq: uint32(r.Seq), size: uint16(size), plain: uint16(len(plain)),
		keys: uint16(side.place), kind: kind}
	needed := side.keys.Chained() > 0 || !side.keys.Resumable()
	switch kind {
	case tlsHandshake:
		t.handshakeRecord(s.frame, dir, plain, true)
	case tlsAlert:
		t.roles.alerted(dir, s.frame, plain)
	}
	s.mu.Unlock()
	switch kind {
	case tlsCCS:
		l.changeCipher(dir)
	case tlsAppData:
		s.inside(dir, plain, &o)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d.put(dir, o, extra, needed)
	return true
}

// open finds the keys under which a record is authentic. missed is how many bytes
// before it were not seen.
func (l *tlsLock) open(dir uint8, r *tlskeys.Record, missed int) (plain []byte, kind byte, ok bool) {
	side := &l.sides[dir]
	try := func(k *tlskeys.Keys, seq uint64) bool {
		var err error
		r.Seq, r.Pos, r.Chain = seq, side.pos, nil
		if seq > 0 {
			r.Chain = side.chain
		}
		plain, kind, err = k.Open(l.plain[:0], r)
		if err != nil {
			side.spent += len(r.Body)
			return false
		}
		l.plain = plain[:0]
		side.seq = seq + 1
		return true
	}
	if side.keys != nil && try(side.keys, side.seq) {
		return plain, kind, true
	}
	if l.version == 0 || l.version == 0x0304 {
		// The message that ends an epoch was not seen, or was not there.
		for e := side.epoch; e <= side.epoch+1 || e <= epochData; e++ {
			if e == side.epoch && side.keys != nil {
				continue
			}
			for _, k := range l.epochKeys(dir, e) {
				if try(k, 0) {
					side.keys, side.epoch, side.place = k, e, -1
					return plain, kind, true
				}
			}
		}
	}
	if side.keys == nil || !side.keys.Resumable() {
		return nil, 0, false
	}
	// Records were missed: the place is looked for.
	most := min(8+missed/32, 1<<13)
	for n := 1; n <= most && side.spent < maxTLSTrials; n++ {
		if try(side.keys, side.seq+uint64(n)) {
			return plain, kind, true
		}
	}
	return nil, 0, false
}

// epochKeys gives the keys that a direction may have in an epoch of TLS 1.3. Of
// early data nobody has said with which cipher suite it is.
func (l *tlsLock) epochKeys(dir uint8, e tlsEpoch) (out []*tlskeys.Keys) {
	s, _ := l.Keys.Of(l.client)
	fromClient := int8(dir)+1 == l.from
	var secret []byte
	switch {
	case e == epochEarly && fromClient && l.early:
		names := []string{"TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"}
		if len(s.ClientEarly) == 48 {
			names = []string{"TLS_AES_256_GCM_SHA384"}
		}
		for _, name := range names {
			if suite, ok := tlskeys.SuiteNamed(name); ok && s.ClientEarly != nil {
				if k, err := tlskeys.NewTraffic(suite, s.ClientEarly); err == nil {
					out = append(out, k)
				}
			}
		}
		return out
	case e == epochHandshake && fromClient:
		secret = s.ClientHandshake
	case e == epochHandshake:
		secret = s.ServerHandshake
	case e == epochData && fromClient:
		secret = s.ClientTraffic
	case e == epochData:
		secret = s.ServerTraffic
	case e == l.sides[dir].epoch+1:
		if k := l.sides[dir].keys.Next(); k != nil {
			out = append(out, k)
		}
		return out
	}
	if secret != nil && l.suiteKnown {
		if k, err := tlskeys.NewTraffic(l.suite, secret); err == nil {
			return []*tlskeys.Keys{k}
		}
	}
	return nil
}
