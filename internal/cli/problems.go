package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tcplens/capture"
	"tcplens/internal/packet"
	"tcplens/internal/problems"
	"tcplens/internal/text"
	"tcplens/internal/trace"
)

// newProblems is the command problems.
func newProblems(s Streams) *cobra.Command {
	var read, format string
	var verbose bool
	var how reading
	cmd := &cobra.Command{
		Use:   "problems -r FILE",
		Short: "List what is wrong in a capture, and why",
		Long: "problems lists what the problems view shows: first what the capture itself makes look like a fault,\n" +
			"then the expert items of all packets in groups, the most serious first. With -v each packet says why it is there.",
		Example: "  tcplens problems -r f.pcap\n" +
			"  tcplens problems -r f.pcap -v | less\n" +
			"  tcplens problems -r f.pcap --format json | jq '.problems[] | select(.severity == \"Error\")'",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("problems: %q is too much: tcplens problems -r f.pcap", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "text" && format != "json" {
				return usagef("--format %s: text or json", format)
			}
			if read == "" {
				return usagef("name the file with -r")
			}
			p, damage, err := how.readFile(cmd.Context(), read, s.Err)
			if err != nil {
				return err
			}
			defer p.Close()
			if errors.Is(damage, capture.ErrCut) || errors.Is(damage, capture.ErrDamaged) {
				say(s.Err, damage) // what could be read is shown all the same
				damage = nil
			}
			r := newProblemReport(cmd.Context(), p.Trace(), verbose)
			out := bufio.NewWriterSize(s.Out, 64<<10)
			if format == "json" {
				err = r.json(out)
			} else {
				err = r.text(out)
			}
			return errors.Join(quiet(errors.Join(err, out.Flush())), damage)
		},
	}
	f := cmd.Flags()
	how.readingFlags(f)
	f.StringVarP(&read, "read", "r", "", "the capture file")
	f.StringVar(&format, "format", "text", "text, json")
	f.BoolVarP(&verbose, "verbose", "v", false, "every packet, and why it is a problem")
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	return cmd
}

// problemReport is what the command prints.
type problemReport struct {
	t       *trace.Trace
	s       trace.Snapshot
	index   *problems.Index
	explain *problems.Explainer
	groups  []problems.Group
	verbose bool
}

func newProblemReport(ctx context.Context, t *trace.Trace, verbose bool) *problemReport {
	r := &problemReport{t: t, s: t.Snapshot(), index: problems.New(t), explain: problems.NewExplainer(t), verbose: verbose}
	r.index.All(ctx)
	r.groups = r.index.Groups()
	return r
}

// of gives the groups of a class.
func (r *problemReport) of(c problems.Class) []problems.Group {
	return slices.DeleteFunc(slices.Clone(r.groups), func(g problems.Group) bool { return g.Class != c })
}

// packets calls f with each packet of a group, until it fails.
func (r *problemReport) packets(g *problems.Group, f func(n packet.Number) error) error {
	buf := make([]packet.Number, 1024)
	for i := 0; ; {
		k := r.index.Occurrences(g.Key, i, buf)
		for _, n := range buf[:k] {
			if err := f(n); err != nil {
				return err
			}
		}
		if i += k; k == 0 {
			return nil
		}
	}
}

