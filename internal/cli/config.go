package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tcplens/dissect"
	"tcplens/internal/config"
	"tcplens/tui"
)

// settings are the configuration of one run of the program.
type settings struct {
	file    string // --config
	profile string // --profile
	place   *config.Place
	c       *config.Config
}

func (s *settings) flags(f *pflag.FlagSet) {
	f.StringVar(&s.file, "config", "", "configuration file (default $"+config.EnvFile+", then tcplens/config.toml where the system keeps such files)")
	f.StringVar(&s.profile, "profile", "", "profile of the configuration to use")
}

// vocabulary is what a configuration may speak of.
func vocabulary() *config.Vocabulary {
	return &config.Vocabulary{Bindings: tui.Bindings(), Styles: tui.StyleNames(), Fields: dissect.NewLookup()}
}

// onceFlags say what to do this time; a configuration that set them would surprise.
func onceFlags() []string {
	return []string{
		"interface", "capture-filter", "read", "write", "display-filter", "count", "format", "field", "layout", "verbose", "hex",
		"interfaces", "glossary", "config", "profile", "help", "version", "list", "udp", "tcp", "reverse", "sort", "force", "side",
	}
}

// settable makes the flags of the main command that a configuration may set, and the
// options that they are for: those of nobody, to try values on.
func settable() (*options, []*pflag.Flag) {
	o := &options{}
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	o.flags(all)
	var out []*pflag.Flag
	all.VisitAll(func(f *pflag.Flag) {
		if !slices.Contains(onceFlags(), f.Name) {
			out = append(out, f)
		}
	})
	return o, out
}

// load reads the configuration and sets the flags of the command that were not typed.
// What is wrong with it is no error: it is told.
func (s *settings) load(cmd *cobra.Command) error {
	place, err := config.Locate(s.file)
	if err != nil {
		return err
	}
	s.place = place
	if s.c, err = place.Read(s.profile, vocabulary); err != nil {
		return usageError{err}
	}
	s.apply(cmd)
	return nil
}

// apply sets the flags that the configuration names, where the command has them and
// they were not typed. All values are tried first, so that every command tells of
// what is wrong with one.
func (s *settings) apply(cmd *cobra.Command) {
	for _, f := range s.c.Flags {
		if err := tryFlag(f); err != nil {
			s.c.Complain(f, err)
			continue
		}
		to := cmd.Flags().Lookup(f.Name)
		if to == nil || to.Changed {
			continue
		}
		if err := setFlag(to, f.Values); err != nil {
			s.c.Complain(f, err)
		}
	}
}

// tryFlag says what is wrong with a flag of the configuration.
func tryFlag(f config.Flag) error {
	o, known := settable()
	i := slices.IndexFunc(known, func(k *pflag.Flag) bool { return k.Name == f.Name })
	if i < 0 {
		if slices.Contains(onceFlags(), f.Name) {
			return fmt.Errorf("--%s says what to do once: it is typed, not configured", f.Name)
		}
		return fmt.Errorf("there is no flag --%s: tcplens config init lists those that can be set", f.Name)
	}
	if err := setFlag(known[i], f.Values); err != nil {
		return err
	}
	if o.theme != "" && !slices.Contains(tui.ThemeNames(), o.theme) {
		return fmt.Errorf("there is no theme %q: the themes are %s", o.theme, strings.Join(tui.ThemeNames(), ", "))
	}
	_, err := o.decodings()
	return errors.Join(o.check(), err)
}

func setFlag(f *pflag.Flag, values []string) error {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return list.Replace(values)
	}
	if len(values) != 1 {
		return fmt.Errorf("--%s takes one value, not %d", f.Name, len(values))
	}
	if values[0] == "" {
		return nil // as if it were not there
	}
	err := f.Value.Set(values[0])
	switch f.Value.Type() {
	case "bool":
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", values[0])
		}
	case "int", "uint64":
		if err != nil {
			return fmt.Errorf("%q is not a number for --%s", values[0], f.Name)
		}
	}
	return err
}

// tell writes what is wrong with the configuration to standard error.
func (s *settings) tell(w io.Writer) {
	if s == nil || s.c == nil {
		return
	}
	for _, e := range s.c.Problems {
		fmt.Fprintf(w, "tcplens: warning: %v\n", e)
	}
}

