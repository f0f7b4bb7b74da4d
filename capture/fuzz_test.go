package capture

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"tcplens/internal/packet"
)

// fuzzScan reads a file from memory as OpenFile would, in chunks of any size.
func fuzzScan(t *testing.T, data []byte, src io.Reader, eager bool) ([]packet.Packet, []packet.Interface, string) {
	s := scanner{name: "fuzz", src: src, eager: eager, backed: true}
	var b Batch
	var out []packet.Packet
	for range len(data) + 2 { // no read without progress
		err := s.read(context.Background(), &b)
		for _, p := range b.Packets {
			if int(p.CapLen) != len(p.Data) || len(p.Data) > maxCapLen {
				t.Fatalf("CapLen %d, %d bytes of data", p.CapLen, len(p.Data))
			}
			if p.Pos < 0 || !bytes.Equal(data[p.Pos:p.Pos+int64(len(p.Data))], p.Data) {
				t.Fatalf("the data are not those at %d", p.Pos)
			}
			if p.Link == packet.LinkRecord {
				continue // on no interface
			}
			if in := s.interfaces(); int(p.Iface) >= len(in) || in[p.Iface].Link != p.Link {
				t.Fatalf("interface %d of %d", p.Iface, len(in))
			}
			p.Data = bytes.Clone(p.Data)
			out = append(out, p)
		}
		if err != nil {
			if len(b.Packets) > 0 {
				t.Fatal("packets came with the error")
			}
			return out, slices.Clone(s.interfaces()), err.Error()
		}
	}
	t.Fatal("reading does not come to an end")
	return nil, nil, ""
}

// stutter is a reader that gives a few bytes at a time.
type stutter struct {
	r    io.Reader
	rand *rand.Rand
}

func (s *stutter) Read(p []byte) (int, error) {
	return s.r.Read(p[:min(len(p), 1+s.rand.IntN(40))])
}

// checkReading holds that a file reads the same however its bytes come, and that
// every packet is where it says.
func checkReading(t *testing.T, data []byte) {
	ps, in, end := fuzzScan(t, data, bytes.NewReader(data), true)
	qs, in2, end2 := fuzzScan(t, data, &stutter{bytes.NewReader(data), rand.New(rand.NewPCG(uint64(len(data)), 7))}, false)
	if end != end2 {
		t.Errorf("the end: %q and %q", end, end2)
	}
	if !slices.EqualFunc(ps, qs, equalPackets) || !slices.Equal(in, in2) {
		t.Error("it reads differently in pieces")
	}
}

func FuzzPcap(f *testing.F) {
	f.Add(little().pcap(0xa1b2c3d4, 4, 1).record(1, 2, "data", 4).record(2, 3, "more", 60).b)
	f.Add(big().pcap(0xa1b23c4d, 3, 276).record(1, 2, "data", 4).b)
	f.Add(little().pcap(0xa1b2cd34, 2, 1).u32(1, 1, 3, 60, 7).u16(8).raw("\x01\x00abc").b)
	f.Fuzz(checkReading)
}

func FuzzPcapNG(f *testing.F) {
	for _, w := range []*build{little(), big()} {
		w.section().iface(1, 4, w.body().opt(2, "eth0").opt(9, "\x9e").opt(14, "12345678"))
		w.block(10, w.body().u32(0x544c534b, 3).raw("key")).block(0xbad, w.body().raw("custom"))
		w.packet(0, 1<<40, "data", 60, w.body().opt(1, "comment")).block(3, w.body().u32(9).raw("data"))
		w.block(2, w.body().u16(0, 0).u32(0, 5, 3, 4).raw("old")).section()
		f.Add(w.b)
	}
	f.Fuzz(checkReading)
}

// FuzzPacked reads whole files through OpenFile's way of unpacking.
func FuzzPacked(f *testing.F) {
	plain := little().pcap(0xa1b2c3d4, 4, 1).record(1, 2, "data", 4).b
	f.Add(gz(f, plain))
	f.Add(zst(f, plain))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return // a small input may unpack to much; a large one to more than a fuzzer has time for
		}
		s := NewStreamReader(bytes.NewReader(data), "fuzz")
		defer s.Close()
		var b Batch
		total := 0
		for total < 1<<20 {
			if err := s.Read(context.Background(), &b); err != nil {
				return
			}
			total += len(b.Packets)
		}
	})
}
