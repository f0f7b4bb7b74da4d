package tui

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tcplens/internal/follow"
	"tcplens/internal/packet"
	"tcplens/internal/pipeline"
	"tcplens/internal/trace"
)

// wire writes a capture of one conversation between 10.0.0.1:40000 and 10.0.0.2:9999.
type wire struct {
	b   bytes.Buffer
	n   packet.Number
	seq [2]uint32
	udp bool
}

func newWire(udp bool) *wire {
	w := &wire{udp: udp}
	w.b.Write([]byte{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0}) // raw IP
	if !udp {
		w.segment(0, 0x02, 0, nil)
		w.segment(1, 0x12, 0, nil)
		w.seq = [2]uint32{1, 1}
		w.segment(0, 0x10, 1, nil)
	}
	return w
}

// send sends data in order.
func (w *wire) send(dir int, data string) {
	w.segment(dir, 0x18, w.seq[dir], []byte(data))
	w.seq[dir] += uint32(len(data))
}

// segment sends a segment at some place.
func (w *wire) segment(dir int, flags byte, seq uint32, data []byte) {
	p := make([]byte, 20, 40+len(data))
	p[0], p[8], p[9] = 0x45, 64, 6
	copy(p[12:], []byte{10, 0, 0, byte(1 + dir), 10, 0, 0, byte(2 - dir)})
	ports := [2]uint16{40000, 9999}
	p = binary.BigEndian.AppendUint16(p, ports[dir])
	p = binary.BigEndian.AppendUint16(p, ports[1-dir])
	if w.udp {
		p[9] = 17
		p = binary.BigEndian.AppendUint16(p, uint16(8+len(data)))
		p = append(p, 0, 0)
	} else {
		p = binary.BigEndian.AppendUint32(p, 1000+seq)
		p = binary.BigEndian.AppendUint32(p, 1000+w.seq[1-dir])
		p = append(p, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0)
	}
	p = append(p, data...)
	binary.BigEndian.PutUint16(p[2:], uint16(len(p)))
	w.n++
	at := uint32(w.n) * 10_000
	head := []uint32{1_700_000_000 + at/1_000_000, at % 1_000_000, uint32(len(p)), uint32(len(p))}
	w.b.Write(binary.LittleEndian.AppendUint32(nil, head[0]))
	for _, v := range head[1:] {
		w.b.Write(binary.LittleEndian.AppendUint32(nil, v))
	}
	w.b.Write(p)
}

