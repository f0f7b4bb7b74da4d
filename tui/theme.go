package tui

import (
	"cmp"
	"strings"

	"tcplens/internal/config"
)

// style names what a piece of a line is. The theme says how it looks.
type style uint16

const (
	sText style = iota
	sDim
	sTitle   // the program's name
	sHeader  // the header line
	sLive    // the dot of a running capture
	sWarn    // dropped, frozen, malformed
	sError   // errors in prompts and messages
	sColumn  // heads of columns
	sBorder  // title lines of panes that are not focused
	sFocus   // title line of the focused pane
	sKey     // keys in the footer and in the help
	sHint    // what they do
	sMargin  // bracket and marks
	sMatch   // what a search found
	sField   // the bytes of the selected field
	sProto   // the bytes of the selected protocol
	sLayer   // the bytes of the protocol it belongs to
	sChip    // "▼ 128 new"
	sPrompt  // what is typed
	sSide0   // what the client sends: follow and flow graph
	sSide1   // what the server sends
	sHeading // sections of the flow graph
	sTCP     // rows of the list that no rule colours, by their protocol
	sUDP
	sHTTP
	sTLS
	sDNS
	sICMP
	sARP
	sBad   // resets and malformed packets
	sNoted // retransmissions and the like
	sConn  // SYN and FIN
	styleCount
)

// ground is what a piece of a line stands on.
type ground uint8

const (
	gPlain    ground = iota
	gSelected        // the row of the cursor, in the focused pane
	gUnfocused
	gBar // header and footer
	groundCount
)

// Theme names.
const (
	ThemeAuto  = "auto"
	ThemeDark  = "dark"
	ThemeLight = "light"
	ThemeMono  = "mono"
)

// ThemeNames lists the themes that --theme takes.
func ThemeNames() []string { return []string{ThemeAuto, ThemeDark, ThemeLight, ThemeMono} }

// theme holds an escape sequence for each style on each ground, made once. The
// styles of colouring rules stand behind those that have names.
type theme struct {
	name string
	sgr  [][groundCount]string
}

const sgrReset = "\x1b[m"

// palette is a theme as it is written down: SGR parameters. Colours are of the
// 256 that every terminal has, so that sequences stay short; the renderer reduces
// them where there are fewer.
type palette struct {
	ground [groundCount]string
	text   string // colour of plain text that stands on a ground of its own
	style  [styleCount]string
}

// styleNames are the styles that the user may colour.
var styleNames = [...]struct {
	name string
	st   style
}{
	{"text", sText}, {"dim", sDim}, {"title", sTitle}, {"header", sHeader}, {"live", sLive}, {"warning", sWarn}, {"error", sError},
	{"column", sColumn}, {"border", sBorder}, {"focus", sFocus}, {"key", sKey}, {"hint", sHint}, {"margin", sMargin}, {"match", sMatch},
	{"field", sField}, {"protocol", sProto}, {"layer", sLayer}, {"chip", sChip}, {"prompt", sPrompt}, {"client", sSide0}, {"server", sSide1},
	{"heading", sHeading}, {"tcp", sTCP}, {"udp", sUDP}, {"http", sHTTP}, {"tls", sTLS}, {"dns", sDNS}, {"icmp", sICMP}, {"arp", sARP},
}

// groundNames are the grounds that the user may colour.
var groundNames = [...]struct {
	name string
	on   ground
}{{"selected", gSelected}, {"unfocused", gUnfocused}, {"bar", gBar}}

// StyleNames lists what the user may colour.
func StyleNames() []string {
	var out []string
	for _, s := range styleNames {
		out = append(out, s.name)
	}
	for _, g := range groundNames {
		out = append(out, g.name)
	}
	return out
}

// recolor puts the user's colours over those of the theme.
func (p *palette) recolor(colors map[string]config.Style, theme string) {
	mono, light := theme == ThemeMono, theme == ThemeLight
	for _, s := range styleNames {
		if c, ok := colors[s.name]; ok {
			c = c.Readable(light)
			p.style[s.st] = c.Text(mono)
			if g := c.Ground(); g != "" && !mono {
				p.style[s.st] = strings.TrimPrefix(p.style[s.st]+";"+g, ";")
			}
		}
	}
	for _, g := range groundNames {
		c, ok := colors[g.name]
		if !ok {
			continue
		}
		own := c.Text(mono)
		if b := c.Ground(); b != "" && !mono {
			own = strings.TrimPrefix(own+";"+b, ";")
		}
		// A ground that could not be told from the others would hide the cursor.
		p.ground[g.on] = cmp.Or(own, p.ground[g.on])
	}
}

func newTheme(name string, colors map[string]config.Style, rules []config.Style) *theme {
	var p palette
	switch name {
	case ThemeLight:
		p = lightPalette()
	case ThemeMono:
		p = monoPalette()
	default:
		name, p = ThemeDark, darkPalette()
	}
	p.recolor(colors, name)
	t := &theme{name: name, sgr: make([][groundCount]string, int(styleCount)+len(rules))}
	for s := range p.style {
		for g := range p.ground {
			a, b := p.style[s], p.ground[g]
			if a == "" && b != "" || g == int(gSelected) && faint(style(s)) {
				a = p.text
			}
			t.sgr[s][g] = sequence(a, b)
		}
	}
	for i, r := range rules {
		t.sgr[ruleStyle(i)] = p.rule(r, name)
	}
	return t
}

// sequence makes an escape sequence of two lists of SGR parameters.
func sequence(a, b string) string {
	switch {
	case a == "" && b == "":
		return ""
	case a == "" || b == "":
		return "\x1b[" + a + b + "m"
	}
	return "\x1b[" + a + ";" + b + "m"
}

