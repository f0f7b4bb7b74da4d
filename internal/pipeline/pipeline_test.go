package pipeline_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tcplens/capture"
	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/pipeline"
	"tcplens/internal/trace"
)

// feed is a source that gives batches of UDP packets as the test asks for them.
type feed struct {
	batches chan int // packets in the next batch; closed at the end
	size    int      // payload bytes of each
	n       int
	err     error // what it ends with
	closed  bool
}

func (f *feed) Read(ctx context.Context, b *capture.Batch) error {
	b.Reset()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case k, ok := <-f.batches:
		if !ok {
			if f.err != nil {
				return f.err
			}
			return io.EOF
		}
		for range k {
			f.n++
			data := udpFrame(f.n, f.size)
			b.Packets = append(b.Packets, packet.Packet{Meta: packet.Meta{Time: packet.Time(f.n) * 1000, CapLen: uint32(len(data)),
				Len: uint32(len(data)), Link: packet.LinkEthernet}, Data: data, Pos: -1})
		}
		return nil
	}
}

func (f *feed) Interfaces() []packet.Interface {
	return []packet.Interface{{Name: "test0", Link: packet.LinkEthernet, Nano: true}}
}
func (f *feed) Close() error { f.closed = true; return nil }

// udpFrame makes an Ethernet frame with a datagram whose payload begins with its number.
func udpFrame(n, size int) []byte {
	size = max(size, 4)
	b := make([]byte, 42+size)
	b[12] = 8
	ip := b[14:]
	ip[0], ip[8], ip[9] = 0x45, 64, 17
	binary.BigEndian.PutUint16(ip[2:], uint16(28+size))
	copy(ip[12:], []byte{10, 0, 0, 1, 10, 0, 0, 2})
	udp := ip[20:]
	binary.BigEndian.PutUint16(udp, 40000)
	binary.BigEndian.PutUint16(udp[2:], 40001)
	binary.BigEndian.PutUint16(udp[4:], uint16(8+size))
	binary.BigEndian.PutUint32(udp[8:], uint32(n))
	return b
}

func newFeed(sizes ...int) *feed {
	f := &feed{batches: make(chan int, len(sizes)), size: 100}
	for _, s := range sizes {
		f.batches <- s
	}
	close(f.batches)
	return f
}

