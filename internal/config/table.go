package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tcplens/internal/text"
)

// reading gathers what is wrong with a file while it is read.
type reading struct {
	file     string
	at       map[string]int
	problems []*Error
}

func (r *reading) bad(path, format string, args ...any) {
	r.problems = append(r.problems, &Error{File: r.file, Line: r.line(path), Key: text.Printable(path), Msg: fmt.Sprintf(format, args...)})
}

// line is where a key stands, or what it is a part of.
func (r *reading) line(path string) int {
	for path != "" {
		if n := r.at[path]; n > 0 {
			return n
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return 0
}

// table is a TOML table with its path.
type table struct {
	r    *reading
	path string
	m    map[string]any
}

// kind says in words what a TOML value is.
func kind(v any) string {
	switch v.(type) {
	case string:
		return "a text"
	case bool:
		return "true or false"
	case int64:
		return "a whole number"
	case float64:
		return "a number"
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return "a date or time"
}

// get takes a value of a type out of the table; what says in words what it should be.
func get[T any](t table, key, what string) (T, bool) {
	var zero T
	v, ok := t.m[key]
	if !ok {
		return zero, false
	}
	x, ok := v.(T)
	if !ok {
		t.r.bad(join(t.path, key), "this has to be %s, not %s", what, kind(v))
	}
	return x, ok
}

func (t table) text(key string) (string, bool) { return get[string](t, key, "a text in quotes") }
func (t table) flag(key string) (bool, bool)   { return get[bool](t, key, "true or false") }
func (t table) number(key string) (int64, bool) {
	return get[int64](t, key, "a whole number")
}

// sub takes a table out of the table.
func (t table) sub(key string) (table, bool) {
	m, ok := get[map[string]any](t, key, "a table")
	return table{t.r, join(t.path, key), m}, ok
}

// list takes an array of tables.
func (t table) list(key string) ([]table, bool) {
	list, ok := get[[]any](t, key, "a list of tables")
	if !ok {
		return nil, false
	}
	out := make([]table, 0, len(list))
	for i, v := range list {
		path := element(join(t.path, key), i)
		m, ok := v.(map[string]any)
		if !ok {
			t.r.bad(path, "this has to be a table, as in { field = \"http.host\" }, not %s", kind(v))
			continue
		}
		out = append(out, table{t.r, path, m})
	}
	return out, true
}

// words takes a text or a list of them.
func (t table) words(key, what string) ([]string, bool) {
	switch v := t.m[key].(type) {
	case string:
		return []string{v}, true
	case []any:
		out := make([]string, 0, len(v))
		for i, e := range v {
			s, ok := e.(string)
			if !ok {
				t.r.bad(element(join(t.path, key), i), "this has to be %s in quotes, not %s", what, kind(e))
				return nil, false
			}
			out = append(out, s)
		}
		return out, true
	default:
		t.r.bad(join(t.path, key), "this has to be %s in quotes, or a list of them, not %s", what, kind(v))
		return nil, false
	}
}

// keys lists the keys of the table as they stand in the file.
func (t table) keys() []string {
	var out []string
	for k := range t.m {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(cmp.Compare(t.r.line(join(t.path, a)), t.r.line(join(t.path, b))), strings.Compare(a, b))
	})
	return out
}

// only tells of keys that mean nothing.
func (t table) only(known ...string) {
	for _, k := range t.keys() {
		if !slices.Contains(known, k) {
			t.r.bad(join(t.path, k), "there is no such setting%s: here %s", didYouMean(k, known), among(known))
		}
	}
}

// among writes "stands a, b or c".
func among(words []string) string {
	if len(words) == 1 {
		return "stands " + words[0]
	}
	return "stand " + strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// didYouMean names the word that a misspelt one is near to: ", did you mean follow?"
// or nothing.
func didYouMean(word string, known []string) string {
	best, cost := "", 1+len(word)/3
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d <= cost && (best == "" || d < cost) {
			best, cost = k, d
		}
	}
	if best == "" {
		return ""
	}
	return " (did you mean " + best + "?)"
}

// distance is how many characters to insert, delete or exchange (Levenshtein).
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			c := diagonal
			if a[i] != b[j] {
				c++
			}
			diagonal = row[j+1]
			row[j+1] = min(c, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
