package dissect

import (
	"cmp"
	"slices"
	"strings"

	"tcplens/internal/packet"
)

// Limits of what is kept of one conversation of WebSocket.
const (
	maxWebSocketKept    = 8 << 20  // bytes of events
	maxWebSocketMessage = 64 << 10 // bytes of one message, put together and unpacked
	maxWebSocketPacked  = 1 << 20  // bytes of one compressed message
	maxWebSocketParts   = 4096     // frames of one message
)

// webSocketSession is what WebSocket remembers of a conversation: what the bytes
// of a frame do not tell.
type webSocketSession struct {
	deflate bool    // messages may be compressed (RFC 7692)
	fresh   [2]bool // by direction: each message is compressed by itself
	named   string  // the subprotocol (RFC 6455 §1.9); empty without one

	// For the sequencing goroutine only.
	open   [2]*webSocketMessage // the message whose last frame has not come
	unpack [2]inflater
	at     packet.Number // the packet that is being put in order
	count  int           // of the frames that have ended in it

	// Guarded by the session.
	events []webSocketEvent // ordered by packet and place
	kept   int              // what events take, about, bytes
}

// webSocketEvent is a frame that is a part of a message, or whose content depends
// on what came before it.
type webSocketEvent struct {
	frame packet.Number // the packet in which the frame ends
	place int           // which of the frames that end there, from 0
	msg   *webSocketMessage
	cost  int // about how much memory it takes, bytes; a message counts where it ends
}

// webSocketMessage is a message of several frames, or a compressed one.
type webSocketMessage struct {
	opcode byte
	packed bool          // it is compressed
	parts  []contentPart // of the frames; none of a message in one frame
	data   []byte        // what the frames brought together
	size   int           // of that, bytes
	over   bool          // it is too large to be kept: there are no parts and no data
	plain  inflated      // what it was unpacked to, where that needs what came before it
	last   packet.Number // the packet with the newest of its frames
	first  int           // the place of the first one there
	done   packet.Number // the packet in which it ends; 0 if it has not
}

// startWebSocket notes what an answer to an upgrade has agreed on. from says in
// which direction the answer went. The caller has the session's lock.
func (s *Session) startWebSocket(from uint8, extensions, subprotocol string) {
	x := &webSocketSession{named: subprotocol}
	for _, e := range strings.Split(extensions, ",") {
		name, params, _ := strings.Cut(e, ";")
		if strings.TrimSpace(name) != "permessage-deflate" {
			continue
		}
		x.deflate = true
		for _, p := range strings.Split(params, ";") {
			switch strings.TrimSpace(p) {
			case "server_no_context_takeover":
				x.fresh[from] = true
			case "client_no_context_takeover":
				x.fresh[from^1] = true
			}
		}
		break
	}
	s.ws = x
}

// packed says whether the message is compressed that a frame begins.
func (x *webSocketSession) packed(h *webSocketHead) bool {
	return x.deflate && h.rsv1 && h.opcode != wsContinuation && h.opcode < wsControl
}

// webSocketWants says whether the payload of a frame is to be looked into.
func (s *Session) webSocketWants(dir uint8, h *webSocketHead) bool {
	x := s.ws
	most := int64(maxWebSocketMessage)
	msg := x.open[dir]
	if x.packed(h) || h.opcode == wsContinuation && msg != nil && msg.packed {
		if x.fresh[dir] && !h.fragment() || x.unpack[dir].dead {
			return false
		}
		most = maxWebSocketPacked
	} else if !h.fragment() {
		return false
	}
	if h.opcode == wsContinuation && msg != nil {
		return !msg.over && int64(msg.size)+h.length <= most
	}
	return h.length <= most
}

// webSocketLost notes that the rest of a frame does not come.
func (s *Session) webSocketLost(dir uint8, h *webSocketHead) {
	x := s.ws
	if h.opcode >= wsControl {
		return
	}
	packed := x.packed(h)
	if h.fragment() && x.open[dir] != nil {
		packed = packed || x.open[dir].packed
		x.open[dir] = nil
	}
	if packed && !x.fresh[dir] {
		x.unpack[dir].kill()
	}
}

