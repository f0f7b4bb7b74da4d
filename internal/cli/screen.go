package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"

	"github.com/charmbracelet/x/term"

	"tcplens/capture"
	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/pipeline"
	"tcplens/internal/trace"
	"tcplens/tui"
)

// screen is the main command with the terminal UI.
func (o *options) screen(ctx context.Context, da *dissect.DecodeAs) error {
	if o.read == "" && len(o.ifaces) == 0 {
		s := &session{o: o, da: da}
		defer s.close()
		return s.run(ctx, nil)
	}
	src, err := o.open(da)
	if err != nil {
		return err
	}
	return o.show(ctx, src, nil)
}

// show runs the screen over an opened source. beside runs along with it, if it is
// not nil, until it ends or the screen does.
func (o *options) show(ctx context.Context, src *source, beside func(context.Context) error) error {
	s := &session{o: o}
	defer s.close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.begin(ctx, src)
	aside := make(chan error, 1)
	go func() {
		if beside == nil {
			aside <- nil
			return
		}
		aside <- beside(ctx)
	}()
	err := s.run(ctx, src.pipe.Trace())
	cancel()
	if aerr := <-aside; aerr != nil && !errors.Is(aerr, context.Canceled) {
		err = errors.Join(err, aerr)
	}
	return err
}

// session is the capture that the screen shows, and what the screen may ask of it.
type session struct {
	o  *options
	da *dissect.DecodeAs

	mu     sync.Mutex // guards what follows: hooks are called from several goroutines
	src    *source
	cancel context.CancelFunc
	ended  chan struct{} // closed when the source's goroutine has ended
	old    *pipeline.Pipeline
	saved  bool // everything captured is in a file

	state sync.Mutex // held while what is remembered is written
}

// begin starts to read a source in the background. The lock is held, or nobody
// else knows of the session yet.
func (s *session) begin(ctx context.Context, src *source) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	s.src, s.cancel, s.ended = src, cancel, ended
	go func() {
		defer close(ended)
		_ = src.start(ctx)   // the trace's status has the error, for the screen to show
		debug.FreeOSMemory() // what reading needed in passing goes back while the user looks around
		src.pipe.Watch(ctx)
	}()
}

// halt ends the reading and waits for it.
func (s *session) halt() {
	if s.cancel != nil {
		s.cancel()
		<-s.ended
		s.cancel = nil
	}
}

func (s *session) close() {
	s.state.Lock() // what is being remembered is in its file then
	defer s.state.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.halt()
	if s.src != nil {
		_ = s.src.pipe.Close() // the files are private and go away with us
	}
	if s.old != nil {
		_ = s.old.Close() // as above
	}
}

// run shows the screen.
func (s *session) run(ctx context.Context, t *trace.Trace) error {
	o := s.o
	lang, err := langOf(o.lang)
	if err != nil {
		return err
	}
	to := tui.Options{
		Lang:  lang,
		Trace: t, Filter: o.display, Theme: o.theme, ASCII: o.ascii, Time: o.time, Title: o.title, About: o.about,
		Color: o.colored(),
		Hooks: tui.Hooks{
			Interfaces: s.interfaces, Open: s.open, CheckFilter: s.checkFilter, SetFilter: s.setFilter,
			Stop: s.stop, Start: s.restart, Write: s.write, Unsaved: s.unsaved,
		},
		Output: o.streams.Out,
	}
	s.configure(&to)
	if o.read != "" {
		to.Hooks.Stop, to.Hooks.Start, to.Hooks.SetFilter = nil, nil, nil
	}
	if !term.IsTerminal(o.streams.In.Fd()) {
		tty, err := os.Open("/dev/tty")
		if err != nil {
			return fmt.Errorf("no terminal to read keys from: %w: add -T text to print instead", err)
		}
		defer tty.Close()
		to.Input = tty
	}
	return tui.Run(ctx, to)
}

func (s *session) interfaces(context.Context) ([]tui.Interface, error) {
	devices, err := capture.Interfaces()
	if err != nil {
		return nil, err
	}
	counts := capture.Activity()
	out := make([]tui.Interface, 0, len(devices))
	for _, d := range devices {
		c := counts[d.Name]
		i := tui.Interface{
			Name: d.Name, Description: d.Description, Up: d.Up, Loopback: d.Loopback,
			Packets: c.RxPackets + c.TxPackets, Bytes: c.RxBytes + c.TxBytes,
		}
		if d.Name == capture.Any {
			for _, c := range counts {
				i.Packets += c.RxPackets + c.TxPackets
				i.Bytes += c.RxBytes + c.TxBytes
			}
		}
		for _, a := range d.Addrs {
			i.Addresses = append(i.Addresses, a.Addr().String())
		}
		out = append(out, i)
	}
	return out, nil
}

// open begins a new capture on interfaces and ends the one before, whose packets
// stay readable until the next call.
func (s *session) open(ctx context.Context, names []string, expr string) (*trace.Trace, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := *s.o
	o.ifaces, o.read, o.filter = names, "", expr
	src, err := o.open(s.da)
	if err != nil {
		return nil, err
	}
	s.halt()
	if s.old != nil {
		_ = s.old.Close() // its packets are on no screen any more
	}
	if s.src != nil {
		s.old = s.src.pipe
	}
	s.saved = false
	s.begin(context.WithoutCancel(ctx), src)
	return src.pipe.Trace(), nil
}

func (s *session) checkFilter(expr string) error {
	if expr == "" {
		return nil
	}
	return capture.CheckFilter(expr, packet.LinkEthernet, 0)
}

func (s *session) setFilter(_ context.Context, expr string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.src == nil || s.src.live == nil {
		return errors.New("there is no live capture whose filter could be changed")
	}
	if err := s.src.live.SetFilter(expr); err != nil {
		return err
	}
	s.src.pipe.SetFilter(expr)
	s.o.filter = expr
	return nil
}

func (s *session) stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.halt()
	if s.src == nil {
		return nil
	}
	rest := *s.src
	rest.start = func(context.Context) error { return nil }
	s.begin(context.WithoutCancel(ctx), &rest) // secrets may still come
	return nil
}

// restart goes on with a capture that was stopped.
func (s *session) restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.src == nil || s.src.live == nil {
		return errors.New("there is no live capture to start again")
	}
	s.halt()
	live, err := capture.OpenLive(s.o.liveConfig())
	if err != nil {
		return err
	}
	next := *s.src
	next.live = live
	next.start = func(ctx context.Context) error { return next.pipe.Run(ctx, live) }
	s.begin(context.WithoutCancel(ctx), &next)
	return nil
}

func (s *session) write(_ context.Context, path string, numbers []packet.Number) (int, error) {
	s.mu.Lock()
	src := s.src
	s.mu.Unlock()
	if src == nil {
		return 0, errors.New("nothing has been captured yet")
	}
	if s.o.read != "" && sameFile(path, s.o.read) {
		return 0, fmt.Errorf("%s is the file that is being shown: choose another name", path)
	}
	w, err := capture.CreateFile(path)
	if err != nil {
		return 0, err
	}
	n, err := writePackets(w, src.pipe.Trace(), numbers)
	if err == nil && numbers == nil {
		s.mu.Lock()
		s.saved = src.pipe.Trace().Status().Done
		s.mu.Unlock()
	}
	return n, err
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// unsaved says whether packets would be lost with the end of the program.
func (s *session) unsaved() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.src == nil || s.src.done || s.saved || s.o.spare {
		return false
	}
	st := s.src.pipe.Trace().Status()
	return st.Saving == "" && st.Packets > 0
}
