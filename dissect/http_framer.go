package dissect

import (
	"bytes"
	"strconv"

	"tcplens/internal/tcp"
)

// maxHTTPHead bounds the start line and header fields of a message, bytes. What
// goes on longer is no message.
const maxHTTPHead = 64 << 10

// httpState is what a framer of HTTP waits for.
type httpState uint8

const (
	httpAtStart   httpState = iota // the first byte of a message
	httpInLine                     // the rest of the first line
	httpInFields                   // header fields, up to the empty line
	httpInBody                     // left bytes
	httpAtSize                     // the line with a chunk's size
	httpInChunk                    // left bytes of a chunk and its line end
	httpInTrailer                  // the line after the last chunk
	httpToFIN                      // all that the direction still brings
)

// httpFramer finds the messages of HTTP/1 in one direction (RFC 9112 §6, R90–R92).
type httpFramer struct {
	session *Session
	dir     uint8
	state   httpState
	crlf    bool   // the line end before a message has been passed over
	line    []byte // of a line that has not ended
	size    int    // bytes of the head so far
	left    int64  // bytes to come, in httpInBody and httpInChunk
	head    httpHead
	start   int        // length of the head, bytes
	body    int        // bytes of the body so far, without what chunks need
	id      uint64     // of the request that the message answers; 0 if it answers none
	inner   tcp.Framer // of what is spoken after CONNECT or the preface of HTTP/2; nil before
	preface bool       // the first line of that preface has been read, but not its end
	stuck   bool       // no more frames are shown: see pushInner
}

// Push implements tcp.Framer.
func (f *httpFramer) Push(p tcp.Piece, ends []uint32) ([]uint32, tcp.Need) {
	b := p.Data
	f.session.throughTunnel(b)
	if f.inner == nil && f.state == httpAtStart && f.session.http.inner != AppNone {
		f.inner = f.session.newFramer(f.session.http.inner, f.dir)
	}
	if f.inner != nil {
		return f.pushInner(p, ends)
	}
	for i := 0; i < len(b); {
		n, done := f.take(b[i:], p.FIN)
		if f.preface {
			return f.toHTTP2(p, i, ends)
		}
		i += n
		if done && i > 0 { // one that had ended before this segment goes on with the next
			ends = append(ends, uint32(i))
			if i < len(b) && f.session.http.upgraded() {
				return f.inside(p, i, ends)
			}
		}
	}
	if (p.FIN || p.Cut > 0) && f.state != httpAtStart {
		if p.Cut > 0 && f.state == httpInFields && len(f.line) > 0 {
			f.head.field(f.line)
		}
		if f.state != httpInLine && (p.Cut > 0 || f.state != httpInFields) {
			f.finish()
		}
		f.reset()
		ends = append(ends, uint32(len(b)))
	}
	return ends, f.need()
}

// toHTTP2 goes on as a framer of HTTP/2 with the preface, whose first line ends
// behind offset i of the piece.
func (f *httpFramer) toHTTP2(p tcp.Piece, i int, ends []uint32) ([]uint32, tcp.Need) {
	f.session.beginHTTP2(f.session.frame)
	f.inner = f.session.newFramer(AppHTTP2, f.dir)
	n := bytes.IndexByte(p.Data[i:], '\n') + 1
	if before := len(http2PrefaceLine) - n; before > 0 {
		f.inner.Push(tcp.Piece{Data: []byte(http2PrefaceLine[:before]), Number: p.Number}, nil)
	}
	return f.inside(p, i, ends)
}

// inside gives the piece from offset i on to the framer of what is spoken now.
func (f *httpFramer) inside(p tcp.Piece, i int, ends []uint32) ([]uint32, tcp.Need) {
	if f.inner == nil {
		f.inner = f.session.newFramer(f.session.http.inner, f.dir)
	}
	first := len(ends)
	p.Data, p.Seq = p.Data[i:], p.Seq+uint32(i)
	ends, need := f.pushInner(p, ends)
	for k := range ends[first:] {
		ends[first+k] += uint32(i)
	}
	return ends, need
}

// untilOver is so many bytes that no conversation brings them.
const untilOver = 1 << 30

