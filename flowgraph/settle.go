package flowgraph

import (
	"fmt"
	"strconv"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// Offer is what the options of a SYN, or of the SYN+ACK that answers it, say its
// end can do.
type Offer struct {
	MSS        uint16 // bytes that its end takes in a segment (RFC 9293 §3.7.1); 0: not said
	Scale      int8   // shift of its windows (RFC 7323 §2.2); −1: not offered
	SACK       bool   // RFC 2018 §2
	Timestamps bool   // RFC 7323 §3.2
	Cookie     bool   // a Fast Open cookie (RFC 7413 §4.1.1)
	AsksCookie bool
}

// offers gives what the two SYNs of a handshake offer, by node, and whether each
// was seen.
func (g *Graph) offers(s *section) (out [2]Offer, seen [2]bool) {
	for dir := range out {
		if i := s.synAt[dir] - 1; i >= 0 {
			out[dir], seen[dir] = g.detail(g.events[i].Number).Offer, true
		}
	}
	return out, seen
}

// settled says what a handshake has settled, in words: in full, and for where
// there is no room.
func (g *Graph) settled(s *section) (long, short string) {
	offer, seen := g.offers(s)
	if !seen[0] || !seen[1] {
		return "settled: unknown, the capture lacks a SYN", "settled: unknown"
	}
	c := g.client()
	a, b := offer[c], offer[c^1]
	add := func(l, s string) {
		long += l
		short += s
	}
	add("settled: "+g.segments(a, b, c), "settled: MSS "+two(size(a), size(b)))
	switch {
	case a.Scale >= 0 && b.Scale >= 0:
		x, y := "×"+digits(1<<a.Scale), "×"+digits(1<<b.Scale)
		if x == y {
			add(" · windows "+x, ", scale "+x)
		} else {
			add(fmt.Sprintf(" · windows of the %s %s, of the %s %s", g.role(c), x, g.role(c^1), y), ", scale "+x+"/"+y)
		}
	default:
		add(" · windows unscaled"+g.without(a.Scale >= 0, b.Scale >= 0, c), ", unscaled")
	}
	both := func(x, y bool, name, word string) {
		switch {
		case x && y:
			add(" · "+name, ", "+word)
		case x || y:
			add(" · no "+name+g.without(x, y, c), ", no "+word)
		default:
			add(" · no "+name, ", no "+word)
		}
	}
	both(a.SACK, b.SACK, "SACK", "SACK")
	both(a.Timestamps, b.Timestamps, "timestamps", "TS")
	if e := g.ecn(s); e != "" {
		add(" · "+e, ", "+e)
	}
	if t := g.fastOpen(s, a, b); t != "" {
		add(" · "+t, "")
	}
	return long, short
}

// size is the MSS of an offer as it counts.
func size(o Offer) string {
	if o.MSS == 0 {
		return "none"
	}
	return strconv.FormatUint(uint64(o.MSS), 10)
}

func two(a, b string) string {
	if a == b {
		return a
	}
	return a + "/" + b
}

// segments words the MSS: each end says what it takes.
func (g *Graph) segments(a, b Offer, client uint8) string {
	switch {
	case a.MSS == 0 && b.MSS == 0:
		return "no MSS said"
	case a.MSS == b.MSS:
		return "segments of up to " + size(a) + " bytes (MSS)"
	}
	word := func(o Offer) string {
		if o.MSS == 0 {
			return "the default size" // 536 bytes over IPv4, 1220 over IPv6 (RFC 9293 §3.7.1)
		}
		return size(o) + " bytes"
	}
	return fmt.Sprintf("segments of up to %s to the %s, %s to the %s (MSS)", word(a), g.role(client), word(b), g.role(client^1))
}

// without says which end did not offer something; empty if neither did.
func (g *Graph) without(a, b bool, client uint8) string {
	switch {
	case a && !b:
		return " (the " + g.role(client^1) + " does not)"
	case b && !a:
		return " (the " + g.role(client) + " did not offer it)"
	}
	return ""
}

// ecn says what the flags of the two SYNs settled about ECN (RFC 3168 §6.1.1, RFC
// 9768 §3.1); empty if it was not asked for.
func (g *Graph) ecn(s *section) string {
	const all = tcp.AE | tcp.CWR | tcp.ECE
	syn, answer := tcp.Flags(0), tcp.Flags(0)
	for _, at := range s.synAt {
		e := &g.events[at-1]
		if e.Flags&tcp.ACK == 0 {
			syn = e.Flags & all
		} else {
			answer = e.Flags & all
		}
	}
	switch {
	case syn&(tcp.CWR|tcp.ECE) != tcp.CWR|tcp.ECE:
		return ""
	case answer == tcp.ECE:
		return "ECN"
	case syn == all && answer != 0 && answer != all:
		return "accurate ECN"
	}
	return "no ECN"
}

// fastOpen says what became of TCP Fast Open (RFC 7413).
func (g *Graph) fastOpen(s *section, a, b Offer) string {
	switch {
	case s.tfo && s.took:
		return "Fast Open: the SYN's data was taken"
	case s.tfo && s.left:
		return "Fast Open: the SYN's data was not taken"
	case a.AsksCookie && b.Cookie:
		return "Fast Open: a cookie for the next time"
	case a.AsksCookie:
		return "Fast Open: asked for a cookie, got none"
	}
	return ""
}

// settledAt says whether event i ends a handshake of which something can be said.
func (g *Graph) settledAt(i int) bool {
	return g.lookup != nil && g.info.Kind == trace.TCP && g.events[i].bits&ready != 0
}

// ending says how the conversation stands where the capture ends; empty while it
// goes on, or when there is nothing to say.
func (g *Graph) ending() string {
	n := len(g.events)
	if n == 0 || g.info.End == 0 || g.info.Kind != trace.TCP {
		return ""
	}
	last := &g.events[n-1]
	later := " here"
	if ns := int64(g.info.End - last.Time); ns >= 1_000_000 {
		later = " " + span(ns) + " later"
	}
	for dir := range uint8(2) {
		if g.ends.State(dir) == tcp.TimeWait {
			// RFC 9293 §3.4.2: an MSL is 2 minutes; Linux waits 60 s in all.
			return "TIME_WAIT of the " + g.role(dir) + " (2 MSL): the capture ends" + later
		}
	}
	return g.unfinished("the capture ends"+later, last)
}

// unfinished words the end of a capture that lacks the end of its conversation.
func (g *Graph) unfinished(ends string, last *event) string {
	a, b := g.client(), g.client()^1
	x, y := g.ends.State(a), g.ends.State(b)
	gone := func(s tcp.State) bool { return s == tcp.Closed || s == tcp.Listen }
	switch {
	case gone(x) && gone(y):
		return ""
	case g.asking.on:
		return ends + ": no answer to the SYN"
	case x == tcp.StateUnknown || y == tcp.StateUnknown:
		return ends + ": nothing tells the states"
	case x == tcp.Established && y == tcp.Established:
		return ends + ": the connection is open"
	case gone(x):
		return ends + ": the " + g.role(b) + " is in " + y.String()
	case gone(y):
		return ends + ": the " + g.role(a) + " is in " + x.String()
	}
	return ends + ": the " + g.role(a) + " is in " + x.String() + ", the " + g.role(b) + " in " + y.String()
}

// waits writes the times between repeats: "1.02, 2.05 and 4.10 s".
func waits(times []packet.Time) string {
	out := ""
	for i := 1; i < len(times); i++ {
		switch {
		case i > 1 && i == len(times)-1:
			out += " and "
		case i > 1:
			out += ", "
		}
		out += strconv.FormatFloat(float64(times[i]-times[i-1])/1e9, 'f', 2, 64)
	}
	return out + " s"
}
