package tcp

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"tcplens/internal/packet"
)

// fuzzSegments makes segments out of any bytes, sixteen for each.
func fuzzSegments(b []byte, each func(*Segment, []byte)) {
	payload := make([]byte, 4096)
	for i := range payload {
		payload[i] = byte(i * 7)
	}
	now := packet.Time(0)
	for n := packet.Number(1); len(b) >= 16; n++ {
		s := Segment{Number: n, Flow: testFlow, Flags: Flags(binary.BigEndian.Uint16(b)) & 0x1ff,
			Window: binary.BigEndian.Uint16(b[2:]), Fit: Fit(b[4] % 16)}
		if s.Fit > Quoted {
			s.Fit = Sound
		}
		if b[4]&0x80 != 0 {
			s.Flow = s.Flow.Reverse()
		}
		s.Flow.Src.Port += uint16(b[4] >> 5 & 3)
		now += packet.Time(int8(b[5])) * 1_000_000
		s.Time = now
		s.Seq, s.Ack = uint32(int16(binary.BigEndian.Uint16(b[6:]))), uint32(int16(binary.BigEndian.Uint16(b[8:])))
		if b[5]&0x10 != 0 {
			s.Seq += uint32(b[10]) << 24
		}
		s.Len = uint32(b[11]) * 9
		s.CapLen = s.Len - min(s.Len, uint32(b[12]&3))
		s.Opts = Options{Has: OptSet(b[13]), WScale: b[14], NSACK: b[15] % 8}
		each(&s, payload[b[15]:][:s.CapLen])
		b = b[16:]
	}
}

func fuzzSeeds(f *testing.F) {
	f.Add([]byte("0123456789abcdef0123456789abcdef"))
	b := make([]byte, 0, 16*8)
	for i := range byte(8) {
		b = append(b, 0, 0x10, 1, 0, i&1<<7, 1, 0, i*9, 0, i, 0, 9, 0, 0, 2, 1)
	}
	f.Add(b)
}

func FuzzAdd(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(addAll)
}

// TestRandomSegments does what FuzzAdd does with as many bytes as a long
// conversation has: no bound gives way.
func TestRandomSegments(t *testing.T) {
	rnd := rand.NewChaCha8([32]byte{5})
	for range 2 {
		b := make([]byte, 16*2500)
		if _, err := rnd.Read(b); err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(b); i += 16 {
			b[i+4] &= 0x83 // two ends, sound headers mostly
			if i%128 > 0 {
				b[i] = 0
				b[i+1] = b[i+1]&0x18 | 0x10 // for the most part data and ACKs
			}
		}
		addAll(t, b)
	}
}

// addAll puts segments made of any bytes in order and holds every bound that the
// analysis promises.
func addAll(t *testing.T, b []byte) {
	tab := NewTable()
	fuzzSegments(b, func(s *Segment, _ []byte) {
		c, facts := tab.Add(s)
		if c.Stream() != facts.Stream || int(facts.Stream) >= tab.Len() {
			t.Fatalf("stream %d of %d", facts.Stream, tab.Len())
		}
		if facts.Prev >= s.Number || facts.AcksFrame > s.Number || facts.RTOFrame > s.Number {
			t.Fatalf("packet %d: %+v names a later one", s.Number, facts)
		}
		for i := range c.dirs {
			if n := c.dirs[i].unacked.len(); n > maxUnacked {
				t.Fatalf("%d segments not acknowledged", n)
			}
		}
		sum := c.Summary()
		sum.Final(facts, s.Seq, s.Ack, s.Flags)
		_ = sum.Ends.Status().String()
		if h := sum.Zeek.History.String(); len(h) > mostHistory+1 || strings.Trim(h, "shadfrgtwiqSHADFRGTWIQ^+") != "" {
			t.Fatalf("history %q", h)
		}
		if s.Fit == Sound && sum.Zeek.State == ConnNone || len(sum.Zeek.History.Words()) > mostHistory+1 {
			t.Fatalf("state %s, history %s", sum.Zeek.State, sum.Zeek.History.String())
		}
		for i, tr := range sum.Trouble {
			if tr.ZeroTime < 0 || c.trouble != nil && len(c.trouble.dirs[i].held) > maxHoles {
				t.Fatalf("trouble %+v", tr)
			}
		}
	})
}

func FuzzReassembler(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		tab, pdus := NewTable(), new(PDUs)
		all := map[uint32]*Reassembler{}
		var fl Follow
		var chunks []Chunk
		fuzzSegments(b, func(s *Segment, data []byte) {
			_, facts := tab.Add(s)
			r := all[facts.Stream]
			if r == nil {
				r = NewReassembler(pdus)
				r.SetFramer(0, &prefixFramer{t: t})
				methods := new([]any)
				r.SetFramer(1, &httpFramer{methods: methods})
				all[facts.Stream] = r
			}
			res := r.Add(&facts, s, data)
			for _, id := range []PDUID{res.Head, res.Tail} {
				p, ok := pdus.At(id)
				if ok != (id != 0) || ok && (p.Stream != facts.Stream || p.EndSeq < p.StartSeq) {
					t.Fatalf("packet %d: message %d is %+v", s.Number, id, p)
				}
			}
			for i := range r.dirs {
				d := &r.dirs[i]
				if d.nHeld > maxHeld || len(d.open) > maxOpen || len(d.starts) > 2*maxStarts {
					t.Fatalf("%d bytes held, %d open, %d known", d.nHeld, len(d.open), len(d.starts))
				}
			}
			chunks = fl.Add(FollowSegment{s.Number, facts.Dir, facts.Seq, facts.Ack, s.Flags, s.Len, s.CapLen}, chunks[:0])
			for _, c := range chunks {
				if c.Missing == 0 && (c.Len == 0 || c.Number == s.Number && c.Off+c.Len > s.CapLen) {
					t.Fatalf("packet %d: chunk %+v", s.Number, c)
				}
			}
		})
	})
}

