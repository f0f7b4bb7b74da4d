package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"tcplens/dissect/filter"
	"tcplens/internal/text"
)

// maxFile bounds what is read of a configuration, bytes.
const maxFile = 1 << 20

// ReadFile reads a configuration, with a profile on top unless its name is empty.
// A file that cannot be read or is no TOML is a Problem, and the defaults hold; an
// error tells only of a profile that does not exist.
func ReadFile(path, profile string, v *Vocabulary) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		c := Default()
		c.Path = path
		c.Problems = []*Error{{File: path, Msg: "it cannot be read: " + reason(err)}}
		return c, nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil || len(data) > maxFile {
		c := Default()
		c.Path = path
		msg := fmt.Sprintf("it is larger than %d KiB: nothing of it is used", maxFile>>10)
		if err != nil {
			msg = "it cannot be read: " + reason(err)
		}
		c.Problems = []*Error{{File: path, Msg: msg}}
		return c, nil
	}
	return Parse(data, path, profile, v)
}

// reason is an error without the path that stands before it anyway.
func reason(err error) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return err.Error()
}

// Parse reads a configuration from its text; see ReadFile. file is what messages
// call it.
func Parse(data []byte, file, profile string, v *Vocabulary) (*Config, error) {
	c := Default()
	c.Path = file
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var m map[string]any
	if err := toml.Unmarshal(data, &m); err != nil {
		e := &Error{File: file, Msg: "this is no TOML, and nothing of the file is used: " + text.Printable(strings.TrimPrefix(err.Error(), "toml: "))}
		var de *toml.DecodeError
		if errors.As(err, &de) {
			e.Line, _ = de.Position()
			e.Key = text.Printable(strings.Join(de.Key(), "."))
		}
		c.Problems = append(c.Problems, e)
		if profile != "" {
			c.Profile = ""
		}
		return c, nil
	}
	r := &reading{file: file, at: positions(data)}
	top := table{r, "", m}
	top.only(append(bodyKeys(), "profile", "profiles")...)
	c.body(top, v)
	if name, ok := top.text("profile"); ok && profile == "" {
		profile = name
	}
	profiles, _ := top.sub("profiles")
	c.Profiles = profiles.keys()
	base := c.clone()
	found := false
	for _, name := range c.Profiles {
		t, ok := profiles.sub(name)
		if !ok {
			continue
		}
		// All are looked at, so that what is wrong with one is known before it is used.
		t.only(bodyKeys()...)
		p := base.clone()
		p.body(t, v)
		if name == profile {
			p.Profile, p.Profiles, found = name, c.Profiles, true
			c = p
		}
	}
	if profile != "" && !found {
		if _, ok := m["profile"]; ok && m["profile"] == profile {
			r.bad("profile", "there is no profile %s%s", profile, haveProfiles(c.Profiles))
		} else {
			return nil, fmt.Errorf("%s has no profile %s%s", file, profile, haveProfiles(c.Profiles))
		}
	}
	slices.SortStableFunc(r.problems, func(a, b *Error) int { return a.Line - b.Line })
	c.Problems = r.problems
	return c, nil
}

func haveProfiles(names []string) string {
	if len(names) == 0 {
		return ": it has none"
	}
	return ": it has " + strings.Join(names, ", ")
}

// bodyKeys are the settings that stand at the top and in a profile alike.
func bodyKeys() []string {
	return []string{"flags", "history", "columns", "coloring", "colors", "keys", "filters"}
}

// body reads settings over those that hold already.
func (c *Config) body(t table, v *Vocabulary) {
	if flags, ok := t.sub("flags"); ok {
		c.readFlags(flags)
	}
	if n, ok := t.number("history"); ok {
		if n < 0 || n > MaxHistory {
			t.r.bad(join(t.path, "history"), "%d is out of range: 0 to %d filters can be remembered", n, MaxHistory)
		} else {
			c.History = int(n)
		}
	}
	if list, ok := t.list("columns"); ok {
		c.readColumns(t, list, v)
	}
	if sub, ok := t.sub("coloring"); ok {
		c.readColoring(sub, v)
	}
	if sub, ok := t.sub("colors"); ok {
		c.readColors(sub, v)
	}
	if sub, ok := t.sub("keys"); ok {
		c.readKeys(sub, v)
	}
	if sub, ok := t.sub("filters"); ok {
		c.readFilters(sub, v)
	}
}

