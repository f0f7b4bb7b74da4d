package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// lossy says data from the server to the client, in segments that are lost, sent
// again, late and doubled as rnd will have it, and the client's acknowledgements.
func (w *wire) lossy(rnd *rand.Rand, client, server int, request, response []byte) {
	w.open(client, server)
	w.segment(client, server, false, psh|ack, 1, 1, request)
	req := uint32(len(request)) + 1
	type seg struct{ start, end int }
	var segs []seg
	for at := 0; at < len(response); {
		n := min(len(response)-at, 1+rnd.IntN(200))
		segs = append(segs, seg{at, at + n})
		at += n
	}
	send := func(s seg) {
		w.segment(client, server, true, psh|ack, uint32(s.start)+1, req, response[s.start:s.end])
	}
	acks := func(n int, at int) {
		for range n {
			w.segment(client, server, false, ack, req, uint32(at)+1, nil)
		}
	}
	for i := 0; i < len(segs); i++ {
		s := segs[i]
		switch rnd.IntN(12) {
		case 0: // lost, and retransmitted fast after what follows, with bytes before or behind it at times
			last := min(len(segs)-1, i+1+rnd.IntN(4))
			for j := i + 1; j <= last; j++ {
				send(segs[j])
			}
			acks(3, s.start)
			again := s
			if rnd.IntN(4) == 0 {
				again.start = max(0, s.start-rnd.IntN(60))
			}
			if rnd.IntN(4) == 0 {
				again.end = min(len(response), s.end+rnd.IntN(60))
			}
			if again.start == s.start {
				send(again)
			} else {
				acks(3, again.start)
				send(again)
			}
			i = last
			acks(1, segs[last].end)
		case 1: // late
			if i+1 < len(segs) {
				send(segs[i+1])
				send(s)
				i++
			} else {
				send(s)
			}
		case 2: // lost for good
		case 3: // doubled after a while
			send(s)
			w.now += 300000
			send(s)
		case 4: // a keep-alive
			send(s)
			acks(1, s.end)
			w.segment(client, server, true, ack, uint32(s.end), req, response[s.end-1:s.end])
		default:
			send(s)
			if rnd.IntN(3) == 0 {
				acks(1, s.end)
			}
		}
	}
	if rnd.IntN(2) == 0 {
		w.segment(client, server, true, fin|ack, uint32(len(response))+1, req, nil)
		w.segment(client, server, false, fin|ack, req, uint32(len(response))+2, nil)
		w.segment(client, server, true, ack, uint32(len(response))+2, req+1, nil)
	}
}

// httpAnswers are what a server of HTTP says, with lengths of all kinds.
func httpAnswers(rnd *rand.Rand) []byte {
	var b bytes.Buffer
	for range 1 + rnd.IntN(4) {
		body := bytes.Repeat([]byte("0123456789abcdef"), rnd.IntN(40))
		switch rnd.IntN(4) {
		case 0, 1:
			fmt.Fprintf(&b, "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		case 2:
			b.WriteString("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/octet-stream\r\n\r\n")
			for len(body) > 0 {
				n := min(len(body), 1+rnd.IntN(100))
				fmt.Fprintf(&b, "%x\r\n%s\r\n", n, body[:n])
				body = body[n:]
			}
			b.WriteString("0\r\n\r\n")
		case 3:
			b.WriteString("HTTP/1.1 304 Not Modified\r\nServer: x\r\n\r\n")
		}
	}
	return b.Bytes()
}

// tlsAnswers are records of TLS 1.2 as they go on after a handshake.
func tlsAnswers(rnd *rand.Rand) []byte {
	b := []byte("\x16\x03\x03\x00\x04\x0e\x00\x00\x00\x14\x03\x03\x00\x01\x01")
	for range 1 + rnd.IntN(8) {
		n := rnd.IntN(600) + 20
		b = append(b, 23, 3, 3, byte(n>>8), byte(n))
		for range n {
			b = append(b, byte(rnd.UintN(256)))
		}
	}
	return b
}

// TestReassemblyAgainstTshark holds the messages of lossy conversations to be put
// together as tshark does, in both readings. What still differs stands in
// docs/fidelity.md.
func TestReassemblyAgainstTshark(t *testing.T) {
	const talks = 100
	w := newWire()
	rnd := rand.New(rand.NewPCG(*seed, 2))
	for i := range talks {
		if i%3 == 0 {
			w.lossy(rnd, 20000+i, 443, []byte("\x16\x03\x03\x00\x04\x10\x00\x00\x00"), tlsAnswers(rnd))
		} else {
			w.lossy(rnd, 20000+i, 80, []byte("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"), httpAnswers(rnd))
		}
		w.now += 1e6
	}
	const allowed = 30 // of some 2,500; 1 in 12 would differ if holes that fill late were left alone
	w.againstTshark(t, "frame.number tcp.stream tcp.seq tcp.len _ws.col.Protocol _ws.col.Info tcp.reassembled_in tcp.segment tcp.segment.count tcp.reassembled.length frame.protocols", allowed)
}
