package dissect

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tcplens/internal/packet"
)

// wsFrame makes a frame; a client's is masked.
func wsFrame(first byte, client bool, payload []byte) []byte {
	b := []byte{first}
	masked := byte(0)
	if client {
		masked = 0x80
	}
	switch n := len(payload); {
	case n < 126:
		b = append(b, masked|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, masked|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, masked|127), uint64(n))
	}
	if !client {
		return append(b, payload...)
	}
	mask := [4]byte{0x11, 0x22, 0x33, 0x44}
	payload = bytes.Clone(payload)
	unmask(payload, mask)
	return append(append(b, mask[:]...), payload...)
}

// wsPacker compresses messages one after the other (RFC 7692 §7.2.1).
type wsPacker struct {
	buf bytes.Buffer
	w   *flate.Writer
}

func newWSPacker() *wsPacker {
	p := &wsPacker{}
	p.w, _ = flate.NewWriter(&p.buf, flate.BestCompression)
	return p
}

func (p *wsPacker) pack(s string) []byte {
	p.buf.Reset()
	p.w.Write([]byte(s))
	p.w.Flush()
	return bytes.TrimSuffix(bytes.Clone(p.buf.Bytes()), []byte("\x00\x00\xff\xff"))
}

// wsTalk is a conversation after an upgrade.
type wsTalk struct {
	segments [][]byte
	answer   []bool
}

func newWSTalk(extensions string) *wsTalk {
	x := &wsTalk{}
	if extensions != "" {
		extensions = "Sec-WebSocket-Extensions: " + extensions + "\r\n"
	}
	x.ask([]byte("GET /chat HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n"))
	x.tell([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + extensions + "\r\n"))
	return x
}

func (x *wsTalk) ask(b ...[]byte) {
	x.segments, x.answer = append(x.segments, cat(b...)), append(x.answer, false)
}

func (x *wsTalk) tell(b ...[]byte) {
	x.segments, x.answer = append(x.segments, cat(b...)), append(x.answer, true)
}

// wsFrames has every kind of frame, and messages of several.
func wsFrames() *wsTalk {
	x := newWSTalk("")
	x.segments[1] = append(x.segments[1], wsFrame(0x81, false, []byte("right behind the answer"))...)
	x.ask(wsFrame(0x81, true, []byte("hello\nworld\r\n")))
	x.tell(wsFrame(0x01, false, []byte("one ")))
	x.tell(wsFrame(0x89, false, []byte("ping")), wsFrame(0x00, false, []byte("two ")))
	x.ask(wsFrame(0x8a, true, []byte("ping")))
	x.tell(wsFrame(0x00, false, []byte("three ")), wsFrame(0x80, false, []byte("four")))
	x.ask(wsFrame(0x82, true, bytes.Repeat([]byte{0, 1, 2}, 100)), wsFrame(0x82, true, nil))
	long := wsFrame(0x82, false, bytes.Repeat([]byte("z"), 1<<16))
	x.tell(long[:1])
	x.tell(long[1:9], long[9:700])
	for at := 700; at < len(long); at += 16000 {
		x.tell(long[at:min(at+16000, len(long))])
	}
	x.ask(wsFrame(0x83, true, []byte("reserved")), wsFrame(0x8f, true, []byte("reserved, too")))
	x.ask(wsFrame(0xd1, true, []byte("bits of extensions")))
	x.tell(wsFrame(0x88, false, hx("03e9 627965")))
	x.ask(wsFrame(0x88, true, hx("0fa0")), wsFrame(0x88, true, nil), wsFrame(0x88, true, hx("03")))
	return x
}

// wsDeflate has compressed messages, each with what came before.
func wsDeflate() *wsTalk {
	x := newWSTalk("permessage-deflate")
	server, client := newWSPacker(), newWSPacker()
	for _, s := range []string{"hello hello hello hello", `{"key":"value","list":[1,2,3]}`, "hello again, hello"} {
		x.tell(wsFrame(0xc1, false, server.pack(s)))
		x.ask(wsFrame(0xc1, true, client.pack(s)))
	}
	x.tell(wsFrame(0x81, false, []byte("as it is")), wsFrame(0xc2, false, server.pack(strings.Repeat("\x00\x01", 40))))
	x.tell(wsFrame(0xc1, false, []byte("no such data")))
	x.tell(wsFrame(0xc1, false, server.pack("hello, once more")))
	return x
}

