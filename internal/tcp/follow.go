package tcp

import (
	"slices"
	"sort"

	"tcplens/internal/packet"
)

// FollowSegment is what Follow needs to know of a segment.
type FollowSegment struct {
	Number packet.Number
	Dir    uint8
	Seq    uint32 // relative
	Ack    uint32 // relative; valid with ACK
	Flags  Flags
	Len    uint32 // payload bytes on the wire
	CapLen uint32 // of those, captured
}

// Chunk is a run of a conversation's bytes in the order of Follow: bytes of one
// packet's payload, or a gap.
type Chunk struct {
	Number  packet.Number // whose payload; of a gap: the packet behind it
	Off     uint32        // where in that payload it begins
	Len     uint32        // bytes; 0 for a gap
	Missing uint32        // of a gap: bytes that are not in the capture
	Seq     uint32        // relative number of the first byte
	Dir     uint8
}

// Follow puts the bytes of both directions of one conversation into the order in
// which its ends had them (R80 to R82). It ignores what the analysis says. Bytes
// are not copied: chunks name the packet that has them. The zero value is ready;
// it belongs to one goroutine.
type Follow struct {
	sides [2]followSide
}

type followSide struct {
	next  uint32 // relative number expected
	known bool   // next is set
	held  []followPiece
}

// followPiece is a segment that came too early.
type followPiece struct {
	number  packet.Number
	seq     uint32
	off     uint32 // of seq in the payload
	len     uint32 // bytes on the wire from there
	capLeft uint32 // of those, captured
}

// Add takes the next segment of the conversation, in capture order, and appends
// what it releases to out.
func (f *Follow) Add(s FollowSegment, out []Chunk) []Chunk {
	own, other := &f.sides[s.Dir&1], &f.sides[s.Dir&1^1]
	if s.Flags&ACK != 0 {
		out = other.release(s.Dir&1^1, s.Ack, out)
	}
	p := followPiece{number: s.Number, seq: s.Seq, len: s.Len, capLeft: min(s.CapLen, s.Len)}
	if s.Flags&SYN != 0 {
		p.seq++
	}
	if !own.known {
		own.next, own.known = p.seq, true
	}
	if p.len == 0 {
		return out
	}
	if more(p.seq, own.next) {
		// What waits counts as long as what was captured of it, what comes in
		// order as long as it was on the wire. So a cut segment leaves a gap
		// behind it when it had to wait, as tshark has it.
		if p.len = p.capLeft; p.len > 0 {
			own.hold(p)
		}
		return out
	}
	return own.drain(s.Dir&1, own.emit(s.Dir&1, p, out))
}

// Held says how many segments wait for bytes that may still come.
func (f *Follow) Held() int { return len(f.sides[0].held) + len(f.sides[1].held) }

// emit gives out the part of p that is new. p does not begin behind next.
func (d *followSide) emit(dir uint8, p followPiece, out []Chunk) []Chunk {
	old := d.next - p.seq
	if old >= p.len {
		return out
	}
	if old < p.capLeft {
		out = append(out, Chunk{Number: p.number, Off: p.off + old, Len: p.capLeft - old,
			Seq: d.next, Dir: dir})
	}
	d.next = p.seq + p.len
	return out
}

// hold keeps p for later, in order of its number.
func (d *followSide) hold(p followPiece) {
	i := len(d.held)
	if i > 0 && less(p.seq, d.held[i-1].seq) {
		i = sort.Search(i, func(i int) bool { return less(p.seq, d.held[i].seq) })
	}
	d.held = slices.Insert(d.held, i, p)
}

// drain gives out the held pieces that have become next.
func (d *followSide) drain(dir uint8, out []Chunk) []Chunk {
	n := 0
	for n < len(d.held) && !more(d.held[n].seq, d.next) {
		out = d.emit(dir, d.held[n], out)
		n++
	}
	if n > 0 {
		d.held = d.held[:copy(d.held, d.held[n:])]
	}
	return out
}

// release gives out what the other end has acknowledged, although bytes before it
// are not in the capture (R81).
func (d *followSide) release(dir uint8, ack uint32, out []Chunk) []Chunk {
	out = d.drain(dir, out)
	for len(d.held) > 0 && more(ack, d.held[0].seq) {
		first := &d.held[0]
		out = append(out, Chunk{Number: first.number, Missing: first.seq - d.next, Seq: d.next, Dir: dir})
		d.next = first.seq
		out = d.drain(dir, out)
	}
	return out
}
