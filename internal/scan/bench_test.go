package scan_test

import (
	"context"
	"os"
	"testing"

	"tcplens/internal/pipeline"
	"tcplens/internal/scan"
	"tcplens/internal/trace"
)

// BenchmarkScan runs filters over a capture: that which TCPLENS_BENCH names (a
// million packets make the figures of docs/), or one of a conversation with losses.
func BenchmarkScan(b *testing.B) {
	path := os.Getenv("TCPLENS_BENCH")
	if path == "" {
		path = "../../testdata/lab/lossy.pcap"
	}
	p, err := pipeline.LoadFile(path, pipeline.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = p.Close() })
	tr := p.Trace()
	snap := tr.Snapshot()
	bytes := int64(tr.Status().Bytes)
	for _, expr := range []string{
		"tcp.port == 80", "ip.addr == 10.0.0.0/8", "tcp.stream == 7", "tcp.flags.syn == 1 and tcp.flags.ack == 0", "frame.len > 1000",
		"tcp.analysis.retransmission", "not udp", "tcp.port in {80, 443, 8000..8999} and tcp.len > 0",
		`frame contains "needle"`, `tcp.payload contains "needle"`, "http.request", `http.host contains "example"`, "tls.handshake.type == 1", "dns", "tcp.window_size < 1000",
	} {
		f := parse(b, expr)
		run := func(b *testing.B, r *scan.Scanner, enough int) {
			n := 0
			if err := r.Run(context.Background(), f, scan.Query{Snap: snap, From: 1}, func(x scan.Batch) bool {
				n += len(x.Found)
				return n < enough
			}); err != nil {
				b.Fatal(err)
			}
		}
		b.Run("whole/"+expr, func(b *testing.B) {
			b.SetBytes(bytes)
			for b.Loop() {
				run(b, scan.New(tr, trace.SecondVisit), 1<<30)
			}
		})
		b.Run("screen/"+expr, func(b *testing.B) {
			for b.Loop() {
				run(b, scan.New(tr, trace.SecondVisit), 50)
			}
		})
	}
}
