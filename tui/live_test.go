package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	tea "charm.land/bubbletea/v2"

	"tcplens/capture"
	"tcplens/internal/packet"
	"tcplens/internal/pipeline"
	"tcplens/internal/trace"
)

// feed is a live source that gives packets when a test says so.
type feed struct {
	batches chan []packet.Packet
}

func (f *feed) Read(ctx context.Context, b *capture.Batch) error {
	b.Reset()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case ps, ok := <-f.batches:
		if !ok {
			return io.EOF
		}
		b.Packets = append(b.Packets, ps...)
		return nil
	}
}

func (f *feed) Interfaces() []packet.Interface {
	return []packet.Interface{{Name: "lo", Link: packet.LinkEthernet}}
}

func (f *feed) Close() error { return nil }

// live makes a trace that a test feeds.
func live(t *testing.T) (*trace.Trace, *feed) {
	t.Helper()
	p, err := pipeline.New(pipeline.Options{Name: "lo", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	f := &feed{batches: make(chan []packet.Packet)}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		_ = p.Run(ctx, f) // ends with the context
	}()
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		_ = p.Close()
	})
	return p.Trace(), f
}

// replay gives the packets of a capture file, as a live source has them.
func replay(t *testing.T, name string) []packet.Packet {
	t.Helper()
	tr := open(t, name)
	r := tr.NewReader()
	var out []packet.Packet
	for n := packet.Number(1); n <= tr.Snapshot().Last(); n++ {
		p, err := r.Packet(n)
		if err != nil {
			t.Fatal(err)
		}
		p.Data, p.Pos = append([]byte(nil), p.Data...), -1
		out = append(out, p)
	}
	return out
}

// give feeds packets and waits until the screen has them.
func (d *driver) give(f *feed, ps []packet.Packet) {
	d.t.Helper()
	want := d.m.src.last() + packet.Number(len(ps))
	f.batches <- ps
	d.settle(func() bool {
		return (d.m.frozen || d.m.src.last() >= want) && d.m.src.status.Packets >= uint64(want) && d.m.Idle()
	})
}

func TestLive(t *testing.T) {
	tr, f := live(t)
	ps := replay(t, "web.pcap")
	d := drive(t, Options{Trace: tr, Color: true}, 80, 24)
	if s := d.screen(); !strings.Contains(s, "listening on lo: no packet yet") || !strings.Contains(s, "Make something happen") {
		t.Errorf("idle:\n%s", s)
	}
	d.give(f, ps[:5])
	if d.m.list.cur != 5 || !d.m.list.tail {
		t.Errorf("packet %d is selected and not the newest", d.m.list.cur)
	}
	d.keys("k k")
	d.give(f, ps[5:15])
	if d.m.list.cur != 3 || !strings.Contains(d.screen(), "▼ 10 new") {
		t.Errorf("after moving up, packet %d:\n%s", d.m.list.cur, d.screen())
	}
	d.keys("G")
	if d.m.list.cur != 15 || strings.Contains(d.screen(), "new") {
		t.Errorf("G does not go back to live:\n%s", d.screen())
	}
	d.keys("p")
	d.give(f, ps[15:20])
	if s := d.screen(); d.m.list.cur != 15 || !strings.Contains(s, "frozen") || !strings.Contains(s, "20 packets") || !strings.Contains(s, "15 of 15 shown") {
		t.Errorf("frozen:\n%s", s)
	}
	d.keys("p")
	if d.m.list.cur != 20 {
		t.Errorf("after the freeze packet %d is selected", d.m.list.cur)
	}
	// A filter takes new packets in as they come, and what it takes of those that were
	// there is not new.
	d.keys("k / 'http' Enter")
	before := d.m.list.count(&d.m.src)
	if strings.Contains(d.screen(), " new ") {
		t.Errorf("old packets are new to a filter:\n%s", d.screen())
	}
	d.give(f, ps[20:])
	if !strings.Contains(d.screen(), "▼ 4 new") {
		t.Errorf("what has come is not new to the filter:\n%s", d.screen())
	}
	if after := d.m.list.count(&d.m.src); before != 1 || after <= before {
		t.Errorf("%d HTTP packets before, %d after", before, after)
	}
	if !strings.Contains(d.screen(), fmt.Sprintf("%d of 40 shown", d.m.list.count(&d.m.src))) {
		t.Errorf("the second line does not tell:\n%s", d.screen())
	}
}

