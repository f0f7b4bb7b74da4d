package dissect

import (
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/tlskeys"
)

// The content types of TLS records (RFC 8446 §5.1, RFC 6520, RFC 9146).
const (
	tlsCCS       = 20
	tlsAlert     = 21
	tlsHandshake = 22
	tlsAppData   = 23
	tlsHeartbeat = 24
	tlsCID       = 25
)

// tlsHeader is the length of a record's header, bytes.
const tlsHeader = 5

// maxTLSKept bounds the records of a handshake that are kept to look into, bytes:
// 2^14 of plaintext and what encryption may add (RFC 5246 §6.2.3).
const maxTLSKept = 1<<14 + 2048

func isTLSType(t byte) bool { return t >= tlsCCS && t <= tlsCID }

// isTLSVersion knows the versions that a record's header may bear.
func isTLSVersion(v uint16) bool { return v >= 0x0300 && v <= 0x0304 }

// looksLikeTLS tells records on a port that is not of TLS (R100).
func looksLikeTLS(b []byte) bool {
	if len(b) < tlsHeader || b[0] != tlsHandshake && b[0] != tlsAppData {
		return false
	}
	v, n := uint16(b[1])<<8|uint16(b[2]), int(b[3])<<8|int(b[4])
	return v >= 0x0300 && v <= 0x0303 && n >= 1 && n < maxTLSKept
}

// isSSLv2Hello tells a Client Hello in the form of SSL 2.0 (RFC 5246 appendix E.2).
func isSSLv2Hello(b []byte) bool {
	return len(b) >= tlsHeader && b[0]&0x80 != 0 && b[2] == 1 && (b[3] == 3 || b[3] == 0 && b[4] == 2)
}

// allPrintable says that text is spoken where records should be (R100).
func allPrintable(b []byte) bool {
	for _, c := range b {
		if c < 0x20 || c >= 0x7f {
			return false
		}
	}
	return true
}

// tlsFramer finds the records of one direction (RFC 8446 §5.1, R101).
type tlsFramer struct {
	session *Session
	dir     uint8
	inBody  bool
	called  bool // the next byte is the first one given to the dissector in one call
	head    [tlsHeader]byte
	n       int    // bytes of head that there are
	left    int    // bytes of the record to come
	keep    bool   // the record is looked into
	body    []byte // of such a record
	open    bool   // it can perhaps be decrypted
	shut    bool   // it is looked into only for that
	at      uint32 // where it begins: relative sequence number
	begun   packet.Number
	whole   []byte // the body, or what there is of it
}

// Push implements tcp.Framer.
func (f *tlsFramer) Push(p tcp.Piece, ends []uint32) ([]uint32, tcp.Need) {
	b := p.Data
	if !f.inBody {
		f.called = true
	}
	for i := 0; i < len(b); {
		if !f.inBody {
			if f.n == 0 {
				f.at, f.begun = p.Seq+uint32(i), p.Number
			}
			k := copy(f.head[f.n:], b[i:])
			f.n += k
			i += k
			if f.n < tlsHeader && !f.isText() {
				break
			}
			if !f.begin() {
				// What is no record takes the rest of the segment with it (R105).
				i = len(b)
				f.Skip()
				ends = append(ends, uint32(i))
				break
			}
			f.called = false
		}
		k := min(f.left, len(b)-i)
		switch {
		case !f.keep:
		case k == f.left && len(f.body) == 0:
			f.whole = b[i : i+k]
		default:
			f.body = append(f.body, b[i:i+k]...)
			f.whole = f.body
		}
		f.left -= k
		i += k
		if f.left == 0 {
			f.end(p)
			ends = append(ends, uint32(i))
		}
	}
	if p.Cut > 0 && f.inBody {
		f.end(p)
		return append(ends, uint32(len(b))), tcp.Need{}
	}
	switch {
	case f.inBody && f.head[0] == tlsAppData && !f.keep:
		left := uint32(f.left)
		f.Skip()
		return ends, tcp.Need{Kind: tcp.NeedBlind, N: left}
	case f.inBody:
		return ends, tcp.Need{Kind: tcp.NeedBytes, N: uint32(f.left)}
	case f.n > 0:
		return ends, tcp.Need{Kind: tcp.NeedSegment}
	}
	return ends, tcp.Need{}
}

