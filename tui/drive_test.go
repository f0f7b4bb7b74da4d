package tui

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tcplens/internal/pipeline"
	"tcplens/internal/trace"
)

var update = flag.Bool("update", false, "write golden files anew")

// driver runs a Model as Bubble Tea does, without a terminal: messages through
// Update, commands in goroutines of their own.
type driver struct {
	t      *testing.T
	m      *Model
	cancel context.CancelFunc
	msgs   chan tea.Msg
	quit   bool
	sent   []tea.Msg // messages that are for the terminal: the clipboard
}

// open gives the trace of a capture file that has been read as a whole.
func open(t testing.TB, name string) *trace.Trace {
	t.Helper()
	p, err := pipeline.LoadFile(filepath.Join("testdata", name), pipeline.Options{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p.Trace()
}

// drive makes a Model of some size and waits until it has settled.
func drive(t *testing.T, o Options, w, h int) *driver {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	m, err := New(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	d := &driver{t: t, m: m, cancel: cancel, msgs: make(chan tea.Msg, 64)}
	d.run(m.Init())
	d.send(tea.WindowSizeMsg{Width: w, Height: h})
	return d
}

// run starts the commands that a command consists of.
func (d *driver) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		msg := cmd()
		if msg == nil {
			return
		}
		select {
		case d.msgs <- msg:
		case <-d.m.ctx.Done():
		}
	}()
}

// take gives a message to the Model.
func (d *driver) take(msg tea.Msg) {
	switch msg := msg.(type) {
	case tea.BatchMsg:
		for _, c := range msg {
			d.run(c)
		}
		return
	case tea.QuitMsg:
		d.quit = true
		return
	}
	_, cmd := d.m.Update(msg)
	d.sent = append(d.sent, msg)
	d.m.View()
	d.run(cmd)
}

// send gives a message to the Model and waits until it is idle.
func (d *driver) send(msg tea.Msg) {
	d.t.Helper()
	d.take(msg)
	d.settle(func() bool { return d.m.Idle() })
}

// settle takes messages until a condition holds.
func (d *driver) settle(ok func() bool) {
	d.t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	for !ok() {
		select {
		case msg := <-d.msgs:
			d.take(msg)
		case <-deadline.C:
			d.t.Fatalf("the program does not come to rest:\n%s", d.screen())
		}
	}
}

// keys types a script: key names and characters between spaces, 'text' in quotes.
func (d *driver) keys(script string) *driver {
	d.t.Helper()
	for script = strings.TrimSpace(script); script != ""; script = strings.TrimSpace(script) {
		if script[0] == '\'' && len(script) > 1 && script[1] != ' ' {
			end := strings.IndexByte(script[1:], '\'')
			for _, r := range script[1 : 1+end] {
				d.send(keyOf(string(r)))
			}
			script = script[end+2:]
			continue
		}
		word, rest, _ := strings.Cut(script, " ")
		d.send(keyOf(word))
		script = rest
	}
	return d
}

// keyOf makes the message of a key.
func keyOf(name string) tea.KeyPressMsg {
	special := map[string]rune{
		"Enter": tea.KeyEnter, "Tab": tea.KeyTab, "Esc": tea.KeyEscape, "Up": tea.KeyUp, "Down": tea.KeyDown, "Left": tea.KeyLeft,
		"Right": tea.KeyRight, "Home": tea.KeyHome, "End": tea.KeyEnd, "PgDn": tea.KeyPgDown, "PgUp": tea.KeyPgUp, "Backspace": tea.KeyBackspace,
	}
	if c, ok := special[name]; ok {
		return tea.KeyPressMsg{Code: c}
	}
	if c, ok := strings.CutPrefix(name, "^"); ok && c != "" {
		return tea.KeyPressMsg{Code: rune(c[0]), Mod: tea.ModCtrl}
	}
	if name == "S-Tab" {
		return tea.KeyPressMsg{Code: tea.KeyTab, Mod: tea.ModShift}
	}
	if name == "Space" || name == " " {
		return tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
	}
	r := []rune(name)[0]
	return tea.KeyPressMsg{Code: r, Text: string(r)}
}

// screen gives the screen as plain text, without blanks at the ends of lines.
func (d *driver) screen() string {
	lines := strings.Split(ansi.Strip(d.m.View().Content), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

// check holds lines and columns of the screen against its size.
func (d *driver) check() {
	d.t.Helper()
	lines := strings.Split(ansi.Strip(d.m.View().Content), "\n")
	if len(lines) != d.m.height {
		d.t.Errorf("%d lines on a screen of %d", len(lines), d.m.height)
	}
	for i, l := range lines {
		if w := ansi.StringWidth(l); w != d.m.width {
			d.t.Errorf("line %d has %d cells of %d: %q", i, w, d.m.width, l)
		}
	}
}

// golden holds a text against a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s is different:\n%s\nwanted:\n%s", name, got, want)
	}
}
