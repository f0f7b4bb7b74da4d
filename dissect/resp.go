package dissect

import (
	"bytes"
	"strconv"

	"tcplens/internal/tcp"
	"tcplens/internal/text"
)

// pRESP is the protocol of Redis and what speaks like it (RESP2 and RESP3,
// https://redis.io/docs/reference/protocol-spec). Wireshark knows the first.
var (
	pRESP        = newProto("REdis Serialization Protocol", "RESP", "resp")
	fRESPString  = pRESP.str("resp.string", "String")
	fRESPError   = pRESP.str("resp.error", "Error")
	fRESPInteger = pRESP.add(TInt64, "resp.integer", "Integer", Dec)
	fRESPBulk    = pRESP.none("resp.bulk_string", "Bulk String")
	fRESPBulkLen = pRESP.add(TInt32, "resp.bulk_string.length", "Length", Dec)
	fRESPBulkVal = pRESP.bytes("resp.bulk_string.value", "Value")
	fRESPArray   = pRESP.none("resp.array", "Array")
	fRESPArrLen  = pRESP.add(TInt64, "resp.array.length", "Length", Dec)
	fRESPPart    = pRESP.none("resp.fragment", "Fragment")

	fRESPMap    = pRESP.none("resp.map", "Map")
	fRESPSet    = pRESP.none("resp.set", "Set")
	fRESPPush   = pRESP.none("resp.push", "Push")
	fRESPAttr   = pRESP.none("resp.attribute", "Attribute")
	fRESPNull   = pRESP.none("resp.null", "Null")
	fRESPBool   = pRESP.bool("resp.boolean", "Boolean")
	fRESPDouble = pRESP.str("resp.double", "Double")
	fRESPBigNum = pRESP.str("resp.big_number", "Big Number")
	fRESPInline = pRESP.str("resp.inline", "Inline Command")

	fRESPPair = newPairFields(pRESP)

	eRESPLength = pRESP.none("resp.malformed_length", "Malformed length specified")
	eRESPPart   = pRESP.none("resp.partial", "Field is only partially decoded")
	eRESPDeep   = pRESP.none("resp.array_recursion_too_deep", "Array is too deep to recurse any further. Subsequent elements attached to the protocol tree may not reflect their actual location in the array")
)

// Limits of a message: those of a server with its default settings.
const (
	maxRESPBulk  = 512 << 20 // bytes of a string
	maxRESPCount = 1 << 24   // elements of an array
	maxRESPLine  = 64 << 10  // bytes of a line
	maxRESPDepth = 24        // arrays in each other that the tree shows as such
	maxRESPShown = 100       // bytes of a string that the Info column shows
	maxRESPWords = 32        // words of a command that it shows
)

// respApplication is Redis: the port is the one that Redis has with IANA.
type respApplication struct{}

func (respApplication) about() about {
	return about{proto: pRESP, alias: "redis", ports: []uint16{6379}, anywhere: true}
}

// looks wants a command that Redis has, as clients send it, whole.
func (respApplication) looks(b []byte) bool {
	name, ok := respCommandName(b)
	return ok && redisCommands[name] != 0
}

func (respApplication) framer(s *Session, dir uint8) tcp.Framer {
	r, ok := s.own.(*respSession)
	if !ok {
		r = &respSession{}
		s.own = r
	}
	return &respFramer{session: s, resp: r, dir: dir}
}

func (respApplication) dissect(c cursor, p *payload) {
	d := c.d
	if c.captured() == 0 {
		return
	}
	d.beginService(pRESP)
	r := respRun{payload: p, client: respFromClient(&c, p)}
	switch {
	case p.messages > 0: // said before
	case r.client:
		d.infoAppend("Request: ")
	default:
		d.infoAppend("Response: ")
	}
	c.proto(pRESP)
	for c.ok() && c.captured() > 0 {
		r.message(&c)
	}
	c.end()
	if c.left() > 0 {
		c.need(c.left())
	}
}

// respFromClient tells who speaks: by the port, else by what has been said.
func respFromClient(c *cursor, p *payload) bool {
	if who := c.sender(respApplication{}); who != 0 {
		return who > 0
	}
	if p.Messages != nil {
		if r := ownOf[respSession](p.Session); r != nil {
			if client := r.from(p.Session); client != 0 {
				return client == int8(p.Dir)+1
			}
		}
	}
	return respApplication{}.looks(c.rest())
}

