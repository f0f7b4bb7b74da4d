package flowgraph

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// schema is what docs/flow-graph.schema.json may say: as much of JSON Schema as it
// uses, and no more.
type schema struct {
	Schema      string `json:"$schema"`
	Title       string
	Description string
	Ref         string `json:"$ref"`
	Type        string
	Const       any
	Enum        []string
	Minimum     *float64
	Items       *schema
	Properties  map[string]*schema
	Required    []string
	Additional  *bool              `json:"additionalProperties"`
	Defs        map[string]*schema `json:"$defs"`
}

// checker holds values to a schema, and notes which properties there were.
type checker struct {
	root *schema
	used map[*schema]bool
}

func (c *checker) check(s *schema, v any, path string) error {
	if s.Ref != "" {
		s = c.root.Defs[strings.TrimPrefix(s.Ref, "#/$defs/")]
		if s == nil {
			return fmt.Errorf("%s: a reference to nothing", path)
		}
	}
	c.used[s] = true
	switch {
	case s.Const != nil && v != s.Const:
		return fmt.Errorf("%s is %v, want %v", path, v, s.Const)
	case s.Enum != nil:
		if x, ok := v.(string); !ok || !slices.Contains(s.Enum, x) {
			return fmt.Errorf("%s is %v, none of %q", path, v, s.Enum)
		}
	}
	switch s.Type {
	case "":
	case "string", "boolean":
		if got := map[bool]string{true: "string", false: "boolean"}[isString(v)]; got != s.Type {
			return fmt.Errorf("%s is %v, no %s", path, v, s.Type)
		}
	case "integer":
		x, ok := v.(float64)
		if !ok || x != math.Trunc(x) || s.Minimum != nil && x < *s.Minimum {
			return fmt.Errorf("%s is %v", path, v)
		}
	case "array":
		list, ok := v.([]any)
		if !ok {
			return fmt.Errorf("%s is no list", path)
		}
		for i, x := range list {
			if err := c.check(s.Items, x, fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	case "object":
		return c.object(s, v, path)
	default:
		return fmt.Errorf("%s: the test knows no type %q", path, s.Type)
	}
	return nil
}

func isString(v any) bool { _, ok := v.(string); return ok }

func (c *checker) object(s *schema, v any, path string) error {
	m, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("%s is no object", path)
	}
	for _, k := range s.Required {
		if _, ok := m[k]; !ok {
			return fmt.Errorf("%s lacks %s", path, k)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		p := s.Properties[k]
		if p == nil {
			return fmt.Errorf("%s.%s is not in the schema", path, k)
		}
		c.used[p] = true
		if err := c.check(p, m[k], path+"."+k); err != nil {
			return err
		}
	}
	return nil
}

// What WriteJSON writes is what the schema says, and there is nothing in the schema
// that it never writes.
func TestSchema(t *testing.T) {
	b, err := os.ReadFile("../docs/flow-graph.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var root schema
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&root); err != nil {
		t.Fatalf("the schema: %v", err)
	}
	c := checker{root: &root, used: map[*schema]bool{}}
	try := func(name string, g *Graph) {
		t.Helper()
		for _, fold := range []Fold{FoldNone, FoldBulk, FoldACKs} {
			var b bytes.Buffer
			if err := WriteJSON(&b, g, Options{Fold: fold}); err != nil {
				t.Fatal(err)
			}
			var v any
			if err := json.Unmarshal(b.Bytes(), &v); err != nil {
				t.Fatal(err)
			}
			if err := c.check(&root, v, name); err != nil {
				t.Error(err)
			}
		}
	}
	for _, sh := range shapes() {
		s := newScene(t)
		sh.make(s)
		g := s.graph()
		info := g.Info()
		info.End = s.segs[len(s.segs)-1].Time + 1
		g.SetInfo(info)
		try(sh.name, g)
	}
	s := newScene(t)
	wild(s, rand.New(rand.NewPCG(1, 12)), 300)
	try("wild", s.graph())
	s = newScene(t)
	s.handshake()
	exchange(s)
	s.words[4] = Detail{Word: "GET /", Answer: "200"}
	try("answered", s.graph())
	try("datagrams", datagrams(t))
	try("proxy", proxy(t))
	for _, x := range []*schema{&root, root.Defs["conversation"], root.Defs["row"]} {
		if x.Additional == nil || *x.Additional {
			t.Error("an object of the schema takes any property")
		}
		for _, k := range slices.Sorted(maps.Keys(x.Properties)) {
			if !c.used[x.Properties[k]] {
				t.Errorf("nothing has %s, which the schema knows", k)
			}
		}
	}
	holds := func(doc string) error {
		var v any
		if err := json.Unmarshal([]byte(doc), &v); err != nil {
			t.Fatal(err)
		}
		return c.check(&root, v, "doc")
	}
	for _, bad := range []string{`{}`, `{"version":2}`, `[]`} {
		if holds(bad) == nil {
			t.Errorf("%s passes", bad)
		}
	}
}
