package filter

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"
)

type kind uint8

const (
	tEOF    kind = iota
	tWord        // a field, a keyword, or a value without quotes
	tString      // between quotes
	tChar        // 'x'
	tOp          // an operator or a bracket
)

// token is a word of an expression.
type token struct {
	kind   kind
	text   string // without quotes and escapes for strings
	src    string // as written
	pos    int
	len    int
	raw    bool // a raw string: r"…"
	dotted bool // .tcp.port: a field and nothing else
	value  bool // :…, or an address or bytes with colons: no field
}

// lexer cuts an expression into tokens, one at a time.
type lexer struct {
	src string
	pos int
}

// operators, longest first.
var operators = [...]string{"===", "!==", "==", "!=", "<=", ">=", "&&", "||", "~=", "..", "${", "<", ">", "!", "~", "&",
	"(", ")", "{", "}", "[", "]", ",", "+", "-", "*", "/", "%", "#"}

func (l *lexer) next() (token, *Error) {
	for l.pos < len(l.src) && strings.IndexByte(" \t\r\n\v\f", l.src[l.pos]) >= 0 {
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
	case c == '.' && len(rest) > 1 && isWord(rest[1]):
		n := 1 + wordLen(rest[1:])
		t := l.take(tWord, n)
		t.text, t.dotted = t.src[1:], true
		return t, nil
	}
	if n := colonLen(rest); n > 0 {
		n += prefixLen(rest[n:])
		t := l.take(tWord, n)
		t.value = true
		return t, nil
	}
	for _, op := range operators {
		if strings.HasPrefix(rest, op) {
			return l.take(tOp, len(op)), nil
		}
	}
	n := wordLen(rest)
	if n == 0 {
		_, size := utf8.DecodeRuneInString(rest)
		return token{}, l.stray(start, size)
	}
	if _, err := netip.ParseAddr(rest[:n]); err == nil {
		n += prefixLen(rest[n:])
	}
	return l.take(tWord, n), nil
}

func (l *lexer) take(k kind, n int) token {
	s := l.src[l.pos : l.pos+n]
	t := token{kind: k, text: s, src: s, pos: l.pos, len: n}
	l.pos += n
	return t
}

