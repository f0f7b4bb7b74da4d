package dissect

import (
	"encoding/binary"
	"net/netip"
)

// cursor walks over the bytes of one message. Reading a field through it is
// what puts the field into the tree, so that value and range cannot disagree.
//
// It knows two ends: the end of what was captured and the end of what was there
// (on the wire, or as an outer length field says). Reading beyond the first
// marks the dissection as cut short, beyond the second as malformed; after that
// every read gives zero and adds nothing, so a dissector need not check each
// one, only its loops: for c.ok() && c.left() > 0.
type cursor struct {
	d      *Dissection
	b      []byte // the whole source
	source uint8
	start  int  // first byte of this message
	pos    int  // next byte to read
	have   int  // end of the captured bytes
	limit  int  // end of the message; at least have
	spent  bool // a length was wrong and has been told of: reading gives nothing, which is no failure
}

// ok says whether nothing has been found cut or malformed so far.
func (c *cursor) ok() bool { return c.d.fail == 0 }

// on says whether anyone looks at the tree: labels are made only then.
func (c *cursor) on() bool { return c.d.tree != nil }

// left is how many bytes of the message are still to be read, captured or not.
func (c *cursor) left() int { return c.limit - c.pos }

// captured is how many of those left were captured.
func (c *cursor) captured() int { return max(0, c.have-c.pos) }

// off is how far the cursor is into its message.
func (c *cursor) off() int { return c.pos - c.start }

// need says whether n more bytes can be read, and marks the dissection if not.
func (c *cursor) need(n int) bool {
	if c.d.fail != 0 {
		return false
	}
	if n >= 0 && n <= c.have-c.pos {
		return true
	}
	if c.spent {
		return false
	}
	c.d.failEnd, c.d.failSource = c.have, c.source
	c.d.cut(n < 0 || n > c.limit-c.pos)
	return false
}

// peek gives byte i from the cursor, 0 beyond the captured end.
func (c *cursor) peek(i int) byte {
	if p := c.pos + i; i >= 0 && p < c.have {
		return c.b[p]
	}
	return 0
}

// peek16 gives the 16-bit number at i from the cursor, 0 beyond the captured end.
func (c *cursor) peek16(i int) uint16 { return uint16(c.peek(i))<<8 | uint16(c.peek(i+1)) }

// peek32 gives the 32-bit number at i from the cursor, 0 beyond the captured end.
func (c *cursor) peek32(i int) uint32 { return uint32(c.peek16(i))<<16 | uint32(c.peek16(i+2)) }

// raw reads n bytes without making a field of them; nil if they are not there.
func (c *cursor) raw(n int) []byte {
	if !c.need(n) {
		return nil
	}
	b := c.b[c.pos : c.pos+n : c.pos+n]
	c.pos += n
	return b
}

// rest gives the captured bytes that are left, without reading them.
func (c *cursor) rest() []byte {
	if c.pos >= c.have {
		return nil
	}
	return c.b[c.pos:c.have:c.have]
}

// skip passes over n bytes.
func (c *cursor) skip(n int) {
	if c.need(n) {
		c.pos += n
	}
}

// to gives a cursor over the next n bytes of the message and passes over them.
// What was not captured of them stays not captured; n beyond the end is cut to it.
func (c *cursor) to(n int) cursor {
	if n < 0 {
		n = 0
	}
	n = min(n, max(0, c.limit-c.pos))
	s := cursor{d: c.d, b: c.b, source: c.source, start: c.pos, pos: c.pos, limit: c.pos + n, have: max(c.pos, min(c.have, c.pos+n)), spent: c.spent}
	c.pos += n
	return s
}

// widen lets the cursor read n bytes, even where fewer are left of what it was made for,
// as long as there are bytes behind: for what is to be shown in spite of a length that is wrong.
func (c *cursor) widen(n int) {
	if n > c.left() {
		c.limit = max(c.limit, min(c.pos+n, len(c.b)))
		c.have = max(c.have, c.limit)
	}
}

// tail gives a cursor over all that is left and passes over it.
func (c *cursor) tail() cursor { return c.to(c.left()) }

