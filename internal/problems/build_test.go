package problems

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/pipeline"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// scenarios are the captures that the analysis is tested with.
const scenarios = "../tcp/testdata/scenarios/"

// load reads a capture file as a whole.
func load(t testing.TB, path string) *trace.Trace { return loadAs(t, path, nil) }

func loadAs(t testing.TB, path string, da *dissect.DecodeAs) *trace.Trace {
	t.Helper()
	p, err := pipeline.LoadFile(path, pipeline.Options{DecodeAs: da})
	if p == nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p.Trace()
}

// whole gives the index of a trace that is done, and its snapshot.
func whole(t testing.TB, tr *trace.Trace) (*Index, trace.Snapshot) {
	t.Helper()
	x := New(tr)
	x.All(t.Context())
	return x, tr.Snapshot()
}

// occurrences gives all packets of a group.
func occurrences(x *Index, g Group) []packet.Number {
	buf := make([]packet.Number, g.Packets)
	return buf[:x.Occurrences(g.Key, 0, buf)]
}

// find gives the group of a kind in a class.
func find(x *Index, c Class, kind string) (Group, bool) {
	for _, g := range x.Groups() {
		if g.Class == c && g.Kind == kind {
			return g, true
		}
	}
	return Group{}, false
}

// frame is one packet of a capture that a test builds.
type frame struct {
	at   time.Duration
	data []byte
	wire int // length on the wire; 0: that of data
}

// built writes a capture and reads it.
func built(t testing.TB, frames ...frame) *trace.Trace {
	t.Helper()
	var b bytes.Buffer
	le := binary.LittleEndian
	head := make([]byte, 24)
	le.PutUint32(head, 0xa1b23c4d)
	le.PutUint16(head[4:], 2)
	le.PutUint16(head[6:], 4)
	le.PutUint32(head[16:], 262144)
	le.PutUint32(head[20:], 1)
	b.Write(head)
	for _, f := range frames {
		rec := make([]byte, 16)
		at := 1_700_000_000*time.Second + f.at
		le.PutUint32(rec, uint32(at/time.Second))
		le.PutUint32(rec[4:], uint32(at%time.Second))
		le.PutUint32(rec[8:], uint32(len(f.data)))
		le.PutUint32(rec[12:], uint32(max(f.wire, len(f.data))))
		b.Write(rec)
		b.Write(f.data)
	}
	path := filepath.Join(t.TempDir(), "built.pcap")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return load(t, path)
}

// ends are the two ends of the connections that tests build.
type ends struct {
	addr [2]netip.Addr
	port [2]uint16
	id   uint16 // identification of the last datagram
}

func newEnds() *ends {
	return &ends{addr: [2]netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")}, port: [2]uint16{40000, 80}}
}

// seg is one segment.
type seg struct {
	dir      int
	flags    tcp.Flags
	seq, ack uint32
	data     []byte
	mss      uint16 // option; 0 none
	window   uint16 // 0: 64000
}

// packet gives the bytes of a segment behind Ethernet and IPv4, with right checksums.
func (e *ends) packet(s seg) []byte {
	var opts []byte
	if s.mss != 0 {
		opts = []byte{2, 4, byte(s.mss >> 8), byte(s.mss)}
	}
	be := binary.BigEndian
	b := make([]byte, 14+20+20+len(opts)+len(s.data))
	copy(b, []byte{2, 0, 0, 0, 0, byte(2 - s.dir), 2, 0, 0, 0, 0, byte(1 + s.dir), 8, 0})
	ip := b[14:]
	ip[0] = 0x45
	be.PutUint16(ip[2:], uint16(len(ip)))
	e.id++
	be.PutUint16(ip[4:], e.id)
	ip[8], ip[9] = 64, 6
	src, dst := e.addr[s.dir].As4(), e.addr[1-s.dir].As4()
	copy(ip[12:], src[:])
	copy(ip[16:], dst[:])
	h := ip[20:]
	be.PutUint16(h, e.port[s.dir])
	be.PutUint16(h[2:], e.port[1-s.dir])
	be.PutUint32(h[4:], s.seq)
	be.PutUint32(h[8:], s.ack)
	be.PutUint16(h[12:], uint16((20+len(opts))/4)<<12|uint16(s.flags))
	w := s.window
	if w == 0 {
		w = 64000
	}
	be.PutUint16(h[14:], w)
	copy(h[20:], opts)
	copy(h[20+len(opts):], s.data)
	sums(b)
	return b
}

// sums makes the checksums right, word by word as RFC 1071 tells.
func sums(b []byte) {
	add := func(acc uint32, p []byte) uint32 {
		for i := 0; i < len(p); i += 2 {
			acc += uint32(p[i]) << 8
			if i+1 < len(p) {
				acc += uint32(p[i+1])
			}
		}
		return acc
	}
	finish := func(acc uint32) uint16 {
		for acc > 0xffff {
			acc = acc>>16 + acc&0xffff
		}
		return ^uint16(acc)
	}
	be := binary.BigEndian
	ip, h := b[14:34], b[34:]
	be.PutUint16(ip[10:], 0)
	be.PutUint16(ip[10:], finish(add(0, ip)))
	be.PutUint16(h[16:], 0)
	be.PutUint16(h[16:], finish(add(add(6+uint32(len(h)), ip[12:20]), h)))
}

// shake gives the three packets of a handshake with both ends' MSS.
func (e *ends) shake(mss uint16) []frame {
	return []frame{
		{0, e.packet(seg{dir: 0, flags: tcp.SYN, seq: 1000, mss: mss}), 0},
		{time.Millisecond, e.packet(seg{dir: 1, flags: tcp.SYN | tcp.ACK, seq: 5000, ack: 1001, mss: mss}), 0},
		{2 * time.Millisecond, e.packet(seg{dir: 0, flags: tcp.ACK, seq: 1001, ack: 5001}), 0},
	}
}

// content is n bytes that differ from place to place.
func content(n, salt int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + salt)
	}
	return b
}
