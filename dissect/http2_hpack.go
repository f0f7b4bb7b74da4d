package dissect

import "golang.org/x/net/http2/hpack"

// Limits of header blocks (RFC 9113 §10.5.1): what goes beyond is read, so that the
// tables stay right, but not kept.
const (
	maxHPACKTable  = 64 << 10  // the dynamic table's size, bytes as RFC 7541 §4.1 counts them
	maxHeaderBlock = 256 << 10 // names and values of one block, bytes
	maxHeaderLines = 200       // headers of one block, as many as Wireshark shows
)

// http2Header is one header as it came out of a block.
type http2Header struct {
	name, value string
	off, n      int32  // where its representation stands in the fragment, bytes
	index       uint32 // of the tables; the new size for hpackUpdate
	kind        hpackKind
}

// hpackKind is how a header was written (RFC 7541 §6).
type hpackKind uint8

const (
	hpackIndexed hpackKind = iota
	hpackIncremental
	hpackWithout
	hpackNever
	hpackUpdate // not a header: a new size of the table
)

// String describes the representation; with a new name where index is 0.
func (h *http2Header) String() string {
	s := "Literal Header Field "
	switch h.kind {
	case hpackIndexed:
		return "Indexed Header Field"
	case hpackIncremental:
		s += "with Incremental Indexing"
	case hpackWithout:
		s += "without Indexing"
	case hpackNever:
		s += "never Indexed"
	}
	if h.index == 0 {
		return s + " - New Name"
	}
	return s + " - Indexed Name"
}

// hpackReader decodes the header blocks of one direction, which must come in
// order. It belongs to the sequencing goroutine.
type hpackReader struct {
	dec     *hpack.Decoder
	got     hpack.HeaderField
	dead    bool   // the tables are not known any more
	pending []byte // the representation that the last fragment left open
	size    int    // bytes of names and values in the open block
	lines   int    // headers in it
}

func newHPACKReader() *hpackReader {
	r := &hpackReader{}
	r.dec = hpack.NewDecoder(4096, func(f hpack.HeaderField) { r.got = f })
	r.dec.SetAllowedMaxDynamicTableSize(maxHPACKTable)
	r.dec.SetMaxStringLength(maxHeaderBlock)
	return r
}

// kill gives up: what follows can't be understood, since it may refer to what is not known.
func (r *hpackReader) kill() { r.dead, r.dec, r.pending = true, nil, nil }

// drop forgets an open block whose rest does not come.
func (r *hpackReader) drop() { r.pending, r.size, r.lines = nil, 0, 0 }

// read decodes a fragment of a block; end says that it is the block's last. over
// names what was too much, if anything was.
func (r *hpackReader) read(b []byte, end bool) (headers []http2Header, over *Field) {
	if r.dead {
		return nil, nil
	}
	before := len(r.pending)
	if before > 0 {
		b = append(r.pending, b...)
		r.pending = nil
	}
	at := 0
	for at < len(b) {
		h, n, state := hpackRepresentation(b[at:])
		if state == hpackMore {
			break
		}
		r.got = hpack.HeaderField{}
		if state == hpackBad {
			r.kill()
			return headers, over
		}
		if _, err := r.dec.Write(b[at : at+n]); err != nil {
			r.kill()
			return headers, over
		}
		h.off, h.n = int32(max(0, at-before)), int32(at+n-max(at, before))
		at += n
		h.name, h.value = r.got.Name, r.got.Value
		r.size += len(h.name) + len(h.value)
		r.lines++
		switch {
		case r.size > maxHeaderBlock:
			over = eH2HeaderSize
		case r.lines > maxHeaderLines:
			over = eH2HeaderLines
		default:
			headers = append(headers, h)
		}
	}
	switch {
	case !end:
		r.pending = append([]byte(nil), b[at:]...)
	case at < len(b) || r.dec.Close() != nil:
		r.kill()
	default:
		r.drop()
	}
	return headers, over
}

// hpackState says whether a representation is there.
type hpackState uint8

const (
	hpackWhole hpackState = iota
	hpackMore             // it goes on in the next fragment
	hpackBad
)

// hpackRepresentation measures the representation that b begins with (RFC 7541
// §6); b has at least one byte.
func hpackRepresentation(b []byte) (h http2Header, n int, state hpackState) {
	prefix, strs := uint(4), 1
	switch {
	case b[0]&0x80 != 0:
		h.kind, prefix, strs = hpackIndexed, 7, 0
	case b[0]&0x40 != 0:
		h.kind, prefix = hpackIncremental, 6
	case b[0]&0x20 != 0:
		h.kind, prefix, strs = hpackUpdate, 5, 0
	case b[0]&0x10 != 0:
		h.kind = hpackNever
	default:
		h.kind = hpackWithout
	}
	h.index, n, state = hpackInt(b, prefix)
	if h.index == 0 && strs > 0 {
		strs = 2
	}
	for ; strs > 0 && state == hpackWhole; strs-- {
		if n >= len(b) {
			return h, n, hpackMore
		}
		var size uint32
		var k int
		size, k, state = hpackInt(b[n:], 7)
		switch {
		case state != hpackWhole:
		case size > maxHeaderBlock:
			return h, n, hpackBad
		case int(size) > len(b)-n-k:
			return h, n, hpackMore
		}
		n += k + int(size)
	}
	return h, n, state
}

// hpackInt reads an integer whose first byte has a prefix of that many bits (RFC
// 7541 §5.1). Numbers beyond 2^28 are of no use here.
func hpackInt(b []byte, prefix uint) (v uint32, n int, state hpackState) {
	top := uint32(1)<<prefix - 1
	v = uint32(b[0]) & top
	if v < top {
		return v, 1, hpackWhole
	}
	for n = 1; n < 5; n++ {
		if n >= len(b) {
			return 0, n, hpackMore
		}
		v += uint32(b[n]&0x7f) << (7 * (n - 1))
		if b[n]&0x80 == 0 {
			return v, n + 1, hpackWhole
		}
	}
	return 0, n, hpackBad
}
