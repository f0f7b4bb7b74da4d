package dissect

import (
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// socksPhase is which message a conversation of SOCKS waits for.
type socksPhase uint8

const (
	socksStart     socksPhase = iota // the client's first
	socksMethod                      // the method of authentication that the server has chosen
	socksAuth                        // the client's proof
	socksAuthReply                   // and what the server thinks of it
	socksCommand                     // what the client wants
	socksReply                       // and whether it gets it
	socksBound                       // who has connected, after Bind
	socksTunnel                      // none any more: what the two ends say goes through
	socksNothing                     // none that is known
)

// socksState is how far a conversation of SOCKS has come, and what it is for.
type socksState struct {
	phase    socksPhase
	client   uint8 // the direction that the client sends in
	version  uint8 // 4 or 5
	method   uint8 // of authentication, as the server has chosen
	command  uint8
	port     uint16
	addrSize uint8 // bytes of addr: 4, 16, or 0 where the client gave a name
	addr     [16]byte
}

// socksSession is what SOCKS remembers of a conversation.
type socksSession struct {
	// For the sequencing goroutine only.
	now   socksState
	began bool // something has gone through the tunnel
	told  bool // and somebody has asked for it

	states marks[socksState] // guarded by the session
}

// socksFramer takes each segment for a message until the tunnel is open, and then
// does what the protocol inside of it does.
type socksFramer struct {
	session *Session
	socks   *socksSession
	dir     uint8
	inside  tcp.Framer
}

// Push implements tcp.Framer.
func (f *socksFramer) Push(p tcp.Piece, ends []uint32) ([]uint32, tcp.Need) {
	x := f.socks
	if x.now.phase != socksTunnel {
		if x.now.step(f.dir, p.Data) {
			f.note()
		}
		return append(ends, uint32(len(p.Data))), tcp.Need{}
	}
	if !x.began {
		x.began = true
		if x.now.command == socksConnect {
			f.session.goThrough(innerApp(x.now.port, p.Data))
		}
	}
	if f.inside == nil {
		f.inside = f.session.newFramer(f.session.through, f.dir)
	}
	return f.inside.Push(p, ends)
}

// note remembers the state for those who ask later.
func (f *socksFramer) note() {
	f.session.mu.Lock()
	defer f.session.mu.Unlock()
	f.socks.states.set(f.session.frame, f.socks.now)
}

// Skip implements tcp.Framer.
func (f *socksFramer) Skip() {
	if f.inside != nil {
		f.inside.Skip()
	}
}

// closed says that the direction has ended.
func (f *socksFramer) closed() {
	if h, ok := f.inside.(*httpFramer); ok {
		h.closed()
	}
}

// innerApp tells what is spoken in a tunnel to a port, of the protocols that can be
// spoken in one.
func innerApp(port uint16, data []byte) App {
	switch a := applicationPorts[port]; {
	case a == AppHTTP, a == AppTLS:
		return a
	case looksLikeTLS(data):
		return AppTLS
	case looksLikeHTTP(data):
		return AppHTTP
	}
	return AppNone
}

// step goes on with a message of one direction. It is false if nothing changes.
func (s *socksState) step(dir uint8, b []byte) bool {
	if len(b) == 0 {
		return false
	}
	if len(b) == 1 {
		b = []byte{b[0], 0xff}
	}
	if s.phase == socksStart {
		s.client, s.version = dir, b[0]
		switch b[0] {
		case 4:
			s.command, s.phase = b[1], socksReply
			if len(b) >= 8 {
				s.port, s.addrSize = uint16(b[2])<<8|uint16(b[3]), 4
				copy(s.addr[:], b[4:8])
			}
		case 5:
			s.phase = socksMethod
		default:
			s.phase = socksNothing
		}
		return true
	}
	was := s.phase
	if dir == s.client {
		switch {
		case was == socksCommand, was == socksAuth && s.method == socksGSSAPI && b[0] == 5:
			s.want(b)
		case was == socksAuth:
			s.phase = socksAuthReply
		}
		return s.phase != was
	}
	switch was {
	case socksMethod:
		s.method = b[1]
		switch b[1] {
		case socksNoAuth:
			s.phase = socksCommand
		case socksGSSAPI, socksPassword:
			s.phase = socksAuth
		default:
			s.phase = socksNothing
		}
	case socksAuthReply:
		s.phase = socksCommand
		if s.method == socksGSSAPI {
			s.phase = socksAuth // as often as the two need
		}
	case socksReply:
		switch {
		case s.version == 4 && s.command == socksBind:
			s.phase, s.port = socksTunnel, 0 // whoever connects is not known
		case s.version == 5 && s.command == socksBind:
			s.phase = socksBound
		case s.version == 5 && s.command == socksUDP:
			s.phase = socksNothing
		default:
			s.phase = socksTunnel
		}
	case socksBound:
		s.phase = socksTunnel
	}
	return s.phase != was
}

// want notes what the client asks for (RFC 1928 §4).
func (s *socksState) want(b []byte) {
	s.command, s.phase = b[1], socksReply
	if len(b) < 5 {
		return
	}
	size, at := 0, 4
	switch b[3] {
	case socksIPv4:
		size = 4
	case socksIPv6:
		size = 16
	case socksName:
		at += 1 + int(b[4])
	}
	if len(b) < at+size+2 {
		return
	}
	s.addrSize = uint8(size)
	copy(s.addr[:], b[at:at+size])
	s.port = uint16(b[at+size])<<8 | uint16(b[at+size+1])
}

// TunnelPort gives the port that a conversation's tunnel leads to, once, after the
// first bytes have gone through it. It is for the sequencing goroutine: Wireshark
// opens a conversation of its own for what is said in a tunnel of SOCKS, between
// the same addresses, with the far port in place of the proxy's, and that counts.
func (s *Session) TunnelPort() (port uint16, ok bool) {
	if s == nil {
		return 0, false
	}
	x, _ := s.own.(*socksSession)
	if x == nil || !x.began || x.told || x.now.version == 5 && x.now.command == socksBind {
		return 0, false
	}
	x.told = true
	return x.now.port, true
}

// goThrough notes what is spoken in a tunnel, from the packet on that is being put
// in order.
func (s *Session) goThrough(a App) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.through, s.throughFrom = a, s.frame
}

// socksBefore gives the state in which packet n finds the conversation; false if it
// is not one of SOCKS.
func (s *Session) socksBefore(n packet.Number) (st socksState, ok bool) {
	x := ownOf[socksSession](s)
	if x == nil {
		return st, false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return x.states.before(n), true
}
