package dissect

import (
	"encoding/binary"
	"net/url"
	"strconv"
	"strings"
)

// showHeaders shows the headers of a fragment that begins at off.
func (f *http2Frame) showHeaders(c *cursor, off int) {
	if f.over != nil && c.on() {
		c.expert(Error, GroupUndecoded, f.over, f.over.Name)
	}
	if len(f.headers) == 0 {
		return
	}
	var r http2Request
	for i := range f.headers {
		r.note(&f.headers[i])
	}
	if s := r.summary(); s != "" {
		if c.cols() {
			c.d.infoAppend(": " + printable(s))
		}
		f.line(c, ", "+printable(s))
	}
	if !c.on() {
		return
	}
	plain := http2Plain(f.headers)
	c.addAt(fH2HeaderLen, f.off, 1, Node{num: uint64(len(plain)), Flags: Generated})
	c.addAt(fH2HeaderCount, f.off, 1, Node{num: uint64(len(f.headers)), Flags: Generated})
	w := c.newSource("Decompressed Header", plain)
	for i := range f.headers {
		http2ShowHeader(c, &w, off, &f.headers[i])
	}
	if uri := r.uri(); uri != "" {
		c.addAt(fH2FullURI, f.off, 0, Node{str: uri, Flags: Generated})
	}
}

// http2Plain writes headers one after the other, names and values with their
// lengths before them: the block of bytes that the decoded names and values are
// shown in.
func http2Plain(headers []http2Header) []byte {
	n := 0
	for i := range headers {
		n += 8 + len(headers[i].name) + len(headers[i].value)
	}
	b := make([]byte, 0, n)
	for i := range headers {
		h := &headers[i]
		if h.kind == hpackUpdate {
			continue
		}
		b = binary.BigEndian.AppendUint32(b, uint32(len(h.name)))
		b = append(b, h.name...)
		b = binary.BigEndian.AppendUint32(b, uint32(len(h.value)))
		b = append(b, h.value...)
	}
	return b
}

// http2ShowHeader shows one header; w walks over the decoded block.
func http2ShowHeader(c, w *cursor, off int, h *http2Header) {
	at, n := off+int(h.off), int(h.n)
	if h.kind == hpackUpdate {
		c.addAt(fH2TableUpdate, at, n, Node{})
		c.begin()
		c.addAt(fH2TableSize, at, n, Node{num: uint64(h.index)})
		c.end()
		return
	}
	label := "Header: " + printable(h.name) + ": " + printable(h.value)
	if h.name == ":status" {
		if s := http2Status(h.value); s != "" {
			label += " " + s
		}
	}
	c.addAt(fH2Header, at, n, Node{text: label})
	c.begin()
	w.u32(fH2NameLen)
	w.str(fH2Name, len(h.name))
	w.u32(fH2ValueLen)
	value := w.pos
	w.str(fH2Value, len(h.value))
	http2OwnField(w, value, h)
	w.addAt(fH2Unescaped, value, len(h.value), Node{str: http2Unescape(h.value), Flags: Generated})
	c.addAt(fH2Repr, at, 1, Node{str: h.String()})
	if h.index != 0 {
		c.addAt(fH2Index, at, 1, Node{num: uint64(h.index)})
	}
	c.end()
}

// http2OwnField shows a header's value again under the field that it has of its own.
func http2OwnField(w *cursor, off int, h *http2Header) {
	field := http2HeaderFields[h.name]
	if field == nil {
		return
	}
	if field.Type != TString {
		v, err := strconv.ParseUint(h.value, 10, field.Type.bits())
		if err == nil {
			w.addAt(field, off, len(h.value), Node{num: v})
		}
		return
	}
	w.addAt(field, off, len(h.value), Node{str: h.value})
	path, query, ok := strings.Cut(h.value, "?")
	if h.name != ":path" || !ok {
		return
	}
	w.begin()
	w.addAt(fHTTPPathSegment, off, len(path), Node{str: path})
	at := off + len(path) + 1
	for query != "" {
		one, rest, _ := strings.Cut(query, "&")
		w.addAt(fHTTPPathSub, at, len(one), Node{str: one})
		at += len(one) + 1
		query = rest
	}
	w.end()
}

// http2Unescape undoes the percent-encoding of a value, if it is a sound one.
func http2Unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// http2Status gives the text of a status; empty for what is none.
func http2Status(value string) string {
	code, err := strconv.ParseUint(value, 10, 16)
	if err != nil {
		return ""
	}
	return httpStatusText(uint16(code))
}

// http2Request is what a list of headers says of a request or an answer (RFC 9113 §8.3).
type http2Request struct {
	method, scheme, authority, path, status string
	grpc                                    string // how a call of gRPC has ended
}

func (r *http2Request) note(h *http2Header) {
	switch h.name {
	case ":method":
		r.method = h.value
	case ":scheme":
		r.scheme = h.value
	case ":authority":
		r.authority = h.value
	case ":path":
		r.path = h.value
	case ":status":
		r.status = h.value
	case "grpc-status":
		r.grpc = h.value
	}
}

// summary is what the Info column says of it: "GET /x" or "200 OK".
func (r *http2Request) summary() string {
	switch {
	case r.status != "":
		if s := http2Status(r.status); s != "" {
			return r.status + " " + s
		}
		return r.status
	case r.method != "" && r.path != "":
		return r.method + " " + r.path
	}
	return r.method
}

// uri is the whole URI that is asked for; empty if a part of it is missing.
func (r *http2Request) uri() string {
	if r.scheme == "" || r.authority == "" || r.path == "" {
		return ""
	}
	return r.scheme + "://" + r.authority + r.path
}
