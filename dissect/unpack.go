package dissect

import (
	"bytes"
	"compress/flate"
	"io"
)

// maxInflated bounds what a compressed body or message is unpacked to, bytes: a
// small one may say to be of any size.
const maxInflated = 16 << 20

// unpackState says how unpacking went.
type unpackState uint8

const (
	unpackNone unpackState = iota // it was not tried
	unpackDone
	unpackBad  // the bytes are no such compression
	unpackOver // there is more than a limit allows
	unpackLost // it needs what came before it, and that is not known
)

// inflated is what something was unpacked to.
type inflated struct {
	data  []byte // as far as it is kept
	size  int    // of all that came out, bytes
	state unpackState
}

// deflateWindow is how far back compressed data may refer, bytes (RFC 1951 §2).
const deflateWindow = 32 << 10

// Work on the messages of one direction has a bound, too: it may bring forth this
// much, bytes, and so many times as much as it had.
const (
	inflateGrant = 16 << 20
	inflateRatio = 64
)

// inflater unpacks messages that each continue the compression of the ones before
// (RFC 7692 §7.2.2). It belongs to the sequencing goroutine.
type inflater struct {
	r      io.ReadCloser
	window []byte // the end of what came out so far
	buf    []byte
	credit int64 // how much more may come out, beyond inflateGrant, bytes
	dead   bool  // what came before is not known any more
}

// kill gives up: what follows may refer to what is not known.
func (x *inflater) kill() { *x = inflater{dead: true} }

// deflateTail stands for the end that messages are sent without, and ends the data.
const deflateTail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

// message unpacks the next message. It keeps most bytes of it. whole says that b is
// all of it.
func (x *inflater) message(b []byte, whole bool, most int) inflated {
	if x.dead || !whole {
		x.kill()
		return inflated{state: unpackLost}
	}
	x.credit += inflateRatio * int64(len(b))
	src := io.MultiReader(bytes.NewReader(b), bytes.NewReader([]byte(deflateTail)))
	if x.r == nil {
		x.r = flate.NewReaderDict(src, x.window)
	} else if err := x.r.(flate.Resetter).Reset(src, x.window); err != nil {
		x.kill()
		return inflated{state: unpackBad}
	}
	out := inflated{state: unpackDone}
	if x.buf == nil {
		x.buf = make([]byte, 4<<10)
	}
	for {
		n, err := x.r.Read(x.buf)
		out.size += n
		x.credit -= int64(n)
		if k := min(n, most-len(out.data)); k > 0 {
			out.data = append(out.data, x.buf[:k]...)
		}
		x.remember(x.buf[:n])
		switch {
		case err == io.EOF:
			return out
		case err != nil:
			x.kill()
			return inflated{state: unpackBad}
		case out.size > maxInflated || x.credit < -inflateGrant:
			x.kill()
			out.state = unpackOver
			return out
		}
	}
}

// remember adds to the window.
func (x *inflater) remember(b []byte) {
	x.window = append(x.window, b...)
	if n := len(x.window); n > 2*deflateWindow {
		copy(x.window, x.window[n-deflateWindow:])
		x.window = x.window[:deflateWindow]
	}
}
