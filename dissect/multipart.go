package dissect

import (
	"bytes"
	"fmt"
	"strings"

	"tcplens/internal/text"
)

var (
	pMultipart     = newProto("MIME Multipart Media Encapsulation", "MIME multipart", "mime_multipart")
	fPartType      = pMultipart.str("mime_multipart.type", "Type")
	fPart          = pMultipart.str("mime_multipart.part", "Encapsulated multipart part")
	fPartDescr     = pMultipart.str("mime_multipart.header.content-description", "Content-Description")
	fPartDispos    = pMultipart.str("mime_multipart.header.content-disposition", "Content-Disposition")
	fPartEncoding  = pMultipart.str("mime_multipart.header.content-encoding", "Content-Encoding")
	fPartID        = pMultipart.str("mime_multipart.header.content-id", "Content-Id")
	fPartLanguage  = pMultipart.str("mime_multipart.header.content-language", "Content-Language")
	fPartLength    = pMultipart.str("mime_multipart.header.content-length", "Content-Length")
	fPartTransfer  = pMultipart.str("mime_multipart.header.content-transfer-encoding", "Content-Transfer-Encoding")
	fPartContent   = pMultipart.str("mime_multipart.header.content-type", "Content-Type")
	fPartOriginal  = pMultipart.str("mime_multipart.header.originalcontent", "OriginalContent")
	fPartFirst     = pMultipart.str("mime_multipart.first_boundary", "First boundary")
	fPartPreamble  = pMultipart.bytes("mime_multipart.preamble", "Preamble")
	fPartLast      = pMultipart.str("mime_multipart.last_boundary", "Last boundary")
	fPartBoundary  = pMultipart.str("mime_multipart.boundary", "Boundary")
	fPartTrailer   = pMultipart.bytes("mime_multipart.trailer", "Trailer")
	eMultipartName = pMultipart.none("mime_multipart.no_required_parameter", "The multipart dissector could not find a required parameter.")
)

// maxParts bounds how many parts of a body are shown.
const maxParts = 500

// dissectMultipart shows a body of several parts (RFC 2046 §5.1).
func dissectMultipart(c cursor, mime, params string) {
	boundary := mediaParameter(params, "boundary")
	if boundary == "" {
		c.d.enter(pMultipart)
		if c.on() {
			c.addAt(fText, c.pos, c.captured(), Node{text: eMultipartName.Name})
			c.begin()
			c.expert(Error, GroupProtocol, eMultipartName, eMultipartName.Name)
			c.end()
		}
		dissectData(c)
		return
	}
	if !c.d.descend() {
		return
	}
	defer c.d.ascend()
	if n := c.proto(pMultipart); n != nil {
		n.label(fmt.Sprintf("%s, Type: %s, Boundary: \"%s\"", pMultipart.Name, text.Printable(mime), text.Printable(boundary)))
		n.span(c.pos, c.captured())
		c.genStr(fPartType, mime)
	}
	m := multipart{boundary: []byte("--" + boundary)}
	m.dissect(&c)
	c.end()
}

// mediaParameter finds a parameter of a media type (RFC 2045 §5.1).
func mediaParameter(params, name string) string {
	for _, p := range strings.Split(params, ";") {
		k, v, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(strings.TrimSpace(k), name) {
			return strings.Trim(strings.TrimSpace(v), "\"")
		}
	}
	return ""
}

// multipart is a body of several parts while it is shown.
type multipart struct {
	boundary []byte // with the two hyphens before it
}

