package explain

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/pipeline"
	"tcplens/internal/trace"
)

// load reads a capture.
func load(t testing.TB, path string) *trace.Trace {
	t.Helper()
	p, err := pipeline.LoadFile(path, pipeline.Options{Name: filepath.Base(path)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p.Trace()
}

// lab lists the captures of the lab.
func lab(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "lab", "*.pcap"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d captures of the lab: %v", len(files), err)
	}
	return files
}

// holes is what a text looks like in which a value is missing.
var holes = regexp.MustCompile(`  |#0\b|<no value>|<nil>|%!|\(\)|[ (][,.;:)]| [，。；：、）]|[，、；：（][，。；：、）]|,,|\.\.[^.]|。。|：。|: ?\.|\{\{|\}\}|^[,.;:，。；：、)）]`)

// typed gives a paragraph with what can be typed in quotes: a comma is a key as well.
func typed(p Para) string {
	var b strings.Builder
	for _, r := range p {
		if r.Kind == Key {
			b.WriteString("`" + r.Text + "`")
		} else {
			b.WriteString(r.Text)
		}
	}
	return b.String()
}

func whole(t *testing.T, where string, x *Text) {
	t.Helper()
	if x.Empty() || x.Title == "" {
		t.Errorf("%s: nothing is said", where)
		return
	}
	for _, s := range x.Sections {
		if s.Title == "" || s.Source == "" || len(s.Paras) == 0 {
			t.Errorf("%s: %s is not whole: %+v", where, s.Key, s)
		}
		for _, p := range append(append([]Para{{{Text: s.Title}}}, s.Paras...), s.Look...) {
			if m := holes.FindString(typed(p)); m != "" {
				t.Errorf("%s: %s has a hole at %q in %q", where, s.Key, m, typed(p))
			}
		}
	}
}

// TestRealPackets writes every text with every packet of the lab's captures, and looks
// for values that are missing.
func TestRealPackets(t *testing.T) {
	for _, l := range Languages() {
		b := open(t, l)
		told := map[string]bool{}
		for _, path := range lab(t) {
			name := string(l) + " " + filepath.Base(path)
			tr := load(t, path)
			e := New(b, tr)
			r := tr.NewReader()
			for n := packet.Number(1); n <= tr.Snapshot().Last(); n++ {
				for _, x := range []*Text{e.Packet(n), e.Arrow(n)} {
					whole(t, name, x)
					for _, s := range x.Sections {
						told[s.Key] = true
					}
				}
				if n > 12 && n%9 != 0 {
					continue // a long transfer says the same again and again
				}
				type line struct {
					i      int
					abbrev string
				}
				var lines []line
				tree, _, err := r.Dissect(n, dissect.WantTree)
				if err != nil {
					t.Fatal(err)
				}
				i := 0
				tree.Walk(func(_, _ int, x *dissect.Node) bool {
					if x.Field != nil {
						lines = append(lines, line{i, x.Field.Abbrev})
					}
					i++
					return true
				})
				for _, x := range lines {
					if f := e.Field(n, x.i, x.abbrev); !f.Empty() {
						whole(t, name+" "+x.abbrev, f)
						told[f.Sections[0].Key] = true
					} else if p, _, _ := strings.Cut(x.abbrev, "."); b.Has(p) {
						t.Errorf("%s, packet %d: nothing is said of %s", name, n, x.abbrev)
					}
				}
				for _, k := range b.Keys() {
					if strings.HasPrefix(k, "lesson.") || strings.HasPrefix(k, "segment.") || strings.HasPrefix(k, "state.") {
						whole(t, name, e.Topic(k, n))
					}
				}
				for _, p := range []string{"handshake", "data", "teardown"} {
					if x := e.Phase(p, n); !x.Empty() {
						whole(t, name, x)
					}
				}
			}
			for i := range tr.Streams(trace.TCP) {
				whole(t, name, e.Flow(trace.TCP, uint32(i)))
			}
			for _, err := range e.errs {
				t.Errorf("%s: %v", name, err)
			}
			if t.Failed() {
				t.FailNow()
			}
		}
		for _, k := range []string{"segment.syn", "segment.refused", "segment.third", "tcp.analysis.duplicate_ack", "tcp.options.sack",
			"tls.handshake.type.1", "tls.handshake.type.16", "state.CLOSE_WAIT", "state.TIME_WAIT", "http"} {
			if !told[k] {
				t.Errorf("%s: %s was not tried with any packet", l, k)
			}
		}
	}
}

// TestWithoutPacket writes every text as `tcplens explain` does.
func TestWithoutPacket(t *testing.T) {
	for _, l := range Languages() {
		b := open(t, l)
		e := New(b, nil)
		for _, topic := range b.Topics() {
			x := e.Topic(topic.Key, 0)
			if x.Empty() || x.Title == "" {
				t.Errorf("%s: nothing is said of %s", l, topic.Key)
			}
			for _, s := range x.Sections {
				if len(s.Paras) == 0 && !strings.HasPrefix(s.Key, "segment.") {
					t.Errorf("%s: without a packet nothing is said of %s", l, s.Key)
				}
				for _, p := range append(s.Paras, s.Look...) {
					if m := holes.FindString(typed(p)); m != "" {
						t.Errorf("%s: %s has a hole at %q in %q", l, s.Key, m, typed(p))
					}
				}
			}
		}
		if len(e.errs) > 0 {
			t.Error(e.errs)
		}
	}
}

// TestNumbers holds what is said of the lab's request against its numbers.
func TestNumbers(t *testing.T) {
	e := New(open(t, English), load(t, filepath.Join("..", "..", "testdata", "lab", "http.pcap")))
	for _, c := range []struct {
		n    packet.Number
		want []string
	}{
		{1, []string{"asks the server", "number 0", "its first byte will be 1", "#2 answered after"}},
		{2, []string{"accepts the SYN of #1", "ACK 1 says"}},
		{3, []string{"confirms the server's SYN, #2"}},
		{4, []string{"The client sends 74 bytes: numbers 1–74", "#5 acknowledges them"}},
		{5, []string{"ACK 75 acknowledges bytes 1–74, which #4 carried", "the server may still receive 65,536 bytes"}},
	} {
		x := e.Arrow(c.n)
		all := ""
		for _, s := range x.Sections {
			for _, p := range s.Paras {
				all += p.String() + "\n"
			}
		}
		for _, w := range c.want {
			if !strings.Contains(all, w) {
				t.Errorf("packet %d: %q is not said in\n%s", c.n, w, all)
			}
		}
	}
}
