package tui

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"tcplens/internal/packet"
)

// TestKeys types scripts and looks at what they have done.
func TestKeys(t *testing.T) {
	tests := []struct {
		keys string
		want string // see state
	}{
		{"j j j", "4 of 40"},
		{"G k", "39 of 40"},
		{"G g g", "1 of 40"},
		{"^d", "7 of 40"},
		{"PgDn PgDn PgUp", "12 of 40"},
		{": '17' Enter", "17 of 40"},
		{": '999' Enter", "1 of 40: there is no packet 999: there are 1 to 40"},
		{": 'nonsense' Enter", "1 of 40: there is no command nonsense: ? shows what there is"},
		{": 'bottom' Enter", "40 of 40"},
		{": 'filter' Space 'http' Enter", "6 of 5, http"},
		{"j j j C", "4 of 38, tcp.stream == 0"},
		{"j j j C C", "4 of 40"},
		{"C", "1 of 40: this packet belongs to no conversation"},
		{"j j j j j . .", "8 of 40"},
		{"j j j j j . . ,", "7 of 40"},
		{"j j ,", "3 of 40: this is the conversation's first packet"},
		{"j j G .", "40 of 40: this is the conversation's last packet"},
		{"/ 'arp' Enter / ^u 'http' Enter [", "1 of 2, arp"},
		{"/ 'arp' Enter / ^u 'http' Enter [ [", "1 of 40"},
		{"/ 'arp' Enter / ^u 'http' Enter [ [ ] ]", "6 of 5, http"},
		{"/ 'arp' Enter u", "1 of 40"},
		{"u", "1 of 40: there is nothing to undo"},
		{"/ 'arp' Esc", "1 of 40"},
		{"/ 'ht' Tab Enter", "6 of 5, http"},
		{"/ 'tcp.prot' Space '==' Space '80' Tab Enter", "3 of 38, tcp.port == 80"},
		{"/ 'tcp.dstport' Space '==' Space Tab Enter", "4 of 20, tcp.dstport == 51972"},
		{"/ 'tcp.dstport' Space '==' Space Tab Tab Enter", "3 of 18, tcp.dstport == 80"},
		{"/ 'tcp.dstport' Space '==' Space S-Tab Enter", "3 of 18, tcp.dstport == 80"},
		{"/ 'http.request.method' Space '==' Space Tab Enter", "6 of 2, http.request.method == \"GET\""},
		{"/ 'frame.len' Space '==' Space '${frame.len' Tab '}' Enter", "1 of 2, frame.len == ${frame.len}"},
		{"j j / 'frame.len' Space '==' Space '${frame.len}' Enter", "3 of 2, frame.len == ${frame.len}"},
		{"/ 'arp' Enter / ^u Enter / Tab Enter", "1 of 2, arp"},
		{"/ 'http' Enter / ^u Enter", "6 of 40"},
		{"/ 'arp' Enter / ^u 'http' Enter / ^u Up Up Enter", "2 of 2, arp"},
		{"j j j =", "4 of 38, tcp.stream == 0"},
		{"j j j !", "2 of 2, not (tcp.stream == 0)"},
		{"j j j a a", "4 of 38, tcp.stream == 0"},
		{"j j j a n", "2 of 2, not (tcp.stream == 0)"},
		{"j j j = l l l l h h h h a Esc", "4 of 38, tcp.stream == 0"},
		{"j j j C j j h h a a", "6 of 5, (tcp.stream == 0) and http"},
		{"j j j C j j h h a n", "7 of 33, (tcp.stream == 0) and not http"},
		{"/ 'arp' Enter 2 a o", "3 of 40, arp or (tcp.stream == 0)"},
		{"j j j C a e ^u 'arp' Enter", "2 of 2, arp"},
		{"j j j j j h h =", "6 of 5, http"},
		{"j j j j j h h !", "7 of 35, not http"},
		{"j j j j j h h h h =", "6 of 18, ip.src == 10.99.0.1"},
		{"j h h h =", "2 of 1, arp.dst.proto_ipv4 == 10.99.0.1"},
		{"j j j h =", "4 of 2, frame.len == 74"},
		{"j j j Tab z M j j j l j =", "4 of 20, tcp.srcport == 80"},
		{"m j j j m g g '", "4 of 40"},
		{"j m j j '", "2 of 40"},
		{"'", "1 of 40: no packet is marked: m marks one"},
		{"^f 'HEAD' Enter", "32 of 40"},
		{"^f 'HEAD' Enter n", "32 of 40: this is the only one"},
		{"^f 'get' Space '/' Enter n", "35 of 40"},
		{"^f 'get' Space '/' Enter N", "35 of 40: past the first packet: on from the last"},
		{"G ^f 'get' Space '/' Enter", "6 of 40: past the last packet: on from the first"},
		{"^f S-Tab 'Window' Space 'size' Space 'scal' Enter", "5 of 40"},
		{"^f S-Tab S-Tab 'text/html' Enter", "30 of 40"},
		{"^f S-Tab S-Tab S-Tab 'text/html' Enter", "8 of 40"},
		{"^f Tab '47' Space '45' Space '54' Enter", "6 of 40"},
		{"^f Tab 'xyz' Enter Esc", "1 of 40"},
		{"^f Tab Tab Tab 'tcp.flags.syn' Space '==' Space '1' Enter n", "4 of 40"},
		{"^f Tab Tab 'H[AE]+D' Space '/' Enter", "32 of 40"},
		{"^f Tab Tab '[' Enter Esc", "1 of 40"},
		{"^f 'nowhere' Enter", "1 of 40: not found among the 40 packets shown"},
		{"n", "1 of 40: nothing has been looked for yet: ^F finds"},
		{"e", "1 of 40: no problem among the 40 packets shown"},
		{"f", "1 of 40: this packet belongs to no conversation: TCP and UDP can be followed"},
		{"j j j j j f j j Enter", "6 of 40"},
		{"j j j j j f G Enter", "40 of 40"},
		{"j j j j j x j j Enter", "8 of 40"},
		{"j j j j j x G Enter", "40 of 40"},
		{"j j j 2 Enter", "3 of 38, tcp.stream == 0"},
		{"2 !", "1 of 2, not (tcp.stream == 0)"},
		{"2 f Esc Esc", "1 of 40"},
		{"b", "1 of 40: a file is read: the capture filter works on live captures, / filters what is shown"},
		{"P", "1 of 40: this is no live capture"},
		{"w", "1 of 40: packets of this source cannot be written"},
		{"Esc Esc", "1 of 40"},
	}
	tr := open(t, "web.pcap")
	for _, tt := range tests {
		d := drive(t, Options{Trace: tr, Color: true}, 80, 24)
		d.keys(tt.keys)
		m := d.m
		got := fmt.Sprintf("%d of %d", m.list.cur, m.list.count(&m.src))
		if m.filter != "" {
			got += ", " + m.filter
		}
		if m.note != "" {
			got += ": " + m.note
		}
		if got != tt.want || m.view != viewPackets || d.quit {
			t.Errorf("%s: %s, view %d, wanted %s\n%s", tt.keys, got, m.view, tt.want, d.screen())
		}
		d.cancel()
	}
}

