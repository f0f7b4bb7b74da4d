package dissect

import (
	"bytes"
	"sync"

	"tcplens/internal/packet"
	"tcplens/internal/tlskeys"
)

// Limits of what is remembered of QUIC in one UDP conversation.
const (
	maxQUICConns  = 8        // connections whose keys are kept
	maxQUICHello  = 16 << 10 // bytes of one side's handshake messages in Initial packets
	maxQUICPieces = 256      // frames that they are in
	maxQUICTries  = 64       // packets that are opened, or tried
)

// QUICSession is what QUIC remembers of a UDP conversation: the keys of Initial packets
// (RFC 9001 §5.2), and the hellos that are in them. The sequencing goroutine makes it and
// calls Add; all else may be called by any goroutine.
type QUICSession struct {
	mu    sync.RWMutex // guards what follows
	conns []*quicConn  // oldest first
	said  TLSInfo
	tries int

	count *uint32 // connections of the capture; nil if nobody counts them
}

// NewQUICSession makes what is remembered of a UDP conversation. count counts the
// connections of all of them; it belongs to the goroutine that calls Add, and may be nil.
func NewQUICSession(count *uint32) *QUICSession { return &QUICSession{count: count} }

// number gives the number of a connection in the capture; for nil that of the newest one.
func (s *QUICSession) number(conn *quicConn) (n uint32, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if conn == nil && len(s.conns) > 0 {
		conn = s.conns[len(s.conns)-1]
	}
	if conn == nil {
		return 0, false
	}
	return conn.id, s.count != nil
}

// quicConn is one connection.
type quicConn struct {
	id             uint32 // its number in the capture, from 0
	client, server *tlskeys.Initial
	hellos         [2]quicStream // of the client, of the server
	ids            [2][]byte     // that they have chosen
	first          []byte        // that the client's first packet was sent to
}

// quicStream is what one side says in the CRYPTO frames of Initial packets.
type quicStream struct {
	pieces   []quicPiece // as they came
	data     []byte      // from the beginning on, without gaps
	messages []quicMessage
}

// quicMessage is a handshake message that is whole.
type quicMessage struct {
	start, end int // where it is in the stream
	done       int // pieces that had come by then
}

// quicPiece is a CRYPTO frame.
type quicPiece struct {
	frame packet.Number
	off   uint64
	data  []byte
	again bool // nothing of it is new
}

// IsQUICInitial says that the payload of a datagram begins like the first packet of a
// QUIC connection, so that it is worth a session.
func IsQUICInitial(payload []byte) bool {
	if len(payload) < 7 || payload[0]&0xc0 != 0xc0 {
		return false
	}
	c := cursor{d: new(Dissection), b: payload, have: len(payload), limit: len(payload)}
	if !looksLikeQUIC(&c) {
		return false
	}
	h, ok := readQUICHeader(&c)
	return ok && h.kind == quicInitial && h.length >= 20
}

