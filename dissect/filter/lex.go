package filter

import (
	"fmt"
	"strconv"
	"strings"
)

// Error is what is wrong with an expression, and where.
type Error struct {
	Pos int // first byte of the word that is wrong
	Len int // bytes of it; 0 at the end of the expression
	Msg string
}

// Error gives the message alone; Caret shows the place.
func (e *Error) Error() string { return e.Msg }

// Caret gives two lines: the expression, and marks under the word that is wrong.
func (e *Error) Caret(expr string) string {
	pos := min(max(e.Pos, 0), len(expr))
	end := min(pos+max(e.Len, 1), max(len(expr), pos+1))
	n := 1
	if end <= len(expr) {
		n = max(len([]rune(expr[pos:end])), 1)
	}
	return expr + "\n" + strings.Repeat(" ", len([]rune(expr[:pos]))) + "^" + strings.Repeat("~", n-1)
}

type kind uint8

const (
	tEOF    kind = iota
	tWord        // a field, a keyword, or a value without quotes
	tString      // between quotes
	tChar        // 'x'
	tOp          // an operator or a bracket
)

type token struct {
	kind kind
	text string // as written; without quotes and escapes for strings
	pos  int
	len  int
	raw  bool // a raw string: r"…"
}

// lexer cuts an expression into tokens, one at a time.
type lexer struct {
	src string
	pos int
}

// operators, longest first.
var operators = []string{"===", "!==", "==", "!=", "<=", ">=", "&&", "||", "^^", "..", "<", ">", "!", "~", "&",
	"(", ")", "{", "}", "[", "]", ","}

func (l *lexer) next() (token, *Error) {
	for l.pos < len(l.src) && strings.IndexByte(" \t\r\n", l.src[l.pos]) >= 0 {
		l.pos++
	}
	start := l.pos
	if start == len(l.src) {
		return token{kind: tEOF, pos: start}, nil
	}
	rest := l.src[start:]
	switch c := rest[0]; {
	case c == '"':
		return l.quoted(start, false)
	case (c == 'r' || c == 'R') && len(rest) > 1 && rest[1] == '"':
		l.pos++
		return l.quoted(start, true)
	case c == '\'':
		return l.char(start)
	}
	for _, op := range operators {
		if strings.HasPrefix(rest, op) {
			l.pos += len(op)
			return token{kind: tOp, text: op, pos: start, len: len(op)}, nil
		}
	}
	n := wordLen(rest)
	if n == 0 {
		return token{}, &Error{start, runeLen(rest), fmt.Sprintf("%q has no meaning here", rest[:runeLen(rest)])}
	}
	l.pos += n
	return token{kind: tWord, text: rest[:n], pos: start, len: n}, nil
}

// wordLen is how many bytes of s belong to a word. Two dots end one, as in 1..5.
func wordLen(s string) int {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == ':', c == '-', c == '/', c == '+', c == '%', c >= 0x80:
		case c == '.':
			if i+1 < len(s) && s[i+1] == '.' {
				return i
			}
		default:
			return i
		}
	}
	return len(s)
}

func runeLen(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

func (l *lexer) quoted(start int, raw bool) (token, *Error) {
	l.pos++ // the quote
	var b strings.Builder
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		switch {
		case c == '"':
			l.pos++
			return token{kind: tString, text: b.String(), pos: start, len: l.pos - start, raw: raw}, nil
		case c == '\\' && l.pos+1 < len(l.src):
			if raw {
				b.WriteByte(c)
				if l.src[l.pos+1] == '"' {
					b.WriteByte('"')
					l.pos++
				}
				l.pos++
				continue
			}
			l.pos++
			l.escape(&b)
		default:
			b.WriteByte(c)
			l.pos++
		}
	}
	return token{}, &Error{start, len(l.src) - start, "the text has no closing quote"}
}

// escape reads what follows a backslash, as in C. A backslash before anything
// else stays, so that regular expressions need not double theirs.
func (l *lexer) escape(b *strings.Builder) {
	c := l.src[l.pos]
	l.pos++
	switch c {
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case '"', '\\', '\'':
		b.WriteByte(c)
	case 'x':
		if l.pos+2 <= len(l.src) {
			if v, err := strconv.ParseUint(l.src[l.pos:l.pos+2], 16, 8); err == nil {
				b.WriteByte(byte(v))
				l.pos += 2
				return
			}
		}
		b.WriteString(`\x`)
	case '0', '1', '2', '3':
		if l.pos+2 <= len(l.src) {
			if v, err := strconv.ParseUint(l.src[l.pos-1:l.pos+2], 8, 8); err == nil {
				b.WriteByte(byte(v))
				l.pos += 2
				return
			}
		}
		if c == '0' {
			b.WriteByte(0)
			return
		}
		b.WriteByte('\\')
		b.WriteByte(c)
	default:
		b.WriteByte('\\')
		b.WriteByte(c)
	}
}

func (l *lexer) char(start int) (token, *Error) {
	l.pos++
	var b strings.Builder
	for l.pos < len(l.src) && l.src[l.pos] != '\'' {
		if l.src[l.pos] == '\\' && l.pos+1 < len(l.src) {
			l.pos++
			l.escape(&b)
			continue
		}
		b.WriteByte(l.src[l.pos])
		l.pos++
	}
	if l.pos == len(l.src) {
		return token{}, &Error{start, l.pos - start, "the character has no closing quote"}
	}
	l.pos++
	if b.Len() != 1 {
		return token{}, &Error{start, l.pos - start, "between single quotes stands one byte, such as 'A' or '\\n'"}
	}
	return token{kind: tChar, text: b.String(), pos: start, len: l.pos - start}, nil
}
