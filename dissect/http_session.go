package dissect

import (
	"sort"
	"strconv"
	"strings"

	"tcplens/internal/packet"
)

// httpSession is what HTTP remembers of a conversation: which messages answer
// which (R95).
type httpSession struct {
	// For the sequencing goroutine only.
	method httpMethod // of the newest request
	opaque bool       // no more messages come: a tunnel, another protocol

	exchanges httpExchanges

	inner App // what is spoken in a tunnel or after an upgrade; guarded by the session for others

	// Guarded by the session.
	pairs    []httpPair
	uris     []byte        // the requests' full URIs, one after the other
	switched packet.Number // the answer after which another protocol is spoken; 0 if none
	tunnel   string        // what CONNECT asked for
}

// httpPair is a request and its answer, either of which may be missing. It
// takes 24 bytes.
type httpPair struct {
	request, response packet.Number
	asked             packet.Time // when the request was complete
	uriEnd            uint32      // where its URI ends in uris
	uriLen            uint16
	noBody            bool // the answer was to HEAD or CONNECT
}

// maxURIs bounds what is kept of a conversation's URIs, bytes.
const maxURIs = 8 << 20

// addHTTP notes a message that ends in the packet being put in order.
func (s *Session) addHTTP(h *httpHead, dir uint8) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.http
	last := len(x.pairs) - 1
	switch h.kind {
	case httpRequest:
		p := httpPair{request: s.frame, asked: s.time}
		x.method = h.method
		uri := h.fullURI(s.secure)
		if uri == "" {
			uri = h.uri
		}
		p.uriEnd, p.uriLen = x.keep(uri)
		x.pairs = append(x.pairs, p)
		if h.method == methodCONNECT {
			x.tunnel = h.uri
		}
	case httpResponse:
		if last < 0 || x.pairs[last].response != 0 {
			p := httpPair{response: s.frame}
			if last >= 0 {
				p.uriEnd, p.uriLen = x.pairs[last].uriEnd, x.pairs[last].uriLen
			}
			x.pairs = append(x.pairs, p)
			last++
		}
		p := &x.pairs[last]
		p.response = s.frame
		p.noBody = x.method == methodHEAD || x.method == methodCONNECT && h.status/100 == 2
		switch {
		case x.switched != 0:
		case x.method == methodCONNECT && h.status == 200:
			x.switched, x.opaque = s.frame, true
			x.inner = applicationPorts[tunnelPort(x.tunnel)]
			if x.inner != AppTLS {
				x.inner = AppNone
			} else {
				s.needTLS()
			}
		case h.status == 101 && h.upgrade != "":
			x.switched, x.opaque, x.tunnel = s.frame, true, ""
			switch h.upgrade {
			case "h2c": // RFC 7540 §3.2
				x.inner = AppHTTP2
				s.startHTTP2(s.frame + 1)
			case "websocket": // RFC 6455 §4.2.2
				x.inner = AppWebSocket
				s.startWebSocket(dir, h.extensions, h.subprotocol)
			}
		}
	}
}

// tunnelPort is the port that CONNECT asked for; 0 if there is none.
func tunnelPort(target string) uint16 {
	_, port, _ := strings.Cut(target, ":")
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}

// throughTunnel finds TLS in a tunnel whose port does not tell. b is the data of a
// segment.
func (s *Session) throughTunnel(b []byte) {
	x := s.http
	if x.opaque && x.tunnel != "" && x.inner == AppNone && len(b) > 0 && looksLikeTLS(b) {
		s.mu.Lock()
		defer s.mu.Unlock()
		x.inner = AppTLS
		s.needTLS()
	}
}

