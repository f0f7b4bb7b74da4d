package filter

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// isKeyword says whether a word stands between the parts of an expression and so
// is no value.
func isKeyword(s string) bool {
	if _, ok := operatorOf(s); ok {
		return true
	}
	return slices.Contains([]string{"and", "or", "not", "in", "any", "all", "bitwise_and"}, s)
}

// slices parses the parts in brackets that may follow an operand.
func (p *parser) slices(x operand) (operand, *Error) {
	for p.is("[") {
		if p.parts++; p.parts > maxTests {
			return nil, errAt(p.tok, "the expression has too many parts")
		}
		body, at, err := p.brackets()
		if err != nil {
			return nil, err
		}
		spans, err := spansOf(body, at, true)
		if err != nil {
			return nil, err
		}
		x = &sliceOperand{tok: p.join(x.at(), at), x: x, spans: spans}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// brackets gives what stands between the current [ and its ], and leaves the lexer
// behind it.
func (p *parser) brackets() (string, token, *Error) {
	start := p.tok.pos
	end := strings.IndexByte(p.lex.src[start:], ']')
	if end < 0 {
		return "", token{}, &Error{Pos: start, Len: len(p.lex.src) - start, Msg: "the bracket is not closed", unended: true}
	}
	p.lex.pos = start + end + 1
	return p.lex.src[start+1 : start+end], token{pos: start, len: end + 1}, nil
}

// layers parses what follows a field's #: a number, or spans in brackets.
func (p *parser) layers() ([]span, *Error) {
	hash := p.tok
	rest := p.lex.src[p.lex.pos:]
	n := 0
	for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
		n++
	}
	if n > 0 {
		at := token{pos: hash.pos, len: n + 1}
		spans, err := spansOf(rest[:n], at, false)
		if err != nil {
			return nil, err
		}
		p.lex.pos += n
		return spans, p.advance()
	}
	if rest == "" || rest[0] != '[' {
		return nil, errAt(hash, "a layer is written #2, #[-1] or #[1-3], without a space behind #")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	body, at, err := p.brackets()
	if err != nil {
		return nil, err
	}
	spans, err := spansOf(body, at, false)
	if err != nil {
		return nil, err
	}
	return spans, p.advance()
}

// spansOf reads spans parted by commas: i:n, i-j, i, :n, i:.
func spansOf(s string, at token, bytes bool) ([]span, *Error) {
	var out []span
	for _, part := range strings.Split(s, ",") {
		x, why := spanOf(strings.TrimSpace(part))
		if why != "" {
			return nil, errAt(at, why)
		}
		if len(out) == 256 {
			return nil, errAt(at, "that is too many parts")
		}
		out = append(out, x)
	}
	return out, nil
}

const spanForm = "a part is written [first:length], [first-last], [index], [:length] or [first:]"

// spanOf reads one span, or says what is wrong.
func spanOf(s string) (span, string) {
	if a, b, ok := strings.Cut(s, ":"); ok {
		x := span{n: -1}
		if a = strings.TrimSpace(a); a != "" {
			from, ok := offset(a)
			if !ok {
				return x, spanForm
			}
			x.from = from
		}
		if b = strings.TrimSpace(b); b != "" {
			n, ok := offset(b)
			if !ok {
				return x, spanForm
			}
			if n <= 0 {
				return x, fmt.Sprintf("the length of a part is at least 1, not %d", n)
			}
			x.n = n
		}
		return x, ""
	}
	if s == "" {
		return span{}, spanForm
	}
	if i := strings.IndexByte(s[1:], '-'); i >= 0 {
		from, ok1 := offset(strings.TrimSpace(s[:i+1]))
		to, ok2 := offset(strings.TrimSpace(s[i+2:]))
		switch {
		case !ok1 || !ok2:
			return span{}, spanForm
		case from < 0 && to > 0 || from > 0 && to < 0:
			return span{}, "a part goes from one offset to another that is counted from the same end"
		case from >= to && !(from < 0 && to == 0):
			return span{}, fmt.Sprintf("a part goes from a smaller offset to a larger one, not from %d to %d", from, to)
		}
		return span{from: from, to: to, end: true}, ""
	}
	i, ok := offset(s)
	if !ok {
		return span{}, spanForm
	}
	return span{from: i, n: 1}, ""
}

func offset(s string) (int, bool) {
	v, err := strconv.ParseInt(strings.TrimPrefix(s, "+"), 0, 32)
	return int(v), err == nil && !strings.ContainsAny(s, "_oO")
}

// cut gives where a span begins and ends in something of n parts; ok is false
// where it reaches out of it.
func (s span) cut(n int) (from, to int, ok bool) {
	from = s.from
	if from < 0 {
		from += n
		if from < 0 {
			return 0, 0, false
		}
	}
	switch {
	case s.end:
		to = s.to
		if to < 0 {
			to += n
		}
		to++
	case s.n < 0:
		to = n
	default:
		to = from + s.n
	}
	return from, to, from < to && to <= n
}

// holds says whether layer i (from 1) of n is one of the span's.
func (s span) holds(i, n int) bool {
	from := s.from
	if from < 0 {
		from += n + 1
	}
	switch {
	case s.end:
		to := s.to
		if to < 0 {
			to += n + 1
		}
		return i >= from && i <= to
	case s.n < 0:
		return i >= from
	}
	return i >= from && i < from+s.n
}