// trace reads the capture.
func (w *wire) trace(t testing.TB) *trace.Trace {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made.pcap")
	if err := os.WriteFile(path, w.b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.LoadFile(path, pipeline.Options{Name: "made.pcap"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p.Trace()
}

// indexed opens a conversation in some form and indexes all of it.
func indexed(t testing.TB, tr *trace.Trace, kind trace.Kind, shape followShape) *followIndex {
	t.Helper()
	x, err := openLines(tr, kind, 0, shape, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, done := x.state(); !done; _, done = x.state() {
		x.advance(context.Background(), time.Now().Add(time.Hour))
	}
	return x.(*followIndex)
}

var byteForms = []followForm{formText, formHex, formC, formRaw}

// troubles are captures in which bytes were lost, sent again and came late.
func troubles(t *testing.T) map[string]*trace.Trace {
	const follow, tcp = "../../internal/follow/testdata/", "../../internal/tcp/testdata/scenarios/"
	out := map[string]*trace.Trace{}
	for _, name := range []string{follow + "lossy.pcap", follow + "33_follow_gap.pcap", tcp + "20_partial_overlap.pcap", tcp + "08_ooo_3ms.pcap", tcp + "06_spurious.pcap"} {
		out[filepath.Base(name)] = open(t, name)
	}
	return out
}

// TestFollowOnce shows all bytes of both sides exactly once, whatever the form, and
// the same lines whichever way they are reached.
func TestFollowOnce(t *testing.T) {
	for name, tr := range troubles(t) {
		for _, form := range byteForms {
			for _, width := range []int{37, 77, 200} {
				for side := -1; side < 2; side++ {
					x := indexed(t, tr, trace.TCP, followShape{form, side, width})
					what := fmt.Sprintf("%s as %s, side %d, width %d", name, form, side, width)
					n, _ := x.state()
					all := x.get(0, n+1)
					if len(all) != n {
						t.Fatalf("%s: %d lines of %d", what, len(all), n)
					}
					var next [2]uint64
					for i, l := range all {
						if i%97 == 0 || l.note {
							if got := x.get(i, 1); len(got) != 1 || got[0] != l {
								t.Fatalf("%s: line %d is %+v alone and %+v among others", what, i, got, l)
							}
						}
						if !l.head && cells(l.text) > max(width, 78) && form != formC && !l.note {
							t.Errorf("%s: line %d has %d cells", what, i, cells(l.text))
						}
						if l.head || l.n == 0 {
							continue
						}
						if l.pos != next[l.side] {
							t.Fatalf("%s: line %d begins at byte %d and not at %d", what, i, l.pos, next[l.side])
						}
						next[l.side] += uint64(l.n)
					}
					for s := range uint8(2) {
						if want := x.stream.Bytes(s); next[s] != want && (side < 0 || side == int(s)) {
							t.Errorf("%s: %d bytes of side %d are shown, it sent %d", what, next[s], s, want)
						}
					}
				}
			}
		}
	}
}

// TestFollowPacketAndByte leads from each packet to its first byte, and from there
// back to the packet, in all forms.
func TestFollowPacketAndByte(t *testing.T) {
	for name, tr := range troubles(t) {
		for _, form := range byteForms {
			x := indexed(t, tr, trace.TCP, followShape{form, follow.Both, 77})
			for i, c := range x.stream.Chunks() {
				if c.Len == 0 || x.stream.Find(c.Frame) != i {
					continue
				}
				line, col, ok := x.lineOf(x.place(c.Frame))
				if !ok {
					t.Fatalf("%s as %s: packet %d has no line", name, form, c.Frame)
				}
				b := []byte{0}
				if _, err := x.stream.ReadAt(c.Side, b, c.Pos); err != nil {
					t.Fatal(err)
				}
				if form == formText && b[0] == '\n' {
					continue // the end of a line takes no cell
				}
				if p := x.at(line, col); p.frame != c.Frame || p.pos != c.Pos {
					t.Errorf("%s as %s: packet %d, byte %d leads to line %d, column %d, which is of packet %d, byte %d", name, form, c.Frame, c.Pos, line, col, p.frame, p.pos)
				}
			}
		}
	}
}

// TestFollowUTF8 gives text back as it was, wherever packets cut it, and never more
// cells than there are.
func TestFollowUTF8(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	words := []string{"żółw", "日本語", "naïve", "plain ASCII", "👩🏽", "🇵🇱", "e\u0301te\u0301", "한국어", "\n", "\r\n", "ﬀ", "Ω≈ç√"}
	for range 40 {
		var want strings.Builder
		for range 1 + r.IntN(60) {
			want.WriteString(words[r.IntN(len(words))] + " ")
		}
		s := want.String()
		w := newWire(false)
		for s != "" {
			n := min(1+r.IntN(9), len(s))
			w.send(0, s[:n])
			s = s[n:]
		}
		tr := w.trace(t)
		width := 20 + r.IntN(60)
		x := indexed(t, tr, trace.TCP, followShape{formText, follow.Both, width})
		n, _ := x.state()
		var got strings.Builder
		for _, l := range x.get(0, n) {
			if l.head {
				continue
			}
			if cells(l.text) > width {
				t.Errorf("%q has %d cells of %d", l.text, cells(l.text), width)
			}
			got.WriteString(l.text)
		}
		flat := strings.NewReplacer("\r\n", "", "\n", "").Replace(want.String())
		if got.String() != flat {
			t.Fatalf("at width %d\n%q\nis shown as\n%q", width, flat, got.String())
		}
		// The text that is written has the line ends too.
		st, err := follow.Open(tr, trace.TCP, 0)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := st.WriteText(&b, 0); err != nil {
			t.Fatal(err)
		}
		_, body, _ := strings.Cut(b.String(), "bytes\n")
		if !strings.HasPrefix(body, want.String()) {
			t.Fatalf("%q is written as %q", want.String(), body)
		}
	}
}

// TestFollowControls lets nothing through that is no character to be shown.
func TestFollowControls(t *testing.T) {
	w := newWire(false)
	w.send(0, "a\x1b[2Jb\x00\x7f\u009b31m\u202ec\xff\xc3")
	w.send(1, "\xb3after another side\r")
	x := indexed(t, w.trace(t), trace.TCP, followShape{formText, follow.Both, 60})
	var got []string
	for _, l := range x.get(0, 10) {
		if !l.head {
			got = append(got, l.text)
		}
	}
	if want := []string{"a.[2Jb...31m.c..", ".after another side."}; strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%q", got)
	}
}

// TestFollowScreens holds what is marked in place against golden files.
func TestFollowScreens(t *testing.T) {
	sizes := []struct{ w, h int }{{60, 18}, {80, 24}, {120, 40}}
	for _, s := range []struct{ name, file, keys string }{
		{"followgap", "../../internal/follow/testdata/33_follow_gap.pcap", "f"},
		{"followlossy", "../../internal/follow/testdata/lossy.pcap", ": '40' Enter f"},
		{"followoverlap", "../../internal/tcp/testdata/scenarios/20_partial_overlap.pcap", "f v"},
		{"followc", "../../internal/follow/testdata/33_follow_gap.pcap", "f v v v"},
		{"followraw", "web.pcap", "j j j j j f v v v v"},
		{"followfind", "web.pcap", "j j j j j f / Tab Tab 'foxtrot.(golf|hotel)' Enter n"},
	} {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s/%dx%d", s.name, size.w, size.h), func(t *testing.T) {
				d := drive(t, Options{Trace: open(t, s.file), Color: true}, size.w, size.h)
				d.keys(s.keys)
				d.check()
				golden(t, fmt.Sprintf("%s-%dx%d.golden", s.name, size.w, size.h), d.screen())
			})
		}
	}
}

