package tcp

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"tcplens/internal/packet"
)

// lossyRun sends data in segments over a path that loses, repeats and reorders;
// what is lost is sent again. It gives the segments as a capture beside the
// receiver has them, and what was sent.
func lossyRun(r *rand.Rand, data []byte) (segs []Segment, payloads [][]byte) {
	type piece struct{ start, end int }
	var queue []piece
	for at := 0; at < len(data); {
		n := min(1+r.IntN(1400), len(data)-at)
		queue = append(queue, piece{at, at + n})
		at += n
	}
	now := packet.Time(1e18)
	have := make([]bool, len(data))
	add := func(dir int, flags Flags, seq, ack uint32, b []byte) {
		s := Segment{Number: packet.Number(len(segs) + 1), Time: now, Flow: testFlow, Flags: flags,
			Seq: 1000 + seq, Ack: 5000 + ack, Window: 60000, Len: uint32(len(b)), CapLen: uint32(len(b))}
		if dir == 1 {
			s.Flow = testFlow.Reverse()
			s.Seq, s.Ack = 5000+seq, 1000+ack
		}
		segs, payloads = append(segs, s), append(payloads, b)
	}
	add(0, SYN, 0, 0, nil)
	add(1, SYN|ACK, 0, 1, nil)
	now += 10_000_000
	add(0, ACK, 1, 1, nil)
	for len(queue) > 0 {
		now += packet.Time(r.IntN(5_000_000))
		i := 0
		if r.IntN(6) == 0 {
			i = r.IntN(min(4, len(queue)))
		}
		p := queue[i]
		if r.IntN(10) == 0 {
			now += 100_000_000 // lost: sent again later
			continue
		}
		add(0, ACK, uint32(p.start)+1, 1, data[p.start:p.end])
		for j := p.start; j < p.end; j++ {
			have[j] = true
		}
		if r.IntN(12) != 0 {
			queue = slices.Delete(queue, i, i+1)
		}
		if r.IntN(2) == 0 {
			n := slices.Index(have, false)
			if n < 0 {
				n = len(data)
			}
			add(1, ACK, 1, uint32(n)+1, nil)
		}
	}
	return segs, payloads
}

// records fills data with length-prefixed messages, as DNS over TCP has them.
func records(r *rand.Rand, n int) []byte {
	var b []byte
	for len(b) < n {
		m := 1 + r.IntN(3000)
		b = binary.BigEndian.AppendUint16(b, uint16(m))
		for range m {
			b = append(b, byte(r.Uint32()))
		}
	}
	return b
}

// prefixFramer finds length-prefixed messages and keeps what it is given.
type prefixFramer struct {
	head []byte
	left uint32
	cur  []byte
	got  [][]byte
	t    testing.TB
}

func (f *prefixFramer) Skip() { f.head, f.left, f.cur = nil, 0, nil }

func (f *prefixFramer) Push(p Piece, ends []uint32) ([]uint32, Need) {
	if len(p.Data) == 0 {
		f.t.Error("a piece without bytes")
	}
	n, pos := uint32(len(p.Data)), uint32(0)
	for pos < n {
		if f.left == 0 {
			f.head = append(f.head, p.Data[pos])
			pos++
			if len(f.head) < 2 {
				continue
			}
			f.left = uint32(binary.BigEndian.Uint16(f.head))
		}
		take := min(f.left, n-pos)
		f.cur = append(f.cur, p.Data[pos:pos+take]...)
		pos += take
		if f.left -= take; f.left == 0 {
			f.got = append(f.got, f.cur)
			f.Skip()
			ends = append(ends, pos)
		}
	}
	switch {
	case f.left > 0:
		return ends, Need{Kind: NeedBytes, N: f.left}
	case len(f.head) > 0:
		return ends, Need{Kind: NeedSegment}
	}
	return ends, Need{}
}

// TestFollowGivesWhatWasSent: whatever the path does to the segments, Follow gives
// the bytes in the order in which they were sent, and no gap.
func TestFollowGivesWhatWasSent(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		data := records(r, 30_000)
		segs, payloads := lossyRun(r, data)
		tab := NewTable()
		var f Follow
		var got []byte
		for i := range segs {
			s := &segs[i]
			_, facts := tab.Add(s)
			for _, c := range f.Add(FollowSegment{s.Number, facts.Dir, facts.Seq, facts.Ack, s.Flags, s.Len, s.CapLen}, nil) {
				if c.Missing > 0 || c.Dir != 0 {
					t.Fatalf("seed %d: chunk %+v", seed, c)
				}
				if int(c.Seq-1) != len(got) {
					t.Fatalf("seed %d: a chunk with number %d after %d bytes", seed, c.Seq, len(got))
				}
				got = append(got, payloads[c.Number-1][c.Off:c.Off+c.Len]...)
			}
		}
		if !bytes.Equal(got, data) || f.Held() != 0 {
			t.Fatalf("seed %d: %d bytes of %d, %d held", seed, len(got), len(data), f.Held())
		}
	}
}

