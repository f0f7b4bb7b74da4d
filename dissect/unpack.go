package dissect

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"tcplens/internal/text"
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

// maxCodings bounds how many codings of one body are undone.
const maxCodings = 4

// maxZstdWindow is how far back a body in zstd may refer, bytes (RFC 9659 §3).
const maxZstdWindow = 8 << 20

// unpack undoes the codings of a body (RFC 9110 §8.4), the last one first.
func unpack(codings string, b []byte) inflated {
	list := strings.Split(codings, ",")
	if len(list) > maxCodings {
		return inflated{state: unpackBad}
	}
	out := inflated{data: b, size: len(b), state: unpackDone}
	for i := len(list) - 1; i >= 0 && out.state == unpackDone; i-- {
		if coding := strings.ToLower(strings.TrimSpace(list[i])); coding != "identity" {
			out = unpackOne(coding, out.data)
		}
	}
	return out
}

// unpackOne undoes one coding.
func unpackOne(coding string, b []byte) inflated {
	bad := inflated{state: unpackBad}
	var r io.Reader
	var err error
	switch src := bytes.NewReader(b); coding {
	case "gzip", "x-gzip":
		r, err = gzip.NewReader(src)
	case "deflate", "x-deflate":
		if r, err = zlib.NewReader(src); err != nil {
			// Some send it without the header of RFC 1950.
			r, err = flate.NewReader(bytes.NewReader(b)), nil
		}
	case "br": // RFC 7932
		r = brotli.NewReader(src)
	case "zstd": // RFC 8878
		d, err := zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow), zstd.WithDecoderMaxMemory(maxInflated))
		if err != nil {
			return bad
		}
		defer d.Close()
		r = d
	default:
		return bad
	}
	if err != nil {
		return bad
	}
	out, err := io.ReadAll(io.LimitReader(r, maxInflated+1))
	if len(out) > maxInflated {
		return inflated{data: out[:maxInflated:maxInflated], size: maxInflated, state: unpackOver}
	}
	if err != nil && len(out) == 0 {
		return bad
	}
	// A body that was cut short is shown as far as it goes.
	return inflated{data: out, size: len(out), state: unpackDone}
}

// unpackBody shows that a body is packed, and gives it unpacked; without success as
// it is. The node of it is open then, if there is a tree. limit is the expert item
// of the protocol for a body that is too large when unpacked.
func unpackBody(c *cursor, codings string, limit *Field) (cursor, bool) {
	plain := unpack(codings, c.rest())
	size := plural(c.left(), "byte")
	var label *Node
	if c.on() {
		label = c.addAt(fText, c.pos, c.left(), Node{text: "Content-encoded entity body (" + text.Printable(codings) + "): " + size})
	}
	c.begin()
	switch plain.state {
	case unpackBad:
		return *c, false
	case unpackOver:
		label.append(" -> more than " + plural(plain.size, "byte"))
		c.expert(WarnSev, GroupUndecoded, limit, limit.Name)
	default:
		label.append(" -> " + plural(plain.size, "byte"))
	}
	return c.newSource("Uncompressed entity body", plain.data), true
}