// TestFollowFind finds text, bytes and regular expressions, across packets and around
// the end, and says which of how many.
func TestFollowFind(t *testing.T) {
	w := newWire(false)
	w.send(0, "one nee")
	w.send(0, "dle and another Needle\n")
	w.send(1, "the other side has a needle\x00\x01\xff too\n")
	w.send(0, "and a last NEEDLE")
	tr := w.trace(t)
	d := drive(t, Options{Trace: tr, Color: true}, 100, 24)
	at := func() string {
		p := d.m.conv.index.at(d.m.conv.cur, d.m.conv.col)
		return fmt.Sprintf("%d at %d, %s", p.frame, p.pos, d.m.conv.hitText())
	}
	for _, step := range []struct{ keys, at, said string }{
		{"f / 'needle' Enter", "4 at 4, hit 1 of 4", ""},
		{"n", "5 at 23, hit 2 of 4", ""},
		{"n", "6 at 21, hit 3 of 4", ""},
		{"n n", "4 at 4, hit 1 of 4", "past the end: on from the beginning"},
		{"N", "7 at 41, hit 4 of 4", "past the beginning: on from the end"},
		{"v / Tab '00' Space '01' Space 'ff' Enter", "6 at 27, hit 1 of 1", "past the end: on from the beginning"},
		{"n", "6 at 27, hit 1 of 1", "this is the only one"},
		{"g g / Tab '^one|last' Enter n", "7 at 36, hit 2 of 2", ""},
		{"/ 'nowhere' Enter", "7 at 36, ", "nowhere: not found"},
		{"/ '(' Enter", "7 at 36, ", ""},
	} {
		d.keys(step.keys)
		if got := at(); got != step.at || d.m.note != step.said {
			t.Errorf("after %q the cursor is at packet %s and it says %q; wanted %s, %q", step.keys, got, d.m.note, step.at, step.said)
		}
	}
	if !strings.Contains(d.screen(), "is no regular expression") {
		t.Errorf("a wrong expression:\n%s", d.screen())
	}
	d.keys("Esc Enter")
	if d.m.view != viewPackets || d.m.list.cur != 7 {
		t.Errorf("Enter leads to packet %d in view %d", d.m.list.cur, d.m.view)
	}
}

