package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// TestScreens types scripts and holds the screens against golden files.
func TestScreens(t *testing.T) {
	sizes := []struct{ w, h int }{{80, 24}, {120, 40}, {40, 10}}
	scripts := []struct{ name, file, keys string }{
		{"start", "web.pcap", ""},
		{"request", "web.pcap", "j j j j j Tab j j"},
		{"sequence", "web.pcap", "j j j Enter k j z o j j j"},
		{"hex", "web.pcap", "j j j j j S-Tab l l"},
		{"filter", "web.pcap", "/ 'tcp.len > 0 and ip.src == 10.99.0.1' Enter"},
		{"wrong", "web.pcap", "/ 'tcp.prot == 80' Enter"},
		{"complete", "web.pcap", "/ 'tcp.fl'"},
		{"none", "web.pcap", "/ 'udp' Enter"},
		{"problems", "fastrtx.pcap", "e e"},
		{"requests", "web.pcap", "3 j"},
		{"requestpackets", "web.pcap", "3 j Enter"},
		{"follow", "web.pcap", "j j j j j f"},
		{"followmessages", "web.pcap", "j j j j j f v v g g j"},
		{"followhex", "web.pcap", "j j j j j f v"},
		{"graph", "web.pcap", "j j j j j x"},
		{"graphlost", "fastrtx.pcap", "x - j j"},
		{"help", "web.pcap", "?"},
		{"copy", "web.pcap", "j j j j j Tab y"},
		{"explain", "fastrtx.pcap", "e K"},
		{"zoom", "web.pcap", `j j j j Tab \`},
		{"time", "web.pcap", "j j j T j t t t"},
	}
	for _, s := range scripts {
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

// TestASCII shows every view without a character beyond ASCII.
func TestASCII(t *testing.T) {
	for _, keys := range []string{"", "j j j j j Tab j", "?", "2", "3", "j j j f", "j j j f v v", "j j j x", "/ 'tcp'", "y", "j j j K", ": 'fol'", "m F p"} {
		d := drive(t, Options{Trace: open(t, "web.pcap"), ASCII: true}, 80, 24)
		d.keys(keys)
		d.check()
		for i, r := range d.screen() {
			if r >= 0x80 {
				t.Errorf("after %q: %q at %d of\n%s", keys, r, i, d.screen())
				break
			}
		}
	}
}

// TestNoColor shows no colour, but tells the selection by other means.
func TestNoColor(t *testing.T) {
	for _, keys := range []string{"", "Tab", "2", "4", "j j j f", "j j j x", "?"} {
		d := drive(t, Options{Trace: open(t, "web.pcap"), Color: false}, 100, 30)
		d.keys(keys)
		s := d.m.View().Content
		if strings.Contains(s, "38;") || strings.Contains(s, "48;") || strings.Contains(s, "[3") || strings.Contains(s, ";3") {
			t.Errorf("after %q there is colour: %q", keys, s)
		}
		if keys != "?" && !strings.Contains(s, "\x1b[7") && !strings.Contains(s, ";7m") {
			t.Errorf("after %q nothing is reversed", keys)
		}
	}
}

// TestThemes follows the background of the terminal, unless a theme was named.
func TestThemes(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true}, 80, 24)
	if d.m.theme.name != ThemeDark {
		t.Errorf("begins with %s", d.m.theme.name)
	}
	dark := d.m.View().Content
	d.send(tea.BackgroundColorMsg{Color: white{}})
	if d.m.theme.name != ThemeLight {
		t.Errorf("on white the theme is %s", d.m.theme.name)
	}
	if d.m.View().Content == dark {
		t.Error("the light theme looks like the dark one")
	}
	d = drive(t, Options{Trace: open(t, "web.pcap"), Color: true, Theme: ThemeDark}, 80, 24)
	d.send(tea.BackgroundColorMsg{Color: white{}})
	if d.m.theme.name != ThemeDark {
		t.Error("a theme that was named was replaced")
	}
	if _, err := New(t.Context(), Options{Theme: "pink", Color: true}); err == nil || !strings.Contains(err.Error(), "dark, light") {
		t.Errorf("a theme that does not exist: %v", err)
	}
}

type white struct{}

func (white) RGBA() (r, g, b, a uint32) { return 0xffff, 0xffff, 0xffff, 0xffff }

// TestSizes draws every view at every size and never leaves the screen.
func TestSizes(t *testing.T) {
	for _, keys := range []string{"", "Tab", "Tab Tab", "2", "4", "4 G Enter", "j j j f", "j j j x", "?", "/ 'tcp.'", "y", ":", "6"} {
		d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true}, 80, 24)
		d.keys(keys)
		for w := 1; w <= 200; w += 19 {
			for h := 1; h <= 60; h += 7 {
				d.send(tea.WindowSizeMsg{Width: w, Height: h})
				d.check()
			}
		}
		if t.Failed() {
			t.Fatalf("after %q", keys)
		}
	}
}

// TestTooSmall lives on a screen on which nothing fits, and comes back.
func TestTooSmall(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true}, 80, 24)
	before := d.keys("j j j").screen()
	d.send(tea.WindowSizeMsg{Width: 20, Height: 5})
	if s := d.screen(); !strings.Contains(s, "tcplens needs") || !strings.Contains(s, "q quits") {
		t.Errorf("at 20x5:\n%s", s)
	}
	d.keys("j x f /")
	d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	if d.screen() != before {
		t.Errorf("afterwards:\n%s\nbefore:\n%s", d.screen(), before)
	}
	d.send(tea.WindowSizeMsg{Width: 20, Height: 5})
	d.keys("q")
	d.settle(func() bool { return d.quit })
}
