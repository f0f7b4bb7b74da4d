package flowgraph

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"tcplens/internal/text"
)

// Measures of an SVG drawing, in its units.
const (
	svgWidth  = 1300
	svgRow    = 26
	svgTime   = 90  // the time ends here
	svgDelta  = 165 // the time since the last segment ends here
	svgLeft   = 300
	svgRight  = 860
	svgNote   = 980
	svgHead   = 92
	svgLetter = 8   // width of a letter, about
	svgLane   = 220 // between two of several lanes
)

// svgStyle gives the drawing its look, on light and on dark ground.
const svgStyle = `<style>
text { font: 13px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #24292f; }
.ground { fill: #ffffff; }
.title { font-weight: bold; font-size: 15px; }
.heading { font-weight: bold; fill: #57606a; }
.time, .delta, .idle, .settled, .note { fill: #57606a; }
.problem { fill: #b35900; }
.label, .heading, .idle, .settled { stroke: #ffffff; stroke-width: 5px; paint-order: stroke; }
.lane { stroke: #8c959f; stroke-width: 1.5; }
.rule { stroke: #d0d7de; stroke-width: 1; }
.arrow { stroke: #24292f; stroke-width: 1.4; fill: none; }
.head { fill: #24292f; stroke: none; }
.data, .fold { stroke: #0969da; stroke-width: 3; }
.head.data, .head.fold { fill: #0969da; }
.ack { stroke: #57606a; stroke-dasharray: 3 4; }
.head.ack { fill: #57606a; }
.retransmission { stroke: #bc4c00; stroke-width: 3; stroke-dasharray: 12 3; }
.head.retransmission { fill: #bc4c00; }
.reset { stroke: #cf222e; stroke-width: 2; stroke-dasharray: 8 4; }
.head.reset { fill: #cf222e; }
.lost { stroke: #cf222e; stroke-width: 2; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.ground { fill: #0d1117; }
.heading, .time, .delta, .idle, .settled, .note { fill: #9198a1; }
.problem { fill: #f0a050; }
.label, .heading, .idle, .settled { stroke: #0d1117; }
.arrow { stroke: #e6edf3; }
.head { fill: #e6edf3; }
.data, .fold { stroke: #4493f8; }
.head.data, .head.fold { fill: #4493f8; }
.rule { stroke: #3d444d; }
}
</style>
`

// WriteSVG draws the graph as an SVG picture that needs nothing else.
func WriteSVG(w io.Writer, g *Graph, o Options) error {
	o.ASCII = false
	v := NewView(g, o)
	d := drawing{w: bufio.NewWriter(w), lanes: []int{svgLeft, svgRight}, note: svgNote, width: svgWidth}
	lanes := g.laneNames()
	if g.parts != nil {
		d.lanes = d.lanes[:0]
		for k := range lanes {
			d.lanes = append(d.lanes, svgLeft+k*svgLane)
		}
		d.note = d.lanes[len(lanes)-1] + 20
		d.width = d.note + svgWidth - svgNote + 120
	}
	height := svgHead + v.Len()*svgRow + 24
	title := g.Name() + "  " + strings.Join(present(g.Facts()), "  ")
	fmt.Fprintf(d.w, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">\n",
		d.width, height, d.width, height)
	fmt.Fprintf(d.w, "<title>%s</title>\n%s", escape(title), svgStyle)
	fmt.Fprintf(d.w, "<rect class=\"ground\" width=\"%d\" height=\"%d\"/>\n", d.width, height)
	d.text(16, 28, "title", "start", cut(title, svgWidth/8, text.Printable))
	for k, x := range d.lanes {
		room := 38
		if g.parts != nil {
			room = svgLane/svgLetter - 1
		}
		d.text(x, 62, "heading", "middle", cut(lanes[k], room, text.Printable))
		fmt.Fprintf(d.w, "<line class=\"lane\" x1=\"%d\" y1=\"74\" x2=\"%d\" y2=\"%d\"/>\n", x, x, height-12)
	}
	for i := range v.Len() {
		d.row(v.words(i), svgHead+i*svgRow)
	}
	fmt.Fprint(d.w, "</svg>\n")
	return d.w.Flush()
}

// drawing is an SVG being written, and where its columns are.
type drawing struct {
	w           *bufio.Writer
	lanes       []int
	note, width int
}

func (d *drawing) text(x, y int, class, anchor, s string) {
	if s != "" {
		fmt.Fprintf(d.w, "<text class=\"%s\" x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>\n", class, x, y, anchor, escape(s))
	}
}

// row draws one row whose middle is at y.
func (d *drawing) row(r row, y int) {
	base := y + 5
	switch r.kind {
	case LineHeading:
		s := r.label
		if r.note != "" {
			s += " · " + r.note
		}
		fmt.Fprintf(d.w, "<line class=\"rule\" x1=\"16\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n", y-svgRow/2+1, d.width-16, y-svgRow/2+1)
		d.text(16, base, "heading", "start", s)
		return
	case LineIdle, LineSettled, LineEnd:
		d.text(svgDelta+15, base, r.style.String(), "start", r.label)
		return
	}
	d.text(svgTime, base, "time", "end", r.time)
	d.text(svgDelta, base, "delta", "end", r.delta)
	d.text(svgLeft-10, base, "state", "end", r.left)
	d.text(svgRight+10, base, "state", "start", r.right)
	d.arrow(r, y)
	a, b := d.lanes[r.from], d.lanes[r.to]
	room := max((max(a, b)-min(a, b)-40)/svgLetter, 1)
	d.text((a+b)/2, y-4, "label", "middle", svgLabel(r, room))
	class := "note"
	if r.style == StyleLost || r.style == StyleRetransmission {
		class = "problem"
	}
	d.text(d.note, base, class, "start", cut(r.note, (d.width-d.note-10)/svgLetter, text.Printable))
}

// svgLabel shortens an arrow's label to room letters; its word is cut first.
func svgLabel(r row, room int) string {
	if s, ok := (label{r.word, r.fixed}).fit(room, text.Printable); ok && r.fixed != "" {
		return s
	}
	return cut(r.label, room, text.Printable)
}

// arrow draws a row's arrow: a line and a head, two heads for a retransmission, a
// cross where it was lost.
func (d *drawing) arrow(r row, y int) {
	sign := 1
	if !r.toward {
		sign = -1
	}
	from, to := d.lanes[r.from]+4*sign, d.lanes[r.to]-4*sign
	end := to - sign*8
	if r.style == StyleLost {
		end = to - sign*60
	}
	fmt.Fprintf(d.w, "<line class=\"arrow %s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n", r.style, from, y, end, y)
	if r.style == StyleLost {
		fmt.Fprintf(d.w, "<path class=\"arrow lost\" d=\"M%d %dl12 12m0 -12l-12 12\"/>\n", end-6, y-6)
		return
	}
	heads := 1
	if r.style == StyleRetransmission {
		heads = 2
	}
	for i := range heads {
		fmt.Fprintf(d.w, "<path class=\"head %s\" d=\"M%d %dl%d -6v12z\"/>\n", r.style, to-sign*i*10, y, -sign*12)
	}
}

// escape makes text fit for XML.
func escape(s string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(text.Printable(s))); err != nil {
		return "" // a strings.Builder does not fail
	}
	return b.String()
}
