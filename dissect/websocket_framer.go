package dissect

import (
	"encoding/binary"
	"math"

	"tcplens/internal/tcp"
)

// The opcodes of frames (RFC 6455 §5.2). Those of control frames have the highest
// bit set.
const (
	wsContinuation = 0
	wsText         = 1
	wsBinary       = 2
	wsClose        = 8
	wsPing         = 9
	wsPong         = 10
	wsControl      = 8
)

// webSocketHeadLen is the length of the longest header of a frame, bytes.
const webSocketHeadLen = 14

// webSocketHead is the header of a frame.
type webSocketHead struct {
	fin, masked bool
	rsv1        bool // what it begins is compressed, if that was agreed on (RFC 7692 §6)
	opcode      byte
	size        int   // of the header, bytes
	length      int64 // of the payload, bytes
	mask        [4]byte
}

// webSocketHeadSize tells how long the header is that begins with these two bytes.
func webSocketHeadSize(second byte) int {
	n := 2
	switch second & 0x7f {
	case 126:
		n += 2
	case 127:
		n += 8
	}
	if second&0x80 != 0 {
		n += 4
	}
	return n
}

// webSocketHeadOf reads the header that b begins with (RFC 6455 §5.2). It is false
// while that is not whole.
func webSocketHeadOf(b []byte) (h webSocketHead, ok bool) {
	if len(b) < 2 {
		return h, false
	}
	h.size = webSocketHeadSize(b[1])
	if len(b) < h.size {
		return h, false
	}
	h.fin, h.rsv1, h.opcode = b[0]&0x80 != 0, b[0]&0x40 != 0, b[0]&0x0f
	h.masked = b[1]&0x80 != 0
	switch h.length = int64(b[1] & 0x7f); h.length {
	case 126:
		h.length = int64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		h.length = int64(min(binary.BigEndian.Uint64(b[2:]), math.MaxInt64))
	}
	if h.masked {
		copy(h.mask[:], b[h.size-4:])
	}
	return h, true
}

// fragment says that the frame is a part of a message of several.
func (h *webSocketHead) fragment() bool {
	return h.opcode < wsControl && (!h.fin || h.opcode == wsContinuation)
}

// sound says whether a message can be as long as that. What is longer than
// sequence numbers can tell is taken for what no frame begins with.
func (h *webSocketHead) sound() bool { return h.length <= math.MaxInt32 }

// webSocketFramer finds the frames of one direction (RFC 6455 §5).
type webSocketFramer struct {
	session *Session
	dir     uint8
	raw     [webSocketHeadLen]byte
	n       int // bytes of raw that there are
	inBody  bool
	head    webSocketHead
	left    int    // bytes of the payload to come
	keep    bool   // the payload is looked into
	body    []byte // and this is what there is of it
}

// Push implements tcp.Framer.
func (f *webSocketFramer) Push(p tcp.Piece, ends []uint32) ([]uint32, tcp.Need) {
	b := p.Data
	for i := 0; i < len(b); {
		if !f.inBody {
			f.raw[f.n] = b[i]
			f.n++
			i++
			if f.n < 2 || f.n < webSocketHeadSize(f.raw[1]) {
				continue
			}
			f.head, _ = webSocketHeadOf(f.raw[:f.n])
			if !f.head.sound() {
				f.reset()
				return append(ends, uint32(len(b))), tcp.Need{}
			}
			f.inBody, f.left = true, int(f.head.length)
			f.keep = f.session.webSocketWants(f.dir, &f.head)
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
	case f.inBody:
		return ends, tcp.Need{Kind: tcp.NeedBytes, N: uint32(f.left)}
	case f.n > 0:
		return ends, tcp.Need{Kind: tcp.NeedSegment}
	}
	return ends, tcp.Need{}
}

// Skip implements tcp.Framer.
func (f *webSocketFramer) Skip() {
	if f.inBody {
		f.session.webSocketLost(f.dir, &f.head)
	}
	f.reset()
}

// finish notes a frame that has ended.
func (f *webSocketFramer) finish() {
	body := f.body
	if !f.keep {
		body = nil
	} else if f.head.masked {
		unmask(body, f.head.mask)
	}
	f.session.webSocketFrame(f.dir, &f.head, body)
	f.reset()
}

func (f *webSocketFramer) reset() {
	f.n, f.left, f.inBody, f.keep = 0, 0, false, false
	if cap(f.body) > 1<<15 {
		f.body = nil
	}
	f.body = f.body[:0]
}

// unmask undoes the masking of a client's payload (RFC 6455 §5.3).
func unmask(b []byte, mask [4]byte) {
	for i := range b {
		b[i] ^= mask[i&3]
	}
}
