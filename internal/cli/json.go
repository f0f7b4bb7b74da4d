package cli

import (
	"bytes"
	"encoding/json"
	"io"

	"tcplens/dissect"
	"tcplens/internal/text"
)

// jsonFormat prints one object a packet, laid out as tshark -T json does: a list
// of them, or with lines each on a line of its own. A name that occurs more than
// once under one node has a list of its values.
type jsonFormat struct {
	lines  bool
	fields []string // only these; empty for the whole tree
	count  int
}

func (f *jsonFormat) want() dissect.Want { return dissect.WantTree | dissect.WantColumns }

func (f *jsonFormat) begin(w io.Writer) error {
	if f.lines {
		return nil
	}
	_, err := io.WriteString(w, "[")
	return err
}

func (f *jsonFormat) end(w io.Writer) error {
	if f.lines {
		return nil
	}
	_, err := io.WriteString(w, "\n]\n")
	return err
}

func (f *jsonFormat) packet(w io.Writer, r *record) error {
	var layers object
	if len(f.fields) > 0 {
		layers = f.chosen(r)
	} else {
		layers = children(r.tree, r.tree.First())
	}
	doc := object{
		{"_index", "packets-" + r.row.Time.Std().Format("2006-01-02")},
		{"_type", "doc"},
		{"_score", nil},
		{"_source", object{{"layers", layers}}},
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if !f.lines {
		enc.SetIndent("  ", "  ")
		if f.count > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n  ")
	}
	if err := enc.Encode(doc); err != nil {
		return err
	}
	f.count++
	out := b.Bytes()
	if !f.lines {
		out = bytes.TrimRight(out, "\n")
	}
	_, err := w.Write(out)
	return err
}

// chosen lists the values of the fields that were asked for.
func (f *jsonFormat) chosen(r *record) object {
	var out object
	for _, name := range f.fields {
		var values []string
		if c := columns[name]; c != nil {
			values = append(values, text.Printable(c(r)))
		}
		r.tree.Find(name, func(n *dissect.Node) bool {
			values = append(values, n.Value())
			return true
		})
		if values != nil {
			out = append(out, member{name, values})
		}
	}
	return out
}

// children makes an object of the node i and its siblings.
func children(t *dissect.Tree, i int) object {
	var out object
	for ; i >= 0; i = t.Next(i) {
		n := &t.Nodes[i]
		name := n.Label()
		var value any = ""
		if n.Field != nil && n.Field.Abbrev != "_ws.text" {
			name, value = n.Field.Abbrev, valueOf(n)
		}
		kids := children(t, t.Child(i))
		switch {
		case kids == nil:
			out.put(name, value)
		case n.Field != nil && n.Field.Type != dissect.TProtocol && n.Field.Type != dissect.TNone && n.Field.Abbrev != "_ws.text":
			out.put(name, value)
			out.put(name+"_tree", kids)
		default:
			out.put(name, kids)
		}
	}
	return out
}

func valueOf(n *dissect.Node) string {
	if n.Field.Type == dissect.TNone || n.Field.Type == dissect.TProtocol {
		return n.Label()
	}
	return n.Value()
}

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	name  string
	value any
}

// repeated is the values of a name that occurs more than once.
type repeated []any

func (o *object) put(name string, v any) {
	for i := range *o {
		m := &(*o)[i]
		if m.name != name {
			continue
		}
		if list, ok := m.value.(repeated); ok {
			m.value = append(list, v)
		} else {
			m.value = repeated{m.value, v}
		}
		return
	}
	*o = append(*o, member{name, v})
}

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(m.name); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := enc.Encode(m.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
