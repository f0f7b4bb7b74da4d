package dissect

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// frames gives a framer a stream in pieces of the given sizes, as reassembly
// does, and returns where messages end in the stream.
func frames(t testing.TB, s *Session, dir uint8, stream []byte, sizes func() int, fin bool) (ends []int) {
	t.Helper()
	f := s.Framer(dir)
	blind := 0
	number := packet.Number(0)
	var open tcp.NeedKind
	for at := 0; at < len(stream); {
		n := min(max(1, sizes()), len(stream)-at)
		number++
		last := at+n == len(stream)
		s.Begin(number, packet.Time(number), dir, fin && last)
		piece := stream[at : at+n]
		at += n
		if k := min(blind, len(piece)); k > 0 {
			blind -= k
			piece = piece[k:]
			if blind == 0 {
				ends = append(ends, at-len(piece))
				open = tcp.NeedNone
			}
		}
		if len(piece) == 0 || open == tcp.NeedFIN {
			continue
		}
		got, need := f.Push(tcp.Piece{Data: piece, Number: number, FIN: fin && last}, nil)
		for i, e := range got {
			if e > uint32(len(piece)) || i > 0 && e <= got[i-1] || e == 0 {
				t.Fatalf("ends %v of a piece of %d bytes", got, len(piece))
			}
			ends = append(ends, at-len(piece)+int(e))
		}
		complete := len(got) > 0 && got[len(got)-1] == uint32(len(piece))
		if need.Kind == tcp.NeedNone && !complete {
			t.Fatalf("nothing is needed, but of %d bytes messages end at %v", len(piece), got)
		}
		if need.Kind != tcp.NeedNone && complete {
			t.Fatalf("%v is needed behind the last message", need)
		}
		open = need.Kind
		if need.Kind == tcp.NeedBlind {
			blind = int(need.N)
		}
		if (need.Kind == tcp.NeedBytes || need.Kind == tcp.NeedBlind) && need.N == 0 {
			t.Fatal("zero bytes are needed")
		}
	}
	return ends
}

func inOne() int { return 1 << 30 }

func httpStream(r *rand.Rand, response bool) []byte {
	var b bytes.Buffer
	for range 1 + r.IntN(6) {
		first := "POST /a?b=c HTTP/1.1\r\nHost: example.test\r\n"
		if response {
			first = "HTTP/1.1 200 OK\r\nServer: x\r\n"
		}
		switch r.IntN(4) {
		case 0:
			fmt.Fprintf(&b, "%sContent-Length: 0\r\n\r\n", first)
		case 1:
			n := r.IntN(400)
			fmt.Fprintf(&b, "%scontent-length: %d\r\n\r\n%s", first, n, bytes.Repeat([]byte("x\n"), n)[:n])
		case 2:
			b.WriteString(first + "Transfer-Encoding: chunked\r\n\r\n")
			for range r.IntN(4) {
				n := 1 + r.IntN(200)
				fmt.Fprintf(&b, "%x;e=1\r\n%s\r\n", n, bytes.Repeat([]byte{'\r'}, n))
			}
			b.WriteString("0\r\n\r\n")
		case 3:
			fmt.Fprintf(&b, "%sContent-Length: 3\n\nabc", first)
		}
	}
	return b.Bytes()
}

// TestHTTPFramerSegments: however a stream is cut into segments, messages end at
// the same bytes.
func TestHTTPFramerSegments(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		response := r.IntN(2) == 1
		stream := httpStream(r, response)
		want := frames(t, NewSession(AppHTTP), 0, stream, inOne, false)
		if len(want) == 0 || want[len(want)-1] != len(stream) {
			t.Fatalf("messages end at %v of %d:\n%q", want, len(stream), stream)
		}
		for _, most := range []int{1, 2, 7, 60} {
			s := NewSession(AppHTTP)
			got := frames(t, s, 0, stream, func() int { return 1 + r.IntN(most) }, false)
			if !slices.Equal(got, want) {
				t.Fatalf("cut to at most %d: messages end at %v, want %v:\n%q", most, got, want, stream)
			}
			if n := len(s.http.pairs); n != len(want) {
				t.Fatalf("%d messages are remembered, want %d", n, len(want))
			}
		}
	}
}

