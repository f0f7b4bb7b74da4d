package follow

import (
	"fmt"
	"time"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// MarkKind says what a mark tells of the bytes where it stands.
type MarkKind uint8

// The kinds of marks.
const (
	MarkDiffer MarkKind = iota // they were sent again and differ: see Differ
	MarkAgain                  // they were sent again, the same
	MarkLate                   // they came behind a packet that has bytes which follow them
)

// Mark tells of what happened to bytes on the way.
type Mark struct {
	Kind  MarkKind
	Side  uint8
	Frame packet.Number // the packet that repeats, or that came late
	First packet.Number // the packet whose bytes the stream has; of MarkLate: which has what follows
	Pos   uint64        // as Chunk.Pos of the first of these bytes
	Len   uint64        // how many
	After int64         // ns from First to Frame

	// Verdict is what the analysis says of Frame.
	Verdict tcp.Verdict
}

// Marks lists what happened to bytes on the way, in the order in which it became
// known. The list must not be changed.
func (s *Stream) Marks() []Mark { return s.marks }

// Differs lists the bytes that were sent again and differ, in the order in which
// the repeats came.
func (s *Stream) Differs() []Differ {
	var out []Differ
	for i := range s.marks {
		if m := &s.marks[i]; m.Kind == MarkDiffer {
			out = append(out, Differ{Side: m.Side, Frame: m.Frame, First: m.First, Pos: m.Pos, Len: m.Len})
		}
	}
	return out
}

// String words a mark: "[packet 8, a retransmission, has 5 bytes of packet 5 again, 179 ms later]".
func (m Mark) String() string {
	n := fmt.Sprintf("%d bytes", m.Len)
	if m.Len == 1 {
		n = "1 byte"
	}
	switch m.Kind {
	case MarkDiffer:
		return Differ{Side: m.Side, Frame: m.Frame, First: m.First, Pos: m.Pos, Len: m.Len}.String()
	case MarkAgain:
		return fmt.Sprintf("[packet %d%s has %s of packet %d again, %s]", m.Frame, m.called(), n, m.First, after(m.After))
	}
	return fmt.Sprintf("[packet %d%s came %s than packet %d, whose bytes follow]", m.Frame, m.called(), after(m.After), m.First)
}

// called is what the analysis calls the packet, between commas.
func (m *Mark) called() string {
	switch v := m.Verdict; {
	case v&tcp.SpuriousRetransmission != 0:
		return ", a spurious retransmission,"
	case v&tcp.FastRetransmission != 0:
		return ", a fast retransmission,"
	case v&tcp.Retransmission != 0:
		return ", a retransmission,"
	case v&tcp.OutOfOrder != 0:
		return ", out of order,"
	}
	return ""
}

// after words how much later something came, in three digits.
func after(ns int64) string {
	d := time.Duration(ns)
	switch {
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns later", d)
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs later", d/time.Microsecond)
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms later", d.Seconds()*1e3)
	case d < time.Second:
		return fmt.Sprintf("%.0f ms later", d.Seconds()*1e3)
	}
	return fmt.Sprintf("%.3f s later", d.Seconds())
}
