package dissect

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// httpTurn is a segment that one side sends.
type httpTurn struct {
	dir  uint8
	data string
	fin  bool
}

// talked gives turns to a session through reassembly, and lists the requests that
// it found. The packets are numbered from 1.
func talked(t *testing.T, app App, turns []httpTurn) (lines []string) {
	t.Helper()
	s := NewSession(app)
	var pdus tcp.PDUs
	order := tcp.NewReassembler(&pdus)
	order.SetFramer(0, s.Framer(0))
	order.SetFramer(1, s.Framer(1))
	table := tcp.NewTable()
	flow := packet.Flow{Src: packet.Endpoint{Port: 40000}, Dst: packet.Endpoint{Port: 80}}
	seq := [2]uint32{1, 1}
	for i, turn := range turns {
		x := tcp.Segment{Number: packet.Number(i + 1), Time: packet.Time(i+1) * 1000, Flow: flow, Seq: seq[turn.dir], Ack: seq[1-turn.dir],
			Flags: tcp.ACK, Window: 60000, Len: uint32(len(turn.data))}
		if turn.dir == 1 {
			x.Flow = packet.Flow{Src: flow.Dst, Dst: flow.Src}
		}
		if turn.fin {
			x.Flags |= tcp.FIN
		}
		seq[turn.dir] += x.Len
		_, facts := table.Add(&x)
		s.Begin(x.Number, x.Time, facts.Dir, turn.fin)
		order.Add(&facts, &x, []byte(turn.data))
	}
	for _, r := range s.Requests(0, nil) {
		state := ""
		if r.Failed {
			state += " failed"
		}
		if r.Done {
			state += " done"
		}
		lines = append(lines, fmt.Sprintf("%d.%d %s %s → %s, %d bytes, #%d #%d #%d%s", r.ID, r.Stream, r.Method, r.Target, r.Status, r.Size, r.Frame, r.First, r.Last, state))
	}
	return lines
}

func TestHTTPRequests(t *testing.T) {
	get := func(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n" }
	ok := func(body string) string {
		return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}
	c, s := newH2Side(), newH2Side()
	for _, tt := range []struct {
		name  string
		turns []httpTurn
		want  []string
	}{
		{"in turn", []httpTurn{{0, get("/a"), false}, {1, ok("12345"), false}, {0, get("/b"), false}, {1, "HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n", false}},
			[]string{"1.0 GET http://h/a → 200 OK, 5 bytes, #1 #2 #2 done", "2.0 GET http://h/b → 404 Not Found, 0 bytes, #3 #4 #4 failed done"}},
		{"pipelined", []httpTurn{{0, get("/a") + get("/b"), false}, {1, ok("1")[:20], false}, {1, ok("1")[20:] + ok("22"), false},
			{0, "HEAD /c HTTP/1.0\r\n\r\n", false}, {1, "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n", false}},
			[]string{"1.0 GET http://h/a → 200 OK, 1 bytes, #1 #2 #3 done", "2.0 GET http://h/b → 200 OK, 2 bytes, #1 #3 #3 done", "3.0 HEAD /c → 200 OK, 0 bytes, #4 #5 #5 done"}},
		{"in chunks, with an interim answer", []httpTurn{{0, "POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", false},
			{1, "HTTP/1.1 100 Continue\r\n\r\n", false}, {0, "abc", false},
			{1, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab", false}, {1, "cd\r\n3;x=y\r\nefg\r\n", false}, {1, "0\r\nA: b\r\n\r\n", false}},
			[]string{"1.0 POST http://h/x → 200 OK, 7 bytes, #3 #4 #6 done"}},
		{"until the end of the direction", []httpTurn{{0, get("/a"), false}, {1, "HTTP/1.0 200 OK\r\n\r\nabc", false}, {1, "defg", false}, {1, "hi", true}},
			[]string{"1.0 GET http://h/a → 200 OK, 9 bytes, #1 #2 #4 done"}},
		{"not done", []httpTurn{{0, get("/a"), false}, {1, ok("12345")[:41], false}},
			[]string{"1.0 GET http://h/a → 200 OK, 0 bytes, #1 #2 #2"}},
		{"answered before it was complete", []httpTurn{{0, "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nab", false}, {1, "HTTP/1.1 413 \r\nContent-Length: 0\r\n\r\n", false},
			{0, "cdef", false}, {0, get("/b"), false}, {1, ok(""), false}},
			[]string{"1.0 PUT http://h/x → 413 Request Entity Too Large, 0 bytes, #3 #3 #3 failed done", "2.0 GET http://h/b → 200 OK, 0 bytes, #4 #5 #5 done"}},
		{"nobody asked", []httpTurn{{1, ok("12"), false}, {0, get("/a"), false}}, []string{"1.0 GET http://h/a → , 0 bytes, #2 #0 #0"}},
		{"upgraded", []httpTurn{{0, "GET /up HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n", false},
			{1, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", false}, {0, http2Preface, false},
			{1, string(h2Frame(h2Headers, h2FlagEndHeaders, 1, s.block(":status", "200"))), false},
			{1, string(h2Frame(h2Data, h2FlagEndStream|h2FlagPadded, 1, []byte{2}, []byte("body"), make([]byte, 2))), false}},
			[]string{"1.0 GET http://h/up → 200 OK, 4 bytes, #1 #2 #5 done"}},
		{"streams", []httpTurn{{0, http2Preface + string(h2Frame(h2Headers, h2FlagEndHeaders|h2FlagEndStream, 1, c.block(":method", "GET", ":scheme", "http", ":authority", "h", ":path", "/a"))), false},
			{0, string(h2Frame(h2Headers, 0, 3, c.block(":method", "POST"))) + string(h2Frame(h2Continuation, h2FlagEndHeaders, 3, c.block(":path", "/rpc"))), false},
			{0, string(h2Frame(h2Headers, h2FlagEndHeaders|h2FlagEndStream, 5, c.block(":method", "GET", ":path", "/c"))), false},
			{1, string(h2Frame(h2Headers, h2FlagEndHeaders, 3, s.block(":status", "200", "content-type", "application/grpc"))), false},
			{0, string(h2Frame(h2Data, h2FlagEndStream, 3, []byte("late"))), false},
			{1, string(h2Frame(h2Headers, h2FlagEndHeaders, 1, s.block(":status", "103"))) + string(h2Frame(h2Headers, h2FlagEndHeaders, 1, s.block(":status", "500"))), false},
			{1, string(h2Frame(h2Data, 0, 3, []byte("123"))) + string(h2Frame(h2Data, h2FlagEndStream, 1, []byte("oh"))), false},
			{1, string(h2Frame(h2Headers, h2FlagEndHeaders|h2FlagEndStream, 3, s.block("grpc-status", "5"))), false},
			{0, string(h2Frame(h2RSTStream, 0, 5, put32(8))) + string(h2Frame(h2RSTStream, 0, 3, put32(8))), false}},
			[]string{"1.1 GET http://h/a → 500 Internal Server Error, 2 bytes, #1 #6 #7 failed done", "2.3 POST /rpc → 200 OK, gRPC NOT_FOUND, 3 bytes, #2 #4 #8 failed done",
				"3.5 GET /c → stream reset, 0 bytes, #3 #9 #9 failed done"}},
	} {
		if got := talked(t, AppHTTP, tt.turns); !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n  got  %s\n  want %s", tt.name, strings.Join(got, "\n       "), strings.Join(tt.want, "\n       "))
		}
	}
}
