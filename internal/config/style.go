package config

import (
	"fmt"
	"strconv"
	"strings"
)

// Color is a colour of the terminal: 0 none, else what colorOf made.
type Color uint32

// rgb marks a colour of 24 bits; without it the lowest byte is one of the 256 that
// terminals number (ECMA-48, and xterm's extension 38;5;n), plus indexed.
const (
	rgb     Color = 1 << 24
	indexed Color = 1 << 25
)

// Style is how a piece of the screen looks.
type Style struct {
	Fg, Bg                           Color
	Bold, Italic, Underline, Reverse bool
}

// named are the colours that have names: the eight of Okabe and Ito, which readers
// with any kind of colour vision tell apart, and the sixteen of the terminal, which
// are as the user has set them.
var named = [...]struct {
	name  string
	color Color
}{
	{"orange", rgb | 0xe69f00}, {"skyblue", rgb | 0x56b4e9}, {"bluishgreen", rgb | 0x009e73}, {"amber", rgb | 0xf0e442},
	{"azure", rgb | 0x0072b2}, {"vermilion", rgb | 0xd55e00}, {"purple", rgb | 0xcc79a7},
	{"black", indexed}, {"red", indexed | 1}, {"green", indexed | 2}, {"yellow", indexed | 3},
	{"blue", indexed | 4}, {"magenta", indexed | 5}, {"cyan", indexed | 6}, {"white", indexed | 7},
	{"brightblack", indexed | 8}, {"brightred", indexed | 9}, {"brightgreen", indexed | 10}, {"brightyellow", indexed | 11},
	{"brightblue", indexed | 12}, {"brightmagenta", indexed | 13}, {"brightcyan", indexed | 14}, {"brightwhite", indexed | 15},
}

// ColorNames lists the colours that have names.
func ColorNames() []string {
	out := make([]string, len(named))
	for i, n := range named {
		out[i] = n.name
	}
	return out
}

// ParseStyle reads a style: "bold orange", "black on #f0e442", "reverse", "252 on 24",
// or "none".
func ParseStyle(s string) (Style, error) {
	var st Style
	words := strings.Fields(strings.ToLower(s))
	if len(words) == 0 {
		return st, fmt.Errorf("a style is empty: write as in \"bold orange\", or \"none\"")
	}
	to, begun := &st.Fg, false
	for i, w := range words {
		switch w {
		case "none":
			if len(words) > 1 {
				return Style{}, fmt.Errorf("none stands alone, not in %q", s)
			}
		case "bold":
			st.Bold = true
		case "italic":
			st.Italic = true
		case "underline":
			st.Underline = true
		case "reverse":
			st.Reverse = true
		case "on":
			if to == &st.Bg || i == len(words)-1 {
				return Style{}, fmt.Errorf("behind \"on\" stands one colour, as in \"black on orange\"")
			}
			to, begun = &st.Bg, false
		default:
			c, ok := colorOf(w)
			if !ok {
				known := append(ColorNames(), "bold", "italic", "underline", "reverse", "none", "on")
				return Style{}, fmt.Errorf("there is no colour %q%s: colours are %s, a number from 0 to 255, or #rrggbb", w, didYouMean(w, known), strings.Join(ColorNames(), ", "))
			}
			if begun {
				return Style{}, fmt.Errorf("%q has two colours for one thing: write as in \"black on orange\"", s)
			}
			*to, begun = c, true
		}
	}
	return st, nil
}

func colorOf(w string) (Color, bool) {
	for _, n := range named {
		if n.name == w {
			return n.color, true
		}
	}
	if hex, ok := strings.CutPrefix(w, "#"); ok && len(hex) == 6 {
		n, err := strconv.ParseUint(hex, 16, 24)
		return rgb | Color(n), err == nil
	}
	n, err := strconv.ParseUint(w, 10, 8)
	return indexed | Color(n), err == nil
}

// String writes the colour as ParseStyle reads it.
func (c Color) String() string {
	for _, n := range named {
		if n.color == c {
			return n.name
		}
	}
	switch {
	case c&rgb != 0:
		return fmt.Sprintf("#%06x", uint32(c&^rgb))
	case c&indexed != 0:
		return strconv.Itoa(int(c &^ indexed))
	}
	return "none"
}

