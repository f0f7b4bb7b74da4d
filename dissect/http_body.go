package dissect

import (
	"fmt"
	"strconv"
	"strings"

	"tcplens/internal/text"
)

// body shows what follows the head, closes the message's node and moves the
// cursor behind the body.
func (m *httpMessage) body(c *cursor, asked httpMethod, start int) {
	have, wire := c.captured(), c.left()
	n := wire
	switch {
	case m.noWait(asked):
		n = int(min(max(m.length, 0), int64(have)))
	case m.chunked:
		n, _ = chunkedEnd(c.rest())
		if n == have {
			n = wire
		}
	case m.length >= 0:
		n = int(min(m.length, int64(wire)))
	case m.kind == httpRequest:
		n = 0
	}
	if n <= 0 {
		c.end()
		return
	}
	body := c.to(n)
	if m.chunked {
		plain := m.dechunk(body)
		if !c.ok() {
			return
		}
		if body.captured() < body.left() {
			body.skip(body.captured())
			body.need(1)
			c.end()
			return
		}
		body = c.newSource("De-chunked entity body", plain)
		if len(plain) == 0 {
			if c.on() {
				c.fileData(body, plain)
			}
			c.end()
			return
		}
	}
	if m.encoding != "" && !strings.EqualFold(m.encoding, "identity") {
		var ok bool
		if body, ok = unpackBody(&body, m.encoding, eHTTPUnpackMost); !ok {
			body.expert(WarnSev, GroupUndecoded, eHTTPDecompress, eHTTPDecompress.Name)
			dissectData(body)
			c.end()
			c.end()
			return
		}
		c.end()
	}
	if !m.transfer || m.chunked {
		c.fileData(body, body.rest())
	}
	if !m.hasType {
		dissectUntyped(body)
		c.end()
		return
	}
	image := imageOf(body.rest())
	if isImageType(m.mime) && image != imageNamed(m.mime) && c.on() && body.left() > 0 {
		c.expertAt(m.off, eHTTPBody)
	}
	if mediaKindOf(m.mime, body.rest()) != mediaOther {
		if o := c.opened(); o != nil {
			// tshark counts from where its data began, not from the message.
			o.Len = min(o.Len, int32(max(0, min(c.pos-n, c.have)-start)))
		}
	}
	c.end()
	if isGRPC(m.mime) {
		dissectGRPC(body, &grpcCall{m.target, m.mime, m.grpcCoding, m.kind == httpResponse})
	} else {
		dissectMedia(body, m.mime, m.params)
	}
	if d := c.d; d.fail == fine && body.captured() < body.left() {
		d.fail, d.failProto = cutShort, pHTTP
	}
}

// expertAt notes that a body is not what its type says.
func (c *cursor) expertAt(off int, item *Field) {
	x := *c
	x.pos = off
	x.expert(NoteSev, GroupMalformed, item, item.Name)
}

// fileData adds the field that has the whole body.
func (c *cursor) fileData(body cursor, b []byte) {
	if c.on() {
		body.addAt(fHTTPFileData, body.pos, len(b), Node{str: string(b), text: "File Data: " + strconv.Itoa(len(b)) + " bytes"})
	}
}

// chunkedEnd finds the end of a chunked body, as the framer does; len(b) if it
// does not come. plain is how many bytes its chunks have together.
func chunkedEnd(b []byte) (end, plain int) {
	at := 0
	for at < len(b) {
		line, n, _ := httpLine(b[at:])
		at += n
		size := chunkSize(line)
		if size == 0 {
			for at < len(b) {
				line, n, ok := httpLine(b[at:])
				if !ok {
					break
				}
				at += n
				if len(line) == 0 {
					break
				}
			}
			return at, plain
		}
		if size > maxChunk {
			return len(b), plain
		}
		plain += int(min(size, int64(len(b)-at)))
		if size+2 > int64(len(b)-at) {
			return len(b), plain
		}
		at += int(size) + 2
	}
	return len(b), plain
}

// maxChunkLines bounds how many chunks are shown one by one.
const maxChunkLines = 2000

// dechunk shows the chunks of a body and joins them (RFC 9112 §7.1).
func (m *httpMessage) dechunk(c cursor) []byte {
	var plain []byte
	if c.on() {
		c.addAt(fText, c.pos, c.captured(), Node{text: "HTTP chunked response"})
		c.begin()
	}
	shown := 0
	for c.captured() > 0 {
		off := c.pos
		line, n, _ := httpLine(c.rest())
		c.skip(n)
		size := chunkSize(line)
		if size == 0 {
			m.lastChunk(&c, off, n)
			break
		}
		if size > maxChunk {
			c.need(c.captured() + 1)
			return plain
		}
		k := int(min(size, int64(c.captured())))
		plain = append(plain, c.rest()[:k]...)
		end := min(k+2, c.captured())
		if shown++; c.on() && shown <= maxChunkLines {
			c.addAt(fText, off, n+end, Node{text: fmt.Sprintf("Data chunk (%d octets)", size)})
			c.begin()
			c.addAt(fHTTPChunkSize, off, n, Node{num: uint64(size)})
			c.bytes(fHTTPChunkData, k)
			c.bytes(fHTTPBoundary, end-k)
			c.end()
		} else {
			c.skip(end)
		}
	}
	c.end()
	return plain
}

// lastChunk shows the chunk of size zero and the trailer behind it.
func (m *httpMessage) lastChunk(c *cursor, off, n int) {
	if !c.on() {
		c.skip(c.captured())
		return
	}
	c.addAt(fText, off, n+min(2, c.captured()), Node{text: "End of chunked encoding"})
	c.begin()
	c.addAt(fHTTPChunkSize, off, n, Node{})
	c.end()
	b := c.rest()
	end, last := 0, 0
	for end+last < len(b) {
		line, k, ok := httpLine(b[end:])
		if len(line) == 0 || !ok {
			last = k
			break
		}
		end += k
	}
	if end > 0 {
		c.skip(end)
		c.add(fHTTPTrailer, end, Node{str: string(b[:end])})
	}
	if last > 0 {
		c.skip(last)
		c.note(last, text.Printable(string(b[end:end+last])))
	}
	c.skip(c.captured())
}
