package scan_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"tcplens/dissect"
	"tcplens/dissect/filter"
	"tcplens/internal/packet"
	"tcplens/internal/scan"
	"tcplens/internal/trace"
)

func parse(t testing.TB, expr string) *filter.Filter {
	t.Helper()
	f, err := filter.Parse(expr, dissect.NewLookup())
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	return f
}

// grown makes a trace of n datagrams; every tenth has "needle" in it, and every
// seventh is of another conversation.
func grown(t testing.TB, n int) (*trace.Trace, *source) {
	t.Helper()
	s := &source{}
	tr := trace.New(s, nil)
	s.w = tr.Writer()
	s.w.Interfaces([]packet.Interface{{Name: "x", Link: packet.LinkEthernet}}, nil)
	s.add(n)
	return tr, s
}

// source makes packets, keeps their bytes, and writes them to a trace.
type source struct {
	w     *trace.Writer
	bytes []byte
	n     int
	d     *dissect.Dissection
}

func (s *source) ReadAt(p []byte, off int64) (int, error) { return copy(p, s.bytes[off:]), nil }

func (s *source) add(n int) {
	if s.d == nil {
		s.d = dissect.NewDissection(nil)
	}
	var batch []trace.Scanned
	start := len(s.bytes)
	for range n {
		s.n++
		text := "some text"
		if s.n%10 == 0 {
			text = "a needle!"
		}
		port := byte(1)
		if s.n%7 == 0 {
			port = 2
		}
		b := []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 37, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
			0x30, port, 0x40, 0, 0, 17, 0, 0}
		s.bytes = append(append(s.bytes, b...), text...)
	}
	const size = 51
	for i := range n {
		at := start + i*size
		p := packet.Packet{Meta: packet.Meta{Time: packet.Time(1e18 + int64(s.n-n+i)*1e6), CapLen: size, Len: size, Link: packet.LinkEthernet},
			Data: s.bytes[at : at+size], Pos: int64(at)}
		x := trace.Scanned{Packet: p}
		s.d.Scan(&dissect.Input{Packet: p}, &x.Headers)
		batch = append(batch, x)
	}
	s.w.Append(batch)
}

