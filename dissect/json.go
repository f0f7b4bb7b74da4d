package dissect

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"tcplens/internal/text"
)

var (
	pJSON            = newProto("JavaScript Object Notation", "JSON", "json")
	fJSONArray       = pJSON.none("json.array", "Array")
	fJSONObject      = pJSON.none("json.object", "Object")
	fJSONMember      = pJSON.str("json.member", "Member")
	fJSONKey         = pJSON.str("json.key", "Key")
	fJSONPath        = pJSON.str("json.path", "Path")
	fJSONPathValue   = pJSON.str("json.path_with_value", "Path with value")
	fJSONMemberValue = pJSON.str("json.member_with_value", "Member with value")
	fJSONString      = pJSON.str("json.value.string", "String value")
	fJSONNumber      = pJSON.str("json.value.number", "Number value")
	fJSONFalse       = pJSON.none("json.value.false", "False value")
	fJSONNull        = pJSON.none("json.value.null", "Null value")
	fJSONTrue        = pJSON.none("json.value.true", "True value")
	fJSONNaN         = pJSON.none("json.value.nan", "NaN value")
)

// Limits of what is laid out.
const (
	maxJSONDepth = 60   // objects and arrays inside each other
	maxJSONPath  = 1024 // bytes of a path
	maxJSONShown = 4096 // bytes of a value beside its path
)

// dissectJSON lays out a text of JSON (RFC 8259): objects and arrays, one after the
// other. From what is none of them on it is shown as lines.
func dissectJSON(c cursor, mime string) {
	whole := c.captured() == c.left()
	label := pJSON.Name
	if mime != "" {
		label += ": " + text.Printable(mime)
	}
	if n := c.proto(pJSON); n != nil {
		n.label(label)
	}
	x := jsonText{cursor: &c, b: c.rest(), base: c.pos}
	at, laid := x.space(0), false
	for at < len(x.b) && whole {
		end := x.skip(at, 0)
		if end < 0 || x.b[at] != '{' && x.b[at] != '[' {
			break
		}
		if c.on() {
			x.value(at, "", "")
		}
		at, laid = x.space(end), true
	}
	if !whole || !laid {
		at = 0
	}
	c.skip(at)
	c.end()
	if c.captured() > 0 {
		dissectText(c, mime)
	}
}

// jsonText is a text while it is laid out. Offsets are those in b.
type jsonText struct {
	*cursor
	b    []byte
	base int // where b stands in the source
}

// space passes over white space.
func (x *jsonText) space(i int) int {
	for i < len(x.b) && (x.b[i] == ' ' || x.b[i] == '\t' || x.b[i] == '\n' || x.b[i] == '\r') {
		i++
	}
	return i
}

// skip gives where the value ends that begins at i; −1 if none does.
func (x *jsonText) skip(i, depth int) int {
	if i >= len(x.b) || depth > maxJSONDepth {
		return -1
	}
	switch c := x.b[i]; {
	case c == '{' || c == '[':
		return x.skipList(i, depth)
	case c == '"':
		return x.skipString(i)
	case c == '-' || c >= '0' && c <= '9':
		return x.skipNumber(i)
	}
	for _, word := range [...]string{"true", "false", "null", "NaN"} {
		if bytes.HasPrefix(x.b[i:], []byte(word)) {
			return i + len(word)
		}
	}
	return -1
}

// skipList is skip for an object or an array.
func (x *jsonText) skipList(i, depth int) int {
	object, end := x.b[i] == '{', x.b[i]+2 // both brackets stand that far from their own
	i = x.space(i + 1)
	if i < len(x.b) && x.b[i] == end {
		return i + 1
	}
	for {
		if object {
			if i >= len(x.b) || x.b[i] != '"' {
				return -1
			}
			if i = x.skipString(i); i < 0 {
				return -1
			}
			if i = x.space(i); i >= len(x.b) || x.b[i] != ':' {
				return -1
			}
			i = x.space(i + 1)
		}
		if i = x.skip(i, depth+1); i < 0 {
			return -1
		}
		switch i = x.space(i); {
		case i >= len(x.b):
			return -1
		case x.b[i] == end:
			return i + 1
		case x.b[i] != ',':
			return -1
		}
		i = x.space(i + 1)
	}
}

