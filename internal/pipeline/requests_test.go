package pipeline_test

import (
	"context"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"time"

	"tcplens/capture"
	"tcplens/internal/packet"
	"tcplens/internal/pipeline"
	"tcplens/internal/trace"
)

// frames is a source of packets that the test hands over one batch at a time.
type frames struct {
	batches chan [][]byte
	taken   chan struct{} // has a value when the source is asked for more
	n       int
}

func (f *frames) Read(ctx context.Context, b *capture.Batch) error {
	b.Reset()
	if f.n > 0 {
		f.taken <- struct{}{}
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case list, ok := <-f.batches:
		if !ok {
			return io.EOF
		}
		for _, data := range list {
			f.n++
			b.Packets = append(b.Packets, packet.Packet{Meta: packet.Meta{Time: packet.Time(f.n) * packet.Time(time.Millisecond),
				CapLen: uint32(len(data)), Len: uint32(len(data)), Link: packet.LinkEthernet}, Data: data, Pos: -1})
		}
		return nil
	}
}

func (f *frames) Interfaces() []packet.Interface {
	return []packet.Interface{{Name: "test0", Link: packet.LinkEthernet}}
}

func (f *frames) Close() error { return nil }

// dnsFrame makes a message of DNS about a name: a question for its address, or the
// answer to it with a code, and with an address if the code is 0.
func dnsFrame(id uint16, name string, answer bool, code byte) []byte {
	m := binary.BigEndian.AppendUint16(nil, id)
	if !answer {
		m = append(m, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	} else {
		records := byte(1)
		if code != 0 {
			records = 0
		}
		m = append(m, 0x81, 0x80|code, 0, 1, 0, records, 0, 0, 0, 0)
	}
	for _, label := range strings.Split(name, ".") {
		m = append(append(m, byte(len(label))), label...)
	}
	m = append(m, 0, 0, 1, 0, 1)
	if answer && code == 0 {
		m = append(m, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7)
	}
	b := udpFrame(0, len(m))
	copy(b[42:], m)
	udp := b[34:]
	binary.BigEndian.PutUint16(udp[2:], 53)
	if answer {
		binary.BigEndian.PutUint16(udp, 53)
		binary.BigEndian.PutUint16(udp[2:], 40000)
		copy(b[26:], []byte{10, 0, 0, 2, 10, 0, 0, 1})
	}
	return b
}

// TestRequests follows questions of DNS while their answers come in.
func TestRequests(t *testing.T) {
	src := &frames{batches: make(chan [][]byte), taken: make(chan struct{})}
	p := start(t, pipeline.Options{})
	ended := make(chan error, 1)
	go func() { ended <- p.Run(context.Background(), src) }()
	tr := p.Trace()
	requests := tr.Requests()
	arrive := func(list ...[]byte) []trace.Request {
		t.Helper()
		have := tr.Snapshot().Last()
		src.batches <- list
		<-src.taken
		for tr.Snapshot().Last() < have+packet.Number(len(list)) {
			<-tr.Changed()
		}
		all, changed := requests.Refresh(context.Background())
		if !changed {
			t.Errorf("nothing has changed after packet %d", have)
		}
		return all
	}

	all := arrive(dnsFrame(1, "example.org", false, 0), dnsFrame(2, "nowhere.test", false, 0), udpFrame(9, 20))
	if len(all) != 2 || all[0].First != 0 || all[0].Target != "example.org" || all[0].Method != "A" || all[0].Frame != 1 || all[1].Frame != 2 {
		t.Fatalf("two questions give %+v", all)
	}
	if all[0].Flow.Dst.Port != 53 {
		t.Errorf("the server is %v", all[0].Flow.Dst)
	}

	all = arrive(dnsFrame(2, "nowhere.test", true, 3), dnsFrame(1, "example.org", true, 0), dnsFrame(1, "late.example.org", false, 0))
	if len(all) != 3 {
		t.Fatalf("three questions give %+v", all)
	}
	if r := all[0]; !r.Done || r.Failed || r.Status != "192.0.2.7" || r.First != 5 || r.Answered.Sub(r.Asked) != 4*time.Millisecond || r.Size == 0 || r.Rows != 1 {
		t.Errorf("the first question is answered by %+v", r)
	}
	if r := all[1]; !r.Failed || r.Status != "No such name" || r.Last != 4 {
		t.Errorf("the second question is answered by %+v", r)
	}
	if r := all[2]; r.First != 0 || r.Target != "late.example.org" || r.Key() == all[0].Key() {
		t.Errorf("the third question is %+v", r)
	}

	if again, changed := requests.Refresh(context.Background()); changed || again != nil {
		t.Error("something is new although no packet came")
	}
	// A list that was broken off goes on where it was.
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	fresh := tr.Requests()
	if part, _ := fresh.Refresh(gone); len(part) == len(all) {
		t.Error("a refresh that was broken off gives all requests")
	}
	if whole, _ := fresh.Refresh(context.Background()); len(whole) != len(all) {
		t.Errorf("after that, %d of %d requests are found", len(whole), len(all))
	}

	close(src.batches)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
