// Package flowgraph draws one conversation as a ladder: two lanes, one for each
// end, an arrow for each segment, and beside each end the TCP state that it is in.
//
// A Graph holds what happened, a View what is shown of it at some width, folded to
// some degree, and the Write functions put the same into files. A Graph grows with
// its conversation; nothing in this package reads a clock or starts a goroutine.
//
//	g, err := flowgraph.Open(t, trace.TCP, 0)
//	v := flowgraph.NewView(g, flowgraph.Options{Width: 80})
//	for i := range v.Len() {
//		fmt.Println(v.Line(i).Text)
//	}
package flowgraph

import (
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// Info is what is known of a conversation as a whole.
type Info struct {
	Kind   trace.Kind
	Stream uint32
	Node   [2]packet.Endpoint // node 0 sent the first packet
	Server int8               // which node is the server: 0, 1, or −1 when nothing told
	IRTT   int64              // initial round trip time in ns; 0 unknown (R43)
	Missed bool               // packets before the first one are no longer kept
	Base   [2]uint32          // raw sequence number that counts as 0, by node
	End    packet.Time        // of the capture's last packet; 0 while the capture goes on
}

// Segment is one packet of the conversation, as the analysis left it. Sequence
// and acknowledgment numbers are relative (R12). Of a datagram only Number, Time,
// Dir and Len are used.
type Segment struct {
	Number   packet.Number
	Time     packet.Time
	Seq, Ack uint32
	Len      uint32 // payload bytes on the wire
	Window   uint32 // bytes, scaled as far as is known
	InFlight uint32 // bytes sent and not acknowledged, with this segment (R38); 0 not known
	Acks     packet.Number
	DupAck   uint32 // number of a duplicate ACK, from 1
	DupAckOf packet.Number
	Verdict  tcp.Verdict
	Flags    tcp.Flags
	Dir      uint8 // 0: sent by node 0
}

// Next is the relative sequence number that follows the segment (R13).
func (s *Segment) Next() uint32 {
	if s.Flags&(tcp.SYN|tcp.FIN) != 0 {
		return s.Seq + s.Len + 1
	}
	return s.Seq + s.Len
}

// Detail is what only a look into the packet tells.
type Detail struct {
	Word string // what the application calls its data: "GET /", "Client Hello"; empty if it has no word for it
	Offer
	SACK   []tcp.Block   // relative numbers, the right one excluded; none of a D-SACK
	Answer string        // of a request: what was answered, "200", "OK"; empty while nothing was
	Asked  packet.Number // of an answer: the packet that ends the request
}

// Lookup gives the detail of a packet. A Graph asks for what is drawn only, and
// remembers some of the answers.
type Lookup func(packet.Number) Detail

// Input is a whole conversation.
type Input struct {
	Info
	Segments []Segment
	Lookup   Lookup // nil: nothing is known
}

// Graph is what happened in a conversation, or in several (see Join). It belongs to
// one goroutine.
type Graph struct {
	info   Info
	lookup Lookup
	source source // nil for a graph made by hand

	events   []event
	sections []section
	silences []silence
	marks    []int // events that changed after they had been added, in order of change

	ends    tcp.Ends
	sent    [2]history
	turn    turn
	asking  asking
	flows   [2]flow
	totals  [2]Total
	pairs   uint32 // of lost segments and their repeats
	details map[packet.Number]Detail

	// Of several conversations: these, their lanes from left to right, and which ones
	// a part's nodes have.
	parts  []*Graph
	lanes  []lane
	laneOf [][2]int
}

// Total is what one end has sent.
type Total struct {
	Packets int
	Bytes   uint64 // payload, repeats included
}

// event is one segment and what it did.
type event struct {
	Segment
	think int64         // ns from the last data of the other end to this answer; 0 none
	rtt   int64         // ns from the segment that this one acknowledges
	peer  packet.Number // of a repeat: the segment first sent
	again packet.Number // of a lost segment: the one that repeats it
	gap   uint32        // bytes missing before this segment
	fill  packet.Number // the segment that brought the first of them later
	state [2]tcp.State  // after the segment, of node 0 and 1
	bits  bits
	pair  uint32 // what was lost and what repeats it have the same, from 1
	room  uint32 // window of the other end, bytes; 0: closed or not known
	shut  int64  // of a segment that opens the window again: ns that it was closed
}

// bits say what an event is beside its segment.
type bits uint16

const (
	turnFirst bits = 1 << iota // the first data after data of the other end
	moved0                     // node 0 changed its state
	moved1
	firstFIN  // the FIN that begins the closing
	opened    // completes the handshake
	lost      // was sent again, and not in vain
	seqNote   // the first data of its end: worth saying what it covers
	synRepeat // a SYN or SYN+ACK that was there before
	ready     // with it both ends are established
	shut0     // node 0's window is closed
	shut1
)

// New makes a graph without segments.
func New(info Info, lookup Lookup) *Graph {
	return &Graph{info: info, lookup: lookup, details: map[packet.Number]Detail{}}
}

// Build makes the graph of a whole conversation.
func Build(in Input) *Graph {
	g := New(in.Info, in.Lookup)
	g.Add(in.Segments...)
	return g
}

// Info gives what the graph knows of the conversation as a whole.
func (g *Graph) Info() Info { return g.info }

// SetInfo replaces it, as when the round trip time becomes known.
func (g *Graph) SetInfo(info Info) { g.info = info }

// Len is how many segments the graph has.
func (g *Graph) Len() (n int) {
	for _, p := range g.Parts() {
		n += len(p.events)
	}
	return n
}

// Segment gives the i-th segment, from 0, of a graph of one conversation.
func (g *Graph) Segment(i int) Segment { return g.events[i].Segment }

// States gives the states of node 0 and 1 after the i-th segment of a graph of one
// conversation.
func (g *Graph) States(i int) (a, b tcp.State) { return g.events[i].state[0], g.events[i].state[1] }

// Status names what the conversation has come to so far.
func (g *Graph) Status() tcp.Status { return g.ends.Status() }

// Totals is what node 0 and 1 have sent.
func (g *Graph) Totals() [2]Total { return g.totals }

// server is the node that is the server, −1 if neither is known to be. Where no
// SYN told, a port below those that systems give out by themselves does.
func (g *Graph) server() int8 {
	const ephemeral = 32768 // the first one of Linux; IANA's begin at 49152
	a, b := g.info.Node[0].Port, g.info.Node[1].Port
	switch {
	case g.info.Server >= 0:
		return g.info.Server & 1
	case a < ephemeral && b >= ephemeral:
		return 0
	case b < ephemeral && a >= ephemeral:
		return 1
	}
	return -1
}

// client is the node that stands on the left: the client, or node 0.
func (g *Graph) client() uint8 {
	if g.server() == 0 {
		return 1
	}
	return 0
}

// role is what a node is called.
func (g *Graph) role(dir uint8) string {
	switch g.server() {
	case -1:
		return "end :" + digits(int(g.info.Node[dir&1].Port))
	case int8(dir & 1):
		return "server"
	}
	return "client"
}

// detail looks into a packet, and remembers what it saw of the newest ones asked.
func (g *Graph) detail(n packet.Number) Detail {
	if g.lookup == nil {
		return Detail{}
	}
	d, ok := g.details[n]
	if !ok {
		const keep = 4096
		if len(g.details) >= keep {
			clear(g.details)
		}
		d = g.lookup(n)
		g.details[n] = d
	}
	return d
}

// source is where a graph gets more segments from.
type source interface {
	// more gives the segments after packet n, and the conversation as it is now.
	more(n packet.Number) (Info, []Segment)
	// renewed says whether what is known of packets has changed since the last call.
	renewed() bool
}

// Update takes what has come since Open or the last Update and says whether the
// graph has changed. A graph that was made by hand does not change.
func (g *Graph) Update() bool {
	if g.parts != nil {
		changed := false
		for _, p := range g.parts {
			changed = p.Update() || changed
		}
		return changed
	}
	if g.source == nil {
		return false
	}
	last := packet.Number(0)
	if n := len(g.events); n > 0 {
		last = g.events[n-1].Number
	}
	info, segs := g.source.more(last)
	changed := info != g.info || len(segs) > 0
	if len(g.events) > 0 {
		info.Missed = g.info.Missed
	}
	g.info = info
	g.Add(segs...)
	if g.source.renewed() {
		clear(g.details)
		changed = true
	}
	return changed
}
