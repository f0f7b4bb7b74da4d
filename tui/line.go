package tui

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// line builds one line of the screen: exactly as wide as asked, in pieces of one
// style each. It is used again for every line of a frame.
type line struct {
	b     strings.Builder
	t     *theme
	g     *glyphs
	width int // cells to fill
	used  int // cells written
	on    ground
	fill  style  // of blanks
	last  string // the escape sequence in force
}

func (l *line) reset(width int, on ground) {
	l.width, l.used, l.on, l.fill = width, 0, on, sText
}

// put writes s in a style, as much of it as fits.
func (l *line) put(st style, s string) {
	room := l.width - l.used
	if room <= 0 || s == "" {
		return
	}
	s = l.g.text(s)
	w := cells(s)
	if w > room {
		s = l.g.cut(s, room)
		w = cells(s)
	}
	l.raw(l.t.sgr[st][l.on], s, w)
}

// fit writes s in exactly w cells.
func (l *line) fit(st style, s string, w int) {
	s = l.g.cut(l.g.text(s), w)
	n := cells(s)
	l.put(st, s)
	l.space(w - n)
}

// right writes s in exactly w cells, at their right end.
func (l *line) right(st style, s string, w int) {
	s = l.g.cut(l.g.text(s), w)
	l.space(w - cells(s))
	l.put(st, s)
}

func (l *line) space(n int) {
	n = min(n, l.width-l.used)
	if n > 0 {
		l.raw(l.t.sgr[l.fill][l.on], blanks(n), n)
	}
}

// rule fills with the character of title lines up to column to.
func (l *line) rule(st style, to int) {
	if n := min(to, l.width) - l.used; n > 0 {
		l.raw(l.t.sgr[st][l.on], strings.Repeat(l.g.rule, n), n)
	}
}

// to writes spaces up to column x.
func (l *line) to(x int) { l.space(x - l.used) }

func (l *line) raw(sgr, s string, w int) {
	if sgr != l.last {
		if l.last != "" {
			l.b.WriteString(sgrReset)
		}
		l.b.WriteString(sgr)
		l.last = sgr
	}
	l.b.WriteString(s)
	l.used += w
}

// end fills the line up and gives it.
func (l *line) end() string {
	l.space(l.width - l.used)
	if l.last != "" {
		l.b.WriteString(sgrReset)
		l.last = ""
	}
	s := l.b.String()
	l.b.Reset()
	return s
}

// frame is the screen while it is being put together: one string a line.
type frame struct {
	lines []string
	used  []int // cells
}

func newFrame(h int) *frame { return &frame{make([]string, h), make([]int, h)} }

// place puts lines into a rectangle. What stands left of it must have been placed
// before; a gap is filled with bars.
func (f *frame) place(r rect, lines []string, gap string) {
	for i := range min(r.h, len(lines)) {
		y := r.y + i
		if y >= len(f.lines) {
			return
		}
		if n := r.x - f.used[y]; n > 0 {
			f.lines[y] += strings.Repeat(gap, n)
		}
		f.lines[y] += lines[i]
		f.used[y] = r.x + r.w
	}
}

// over replaces whole lines from y on.
func (f *frame) over(y int, lines []string) {
	for i, s := range lines {
		if y+i >= 0 && y+i < len(f.lines) {
			f.lines[y+i] = s
		}
	}
}

const manyBlanks = "                                                                                                    "

func blanks(n int) string {
	if n <= len(manyBlanks) {
		return manyBlanks[:n]
	}
	return strings.Repeat(" ", n)
}

// cells is the number of terminal cells of s.
func cells(s string) int {
	n := 0
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			n++
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if !narrow(r) {
			return ansi.StringWidth(s)
		}
		n++
		i += size
	}
	return n
}

// narrow tells characters beyond ASCII that take one cell everywhere and never
// join with others: those that tcplens itself writes, and Latin letters. For all
// others the slower tables are asked.
func narrow(r rune) bool {
	return r >= 0xa1 && r < 0x300 && r != 0xad || r >= 0x2010 && r <= 0x2027 || r >= 0x2190 && r <= 0x21ff || r >= 0x2500 && r <= 0x25ff
}

// head gives as much of s as fits into w cells.
func head(s string, w int) string {
	n := 0
	for i := 0; i < len(s); {
		size := 1
		if s[i] >= utf8.RuneSelf {
			var r rune
			if r, size = utf8.DecodeRuneInString(s[i:]); !narrow(r) {
				return ansi.Truncate(s, w, "")
			}
		}
		if n == w {
			return s[:i]
		}
		n++
		i += size
	}
	return s
}

// cut shortens s to at most w cells, with an ellipsis where something was cut.
func (g *glyphs) cut(s string, w int) string {
	switch {
	case w <= 0:
		return ""
	case cells(s) <= w:
		return s
	}
	return head(s, w-1) + g.ellipsis
}

// cutMiddle shortens an address so that both its ends stay.
func (g *glyphs) cutMiddle(s string, w int) string {
	if len(s) <= w || w < 5 {
		return g.cut(s, w)
	}
	tail := (w - 1) / 2
	return s[:w-1-tail] + g.ellipsis + s[len(s)-tail:]
}

// text makes s fit for the terminal: with --ascii, what is beyond ASCII is
// written in other words.
func (g *glyphs) text(s string) string {
	if !g.ascii {
		return s
	}
	clean := true
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
			b.WriteRune(r)
		case r == '→':
			b.WriteString("->")
		case r == '←':
			b.WriteString("<-")
		case r == '⇄', r == '↔':
			b.WriteString("<->")
		case r == '…':
			b.WriteString("...")
		case r == '·', r == '—', r == '–', r == '─':
			b.WriteByte('-')
		case r == 'µ', r == 'μ':
			b.WriteByte('u')
		case r == '−':
			b.WriteByte('-')
		case r == '\u00a0':
			b.WriteByte(' ')
		case r == '§':
			b.WriteString("section ")
		case r == '×', r == '✓':
			b.WriteByte('x')
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}

// around splits what is typed in a prompt at its cursor.
func around(s []rune, at int) (before, after string) {
	at = min(max(at, 0), len(s))
	return string(s[:at]), string(s[at:])
}
