package dissect

import (
	"cmp"
	"slices"
	"strings"

	"tcplens/internal/packet"
)

// http2Session is what HTTP/2 remembers of a conversation.
type http2Session struct {
	// For the sequencing goroutine only.
	hpack   [2]*hpackReader
	streams map[uint32]*http2Stream
	block   [2]uint32 // the stream of the header block that is open in a direction
	open    int       // bytes of bodies that have not ended

	// Guarded by the session.
	from   packet.Number // the packet with the client's preface, if HTTP/1 was spoken before; else 0
	events []http2Event  // ordered by packet
	kept   int           // what events take, about, bytes
}

// Limits of what is kept of one conversation.
const (
	maxHTTP2Kept    = 8 << 20  // bytes of events
	maxHTTP2Streams = 4096     // streams that have not ended
	maxHTTP2Body    = 64 << 10 // bytes of one body
	maxHTTP2Open    = 1 << 20  // bytes of bodies that have not ended
	maxHTTP2Parts   = 4096     // frames of one body
)

// http2Event is what the bytes of a frame do not tell.
type http2Event struct {
	frame   packet.Number // the packet in which the frame ends
	head    http2Head
	headers []http2Header
	over    *Field // a limit that the headers went beyond
	body    *http2Body
	last    bool // the body ends with this frame
	pieces  http2Pieces
}

// http2Stream is a stream that is open.
type http2Stream struct {
	sides [2]http2Side
	http2Exchange
	path string    // what is asked for
	dns  *Exchange // of DNS over HTTPS; nil before a question
}

// http2Side is one direction of a stream.
type http2Side struct {
	mime, params, encoding string
	grpcCoding             string // of messages of gRPC
	body                   *http2Body
	calls                  *http2Calls // nil unless gRPC is spoken
	ended                  bool
}

// http2Body is the content of a message: what the DATA frames of one direction of
// a stream have brought.
type http2Body struct {
	mime, params, encoding string
	call                   grpcCall // of messages of gRPC in base64, which are shown at its end
	parts                  []contentPart
	data                   []byte
	size                   int           // of the whole, bytes
	over                   bool          // it is too large to be kept: there are no parts and no data
	done                   packet.Number // the packet in which it ends; 0 if it has not
	dns                    *Exchange     // of a message of DNS that has ended
	resent                 packet.Number // and the packet that it repeats
}

// call tells what the messages of gRPC have in common that one side of the stream sends.
func (st *http2Stream) call(side *http2Side, dir uint8) grpcCall {
	return grpcCall{st.path, side.mime, side.grpcCoding, st.id != 0 && dir != st.asker}
}

func newHTTP2Session(from packet.Number) *http2Session {
	return &http2Session{hpack: [2]*hpackReader{newHPACKReader(), newHPACKReader()}, streams: map[uint32]*http2Stream{}, from: from}
}

// beginHTTP2 notes that HTTP/2 is spoken from packet n on.
func (s *Session) beginHTTP2(n packet.Number) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.startHTTP2(n)
	if s.http != nil {
		s.http.inner = AppHTTP2
	}
}

// startHTTP2 is beginHTTP2 for who has the lock.
func (s *Session) startHTTP2(n packet.Number) {
	if s.http2 == nil {
		s.http2 = newHTTP2Session(n)
	}
}

