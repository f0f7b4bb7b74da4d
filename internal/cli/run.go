package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/charmbracelet/x/term"

	"tcplens/capture"
	"tcplens/dissect"
	"tcplens/dissect/filter"
	"tcplens/internal/pipeline"
)

// run does what the flags of the main command say.
func (o *options) run(ctx context.Context) error {
	if err := o.check(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	switch {
	case o.glossary != "":
		return listFields(o.streams.Out)
	case o.devices:
		return listInterfaces(o.streams.Out)
	}
	show, err := o.filterOf()
	if err != nil {
		return err
	}
	da, err := o.decodings()
	if err != nil {
		return err
	}
	if o.onScreen() {
		return o.screen(ctx, da)
	}
	o.set.tell(o.streams.Err)
	return o.print(ctx, da, show)
}

// onScreen says whether the terminal UI is wanted and possible.
func (o *options) onScreen() bool {
	if o.format != "" || o.verbose || o.hex || o.write == "-" {
		return false
	}
	return term.IsTerminal(o.streams.Out.Fd())
}

// filterOf reads the display filter.
func (o *options) filterOf() (*filter.Filter, error) {
	if o.display == "" {
		return nil, nil
	}
	f, err := filter.Parse(o.display, dissect.NewLookup())
	if err != nil {
		return nil, usageError{pointAt(o.display, err)}
	}
	return f, nil
}

// source is what packets come from, with the pipeline that reads it.
type source struct {
	pipe  *pipeline.Pipeline
	start func(ctx context.Context) error // reads it to its end
	live  *capture.Live                   // nil unless it is one
	done  bool                            // everything is there before anything is shown: a file
}

// open opens what the flags name.
func (o *options) open(da *dissect.DecodeAs) (*source, error) {
	po := pipeline.Options{DecodeAs: da, Count: o.count, Mem: int64(o.mem), Disk: int64(o.disk), Name: o.read}
	po.KeyLog, po.KeyMaybe, po.SaveKeys, po.Keys = o.keyLog(), o.keylog == "", o.keylog != "", o.keys
	if o.read != "" && o.read != "-" {
		if o.filter != "" {
			if err := capture.CheckFilter(o.filter, 1, 0); err != nil {
				return nil, usageError{captureError(err)}
			}
		}
		p, err := pipeline.OpenFile(o.read, po)
		if err != nil {
			return nil, err
		}
		return &source{pipe: p, done: true, start: func(ctx context.Context) error { return p.RunFile(ctx, o.filter) }}, nil
	}
	var src capture.Source
	s := &source{}
	if o.read == "-" {
		if term.IsTerminal(o.streams.In.Fd()) {
			return nil, usagef("-r -: standard input is the terminal: pipe a capture into it, as in ssh HOST tcpdump -Uw- | tcplens -r -")
		}
		po.Name = "standard input"
		src = capture.NewStreamReader(o.streams.In, "standard input")
		if o.filter != "" {
			f, err := capture.FilterSource(src, o.filter)
			if err != nil {
				return nil, usageError{captureError(err)}
			}
			src = f
		}
	} else {
		if len(o.ifaces) == 0 {
			return nil, usagef("nothing to read: name an interface with -i (tcplens -D lists them) or a file with -r")
		}
		live, err := capture.OpenLive(o.liveConfig())
		var bad *capture.FilterError
		switch {
		case errors.As(err, &bad):
			return nil, usageError{captureError(err)}
		case err != nil:
			return nil, err
		}
		src, s.live, po.Name = live, live, join(o.ifaces)
	}
	if o.write != "" {
		if o.keylog != "" && o.write != "-" && capture.FormatOf(o.write) != capture.PcapNG {
			_ = src.Close() // nothing was read from it yet
			return nil, errNoRoom()
		}
		w, err := o.saver()
		if err != nil {
			_ = src.Close() // nothing was read from it yet
			return nil, err
		}
		po.Save, po.SaveName = w, o.write
	}
	p, err := pipeline.New(po)
	if err != nil {
		_ = src.Close() // nothing was read from it yet
		return nil, err
	}
	s.pipe = p
	s.start = func(ctx context.Context) error { return p.Run(ctx, src) }
	if o.filter != "" {
		p.SetFilter(o.filter)
	}
	return s, nil
}

func (o *options) liveConfig() capture.LiveConfig {
	return capture.LiveConfig{
		Interfaces: o.ifaces, SnapLen: o.snap, BufferSize: int(o.buffer), NoPromiscuous: o.noPromisc, Filter: o.filter,
	}
}

func errNoRoom() error {
	return usagef("--keylog: a pcap file has no place for secrets: save as .pcapng")
}

// saver opens what -w names. TLS secrets go into the file, so that whoever opens it
// later has them too.
func (o *options) saver(secrets ...[]byte) (*capture.Writer, error) {
	var w *capture.Writer
	var err error
	if o.write == "-" {
		w, err = capture.NewWriter(o.streams.Out, capture.PcapNG)
	} else {
		w, err = capture.CreateFile(o.write)
	}
	if err != nil {
		return nil, err
	}
	for _, s := range secrets {
		if w.Format() != capture.PcapNG {
			break
		}
		if err := w.WriteSecrets(s); err != nil {
			return nil, errors.Join(err, w.Close())
		}
	}
	return w, nil
}

func join(names []string) string {
	s := ""
	for i, n := range names {
		if i > 0 {
			s += ", "
		}
		s += n
	}
	return s
}

// print is the main command without the screen.
func (o *options) print(ctx context.Context, da *dissect.DecodeAs, show *filter.Filter) error {
	src, err := o.open(da)
	if err != nil {
		return err
	}
	defer src.pipe.Close()
	out := bufio.NewWriterSize(o.streams.Out, 64<<10)
	p, err := o.printer(out, show)
	if err != nil {
		return err
	}
	if src.done {
		werr := src.start(ctx)
		if o.write != "" {
			err = o.copyTo(ctx, src, show)
		}
		if p != nil && err == nil {
			err = p.all(ctx, src.pipe.Trace())
		}
		warnKeys(o.streams.Err, src.pipe)
		return finish(out, err, werr)
	}
	ended := make(chan error, 1)
	runCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { ended <- src.start(runCtx) }()
	if p != nil {
		err = p.live(src.pipe.Trace(), out)
		if err != nil {
			cancel()
		}
	}
	werr := <-ended
	warnKeys(o.streams.Err, src.pipe)
	o.summary(src)
	if serr := src.pipe.Trace().Status().SaveErr; werr == nil {
		werr = serr
	}
	return finish(out, err, werr)
}

// finish ends the output. A reader that has gone away, as head does, is no error.
func finish(out *bufio.Writer, errs ...error) error {
	errs = append([]error{out.Flush()}, errs...)
	for _, err := range errs {
		if errors.Is(err, syscall.EPIPE) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// summary says what a capture without a screen has seen, as tcpdump does.
func (o *options) summary(src *source) {
	if src.live == nil {
		return
	}
	st := src.pipe.Trace().Status()
	fmt.Fprintf(o.streams.Err, "%s, %d lost\n", counted(int(st.Packets), "packet"), st.Dropped+st.IfDrop)
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// printer makes what the format asks for; nil when packets are only saved.
func (o *options) printer(w io.Writer, show *filter.Filter) (*printer, error) {
	p := &printer{w: w, show: show, o: o}
	switch o.format {
	case "fields":
		f, err := newFieldsFormat(o.fields, o.layout)
		if err != nil {
			return nil, err
		}
		p.form = f
	case "json", "jsonl":
		p.form = &jsonFormat{lines: o.format == "jsonl", fields: o.fields}
		if len(o.fields) > 0 {
			if _, err := resolve(o.fields); err != nil {
				return nil, err
			}
		}
	default:
		if o.format == "" && o.write != "" && !o.verbose && !o.hex {
			return nil, nil
		}
		p.form = &textFormat{verbose: o.verbose, hex: o.hex, times: o.time}
	}
	return p, nil
}
