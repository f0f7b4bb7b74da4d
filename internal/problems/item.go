package problems

import (
	"strings"

	"tcplens/dissect"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// rowItem is an expert item that a row tells of: what makes it, and how the detail
// tree shows it (§7 of the rules).
type rowItem struct {
	kind    string // the item's field
	verdict tcp.Verdict
	flags   tcp.Flags
	sev     dissect.Severity
	group   dissect.Group
}

// The rows' items, by their place in rowItems.
const (
	itemReused = iota
	itemFast
	itemSpurious
	itemRetransmission
	itemOutOfOrder
	itemLost
	itemAckLost
	itemWindowFull
	itemKeepAlive
	itemKeepAliveAck
	itemDuplicateAck
	itemProbe
	itemZeroWindow
	itemProbeAck
	itemReset
	itemFINFirst
	itemFINNext
	itemAckSet
	rowItemCount
)

// rowItems are all items that rows tell of.
var rowItems = [rowItemCount]rowItem{
	itemReused:         {kind: "tcp.analysis.reused_ports", verdict: tcp.ReusedPorts, sev: dissect.NoteSev, group: dissect.GroupSequence},
	itemFast:           {kind: "tcp.analysis.fast_retransmission", verdict: tcp.FastRetransmission, sev: dissect.NoteSev, group: dissect.GroupSequence},
	itemSpurious:       {kind: "tcp.analysis.spurious_retransmission", verdict: tcp.SpuriousRetransmission, sev: dissect.NoteSev, group: dissect.GroupSequence},
	itemRetransmission: {kind: "tcp.analysis.retransmission", verdict: repeats, sev: dissect.NoteSev, group: dissect.GroupSequence},
	itemOutOfOrder:     {kind: "tcp.analysis.out_of_order", verdict: tcp.OutOfOrder, sev: dissect.WarnSev, group: dissect.GroupSequence},
	itemLost:           {kind: "tcp.analysis.lost_segment", verdict: tcp.LostSegment, sev: dissect.WarnSev, group: dissect.GroupSequence},
	itemAckLost:        {kind: "tcp.analysis.ack_lost_segment", verdict: tcp.AckLostSegment, sev: dissect.WarnSev, group: dissect.GroupSequence},
	itemWindowFull:     {kind: "tcp.analysis.window_full", verdict: tcp.WindowFull, sev: dissect.WarnSev, group: dissect.GroupSequence},
	itemKeepAlive:      {kind: "tcp.analysis.keep_alive", verdict: tcp.KeepAlive, sev: dissect.NoteSev, group: dissect.GroupSequence},
	itemKeepAliveAck:   {kind: "tcp.analysis.keep_alive_ack", verdict: tcp.KeepAliveAck, sev: dissect.NoteSev, group: dissect.GroupSequence},
	itemDuplicateAck:   {kind: "tcp.analysis.duplicate_ack", verdict: tcp.DuplicateAck, sev: dissect.NoteSev, group: dissect.GroupSequence},
	itemProbe:          {kind: "tcp.analysis.zero_window_probe", verdict: tcp.ZeroWindowProbe, sev: dissect.NoteSev, group: dissect.GroupSequence},
	itemZeroWindow:     {kind: "tcp.analysis.zero_window", verdict: tcp.ZeroWindow, sev: dissect.WarnSev, group: dissect.GroupSequence},
	itemProbeAck:       {kind: "tcp.analysis.zero_window_probe_ack", verdict: tcp.ZeroWindowProbeAck, sev: dissect.NoteSev, group: dissect.GroupSequence},
	itemReset:          {kind: "tcp.connection.rst", flags: tcp.RST, sev: dissect.WarnSev, group: dissect.GroupSequence},
	itemFINFirst:       {kind: "tcp.connection.fin_active", sev: dissect.NoteSev, group: dissect.GroupSequence},
	itemFINNext:        {kind: "tcp.connection.fin_passive", sev: dissect.NoteSev, group: dissect.GroupSequence},
	itemAckSet:         {kind: "tcp.ack.nonzero", sev: dissect.NoteSev, group: dissect.GroupProtocol},
}

// repeats are the verdicts on bytes that were sent before.
const repeats = tcp.Retransmission | tcp.FastRetransmission | tcp.SpuriousRetransmission

// noted are the verdicts that make an item of severity note or more.
const noted = tcp.ReusedPorts | repeats | tcp.OutOfOrder | tcp.LostSegment | tcp.AckLostSegment | tcp.WindowFull |
	tcp.KeepAlive | tcp.KeepAliveAck | tcp.DuplicateAck | tcp.ZeroWindowProbe | tcp.ZeroWindow | tcp.ZeroWindowProbeAck

// itemSet is a set of rows' items, one bit each.
type itemSet uint32

func (s itemSet) has(i int) bool { return s>>i&1 != 0 }

// itemsOf gives the items that the row tells of. The tree of the packet has them all,
// and perhaps more; but not those that stand behind an option which cannot be read.
func itemsOf(r *trace.Row) (s itemSet) {
	if r.Kind != trace.TCP || r.Verdict&noted == 0 && r.Flags&(tcp.RST|tcp.FIN) == 0 && (r.Flags&tcp.ACK != 0 || r.Ack == 0) {
		return 0
	}
	if !r.Judged() || r.Fragment() {
		return 0
	}
	if r.Verdict&noted != 0 {
		for i := range itemReset {
			if r.Verdict&rowItems[i].verdict != 0 {
				s |= 1 << i
			}
		}
	}
	if r.Flags&tcp.RST != 0 {
		s |= 1 << itemReset
	}
	if r.Flags&tcp.FIN != 0 {
		if r.Verdict&tcp.FINInitiates != 0 {
			s |= 1 << itemFINFirst
		} else {
			s |= 1 << itemFINNext
		}
	}
	if r.Flags&tcp.ACK == 0 && r.Ack != 0 {
		s |= 1 << itemAckSet
	}
	return s
}

// ordinary says whether a note belongs to the life of a connection that has nothing
// wrong with it.
func ordinary(kind string) bool {
	switch kind {
	case "tcp.connection.fin_active", "tcp.connection.fin_passive", "tcp.analysis.keep_alive", "tcp.analysis.keep_alive_ack",
		"tcp.analysis.tfo_syn", "tcp.analysis.tfo_ack", "tls.resumed", "dns.undecoded.type":
		return true
	}
	return false
}

// classOf gives the class of an item as it is before the capture explains any.
func classOf(kind string, sev dissect.Severity) Class {
	if sev == dissect.NoteSev && ordinary(kind) {
		return Ordinary
	}
	return Fault
}

// Item is one expert item of a packet.
type Item struct {
	Kind     string // the field that bears the item's name; empty if it has none
	Summary  string // that field's name, or the message
	Message  string
	Protocol string
	Severity dissect.Severity
	Group    dissect.Group
	node     int // of the expert item, in the tree
}

// Class says what kind of thing the item is, as far as it alone can tell.
func (i *Item) Class() Class { return classOf(i.Kind, i.Severity) }

// Items gives the expert items of a tree that are notes or worse, in the order of
// the tree, appended to buf.
func Items(t *dissect.Tree, buf []Item) []Item {
	for i := range t.Nodes {
		n := &t.Nodes[i]
		if n.Field == nil || n.Field.Abbrev != "_ws.expert" {
			continue
		}
		it := Item{node: i}
		for k := t.Child(i); k >= 0; k = t.Next(k) {
			c := &t.Nodes[k]
			switch c.Field.Abbrev {
			case "_ws.expert.message":
				it.Message = c.Str()
			case "_ws.expert.severity":
				it.Severity = dissect.Severity(c.Uint())
			case "_ws.expert.group":
				it.Group = dissect.Group(c.Uint())
			default:
				it.Kind, it.Summary, it.Protocol = c.Field.Abbrev, c.Field.Name, c.Field.Proto.Short
			}
		}
		if it.Severity < dissect.NoteSev {
			continue
		}
		if it.Kind == "" {
			it.Summary, it.Protocol = it.Message, protocolOf(t, i)
		}
		switch it.Kind {
		case malformedKind:
			it.Protocol = failedProtocol(t, i)
		case reassemblyKind:
			it.Protocol = "TCP"
		}
		buf = append(buf, it)
	}
	return buf
}

// malformedKind is the item of a packet that could not be taken apart.
const malformedKind = "_ws.malformed.expert"

// reassemblyKind is the item of a segment for a message that was complete (R74).
const reassemblyKind = "_ws.malformed.reassembly"

// failedProtocol is the protocol in which a packet could not be taken apart.
func failedProtocol(t *dissect.Tree, i int) string {
	if p := t.Parent(i); p >= 0 {
		if _, name, ok := strings.Cut(t.Nodes[p].Label(), "Malformed Packet: "); ok {
			return strings.TrimRight(name, "]")
		}
	}
	return "Malformed"
}

// protocolOf is the protocol that a node stands under.
func protocolOf(t *dissect.Tree, i int) string {
	for ; i >= 0; i = t.Parent(i) {
		if f := t.Nodes[i].Field; f != nil && f.Type == dissect.TProtocol && f.Abbrev != "_ws.expert" {
			return f.Proto.Short
		}
	}
	return ""
}
