package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tcplens/internal/explain"
)

// Captures of the lab, with what the explanations are about.
const (
	labHTTP  = "../../testdata/lab/http.pcap"
	labTLS   = "../../testdata/lab/tls13.pcap"
	labClose = "../../testdata/lab/close4.pcap"
)

// TestExplainScreens explains something in every view, in both languages.
func TestExplainScreens(t *testing.T) {
	sizes := []struct{ w, h int }{{80, 24}, {120, 40}, {60, 18}}
	scripts := []struct{ name, file, keys string }{
		{"learnpacket", labHTTP, "j j j j K"},
		{"learnflag", labHTTP, "Tab k j z R G G K"},
		{"learnhex", labHTTP, "j j j S-Tab K"},
		{"learnarrow", labClose, "x G K"},
		{"learnphase", labClose, "x k K"},
		{"learnflow", labTLS, "2 K"},
		{"learnfollow", labHTTP, "j j j f K"},
		{"learnrequest", labHTTP, "3 K"},
		{"learnhello", labTLS, "j j j K"},
		{"learnlink", labHTTP, "j j j j K Tab Enter"},
	}
	for _, s := range scripts {
		for _, lang := range explain.Languages() {
			for _, size := range sizes {
				t.Run(fmt.Sprintf("%s/%s/%dx%d", s.name, lang, size.w, size.h), func(t *testing.T) {
					d := drive(t, Options{Trace: open(t, s.file), Color: true, Lang: lang}, size.w, size.h)
					d.keys(s.keys)
					d.check()
					if d.m.reader == nil {
						t.Fatalf("nothing is explained:\n%s", d.screen())
					}
					golden(t, fmt.Sprintf("%s-%s-%dx%d.golden", s.name, lang, size.w, size.h), d.screen())
				})
			}
		}
	}
}

// TestReaderFits draws a long text at every width in both languages: no line is longer
// than the screen, none begins with punctuation that closes.
func TestReaderFits(t *testing.T) {
	for _, lang := range explain.Languages() {
		d := drive(t, Options{Trace: open(t, labTLS), Color: true, Lang: lang}, 80, 60)
		d.keys("j j j K")
		for w := minWidth; w <= 120; w += 7 {
			m := d.m
			m.reader.width = 0
			for _, l := range m.reader.view(&m.l, w, 200) {
				l = ansi.Strip(l)
				if ansi.StringWidth(l) != w {
					t.Errorf("%s: %d cells of %d: %q", lang, ansi.StringWidth(l), w, l)
				}
				if s := strings.TrimSpace(l); strings.HasPrefix(s, "，") || strings.HasPrefix(s, "。") || strings.HasPrefix(s, "）") {
					t.Errorf("%s: a line of %d cells begins with punctuation: %q", lang, w, l)
				}
			}
		}
	}
}

// TestReaderKeys goes through the reader by keys.
func TestReaderKeys(t *testing.T) {
	d := drive(t, Options{Trace: open(t, labHTTP), Color: true}, 80, 24)
	d.keys("j j j j K") // packet 5, an ACK of packet 4
	title := func() string { return d.m.reader.text.Title }
	if title() != "Packet 5" {
		t.Fatalf("the title is %q", title())
	}
	d.keys("G")
	if top := d.m.reader.top; top != max(len(d.m.reader.lines)-d.m.reader.rows, 0) {
		t.Errorf("G shows line %d", top)
	}
	d.keys("g")
	if d.m.reader.top != 0 {
		t.Errorf("g shows line %d", d.m.reader.top)
	}
	d.keys("2")
	if title() != d.m.reader.from.links[1].topic.Title {
		t.Errorf("2 leads to %q", title())
	}
	d.keys("h")
	if title() != "Packet 5" {
		t.Errorf("back leads to %q", title())
	}
	d.keys("1")
	if d.m.reader != nil || d.m.list.cur != 4 {
		t.Errorf("1 leads to packet %d", d.m.list.cur)
	}
	for _, key := range []string{"K", "Esc", "q"} {
		d.keys("K")
		if d.m.reader == nil {
			t.Fatal("K does not open the reader")
		}
		d.keys(key)
		if d.m.reader != nil || d.m.view != viewPackets {
			t.Errorf("%s does not close the reader", key)
		}
	}
}

// TestExplainASCII explains in English where only ASCII may be drawn.
func TestExplainASCII(t *testing.T) {
	d := drive(t, Options{Trace: open(t, labHTTP), ASCII: true, Lang: explain.Chinese}, 80, 24)
	for _, keys := range []string{"j j j j K", "G", "Esc x K", "Esc Esc 2 K"} {
		d.keys(keys)
		d.check()
		if i := strings.IndexFunc(d.screen(), func(r rune) bool { return r >= 0x80 }); i >= 0 {
			t.Errorf("after %q there is more than ASCII:\n%s", keys, d.screen())
		}
	}
}

// TestReaderSizes draws the reader at every size and never leaves the screen.
func TestReaderSizes(t *testing.T) {
	for _, lang := range explain.Languages() {
		d := drive(t, Options{Trace: open(t, labTLS), Color: true, Lang: lang}, 80, 24)
		d.keys("j j j K Tab Tab")
		for w := 1; w <= 200; w += 19 {
			for h := 1; h <= 60; h += 7 {
				d.send(tea.WindowSizeMsg{Width: w, Height: h})
				d.check()
			}
		}
	}
}

// TestReaderMouse scrolls with the wheel and follows a link that is clicked.
func TestReaderMouse(t *testing.T) {
	d := drive(t, Options{Trace: open(t, labHTTP), Color: true}, 80, 24)
	d.keys("j j j j K")
	for y, l := range strings.Split(d.screen(), "\n") {
		if strings.HasPrefix(l, "  1  #4") {
			d.send(tea.MouseClickMsg{X: 5, Y: y, Button: tea.MouseLeft})
		}
	}
	if d.m.reader != nil || d.m.list.cur != 4 {
		t.Errorf("a click on #4 leads to packet %d", d.m.list.cur)
	}
	d = drive(t, Options{Trace: open(t, labHTTP), Color: true}, 80, 12)
	d.keys("j j j j K")
	d.send(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
	if d.m.reader.top == 0 {
		t.Error("the wheel does not scroll")
	}
}
