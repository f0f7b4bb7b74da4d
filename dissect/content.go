package dissect

import (
	"fmt"
	"strconv"

	"tcplens/internal/packet"
)

// contentPart is what one frame brought of a body or a message.
type contentPart struct {
	frame  packet.Number
	off, n int
}

// partFields are the fields that say of which frames a whole was joined.
type partFields struct {
	name                          string // of one of them, in the line above all
	all, one, count, length, data *Field // data may be nil
}

// show says of which frames the whole was joined that w has.
func (p *partFields) show(w cursor, parts []contentPart) {
	if !w.on() {
		return
	}
	size := w.left()
	label := fmt.Sprintf("%s (%s): ", plural(len(parts), p.name), plural(size, "byte"))
	for k, part := range parts {
		if k > 0 {
			label += ", "
		}
		if k == maxListedPieces {
			label += "…"
			break
		}
		label += "#" + strconv.FormatUint(uint64(part.frame), 10) + "(" + strconv.Itoa(part.n) + ")"
	}
	w.addAt(p.all, 0, size, Node{text: label, Flags: Generated})
	w.begin()
	for k, part := range parts {
		if k == maxListedPieces {
			break
		}
		text := fmt.Sprintf("Frame: %d, payload: %d-%d (%s)", part.frame, part.off, part.off+part.n-1, plural(part.n, "byte"))
		w.addAt(p.one, part.off, part.n, Node{num: uint64(part.frame), text: text, Flags: Generated})
	}
	w.addAt(p.count, 0, 0, Node{num: uint64(len(parts)), Flags: Generated})
	w.addAt(p.length, 0, 0, Node{num: uint64(size), Flags: Generated})
	if p.data != nil {
		w.addAt(p.data, 0, size, Node{raw: w.rest(), Flags: Generated})
	}
	w.end()
}
