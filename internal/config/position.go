package config

import (
	"strconv"

	"github.com/pelletier/go-toml/v2/unstable"
)

// positions finds the line of every key and element: "keys.follow", "columns[2].field".
// What cannot be parsed ends the search; that it cannot is told elsewhere.
func positions(data []byte) map[string]int {
	x := indexer{at: make(map[string]int), tables: make(map[string]int)}
	x.p.Reset(data)
	prefix := ""
	for x.p.NextExpression() {
		e := x.p.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			prefix = x.header(e)
		case unstable.KeyValue:
			x.pair(prefix, e)
		}
	}
	return x.at
}

type indexer struct {
	p      unstable.Parser
	at     map[string]int
	tables map[string]int // how many elements an array of tables has so far
}

// header notes the place of a table and gives its path.
func (x *indexer) header(e *unstable.Node) string {
	path, line := "", 0
	for it := e.Key(); it.Next(); {
		k := it.Node()
		path = join(path, string(k.Data))
		line = x.line(k)
		if n := x.tables[path]; n > 0 && !(it.IsLast() && e.Kind == unstable.ArrayTable) {
			path = element(path, n-1)
		}
		x.note(path, line)
	}
	if e.Kind == unstable.ArrayTable {
		n := x.tables[path]
		x.tables[path]++
		path = element(path, n)
		x.note(path, line)
	}
	return path
}

// pair notes a key and all that its value consists of.
func (x *indexer) pair(prefix string, e *unstable.Node) {
	line := 0
	for it := e.Key(); it.Next(); {
		k := it.Node()
		prefix = join(prefix, string(k.Data))
		line = x.line(k)
		x.note(prefix, line)
	}
	x.value(prefix, e.Value(), line)
}

func (x *indexer) value(path string, v *unstable.Node, line int) {
	switch v.Kind {
	case unstable.Array:
		i := 0
		for it := v.Children(); it.Next(); i++ {
			c := it.Node()
			at := line
			switch c.Kind {
			case unstable.Array:
			case unstable.InlineTable:
				// The table itself has no place in the text; its first key has.
				if first := c.Child(); first.Valid() && first.Kind == unstable.KeyValue {
					if keys := first.Key(); keys.Next() {
						at = x.line(keys.Node())
					}
				}
			default:
				at = x.line(c)
			}
			if at == 0 {
				at = line
			}
			p := element(path, i)
			x.note(p, at)
			x.value(p, c, at)
		}
	case unstable.InlineTable:
		for it := v.Children(); it.Next(); {
			if c := it.Node(); c.Kind == unstable.KeyValue {
				x.pair(path, c)
			}
		}
	}
}

func (x *indexer) note(path string, line int) {
	if _, ok := x.at[path]; !ok {
		x.at[path] = line
	}
}

// line is where a node begins, 0 if it does not know.
func (x *indexer) line(n *unstable.Node) int {
	if n.Raw.Length == 0 {
		return 0
	}
	return x.p.Shape(n.Raw).Start.Line
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func element(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