// TestReassemblyJoinsWhatWasSent: every message that is complete, joined from the
// segments that carry its number, is one that was sent; and what the framer saw
// are messages that were sent.
func TestReassemblyJoinsWhatWasSent(t *testing.T) {
	done, framed := 0, 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 2))
		data := records(r, 30_000)
		segs, payloads := lossyRun(r, data)
		tab, pdus := NewTable(), new(PDUs)
		ra := NewReassembler(pdus)
		fr := &prefixFramer{t: t}
		ra.SetFramer(0, fr)
		res := make([]Result, len(segs))
		facts := make([]Facts, len(segs))
		for i := range segs {
			_, facts[i] = tab.Add(&segs[i])
			res[i] = ra.Add(&facts[i], &segs[i], payloads[i])
		}
		for id := PDUID(1); int(id) <= pdus.Len(); id++ {
			p, ok := pdus.At(id)
			if !ok || !p.Complete {
				continue
			}
			var frags []Fragment
			for i := range res {
				if res[i].Head == id || res[i].Tail == id {
					frags = append(frags, Fragment{segs[i].Number, facts[i].Seq, payloads[i]})
				}
			}
			got, _, missing := Joined(frags, p.StartSeq, p.EndSeq)
			if missing != 0 || !bytes.Equal(got, data[p.StartSeq-1:p.EndSeq-1]) {
				t.Fatalf("seed %d: message %d %+v: %d bytes, %d missing", seed, id, p, len(got), missing)
			}
			done++
		}
		for _, m := range fr.got {
			if len(m) > 8 && !bytes.Contains(data, m) {
				t.Fatalf("seed %d: the framer saw %d bytes that were never sent in a row", seed, len(m))
			}
			framed++
		}
	}
	if done < 200 || framed < 300 {
		t.Errorf("only %d messages complete, %d framed", done, framed)
	}
}

func TestJoined(t *testing.T) {
	frags := []Fragment{
		{5, 90, []byte("..........abcdef")}, // begins 10 before the message
		{7, 110, []byte("klmnop")},
		{8, 104, []byte("EfghiJ")}, // conflicts with 5 in one byte, touches 7
		{9, 110, []byte("klmnop")},
		{10, 116, []byte("qr.....")}, // ends behind it
		{11, 300, []byte("far away")},
	}
	data, parts, missing := Joined(frags, 100, 118)
	if string(data) != "abcdefghiJklmnopqr" || missing != 0 {
		t.Errorf("joined %q, %d missing", data, missing)
	}
	want := []Part{
		{Number: 5, Start: 0, End: 6},
		{Number: 8, Start: 4, End: 10, Overlap: true, Conflict: true},
		{Number: 7, Start: 10, End: 16},
		{Number: 9, Start: 10, End: 16, Overlap: true},
		{Number: 10, Start: 16, End: 18},
	}
	if !slices.Equal(parts, want) {
		t.Errorf("parts %+v", parts)
	}
	if data, _, missing = Joined(frags[1:2], 100, 1<<30); missing != 10 || len(data) != 16 {
		t.Errorf("with a hole: %d bytes, %d missing", len(data), missing)
	}
}

// TestFollowGap is scenario 33: what tshark prints for Follow.
func TestFollowGap(t *testing.T) {
	a := analyseAll(readCapture(t, "testdata/scenarios/33_follow_gap.pcap"))
	var f Follow
	var got []string
	for i := range a.frames {
		s, x := &a.frames[i].seg, &a.facts[i]
		for _, c := range f.Add(FollowSegment{s.Number, x.Dir, x.Seq, x.Ack, s.Flags, s.Len, s.CapLen}, nil) {
			text := "missing"
			if c.Missing == 0 {
				text = string(a.frames[c.Number-1].data[c.Off : c.Off+c.Len])
			}
			got = append(got, string('0'+rune(c.Dir))+" "+text)
		}
	}
	want := []string{"0 one\n", "0 two\n", "0 three\n", "1 ok\n", "0 four\n", "0 missing", "0 six\n",
		"0 missing", "0 seven\n", "1 bye\n", "0 end\n"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
