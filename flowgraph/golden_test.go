package flowgraph

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// golden holds got against a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}

func texts(lines []Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.Text + "\n")
	}
	return b.String()
}

func TestShapes(t *testing.T) {
	for _, sh := range shapes() {
		t.Run(sh.name, func(t *testing.T) {
			s := newScene(t)
			sh.make(s)
			got := texts(Render(s.graph(), Options{Width: 80}))
			wide := texts(Render(s.graph(), Options{Width: 120}))
			for _, w := range sh.words {
				if !strings.Contains(got+wide, w) {
					t.Errorf("the drawings lack %q", w)
				}
			}
			golden(t, sh.name+".txt", got)
			golden(t, sh.name+".wide.txt", wide)
		})
	}
}

func TestWidths(t *testing.T) {
	g := interfaceScene(t).graph()
	for name, o := range map[string]Options{
		"get.80.txt": {Width: 80}, "get.100.txt": {Width: 100}, "get.120.txt": {Width: 120}, "get.200.txt": {Width: 200},
		"get.60.txt": {Width: 60}, "get.40.txt": {Width: 40}, "get.20.txt": {Width: 20},
		"get.ascii.txt": {Width: 80, ASCII: true}, "get.delta.txt": {Time: Delta}, "get.absolute.txt": {Time: Absolute},
		"get.scale.txt": {Time: ToScale}, "get.acks.txt": {Fold: FoldACKs},
	} {
		golden(t, name, texts(Render(g, o)))
	}
	golden(t, "udp.txt", texts(Render(datagrams(t), Options{Width: 80})))
}

func TestLabels(t *testing.T) {
	ls := func(word, fixed string) []label { return []label{{word, fixed}, {word, ""}} }
	same := func(s string) string { return s }
	for _, c := range []struct {
		ls    []label
		width int
		want  string
	}{
		{ls("GET /", "64"), 14, "GET /  64"},
		{ls("Client Hello", "517"), 14, "Client Hello"},
		{ls("404 Not Found", "178"), 14, "404 Not Found"},
		{ls("Application Data", "1400"), 14, "Applica…  1400"},
		{ls("GET /a/long/way", "64"), 14, "GET /a/lo…  64"},
		{ls("GET /", "64"), 6, "GET /"},
		{ls("GET /", "64"), 4, "GET…"},
		{ls("", "SYN  0"), 4, ""},
		{[]label{{"Server Hello, Certificate", "1899"}, {"Server Hello, Certificate", ""}, {"Server Hello…", ""}}, 14, "Server Hello…"},
		{ls("词词词词词词词词", "64"), 9, "词词词词…"},
		{[]label{{"GET /a/long/way", "PSH, ACK  Seq=1"}, {"GET /a/long/way", "64"}, {"GET /a/long/way", ""}}, 31, "GET /a/long/w…  PSH, ACK  Seq=1"},
		{[]label{{"GET /a/long/way", "PSH, ACK  Seq=1"}, {"GET /a/long/way", "64"}, {"GET /a/long/way", ""}}, 21, "GET /a/long/way  64"},
	} {
		if got := choose(c.ls, c.width, same); got != c.want {
			t.Errorf("%q in %d cells is %q, want %q", c.ls[0].word, c.width, got, c.want)
		}
	}
}

func TestFormats(t *testing.T) {
	for _, name := range Formats() {
		f, err := ParseFormat(name)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		s := newScene(t)
		fastRetransmission(s)
		if err := Write(&b, s.graph(), f, Options{}); err != nil {
			t.Fatal(err)
		}
		golden(t, "format."+name, b.String())
	}
}
