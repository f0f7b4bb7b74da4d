// Package packet holds the words that every other package of tcplens speaks:
// the number of a packet, when and where it was seen, how its bytes begin, and
// who its ends are. It imports the standard library only and knows no protocol.
package packet

import (
	"net/netip"
	"strconv"
	"time"
)

// Number is the place of a packet in its capture, counted from 1 in capture
// order. It is given once and never changes, whatever is evicted later. Zero
// means "no packet".
type Number uint32

// Time is an instant in nanoseconds since 1970-01-01 00:00:00 UTC. Sources that
// keep microseconds fill the last three digits with zeros.
type Time int64

// Std gives the instant as a time.Time in UTC.
func (t Time) Std() time.Time { return time.Unix(int64(t)/1e9, int64(t)%1e9).UTC() }

// Sub is t−u. It wraps as 64-bit integers do; captures span far less.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// Meta is what a capture says of one packet, apart from its bytes.
type Meta struct {
	Time   Time     // when it was seen
	CapLen uint32   // bytes that were captured
	Len    uint32   // bytes that were on the wire; at least CapLen in a sound file
	Iface  uint32   // index into the capture's list of interfaces
	Link   LinkType // how the bytes begin
	NoTime bool     // the source does not say when; Time is that of the packet before
}

// NoIface is the Iface of what came in on no interface: a record of the file itself.
const NoIface = 1<<32 - 1

// Packet is one captured packet. Data aliases a buffer of whoever made the
// packet and is valid for as long as that buffer is.
type Packet struct {
	Meta
	Data    []byte // CapLen bytes
	Pos     int64  // where Data begins in the file that backs it, in bytes; −1 if nothing backs it
	Comment string // the comment of a pcapng block, not yet made printable
}

// Interface is one capture interface as the source describes it.
type Interface struct {
	Name        string // "lo", "eth0"; empty when the file does not say
	Description string // what a pcapng file says of it
	Filter      string // the capture filter that was set, where known
	Link        LinkType
	SnapLen     uint32 // bytes; 0 is unlimited
	Nano        bool   // time stamps carry nanoseconds
}

// Endpoint is one end of a conversation.
type Endpoint struct {
	Addr netip.Addr
	Port uint16
}

// String writes the endpoint as 10.0.0.1:80 or [::1]:80.
func (e Endpoint) String() string {
	if e.Addr.Is6() {
		return "[" + e.Addr.String() + "]:" + strconv.Itoa(int(e.Port))
	}
	return e.Addr.String() + ":" + strconv.Itoa(int(e.Port))
}

// Compare orders endpoints by address bytes, then by port (rule R7).
func (e Endpoint) Compare(o Endpoint) int {
	if c := e.Addr.Compare(o.Addr); c != 0 {
		return c
	}
	return int(e.Port) - int(o.Port)
}

// Flow is the two ends of a packet: who sent it, and to whom.
type Flow struct{ Src, Dst Endpoint }

// Reverse is the flow of an answer.
func (f Flow) Reverse() Flow { return Flow{f.Dst, f.Src} }

// Canonical orders the two ends, so that both directions give the same key, and
// says whether they had to be swapped.
func (f Flow) Canonical() (key Flow, swapped bool) {
	if f.Src.Compare(f.Dst) > 0 {
		return f.Reverse(), true
	}
	return f, false
}