// TestFollowFindAll compares the places that are found with those that a plain search
// of the bytes gives, forward and backward, also at the borders of windows.
func TestFollowFindAll(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var b []byte
	w := newWire(false)
	for range 200 {
		data := bytes.Repeat([]byte("."), 900+r.IntN(400))
		copy(data[r.IntN(800):], "mark")
		copy(data[len(data)-2:], "ma")
		if r.IntN(2) == 0 {
			copy(data, "rk")
		}
		w.send(1, string(data))
		b = append(b, data...)
	}
	var want []int
	for i := 0; ; i++ {
		k := bytes.Index(b[i:], []byte("mark"))
		if k < 0 {
			break
		}
		i += k
		want = append(want, i)
	}
	x := indexed(t, w.trace(t), trace.TCP, followShape{formHex, follow.Both, 77})
	q, err := newQuery(findRegexp, findInBytes, "mark", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []int{1, -1} {
		var got []int
		for from := (followPlace{}); ; {
			res := x.seek(&q, from, dir, time.Now().Add(time.Hour))
			if !res.hit.known {
				break
			}
			from = res.next
			if dir > 0 {
				got = append(got, int(res.hit.pos))
				from.pos++
			} else {
				got = append([]int{int(res.hit.pos)}, got...)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("direction %d finds %d places, wanted %d", dir, len(got), len(want))
		}
	}
}

// TestFollowDatagrams follows UDP: each datagram is a turn.
func TestFollowDatagrams(t *testing.T) {
	w := newWire(true)
	w.send(0, "question\n")
	w.send(0, "question again\n")
	w.send(1, "answer\n")
	d := drive(t, Options{Trace: w.trace(t), Color: true}, 80, 24)
	d.keys("f")
	s := d.screen()
	for _, want := range []string{"node 0 :40000 · 9 bytes · packet 1", "15 bytes · packet 2", "7 bytes · packet 3", "│ question again"} {
		if !strings.Contains(s, want) {
			t.Errorf("there is no %q:\n%s", want, s)
		}
	}
}

// TestPipe runs commands on what a side sent, and tells how they ended.
func TestPipe(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789abcdef\n"), 1<<16)
	for _, tt := range []struct{ command, out, err string }{
		{"wc -c", "1114112\n", ""},
		{"head -1", "0123456789abcdef\n", ""}, // it ends before it has read all
		{"exit 3", "", "exit 3: exit status 3"},
		{"no-such-command-here", "", "no-such-command-here: exit status 127"},
	} {
		var out, errs bytes.Buffer
		c := &piped{command: tt.command, what: "side 0", write: func(w io.Writer) error { _, err := w.Write(big); return err }}
		c.SetStdin(strings.NewReader("\n"))
		c.SetStdout(&out)
		c.SetStderr(&errs)
		err := c.Run()
		if tt.err == "" && err != nil || tt.err != "" && (err == nil || err.Error() != tt.err) {
			t.Errorf("%s: %v", tt.command, err)
		}
		if !strings.HasPrefix(out.String(), "side 0 | "+tt.command+"\r\n"+tt.out) || !strings.Contains(out.String(), "Enter goes back") {
			t.Errorf("%s writes %q", tt.command, out.String())
		}
	}
}

// TestPipePrompt asks for the command, for the side or the message under the cursor.
func TestPipePrompt(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true}, 80, 24)
	for _, step := range []struct{ keys, want string }{
		{"j j j j j f |", "side 0 | "},
		{"Esc j j j j j j j |", "side 1 | "},
		{"Esc v v g g |", "message of packet 6 | "},
		{"Esc / Tab Tab 'content-length' Enter |", "body of packet 30 | "},
	} {
		d.keys(step.keys)
		if got := d.m.promptLabel(); got != step.want {
			t.Errorf("after %q it asks %q, wanted %q", step.keys, got, step.want)
		}
	}
}

