package flowgraph

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// An arrow as any of the exports has it.
type arrow struct {
	time  string
	right bool
	kind  string // lost, reset, retransmission, ack, other
	key   string // the numbers of a segment, what a fold holds, how much is missing
}

func (a arrow) String() string { return fmt.Sprintf("%s %v %s %q", a.time, a.right, a.kind, a.key) }

// told is what an export tells: its arrows, and the lines that are none.
type told struct {
	arrows []arrow
	lines  []string
}

var seqNumbers = regexp.MustCompile(`Seq=\d+( Ack=\d+)? Len=\d+`)
var lastNumber = regexp.MustCompile(`\d+$`)

// keyOf is what of a label every export must have: words may be cut.
func keyOf(label string) string {
	if s := seqNumbers.FindString(label); s != "" {
		return s
	}
	if s := lastNumber.FindString(label); s != "" {
		return s
	}
	return label
}

func kindOf(style Style, lost bool) string {
	switch {
	case lost || style == StyleLost:
		return "lost"
	case style == StyleReset || style == StyleRetransmission || style == StyleACK:
		return style.String()
	}
	return "other"
}

// readText takes apart what WriteText and WriteASCII write at a great width.
func readText(t *testing.T, s string, ascii bool) (d told) {
	lanes, cross, heads := "│░", "╳", "▶╳"
	if ascii {
		lanes, cross, heads = "|!", "X", ">X"
	}
	for i, l := range strings.Split(strings.TrimSuffix(s, "\n"), "\n") {
		switch trimmed := strings.TrimLeft(l, " "); {
		case i < 2:
			continue
		case strings.HasPrefix(l, "─ ") || strings.HasPrefix(l, "- "):
			d.lines = append(d.lines, strings.Trim(l, "─- "))
			continue
		case strings.HasPrefix(trimmed, "⋮  ") || strings.HasPrefix(trimmed, ":  ") || strings.HasPrefix(trimmed, "=  "):
			d.lines = append(d.lines, strings.TrimLeft(trimmed, "⋮:= "))
			continue
		}
		from := strings.IndexAny(l[1:], "│░")
		if ascii {
			from = strings.IndexAny(l[1:], lanes)
		}
		if from < 0 {
			t.Fatalf("no lane in %q", l)
		}
		rest := []rune(l[1+from:])[1:]
		to := slices.IndexFunc(rest, func(r rune) bool { return strings.ContainsRune(lanes, r) })
		if to < 0 {
			t.Fatalf("no arrow in %q", l)
		}
		shaft := string(rest[:to])
		label, bare := "", strings.Trim(shaft, " ")
		if i, k := strings.Index(bare, " "), strings.LastIndex(bare, " "); i >= 0 {
			label = strings.Trim(bare[i:max(k, i)], " ")
		}
		a := arrow{right: strings.ContainsAny(strings.TrimRight(shaft, " ")[max(len(strings.TrimRight(shaft, " "))-3, 0):], heads), key: keyOf(label)}
		if f := strings.Fields(l[:1+from]); len(f) > 0 && strings.Contains(f[0], ".") {
			a.time = f[0]
		}
		ends := strings.Replace(shaft, label, "", 1)
		switch {
		case strings.Contains(ends, cross):
			a.kind = "lost"
		case strings.ContainsAny(ends, "┅~"):
			a.kind = "reset"
		case strings.ContainsAny(ends, "═#"):
			a.kind = "retransmission"
		case strings.ContainsAny(ends, "╌."):
			a.kind = "ack"
		default:
			a.kind = "other"
		}
		d.arrows = append(d.arrows, a)
	}
	return d
}