// pushInner gives a piece to the framer of what is spoken now.
//
// When the segment that ends the preface of HTTP/2 ends inside of a frame, tshark
// waits for the rest of that frame until the conversation is over, and shows nothing
// of what its client sends. So do the messages of this framer; those who list the
// requests learn of them nevertheless.
func (f *httpFramer) pushInner(p tcp.Piece, ends []uint32) ([]uint32, tcp.Need) {
	first := len(ends)
	ends, need := f.inner.Push(p, ends)
	if f.preface && len(ends) > first {
		f.preface, f.stuck = false, need.Kind == tcp.NeedBytes
		return ends, need
	}
	if f.stuck {
		return ends[:first], tcp.Need{Kind: tcp.NeedBytes, N: untilOver}
	}
	return ends, need
}

// Skip implements tcp.Framer.
func (f *httpFramer) Skip() {
	f.stuck = false
	if f.inner != nil {
		f.inner.Skip()
		return
	}
	f.reset()
}

// Keeps implements tcp.Keeper for what is spoken inside: a message of HTTP that is
// not shown is of no use.
func (f *httpFramer) Keeps() bool { return keeps(f.inner) }

// Aside implements tcp.Keeper.
func (f *httpFramer) Aside() tcp.Framer {
	if f.inner != nil {
		return aside(f.inner)
	}
	if f.state == httpAtStart {
		return nil
	}
	x := *f
	x.line = bytes.Clone(f.line)
	f.reset()
	return &x
}

// Fork implements tcp.Forker.
func (f *httpFramer) Fork() tcp.Framer {
	if f.inner != nil {
		return nil
	}
	return &httpFramer{session: f.session, dir: f.dir}
}

func (f *httpFramer) reset() {
	if f.state != httpAtStart && f.head.kind == httpRequest {
		f.session.http.exchanges.asking = false
	}
	f.state, f.line, f.size, f.left, f.crlf = httpAtStart, nil, 0, 0, false
}

// closed says that the direction has ended: so does the message that reaches to there.
func (f *httpFramer) closed() {
	if f.state == httpToFIN {
		f.finish()
		f.reset()
	}
}

// finish notes the message for those who ask later.
func (f *httpFramer) finish() {
	f.session.addHTTP(&f.head, f.dir)
	switch f.head.kind {
	case httpRequest:
		f.session.askHTTP(&f.head, f.dir)
	case httpResponse:
		f.session.answerEnds(f.id, &f.head, f.dir, f.body)
	}
	f.session.messages++
}

// Ended implements tcp.Ender: the message that reached to the end of its direction
// was of n bytes. closed has been called before.
func (f *httpFramer) Ended(n uint32) {
	f.session.answer(f.id, max(0, int(n)-f.start-f.body), nil)
}

func (f *httpFramer) need() tcp.Need {
	switch f.state {
	case httpAtStart:
		return tcp.Need{}
	case httpInBody:
		return tcp.Need{Kind: tcp.NeedBytes, N: uint32(f.left)}
	case httpToFIN:
		return tcp.Need{Kind: tcp.NeedFIN}
	}
	return tcp.Need{Kind: tcp.NeedSegment}
}

// take uses up some bytes of b, the rest of a segment, at least one of them
// unless a message is done.
func (f *httpFramer) take(b []byte, fin bool) (n int, done bool) {
	switch f.state {
	case httpAtStart:
		if f.session.http.opaque {
			return len(b), true
		}
		if !f.crlf && len(b) > 2 && b[0] == '\r' && b[1] == '\n' {
			f.crlf = true
			return 2, true
		}
		if b[0] < 0x20 || b[0] >= 0x7f {
			f.reset() // no text: nobody waits for the end of its line
			return len(b), true
		}
		f.state = httpInLine
		return f.takeFirst(b)
	case httpInLine:
		return f.takeFirst(b)
	case httpInFields:
		return f.takeField(b, fin)
	case httpInBody:
		n = int(min(f.left, int64(len(b))))
		f.left -= int64(n)
		f.body += n
		return n, f.left == 0 && f.end()
	case httpAtSize:
		return f.takeSize(b)
	case httpInChunk:
		n = int(min(f.left, int64(len(b))))
		before := max(0, f.left-2) // of the chunk itself, without its line end
		f.left -= int64(n)
		f.body += int(before - max(0, f.left-2))
		if f.left == 0 {
			f.state = httpAtSize
		}
		return n, false
	case httpInTrailer:
		return f.takeTrailer(b)
	case httpToFIN:
		f.body += len(b)
		return len(b), false
	}
	return len(b), true
}

// end notes a message that is complete and waits for the next.
func (f *httpFramer) end() bool {
	f.finish()
	f.reset()
	return true
}

