package filter

import (
	"strings"
	"unicode/utf8"
)

// Error is what is wrong with an expression, and where.
type Error struct {
	Pos     int    // first byte of the word that is wrong
	Len     int    // bytes of it; 0 at the end of the expression
	Msg     string // a sentence without a full stop
	Suggest string // what to write in place of the word; empty if nothing comes to mind

	unended bool // the expression may go on
}

// Error gives the message with the suggestion; Caret shows the place.
func (e *Error) Error() string {
	if e.Suggest != "" {
		return e.Msg + "; did you mean " + e.Suggest + "?"
	}
	return e.Msg
}

// Caret gives two lines: the expression, and marks under the word that is wrong.
func (e *Error) Caret(expr string) string { return caret(expr, e.Pos, e.Len) }

func caret(expr string, from, length int) string {
	pos := min(max(from, 0), len(expr))
	end := min(pos+max(length, 1), len(expr))
	n := max(utf8.RuneCountInString(expr[pos:end]), 1)
	return expr + "\n" + strings.Repeat(" ", utf8.RuneCountInString(expr[:pos])) + "^" + strings.Repeat("~", n-1)
}

// Warning is what is odd about an expression that is valid.
type Warning struct {
	Pos, Len int
	Msg      string
}

// Caret shows the place as Error.Caret does.
func (w *Warning) Caret(expr string) string { return caret(expr, w.Pos, w.Len) }

func errAt(t token, msg string) *Error { return &Error{Pos: t.pos, Len: t.len, Msg: msg} }