// TestLiveViews lets flow graph and follow grow.
func TestLiveViews(t *testing.T) {
	for _, key := range []string{"x", "f", "2"} {
		tr, f := live(t)
		ps := replay(t, "web.pcap")
		d := drive(t, Options{Trace: tr, Color: true}, 100, 50)
		d.give(f, ps[:6])
		d.keys(key)
		before := d.screen()
		d.give(f, ps[6:])
		switch key {
		case "x":
			d.settle(func() bool { return d.m.graph.graph.Len() == 38 })
		case "f":
			d.settle(func() bool { return d.m.conv.done && d.m.conv.seen == 40 })
		}
		if after := d.screen(); after == before {
			t.Errorf("%s does not grow:\n%s", key, after)
		}
	}
}

// TestStorm resizes and types while packets come.
func TestStorm(t *testing.T) {
	tr, f := live(t)
	ps := replay(t, "web.pcap")
	d := drive(t, Options{Trace: tr, Color: true}, 80, 24)
	keys := []string{"j", "k", "Tab", "G", "f", "Esc", "x", "Esc", "2", "Esc", "?", "Esc", "z", "R", "+", "-", "\\", "\\", "t", "m", "F", "C", "u", "[", "]", "e", "p", "p"}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 30 {
			f.batches <- ps
		}
	}()
	for i := range 300 {
		d.take(tea.WindowSizeMsg{Width: 1 + i*37%210, Height: 1 + i*17%70})
		d.take(keyOf(keys[i%len(keys)]))
		select {
		case msg := <-d.msgs:
			d.take(msg)
		default:
		}
		d.check()
	}
	<-done
	d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	d.m.frozen = false
	d.settle(func() bool { return d.m.src.last() == packet.Number(30*len(ps)) && d.m.Idle() })
	d.check()
}

// TestMouse clicks, double-clicks and turns the wheel.
func TestMouse(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true}, 80, 24)
	click := func(x, y int) { d.send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft}) }
	click(30, 8)
	if d.m.list.cur != 6 || d.m.list.set[d.m.list.col].kind != colSrc {
		t.Errorf("packet %d, column %d", d.m.list.cur, d.m.list.col)
	}
	d.send(tea.MouseWheelMsg{X: 10, Y: 8, Button: tea.MouseWheelDown})
	if d.m.list.top != 3 {
		t.Errorf("the wheel scrolls the list to %d", d.m.list.top)
	}
	click(8, 19)
	if d.m.focus != paneDetail {
		t.Error("a click does not focus the tree")
	}
	path, was := d.m.tree.path, d.m.tree.isOpen(d.m.tree.cur)
	d.m.last = click0
	click(8, 19)
	click(8, 19)
	if d.m.tree.path != path || d.m.tree.node().kids && d.m.tree.isOpen(d.m.tree.cur) == was {
		t.Errorf("a double click on %s does not open or close it", path)
	}
	click(12, 22)
	if d.m.focus != paneHex {
		t.Error("a click does not focus the bytes")
	}
	if n := d.m.tree.node(); n == nil || d.m.hex.cur < n.off || d.m.hex.cur >= n.off+n.len {
		t.Errorf("byte %d does not lead to its field %+v", d.m.hex.cur, n)
	}
	d.m.last = click0
	click(30, 8)
	click(30, 8)
	if d.m.focus != paneDetail {
		t.Error("a double click on a packet does not go into it")
	}
	d.keys("2")
	d.m.last = click0
	click(10, 3)
	click(10, 3)
	if d.m.view != viewPackets || d.m.filter != "tcp.stream == 0" {
		t.Errorf("a double click on a flow gives %q", d.m.filter)
	}
}

var click0 click