// TLSInfo tells what the hellos of the conversation have said; the zero value for none.
func (s *QUICSession) TLSInfo() TLSInfo {
	if s == nil {
		return TLSInfo{}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.said
}

// Add takes over what is to be remembered of a datagram.
func (s *QUICSession) Add(n packet.Number, payload []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := 0; i < maxQUICPackets && len(payload) > 0 && payload[0]&0xc0 == 0xc0; i++ {
		c := cursor{d: new(Dissection), b: payload, have: len(payload), limit: len(payload)}
		h, ok := readQUICHeader(&c)
		if !ok || h.end > len(payload) {
			return
		}
		if h.kind == quicInitial && s.tries < maxQUICTries {
			s.tries++
			s.initial(n, payload[:h.end], &h)
		}
		payload = payload[h.end:]
	}
}

// initial opens an Initial packet and takes over its CRYPTO frames.
func (s *QUICSession) initial(n packet.Number, b []byte, h *quicHeader) {
	conn, side, o, ok := s.open(b, h)
	if !ok {
		client, server, known := tlskeys.NewInitial(h.version, h.dcid)
		if !known || len(s.conns) >= maxQUICConns || s.has(h.dcid) {
			return
		}
		// A packet that cannot be opened begins a connection as well, unless it is too
		// short for that (RFC 9000 §7.2).
		if o, ok = client.Open(b, h.number); !ok && len(h.dcid) < 8 {
			return
		}
		conn, side = &quicConn{client: client, server: server, first: bytes.Clone(h.dcid)}, 0
		if s.count != nil {
			conn.id = *s.count
			*s.count++
		}
		s.conns = append(s.conns, conn)
	}
	if !ok {
		return
	}
	conn.ids[side] = append(conn.ids[side][:0], h.scid...)
	st := &conn.hellos[side]
	known := len(st.messages)
	f := cursor{d: new(Dissection), b: o.Frames, have: len(o.Frames), limit: len(o.Frames)}
	for f.ok() && f.left() > 0 {
		kind := quicNumber(&f, nil)
		switch kind {
		case 0, 1:
		case 2, 3:
			quicAck(&f, kind)
		case 6:
			off, size := quicNumber(&f, nil), quicNumber(&f, nil)
			if data := f.raw(int(min(size, uint64(f.left())+1))); data != nil {
				st.add(quicPiece{frame: n, off: off, data: bytes.Clone(data)})
			}
		default:
			return
		}
	}
	s.said.QUIC = true
	for _, m := range st.messages[known:] {
		switch b := st.data[m.start:m.end]; {
		case side == 0 && b[0] == 1:
			s.said.clientSaid(b[4:])
		case side == 1 && b[0] == 2:
			h := scanServerHello(b[4:])
			s.said.Version, s.said.Suite = h.version, h.suite
			s.said.serverSaid(b)
		}
	}
}

// has says whether a connection has the identifier.
func (s *QUICSession) has(id []byte) bool {
	for _, c := range s.conns {
		if bytes.Equal(c.first, id) || bytes.Equal(c.ids[0], id) || bytes.Equal(c.ids[1], id) {
			return true
		}
	}
	return false
}

// open tries the keys that are there. side is 0 for a packet of the client's.
func (s *QUICSession) open(b []byte, h *quicHeader) (conn *quicConn, side int, o tlskeys.OpenedInitial, ok bool) {
	for i := len(s.conns) - 1; i >= 0; i-- {
		for side, k := range []*tlskeys.Initial{s.conns[i].client, s.conns[i].server} {
			if o, ok := k.Open(b, h.number); ok {
				return s.conns[i], side, o, true
			}
		}
	}
	return nil, 0, o, false
}

// opened opens a packet for a dissection.
func (s *QUICSession) opened(b []byte, h *quicHeader) (conn *quicConn, side int, o tlskeys.OpenedInitial, ok bool) {
	if s == nil {
		return
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.open(b, h)
}

// greeted says whether there is a connection, and whether its server has said hello.
func (s *QUICSession) greeted() (yes, known bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.conns) == 0 {
		return false, false
	}
	last := s.conns[len(s.conns)-1]
	return len(last.hellos[1].messages) > 0, true
}

// shortID finds which connection identifier a packet with a short header is sent to,
// given what follows its first byte.
func (s *QUICSession) shortID(b []byte) (id []byte) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, c := range s.conns {
		for _, one := range c.ids {
			if len(one) > len(id) && bytes.HasPrefix(b, one) {
				id = b[:len(one)]
			}
		}
	}
	return id
}

// stream copies what is known of one side's hello.
func (s *QUICSession) stream(conn *quicConn, side int) quicStream {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return conn.hellos[side]
}

// add takes a frame over and joins what can be joined.
func (st *quicStream) add(p quicPiece) {
	if p.off > maxQUICHello || len(st.data)+len(p.data) > maxQUICHello || len(st.pieces) >= maxQUICPieces {
		return
	}
	p.again = p.off+uint64(len(p.data)) <= uint64(len(st.data))
	for _, q := range st.pieces {
		p.again = p.again || q.off == p.off && len(q.data) >= len(p.data)
	}
	st.pieces = append(st.pieces, p)
	for grown := true; grown; {
		grown = false
		for _, q := range st.pieces {
			have := uint64(len(st.data))
			if end := q.off + uint64(len(q.data)); q.off <= have && end > have {
				st.data = append(st.data, q.data[have-q.off:]...)
				grown = true
			}
		}
	}
	start := 0
	if n := len(st.messages); n > 0 {
		start = st.messages[n-1].end
	}
	for len(st.data) >= start+4 {
		end := start + 4 + (int(st.data[start+1])<<16 | int(st.data[start+2])<<8 | int(st.data[start+3]))
		if end > len(st.data) {
			break
		}
		st.messages = append(st.messages, quicMessage{start, end, len(st.pieces)})
		start = end
	}
}
