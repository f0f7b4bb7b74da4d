package dissect

import (
	"encoding/binary"
	"math"
	"strconv"
)

var (
	pProtobuf    = newProto("Protocol Buffers", "ProtoBuf", "protobuf")
	fPBMessage   = pProtobuf.str("protobuf.message.name", "Message Name")
	fPBName      = pProtobuf.str("protobuf.field.name", "Field Name")
	fPBNumber    = pProtobuf.u64("protobuf.field.number", "Field Number", Dec)
	fPBWire      = pProtobuf.u8("protobuf.field.wiretype", "Wire Type", Dec, mask(7), names(list("varint", "64-bit", "Length-delimited", "Start group (deprecated)", "End group (deprecated)", "32-bit")))
	fPBLength    = pProtobuf.u64("protobuf.field.value.length", "Value Length", Dec)
	fPBValue     = pProtobuf.bytes("protobuf.field.value", "Value")
	fPBUint32    = pProtobuf.u32("protobuf.field.value.uint32", "Uint32", Dec)
	fPBUint64    = pProtobuf.u64("protobuf.field.value.uint64", "Uint64", Dec)
	ePBTag       = pProtobuf.none("protobuf.failed_parse_tag", "Failed to parse tag field")
	ePBWire      = pProtobuf.none("protobuf.field.wiretype.invalid", "Unknown or unsupported wiretype")
	ePBDelimited = pProtobuf.none("protobuf.field.failed_parse_length_delimited_field", "Failed to parse length delimited field")
	ePBField     = pProtobuf.none("protobuf.field.failed_parse_field", "Failed to parse value field")
)

// pbUnknownName stands for names that only the definition of a message has.
const pbUnknownName = "<UNKNOWN>"

// dissectProtobuf shows the fields of a message whose type nobody knows (the wire
// format of Protocol Buffers). what names the message, if anything does.
func dissectProtobuf(c cursor, what string) {
	label := pProtobuf.Name
	if what != "" {
		label += ": " + printable(what)
	}
	if n := c.proto(pProtobuf); n != nil {
		n.label(label)
		n.span(c.pos, c.captured())
	}
	c.d.infoAppend(" (PROTOBUF)")
	if c.on() {
		unknown := pbUnknownName + " Message Type"
		c.addAt(fText, c.pos, c.left(), Node{text: "Message: " + unknown})
		c.begin()
		c.addAt(fPBMessage, c.pos, c.left(), Node{str: unknown, Flags: Hidden})
	}
	for c.ok() && c.left() > 0 && protobufField(&c) {
		if c.on() && c.d.tree.full() {
			break
		}
	}
	if c.ok() {
		c.end()
		c.end()
	}
}

// protobufField shows the next field. It is false if what follows can't be told.
func protobufField(c *cursor) bool {
	tag, n := binary.Uvarint(c.rest())
	if n <= 0 {
		c.addAt(fText, c.pos, 0, Node{text: "Field"})
		c.begin()
		c.expert(Error, GroupMalformed, ePBTag, ePBTag.Name)
		c.end()
		return false
	}
	number, wire := tag>>3, tag&7
	size := protobufSize(c.rest()[n:], wire)
	if size >= 0 {
		size += n
	}
	var node int32
	if c.on() {
		c.addAt(fText, c.pos, max(0, size), Node{text: "Field(" + strconv.FormatUint(number, 10) + "):"})
		c.begin()
		node = c.d.openIndex()
		c.addAt(fPBName, c.pos, max(0, size), Node{str: pbUnknownName, Flags: Generated})
		c.addAt(fPBNumber, c.pos, n, Node{num: number, text: protobufBits(c.rest()[:n]) + " = Field Number: " + strconv.FormatUint(number, 10)})
		c.addAt(fPBWire, c.pos, 1, Node{num: wire})
	}
	c.skip(n)
	if size < 0 {
		c.begin()
		protobufFault(c, wire)
		c.end()
		c.end()
		return false
	}
	protobufValue(c, wire, node)
	if c.ok() {
		c.end()
	}
	return c.ok()
}

// protobufSize gives how many bytes a value takes; −1 if that can't be told.
func protobufSize(b []byte, wire uint64) int {
	switch wire {
	case 0, 2:
		v, n := binary.Uvarint(b)
		switch {
		case n <= 0 || wire == 2 && v > math.MaxInt32:
			return -1
		case wire == 2:
			n += int(v)
		}
		return n
	case 1:
		return 8
	case 5:
		return 4
	}
	return -1
}

// protobufFault says why a value can't be told.
func protobufFault(c *cursor, wire uint64) {
	switch wire {
	case 0:
		c.expert(Error, GroupMalformed, ePBField, ePBField.Name)
	case 2:
		c.expert(Error, GroupMalformed, ePBDelimited, ePBDelimited.Name)
	default:
		c.expert(WarnSev, GroupProtocol, ePBWire, ePBWire.Name)
	}
}

// protobufValue shows the value of a field, whose node is given.
func protobufValue(c *cursor, wire uint64, node int32) {
	f, kind := fPBUint32, " (uint32)"
	var v uint64
	n := 0
	switch wire {
	case 0:
		v, n = binary.Uvarint(c.rest())
	case 1:
		n = 8
	case 5:
		n = 4
	case 2:
		v, n = binary.Uvarint(c.rest())
		c.skip(n)
		c.add(fPBLength, n, Node{num: v})
		c.bytes(fPBValue, int(v))
		return
	}
	if !c.need(n) {
		return
	}
	switch wire {
	case 1:
		v = binary.LittleEndian.Uint64(c.rest())
	case 5:
		v = uint64(binary.LittleEndian.Uint32(c.rest()))
	}
	if wire == 1 || v > math.MaxUint32 {
		f, kind = fPBUint64, " (uint64)"
	}
	if !c.on() {
		c.skip(n)
		return
	}
	c.bytes(fPBValue, n)
	c.begin()
	c.add(f, n, Node{num: v})
	c.end()
	c.nodeAt(node).append(" " + strconv.FormatUint(v, 10) + kind)
}

// protobufBits draws the bits of a field's number in its tag: the last byte first,
// which has the highest bits.
func protobufBits(tag []byte) string {
	var out []byte
	for i := len(tag) - 1; i >= 0; i-- {
		for bit := 7; bit >= 0; bit-- {
			switch {
			case bit == 7 || i == 0 && bit < 3:
				out = append(out, '.')
			default:
				out = append(out, '0'+tag[i]>>bit&1)
			}
			if bit == 4 {
				out = append(out, ' ')
			}
		}
		if i > 0 {
			out = append(out, ' ')
		}
	}
	return string(out)
}
