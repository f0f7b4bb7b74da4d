package flowgraph

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/text"
)

// wild adds n segments of every kind, in and out of place.
func wild(s *scene, r *rand.Rand, n int) {
	us := int64(0)
	flags := []string{"A", "A", "A", "PA", "PA", "SA", "S", "FA", "R", "RA", "F", "", "PAU", "PFA"}
	next := [2]uint32{1, 1}
	s.handshake()
	for range n {
		dir := uint8(r.IntN(2))
		us += int64(r.IntN(1000)) * int64(r.IntN(3))
		if r.IntN(40) == 0 {
			us += int64(r.IntN(2_000_000))
		}
		length, seq := uint32(0), next[dir]
		if r.IntN(2) == 0 {
			length = uint32(r.IntN(1460))
		}
		switch r.IntN(20) {
		case 0:
			seq -= uint32(r.IntN(3000))
		case 1:
			seq += uint32(r.IntN(3000))
		case 2:
			seq--
			length = 0
		}
		f := "A"
		if r.IntN(6) == 0 {
			f = flags[r.IntN(len(flags))]
		}
		s.seg(10000+us, dir, f, seq, next[dir^1], length, window(uint16(r.IntN(5)*100)))
		if length > 0 && r.IntN(3) == 0 {
			s.say(strings.Repeat("词 →\x1b[31m", r.IntN(12)))
		}
		if end := seq + length; int32(end-next[dir]) > 0 {
			next[dir] = end
		}
	}
}

// check holds what is true of every drawing.
func check(t *testing.T, g *Graph, o Options) {
	t.Helper()
	width := o.Width
	if width == 0 {
		width = 80
	}
	count, next := 0, 0
	for i, l := range Render(g, o) {
		if w := text.Width(l.Text); w > width {
			t.Errorf("width %d: line %d has %d cells: %q", width, i, w, l.Text)
		}
		if l.Text != text.Printable(l.Text) {
			t.Errorf("line %d is not printable: %q", i, l.Text)
		}
		if o.ASCII && strings.IndexFunc(l.Text, func(r rune) bool { return r >= 0x80 }) >= 0 {
			t.Errorf("line %d is not ASCII: %q", i, l.Text)
		}
		end := 0
		for _, s := range l.Spans {
			if s.Start < end || s.End < s.Start || s.End > len(l.Text) {
				t.Fatalf("line %d: span %v is out of place in %q", i, s, l.Text)
			}
			end = s.End
		}
		if l.Count == 0 {
			continue
		}
		count += l.Count
		if l.First != g.Segment(next).Number || l.Last != g.Segment(next+l.Count-1).Number {
			t.Fatalf("line %d stands for packets %d to %d, not for %d to %d", i, l.First, l.Last,
				g.Segment(next).Number, g.Segment(next+l.Count-1).Number)
		}
		next += l.Count
	}
	if count != g.Len() {
		t.Errorf("fold %d: the lines stand for %d of %d segments", o.Fold, count, g.Len())
	}
}

func TestEverySegmentIsDrawnOnce(t *testing.T) {
	for seed := range uint64(25) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := newScene(t)
		wild(s, r, 20+r.IntN(120))
		g := s.graph()
		for _, width := range []int{1, 2, 5, 13, 20, 31, 40, 57, 66, 80, 95, 110, 120, 200, 400} {
			check(t, g, Options{Width: width, Fold: Fold(r.IntN(3) - 1), Time: TimeFormat(r.IntN(4)), ASCII: r.IntN(2) == 0})
		}
		v := NewView(g, Options{})
		for i := range g.Len() {
			n := g.Segment(i).Number
			if l := v.Line(max(v.Find(n), 0)); n < l.First || n > l.Last {
				t.Fatalf("packet %d is found on the line of %d to %d", n, l.First, l.Last)
			}
		}
		if v.Find(1<<30) != -1 {
			t.Error("a packet is found that does not exist")
		}
	}
}

