package flowgraph

import (
	"strconv"
	"strings"

	"tcplens/internal/tcp"
	"tcplens/internal/text"
	"tcplens/internal/trace"
)

// shaft is how an arrow is drawn.
type shaft struct {
	style      Style
	line       string
	head, tail string // the head to the right, and to the left
}

// shafts of each kind of arrow, by style; plain are those in ASCII.
func (s Style) shaft(ascii bool) shaft {
	if ascii {
		switch s {
		case StyleData:
			return shaft{s, "=", ">", "<"}
		case StyleACK:
			return shaft{s, ".", ">", "<"}
		case StyleRetransmission:
			return shaft{s, "#", ">>", "<<"}
		case StyleReset:
			return shaft{s, "~", ">", "<"}
		case StyleLost:
			return shaft{s, "=", "X  ", "  X"}
		}
		return shaft{s, "-", ">", "<"}
	}
	switch s {
	case StyleData:
		return shaft{s, "━", "▶", "◀"}
	case StyleACK:
		return shaft{s, "╌", "▶", "◀"}
	case StyleRetransmission:
		return shaft{s, "═", "▶▶", "◀◀"}
	case StyleReset:
		return shaft{s, "┅", "▶", "◀"}
	case StyleLost:
		return shaft{s, "━", "╳  ", "  ╳"}
	}
	return shaft{s, "─", "▶", "◀"}
}

// style says what kind of arrow an event is.
func (e *event) style(kind trace.Kind) Style {
	switch {
	case kind != trace.TCP:
		return StyleData
	case e.Flags&tcp.RST != 0:
		return StyleReset
	case e.repeat():
		return StyleRetransmission
	case e.Len > 0:
		return StyleData
	case e.Flags&(tcp.SYN|tcp.FIN) == 0 && e.Flags&tcp.ACK != 0 && e.bits&opened == 0 && !closing(e):
		return StyleACK
	}
	return StyleControl
}

// repeat says whether an event carries again what was sent before. A SYN+ACK that
// follows a SYN does not, although the analysis takes it for a retransmission.
func (e *event) repeat() bool {
	if e.Flags&tcp.SYN != 0 {
		return e.bits&synRepeat != 0
	}
	return e.Verdict&repeats != 0
}

// drawnLost says whether an event is drawn as lost. A SYN is not: it may have come,
// and its answer may be what was lost, or there was none.
func (e *event) drawnLost() bool { return e.bits&lost != 0 && e.Flags&tcp.SYN == 0 }

// closing says whether a segment is an ACK of the teardown: the ends are going.
func closing(e *event) bool {
	return e.bits&(moved0|moved1) != 0 && (e.state[0] >= tcp.FinWait1 || e.state[0] == tcp.Closed ||
		e.state[1] >= tcp.FinWait1 || e.state[1] == tcp.Closed)
}

// flagNames are in the order of the Info column (R50).
var flagNames = [...]struct {
	bit  tcp.Flags
	name string
}{{tcp.FIN, "FIN"}, {tcp.SYN, "SYN"}, {tcp.RST, "RST"}, {tcp.PSH, "PSH"}, {tcp.ACK, "ACK"}, {tcp.URG, "URG"}}

// flagText names the flags; control is only those that control a connection, as a
// narrow arrow has them.
func flagText(f tcp.Flags, control bool) string {
	var b strings.Builder
	for i, x := range flagNames {
		if control && i == 0 {
			// SYN, FIN and RST come first in either order; only PSH and URG are left out.
			f &^= tcp.PSH | tcp.URG
		}
		if f&x.bit == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(x.name)
	}
	if b.Len() == 0 {
		return "no flags"
	}
	return b.String()
}

// label is what stands on an arrow: a word that may be cut, and a part that may not.
type label struct{ word, fixed string }