// add puts a node for the n bytes that end at the cursor.
func (c *cursor) add(f *Field, n int, node Node) *Node {
	if c.d.fail != fine || c.spent {
		return nil // the bytes could not be read
	}
	return c.addAt(f, c.pos-n, n, node)
}

// addAt puts a node for n bytes at absolute offset off of the source. What is
// beyond the source's end is not shown as the node's.
func (c *cursor) addAt(f *Field, off, n int, node Node) *Node {
	t := c.d.tree
	if t == nil || f == nil {
		return nil
	}
	if c.d.twins && f.twin != nil {
		f = f.twin
	}
	off = min(off, len(c.b))
	n = max(0, min(n, len(c.b)-off))
	node.Field, node.Off, node.Len, node.Source = f, int32(off), int32(n), c.source
	i := t.add(node)
	if i < 0 {
		return nil
	}
	return &t.Nodes[i]
}

// last gives the newest node, nil without a tree. It is valid until the next one is added.
func (c *cursor) last() *Node {
	if c.d.tree == nil || len(c.d.tree.Nodes) == 0 {
		return nil
	}
	return &c.d.tree.Nodes[len(c.d.tree.Nodes)-1]
}

func (c *cursor) u8(f *Field) uint8 {
	if !c.need(1) {
		return 0
	}
	v := c.b[c.pos]
	c.pos++
	if c.d.tree != nil {
		c.add(f, 1, Node{num: uint64(v)})
	}
	return v
}

func (c *cursor) u16(f *Field) uint16 {
	if !c.need(2) {
		return 0
	}
	v := binary.BigEndian.Uint16(c.b[c.pos:])
	c.pos += 2
	if c.d.tree != nil {
		c.add(f, 2, Node{num: uint64(v)})
	}
	return v
}

func (c *cursor) u24(f *Field) uint32 {
	if !c.need(3) {
		return 0
	}
	v := uint32(c.b[c.pos])<<16 | uint32(c.b[c.pos+1])<<8 | uint32(c.b[c.pos+2])
	c.pos += 3
	if c.d.tree != nil {
		c.add(f, 3, Node{num: uint64(v)})
	}
	return v
}

func (c *cursor) u32(f *Field) uint32 {
	if !c.need(4) {
		return 0
	}
	v := binary.BigEndian.Uint32(c.b[c.pos:])
	c.pos += 4
	if c.d.tree != nil {
		c.add(f, 4, Node{num: uint64(v)})
	}
	return v
}

func (c *cursor) u64(f *Field) uint64 {
	if !c.need(8) {
		return 0
	}
	v := binary.BigEndian.Uint64(c.b[c.pos:])
	c.pos += 8
	if c.d.tree != nil {
		c.add(f, 8, Node{num: v})
	}
	return v
}

// uint reads an unsigned number of n bytes, 1 to 8, in network order.
func (c *cursor) uint(f *Field, n int) uint64 {
	if !c.need(n) {
		return 0
	}
	var v uint64
	for _, x := range c.b[c.pos : c.pos+n] {
		v = v<<8 | uint64(x)
	}
	c.pos += n
	if c.d.tree != nil {
		c.add(f, n, Node{num: v})
	}
	return v
}

func (c *cursor) le16(f *Field) uint16 {
	if !c.need(2) {
		return 0
	}
	v := binary.LittleEndian.Uint16(c.b[c.pos:])
	c.pos += 2
	if c.d.tree != nil {
		c.add(f, 2, Node{num: uint64(v)})
	}
	return v
}

// le64 reads an unsigned number of eight bytes, the lowest first.
func (c *cursor) le64(f *Field) uint64 { return c.leUint(f, 8) }

// i32 reads a signed number of four bytes.
func (c *cursor) i32(f *Field) int32 {
	if !c.need(4) {
		return 0
	}
	v := int32(binary.BigEndian.Uint32(c.b[c.pos:]))
	c.pos += 4
	if c.d.tree != nil {
		c.add(f, 4, Node{num: uint64(int64(v))})
	}
	return v
}

// ip4 reads an IPv4 address.
func (c *cursor) ip4(f *Field) netip.Addr {
	b := c.raw(4)
	if b == nil {
		return netip.Addr{}
	}
	if c.d.tree != nil {
		c.add(f, 4, Node{raw: b})
	}
	return netip.AddrFrom4([4]byte(b))
}