// Skip implements tcp.Framer.
func (f *tlsFramer) Skip() {
	f.inBody, f.n, f.left, f.keep, f.called = false, 0, 0, false, false
	f.body, f.whole = f.body[:0], nil
}

// isText says that the data given to the dissector begins with four characters:
// that is no TLS.
func (f *tlsFramer) isText() bool { return f.called && f.n >= 4 && allPrintable(f.head[:4]) }

// begin looks at the header of a record, and says whether it is one.
func (f *tlsFramer) begin() bool {
	t := f.session.tls
	h := f.head[:f.n]
	if f.isText() {
		return false
	}
	v := uint16(h[1])<<8 | uint16(h[2])
	if !isTLSType(h[0]) || !t.old() && !isTLSVersion(v) {
		if !isSSLv2Hello(h) {
			return false
		}
		f.left = max(0, (int(h[0]&0x7f)<<8|int(h[1]))+2-tlsHeader)
		f.inBody, f.keep = true, false
		return true
	}
	f.inBody, f.left = true, int(h[3])<<8|int(h[4])
	f.keep = h[0] == tlsHandshake && f.left <= maxTLSKept && !t.encrypted(f.dir, f.session.frame)
	f.keep = f.keep || h[0] == tlsAlert && f.left == 2
	f.open = f.left <= maxTLSKept && t.lock.opens(f.dir, h[0])
	f.shut = f.open && !f.keep
	f.keep = f.keep || f.open
	if h[0] == tlsAppData {
		f.session.tlsRecord(f.dir, tlsAppData, v, nil)
	}
	if h[0] == tlsAppData || (h[0] == tlsHandshake || h[0] == tlsAlert) && t.ccs[f.dir] != 0 && t.version < 0x0304 {
		f.session.sealed(f.dir, f.at, f.left, h[0])
	}
	return true
}

// end notes a record that is complete, or cut short by the snap length.
func (f *tlsFramer) end(p tcp.Piece) {
	v := uint16(f.head[1])<<8 | uint16(f.head[2])
	if f.open && f.left == 0 && f.session.openRecord(f.dir, &tlskeys.Record{Type: f.head[0], Version: v, Body: f.whole}, f.at, f.begun) {
		f.Skip()
		return
	}
	if f.head[0] != tlsAppData {
		body := f.whole
		if f.head[0] == tlsHandshake && (!f.keep || f.shut) {
			body = nil
		}
		f.session.tlsRecord(f.dir, f.head[0], v, body)
	}
	f.Skip()
}

// Fork implements tcp.Forker.
func (f *tlsFramer) Fork() tcp.Framer { return &tlsOutline{session: f.session} }

// tlsOutline finds the records of data that comes after what follows it in the
// stream: too late for the session, which has gone on without them.
type tlsOutline struct {
	session *Session
	head    [tlsHeader]byte
	n       int // bytes of head that there are
	left    int // bytes of the record to come
}

// Push implements tcp.Framer.
func (f *tlsOutline) Push(p tcp.Piece, ends []uint32) ([]uint32, tcp.Need) {
	for i := 0; i < len(p.Data); {
		if f.n < tlsHeader {
			k := copy(f.head[f.n:], p.Data[i:])
			f.n += k
			i += k
			if f.n < tlsHeader {
				break
			}
			if !isTLSType(f.head[0]) || !f.session.tls.old() && !isTLSVersion(uint16(f.head[1])<<8|uint16(f.head[2])) {
				f.Skip()
				return append(ends, uint32(len(p.Data))), tcp.Need{}
			}
			f.left = int(f.head[3])<<8 | int(f.head[4])
		}
		k := min(f.left, len(p.Data)-i)
		f.left -= k
		i += k
		if f.left == 0 {
			f.Skip()
			ends = append(ends, uint32(i))
		}
	}
	switch {
	case f.n == tlsHeader:
		return ends, tcp.Need{Kind: tcp.NeedBytes, N: uint32(f.left)}
	case f.n > 0:
		return ends, tcp.Need{Kind: tcp.NeedSegment}
	}
	return ends, tcp.Need{}
}

// Skip implements tcp.Framer.
func (f *tlsOutline) Skip() { f.n, f.left = 0, 0 }
