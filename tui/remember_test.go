package tui

import (
	"strings"
	"sync"
	"testing"

	"tcplens/dissect"
	"tcplens/internal/config"
)

// configured reads a configuration that may have mistakes.
func configured(t *testing.T, s string) *config.Config {
	t.Helper()
	c, err := config.Parse([]byte(s), "config.toml", "", &config.Vocabulary{Bindings: Bindings(), Styles: StyleNames(), Fields: dissect.NewLookup()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// memory is what is remembered, as a file would keep it.
type memory struct {
	mu    sync.Mutex
	state config.State
}

func (m *memory) change(f func(*config.State)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(&m.state)
	return nil
}

// TestOwnKeys binds other keys: they work, are shown, and what had them has none.
func TestOwnKeys(t *testing.T) {
	c := configured(t, `
[keys]
help = "f1"
graph = ["F", "ctrl+g"]
follow = []
next-mark = "z z"
[colors]
bar = "0 on 15"
`)
	if len(c.Problems) > 0 {
		t.Fatal(c.Problems)
	}
	d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true, Config: c}, 120, 40)
	foot := lastLine(d)
	if !strings.Contains(foot, "F flow graph") || strings.Contains(foot, "follow") || !strings.Contains(foot, "f1 keys") {
		t.Errorf("the footer says %q", foot)
	}
	if !strings.Contains(d.m.View().Content, "38;5;0;48;5;15m") {
		t.Error("the bar has not its own colours")
	}
	if d.keys("f"); d.m.view != viewPackets {
		t.Error("f follows though it is not bound")
	}
	if d.keys("j j j F"); d.m.view != viewGraph || d.m.list.tail {
		t.Error("F does not draw the flow graph alone")
	}
	d.keys("Esc m k z z")
	if d.m.list.cur == 0 || !d.m.list.marks[d.m.list.cur] {
		t.Error("zz does not go to the mark")
	}
}

func lastLine(d *driver) string {
	lines := strings.Split(strings.TrimRight(d.screen(), "\n"), "\n")
	return lines[len(lines)-1]
}

// TestConfigProblems tells of what is wrong with the configuration, and goes on.
func TestConfigProblems(t *testing.T) {
	c := configured(t, "[keys]\nfolow = \"g\"\n")
	d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true, Config: c}, 120, 24)
	if s := lastLine(d); !strings.Contains(s, "config.toml:2: keys.folow: there is no action of this name (did you mean follow?)") {
		t.Errorf("the last line is %q", s)
	}
	if d.keys("j"); !strings.Contains(lastLine(d), "f follow") {
		t.Errorf("after a key the last line is %q", lastLine(d))
	}
	c = configured(t, "x = 1\ny = 2\n")
	d = drive(t, Options{Trace: open(t, "web.pcap"), Color: true, Config: c}, 120, 24)
	if s := lastLine(d); !strings.Contains(s, ":config shows all 2: config.toml:1: x: ") {
		t.Errorf("the last line is %q", s)
	}
	d.keys(": 'config' Enter")
	if s := d.screen(); !strings.Contains(s, "1: x: there is no such setting") || !strings.Contains(s, "2: y: there is") {
		t.Errorf(":config shows\n%s", s)
	}
}

// TestNamedFilters names a filter, applies it by name, and remembers it and what was
// entered.
func TestNamedFilters(t *testing.T) {
	var mem memory
	o := Options{Trace: open(t, "web.pcap"), Color: true, Config: configured(t, "[filters]\nmine = \"tcp.len == 0\"\n"), Hooks: Hooks{Remember: mem.change}}
	d := drive(t, o, 80, 24)
	d.keys("/ 'tcp.len > 0' Enter : 'name data' Enter")
	d.keys(": 'named mine' Enter")
	if d.m.filter != "tcp.len == 0" {
		t.Errorf("the filter is %q", d.m.filter)
	}
	d.keys(": 'named' Enter")
	if s := d.screen(); !strings.Contains(s, "1  mine: tcp.len == 0") || !strings.Contains(s, "2  data: tcp.len > 0") {
		t.Errorf(":named shows\n%s", s)
	}
	d.keys("2")
	if d.m.filter != "tcp.len > 0" {
		t.Errorf("the filter is %q", d.m.filter)
	}
	d.keys(": 'name mine' Enter")
	if s := lastLine(d); !strings.Contains(s, "change it there") {
		t.Errorf("a name of the configuration: %q", s)
	}
	d.keys(": 'named no' Enter")
	if s := lastLine(d); !strings.Contains(s, "no filter is called no") {
		t.Errorf("a name that is not there: %q", s)
	}
	want := []string{"tcp.len == 0", "tcp.len > 0"}
	if got := mem.state.History; strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("remembered are %q", got)
	}
	// The next time.
	o.State = &mem.state
	d = drive(t, o, 80, 24)
	d.keys("/ Up Up Enter")
	if d.m.filter != "tcp.len == 0" {
		t.Errorf("two filters back there is %q", d.m.filter)
	}
	if d.keys(": 'named data' Enter"); d.m.filter != "tcp.len > 0" {
		t.Errorf("the filter is %q", d.m.filter)
	}
}
