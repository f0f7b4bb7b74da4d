package config

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// FlagHelp is a flag that the file may set.
type FlagHelp struct {
	Name, Usage string
	Values      []string // as they are, or by default
	Quoted      bool     // its values are texts
	List        bool     // it may be given several times
}

// Template writes c as a configuration file in which every setting is explained. With
// commented, every setting is a comment: what holds anyway.
func Template(c *Config, v *Vocabulary, flags []FlagHelp, commented bool) []byte {
	w := &writer{}
	if commented {
		w.mark = "# "
	}
	if commented {
		w.say("Configuration of tcplens. Every setting stands here with its default, as a comment:",
			"take the # away and change it. tcplens never writes to this file; what is changed at",
			"the keyboard it keeps in a file of its own. tcplens config check says what is wrong.",
			"docs/configuration.md tells more.")
	} else {
		w.say("Configuration of tcplens as it holds: the file, with the profile in use, over the",
			"defaults. docs/configuration.md tells more.")
	}
	w.blank()
	w.say("The profile in use when --profile names none; see the end of this file.")
	if c.Profile != "" {
		w.say("It is " + c.Profile + " here: its settings are among those below.")
	}
	w.note("profile = \"web\"")
	w.blank()
	w.say(fmt.Sprintf("How many display filters are remembered, 0 to %d.", MaxHistory))
	w.set("history = %d", c.History)
	w.blank()
	w.say("The columns of the packet list. field is one of "+strings.Join(Builtin(), ", ")+",",
		"or any field as display filters name it. title, width (cells), align (\"left\", \"right\")",
		"and hidden (true: offered, not shown) may be left out.")
	w.set("columns = [")
	for _, col := range c.Columns {
		w.set("  %s,", columnTOML(col, v))
	}
	w.note("  { title = \"Host\", field = \"http.host\", width = 20 },")
	w.set("]")

	w.blank()
	w.say("Flags of the command line that you would always type. What is typed goes before.")
	w.line("[flags]")
	for _, f := range flags {
		w.say(f.Usage)
		if len(f.Values) == 0 {
			w.note("%s = %s", f.Name, example(f))
			continue
		}
		w.set("%s = %s", f.Name, flagTOML(f))
	}

	w.blank()
	w.say("Colouring rules: the first display filter that matches a packet colours its row.",
		"on = false begins without colours of rules. defaults = false takes the rules away that",
		"tcplens comes with. A rule in rules with the name of a default one changes it: what you",
		"leave out stays; off = true takes it away. Rules with new names stand before the others.",
		"style: bold, italic, underline, reverse, a colour, \"on\" and a colour: \"bold black on orange\".",
		"Colours: "+strings.Join(ColorNames()[:8], ", ")+",",
		strings.Join(ColorNames()[8:], ", ")+",",
		"a number from 0 to 255, #rrggbb. \"none\": as the protocol is coloured.",
		"glyph is one character for the margin, which is seen without colours too.")
	w.line("[coloring]")
	w.set("on = %t", c.Coloring)
	w.set("defaults = %t", slices.ContainsFunc(c.Rules, func(r Rule) bool { return r.Stock }))
	w.set("rules = [")
	for _, r := range c.Rules {
		w.set("  %s,", ruleTOML(r))
	}
	w.note("  { name = \"my service\", filter = \"tcp.port == 3000\", style = \"bold skyblue\", glyph = \"+\" },")
	w.note("  { name = \"TCP RST\", style = \"reverse\" },")
	w.note("  { name = \"ARP\", off = true },")
	w.set("]")

	w.blank()
	w.say("Colours of what else is on the screen: names and styles as above.",
		"Without an entry they are those of the theme (see flags.theme).")
	w.line("[colors]")
	for _, name := range v.Styles {
		if st, ok := c.Colors[name]; ok {
			w.set("%s = %s", name, quote(st.String()))
		} else {
			w.note("%s = \"none\"", name)
		}
	}

	w.blank()
	w.say("Display filters with a name: :named NAME applies one, :named offers all.")
	w.line("[filters]")
	for _, f := range c.Filters {
		w.set("%s = %s", key(f.Name), quote(f.Filter))
	}
	w.note("slow = \"tcp.time_delta > 0.2 && tcp.len > 0\"")

	w.blank()
	w.say("Keys of actions: a key, or a list of keys, [] for none. A key is a character, tab, enter,",
		"esc, space, backspace, delete, up, down, left, right, home, end, pgup, pgdown, f1 to f12,",
		"with ctrl+, alt+ or shift+ before it; \"g g\" is typed one after the other. What you bind",
		"is taken away from the action that has it by default.")
	w.line("[keys]")
	for i, keys := range Rebind(v.Bindings, c.Keys) {
		b := v.Bindings[i]
		w.say(b.Help)
		w.set("%s = %s", key(b.Name), listTOML(keys))
	}

	w.blank()
	w.say("Profiles: each may have all the settings above, which then hold in place of those",
		"above (keys, colours, filters, flags: entry by entry). --profile NAME chooses one.")
	w.note("[profiles.web]")
	w.note("columns = [{ field = \"number\" }, { field = \"time\" }, { field = \"http.host\" }, { field = \"info\" }]")
	w.note("[profiles.web.flags]")
	w.note("time = \"d\"")
	return w.b.Bytes()
}