// TestFindPlace looks at where a search puts the cursors of detail and bytes.
func TestFindPlace(t *testing.T) {
	tr := open(t, "web.pcap")
	d := drive(t, Options{Trace: tr, Color: true}, 120, 40)
	d.keys("^f Tab Tab 'HTTP/1.[01]' Enter")
	n := d.m.tree.node()
	b := d.m.tree.bytes[d.m.hex.source].bytes
	if at := b[d.m.hex.cur:]; !bytes.HasPrefix(at, []byte("HTTP/1.1")) || n == nil || n.proto != "http" {
		t.Errorf("the bytes stand at %.20q, the tree at %+v", at, n)
	}
	// The line has all that was found, not only where it begins.
	d.keys("^f ^u Tab Tab 'T / HTTP/1' Enter")
	if n := d.m.tree.node(); n == nil || n.off+n.len < d.m.hex.cur+len("T / HTTP/1") {
		t.Errorf("the tree stands at %+v, the bytes at %d", n, d.m.hex.cur)
	}
	d.keys("Esc ^f ^u Tab Tab S-Tab 'Sequence' Space 'Number:' Space '1' Enter")
	if n := d.m.tree.node(); n == nil || n.abbrev != "tcp.seq" || d.m.tree.lineOf(d.m.tree.cur) < 0 || d.m.hex.cur != n.off {
		t.Errorf("the tree stands at %+v, the bytes at %d", n, d.m.hex.cur)
	}
}

