package flowgraph

import (
	"fmt"
	"strconv"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// Field is a line of the detail of an arrow. A line that goes on has no name.
type Field struct{ Name, Value string }

// Detail tells everything about the i-th line below the head, for a pane beside the
// drawing: nothing is cut or left out. The values may hold what came from the wire
// and have to be made printable.
func (v *View) Detail(i int) (out []Field) {
	if i < 0 || i >= v.Len() {
		return nil
	}
	w := v.words(i)
	add := func(name, value string) {
		if value != "" {
			out = append(out, Field{name, value})
		}
	}
	if v.g.parts != nil {
		add("conversation", v.f.g.Name())
	}
	switch w.kind {
	case LineHeading:
		add(w.label, w.note)
		if w.note == "" {
			add("", w.label)
		}
		return out
	case LineIdle, LineSettled, LineEnd:
		add("", w.label)
		return out
	case LineLost:
		add("missing", count(w.item.bytes))
		add("", w.note)
		return out
	}
	g, e := w.graph, w.event
	first, last, n := v.f.packets(w.item)
	if n > 1 {
		add("packets", fmt.Sprintf("%s to %s, %d", hash(first), hash(last), n))
	} else {
		add("packet", hash(first))
	}
	add("time", w.time)
	add("since last", w.delta)
	add("from", g.roleAt(e.Dir))
	add("to", g.roleAt(e.Dir^1))
	if w.kind == LineFold {
		add("holds", w.label)
		add("ACKs", w.note)
		return out
	}
	g.segmentFields(e, v.o.Raw, add)
	for _, x := range g.notes(int(w.item.first), v.o.Raw) {
		if x.long != "" {
			name := "note"
			if x.problem {
				name = "problem"
			}
			add(name, x.long)
		}
	}
	if w.item.acks > 0 {
		add("then", answers(w.item))
	}
	return out
}

// segmentFields adds what a segment's header says.
func (g *Graph) segmentFields(e *event, raw bool, add func(name, value string)) {
	d := g.detail(e.Number)
	if e.Len > 0 {
		add("data", d.Word)
		add("answered", d.Answer)
		if d.Asked != 0 {
			add("answers", hash(d.Asked))
		}
	}
	if g.info.Kind != trace.TCP {
		add("payload", count(uint64(e.Len)))
		return
	}
	seq, ack := g.numbers(e, raw)
	number := func(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
	add("flags", flagText(e.Flags, false))
	add("seq", number(seq)+", next "+number(seq+e.Next()-e.Seq))
	if e.Flags&tcp.ACK != 0 {
		add("ack", number(ack))
	}
	add("payload", number(e.Len)+" bytes")
	add("window", number(e.Window)+" bytes")
	if e.InFlight > 0 {
		flight := number(e.InFlight) + " bytes"
		if e.room > 0 {
			flight += fmt.Sprintf(" of a window of %d, %d %%", e.room, uint64(e.InFlight)*100/uint64(e.room))
		}
		add("in flight", flight)
	}
	for _, s := range d.words(e) {
		add("option", s)
	}
	if e.Acks != 0 {
		add("acks", ackOf(e.Acks, e.rtt))
	}
	c := g.client()
	add(g.role(c), e.state[c].String())
	add(g.role(c^1), e.state[c^1].String())
}

// roleAt names an end with its address.
func (g *Graph) roleAt(dir uint8) string {
	if g.server() < 0 {
		return g.info.Node[dir].String()
	}
	return g.role(dir) + " " + g.info.Node[dir].String()
}

// ackOf says what is acknowledged, and after how long.
func ackOf(n packet.Number, rtt int64) string {
	if rtt <= 0 {
		return hash(n)
	}
	return hash(n) + " after " + brief(rtt)
}

// words lists the options that a segment carries.
func (d *Detail) words(e *event) (out []string) {
	if d.MSS != 0 {
		out = append(out, "MSS "+digits(int(d.MSS)))
	}
	if e.Flags&tcp.SYN != 0 {
		if d.Scale >= 0 {
			out = append(out, fmt.Sprintf("window scale %d (×%d)", d.Scale, 1<<d.Scale))
		}
		if d.Offer.SACK {
			out = append(out, "SACK permitted")
		}
	}
	if d.Timestamps {
		out = append(out, "timestamps")
	}
	switch {
	case d.Cookie:
		out = append(out, "Fast Open cookie")
	case d.AsksCookie:
		out = append(out, "Fast Open: asks for a cookie")
	}
	for _, b := range d.SACK {
		out = append(out, fmt.Sprintf("SACK %d to %d", b.Left, b.Right))
	}
	return out
}