// respRun is a run of messages in one call.
type respRun struct {
	*payload
	client bool
	count  int // messages so far
}

// message takes one message apart.
func (r *respRun) message(c *cursor) {
	if r.count++; r.count > 1 {
		c.d.infoAppend(", ")
	}
	b := c.rest()
	if _, ok := respKind(b[0]); !ok && r.client {
		r.inline(c)
		return
	}
	if c.cols() {
		c.d.infoAppend(respSummary(b, r.client))
	}
	if r.elements(c, 1, 0) {
		c.paired(&fRESPPair, r.payload)
	}
}

// inline shows a command as people type it (protocol specification, "Inline
// commands").
func (r *respRun) inline(c *cursor) {
	b := c.rest()
	n := bytes.IndexByte(b, '\n') + 1
	if n == 0 {
		n = len(b)
	}
	line := bytes.TrimRight(b[:n], "\r\n")
	if c.cols() {
		c.d.infoAppend(text.Printable(cutText(string(line), maxRESPLine)))
	}
	c.skip(n)
	c.add(fRESPInline, n, Node{str: string(line)})
	c.paired(&fRESPPair, r.payload)
}

// respKind tells what an element that begins with a byte is.
func respKind(t byte) (f *Field, ok bool) {
	switch t {
	case '+':
		return fRESPString, true
	case '-':
		return fRESPError, true
	case ':':
		return fRESPInteger, true
	case '$', '=', '!':
		return fRESPBulk, true
	case '*':
		return fRESPArray, true
	case '%':
		return fRESPMap, true
	case '~':
		return fRESPSet, true
	case '>':
		return fRESPPush, true
	case '|':
		return fRESPAttr, true
	case '_':
		return fRESPNull, true
	case '#':
		return fRESPBool, true
	case ',':
		return fRESPDouble, true
	case '(':
		return fRESPBigNum, true
	}
	return nil, false
}

// respLine finds the first line of an element: what stands between its type and
// the line end, and how many bytes all of it takes; 0 if there is no end.
func respLine(b []byte) (line []byte, n int) {
	i := bytes.Index(b[:min(len(b), maxRESPLine)], []byte("\r\n"))
	if i < 1 {
		return nil, 0
	}
	return b[1:i], i + 2
}

// respLength reads a length or a count of at most most; −1 stands for none.
func respLength(line []byte, most int64) (n int64, ok bool) {
	n, err := strconv.ParseInt(string(line[:min(len(line), 20)]), 10, 64)
	return n, err == nil && n >= -1 && n <= most
}

// respBody tells what follows the first line of an element: size bytes with their
// line end, or count elements.
func respBody(t byte, line []byte) (size, count int64, ok bool) {
	switch t {
	case '$', '=', '!':
		n, ok := respLength(line, maxRESPBulk)
		if n >= 0 {
			n += 2
		}
		return max(0, n), 0, ok
	case '*', '~', '>':
		n, ok := respLength(line, maxRESPCount)
		return 0, max(0, n), ok
	case '%':
		n, ok := respLength(line, maxRESPCount)
		return 0, 2 * max(0, n), ok
	case '|': // and what the attributes are of
		n, ok := respLength(line, maxRESPCount)
		return 0, 2*max(0, n) + 1, ok
	}
	return 0, 0, true
}

// elements takes count elements apart that follow each other, with all that they
// hold. It is false where the data ends before them, or where there is none.
func (r *respRun) elements(c *cursor, count int64, depth int) bool {
	for ; count > 0; count-- {
		if !c.ok() || c.captured() == 0 {
			return false
		}
		inside, ok := r.element(c)
		switch {
		case !ok:
			return false
		case inside == 0:
		case depth < maxRESPDepth:
			ok = r.elements(c, inside, depth+1)
			c.end()
			if !ok {
				return false
			}
		default:
			c.expert(NoteSev, GroupUndecoded, eRESPDeep, eRESPDeep.Name)
			c.end()
			count += inside // they follow in the same place
		}
	}
	return true
}