// collect runs a filter and gives what it found, in the order of the batches.
func collect(t testing.TB, r *scan.Scanner, f *filter.Filter, q scan.Query) []scan.Batch {
	t.Helper()
	var out []scan.Batch
	if err := r.Run(t.Context(), f, q, func(b scan.Batch) bool {
		out = append(out, b)
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func found(batches []scan.Batch) []packet.Number {
	var out []packet.Number
	for _, b := range batches {
		out = append(out, b.Found...)
	}
	return out
}

// TestOrder looks from a packet on: those behind it in order, then those before it,
// the nearest blocks first, and each packet once.
func TestOrder(t *testing.T) {
	const n = 10000
	tr, _ := grown(t, n)
	for _, from := range []packet.Number{0, 1, 2, 1023, 1024, 1025, 5000, 9999, n, n + 1, 2 * n} {
		r := scan.New(tr, trace.SecondVisit)
		batches := collect(t, r, parse(t, "udp.srcport == 12290"), scan.Query{Snap: tr.Snapshot(), From: from})
		at := min(max(from, 1), n+1)
		next, before := at, at
		for _, b := range batches {
			switch {
			case next <= n:
				if b.First != next {
					t.Fatalf("from %d: a block begins at %d, not %d", from, b.First, next)
				}
				next = b.Last + 1
			default:
				if b.Last != before-1 {
					t.Fatalf("from %d: a block ends at %d, not %d", from, b.Last, before-1)
				}
				before = b.First
			}
			if !slices.IsSorted(b.Found) || len(b.Found) > 0 && (b.Found[0] < b.First || b.Found[len(b.Found)-1] > b.Last) {
				t.Fatalf("block %d..%d has %v", b.First, b.Last, b.Found)
			}
		}
		if next != n+1 || before != 1 {
			t.Fatalf("from %d: looked at %d to %d", from, before, next-1)
		}
		all := found(batches)
		slices.Sort(all)
		if len(all) != n/7 || all[0] != 7 || all[len(all)-1] != n/7*7 {
			t.Errorf("from %d: %d found", from, len(all))
		}
		if only := found(collect(t, r, parse(t, "udp.srcport == 12290"), scan.Query{Snap: tr.Snapshot(), From: from, Only: true})); len(only) > 0 && only[0] < from {
			t.Errorf("only from %d, but %d was found", from, only[0])
		}
	}
}

// TestStop ends a run: when the receiver has enough, and when nobody waits any more.
func TestStop(t *testing.T) {
	tr, _ := grown(t, 20000)
	r := scan.New(tr, trace.SecondVisit)
	f := parse(t, `data.data contains "needle"`)
	calls := 0
	err := r.Run(t.Context(), f, scan.Query{Snap: tr.Snapshot(), From: 1}, func(scan.Batch) bool {
		calls++
		return calls < 3
	})
	if err != nil || calls != 3 {
		t.Errorf("%d calls, %v", calls, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	calls = 0
	err = r.Run(ctx, f, scan.Query{Snap: tr.Snapshot(), From: 1}, func(scan.Batch) bool {
		if calls++; calls == 2 {
			cancel()
		}
		return true
	})
	if !errors.Is(err, context.Canceled) || calls != 2 {
		t.Errorf("%d calls, %v", calls, err)
	}
}

// TestKept asks the same tests again: of more packets, in other expressions, in
// other words. Answers that were kept must not be others'.
func TestKept(t *testing.T) {
	tr, s := grown(t, 3000)
	r := scan.New(tr, trace.SecondVisit)
	want := func(expr string, count int) {
		t.Helper()
		snap := tr.Snapshot()
		for range 2 {
			if got := found(collect(t, r, parse(t, expr), scan.Query{Snap: snap, From: 1})); len(got) != count {
				t.Errorf("%s: %d of %d packets, not %d", expr, len(got), snap.Last(), count)
			}
		}
	}
	want(`data.data contains "needle"`, 300)
	want(`data.data   contains  "needle"`, 300)
	want(`data.data contains "needle" and udp.srcport == 12290`, 42)
	want(`not data.data contains "needle"`, 2700)
	want(`data.data contains "needles"`, 0)
	want(`data#1`, 3000)
	want(`data#2`, 0)
	want(`data`, 3000)
	want(`data.len == 9 && data.data contains "text"`, 2700)
	s.add(1000)
	want(`data.data contains "needle"`, 400)
	want(`data.len == 9 && data.data contains "text"`, 3600)
	if got := found(collect(t, r, nil, scan.Query{Snap: tr.Snapshot(), From: 1})); len(got) != 4000 {
		t.Errorf("without a filter %d packets are found", len(got))
	}
}

// TestReference does not keep what depends on the packet that is selected.
func TestReference(t *testing.T) {
	tr, _ := grown(t, 2000)
	r := scan.New(tr, trace.SecondVisit)
	reader := tr.NewReader()
	f := parse(t, "frame.number > ${frame.number} and data")
	for _, n := range []packet.Number{1000, 1500, 2000} {
		tree, _, err := reader.Dissect(n, dissect.WantTree)
		if err != nil {
			t.Fatal(err)
		}
		if got := found(collect(t, r, f.Bind(tree), scan.Query{Snap: tr.Snapshot(), From: 1})); len(got) != 2000-int(n) {
			t.Errorf("%d packets behind %d", len(got), n)
		}
	}
	if got := found(collect(t, r, f, scan.Query{Snap: tr.Snapshot(), From: 1})); len(got) != 0 {
		t.Errorf("%d packets match without one selected", len(got))
	}
}