// delimiter finds the next boundary in b: it begins with its line end, unless it is
// the first thing in b, and reaches to the end of its line. last says that no part
// follows it.
func (m *multipart) delimiter(b []byte, first bool) (from, to int, last, ok bool) {
	for at := 0; ; {
		k := bytes.Index(b[at:], m.boundary)
		if k < 0 {
			return 0, 0, false, false
		}
		from, to = at+k, at+k+len(m.boundary)
		at = to
		if from > 0 && b[from-1] != '\n' {
			continue
		}
		if last = bytes.HasPrefix(b[to:], []byte("--")); last {
			to += 2
		}
		for to < len(b) && (b[to] == ' ' || b[to] == '\t') {
			to++
		}
		if to < len(b) && b[to] != '\r' && b[to] != '\n' {
			continue
		}
		if _, n, _ := httpLine(b[to:]); n > 0 {
			to += n
		}
		if from > 0 && !first {
			from--
			if from > 0 && b[from-1] == '\r' {
				from--
			}
		}
		return from, to, last, true
	}
}

func (m *multipart) dissect(c *cursor) {
	from, to, last, ok := m.delimiter(c.rest(), true)
	if !ok {
		dissectData(*c)
		return
	}
	if from > 0 {
		c.bytes(fPartPreamble, from)
	}
	c.str(fPartFirst, to-from)
	for n := 0; !last && n < maxParts && c.ok() && c.captured() > 0; n++ {
		from, to, last, ok = m.delimiter(c.rest(), false)
		if !ok {
			// It goes on where nothing was captured, or its end is missing.
			c.addAt(fPart, c.pos, 0, Node{text: fPart.Name + ": "})
			return
		}
		part := c.to(from)
		m.part(&part)
		f := fPartBoundary
		if last {
			f = fPartLast
		}
		c.str(f, to-from)
	}
	if c.ok() && c.captured() > 0 {
		c.bytes(fPartTrailer, c.captured())
	}
}

// part shows one part: its header fields and its content.
func (m *multipart) part(c *cursor) {
	c.addAt(fPart, c.pos, c.captured(), Node{text: fPart.Name + ": "})
	c.begin()
	defer c.end()
	part := -1
	if c.on() {
		part = int(c.d.openIndex())
	}
	mime, params := "", ""
	for c.captured() > 0 {
		b := c.rest()
		line, n, _ := httpLine(b)
		colon := bytes.IndexByte(line, ':')
		if colon < 0 {
			break
		}
		empty := false
		if next, k, ok := httpLine(b[n:]); ok && len(next) == 0 {
			n, empty = n+k, true // the line that ends the header belongs to its last field
		}
		value := strings.TrimSpace(string(line[colon+1:]))
		f := partField(strings.ToLower(string(line[:colon])))
		if f == fPartContent {
			mime, params, _ = strings.Cut(value, ";")
			mime, params = strings.ToLower(strings.TrimSpace(mime)), strings.TrimSpace(params)
		}
		c.skip(n)
		if c.on() {
			label := text.Printable(string(b[:n]))
			if f == nil {
				c.note(n, label)
			} else {
				c.add(f, n, Node{str: unspaced(value), text: label})
			}
		}
		if empty {
			break
		}
	}
	if mime == "" {
		if c.captured() > 0 {
			dissectData(c.tail())
		}
		return
	}
	if part >= 0 {
		c.nodeAt(int32(part)).append(" (" + text.Printable(mime) + ")")
	}
	if c.captured() > 0 {
		body := c.tail()
		dissectMedia(body, mime, params)
	}
}

// partField finds the field of a part's header by its name in lower case.
func partField(name string) *Field {
	switch name {
	case "content-description":
		return fPartDescr
	case "content-disposition":
		return fPartDispos
	case "content-encoding":
		return fPartEncoding
	case "content-id":
		return fPartID
	case "content-language":
		return fPartLanguage
	case "content-length":
		return fPartLength
	case "content-transfer-encoding":
		return fPartTransfer
	case "content-type":
		return fPartContent
	case "originalcontent":
		return fPartOriginal
	}
	return nil
}

// unspaced leaves the spaces out that stand outside of quotes.
func unspaced(s string) string {
	quoted := false
	return strings.Map(func(r rune) rune {
		if r == '"' {
			quoted = !quoted
		}
		if r == ' ' && !quoted {
			return -1
		}
		return r
	}, s)
}
