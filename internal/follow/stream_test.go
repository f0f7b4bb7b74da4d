package follow

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// made is a conversation made by hand.
type made struct {
	segs  []Segment
	bytes map[packet.Number][]byte
	kind  trace.Kind
}

func newMade(kind trace.Kind) *made { return &made{bytes: map[packet.Number][]byte{}, kind: kind} }

// seg adds a segment at ms; flags as "SA", seq and ack relative.
func (m *made) seg(ms int64, dir uint8, flags string, seq, ack uint32, data string) {
	n := packet.Number(len(m.segs) + 1)
	s := Segment{Time: packet.Time(1_700_000_000_000_000_000 + ms*1_000_000)}
	s.FollowSegment = tcp.FollowSegment{Number: n, Dir: dir, Seq: seq, Ack: ack, Len: uint32(len(data)), CapLen: uint32(len(data))}
	for _, f := range flags {
		s.Flags |= map[rune]tcp.Flags{'S': tcp.SYN, 'A': tcp.ACK, 'F': tcp.FIN, 'P': tcp.PSH, 'R': tcp.RST}[f]
	}
	m.segs = append(m.segs, s)
	m.bytes[n] = []byte(data)
}

// cut keeps only the first n bytes of the newest segment's payload.
func (m *made) cut(n int) {
	s := &m.segs[len(m.segs)-1]
	s.CapLen, m.bytes[s.Number] = uint32(n), m.bytes[s.Number][:n]
}

func (m *made) fetch(n packet.Number) ([]byte, error) {
	b, ok := m.bytes[n]
	if !ok {
		return nil, fmt.Errorf("packet %d is not kept", n)
	}
	return b, nil
}

func (m *made) stream() *Stream {
	lo := netip.AddrFrom4([4]byte{10, 0, 0, 1})
	s := New(Info{Kind: m.kind, Node: [2]packet.Endpoint{{Addr: lo, Port: 34962}, {Addr: lo.Next(), Port: 3000}}, Server: 1}, m.fetch)
	s.Add(m.segs...)
	return s
}

func (m *made) open() {
	m.seg(0, 0, "S", 0, 0, "")
	m.seg(9, 1, "SA", 0, 1, "")
	m.seg(10, 0, "A", 1, 1, "")
}

func raw(t *testing.T, s *Stream, side uint8) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.WriteRaw(&b, side); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// gaps is scenario 33: bytes out of order, sent twice, and missing for good.
func gaps() *made {
	m := newMade(trace.TCP)
	m.open()
	m.seg(20, 0, "PA", 1, 1, "one\n")
	m.seg(21, 0, "PA", 9, 1, "three\n")
	m.seg(22, 0, "PA", 5, 1, "two\n")
	m.seg(30, 1, "PA", 1, 15, "ok\n")
	m.seg(200, 0, "PA", 9, 4, "THREE\nfour\n")
	m.seg(210, 1, "A", 4, 20, "")
	m.seg(220, 0, "PA", 30, 4, "six\n")
	m.seg(230, 0, "PA", 40, 4, "seven\n")
	m.seg(240, 1, "A", 4, 34, "")
	m.seg(250, 1, "PA", 4, 46, "bye\n")
	m.seg(260, 0, "PA", 46, 8, "end\n")
	return m
}

func TestOrder(t *testing.T) {
	s := gaps().stream()
	if got, want := raw(t, s, 0), "one\ntwo\nthree\nfour\nsix\nseven\nend\n"; got != want {
		t.Errorf("side 0 sent %q, want %q", got, want)
	}
	if got, want := raw(t, s, 1), "ok\nbye\n"; got != want {
		t.Errorf("side 1 sent %q, want %q", got, want)
	}
	if s.Missing(0) != 16 || s.Missing(1) != 0 || s.Bytes(0) != 33 {
		t.Errorf("missing %d and %d bytes, have %d", s.Missing(0), s.Missing(1), s.Bytes(0))
	}
	if d := s.Differs(); len(d) != 1 || d[0] != (Differ{Side: 0, Frame: 8, First: 5, Pos: 8, Len: 5}) {
		t.Errorf("differences: %+v", d)
	}
	turns := s.Turns()
	if len(turns) != 5 {
		t.Fatalf("%d turns: %+v", len(turns), turns)
	}
	want := Turn{Side: 0, First: 8, Last: 11, Pos: 14, Bytes: 15, Missing: 16, Start: 4, End: 9}
	got := turns[2]
	got.Time, got.Since = 0, 0
	if got != want || turns[2].Since != 170_000_000 {
		t.Errorf("the third turn is %+v after %d ns, want %+v", got, turns[2].Since, want)
	}
	for i := range s.Chunks() {
		if k := s.Turn(i); i < turns[k].Start || i >= turns[k].End {
			t.Errorf("chunk %d is said to be in turn %d", i, k)
		}
	}
}

