package config

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tcplens/dissect"
	"tcplens/dissect/filter"
)

var update = flag.Bool("update", false, "write golden files anew")

// words is a small vocabulary: two places, in both of which quit works.
func words() *Vocabulary {
	return &Vocabulary{
		Bindings: []Binding{
			{Name: "follow", Keys: []string{"f"}, In: 1, Help: "follow the conversation"},
			{Name: "graph", Keys: []string{"x"}, In: 1, Help: "flow graph"},
			{Name: "top", Keys: []string{"g g", "home"}, In: 3, Help: "to the first"},
			{Name: "mark", Keys: []string{"m"}, In: 1, Help: "mark"},
			{Name: "next-mark", Keys: []string{"'"}, In: 1, Help: "next mark"},
			{Name: "side", Keys: []string{"s"}, In: 2, Help: "sides"},
			{Name: "quit", Keys: []string{"ctrl+c"}, In: 3, Help: "quit"},
		},
		Styles: []string{"text", "key", "selected", "bar"},
		Fields: dissect.NewLookup(),
	}
}

// parse reads a text that has to be right.
func parse(t *testing.T, s, profile string) *Config {
	t.Helper()
	c, err := Parse([]byte(s), "config.toml", profile, words())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range c.Problems {
		t.Error(e)
	}
	return c
}

// TestWrong holds what is said of a file in which nearly all is wrong, and that the
// rest holds.
func TestWrong(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "wrong.toml"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse(data, "wrong.toml", "", words())
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range c.Problems {
		b.WriteString(e.Error() + "\n")
	}
	path := filepath.Join("testdata", "wrong.golden")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("said:\n%s\nwanted:\n%s", &b, want)
	}
	if c.Profile != "web" || len(c.Columns) != 1 || c.Columns[0].Field != "info" {
		t.Errorf("profile %q with columns %v", c.Profile, c.Columns)
	}
	if got, want := c.Keys, map[string][]string{"follow": {"ctrl+q"}, "graph": {"x"}, "mark": {"M"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("keys are %v, not %v", got, want)
	}
	if i := slices.IndexFunc(c.Rules, func(r Rule) bool { return r.Name == "ARP" }); i < 0 || !c.Rules[i].Off {
		t.Error("the rule ARP is not off")
	}
	if c.History != Default().History || !c.Coloring {
		t.Errorf("history is %d, colouring %t", c.History, c.Coloring)
	}
}

// TestSyntax names the line of what is no TOML, and lets the defaults hold.
func TestSyntax(t *testing.T) {
	for _, s := range []string{"history = 3\ncolumns = [\n", "[keys]\nx = \n", "a = 1\na = 2\n", "[flags\n"} {
		c, err := Parse([]byte(s), "config.toml", "any", words())
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Problems) != 1 || c.Problems[0].Line == 0 || !strings.Contains(c.Problems[0].Msg, "no TOML") {
			t.Errorf("%q: %v", s, c.Problems)
		}
		c.Problems, c.Path = nil, ""
		if !reflect.DeepEqual(c, Default()) {
			t.Errorf("%q: not the defaults hold, but %+v", s, c)
		}
	}
}

// TestProfiles lays a profile over what stands above it.
func TestProfiles(t *testing.T) {
	const file = `
profile = "web"
history = 7
columns = [{ field = "info" }]
keys = { follow = "F", mark = [] }
filters = { slow = "tcp.time_delta > 1", web = "http" }
flags = { time = "d", mem = "1G" }
[coloring]
rules = [{ name = "mine", filter = "tcp.port == 1", style = "red" }]

[profiles.web]
columns = [{ field = "time" }, { title = "Host", field = "http.host", width = 9, align = "right" }]
keys = { follow = "w" }
filters = { web = "http || http2" }
flags = { time = "e" }
coloring = { on = false, defaults = false }

[profiles.dns]
history = 9
`
	c := parse(t, file, "")
	if c.Profile != "web" || !slices.Equal(c.Profiles, []string{"web", "dns"}) || c.History != 7 || c.Coloring {
		t.Errorf("%+v", c)
	}
	if want := []Column{{Title: "Time", Field: "time", Right: true}, {Title: "Host", Field: "http.host", Width: 9, Right: true}}; !slices.Equal(c.Columns, want) {
		t.Errorf("columns %+v", c.Columns)
	}
	if !reflect.DeepEqual(c.Keys, map[string][]string{"follow": {"w"}, "mark": {}}) {
		t.Errorf("keys %v", c.Keys)
	}
	if f, _ := c.Filter("web"); f != "http || http2" || len(c.Filters) != 2 {
		t.Errorf("filters %v", c.Filters)
	}
	if len(c.Rules) != 1 || c.Rules[0].Name != "mine" {
		t.Errorf("rules %v", c.Rules)
	}
	for _, f := range c.Flags {
		if want := map[string]string{"time": "e", "mem": "1G"}[f.Name]; len(f.Values) != 1 || f.Values[0] != want {
			t.Errorf("flag %+v", f)
		}
	}
	c = parse(t, file, "dns")
	if f, _ := c.Filter("web"); c.Profile != "dns" || c.History != 9 || f != "http" || len(c.Rules) != 1+len(DefaultRules()) {
		t.Errorf("%+v", c)
	}
	if _, err := Parse([]byte(file), "config.toml", "wbe", words()); err == nil || !strings.Contains(err.Error(), "web, dns") {
		t.Errorf("a profile that is not there: %v", err)
	}
	c, err := Parse([]byte("profile = \"x\"\n"), "config.toml", "", words())
	if err != nil || len(c.Problems) != 1 || c.Problems[0].Line != 1 {
		t.Errorf("a profile that the file names itself: %v, %v", c.Problems, err)
	}
}

