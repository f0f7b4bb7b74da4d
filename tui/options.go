package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"tcplens/internal/config"
	"tcplens/internal/explain"
	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// Options say what the program shows, and what it may ask of whoever captures.
type Options struct {
	Trace  *trace.Trace // what to show; nil: begin with the picker of interfaces
	Title  string       // what the header calls the source; empty: as the trace does
	About  string       // what there is to see, shown below the packets where there is room
	Filter string       // display filter to begin with
	Theme  string       // one of ThemeNames; empty is "auto"
	ASCII  bool         // draw with ASCII only
	Color  bool         // false: bold, underline and reverse only
	Time   string       // time column: "r", "d", "a", "ad", "e" as with -t; empty is "r"
	Lang   explain.Lang // of the explanations; empty: English
	Hooks  Hooks

	Config *config.Config // keys, colours, columns, rules; nil: the defaults
	State  *config.State  // what was remembered of the last time; nil: nothing

	Input  io.Reader // keys; nil: standard input, or the terminal if that is not one
	Output io.Writer // nil: standard output
}

// Hooks are what the program asks of the capture. A nil function means that this
// cannot be done, and its key says so. Those with a context are called from
// goroutines of their own and must end when it does; CheckFilter and Unsaved are
// called while the screen waits, and must be quick.
type Hooks struct {
	// Interfaces lists the interfaces with their counters. It is asked once a
	// second while the picker is open.
	Interfaces func(ctx context.Context) ([]Interface, error)

	// Open begins to capture on interfaces with a capture filter, empty for none,
	// and ends what was captured before. The old trace must stay readable until
	// the next call.
	Open func(ctx context.Context, names []string, filter string) (*trace.Trace, error)

	// CheckFilter compiles a capture filter without applying it.
	CheckFilter func(expr string) error

	// SetFilter applies a capture filter to the running capture.
	SetFilter func(ctx context.Context, expr string) error

	// Stop ends the capture and keeps its packets; Start goes on with it.
	Stop  func(ctx context.Context) error
	Start func(ctx context.Context) error

	// Write saves packets to a file and tells how many; nil numbers means all.
	Write func(ctx context.Context, path string, numbers []packet.Number) (int, error)

	// Remember changes what is remembered for the next time.
	Remember func(change func(*config.State)) error

	// Unsaved says whether quitting would lose packets that are in no file.
	Unsaved func() bool
}

// Interface is a line of the picker.
type Interface struct {
	Name        string   // "lo"
	Description string   // what the system says of it
	Addresses   []string // "127.0.0.1", "::1"
	Up          bool
	Loopback    bool
	Packets     uint64 // seen since the system started, both ways; 0 if not known
	Bytes       uint64
	Problem     string // why it cannot be opened; empty if it can
}

// frameRate is how often the screen is drawn at most, frames a second.
const frameRate = 120

// pollEvery is how often the trace is looked at, at most.
const pollEvery = 33 * time.Millisecond

// Run shows the program until the user quits it or ctx ends. The terminal is
// restored whatever happens. An error says why the terminal could not be used.
func Run(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m, err := New(ctx, o)
	if err != nil {
		return err
	}
	// Signals end ctx. Bubble Tea's own handler of them would wait for ever for an
	// event loop that ctx has ended before it.
	opts := []tea.ProgramOption{tea.WithContext(ctx), tea.WithFPS(frameRate), tea.WithoutSignalHandler()}
	if o.Input != nil {
		opts = append(opts, tea.WithInput(o.Input))
	}
	if o.Output != nil {
		opts = append(opts, tea.WithOutput(o.Output))
	}
	if !o.Color {
		opts = append(opts, tea.WithColorProfile(colorprofile.ASCII))
	}
	_, err = tea.NewProgram(m, opts...).Run()
	switch {
	case err == nil, errors.Is(err, tea.ErrInterrupted), ctx.Err() != nil && !errors.Is(err, tea.ErrProgramPanic):
		return nil
	}
	return fmt.Errorf("the screen: %w", err)
}