// TestQueries holds what is looked for against bytes.
func TestQueries(t *testing.T) {
	tests := []struct {
		kind       findKind
		text, in   string
		start, end int
	}{
		{findText, "abc", "xxABc", 2, 5},
		{findText, "abc", "xa\x00B\x00c\x00", 1, 7},
		{findText, "abc", "abd", -1, 0},
		{findHex, "0d 0A:00", "x\r\n\x00", 1, 4},
		{findHex, "0d0a", "\n\r", -1, 0},
		{findRegexp, "a.*d", "xAbD", 1, 4},
		{findRegexp, "^$", "x", -1, 0},
	}
	for _, tt := range tests {
		q, err := newQuery(tt.kind, findInRow, tt.text, nil)
		if err != nil {
			t.Fatal(err)
		}
		start, end, ok := q.matchBytes([]byte(tt.in))
		if ok != (tt.start >= 0) || ok && (start != tt.start || end != tt.end) {
			t.Errorf("%s %q in %q: %d to %d, %v", tt.kind, tt.text, tt.in, start, end, ok)
		}
	}
}

// TestTree opens and closes the tree, and keeps the place in other packets.
func TestTree(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true}, 80, 40)
	d.keys("j j j Tab z R")
	all := len(d.m.tree.lines)
	if all != len(d.m.tree.nodes) {
		t.Errorf("zR shows %d lines of %d", all, len(d.m.tree.nodes))
	}
	d.keys("z M")
	if n := len(d.m.tree.lines); n != 4 {
		t.Errorf("zM shows %d lines", n)
	}
	d.keys("g g j j j Right j j j j")
	n := d.m.tree.node()
	if n == nil || !strings.HasPrefix(n.abbrev, "tcp.") {
		t.Fatalf("%+v is selected", n)
	}
	want := n.path
	if off := d.m.hex.cur; off != n.off {
		t.Errorf("the bytes show %d, the field stands at %d", off, n.off)
	}
	d.keys("Tab Tab j Tab") // bytes, list, next packet, tree
	if got := d.m.tree.path; got != want || d.m.tree.of != 5 {
		t.Errorf("in packet %d %s is selected, not %s", d.m.tree.of, got, want)
	}
	d.keys("Left")
	if n := d.m.tree.node(); n.depth != 0 {
		t.Errorf("left goes to %s", n.path)
	}
	// A byte leads to its field, wherever it is hidden.
	d.keys("z M Tab")
	d.m.hex.cur = 47 // flags
	d.keys("h l")
	if n := d.m.tree.node(); n.off > 47 || n.off+n.len <= 47 || !strings.HasPrefix(n.abbrev, "tcp.") || d.m.tree.lineOf(d.m.tree.cur) < 0 {
		t.Errorf("byte 47 leads to %+v", n)
	}
}

// TestBlocks shows the bytes that were put together from several segments beside
// those of the frame.
func TestBlocks(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "../../internal/tcp/testdata/scenarios/28_http_reassembly.pcap")}, 80, 40)
	d.keys("g g j j j j j j j Tab g g")
	title := func() string {
		lines := strings.Split(d.screen(), "\n")
		return strings.TrimRight(lines[d.m.arrange().hex.y], "─ ")
	}
	if got := title(); !strings.HasPrefix(got, "─ [Frame (221)] Reassembled TCP (2567)") {
		t.Errorf("the pane is titled %q", got)
	}
	d.keys("s")
	if got := title(); !strings.HasPrefix(got, "─  Frame (221) [Reassembled TCP (2567)]") || len(d.m.tree.bytes[d.m.hex.source].bytes) != 2567 {
		t.Errorf("s leads to %q", got)
	}
	d.keys("s")
	if d.m.hex.source != 0 {
		t.Errorf("twice s leads to block %d", d.m.hex.source)
	}
	// A field of the message shows the block that it stands in.
	d.keys("G")
	if n := d.m.tree.node(); n.source != 1 || d.m.hex.source != 1 {
		t.Errorf("%s of block %d is selected, block %d shown", n.label, n.source, d.m.hex.source)
	}
	d.keys("Tab h")
	s := d.m.arrange()
	d.keys("s")
	d.send(tea.MouseClickMsg{X: s.hex.x + 5, Y: s.hex.y, Button: tea.MouseLeft})
	if d.m.hex.source != 0 {
		t.Error("a click on the frame's name does not show it")
	}
}

