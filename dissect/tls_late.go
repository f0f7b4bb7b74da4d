package dissect

import (
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/tlskeys"
)

// tlsLate is a record that the stream has gone on behind while it had a hole. Once
// the hole fills, it is opened with the number that it had among the records.
type tlsLate struct {
	session *Session
	dir     uint8
	head    [tlsHeader]byte
	left    int
	body    []byte
	at      uint32
	begun   packet.Number
	keys    *tlskeys.Keys
	seq     uint64
	off     uint32 // where its plaintext is to be in the application data
}

// Keeps implements tcp.Keeper for TLS that is spoken by now.
func (f *sizedFramer) Keeps() bool { return keeps(f.inner) }

// Aside implements tcp.Keeper for TLS that is spoken by now.
func (f *sizedFramer) Aside() tcp.Framer { return aside(f.inner) }

func keeps(f tcp.Framer) bool {
	k, ok := f.(tcp.Keeper)
	return ok && k.Keeps()
}

func aside(f tcp.Framer) tcp.Framer {
	if k, ok := f.(tcp.Keeper); ok {
		return k.Aside()
	}
	return nil
}

// Keeps implements tcp.Keeper.
func (f *tlsFramer) Keeps() bool { return f.inBody && f.open }

// Aside implements tcp.Keeper.
func (f *tlsFramer) Aside() tcp.Framer {
	if !f.Keeps() {
		return nil
	}
	s := f.session
	side := &s.tls.lock.sides[f.dir]
	size := int(f.head[3])<<8 | int(f.head[4])
	if side.keys == nil || !side.keys.Resumable() || side.keys.Chained() > 0 {
		return nil
	}
	late := &tlsLate{session: s, dir: f.dir, head: f.head, left: f.left, at: f.at, begun: f.begun, keys: side.keys, seq: side.seq}
	late.body = append(make([]byte, 0, size), f.whole...)
	late.off = s.tls.stream.off[f.dir]
	if f.head[0] == tlsAppData {
		s.lostInside(f.dir, tlsHeader+size)
	}
	side.seq++
	side.next = f.at + tlsHeader + uint32(size)
	f.Skip()
	return late
}

// Push implements tcp.Framer.
func (f *tlsLate) Push(p tcp.Piece, ends []uint32) ([]uint32, tcp.Need) {
	k := min(f.left, len(p.Data))
	f.body = append(f.body, p.Data[:k]...)
	if f.left -= k; f.left > 0 {
		return ends, tcp.Need{Kind: tcp.NeedBytes, N: uint32(f.left)}
	}
	if f.keys != nil {
		f.open()
		f.keys = nil
	}
	return append(ends, uint32(k)), tcp.Need{}
}

// Keeps implements tcp.Keeper.
func (f *tlsLate) Keeps() bool { return f.keys != nil }

// Aside implements tcp.Keeper: it is set aside already.
func (f *tlsLate) Aside() tcp.Framer { return nil }

// Skip implements tcp.Framer.
func (f *tlsLate) Skip() { f.keys, f.body = nil, nil }

// open opens the record and gives its plaintext to what is inside, at the place that
// was left for it.
func (f *tlsLate) open() {
	s := f.session
	t := s.tls
	r := tlskeys.Record{Type: f.head[0], Version: uint16(f.head[1])<<8 | uint16(f.head[2]), Seq: f.seq, Body: f.body}
	plain, kind, err := f.keys.Open(nil, &r)
	side := &t.lock.sides[f.dir]
	if err != nil || side.keys != f.keys || side.place < 0 {
		return
	}
	o := tlsOpened{frame: s.frame, begun: f.begun, at: f.at, seq: uint32(f.seq), size: uint16(len(f.body)), plain: uint16(len(plain)),
		keys: uint16(side.place), kind: kind, off: f.off}
	if kind == tlsAppData && t.decrypted.inside != nil {
		s.push(f.dir, plain, &o)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.decrypted.put(f.dir, o, tlsExtra{}, false)
}
