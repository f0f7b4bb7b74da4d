package trace

import (
	"tcplens/dissect"
	"tcplens/internal/tcp"
)

// Visit says as of when a packet is shown. Wireshark takes each packet apart when
// it comes, and again when it is looked at; the answers, the acknowledgements and
// the rest of a message that came meanwhile are then known.
type Visit uint8

// The visits.
const (
	// SecondVisit shows all that the trace knows of a packet by now, as the list
	// of Wireshark and tshark -2 do.
	SecondVisit Visit = iota
	// FirstVisit shows what was known when the packet came, as tshark does without
	// -2. It is the same whenever it is asked for, while the trace grows and after.
	FirstVisit
)

// NewVisitor makes a reader that shows packets as of a visit.
func (t *Trace) NewVisitor(v Visit) *Reader {
	return &Reader{t: t, visit: v, d: dissect.NewDissection(t.as), scan: dissect.NewDissection(t.as)}
}

// firstVisit takes back what came to be known of the packet after it. What of the
// analysis belongs to the packet alone stands in its row as of then; the tables
// are as they are now. Their lock is held.
func (k *knowledge) firstVisit(tb *tables) {
	k.first = true
	if k.row.Kind == TCP {
		k.summary.FirstVisit(k.row.Verdict)
		for _, p := range []*tcp.PDU{&k.plan.head, &k.plan.tail} {
			if p.Last > k.n {
				p.Complete, p.State = false, tcp.PDUOpen
			}
			if p.Asked > k.n {
				p.Asked = 0
			}
		}
	}
	for i := range k.outer {
		if o := &k.outer[i]; o.kind == TCP {
			o.summary.FirstVisit(o.facts.Verdict)
		}
	}
	k.peer = k.peer.Until(k.n)
	if k.done > k.n {
		k.done = 0
	}
	if k.inner >= 0 && k.row.Kind == UDP && k.udp.first == k.n && k.udp.recounted {
		k.stream = k.udp.was
	}
}

// maxBegun is how many bytes of a message are read again to show what a protocol
// says of one that has not ended: it is the longest head that HTTP may have.
const maxBegun = 64 << 10

// begun reads the beginning of the message that this packet goes on with.
func (k *knowledge) begun() []byte {
	id, head := k.row.head, &k.plan.head
	var b []byte
	for n := head.First; n <= k.n && len(b) < maxBegun; n++ {
		row := k.s.Row(n)
		if row == nil || row.Kind != TCP || row.Stream != k.row.Stream || row.Dir != k.row.Dir || row.head != id && row.tail != id {
			continue
		}
		data, err := k.r.Payload(n)
		if err != nil {
			return b
		}
		off := head.StartSeq + uint32(len(b)) - row.dataSeq() // of what comes next in the segment
		if off >= uint32(len(data)) {
			continue
		}
		b = append(b, data[off:]...)
	}
	return b
}