func TestText(t *testing.T) {
	var b strings.Builder
	if err := gaps().stream().WriteASCII(&b, Both); err != nil {
		t.Fatal(err)
	}
	const rule = "===================================================================\n"
	want := "\n" + rule + "Follow: tcp,ascii\nFilter: tcp.stream eq 0\nNode 0: 10.0.0.1:34962\nNode 1: 10.0.0.2:3000\n" +
		"4\none\n\n4\ntwo\n\n6\nthree\n\n[5 bytes of packet 5 differ when sent again in packet 8]\n\t3\nok\n\n5\nfour\n\n" +
		"[10 bytes missing in capture]\n4\nsix\n\n[6 bytes missing in capture]\n6\nseven\n\n\t4\nbye\n\n4\nend\n\n" + rule
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	b.Reset()
	if err := gaps().stream().WriteASCII(&b, 1); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "one") || !strings.Contains(b.String(), "\t4\nbye\n") {
		t.Errorf("one side alone is\n%s", b.String())
	}
}

func TestHex(t *testing.T) {
	m := newMade(trace.TCP)
	m.open()
	m.seg(20, 0, "PA", 1, 1, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	m.seg(30, 1, "PA", 1, 28, "\x00\x1b[31m\xff")
	var b strings.Builder
	if err := m.stream().WriteHex(&b, Both); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\n00000000  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  GET / HT TP/1.1..\n",
		"\n00000010  48 6f 73 74 3a 20 61 0d  0a 0d 0a                 Host: a. ...\n",
		"\n\t00000000  00 1b 5b 33 31 6d ff                              ..[31m.\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the hex form lacks %q:\n%s", want, b.String())
		}
	}
}

func TestCutPacket(t *testing.T) {
	m := newMade(trace.TCP)
	m.open()
	m.seg(20, 0, "PA", 1, 1, strings.Repeat("x", 100))
	m.cut(30)
	m.seg(21, 0, "PA", 101, 1, "tail")
	s := m.stream()
	if got := raw(t, s, 0); got != strings.Repeat("x", 30)+"tail" {
		t.Errorf("got %q", got)
	}
	c := s.Chunks()
	if len(c) != 3 || c[1].Gap() != "[70 bytes cut off by the snap length]" || s.Missing(0) != 70 {
		t.Errorf("chunks: %+v", c)
	}
}

func TestDatagrams(t *testing.T) {
	m := newMade(trace.UDP)
	m.seg(0, 0, "", 0, 0, "question")
	m.seg(5, 0, "", 0, 0, "question")
	m.seg(9, 1, "", 0, 0, "answer")
	s := m.stream()
	if len(s.Turns()) != 3 || raw(t, s, 0) != "questionquestion" || raw(t, s, 1) != "answer" {
		t.Errorf("%d turns, %q and %q", len(s.Turns()), raw(t, s, 0), raw(t, s, 1))
	}
	if d := s.Turns()[2].Since; d != 4_000_000 {
		t.Errorf("the answer came %d ns later", d)
	}
}

func TestFrameOfByte(t *testing.T) {
	s := gaps().stream()
	all := raw(t, s, 0)
	for pos := range uint64(len(all)) {
		i := s.Chunk(0, pos)
		c := s.Chunks()[i]
		b, err := s.Append(nil, i)
		if err != nil || b[pos-c.Pos] != all[pos] {
			t.Fatalf("byte %d is in chunk %+v: %q, %v", pos, c, b, err)
		}
	}
	if s.Chunk(0, uint64(len(all))) != -1 || s.Chunk(1, 1<<60) != -1 {
		t.Error("a byte is found that does not exist")
	}
	buf := make([]byte, 9)
	if n, err := s.ReadAt(0, buf, 2); n != 9 || err != nil || string(buf) != all[2:11] {
		t.Errorf("ReadAt gives %q, %v", buf[:n], err)
	}
	for n, want := range map[packet.Number]packet.Number{4: 4, 6: 6, 8: 8, 9: 10, 13: 13, 14: 14, 99: 14} {
		if c := s.Chunks()[s.Find(n)]; c.Frame != want {
			t.Errorf("packet %d leads to packet %d, want %d", n, c.Frame, want)
		}
	}
	if newMade(trace.TCP).stream().Find(1) != -1 {
		t.Error("an empty stream finds a packet")
	}
}

func TestLostBytesOfTrace(t *testing.T) {
	m := gaps()
	s := m.stream()
	delete(m.bytes, 10)
	err := s.WriteRaw(&bytes.Buffer{}, 0)
	if err == nil || !strings.Contains(err.Error(), "packet 10") {
		t.Errorf("the error is %v", err)
	}
}