func start(t *testing.T, o pipeline.Options) *pipeline.Pipeline {
	t.Helper()
	o.Dir = t.TempDir()
	p, err := pipeline.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// number reads back which packet the bytes are of.
func number(t *testing.T, tr *trace.Trace, n packet.Number) uint32 {
	t.Helper()
	b, err := tr.Bytes(n, nil)
	if err != nil {
		t.Fatal(err)
	}
	return binary.BigEndian.Uint32(b[42:])
}

func TestEveryPacketInOrder(t *testing.T) {
	p := start(t, pipeline.Options{})
	src := newFeed(1, 700, 0, 3000, 299)
	if err := p.Run(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	if !src.closed {
		t.Error("the source was not closed")
	}
	s := p.Trace().Snapshot()
	if s.Len() != 4000 {
		t.Fatalf("%d packets, want 4000", s.Len())
	}
	for n := s.First(); n <= s.Last(); n++ {
		if got := number(t, p.Trace(), n); got != uint32(n) {
			t.Fatalf("packet %d has the bytes of %d", n, got)
		}
		if r := s.Row(n); r.Time != packet.Time(n)*1000 || r.Kind != trace.UDP || r.PayLen != 100 {
			t.Fatalf("row %d: %+v", n, r)
		}
	}
	st := p.Trace().Status()
	if !st.Done || st.Err != nil || st.Packets != 4000 || st.Bytes != 4000*142 {
		t.Errorf("status %+v", st)
	}
	if got := p.Trace().Packets(trace.UDP, 0); len(got) != 4000 || got[0] != 1 || got[3999] != 4000 {
		t.Errorf("the conversation has %d packets", len(got))
	}
}

func TestBounds(t *testing.T) {
	p := start(t, pipeline.Options{Disk: 4 << 20})
	f := newFeed(make([]int, 0)...)
	f.batches = make(chan int, 200)
	for range 200 {
		f.batches <- 100
	}
	close(f.batches)
	f.size = 1000
	if err := p.Run(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	tr := p.Trace()
	s, st := tr.Snapshot(), tr.Status()
	if st.Packets != 20000 || s.Last() != 20000 {
		t.Fatalf("%d packets seen, last %d", st.Packets, s.Last())
	}
	if st.Evicted == 0 || s.First() != st.Evicted+1 {
		t.Fatalf("evicted %d, first %d", st.Evicted, s.First())
	}
	kept := int64(s.Len()) * 1042
	if kept > 4<<20 || kept < 2<<20 {
		t.Errorf("%d bytes of packets are kept within 4 MiB", kept)
	}
	for n := s.First(); n <= s.Last(); n += 97 {
		if got := number(t, tr, n); got != uint32(n) {
			t.Fatalf("packet %d has the bytes of %d", n, got)
		}
	}
	if s.Row(st.Evicted) != nil {
		t.Error("an evicted packet still has a row")
	}
	if _, err := tr.Bytes(st.Evicted, nil); err == nil {
		t.Error("an evicted packet still has bytes")
	}
	if got := tr.Packets(trace.UDP, 0); len(got) != s.Len() {
		t.Errorf("the conversation lists %d packets, %d are kept", len(got), s.Len())
	}
}

func TestMemoryBound(t *testing.T) {
	p := start(t, pipeline.Options{Mem: 3 << 20, Disk: 16 << 20})
	f := newFeed()
	f.batches = make(chan int, 100)
	for range 100 {
		f.batches <- 1000
	}
	close(f.batches)
	if err := p.Run(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if m := p.Trace().Memory(); m > 4<<20 {
		t.Errorf("%d bytes of rows and tables, bound 3 MiB", m)
	}
	if p.Trace().Status().Evicted == 0 {
		t.Error("nothing was evicted")
	}
}

func TestCount(t *testing.T) {
	p := start(t, pipeline.Options{Count: 150})
	if err := p.Run(t.Context(), newFeed(100, 100, 100)); err != nil {
		t.Fatal(err)
	}
	if n := p.Trace().Snapshot().Len(); n != 150 {
		t.Errorf("%d packets, want 150", n)
	}
}

func TestErrorKeepsPackets(t *testing.T) {
	p := start(t, pipeline.Options{})
	f := newFeed(10)
	f.err = errors.New("the cable was pulled")
	err := p.Run(t.Context(), f)
	if err == nil || !strings.Contains(err.Error(), "cable") {
		t.Errorf("error %v", err)
	}
	if st := p.Trace().Status(); st.Packets != 10 || st.Err == nil || !st.Done {
		t.Errorf("status %+v", st)
	}
}

func TestGoOn(t *testing.T) {
	p := start(t, pipeline.Options{})
	for range 3 {
		if err := p.Run(t.Context(), newFeed(10)); err != nil {
			t.Fatal(err)
		}
	}
	if n := p.Trace().Snapshot().Len(); n != 30 {
		t.Errorf("%d packets after three runs of ten", n)
	}
}

func TestSave(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.pcapng")
	w, err := capture.CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.New(pipeline.Options{Save: w, SaveName: path, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context(), newFeed(500, 500)); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	q, err := pipeline.LoadFile(path, pipeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if n := q.Trace().Snapshot().Len(); n != 1000 {
		t.Fatalf("%d packets in the file, want 1000", n)
	}
	if got := number(t, q.Trace(), 777); got != 777 {
		t.Errorf("packet 777 has the bytes of %d", got)
	}
	if i := q.Trace().Interfaces(); len(i) != 1 || i[0].Name != "test0" {
		t.Errorf("interfaces %+v", i)
	}
}

// TestReadersBesideWriter lets readers dissect while packets come; it is meant for
// the race detector.
func TestReadersBesideWriter(t *testing.T) {
	p := start(t, pipeline.Options{Disk: 2 << 20})
	f := newFeed()
	f.batches = make(chan int)
	ended := make(chan error, 1)
	go func() { ended <- p.Run(t.Context(), f) }()
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			tr := p.Trace()
			r := tr.NewReader()
			var convs []trace.Conversation
			for {
				select {
				case <-stop:
					return
				default:
				}
				s := tr.Snapshot()
				for n := s.Last(); n > 0 && n+5 > s.Last() && n >= s.First(); n-- {
					tree, cols, err := r.Dissect(n, dissect.WantTree|dissect.WantColumns)
					if err != nil {
						continue // evicted between the snapshot and here
					}
					if cols.Proto != "UDP" || tree.First() < 0 {
						t.Errorf("packet %d: %+v", n, cols)
						return
					}
				}
				convs = tr.Conversations(trace.UDP, convs[:0])
				tr.Status()
			}
		})
	}
	for range 200 {
		f.batches <- 100
	}
	close(f.batches)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	close(stop)
	wg.Wait()
}

func TestIdle(t *testing.T) {
	p := start(t, pipeline.Options{})
	f := newFeed()
	f.batches = make(chan int)
	ended := make(chan error, 1)
	go func() { ended <- p.Run(t.Context(), f) }()
	f.batches <- 5
	f.batches <- 0 // a heartbeat: nothing more was there
	<-p.Idle()
	if n := p.Trace().Snapshot().Len(); n != 5 {
		t.Errorf("idle with %d packets of 5 in the trace", n)
	}
	close(f.batches)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestCancel(t *testing.T) {
	p := start(t, pipeline.Options{})
	f := newFeed()
	f.batches = make(chan int)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx, f) }()
	f.batches <- 5
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("a cancelled capture ended with %v", err)
	}
}

func TestSpoolLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	p, err := pipeline.New(pipeline.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context(), newFeed(10)); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Fatalf("%v %v", left, err)
	}
	info, err := left[0].Info()
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o700 {
		t.Errorf("the spool's folder has mode %o", mode)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestFileAgainstStream reads the same packets from a file and through a pipe:
// what is known of them must not depend on the way.
func TestFileAgainstStream(t *testing.T) {
	files, err := filepath.Glob("../tcp/testdata/scenarios/*.pcap")
	if err != nil || len(files) == 0 {
		t.Fatal("no captures", err)
	}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := pipeline.LoadFile(path, pipeline.Options{})
		if err != nil {
			t.Fatal(err)
		}
		pipe := start(t, pipeline.Options{})
		if err := pipe.Run(t.Context(), capture.NewStreamReader(bytes.NewReader(raw), path)); err != nil {
			t.Fatal(err)
		}
		a, b := dump(t, file.Trace()), dump(t, pipe.Trace())
		if a != b {
			t.Errorf("%s: the file shows\n%s\nthe pipe\n%s", path, a, b)
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
}

func dump(t *testing.T, tr *trace.Trace) string {
	t.Helper()
	var b strings.Builder
	r := tr.NewReader()
	s := tr.Snapshot()
	for n := s.First(); n <= s.Last(); n++ {
		tree, cols, err := r.Dissect(n, dissect.WantTree|dissect.WantColumns)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(cols.Src + " " + cols.Dst + " " + cols.Proto + " " + cols.Info + "\n" + tree.Text())
	}
	return b.String()
}
