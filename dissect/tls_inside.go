package dissect

import "tcplens/internal/tcp"

// maxTLSNested bounds how often TLS may be spoken inside of TLS.
const maxTLSNested = 3

// tlsContent puts the application data of a conversation in order. It belongs to
// the sequencing goroutine.
type tlsContent struct {
	order *tcp.Reassembler
	off   [2]uint32 // where the next plaintext begins
}

// inside gives decrypted application data to what is spoken inside, and notes in o
// what messages it belongs to.
func (s *Session) inside(dir uint8, plain []byte, o *tlsOpened) {
	t := s.tls
	st := &t.stream
	o.off = st.off[dir]
	n := uint32(len(plain))
	if n == 0 {
		return
	}
	if o.off+n < o.off || o.off+n > 1<<31 {
		// The numbers end: what is open is given up, and they begin again.
		if st.order != nil {
			st.order = tcp.NewReassembler(t.lock.PDUs)
			for d := range uint8(2) {
				t.decrypted.inside.Framer(d).Skip()
				st.order.SetFramer(d, t.decrypted.inside.Framer(d))
			}
		}
		st.off, o.off = [2]uint32{}, 0
	}
	st.off[dir] += n
	if t.decrypted.inside != nil || s.find(plain) {
		s.push(dir, plain, o)
	}
}

// push gives plaintext, which has its place in o.off, to what is spoken inside.
func (s *Session) push(dir uint8, plain []byte, o *tlsOpened) {
	t := s.tls
	t.decrypted.inside.Begin(s.frame, s.time, dir, false)
	facts := tcp.Facts{Stream: t.lock.Stream, Dir: dir, Seq: o.off}
	segment := tcp.Segment{Number: s.frame, Time: s.time, Len: uint32(len(plain)), Flags: tcp.ACK}
	res := t.stream.order.Add(&facts, &segment, plain)
	o.head, o.tail, o.flags, o.given = res.Head, res.Tail, res.Flags, true
}

// lostInside leaves a hole for records that took n bytes with their headers and
// could not be decrypted: as exactly as can be, since what is inside may say how
// long its messages are and go on behind it.
func (s *Session) lostInside(dir uint8, n int) {
	const most = 1 << 14 // bytes of plaintext of a record (RFC 8446 §5.1)
	over := tlsHeader
	if k := s.tls.lock.sides[dir].keys; k != nil {
		over += k.Overhead()
	}
	records := (n + most + over - 1) / (most + over)
	s.tls.stream.off[dir] += uint32(max(1, n-records*over))
}

// find tells what is spoken inside, from what was agreed on, the port and the first
// bytes, and begins to follow it.
func (s *Session) find(plain []byte) bool {
	t := s.tls
	app, clear := AppNone, tlsClearPort(t.lock.Server)
	switch {
	case s.tlsAfter != 0: // it has turned to TLS and goes on inside
		app = s.app
	case t.alpn == "h2":
		app = AppHTTP2
	case t.alpn == "http/1.1" || t.alpn == "http/1.0":
		app = AppHTTP
	case t.alpn == "dot":
		app = AppDNS
	default:
		app = GuessTCP(nil, clear, clear, clear, plain)
	}
	if app == AppNone && tcpApps[clear] == nil || app == AppTLS && t.lock.depth >= maxTLSNested {
		return false
	}
	in := NewSession(app)
	in.secure = true
	d := t.lock.Decryption
	d.depth++
	in.Decrypt(d)
	t.stream.order = tcp.NewReassembler(t.lock.PDUs)
	t.stream.order.SetFramer(0, in.Framer(0))
	t.stream.order.SetFramer(1, in.Framer(1))
	s.mu.Lock()
	t.decrypted.inside, t.decrypted.clear = in, clear
	s.mu.Unlock()
	return true
}

// tlsClearPort gives the port on which that is spoken without TLS which has a port
// of its own with TLS; 0 for others.
func tlsClearPort(port uint16) uint16 {
	switch port {
	case 443:
		return 80
	case 465:
		return 25
	case 636:
		return 389
	case 802:
		return 502
	case 853:
		return 53
	case 993:
		return 143
	case 995:
		return 110
	case 5061:
		return 5060
	case 5671:
		return 5672
	case 8883:
		return 1883
	}
	return 0
}
