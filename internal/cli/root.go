// Package cli is the command line: flags, commands, output without the screen,
// exit codes. It puts the other packages together.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"
)

// Exit codes.
const (
	ExitOK    = 0 // done
	ExitWork  = 1 // the work failed: no permission, a damaged file; what could be read was shown first
	ExitUsage = 2 // the command line is wrong
)

// Streams are what the program was given to talk through.
type Streams struct {
	In  *os.File
	Out *os.File
	Err *os.File
}

// usageError is a mistake in the command line.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// exitError ends the program with a code; what there was to say has been said.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// Main runs the program with its arguments, without its name, and gives the exit code.
func Main(ctx context.Context, args []string, s Streams, version string) int {
	root := newRoot(s)
	root.SetArgs(args)
	err := fang.Execute(ctx, root, fang.WithVersion(version), fang.WithErrorHandler(func(io.Writer, fang.Styles, error) {}))
	return report(s.Err, err)
}

// report says what went wrong in one line, or more where a caret has to stand
// under a word, and gives the exit code.
func report(w io.Writer, err error) int {
	var code exitError
	var usage usageError
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return ExitOK
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &usage):
		fmt.Fprintf(w, "tcplens: %v\n", err)
		return ExitUsage
	}
	say(w, err)
	if text := err.Error(); strings.HasPrefix(text, "unknown command") || strings.HasPrefix(text, "accepts ") {
		return ExitUsage
	}
	return ExitWork
}

// say writes an error as the program says things.
func say(w io.Writer, err error) {
	fmt.Fprintf(w, "tcplens: %s\n", strings.TrimRight(err.Error(), "\n"))
}

func newRoot(s Streams) *cobra.Command {
	set := &settings{}
	o := &options{streams: s, set: set}
	root := &cobra.Command{
		Use:   "tcplens [-i INTERFACE | -r FILE] [FILTER]",
		Short: "A terminal packet analyser that shows what the wire says",
		Long: "tcplens captures packets and shows them as they happen: a list, the fields of each, its bytes.\n" +
			"f follows a conversation, x draws its flow graph, ? lists the keys.\n\n" +
			"Without a terminal, or with -T, it prints one line a packet.",
		Example: "  sudo tcplens -i lo -f \"port 3000\"\n" +
			"  tcplens -r app.pcapng\n" +
			"  tcplens -r app.pcapng -Y 'tcp.stream == 3' -T fields -e frame.number -e tcp.len\n" +
			"  ssh prod tcpdump -Uw- port 443 | tcplens -r -\n" +
			"  tcplens demo",
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.words = args
			return o.run(cmd.Context())
		},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	o.flags(root.Flags())
	set.flags(root.PersistentFlags())
	demo := newDemo(s, set)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if err := set.load(cmd); err != nil {
			return err
		}
		if cmd != root && cmd != demo {
			set.tell(s.Err)
		}
		return nil
	}
	root.AddCommand(newFlows(s), newRequests(s), newProblems(s), newFlow(s), newFollow(s), newExplain(s), newDoctor(s), demo, newConfig(s, set))
	return root
}