// TestFollowLive grows like tail -f: at the end it stays there, elsewhere it stays
// where it is and says what is new, in every form.
func TestFollowLive(t *testing.T) {
	for _, form := range []string{"", "v", "v v", "v v v", "v v v v"} {
		tr, f := live(t)
		ps := replay(t, "../../internal/follow/testdata/lossy.pcap")
		d := drive(t, Options{Trace: tr, Color: true}, 80, 24)
		d.give(f, ps[:40])
		d.keys("f " + form)
		p := &d.m.conv
		if !p.tail || p.cur != p.lines-1 {
			t.Errorf("%q: opened at the newest packet it is at line %d of %d", form, p.cur, p.lines)
		}
		had := p.lines
		d.give(f, ps[40:60])
		d.settle(func() bool { return p.seen >= 60 && d.m.Idle() })
		if p.lines <= had || p.cur != p.lines-1 {
			t.Errorf("%q: %d lines were %d, the cursor is at %d", form, p.lines, had, p.cur)
		}
		d.keys("k k k")
		at, had := p.cur, p.lines
		d.give(f, ps[60:90])
		d.settle(func() bool { return p.seen >= 90 && d.m.Idle() })
		if want := fmt.Sprintf(" %d new ", p.lines-had); p.cur != at || p.lines <= had || !strings.Contains(d.screen(), want) {
			t.Errorf("%q: from line %d the cursor went to %d; there is no chip %q:\n%s", form, at, p.cur, want, d.screen())
		}
		d.keys("G")
		d.give(f, ps[90:])
		d.settle(func() bool { return p.seen == packet.Number(len(ps)) && d.m.Idle() })
		if p.cur != p.lines-1 || strings.Contains(d.screen(), " new ") {
			t.Errorf("%q: G does not go back to the end:\n%s", form, d.screen())
		}
	}
}

// TestFollowGrown has the same lines whether the conversation was there at once or came
// packet by packet, marks about earlier bytes included.
func TestFollowGrown(t *testing.T) {
	for name, form := range map[string]followForm{"../../internal/follow/testdata/lossy.pcap": formText, "../../internal/tcp/testdata/scenarios/20_partial_overlap.pcap": formHex,
		"../../internal/follow/testdata/33_follow_gap.pcap": formC} {
		tr, f := live(t)
		ps := replay(t, name)
		shape := followShape{form, follow.Both, 77}
		d := drive(t, Options{Trace: tr, Color: true}, 80, 24)
		d.give(f, ps[:4])
		grown := indexed(t, tr, trace.TCP, shape)
		for i := 4; i < len(ps); i++ {
			d.give(f, ps[i:i+1])
			grown.grow()
			grown.advance(context.Background(), time.Now().Add(time.Hour))
		}
		whole := indexed(t, tr, trace.TCP, shape)
		n, _ := whole.state()
		if k, done := grown.state(); k != n || !done {
			t.Errorf("%s: %d lines when it grows, %d at once", name, k, n)
		}
		a, b := grown.get(0, n), whole.get(0, n)
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Errorf("%s: line %d is\n%+v\nwhen it grows, and at once\n%+v", name, i, a[i], b[i])
				break
			}
		}
	}
}

// TestFollowUnfinished shows what has come of a message that has not ended, and then
// the message.
func TestFollowUnfinished(t *testing.T) {
	tr, f := live(t)
	ps := replay(t, "web.pcap")
	d := drive(t, Options{Trace: tr, Color: true}, 80, 24)
	d.give(f, ps[:10])
	d.keys("f v v / 'not ended' Enter")
	if s := d.screen(); !strings.Contains(s, "not ended yet · since packet 8") || !strings.Contains(s, "│ [node 1: ") {
		t.Errorf("an answer that goes on:\n%s", s)
	}
	d.give(f, ps[10:])
	d.settle(func() bool { return d.m.conv.seen == 40 && d.m.Idle() })
	d.keys("/ 'not ended' Enter")
	if s := d.screen(); !strings.Contains(s, "not ended yet · since packet 36") || strings.Contains(s, "since packet 8") {
		t.Errorf("that answer has ended, another has not:\n%s", s)
	}
}
