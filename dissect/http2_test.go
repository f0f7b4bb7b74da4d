package dissect

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2/hpack"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// h2Streams gives the bytes that both sides of h2Talk send once HTTP/2 is spoken.
func h2Streams() (both [2][]byte) {
	segments, answer := h2Talk()
	for i, b := range segments[2:] {
		side := 0
		if answer[i+2] {
			side = 1
		}
		both[side] = append(both[side], b...)
	}
	return both
}

// h2Headers lists the headers that a session has found, and the bodies that have ended.
func h2Found(s *Session) (lines []string) {
	for i := range s.http2.events {
		ev := &s.http2.events[i]
		for _, h := range ev.headers {
			lines = append(lines, h.name+": "+h.value)
		}
		if ev.last {
			lines = append(lines, string(ev.body.data))
		}
	}
	return lines
}

// TestHTTP2FramerSegments: however a stream is cut into segments, frames end at
// the same places and say the same.
func TestHTTP2FramerSegments(t *testing.T) {
	for dir, stream := range h2Streams() {
		whole := NewSession(AppHTTP2)
		want := frames(t, whole, uint8(dir), stream, inOne, false)
		if len(want) < 5 || want[len(want)-1] != len(stream) {
			t.Fatalf("frames end at %v of %d", want, len(stream))
		}
		found := h2Found(whole)
		if len(found) < 5 {
			t.Fatalf("only %q was found", found)
		}
		for seed := range uint64(60) {
			r := rand.New(rand.NewPCG(seed, 1))
			most := 1 + r.IntN(60)
			s := NewSession(AppHTTP2)
			got := frames(t, s, uint8(dir), stream, func() int { return 1 + r.IntN(most) }, false)
			if !slices.Equal(got, want) {
				t.Fatalf("direction %d, seed %d: frames end at %v, want %v", dir, seed, got, want)
			}
			if g := h2Found(s); !slices.Equal(g, found) {
				t.Fatalf("direction %d, seed %d: found %q, want %q", dir, seed, g, found)
			}
		}
	}
}

// TestHTTP2AfterHTTP: the preface may be cut anywhere; HTTP/1 gives way to HTTP/2.
func TestHTTP2AfterHTTP(t *testing.T) {
	ask := h2Streams()[0]
	direct := NewSession(AppHTTP2)
	want := frames(t, direct, 0, ask, inOne, false)
	for size := 1; size < 40; size++ {
		s := NewSession(AppHTTP)
		got := frames(t, s, 0, ask, func() int { return size }, false)
		// tshark loses what follows a segment with the end of the preface and a
		// frame that does not end in it.
		seen, end := want, (len(http2Preface)+size-1)/size*size
		for k := range len(want) - 1 {
			if want[k]+http2HeadLen <= end && want[k+1] > end {
				seen = want[:k+1]
			}
		}
		if !slices.Equal(got, seen) {
			t.Fatalf("in pieces of %d frames end at %v, want %v", size, got, seen)
		}
		if s.appAt(100000) != AppHTTP2 || s.appAt(0) != AppHTTP {
			t.Fatalf("in pieces of %d HTTP/2 is spoken from packet %d on", size, s.http2.from)
		}
	}
}