// newConfig is the command config and what belongs to it.
func newConfig(s Streams, set *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Write, check and show the configuration",
		Long: "The configuration is one TOML file: keys, columns, colours, colouring rules, filters with a name,\n" +
			"profiles, and flags that you would always type. tcplens only reads it; what is changed at the\n" +
			"keyboard it remembers in a file of its own. docs/configuration.md tells all.",
		Example: "  tcplens config init\n" +
			"  $EDITOR \"$(tcplens config path)\"\n" +
			"  tcplens config check",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var force bool
	init := &cobra.Command{
		Use: "init", Short: "Write the file with every setting explained and as a comment", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			data := config.Template(config.Default(), vocabulary(), flagHelp(), true)
			if set.file == "-" {
				_, err := s.Out.Write(data)
				return quiet(err)
			}
			place, err := config.Locate(set.file)
			if err != nil {
				return err
			}
			if err := place.Create(data, force); err != nil {
				return err
			}
			_, err = fmt.Fprintln(s.Out, place.Config)
			return quiet(err)
		},
	}
	init.Flags().BoolVar(&force, "force", false, "replace a file that is there already")
	path := &cobra.Command{
		Use: "path", Short: "Print where the file is, or would be", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			place, err := config.Locate(set.file)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(s.Out, place.Config)
			return quiet(err)
		},
	}
	check := &cobra.Command{
		Use: "check", Short: "Say what is wrong with the file, by line and key", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := set.load(cmd); err != nil {
				return err
			}
			for _, e := range set.c.Problems {
				fmt.Fprintf(s.Err, "tcplens: %v\n", e)
			}
			if n := len(set.c.Problems); n > 0 {
				return exitError(ExitWork)
			}
			words := set.c.Path + ": nothing is wrong with it"
			if !set.place.Exists {
				words = set.place.Config + ": there is no such file, and the defaults hold"
			}
			_, err := fmt.Fprintln(s.Out, words)
			return quiet(err)
		},
	}
	show := &cobra.Command{
		Use: "show", Short: "Print what holds: the file and the profile over the defaults", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := set.load(cmd); err != nil {
				return err
			}
			set.tell(s.Err)
			_, err := s.Out.Write(config.Template(set.c, vocabulary(), set.flagsNow(), false))
			return quiet(err)
		},
	}
	cmd.AddCommand(init, path, check, show)
	for _, c := range append(cmd.Commands(), cmd) {
		c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
		// These read the configuration themselves, if at all.
		c.PersistentPreRunE = func(*cobra.Command, []string) error { return nil }
	}
	return cmd
}

// flagHelp describes the flags that can be set, with their defaults.
func flagHelp() []config.FlagHelp {
	var out []config.FlagHelp
	_, known := settable()
	for _, f := range known {
		h := config.FlagHelp{Name: f.Name, Usage: f.Usage}
		_, h.List = f.Value.(pflag.SliceValue)
		t := f.Value.Type()
		h.Quoted = t != "bool" && t != "int" && t != "uint64"
		if f.DefValue != "" && !h.List {
			h.Values = []string{f.DefValue}
		}
		out = append(out, h)
	}
	return out
}

// flagsNow describes them with what the configuration says.
func (s *settings) flagsNow() []config.FlagHelp {
	out := flagHelp()
	for i := range out {
		for _, f := range s.c.Flags {
			if f.Name == out[i].Name {
				out[i].Values = f.Values
			}
		}
	}
	return out
}

// colored says whether colours are wanted at all.
func (o *options) colored() bool { return !o.noColor && os.Getenv("NO_COLOR") == "" }

// configure gives the screen the configuration and what was remembered.
func (s *session) configure(to *tui.Options) {
	set := s.o.set
	if set == nil || set.c == nil {
		return
	}
	to.Config = set.c
	state, err := set.place.Remember()
	if err != nil {
		to.Config.Problems = append(to.Config.Problems, asProblem(err))
	}
	to.State = state
	to.Hooks.Remember = func(change func(*config.State)) error {
		s.state.Lock()
		defer s.state.Unlock()
		return set.place.Change(change)
	}
}

// asProblem is an error as a line of the configuration's problems.
func asProblem(err error) *config.Error {
	var e *config.Error
	if errors.As(err, &e) {
		return e
	}
	return &config.Error{File: "state", Msg: err.Error()}
}