// appAt is the application that is spoken in packet n: another than App where
// HTTP/1 has given way to it, both sides have agreed on TLS, or a tunnel leads to it.
func (s *Session) appAt(n packet.Number) App {
	if s == nil {
		return AppNone
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	app := s.app
	if s.through != AppNone && s.throughFrom <= n {
		app = s.through
	}
	switch {
	case app == AppHTTP && s.http2 != nil && s.http2.from <= n:
		return AppHTTP2
	case app == AppHTTP && s.ws != nil && s.http.switched < n:
		return AppWebSocket
	case s.tlsAfter != 0 && s.tlsAfter < n:
		return AppTLS
	}
	return app
}

// http2Wants says whether the payload of a frame is to be looked into.
func (s *Session) http2Wants(dir uint8, h *http2Head) bool {
	if h.isPreface() {
		return false
	}
	x := s.http2
	switch h.kind() {
	case h2Headers, h2PushPromise, h2Continuation:
		return h.length() <= maxHTTP2Block && !x.hpack[dir].dead
	case h2Data:
		st := x.streams[h.stream()]
		if st == nil || h.length() > maxHTTP2Body+256 {
			return false
		}
		if calls := st.sides[dir].calls; calls != nil {
			return !calls.lost
		}
		b := st.sides[dir].body
		return b == nil || !b.over && b.size+h.length() <= maxHTTP2Body+256
	}
	return false
}

// http2Lost notes that the rest of a frame does not come.
func (s *Session) http2Lost(dir uint8, h *http2Head) {
	switch h.kind() {
	case h2Headers, h2PushPromise, h2Continuation:
		s.http2.hpack[dir].drop()
	}
}

// http2Frame notes a frame that has ended. body is nil if it was not wanted; it is only lent.
func (s *Session) http2Frame(dir uint8, h *http2Head, body []byte) {
	if h.isPreface() {
		return
	}
	id := h.stream()
	st := s.http2.streams[id]
	headers, size := s.http2Note(dir, h, body)
	if st == nil {
		st = s.http2.streams[id]
	}
	if st != nil {
		s.http2Exchanged(&st.http2Exchange, dir, h, headers, size)
	}
}

// http2Note keeps of a frame what its bytes do not tell. It gives the headers that
// it brings, and how much content, bytes.
func (s *Session) http2Note(dir uint8, h *http2Head, body []byte) (headers []http2Header, size int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.http2
	ev := http2Event{frame: s.frame, head: *h}
	id := h.stream()
	switch h.kind() {
	case h2Data:
		size = s.http2Data(&ev, dir, body)
	case h2Headers:
		x.block[dir] = id
		x.decode(&ev, dir, body)
		if h.flags()&h2FlagEndStream != 0 {
			s.http2End(&ev, dir)
		}
	case h2PushPromise:
		x.block[dir] = 0 // a request that the other side might have made: it has no content
		x.decode(&ev, dir, body)
	case h2Continuation:
		x.decode(&ev, dir, body)
	case h2RSTStream:
		x.close(id)
	}
	if ev.headers == nil && ev.body == nil && ev.over == nil && ev.pieces.calls == nil {
		return nil, size
	}
	x.events = append(x.events, ev)
	x.kept += ev.cost()
	if x.kept > maxHTTP2Kept {
		n := len(x.events)/2 + 1
		for i := range x.events[:n] {
			x.kept -= x.events[i].cost()
		}
		x.events = slices.Delete(x.events, 0, n)
	}
	return ev.headers, size
}

// cost is about how much memory an event takes, bytes. A body counts where it
// ends, when it has its full size.
func (ev *http2Event) cost() int {
	n := 128
	for i := range ev.headers {
		n += 64 + len(ev.headers[i].name) + len(ev.headers[i].value)
	}
	if ev.last {
		n += len(ev.body.data) + 24*len(ev.body.parts)
	}
	return n
}

// http2Fragment finds the fragment of a header block in a frame's payload (RFC
// 9113 §6.2, §6.6, §6.10): where it begins, and how many bytes of padding follow it.
func http2Fragment(h *http2Head, b []byte) (off, pad int) {
	if h.kind() != h2Continuation && h.flags()&h2FlagPadded != 0 && len(b) > 0 {
		off, pad = 1, int(b[0])
	}
	switch {
	case h.kind() == h2Headers && h.flags()&h2FlagPriority != 0:
		off += 5
	case h.kind() == h2PushPromise:
		off += 4
	}
	off = min(off, len(b))
	return off, min(pad, len(b)-off)
}

// decode reads the fragment of a header block that a frame has.
func (x *http2Session) decode(ev *http2Event, dir uint8, body []byte) {
	r := x.hpack[dir]
	if body == nil && ev.head.length() > 0 {
		r.kill()
		return
	}
	off, pad := http2Fragment(&ev.head, body)
	ev.headers, ev.over = r.read(body[off:len(body)-pad], ev.head.flags()&h2FlagEndHeaders != 0)
	if id := x.block[dir]; id != 0 {
		x.describe(id, dir, ev.headers)
	}
}

// describe notes what a header block says of the content that follows it.
func (x *http2Session) describe(id uint32, dir uint8, headers []http2Header) {
	st := x.streams[id]
	if st == nil {
		if len(x.streams) >= maxHTTP2Streams {
			clear(x.streams)
			x.open = 0
		}
		st = &http2Stream{}
		x.streams[id] = st
	}
	side := &st.sides[dir]
	for i := range headers {
		switch h := &headers[i]; h.name {
		case ":status", ":method":
			side.mime, side.params, side.encoding = "", "", ""
		case "content-type":
			mime, params, _ := strings.Cut(h.value, ";")
			side.mime, side.params = strings.ToLower(strings.TrimSpace(mime)), strings.TrimSpace(params)
		case "content-encoding":
			side.encoding = h.value
		case "grpc-encoding":
			side.grpcCoding = h.value
		case ":path":
			st.path = h.value
		}
	}
}

// http2Data notes a DATA frame, and gives how much content it brings, bytes.
func (s *Session) http2Data(ev *http2Event, dir uint8, b []byte) int {
	x := s.http2
	st := x.streams[ev.head.stream()]
	if st == nil || st.sides[dir].ended {
		return 0
	}
	side := &st.sides[dir]
	if side.calls == nil && side.body == nil && isGRPC(side.mime) && !isGRPCText(side.mime) {
		side.calls = &http2Calls{grpcCall: st.call(side, dir)}
	}
	n := ev.head.length()
	if ev.head.flags()&h2FlagPadded != 0 && n > 0 {
		n--
		if len(b) > 0 {
			pad := min(int(b[0]), len(b)-1)
			n -= pad
			b = b[1 : len(b)-pad]
		}
	}
	if side.calls != nil {
		ev.pieces = x.addCalls(side.calls, ev.frame, b, n)
		if ev.head.flags()&h2FlagEndStream != 0 {
			s.http2End(ev, dir)
		}
		return n
	}
	if side.body == nil && n > 0 {
		side.body = &http2Body{mime: side.mime, params: side.params, encoding: side.encoding}
		if isGRPCText(side.mime) {
			side.body.call = st.call(side, dir)
		}
	}
	if body := side.body; body != nil {
		ev.body = body
		if n > 0 {
			x.add(body, contentPart{ev.frame, body.size, n}, b)
		}
	}
	if ev.head.flags()&h2FlagEndStream != 0 {
		s.http2End(ev, dir)
	}
	return n
}

// add puts the bytes of a frame to a body.
func (x *http2Session) add(body *http2Body, p contentPart, b []byte) {
	body.size += p.n
	if body.over {
		return
	}
	if len(b) != p.n || body.size > maxHTTP2Body || len(body.parts) >= maxHTTP2Parts || x.open+p.n > maxHTTP2Open {
		x.open -= len(body.data)
		body.over, body.data, body.parts = true, nil, nil
		return
	}
	x.open += p.n
	body.data = append(body.data, b...)
	body.parts = append(body.parts, p)
}

// http2End notes that one direction of a stream has ended, with ev's frame.
func (s *Session) http2End(ev *http2Event, dir uint8) {
	x := s.http2
	id := ev.head.stream()
	st := x.streams[id]
	if st == nil {
		return
	}
	side := &st.sides[dir]
	if calls := side.calls; calls != nil && calls.open != nil {
		if ev.pieces.calls == nil { // the frame brings headers
			ev.pieces = http2Pieces{calls: calls, end: calls.open}
		}
		x.endMessage(calls, 0)
	}
	if body := side.body; body != nil && !side.ended {
		ev.body, ev.last, body.done = body, true, ev.frame
		x.open -= len(body.data)
		if body.mime == dnsMediaType && len(body.data) >= 4 {
			// Ids are all 0 as a rule (RFC 8484 §4.1): question and answer share the stream.
			body.dns, body.resent = st.dns.Next(dnsQuestion(body.data), s.frame, s.time)
			if body.dns != nil {
				st.dns = body.dns
			}
		}
		side.body = nil
	}
	side.ended = true
	if st.sides[dir^1].ended {
		x.close(id)
	}
}

// close forgets a stream.
func (x *http2Session) close(id uint32) {
	if st := x.streams[id]; st != nil {
		for i := range st.sides {
			if b := st.sides[i].body; b != nil {
				x.open -= len(b.data)
			}
			if calls := st.sides[i].calls; calls != nil {
				x.endMessage(calls, 0)
			}
		}
		delete(x.streams, id)
	}
}

// http2Known is what the session knows of a frame when it is taken apart.
type http2Known struct {
	headers []http2Header
	over    *Field
	content http2Body
	peer    Peer // of a message of DNS
	hasBody bool
	last    bool

	pieces     http2Pieces  // of messages of gRPC
	call       grpcCall     // to which they belong
	end, begun http2Message // those of pieces
}

// until takes back what has become known after the frame, which is of packet n.
func (k *http2Known) until(n packet.Number) {
	if !k.last {
		k.content.done = 0
	}
	k.peer = k.peer.Until(n)
}

// http2At gives what is known of a frame that ends in packet n, beginning the
// search at the k-th event of that packet. next is where the next search begins.
func (s *Session) http2At(n packet.Number, k int, h *http2Head) (known http2Known, next int) {
	if s == nil || s.http2 == nil {
		return known, k
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	events := s.http2.events
	first, _ := slices.BinarySearchFunc(events, n, func(ev http2Event, n packet.Number) int { return cmp.Compare(ev.frame, n) })
	for i := first + k; i < len(events) && events[i].frame == n; i++ {
		ev := &events[i]
		if ev.head != *h {
			continue
		}
		known = http2Known{headers: ev.headers, over: ev.over, last: ev.last, pieces: ev.pieces}
		if p := &ev.pieces; p.calls != nil {
			known.call = p.calls.grpcCall
			if p.end != nil {
				known.end = *p.end
			}
			if p.begin != nil {
				known.begun = *p.begin
			}
		}
		if ev.body != nil {
			known.content, known.hasBody = *ev.body, true
			known.peer = ev.body.dns.Peer(ev.body.resent)
		}
		return known, i - first + 1
	}
	return known, k
}
