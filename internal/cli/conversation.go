package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"tcplens/capture"
	"tcplens/dissect"
	"tcplens/dissect/filter"
	"tcplens/flowgraph"
	"tcplens/internal/follow"
	"tcplens/internal/pipeline"
	"tcplens/internal/trace"
)

// conversation is what the commands flow and follow are about.
type conversation struct {
	read   string
	udp    bool
	stream uint32
	reading
}

// load reads the file and finds the conversation. The file's damage, if it has
// any, is told after what could be read has been shown.
func (c *conversation) load(ctx context.Context, arg string, errs io.Writer) (p *pipeline.Pipeline, kind trace.Kind, damage, err error) {
	n, err := strconv.ParseUint(arg, 10, 32)
	if err != nil {
		return nil, 0, nil, usagef("%q is not a stream number: tcplens -r %s -T fields -e tcp.stream lists them", arg, c.read)
	}
	if c.read == "" {
		return nil, 0, nil, usagef("name the file with -r")
	}
	p, damage, err = c.readFile(ctx, c.read, errs)
	if err != nil {
		return nil, 0, nil, err
	}
	kind = trace.TCP
	if c.udp {
		kind = trace.UDP
	}
	c.stream = uint32(n)
	if have := p.Trace().Streams(kind); n >= uint64(have) {
		_ = p.Close() // nothing was shown
		err := fmt.Errorf("%s: no %s.stream %d: there are %d, from 0", c.read, kind, n, have)
		if damage != nil {
			err = fmt.Errorf("%w; %w", err, damage)
		}
		return nil, 0, nil, err
	}
	return p, kind, damage, nil
}

// finish ends a command whose output was written, err being what the writing
// came to. A file that is cut or damaged behind what could be read has given what
// was asked for: that is said on w, and is no failure.
func (c *conversation) finish(w io.Writer, err, damage error) error {
	err = quiet(err)
	if err == nil && (errors.Is(damage, capture.ErrCut) || errors.Is(damage, capture.ErrDamaged)) {
		say(w, damage)
		return nil
	}
	return errors.Join(err, damage)
}

func (c *conversation) flags(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&c.read, "read", "r", "", "the capture file")
	c.readingFlags(cmd.Flags())
	cmd.Flags().BoolVar(&c.udp, "udp", false, "the number is a udp.stream")
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
}

// several reads the file and finds the conversations that the arguments name, or of
// which the display filter shows a packet.
func (c *conversation) several(ctx context.Context, args []string, display string, errs io.Writer) (p *pipeline.Pipeline, list []flowgraph.Conversation, damage, err error) {
	switch {
	case display == "" && len(args) == 0:
		return nil, nil, nil, usagef("flow: give the number of a stream, or of several: tcplens flow -r f.pcap 12; or a display filter with -Y")
	case display != "" && len(args) > 0:
		return nil, nil, nil, usagef("flow: either numbers of streams or -Y")
	case display != "":
		return c.shown(ctx, display, errs)
	}
	p, kind, damage, err := c.load(ctx, args[0], errs)
	if err != nil {
		return nil, nil, nil, err
	}
	list = []flowgraph.Conversation{{Kind: kind, Stream: c.stream}}
	for _, arg := range args[1:] {
		n, err := strconv.ParseUint(arg, 10, 32)
		if err != nil {
			err = usagef("%q is not a stream number: tcplens -r %s -T fields -e tcp.stream lists them", arg, c.read)
		} else if have := p.Trace().Streams(kind); n >= uint64(have) {
			err = fmt.Errorf("%s: no %s.stream %d: there are %d, from 0", c.read, kind, n, have)
		}
		if err != nil {
			_ = p.Close() // nothing was shown
			return nil, nil, nil, err
		}
		list = append(list, flowgraph.Conversation{Kind: kind, Stream: uint32(n)})
	}
	return p, list, damage, nil
}

// shown reads the file and finds the conversations of which a display filter shows
// a packet, in the order of these packets.
func (c *conversation) shown(ctx context.Context, display string, errs io.Writer) (p *pipeline.Pipeline, list []flowgraph.Conversation, damage, err error) {
	f, err := filter.Parse(display, dissect.NewLookup())
	if err != nil {
		return nil, nil, nil, usageError{pointAt(display, err)}
	}
	if c.read == "" {
		return nil, nil, nil, usagef("name the file with -r")
	}
	if p, damage, err = c.readFile(ctx, c.read, errs); err != nil {
		return nil, nil, nil, err
	}
	t := p.Trace()
	m, snap, seen := t.NewMatcher(f), t.Snapshot(), map[flowgraph.Conversation]bool{}
	for n := snap.First(); n <= snap.Last() && ctx.Err() == nil; n++ {
		r := snap.Row(n)
		if r == nil || r.Kind == trace.NoKind || c.udp && r.Kind != trace.UDP {
			continue
		}
		x := flowgraph.Conversation{Kind: r.Kind, Stream: r.Stream}
		if seen[x] || !m.Match(snap, n) {
			continue
		}
		seen[x] = true
		list = append(list, x)
	}
	if len(list) == 0 {
		_ = p.Close() // nothing was shown
		return nil, nil, nil, errors.Join(fmt.Errorf("%s: no packet of a conversation passes -Y %s", c.read, display), damage)
	}
	return p, list, damage, nil
}

func oneStream(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usagef("%s: give the number of one stream: tcplens %s -r f.pcap 12", cmd.Name(), cmd.Name())
	}
	return nil
}

