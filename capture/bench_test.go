package capture

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"tcplens/internal/packet"
)

// BenchmarkReadFile reads a file of 100,000 packets of 500 bytes or so, in a few
// batches that are used in turn, as a pipeline does.
func BenchmarkReadFile(b *testing.B) {
	for _, name := range []string{"a.pcap", "a.pcapng", "a.pcap.gz", "a.pcap.zst"} {
		b.Run(name, func(b *testing.B) {
			const n = 100_000
			path := filepath.Join(b.TempDir(), name)
			w, err := CreateFile(path, packet.Interface{Link: packet.LinkEthernet})
			if err != nil {
				b.Fatal(err)
			}
			text := []byte(strings.Repeat("some payload of a packet ", 40))
			for i := range n {
				p := packet.Packet{Meta: packet.Meta{Time: packet.Time(i), Link: packet.LinkEthernet}, Data: text[:i%len(text)]}
				if err := w.WritePackets([]packet.Packet{p}); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(w.Offset())
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
			batches := make([]Batch, 8)
			b.ReportAllocs()
			for b.Loop() {
				f, err := OpenFile(path)
				if err != nil {
					b.Fatal(err)
				}
				packets := 0
				for i := 0; err == nil; i++ {
					batch := &batches[i%len(batches)]
					err = f.Read(context.Background(), batch)
					packets += len(batch.Packets)
				}
				if err != io.EOF || packets != n {
					b.Fatalf("%d packets, %v", packets, err)
				}
				if err := f.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "packets/s")
		})
	}
}

// BenchmarkMatch runs a filter over one packet.
func BenchmarkMatch(b *testing.B) {
	f, err := NewFilter("tcp port 80", packet.LinkRaw, 0)
	if err != nil {
		b.Fatal(err)
	}
	data := []byte(tcp80)
	b.ReportAllocs()
	for b.Loop() {
		f.Match(packet.Meta{Len: uint32(len(data))}, data)
	}
}
