package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"tcplens/dissect/filter"
	"tcplens/internal/lab"
	"tcplens/internal/tlskeys"
)

// newDemo is the command demo.
func newDemo(s Streams, set *settings) *cobra.Command {
	o := &options{streams: s, set: set}
	var list bool
	cmd := &cobra.Command{
		Use:   "demo [LESSON]",
		Short: "Watch real servers and clients, no root and no network needed",
		Long:  demoHelp(),
		Example: "  tcplens demo\n" +
			"  tcplens demo close3\n" +
			"  tcplens demo tls13 -T text",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("demo: one lesson at a time")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if list {
				return listLessons(s.Out)
			}
			name := lab.Mix
			if len(args) == 1 {
				name = args[0]
			}
			return o.demo(cmd.Context(), name)
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	o.flags(cmd.Flags())
	for _, hide := range []string{"interface", "read", "interfaces", "glossary", "decode-as", "no-names", "no-promiscuous"} {
		_ = cmd.Flags().MarkHidden(hide) // these exist: they have just been added
	}
	cmd.Flags().BoolVar(&list, "list", false, "list the lessons and end")
	return cmd
}

func demoHelp() string {
	var b bytes.Buffer
	b.WriteString("demo starts an HTTP server on port 3000, a TLS server on 3443 and a plain socket server on 8080 in a private network,\n" +
		"lets real clients talk to them, and shows the capture. The lessons:\n\n")
	_ = listLessons(&b) // a buffer takes everything
	return b.String()
}

func listLessons(w io.Writer) error {
	for _, l := range lab.Lessons() {
		if _, err := fmt.Fprintf(w, "  %-10s %s\n", l.Name, l.Title); err != nil {
			return err
		}
	}
	return nil
}

// demo plays a lesson and shows its capture.
func (o *options) demo(ctx context.Context, name string) error {
	lesson, err := lab.Find(name)
	if err != nil {
		return usageError{err}
	}
	if err := o.check(); err != nil {
		return err
	}
	show, err := o.filterOf()
	if err != nil {
		return err
	}
	if !lab.Inside() && lab.Private() {
		code, err := lab.Enter(os.Args[1:])
		if err != nil {
			return err
		}
		if code != 0 {
			return exitError(code)
		}
		return nil
	}
	if err := lab.Setup(); err != nil {
		return err
	}
	onScreen := o.onScreen()
	o.keys = &tlskeys.Log{}
	l, err := lab.Start(name, lab.Options{Repeat: onScreen && name == lab.Mix, KeyLog: o.keys.Feed()})
	if err != nil {
		return err
	}
	defer l.Close()
	o.ifaces = []string{l.Interface()}
	if o.filter == "" {
		o.filter = lesson.Filter
	}
	o.title, o.about, o.spare = "demo", lesson.Teaches, true
	if name != lab.Mix {
		o.title = "demo " + name
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	src, err := o.open(nil)
	if err != nil {
		return err
	}
	defer src.pipe.Close()
	if onScreen {
		return o.show(ctx, src, l.Play)
	}
	o.set.tell(o.streams.Err)
	return o.printDemo(ctx, src, show, l)
}

// printDemo plays a lesson once and prints its packets.
func (o *options) printDemo(ctx context.Context, src *source, show *filter.Filter, l *lab.Lab) error {
	capturing, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- src.start(capturing) }()
	played := make(chan error, 1)
	go func() {
		played <- l.Play(ctx)
		// The kernel hands packets over a little after they were sent; two quiet
		// heartbeats say that there are no more.
		for range 2 {
			drain(src.pipe.Idle())
			<-src.pipe.Idle()
		}
		cancel()
	}()
	out := bufio.NewWriterSize(o.streams.Out, 64<<10)
	p, err := o.printer(out, show)
	if err == nil && p != nil {
		err = p.live(src.pipe.Trace(), out)
	}
	return errors.Join(quiet(err), <-played, <-ended)
}

func drain(c <-chan struct{}) {
	select {
	case <-c:
	default:
	}
}

// quiet drops the error of a reader that has gone away, as head does.
func quiet(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}