// TestHTTPFramerEnds holds single decisions on where messages end (R92).
func TestHTTPFramerEnds(t *testing.T) {
	const get, head = "GET / HTTP/1.1\r\n\r\n", "HEAD / HTTP/1.1\r\n\r\n"
	for _, c := range []struct {
		name, ask, answer string
		ends              []int
		need              tcp.NeedKind
	}{
		{"until FIN", get, "HTTP/1.1 200 OK\r\n\r\nabc", nil, tcp.NeedFIN},
		{"length is no number", get, "HTTP/1.1 200 OK\r\nContent-Length: 3x\r\n\r\nabc", nil, tcp.NeedFIN},
		{"length beyond what is waited for", get, "HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\nabc", nil, tcp.NeedFIN},
		{"the last length counts", get, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 3\r\n\r\nabc", []int{60}, tcp.NeedNone},
		{"bytes to come", get, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", nil, tcp.NeedBytes},
		{"HEAD", head, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", []int{38}, tcp.NeedNone},
		{"HEAD, and bytes all the same", head, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP", []int{40}, tcp.NeedSegment},
		{"304", get, "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", []int{48}, tcp.NeedNone},
		{"204 and 100", get, "HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 204 No\r\n\r\n", []int{19, 38}, tcp.NeedNone},
		{"size that is none ends the chunks", get, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n", []int{56}, tcp.NeedNone},
		{"trailer", get, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\nC: d\r\n\r\n", []int{64}, tcp.NeedNone},
		{"line end before a message", get, "\r\nHTTP/1.1 204 No\r\n\r\n", []int{2, 21}, tcp.NeedNone},
		{"text without a line", get, "no http", nil, tcp.NeedSegment},
		{"bytes that are no text", get, "\x00\x01", []int{2}, tcp.NeedNone},
		{"a line that is none", get, "hello\r\nworld", []int{12}, tcp.NeedNone},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := NewSession(AppHTTP)
			frames(t, s, 0, []byte(c.ask), inOne, false)
			got, need := s.Framer(1).Push(tcp.Piece{Data: []byte(c.answer), Number: 2}, nil)
			var ends []int
			for _, e := range got {
				ends = append(ends, int(e))
			}
			if !slices.Equal(ends, c.ends) || need.Kind != c.need {
				t.Errorf("ends %v, need %v; want %v, %v", ends, need, c.ends, c.need)
			}
		})
	}
}

// TestHTTPFramerFIN: the FIN ends what waits for it, and what it comes with.
func TestHTTPFramerFIN(t *testing.T) {
	s := NewSession(AppHTTP)
	frames(t, s, 0, []byte("GET / HTTP/1.0\r\n\r\n"), inOne, false)
	frames(t, s, 1, []byte("HTTP/1.0 200 OK\r\n\r\nabc"), inOne, false)
	if place, _ := s.httpAt(1); place.pair.response != 0 {
		t.Fatal("the answer counts as complete before the FIN")
	}
	s.Begin(9, 9, 1, true)
	if place, ok := s.httpAt(9); !ok || place.pair.request != 1 || place.pair.response != 9 {
		t.Fatalf("the answer that the FIN ends: %+v %v", place, ok)
	}
	got := frames(t, NewSession(AppHTTP), 1, []byte("HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\nabc"), inOne, true)
	if len(got) != 1 {
		t.Fatalf("a message in the segment of the FIN ends %d times", len(got))
	}
}

// TestHTTPPairs holds the pairing of answers to requests (R95).
func TestHTTPPairs(t *testing.T) {
	s := NewSession(AppHTTP)
	say := func(dir uint8, n packet.Number, text string) {
		s.Begin(n, packet.Time(n), dir, false)
		s.Framer(dir).Push(tcp.Piece{Data: []byte(text), Number: n}, nil)
	}
	say(0, 1, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
	say(1, 2, "HTTP/1.1 204 N\r\n\r\n")
	say(0, 3, "GET /b HTTP/1.1\r\nHost: x\r\n\r\nGET /c HTTP/1.1\r\nHost: x\r\n\r\n")
	say(1, 4, "HTTP/1.1 204 N\r\n\r\nHTTP/1.1 204 N\r\n\r\n")
	for _, c := range []struct {
		frame             packet.Number
		number            int
		request, response packet.Number
		uri               string
	}{
		{1, 1, 1, 2, "http://x/a"}, {2, 1, 1, 2, "http://x/a"}, {3, 3, 3, 4, "http://x/c"}, {4, 4, 0, 4, "http://x/c"},
	} {
		p, ok := s.httpAt(c.frame)
		if !ok || p.number != c.number || p.total != 4 || p.pair.request != c.request || p.pair.response != c.response || p.uri != c.uri {
			t.Errorf("packet %d: %+v %v, want %+v", c.frame, p, ok, c)
		}
	}
	if _, ok := s.httpAt(5); ok {
		t.Error("a packet without a message has one")
	}
}

func tlsRecordBytes(kind byte, version uint16, body []byte) []byte {
	b := []byte{kind, byte(version >> 8), byte(version), 0, 0}
	binary.BigEndian.PutUint16(b[3:], uint16(len(body)))
	return append(b, body...)
}

func tlsMessage(kind byte, body []byte) []byte {
	return append([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

func tlsServerHello(version uint16) []byte {
	body := append([]byte{3, 3}, make([]byte, 32)...)
	body = append(body, 0, 0xc0, 0x2f, 0)
	if version == 0x0304 {
		body = append(body, 0, 6, 0, 43, 0, 2, 3, 4)
	}
	return tlsMessage(2, body)
}

func tlsStream(r *rand.Rand, version uint16) []byte {
	b := tlsRecordBytes(tlsHandshake, 0x0303, tlsServerHello(version))
	for range 1 + r.IntN(8) {
		body := make([]byte, 1+r.IntN(300))
		switch r.IntN(4) {
		case 0:
			b = append(b, tlsRecordBytes(tlsCCS, 0x0303, []byte{1})...)
		case 1:
			b = append(b, tlsRecordBytes(tlsAlert, 0x0303, []byte{1, 0})...)
		case 2:
			b = append(b, tlsRecordBytes(tlsHandshake, 0x0303, tlsMessage(11, body))...)
		case 3:
			b = append(b, tlsRecordBytes(tlsAppData, 0x0303, body)...)
		}
	}
	return b
}

// TestTLSFramerSegments: however a stream is cut into segments, records end at the
// same bytes, and the session knows the same.
func TestTLSFramerSegments(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		version := uint16(0x0303 + r.IntN(2))
		stream := tlsStream(r, version)
		var want []int
		for at := 0; at < len(stream); {
			at += tlsHeader + int(binary.BigEndian.Uint16(stream[at+3:]))
			want = append(want, at)
		}
		for _, most := range []int{1 << 30, 1, 2, 7, 60} {
			s := NewSession(AppTLS)
			got := frames(t, s, 1, stream, func() int { return 1 + r.IntN(most) }, false)
			if !slices.Equal(got, want) {
				t.Fatalf("cut to at most %d: records end at %v, want %v", most, got, want)
			}
			if f := s.tlsAt(1, 1); f.version != version || f.suite != 0xc02f {
				t.Fatalf("version %#04x, suite %#04x", f.version, f.suite)
			}
		}
	}
}

// TestTLSSession holds what is remembered of a handshake (R102–R104).
func TestTLSSession(t *testing.T) {
	hello := tlsRecordBytes(tlsHandshake, 0x0301, tlsMessage(1, append([]byte{3, 3}, make([]byte, 40)...)))
	s := NewSession(AppTLS)
	say := func(dir uint8, n packet.Number, b []byte) {
		s.Begin(n, packet.Time(n), dir, false)
		s.Framer(dir).Push(tcp.Piece{Data: b, Number: n}, nil)
	}
	say(1, 1, hello)
	if f := s.tlsAt(1, 1); f.version != 0 || f.client != 2 {
		t.Fatalf("after a Client Hello: %+v", f)
	}
	say(0, 2, tlsRecordBytes(tlsHandshake, 0x0303, tlsServerHello(0x0303)))
	certificate := tlsMessage(11, make([]byte, 100))
	say(0, 3, tlsRecordBytes(tlsHandshake, 0x0303, certificate[:30]))
	say(0, 4, append(tlsRecordBytes(tlsHandshake, 0x0303, certificate[30:60]), tlsRecordBytes(tlsHandshake, 0x0303, certificate[60:])...))
	say(0, 5, tlsRecordBytes(tlsCCS, 0x0303, []byte{1}))
	if s.tlsAt(5, 0).after || !s.tlsAt(6, 0).after || s.tlsAt(6, 1).after {
		t.Error("what comes after the ChangeCipherSpec of a side is wrong")
	}
	_, trail, lead, hasTrail := s.tlsSplitAt(3, 0, 0)
	if lead || !hasTrail || trail.done != 4 || len(trail.parts) != 3 || !bytes.Equal(trail.data, certificate) {
		t.Errorf("the message over three records: %+v", trail)
	}
	if _, _, lead, _ := s.tlsSplitAt(4, 0, 1); !lead {
		t.Error("the record that ends the message does not lead it")
	}
}

func FuzzHTTPFramer(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	f.Add(httpStream(r, true), uint16(3), false)
	f.Add([]byte("CONNECT a:443 HTTP/1.1\r\n\r\n\x16\x03\x01\x00\x01a"), uint16(40), true)
	f.Add([]byte("\r\n\r\nHTTP/1.1 101 S\r\nUpgrade: websocket\r\n\r\n\x81\x00"), uint16(1), false)
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"), uint16(9), true)
	f.Fuzz(func(t *testing.T, stream []byte, size uint16, fin bool) {
		s := NewSession(AppHTTP)
		frames(t, s, 0, stream, func() int { return int(size) }, fin)
		frames(t, s, 1, stream, func() int { return int(size)/2 + 1 }, fin)
		if n := len(s.http.pairs); n > 2*len(stream) {
			t.Fatalf("%d messages in %d bytes", n, len(stream))
		}
	})
}

func FuzzTLSFramer(f *testing.F) {
	r := rand.New(rand.NewPCG(7, 8))
	f.Add(tlsStream(r, 0x0303), uint16(5))
	f.Add(tlsStream(r, 0x0304), uint16(1000))
	f.Add([]byte("\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10"), uint16(2))
	f.Add([]byte("\x16\x03\x01\x00\x02\x0b\x00\x16\x03\x01\x00\x04\xff\xff\xff\xff"), uint16(3))
	f.Fuzz(func(t *testing.T, stream []byte, size uint16) {
		s := NewSession(AppTLS)
		frames(t, s, 0, stream, func() int { return int(size) }, false)
		frames(t, s, 1, stream, func() int { return int(size)/2 + 1 }, false)
		if s.tls.kept > maxTLSSplits+maxTLSKept {
			t.Fatalf("%d bytes are kept", s.tls.kept)
		}
	})
}

// TestFramersAllocateNothing: what goes through a connection for long must not
// cost memory for each segment.
func TestFramersAllocateNothing(t *testing.T) {
	record := tlsRecordBytes(tlsAppData, 0x0303, make([]byte, 1400))
	s := NewSession(AppTLS)
	frames(t, s, 0, tlsStream(rand.New(rand.NewPCG(1, 1)), 0x0303), inOne, false)
	body := make([]byte, 1400)
	h := NewSession(AppHTTP)
	frames(t, h, 1, []byte("HTTP/1.1 200 OK\r\nContent-Length: 2000000000\r\n\r\n"), inOne, false)
	ends := make([]uint32, 0, 8)
	for name, run := range map[string]func(){
		"records": func() { ends, _ = s.Framer(0).Push(tcp.Piece{Data: record, Number: 9}, ends[:0]) },
		"body":    func() { ends, _ = h.Framer(1).Push(tcp.Piece{Data: body, Number: 9}, ends[:0]) },
	} {
		if n := testing.AllocsPerRun(100, run); n > 0 {
			t.Errorf("%s: %v allocations a segment", name, n)
		}
	}
}

func BenchmarkTLSFramer(b *testing.B) {
	record := tlsRecordBytes(tlsAppData, 0x0303, make([]byte, 1400))
	s := NewSession(AppTLS)
	frames(b, s, 0, tlsStream(rand.New(rand.NewPCG(1, 1)), 0x0303), inOne, false)
	ends := make([]uint32, 0, 8)
	b.SetBytes(int64(len(record)))
	for b.Loop() {
		ends, _ = s.Framer(0).Push(tcp.Piece{Data: record, Number: 9}, ends[:0])
	}
}

func BenchmarkHTTPFramer(b *testing.B) {
	message := []byte("GET /index.html HTTP/1.1\r\nHost: example.test\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n")
	s := NewSession(AppHTTP)
	ends := make([]uint32, 0, 8)
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		ends, _ = s.Framer(0).Push(tcp.Piece{Data: message, Number: 9}, ends[:0])
	}
}
