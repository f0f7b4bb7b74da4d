package dissect

import (
	"fmt"
	"strings"
)

// fragmentFields are the fields of putting a datagram together, of one version of IP.
type fragmentFields struct {
	pieces, piece, count, in, length, data        *Field
	overlap, conflict, tails, tooLong, reassembly *Field
	name                                          string
}

func fragmentFieldsOf(p *Proto, prefix, in, name string, typ Type) fragmentFields {
	return fragmentFields{
		pieces: p.add(typ, prefix+".fragments", name+" Fragments", None), piece: p.frame(prefix+".fragment", name+" Fragment"),
		overlap: p.bool(prefix+".fragment.overlap", "Fragment overlap"), conflict: p.bool(prefix+".fragment.overlap.conflict", "Conflicting data in fragment overlap"),
		tails: p.bool(prefix+".fragment.multipletails", "Multiple tail fragments found"), tooLong: p.bool(prefix+".fragment.toolongfragment", "Fragment too long"),
		reassembly: p.frame(prefix+".fragment.error", "Defragmentation error"), count: p.u32(prefix+".fragment.count", "Fragment count", Dec),
		in: p.frame(prefix+in, "Reassembled "+name+" in frame"), length: p.u32(prefix+".reassembled.length", "Reassembled "+name+" length", Dec),
		data: p.bytes(prefix+".reassembled.data", "Reassembled "+name+" data"), name: name,
	}
}

var (
	fIPFrag   = fragmentFieldsOf(pIP, "ip", ".reassembled_in", "IPv4", TBytes)
	fIPv6Frag = fragmentFieldsOf(pIPv6, "ipv6", ".reassembled.in", "IPv6", TNone)
)

// fragmentHeader is what a header says of the fragment that follows it.
type fragmentHeader struct {
	id    uint32
	proto uint8
	off   uint32 // bytes
	more  bool
	v6    bool
	node  int32 // the open node of the header
	end   int   // where the header ends in its source
}

// fragment goes on behind the header of a fragment, whose node is still open: it
// notes the fragment for the trace, or shows the datagram that it completes, or
// the bytes that it adds to one (RFC 791 §3.2, RFC 8200 §4.5).
func (c *cursor) fragment(f fragmentHeader) {
	d := c.d
	payload := c.tail()
	whole := payload.have >= payload.limit
	if d.scan {
		d.head.HasFragment = true
		d.head.Fragment = Fragment{
			Key: FragmentKey{Src: d.layer.src, Dst: d.layer.dst, ID: f.id, Proto: f.proto, V6: f.v6},
			Off: f.off, More: f.more, Data: payload.rest(), Whole: whole, V6: f.v6,
		}
		if !whole && f.off == 0 {
			dissectIPProto(payload, f.proto)
		}
		return
	}
	if !f.v6 {
		c.trim(f.node, f.end)
	}
	if !whole && f.off == 0 { // nothing can be put together: show what is there
		c.end()
		dissectIPProto(payload, f.proto)
		return
	}
	if d.in.Known != nil && whole {
		pieces, in := d.in.Known.Fragments()
		if len(pieces) > 0 && in == d.in.Number {
			if joined, ok := c.joined(f, pieces); ok {
				c.trim(f.node, f.end)
				c.end()
				dissectIPProto(joined, f.proto)
				return
			}
		}
		if in != 0 && c.on() {
			ff := &fIPFrag
			if f.v6 {
				ff = &fIPv6Frag
			}
			c.addAt(ff.in, c.nodeOff(f.node), 0, Node{num: uint64(in), Flags: Generated})
		}
		c.fragmentInfo(f, uint32(in))
	} else {
		c.fragmentInfo(f, 0)
	}
	c.end()
	dissectData(payload)
}

func (c *cursor) nodeOff(i int32) int {
	if n := c.nodeAt(i); n != nil {
		return int(n.Off)
	}
	return c.pos
}