func (r *problemReport) text(w io.Writer) error {
	if len(r.groups) == 0 {
		_, err := fmt.Fprintln(w, "nothing is wrong with these packets, as far as they tell")
		return err
	}
	first := true
	for _, part := range []struct {
		class problems.Class
		head  string
	}{
		{problems.Capture, "The capture itself: no fault of the network"},
		{problems.Fault, "Problems"},
		{problems.Ordinary, "Noted, but ordinary"},
		{problems.Explained, "Not counted: caused by the capture"},
	} {
		list := r.of(part.class)
		if len(list) == 0 {
			continue
		}
		if !first {
			fmt.Fprintln(w)
		}
		first = false
		fmt.Fprintln(w, part.head)
		for i := range list {
			if err := r.group(w, &list[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// group prints a group, with its packets if they are wanted.
func (r *problemReport) group(w io.Writer, g *problems.Group) error {
	at := "-"
	if g.First != 0 {
		at = fmt.Sprintf("#%d", g.First)
	}
	if g.Class == problems.Capture {
		fmt.Fprintf(w, "%9d %9s  %s\n", g.Count, at, g.Summary)
		if g.Advice != "" {
			fmt.Fprintf(w, "%21s%s\n", "", g.Advice)
		}
	} else {
		fmt.Fprintf(w, "%9d %9s  %-7s  %-10s  %-8s  %s\n", g.Count, at, g.Severity, g.Group, text.Printable(g.Protocol), text.Printable(g.Summary))
	}
	if !r.verbose || g.Class == problems.Explained {
		return nil
	}
	left := g.Packets
	if g.Class == problems.Capture {
		left = min(left, mostExamples)
	}
	err := r.packets(g, func(n packet.Number) error {
		if left--; left < 0 {
			return errEnough
		}
		at := ""
		if row := r.s.Row(n); row != nil {
			at = seconds(int64(row.Time-r.t.Status().First), false)
		}
		_, err := fmt.Fprintf(w, "%9s %9s  %12s  %s\n", "", fmt.Sprintf("#%d", n), at, r.explain.Why(r.s, n, g.Kind))
		return err
	})
	if errors.Is(err, errEnough) {
		_, err = fmt.Fprintf(w, "%21s… and %d more\n", "", g.Packets-mostExamples)
	}
	return err
}

// mostExamples is how many packets are listed of what the capture has done to many of
// them in the same way.
const mostExamples = 10

var errEnough = errors.New("enough examples")

// groupJSON is a group as --format json has it.
type groupJSON struct {
	Kind     string          `json:"kind"`
	Severity string          `json:"severity,omitempty"`
	Group    string          `json:"group,omitempty"`
	Protocol string          `json:"protocol,omitempty"`
	Summary  string          `json:"summary"`
	Count    uint64          `json:"count"`
	First    packet.Number   `json:"first_packet,omitempty"`
	Last     packet.Number   `json:"last_packet,omitempty"`
	Filter   string          `json:"filter,omitempty"`
	Advice   string          `json:"advice,omitempty"`
	Packets  []problemPacket `json:"packets,omitempty"`
}

type problemPacket struct {
	Number packet.Number `json:"packet"`
	Time   json.Number   `json:"time"` // seconds since the first packet
	Why    string        `json:"why"`
}

func (r *problemReport) json(w io.Writer) error {
	var doc struct {
		Capture   []groupJSON `json:"capture"`
		Problems  []groupJSON `json:"problems"`
		Ordinary  []groupJSON `json:"ordinary"`
		Explained []groupJSON `json:"explained"`
	}
	for class, list := range map[problems.Class]*[]groupJSON{
		problems.Capture: &doc.Capture, problems.Fault: &doc.Problems, problems.Ordinary: &doc.Ordinary, problems.Explained: &doc.Explained,
	} {
		*list = []groupJSON{}
		for _, g := range r.of(class) {
			*list = append(*list, r.object(&g))
		}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

func (r *problemReport) object(g *problems.Group) groupJSON {
	o := groupJSON{
		Kind: g.Kind, Protocol: text.Printable(g.Protocol), Summary: text.Printable(g.Summary), Count: g.Count,
		First: g.First, Last: g.Last, Filter: g.Filter, Advice: g.Advice,
	}
	if g.Class != problems.Capture {
		o.Severity, o.Group = g.Severity.String(), g.Group.String()
	}
	if !r.verbose {
		return o
	}
	first := r.t.Status().First
	_ = r.packets(g, func(n packet.Number) error { // what is appended cannot fail
		p := problemPacket{Number: n, Why: r.explain.Why(r.s, n, g.Kind)}
		if row := r.s.Row(n); row != nil {
			p.Time = json.Number(strings.TrimSpace(seconds(int64(row.Time-first), true)))
		}
		o.Packets = append(o.Packets, p)
		return nil
	})
	return o
}
