package flowgraph

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"tcplens/internal/text"
	"tcplens/internal/trace"
)

// Format is a form that a graph can be written in.
type Format uint8

// The formats.
const (
	Text Format = iota
	ASCII
	Markdown
	Mermaid
	SVG
	JSON
)

var formatNames = [...]string{"text", "ascii", "markdown", "mermaid", "svg", "json"}

// String gives the name that ParseFormat knows.
func (f Format) String() string {
	if int(f) < len(formatNames) {
		return formatNames[f]
	}
	return "text"
}

// Formats lists the names of the formats.
func Formats() []string { return append([]string(nil), formatNames[:]...) }

// ParseFormat finds a format by its name; "md" is Markdown too.
func ParseFormat(name string) (Format, error) {
	for i, s := range formatNames {
		if strings.EqualFold(s, name) {
			return Format(i), nil
		}
	}
	if name == "md" {
		return Markdown, nil
	}
	return 0, fmt.Errorf("no format %q: it is one of %s", text.Printable(name), strings.Join(formatNames[:], ", "))
}

// Write writes the graph in a format, folded and timed as the options say.
func Write(w io.Writer, g *Graph, f Format, o Options) error {
	switch f {
	case ASCII:
		return WriteASCII(w, g, o)
	case Markdown:
		return WriteMarkdown(w, g, o)
	case Mermaid:
		return WriteMermaid(w, g, o)
	case SVG:
		return WriteSVG(w, g, o)
	case JSON:
		return WriteJSON(w, g, o)
	}
	return WriteText(w, g, o)
}

// WriteText writes what a View shows, line by line.
func WriteText(w io.Writer, g *Graph, o Options) error {
	v := NewView(g, o)
	b := bufio.NewWriter(w)
	for _, l := range v.Head() {
		b.WriteString(l.Text + "\n")
	}
	for i := range v.Len() {
		b.WriteString(v.Line(i).Text)
		if err := b.WriteByte('\n'); err != nil {
			return err
		}
	}
	return b.Flush()
}

// WriteASCII is WriteText without any byte beyond ASCII.
func WriteASCII(w io.Writer, g *Graph, o Options) error {
	o.ASCII = true
	return WriteText(w, g, o)
}

// row is one line of the drawing in words, for the formats that do not draw with
// characters.
type row struct {
	kind   LineKind
	style  Style
	time   string
	delta  string
	label  string
	word   string // the parts of an arrow's label
	fixed  string
	note   string
	left   string // state of the left end, if it changed
	right  string
	toward bool // to the right
	from   int  // lane
	to     int
	event  *event
	item   *item // nil for the line about the capture's end
	graph  *Graph
}

// words gives the i-th item in words: the full ones, as on a wide arrow.
func (v *View) words(i int) row {
	if i = v.pick(i); i == len(v.f.items) {
		return row{kind: LineEnd, style: StyleIdle, label: v.endText()}
	}
	g, it := v.f.g, &v.f.items[i]
	e := &g.events[it.first]
	r := row{kind: it.kind, event: e, item: it, graph: g}
	r.from, r.to = v.ends(e.Dir)
	r.toward = r.from < r.to
	switch it.kind {
	case LineHeading:
		s := &g.sections[it.sect]
		r.style, r.label, r.note = StyleHeading, v.of()+s.phase.String(), g.title(s)
		return r
	case LineIdle:
		r.style = StyleIdle
		if !it.blank {
			r.label = v.of() + g.quietText(int(it.first))
		}
		return r
	case LineSettled:
		r.style = StyleSettled
		r.label, _ = g.settled(&g.sections[it.sect])
		r.label = v.of() + r.label
		return r
	case LineLost:
		r.style, r.label, r.note = StyleLost, "gap  "+strconv.FormatUint(it.bytes, 10), g.gapNote(e).long
		return r
	case LineFold:
		r.style = it.style()
		r.label, r.note = g.foldText(it)
	default:
		r.style = e.style(g.info.Kind)
		if e.drawnLost() {
			r.style = StyleLost
		}
		l := g.labels(int(it.first), true, v.o.Raw)[0]
		r.word, r.fixed = l.word, l.fixed
		r.label = l.fixed
		if l.word != "" {
			r.label = strings.TrimSuffix(l.word+"  "+l.fixed, "  ")
		}
		var notes []string
		if v.g.parts != nil { // the lanes have no room beside them for states
			for node := range uint8(2) {
				if state := g.moved(e, node); state != "" {
					notes = append(notes, ":"+digits(int(g.info.Node[node].Port))+" "+state)
				}
			}
		}
		for _, n := range g.notes(int(it.first), v.o.Raw) {
			if n.long != "" {
				notes = append(notes, n.long)
			}
		}
		if it.acks > 0 {
			notes = append(notes, "+ "+answers(it))
		}
		r.note = strings.Join(notes, " · ")
		if v.g.parts == nil {
			r.left, r.right = g.moved(e, g.client()), g.moved(e, g.client()^1)
		}
	}
	r.time, r.delta = v.timeTexts(int(it.first))
	return r
}

// moved gives the state that a node changed to; empty if it did not change.
func (g *Graph) moved(e *event, node uint8) string {
	if g.info.Kind == trace.TCP && e.bits&(moved0<<node) != 0 {
		return e.state[node].String()
	}
	return ""
}