// TestRules changes, takes away and adds to the default rules.
func TestRules(t *testing.T) {
	c := parse(t, `
[[coloring.rules]]
name = "first"
filter = "tcp.port == 1"
[[coloring.rules]]
name = "HTTP"
style = "bold red on 24"
[[coloring.rules]]
name = "second"
filter = "udp"
glyph = "π"
[[coloring.rules]]
name = "ARP"
off = true
`, "")
	d := DefaultRules()
	if len(c.Rules) != len(d)+2 || c.Rules[0].Name != "first" || c.Rules[1].Name != "second" || c.Rules[1].Glyph != "π" || c.Rules[1].ASCII != "*" {
		t.Fatalf("rules %v", c.Rules)
	}
	for i, r := range c.Rules[2:] {
		if r.Name != d[i].Name || r.Filter != d[i].Filter || r.Off != (r.Name == "ARP") {
			t.Errorf("%+v in place of %+v", r, d[i])
		}
		if r.Name == "HTTP" && (r.Style.String() != "bold red on 24" || r.Glyph != d[i].Glyph) {
			t.Errorf("%+v", r)
		}
	}
}

// TestDefaultRules holds that every rule but those of TCP and UDP has a style and a
// glyph, so that no two things are told by colour alone.
func TestDefaultRules(t *testing.T) {
	seen := map[string]bool{}
	known := RuleFields(dissect.NewLookup())
	for _, r := range DefaultRules() {
		if _, err := filter.Parse(r.Filter, known); err != nil {
			t.Errorf("%s: %v", r.Name, err)
		}
		plain := r.Name == "TCP" || r.Name == "UDP"
		if seen[r.Name] || r.Filter == "" || plain != (r.Style == Style{}) || plain != (r.Glyph == "") || (r.ASCII == "") != plain {
			t.Errorf("%+v", r)
		}
		seen[r.Name] = true
	}
}

// TestTemplate reads the file that is written for a new user: as it is it changes
// nothing, and with all its settings taken out of their comments it is right too.
func TestTemplate(t *testing.T) {
	flags := []FlagHelp{{Name: "time", Usage: "time column", Values: []string{"r"}, Quoted: true}, {Name: "decode-as", Usage: "ports", List: true}, {Name: "mem", Usage: "memory", Quoted: true}}
	data := Template(Default(), words(), flags, true)
	c := parse(t, string(data), "")
	c.Path = ""
	if !reflect.DeepEqual(c, Default()) {
		t.Errorf("%+v", c)
	}
	open := regexp.MustCompile(`(?m)^# `).ReplaceAllString(string(data), "")
	c = parse(t, open, "")
	if c.Profile != "web" || len(c.Profiles) != 1 || len(c.Keys) != len(words().Bindings) || len(c.Flags) != len(flags) {
		t.Errorf("%+v", c)
	}
	if want := len(DefaultRules()) + 1; len(c.Rules) != want {
		t.Errorf("%d rules, not %d", len(c.Rules), want)
	}
}

