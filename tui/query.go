package tui

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"tcplens/dissect"
	"tcplens/dissect/filter"
	"tcplens/internal/packet"
	"tcplens/internal/text"
	"tcplens/internal/trace"
)

// findKind says what ^F looks for.
type findKind uint8

const (
	findText findKind = iota
	findHex
	findRegexp
	findFilter
	findKinds
)

func (k findKind) String() string {
	return [...]string{"text", "bytes in hex", "regular expression", "filter"}[k]
}

// findIn says where text is looked for.
type findIn uint8

const (
	findInRow    findIn = iota // what the list shows, or the packet's bytes
	findInDetail               // the lines of the tree, which have a name for everything
	findInList
	findInBytes
	findPlaces
)

func (in findIn) String() string {
	return [...]string{"in list or bytes", "in the detail", "in the list", "in the bytes"}[in]
}

// query is what to look for and where. It does not change once made, and serves
// several goroutines.
type query struct {
	kind  findKind
	in    findIn
	text  string
	lower string         // text, in lower case
	wide  string         // lower in UTF-16, as Windows writes text
	expr  *regexp.Regexp // of a regular expression
	bytes []byte
	f     *filter.Filter
}

// newQuery reads what was typed.
func newQuery(k findKind, in findIn, s string, known dissect.Lookup) (query, error) {
	q := query{kind: k, in: in, text: s, lower: strings.ToLower(s)}
	switch k {
	case findText:
		var wide strings.Builder
		for i := range len(q.lower) {
			wide.WriteByte(q.lower[i])
			wide.WriteByte(0)
		}
		q.wide = wide.String()
	case findHex:
		clean := strings.NewReplacer(" ", "", ":", "", "-", "", ".", "", "0x", "").Replace(s)
		b, err := hex.DecodeString(clean)
		if err != nil || len(b) == 0 {
			return q, fmt.Errorf("%q is not a row of bytes in hexadecimal, such as 0d 0a", s)
		}
		q.bytes = b
	case findRegexp:
		// Case does not count, as with the filters' matches.
		e, err := regexp.Compile("(?i)" + s)
		if err != nil {
			return q, fmt.Errorf("%q is no regular expression: %s", s, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		}
		q.expr = e
	case findFilter:
		f, err := filter.Parse(s, known)
		if err != nil {
			return q, err
		}
		q.f = f
	}
	return q, nil
}

// looks says in which of the three places the query is looked for.
func (q *query) looks() (list, detail, bytes bool) {
	switch {
	case q.kind == findFilter:
		return false, false, false
	case q.kind == findHex:
		return false, false, true
	}
	return q.in == findInList || q.in == findInRow, q.in == findInDetail, q.in == findInBytes || q.in == findInRow
}

// match says whether a line holds what is looked for.
func (q *query) match(line string) bool {
	if q.kind == findRegexp {
		return q.expr.MatchString(line)
	}
	return indexFold(line, q.lower) >= 0
}

// matchBytes says where bytes hold what is looked for: the first byte and the one
// behind the last; ok is false if they do not.
func (q *query) matchBytes(b []byte) (start, end int, ok bool) {
	switch q.kind {
	case findHex:
		if i := bytes.Index(b, q.bytes); i >= 0 {
			return i, i + len(q.bytes), true
		}
	case findText:
		for _, want := range [...]string{q.lower, q.wide} {
			if i := indexFold(b, want); i >= 0 {
				return i, i + len(want), true
			}
		}
	case findRegexp:
		if at := q.expr.FindIndex(b); at != nil {
			return at[0], at[1], true
		}
	}
	return 0, 0, false
}

// hit is where a packet holds what was looked for.
type hit struct {
	n          packet.Number // 0: nothing was found
	node       int           // line of the whole tree, −1 if it is not the tree that holds it
	source     int           // block of bytes, −1 if it is not the bytes
	start, end int           // bytes of the block
	step       int           // packets that were looked at before it
}

// seeker looks for a query in packets. It belongs to one goroutine.
type seeker struct {
	q       query
	snap    trace.Snapshot
	reader  *trace.Reader
	matcher *trace.Matcher
}

func newSeeker(tr *trace.Trace, snap trace.Snapshot, q query) *seeker {
	return &seeker{q: q, snap: snap, reader: tr.NewReader(), matcher: tr.NewMatcher(q.f)}
}

// look says whether packet n holds what is looked for, and where.
func (s *seeker) look(n packet.Number) (hit, bool) {
	h := hit{n: n, node: -1, source: -1}
	if s.snap.Row(n) == nil {
		return hit{}, false
	}
	q := &s.q
	if q.kind == findFilter {
		return h, q.f != nil && s.matcher.Match(s.snap, n)
	}
	list, detail, bytes := q.looks()
	if bytes {
		b, err := s.reader.Bytes(s.snap, n)
		if err != nil {
			return hit{}, false
		}
		if h, ok := s.inBytes(h, 0, b); ok {
			return h, true
		}
	}
	var want dissect.Want
	if list {
		want |= dissect.WantColumns
	}
	if detail || bytes && !s.plain(n) {
		want |= dissect.WantTree
	}
	if want == 0 {
		return hit{}, false
	}
	tree, cols, err := s.reader.Dissect(n, want)
	if err != nil {
		return hit{}, false
	}
	if list {
		for _, cell := range [...]string{cols.Info, cols.Proto, cols.Src, cols.Dst} {
			if q.match(cell) {
				return h, true
			}
		}
	}
	if detail {
		line := 0
		tree.Walk(func(_, _ int, node *dissect.Node) bool {
			if q.match(text.Printable(node.Label())) {
				h.node = line
			}
			line++
			return h.node < 0
		})
		return h, h.node >= 0
	}
	if want&dissect.WantTree != 0 {
		for i := 1; i < len(tree.Sources); i++ {
			if h, ok := s.inBytes(h, i, tree.Sources[i].Bytes); ok {
				return h, true
			}
		}
	}
	return hit{}, false
}

// plain says whether a packet has no bytes but its own: no message ends in it, so
// that nothing was put together, unpacked or decrypted for it.
func (s *seeker) plain(n packet.Number) bool {
	r := s.snap.Row(n)
	return r.PayLen == 0 && r.Kind == trace.TCP
}

func (s *seeker) inBytes(h hit, source int, b []byte) (hit, bool) {
	start, end, ok := s.q.matchBytes(b)
	if !ok {
		return hit{}, false
	}
	h.source, h.start, h.end = source, start, end
	return h, true
}

// indexFold finds lower in s without regard to case (ASCII); −1 if it is not there.
func indexFold[T string | []byte](s T, lower string) int {
	if lower == "" {
		return -1
	}
	first := lower[0]
	upper := first
	if first >= 'a' && first <= 'z' {
		upper -= 'a' - 'A'
	}
	for i := 0; i+len(lower) <= len(s); i++ {
		if c := s[i]; c != first && c != upper {
			continue
		}
		k := 1
		for k < len(lower) {
			c := s[i+k]
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			if c != lower[k] {
				break
			}
			k++
		}
		if k == len(lower) {
			return i
		}
	}
	return -1
}