// takeLine adds to the line that has not ended. The line, without its end, is
// valid until the next call.
func (f *httpFramer) takeLine(b []byte) (line []byte, n int, ok bool) {
	if k := len(f.line); k > 0 && f.line[k-1] == '\r' {
		// The segment before ended in a CR: it was the line's end, or half of it.
		if b[0] == '\n' {
			n = 1
		}
		line, f.line = f.line[:k-1], f.line[:0]
		f.size += n
		return line, n, true
	}
	line, n, ok = httpLine(b)
	f.size += n
	if !ok {
		if len(f.line)+n <= maxHTTPHead {
			f.line = append(f.line, b[:n]...)
		}
		return nil, n, false
	}
	if len(f.line) > 0 {
		line = append(f.line, line...)
		f.line = line[:0]
	}
	return line, n, true
}

func (f *httpFramer) takeFirst(b []byte) (int, bool) {
	line, n, ok := f.takeLine(b)
	if f.size > maxHTTPHead {
		f.reset()
		return len(b), true
	}
	if !ok {
		return n, false
	}
	f.head.start(line)
	if f.head.kind == httpOther {
		if string(line) == http2PrefaceLine[:len(http2PrefaceLine)-2] {
			f.preface = true
			return n, false
		}
		f.reset()
		return len(b), true
	}
	f.state, f.start, f.body, f.id = httpInFields, f.size, 0, 0
	switch f.head.kind {
	case httpRequest:
		f.session.http.exchanges.asking = true
	case httpResponse:
		f.id = f.session.answerBegins(&f.head)
	}
	return n, false
}

func (f *httpFramer) takeField(b []byte, fin bool) (int, bool) {
	line, n, ok := f.takeLine(b)
	if f.size > maxHTTPHead {
		f.reset()
		return len(b), true
	}
	if !ok {
		return n, false
	}
	if len(line) > 0 {
		f.head.field(line)
		return n, false
	}
	f.start = f.size
	f.line, f.size = nil, 0
	rest := int64(len(b) - n)
	switch h := &f.head; {
	case h.noWait(f.session.http.method):
		return n + int(min(max(h.length, 0), rest)), f.end()
	case fin:
		if h.kind == httpRequest && h.length < 0 && !h.chunked {
			rest = 0
		}
		if h.length >= 0 && !h.chunked {
			rest = min(rest, h.length)
		}
		f.body = int(rest)
		if h.chunked {
			_, f.body = chunkedEnd(b[n:])
		}
		return n + int(rest), f.end()
	case h.chunked:
		f.state = httpAtSize
	case h.length > 0:
		f.state, f.left = httpInBody, h.length
	case h.length == 0 || h.kind == httpRequest:
		return n, f.end()
	default:
		f.state = httpToFIN
	}
	return n, false
}

// takeSize reads the line before a chunk (RFC 9112 §7.1). What is no number counts as 0.
func (f *httpFramer) takeSize(b []byte) (int, bool) {
	line, n, ok := f.takeLine(b)
	if f.size > maxHTTPHead {
		return len(b), f.end()
	}
	if !ok {
		return n, false
	}
	f.size = 0
	switch size := chunkSize(line); {
	case size > maxChunk: // nobody waits for it
		return len(b), f.end()
	case size > 0:
		f.state, f.left = httpInChunk, size+2
	default:
		f.state = httpInTrailer
	}
	return n, false
}

// takeTrailer ends a chunked body: with the empty line, or with the last whole
// line that there is of the trailer (RFC 9112 §7.1.2).
func (f *httpFramer) takeTrailer(b []byte) (int, bool) {
	line, n, ok := f.takeLine(b)
	if f.size > maxHTTPHead {
		return len(b), f.end()
	}
	if !ok {
		return n, false
	}
	for len(line) > 0 && n < len(b) {
		next, k, ok := httpLine(b[n:])
		if !ok {
			break
		}
		line, n = next, n+k
	}
	return n, f.end()
}

// maxChunk bounds a chunk, bytes: a longer one is none.
const maxChunk = 1 << 31

// chunkSize reads the size of a chunk, in front of its extensions; 0 for what is
// no number, more than maxChunk for what is no size.
func chunkSize(line []byte) int64 {
	i := 0
	for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
		i++
	}
	j := i
	for j < len(line) && j-i < 9 && isHexDigit(line[j]) {
		j++
	}
	v, err := strconv.ParseInt(string(line[i:j]), 16, 64)
	if err != nil {
		return 0
	}
	return v
}

func isHexDigit(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
