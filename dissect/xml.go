package dissect

import (
	"bytes"

	"tcplens/internal/text"
)

var (
	pXML             = newProto("eXtensible Markup Language", "XML", "xml")
	fXMLPI           = pXML.str("xml.xmlpi.xml", "xml.xmlpi.xml")
	fXMLVersion      = pXML.str("xml.xmlpi.xml.version", "version")
	fXMLStandalone   = pXML.str("xml.xmlpi.xml.standalone", "standalone")
	fXMLEncoding     = pXML.str("xml.xmlpi.xml.encoding", "encoding")
	fXMLCDATASection = pXML.str("xml.cdatasection", "CDATASection")
	fXMLComment      = pXML.str("xml.comment", "Comment")
	fXMLAttribute    = pXML.str("xml.attribute", "Attribute")
	fXMLDoctype      = pXML.str("xml.doctype", "Doctype")
	fXMLDTDTag       = pXML.str("xml.dtdtag", "DTD Tag")
	fXMLText         = pXML.str("xml.cdata", "CDATA")
	fXMLTag          = pXML.str("xml.tag", "Tag")
	fXMLUnknown      = pXML.str("xml.unknown", "Unknown")
	eXMLUnopened     = pXML.none("xml.closing_unopened_tag", "Closing an unopened tag")
	eXMLUnrecognized = pXML.none("xml.unrecognized_text", "Unrecognized text")
)

// maxXMLDepth bounds how deep elements are laid out inside each other.
const maxXMLDepth = 100

// dissectXML lays out a text of XML (XML 1.0, fifth edition). It is no parser of
// XML: it shows what there is, well-formed or not.
func dissectXML(c cursor) {
	c.block(pXML, pXML.Name, func(c *cursor) {
		x := xmlText{cursor: c, b: c.rest(), base: c.pos}
		for i := 0; i < len(x.b) && !c.d.tree.full(); {
			i = x.next(i)
		}
		for range x.depth {
			x.pop(-1)
		}
		c.skip(len(x.b))
	})
}

// xmlText is a text while it is laid out. Offsets are those in b.
type xmlText struct {
	*cursor
	b     []byte
	base  int // where b stands in the source
	depth int // elements that are open
	flat  int // and those inside of them, too deep to be laid out
	dtd   bool
}

// put adds a node for the bytes from i to j, with a label of its own.
func (x *xmlText) put(f *Field, i, j int, label string) {
	x.addAt(f, x.base+i, j-i, Node{str: string(x.b[i:j]), text: label})
}

// to adds a node whose label is its text, and gives j.
func (x *xmlText) whole(f *Field, i, j int) int {
	x.put(f, i, j, text.Printable(string(x.b[i:j])))
	return j
}

// upTo gives where the first end from i on ends; the end of all without one.
func (x *xmlText) upTo(i int, end string) int {
	if k := bytes.Index(x.b[min(i, len(x.b)):], []byte(end)); k >= 0 {
		return i + k + len(end)
	}
	return len(x.b)
}

func (x *xmlText) has(i int, s string) bool { return bytes.HasPrefix(x.b[i:], []byte(s)) }

func isXMLSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// isXMLName knows the characters of a name, all beyond ASCII among them.
func isXMLName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == ':' || c == '-' || c == '.' || c >= 0x80
}

func (x *xmlText) space(i int) int {
	for i < len(x.b) && isXMLSpace(x.b[i]) {
		i++
	}
	return i
}

func (x *xmlText) name(i int) int {
	for i < len(x.b) && isXMLName(x.b[i]) {
		i++
	}
	return i
}

// next lays out what stands at i, and gives where it ends.
func (x *xmlText) next(i int) int {
	switch {
	case isXMLSpace(x.b[i]):
		return x.space(i)
	case x.b[i] != '<':
		return x.text(i)
	case x.has(i, "<!--"):
		return x.whole(fXMLComment, i, x.upTo(i+4, "-->"))
	case x.has(i, "<![CDATA["):
		return x.whole(fXMLCDATASection, i, x.upTo(i+9, "]]>"))
	case x.has(i, "<?"):
		return x.instruction(i)
	case x.has(i, "<!"):
		return x.declaration(i)
	case x.has(i, "</"):
		return x.close(i)
	}
	return x.tag(i)
}

// text lays out characters up to the next markup.
func (x *xmlText) text(i int) int {
	end := i + 1
	for end < len(x.b) && x.b[end] != '<' {
		end++
	}
	if x.dtd && x.b[i] == ']' {
		x.dtd = false
		end = x.upTo(i, ">")
		x.whole(fText, i, end)
		x.cursor.end()
		return end
	}
	f := fXMLText
	if x.depth == 0 {
		f = fXMLUnknown
	}
	return x.whole(f, i, end)
}