// newFlow is the command flow.
func newFlow(s Streams) *cobra.Command {
	var c conversation
	var name, times, display string
	var width, fold int
	var ascii, raw bool
	cmd := &cobra.Command{
		Use:   "flow -r FILE {STREAM ... | -Y FILTER}",
		Short: "Draw the flow graph of one conversation, or of several",
		Long: "flow draws what passed between the two ends of tcp.stream STREAM, with the state that each end was in.\n" +
			"Several conversations are drawn in one graph, merged by time: a client, a proxy and what is behind it.\n" +
			"With -Y these are all that have a packet which the display filter shows.",
		Example: "  tcplens flow -r f.pcap 12\n" +
			"  tcplens flow -r f.pcap 3 4 5\n" +
			"  tcplens flow -r f.pcap -Y 'http.request.uri contains \"/api\"'\n" +
			"  tcplens flow -r f.pcap 12 --format svg > flow.svg",
		RunE: func(cmd *cobra.Command, args []string) error {
			form, err := flowgraph.ParseFormat(name)
			if err != nil {
				return usageError{err}
			}
			fo := flowgraph.Options{Width: width, ASCII: ascii, Raw: raw, Fold: flowgraph.Fold(min(max(fold, -1), 1))}
			if fo.Time, err = timeFormat(times); err != nil {
				return err
			}
			if fo.Width == 0 {
				fo.Width = widthOf(s)
			}
			p, list, damage, err := c.several(cmd.Context(), args, display, s.Err)
			if err != nil {
				return err
			}
			defer p.Close()
			g, err := flowgraph.OpenMany(p.Trace(), list)
			if err != nil {
				return err
			}
			return c.finish(s.Err, flowgraph.Write(s.Out, g, form, fo), damage)
		},
	}
	c.flags(cmd)
	cmd.Flags().StringVarP(&display, "display-filter", "Y", "", "draw the conversations of the packets that this display filter shows")
	cmd.Flags().StringVar(&name, "format", "text", strings.Join(flowgraph.Formats(), ", "))
	cmd.Flags().StringVarP(&times, "time", "t", "relative", "relative, delta, absolute, scale")
	cmd.Flags().IntVar(&width, "width", 0, "columns (default: the terminal's, else 100)")
	cmd.Flags().IntVar(&fold, "fold", 0, "-1: every segment, 0: bulk in one row, 1: pure ACKs too")
	cmd.Flags().BoolVar(&raw, "raw", false, "sequence and acknowledgment numbers as on the wire")
	cmd.Flags().BoolVar(&ascii, "ascii", false, "draw with ASCII only")
	return cmd
}

func timeFormat(name string) (flowgraph.TimeFormat, error) {
	for _, f := range []flowgraph.TimeFormat{flowgraph.Relative, flowgraph.Delta, flowgraph.Absolute, flowgraph.ToScale} {
		if f.String() == name || name != "" && strings.HasPrefix(f.String(), name) || f == flowgraph.ToScale && name == "scale" {
			return f, nil
		}
	}
	return 0, usagef("-t %s: relative, delta, absolute or scale", name)
}

// widthOf is how many columns the output has.
func widthOf(s Streams) int {
	if term.IsTerminal(s.Out.Fd()) {
		if w, _, err := term.GetSize(s.Out.Fd()); err == nil && w > 0 {
			return w
		}
	}
	return 100
}

// newFollow is the command follow.
func newFollow(s Streams) *cobra.Command {
	var c conversation
	var name string
	var side int
	cmd := &cobra.Command{
		Use:   "follow -r FILE STREAM",
		Short: "Print a conversation as its ends saw it",
		Long: "follow puts the bytes of tcp.stream STREAM, or with --udp of udp.stream STREAM, in order. Side 0 is the\n" +
			"sender of the stream's first packet. What is missing from the capture is said in place, but for raw bytes.\n\n" +
			"  text      turns with their times, UTF-8 as it is, and what happened to bytes on the way\n" +
			"  messages  decrypted, unpacked and laid out\n" +
			"  c         arrays of C\n" +
			"  raw       with --side the bytes alone, for a file or a pipe; without it in hexadecimal digits\n" +
			"  ascii, hex, ebcdic, and raw without --side are as tshark -z follow,tcp,… has them",
		Example: "  tcplens follow -r f.pcap 12\n" +
			"  tcplens follow -r f.pcap 12 --format messages --keylog keys.txt\n" +
			"  tcplens follow -r f.pcap 12 --format raw --side 1 > reply.bin",
		Args: oneStream,
		RunE: func(cmd *cobra.Command, args []string) error {
			if side < -1 || side > 1 {
				return usagef("--side %d: 0 or 1", side)
			}
			form, err := follow.ParseFormat(name)
			if err != nil {
				return usagef("--format %v", err)
			}
			p, kind, damage, err := c.load(cmd.Context(), args[0], s.Err)
			if err != nil {
				return err
			}
			defer p.Close()
			if form == follow.FormatMessages {
				m, err := follow.OpenMessages(p.Trace(), kind, c.stream)
				if err != nil {
					return err
				}
				m.Update(cmd.Context())
				return c.finish(s.Err, m.WriteMessages(s.Out, side), damage)
			}
			st, err := follow.Open(p.Trace(), kind, c.stream)
			if err != nil {
				return err
			}
			return c.finish(s.Err, st.Write(s.Out, form, side), damage)
		},
	}
	c.flags(cmd)
	cmd.Flags().StringVar(&name, "format", "text", strings.Join(follow.Formats(), ", "))
	cmd.Flags().IntVar(&side, "side", -1, "only what this side sent: 0 or 1 (default both)")
	return cmd
}
