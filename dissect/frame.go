package dissect

import (
	"fmt"

	"tcplens/internal/packet"
	"tcplens/internal/text"
)

var (
	pFrame         = newProto("Frame", "Frame", "frame")
	fFrameSection  = pFrame.u32("frame.section_number", "Section number", Dec)
	fFrameIface    = pFrame.u32("frame.interface_id", "Interface id", Dec)
	fFrameIfName   = pFrame.str("frame.interface_name", "Interface name")
	fFrameIfDesc   = pFrame.str("frame.interface_description", "Interface description")
	fFrameEncap    = pFrame.add(TInt16, "frame.encap_type", "Encapsulation type", Dec, names(func(v uint64) string { return encapName(int16(v)) }))
	fFrameTime     = pFrame.abs("frame.time", "Arrival Time")
	fFrameShift    = pFrame.rel("frame.offset_shift", "Time shift for this packet")
	fFrameEpoch    = pFrame.add(TRelTime, "frame.time_epoch", "Epoch Time", Special)
	fFrameDelta    = pFrame.rel("frame.time_delta", "Time delta from previous captured frame")
	fFrameDeltaDis = pFrame.rel("frame.time_delta_displayed", "Time delta from previous displayed frame")
	fFrameRel      = pFrame.rel("frame.time_relative", "Time since reference or first frame")
	fFrameNumber   = pFrame.u32("frame.number", "Frame Number", Dec)
	fFrameLen      = pFrame.u32("frame.len", "Frame length on the wire", Dec)
	fFrameCapLen   = pFrame.u32("frame.cap_len", "Frame length stored into the capture file", Dec)
	fFrameMarked   = pFrame.bool("frame.marked", "Frame is marked")
	fFrameIgnored  = pFrame.bool("frame.ignored", "Frame is ignored")
	fFrameProtos   = pFrame.str("frame.protocols", "Protocols in frame")
	fFrameComment  = pFrame.str("frame.comment", "Comment")
)

// self is the protocol's own field.
func (p *Proto) self() *Field { return &p.field }

// dissectFrame makes the node of what the capture says of the packet. It gives
// the node's index, for finishFrame; −1 without a tree.
func dissectFrame(c *cursor) int {
	d := c.d
	if d.tree == nil {
		return -1
	}
	in := d.in
	m := in.Packet.Meta
	label := fmt.Sprintf("Frame %d: %s on wire (%d bits), %s captured (%d bits)", in.Number,
		plural(int(m.Len), "byte"), uint64(m.Len)*8, plural(int(m.CapLen), "byte"), uint64(m.CapLen)*8)
	if m.Link == packet.LinkRecord {
		label = fmt.Sprintf("PCAPNG Custom Block %d: %s (%d bits) of custom data and options", in.Number, plural(int(m.Len), "byte"), uint64(m.Len)*8)
	}
	if in.Section.HasIface {
		if in.Iface != "" {
			label += " on interface " + text.Printable(in.Iface)
		} else {
			label += " on interface unknown"
		}
		label += fmt.Sprintf(", id %d", in.Section.IfaceID)
	}
	i := d.tree.add(Node{Field: &pFrame.field, Len: int32(len(in.Packet.Data)), text: label})
	d.push()
	if in.Packet.Comment != "" {
		c.addAt(fFrameComment, 0, 0, Node{str: in.Packet.Comment, Flags: Generated})
	}
	if in.Section.Number > 0 {
		c.addAt(fFrameSection, 0, 0, Node{num: uint64(in.Section.Number)})
	}
	if in.Section.HasIface {
		name := in.Iface
		if name == "" {
			name = "unknown"
		}
		c.addAt(fFrameIface, 0, 0, Node{num: uint64(in.Section.IfaceID), text: fmt.Sprintf("Interface id: %d (%s)", in.Section.IfaceID, text.Printable(name))})
		d.push()
		c.addAt(fFrameIfName, 0, 0, Node{str: name})
		if in.Section.IfaceDsc != "" {
			c.addAt(fFrameIfDesc, 0, 0, Node{str: in.Section.IfaceDsc})
		}
		c.end()
	}
	if m.Link != packet.LinkRecord {
		c.addAt(fFrameEncap, 0, 0, Node{num: uint64(encapNumber(m.Link))})
	}
	if !m.NoTime {
		dissectFrameTimes(c)
	}
	c.addAt(fFrameNumber, 0, 0, Node{num: uint64(in.Number)})
	c.addAt(fFrameLen, 0, 0, Node{num: uint64(m.Len), text: fmt.Sprintf("Frame Length: %s (%d bits)", plural(int(m.Len), "byte"), uint64(m.Len)*8)})
	c.addAt(fFrameCapLen, 0, 0, Node{num: uint64(m.CapLen), text: fmt.Sprintf("Capture Length: %s (%d bits)", plural(int(m.CapLen), "byte"), uint64(m.CapLen)*8)})
	c.addAt(fFrameMarked, 0, 0, Node{Flags: Generated})
	c.addAt(fFrameIgnored, 0, 0, Node{Flags: Generated})
	c.addAt(fFrameProtos, 0, 0, Node{Flags: Generated})
	n := len(d.tree.Nodes) - 1
	c.end()
	if i < 0 {
		return -1
	}
	return n
}

// dissectFrameTimes shows when the packet was seen.
func dissectFrameTimes(c *cursor) {
	in := c.d.in
	at := in.Packet.Time
	c.addAt(fFrameTime, 0, 0, Node{num: uint64(at)})
	c.addAt(fFrameShift, 0, 0, Node{Flags: Generated})
	c.addAt(fFrameEpoch, 0, 0, Node{num: uint64(at)})
	c.addAt(fFrameDelta, 0, 0, Node{num: uint64(at.Sub(in.Prev)), Flags: Generated})
	c.addAt(fFrameDeltaDis, 0, 0, Node{num: uint64(at.Sub(in.Prev)), Flags: Generated})
	c.addAt(fFrameRel, 0, 0, Node{num: uint64(at.Sub(in.First)), Flags: Generated})
}

// finishFrame writes the list of protocols, which is known only at the end.
func (d *Dissection) finishFrame(i int) { d.tree.Nodes[i].str = d.protocolNames() }

// plural writes a count with its noun: "1 byte", "2 bytes".
func plural(n int, noun string) string {
	if n == 1 {
		return fmt.Sprintf("1 %s", noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
