package dissect

import (
	"runtime"
	"strings"
	"testing"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// TestBodySize: what a body costs in memory does not depend on its size. A gigabyte of
// it goes through reassembly and the framers.
func TestBodySize(t *testing.T) {
	const total, most = 1 << 30, 64 << 10 // bytes
	plain := make([]byte, 60_000)
	chunk := append(append([]byte("ea60\r\n"), plain...), "\r\n"...)
	frame := append([]byte("\x00\xea\x60\x00\x00\x00\x00\x00\x01"), plain...)
	record := append([]byte("\x17\x03\x03\x3a\x98"), plain[:15000]...)
	for name, x := range map[string]struct {
		app         App
		ask, answer string
		piece       []byte
	}{
		"http, length":         {AppHTTP, "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2000000000\r\n\r\n", plain},
		"http, one chunk":      {AppHTTP, "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n77359400\r\n", plain},
		"http, chunks":         {AppHTTP, "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk},
		"http, to its end":     {AppHTTP, "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", plain},
		"http2, DATA":          {AppHTTP2, http2PrefaceLine + "\r\nSM\r\n\r\n", "\x00\x00\x00\x04\x00\x00\x00\x00\x00", frame},
		"websocket, one frame": {AppWebSocket, "", "\x82\x7f\x00\x00\x00\x00\x70\x00\x00\x00", plain},
		"tls, records":         {AppTLS, "", "\x14\x03\x03\x00\x01\x01", []byte(strings.Repeat(string(record), 4))},
	} {
		t.Run(name, func(t *testing.T) {
			s := NewSession(x.app)
			ra := tcp.NewReassembler(new(tcp.PDUs))
			ra.SetFramer(0, s.Framer(0))
			ra.SetFramer(1, s.Framer(1))
			var seq [2]uint32
			n := packet.Number(0)
			var f tcp.Facts
			var seg tcp.Segment
			say := func(dir uint8, data []byte) {
				if len(data) == 0 {
					return
				}
				n++
				s.Begin(n, packet.Time(n), dir, false)
				f = tcp.Facts{Dir: dir, Seq: 1 + seq[dir], NextSeq: 1 + seq[dir] + uint32(len(data)), Verdict: tcp.Analysed}
				seq[dir] += uint32(len(data))
				seg = tcp.Segment{Number: n, Flags: tcp.ACK, Len: uint32(len(data)), CapLen: uint32(len(data))}
				ra.Add(&f, &seg, data)
			}
			say(0, []byte(x.ask))
			say(1, []byte(x.answer))
			say(1, x.piece)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for sent := 0; sent < total; sent += len(x.piece) {
				say(1, x.piece)
			}
			runtime.ReadMemStats(&after)
			if grown := after.TotalAlloc - before.TotalAlloc; grown > most {
				t.Errorf("%d segments of %d bytes cost %d bytes of memory", n, len(x.piece), grown)
			}
			runtime.KeepAlive(ra)
		})
	}
}
