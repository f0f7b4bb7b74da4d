package lab

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"net/netip"
	"slices"
	"time"

	"tcplens/internal/packet"
)

// An Event is what the link did to one TCP packet.
type Event struct {
	N          int           `json:"n"`          // its place in the record, from 1, in the order in which the link got them
	Dir        Dir           `json:"dir"`        // which way it went
	Flow       packet.Flow   `json:"-"`          // who sent it, to whom
	Seq        uint32        `json:"seq"`        // sequence number as on the wire (raw)
	Ack        uint32        `json:"ack"`        // acknowledgement number as on the wire (raw)
	Flags      uint8         `json:"flags"`      // the flags octet: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128
	Len        int           `json:"len"`        // bytes of TCP data
	Segment    int           `json:"segment"`    // which data segment it is, from 1, counted as a Rule does; 0 for one without data
	Retransmit bool          `json:"retransmit"` // the data was sent before
	Action     Action        `json:"action"`     // what was done to it
	Delay      time.Duration `json:"delay"`      // how much later it was carried, beyond Latency, in ns
	Out        []int         `json:"out"`        // its places among the TCP packets that left the link in its direction, from 1; none when it was lost, two when doubled
	Came       time.Time     `json:"-"`          // when the link got it
	Left       []time.Time   `json:"-"`          // when it left, for each place of Out
}

// A Record is everything that the link did, in order.
type Record []Event

// WriteJSON writes the record as an array of objects, one a line. Events whose
// packet is still on the link have no place in Out yet.
func (r Record) WriteJSON(w io.Writer) error {
	sep := "[\n"
	for _, e := range r {
		if e.Out == nil {
			e.Out = []int{} // an empty list, not null
		}
		b, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, sep+string(b)); err != nil {
			return err
		}
		sep = ",\n"
	}
	end := "\n]\n"
	if len(r) == 0 {
		end = "[]\n"
	}
	_, err := io.WriteString(w, end)
	return err
}

// Delivered gives the events of one direction in the order in which their
// packets left the link: a lost one is not there, a doubled one is there twice.
func (r Record) Delivered(d Dir) []Event {
	type leaving struct {
		place int
		event Event
	}
	var all []leaving
	for _, e := range r {
		if e.Dir != d {
			continue
		}
		for _, place := range e.Out {
			all = append(all, leaving{place, e})
		}
	}
	slices.SortFunc(all, func(a, b leaving) int { return a.place - b.place })
	events := make([]Event, len(all))
	for i, l := range all {
		events[i] = l.event
	}
	return events
}

// The TCP flags that the link looks at (RFC 9293 section 3.1).
const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
)

// segment is what the link reads of a packet.
type segment struct {
	flow     packet.Flow
	seq, ack uint32
	flags    uint8
	len      int // bytes of TCP data
}

// parse reads a raw IP packet. ok is false where there is no whole TCP header at
// a place that this package's own devices could have put it: options of IPv4 are
// passed over, fragments and extension headers of IPv6 are not looked into.
func parse(b []byte) (s segment, ok bool) {
	var src, dst netip.Addr
	var tcp []byte
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		header, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
		fragment := binary.BigEndian.Uint16(b[6:]) & 0x3fff // more fragments, and the offset
		if header < 20 || total < header || total > len(b) || fragment != 0 || b[9] != 6 {
			return segment{}, false
		}
		src, dst = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
		tcp = b[header:total]
	case len(b) >= 40 && b[0]>>4 == 6:
		total := 40 + int(binary.BigEndian.Uint16(b[4:]))
		if total > len(b) || b[6] != 6 {
			return segment{}, false
		}
		src, dst = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
		tcp = b[40:total]
	default:
		return segment{}, false
	}
	if len(tcp) < 20 {
		return segment{}, false
	}
	offset := int(tcp[12]>>4) * 4
	if offset < 20 || offset > len(tcp) {
		return segment{}, false
	}
	return segment{
		flow: packet.Flow{
			Src: packet.Endpoint{Addr: src, Port: binary.BigEndian.Uint16(tcp)},
			Dst: packet.Endpoint{Addr: dst, Port: binary.BigEndian.Uint16(tcp[2:])},
		},
		seq:   binary.BigEndian.Uint32(tcp[4:]),
		ack:   binary.BigEndian.Uint32(tcp[8:]),
		flags: tcp[13],
		len:   len(tcp) - offset,
	}, true
}