// ip6 reads an IPv6 address.
func (c *cursor) ip6(f *Field) netip.Addr {
	b := c.raw(16)
	if b == nil {
		return netip.Addr{}
	}
	if c.d.tree != nil {
		c.add(f, 16, Node{raw: b})
	}
	return netip.AddrFrom16([16]byte(b))
}

// bytes reads n bytes: a hardware address or anything that is shown in hexadecimal.
func (c *cursor) bytes(f *Field, n int) []byte {
	b := c.raw(n)
	if b != nil {
		if c.d.tree != nil {
			c.add(f, n, Node{raw: b})
		}
	}
	return b
}

// str reads n bytes of text. The value keeps them as they are; labels are made printable.
func (c *cursor) str(f *Field, n int) string {
	b := c.raw(n)
	if b == nil || c.d.tree == nil && !c.d.wantCols {
		return ""
	}
	s := string(b)
	if c.d.tree != nil {
		c.add(f, n, Node{str: s})
	}
	return s
}

// bits puts a field of the value v, whose n bytes end at the cursor: the bits
// that the field's mask names, shifted down.
func (c *cursor) bits(f *Field, n int, v uint64) uint64 {
	v = f.extract(v)
	if c.d.tree != nil {
		c.add(f, n, Node{num: v})
	}
	return v
}

func (f *Field) extract(v uint64) uint64 {
	if m := f.Mask; m != 0 {
		v &= m
		for m&1 == 0 {
			m >>= 1
			v >>= 1
		}
	}
	return v
}

// proto opens the node of a protocol at the cursor: the fields read next go
// into it, until end. It also puts the protocol into the frame's list of them.
func (c *cursor) proto(p *Proto) *Node {
	c.d.enter(p)
	if c.d.tree == nil {
		return nil
	}
	n := c.addAt(&p.field, c.pos, 0, Node{})
	c.d.push()
	return n
}

// begin opens the newest node, so that the fields read next go under it.
func (c *cursor) begin() { c.d.push() }

// sub adds a node of text and opens it. Its length is set by end.
func (c *cursor) sub(f *Field, label string) {
	if c.d.tree == nil {
		return
	}
	if f == nil {
		f = fText
	}
	c.addAt(f, c.pos, 0, Node{text: label})
	c.d.push()
}

// end closes the open node; one without a length reaches to the cursor.
func (c *cursor) end() {
	t := c.d.tree
	if t == nil || len(t.open) == 0 {
		return
	}
	i := t.open[len(t.open)-1]
	t.open = t.open[:len(t.open)-1]
	if i < 0 {
		return
	}
	if n := &t.Nodes[i]; n.Len == 0 && n.Source == c.source && n.Flags&Generated == 0 {
		n.Len = int32(max(0, min(c.pos, c.have, len(c.b))-int(n.Off)))
	}
}

// opened gives the node that new ones go into, nil if there is none.
func (c *cursor) opened() *Node {
	t := c.d.tree
	if t == nil || len(t.open) == 0 {
		return nil
	}
	if i := t.open[len(t.open)-1]; i >= 0 {
		return &t.Nodes[i]
	}
	return nil
}

// gen adds a generated integer, boolean, time or frame number.
func (c *cursor) gen(f *Field, v uint64) *Node {
	return c.addAt(f, c.pos, 0, Node{num: v, Flags: Generated})
}

// genStr adds a generated string.
func (c *cursor) genStr(f *Field, s string) *Node {
	return c.addAt(f, c.pos, 0, Node{str: s, Flags: Generated})
}

// hiddenCopy adds the newest node again under another field, not shown: ip.addr
// beside ip.src, tcp.port beside tcp.srcport.
func (c *cursor) hiddenCopy(f *Field) {
	if n := c.last(); n != nil {
		k := *n
		k.text, k.suffix = "", ""
		k.Flags |= Hidden
		c.addAt(f, int(k.Off), int(k.Len), k)
	}
}

// note adds a line that is only text, for n bytes that end at the cursor.
func (c *cursor) note(n int, s string) *Node {
	return c.add(fText, n, Node{text: s})
}