// TestHPACKBombs: what a block may cost has limits, and what a limit cuts off does
// not spoil what follows.
func TestHPACKBombs(t *testing.T) {
	enc := newH2Side()
	enc.enc.SetMaxDynamicTableSizeLimit(maxHPACKTable)
	enc.enc.SetMaxDynamicTableSize(maxHPACKTable)
	long := strings.Repeat("v", 40<<10)
	tests := []struct {
		name  string
		block []byte
		over  *Field
		lines int // headers that are kept
		dead  bool
	}{
		{"one long value", enc.block("x", long), nil, 2, false}, // and the table's new size
		{"the same value a thousand times", bytes.Repeat([]byte{0x80 | 62}, 1000), eH2HeaderSize, 6, false},
		{"a thousand short ones", bytes.Repeat([]byte{0x82}, 1000), eH2HeaderLines, maxHeaderLines, false},
		{"after that", []byte{0x82}, nil, 1, false},
		{"an index beyond the table", []byte{0xff, 0xff, 0x03}, nil, 0, true},
		{"after an error", []byte{0x82}, nil, 0, true},
	}
	r := newHPACKReader()
	for _, tt := range tests {
		headers, over := r.read(tt.block, true)
		if over != tt.over || len(headers) != tt.lines || r.dead != tt.dead {
			t.Errorf("%s: %d headers, limit %v, given up %v", tt.name, len(headers), over, r.dead)
		}
	}
	for _, block := range []string{
		"3fe1ff7f",              // a table of megabytes
		"007fffffff7f",          // a name of gigabytes
		"ffffffffffffffffff",    // an index without end
		"0005616263",            // a name that is cut
		"80",                    // the index 0
		"4001610162" + "3f00",   // a new size that does not come first
		"0083ffffff" + "0161",   // padding of the Huffman code that is too long
		"40" + "7f81ffffff0f",   // a name beyond the limit
		"1f" + "80808080808000", // a number of many bytes
	} {
		r := newHPACKReader()
		if r.read(hx(block), true); !r.dead {
			t.Errorf("%s was taken for sound", block)
		}
	}
}

// TestHTTP2Bounds: a conversation that opens streams, sends headers and content
// without end costs a bounded amount of memory.
func TestHTTP2Bounds(t *testing.T) {
	s := NewSession(AppHTTP2)
	f := s.Framer(0)
	s.Begin(1, 0, 0, false)
	enc := newH2Side()
	feed := func(b []byte) {
		t.Helper()
		f.Push(pieceOf(b), nil)
		x := s.http2
		if x.kept > maxHTTP2Kept || x.open > maxHTTP2Open || x.open < 0 || len(x.streams) > maxHTTP2Streams {
			t.Fatalf("%d bytes of frames, %d of bodies, %d streams are kept", x.kept, x.open, len(x.streams))
		}
	}
	body := make([]byte, 30000)
	for i := range 6000 {
		feed(h2Frame(h2Headers, h2FlagEndHeaders, 2*i+1, enc.block(":method", "POST", "content-type", "text/plain")))
		feed(h2Frame(h2Data, 0, 2*i+1, body[:i%len(body)]))
	}
	for i := range 3000 {
		feed(h2Frame(h2Data, byte(i%2), 2*(5999-i)+1, body))
		feed(h2Frame(h2Headers, h2FlagEndHeaders, 7, enc.block("x-a", strings.Repeat("a", i))))
	}
	open := 0
	for _, st := range s.http2.streams {
		for i := range st.sides {
			if b := st.sides[i].body; b != nil {
				open += len(b.data)
			}
		}
	}
	if open != s.http2.open {
		t.Errorf("bodies that are open have %d bytes, %d were counted", open, s.http2.open)
	}
	s.http2.hpack[1].read(hx("40 04 61626364 7f"), false)
	for range 100 {
		s.Framer(1).Push(pieceOf(h2Frame(h2Continuation, 0, 1, make([]byte, 16384))), nil)
	}
	if n := len(s.http2.hpack[1].pending); n > 2*maxHeaderBlock {
		t.Errorf("%d bytes of an open representation are kept", n)
	}
}

// TestDoHPairs: question and answer belong together if they share a stream, since
// their ids are all the same.
func TestDoHPairs(t *testing.T) {
	s := NewSession(AppHTTP2)
	enc := [2]*h2Side{newH2Side(), newH2Side()}
	type step struct {
		dir    uint8
		stream int
		peer   Peer
	}
	steps := []step{
		{0, 1, Peer{Query: 1, Response: 4, Time: 3}},
		{0, 3, Peer{Query: 2, Response: 3, Time: 1}},
		{1, 3, Peer{Query: 2, Response: 3, Time: 1}},
		{1, 1, Peer{Query: 1, Response: 4, Time: 3}},
		{1, 5, Peer{}}, // nobody asked
	}
	for i, st := range steps {
		body, first := dnsAsk(), ":method"
		value := "POST"
		if st.dir == 1 {
			body, first, value = dnsTell(), ":status", "200"
		}
		s.Begin(1+numberOf(i), timeOf(i), st.dir, false)
		s.Framer(st.dir).Push(pieceOf(h2Frame(h2Headers, h2FlagEndHeaders, st.stream, enc[st.dir].block(first, value, "content-type", dnsMediaType))), nil)
		s.Framer(st.dir).Push(pieceOf(h2Frame(h2Data, h2FlagEndStream, st.stream, body)), nil)
	}
	for i, st := range steps {
		n := len(dnsAsk())
		if st.dir == 1 {
			n = len(dnsTell())
		}
		h := http2Head{0, 0, byte(n), h2Data, h2FlagEndStream, 0, 0, 0, byte(st.stream)}
		known, _ := s.http2At(1+numberOf(i), 0, &h)
		if !known.last || known.peer != st.peer {
			t.Errorf("packet %d: %+v, want %+v", i+1, known.peer, st.peer)
		}
	}
}

