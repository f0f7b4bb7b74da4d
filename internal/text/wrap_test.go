package text

import (
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// TestWrap breaks lines between words and between Chinese characters.
func TestWrap(t *testing.T) {
	for _, c := range []struct {
		s    string
		w    int
		want []string
	}{
		{"", 10, []string{""}},
		{"one two three", 8, []string{"one two", "three"}},
		{"one two", 7, []string{"one two"}},
		{"abcdefghijkl", 5, []string{"abcde", "fghij", "kl"}},
		{"三次握手，四次挥手", 8, []string{"三次握", "手，四次", "挥手"}},
		{"确认号（ACK）有效", 8, []string{"确认号", "（ACK）", "有效"}},
		{"确认 ACK 65", 8, []string{"确认 ACK", "65"}},
	} {
		if got := Wrap(c.s, c.w); !slices.Equal(got, c.want) {
			t.Errorf("Wrap(%q, %d) = %q, wanted %q", c.s, c.w, got, c.want)
		}
	}
}

// FuzzWrap holds lines to their width and loses nothing but blanks.
func FuzzWrap(f *testing.F) {
	f.Add("ACK 65 确认了第 1–64 字节；服务器还可以接收 65,536 字节。", 11)
	f.Add("，，，，，，，，", 4)
	f.Add("（（（（（（（（", 5)
	f.Fuzz(func(t *testing.T, s string, w int) {
		s = Printable(s)
		w = min(max(w, 4), 200)
		lines := Wrap(s, w)
		if got, want := strings.ReplaceAll(strings.Join(lines, ""), " ", ""), strings.ReplaceAll(s, " ", ""); got != want {
			t.Errorf("%q became %q", want, got)
		}
		for _, l := range lines {
			if n := ansi.StringWidth(l); n > w {
				t.Errorf("%d cells of %d: %q", n, w, l)
			}
		}
	})
}
