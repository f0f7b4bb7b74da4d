package filter

import (
	"fmt"
	"strings"
)

// unexpected says that something else should stand here.
func (p *parser) unexpected(want string) *Error {
	if p.tok.kind == tEOF {
		return &Error{Pos: p.tok.pos, Msg: "the expression ends too early: " + want + " is missing", unended: true}
	}
	e := errAt(p.tok, fmt.Sprintf("%s is not expected here, but %s", quote(p.tok), want))
	if p.tok.text == "!" && want == "a field or a value" || p.tok.text == "not" {
		e.Msg = "not stands before a whole test: write not (a == b)"
	}
	if p.is("==", "!=", "<", ">") {
		e.Msg = fmt.Sprintf("%s has nothing before it to compare", p.tok.text)
	}
	return e
}

func quote(t token) string {
	if t.kind == tString || t.kind == tChar {
		return t.src
	}
	return `"` + t.src + `"`
}

// after says what is wrong with the word behind a complete test.
func (p *parser) after() *Error {
	t := p.tok
	e := p.unexpected("and, or, or the end")
	low := strings.ToLower(t.text)
	switch {
	case t.kind == tWord && t.text != low && (isKeyword(low) || low == "xor"):
		e.Msg, e.Suggest = "the words of the language are written small", low
	case p.is("xor"):
		e.Msg = "there is no exclusive or in Wireshark 4.0: write (a or b) and not (a and b)"
	case p.is("is", "equals", "equal"):
		e.Msg, e.Suggest = quote(t)+" does not compare", "=="
	case p.is("like", "regex"):
		e.Msg, e.Suggest = quote(t)+" does not compare", "matches"
	case p.is("bitand"):
		e.Msg, e.Suggest = "bits are taken with &", "&"
	case p.is(")"):
		e.Msg = "the bracket closes nothing"
	case p.is("}"):
		e.Msg = "the brace closes nothing"
	case p.is("in"):
		e.Msg = "only a field may be looked for in a set, not what is computed"
	case p.is("#"):
		e.Msg = "the layer stands right behind the field, once: ip.addr#2[0:3]"
	case p.is("&"):
		e.Msg, e.Suggest = "tests are joined with two &", "&&"
	case p.is("=="), p.is("!="), p.is("<"), p.is(">"):
		e.Msg = fmt.Sprintf("%s cannot follow a test in brackets: compare the field itself", t.text)
	case t.kind == tWord && t.value:
		e.Msg = fmt.Sprintf("%s does not go on with the value before it: bytes have two digits each, 00:1b, and times stand in quotes", quote(t))
	case t.kind == tWord || t.kind == tString || t.kind == tChar:
		e.Msg = fmt.Sprintf("between %s and what stands before it and, or, or an operator is missing", quote(t))
	}
	return e
}

// notAField tells what is wrong with a word in the place of a field.
func (p *parser) notAField(t token) *Error {
	switch {
	case t.dotted && t.text[0] >= '0' && t.text[0] <= '9':
		e := errAt(t, "a number begins with a digit: a dot makes a field of what follows it")
		e.Suggest = "0" + t.src
		return e
	case t.kind == tString || t.kind == tChar || t.value || t.text != "" && t.text[0] >= '0' && t.text[0] <= '9' && !strings.Contains(t.text, "-"):
		return errAt(t, quote(t)+" alone is not a test: compare a field with it")
	}
	e := errAt(t, t.text+" is not a field or protocol that tcplens knows")
	if i := strings.LastIndexByte(t.text, '-'); i > 0 && len(p.known[t.text[:i]]) > 0 {
		e.Msg = "a minus needs a space before it, since names may have one within"
		e.Suggest = t.text[:i] + " -" + t.text[i+1:]
		return e
	}
	if s, ok := renamed(t.text); ok && len(p.known[s]) > 0 {
		e.Msg = t.text + " is an old name"
		e.Suggest = s
		return e
	}
	if e.Suggest = Suggest(t.text, p.known); e.Suggest != "" {
		e.Msg = t.text + " is not a field"
	}
	return e
}

// renamed gives the present name of a field or protocol that had another one.
func renamed(s string) (string, bool) {
	proto, rest, dot := strings.Cut(s, ".")
	now := map[string]string{"ssl": "tls", "bootp": "dhcp", "icmp6": "icmpv6", "http3": "http3", "ethernet": "eth", "ip6": "ipv6"}[proto]
	if now == "" {
		return "", false
	}
	if dot {
		now += "." + rest
	}
	return now, true
}
