package flowgraph

import (
	"net/netip"
	"testing"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// scene makes conversations by hand: each segment goes through the analysis as a
// captured one does.
type scene struct {
	table *tcp.Table
	conv  *tcp.Conversation
	flow  packet.Flow // node 0 → node 1
	segs  []Segment
	words map[packet.Number]Detail
	isn   [2]uint32
	n     packet.Number
	now   packet.Time
}

const sceneStart = packet.Time(1_700_000_000_000_000_000)

func newScene(t testing.TB) *scene {
	t.Helper()
	lo := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	return &scene{
		table: tcp.NewTable(), words: map[packet.Number]Detail{}, isn: [2]uint32{1000, 5000}, now: sceneStart,
		flow: packet.Flow{Src: packet.Endpoint{Addr: lo, Port: 34962}, Dst: packet.Endpoint{Addr: lo, Port: 3000}},
	}
}

// flagsOf reads flags as "SA", "PA", "F".
func flagsOf(s string) (f tcp.Flags) {
	for _, c := range s {
		switch c {
		case 'S':
			f |= tcp.SYN
		case 'A':
			f |= tcp.ACK
		case 'P':
			f |= tcp.PSH
		case 'F':
			f |= tcp.FIN
		case 'R':
			f |= tcp.RST
		case 'U':
			f |= tcp.URG
		}
	}
	return f
}

// seg adds a segment at µs after the scene's start. dir 0 is node 0; seq and ack
// are relative.
func (s *scene) seg(us int64, dir uint8, flags string, seq, ack, length uint32, opts ...func(*tcp.Segment)) packet.Number {
	s.n++
	x := tcp.Segment{
		Number: s.n, Time: sceneStart + packet.Time(us*1000), Flow: s.flow, Flags: flagsOf(flags),
		Seq: s.isn[dir] + seq, Window: 64240, Len: length, CapLen: length,
	}
	if dir == 1 {
		x.Flow = s.flow.Reverse()
	}
	if x.Flags&tcp.ACK != 0 {
		x.Ack = s.isn[dir^1] + ack
	}
	if x.Flags&tcp.SYN != 0 {
		s.words[s.n] = Detail{Offer: Offer{MSS: 1460, Scale: 7, SACK: true, Timestamps: true}}
	}
	for _, o := range opts {
		o(&x)
	}
	c, f := s.table.Add(&x)
	s.conv = c
	s.segs = append(s.segs, Segment{
		Number: s.n, Time: x.Time, Seq: f.Seq, Ack: f.Ack, Len: x.Len, Window: f.Window, Acks: f.AcksFrame,
		DupAck: f.DupAckNum, InFlight: f.BytesInFlight, DupAckOf: f.DupAckFrame, Verdict: f.Verdict, Flags: x.Flags, Dir: f.Dir,
	})
	return s.n
}

// say gives the newest packet a word.
func (s *scene) say(word string) { s.words[s.n] = Detail{Word: word} }

func window(n uint16) func(*tcp.Segment) { return func(s *tcp.Segment) { s.Window = n } }

func (s *scene) info() Info {
	sum := s.conv.Summary()
	return Info{Kind: trace.TCP, Stream: sum.Stream, Node: [2]packet.Endpoint{sum.Flow.Src, sum.Flow.Dst}, Server: sum.Server, IRTT: sum.IRTT}
}

func (s *scene) lookup(n packet.Number) Detail { return s.words[n] }

func (s *scene) graph() *Graph {
	return Build(Input{Info: s.info(), Segments: s.segs, Lookup: s.lookup})
}

// handshake opens the connection within 10 ms.
func (s *scene) handshake() {
	s.seg(0, 0, "S", 0, 0, 0)
	s.seg(9000, 1, "SA", 0, 1, 0)
	s.seg(10000, 0, "A", 1, 1, 0)
}

// interfaceScene is the conversation of a GET of a few bytes on loopback.
func interfaceScene(t testing.TB) *scene {
	s := newScene(t)
	s.seg(0, 0, "S", 0, 0, 0)
	s.seg(106, 1, "SA", 0, 1, 0)
	for n := range packet.Number(2) {
		s.words[n+1] = Detail{Offer: Offer{MSS: 65495, Scale: 7, SACK: true, Timestamps: true}}
	}
	s.seg(123, 0, "A", 1, 1, 0)
	s.seg(2580, 0, "PA", 1, 1, 64)
	s.say("GET /")
	s.seg(2590, 1, "A", 1, 65, 0)
	s.seg(21960, 1, "PA", 1, 65, 127)
	s.say("200 OK")
	s.seg(22045, 0, "A", 65, 128, 0)
	s.seg(329027, 1, "FA", 128, 65, 0)
	s.seg(329059, 0, "FA", 65, 129, 0)
	s.seg(329085, 1, "A", 129, 66, 0)
	return s
}
