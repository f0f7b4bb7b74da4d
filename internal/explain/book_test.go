package explain

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"tcplens/dissect"
	"tcplens/internal/tcp"
)

func open(t testing.TB, l Lang) *Book {
	t.Helper()
	b, err := Open(l)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// required lists all keys that there must be a text for, with the reason.
func required(t *testing.T) map[string]string {
	keys := map[string]string{}
	for _, k := range expertItems(t) {
		keys[k] = "an expert item"
	}
	for s := tcp.Closed; s <= tcp.TimeWait; s++ {
		keys["state."+s.String()] = "a TCP state"
	}
	look := dissect.NewLookup()
	flags, options, messages := 0, 0, 0
	for _, p := range dissect.Protocols() {
		for _, f := range p.Fields {
			switch {
			case strings.HasPrefix(f.Abbrev, "tcp.flags."):
				keys[f.Abbrev] = "a TCP flag"
				flags++
			case strings.HasPrefix(f.Name, "TCP Option - "):
				keys[f.Abbrev] = "a TCP option"
				options++
			}
		}
	}
	keys["mptcp"] = "a TCP option"
	for _, f := range look["tls.handshake.type"] {
		for v := range uint64(256) {
			if f.Names != nil && f.Names(v) != "" {
				keys["tls.handshake.type."+strconv.FormatUint(v, 10)] = "a TLS handshake message: " + f.Names(v)
				messages++
			}
		}
	}
	if flags < 10 || options < 20 || messages < 20 {
		t.Fatalf("%d flags, %d options, %d messages: they are not found any more", flags, options, messages)
	}
	for _, k := range []string{"unseen", "dropped", "evicted", "twice", "backwards", "joined", "offload", "cut", "midstream", "open"} {
		keys["capture."+k] = "a group of problems"
	}
	for _, k := range []string{"handshake", "relative", "consume", "mss", "wscale", "close4", "close3", "timewait"} {
		keys["lesson."+k] = "a lesson"
	}
	return keys
}

// expertItems finds the expert items that package dissect names. By its convention
// they are variables that begin with e and a capital, and the items of the verdicts.
func expertItems(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "dissect", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources of dissect: %v", err)
	}
	var items []string
	fset := token.NewFileSet()
	named := func(e ast.Expr) {
		ast.Inspect(e, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok && len(c.Args) > 1 {
				if s, ok := c.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "none" {
					if l, ok := c.Args[0].(*ast.BasicLit); ok {
						k, _ := strconv.Unquote(l.Value)
						items = append(items, k)
					}
				}
			}
			return true
		})
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				for i, name := range v.Names {
					n := name.Name
					if i < len(v.Values) && (len(n) > 1 && n[0] == 'e' && n[1] >= 'A' && n[1] <= 'Z' || n == "verdictItems" || n == "fTCPDupAck") {
						named(v.Values[i])
					}
				}
			}
		}
		// An item that is named otherwise would be missed.
		ast.Inspect(f, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok || len(c.Args) < 3 {
				return true
			}
			s, ok := c.Fun.(*ast.SelectorExpr)
			if !ok || s.Sel.Name != "expert" {
				return true
			}
			if id, ok := c.Args[2].(*ast.Ident); ok && strings.HasPrefix(id.Name, "f") && id.Name != "fTCPDupAck" {
				t.Errorf("%s: the expert item %s is not named as expert items are: e and a capital", fset.Position(c.Pos()), id.Name)
			}
			return true
		})
	}
	if len(items) < 120 {
		t.Fatalf("only %d expert items are found", len(items))
	}
	return items
}

// TestComplete wants a text in every language for all that must have one.
func TestComplete(t *testing.T) {
	keys := required(t)
	for _, l := range Languages() {
		b := open(t, l)
		for k, why := range keys {
			e := b.entries[k]
			if e == nil {
				t.Errorf("%s: nothing is said of %s, %s", l, k, why)
			}
		}
	}
}

