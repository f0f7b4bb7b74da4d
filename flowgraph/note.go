package flowgraph

import (
	"slices"
	"strconv"
	"strings"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// note is a remark on a row: in full, and for where there is no room.
type note struct {
	long, short string
	problem     bool
	wide        bool // for wide drawings only
}

func digits(n int) string { return strconv.Itoa(n) }

func hash(n packet.Number) string { return "#" + strconv.FormatUint(uint64(n), 10) }

// number writes "1 segment", "830 segments".
func number(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return digits(n) + " " + what + "s"
}

// notes gives the remarks on event i, the most telling one first.
func (g *Graph) notes(i int, raw bool) (out []note) {
	e := &g.events[i]
	say := func(long, short string) { out = append(out, note{long: long, short: short}) }
	wide := func(long string) { out = append(out, note{long: long, wide: true}) }
	if g.info.Kind != trace.TCP {
		if e.think > 0 && int8(e.Dir) == g.server() {
			say("answer "+brief(e.think), "")
		}
		return out
	}
	out = g.problems(e)
	if e.Flags&(tcp.SYN|tcp.RST) == tcp.SYN {
		if mss := g.detail(e.Number).MSS; mss != 0 {
			if e.Flags&tcp.ACK == 0 {
				say("MSS "+digits(int(mss)), "")
			} else {
				wide("MSS " + digits(int(mss)))
				wide(acksText(e))
			}
		}
		return out
	}
	switch {
	case e.bits&firstFIN != 0 && e.Flags&tcp.RST == 0:
		say(g.role(e.Dir)+" first", g.short(e.Dir)+" first")
	case e.bits&opened != 0 && e.rtt > 0:
		say("RTT "+brief(e.rtt), "")
	case e.think > 0 && int8(e.Dir) == g.server():
		say("server "+brief(e.think), "")
	}
	if e.Len > 0 && e.Verdict&probing == 0 {
		n, _ := g.numbers(e, raw)
		seq := "Seq " + strconv.FormatUint(uint64(n), 10) + "→" + strconv.FormatUint(uint64(n+e.Len), 10)
		if e.bits&seqNote != 0 {
			say(seq, "")
		} else {
			wide(seq)
		}
	}
	if d := e.asked(g); d != 0 {
		wide("answers " + hash(d))
	}
	if e.Acks != 0 && e.Flags&(tcp.FIN|tcp.RST) == 0 && e.bits&opened == 0 {
		if e.Len == 0 {
			say(acksText(e), "")
		} else {
			wide(acksText(e))
		}
	}
	return out
}

// asked gives the packet of the request that a segment answers, 0 if it does not.
func (e *event) asked(g *Graph) packet.Number {
	if e.Len == 0 || g.lookup == nil {
		return 0
	}
	return g.detail(e.Number).Asked
}

// acksText says what a segment acknowledges; empty if nothing exactly.
func acksText(e *event) string {
	if e.Acks == 0 {
		return ""
	}
	return "acks " + hash(e.Acks)
}

// short is a role in a note without room.
func (g *Graph) short(dir uint8) string {
	return strings.TrimPrefix(g.role(dir), "end ")
}

// problems gives the remarks on what the analysis says of an event.
func (g *Graph) problems(e *event) (out []note) {
	bad := func(long, short string) { out = append(out, note{long: long, short: short, problem: true}) }
	fine := func(long, short string) { out = append(out, note{long: long, short: short}) }
	v := e.Verdict
	of, join := "", ""
	if e.pair != 0 {
		join = "╳" + letters(e.pair) + " "
	}
	if e.peer != 0 {
		of = " of " + hash(e.peer)
	}
	again := func(kind, short string) {
		if of == "" {
			bad(kind+", the first one was not seen", short)
			return
		}
		bad(join+kind+of, join+short+" "+hash(e.peer))
	}
	switch {
	case v&tcp.FastRetransmission != 0:
		again("fast retransmission", "fast")
	case v&tcp.SpuriousRetransmission != 0:
		again("spurious retransmission", "spurious")
	case e.bits&synRepeat != 0:
		again("SYN again: retransmission", "again")
	case v&tcp.Retransmission != 0 && e.repeat():
		again("retransmission", "again")
	case v&tcp.OutOfOrder != 0:
		bad("out of order", "out of order")
	}
	if v&tcp.ReusedPorts != 0 {
		fine("ports reused", "ports reused")
	}
	if e.bits&lost != 0 {
		what := "lost: sent again in "
		if !e.drawnLost() {
			what = "sent again in "
		}
		bad(join+what+hash(e.again), join+"see "+hash(e.again))
	}
	if v&tcp.LostSegment != 0 && e.gap == 0 {
		bad("segment before it not captured", "gap before")
	}
	if v&tcp.AckLostSegment != 0 {
		bad("acks a segment that was not captured", "acks unseen")
	}
	if v&tcp.WindowFull != 0 {
		bad("window full", "window full")
	}
	switch {
	case v&tcp.ZeroWindowProbe != 0:
		fine("zero window probe", "window probe")
	case v&tcp.ZeroWindowProbeAck != 0:
		fine("zero window probe ACK", "probe ACK")
	}
	if v&tcp.ZeroWindow != 0 {
		bad("zero window", "zero window")
	}
	switch {
	case e.probesAsKeepAlive():
		fine("window probe in the form of a keep-alive", "window probe")
	case v&tcp.KeepAlive != 0:
		fine("keep-alive", "keep-alive")
	case v&tcp.KeepAliveAck != 0:
		fine("keep-alive ACK", "keep-alive ok")
	case v&tcp.DuplicateAck != 0:
		if hole := g.hole(e); hole != "" {
			out = append(out, note{long: hole, problem: true, wide: true})
		}
		bad("dup ack #"+strconv.FormatUint(uint64(e.DupAck), 10)+" of "+hash(e.DupAckOf), "dup ack #"+strconv.FormatUint(uint64(e.DupAck), 10))
	case v&tcp.WindowUpdate != 0:
		after := ""
		if e.shut > 0 {
			after = ", closed for " + span(e.shut)
		}
		fine("window update: "+count(uint64(e.Window))+after, "window "+scaled(float64(e.Window), 1000, []string{"B", "kB", "MB", "GB"}))
	}
	return out
}

// probesAsKeepAlive says whether what looks like a keep-alive probes a closed window.
func (e *event) probesAsKeepAlive() bool {
	return e.Verdict&tcp.KeepAlive != 0 && e.bits&(shut0<<(e.Dir^1)) != 0
}

// letters names a pair: a, b … z, aa, ab …
func letters(n uint32) string {
	out := ""
	for ; n > 0; n = (n - 1) / 26 {
		out = string(rune('a'+(n-1)%26)) + out
	}
	return out
}

// hole says what the SACK blocks of an ACK show to be missing (RFC 2018 §3): the
// bytes between what is acknowledged and the blocks behind.
func (g *Graph) hole(e *event) string {
	blocks := g.detail(e.Number).SACK
	if len(blocks) == 0 {
		return ""
	}
	blocks = slices.Clone(blocks)
	slices.SortFunc(blocks, func(a, b tcp.Block) int { return int(int32(a.Left - b.Left)) })
	missing, holes, at := uint64(0), 0, e.Ack
	for _, b := range blocks {
		if n := int32(b.Left - at); n > 0 {
			missing += uint64(n)
			holes++
		}
		if int32(b.Right-at) > 0 {
			at = b.Right
		}
	}
	if holes == 0 {
		return ""
	}
	return "hole of " + count(missing)
}

// gapNote says what became of the bytes missing before an event.
func (g *Graph) gapNote(e *event) note {
	if e.fill != 0 {
		return note{long: "comes late: " + hash(e.fill), short: "late: " + hash(e.fill), problem: true}
	}
	return note{long: "not captured", short: "not captured", problem: true}
}
