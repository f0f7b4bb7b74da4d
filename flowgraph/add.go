package flowgraph

import (
	"sort"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// trouble are the verdicts that make a segment worth a row of its own.
const trouble = tcp.ReusedPorts | repeats | tcp.OutOfOrder | tcp.LostSegment | tcp.AckLostSegment |
	tcp.WindowFull | tcp.ZeroWindow | probing

// repeats are the verdicts on bytes that were sent before.
const repeats = tcp.Retransmission | tcp.FastRetransmission | tcp.SpuriousRetransmission

// probing are the verdicts on what ends send to see whether the other is there.
const probing = tcp.KeepAlive | tcp.KeepAliveAck | tcp.ZeroWindowProbe | tcp.ZeroWindowProbeAck

// turn is whose data is under way.
type turn struct {
	any  bool
	dir  uint8
	last packet.Time // of the newest data segment
}

// Add appends the next segments of the conversation, in capture order.
func (g *Graph) Add(segs ...Segment) {
	for i := range segs {
		g.add(&segs[i])
	}
}

func (g *Graph) add(s *Segment) {
	e := event{Segment: *s}
	e.Dir &= 1
	g.totals[e.Dir].Packets++
	g.totals[e.Dir].Bytes += uint64(e.Len)
	if g.info.Kind == trace.TCP {
		g.addTCP(&e)
	}
	if e.Len > 0 && e.Verdict&(repeats|probing) == 0 {
		g.takeTurn(&e)
	}
	g.quiet(&e)
	if g.info.Kind == trace.TCP {
		g.flowOn(&e)
	} else if e.Len > 0 {
		g.flows[e.Dir].data = e.Number
	}
	g.events = append(g.events, e)
}

// addTCP moves the states, and finds what an earlier segment has to do with e.
func (g *Graph) addTCP(e *event) {
	before := [2]tcp.State{g.ends.State(0), g.ends.State(1)}
	facts := tcp.Facts{Dir: e.Dir, Verdict: e.Verdict, Seq: e.Seq, Ack: e.Ack, NextSeq: e.Next()}
	e.state[0], e.state[1] = g.ends.Apply(&facts, e.Flags)
	if e.state[0] != before[0] {
		e.bits |= moved0
	}
	if e.state[1] != before[1] {
		e.bits |= moved1
	}
	if e.Acks != 0 {
		if i := g.index(e.Acks); i >= 0 {
			e.rtt = int64(e.Time - g.events[i].Time)
		}
	}
	if e.Verdict&tcp.Analysed != 0 {
		g.remember(e, before[e.Dir] == tcp.Closed)
	}
	g.section(e, before)
	if e.Flags&(tcp.SYN|tcp.RST) == 0 && opening(before) && !opening(e.state) && e.state[0] != tcp.Closed {
		if before[0] != tcp.StateUnknown || before[1] != tcp.StateUnknown {
			e.bits |= opened
		}
	}
	if opening(before) && !opening(e.state) && e.state[0] != tcp.Closed && g.sections[len(g.sections)-1].phase == handshake {
		e.bits |= ready
	}
	g.withhold(e)
}

// asking is a SYN that nothing has answered yet: whether it came, and what it came
// to, only the answer tells.
type asking struct {
	on          bool
	dir         uint8 // the end that it is for
	first, last int   // events: the first SYN, and the newest
}

// withhold leaves the state of an end blank that a SYN was sent to, until something
// of that end shows that it has come: then the SYN gets its SYN_RCVD. A RST in its
// place shows that there was no connection.
func (g *Graph) withhold(e *event) {
	a, i := &g.asking, len(g.events)
	if a.on && e.Dir == a.dir {
		a.on = false
		if e.Flags&tcp.RST == 0 {
			for k := a.first; k < i; k++ {
				g.events[k].state[a.dir] = tcp.SynReceived
			}
			g.events[a.last].bits |= moved0 << a.dir
			g.marks = append(g.marks, a.first)
		}
		return
	}
	to := e.Dir ^ 1
	if e.Flags&(tcp.SYN|tcp.ACK|tcp.RST) == tcp.SYN && e.state[to] == tcp.SynReceived {
		if !a.on && e.bits&(moved0<<to) == 0 {
			return // it is known to have come before
		}
		if !a.on {
			*a = asking{on: true, dir: to, first: i}
		}
		a.last = i
	}
	if a.on && e.state[a.dir] == tcp.SynReceived {
		e.state[a.dir] = tcp.StateUnknown
		e.bits &^= moved0 << a.dir
	}
}

// opening says whether the handshake is not over.
func opening(s [2]tcp.State) bool {
	for _, x := range s {
		switch x {
		case tcp.StateUnknown, tcp.Listen, tcp.SynSent, tcp.SynReceived:
			return true
		}
	}
	return false
}

// takeTurn notes whose turn it is, and how long an answer took.
func (g *Graph) takeTurn(e *event) {
	t := &g.turn
	if !t.any || t.dir != e.Dir {
		e.bits |= turnFirst
		if t.any {
			e.think = max(int64(e.Time-t.last), 0)
		}
	}
	t.any, t.dir, t.last = true, e.Dir, e.Time
}

// index finds the event of a packet, −1 if there is none.
func (g *Graph) index(n packet.Number) int {
	i := sort.Search(len(g.events), func(i int) bool { return g.events[i].Number >= n })
	if i < len(g.events) && g.events[i].Number == n {
		return i
	}
	return -1
}

// history is what one end has sent: which packet carried which bytes first. The
// numbers are the relative ones, continued beyond 2³².
type history struct {
	parts []part // by number, ascending, without overlap
	fills []part // what came late, into holes; the newest maxFills
	next  uint64 // highest number so far
	any   bool
}

type part struct {
	start, end uint64
	packet     packet.Number // that carried these bytes first
	newest     packet.Number // that carried them last
}

// maxFills bounds how many late segments are remembered.
const maxFills = 1024

// remember enters e into its end's history. Of a segment that repeats it finds the
// first one and marks that as lost, unless the repeat was in vain or its connection
// is anew, as a SYN after a RST is.
func (g *Graph) remember(e *event, anew bool) {
	h := &g.sent[e.Dir]
	length := uint64(e.Next() - e.Seq)
	if length == 0 || e.Verdict&probing != 0 {
		return
	}
	// Numbers start at 1<<32, so that those just below the first stay positive.
	if !h.any {
		h.any, h.next = true, 1<<32+uint64(e.Seq)
	}
	start := uint64(int64(h.next) + int64(int32(e.Seq-uint32(h.next))))
	end := start + length
	if e.Verdict&repeats != 0 || e.Flags&tcp.SYN != 0 && start < h.next {
		g.repeats(e, h.find(start), anew)
	}
	switch {
	case start >= h.next:
		if e.Verdict&tcp.LostSegment != 0 && start > h.next {
			e.gap = uint32(min(start-h.next, 1<<32-1))
		}
		if e.Len > 0 && (len(h.parts) == 0 || len(h.parts) == 1 && e.Seq == 1) {
			e.bits |= seqNote
		}
		h.parts = append(h.parts, part{start, end, e.Number, e.Number})
	case e.peer == 0 && h.find(start) == nil:
		if i := g.index(h.after(start)); i >= 0 && g.events[i].gap > 0 && g.events[i].fill == 0 {
			g.events[i].fill = e.Number
			g.marks = append(g.marks, i)
		}
		if len(h.fills) >= maxFills {
			h.fills = append(h.fills[:0], h.fills[maxFills/2:]...)
		}
		h.fills = append(h.fills, part{start, end, e.Number, e.Number})
	}
	h.next = max(h.next, end)
}

// repeats notes that e carries again what part p was seen with, nil if nothing was.
func (g *Graph) repeats(e *event, p *part, anew bool) {
	if p == nil {
		return
	}
	if e.Flags&tcp.SYN != 0 {
		i := g.index(p.packet)
		if i < 0 || g.events[i].Flags&(tcp.SYN|tcp.ACK) != e.Flags&(tcp.SYN|tcp.ACK) {
			return // a SYN+ACK that follows a SYN: simultaneous open
		}
		e.bits |= synRepeat
	}
	e.peer = p.packet
	if e.Verdict&(tcp.Retransmission|tcp.FastRetransmission) != 0 && !anew {
		g.markLost(p.newest, e)
	}
	p.newest = e.Number
}

// find gives the part that has number n, nil if none was seen.
func (h *history) find(n uint64) *part {
	i := sort.Search(len(h.parts), func(i int) bool { return h.parts[i].end > n })
	if i < len(h.parts) && h.parts[i].start <= n {
		return &h.parts[i]
	}
	for i := len(h.fills) - 1; i >= 0; i-- {
		if p := &h.fills[i]; p.start <= n && n < p.end {
			return p
		}
	}
	return nil
}

// after gives the packet of the first part behind number n, 0 if there is none.
func (h *history) after(n uint64) packet.Number {
	i := sort.Search(len(h.parts), func(i int) bool { return h.parts[i].start > n })
	if i < len(h.parts) {
		return h.parts[i].packet
	}
	return 0
}

// markLost notes that the segment of packet n had to be sent again as e. What that
// did to the state of the receiver is shown beside e then.
func (g *Graph) markLost(n packet.Number, e *event) {
	i := g.index(n)
	if i < 0 || g.events[i].bits&lost != 0 {
		return
	}
	o := &g.events[i]
	if f := &g.flows[o.Dir]; f.got && int32(f.acked-o.Next()) >= 0 {
		return // it had come: the other end has acknowledged it
	}
	o.bits |= lost
	o.again = e.Number
	if o.pair == 0 {
		g.pairs++
		o.pair = g.pairs
	}
	e.pair = o.pair
	if moved := moved0 << (o.Dir ^ 1); o.bits&moved != 0 {
		o.bits &^= moved
		e.bits |= moved
	}
	g.marks = append(g.marks, i)
}