// stray says what is wrong with a character that begins nothing.
func (l *lexer) stray(at, size int) *Error {
	c := l.src[at : at+size]
	e := &Error{Pos: at, Len: size, Msg: fmt.Sprintf("%q has no meaning here", c)}
	switch c {
	case "=":
		e.Msg, e.Suggest = "one = does not compare", "=="
	case "|":
		e.Msg, e.Suggest = "there is no bitwise or; tests are joined with ||", "||"
	case "^":
		e.Msg = "there is no exclusive or in Wireshark 4.0: write (a or b) and not (a and b)"
	case ";":
		e.Msg, e.Suggest = "the values of a set are parted by commas", ","
	case "@":
		e.Msg = "@ (the bytes of a field as they came) is of a later Wireshark than 4.0: use a slice, as in field[0:]"
	case "“", "”", "„", "«", "»":
		e.Msg, e.Suggest = "these are not the quotes of a program", `"`
	case "‘", "’":
		e.Msg, e.Suggest = "these are not the quotes of a program", `'`
	case "$":
		e.Msg = "a reference to the selected packet is written ${field}"
	}
	return e
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

// wordLen is how many bytes of s belong to a word: letters, digits, _ and behind
// the first one -, in parts that single dots join. Two dots end a word, as in 1..5.
func wordLen(s string) int {
	n := 0
	for {
		if n >= len(s) || !isWord(s[n]) {
			return max(n-1, 0) // the dot before is not part of it
		}
		for n < len(s) && (isWord(s[n]) || s[n] == '-') {
			n++
		}
		if n >= len(s) || s[n] != '.' {
			return n
		}
		n++
	}
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// colonLen is how many bytes at the beginning of s are a value with colons: bytes
// such as 00:1b:21, an IPv6 address, or anything after a leading colon. 0 if s does
// not begin with one that is longer than a word would be.
func colonLen(s string) int {
	n := 0
	for n < len(s) && n < 3<<10 && (isHex(s[n]) || s[n] == ':') {
		n++
	}
	best := 0
	if i := 2; len(s) > 2 && isHex(s[0]) && isHex(s[1]) { // bytes
		for i+2 < len(s) && s[i] == ':' && isHex(s[i+1]) && isHex(s[i+2]) && (i+3 == len(s) || !isHex(s[i+3])) {
			i += 3
		}
		if i > 2 && (i == len(s) || !isWord(s[i])) {
			best = i
		}
	}
	end := min(n, 45)
	for end < len(s) && end < 45 && (isHex(s[end]) || s[end] == ':' || s[end] == '.') {
		end++
	}
	for ; end > best && end > 1; end-- {
		if strings.IndexByte(s[:end], ':') < 0 {
			break
		}
		if a, err := netip.ParseAddr(s[:end]); err == nil && a.Is6() && (end == len(s) || !isWord(s[end])) {
			return end
		}
	}
	if best == 0 && s[0] == ':' {
		i := 1
		for i < len(s) && (isWord(s[i]) || strings.IndexByte(":.-", s[i]) >= 0) {
			i++
		}
		return i
	}
	return best
}

// prefixLen is how many bytes of s are the prefix length of a network: /24.
func prefixLen(s string) int {
	if s == "" || s[0] != '/' {
		return 0
	}
	n := 1
	for n < len(s) && n < 4 && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n == 1 {
		return 0
	}
	return n
}

// quoted reads a string whose opening quote stands at l.pos.
func (l *lexer) quoted(start int, raw bool) (token, *Error) {
	var b strings.Builder
	for i := l.pos + 1; i < len(l.src); i++ {
		c := l.src[i]
		switch {
		case c == '"':
			l.pos = i + 1
			return token{kind: tString, text: b.String(), src: l.src[start:l.pos], pos: start, len: l.pos - start, raw: raw}, nil
		case c == '\\' && raw:
			b.WriteByte(c)
			if i+1 < len(l.src) {
				i++
				b.WriteByte(l.src[i])
			}
		case c == '\\':
			s, n, err := escape(l.src[i:], i)
			if err != nil {
				return token{}, err
			}
			b.WriteString(s)
			i += n - 1
		default:
			b.WriteByte(c)
		}
	}
	return token{}, &Error{Pos: start, Len: len(l.src) - start, Msg: "the text has no closing quote", unended: true}
}

// char reads a character whose quote stands at l.pos.
func (l *lexer) char(start int) (token, *Error) {
	i := start + 1
	for i < len(l.src) && l.src[i] != '\'' {
		if l.src[i] == '\\' {
			i++
		}
		i++
	}
	if i >= len(l.src) {
		return token{}, &Error{Pos: start, Len: len(l.src) - start, Msg: "the character has no closing quote", unended: true}
	}
	l.pos = i + 1
	t := token{kind: tChar, src: l.src[start:l.pos], pos: start, len: l.pos - start}
	body := l.src[start+1 : i]
	switch {
	case body == "":
		return t, errAt(t, "there is no character between the quotes")
	case body[0] == '\\':
		s, n, err := escape(body, start+1)
		if err != nil {
			return t, err
		}
		if n != len(body) || len(s) != 1 {
			return t, errAt(t, "that is more than one character: texts stand in double quotes")
		}
		t.text = s
	case len(body) > 1 && utf8.RuneCountInString(body) == 1:
		return t, errAt(t, "the character takes more than one byte: write it as a text, in double quotes")
	case len(body) > 1:
		e := errAt(t, "that is more than one character: texts stand in double quotes")
		e.Suggest = `"` + body + `"`
		return t, e
	default:
		t.text = body
	}
	return t, nil
}

// escapes are the letters that stand for a character behind a backslash.
const escapes = `'"\abfnrtv`
const escaped = "'\"\\\a\b\f\n\r\t\v"

// escape reads a sequence that begins with a backslash, and how long it is. at is
// where it stands.
func escape(s string, at int) (string, int, *Error) {
	if len(s) < 2 {
		return "", 0, &Error{Pos: at, Len: 1, Msg: "nothing follows the backslash"}
	}
	if i := strings.IndexByte(escapes, s[1]); i >= 0 {
		return escaped[i : i+1], 2, nil
	}
	number := func(from, least, most int, base uint32) (uint32, int) {
		v, n := uint32(0), 0
		for n < most && from+n < len(s) {
			d := digit(s[from+n])
			if d >= base {
				break
			}
			v, n = v*base+d, n+1
		}
		if n < least {
			return 0, 0
		}
		return v, n
	}
	switch c := s[1]; {
	case c == 'x':
		if v, n := number(2, 1, 2, 16); n > 0 {
			return string([]byte{byte(v)}), 2 + n, nil
		}
	case c >= '0' && c <= '7':
		v, n := number(1, 1, 3, 8)
		if v > 0xff {
			return "", 0, &Error{Pos: at, Len: 1 + n, Msg: fmt.Sprintf("%s is larger than a byte, whose most is \\377", s[:1+n])}
		}
		return string([]byte{byte(v)}), 1 + n, nil
	case c == 'u' || c == 'U':
		digits := 4
		if c == 'U' {
			digits = 8
		}
		v, n := number(2, digits, digits, 16)
		if n == 0 {
			return "", 0, &Error{Pos: at, Len: 2, Msg: fmt.Sprintf("behind \\%c stand %d hexadecimal digits", c, digits)}
		}
		if !utf8.ValidRune(rune(v)) {
			return "", 0, &Error{Pos: at, Len: 2 + n, Msg: s[:2+n] + " is no character of Unicode"}
		}
		return string(rune(v)), 2 + n, nil
	}
	_, size := utf8.DecodeRuneInString(s[1:])
	e := &Error{Pos: at, Len: 1 + size, Msg: fmt.Sprintf("%s has no meaning in a text: write \\%s, or a raw text r\"…\"", s[:1+size], s[:1+size])}
	return "", 0, e
}

func digit(c byte) uint32 {
	switch {
	case c >= '0' && c <= '9':
		return uint32(c - '0')
	case c >= 'a' && c <= 'f':
		return uint32(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return uint32(c-'A') + 10
	}
	return 99
}
