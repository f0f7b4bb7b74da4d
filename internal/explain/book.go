package explain

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"text/template"
	"unicode/utf8"

	"tcplens/internal/text"
)

//go:embed texts
var texts embed.FS

// Book is the texts of one language. It does not change and may be shared.
type Book struct {
	lang    Lang
	entries map[string]*entry
	order   []string // keys as the files have them
}

// entry is one text of a book.
type entry struct {
	key, title, source string
	see                []string
	paras              []para
}

// para is a paragraph.
type para struct {
	tmpl *template.Template
	look bool // it says where to go on
}

// Open reads the texts of a language, and the sources and cross references, which
// stand in the English ones only. The error names the file and line of what cannot
// be read.
func Open(l Lang) (*Book, error) {
	b := &Book{lang: l, entries: make(map[string]*entry)}
	if err := b.load(texts); err != nil {
		return nil, err
	}
	if l == English {
		return b, nil
	}
	en, err := Open(English)
	if err != nil {
		return nil, err
	}
	for k, e := range b.entries {
		if o := en.entries[k]; o != nil {
			if e.source == "" {
				e.source = o.source
			}
			if e.see == nil {
				e.see = o.see
			}
		}
	}
	return b, nil
}

func (b *Book) load(files fs.FS) error {
	names, err := fs.Glob(files, "texts/"+string(b.lang)+"/*.txt")
	if err != nil {
		return err
	}
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("the texts of %s: %w", b.lang, err)
		}
		if err := b.parse(path.Base(name), string(raw)); err != nil {
			return fmt.Errorf("the texts of %s: %w", b.lang, err)
		}
	}
	return nil
}

// parse reads one file. Its form is that of docs/translating.md.
func (b *Book) parse(name, raw string) error {
	var e *entry
	var lines []string // of the paragraph that is being read
	at := 0            // line where it begins
	fail := func(line int, format string, args ...any) error {
		return fmt.Errorf("%s:%d: %s", name, line, fmt.Sprintf(format, args...))
	}
	flush := func() error {
		if len(lines) == 0 {
			return nil
		}
		s := join(lines)
		lines = nil
		rest, look := strings.CutPrefix(s, "look:")
		tmpl, err := template.New(e.key).Funcs(b.funcs()).Option("missingkey=error").Parse(strings.TrimSpace(rest))
		if err != nil {
			return fail(at, "%v", err)
		}
		e.paras = append(e.paras, para{tmpl: tmpl, look: look})
		return nil
	}
	head := false
	for i, line := range strings.Split(raw, "\n") {
		line = strings.TrimRight(line, " \t\r")
		switch {
		case strings.HasPrefix(line, "# "), line == "#":
		case strings.HasPrefix(line, "== "):
			if e != nil {
				if err := flush(); err != nil {
					return err
				}
			}
			key := strings.TrimSpace(line[3:])
			if b.entries[key] != nil {
				return fail(i+1, "%s is explained twice", key)
			}
			e, head = &entry{key: key}, true
			b.entries[key] = e
			b.order = append(b.order, key)
		case line == "":
			head = false
			if e != nil {
				if err := flush(); err != nil {
					return err
				}
			}
		case e == nil:
			return fail(i+1, "text before the first line with ==")
		case head:
			field, value, ok := strings.Cut(line, ":")
			value = strings.TrimSpace(value)
			switch {
			case ok && field == "title":
				e.title = value
			case ok && field == "source":
				e.source = value
			case ok && field == "see":
				e.see = strings.Fields(value)
			default:
				return fail(i+1, "%q below a line with ==: title, source and see may stand there, then an empty line", line)
			}
		default:
			if len(lines) == 0 {
				at = i + 1
			}
			lines = append(lines, strings.TrimLeft(line, " \t"))
		}
	}
	if e != nil {
		return flush()
	}
	return nil
}

// join puts the lines of a paragraph together: with a blank, but for scripts that
// have none between words.
func join(lines []string) string {
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			before, _ := utf8.DecodeLastRuneInString(lines[i-1])
			after, _ := utf8.DecodeRuneInString(l)
			if !text.Wide(before) && !text.Wide(after) {
				b.WriteByte(' ')
			}
		}
		b.WriteString(l)
	}
	return b.String()
}

// Lang is the book's language.
func (b *Book) Lang() Lang { return b.lang }

// Has says whether the book has a text under a key.
func (b *Book) Has(key string) bool { return b.entries[key] != nil }

// Keys lists all keys in order of the alphabet.
func (b *Book) Keys() []string { return slices.Sorted(maps.Keys(b.entries)) }

// Topic is a text that can be asked for by its key.
type Topic struct{ Key, Title string }

// Topics lists the texts in the order of the files, without the words that others are
// made of.
func (b *Book) Topics() []Topic {
	var out []Topic
	for _, k := range b.order {
		if !strings.HasPrefix(k, "word.") {
			out = append(out, Topic{k, b.entries[k].title})
		}
	}
	return out
}

// Title gives the title of a text; empty if there is none.
func (b *Book) Title(key string) string {
	if e := b.entries[key]; e != nil {
		return e.title
	}
	return ""
}

// Before gives one of the words of the program itself, with the blank between it and
// what follows if the language has one: "Look at: ".
func (b *Book) Before(word string) string {
	w := b.word(word)
	if r, _ := utf8.DecodeLastRuneInString(w); text.Wide(r) {
		return w
	}
	return w + " "
}

// word gives one of the words that texts are made of: roles and units.
func (b *Book) word(key string) string {
	e := b.entries["word."+key]
	if e == nil {
		return key
	}
	return e.title
}
