package problems

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/text"
	"tcplens/internal/trace"
)

// note is a matter of the capture itself.
type note uint8

// The matters, in the order of their weight.
const (
	noteUnseen note = iota
	noteDropped
	noteEvicted
	noteTwice
	noteBackwards
	noteJoined
	noteOffload
	noteCut
	noteMidStream
	noteOpen
	noteCount
)

// names of the notes, for Key.Kind.
var noteKinds = [noteCount]string{
	noteUnseen: "capture.unseen", noteDropped: "capture.dropped", noteEvicted: "capture.evicted", noteTwice: "capture.twice",
	noteBackwards: "capture.backwards", noteJoined: "capture.joined", noteOffload: "capture.offload", noteCut: "capture.cut",
	noteMidStream: "capture.midstream", noteOpen: "capture.open",
}

// note puts packet n to a matter of the capture.
func (x *Index) note(k note, n packet.Number) { x.noteGroup(k).put(n) }

func (x *Index) noteGroup(k note) *group {
	g := x.notes[k]
	if g == nil {
		g = &group{Key: Key{Class: Capture, Kind: noteKinds[k]}}
		x.notes[k] = g
	}
	return g
}

// endings notes the conversations that had not ended when the capture did. It may take
// a while, and the lock is not held.
func (x *Index) endings() {
	open := uint64(0)
	var last []packet.Number
	for i := range x.t.Streams(trace.TCP) {
		c, ok := x.t.Conversation(trace.TCP, uint32(i))
		if !ok || c.Traffic[0].Bytes+c.Traffic[1].Bytes == 0 {
			continue // only quoted in an ICMP error
		}
		switch c.Ends.Status() {
		case tcp.StatusClosed, tcp.StatusReset, tcp.StatusRefused, tcp.StatusNone:
			continue
		}
		open++
		last = append(last, c.Last)
	}
	slices.Sort(last)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.open = open
	for _, n := range last {
		if n >= x.first {
			x.note(noteOpen, n)
		}
	}
}

// ownNotes gives the groups of the capture's own matters. The lock is held.
func (x *Index) ownNotes(st trace.Status, ifaces []packet.Interface) []Group {
	var out []Group
	add := func(k note, count uint64, summary, advice string) {
		if count == 0 {
			return
		}
		v := x.noteGroup(k).view()
		v.Count, v.Summary, v.Advice = count, summary, advice
		switch k {
		case noteCut:
			v.Filter = "frame.cap_len < frame.len"
		case noteUnseen, noteDropped, noteEvicted, noteTwice, noteBackwards, noteJoined, noteOffload, noteMidStream, noteOpen:
		}
		out = append(out, v)
	}
	have := func(k note) uint64 {
		if g := x.notes[k]; g != nil {
			return uint64(len(g.occ))
		}
		return 0
	}
	dev := deviceOf(ifaces)

	n := have(noteUnseen)
	add(noteUnseen, n, "Acknowledged, but never captured: "+plural(x.unseen, "byte"),
		"The receiver has them: the capture lost them, not the network. Capture with a larger buffer (-B 64M), a tighter capture filter, or at a place that all packets pass.")
	add(noteDropped, st.Dropped+st.IfDrop, droppedText(st), "What seems lost on the network may be among them. A larger buffer (-B 64M), a capture filter, or shorter packets (-s 128) help.")
	add(noteEvicted, uint64(st.Evicted), "The oldest packets, dropped to keep within the bounds",
		"--mem and --disk set the bounds, -w keeps all packets in a file. Conversations of that time may seem to begin in the middle.")
	n = have(noteTwice)
	add(noteTwice, n, "Captured twice, at two points: not sent again",
		"The same packet passed two interfaces, or is mirrored on its way in and out. Capture on one interface (-i "+dev+") or in one direction. Such copies are not counted as retransmissions or duplicate ACKs.")
	n = have(noteBackwards)
	add(noteBackwards, n, "Times that run backwards, by up to "+span(x.back),
		"Several processors or interfaces fed the capture, or the clock was set. Times between such packets mean nothing. reordercap (of Wireshark) puts a file in order.")
	n = have(noteJoined)
	add(noteJoined, n, "Joined by the network card (GRO, TSO): up to "+plural(uint64(x.longest), "byte")+" in a segment",
		x.joinedAdvice(dev))
	n = have(noteOffload)
	add(noteOffload, n, "Checksum left for the network card to fill in",
		"Nothing is broken: the checksum field has only the sum of addresses and length. ethtool -K "+dev+" tx off shows finished ones. Really wrong checksums are listed on their own.")
	n = have(noteCut)
	add(noteCut, n, "Cut short: at most "+plural(uint64(x.cut), "byte")+" of each packet kept",
		"The snap length cuts what is beyond it: headers are there, contents are not. Capture with -s 0.")
	n = have(noteMidStream)
	add(noteMidStream, n, "TCP conversations begun before the capture",
		"Without the handshake, window scaling, MSS and round trip time are unknown, and numbers count from the first packet that was seen.")
	add(noteOpen, x.open, "TCP conversations open at the capture's end",
		"What is missing at their end may have come later.")
	return out
}

