package config

import (
	"cmp"
	"fmt"
	"slices"

	"tcplens/dissect"
)

// Config is what holds: the file, with a profile on top, over the defaults.
type Config struct {
	Path     string   // the file; empty if there is none
	Profile  string   // the profile in use; empty for none
	Profiles []string // those in the file, in order

	Flags    []Flag              // flags of the command line, set as if they had been typed
	Colors   map[string]Style    // by the names of Vocabulary.Styles
	Keys     map[string][]string // by the names of actions; only those that the file binds
	Columns  []Column            // of the packet list
	Coloring bool                // the list is coloured to begin with
	Rules    []Rule              // the first that matches a packet colours it
	Filters  []Named             // display filters with a name
	History  int                 // how many display filters are remembered

	Problems []*Error // in the order of the file
}

// Flag is a flag of the command line with its values.
type Flag struct {
	Name   string
	Values []string
	at     Error // where it stands
}

// Column is a column of the packet list.
type Column struct {
	Title  string `toml:"title"`
	Field  string `toml:"field"`            // one of Columns, or the name of a field
	Width  int    `toml:"width,omitempty"`  // cells; 0: as the window has room
	Right  bool   `toml:"right,omitempty"`  // numbers stand so
	Hidden bool   `toml:"hidden,omitempty"` // known, but not shown
}

// Rule colours the packets that match a display filter.
type Rule struct {
	Name   string
	Filter string
	Style  Style
	Glyph  string // says the same without colour; empty: none. One cell
	ASCII  string // what stands for Glyph where only ASCII may
	Off    bool
	Stock  bool // it is one of DefaultRules, as it stands there
}

// Named is a display filter with a name.
type Named struct {
	Name   string `toml:"name"`
	Filter string `toml:"filter"`
}

// Binding is an action with its keys.
type Binding struct {
	Name string
	Keys []string // as ParseKey gives them
	In   uint32   // a bit for each part of the program where they work
	Help string
}

// Vocabulary is what the file may speak of.
type Vocabulary struct {
	Bindings []Binding
	Styles   []string // names of the things that can be coloured
	Fields   dissect.Lookup
}

// Error tells of an entry that is wrong.
type Error struct {
	File string
	Line int    // from 1; 0: not known
	Key  string // "columns[2].field"; empty where none could be made out
	Msg  string
}

// Error implements error: "config.toml:12: keys.folow: there is no action folow".
func (e *Error) Error() string {
	s := e.File
	if e.Line > 0 {
		s += fmt.Sprintf(":%d", e.Line)
	}
	if e.Key != "" {
		s += ": " + e.Key
	}
	return s + ": " + e.Msg
}

// MaxHistory bounds how many filters can be remembered.
const MaxHistory = 10_000

// Default is what holds where the file says nothing.
func Default() *Config {
	return &Config{
		Colors: map[string]Style{}, Keys: map[string][]string{}, Columns: DefaultColumns(),
		Coloring: true, Rules: DefaultRules(), History: 500,
	}
}

// DefaultColumns are those of the packet list, as in Wireshark.
func DefaultColumns() []Column {
	return []Column{
		{Title: "No.", Field: "number", Right: true}, {Title: "Time", Field: "time", Right: true}, {Title: "Source", Field: "source"},
		{Title: "Destination", Field: "destination"}, {Title: "Protocol", Field: "protocol"}, {Title: "Length", Field: "length", Right: true},
		{Title: "Info", Field: "info"},
	}
}

// Builtin are the columns that are no fields of a packet's tree, in their usual order.
func Builtin() []string {
	return []string{"number", "time", "source", "destination", "protocol", "length", "info"}
}

// clone copies c so that a profile can be read into it.
func (c *Config) clone() *Config {
	d := *c
	d.Flags, d.Columns, d.Rules = slices.Clone(c.Flags), slices.Clone(c.Columns), slices.Clone(c.Rules)
	d.Filters, d.Problems = slices.Clone(c.Filters), nil
	d.Colors, d.Keys = make(map[string]Style), make(map[string][]string)
	for k, v := range c.Colors {
		d.Colors[k] = v
	}
	for k, v := range c.Keys {
		d.Keys[k] = v
	}
	return &d
}

// Complain notes that a flag was refused, and why.
func (c *Config) Complain(f Flag, err error) {
	e := f.at
	e.Msg = err.Error()
	c.Problems = append(c.Problems, &e)
	slices.SortStableFunc(c.Problems, func(a, b *Error) int { return cmp.Compare(a.Line, b.Line) })
}

// Filter finds a named filter.
func (c *Config) Filter(name string) (string, bool) {
	for _, f := range c.Filters {
		if f.Name == name {
			return f.Filter, true
		}
	}
	return "", false
}