func readMarkdown(t *testing.T, s string) (d told) {
	plain := func(s string) string {
		return regexp.MustCompile(`\\(.)`).ReplaceAllString(strings.TrimSpace(s), "$1")
	}
	for l := range strings.Lines(s) {
		switch {
		case strings.HasPrefix(l, "## "):
			d.lines = append(d.lines, plain(l[3:]))
		case strings.HasPrefix(l, "| ") && !strings.HasPrefix(l, "| No.") || strings.HasPrefix(l, "|  |"):
			cells := regexp.MustCompile(` \| | \|\n|\| `).Split(l, -1)
			if len(cells) < 8 {
				t.Fatalf("%d cells in %q", len(cells), l)
			}
			label := plain(cells[5])
			if cells[1] == "" && cells[2] == "" && !strings.ContainsAny(label, "▶◀╳") {
				d.lines = append(d.lines, strings.TrimPrefix(label, "⋮ "))
				continue
			}
			d.arrows = append(d.arrows, shortArrow(cells[2], label))
		}
	}
	return d
}

// shortArrow reads "━━ label ━━▶".
func shortArrow(time, s string) arrow {
	f := strings.Fields(s)
	head, tail := f[0], f[len(f)-1]
	a := arrow{time: time, right: strings.ContainsAny(tail, "▶╳"), key: keyOf(strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(s, head), " "), " "+tail)), kind: "other"}
	switch line := head + tail; {
	case strings.Contains(line, "╳"):
		a.kind = "lost"
	case strings.Contains(line, "┅"):
		a.kind = "reset"
	case strings.Contains(line, "═"):
		a.kind = "retransmission"
	case strings.Contains(line, "╌"):
		a.kind = "ack"
	}
	return a
}

func readMermaid(t *testing.T, s string) (d told) {
	entity := regexp.MustCompile(`#(\d+);`)
	plain := func(s string) string {
		return entity.ReplaceAllStringFunc(s, func(x string) string {
			n, _ := strconv.Atoi(x[1 : len(x)-1])
			return string(rune(n))
		})
	}
	message := regexp.MustCompile(`^    ([AB])(->>|-->>|-x|--x)([AB]): (.*)$`)
	clock := regexp.MustCompile(`^-?[0-9:]+\.\d{6} `)
	for l := range strings.Lines(s) {
		l = strings.TrimSuffix(l, "\n")
		if over, ok := strings.CutPrefix(l, "    Note over A,B: "); ok {
			d.lines = append(d.lines, plain(over))
			continue
		}
		m := message.FindStringSubmatch(l)
		if m == nil {
			continue
		}
		text := plain(m[4])
		a := arrow{right: m[1] == "A", kind: map[string]string{"->>": "other", "-->>": "ack", "-x": "lost", "--x": "reset"}[m[2]]}
		if m[1] == m[3] {
			t.Fatalf("an arrow from a lane to itself: %s", l)
		}
		if at := clock.FindString(text); at != "" {
			a.time, text = strings.TrimSpace(at), text[len(at):]
		}
		if rest, ok := strings.CutPrefix(text, "again: "); ok {
			a.kind, text = "retransmission", rest
		}
		if i := strings.LastIndex(text, " ("); i >= 0 && strings.HasSuffix(text, ")") {
			text = text[:i]
		}
		a.key = keyOf(text)
		d.arrows = append(d.arrows, a)
	}
	return d
}

func readSVG(t *testing.T, s string) (d told) {
	type row struct {
		arrow
		any bool
	}
	rows := map[int]*row{} // by the middle of the row
	at := func(y int) *row {
		if rows[y] == nil {
			rows[y] = &row{}
		}
		return rows[y]
	}
	var class string
	var y int
	for dec := xml.NewDecoder(strings.NewReader(s)); ; {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		switch x := tok.(type) {
		case xml.StartElement:
			attr := map[string]string{}
			for _, a := range x.Attr {
				attr[a.Name.Local] = a.Value
			}
			number := func(name string) int { n, _ := strconv.Atoi(attr[name]); return n }
			class, y = attr["class"], number("y")
			if x.Name.Local == "line" && strings.HasPrefix(class, "arrow") {
				r := at(number("y1"))
				r.any, r.right, r.kind = true, number("x1") < number("x2"), "other"
				for _, k := range []string{"lost", "reset", "retransmission", "ack"} {
					if strings.Contains(class, k) {
						r.kind = k
					}
				}
			}
		case xml.EndElement:
			class = ""
		case xml.CharData:
			switch class {
			case "time":
				at(y - 5).time = string(x)
			case "label":
				at(y + 4).key = keyOf(string(x))
			case "heading":
				if y > 62 {
					d.lines = append(d.lines, string(x))
				}
			case "idle", "settled":
				d.lines = append(d.lines, string(x))
			}
		}
	}
	var ys []int
	for y, r := range rows {
		if r.any {
			ys = append(ys, y)
		}
	}
	slices.Sort(ys)
	for _, y := range ys {
		d.arrows = append(d.arrows, rows[y].arrow)
	}
	return d
}

