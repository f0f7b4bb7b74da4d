package tui

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"tcplens/internal/packet"
)

// rulesOf lists the names of the rules that colour the packets of a capture, each once,
// in the order of the packets.
func rulesOf(d *driver) string {
	var names []string
	for n := d.m.src.first(); n <= d.m.src.last(); n++ {
		name, _, _ := strings.Cut(d.m.ruleOf(n), ":")
		if len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// TestRules holds which of Wireshark's rules colour some captures, as its column of
// colouring rules names them.
func TestRules(t *testing.T) {
	for name, want := range map[string]string{
		"web.pcap":                          "ARP, HTTP",
		"fastrtx.pcap":                      "TCP SYN/FIN, TCP, Bad TCP, TCP",
		"../../testdata/lab/refused.pcap":   "TCP SYN/FIN, TCP RST",
		"../../testdata/lab/halfclose.pcap": "TCP SYN/FIN, TCP, TCP SYN/FIN, TCP, TCP SYN/FIN, TCP",
	} {
		d := drive(t, Options{Trace: open(t, name), Color: true}, 80, 24)
		if got := rulesOf(d); got != want {
			t.Errorf("%s: %s\nwanted %s", name, got, want)
		}
	}
}

// TestOwnRules puts rules before the default ones, changes and takes away some of
// them.
func TestOwnRules(t *testing.T) {
	c := configured(t, `
[[coloring.rules]]
name = "request"
filter = "http.request.method == GET"
style = "black on orange"
glyph = "»"
[[coloring.rules]]
name = "ARP"
off = true
[[coloring.rules]]
name = "Broadcast"
off = true
`)
	if len(c.Problems) > 0 {
		t.Fatal(c.Problems)
	}
	d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true, Config: c}, 80, 24)
	if got := rulesOf(d); got != ", HTTP, request, HTTP, request, HTTP" {
		t.Errorf("the rules are %q", got)
	}
	if s := d.screen(); !strings.Contains(s, "»   6 ") {
		t.Errorf("the request has no glyph:\n%s", s)
	}
	row := lineWith(d, "GET / HTTP")
	if !strings.Contains(row, "38;5;0;48;2;230;159;0m") || strings.Count(row, "\x1b[48") > 0 {
		t.Errorf("the request is drawn as %q", row)
	}
	d.keys("j j j j j")
	if row := lineWith(d, "GET / HTTP"); strings.Contains(row, "48;2;230;159;0m") || !strings.Contains(row, "48;5;24") {
		t.Errorf("under the cursor it is drawn as %q", row)
	}
	d.keys("K")
	if s := d.screen(); !strings.Contains(s, "Colouring rule request: http.request.method == GET") {
		t.Errorf("K shows\n%s", s)
	}
}

// lineWith is the line of the screen with a text, as it is drawn.
func lineWith(d *driver, s string) string {
	for _, l := range strings.Split(d.m.View().Content, "\n") {
		if strings.Contains(l, s) {
			return l
		}
	}
	d.t.Errorf("no line has %q:\n%s", s, d.screen())
	return ""
}

// TestColorsOff turns the rules off and on.
func TestColorsOff(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "fastrtx.pcap"), Color: true}, 80, 24)
	bad := regexp.MustCompile(`(?m)^.[^ ]?!`)
	d.keys("e j")
	on := d.m.View().Content
	if !bad.MatchString(d.screen()) {
		t.Errorf("no glyph of a bad packet:\n%s", d.screen())
	}
	d.keys("c")
	if bad.MatchString(d.screen()) || d.m.colors.on {
		t.Errorf("glyphs while colours are off:\n%s", d.screen())
	}
	d.keys("c j k")
	if d.m.View().Content != on {
		t.Error("on again, it looks different")
	}
}

// TestColorsTold holds that what a colour says is seen without colours and in ASCII
// too, and in every theme.
func TestColorsTold(t *testing.T) {
	for _, o := range []Options{{Color: false}, {Color: true, Theme: ThemeLight}, {Color: true, Theme: ThemeMono}, {Color: true, ASCII: true}} {
		o.Trace = open(t, "../../testdata/lab/refused.pcap")
		d := drive(t, o, 80, 24)
		x := "╳"
		if o.ASCII {
			x = "X"
		}
		if s := d.screen(); !regexp.MustCompile(`(?m)^.[^ ]?` + x).MatchString(s) {
			t.Errorf("%+v: no glyph of the reset:\n%s", o, s)
		}
		d.check()
	}
}

// TestSixteenColors holds that the rules are told apart on a terminal of sixteen
// colours, where the nearest ones of several would be one.
func TestSixteenColors(t *testing.T) {
	for _, name := range []string{ThemeDark, ThemeLight} {
		d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true, Theme: name}, 80, 24)
		d.send(tea.ColorProfileMsg{Profile: colorprofile.ANSI})
		seen := map[string]string{}
		for i, r := range d.m.colors.rules {
			sgr := d.m.theme.sgr[ruleStyle(i)][gPlain]
			if strings.Contains(sgr, ";2;") {
				t.Errorf("%s, %s: %q", name, r.Name, sgr)
			}
			seen[r.Name] = sgr
		}
		for _, pair := range [][2]string{{"Bad TCP", "TCP RST"}, {"Bad TCP", "HTTP"}, {"HTTP", "TCP SYN/FIN"}, {"ICMP", "TCP RST"}, {"ICMP", "Bad TCP"}} {
			if seen[pair[0]] == seen[pair[1]] {
				t.Errorf("%s: %s looks like %s", name, pair[0], pair[1])
			}
		}
	}
}

// TestVisibleOnly holds that no rows are looked at but those on the screen.
func TestVisibleOnly(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "../../testdata/lab/lossy.pcap"), Color: true}, 80, 24)
	if n := len(d.m.src.cache); n > d.m.list.rows+1 || n == 0 {
		t.Errorf("%d rows were looked at, %d are on the screen", n, d.m.list.rows)
	}
	d.keys("G")
	if _, ok := d.m.src.cache[packet.Number(d.m.src.len()/2)]; ok {
		t.Error("rows in between were looked at")
	}
}

// TestRulesAgainstTshark holds the rule that colours each packet to be the one that
// tshark names.
func TestRulesAgainstTshark(t *testing.T) {
	files, err := filepath.Glob("../testdata/lab/*.pcap")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d captures, %v", len(files), err)
	}
	files = append(files, "testdata/web.pcap", "testdata/fastrtx.pcap", "testdata/secure.pcap", "testdata/twostreams.pcap")
	for _, path := range files {
		rel, err := filepath.Rel("testdata", path)
		if err != nil {
			t.Fatal(err)
		}
		d := drive(t, Options{Trace: open(t, rel), Color: true}, 80, 24)
		out, err := exec.Command("tshark", "-n", "-2", "-r", path, "--color", "-T", "fields", "-e", "frame.coloring_rule.name").Output()
		if err != nil {
			t.Fatalf("tshark 4.0 is the reference of this test: %v", err)
		}
		want := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		if len(want) != d.m.src.len() {
			t.Fatalf("%s: tshark has %d packets of %d", path, len(want), d.m.src.len())
		}
		for i, w := range want {
			if got, _, _ := strings.Cut(d.m.ruleOf(d.m.src.first()+packet.Number(i)), ":"); got != w {
				t.Errorf("%s, packet %d: %q, tshark %q", path, i+1, got, w)
			}
		}
	}
}