// element takes one element apart, of an array or its like the first line only:
// then inside is how many elements it holds, and its node is still open. It is
// false where the data ends before the element, or where there is none.
func (r *respRun) element(c *cursor) (inside int64, ok bool) {
	b := c.rest()
	f, known := respKind(b[0])
	line, n := respLine(b)
	if !known || n == 0 {
		r.fragment(c, known)
		return 0, false
	}
	size, count, ok := respBody(b[0], line)
	switch f {
	case fRESPBulk:
		return 0, r.bulk(c, line, n, int(size), ok)
	case fRESPArray, fRESPMap, fRESPSet, fRESPPush, fRESPAttr:
		r.aggregate(c, f, line, n, count, ok)
		return count, ok
	case fRESPInteger:
		v, _ := strconv.ParseInt(string(line[:min(len(line), 20)]), 10, 64)
		c.skip(n)
		c.add(f, n, Node{num: uint64(v)})
	case fRESPBool:
		v := uint64(0)
		if string(line) == "t" {
			v = 1
		}
		c.skip(n)
		c.add(f, n, Node{num: v})
	case fRESPNull:
		c.skip(n)
		c.add(f, n, Node{})
	default:
		c.skip(n)
		if c.on() {
			c.add(f, n, Node{str: string(line)})
		}
	}
	return 0, true
}

// fragment shows data that is no element, up to the end of its line.
func (r *respRun) fragment(c *cursor, partial bool) {
	n := bytes.Index(c.rest(), []byte("\r\n")) + 2
	if n < 2 {
		n = c.captured()
	}
	c.skip(n)
	c.add(fRESPPart, n, Node{})
	if partial && c.on() {
		c.begin()
		c.expert(NoteSev, GroupUndecoded, eRESPPart, eRESPPart.Name)
		c.end()
	}
}

// bulk takes a string apart that tells its length, also those of RESP3: errors, and
// text with its format before it.
func (r *respRun) bulk(c *cursor, line []byte, n, size int, ok bool) bool {
	have := min(size, c.captured()-n)
	kind := c.peek(0)
	value := c.rest()[n : n+max(0, min(have, size-2))]
	if c.on() {
		c.sub(fRESPBulk, respBulkLabel(kind, line, value, ok))
	}
	length, _ := respLength(line, maxRESPBulk)
	if !ok {
		length, _ = strconv.ParseInt(string(line[:min(len(line), 20)]), 10, 64)
	}
	c.skip(n)
	c.add(fRESPBulkLen, n, Node{num: uint64(length)})
	if !ok && c.on() {
		c.expert(Error, GroupUndecoded, eRESPLength, eRESPLength.Name)
	}
	if len(value) > 0 {
		c.skip(len(value))
		c.add(fRESPBulkVal, len(value), Node{raw: value})
	}
	c.skip(have - len(value))
	c.end()
	return ok && have == size
}

// maxRESPLabel is how many bytes of a string the tree shows as text.
const maxRESPLabel = 1000

func respBulkLabel(kind byte, line, value []byte, ok bool) string {
	name := fRESPBulk.Name
	switch kind {
	case '!':
		name = "Bulk Error"
	case '=':
		name = "Verbatim String"
	}
	switch {
	case string(line) == "-1":
		return name + ": [NULL]"
	case !ok || !isText(value):
		return name
	}
	return name + ": " + text.Printable(cutText(string(value[:min(len(value), 2*maxRESPLabel)]), maxRESPLabel))
}

// isText says whether a value can be read.
func isText(b []byte) bool {
	for _, x := range b[:min(len(b), 2*maxRESPLabel)] {
		if x < ' ' && x != '\n' && x != '\r' && x != '\t' || x == 0x7f {
			return false
		}
	}
	return true
}

// aggregate shows the first line of an array or its like, and leaves its node open
// if it holds elements.
func (r *respRun) aggregate(c *cursor, f *Field, line []byte, n int, count int64, ok bool) {
	length, _ := respLength(line, maxRESPCount)
	c.skip(n)
	if c.on() {
		label := f.Name + ": Length " + strconv.FormatInt(length, 10)
		switch {
		case !ok:
			label = f.Name
		case length < 0:
			label = f.Name + ": NULL"
		case length == 0:
			label = f.Name + ": Empty"
		}
		c.addAt(f, c.pos-n, 0, Node{text: label})
		c.begin()
		c.add(fRESPArrLen, n, Node{num: uint64(length)})
	}
	if !ok {
		c.expert(Error, GroupUndecoded, eRESPLength, eRESPLength.Name)
	}
	if !ok || count == 0 {
		c.end()
	}
}
