package dissect

import (
	"sync"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// Messages is what reassembly knows of the application data of one TCP segment
// (R70–R76). The trace makes one for each dissection of such a segment.
//
// The payload is, in this order: HeadLen bytes of the head, whole messages, and
// from TailOff on the beginning of the tail. Any of the three may be missing.
type Messages struct {
	Session *Session // what the application protocol remembers of the conversation; nil: nobody claims the data
	Dir     uint8    // as in tcp.Facts
	Frame   packet.Number
	Seq     uint32 // relative sequence number of the payload's first byte

	// Withheld says that the data of this segment was not given to the
	// application protocol, and why.
	Withheld Withheld
	Past     bool // with ReassemblyErr: the segment reaches beyond what was joined

	// Head is the message that an earlier segment began and this one continues or
	// ends, whose first byte has HeadSeq. HeadIn is the packet in which it ends, 0 if
	// it never does. If that is this packet, Pieces are its parts in order, Whole its bytes, and HeadLen
	// how many bytes of this segment belong to it.
	Head    bool
	HeadSeq uint32
	HeadIn  packet.Number
	HeadLen uint32
	Pieces  []Piece
	Whole   []byte
	Given   uint32 // how many bytes of Whole the message has, if not all
	Kept    bool   // the joined bytes were given to the application; false under R72

	// FirstVisit says that only what was known when the packet came is shown. What
	// is said here of messages is of then; what Session knows may be of later.
	// Begun is then the beginning of the head, if the application was given what
	// there was of it and asked for more.
	FirstVisit bool
	Begun      []byte

	// Tail is a message that begins at TailOff of this segment's payload and does
	// not end in it. TailIn is the packet in which it ends, 0 if it never does.
	Tail    bool
	TailOff uint32
	TailIn  packet.Number
}

// Withheld says why the data of a segment was not passed on.
type Withheld uint8

// The reasons.
const (
	PassedOn      Withheld = iota
	Repeated               // data that was given before (R70.1, R70.2)
	Silent                 // spurious retransmission, RST: nothing is shown
	Probe                  // the byte of a keep-alive: it is nobody's, and shown as data
	OutOfStep              // out of order, and there is nothing it belongs to
	ReassemblyErr          // overlaps a finished message (R74)
)

// Session is what an application protocol remembers of one TCP conversation. The
// sequencing goroutine makes it, feeds it through its framers, and is the only
// one to call Begin and the framers. All else may be called by any goroutine.
type Session struct {
	app     App
	framers [2]tcp.Framer

	// The packet that is being put in order; for the sequencing goroutine only.
	frame    packet.Number
	time     packet.Time
	messages uint32 // that ended in it so far; services count them

	decryption *Decryption // nil without a key log; set before anything is pushed
	secure     bool        // it is inside TLS; set before anything is pushed

	mu   sync.RWMutex  // guards what is below
	from packet.Number // the first packet that was given to it
	http *httpSession  // nil unless HTTP was spoken
	tls  *tlsSession   // nil unless TLS was spoken
	dns  *dnsSession   // nil unless DNS was spoken
	// http2 and ws are nil unless HTTP/2 and WebSocket were spoken; the sequencing
	// goroutine reads them without the lock.
	http2 *http2Session
	ws    *webSocketSession
	// tlsAfter is the packet after which TLS is spoken by agreement; 0 if there was none.
	// The sequencing goroutine reads it without the lock.
	tlsAfter packet.Number
	// requests are what was asked in the conversation, with the answers.
	requests requestLog
	// through is what is spoken in a tunnel from a packet on; AppNone without one, and
	// where it is not known. The sequencing goroutine reads it without the lock.
	through     App
	throughFrom packet.Number
	// own is what an application that has no field of its own here remembers.
	own any
}

// NewSession makes what an application remembers of a conversation in which
// GuessTCP has found it.
func NewSession(app App) *Session {
	s := &Session{app: app}
	for dir := range s.framers {
		s.framers[dir] = s.newFramer(app, uint8(dir))
	}
	return s
}

// Decrypt says with what TLS is to be decrypted. It is called before anything is
// pushed.
func (s *Session) Decrypt(d Decryption) {
	s.decryption = &d
	if s.tls != nil {
		s.tls.lock = newTLSLock(&d)
	}
}

// Unlocks says whether the key log has more secrets of the conversation by now than
// when they were missing. It is called by the sequencing goroutine.
func (s *Session) Unlocks() bool {
	if s == nil || s.tls == nil || s.tls.lock == nil {
		return false
	}
	l := s.tls.lock
	if n := l.known(); n > l.had {
		l.had = n
		return true
	}
	return s.tls.decrypted.inside.Unlocks()
}

// Renew makes a session like this one that knows nothing yet, to go through the
// conversation again.
func (s *Session) Renew() *Session {
	n := NewSession(s.app)
	if s.decryption != nil {
		n.Decrypt(*s.decryption)
	}
	return n
}

// Forget drops what is kept to decrypt the packets up to and with last again: they
// are gone.
func (s *Session) Forget(last packet.Number) {
	if s == nil {
		return
	}
	s.mu.Lock()
	var inside *Session
	if s.tls != nil {
		s.tls.decrypted.forget(last)
		inside = s.tls.decrypted.inside
	}
	s.mu.Unlock()
	inside.Forget(last)
}

// From is the first packet that was given to the session; 0 if there was none.
func (s *Session) From() packet.Number {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.from
}

func (s *Session) newFramer(app App, dir uint8) tcp.Framer {
	if x := app.application(); x != nil {
		return x.framer(s, dir)
	}
	if f := app.framed(); f != nil {
		return &appFramer{app: f}
	}
	return wholeFramer{}
}

// App is the application that the session is of.
func (s *Session) App() App {
	if s == nil {
		return AppNone
	}
	return s.app
}

// Tunnels says whether the conversation leads through a proxy: what the proxy is
// asked is then shown in packets, too, whose own message is not complete.
func (s *Session) Tunnels() bool {
	if s == nil {
		return false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, socks := s.app.application().(socksApplication)
	return socks || s.throughFrom != 0
}

// Framer finds the messages of one direction, 0 or 1 as in tcp.Facts. It belongs
// to the sequencing goroutine.
func (s *Session) Framer(dir uint8) tcp.Framer { return s.framers[dir&1] }

// Begin says which packet is being put in order, before its data is pushed, also
// for a packet that brings no data but a FIN: that ends a message which reaches
// to the end of its direction (R92).
func (s *Session) Begin(frame packet.Number, at packet.Time, dir uint8, fin bool) {
	s.frame, s.time, s.messages = frame, at, 0
	if s.from == 0 {
		s.mu.Lock()
		s.from = frame
		s.mu.Unlock()
	}
	if !fin {
		return
	}
	if f, ok := s.framers[dir&1].(interface{ closed() }); ok {
		f.closed()
	}
	if s.tls != nil {
		s.mu.Lock()
		s.tls.roles.fins[dir&1] = frame
		s.mu.Unlock()
	}
}

// covers says whether packet n came when the application was known already.
func (s *Session) covers(n packet.Number) bool {
	if s == nil {
		return false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.from != 0 && n >= s.from
}

// wholeFramer takes each segment as a message.
type wholeFramer struct{}

func (wholeFramer) Push(p tcp.Piece, ends []uint32) ([]uint32, tcp.Need) {
	return append(ends, uint32(len(p.Data))), tcp.Need{}
}

func (wholeFramer) Skip() {}