// TestHooks asks the capture for all that it can do.
func TestHooks(t *testing.T) {
	tr, f := live(t)
	ps := replay(t, "web.pcap")
	var mu sync.Mutex
	var calls []string
	said := func(s string) {
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, s)
	}
	unsaved := true
	h := Hooks{
		CheckFilter: func(expr string) error {
			if strings.HasPrefix(expr, "prt") {
				return errors.New("can't parse filter expression: syntax error")
			}
			return nil
		},
		SetFilter: func(_ context.Context, expr string) error { said("filter " + expr); return nil },
		Stop:      func(context.Context) error { said("stop"); return nil },
		Start:     func(context.Context) error { said("start"); return nil },
		Write: func(_ context.Context, path string, ns []packet.Number) (int, error) {
			said(fmt.Sprintf("write %s %d", filepath.Base(path), len(ns)))
			return len(ns), os.WriteFile(path, nil, 0o600)
		},
		Unsaved: func() bool { return unsaved },
	}
	d := drive(t, Options{Trace: tr, Color: true, Hooks: h}, 100, 30)
	d.give(f, ps)
	dir := t.TempDir()
	d.keys("b 'prt'")
	if !strings.Contains(d.screen(), "syntax error") {
		t.Errorf("a wrong capture filter:\n%s", d.screen())
	}
	d.keys("Enter Backspace Backspace Backspace 'port' Space '80' Enter")
	d.keys("P")
	d.keys("m k m w m '" + dir + "/marked.pcap' Enter")
	d.keys("w c '" + dir + "/conv.pcap' Enter")
	d.keys("/ 'http' Enter w s '" + dir + "/shown.pcap' Enter")
	d.keys("w a '" + dir + "/conv.pcap' Enter")
	if !strings.Contains(d.screen(), "conv.pcap exists.") {
		t.Errorf("a file that exists:\n%s", d.screen())
	}
	d.keys("n")
	d.keys(": 'w' Space '" + dir + "/all.pcap' Enter")
	want := []string{"filter port 80", "stop", "write marked.pcap 2", "write conv.pcap 38", "write shown.pcap 5", "write all.pcap 0"}
	mu.Lock()
	if got := strings.Join(calls, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("the capture was asked for\n%s\nwanted\n%s", got, strings.Join(want, "\n"))
	}
	mu.Unlock()
	d.keys("q")
	if !strings.Contains(d.screen(), "40 packets of this capture are in no file") {
		t.Errorf("q does not ask:\n%s", d.screen())
	}
	d.keys("n")
	if d.quit || d.m.menu != nil {
		t.Error("n does not stay")
	}
	unsaved = false
	d.keys("q")
	d.settle(func() bool { return d.quit })
}

// TestPicker opens an interface.
func TestPicker(t *testing.T) {
	tr, f := live(t)
	var opened []string
	h := Hooks{
		Interfaces: func(context.Context) ([]Interface, error) {
			return []Interface{
				{Name: "eth0", Addresses: []string{"10.99.0.1"}, Up: true, Packets: 12},
				{Name: "lo", Addresses: []string{"127.0.0.1"}, Up: true, Loopback: true},
				{Name: "wlan0", Problem: "no permission to capture"},
			}, nil
		},
		Open: func(_ context.Context, names []string, _ string) (*trace.Trace, error) {
			opened = names
			if names[0] == "wlan0" {
				return nil, errors.New("wlan0: no permission to capture: run it with sudo")
			}
			return tr, nil
		},
	}
	d := drive(t, Options{Color: true, Hooks: h}, 80, 24)
	d.settle(func() bool { return d.m.pick.loaded })
	golden(t, "picker-80x24.golden", d.screen())
	d.keys("G Enter")
	if !strings.Contains(d.screen(), "run it with sudo") {
		t.Errorf("an interface that cannot be opened:\n%s", d.screen())
	}
	d.keys("g g Space Space Enter")
	if strings.Join(opened, " ") != "eth0 lo" || d.m.view != viewPackets {
		t.Errorf("opened %v, view %d", opened, d.m.view)
	}
	d.give(f, replay(t, "fastrtx.pcap"))
	if !strings.Contains(d.screen(), "14 packets") {
		t.Errorf("the new capture is not shown:\n%s", d.screen())
	}
}
