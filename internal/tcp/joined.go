package tcp

import (
	"bytes"
	"sort"

	"tcplens/internal/packet"
)

// Fragment is what one packet has of a message.
type Fragment struct {
	Number packet.Number
	Seq    uint32 // relative number of Data[0]
	Data   []byte // payload; may begin before the message and end behind it
}

// Part says which bytes of a joined message a packet brought.
type Part struct {
	Number     packet.Number
	Start, End uint32 // offsets in the joined bytes, those that others brought first included
	Overlap    bool   // others had brought some of them
	Conflict   bool   // and those differ
}

// Joined puts a message together (R73): fragments sort by where they begin, and in
// order of arrival where they begin alike; bytes already placed stay. frags are in
// order of arrival. parts are in the order in which they were placed, those that
// touch the message only. missing is how many bytes no fragment brought; they are
// zero in data.
//
// start and end are those of the PDU. The message is not larger than what the
// fragments bring, so that a wrong end allocates nothing.
func Joined(frags []Fragment, start, end uint32) (data []byte, parts []Part, missing uint32) {
	return JoinedIn(nil, frags, start, end)
}

// JoinedIn is Joined with memory for data, which is used if it is large enough. No
// fragment may be in it.
func JoinedIn(buf []byte, frags []Fragment, start, end uint32) (data []byte, parts []Part, missing uint32) {
	sorted := make([]Fragment, 0, len(frags))
	top := start
	for _, f := range frags {
		last := f.Seq + uint32(len(f.Data))
		if last < f.Seq || last < start || f.Seq > end || len(f.Data) > 0 && (last == start || f.Seq == end) {
			continue
		}
		top = max(top, min(last, end))
		sorted = append(sorted, f)
	}
	sort.SliceStable(sorted, func(i, j int) bool {
		return max(sorted[i].Seq, start) < max(sorted[j].Seq, start)
	})
	total := uint32(0)
	for _, f := range sorted {
		total += uint32(len(f.Data))
	}
	if span := top - start; span > 2*total+maxFresh {
		top = start + 2*total + maxFresh // far more hole than bytes
	}
	if size := int(top - start); size <= cap(buf) {
		data = buf[:size]
		clear(data)
	} else {
		data = make([]byte, size)
	}
	at := uint32(0) // all before this has been placed or is a hole
	for _, f := range sorted {
		if f.Seq < start {
			f.Data, f.Seq = f.Data[start-f.Seq:], start
		}
		p := Part{Number: f.Number, Start: f.Seq - start}
		p.End = min(p.Start+uint32(len(f.Data)), top-start)
		if p.Start > p.End {
			continue
		}
		b := f.Data[:p.End-p.Start]
		if p.Start > at {
			missing += p.Start - at
			at = p.Start
		}
		if seen := min(at, p.End) - p.Start; seen > 0 {
			p.Overlap = true
			p.Conflict = !bytes.Equal(b[:seen], data[p.Start:p.Start+seen])
			b = b[seen:]
		}
		copy(data[p.End-uint32(len(b)):], b)
		at = max(at, p.End)
		parts = append(parts, p)
	}
	return data, parts, missing
}