// tunnelOf tells what has been found in the tunnel that CONNECT made; AppNone for nothing.
func (s *Session) tunnelOf() App {
	if s == nil || s.http == nil {
		return AppNone
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.http.inner
}

// upgraded says whether the answer before was to an upgrade, and what is spoken now
// is known.
func (x *httpSession) upgraded() bool { return x.inner == AppHTTP2 || x.inner == AppWebSocket }

// keep stores a URI, unless it is the one before again.
func (x *httpSession) keep(uri string) (end uint32, n uint16) {
	if len(uri) > 1<<16-1 || len(x.uris)+len(uri) > maxURIs {
		return 0, 0
	}
	if k := len(x.uris) - len(uri); k < 0 || string(x.uris[k:]) != uri {
		x.uris = append(x.uris, uri...)
	}
	return uint32(len(x.uris)), uint16(len(uri))
}

func (x *httpSession) uri(p httpPair) string {
	return string(x.uris[p.uriEnd-uint32(p.uriLen) : p.uriEnd])
}

// httpNow gives the pair of the k-th request or response of packet n, from 0, as it
// was when that message came: nothing had been answered yet, and no other had
// followed.
func (s *Session) httpNow(n packet.Number, kind httpKind, k int) (place httpPlace, ok bool) {
	if s == nil || s.http == nil {
		return place, false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	pairs := s.http.pairs
	i := s.http.before(n)
	if i > 0 && pairs[i-1].response == n {
		i--
	}
	for ; i < len(pairs) && pairs[i].first() <= n; i++ {
		p := pairs[i]
		if kind == httpRequest && p.request != n || kind == httpResponse && p.response != n {
			continue
		}
		if k--; k >= 0 {
			continue
		}
		if kind == httpRequest {
			p.response = 0
		}
		place.number, place.total, place.pair, place.uri = i+1, i+1, p, s.http.uri(p)
		if i > 0 {
			place.prev = pairs[i-1]
		}
		return place, true
	}
	return place, false
}

// httpPlace is where a packet's message stands among the messages of its conversation.
type httpPlace struct {
	number, total    int // from 1
	pair, prev, next httpPair
	uri              string
}

// httpAt finds the pair of a packet: the last one that the packet belongs to, as
// tshark shows it for all messages of the packet (R95).
func (s *Session) httpAt(n packet.Number) (place httpPlace, ok bool) {
	if s == nil || s.http == nil {
		return place, false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	pairs := s.http.pairs
	i := s.http.before(n+1) - 1
	if i < 0 || pairs[i].request != n && pairs[i].response != n {
		return place, false
	}
	place.number, place.total, place.pair = i+1, len(pairs), pairs[i]
	place.uri = s.http.uri(pairs[i])
	if i > 0 {
		place.prev = pairs[i-1]
	}
	if i+1 < len(pairs) {
		place.next = pairs[i+1]
	}
	return place, true
}

// before counts the pairs that began before packet n. Pairs do not overlap: a
// pair's answer comes before the next pair begins.
func (x *httpSession) before(n packet.Number) int {
	return sort.Search(len(x.pairs), func(i int) bool {
		p := &x.pairs[i]
		return max(1, p.first()) >= n
	})
}

func (p *httpPair) first() packet.Number {
	if p.request != 0 {
		return p.request
	}
	return p.response
}

// httpAsked tells what the k-th response of packet n, from 0, answers: a request
// whose answer has no body, or any other.
func (s *Session) httpAsked(n packet.Number, k int) httpMethod {
	if s == nil || s.http == nil {
		return methodOther
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	pairs := s.http.pairs
	i := s.http.before(n)
	if i > 0 && pairs[i-1].response == n {
		i--
	}
	if i += k; i < len(pairs) && pairs[i].response == n && pairs[i].noBody {
		return methodHEAD
	}
	return methodOther
}

// httpSpoken says whether the conversation has had a message of HTTP, by packet n
// or, unless on a first visit, at all.
func (s *Session) httpSpoken(n packet.Number, first bool) bool {
	if s == nil || s.http == nil {
		return false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.http.pairs) > 0 && (!first || s.http.pairs[0].first() <= n)
}

// httpSwitched says whether packet n comes after an answer that ended HTTP. tunnel
// is what CONNECT asked for; empty after an upgrade.
func (s *Session) httpSwitched(n packet.Number) (tunnel string, ok bool) {
	if s == nil || s.http == nil {
		return "", false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	x := s.http
	return x.tunnel, x.switched != 0 && n > x.switched
}

// upgradesIn tells what is spoken behind the answer of packet n that switches to
// it; AppNone if the packet has no such answer.
func (s *Session) upgradesIn(n packet.Number) App {
	if s == nil || s.http == nil {
		return AppNone
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if x := s.http; x.switched == n && x.upgraded() {
		return x.inner
	}
	return AppNone
}