// Whatever the link does to the segments, the stream has what was sent.
func TestLossyLink(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 9))
		sent := [2][]byte{}
		m := newMade(trace.TCP)
		m.open()
		type flying struct {
			dir  uint8
			from int
			data []byte
		}
		var link []flying
		for range 60 {
			d := uint8(r.IntN(2))
			data := make([]byte, 1+r.IntN(300))
			for i := range data {
				data[i] = byte(r.Uint32())
			}
			link = append(link, flying{d, len(sent[d]), data})
			sent[d] = append(sent[d], data...)
		}
		for i := range link { // reordered, repeated, cut anew; nothing is lost for good
			if j := min(i+r.IntN(6), len(link)-1); r.IntN(3) == 0 {
				link[i], link[j] = link[j], link[i]
			}
		}
		var late []flying
		deliver := func(f flying) {
			m.seg(int64(len(m.segs)), f.dir, "A", uint32(1+f.from), 1, string(f.data))
		}
		for _, f := range link {
			switch r.IntN(5) {
			case 0:
				late = append(late, f)
			case 1:
				deliver(f)
				k := r.IntN(len(f.data))
				to := min(f.from+k+1+r.IntN(500), len(sent[f.dir]))
				deliver(flying{f.dir, f.from + k, sent[f.dir][f.from+k : to]})
			default:
				deliver(f)
			}
		}
		for _, f := range late {
			deliver(f)
		}
		s := m.stream()
		for side := range uint8(2) {
			if raw(t, s, side) != string(sent[side]) {
				t.Fatalf("seed %d: side %d is not what was sent", seed, side)
			}
		}
		if len(s.Differs()) != 0 || s.Missing(0)+s.Missing(1) != 0 || s.Waiting() != 0 {
			t.Fatalf("seed %d: %v differ, %d missing, %d wait", seed, s.Differs(), s.Missing(0)+s.Missing(1), s.Waiting())
		}
	}
}

// A repeat that differs is always noticed, be it early, late or in part.
func TestDifferences(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 10))
		sent := bytes.Repeat([]byte("abcdefghij"), 100)
		m := newMade(trace.TCP)
		m.open()
		at := 0
		var order [][2]int
		for at < len(sent) {
			n := min(1+r.IntN(100), len(sent)-at)
			order = append(order, [2]int{at, n})
			at += n
		}
		for i := range order {
			if j := min(i+r.IntN(4), len(order)-1); r.IntN(2) == 0 {
				order[i], order[j] = order[j], order[i]
			}
		}
		wrong := r.IntN(len(order))
		for i, o := range order {
			m.seg(int64(i), 0, "A", uint32(1+o[0]), 1, string(sent[o[0]:o[0]+o[1]]))
			if i == wrong {
				bad := append([]byte(nil), sent[o[0]:o[0]+o[1]]...)
				bad[r.IntN(len(bad))] = 'X'
				m.seg(int64(i), 0, "A", uint32(1+o[0]), 1, string(bad))
			}
		}
		s := m.stream()
		if raw(t, s, 0) != string(sent) {
			t.Fatalf("seed %d: the first bytes did not win", seed)
		}
		if d := s.Differs(); len(d) != 1 || d[0].Len != 1 {
			t.Errorf("seed %d: the differing byte is reported as %v", seed, d)
		}
	}
}

func TestGrowing(t *testing.T) {
	m := gaps()
	s := New(m.stream().Info(), m.fetch)
	for i := range m.segs {
		s.Add(m.segs[i])
	}
	if fmt.Sprint(s.Turns(), s.Chunks(), s.Differs()) != fmt.Sprint(m.stream().Turns(), m.stream().Chunks(), m.stream().Differs()) {
		t.Error("a stream that grows is not one that was made whole")
	}
}

func FuzzStream(f *testing.F) {
	f.Add([]byte{0, 1, 5, 1, 3, 9, 0, 0, 200, 1, 1, 1})
	f.Fuzz(func(t *testing.T, in []byte) {
		m := newMade(trace.TCP)
		for len(in) >= 5 {
			seq := uint32(int8(in[0])) + uint32(in[1]&3)<<30
			m.seg(int64(len(m.segs)), in[2]&1, []string{"A", "SA", "S", "FA", "", "R"}[in[2]>>1%6], seq, uint32(in[3])+uint32(in[1]>>2&3)<<30,
				strings.Repeat("y", int(in[4]&63)))
			if in[4]&128 != 0 {
				m.cut(int(in[4]&63) / 2)
			}
			in = in[5:]
		}
		s := m.stream()
		for side := range uint8(2) {
			if got := raw(t, s, side); uint64(len(got)) != s.Bytes(side) {
				t.Errorf("side %d: %d bytes written, %d counted", side, len(got), s.Bytes(side))
			}
		}
		sum := uint64(0)
		for _, turn := range s.Turns() {
			sum += turn.Bytes
		}
		if sum != s.Bytes(0)+s.Bytes(1) {
			t.Errorf("the turns have %d bytes, the sides %d", sum, s.Bytes(0)+s.Bytes(1))
		}
		for f := range FormatMessages {
			if err := s.Write(&bytes.Buffer{}, f, Both); err != nil {
				t.Errorf("%v: %v", f, err)
			}
		}
	})
}
