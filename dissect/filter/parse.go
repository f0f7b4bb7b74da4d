package filter

import (
	"fmt"
	"strconv"
	"strings"

	"tcplens/dissect"
)

// Filter is a compiled expression.
type Filter struct {
	expr   string
	root   node
	fields []*dissect.Field
}

// maxDepth bounds how deeply an expression nests, so that a hostile one cannot
// exhaust the stack.
const maxDepth = 200

// String gives the expression as it was written.
func (f *Filter) String() string { return f.expr }

// Fields lists the fields that the expression names.
func (f *Filter) Fields() []*dissect.Field { return f.fields }

// Parse compiles an expression. An empty one gives nil, which matches everything.
// Errors are of type *Error.
func Parse(expr string, known dissect.Lookup) (*Filter, error) {
	if strings.TrimSpace(expr) == "" {
		return nil, nil
	}
	p := &parser{lex: lexer{src: expr}, known: known, f: &Filter{expr: expr}}
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tEOF {
		return nil, p.unexpected("and, or, or the end")
	}
	p.f.root = n
	return p.f, nil
}

type parser struct {
	lex   lexer
	tok   token
	known dissect.Lookup
	f     *Filter
}

func (p *parser) advance() error {
	t, err := p.lex.next()
	if err != nil {
		return err
	}
	p.tok = t
	return nil
}

// is says whether the current token is one of the operators or keywords.
func (p *parser) is(words ...string) bool {
	if p.tok.kind != tOp && p.tok.kind != tWord {
		return false
	}
	for _, w := range words {
		if p.tok.text == w {
			return true
		}
	}
	return false
}

func (p *parser) unexpected(want string) *Error {
	if p.tok.kind == tEOF {
		return &Error{p.tok.pos, 0, "the expression ends too early: " + want + " is missing"}
	}
	return &Error{p.tok.pos, p.tok.len, fmt.Sprintf("%q is not expected here, but %s", p.lex.src[p.tok.pos:p.tok.pos+p.tok.len], want)}
}

func (p *parser) or(depth int) (node, error) {
	left, err := p.xor(depth)
	for err == nil && p.is("||", "or") {
		if err = p.advance(); err != nil {
			break
		}
		var right node
		if right, err = p.xor(depth); err == nil {
			left = &orNode{left, right}
		}
	}
	return left, err
}

func (p *parser) xor(depth int) (node, error) {
	left, err := p.and(depth)
	for err == nil && p.is("^^", "xor") {
		if err = p.advance(); err != nil {
			break
		}
		var right node
		if right, err = p.and(depth); err == nil {
			left = &xorNode{left, right}
		}
	}
	return left, err
}

func (p *parser) and(depth int) (node, error) {
	left, err := p.not(depth)
	for err == nil && p.is("&&", "and") {
		if err = p.advance(); err != nil {
			break
		}
		var right node
		if right, err = p.not(depth); err == nil {
			left = &andNode{left, right}
		}
	}
	return left, err
}

func (p *parser) not(depth int) (node, error) {
	if depth > maxDepth {
		return nil, &Error{p.tok.pos, p.tok.len, "the expression is nested too deeply"}
	}
	switch {
	case p.is("!", "not"):
		if err := p.advance(); err != nil {
			return nil, err
		}
		n, err := p.not(depth + 1)
		if err != nil {
			return nil, err
		}
		return &notNode{n}, nil
	case p.is("("):
		open := p.tok
		if err := p.advance(); err != nil {
			return nil, err
		}
		n, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		if !p.is(")") {
			if p.tok.kind == tEOF {
				return nil, &Error{open.pos, open.len, "the bracket is not closed"}
			}
			return nil, p.unexpected(")")
		}
		return n, p.advance()
	}
	return p.test()
}

// test is a presence, a comparison, or a membership.
func (p *parser) test() (node, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	if left.field != nil && p.is("&") {
		if err := p.advance(); err != nil {
			return nil, err
		}
		bits, err := p.operand()
		if err != nil {
			return nil, err
		}
		v, ok := parseUint(bits.tok)
		if !ok || bits.field != nil {
			return nil, &Error{bits.tok.pos, bits.tok.len, fmt.Sprintf("%q is not a number", bits.tok.text)}
		}
		if t := left.field[0].Type; !t.Unsigned() && !t.Signed() {
			return nil, &Error{left.tok.pos, left.tok.len, left.tok.text + " is not an integer: & does not apply"}
		}
		left.and, left.hasAnd = v, true
	}
	negate := false
	if p.is("not") {
		at := p.lex.pos
		tok := p.tok
		if err := p.advance(); err != nil {
			return nil, err
		}
		if !p.is("in") {
			p.lex.pos, p.tok = at, tok
			return nil, p.unexpected("a comparison, and, or, or the end")
		}
		negate = true
	}
	if p.is("in") {
		n, err := p.member(left)
		if err == nil && negate {
			n = &notNode{n}
		}
		return n, err
	}
	op, ok := comparisons[p.tok.text]
	if !ok || p.tok.kind != tOp && p.tok.kind != tWord {
		if left.field == nil {
			return nil, p.notAField(left.tok)
		}
		return &presence{left}, nil
	}
	opTok := p.tok
	if err := p.advance(); err != nil {
		return nil, err
	}
	right, err := p.operand()
	if err != nil {
		return nil, err
	}
	return p.compare(left, op, opTok, right)
}

