package dissect

import (
	"bytes"

	"tcplens/internal/tcp"
)

// respKeep is how much of the beginning of a message is looked into, bytes.
const respKeep = 1 << 10

// respFramer finds the messages of RESP in one direction. It counts what is still to
// come of a message and keeps only its beginning, so that neither the size of a
// string nor the depth of arrays costs memory.
type respFramer struct {
	session *Session
	resp    *respSession
	dir     uint8

	open   found
	line   []byte // of a line that has not ended
	inline bool   // the message is a line without a type
	single bool   // it is one string
	count  int64  // elements to come
	left   int64  // bytes to come of a string
}

// Push implements tcp.Framer.
func (f *respFramer) Push(p tcp.Piece, ends []uint32) ([]uint32, tcp.Need) {
	b := p.Data
	for i := 0; i < len(b); {
		if f.open.size == 0 {
			f.open.first, f.open.at = f.session.frame, f.session.time
			f.count, f.single = 1, b[i] == '$'
			_, known := respKind(b[i])
			f.inline = !known
			if f.inline && !isText(b[i:i+1]) {
				f.Skip()
				return append(ends, uint32(len(b))), tcp.Need{}
			}
		}
		n, ok := f.take(b[i:])
		if !ok {
			// No message goes on like this: the segment is taken whole.
			f.Skip()
			return append(ends, uint32(len(b))), tcp.Need{}
		}
		if room := respKeep - len(f.open.head); room > 0 {
			f.open.head = append(f.open.head, b[i:i+min(n, room)]...)
		}
		f.open.size += n
		i += n
		if f.count == 0 && f.left == 0 {
			f.end()
			ends = append(ends, uint32(i))
		}
	}
	switch {
	case f.open.size == 0:
		return ends, tcp.Need{}
	case p.Cut > 0:
		if f.count == 0 && f.left <= int64(p.Cut) {
			f.end()
		}
		return append(ends, uint32(len(b))), tcp.Need{}
	case f.single && f.left > 0:
		return ends, tcp.Need{Kind: tcp.NeedBytes, N: uint32(f.left)}
	}
	return ends, tcp.Need{Kind: tcp.NeedSegment}
}

// take uses the bytes up to the end of a line or of a string, or all. It is false
// where they can't be.
func (f *respFramer) take(b []byte) (n int, ok bool) {
	if f.left > 0 {
		n = int(min(f.left, int64(len(b))))
		f.left -= int64(n)
		return n, true
	}
	n = bytes.IndexByte(b, '\n') + 1
	if n == 0 {
		n = len(b)
	}
	if len(f.line)+n > maxRESPLine {
		return 0, false
	}
	line := b[:n]
	if len(f.line) > 0 || line[n-1] != '\n' {
		f.line = append(f.line, line...)
		line = f.line
	}
	if line[len(line)-1] != '\n' {
		return n, true
	}
	f.line = f.line[:0]
	f.count--
	if f.inline {
		return n, true
	}
	if len(line) < 3 || line[len(line)-2] != '\r' {
		return 0, false
	}
	if _, known := respKind(line[0]); !known {
		return 0, false
	}
	size, count, ok := respBody(line[0], line[1:len(line)-2])
	f.left = size
	f.count += count
	return n, ok
}

func (f *respFramer) end() {
	m := f.open
	m.dir = f.dir
	f.Skip()
	f.resp.message(f.session, m)
	f.session.messages++
}

// Skip implements tcp.Framer.
func (f *respFramer) Skip() {
	f.open = found{head: f.open.head[:0]}
	f.line, f.count, f.left = f.line[:0], 0, 0
}