type writer struct {
	b    bytes.Buffer
	mark string // before settings
}

func (w *writer) blank()           { w.b.WriteByte('\n') }
func (w *writer) line(text string) { w.b.WriteString(text + "\n") }
func (w *writer) say(lines ...string) {
	for _, l := range lines {
		w.b.WriteString("## " + l + "\n")
	}
}

// set writes a setting, note one that is a comment in any case.
func (w *writer) set(format string, args ...any) {
	fmt.Fprintf(&w.b, w.mark+format+"\n", args...)
}

func (w *writer) note(format string, args ...any) {
	fmt.Fprintf(&w.b, "# "+format+"\n", args...)
}

// quote writes a TOML basic string (TOML 1.0, "String").
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// key writes a TOML key, in quotes where it needs them.
func key(s string) string {
	bare := s != ""
	for _, r := range s {
		bare = bare && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	}
	if bare {
		return s
	}
	return quote(s)
}

func listTOML(words []string) string {
	if len(words) == 1 {
		return quote(words[0])
	}
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = quote(w)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func columnTOML(c Column, v *Vocabulary) string {
	s := "{ title = " + quote(c.Title) + ", field = " + quote(c.Field)
	if c.Width > 0 {
		s += fmt.Sprintf(", width = %d", c.Width)
	}
	if c.Right != RightAligned(c.Field, v) {
		side := "left"
		if c.Right {
			side = "right"
		}
		s += ", align = " + quote(side)
	}
	if c.Hidden {
		s += ", hidden = true"
	}
	return s + " }"
}

func ruleTOML(r Rule) string {
	s := "{ name = " + quote(r.Name) + ", filter = " + quote(r.Filter) + ", style = " + quote(r.Style.String())
	if r.Glyph != "" {
		s += ", glyph = " + quote(r.Glyph)
	}
	if r.ASCII != r.Glyph {
		s += ", ascii = " + quote(r.ASCII)
	}
	if r.Off {
		s += ", off = true"
	}
	return s + " }"
}

func flagTOML(f FlagHelp) string {
	switch {
	case f.List:
		out := make([]string, len(f.Values))
		for i, v := range f.Values {
			out[i] = quote(v)
		}
		return "[" + strings.Join(out, ", ") + "]"
	case f.Quoted:
		return quote(f.Values[0])
	}
	return f.Values[0]
}

// example is a value for a flag that has none.
func example(f FlagHelp) string {
	if f.List {
		return "[]"
	}
	return `""`
}