// wsOdd has what tshark shows in another way, or not at all.
func wsOdd() *wsTalk {
	x := newWSTalk("permessage-deflate; client_no_context_takeover")
	server := newWSPacker()
	for _, s := range []string{"each by itself", "itself again"} {
		x.ask(wsFrame(0xc1, true, newWSPacker().pack(s)))
	}
	x.tell(wsFrame(0xc1, false, server.pack("hello hello hello")))
	parts := server.pack("a compressed message of several frames, hello hello")
	x.tell(wsFrame(0x41, false, parts[:5]))
	x.tell(wsFrame(0x00, false, parts[5:9]), wsFrame(0x89, false, nil), wsFrame(0x80, false, parts[9:]))
	x.tell(wsFrame(0xc1, false, server.pack("hello after it")), wsFrame(0xc1, false, server.pack("")))
	x.ask(wsFrame(0x01, true, []byte("ends ")), wsFrame(0x00, true, []byte("in the ")))
	x.ask(wsFrame(0x80, true, []byte("packet")), wsFrame(0x01, true, []byte("in which another begins")))
	x.ask(wsFrame(0x80, true, nil))
	x.ask(wsFrame(0x80, true, []byte("nobody saw the beginning")))
	bomb := server.pack(strings.Repeat("0", 1<<20))
	x.tell(wsFrame(0xc1, false, bomb))
	x.tell(wsFrame(0xc1, false, server.pack("0000 it goes on")))
	x.tell(cat([]byte{0x82, 127}, bytes.Repeat([]byte{0xff}, 8), []byte("a frame of exabytes")))
	x.tell(wsFrame(0x81, false, []byte("behind it")))
	return x
}

