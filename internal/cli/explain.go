package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tcplens/internal/explain"
	"tcplens/internal/packet"
)

// newExplain is the command explain.
func newExplain(s Streams) *cobra.Command {
	var lang, read string
	var number uint32
	var r reading
	cmd := &cobra.Command{
		Use:   "explain [TOPIC]",
		Short: "Explain a field, a flag, a state, an expert item, or a packet",
		Long: "explain says what K says on the screen: what something means, why it is so, and which RFC has it.\n" +
			"Without a topic it lists them all. With -r and --packet it uses the numbers of that packet.",
		Example: "  tcplens explain\n" +
			"  tcplens explain handshake\n" +
			"  tcplens explain tcp.ack -r f.pcap --packet 5\n" +
			"  tcplens explain -r f.pcap --packet 5 --lang zh",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("explain: one topic at a time; tcplens explain lists them")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := langOf(lang)
			if err != nil {
				return err
			}
			if (read == "") != (number == 0) {
				return usagef("explain: -r and --packet go together")
			}
			book, err := explain.Open(l)
			if err != nil {
				return err
			}
			key := ""
			if len(args) > 0 {
				if key, err = findTopic(book, args[0]); err != nil {
					return err
				}
			}
			w := widthOf(s)
			if read != "" {
				return quiet(explainPacket(cmd.Context(), s, &r, book, read, packet.Number(number), key, w))
			}
			if key == "" {
				return quiet(listTopics(s.Out, book))
			}
			_, err = io.WriteString(s.Out, explain.New(book, nil).Topic(key, 0).Write(book, w))
			return quiet(err)
		},
	}
	cmd.Flags().StringVarP(&read, "read", "r", "", "the capture file")
	cmd.Flags().Uint32Var(&number, "packet", 0, "the number of a packet in it")
	langFlag(cmd.Flags(), &lang)
	r.readingFlags(cmd.Flags())
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	return cmd
}

// langOf is the language that --lang names, or else that of the locale.
func langOf(name string) (explain.Lang, error) {
	if name == "" {
		return explain.Locale(os.Getenv), nil
	}
	l, err := explain.ParseLang(name)
	if err != nil {
		return "", usagef("--lang: %w", err)
	}
	return l, nil
}

// findTopic finds the key of what the user has named: the key itself, or its last part.
func findTopic(b *explain.Book, name string) (string, error) {
	var near []string
	for _, t := range b.Topics() {
		if t.Key == name {
			return name, nil
		}
		if strings.Contains(strings.ToLower(t.Key+" "+t.Title), strings.ToLower(name)) {
			near = append(near, t.Key)
		}
	}
	for _, kind := range []string{"lesson.", "state.", "tcp.flags.", "segment.", "tcp.analysis.", "tcp.options.", "tcp."} {
		for _, s := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			if b.Has(kind + s) {
				return kind + s, nil
			}
		}
	}
	switch {
	case len(near) == 0:
		return "", usagef("there is no explanation of %q: tcplens explain lists the topics", name)
	case len(near) == 1:
		return near[0], nil
	case len(near) > 12:
		near = append(near[:12], "…")
	}
	return "", usagef("there is no explanation of %q; there are %s", name, strings.Join(near, ", "))
}

// listTopics prints a line a topic.
func listTopics(w io.Writer, b *explain.Book) error {
	for _, t := range b.Topics() {
		if _, err := fmt.Fprintf(w, "%-42s  %s\n", t.Key, t.Title); err != nil {
			return err
		}
	}
	return nil
}

// explainPacket explains packet n of a file, or a topic with its numbers.
func explainPacket(ctx context.Context, s Streams, r *reading, b *explain.Book, path string, n packet.Number, key string, w int) error {
	p, damage, err := r.readFile(ctx, path, s.Err)
	if err != nil {
		return err
	}
	defer p.Close()
	t := p.Trace()
	if t.Snapshot().Row(n) == nil {
		if damage != nil {
			return fmt.Errorf("%s: no packet %d: %w", path, n, damage)
		}
		return fmt.Errorf("%s: no packet %d: there are %d", path, n, t.Snapshot().Last())
	}
	e := explain.New(b, t)
	text := e.Packet(n)
	if key != "" {
		text = e.Topic(key, n)
	}
	_, err = io.WriteString(s.Out, text.Write(b, w))
	return err
}

// langFlag adds --lang.
func langFlag(f *pflag.FlagSet, lang *string) {
	f.StringVar(lang, "lang", "", "language of explanations: en, zh; without it, that of the locale")
}
