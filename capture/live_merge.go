package capture

import (
	"context"
	"math"
	"time"

	"tcplens/internal/packet"
)

// turn is what one port of several has delivered and has not been merged yet.
type turn struct {
	cur  Batch
	next int         // the first packet of cur that was not merged
	upto packet.Time // what was seen before this has been delivered
	has  bool        // cur is the port's, to be given back
}

func (t *turn) pending() bool { return t.next < len(t.cur.Packets) }

// readMerged is Read for several interfaces. Packets are put in the order of their
// times as far as every interface has been heard of; one that is silent is heard
// of with each timeout, so that the others wait a few of those at most.
func (l *Live) readMerged(ctx context.Context, b *Batch) error {
	quiet := time.NewTimer(heartbeat)
	defer quiet.Stop()
	for {
		l.mergeInto(b, l.ended != nil)
		if len(b.Packets) > 0 {
			return nil
		}
		if l.ended != nil {
			l.err = l.ended
			return l.err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-quiet.C:
			// Nothing could be delivered for long: if something waits, then for a
			// clock that was set back.
			l.mergeInto(b, true)
			return nil
		case <-l.wake:
		}
	}
}

// take gets a port's next delivery if the last one has been merged, and gives the
// last one back.
func (l *Live) take(i int) {
	p, t := l.ports[i], &l.merge[i]
	for !t.pending() {
		if t.has {
			p.empty <- t.cur // there is room for all
			t.cur, t.next, t.has = Batch{}, 0, false
		}
		select {
		case d := <-p.full:
			t.cur, t.next, t.upto, t.has = d.batch, 0, d.upto, true
			if d.err != nil && l.ended == nil {
				l.ended = d.err
			}
		default:
			return
		}
	}
}

// mergeInto copies packets into b in the order of their times, up to the time that
// all ports have been heard of, or everything that there is, until b is full.
func (l *Live) mergeInto(b *Batch, everything bool) {
	if want := portBytes + maxCapLen; cap(b.Buf) < want {
		b.Buf = make([]byte, 0, want)
	}
	for len(b.Buf) < portBytes && len(b.Packets) < portPackets {
		first, earliest, heard := -1, packet.Time(0), packet.Time(math.MaxInt64)
		for i := range l.merge {
			l.take(i)
			t := &l.merge[i]
			if !t.pending() {
				heard = min(heard, t.upto)
			} else if at := t.cur.Packets[t.next].Time; first < 0 || at < earliest {
				first, earliest = i, at
			}
		}
		if first < 0 || earliest > heard && !everything && l.ended == nil {
			return
		}
		t := &l.merge[first]
		p := t.cur.Packets[t.next]
		t.next++
		at := len(b.Buf)
		b.Buf = append(b.Buf, p.Data...)
		p.Data = b.Buf[at:len(b.Buf):len(b.Buf)]
		b.Packets = append(b.Packets, p)
	}
}