// rule gives the sequences of a colouring rule. Under the cursor the ground is that of
// the cursor, on which no colour but its own can be read well.
func (p *palette) rule(r config.Style, name string) (sgr [groundCount]string) {
	mono := name == ThemeMono
	r = r.Readable(name == ThemeLight)
	for g := range sgr {
		own, on := r, p.ground[g]
		if on == "" && !mono {
			on = r.Ground()
		} else if r.Bg != 0 || g == int(gSelected) {
			own.Fg = 0
		}
		if g == int(gSelected) && mono {
			own.Reverse = false // the row of the cursor is reversed already
		}
		text := own.Text(mono)
		if own.Fg == 0 && !mono && p.ground[g] != "" {
			text = strings.TrimPrefix(text+";"+p.text, ";")
		}
		sgr[g] = sequence(text, on)
	}
	return sgr
}

// faint tells the styles that could not be read on the ground of the selected row.
func faint(s style) bool {
	return s == sDim || s == sHeading || s == sBorder || s == sColumn || s == sMargin
}

func darkPalette() palette {
	return palette{
		ground: [groundCount]string{gSelected: "48;5;24;1", gUnfocused: "48;5;238", gBar: "48;5;236"},
		text:   "38;5;252",
		style: [styleCount]string{
			sDim: "38;5;244", sTitle: "1;38;5;117", sHeader: "38;5;252", sLive: "38;5;114", sWarn: "38;5;215", sError: "38;5;210",
			sColumn: "38;5;245", sBorder: "38;5;243", sFocus: "1;38;5;117", sKey: "1;38;5;117", sHint: "38;5;250", sMargin: "38;5;80",
			sMatch: "30;48;5;221", sField: "30;48;5;117", sProto: "38;5;252;48;5;24", sLayer: "38;5;252;48;5;238", sChip: "1;30;48;5;114", sPrompt: "38;5;255",
			sSide0: "38;5;180", sSide1: "38;5;111", sHeading: "38;5;245",
			sTCP: "38;5;252", sUDP: "38;5;152", sHTTP: "38;5;151", sTLS: "38;5;183", sDNS: "38;5;117", sICMP: "38;5;218", sARP: "38;5;187",
			sBad: "38;5;210", sNoted: "38;5;215", sConn: "38;5;250",
		},
	}
}

func lightPalette() palette {
	return palette{
		ground: [groundCount]string{gSelected: "48;5;153;1", gUnfocused: "48;5;253", gBar: "48;5;254"},
		text:   "38;5;235",
		style: [styleCount]string{
			sDim: "38;5;243", sTitle: "1;38;5;25", sHeader: "38;5;236", sLive: "38;5;28", sWarn: "38;5;130", sError: "38;5;124",
			sColumn: "38;5;242", sBorder: "38;5;245", sFocus: "1;38;5;25", sKey: "1;38;5;25", sHint: "38;5;238", sMargin: "38;5;30",
			sMatch: "30;48;5;221", sField: "38;5;231;48;5;25", sProto: "38;5;235;48;5;153", sLayer: "38;5;235;48;5;252", sChip: "1;38;5;231;48;5;28", sPrompt: "38;5;16",
			sSide0: "38;5;88", sSide1: "38;5;19", sHeading: "38;5;242",
			sTCP: "38;5;236", sUDP: "38;5;24", sHTTP: "38;5;22", sTLS: "38;5;54", sDNS: "38;5;25", sICMP: "38;5;89", sARP: "38;5;58",
			sBad: "38;5;124", sNoted: "38;5;130", sConn: "38;5;240",
		},
	}
}

// monoPalette uses no colour: bold, underline and reverse tell what matters.
func monoPalette() palette {
	return palette{
		ground: [groundCount]string{gSelected: "7", gUnfocused: "4"},
		style: [styleCount]string{
			sTitle: "1", sLive: "1", sWarn: "1", sError: "1", sColumn: "4", sFocus: "1", sKey: "1", sMargin: "1",
			sMatch: "7", sField: "7", sProto: "7", sLayer: "4", sChip: "7", sHeading: "1", sBad: "1", sNoted: "1", sSide1: "1",
		},
	}
}

// glyphs are the characters that tcplens draws with.
type glyphs struct {
	ascii                            bool
	bar, top, mid, gap, bottom, only string // margin bracket
	request, response, acked, dup    string
	open, closed                     string // tree
	live, stopped, frozen            string
	rule, cursor, chip, marked       string
	dot, ellipsis, up, down          string
	valid, wrong                     string
}

func newGlyphs(ascii bool) *glyphs {
	if ascii {
		return &glyphs{
			ascii: true, bar: "|", top: ",", mid: "|", gap: ":", bottom: "`", only: "-",
			request: ">", response: "<", acked: "a", dup: "=", open: "v", closed: ">",
			live: "*", stopped: "#", frozen: "=", rule: "-", cursor: "|", chip: "v", marked: "*",
			dot: "-", ellipsis: "~", up: "^", down: "v",
			valid: "ok", wrong: "x",
		}
	}
	return &glyphs{
		bar: "│", top: "╭", mid: "│", gap: "┊", bottom: "╰", only: "╶",
		request: "→", response: "←", acked: "✓", dup: "≡", open: "▾", closed: "▸",
		live: "●", stopped: "■", frozen: "❚❚", rule: "─", cursor: "▏", chip: "▼", marked: "◆",
		dot: "·", ellipsis: "…", up: "▲", down: "▼",
		valid: "✓", wrong: "✗",
	}
}