// TestCopy sends what was asked for to the clipboard.
func TestCopy(t *testing.T) {
	for keys, want := range map[string]string{
		"j j j y r":                 "4  0.025051  10.99.0.2  10.99.0.1  TCP  74  80 → 51972 [SYN, ACK] Seq=0 Ack=1",
		"j j j y f":                 "tcp.stream == 0",
		"j j j Tab z M G l j j y v": "51972",
		"j j j Tab z M G l j j y f": "tcp.dstport == 51972",
		"j j j Tab z M G l j j y b": "cb04",
		"j j j j j f y l":           "GET / HTTP/1.1",
		"j j j j j f y s":           "client :51972",
		"j j j x y g":               "─ handshake ─",
		"2 y a":                     "10.99.0.1:51972",
	} {
		d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true}, 80, 24)
		d.keys(keys)
		found := func() bool {
			for _, m := range d.sent {
				if fmt.Sprintf("%T", m) == "tea.setClipboardMsg" && strings.Contains(fmt.Sprint(m), want) {
					return true
				}
			}
			return false
		}
		d.settle(found)
	}
}

// TestWriteViews writes follow and flow graph to files.
func TestWriteViews(t *testing.T) {
	dir := t.TempDir()
	for keys, want := range map[string]string{
		"j j j j j f w t": "GET / HTTP/1.1",
		"j j j j j f w 0": "GET / HTTP/1.1\r\nHost: www.selfmade.test",
		"j j j j j f w h": "00000000  47 45 54 20",
		"j j j x w t":     "─ handshake ─",
		"j j j x w m":     "SYN",
		"j j j x w s":     "<svg",
	} {
		d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true}, 80, 24)
		path := filepath.Join(dir, strings.ReplaceAll(keys, " ", ""))
		d.keys(keys + " '" + path + "' Enter")
		got, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(got), want) {
			t.Errorf("%s: %v: %.200q", keys, err, got)
		}
	}
	d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true}, 80, 24)
	d.keys("j j j x w t '" + dir + "/no/such' Enter")
	if !d.m.noteBad || !strings.Contains(d.m.note, "no such file") {
		t.Errorf("a file that cannot be made: %q", d.m.note)
	}
}

// TestSearchViews looks for text in follow and the flow graph.
func TestSearchViews(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true}, 80, 24)
	d.keys("j j j j j f / 'head' Space '/' Enter")
	if l := d.m.conv.index.get(d.m.conv.cur, 1); len(l) != 1 || l[0].text != "HEAD / HTTP/1.1" {
		t.Errorf("found %+v", l)
	}
	d.keys("/ 'get' Enter n n")
	first := d.m.conv.cur
	d.keys("N N n n")
	if d.m.conv.cur != first {
		t.Errorf("n and N do not undo each other: %d, %d", first, d.m.conv.cur)
	}
	d.keys("Esc x g g / 'HEAD' Enter")
	if l := d.m.graph.sight.Line(d.m.graph.cur); !strings.Contains(l.Text, "HEAD") {
		t.Errorf("found %q", l.Text)
	}
}

// TestFollowLines checks that lines are the same whichever way they are reached,
// and that they show all bytes once.
func TestFollowLines(t *testing.T) {
	for _, keys := range []string{"f", "f v", "f s", "f s s v"} {
		d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true}, 80, 24)
		d.keys("j j j j j " + keys)
		x := d.m.conv.index.(*followIndex)
		n, done := x.state()
		if !done || n < 10 {
			t.Fatalf("%s: %d lines, all: %v", keys, n, done)
		}
		all := x.get(0, n+1)
		if len(all) != n {
			t.Errorf("%s: %d lines of %d", keys, len(all), n)
		}
		next := map[uint8]uint64{}
		for i, l := range all {
			if got := x.get(i, 1); len(got) != 1 || got[0] != l {
				t.Fatalf("%s: line %d is %+v alone and %+v among others", keys, i, got, l)
			}
			if l.head {
				continue
			}
			if l.pos != next[l.side] {
				t.Fatalf("%s: line %d begins at byte %d and not at %d", keys, i, l.pos, next[l.side])
			}
			next[l.side] += uint64(l.n)
		}
		for side, n := range next {
			if want := x.stream.Bytes(side); n != want {
				t.Errorf("%s: %d bytes of side %d are shown, it sent %d", keys, n, side, want)
			}
		}
	}
}