func (x *jsonText) skipString(i int) int {
	for i++; i < len(x.b); i++ {
		switch x.b[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return -1
}

func (x *jsonText) skipNumber(i int) int {
	digits := func() bool {
		from := i
		for i < len(x.b) && x.b[i] >= '0' && x.b[i] <= '9' {
			i++
		}
		return i > from
	}
	if x.b[i] == '-' {
		i++
	}
	if !digits() {
		return -1
	}
	if i < len(x.b) && x.b[i] == '.' {
		if i++; !digits() {
			return -1
		}
	}
	if i < len(x.b) && (x.b[i] == 'e' || x.b[i] == 'E') {
		if i++; i < len(x.b) && (x.b[i] == '+' || x.b[i] == '-') {
			i++
		}
		if !digits() {
			return -1
		}
	}
	return i
}

// put adds a node for the bytes from i to j.
func (x *jsonText) put(f *Field, i, j int, n Node) { x.addAt(f, x.base+i, j-i, n) }

// value lays out the value at i, which is sound, and gives where it ends. path
// leads to it, name is the last step there.
func (x *jsonText) value(i int, path, name string) int {
	switch x.b[i] {
	case '{', '[':
		return x.list(i, path)
	case '"':
		end := x.skipString(i)
		x.scalar(fJSONString, i, end, path, name, jsonUnescape(x.b[i+1:end-1]))
		return end
	}
	f, end := fJSONNumber, i
	switch x.b[i] {
	case 't':
		f, end = fJSONTrue, i+4
	case 'f':
		f, end = fJSONFalse, i+5
	case 'n':
		f, end = fJSONNull, i+4
	case 'N':
		f, end = fJSONNaN, i+3
	default:
		end = x.skipNumber(i)
	}
	x.scalar(f, i, end, path, name, string(x.b[i:end]))
	return end
}

// scalar shows a value that has no others inside, with the path to it.
func (x *jsonText) scalar(f *Field, i, end int, path, name, s string) {
	short := s[:min(len(s), maxJSONShown)]
	x.put(fJSONPathValue, i, end, Node{str: path + ":" + short, Flags: Generated})
	x.put(fJSONMemberValue, i, end, Node{str: name + ":" + short, Flags: Generated})
	x.put(f, i, end, Node{str: s})
}

// list is value for an object or an array.
func (x *jsonText) list(i int, path string) int {
	object, bracket := x.b[i] == '{', x.b[i]+2
	f := fJSONArray
	if object {
		f = fJSONObject
	}
	end := x.skip(i, 0)
	x.put(f, i, end, Node{})
	x.begin()
	step := jsonStep(path, "[]")
	for i = x.space(i + 1); x.b[i] != bracket && !x.d.tree.full(); {
		if object {
			i = x.member(i, path)
		} else {
			i = x.value(i, step, "[]")
		}
		if i = x.space(i); x.b[i] == ',' {
			i = x.space(i + 1)
		}
	}
	x.cursor.end()
	return end
}

// member lays out a member of an object.
func (x *jsonText) member(i int, path string) int {
	colon := x.skipString(i)
	key := jsonUnescape(x.b[i+1 : colon-1])
	from := x.space(x.space(colon) + 1)
	end := x.skip(from, 0)
	path = jsonStep(path, key)
	x.put(fJSONMember, i, end, Node{str: key})
	x.begin()
	x.value(from, path, key)
	x.put(fJSONKey, i, colon, Node{str: key})
	x.put(fJSONPath, i, end, Node{str: path, Flags: Generated})
	x.cursor.end()
	return end
}

// jsonStep adds a step to a path.
func jsonStep(path, step string) string {
	if len(path)+len(step) >= maxJSONPath {
		return path
	}
	return path + "/" + step
}

// jsonUnescape undoes the escapes of a string (RFC 8259 §7). What is no escape stays.
func jsonUnescape(b []byte) string {
	s := string(b)
	if !strings.Contains(s, `\`) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 'b':
			out.WriteByte('\b')
		case 'f':
			out.WriteByte('\f')
		case 'n':
			out.WriteByte('\n')
		case 'r':
			out.WriteByte('\r')
		case 't':
			out.WriteByte('\t')
		case '"', '\\', '/':
			out.WriteByte(s[i])
		case 'u':
			r, ok := jsonUnit(s, i+1)
			if !ok {
				out.WriteString(`\u`)
				break
			}
			i += 4
			if utf16.IsSurrogate(r) && strings.HasPrefix(s[i+1:], `\u`) {
				if low, ok := jsonUnit(s, i+3); ok {
					if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
						r = both
						i += 6
					}
				}
			}
			out.WriteRune(r)
		default:
			out.WriteByte('\\')
			out.WriteByte(s[i])
		}
	}
	return out.String()
}

// jsonUnit reads the four hexadecimal digits at i.
func jsonUnit(s string, i int) (rune, bool) {
	if i+4 > len(s) {
		return 0, false
	}
	v, err := strconv.ParseUint(s[i:i+4], 16, 16)
	return rune(v), err == nil
}
