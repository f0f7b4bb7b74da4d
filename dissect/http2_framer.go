package dissect

import (
	"encoding/binary"

	"tcplens/internal/tcp"
)

// http2Preface is what a client begins with (RFC 9113 §3.4).
const http2Preface = http2PrefaceLine + "\r\nSM\r\n\r\n"

// http2PrefaceLine is its first line: no request of HTTP/1 looks like that.
const http2PrefaceLine = "PRI * HTTP/2.0\r\n"

// http2HeadLen is the length of a frame's header, bytes (RFC 9113 §4.1).
const http2HeadLen = 9

// maxHTTP2Block bounds the payload of a frame with headers that is looked into, bytes.
const maxHTTP2Block = maxHeaderBlock

// http2Head is the header of a frame.
type http2Head [http2HeadLen]byte

func (h *http2Head) length() int    { return int(h[0])<<16 | int(h[1])<<8 | int(h[2]) }
func (h *http2Head) kind() byte     { return h[3] }
func (h *http2Head) flags() byte    { return h[4] }
func (h *http2Head) stream() uint32 { return binary.BigEndian.Uint32(h[5:]) &^ (1 << 31) }

// isPreface says whether a header is the beginning of the preface. As a frame it
// would be of an unknown type and some five million bytes long.
func (h *http2Head) isPreface() bool { return string(h[:]) == http2Preface[:http2HeadLen] }

// size gives the length of the whole frame with its header, bytes.
func (h *http2Head) size() int {
	if h.isPreface() {
		return len(http2Preface)
	}
	return http2HeadLen + h.length()
}

// http2Framer finds the frames of one direction (RFC 9113 §4.1).
type http2Framer struct {
	session *Session
	dir     uint8
	head    http2Head
	n       int    // bytes of head that there are
	left    int    // bytes of the payload to come, once the head is whole
	keep    bool   // the payload is looked into
	body    []byte // and this is what there is of it
}

// Push implements tcp.Framer.
func (f *http2Framer) Push(p tcp.Piece, ends []uint32) ([]uint32, tcp.Need) {
	b := p.Data
	for i := 0; i < len(b); {
		if f.n < http2HeadLen {
			k := copy(f.head[f.n:], b[i:])
			f.n += k
			i += k
			if f.n < http2HeadLen {
				break
			}
			f.left = f.head.size() - http2HeadLen
			f.keep = f.session.http2Wants(f.dir, &f.head)
			f.body = f.body[:0]
		}
		k := min(f.left, len(b)-i)
		if f.keep {
			f.body = append(f.body, b[i:i+k]...)
		}
		f.left -= k
		i += k
		if f.left == 0 {
			f.finish()
			ends = append(ends, uint32(i))
		}
	}
	switch {
	case f.n == 0:
		return ends, tcp.Need{}
	case f.n < http2HeadLen:
		return ends, tcp.Need{Kind: tcp.NeedSegment}
	}
	return ends, tcp.Need{Kind: tcp.NeedBytes, N: uint32(f.left)}
}

// Skip implements tcp.Framer.
func (f *http2Framer) Skip() {
	if f.n == http2HeadLen {
		f.session.http2Lost(f.dir, &f.head)
	}
	f.reset()
}

// finish notes a frame that has ended.
func (f *http2Framer) finish() {
	body := f.body
	if !f.keep {
		body = nil
	}
	f.session.http2Frame(f.dir, &f.head, body)
	f.reset()
}

func (f *http2Framer) reset() {
	f.n, f.left, f.keep = 0, 0, false
	if cap(f.body) > 1<<15 {
		f.body = nil
	}
}