// TestSizes holds what a packet and an idle conversation cost.
func TestSizes(t *testing.T) {
	for _, s := range []struct {
		name      string
		got, most uintptr
	}{
		{"Conversation", unsafe.Sizeof(Conversation{}), 608},
		{"Ends", unsafe.Sizeof(Ends{}), 12},
		{"PDU", unsafe.Sizeof(PDU{}), 32},
		{"Result", unsafe.Sizeof(Result{}), 12},
		{"Facts", unsafe.Sizeof(Facts{}), 96},
	} {
		if s.got > s.most {
			t.Errorf("%s takes %d bytes, at most %d expected", s.name, s.got, s.most)
		}
	}
}

// bulk fills segs with a transfer: two segments, one ACK, now and then a
// retransmission, over some conversations.
func bulk(n, conversations int) []Segment {
	segs := make([]Segment, 0, n)
	next := make([]uint32, conversations)
	acked := make([]uint32, conversations)
	for i := 0; len(segs) < n; i++ {
		c := i / 30 % conversations
		s := Segment{Number: packet.Number(len(segs) + 1), Time: packet.Time(1e18 + len(segs)*20_000), Flags: ACK,
			Window: 5000, Flow: packet.Flow{
				Src: packet.Endpoint{Addr: netip.AddrFrom4([4]byte{10, 0, byte(c >> 8), byte(c)}), Port: 443},
				Dst: packet.Endpoint{Addr: netip.AddrFrom4([4]byte{10, 1, 0, 1}), Port: 50000}}}
		if i%3 == 2 {
			s.Flow = s.Flow.Reverse()
			if next[c] > 200*1448 {
				acked[c] = next[c] - 200*1448
			}
			s.Ack = 5001 + acked[c]
			s.Seq = 9001
		} else {
			s.Seq, s.Ack, s.Len = 5001+next[c], 9001, 1448
			if i%200 == 0 && next[c] > 1448*100 {
				s.Seq -= 1448 * 100
			} else {
				next[c] += 1448
			}
		}
		segs = append(segs, s)
	}
	return segs
}

func BenchmarkAdd(b *testing.B) {
	for _, bench := range []struct {
		name          string
		conversations int
	}{{"one", 1}, {"thousand", 1000}} {
		b.Run(bench.name, func(b *testing.B) {
			segs := bulk(500_000, bench.conversations)
			b.ReportAllocs()
			b.ResetTimer()
			var tab *Table
			for i := range b.N {
				if i%len(segs) == 0 {
					tab = NewTable()
				}
				tab.Add(&segs[i%len(segs)])
			}
		})
	}
}

// BenchmarkReassemble is TLS records over segments in order.
func BenchmarkReassemble(b *testing.B) {
	payload := make([]byte, 1448)
	var f Facts
	f.Verdict = Analysed
	ra := NewReassembler(new(PDUs))
	ra.SetFramer(0, &prefixFramer{t: b})
	s := Segment{Len: 1448, CapLen: 1448, Flags: ACK}
	b.ReportAllocs()
	for i := range b.N {
		if i%10_000 == 0 {
			f.Seq = 1
			ra = NewReassembler(new(PDUs))
			ra.SetFramer(0, new(tlsFramer))
		}
		if i%8 == 0 {
			copy(payload, []byte{23, 3, 3, 0x2d, 0x3b}) // 11579: the record fills eight segments
		} else {
			payload[0] = 0
		}
		s.Number++
		f.NextSeq = f.Seq + s.Len
		ra.Add(&f, &s, payload)
		f.Seq = f.NextSeq
	}
}

// BenchmarkIdle reports what an idle conversation costs on the heap.
func BenchmarkIdle(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	tab := NewTable()
	const n = 100_000
	for i := range n {
		s := Segment{Number: packet.Number(i + 1), Time: 1e18, Flags: SYN, Window: 64240, Flow: packet.Flow{
			Src: packet.Endpoint{Addr: netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), Port: 443},
			Dst: packet.Endpoint{Addr: netip.AddrFrom4([4]byte{10, 1, 0, 1}), Port: 50000}}}
		tab.Add(&s)
		s.Flow, s.Flags, s.Ack, s.Number = s.Flow.Reverse(), RST|ACK, 1, s.Number+1
		tab.Add(&s)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/conversation")
	runtime.KeepAlive(tab)
}