// TestWebSocketCrafted holds the committed captures against the code that made them.
func TestWebSocketCrafted(t *testing.T) {
	for name, talk := range map[string]*wsTalk{"frames": wsFrames(), "deflate": wsDeflate(), "odd/messages": wsOdd()} {
		name = "testdata/websocket/" + name + ".pcap"
		want := talkCapture(hx("020405b4"), talk.segments, talk.answer)
		if *flagUpdate {
			if err := os.WriteFile(name, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(name)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what this test makes (%v): run go test ./dissect -run WebSocket -update", name, err)
		}
	}
}

// TestOddBodies holds bodies and messages that tshark shows in another way against
// golden files.
func TestOddBodies(t *testing.T) {
	files, err := filepath.Glob("testdata/*/odd/*.pcap")
	files = slices.DeleteFunc(files, func(f string) bool { return strings.Contains(f, "/app/") }) // those are TestOddMessages'
	if err != nil || len(files) < 2 {
		t.Fatalf("captures %v (%v), want two or more", files, err)
	}
	for _, f := range files {
		in := readCapture(t, f)
		learn(in)
		var out strings.Builder
		d := NewDissection(nil)
		for i := range in {
			tr, c := d.Run(&in[i], WantTree|WantColumns)
			fmt.Fprintf(&out, "%d | %s | %s | %.400s\n", i+1, d.protocolNames(), c.Proto, c.Info)
			inside := false
			tr.Walk(func(_, depth int, n *Node) bool {
				if depth == 0 {
					inside = i > 3 && !slices.Contains([]string{"frame", "eth", "ip", "tcp"}, n.Field.Proto.Abbrev)
				}
				if inside {
					fmt.Fprintf(&out, "%*s%.200s @%d:%d+%d\n", 4*depth, "", n.Label(), n.Source, n.Off, n.Len)
				}
				return true
			})
		}
		golden(t, strings.TrimSuffix(f, ".pcap")+".golden", out.String())
	}
}

// wsSession makes a session after an upgrade that the server, direction 1, agreed to.
func wsSession(extensions string) *Session {
	s := NewSession(AppHTTP)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.http.switched, s.http.inner, s.http.opaque = 1, AppWebSocket, true
	s.startWebSocket(1, extensions, "")
	return s
}

// wsFound lists what a session remembers of messages that have ended, whatever
// packets they stood in.
func wsFound(s *Session) (found []string) {
	for _, ev := range s.ws.events {
		if m := ev.msg; m.done == ev.frame && m.first == ev.place {
			found = append(found, fmt.Sprintf("%d %d bytes %q %q %d", m.opcode, m.size, m.data, m.plain.data, m.plain.state))
		}
	}
	return found
}

// TestWebSocketFramerSegments: however a stream is cut into segments, frames end
// at the same bytes and messages say the same.
func TestWebSocketFramerSegments(t *testing.T) {
	for name, talk := range map[string]*wsTalk{"frames": wsFrames(), "deflate": wsDeflate(), "odd": wsOdd()} {
		for dir := range uint8(2) {
			var stream []byte
			for i, b := range talk.segments[2:] {
				if talk.answer[i+2] == (dir == 1) {
					stream = append(stream, b...)
				}
			}
			if name == "odd" && dir == 1 { // a hostile length takes the rest of its segment
				stream = stream[:bytes.Index(stream, []byte{0x82, 127, 0xff})]
			}
			if name == "frames" && dir == 1 { // nothing is kept of long ones
				stream = append(stream[:200:200], stream[200+1<<16-1000:]...)
				stream = stream[:bytes.IndexByte(stream, 0x82)]
			}
			fresh := func() *Session {
				if name == "deflate" {
					return wsSession("permessage-deflate")
				}
				return wsSession("permessage-deflate; client_no_context_takeover")
			}
			whole := fresh()
			want := frames(t, whole, dir, stream, inOne, false)
			found := wsFound(whole)
			if len(want) < 3 || want[len(want)-1] != len(stream) {
				t.Fatalf("%s %d: frames end at %v of %d", name, dir, want, len(stream))
			}
			for seed := range uint64(40) {
				r := rand.New(rand.NewPCG(seed, 3))
				most := 1 + r.IntN(30)
				s := fresh()
				got := frames(t, s, dir, stream, func() int { return 1 + r.IntN(most) }, false)
				if !slices.Equal(got, want) {
					t.Fatalf("%s %d, at most %d: frames end at %v, want %v", name, dir, most, got, want)
				}
				// A message that ends in another packet than it began in is shown with
				// its first frame there, so only the number of messages is the same.
				if n := len(wsFound(s)); n != len(found) {
					t.Fatalf("%s %d, at most %d: %d messages, want %d: %q", name, dir, most, n, len(found), found)
				}
			}
		}
	}
}

// TestWebSocketMessages: what a conversation brings is put together and unpacked.
func TestWebSocketMessages(t *testing.T) {
	server, s := newWSPacker(), wsSession("permessage-deflate")
	parts := server.pack("one two")
	feed := func(n int, frame []byte) {
		s.Begin(numberOf(n), timeOf(n), 1, false)
		s.Framer(1).Push(pieceOf(frame), nil)
	}
	feed(2, wsFrame(0x41, false, parts[:3]))
	feed(3, wsFrame(0x80, false, parts[3:]))
	feed(4, wsFrame(0xc1, false, server.pack("one two three")))
	feed(5, wsFrame(0x01, false, []byte("plain ")))
	feed(6, wsFrame(0x80, false, []byte("text")))
	half := wsFrame(0xc1, false, server.pack("lost"))
	feed(7, half[:4])
	s.Framer(1).Skip()
	feed(8, wsFrame(0xc1, false, server.pack("lost, too")))
	want := []struct {
		frame       int
		whole       bool
		data, plain string
		state       unpackState
	}{
		{2, false, string(parts), "one two", unpackDone},
		{3, true, string(parts), "one two", unpackDone},
		{4, true, "", "one two three", unpackDone},
		{5, false, "plain text", "", unpackNone},
		{6, true, "plain text", "", unpackNone},
		{8, true, "", "", unpackLost},
	}
	for _, w := range want {
		k := s.webSocketAt(numberOf(w.frame), 0)
		if !k.part || k.whole != w.whole || string(k.msg.data) != w.data || string(k.msg.plain.data) != w.plain || k.msg.plain.state != w.state {
			t.Errorf("packet %d: %+v, want %+v", w.frame, k, w)
		}
	}
	if k := s.webSocketAt(9, 0); k.part {
		t.Errorf("something is known of a packet that has nothing: %+v", k)
	}
}

// TestWebSocketBounds: messages without end and bombs cost a bounded amount of
// memory and work.
func TestWebSocketBounds(t *testing.T) {
	s := wsSession("permessage-deflate")
	feed := func(n int, frame []byte) {
		s.Begin(numberOf(n), timeOf(n), 1, false)
		s.Framer(1).Push(pieceOf(frame), nil)
		if x := s.ws; x.kept > maxWebSocketKept || len(x.unpack[1].window) > 2*deflateWindow+4<<10 {
			t.Fatalf("%d bytes of messages, %d of the window are kept", x.kept, len(x.unpack[1].window))
		}
	}
	// A message of many frames is given up at its limit.
	for i := range 40 {
		feed(i, wsFrame(0x00, false, make([]byte, 4000)))
	}
	if m := s.ws.open[1]; !m.over || m.data != nil || m.size != 160000 {
		t.Errorf("of %d bytes %d are kept, given up %v", m.size, len(m.data), m.over)
	}
	feed(41, wsFrame(0x80, false, nil))
	// Small messages push out older ones.
	for i := range 400 {
		feed(100+2*i, wsFrame(0x01, false, make([]byte, 30000)))
		feed(101+2*i, wsFrame(0x80, false, make([]byte, 30000)))
	}
	if n := len(s.ws.events); n < 100 || n > 700 {
		t.Errorf("%d events are kept", n)
	}
	// Of what a message unpacks to, its beginning is kept; the work has an end.
	server := newWSPacker()
	zeros := strings.Repeat("0", 1<<20)
	spent := 0
	for i := range 40 {
		feed(2000+i, wsFrame(0xc1, false, server.pack(zeros)))
		k := s.webSocketAt(numberOf(2000+i), 0)
		spent += k.msg.plain.size
		if len(k.msg.plain.data) > maxWebSocketMessage {
			t.Fatalf("%d bytes of a message are kept", len(k.msg.plain.data))
		}
	}
	if last := s.webSocketAt(2039, 0); last.msg.plain.state != unpackLost || spent > 2*inflateGrant {
		t.Errorf("after %d bytes unpacking says %v", spent, last.msg.plain.state)
	}
}

func FuzzWebSocket(f *testing.F) {
	for _, talk := range []*wsTalk{wsDeflate(), wsOdd()} {
		var both [2][]byte
		for i, b := range talk.segments[2:] {
			side := 0
			if talk.answer[i+2] {
				side = 1
			}
			both[side] = append(both[side], b[:min(len(b), 3000)]...)
		}
		f.Add(both[0], both[1], uint16(200), false)
		f.Add(both[0], both[1], uint16(3), true)
	}
	upgrade := newWSTalk("permessage-deflate; client_no_context_takeover").segments
	f.Fuzz(func(t *testing.T, ask, answer []byte, size uint16, snap bool) {
		fuzzStream(t, 80, append(upgrade[0][:len(upgrade[0]):len(upgrade[0])], ask...), append(upgrade[1][:len(upgrade[1]):len(upgrade[1])], answer...), size, snap)
		frames(t, wsSession("permessage-deflate"), 1, answer, func() int { return 1 + int(size) }, false)
		s := wsSession("permessage-deflate")
		s.Begin(packet.Number(1), 0, 0, false)
	})
}