func (x *Index) joinedAdvice(dev string) string {
	why := "Segments of " + plural(uint64(x.leastMSS), "byte") + " were allowed (MSS)"
	if x.longestMSS != 0 {
		why = fmt.Sprintf("#%d has %s where the handshake allows %d (MSS)", x.longestAt, plural(uint64(x.longest), "byte"), x.longestMSS)
	}
	return why + ". On the wire they were several packets: counts and times of single packets are not those of the wire. ethtool -K " + dev +
		" gro off lro off tso off gso off shows them as they are."
}

func droppedText(st trace.Status) string {
	var parts []string
	if st.Dropped > 0 {
		parts = append(parts, number(st.Dropped)+" by the kernel")
	}
	if st.IfDrop > 0 {
		parts = append(parts, number(st.IfDrop)+" by the interface")
	}
	return "Lost before they were captured: " + strings.Join(parts, ", ")
}

// deviceOf names the interface for a command line.
func deviceOf(ifaces []packet.Interface) string {
	for _, i := range ifaces {
		if i.Name != "" && i.Name != "any" {
			return text.Printable(i.Name)
		}
	}
	return "eth0"
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

// plural writes a number with its noun: "1 byte", "2 bytes".
func plural(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(n) + " " + noun + "s"
}

// span writes a length of time with three digits or so: "17 µs", "2.5 ms", "238 ms",
// "1.23 s".
func span(ns int64) string {
	switch {
	case ns == math.MinInt64:
		return "?"
	case ns < 0:
		return "-" + span(-ns)
	case ns < 1_000:
		return fmt.Sprintf("%d ns", ns)
	case ns < 999_500:
		return fmt.Sprintf("%d µs", (ns+500)/1000)
	case ns < 9_950_000:
		return fmt.Sprintf("%.1f ms", float64(ns)/1e6)
	case ns < 999_500_000:
		return fmt.Sprintf("%d ms", (ns+500_000)/1e6)
	case ns < 9_995_000_000:
		return fmt.Sprintf("%.2f s", float64(ns)/1e9)
	case ns < 99_950_000_000:
		return fmt.Sprintf("%.1f s", float64(ns)/1e9)
	case ns < 600_000_000_000:
		return fmt.Sprintf("%d s", (ns+500_000_000)/1e9)
	}
	m := (ns + 30_000_000_000) / 60e9
	return fmt.Sprintf("%d h %02d min", m/60, m%60)
}

// Explains says whether a matter of the capture is what has caused the items of a
// group of class Explained.
func (g *Group) Explains(e *Group) bool {
	lost := e.Kind == rowItems[itemLost].kind || e.Kind == rowItems[itemAckLost].kind
	return g.Class == Capture && e.Class == Explained && (lost && g.Kind == noteKinds[noteUnseen] || !lost && g.Kind == noteKinds[noteTwice])
}
