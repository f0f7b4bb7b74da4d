package filter

import (
	"fmt"
	"strings"

	"tcplens/dissect"
)

// maxDepth bounds how deeply an expression nests, so that a hostile one cannot
// exhaust the stack. maxTests bounds how many parts it has.
const (
	maxDepth = 200
	maxTests = 4096
)

// parser makes a tree of an expression.
type parser struct {
	lex   lexer
	tok   token
	known dissect.Lookup
	parts int
	warns []Warning
}

func (p *parser) advance() *Error {
	t, err := p.lex.next()
	if err != nil {
		return err
	}
	p.tok = t
	return nil
}

// is says whether the current token is one of the operators or keywords.
func (p *parser) is(words ...string) bool {
	if p.tok.kind != tOp && (p.tok.kind != tWord || p.tok.dotted || p.tok.value) {
		return false
	}
	for _, w := range words {
		if p.tok.text == w {
			return true
		}
	}
	return false
}

// expect takes the current token if it is s.
func (p *parser) expect(s, why string) *Error {
	if !p.is(s) {
		return p.unexpected(why)
	}
	return p.advance()
}

// whole parses all of the text.
func (p *parser) whole() (expr, *Error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	x, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tEOF {
		return nil, p.after()
	}
	return x, nil
}

func (p *parser) or(depth int) (expr, *Error) {
	a, err := p.and(depth)
	for err == nil && p.is("||", "or") {
		if err = p.advance(); err != nil {
			break
		}
		var b expr
		if b, err = p.and(depth); err == nil {
			a = &logicExpr{or: true, a: a, b: b}
		}
	}
	return a, err
}

func (p *parser) and(depth int) (expr, *Error) {
	a, err := p.not(depth)
	for err == nil && p.is("&&", "and") {
		if err = p.advance(); err != nil {
			break
		}
		var b expr
		if b, err = p.not(depth); err == nil {
			a = &logicExpr{a: a, b: b}
		}
	}
	return a, err
}

func (p *parser) not(depth int) (expr, *Error) {
	if depth > maxDepth {
		return nil, errAt(p.tok, "the expression is nested too deeply")
	}
	if p.parts++; p.parts > maxTests {
		return nil, errAt(p.tok, "the expression has too many parts")
	}
	switch {
	case p.is("!", "not"):
		if err := p.advance(); err != nil {
			return nil, err
		}
		x, err := p.not(depth + 1)
		return &notExpr{x}, err
	case p.is("("):
		open := p.tok
		if err := p.advance(); err != nil {
			return nil, err
		}
		x, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		if p.tok.kind == tEOF {
			return nil, &Error{Pos: open.pos, Len: open.len, Msg: "the bracket is not closed", unended: true}
		}
		if !p.is(")") {
			return nil, p.after()
		}
		return x, p.advance()
	}
	return p.test(depth)
}