// A view that grows shows what one made at the end does.
func TestGrowing(t *testing.T) {
	for seed := range uint64(18) {
		r := rand.New(rand.NewPCG(seed, 2))
		s := newScene(t)
		switch seed % 3 {
		case 0:
			bulk(s)
			fallthrough
		default:
			wild(s, r, 200)
		}
		o := Options{Fold: Fold(int(seed%3) - 1), Time: TimeFormat(seed % 4)}
		g := New(s.info(), s.lookup)
		v := NewView(g, o)
		for i := 0; i < len(s.segs); {
			n := min(1+r.IntN(30), len(s.segs)-i)
			g.Add(s.segs[i : i+n]...)
			i += n
			v.Update()
		}
		whole := NewView(s.graph(), o)
		if v.Len() != whole.Len() {
			t.Fatalf("seed %d: %d lines when grown, %d when made whole", seed, v.Len(), whole.Len())
		}
		for i := range v.Len() {
			if a, b := v.Line(i).Text, whole.Line(i).Text; a != b {
				t.Fatalf("seed %d: line %d is\n%s\nwhen grown, but\n%s\nwhen made whole", seed, i, a, b)
			}
		}
	}
}

func TestFoldsOpen(t *testing.T) {
	s := newScene(t)
	bulk(s)
	g := s.graph()
	folded := NewView(g, Options{})
	last := folded.Line(folded.Len() - 1)
	if last.Kind != LineFold || last.Count != 829+415 {
		t.Fatalf("the last line is no fold of the whole answer: %+v", last)
	}
	open := NewView(g, Options{Open: map[packet.Number]bool{last.First: true}})
	if open.Line(folded.Len()-1).Kind != LineArrow || open.Len() < folded.Len() {
		t.Error("the fold does not open")
	}
	if all := NewView(g, Options{Fold: FoldNone}); all.Len() != g.Len()+3 {
		t.Errorf("%d lines unfolded, want %d segments, two headings and what the handshake settled", all.Len(), g.Len())
	}
	if f := FoldACKs; f.More() != FoldACKs || f.Less() != FoldBulk || FoldNone.Less() != FoldNone {
		t.Error("folding steps out of its range")
	}
}

// A conversation of many segments is looked into for what is drawn only.
func TestLooksAtWhatIsDrawn(t *testing.T) {
	s := newScene(t)
	s.handshake()
	for i := range uint32(100_000) {
		s.seg(20000+int64(i), uint8(i/50%2), "A", 1+1460*(i/100*50+i%50), 1, 1460)
	}
	asked := 0
	g := Build(Input{Info: s.info(), Segments: s.segs, Lookup: func(packet.Number) Detail { asked++; return Detail{Word: "x"} }})
	v := NewView(g, Options{})
	for i := range 40 {
		v.Line(v.Len() - 1 - i)
	}
	v.Update()
	if asked > 40 {
		t.Errorf("%d packets were looked into to draw 40 lines", asked)
	}
}

func TestFormatsOfAnything(t *testing.T) {
	for seed := range uint64(9) {
		s := newScene(t)
		wild(s, rand.New(rand.NewPCG(seed, 3)), 100)
		formats(t, s.graph(), Options{Fold: Fold(int(seed%3) - 1), Time: TimeFormat(seed % 4)})
	}
}

// formats writes a graph in every form and holds what must be true of each.
func formats(t *testing.T, g *Graph, o Options) {
	t.Helper()
	var b bytes.Buffer
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(WriteSVG(&b, g, o))
	for d := xml.NewDecoder(&b); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the SVG is no XML: %v", err)
		}
	}
	b.Reset()
	must(WriteJSON(&b, g, o))
	var doc document
	must(json.Unmarshal(b.Bytes(), &doc))
	n := 0
	for _, r := range doc.Rows {
		n += r.Count
	}
	if n != g.Len() {
		t.Errorf("the JSON has %d of %d segments", n, g.Len())
	}
	b.Reset()
	must(WriteASCII(&b, g, o))
	if bytes.IndexFunc(b.Bytes(), func(r rune) bool { return r >= 0x80 || r < 0x20 && r != '\n' }) >= 0 {
		t.Error("the ASCII form has other characters")
	}
	for _, f := range []Format{Text, Markdown, Mermaid} {
		b.Reset()
		must(Write(&b, g, f, o))
		for line := range strings.Lines(b.String()) {
			if line = strings.TrimSuffix(line, "\n"); line != text.Printable(line) {
				t.Errorf("%v: not printable: %q", f, line)
			}
		}
	}
}

func TestParseFormat(t *testing.T) {
	if _, err := ParseFormat("pdf"); err == nil || !strings.Contains(err.Error(), "text, ascii, markdown, mermaid, svg, json") {
		t.Errorf("an unknown format says: %v", err)
	}
	if f, err := ParseFormat("md"); err != nil || f != Markdown {
		t.Errorf("md is %v, %v", f, err)
	}
}

