package tui

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// TestFlowScreens holds the flows view against golden files: conversations that went
// well and badly, refused and reset ones, over TCP and UDP.
func TestFlowScreens(t *testing.T) {
	sizes := []struct{ w, h int }{{80, 24}, {160, 45}, {120, 40}, {60, 18}, {40, 10}}
	scripts := []struct{ name, keys string }{
		{"flows", "2 j"},
		{"flowsresent", "2 o r j"},
		{"flowsudp", "2 G"},
	}
	for _, s := range scripts {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s/%dx%d", s.name, size.w, size.h), func(t *testing.T) {
				d := drive(t, Options{Trace: open(t, "flows.pcapng"), Color: true}, size.w, size.h)
				d.keys(s.keys)
				d.check()
				golden(t, fmt.Sprintf("%s-%dx%d.golden", s.name, size.w, size.h), d.screen())
			})
		}
	}
	for _, size := range sizes {
		d := drive(t, Options{Trace: open(t, "secure.pcap"), Color: true}, size.w, size.h)
		d.keys("2 o e j")
		d.check()
		golden(t, fmt.Sprintf("flowstls-%dx%d.golden", size.w, size.h), d.screen())
	}
	for _, s := range []struct{ name, keys string }{{"flowsort", "2 o"}, {"flowexplain", "2 o r K"}} {
		d := drive(t, Options{Trace: open(t, "flows.pcapng"), Color: true}, 80, 24)
		d.keys(s.keys)
		d.check()
		golden(t, s.name+"-80x24.golden", d.screen())
	}
}

// TestFlowColumns lays the columns out for every width: they fill no more than it,
// the ones that matter most are always there, and none vanishes as it grows.
func TestFlowColumns(t *testing.T) {
	for _, ends := range []int{0, 15, 21, 30, 47} {
		for _, digits := range []int{0, 1, 3, 6} {
			p := flowsPane{ends: ends, digits: digits, names: 12 + ends}
			before := map[flowKey]bool{}
			for w := minWidth; w <= 300; w++ {
				used := 1
				now := map[flowKey]bool{}
				for i, c := range p.columns(w) {
					if c.w < 1 || i > 0 && c.key <= p.columns(w)[i-1].key {
						t.Fatalf("width %d: columns %v", w, p.columns(w))
					}
					used += c.w + 1
					now[c.key] = true
				}
				if used > w+1 { // the last gap needs no room
					t.Errorf("width %d: the columns take %d", w, used)
				}
				for _, k := range []flowKey{flowNumber, flowB, flowBytes, flowZeek} {
					if !now[k] {
						t.Errorf("width %d: no column %s", w, k)
					}
				}
				if w > 72 {
					for k := range before {
						if !now[k] {
							t.Errorf("the column %s vanishes at width %d", k, w)
						}
					}
				}
				before = now
			}
			if len(before) != int(flowKeys) {
				t.Errorf("at 300 cells there are %d columns of %d", len(before), flowKeys)
			}
		}
	}
}

// TestFlowsStay scrolls through the view: the columns stand where they stood.
func TestFlowsStay(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "flows.pcapng"), Color: true}, 100, 20)
	d.keys("2")
	heads := strings.Split(d.screen(), "\n")[2]
	for range 20 {
		d.keys("j")
		if got := strings.Split(d.screen(), "\n")[2]; got != heads {
			t.Fatalf("heads\n%s\nbefore\n%s", got, heads)
		}
	}
}

// TestFlowSorting sorts by every column, by keys and by the mouse.
func TestFlowSorting(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "flows.pcapng"), Color: true}, 80, 24)
	d.keys("2 j j")
	chosen := d.m.flows.stream
	keys := map[string]bool{}
	for k, f := range flowFields {
		if keys[f.key] || strings.Contains("jkq", f.key) {
			t.Errorf("the key %s of %s means something else", f.key, f.name)
		}
		keys[f.key] = true
		d.keys("o " + f.key)
		p := &d.m.flows
		if p.key != flowKey(k) || !strings.Contains(d.screen(), "by "+f.name) {
			t.Fatalf("after %s: by %s\n%s", f.key, p.key, d.screen())
		}
		for range 2 {
			ok := slices.IsSortedFunc(p.order, func(i, j int32) int {
				c := cmp.Or(p.key.compare(&p.all[i], &p.all[j]), cmp.Compare(i, j))
				if p.reverse {
					return -c
				}
				return c
			})
			if !ok {
				t.Errorf("by %s: not sorted", f.name)
			}
			d.keys("S")
		}
		if c := p.selected(); c == nil || c.Stream != chosen || c.Kind != trace.TCP {
			t.Errorf("by %s: the selection has moved", f.name)
		}
	}
	// A column's head sorts, once more turns round; what is not a row selects nothing.
	d.keys("o n")
	d.send(tea.MouseClickMsg{Button: tea.MouseLeft, X: 50, Y: 2})
	if d.m.flows.key != flowBytes || d.m.flows.reverse {
		t.Errorf("a click on a head sorts by %s", d.m.flows.key)
	}
	cur := d.m.flows.cur
	d.send(tea.MouseClickMsg{Button: tea.MouseLeft, X: 30, Y: 20})
	if d.m.flows.cur != cur {
		t.Error("a click on the words below the list selects a row")
	}
}