// TestSame wants the same texts in all languages, whole ones, with cross references
// that lead somewhere.
func TestSame(t *testing.T) {
	en := open(t, English)
	for _, l := range Languages() {
		b := open(t, l)
		for _, k := range en.Keys() {
			if !b.Has(k) {
				t.Errorf("%s has no text for %s", l, k)
			}
		}
		for k, e := range b.entries {
			if !en.Has(k) {
				t.Errorf("%s has a text for %s, and English has none", l, k)
			}
			if e.title == "" {
				t.Errorf("%s: %s has no title", l, k)
			}
			if strings.HasPrefix(k, "word.") {
				continue
			}
			if e.source == "" {
				t.Errorf("%s: %s does not say where it comes from", l, k)
			}
			plain, look := 0, 0
			for _, p := range e.paras {
				if p.look {
					look++
				} else {
					plain++
				}
			}
			if plain == 0 || look > 1 {
				t.Errorf("%s: %s has %d paragraphs and %d that begin with look:", l, k, plain, look)
			}
			for _, s := range e.see {
				if !b.Has(s) {
					t.Errorf("%s: %s leads to %s, which does not exist", l, k, s)
				}
			}
		}
		if got := b.Topics(); len(got) < 250 {
			t.Errorf("%s has %d topics", l, len(got))
		}
	}
}

// TestSources wants an RFC or another standard for whatever TCP and TLS are explained by.
func TestSources(t *testing.T) {
	b := open(t, English)
	for k, e := range b.entries {
		for _, p := range []string{"state.", "lesson.", "segment.", "tcp.flags", "tcp.options.", "tls.handshake.type."} {
			if strings.HasPrefix(k, p) && !strings.Contains(e.source, "RFC ") && !strings.Contains(e.source, "CCSDS") && !strings.Contains(e.source, "draft-") {
				t.Errorf("%s: %q is no standard", k, e.source)
			}
		}
	}
}

// TestChineseIsChinese finds texts that were left in English, and punctuation that does
// not go with Chinese characters.
func TestChineseIsChinese(t *testing.T) {
	for k, e := range open(t, Chinese).entries {
		if strings.HasPrefix(k, "word.") {
			continue
		}
		for _, p := range e.paras {
			s := p.tmpl.Root.String()
			if !p.look && !strings.ContainsFunc(s, han) {
				t.Errorf("%s: no Chinese in %q", k, s)
			}
			r := []rune(s)
			for i := 1; i < len(r); i++ {
				if han(r[i-1]) && strings.ContainsRune(",;:!?", r[i]) {
					t.Errorf("%s: %q stands behind a Chinese character in %q", k, r[i], s)
				}
			}
		}
	}
}

