package dissect

import (
	"slices"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/tlskeys"
)

// facts is what the tests know of a packet beside its bytes: enough of what the
// trace knows for the network protocols, made in a plain first pass.
type facts struct {
	exchange *Exchange
	resent   packet.Number
	peer     Peer // of an echo
	udp      map[int]udpFacts
	quic     *QUICSession
	dtls     *DTLSSession
	dir      uint8
	pieces   []Piece
	in       packet.Number
}

// udpQuestion is what pairs a question with its answer.
type udpQuestion struct {
	flow packet.Flow
	id   uint16
}

type udpFacts struct {
	stream     uint32
	first, gap int64
}

func (f *facts) TCP(int) (*tcp.Facts, *tcp.Summary) { return nil, nil }
func (f *facts) UDP(k int) (uint32, int64, int64, bool) {
	u, ok := f.udp[k]
	return u.stream, u.first, u.gap, ok
}
func (f *facts) TimeOf(packet.Number) (packet.Time, bool)  { return 0, false }
func (f *facts) Fragments() ([]Piece, packet.Number)       { return f.pieces, f.in }
func (f *facts) QUIC() *QUICSession                        { return f.quic }
func (f *facts) DTLS() (*DTLSSession, uint8, bool)         { return f.dtls, f.dir, false }
func (f *facts) Messages() *Messages                       { return nil }
func (f *facts) Sent(packet.Number, uint32, uint32) []byte { return nil }
func (f *facts) Peer() Peer {
	if f.exchange != nil || f.resent != 0 {
		return f.exchange.Peer(f.resent)
	}
	return f.peer
}

// learn fills Known of all packets by a scan of them in order.
func learn(in []Input) { learnKeys(in, nil) }

// learnKeys is learn with what opens TLS.
func learnKeys(in []Input, keys *tlskeys.Log) {
	type stream struct {
		id          uint32
		first, last packet.Time
		quic        *QUICSession
		dtls        *DTLSSession
		flow        packet.Flow // of the first packet
	}
	quics := new(uint32)
	streams := map[packet.Flow]*stream{}
	open := map[FragmentKey][]Piece{}
	members := map[FragmentKey][]*facts{}
	asked := map[udpQuestion]*Exchange{}
	d := NewDissection(nil)
	var h Headers
	for i := range in {
		f := &facts{}
		in[i].Known = f
		d.Scan(&in[i], &h)
		now := in[i].Packet.Time
		note := func(k int, tr Transport) {
			key, _ := tr.Flow.Canonical()
			s := streams[key]
			if s == nil {
				s = &stream{id: uint32(len(streams)), first: now, last: now, flow: tr.Flow}
				streams[key] = s
			}
			if f.udp == nil {
				f.udp = map[int]udpFacts{}
			}
			f.udp[k] = udpFacts{s.id, int64(now - s.first), int64(now - s.last)}
			s.last = now
			if s.quic == nil && IsQUICInitial(tr.Payload) {
				s.quic = NewQUICSession(quics)
			}
			if f.quic = s.quic; f.quic != nil {
				f.quic.Add(in[i].Number, tr.Payload)
			}
			if tr.Flow != s.flow {
				f.dir = 1
			}
			if s.dtls == nil && IsDTLS(tr.Payload) {
				s.dtls = NewDTLSSession()
			}
			if f.dtls = s.dtls; f.dtls != nil {
				f.dtls.Add(in[i].Number, f.dir, tr.Payload)
			}
			if q, ok := (*DecodeAs)(nil).UDPQuestion(tr.Payload, tr.Flow.Src.Port, tr.Flow.Dst.Port); ok {
				at := udpQuestion{key, q.ID}
				f.exchange, f.resent = asked[at].Next(q, in[i].Number, now)
				if f.exchange != nil {
					asked[at] = f.exchange
				}
			}
		}
		for k, tr := range h.Transports {
			if !tr.IsTCP {
				note(k, tr)
			}
		}
		if e := h.Echo; e.Valid {
			key, _ := e.Flow.Canonical()
			at := udpQuestion{key, e.ID}
			f.exchange, f.resent = asked[at].Next(e.Question, in[i].Number, now)
			if f.exchange != nil {
				asked[at] = f.exchange
			}
		}
		if !h.HasFragment || !h.Fragment.Whole {
			continue
		}
		fr := h.Fragment
		open[fr.Key] = append(open[fr.Key], Piece{Frame: in[i].Number, Off: fr.Off, Data: fr.Data})
		members[fr.Key] = append(members[fr.Key], f)
		pieces := slices.Clone(open[fr.Key])
		slices.SortStableFunc(pieces, func(a, b Piece) int { return int(a.Off) - int(b.Off) })
		if whole(pieces, fr, in) {
			for _, m := range members[fr.Key] {
				m.in = in[i].Number
			}
			f.pieces = pieces
			joined := make([]byte, 0, 65536)
			for _, p := range pieces {
				joined = append(joined[:min(len(joined), int(p.Off))], p.Data...)
			}
			n := len(h.Transports)
			d.ScanDatagram(&fr, joined, &h)
			for k, tr := range h.Transports[n:] {
				if !tr.IsTCP {
					note(n+k, tr)
				}
			}
			delete(open, fr.Key)
			delete(members, fr.Key)
		}
	}
	learnTCP(in, keys)
}

// whole says whether the pieces, in order of offset, leave no gap and have an end.
func whole(pieces []Piece, last Fragment, in []Input) bool {
	next := uint32(0)
	for _, p := range pieces {
		if p.Off > next {
			return false
		}
		next = max(next, p.Off+uint32(len(p.Data)))
	}
	var h Headers
	d := NewDissection(nil)
	for _, p := range pieces {
		d.Scan(&in[p.Frame-1], &h)
		if h.HasFragment && h.Fragment.Key == last.Key && !h.Fragment.More {
			return next == h.Fragment.Off+uint32(len(h.Fragment.Data))
		}
	}
	return false
}
