package dissect

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// grpcMessage puts the header before a message.
func grpcMessage(flags byte, b []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{flags}, uint32(len(b))), b...)
}

// grpcTalk has calls of gRPC with messages in all the ways they may be cut.
func grpcTalk() (segments [][]byte, answer []bool) {
	c, s := newH2Side(), newH2Side()
	ask := func(b ...[]byte) { segments, answer = append(segments, cat(b...)), append(answer, false) }
	tell := func(b ...[]byte) { segments, answer = append(segments, cat(b...)), append(answer, true) }
	stream := -1
	call := func(path, mime string, more ...string) {
		stream += 2
		ask(h2Frame(h2Headers, h2FlagEndHeaders, stream, c.block(append([]string{":method", "POST", ":scheme", "http", ":path", path, ":authority", "a.test", "content-type", mime}, more...)...)))
	}
	answers := func(mime string, more ...string) {
		tell(h2Frame(h2Headers, h2FlagEndHeaders, stream, s.block(append([]string{":status", "200", "content-type", mime}, more...)...)))
	}
	ask([]byte(http2Preface), h2Frame(h2Settings, 0, 0))
	tell(h2Frame(h2Settings, 0, 0))

	call("/a.Greeter/Hello", "application/grpc", "te", "trailers")
	ask(h2Frame(h2Data, h2FlagEndStream, 1, grpcMessage(0, hx("0a05 776f726c64"))))
	answers("application/grpc")
	tell(h2Frame(h2Data, 0, 1, grpcMessage(0, hx("0a0b 68656c6c6f20776f726c64 10 ffffffff0f 19 0102030405060708 25 0000803f"))), h2Frame(h2Headers, h2FlagEndHeaders|h2FlagEndStream, 1, s.block("grpc-status", "0")))

	call("/a.Chat/Talk", "application/grpc+proto", "grpc-encoding", "gzip")
	one, two := grpcMessage(0, hx("0801")), grpcMessage(1, packed("gzip", "\x12\x03abc"))
	ask(h2Frame(h2Data, 0, 3, one, two, one[:3]))
	ask(h2Frame(h2Data, 0, 3, one[3:4]), h2Frame(h2Data, 0, 3, one[4:], two[:9]))
	ask(h2Frame(h2Data, h2FlagPadded, 3, []byte{2}, two[9:], one, one, make([]byte, 2)))
	ask(h2Frame(h2Data, h2FlagEndStream, 3, one[:6]))
	answers("application/grpc+proto", "grpc-encoding", "zork")
	tell(h2Frame(h2Data, 0, 3, grpcMessage(1, []byte("unknown")), grpcMessage(0, nil)))
	tell(h2Frame(h2Data, 0, 3, grpcMessage(0, []byte("\x0b\x0c"))), h2Frame(h2Data, 0, 3, grpcMessage(0, []byte("\x0a\x09short"))), h2Frame(h2Data, 0, 3, grpcMessage(0, bytes.Repeat([]byte{0xff}, 12))))
	tell(h2Frame(h2Data, 0, 3, one[:5]), h2Frame(h2Headers, h2FlagEndHeaders|h2FlagEndStream, 3, s.block("grpc-status", "5")))

	call("/a.J/Json", "application/grpc+json")
	ask(h2Frame(h2Data, h2FlagEndStream, 5, grpcMessage(0, []byte(`{"a":1}`))))
	call("/a.W/Web", "application/grpc-web+proto")
	ask(h2Frame(h2Data, h2FlagEndStream, 7, one))
	answers("application/grpc-web+proto")
	tell(h2Frame(h2Data, h2FlagEndStream, 7, one, grpcMessage(0x80, []byte("grpc-status:0\r\n"))))
	call("/a.W/Text", "application/grpc-web-text")
	text := base64.StdEncoding.EncodeToString(one)
	ask(h2Frame(h2Data, 0, 9, []byte(text[:5])), h2Frame(h2Data, h2FlagEndStream, 9, []byte(text[5:]+text)))
	return segments, answer
}

// TestGRPCCrafted holds the committed capture against the code that made it.
func TestGRPCCrafted(t *testing.T) {
	const name = "testdata/http2/odd/grpc.pcap"
	segments, answer := grpcTalk()
	want := talkCapture(hx("020405b4"), segments, answer)
	if *flagUpdate {
		if err := os.WriteFile(name, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what this test makes (%v): run go test ./dissect -run GRPCCrafted -update", name, err)
	}
}

// TestGRPCSegments: however messages are cut into DATA frames, and those into
// segments, the same messages are found.
func TestGRPCSegments(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 9))
		var stream []byte
		var want []string
		for range 1 + r.IntN(8) {
			n := 1 + r.IntN(60)
			stream = append(stream, grpcMessage(0, bytes.Repeat([]byte{'x'}, n))...)
			want = append(want, fmt.Sprintf("Message Data: %d bytes", n))
		}
		c := newH2Side()
		b := cat(h2Frame(h2Settings, 0, 0), h2Frame(h2Headers, h2FlagEndHeaders, 1, c.block(":method", "POST", ":path", "/a", "content-type", "application/grpc")))
		for len(stream) > 0 {
			k := min(1+r.IntN(50), len(stream))
			b = append(b, h2Frame(h2Data, 0, 1, stream[:k])...)
			stream = stream[k:]
		}
		in := []Input{segment(1, 80, 1, false, []byte(http2Preface), len(http2Preface))}
		seq, most := 1+len(http2Preface), 1+r.IntN(400)
		for len(b) > 0 {
			k := min(1+r.IntN(most), len(b))
			in = append(in, segment(numberOf(len(in)+1), 80, uint32(seq), false, b[:k], k))
			seq, b = seq+k, b[k:]
		}
		learn(in)
		var got []string
		d := NewDissection(nil)
		for i := range in {
			tr, _ := d.Run(&in[i], WantTree|WantColumns)
			tr.Find("grpc.message_data", func(n *Node) bool { got = append(got, n.Label()); return true })
		}
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: %s, want %s", seed, strings.Join(got, ", "), strings.Join(want, ", "))
		}
	}
}

// TestGRPCBounds: messages without end cost a bounded amount of memory.
func TestGRPCBounds(t *testing.T) {
	s := NewSession(AppHTTP2)
	enc := newH2Side()
	f := s.Framer(0)
	for i := range 300 {
		s.Begin(numberOf(i+1), timeOf(i), 0, false)
		f.Push(pieceOf(h2Frame(h2Headers, h2FlagEndHeaders, 2*i+1, enc.block(":method", "POST", "content-type", "application/grpc"))), nil)
		for range 8 {
			f.Push(pieceOf(h2Frame(h2Data, 0, 2*i+1, append([]byte{0, 0, 200, 0, 0}, make([]byte, 7000)...))), nil)
		}
		if x := s.http2; x.open > maxHTTP2Open || x.open < 0 || x.kept > maxHTTP2Kept {
			t.Fatalf("%d bytes of messages that have not ended, %d of events are kept", x.open, x.kept)
		}
	}
	for id, st := range s.http2.streams {
		if m := st.sides[0].calls.open; m == nil || m.have != 8*7005 || !m.over || m.data != nil {
			t.Fatalf("of stream %d there is %+v", id, m)
		}
	}
	for i := range 300 {
		f.Push(pieceOf(h2Frame(h2RSTStream, 0, 2*i+1, put32(8))), nil)
	}
	if s.http2.open != 0 {
		t.Errorf("without streams %d bytes are kept", s.http2.open)
	}
}