// TestParse holds the form of the files to docs/translating.md.
func TestParse(t *testing.T) {
	file := func(s string) fstest.MapFS {
		return fstest.MapFS{"texts/en/a.txt": {Data: []byte(s)}}
	}
	b := &Book{lang: English, entries: map[string]*entry{}}
	err := b.load(file("# a comment\n\n== a.b\ntitle: A\nsource: RFC 1\nsee: c d\n\none\ntwo {{n 1000}}\n\nlook: three\n== zh\ntitle: 中\n\n一句，\n两行\nABC\n"))
	if err != nil {
		t.Fatal(err)
	}
	e := b.entries["a.b"]
	if e == nil || e.title != "A" || e.source != "RFC 1" || !slices.Equal(e.see, []string{"c", "d"}) || len(e.paras) != 2 {
		t.Fatalf("%+v", e)
	}
	text := New(b, nil).Topic("a.b", 0)
	if len(text.Sections) != 1 || len(text.Sections[0].Paras) != 0 || text.Sections[0].Look[0].String() != "three" {
		t.Errorf("without a packet: %+v", text)
	}
	if s := New(b, nil).Topic("zh", 0); s.Sections[0].Paras[0].String() != "一句，两行 ABC" {
		t.Errorf("lines are joined as %q", s.Sections[0].Paras[0].String())
	}
	for _, c := range []struct{ in, want string }{
		{"text\n", "a.txt:1: text before"},
		{"== a\ntitle: A\ncolour: red\n", "a.txt:3:"},
		{"== a\ntitle: A\n\n== a\n", "a.txt:4: a is explained twice"},
		{"== a\ntitle: A\n\nx\n{{if}}\n", "a.txt:4:"},
		{"== a\ntitle: A\n\n{{nonsense 1}}\n", "a.txt:4:"},
	} {
		b := &Book{lang: English, entries: map[string]*entry{}}
		if err := b.load(file(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, wanted %q", c.in, err, c.want)
		}
	}
}

// TestLang chooses the language as POSIX has it.
func TestLang(t *testing.T) {
	for _, c := range []struct {
		all, messages, lang string
		want                Lang
	}{
		{"", "", "", English},
		{"", "", "zh_CN.UTF-8", Chinese},
		{"", "", "zh-Hans", Chinese},
		{"C", "", "zh_CN.UTF-8", English},
		{"", "zh_SG", "en_US.UTF-8", Chinese},
		{"zh_CN", "de_DE", "de_DE", Chinese},
		{"", "de_DE.UTF-8", "zh_CN.UTF-8", English},
	} {
		env := map[string]string{"LC_ALL": c.all, "LC_MESSAGES": c.messages, "LANG": c.lang}
		if got := Locale(func(k string) string { return env[k] }); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	if _, err := ParseLang("tlh"); err == nil || !strings.Contains(err.Error(), "en and zh") {
		t.Errorf("a language without texts: %v", err)
	}
}

// TestSpaced puts blanks between scripts, also where a mark stands between them.
func TestSpaced(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"第" + value("4") + "号", "第 4 号"},
		{"携带的FIN", "携带的 FIN"},
		{"在 ACK 里", "在 ACK 里"},
		{"（" + value("4") + "）", "（4）"},
		{"ACK " + value("4 bytes"), "ACK 4 bytes"},
	} {
		if got := paragraph(c.in).String(); got != c.want {
			t.Errorf("%q, wanted %q", got, c.want)
		}
	}
}

// TestWords writes numbers.
func TestWords(t *testing.T) {
	b := open(t, English)
	for _, c := range []struct{ got, want string }{
		{grouped(0), "0"}, {grouped(999), "999"}, {grouped(65536), "65,536"}, {grouped(-1234567), "−1,234,567"},
		{span(0), "0 ns"}, {span(999), "999 ns"}, {span(17000), "17 µs"}, {span(85_300), "85.3 µs"}, {span(19_371_000), "19.4 ms"},
		{span(1_506_000_000), "1.51 s"}, {span(125e9), "2m5s"},
	} {
		if c.got != c.want {
			t.Errorf("%q, wanted %q", c.got, c.want)
		}
	}
	for n, want := range map[int]string{0: "0 bytes", 1: "1 byte", 65536: "65,536 bytes"} {
		if s, err := b.counted(n, "byte"); paragraph(s).String() != want || err != nil {
			t.Errorf("%q, %v, wanted %q", s, err, want)
		}
	}
}

// TestDocumented wants every value and function in the guide for translators.
func TestDocumented(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "translating.md"))
	if err != nil {
		t.Fatal(err)
	}
	doc := string(raw)
	for _, v := range []any{&Values{}, &Flow{}, &Met{}, &Gap{}} {
		p := reflect.TypeOf(v)
		for i := range p.NumMethod() {
			if name := p.Method(i).Name; !strings.Contains(doc, "`."+name) {
				t.Errorf("docs/translating.md does not tell of .%s", name)
			}
		}
		for i := range p.Elem().NumField() {
			if f := p.Elem().Field(i); f.IsExported() && !strings.Contains(doc, "`."+f.Name) {
				t.Errorf("docs/translating.md does not tell of .%s", f.Name)
			}
		}
	}
	for name := range open(t, English).funcs() {
		if !strings.Contains(doc, "`"+name+" ") && !strings.Contains(doc, "`"+name+"`") {
			t.Errorf("docs/translating.md does not tell of the function %s", name)
		}
	}
}
