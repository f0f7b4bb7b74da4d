package problems

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// growing is a trace that a test adds packets to, as a live capture does.
type growing struct {
	t     *testing.T
	bytes []byte
	tr    *trace.Trace
	w     *trace.Writer
	scan  *dissect.Dissection
	n     packet.Number
}

// ReadAt implements trace.Store.
func (g *growing) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(g.bytes).ReadAt(p, off)
}

func grow(t *testing.T) *growing {
	g := &growing{t: t, scan: dissect.NewDissection(nil)}
	g.tr = trace.New(g, nil)
	g.w = g.tr.Writer()
	g.w.Interfaces([]packet.Interface{{Name: "eth7", Link: packet.LinkEthernet}}, nil)
	return g
}

// add appends packets.
func (g *growing) add(frames ...frame) {
	for _, f := range frames {
		g.n++
		p := packet.Packet{Data: f.data, Pos: int64(len(g.bytes)), Meta: packet.Meta{
			Time: packet.Time(time.Hour + f.at), CapLen: uint32(len(f.data)), Len: uint32(max(f.wire, len(f.data))), Link: packet.LinkEthernet,
		}}
		g.bytes = append(g.bytes, f.data...)
		s := trace.Scanned{Packet: p}
		g.scan.Scan(&dissect.Input{Number: g.n, Packet: p}, &s.Headers)
		g.w.Append([]trace.Scanned{s})
	}
}

// step goes on with the index as far as there are packets.
func (g *growing) step(x *Index, done bool) {
	g.t.Helper()
	if p := x.Step(g.t.Context(), g.tr.Snapshot(), done, time.Now().Add(time.Hour)); !p.Done {
		g.t.Errorf("not done: %+v of %d", p, g.n)
	}
}

// ping is an ICMP echo request or reply.
func ping(e *ends, reply bool, seq byte) []byte {
	s := seg{dir: 0, data: make([]byte, 8)}
	if reply {
		s.dir = 1
	}
	b := e.packet(s)
	b = b[:14+20+16]
	binary.BigEndian.PutUint16(b[16:], 36)
	b[23] = 1
	clear(b[34:])
	b[34] = 8
	if reply {
		b[34] = 0
	}
	b[39], b[41] = 1, seq
	binary.BigEndian.PutUint16(b[24:], 0)
	acc := uint32(0)
	for i := 14; i < 34; i += 2 {
		acc += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	binary.BigEndian.PutUint16(b[24:], ^uint16(acc>>16+acc&0xffff))
	binary.BigEndian.PutUint16(b[36:], ^(uint16(b[34])<<8 + 1 + uint16(seq)))
	return b
}

func count(x *Index, c Class, kind string) int {
	g, _ := find(x, c, kind)
	return g.Packets
}

// TestAnswersMayCome does not call a request unanswered while its answer may still come.
func TestAnswersMayCome(t *testing.T) {
	const kind = "icmp.resp_not_found"
	g, e := grow(t), newEnds()
	x := New(g.tr)
	g.add(frame{0, ping(e, false, 1), 0})
	g.step(x, false)
	g.add(frame{time.Second, ping(e, false, 2), 0})
	g.step(x, false)
	if n := count(x, Fault, kind); n != 0 {
		t.Errorf("%d requests have no answer after a second", n)
	}
	g.add(frame{2 * time.Second, ping(e, true, 2), 0}, frame{9 * time.Second, ping(e, false, 3), 0})
	g.step(x, false)
	if n := count(x, Fault, kind); n != 0 {
		t.Errorf("%d requests have no answer after nine seconds", n)
	}
	g.add(frame{11 * time.Second, ping(e, true, 9), 0})
	g.step(x, false)
	group, _ := find(x, Fault, kind)
	if got := occurrences(x, group); !slices.Equal(got, []packet.Number{1}) {
		t.Errorf("unanswered after eleven seconds: %d", got)
	}
	g.step(x, true)
	group, _ = find(x, Fault, kind)
	if got := occurrences(x, group); !slices.Equal(got, []packet.Number{1, 4}) {
		t.Errorf("unanswered at the end: %d", got)
	}
}

// TestLostMayCome moves a segment whose bytes are missing as more is known of them.
func TestLostMayCome(t *testing.T) {
	const kind = "tcp.analysis.lost_segment"
	g, e := grow(t), newEnds()
	x := New(g.tr)
	g.add(e.shake(1460)...)
	g.add(frame{10 * time.Millisecond, e.packet(seg{flags: tcp.ACK, seq: 1101, ack: 5001, data: content(100, 1)}), 0})
	g.step(x, false)
	if count(x, Fault, kind) != 1 || count(x, Explained, kind) != 0 {
		t.Error("missing bytes are no fault at first")
	}
	g.add(frame{20 * time.Millisecond, e.packet(seg{dir: 1, flags: tcp.ACK, seq: 5001, ack: 1201}), 0})
	g.step(x, false)
	if count(x, Fault, kind) != 0 || count(x, Explained, kind) != 1 || x.unseen != 100 {
		t.Errorf("missing bytes that were acknowledged are the network's fault: %d", x.unseen)
	}
	g.add(frame{30 * time.Millisecond, e.packet(seg{flags: tcp.ACK, seq: 1001, ack: 5001, data: content(100, 2)}), 0})
	g.step(x, true)
	if count(x, Fault, kind) != 1 || count(x, Explained, kind) != 0 || x.unseen != 0 {
		t.Errorf("missing bytes that came after all are the capture's fault: %d", x.unseen)
	}
}

// TestEvict forgets packets that are not kept any more.
func TestEvict(t *testing.T) {
	const kind = "tcp.analysis.retransmission"
	g, e := grow(t), newEnds()
	x := New(g.tr)
	g.add(e.shake(1460)...)
	for i := range 20 {
		g.add(frame{time.Duration(i+1) * time.Second, e.packet(seg{flags: tcp.ACK, seq: 1001, ack: 5001, data: content(100, 1)}), 0})
	}
	g.step(x, false)
	if n := count(x, Fault, kind); n != 19 {
		t.Fatalf("%d retransmissions of 19", n)
	}
	g.w.Evict(13)
	g.step(x, true)
	group, _ := find(x, Fault, kind)
	if got := occurrences(x, group); len(got) != 10 || got[0] != 14 {
		t.Errorf("after 13 packets have gone: %d", got)
	}
	if group, ok := find(x, Capture, noteKinds[noteEvicted]); !ok || group.Count != 13 {
		t.Errorf("evicted: %+v", group)
	}
	if n := x.Next(0, 1); n != 14 {
		t.Errorf("the next fault is #%d", n)
	}
}

// TestResumed takes up a capture again that had ended.
func TestResumed(t *testing.T) {
	g, e := grow(t), newEnds()
	x := New(g.tr)
	g.add(e.shake(1460)...)
	g.step(x, true)
	if n := count(x, Capture, noteKinds[noteOpen]); n != 1 {
		t.Errorf("%d conversations are open", n)
	}
	g.add(frame{time.Second, e.packet(seg{dir: 1, flags: tcp.RST | tcp.ACK, seq: 5001, ack: 1001}), 0})
	g.step(x, false)
	g.step(x, true)
	if n := count(x, Capture, noteKinds[noteOpen]); n != 0 {
		t.Errorf("%d conversations are open behind a reset", n)
	}
}
