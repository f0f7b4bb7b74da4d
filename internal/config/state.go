package config

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"slices"

	"github.com/pelletier/go-toml/v2"

	"tcplens/dissect/filter"
)

// State is what the program remembers of what was done at the keyboard. It has a
// file of its own, so that the configuration stays as its owner wrote it.
type State struct {
	History  []string                `toml:"history"`  // display filters, the oldest first
	Filters  []Named                 `toml:"filters"`  // named at the keyboard
	Profiles map[string]ProfileState `toml:"profiles"` // by name; "default" without a profile
}

// ProfileState is what belongs to a profile.
type ProfileState struct {
	Columns []Column `toml:"columns"`
	// Over says which columns of the configuration these were made from. When those
	// have changed, the configuration holds again.
	Over string `toml:"over"`
}

const stateHead = "# Written by tcplens: columns, filters and history as they were left.\n" +
	"# What you want to keep by hand belongs into config.toml, which tcplens never changes.\n\n"

// Remember reads the state; one that is not there is empty. An error tells that it
// cannot be used; the state is empty then, too.
func (p *Place) Remember() (*State, error) {
	s := &State{}
	data, err := os.ReadFile(p.State)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("what was remembered cannot be read: %w", err)
	}
	if len(data) > maxFile {
		return s, fmt.Errorf("%s is too large to be what tcplens wrote: delete it", p.State)
	}
	if err := toml.Unmarshal(data, s); err != nil {
		line := 0
		var de *toml.DecodeError
		if errors.As(err, &de) {
			line, _ = de.Position()
		}
		return &State{}, &Error{File: p.State, Line: line, Msg: "this is not what tcplens wrote: delete it or mend it"}
	}
	return s, nil
}

// Change reads the state, lets change alter it, and writes it back. Two programs that
// do so at once lose nothing but what they change both.
func (p *Place) Change(change func(*State)) error {
	s, err := p.Remember()
	if err != nil {
		return err // what cannot be read is not overwritten
	}
	change(s)
	var b bytes.Buffer
	b.WriteString(stateHead)
	if err := toml.NewEncoder(&b).Encode(s); err != nil {
		return fmt.Errorf("remembering: %w", err)
	}
	if err := p.write(p.State, b.Bytes()); err != nil {
		return fmt.Errorf("remembering: %w", err)
	}
	return nil
}

// Push puts a filter at the end of the history, which then has at most most of them.
func (s *State) Push(expr string, most int) {
	s.History = slices.DeleteFunc(s.History, func(h string) bool { return h == expr })
	s.History = append(s.History, expr)
	s.History = s.History[max(len(s.History)-most, 0):]
}

// profileKey is a profile's name in the state.
func profileKey(name string) string {
	if name == "" {
		return "default"
	}
	return name
}

// SetColumns remembers the columns of the profile that is in use. Given the
// configuration's own, it forgets what was remembered.
func (s *State) SetColumns(c *Config, columns []Column) {
	key := profileKey(c.Profile)
	if slices.Equal(columns, c.Columns) {
		delete(s.Profiles, key)
		return
	}
	if s.Profiles == nil {
		s.Profiles = make(map[string]ProfileState)
	}
	s.Profiles[key] = ProfileState{Columns: columns, Over: digest(c.Columns)}
}

// ColumnsFor gives the columns that hold: those that were remembered for the profile
// in use, or the configuration's.
func (s *State) ColumnsFor(c *Config, v *Vocabulary) []Column {
	ps, ok := s.Profiles[profileKey(c.Profile)]
	if !ok || ps.Over != digest(c.Columns) {
		return c.Columns
	}
	var out []Column
	for _, col := range ps.Columns {
		if slices.Contains(Builtin(), col.Field) || len(v.Fields[col.Field]) > 0 {
			col.Width = min(max(col.Width, 0), MaxWidth)
			out = append(out, col)
		}
	}
	if !slices.ContainsFunc(out, func(c Column) bool { return !c.Hidden }) {
		return c.Columns
	}
	return out
}

// FiltersFor joins the named filters of the configuration and those that were
// remembered; the configuration's hold where both have a name.
func (s *State) FiltersFor(c *Config, v *Vocabulary) []Named {
	out := slices.Clone(c.Filters)
	for _, n := range s.Filters {
		if _, ok := c.Filter(n.Name); ok {
			continue
		}
		if _, err := filter.Parse(n.Filter, v.Fields); err == nil {
			out = append(out, n)
		}
	}
	return out
}

func digest(columns []Column) string {
	h := fnv.New64a()
	fmt.Fprintf(h, "%v", columns) // a hash takes everything
	return fmt.Sprintf("%016x", h.Sum64())
}
