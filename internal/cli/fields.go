package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"tcplens/dissect"
	"tcplens/internal/text"
)

// fieldsFormat prints chosen fields as tshark -T fields does.
type fieldsFormat struct {
	names      []string
	columns    []columnOf // by position in names; nil for a field of the tree
	fields     map[string][]int
	header     bool
	separator  string
	occurrence byte // f first, l last, a all
	aggregator string
	quote      string

	cells [][]string
	cols  bool
}

// columnOf makes the text of a column of the packet list.
type columnOf func(*record) string

// columns are the names that -e knows beside the fields of the tree.
var columns = map[string]columnOf{
	"_ws.col.No.":         func(r *record) string { return strconv.Itoa(int(r.number)) },
	"_ws.col.Number":      func(r *record) string { return strconv.Itoa(int(r.number)) },
	"_ws.col.Time":        func(r *record) string { return seconds(int64(r.row.Time-r.first), r.nano) },
	"_ws.col.Source":      func(r *record) string { return r.cols.Src },
	"_ws.col.Destination": func(r *record) string { return r.cols.Dst },
	"_ws.col.Protocol":    func(r *record) string { return r.cols.Proto },
	"_ws.col.Length":      func(r *record) string { return strconv.Itoa(int(r.row.Len)) },
	"_ws.col.Info":        func(r *record) string { return r.cols.Info },
}

// resolve checks the names of fields.
func resolve(names []string) (lookup dissect.Lookup, err error) {
	lookup = dissect.NewLookup()
	var bad []string
	for _, n := range names {
		if columns[n] == nil && lookup[n] == nil {
			bad = append(bad, n)
		}
	}
	if len(bad) > 0 {
		return nil, usagef("%s: no such field: tcplens -G fields lists those that are known", strings.Join(bad, ", "))
	}
	return lookup, nil
}

func newFieldsFormat(names, layout []string) (*fieldsFormat, error) {
	if _, err := resolve(names); err != nil {
		return nil, err
	}
	f := &fieldsFormat{names: names, fields: map[string][]int{}, separator: "\t", occurrence: 'a', aggregator: ","}
	f.columns = make([]columnOf, len(names))
	f.cells = make([][]string, len(names))
	for i, n := range names {
		if c := columns[n]; c != nil {
			f.columns[i], f.cols = c, true
			continue
		}
		f.fields[n] = append(f.fields[n], i)
	}
	for _, l := range layout {
		key, value, _ := strings.Cut(l, "=")
		if err := f.set(key, value); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// set reads one -E.
func (f *fieldsFormat) set(key, v string) error {
	sep := func(v string) string {
		switch v {
		case "/t":
			return "\t"
		case "/s":
			return " "
		}
		return v
	}
	switch key {
	case "header":
		f.header = v == "y"
	case "separator":
		f.separator = sep(v)
	case "aggregator":
		f.aggregator = sep(v)
	case "occurrence":
		if v != "f" && v != "l" && v != "a" {
			return usagef("-E occurrence=%s: f, l or a", v)
		}
		f.occurrence = v[0]
	case "quote":
		switch v {
		case "d":
			f.quote = `"`
		case "s":
			f.quote = "'"
		case "n":
			f.quote = ""
		default:
			return usagef("-E quote=%s: d, s or n", v)
		}
	case "bom":
	default:
		return usagef("-E %s: header, separator, occurrence, aggregator and quote can be set", key)
	}
	return nil
}

func (f *fieldsFormat) want() dissect.Want {
	if f.cols {
		return dissect.WantTree | dissect.WantColumns
	}
	return dissect.WantTree
}

func (f *fieldsFormat) begin(w io.Writer) error {
	if !f.header {
		return nil
	}
	_, err := io.WriteString(w, strings.Join(f.names, f.separator)+"\n")
	return err
}

func (f *fieldsFormat) end(io.Writer) error { return nil }

func (f *fieldsFormat) packet(w io.Writer, r *record) error {
	for i := range f.cells {
		f.cells[i] = f.cells[i][:0]
	}
	for n := range r.tree.All() {
		if n.Field == nil {
			continue
		}
		at, ok := f.fields[n.Field.Abbrev]
		if !ok {
			continue
		}
		v := escape(n)
		for _, i := range at {
			f.put(i, v)
		}
	}
	var b strings.Builder
	for i := range f.names {
		if i > 0 {
			b.WriteString(f.separator)
		}
		if c := f.columns[i]; c != nil {
			f.cells[i] = append(f.cells[i], text.Printable(c(r)))
		}
		if len(f.cells[i]) == 0 {
			continue
		}
		b.WriteString(f.quote)
		b.WriteString(strings.Join(f.cells[i], f.aggregator))
		b.WriteString(f.quote)
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

func (f *fieldsFormat) put(i int, v string) {
	switch {
	case f.occurrence == 'f' && len(f.cells[i]) > 0:
	case f.occurrence == 'l' && len(f.cells[i]) > 0:
		f.cells[i][0] = v
	default:
		f.cells[i] = append(f.cells[i], v)
	}
}

// escape makes a value fit into a line: what would break it becomes \n, \t or \x00.
// A backslash stays what it is, as with tshark.
func escape(n *dissect.Node) string {
	v := n.Value()
	switch n.Field.Type {
	case dissect.TString, dissect.TStringZ, dissect.TProtocol:
		return text.Printable(v)
	case dissect.TBytes:
		if v == "" {
			return "<MISSING>"
		}
	}
	return v
}

// listFields is -G fields: a line a protocol, and a line a field.
func listFields(w io.Writer) error {
	var b strings.Builder
	for _, p := range dissect.Protocols() {
		fmt.Fprintf(&b, "P\t%s\t%s\n", p.Name, p.Abbrev)
	}
	for _, p := range dissect.Protocols() {
		for _, f := range p.Fields {
			fmt.Fprintf(&b, "F\t%s\t%s\t%s\t%s\t%s\t0x%x\t\n", f.Name, f.Abbrev, f.TypeName(), p.Abbrev, f.BaseName(), f.Mask)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
