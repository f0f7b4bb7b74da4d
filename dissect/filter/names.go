package filter

import (
	"sort"
	"strings"

	"tcplens/dissect"
)

// Suggest gives the field that a misspelt name was probably meant to be; empty if
// none is near.
func Suggest(name string, known dissect.Lookup) string {
	name = strings.ToLower(name)
	limit := 1 + len(name)/4
	best, bestCost := "", limit+1
	for f := range known {
		if d := len(f) - len(name); d > limit || -d > limit {
			continue
		}
		c := distance(name, f, bestCost)
		if c < bestCost || c == bestCost && best != "" && f < best {
			best, bestCost = f, c
		}
	}
	return best
}

// distance is the number of letters to insert, delete or exchange (Levenshtein),
// or limit if it is not less.
func distance(a, b string, limit int) int {
	if len(a) > 64 || len(b) > 64 {
		return limit
	}
	var rows [2][65]int
	prev, cur := &rows[0], &rows[1]
	for j := 0; j <= len(b); j++ {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			c := prev[j-1]
			if a[i-1] != b[j-1] {
				c++
			}
			c = min(c, prev[j]+1, cur[j-1]+1)
			cur[j] = c
			least = min(least, c)
		}
		if least > limit {
			return limit + 1
		}
		prev, cur = cur, prev
	}
	return prev[len(b)]
}

// Names is a sorted list of field names, for completion.
type Names struct {
	names []string
	known dissect.Lookup
}

// NewNames sorts the names of all fields.
func NewNames(known dissect.Lookup) *Names {
	n := &Names{names: make([]string, 0, len(known)), known: known}
	for f := range known {
		n.names = append(n.names, f)
	}
	sort.Strings(n.names)
	return n
}

// Complete lists at most limit names that begin with prefix, in order.
func (n *Names) Complete(prefix string, limit int) []string {
	i := sort.SearchStrings(n.names, prefix)
	j := i
	for j < len(n.names) && j-i < limit && strings.HasPrefix(n.names[j], prefix) {
		j++
	}
	return n.names[i:j]
}

// Describe gives what a field is called in full: "Source Port".
func (n *Names) Describe(name string) string {
	if f := n.known[name]; len(f) > 0 {
		return f[0].Name
	}
	return ""
}

// WordAt finds the word of an expression that a cursor at byte pos stands in or
// right behind, as the range of its bytes. Within quotes there is none: start and
// end are then pos.
func WordAt(expr string, pos int) (start, end int) {
	pos = min(max(pos, 0), len(expr))
	inside := false
	for i := 0; i < pos; i++ {
		switch expr[i] {
		case '\\':
			i++
		case '"':
			inside = !inside
		}
	}
	if inside {
		return pos, pos
	}
	part := func(i int) bool {
		if i < 0 || i >= len(expr) {
			return false
		}
		if c := expr[i]; c != '.' {
			return isWord(c) || c == '-' && i > 0 && (isWord(expr[i-1]) || expr[i-1] == '-')
		}
		return (i == 0 || expr[i-1] != '.') && (i+1 == len(expr) || expr[i+1] != '.') // not of a range
	}
	start, end = pos, pos
	for part(start - 1) {
		start--
	}
	for part(end) {
		end++
	}
	return start, end
}