func readJSON(t *testing.T, s string) (d told) {
	var doc document
	if err := json.Unmarshal([]byte(s), &doc); err != nil {
		t.Fatal(err)
	}
	for _, r := range doc.Rows {
		switch r.Kind {
		case "heading":
			d.lines = append(d.lines, strings.Join(append([]string{r.Text}, r.Notes...), " · "))
		case "idle", "settled", "end":
			d.lines = append(d.lines, r.Text)
		default:
			a := arrow{right: *r.From < *r.To, key: keyOf(r.Text)}
			if r.Time != nil {
				a.time = seconds(*r.Time)
			}
			for s := range Style(len(styleNames)) {
				if s.String() == r.Arrow {
					a.kind = kindOf(s, r.Lost)
				}
			}
			if r.Kind == "missing" {
				a.kind = "lost"
			}
			if r.Seq != nil { // the numbers say the same as the text
				want := fmt.Sprintf("Seq=%d Len=%d", *r.Seq, *r.Len)
				if r.Ack != nil {
					want = fmt.Sprintf("Seq=%d Ack=%d Len=%d", *r.Seq, *r.Ack, *r.Len)
				}
				if a.key != want {
					t.Errorf("a row says %q, its numbers %q", a.key, want)
				}
			}
			d.arrows = append(d.arrows, a)
		}
	}
	return d
}

// agree writes a graph in all six forms and holds them to tell the same.
func agree(t *testing.T, g *Graph, fold Fold) {
	t.Helper()
	write := func(f Format) string {
		var b bytes.Buffer
		if err := Write(&b, g, f, Options{Width: 400, Fold: fold}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	want := readJSON(t, write(JSON))
	for _, x := range []struct {
		f   Format
		got told
	}{
		{Text, readText(t, write(Text), false)}, {ASCII, readText(t, write(ASCII), true)}, {Markdown, readMarkdown(t, write(Markdown))},
		{Mermaid, readMermaid(t, write(Mermaid))}, {SVG, readSVG(t, write(SVG))},
	} {
		if len(x.got.arrows) != len(want.arrows) {
			t.Errorf("%v has %d arrows, json %d", x.f, len(x.got.arrows), len(want.arrows))
			continue
		}
		for i, a := range want.arrows {
			if x.f == ASCII {
				a.key = toASCII(a.key)
			}
			if x.got.arrows[i] != a {
				t.Errorf("%v: arrow %d is %v, in json %v", x.f, i, x.got.arrows[i], a)
				break
			}
		}
		lines := want.lines
		if x.f == ASCII {
			lines = slices.Clone(lines)
			for i := range lines {
				lines[i] = toASCII(lines[i])
			}
		}
		if !slices.Equal(x.got.lines, lines) {
			t.Errorf("%v has the lines\n%q\njson\n%q", x.f, x.got.lines, lines)
		}
	}
}

func TestExportsAgree(t *testing.T) {
	for _, sh := range shapes() {
		s := newScene(t)
		sh.make(s)
		t.Run(sh.name, func(t *testing.T) { agree(t, s.graph(), FoldBulk) })
	}
	for seed := range uint64(20) {
		s := newScene(t)
		wild(s, rand.New(rand.NewPCG(seed, 11)), 150)
		t.Run("wild "+digits(int(seed)), func(t *testing.T) { agree(t, s.graph(), Fold(int(seed%3)-1)) })
	}
	agree(t, datagrams(t), FoldNone)
}