// TestFollowMessages checks that the lines of messages are the same whichever way
// they are reached, that a packet leads to its message and a message to its packet,
// and that a request can be copied as a command.
func TestFollowMessages(t *testing.T) {
	for _, keys := range []string{"f v v", "f v v s", "f v v s s"} {
		d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true}, 80, 24)
		d.keys("j j j j j " + keys)
		x := d.m.conv.index.(*messageIndex)
		n, done := x.state()
		if !done || n < 10 {
			t.Fatalf("%s: %d lines, all: %v", keys, n, done)
		}
		all := x.get(0, n+1)
		if len(all) != n {
			t.Fatalf("%s: %d lines of %d", keys, len(all), n)
		}
		for i, l := range all {
			if got := x.get(i, 1); len(got) != 1 || got[0] != l {
				t.Fatalf("%s: line %d is %+v alone and %+v among others", keys, i, got, l)
			}
			if cells(l.text) > d.m.followWidth() && !l.head {
				t.Errorf("%s: line %d has %d cells", keys, i, cells(l.text))
			}
			if side := d.m.conv.side; side >= 0 && int(l.side) != side {
				t.Fatalf("%s: line %d is of side %d", keys, i, l.side)
			}
		}
	}
	d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true}, 80, 24)
	d.keys(": '32' Enter f v v")
	if l := d.m.conv.index.get(d.m.conv.cur, 2); len(l) != 2 || l[0].frame != 32 || l[1].text != "HEAD / HTTP/1.1" {
		t.Errorf("packet 32 leads to %+v", l)
	}
	const want = "curl -I 'http://www.selfmade.test/' -H 'User-Agent: selfmade' -H 'Accept: */*'"
	if got := d.m.conv.index.(*messageIndex).curl(d.m.conv.cur); got != want {
		t.Errorf("the command is %s", got)
	}
	d.keys("j Enter")
	if d.m.view != viewPackets || d.m.list.cur != 32 {
		t.Errorf("Enter leads to packet %d in view %d", d.m.list.cur, d.m.view)
	}
	d = drive(t, Options{Trace: open(t, "web.pcap"), Color: true}, 80, 24)
	d.keys("3 j f")
	if l := d.m.conv.index.get(d.m.conv.cur, 2); d.m.conv.form != formMessages || len(l) != 2 || l[1].text != "HEAD / HTTP/1.1" {
		t.Errorf("the second request is followed as %v, %+v", d.m.conv.form, l)
	}
}

// TestEvicted forgets filtered packets that are not kept any more.
func TestEvicted(t *testing.T) {
	p := listPane{filtered: true, shown: []packet.Number{2, 3, 5, 8}, top: 2, ref: 3}
	s := &source{}
	p.evict(s)
	if len(p.shown) != 4 || p.ref != 3 {
		t.Errorf("without eviction %v, reference %d", p.shown, p.ref)
	}
}

// TestEscapes lets no control sequence through that does not come from tcplens.
func TestEscapes(t *testing.T) {
	bad := "a\x1b]52;c;eA==\x07b\x1b[2J\u009b31m\u202e"
	tr := open(t, "web.pcap")
	h := Hooks{SetFilter: nil, Interfaces: nil}
	for _, keys := range []string{"", "i", "?", "j j j f", "j j j x", "/ '\x1b]0;x\x07' Enter"} {
		d := drive(t, Options{Trace: tr, Title: bad, Color: true, Hooks: h}, 200, 50)
		d.m.say(bad, true)
		d.keys(keys)
		d.m.say(bad, true)
		v := d.m.View()
		for _, s := range []string{v.Content, v.WindowTitle} {
			for _, c := range []string{"\x1b]", "\x07", "\x1b[2J", "\u009b", "\u202e"} {
				if strings.Contains(s, c) {
					t.Errorf("after %q %q gets to the terminal", keys, c)
				}
			}
		}
	}
}

// TestOutOfPackets goes from a view to its packets and out again: to where it came
// from, however often, and from the root out of the program.
func TestOutOfPackets(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "web.pcap")}, 80, 24)
	for range 3 {
		d.keys("3 Enter")
		if d.m.view != viewPackets || d.m.filter == "" {
			t.Fatalf("Enter on a request: view %d, filter %q", d.m.view, d.m.filter)
		}
		d.keys("f")
	}
	d.keys("Enter Esc")
	if d.m.view != viewFollow {
		t.Errorf("out of a packet of follow is view %d", d.m.view)
	}
	d.keys("Esc Esc")
	if d.m.view != viewRequests {
		t.Errorf("out of the packets of a request is view %d", d.m.view)
	}
	if d.keys("q"); d.m.view != viewPackets || d.quit {
		t.Errorf("q in the requests is view %d, quit %v", d.m.view, d.quit)
	}
	if d.keys("2 Enter / ^u 'tcp' Enter Esc"); d.m.view != viewPackets {
		t.Error("a filter that was typed does not make the packets the root")
	}
	if d.take(keyOf("q")); len(d.m.came) > 0 {
		t.Error("the root has something behind it")
	}
	d.settle(func() bool { return d.quit })
}