func FuzzHTTP2(f *testing.F) {
	both := h2Streams()
	f.Add(both[0], both[1], uint16(200), false)
	f.Add(both[0], both[1], uint16(7), true)
	var calls [2][]byte
	segments, answer := grpcTalk()
	for i, b := range segments {
		side := 0
		if answer[i] {
			side = 1
		}
		calls[side] = append(calls[side], b...)
	}
	f.Add(calls[0], calls[1], uint16(300), false)
	f.Add([]byte(http2Preface+"\x00\x00\x05\x01\x0c\x00\x00\x00\x01\xff\x82\x82\x82\x82"), []byte("\x00\x00\x01\x00\x09\x00\x00\x00\x01\xff"), uint16(30), false)
	f.Fuzz(func(t *testing.T, ask, answer []byte, size uint16, snap bool) {
		ask = append([]byte(http2Preface), bytes.TrimPrefix(ask, []byte(http2Preface))...)
		fuzzStream(t, 80, ask, answer, size, snap)
	})
}

// FuzzHPACK: a block cut anywhere gives what the whole one gives, and what another
// decoder finds in it.
func FuzzHPACK(f *testing.F) {
	enc := newH2Side()
	f.Add(enc.block(":method", "GET", "x-a", "b", "authorization", "z"), uint16(3))
	f.Add(hx("82864188f439ce75c875fa5784"), uint16(4))
	f.Add(hx("3fe11f400161016182be"), uint16(1))
	f.Fuzz(func(t *testing.T, block []byte, at uint16) {
		whole, cut := newHPACKReader(), newHPACKReader()
		want, _ := whole.read(block, true)
		k := min(int(at), len(block))
		got, _ := cut.read(block[:k], false)
		rest, _ := cut.read(block[k:], true)
		got = append(got, rest...)
		if whole.dead != cut.dead || len(got) != len(want) {
			t.Fatalf("%d headers, given up %v; cut %d, %v", len(want), whole.dead, len(got), cut.dead)
		}
		for i := range want {
			if got[i].name != want[i].name || got[i].value != want[i].value {
				t.Fatalf("header %d is %q, cut %q", i, want[i].name, got[i].name)
			}
			if h := &want[i]; h.off < 0 || h.n < 1 || int(h.off)+int(h.n) > len(block) {
				t.Fatalf("header %d stands at %d+%d of %d", i, h.off, h.n, len(block))
			}
		}
		var all []hpack.HeaderField
		dec := hpack.NewDecoder(4096, func(f hpack.HeaderField) { all = append(all, f) })
		dec.SetAllowedMaxDynamicTableSize(maxHPACKTable)
		if _, err := dec.Write(block); err != nil || dec.Close() != nil || len(all) > maxHeaderLines {
			return
		}
		want = slices.DeleteFunc(want, func(h http2Header) bool { return h.kind == hpackUpdate })
		for i := range want {
			if want[i].name != all[i].Name || want[i].value != all[i].Value {
				t.Fatalf("header %d is %q: %q, not %q: %q", i, want[i].name, want[i].value, all[i].Name, all[i].Value)
			}
		}
	})
}

func pieceOf(b []byte) tcp.Piece   { return tcp.Piece{Data: b, Number: 1} }
func numberOf(i int) packet.Number { return packet.Number(i) }
func timeOf(i int) packet.Time     { return packet.Time(i) }