// TestFlowWords reads what the selected flow has come to.
func TestFlowWords(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "flows.pcapng"), Color: true}, 120, 40)
	d.keys("2")
	for i := range d.m.flows.order {
		c := d.m.flows.at(i)
		s := d.screen()
		title := regexp.MustCompile(fmt.Sprintf(`%s %d · client (\S+) → server (\S+)`, c.Kind, c.Stream)).FindStringSubmatch(s)
		if title == nil {
			t.Fatalf("no title of %s %d:\n%s", c.Kind, c.Stream, s)
		}
		ends := []string{c.Flow.Src.String(), c.Flow.Dst.String()}
		if title[1] != ends[c.Zeek.Orig] || title[2] != ends[c.Zeek.Orig^1] {
			t.Errorf("%s %d: %s", c.Kind, c.Stream, title[0])
		}
		if !strings.Contains(s, "  "+c.Zeek.State.String()+": "+c.Zeek.State.Meaning(c.Kind != trace.TCP)) {
			t.Errorf("%s %d: the state is not explained:\n%s", c.Kind, c.Stream, s)
		}
		if !strings.Contains(s, "  "+c.Zeek.History.String()+": "+c.Zeek.History.Words()[0]) {
			t.Errorf("%s %d: the history is not explained:\n%s", c.Kind, c.Stream, s)
		}
		d.keys("K")
		if d.m.reader == nil {
			t.Fatalf("%s %d: nothing is explained", c.Kind, c.Stream)
		}
		d.keys("Esc j")
	}
}

func TestEndCells(t *testing.T) {
	for _, s := range []string{"1.2.3.4:5", "10.0.0.1:34962", "255.255.255.255:65535", "99.100.9.10:80", "[::1]:3000", "[fe80::1%eth0]:443"} {
		e := packet.Endpoint{Addr: netip.MustParseAddrPort(s).Addr(), Port: netip.MustParseAddrPort(s).Port()}
		if got := endCells(&e); got != len(e.String()) {
			t.Errorf("%s takes %d cells, not %d", e, len(e.String()), got)
		}
	}
}

func TestPercent(t *testing.T) {
	for v, want := range map[float64]string{0: "", 0.0001: "<1%", 0.01: "1%", 0.125: "13%", 1: "100%", share(5, 0): ""} {
		if got := percent(v); got != want {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
}

// TestFlowsGrow watches a connection from its SYN to its end: state and history
// grow with every packet.
func TestFlowsGrow(t *testing.T) {
	tr, f := live(t)
	ps := replay(t, "../../testdata/lab/http.pcap")
	d := drive(t, Options{Trace: tr, Color: true}, 80, 24)
	d.keys("2")
	if s := d.screen(); !strings.Contains(s, "no TCP or UDP conversation yet") {
		t.Errorf("before the first packet:\n%s", s)
	}
	var states []string
	history := ""
	for i := range ps {
		d.give(f, ps[i:i+1])
		c := d.m.flows.selected()
		if c == nil || packets(c) != uint64(i+1) {
			t.Fatalf("after packet %d:\n%s", i+1, d.screen())
		}
		if got := c.Zeek.History.String(); !strings.HasPrefix(got, history) {
			t.Errorf("history %s after %s", got, history)
		} else {
			history = got
		}
		if s := c.Zeek.State.String(); len(states) == 0 || states[len(states)-1] != s {
			states = append(states, s)
		}
		if !strings.Contains(d.screen(), history) {
			t.Errorf("after packet %d there is no %s on the screen:\n%s", i+1, history, d.screen())
		}
	}
	if got := strings.Join(states, " "); got != "S0 S1 S3 SF" {
		t.Errorf("states %s", got)
	}
}