// TestShow writes what holds as a file that says the same.
func TestShow(t *testing.T) {
	c := parse(t, `
history = 3
columns = [{ title = "a \"b\" \\", field = "info", width = 3, align = "right", hidden = true }, { field = "tcp.port" }]
keys = { follow = ["g g", "^F"], mark = [] }
colors = { bar = "#010203 on azure" }
filters = { "a b" = "http.host contains \"x\"" }
[coloring]
on = false
defaults = false
rules = [{ name = "r", filter = "tcp", style = "bold italic underline reverse 7 on 255", glyph = "é" }, { name = "q", filter = "udp", off = true }]
`, "")
	d := parse(t, string(Template(c, words(), nil, false)), "")
	// What is bound by default is written down too.
	d.Keys = map[string][]string{"follow": d.Keys["follow"], "mark": d.Keys["mark"]}
	if !reflect.DeepEqual(c, d) {
		t.Errorf("%+v\nbecame\n%+v", c, d)
	}
}

// TestKeys reads keys as people write them.
func TestKeys(t *testing.T) {
	for in, want := range map[string]string{
		"f": "f", "F": "F", "^F": "ctrl+f", "ctrl+F": "ctrl+f", "C-f": "ctrl+f", "Tab": "tab", "S-Tab": "shift+tab", "shift+a": "A",
		"PgDn": "pgdown", "g g": "g g", "gg": "g g", "z o": "z o", "zR": "z R", " ": "space", "Up": "up", "F5": "f5", "^": "^", "-": "-", "+": "+",
		"alt+x": "alt+x", "M-x": "alt+x", "ctrl+alt+x": "ctrl+alt+x", "ctrl+shift+left": "ctrl+shift+left", "é": "é", "return": "enter",
	} {
		if got, err := ParseKey(in); err != nil || got != want {
			t.Errorf("%q is %q (%v), not %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "hello", "a b c", "ctrl+", "ctrl+hello", "\x01", "\xff", "f99", "shift+1"} {
		if got, err := ParseKey(in); err == nil {
			t.Errorf("%q is taken for %q", in, got)
		}
	}
}

// TestRebind takes a key away from what has it by default, where both work.
func TestRebind(t *testing.T) {
	all := words().Bindings
	got := Rebind(all, map[string][]string{"follow": {"x", "g"}, "quit": {}, "mark": {"s"}})
	want := [][]string{{"x", "g"}, nil, {"home"}, {"s"}, {"'"}, {"s"}, {}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}

// TestStyles reads styles and writes them again.
func TestStyles(t *testing.T) {
	for in, want := range map[string]string{
		"none": "none", "bold Orange": "bold orange", "orange bold": "bold orange", "black on #F0E442": "black on amber", "0 on 255": "black on 255",
		"on red": "on red", "reverse underline italic": "italic underline reverse", "#abcdef": "#abcdef",
	} {
		st, err := ParseStyle(in)
		if err != nil || st.String() != want {
			t.Errorf("%q is %q (%v), not %q", in, st, err, want)
		}
		if again, err := ParseStyle(st.String()); err != nil || again != st {
			t.Errorf("%q comes back as %q (%v)", st, again, err)
		}
	}
	for _, in := range []string{"", "pink", "red green", "red on", "on", "on red on blue", "none bold", "256", "#12", "#gggggg", "-1"} {
		if st, err := ParseStyle(in); err == nil {
			t.Errorf("%q is taken for %q", in, st)
		}
	}
	st, err := ParseStyle("bold orange on 24")
	if err != nil || st.Text(false) != "1;38;2;230;159;0" || st.Text(true) != "1" || st.Ground() != "48;5;24" {
		t.Errorf("%q, %q, %q, %v", st.Text(false), st.Text(true), st.Ground(), err)
	}
}

// FuzzParse holds that no file makes the reader fall over, and that problems have
// lines within it.
func FuzzParse(f *testing.F) {
	data, err := os.ReadFile(filepath.Join("testdata", "wrong.toml"))
	if err != nil {
		f.Fatal(err)
	}
	// Small pieces: what is large is not changed in many places.
	for _, part := range strings.Split(string(data), "\n\n") {
		f.Add([]byte(part))
	}
	f.Add([]byte("[[columns]]\nfield=\"info\"\n[columns.x]\n[[a.b]]\n[[a.b.c]]\nd=[[1],{x=[{y=1}]}]"))
	v := words()
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data, "f", "", v)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Count(string(data), "\n") + 1
		for _, e := range c.Problems {
			if e.Line > lines || e.Line < 0 {
				t.Errorf("%v in a file of %d lines", e, lines)
			}
		}
		if len(c.Columns) == 0 {
			t.Error("no columns are left")
		}
	})
}