// labels gives the labels of event i, the fullest first.
func (g *Graph) labels(i int, wide, raw bool) []label {
	e := &g.events[i]
	length := strconv.FormatUint(uint64(e.Len), 10)
	w := ""
	if e.Len > 0 {
		d := g.detail(e.Number)
		if w = d.Word; w != "" && d.Answer != "" {
			w += " → " + d.Answer
		}
	}
	if g.info.Kind != trace.TCP {
		return []label{{w, length}}
	}
	short := label{w, length}
	if e.Len == 0 || e.Flags&(tcp.SYN|tcp.FIN|tcp.RST) != 0 {
		short = label{"", flagText(e.Flags, true) + "  " + g.keyNumber(e, raw)}
	}
	if e.Len > 0 {
		if short = (label{w, length}); w == "" {
			short.word = "data"
		}
		if control := e.Flags & (tcp.SYN | tcp.FIN | tcp.RST); control != 0 {
			short.word += ", " + flagText(control, true)
		}
	}
	bare := label{word: short.word} // where not even the number has room
	if e.Len == 0 {
		bare.word, _, _ = strings.Cut(short.fixed, "  ")
	}
	head := bare // of a list, its first item
	if first, _, more := strings.Cut(w, ", "); more {
		head.word = first + "…"
	}
	if !wide {
		return []label{short, bare, head}
	}
	seq, ack := g.numbers(e, raw)
	full := flagText(e.Flags, false) + "  Seq=" + strconv.FormatUint(uint64(seq), 10)
	if e.Flags&tcp.ACK != 0 {
		full += " Ack=" + strconv.FormatUint(uint64(ack), 10)
	}
	full += " Len=" + length
	return []label{{w, full}, short, bare, head}
}

// numbers gives the sequence and the acknowledgment number of an event: relative to
// each end's first one (R12), or as they are on the wire.
func (g *Graph) numbers(e *event, raw bool) (seq, ack uint32) {
	if !raw {
		return e.Seq, e.Ack
	}
	seq, ack = e.Seq+g.info.Base[e.Dir], e.Ack
	if e.Flags&tcp.ACK != 0 {
		ack += g.info.Base[e.Dir^1]
	}
	return seq, ack
}

// keyNumber is the one number that a narrow arrow without data has: what is
// acknowledged, or where a SYN, FIN or RST stands.
func (g *Graph) keyNumber(e *event, raw bool) string {
	n, ack := g.numbers(e, raw)
	if e.Flags&tcp.ACK != 0 && e.Flags&(tcp.FIN|tcp.RST) == 0 {
		n = ack
	}
	return strconv.FormatUint(uint64(n), 10)
}

// fit gives the label's text in at most width cells: whole, or with its word cut,
// or without it; and false when not even that has room.
func (l label) fit(width int, clean func(string) string) (string, bool) {
	word, fixed := clean(l.word), clean(l.fixed)
	room := width - text.Width(fixed)
	switch {
	case room < 0:
		return "", false
	case fixed == "":
		return cut(word, width, clean), width > 1
	case word == "" || room < 2+3:
		return fixed, true
	}
	return cut(word, room-2, clean) + "  " + fixed, true
}

// longLabel is how long the part of a label must be that says much beside the word.
const longLabel = len("ACK  Seq=0")

// How many cells of a word must be left: beside a long label, and beside a short one.
const (
	muchOfWord = 14
	someOfWord = 7
)

// choose gives the first of labels that fits whole, else the first one of whose word
// enough is left when it is cut, else the one that keeps most of it. One that says
// much beside its word is taken with the word cut at once, if a good deal is left.
func choose(ls []label, width int, clean func(string) string) string {
	best, fallback, most := "", "", -1
	for i, l := range ls {
		s, ok := l.fit(width, clean)
		if !ok {
			continue
		}
		word, fixed := clean(l.word), clean(l.fixed)
		if word == "" || strings.HasPrefix(s, word) {
			return s
		}
		left, much := text.Width(s)-text.Width(fixed)-2, len(fixed) >= longLabel
		switch {
		case i == 0 && much && left >= muchOfWord:
			return s
		case best == "" && !much && left >= someOfWord:
			best = s
		}
		if left > most {
			fallback, most = s, left
		}
	}
	if best == "" {
		return fallback
	}
	return best
}

// cut shortens s to width cells; clean makes the mark of what was cut fit for the
// character set.
func cut(s string, width int, clean func(string) string) string {
	if text.Width(s) <= width {
		return s
	}
	if width <= 0 {
		return ""
	}
	mark := clean("…")
	return strings.TrimRight(text.Cut(s, width-text.Width(mark)+1), "…") + mark
}
