package tui

import (
	"strconv"

	"tcplens/internal/text"
)

// hexPane shows the bytes that the selected field is in.
type hexPane struct {
	source int // index into detailPane.bytes
	cur    int // the byte under the cursor
	top    int // first row on the screen
	rows   int
}

// perRow is how many bytes a row has at some width.
func (p *hexPane) perRow(w int) int {
	if w < hexWidth-3 {
		return 8
	}
	return 16
}

// follow goes to the bytes of a field.
func (p *hexPane) follow(n *treeNode, w int) {
	if n == nil {
		p.source, p.cur, p.top = 0, 0, 0
		return
	}
	p.source = n.source
	if n.len > 0 || n.off > 0 {
		p.cur = n.off
	} else {
		return
	}
	p.reveal(w, n.off+max(n.len-1, 0))
}

// reveal scrolls so that the cursor is on the screen, and as much as possible of
// what follows it up to last.
func (p *hexPane) reveal(w, last int) {
	per := p.perRow(w)
	row, end := p.cur/per, last/per
	rows := max(p.rows, 1)
	if end >= p.top+rows {
		p.top = min(row, end-rows+1)
	}
	if row < p.top {
		p.top = row
	}
	if row >= p.top+rows {
		p.top = row - rows + 1
	}
}

// move puts the cursor d bytes further.
func (p *hexPane) move(d, w int, bytes []byteSource) {
	n := p.len(bytes)
	if n == 0 {
		return
	}
	to := p.cur + d
	if to < 0 || to >= n {
		if d == 1 || d == -1 {
			to = min(max(to, 0), n-1)
		} else if to < 0 {
			to = 0
		} else {
			to = n - 1
		}
	}
	p.cur = to
	p.reveal(w, to)
}

func (p *hexPane) len(bytes []byteSource) int {
	if p.source >= len(bytes) {
		return 0
	}
	return len(bytes[p.source].bytes)
}

// title names what is marked: "Bytes · Sequence Number, 4 bytes at 38".
func (p *hexPane) title(n *treeNode, bytes []byteSource, g *glyphs) string {
	t := "Bytes"
	if len(bytes) > 1 && p.source < len(bytes) {
		t = bytes[p.source].name + " (" + count(uint64(len(bytes[p.source].bytes)), "byte") + ")"
	}
	if n == nil {
		return t
	}
	name := n.name
	if name == "" || name == "Text" {
		name = n.label
	}
	t += " " + g.dot + " " + name
	if n.len > 0 {
		t += ", " + count(uint64(n.len), "byte") + " at " + strconv.Itoa(n.off)
	} else {
		t += ", no bytes of its own"
	}
	return t
}

// view draws the title and the rows.
func (p *hexPane) view(l *line, r rect, focused bool, n, layer *treeNode, bytes []byteSource) []string {
	out := make([]string, 0, r.h)
	out = append(out, titleLine(l, r.w, p.title(n, bytes, l.g), focused))
	if p.source >= len(bytes) {
		return p.blank(l, r, out)
	}
	data := bytes[p.source].bytes
	per := p.perRow(r.w)
	styleAt := func(i int) style {
		switch {
		case n != nil && n.source == p.source && n.len > 0 && i >= n.off && i < n.off+n.len:
			if n.typ == protoType {
				return sProto
			}
			return sField
		case layer != nil && layer.source == p.source && layer.proto != "frame" && i >= layer.off && i < layer.off+layer.len:
			return sLayer
		}
		return sText
	}
	for row := p.top; row < p.top+r.h-1; row++ {
		l.reset(r.w, gPlain)
		from := row * per
		if from >= len(data) {
			out = append(out, l.end())
			continue
		}
		l.put(sDim, hexOffset(from))
		l.space(1)
		for i := from; i < from+per; i++ {
			if i == from+8 {
				p.between(l, data, i, styleAt, 1)
			}
			if i >= len(data) {
				l.space(3)
				continue
			}
			p.between(l, data, i, styleAt, 1)
			st := styleAt(i)
			if i == p.cur && focused {
				st = sMatch
			}
			l.put(st, hexByte(data[i]))
		}
		l.space(3)
		for i := from; i < min(from+per, len(data)); i++ {
			if i == from+8 {
				l.space(1)
			}
			st := styleAt(i)
			if i == p.cur && focused {
				st = sMatch
			}
			l.put(st, dots[text.Dot(data[i])])
		}
		out = append(out, l.end())
	}
	return out
}

// between writes the space before byte i, in the style of a run that goes on.
func (p *hexPane) between(l *line, data []byte, i int, styleAt func(int) style, n int) {
	per := p.perRow(l.width)
	if i%per != 0 && i < len(data) {
		if a := styleAt(i - 1); a == styleAt(i) && a != sText {
			l.raw(l.t.sgr[a][l.on], blanks(n), n)
			return
		}
	}
	l.space(n)
}

func (p *hexPane) blank(l *line, r rect, out []string) []string {
	for len(out) < r.h {
		l.reset(r.w, gPlain)
		out = append(out, l.end())
	}
	return out
}

// byteAt finds the byte under a cell of the pane, −1 if there is none.
func (p *hexPane) byteAt(x, y int, r rect, bytes []byteSource) int {
	per := p.perRow(r.w)
	row := p.top + y - r.y - 1
	col := -1
	x -= r.x
	chars := 6 + 3*per + 3
	if per == 16 {
		chars++
	}
	switch {
	case x >= 6 && x < 6+24:
		col = (x - 6) / 3
	case per == 16 && x >= 31 && x < 31+24:
		col = 8 + (x-31)/3
	case x >= chars-1 && x < chars-1+per+1:
		col = x - (chars - 1)
		if col > 8 {
			col--
		}
	}
	if col < 0 || col >= per || y <= r.y {
		return -1
	}
	if i := row*per + col; i < p.len(bytes) {
		return i
	}
	return -1
}

func hexOffset(n int) string {
	s := strconv.FormatInt(int64(n), 16)
	for len(s) < 4 {
		s = "0" + s
	}
	return s
}

const hexDigits = "0123456789abcdef"

func hexByte(b byte) string {
	i := int(b) * 2
	return allHex[i : i+2]
}

// allHex and dots hold the two digits and the character of every byte.
var (
	allHex = func() string {
		b := make([]byte, 0, 512)
		for i := range 256 {
			b = append(b, hexDigits[i>>4], hexDigits[i&15])
		}
		return string(b)
	}()
	dots = func() (d [128]string) {
		for i := range d {
			d[i] = string(rune(i))
		}
		return d
	}()
)
