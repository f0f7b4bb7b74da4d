// Package text makes what came from the wire fit to be shown: printable, cut to
// a width in terminal cells, and as lines of hexadecimal.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Printable gives s with every control character, invalid byte, bidirectional
// control and line separator replaced, so that it can be sent to a terminal and
// stays on its line. CR, LF and TAB become \r, \n and \t as tshark writes them;
// the rest \xNN or a dot of the same meaning. Text without such characters is
// returned as it is.
func Printable(s string) string {
	clean := true
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] >= 0x7f {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 8)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n <= 1:
			hexEscape(&b, s[i])
			n = 1
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x20 || r == 0x7f:
			hexEscape(&b, byte(r))
		case unsafe(r):
			b.WriteRune('\uFFFD')
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

func hexEscape(b *strings.Builder, c byte) {
	const digits = "0123456789abcdef"
	b.WriteString(`\x`)
	b.WriteByte(digits[c>>4])
	b.WriteByte(digits[c&15])
}

// unsafe tells characters that move the cursor, turn the direction of writing
// or are not characters at all.
func unsafe(r rune) bool {
	switch {
	case r >= 0x80 && r < 0xa0, // C1 controls: some terminals obey them
		r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f,
		r == 0xfeff, r == 0x061c:
		return true
	}
	return !unicode.IsPrint(r) && !unicode.Is(unicode.Mn, r)
}

// Width is the number of terminal cells that s takes.
func Width(s string) int { return ansi.StringWidth(s) }

// Cut shortens s to at most width cells, with an ellipsis where something was cut.
func Cut(s string, width int) string {
	if width <= 0 {
		return ""
	}
	if len(s) <= width { // no character takes more cells than bytes
		return s
	}
	return ansi.Truncate(s, width, "…")
}

// Fit cuts or pads s with spaces on the right to exactly width cells.
func Fit(s string, width int) string {
	s = Cut(s, width)
	if w := Width(s); w < width {
		s += strings.Repeat(" ", width-w)
	}
	return s
}

// FitLeft is Fit with the padding on the left.
func FitLeft(s string, width int) string {
	s = Cut(s, width)
	if w := Width(s); w < width {
		s = strings.Repeat(" ", width-w) + s
	}
	return s
}

// Dot gives the character that stands for a byte in a hex line.
func Dot(c byte) byte {
	if c < 0x20 || c >= 0x7f {
		return '.'
	}
	return c
}