// readFlags takes what would have been typed. What the values may be, the command
// line knows.
func (c *Config) readFlags(t table) {
	for _, name := range t.keys() {
		path := join(t.path, name)
		f := Flag{Name: name, at: Error{File: t.r.file, Line: t.r.line(path), Key: text.Printable(path)}}
		switch x := t.m[name].(type) {
		case bool, int64:
			f.Values = []string{fmt.Sprint(x)}
		case string, []any:
			words, ok := t.words(name, "a text")
			if !ok {
				continue
			}
			f.Values = words
		default:
			t.r.bad(path, "this has to be what would be typed behind --%s, not %s", name, kind(x))
			continue
		}
		c.Flags = slices.DeleteFunc(c.Flags, func(o Flag) bool { return o.Name == name })
		c.Flags = append(c.Flags, f)
	}
}

// MaxWidth bounds the width of a column, cells.
const MaxWidth = 200

func (c *Config) readColumns(t table, list []table, v *Vocabulary) {
	var out []Column
	for _, e := range list {
		e.only("title", "field", "width", "align", "hidden")
		field, ok := e.text("field")
		if !ok {
			if _, there := e.m["field"]; !there {
				e.r.bad(e.path, "a column needs a field: { title = \"Host\", field = \"http.host\" }")
			}
			continue
		}
		if !slices.Contains(Builtin(), field) && len(v.Fields[field]) == 0 {
			e.r.bad(join(e.path, "field"), "there is no field %s%s: it is one of %s, or a field as filters name them", text.Printable(field), suggestField(field, v), strings.Join(Builtin(), ", "))
			continue
		}
		col := Column{Field: field, Title: TitleOf(field, v)}
		col.Right = RightAligned(field, v)
		if title, ok := e.text("title"); ok {
			col.Title = text.Printable(title)
		}
		if w, ok := e.number("width"); ok {
			if w < 1 || w > MaxWidth {
				e.r.bad(join(e.path, "width"), "%d is out of range: a column has 1 to %d cells", w, MaxWidth)
			} else {
				col.Width = int(w)
			}
		}
		if a, ok := e.text("align"); ok {
			switch a {
			case "left", "right":
				col.Right = a == "right"
			default:
				e.r.bad(join(e.path, "align"), "%q: columns stand left or right", a)
			}
		}
		col.Hidden, _ = e.flag("hidden")
		if slices.ContainsFunc(out, func(o Column) bool { return o.Field == field }) {
			e.r.bad(join(e.path, "field"), "%s is a column already", field)
			continue
		}
		out = append(out, col)
	}
	if !slices.ContainsFunc(out, func(c Column) bool { return !c.Hidden }) {
		t.r.bad(join(t.path, "columns"), "no column of it can be shown: those that were there stay")
		return
	}
	c.Columns = out
}

// suggestField names a field that a misspelt one is near to.
func suggestField(name string, v *Vocabulary) string {
	if s := didYouMean(name, Builtin()); s != "" {
		return s
	}
	if s := filter.Suggest(name, v.Fields); s != "" {
		return " (did you mean " + s + "?)"
	}
	return ""
}

// TitleOf is what a column of a field is called unless the user says so.
func TitleOf(field string, v *Vocabulary) string {
	for _, c := range DefaultColumns() {
		if c.Field == field {
			return c.Title
		}
	}
	f := v.Fields[field]
	for _, o := range f {
		if o.Name != f[0].Name {
			return field // as tcp.port, which is source and destination
		}
	}
	if len(f) > 0 {
		return f[0].Name
	}
	return field
}

// RightAligned says whether a column stands at the right unless the user says so.
func RightAligned(field string, v *Vocabulary) bool {
	for _, c := range DefaultColumns() {
		if c.Field == field {
			return c.Right
		}
	}
	f := v.Fields[field]
	return len(f) > 0 && f[0].Names == nil && (f[0].Type.Unsigned() || f[0].Type.Signed())
}

func (c *Config) readColors(t table, v *Vocabulary) {
	for _, name := range t.keys() {
		path := join(t.path, name)
		if !slices.Contains(v.Styles, name) {
			t.r.bad(path, "there is nothing of this name to be coloured%s: there are %s", didYouMean(name, v.Styles), strings.Join(v.Styles, ", "))
			continue
		}
		s, ok := t.text(name)
		if !ok {
			continue
		}
		st, err := ParseStyle(s)
		if err != nil {
			t.r.bad(path, "%v", err)
			continue
		}
		c.Colors[name] = st
	}
}