// test parses one comparison, a chain of them (a < b < c), a membership, or an
// operand alone.
func (p *parser) test(depth int) (expr, *Error) {
	quant := byOperator
	word := p.tok
	switch {
	case p.is("any"):
		quant = anyOf
	case p.is("all"):
		quant = allOf
	}
	if quant != byOperator {
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	a, err := p.operand(depth)
	if err != nil {
		return nil, err
	}
	not := false
	if p.is("not") {
		if err := p.advance(); err != nil {
			return nil, err
		}
		if !p.is("in") {
			return nil, p.unexpected("in")
		}
		not = true
	}
	if p.is("in") {
		return p.member(depth, quant, a, not)
	}
	var chain expr
	for {
		o, ok := operatorOf(p.tok.text)
		if !ok || p.tok.kind == tString || p.tok.kind == tChar || p.tok.dotted || p.tok.value || p.tok.kind == tEOF {
			break
		}
		opTok := p.tok
		if o.op >= opContains && chain != nil {
			return nil, errAt(opTok, opTok.text+" cannot follow another comparison: join the tests with and")
		}
		if p.parts++; p.parts > maxTests {
			return nil, errAt(p.tok, "the expression has too many parts")
		}
		if opTok.text == "~=" {
			p.warns = append(p.warns, Warning{opTok.pos, opTok.len, "~= is deprecated: write !=="})
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
		b, err := p.operand(depth)
		if err != nil {
			return nil, err
		}
		c := &compareExpr{quant: quant, op: o.op, opTok: opTok, a: a, b: b}
		if quant == byOperator && o.all {
			c.quant = allOf
		}
		if chain == nil {
			chain = c
		} else {
			chain = &logicExpr{a: chain, b: c}
		}
		a = b
		if o.op >= opContains {
			break
		}
	}
	switch {
	case chain != nil:
		return chain, nil
	case quant != byOperator:
		if p.tok.kind != tEOF {
			return nil, p.after()
		}
		return nil, &Error{Pos: p.tok.pos, Msg: fmt.Sprintf("%s asks for a comparison behind the field: %s %s == …", word.text, word.text, a.at().src), unended: true}
	}
	return &existsExpr{a}, nil
}

func (p *parser) member(depth int, quant quantifier, a operand, not bool) (expr, *Error) {
	m := &memberExpr{quant: quant, a: a, not: not, opTok: p.tok}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if !p.is("{") {
		e := p.unexpected("{ and the values of the set")
		if p.tok.kind == tWord || p.tok.kind == tString {
			e.Suggest = "{" + p.tok.src + "}"
		}
		return nil, e
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.is("}") {
		return nil, errAt(p.tok, "the set is empty")
	}
	for {
		if p.parts++; p.parts > maxTests {
			return nil, errAt(p.tok, "the expression has too many parts")
		}
		var e element
		var err *Error
		if e.lo, err = p.unary(depth, true); err != nil {
			return nil, err
		}
		if p.is("..") {
			if err := p.advance(); err != nil {
				return nil, err
			}
			if e.hi, err = p.unary(depth, true); err != nil {
				return nil, err
			}
		}
		m.set = append(m.set, e)
		if p.is("}") {
			return m, p.advance()
		}
		if !p.is(",") {
			e := p.unexpected(", or }")
			if p.tok.kind == tWord || p.tok.kind == tString {
				e.Msg = "the values of a set are parted by commas"
				e.Suggest = ", " + p.tok.src
			}
			return nil, e
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
}

// operand parses arithmetic: & binds least, then + and −, then * / %.
func (p *parser) operand(depth int) (operand, *Error) {
	if depth > maxDepth {
		return nil, errAt(p.tok, "the expression is nested too deeply")
	}
	return p.arith(depth, 0)
}

func (p *parser) arithOp(level int) (byte, bool) {
	switch level {
	case 0:
		if p.is("&", "bitwise_and") {
			return '&', true
		}
	case 1:
		if p.is("+", "-") {
			return p.tok.text[0], true
		}
	default:
		if p.is("*", "/", "%") {
			return p.tok.text[0], true
		}
	}
	return 0, false
}

func (p *parser) arith(depth, level int) (operand, *Error) {
	if level == 3 {
		return p.unary(depth, false)
	}
	a, err := p.arith(depth, level+1)
	for err == nil {
		o, ok := p.arithOp(level)
		if !ok {
			break
		}
		if p.parts++; p.parts > maxTests {
			return nil, errAt(p.tok, "the expression has too many parts")
		}
		opTok := p.tok
		if err = p.advance(); err != nil {
			break
		}
		var b operand
		if b, err = p.arith(depth, level+1); err == nil {
			a = &arithOperand{tok: p.join(a.at(), b.at()), op: o, opAt: opTok, a: a, b: b}
		}
	}
	return a, err
}

// join gives the place from one token to another.
func (p *parser) join(a, b token) token {
	end := b.pos + b.len
	return token{kind: tWord, pos: a.pos, len: end - a.pos, src: p.lex.src[a.pos:end], text: p.lex.src[a.pos:end]}
}

// unary parses one value, field or function, with a sign before it, or a group in
// braces (which may not stand in a set).
func (p *parser) unary(depth int, inSet bool) (operand, *Error) {
	sign := p.tok
	switch {
	case p.is("-", "+"):
		if err := p.advance(); err != nil {
			return nil, err
		}
		if p.is("-", "+", "{") {
			return nil, p.unexpected("a field, a function or a number")
		}
		x, err := p.primary(depth)
		if err != nil || sign.text == "+" {
			return x, err
		}
		return &minusOperand{tok: p.join(sign, x.at()), x: x}, nil
	case p.is("{") && !inSet:
		open := p.tok
		if err := p.advance(); err != nil {
			return nil, err
		}
		x, err := p.operand(depth + 1)
		if err != nil {
			return nil, err
		}
		if p.tok.kind == tEOF {
			return nil, &Error{Pos: open.pos, Len: open.len, Msg: "the brace is not closed", unended: true}
		}
		return x, p.expect("}", "} or an arithmetic operator")
	}
	return p.primary(depth)
}

func (p *parser) primary(depth int) (operand, *Error) {
	t := p.tok
	switch t.kind {
	case tEOF:
		return nil, p.unexpected("a field or a value")
	case tOp:
		if t.text == "${" {
			return p.reference(t)
		}
		return nil, p.unexpected("a field or a value")
	case tString, tChar:
		if err := p.advance(); err != nil {
			return nil, err
		}
		return p.slices(&valueOperand{t})
	}
	if !t.dotted && !t.value && isKeyword(t.text) {
		return nil, p.unexpected("a field or a value")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.is("(") && !t.value && !t.dotted && !strings.Contains(t.text, ".") {
		return p.call(depth, t)
	}
	var x operand = &valueOperand{t}
	if f := p.known[t.text]; len(f) > 0 && !t.value {
		field := &fieldOperand{tok: t, fields: f}
		if p.is("#") {
			layers, err := p.layers()
			if err != nil {
				return nil, err
			}
			field.layers = layers
			field.tok.src = strings.TrimSpace(p.lex.src[t.pos:p.tok.pos])
			field.tok.len = len(field.tok.src)
		}
		x = field
	} else if t.dotted {
		return nil, p.notAField(t)
	}
	return p.slices(x)
}

// call parses the arguments of a function.
func (p *parser) call(depth int, name token) (operand, *Error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	c := &callOperand{tok: name}
	for !p.is(")") {
		a, err := p.operand(depth + 1)
		if err != nil {
			return nil, err
		}
		c.args = append(c.args, a)
		if p.is(",") {
			if err := p.advance(); err != nil {
				return nil, err
			}
			if p.is(")") {
				return nil, p.unexpected("a field or a value")
			}
			continue
		}
		if !p.is(")") {
			return nil, p.unexpected(", or )")
		}
	}
	c.all = p.join(name, p.tok)
	if err := p.advance(); err != nil {
		return nil, err
	}
	return p.slices(c)
}

// reference parses what follows ${.
func (p *parser) reference(open token) (operand, *Error) {
	rest := p.lex.src[p.lex.pos:]
	n := strings.IndexByte(rest, '}')
	if n < 0 {
		return nil, &Error{Pos: open.pos, Len: len(p.lex.src) - open.pos, Msg: "the reference has no closing }", unended: true}
	}
	all := p.lex.src[open.pos : p.lex.pos+n+1]
	t := token{kind: tWord, text: rest[:n], src: all, pos: open.pos, len: len(all)}
	name, layer, layered := strings.Cut(rest[:n], "#")
	f := p.known[name]
	if len(f) == 0 {
		at := token{kind: tWord, text: name, src: name, pos: p.lex.pos, len: len(name)}
		switch {
		case name == "":
			return nil, errAt(t, "a reference names a field of the selected packet: ${tcp.stream}")
		case strings.ContainsAny(name, " \t"):
			return nil, errAt(t, "no spaces stand in a reference: ${tcp.stream}")
		case strings.ContainsAny(name, ":;"):
			return nil, errAt(t, "there are no macros: a reference is ${field}")
		}
		return nil, p.notAField(at)
	}
	if !strings.Contains(name, ".") {
		return nil, errAt(t, "a reference names a field of the selected packet, as ${tcp.stream} does, not a protocol")
	}
	r := &fieldOperand{tok: t, fields: f, ref: true}
	if layered {
		at := token{pos: p.lex.pos + len(name), len: len(layer) + 1}
		spans, err := spansOf(strings.TrimSuffix(strings.TrimPrefix(layer, "["), "]"), at, false)
		if err != nil {
			return nil, err
		}
		r.layers = spans
	}
	p.lex.pos += n + 1
	if err := p.advance(); err != nil {
		return nil, err
	}
	return p.slices(r)
}