func TestEmpty(t *testing.T) {
	g := New(Info{Kind: 1, Server: -1}, nil)
	if n := len(Render(g, Options{})); n != 2 {
		t.Errorf("an empty conversation has %d lines, want its two heads", n)
	}
	formats(t, g, Options{})
}

func TestTimes(t *testing.T) {
	for ns, want := range map[int64]string{
		0: "0 ns", 999: "999 ns", 1000: "1 µs", 999_499: "999 µs", 999_500: "1.0 ms", 2_457_000: "2.5 ms", 99_949_999: "99.9 ms",
		99_950_000: "100 ms", 999_500_000: "1.00 s", 9_990_000_000: "9.99 s", 99_900_000_000: "99.9 s", 599e9: "599 s", 3_600e9: "60 min",
		86_400e9: "24 h", 900_000e9: "10 d", -5_000: "-5 µs", -1 << 63: "–",
	} {
		if got := span(ns); got != want {
			t.Errorf("%d ns is %q, want %q", ns, got, want)
		}
	}
	for n, want := range map[uint64]string{0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.0 kB", 1_211_800: "1.2 MB", 999_999: "1.0 MB", 383_859: "384 kB"} {
		if got := count(n); got != want {
			t.Errorf("%d bytes are %q, want %q", n, got, want)
		}
	}
	if got := seconds(-1500); got != "-0.000001" {
		t.Errorf("a time that runs backwards is %q", got)
	}
}

func FuzzRender(f *testing.F) {
	f.Add([]byte("GET /"), uint16(80), uint64(7))
	f.Add([]byte("\x1b]0;x\a\u202e|`<&;#\n%"), uint16(33), uint64(1))
	f.Fuzz(func(t *testing.T, word []byte, width uint16, seed uint64) {
		s := newScene(t)
		r := rand.New(rand.NewPCG(seed, 4))
		wild(s, r, 40)
		for n := range s.words {
			s.words[n] = Detail{Word: string(word)}
		}
		for i := range s.segs { // and what no analysis would say
			if r.IntN(4) == 0 {
				s.segs[i].Verdict = tcp.Verdict(r.Uint32())
				s.segs[i].Seq, s.segs[i].Ack, s.segs[i].Len = r.Uint32(), r.Uint32(), r.Uint32()
				s.segs[i].Time = packet.Time(r.Uint64())
			}
		}
		g := s.graph()
		check(t, g, Options{Width: int(width % 300), Fold: Fold(r.IntN(3) - 1), Time: TimeFormat(r.IntN(4)), ASCII: r.IntN(2) == 0})
		formats(t, g, Options{})
	})
}

func ExampleRender() {
	s := newScene(nopTB{})
	s.seg(0, 0, "S", 0, 0, 0)
	s.seg(9000, 1, "RA", 0, 1, 0)
	for _, l := range Render(s.graph(), Options{Width: 80})[2:] {
		fmt.Println(l.Text)
	}
	// Output:
	// ─ handshake · refused: the server answers the SYN with a RST ───────────────────
	//  0.000000           SYN_SENT    │───── SYN  0 ─────▶│              MSS 1460
	//  0.009000   9.0 ms  CLOSED      │◀┅┅ RST, ACK  1 ┅┅┅│ CLOSED
}

type nopTB struct{ testing.TB }

func (nopTB) Helper() {}

func TestDetailTellsAll(t *testing.T) {
	s := newScene(t)
	fastRetransmission(s)
	v := NewView(s.graph(), Options{})
	all := ""
	for i := range v.Len() {
		for _, f := range v.Detail(i) {
			all += f.Name + ": " + f.Value + "\n"
		}
		all += "\n"
	}
	golden(t, "detail.txt", all)
	if v.Detail(-1) != nil || v.Detail(v.Len()) != nil {
		t.Error("there is detail of no line")
	}
}

func TestRawNumbers(t *testing.T) {
	s := newScene(t)
	s.handshake()
	s.seg(20000, 0, "PA", 1, 1, 64)
	g := s.graph()
	info := g.Info()
	info.Base = s.isn
	g.SetInfo(info)
	golden(t, "raw.120.txt", texts(Render(g, Options{Width: 120, Raw: true})))
	agree(t, g, FoldNone)
}
