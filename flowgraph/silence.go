package flowgraph

import (
	"fmt"
	"sort"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// Limits of what counts as silence. docs/flow-graph.md has the rules with their
// evidence.
const (
	idleAfter  = 200_000_000 // ns without a segment that are worth a line, whatever the cause
	quietAfter = 20_000_000  // ns that are worth one when the packets prove a cause
	mostDelay  = 500_000_000 // ns that an ACK may be delayed (RFC 9293 §3.8.6.3)
	promptly   = 1_000_000   // ns in which a TCP sends what an ACK lets it send, beside the way
	mostUnder  = 1 << 30     // bytes; no window is larger (RFC 7323 §2.3)
	smallMSS   = 536         // bytes; no segment below is a full one (RFC 9293 §3.7.1)
)

// cause is why nothing was captured for a while, as far as the packets prove it.
type cause uint8

const (
	causeNone      cause = iota
	causeTryAgain        // a connection that was refused is tried again
	causeNoProbe         // a keep-alive had no answer
	causeSYN             // a SYN had no answer
	causeSYNACK          // a SYN+ACK had none
	causeProbe           // the window is closed, and probed
	causeReopens         // the window was closed, and opens
	causeClosed          // the window is closed
	causeTimer           // the same bytes again
	causeKeepAlive       // all is acknowledged, the keep-alive timer
	causeServer          // a request has no answer
	causeClient          // all answers are acknowledged
	causeOpening         // the handshake's next segment
	causeDelayed         // a delayed ACK
	causeNagle           // a delayed ACK that a small segment waited for
	causeUnderWay        // bytes have no ACK yet, and get it
	causePending         // bytes have no ACK yet
	causeIdle            // all is acknowledged, both windows are open
)

// silence is a stretch of time without a segment.
type silence struct {
	at    int   // the event that ends it
	ns    int64 // how long it is
	cause cause
	dir   uint8         // whom it is about
	ref   packet.Number // the segment that it is about
	bytes uint32        // without ACK, or held back
	quick int64         // ns that the quickest ACK took
}

// flow is what one end has sent and what came of it, at the moment.
type flow struct {
	next, acked      uint32      // relative numbers: of what it sends next, and of what the other end wants next
	window           uint32      // as it last said
	shut             packet.Time // when it closed its window
	most             uint32      // bytes of its longest segment
	quick            int64       // ns of the quickest ACK that it got; 0: none yet
	data             packet.Number
	sent, got, opens bool // next, acked and window are known
}

// under gives how many bytes of an end have no ACK; ok is false when it is not known.
func (f *flow) under() (n uint32, ok bool) {
	if !f.sent || !f.got {
		return 0, false
	}
	if n = uint32(max(int32(f.next-f.acked), 0)); n > mostUnder {
		return 0, false // numbers of another connection
	}
	return n, true
}

// flowOn takes in what e, which has been understood, did to both ends' flows.
func (g *Graph) flowOn(e *event) {
	own, other := &g.flows[e.Dir], &g.flows[e.Dir^1]
	if e.Verdict&tcp.Analysed == 0 || e.Flags&tcp.RST != 0 {
		return
	}
	if e.Flags&(tcp.SYN|tcp.ACK) == tcp.SYN && e.bits&synRepeat == 0 {
		*own = flow{}
	}
	if next := e.Next(); e.Verdict&probing == 0 && (!own.sent || int32(next-own.next) > 0) {
		own.next, own.sent = next, true
	}
	if e.Flags&tcp.ACK != 0 && (!other.got || int32(e.Ack-other.acked) > 0) {
		other.acked, other.got = e.Ack, true
	}
	wasShut := own.opens && own.window == 0
	own.window, own.opens = e.Window, true
	switch shut := e.Window == 0; {
	case shut && !wasShut:
		own.shut = e.Time
	case !shut && wasShut:
		e.shut = int64(e.Time - own.shut)
	}
	for dir := range uint8(2) {
		if f := &g.flows[dir]; f.opens && f.window == 0 {
			e.bits |= shut0 << dir
		}
	}
	if other.opens {
		e.room = other.window
	}
	own.most = max(own.most, e.Len)
	if e.Len > 0 {
		own.data = e.Number
	}
	if e.rtt > 0 && !g.resent(e.Acks) && (other.quick == 0 || e.rtt < other.quick) {
		other.quick = e.rtt
	}
}

// probes says whether e probes the other end's closed window. Some systems do that
// with the segment of a keep-alive, which sends no byte that is new (RFC 9293
// §3.8.6.1 wants one).
func (g *Graph) probes(e *event) bool {
	other := &g.flows[e.Dir^1]
	return e.Verdict&(tcp.ZeroWindowProbe|tcp.KeepAlive) != 0 && other.opens && other.window == 0
}

// resent says whether a segment was sent more than once: what its ACK took tells
// nothing then (RFC 6298 §3, Karn's algorithm).
func (g *Graph) resent(n packet.Number) bool {
	i := g.index(n)
	return i < 0 || g.events[i].bits&lost != 0 || g.events[i].Verdict&repeats != 0
}

// quiet notes the silence before e, which is about to be appended, and what shows
// its cause.
func (g *Graph) quiet(e *event) {
	n := len(g.events)
	if n == 0 {
		return
	}
	s := silence{at: n, ns: int64(e.Time - g.events[n-1].Time), dir: e.Dir}
	if g.info.Kind == trace.TCP {
		g.held(e)
	}
	if s.ns < quietAfter {
		return
	}
	if g.info.Kind == trace.TCP {
		g.because(&s, e, &g.events[n-1])
	} else if e.bits&turnFirst != 0 && int8(e.Dir) == g.server() {
		s.cause, s.ref = causeServer, g.flows[e.Dir^1].data
	}
	switch s.cause {
	case causeTimer, causeDelayed, causeProbe, causeReopens:
	default:
		if s.ns < idleAfter {
			return
		}
	}
	g.silences = append(g.silences, s)
}

// because finds the cause of the silence between prev and e.
func (g *Graph) because(s *silence, e, prev *event) {
	own, other := &g.flows[e.Dir], &g.flows[e.Dir^1]
	mine, mineKnown := own.under()
	theirs, theirsKnown := other.under()
	closed := func(f *flow) bool { return f.opens && f.window == 0 }
	plain := e.Len == 0 && e.Flags&(tcp.SYN|tcp.FIN|tcp.RST|tcp.ACK) == tcp.ACK
	switch {
	case e.bits&synRepeat != 0 && prev.Flags&tcp.RST != 0:
		s.cause = causeTryAgain
	case prev.Verdict&tcp.KeepAlive != 0 && prev.Dir == e.Dir && !closed(other):
		s.cause = causeNoProbe
	case e.bits&synRepeat != 0 && e.Flags&tcp.ACK == 0:
		s.cause = causeSYN
	case e.bits&synRepeat != 0:
		s.cause = causeSYNACK
	case g.probes(e):
		s.cause = causeProbe
	case closed(own) && e.Window > 0 && e.Flags&tcp.RST == 0:
		s.cause = causeReopens
	case closed(own) && (plain || e.Flags&tcp.RST != 0):
		s.cause = causeClosed
	case e.Verdict&(tcp.Retransmission|tcp.SpuriousRetransmission) != 0 && e.Verdict&tcp.FastRetransmission == 0 && e.peer != 0:
		s.cause, s.ref = causeTimer, e.peer
	case e.Verdict&tcp.KeepAlive != 0 && mineKnown && mine == 0:
		s.cause = causeKeepAlive
	case e.bits&turnFirst != 0 && e.think > 0 && int8(e.Dir) == g.server():
		s.cause, s.ref = causeServer, other.data
	case e.bits&turnFirst != 0 && e.think > 0 && g.server() >= 0 && theirsKnown && theirs == 0 && mine == 0:
		s.cause, s.ref = causeClient, other.data
	case opening(prev.state) && prev.state != [2]tcp.State{}:
		s.cause = causeOpening
	case plain && e.Acks != 0 && !g.resent(e.Acks) && theirs > 0 && theirs < 2*max(other.most, smallMSS) && other.quick > 0 && e.rtt >= quietAfter && e.rtt >= 3*other.quick && e.rtt <= mostDelay+other.quick:
		s.cause, s.ref, s.bytes, s.quick = causeDelayed, e.Acks, theirs, other.quick
	case plain && theirs > 0 && int32(e.Ack-other.acked) > 0:
		s.cause, s.bytes = causeUnderWay, theirs
	case mineKnown && mine > 0:
		s.cause, s.bytes = causePending, mine
	case theirsKnown && theirs > 0:
		s.cause, s.bytes, s.dir = causePending, theirs, e.Dir^1
	case mineKnown && theirsKnown && !closed(own) && !closed(other) && !over(prev.state):
		s.cause = causeIdle
	}
}

// over says whether both ends have finished: they cannot have anything to send.
func over(s [2]tcp.State) bool {
	for _, x := range s {
		switch x {
		case tcp.Closed, tcp.TimeWait, tcp.LastAck, tcp.Closing:
			return true
		}
	}
	return false
}

// held recognises e as the small segment that waited for a delayed ACK, the event
// before it: it was sent at once when the ACK came, and bytes sent earlier had had
// none (RFC 9293 §3.7.4, the Nagle algorithm).
func (g *Graph) held(e *event) {
	k := len(g.silences) - 1
	if k < 0 || g.silences[k].at != len(g.events)-1 || g.silences[k].cause != causeDelayed {
		return
	}
	s, own, other := &g.silences[k], &g.flows[e.Dir], &g.flows[e.Dir^1]
	small := e.Len > 0 && (e.Len < smallMSS || e.Len < own.most)
	if e.Dir == s.dir || !small || e.Verdict&(repeats|probing|tcp.OutOfOrder) != 0 ||
		int64(e.Time-g.events[len(g.events)-1].Time) > promptly+other.quick {
		return
	}
	s.cause, s.bytes = causeNagle, e.Len
	g.marks = append(g.marks, s.at)
}

// silenceAt gives the silence that event i ends, nil if there is none.
func (g *Graph) silenceAt(i int) *silence {
	k := sort.Search(len(g.silences), func(k int) bool { return g.silences[k].at >= i })
	if k < len(g.silences) && g.silences[k].at == i {
		return &g.silences[k]
	}
	return nil
}

// quietText says how long nothing happened before event i, and why.
func (g *Graph) quietText(i int) string {
	s := g.silenceAt(i)
	if s == nil {
		return ""
	}
	time := span(s.ns)
	from, to := g.role(s.dir), g.role(s.dir^1)
	switch s.cause {
	case causeTryAgain:
		return time + ": the " + from + " tries again"
	case causeNoProbe:
		return time + ": no answer to the keep-alive"
	case causeSYN:
		return time + ": no answer, the " + from + " sends its SYN again"
	case causeSYNACK:
		return time + ": no answer, the " + from + " sends its SYN, ACK again"
	case causeProbe:
		return time + ": the " + to + "'s window is closed, the " + from + " probes it"
	case causeReopens:
		return time + ": the " + from + "'s window was closed"
	case causeClosed:
		return time + ": the " + from + "'s window is closed"
	case causeTimer:
		return time + " without an ACK: the " + from + "'s retransmission timer, " + hash(s.ref) + " again"
	case causeKeepAlive:
		return time + " idle, then the " + from + "'s keep-alive timer"
	case causeServer:
		return time + ": the " + to + " waits for the " + from + waitsFor(s.ref)
	case causeClient:
		return time + ": the " + to + " waits for the " + from + ", which has all it sent"
	case causeOpening:
		return time + ": waiting for the " + from
	case causeDelayed:
		return fmt.Sprintf("%s: the %s delays its ACK; its quickest took %s", time, from, brief(s.quick))
	case causeNagle:
		return fmt.Sprintf("%s: delayed ACK; the %s's %s wait for it (Nagle)", time, to, count(uint64(s.bytes)))
	case causeUnderWay:
		return fmt.Sprintf("%s: waiting for the %s's ACK of %s", time, from, count(uint64(s.bytes)))
	case causePending:
		return fmt.Sprintf("%s without a segment: %s of the %s without ACK", time, count(uint64(s.bytes)), from)
	case causeIdle:
		return time + " idle: neither end has anything to send"
	}
	if g.info.Kind != trace.TCP {
		return time + " idle"
	}
	return time + " without a segment"
}

// waitsFor names the request that has no answer.
func waitsFor(n packet.Number) string {
	if n == 0 {
		return ""
	}
	return "'s answer to " + hash(n)
}
