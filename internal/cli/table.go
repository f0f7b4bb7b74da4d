package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// writeTable prints lines of cells in columns as wide as their widest cell; right
// says which stand at the right. An empty cell is a dash.
func writeTable(w io.Writer, lines [][]string, right []bool) error {
	width := make([]int, len(right))
	for _, cells := range lines {
		for k := range cells {
			if cells[k] == "" {
				cells[k] = "-"
			}
			width[k] = max(width[k], utf8.RuneCountInString(cells[k]))
		}
	}
	for _, cells := range lines {
		var b strings.Builder
		for k, s := range cells {
			if k > 0 {
				b.WriteString("  ")
			}
			blank := strings.Repeat(" ", width[k]-utf8.RuneCountInString(s))
			if right[k] {
				b.WriteString(blank + s)
			} else {
				b.WriteString(s + blank)
			}
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}