// sgr gives the parameters that select the colour (ISO 8613-6): base 38 for the
// text, 48 for the ground.
func (c Color) sgr(base string) string {
	if c&rgb != 0 {
		return fmt.Sprintf("%s;2;%d;%d;%d", base, c>>16&0xff, c>>8&0xff, c&0xff)
	}
	return base + ";5;" + strconv.Itoa(int(c&0xff))
}

// String writes the style as ParseStyle reads it.
func (s Style) String() string {
	var words []string
	for _, a := range []struct {
		on   bool
		name string
	}{{s.Bold, "bold"}, {s.Italic, "italic"}, {s.Underline, "underline"}, {s.Reverse, "reverse"}} {
		if a.on {
			words = append(words, a.name)
		}
	}
	if s.Fg != 0 {
		words = append(words, s.Fg.String())
	}
	if s.Bg != 0 {
		words = append(words, "on", s.Bg.String())
	}
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, " ")
}

// Text gives the SGR parameters (ECMA-48 §8.3.117) of the text: attributes, and its
// colour unless mono.
func (s Style) Text(mono bool) string {
	var p []string
	for _, a := range []struct {
		on   bool
		code string
	}{{s.Bold, "1"}, {s.Italic, "3"}, {s.Underline, "4"}, {s.Reverse, "7"}} {
		if a.on {
			p = append(p, a.code)
		}
	}
	if s.Fg != 0 && !mono {
		p = append(p, s.Fg.sgr("38"))
	}
	return strings.Join(p, ";")
}

// Ground gives the SGR parameters of what the text stands on; empty if the style
// leaves it as it is.
func (s Style) Ground() string {
	if s.Bg == 0 {
		return ""
	}
	return s.Bg.sgr("48")
}

// readable are the colours of Okabe and Ito as a text needs them to be read without a
// ground of its own: each at least 4.5 times as light as a black ground, or as dark
// as a white one (WCAG 2, contrast). 0: as it is.
var readable = [...]struct{ color, onDark, onLight Color }{
	{rgb | 0xe69f00, 0, rgb | 0x8a5f00}, {rgb | 0x56b4e9, 0, rgb | 0x1d6a96}, {rgb | 0x009e73, rgb | 0x4fc3a1, rgb | 0x00694d},
	{rgb | 0xf0e442, 0, rgb | 0x6b6300}, {rgb | 0x0072b2, rgb | 0x4a9ed9, 0}, {rgb | 0xd55e00, rgb | 0xee6a2c, rgb | 0xb04a00},
	{rgb | 0xcc79a7, 0, rgb | 0x8f3f72},
}

// Readable gives the style with its text in a shade that can be read on a light
// terminal, or on a dark one. A style with a ground of its own stays as it is.
func (s Style) Readable(light bool) Style {
	if s.Bg != 0 {
		return s
	}
	for _, r := range readable {
		shade := r.onDark
		if light {
			shade = r.onLight
		}
		if s.Fg == r.color && shade != 0 {
			s.Fg = shade
		}
	}
	return s
}

// sixteen are the colours of Okabe and Ito in the sixteen of a terminal that has no
// more: the nearest ones in the arithmetic of colours would be one and the same red.
var sixteen = [...]struct{ color, onDark, onLight Color }{
	{rgb | 0xe69f00, indexed | 11, indexed | 3}, {rgb | 0x56b4e9, indexed | 14, indexed | 4}, {rgb | 0x009e73, indexed | 10, indexed | 2},
	{rgb | 0xf0e442, indexed | 3, indexed | 3}, {rgb | 0x0072b2, indexed | 12, indexed | 4}, {rgb | 0xd55e00, indexed | 9, indexed | 1},
	{rgb | 0xcc79a7, indexed | 13, indexed | 5},
}

// Sixteen gives the style in the sixteen colours that every terminal has.
func (s Style) Sixteen(light bool) Style {
	for _, c := range sixteen {
		to := c.onDark
		if light {
			to = c.onLight
		}
		if s.Fg == c.color {
			s.Fg = to
		}
		if s.Bg == c.color {
			s.Bg = to
		}
	}
	return s
}
