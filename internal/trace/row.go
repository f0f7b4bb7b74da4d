package trace

import (
	"math/bits"
	"unsafe"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// Kind says what a conversation is of.
type Kind uint8

// The kinds of conversations.
const (
	NoKind Kind = iota
	TCP
	UDP
)

// String gives the name that filters use: "tcp", "udp".
func (k Kind) String() string {
	switch k {
	case TCP:
		return "tcp"
	case UDP:
		return "udp"
	}
	return ""
}

// Row is what the trace keeps of one packet: facts, never text. It does not
// change once it has been published, but for Stream (see Trace.restream); what
// becomes known later (which packet answers, where a message ends) is kept beside
// the rows.
type Row struct {
	Time   packet.Time
	pos    int64 // where the bytes are in the store
	CapLen uint32
	Len    uint32

	Stream  uint32        // number within its kind; valid if Kind is not NoKind
	Prev    packet.Number // the packet of the conversation before this one; 0 for the first
	Seq     uint32        // relative (R12)
	Ack     uint32        // relative; raw without the ACK flag
	PayLen  uint32        // bytes of TCP or UDP payload on the wire
	Verdict tcp.Verdict

	head, tail tcp.PDUID

	Acks   packet.Number // the segment that this one acknowledges (R37); 0 none
	ref    packet.Number // the ACK that is duplicated, or the segment that the RTO counts from
	DupAck uint32        // number of a duplicate ACK, from 1

	InFlight uint32 // bytes (R38); 0: not shown
	push     uint32

	iface  uint16
	Flags  tcp.Flags
	window uint16
	scale  int8 // tcp.Facts.Scale: −1 and −2 as there, 0 none, else the shift and 1
	Kind   Kind
	Dir    uint8 // 0: sent by the sender of the conversation's first packet
	bits   rowBits
	pdu    uint8 // tcp.ResultFlags but Asked
	payOff uint8 // where the payload begins in the frame; farOff: find out
}

type rowBits uint8

const (
	rowMany      rowBits = 1 << iota // more than one transport header: see Trace.outer
	rowFragment                      // an IP fragment
	rowMalformed                     // the headers are cut or wrong
	rowComment                       // the packet has a comment
	rowOdd                           // a TCP header that is not sound (R8, R10, R11)
	rowNoTime                        // the source does not say when
	rowAsked                         // tcp.Asked, for which pdu has no room
	rowPlain                         // the packet has one IP header, and its headers are as they should be
)

// farOff is the payOff of a payload that begins further on than a byte can say, or
// not in the frame itself.
const farOff = 0xff

// factor is the scaling factor as tcp.Facts has it.
func (r *Row) factor() int16 {
	if r.scale <= 0 {
		return int16(r.scale)
	}
	return 1 << (r.scale - 1)
}

// scaleOf is how a row keeps a scaling factor.
func scaleOf(factor int16) int8 {
	if factor <= 0 {
		return int8(factor)
	}
	return int8(bits.Len16(uint16(factor)))
}

// Window is the window in bytes, scaled as far as was known (R16).
func (r *Row) Window() uint32 {
	if r.scale > 0 && r.Flags&tcp.SYN == 0 {
		return uint32(r.window) << (r.scale - 1)
	}
	return uint32(r.window)
}

// NextSeq is the relative sequence number that follows the segment (R13).
func (r *Row) NextSeq() uint32 {
	n := r.Seq + r.PayLen
	if r.Flags&(tcp.SYN|tcp.FIN) != 0 {
		n++
	}
	return n
}

// Malformed says whether a header of the packet is cut short or wrong.
func (r *Row) Malformed() bool { return r.bits&rowMalformed != 0 }

// Broken says that the packet has a TCP header which cannot be taken for one:
// what stands behind it is no data of the conversation.
func (r *Row) Broken() bool { return r.Kind == TCP && r.bits&(rowOdd|rowMalformed) != 0 }

// Fragment says whether the packet is an IP fragment.
func (r *Row) Fragment() bool { return r.bits&rowFragment != 0 }

// Layered says whether the packet has transport headers beside the one that the
// row is of: those outside a tunnel, or quoted in an ICMP error.
func (r *Row) Layered() bool { return r.bits&rowMany != 0 }

// DupAckOf is the ACK that a duplicate one repeats, 0 if it is none.
func (r *Row) DupAckOf() packet.Number {
	if r.Verdict&tcp.DuplicateAck == 0 {
		return 0
	}
	return r.ref
}

// RTOFrom is the segment that the RTO of a retransmission counts from (R33d), 0
// if the row is none or nothing is known.
func (r *Row) RTOFrom() packet.Number {
	if r.Verdict&tcp.DuplicateAck != 0 {
		return 0
	}
	return r.ref
}

// Judged says whether the row has all that the sequence analysis says of the
// packet's innermost segment: it was analysed, its header is sound and was captured
// whole. The detail tree then shows the same, unless it stops at an option.
func (r *Row) Judged() bool {
	return r.Kind == TCP && r.Verdict&tcp.Analysed != 0 && r.bits&(rowOdd|rowMalformed) == 0 &&
		(r.CapLen >= r.Len || r.payOff != farOff && uint32(r.payOff) <= r.CapLen)
}

// Interface is the index of the interface in Trace.Interfaces; beyond its end for
// what came in on none.
func (r *Row) Interface() int { return int(r.iface) }

// Timed says whether the source told the packet's time.
func (r *Row) Timed() bool { return r.bits&rowNoTime == 0 }

// chunkRows is how many rows a chunk has. Chunks never move, so that readers
// need no lock.
const chunkRows = 4096

type chunk [chunkRows]Row

// rowSize is what a row takes, in bytes.
const rowSize = int64(unsafe.Sizeof(Row{}))
