package problems

import (
	"bytes"
	"encoding/binary"
	"time"

	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// mayBeTwin are the items that a second copy of a packet gets.
const mayBeTwin itemSet = (1<<rowItemCount - 1) &^ (1<<itemLost | 1<<itemAckLost | 1<<itemReused | 1<<itemWindowFull)

// How far before a packet its first copy may be.
const (
	twinRows = 8 // packets of the conversation
	twinTime = 10 * time.Millisecond
)

// copies says how two packets with the same contents relate.
type copies uint8

const (
	copiesNone    copies = iota
	copiesDoubled        // bit for bit the same: doubled on the way, or captured twice at one point
	copiesTwice          // one packet, captured at two points
)

// isTwin says whether a packet was captured before at another point.
func (w *worker) isTwin(s trace.Snapshot, n packet.Number, r *trace.Row, sh *shape) bool {
	_, c := w.copyOf(s, n, r, sh)
	return c == copiesTwice
}

// copyOf finds an earlier packet that is the same one: it has the same identification
// (IPv4), or was captured within moments at another point, and its segment is the
// same but for the checksum, which may still be to be filled in. The reader has to
// stand at packet n and stands at another one afterwards.
func (w *worker) copyOf(s trace.Snapshot, n packet.Number, r *trace.Row, sh *shape) (packet.Number, copies) {
	loaded := false
	m := r.Prev
	for range twinRows {
		o := s.Row(m)
		if o == nil || m >= n || o.Stream != r.Stream || o.Kind != r.Kind {
			break
		}
		if since := r.Time.Sub(o.Time); since < 0 || since > twinTime {
			break
		}
		if o.Dir == r.Dir && o.Seq == r.Seq && o.Ack == r.Ack && o.PayLen == r.PayLen && o.Flags == r.Flags && o.Window() == r.Window() {
			if !loaded {
				w.seen[0] = append(w.seen[0][:0], w.reader.Captured()...)
				loaded = true
			}
			if c := w.compare(m, o, r, sh); c != copiesNone {
				return m, c
			}
		}
		m = o.Prev
	}
	return 0, copiesNone
}

// compare compares the packet in seen[0], whose row is r, with packet m.
func (w *worker) compare(m packet.Number, o, r *trace.Row, sh *shape) copies {
	p, err := w.reader.Packet(m)
	if err != nil {
		return copiesNone
	}
	first, ok := shapeOf(p.Link, p.Data, p.Len)
	if !ok || first.v6 != sh.v6 || first.end-first.ip != sh.end-sh.ip || first.tp-first.ip != sh.tp-sh.ip {
		return copiesNone
	}
	a, b := w.seen[0], p.Data
	const check = 16 // where the checksum stands in a TCP header
	x, y := a[sh.tp:min(sh.end, len(a))], b[first.tp:min(first.end, len(b))]
	k := min(len(x), len(y))
	if k < 20 || !bytes.Equal(x[:check], y[:check]) || !bytes.Equal(x[check+2:k], y[check+2:k]) {
		return copiesNone
	}
	hop, id := 8, true
	if sh.v6 {
		hop, id = 7, false
	} else {
		word := binary.BigEndian.Uint16(a[sh.ip+4:])
		if word != binary.BigEndian.Uint16(b[first.ip+4:]) {
			return copiesNone
		}
		id = word != 0
	}
	elsewhere := o.Interface() != r.Interface() || a[sh.ip+hop] != b[first.ip+hop] || !bytes.Equal(a[:sh.ip], b[:first.ip])
	switch {
	case elsewhere:
		return copiesTwice
	case id:
		return copiesDoubled
	}
	return copiesNone
}