// operand is a field with what may be done to it, or a value.
type operand struct {
	tok    token
	field  []*dissect.Field // nil for a value
	fn     string           // "len", "lower", "upper", "count" or empty
	slices []slice
	and    uint64
	hasAnd bool
}

type slice struct{ from, to int } // to −1: to the end; negative from counts from the end

func (p *parser) operand() (operand, error) {
	t := p.tok
	switch t.kind {
	case tEOF:
		return operand{}, p.unexpected("a field or a value")
	case tOp:
		return operand{}, p.unexpected("a field or a value")
	}
	if err := p.advance(); err != nil {
		return operand{}, err
	}
	if t.kind != tWord {
		return operand{tok: t}, nil
	}
	if p.is("(") && (t.text == "len" || t.text == "lower" || t.text == "upper" || t.text == "count") {
		return p.call(t)
	}
	o := operand{tok: t, field: p.known[t.text]}
	if o.field == nil {
		if p.is("[", "(", "&") {
			return o, p.notAField(t)
		}
		return o, nil
	}
	p.f.fields = append(p.f.fields, o.field[0])
	if p.is("[") {
		return o, p.slices(&o)
	}
	return o, nil
}

func (p *parser) call(fn token) (operand, error) {
	if err := p.advance(); err != nil {
		return operand{}, err
	}
	o, err := p.operand()
	if err != nil {
		return o, err
	}
	if o.field == nil {
		return o, p.notAField(o.tok)
	}
	if o.fn != "" {
		return o, &Error{o.tok.pos, o.tok.len, "one function is enough: " + fn.text + " takes a field"}
	}
	if !p.is(")") {
		return o, p.unexpected(")")
	}
	if t := o.field[0].Type; (fn.text == "lower" || fn.text == "upper") && !isText(t) {
		return o, &Error{o.tok.pos, o.tok.len, o.tok.text + " is not a text: " + fn.text + " does not apply"}
	}
	o.fn = fn.text
	return o, p.advance()
}

// slices reads [i], [i:length], [i-last], [:n], [i:] and lists of them.
func (p *parser) slices(o *operand) error {
	start := p.tok.pos
	end := strings.IndexByte(p.lex.src[start:], ']')
	if end < 0 {
		return &Error{start, 1, "the bracket is not closed"}
	}
	if t := o.field[0].Type; !isBytes(t) && !isText(t) {
		return &Error{start, end + 1, o.tok.text + " is a number: it has no bytes to take a part of"}
	}
	for _, part := range strings.Split(p.lex.src[start+1:start+end], ",") {
		s, ok := parseSlice(strings.TrimSpace(part))
		if !ok {
			return &Error{start, end + 1, "a part is written [first:length], [first-last], [index], [:length] or [first:]"}
		}
		o.slices = append(o.slices, s)
	}
	p.lex.pos = start + end + 1
	return p.advance()
}

func parseSlice(s string) (slice, bool) {
	if a, b, ok := strings.Cut(s, ":"); ok {
		from, to := 0, -1
		var err error
		if a != "" {
			if from, err = strconv.Atoi(a); err != nil {
				return slice{}, false
			}
		}
		if b != "" {
			n, err := strconv.Atoi(b)
			if err != nil || n < 0 || n > 1<<30 {
				return slice{}, false
			}
			to = n
		}
		return slice{from, to}, a != "" || b != ""
	}
	if i := strings.IndexByte(s, '-'); i > 0 {
		from, err1 := strconv.Atoi(s[:i])
		to, err2 := strconv.Atoi(s[i+1:])
		if err1 != nil || err2 != nil || to < from || to > 1<<30 {
			return slice{}, false
		}
		return slice{from, to - from + 1}, true
	}
	i, err := strconv.Atoi(s)
	return slice{i, 1}, err == nil
}

func (p *parser) member(left operand) (node, error) {
	if left.field == nil {
		return nil, p.notAField(left.tok)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if !p.is("{") {
		return nil, p.unexpected("{")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	set := &anyOf{}
	for !p.is("}") {
		lo, err := p.operand()
		if err != nil {
			return nil, err
		}
		if p.is("..") {
			if err := p.advance(); err != nil {
				return nil, err
			}
			hi, err := p.operand()
			if err != nil {
				return nil, err
			}
			n, err := p.between(left, lo, hi)
			if err != nil {
				return nil, err
			}
			set.tests = append(set.tests, n)
		} else {
			n, err := p.compare(left, opEq, lo.tok, lo)
			if err != nil {
				return nil, err
			}
			set.tests = append(set.tests, n)
		}
		if p.is(",") {
			if err := p.advance(); err != nil {
				return nil, err
			}
		}
	}
	if len(set.tests) == 0 {
		return nil, &Error{p.tok.pos, p.tok.len, "the set is empty"}
	}
	return set, p.advance()
}

// notAField tells what is wrong with a word in the place of a field.
func (p *parser) notAField(t token) *Error {
	if t.kind != tWord {
		return &Error{t.pos, t.len, "a value alone is not a test: compare a field with it"}
	}
	msg := t.text + " is not a field"
	if s := Suggest(t.text, p.known); s != "" {
		msg += "; did you mean " + s + "?"
	}
	return &Error{t.pos, t.len, msg}
}
