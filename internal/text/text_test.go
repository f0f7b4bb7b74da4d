package text

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain text":               "plain text",
		"GET / HTTP/1.1\r\n":       `GET / HTTP/1.1\r\n`,
		"a\tb":                     `a\tb`,
		"\x1b[2J\x07":              `\x1b[2J\x07`,
		"bad \xff\xc3":             `bad \xff\xc3`,
		"Grüße → 世界":               "Grüße → 世界",
		"\u202egnp.exe":            "\uFFFDgnp.exe", // would turn the direction of writing
		"\u009b31m":                "\uFFFD31m",     // CSI in one character
		"zero\u200bwidth":          "zero\uFFFDwidth",
		"line\u2028separator\x7f":  "line\uFFFDseparator\\x7f",
		"e\u0301 is one character": "e\u0301 is one character",
	} {
		if got := Printable(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// FuzzPrintable: whatever comes in, what goes out can be sent to a terminal.
func FuzzPrintable(f *testing.F) {
	for _, s := range []string{"", "a", "\x1b]52;c;AAAA\x07", "\xe2\x80", "\u202e\u2066", strings.Repeat("\x00", 40)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := Printable(s)
		if !utf8.ValidString(out) {
			t.Fatalf("%q: not UTF-8", out)
		}
		for _, r := range out {
			if unicode.IsControl(r) || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
				t.Fatalf("%q came through as %q", s, out)
			}
		}
		if len(out) > 4*len(s) {
			t.Fatalf("%d bytes of %d", len(out), len(s))
		}
		if again := Printable(out); again != out {
			t.Fatalf("%q is not left as it is: %q", out, again)
		}
	})
}

func TestWidths(t *testing.T) {
	for _, c := range []struct {
		s       string
		width   int
		cut     string
		fit     string
		fitLeft string
	}{
		{"abc", 5, "abc", "abc  ", "  abc"},
		{"abcdef", 4, "abc…", "abc…", "abc…"},
		{"世界", 4, "世界", "世界", "世界"},
		{"世界", 3, "世…", "世…", "世…"},
		{"世界", 6, "世界", "世界  ", "  世界"},
		{"abc", 0, "", "", ""},
		{"", 2, "", "  ", "  "},
	} {
		if got := Cut(c.s, c.width); got != c.cut {
			t.Errorf("Cut(%q, %d) is %q, want %q", c.s, c.width, got, c.cut)
		}
		if got := Fit(c.s, c.width); got != c.fit || Width(got) != c.width {
			t.Errorf("Fit(%q, %d) is %q, want %q", c.s, c.width, got, c.fit)
		}
		if got := FitLeft(c.s, c.width); got != c.fitLeft {
			t.Errorf("FitLeft(%q, %d) is %q, want %q", c.s, c.width, got, c.fitLeft)
		}
	}
}

func TestDot(t *testing.T) {
	for c, want := range map[byte]byte{0: '.', 0x1f: '.', ' ': ' ', '~': '~', 0x7f: '.', 0xff: '.', 'A': 'A'} {
		if got := Dot(c); got != want {
			t.Errorf("Dot(%#x) is %q", c, got)
		}
	}
}