// webSocketFrame notes a frame that has ended. body is its payload, unmasked, or
// nil if it was not wanted; it is only lent.
func (s *Session) webSocketFrame(dir uint8, h *webSocketHead, body []byte) {
	x := s.ws
	if x.at != s.frame {
		x.at, x.count = s.frame, 0
	}
	place := x.count
	x.count++
	if !h.fragment() {
		if x.packed(h) && !x.fresh[dir] {
			msg := &webSocketMessage{opcode: h.opcode, packed: true, size: int(h.length), first: place, done: s.frame}
			msg.plain = x.unpack[dir].message(body, body != nil || h.length == 0, maxWebSocketMessage)
			s.noteWebSocket(place, msg)
		}
		return
	}
	msg := x.open[dir]
	if msg == nil {
		msg = &webSocketMessage{opcode: h.opcode, packed: x.packed(h)}
		if h.opcode == wsContinuation {
			msg.opcode = wsBinary // nobody saw how it began
		}
		x.open[dir] = msg
	}
	var plain inflated
	if h.fin {
		x.open[dir] = nil
		if msg.packed && !x.fresh[dir] {
			whole := msg.data
			if h.length > 0 {
				whole = append(slices.Clip(whole), body...)
			}
			plain = x.unpack[dir].message(whole, !msg.over && (body != nil || h.length == 0), maxWebSocketMessage)
		}
	}
	s.mu.Lock()
	msg.add(contentPart{s.frame, msg.size, int(h.length)}, body, place)
	if h.fin {
		msg.done, msg.plain = s.frame, plain
		if msg.size > maxWebSocketMessage {
			msg.drop()
		}
	}
	s.mu.Unlock()
	s.noteWebSocket(place, msg)
}

// add puts a frame's payload to the message.
func (m *webSocketMessage) add(p contentPart, b []byte, place int) {
	if m.last != p.frame {
		m.last, m.first = p.frame, place
	}
	m.size += p.n
	switch {
	case m.over || p.n == 0:
	case len(b) != p.n || len(m.parts) >= maxWebSocketParts:
		m.drop()
	default:
		m.data, m.parts = append(m.data, b...), append(m.parts, p)
	}
}

// drop gives up keeping the message.
func (m *webSocketMessage) drop() { m.over, m.data, m.parts = true, nil, nil }

// noteWebSocket keeps an event for those who ask later; of too many the older half
// goes.
func (s *Session) noteWebSocket(place int, msg *webSocketMessage) {
	ev := webSocketEvent{frame: s.frame, place: place, msg: msg, cost: 160}
	if msg.done != 0 {
		ev.cost += len(msg.data) + 24*len(msg.parts) + len(msg.plain.data)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.ws
	x.events = append(x.events, ev)
	x.kept += ev.cost
	if x.kept > maxWebSocketKept {
		n := len(x.events)/2 + 1
		for i := range x.events[:n] {
			x.kept -= x.events[i].cost
		}
		x.events = slices.Delete(x.events, 0, n)
	}
}

// webSocketKnown is what the session knows of a frame when it is taken apart.
type webSocketKnown struct {
	msg   webSocketMessage
	part  bool // msg is what the frame is a part of, or what it was unpacked to
	whole bool // msg is to be shown with this frame
}

// webSocketAt gives what is known of the frame that stands at a place, from 0,
// among those that end in packet n. A message is shown with the first of its frames
// in the packet in which it ends, as tshark does.
func (s *Session) webSocketAt(n packet.Number, place int) (known webSocketKnown) {
	if s == nil || s.ws == nil {
		return known
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	i, ok := slices.BinarySearchFunc(s.ws.events, n, func(ev webSocketEvent, n packet.Number) int {
		return cmp.Or(cmp.Compare(ev.frame, n), cmp.Compare(ev.place, place))
	})
	if !ok {
		return known
	}
	msg := s.ws.events[i].msg
	return webSocketKnown{msg: *msg, part: true, whole: msg.done == n && msg.first == place}
}