// instruction lays out a processing instruction: the declaration of XML is the one
// that is known.
func (x *xmlText) instruction(i int) int {
	name := x.name(i + 2)
	if string(x.b[i+2:name]) != "xml" {
		x.put(fText, i, name, eXMLUnrecognized.Name)
		x.begin()
		x.expert(WarnSev, GroupProtocol, eXMLUnrecognized, eXMLUnrecognized.Name)
		x.cursor.end()
		if name = x.space(name); name == len(x.b) {
			return name
		}
		return x.whole(fXMLUnknown, name, x.upTo(name, "?>"))
	}
	end := x.upTo(name, "?>")
	x.put(fXMLPI, i, end, "<?xml")
	x.begin()
	for at := x.space(name); at < end-2; {
		from, to, next := x.attribute(at)
		if next > end {
			break
		}
		f := fXMLAttribute
		switch string(x.b[at:x.name(at)]) {
		case "version":
			f = fXMLVersion
		case "encoding":
			f = fXMLEncoding
		case "standalone":
			f = fXMLStandalone
		}
		if next == at {
			break
		}
		x.put(f, from, to, text.Printable(string(x.b[at:next])))
		at = x.space(next)
	}
	x.whole(fText, max(end-2, name), end)
	x.cursor.end()
	return end
}

// attribute finds the attribute at i: its value from first to last, and where it
// ends. There is none if next is i.
func (x *xmlText) attribute(i int) (first, last, next int) {
	at := x.name(i)
	if at == i {
		return i, i, i
	}
	eq := x.space(at)
	if eq >= len(x.b) || x.b[eq] != '=' {
		return i, at, at
	}
	at = x.space(eq + 1)
	if at >= len(x.b) {
		return at, at, at
	}
	if q := x.b[at]; q == '"' || q == '\'' {
		end := x.upTo(at+1, string(q))
		return at + 1, max(at+1, end-1), end
	}
	first = at
	for at < len(x.b) && !isXMLSpace(x.b[at]) && x.b[at] != '>' && !x.has(at, "/>") {
		at++
	}
	return first, at, at
}

// unquoted finds the next bracket from i on that ends a declaration or opens its
// subset.
func (x *xmlText) unquoted(i int) int {
	quote := byte(0)
	for ; i < len(x.b); i++ {
		switch c := x.b[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[' || c == '>':
			return i
		}
	}
	return i
}

// declaration lays out what begins with "<!".
func (x *xmlText) declaration(i int) int {
	const doctype = "<!DOCTYPE"
	if x.has(i, doctype) {
		from := x.space(i + len(doctype))
		to := x.name(from)
		id := x.space(to)
		end := x.unquoted(id)
		switch {
		case to == from || x.dtd || end == len(x.b):
		case x.b[end] == '[':
			x.put(fXMLDoctype, from, to, text.Printable("<!DOCTYPE "+string(x.b[from:end])+"["))
			x.begin()
			x.dtd = true
			return end + 1
		case id < end: // an external identifier, and no more
			x.put(fXMLDoctype, from, to, text.Printable(string(x.b[i:end+1])))
			return end + 1
		}
	}
	return x.whole(fXMLDTDTag, i, x.upTo(i, ">"))
}

// close lays out an end tag. Which element it names does not matter.
func (x *xmlText) close(i int) int {
	end := x.upTo(i, ">")
	x.whole(fText, i, end)
	switch {
	case x.flat > 0:
		x.flat--
	case x.depth > 0:
		x.pop(end)
	default:
		x.put(fText, i, end, eXMLUnopened.Name)
		x.begin()
		x.expert(Error, GroupMalformed, eXMLUnopened, eXMLUnopened.Name)
		x.cursor.end()
	}
	return end
}

// pop closes the element that was opened last, which ends at end; −1 for nowhere.
func (x *xmlText) pop(end int) {
	x.depth--
	if o := x.opened(); o != nil && end >= 0 {
		o.Len = int32(x.base + end - int(o.Off))
	}
	x.cursor.end()
}

// tag lays out a start tag or an empty element.
func (x *xmlText) tag(i int) int {
	name := x.name(i + 1)
	if name == i+1 {
		return x.whole(fXMLUnknown, i, i+1)
	}
	end, empty := name, false
	var parts [][2]int
	for at := x.space(name); ; at = x.space(end) {
		if at >= len(x.b) || x.b[at] == '>' || x.b[at] == '<' || x.has(at, "/>") || len(parts) >= maxTextLines {
			end = at
			break
		}
		if _, _, end = x.attribute(at); end == at {
			end++ // no attribute
		}
		parts = append(parts, [2]int{at, end})
	}
	tail := ""
	switch {
	case end < len(x.b) && x.b[end] == '>':
		tail, end = ">", end+1
	case end < len(x.b) && x.has(end, "/>"):
		tail, end, empty = "/>", end+2, true
	}
	label := text.Printable(string(x.b[i:name]))
	if len(parts) == 0 {
		label += tail
	}
	x.put(fXMLTag, i, end, label)
	x.begin()
	for k, p := range parts {
		label := text.Printable(string(x.b[p[0]:p[1]]))
		if k == len(parts)-1 {
			label += tail
		}
		x.put(fXMLAttribute, p[0], p[1], label)
	}
	switch {
	case empty || tail == "":
		x.cursor.end()
	case x.depth >= maxXMLDepth:
		x.cursor.end()
		x.flat++
	default:
		x.depth++
	}
	return end
}
