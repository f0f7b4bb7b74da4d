package filter

import (
	"sort"
	"strings"

	"tcplens/dissect"
)

// CandidateKind says what a candidate for completion is.
type CandidateKind uint8

// The kinds of candidates.
const (
	CandidateField CandidateKind = iota
	CandidateProtocol
	CandidateKeyword
	CandidateFunction
	CandidateValue
)

// String names the kind in a word.
func (k CandidateKind) String() string {
	return [...]string{"field", "protocol", "word", "function", "value"}[k]
}

// Candidate is something that may stand where the cursor is.
type Candidate struct {
	Text string // as it is written
	Kind CandidateKind
	Type string // what its values are, or of a value, its number: "an IPv4 address"
	Desc string // "Source Port"
}

// Completion is what may stand in place of the bytes from Start up to End.
type Completion struct {
	Start, End int
	Candidates []Candidate
	Value      *dissect.Field // the field that a value is written for; nil if it is something else that may follow
}

// place is what the text before a word asks for.
type place struct {
	value  *dissect.Field // the field that a value is written for; nil if none
	after  bool           // a whole operand stands before: an operator follows
	quoted bool           // within a text
}

// Candidates lists at most limit things that may stand where the cursor is, at
// byte at: fields and protocols that begin as the word there does, or have it
// within, keywords, functions, and behind an operator the names of values.
func (n *Names) Candidates(expr string, at, limit int) Completion {
	at = min(max(at, 0), len(expr))
	start, end := WordAt(expr, at)
	p := n.placeOf(expr[:start])
	if p.quoted {
		start = strings.LastIndexByte(expr[:at], '"')
		end = at
		if i := strings.IndexByte(expr[at:], '"'); i >= 0 {
			end = at + i + 1
		}
	}
	out := Completion{Start: start, End: end, Value: p.value}
	word := expr[start:at]
	add := func(c Candidate) bool {
		if len(out.Candidates) < limit && c.Text != expr[start:end] {
			out.Candidates = append(out.Candidates, c)
		}
		return len(out.Candidates) < limit
	}
	if p.value != nil {
		n.values(p.value, strings.TrimPrefix(word, `"`), add)
	}
	if p.quoted {
		return out
	}
	low := strings.ToLower(word)
	if p.after {
		words := []string{"and", "or", "contains", "matches", "in", "not"}
		for _, w := range words {
			if strings.HasPrefix(w, low) && (low != "" || w != "not") {
				add(Candidate{Text: w, Kind: CandidateKeyword, Desc: keywordText(w)})
			}
		}
		return out
	}
	if word == "" {
		return out
	}
	i := sort.SearchStrings(n.names, low)
	for ; i < len(n.names) && strings.HasPrefix(n.names[i], low); i++ {
		if !add(n.candidate(n.names[i])) {
			return out
		}
	}
	for _, f := range functions {
		if strings.HasPrefix(f.Name, low) {
			add(Candidate{Text: f.Name + "(", Kind: CandidateFunction, Type: f.Usage, Desc: f.Text})
		}
	}
	for _, w := range []string{"not", "any", "all"} {
		if strings.HasPrefix(w, low) && p.value == nil {
			add(Candidate{Text: w, Kind: CandidateKeyword, Desc: keywordText(w)})
		}
	}
	if len(low) < 2 {
		return out
	}
	for _, name := range n.names {
		if i := strings.Index(name, low); i > 0 && !add(n.candidate(name)) {
			break
		}
	}
	return out
}

func (n *Names) candidate(name string) Candidate {
	f := n.known[name][0]
	c := Candidate{Text: name, Kind: CandidateField, Type: typ{t: f.Type}.kindWord(), Desc: f.Name}
	if f.Type == dissect.TProtocol {
		c.Kind = CandidateProtocol
	}
	return c
}

// values adds the names of a field's values that begin with a word or have it within.
func (n *Names) values(f *dissect.Field, word string, add func(Candidate) bool) {
	if f.Type == dissect.TBool {
		for _, b := range []string{"True", "False"} {
			if strings.HasPrefix(strings.ToLower(b), strings.ToLower(word)) {
				add(Candidate{Text: b, Kind: CandidateValue})
			}
		}
	}
	low := strings.ToLower(word)
	seen := map[string]bool{}
	var within []Candidate
	eachName(f, func(v uint64, s string) bool {
		if seen[s] || len(seen) > 2000 {
			return len(seen) <= 2000
		}
		seen[s] = true
		c := Candidate{Text: asWritten(s), Kind: CandidateValue, Type: decimalOf(v), Desc: s}
		switch i := strings.Index(strings.ToLower(s), low); {
		case i == 0:
			return add(c)
		case i > 0:
			within = append(within, c)
		}
		return true
	})
	for _, c := range within {
		if !add(c) {
			return
		}
	}
}

// placeOf looks at what stands before a word.
func (n *Names) placeOf(before string) place {
	var p place
	l := lexer{src: before}
	var field *dissect.Field
	inSet := false
	for {
		t, err := l.next()
		if err != nil {
			p.quoted = strings.HasPrefix(before[err.Pos:], `"`) || strings.HasPrefix(before[err.Pos:], `r"`)
			if p.quoted && p.value == nil {
				p.after = false
			}
			return p
		}
		if t.kind == tEOF {
			return p
		}
		_, compares := operatorOf(t.text)
		compares = compares && (t.kind == tOp || t.kind == tWord)
		switch {
		case compares || t.kind == tWord && t.text == "in":
			p.value, p.after, inSet = field, false, t.text == "in"
		case t.kind == tOp && (t.text == "{" || t.text == "," || t.text == ".."):
			p.after = false // of a set: the value's field stays
		case t.kind == tOp && (t.text == ")" || t.text == "}" || t.text == "]"):
			p.value, p.after, inSet = nil, true, false
		case t.kind == tOp, t.kind == tWord && isKeyword(t.text):
			p, field = place{}, nil
		default:
			if f := n.known[t.text]; len(f) > 0 && t.kind == tWord {
				field = f[0]
			}
			p.after = true
			if !inSet {
				p.value = nil
			}
		}
	}
}

// keywordText says what a word of the language does.
func keywordText(w string) string {
	switch w {
	case "and":
		return "both tests hold"
	case "or":
		return "one of the tests holds"
	case "not":
		return "the test does not hold"
	case "contains":
		return "a text or bytes are within"
	case "matches":
		return "a regular expression is found, case ignored"
	case "in":
		return "one of a set: {80, 443, 8000..8999}"
	case "any":
		return "one value compares, as without it"
	case "all":
		return "every value compares"
	}
	return ""
}