func (c *Config) readColoring(t table, v *Vocabulary) {
	t.only("on", "defaults", "rules")
	if on, ok := t.flag("on"); ok {
		c.Coloring = on
	}
	if keep, ok := t.flag("defaults"); ok && !keep {
		c.Rules = slices.DeleteFunc(c.Rules, func(r Rule) bool { return r.Stock })
	}
	list, _ := t.list("rules")
	var fresh []Rule
	for _, e := range list {
		e.only("name", "filter", "style", "glyph", "ascii", "off")
		name, ok := e.text("name")
		if !ok || name == "" {
			e.r.bad(e.path, "a rule needs a name: { name = \"my service\", filter = \"tcp.port == 3000\", style = \"orange\" }")
			continue
		}
		at := slices.IndexFunc(c.Rules, func(r Rule) bool { return r.Name == name })
		rule := Rule{Name: text.Printable(name)}
		if at >= 0 {
			rule = c.Rules[at]
		}
		if !e.readRule(&rule, v) {
			continue
		}
		if at >= 0 {
			c.Rules[at] = rule
		} else {
			fresh = append(fresh, rule)
		}
	}
	c.Rules = append(fresh, c.Rules...)
}

// readRule reads a rule over what it is already; false if it cannot be used.
func (t table) readRule(rule *Rule, v *Vocabulary) bool {
	good := true
	rule.Stock = false
	if expr, ok := t.text("filter"); ok && expr != rule.Filter {
		if _, err := filter.Parse(expr, RuleFields(v.Fields)); err != nil {
			t.r.bad(join(t.path, "filter"), "%s", filterFault(expr, err))
			good = false
		}
		rule.Filter = expr
	} else if rule.Filter == "" {
		t.r.bad(t.path, "the rule needs a filter: no default rule is called %s", rule.Name)
		return false
	}
	if s, ok := t.text("style"); ok {
		st, err := ParseStyle(s)
		if err != nil {
			t.r.bad(join(t.path, "style"), "%v", err)
			good = false
		}
		rule.Style = st
	}
	for _, g := range []struct {
		key string
		to  *string
	}{{"glyph", &rule.Glyph}, {"ascii", &rule.ASCII}} {
		s, ok := t.text(g.key)
		if !ok {
			continue
		}
		if text.Width(s) > 1 || text.Printable(s) != s || g.key == "ascii" && len(s) == 1 && s[0] >= 0x80 {
			t.r.bad(join(t.path, g.key), "%q: one character that takes one cell", s)
			continue
		}
		*g.to = s
		if g.key == "glyph" {
			rule.ASCII = "*"
			if len(s) == 1 || s == "" {
				rule.ASCII = s
			}
		}
	}
	rule.Off, _ = t.flag("off")
	return good
}

func (c *Config) readFilters(t table, v *Vocabulary) {
	for _, name := range t.keys() {
		expr, ok := t.text(name)
		if !ok {
			continue
		}
		if _, err := filter.Parse(expr, v.Fields); err != nil {
			t.r.bad(join(t.path, name), "%s", filterFault(expr, err))
			continue
		}
		n := Named{text.Printable(name), expr}
		if i := slices.IndexFunc(c.Filters, func(f Named) bool { return f.Name == n.Name }); i >= 0 {
			c.Filters[i] = n
		} else {
			c.Filters = append(c.Filters, n)
		}
	}
}

// filterFault says what is wrong with a filter, and with which word.
func filterFault(expr string, err error) string {
	var fe *filter.Error
	if errors.As(err, &fe) {
		if fe.Pos >= 0 && fe.Len > 0 && fe.Pos+fe.Len <= len(expr) {
			why := fmt.Sprintf("the filter is wrong at %q: %s", text.Printable(expr[fe.Pos:fe.Pos+fe.Len]), fe.Msg)
			if fe.Suggest != "" {
				why += " (did you mean " + fe.Suggest + "?)"
			}
			return why
		}
		return "the filter is wrong: " + fe.Msg
	}
	return "the filter is wrong: " + text.Printable(err.Error())
}