// laneNames gives what the lanes are called, from left to right.
func (g *Graph) laneNames() []string {
	if g.parts != nil {
		var out []string
		for i := range g.lanes {
			out = append(out, g.lanes[i].name())
		}
		return out
	}
	c := g.client()
	left, right := g.info.Node[c].String(), g.info.Node[c^1].String()
	if g.server() >= 0 {
		left, right = "client "+left, "server "+right
	}
	return []string{left, right}
}

// WriteMarkdown writes a heading, a line of facts and a table for each section.
func WriteMarkdown(w io.Writer, g *Graph, o Options) error {
	v := NewView(g, o)
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "# %s\n\n%s\n", g.Name(), markdown(strings.Join(present(g.Facts()), " · ")))
	lanes := g.laneNames()
	open := false
	for i := range v.Len() {
		r := v.words(i)
		if r.kind == LineHeading {
			title := r.label
			if r.note != "" {
				title += " · " + r.note
			}
			fmt.Fprintf(b, "\n## %s\n", markdown(title))
			open = false
			continue
		}
		if r.kind == LineIdle && r.label == "" {
			continue
		}
		if !open {
			open = true
			left, right := "From", "To"
			if g.parts == nil {
				left, right = markdown(lanes[0]), markdown(lanes[1])
			}
			fmt.Fprintf(b, "\n| No. | Time | Δ | %s | | %s | Note |\n|--:|--:|--:|:--|:--|:--|:--|\n", left, right)
		}
		no, label := "", r.label
		switch r.kind {
		case LineIdle, LineEnd:
			label = "⋮ " + label
		case LineSettled:
		default:
			first, last, n := v.f.packets(r.item)
			if g.parts != nil {
				r.left, r.right = markdown(lanes[r.from]), markdown(lanes[r.to])
				r.toward = true
			}
			if n > 0 {
				no = digits(int(first))
			}
			if n > 1 {
				no += "–" + digits(int(last))
			}
			label = v.arrowText(r.style, r.toward, label)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s |\n", no, r.time, markdown(r.delta), r.left, markdown(label), r.right, markdown(r.note))
	}
	return b.Flush()
}

// arrowText puts a label on a short arrow.
func (v *View) arrowText(style Style, right bool, label string) string {
	s := style.shaft(v.o.ASCII)
	line := s.line + s.line
	if right {
		return line + " " + label + " " + line + strings.TrimSpace(s.head)
	}
	return strings.TrimSpace(s.tail) + line + " " + label + " " + line
}

func present(in []string) (out []string) {
	for _, s := range in {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// markdown escapes what would be taken for markup.
func markdown(s string) string {
	var b strings.Builder
	for _, r := range text.Printable(s) {
		if strings.ContainsRune("\\`*_{}[]<>#|!~&$", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// WriteMermaid writes a sequence diagram as Mermaid draws it.
func WriteMermaid(w io.Writer, g *Graph, o Options) error {
	v := NewView(g, o)
	b := bufio.NewWriter(w)
	lanes := g.laneNames()
	fmt.Fprintf(b, "sequenceDiagram\n    %%%% %s\n", mermaid(g.Name()+"  "+strings.Join(present(g.Facts()), "  ")))
	for k, name := range lanes {
		fmt.Fprintf(b, "    participant %s as %s\n", participant(k), mermaid(name))
	}
	over := participant(0) + "," + participant(len(lanes)-1)
	for i := range v.Len() {
		r := v.words(i)
		switch r.kind {
		case LineHeading:
			title := r.label
			if r.note != "" {
				title += " · " + r.note
			}
			fmt.Fprintf(b, "    Note over %s: %s\n", over, mermaid(title))
			continue
		case LineIdle, LineSettled, LineEnd:
			if r.label != "" {
				fmt.Fprintf(b, "    Note over %s: %s\n", over, mermaid(r.label))
			}
			continue
		}
		from, to := participant(r.from), participant(r.to)
		label := r.label
		if r.style == StyleRetransmission {
			label = "again: " + label
		}
		if r.note != "" {
			label += " (" + r.note + ")"
		}
		if r.time != "" {
			label = r.time + " " + label
		}
		fmt.Fprintf(b, "    %s%s%s: %s\n", from, mermaidArrow(r), to, mermaid(label))
		if r.left != "" {
			fmt.Fprintf(b, "    Note left of A: %s\n", r.left)
		}
		if r.right != "" {
			fmt.Fprintf(b, "    Note right of B: %s\n", r.right)
		}
	}
	return b.Flush()
}

// participant is what a lane is called within the diagram: A, B …
func participant(k int) string { return strings.ToUpper(letters(uint32(k) + 1)) }

// mermaidArrow picks the arrow: dotted for pure ACKs, with a cross for what was
// lost or resets.
func mermaidArrow(r row) string {
	switch r.style {
	case StyleACK:
		return "-->>"
	case StyleLost:
		return "-x"
	case StyleReset:
		return "--x"
	}
	return "->>"
}

// mermaid takes away what ends a message or begins markup there.
func mermaid(s string) string {
	s = text.Printable(s)
	var b strings.Builder
	for _, r := range s {
		switch r {
		case ';', '#', '<', '>', '&', '%', '"', '`', '\\', '{', '}':
			fmt.Fprintf(&b, "#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