// fragmentInfo writes the Info column of a fragment.
func (c *cursor) fragmentInfo(f fragmentHeader, in uint32) {
	if !c.cols() {
		return
	}
	if f.v6 {
		more := "n"
		if f.more {
			more = "y"
		}
		c.d.setInfof("IPv6 fragment (off=%d more=%s ident=0x%08x nxt=%d)", f.off, more, f.id, f.proto)
	} else {
		c.d.setInfof("Fragmented IP protocol (proto=%s %d, off=%d, ID=%04x)", orUnknown(ipProtoNames, uint64(f.proto)), f.proto, f.off, f.id)
	}
	if in != 0 && !f.v6 {
		c.d.infof(" [Reassembled in #%d]", in)
	}
}

// maxDatagram is the most that a datagram can hold: 65,535 bytes, and the last
// fragment may hang over by what its offset allows.
const maxDatagram = 65535 + 65535

// joined shows the parts of a datagram and gives a cursor over the whole. It is
// false where the parts do not make one.
func (c *cursor) joined(f fragmentHeader, pieces []Piece) (cursor, bool) {
	d := c.d
	size := 0
	for _, p := range pieces {
		size = max(size, int(p.Off)+len(p.Data))
	}
	if size == 0 || size > maxDatagram {
		return cursor{}, false
	}
	whole := make([]byte, size)
	for i := len(pieces) - 1; i >= 0; i-- { // earlier ones win where they overlap
		copy(whole[pieces[i].Off:], pieces[i].Data)
	}
	s := cursor{d: d, b: whole, have: size, limit: size}
	ff := &fIPFrag
	if f.v6 {
		ff = &fIPv6Frag
	}
	if d.tree != nil {
		if len(d.tree.Sources) < 255 {
			s.source = uint8(len(d.tree.Sources))
			d.tree.Sources = append(d.tree.Sources, Source{Name: "Reassembled " + ff.name, Bytes: whole})
		}
		ff.show(&s, pieces, whole)
	}
	return s, true
}

// show adds the tree of the parts: which frame gave which bytes.
func (ff *fragmentFields) show(s *cursor, pieces []Piece, whole []byte) {
	var b strings.Builder
	if len(pieces) == 1 {
		fmt.Fprintf(&b, "%d %s Fragment (%s): ", len(pieces), ff.name, plural(len(whole), "byte"))
	} else {
		fmt.Fprintf(&b, "%d %s Fragments (%s): ", len(pieces), ff.name, plural(len(whole), "byte"))
	}
	for i, p := range pieces {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "#%d(%d)", p.Frame, len(p.Data))
	}
	s.addAt(ff.pieces, 0, len(whole), Node{raw: whole, text: b.String(), Flags: Generated})
	s.begin()
	for _, p := range pieces {
		label := fmt.Sprintf("Frame: %d, payload: %d-%d (%s)", p.Frame, p.Off, int(p.Off)+len(p.Data)-1, plural(len(p.Data), "byte"))
		if len(p.Data) == 0 {
			label = fmt.Sprintf("Frame: %d (no data)", p.Frame)
		}
		s.addAt(ff.piece, int(p.Off), len(p.Data), Node{num: uint64(p.Frame), text: label, Flags: Generated})
		if p.Flags == 0 {
			continue
		}
		s.begin()
		for _, o := range []struct {
			flag PieceFlags
			f    *Field
		}{{PieceOverlap, ff.overlap}, {PieceConflict, ff.conflict}, {PieceTooLong, ff.tooLong}} {
			if p.Flags&o.flag != 0 {
				s.addAt(o.f, int(p.Off), 0, Node{num: 1, Flags: Generated})
			}
		}
		s.end()
	}
	s.addAt(ff.count, 0, 0, Node{num: uint64(len(pieces)), Flags: Generated})
	s.addAt(ff.length, 0, 0, Node{num: uint64(len(whole)), Flags: Generated})
	s.addAt(ff.data, 0, len(whole), Node{raw: whole, Flags: Generated})
	s.end()
}
