package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Wide says whether a character takes two cells of a terminal, as Chinese ones and
// their punctuation do.
func Wide(r rune) bool { return r >= 0x1100 && ansi.StringWidth(string(r)) == 2 }

// noStart are characters that no line begins with, noEnd those that none ends with
// (GB/T 15834-2011 §5.1: the rules for punctuation at the ends of lines).
const (
	noStart = "，。、；：？！）】》〉」』”’…·,.;:?!)]}%"
	noEnd   = "（【《〈「『“‘([{"
)

// Wrap breaks a text into lines of at most w cells: between words, and between
// characters of two cells, with closing punctuation kept on the line of what it
// closes. A word that is longer than a line is cut. w is taken as 4 at least.
func Wrap(s string, w int) []string {
	w = max(w, 4)
	var out []string
	for {
		s = strings.TrimLeft(s, " ")
		end := fitting(s, w)
		if end >= len(s) {
			return append(out, strings.TrimRight(s, " "))
		}
		cut := breakBefore(s, end)
		out = append(out, strings.TrimRight(s[:cut], " "))
		s = s[cut:]
	}
}

// fitting gives how many bytes of s fit into w cells.
func fitting(s string, w int) int {
	used := 0
	for i, r := range s {
		n := 1
		switch {
		case Wide(r):
			n = 2
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
			n = 0
		}
		if used+n > w {
			return i
		}
		used += n
	}
	return len(s)
}

// breakBefore finds the last place at or before end where a line may be broken; end
// itself, or behind the first character, if there is none.
func breakBefore(s string, end int) int {
	for i := end; i > 0; {
		before, size := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[i:])
		switch {
		case strings.ContainsRune(noStart, after), strings.ContainsRune(noEnd, before):
		case before == ' ', after == ' ', Wide(before), Wide(after):
			return i
		}
		i -= size
	}
	if end == 0 {
		_, size := utf8.DecodeRuneInString(s)
		return size
	}
	return end
}
