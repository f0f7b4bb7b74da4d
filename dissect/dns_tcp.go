package dissect

import (
	"cmp"
	"slices"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// dnsSession is what DNS remembers of one TCP conversation: which message answers
// which. The session's lock guards it.
type dnsSession struct {
	open map[uint16]*Exchange
	told []dnsTold // ordered by frame
}

// dnsTold is one message that ended in a frame.
type dnsTold struct {
	frame    packet.Number
	question Question
	exchange *Exchange
	resent   packet.Number
}

// maxDNSTold is how many messages of a conversation are remembered: the newest.
const maxDNSTold = 1 << 16

// note remembers a message.
func (d *dnsSession) note(q Question, frame packet.Number, at packet.Time) {
	if d.open == nil {
		d.open = map[uint16]*Exchange{}
	}
	x, resent := d.open[q.ID].Next(q, frame, at)
	if x != nil {
		d.open[q.ID] = x
	}
	if len(d.told) >= maxDNSTold {
		d.told = slices.Delete(d.told, 0, maxDNSTold/2)
	}
	d.told = append(d.told, dnsTold{frame, q, x, resent})
}

// peer gives what belongs to a message that ended in a frame.
func (d *dnsSession) peer(q Question, frame packet.Number) (Peer, bool) {
	i, _ := slices.BinarySearchFunc(d.told, frame, func(t dnsTold, f packet.Number) int { return cmp.Compare(t.frame, f) })
	for ; i < len(d.told) && d.told[i].frame == frame; i++ {
		if t := d.told[i]; t.question == q {
			return t.exchange.Peer(t.resent), true
		}
	}
	return Peer{}, false
}

// NewDNSFramer makes a framer for one direction of DNS over TCP, where each message
// has its length before it, 16 bits (RFC 1035 §4.2.2). note is told of each message
// that has ended; it may be nil.
func NewDNSFramer(note func(Question)) tcp.Framer { return &dnsFramer{note: note} }

// dnsFramer finds the ends of messages.
type dnsFramer struct {
	note func(Question)
	head [6]byte // length, id, flags
	seen uint32  // bytes of the open message, its length included
	size uint32  // of the open message; valid once two bytes of it are seen
}

func (f *dnsFramer) Push(p tcp.Piece, ends []uint32) ([]uint32, tcp.Need) {
	for i := 0; i < len(p.Data); {
		if f.seen < uint32(len(f.head)) {
			f.head[f.seen] = p.Data[i]
			f.seen++
			i++
			if f.seen == 2 {
				f.size = 2 + uint32(f.head[0])<<8 + uint32(f.head[1])
			}
		} else {
			n := min(f.size-f.seen, uint32(len(p.Data)-i))
			f.seen += n
			i += int(n)
		}
		if f.seen >= 2 && f.seen == f.size {
			if f.note != nil && f.size >= uint32(len(f.head)) {
				f.note(dnsQuestion(f.head[2:]))
			}
			ends = append(ends, uint32(i))
			f.seen = 0
		}
	}
	switch {
	case f.seen == 0:
		return ends, tcp.Need{}
	case f.seen < 2:
		return ends, tcp.Need{Kind: tcp.NeedSegment}
	}
	return ends, tcp.Need{Kind: tcp.NeedBytes, N: f.size - f.seen}
}

func (f *dnsFramer) Skip() { f.seen = 0 }

// dnsPeer gives what belongs to a message of DNS that ended in a frame; false if
// the session knows nothing of it.
func (s *Session) dnsPeer(q Question, frame packet.Number) (Peer, bool) {
	if s == nil || s.dns == nil {
		return Peer{}, false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.dns.peer(q, frame)
}

// newDNSFramer makes a framer that tells the session what belongs together.
func (s *Session) newDNSFramer() tcp.Framer {
	return NewDNSFramer(func(q Question) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.dns.note(q, s.frame, s.time)
	})
}
