package follow

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
)

// Both asks a writer for both sides; 0 and 1 for what that node sent.
const Both = -1

// WriteRaw writes the bytes that a node sent, nothing else: gaps leave no trace.
// An error is that of w, or says which packet is no longer kept.
func (s *Stream) WriteRaw(w io.Writer, side uint8) error {
	b := bufio.NewWriterSize(w, 64<<10)
	for _, i := range s.sides[side&1].list {
		data, err := s.read(&s.chunks[i])
		if err != nil {
			return err
		}
		if _, err := b.Write(data); err != nil {
			return err
		}
	}
	return b.Flush()
}

// WriteASCII writes the conversation as tshark -z follow,tcp,ascii does: before each
// chunk its length, with a tab before node 1's; what is not printable as a dot.
// Gaps, and bytes that were sent twice and differ, stand in brackets on lines of
// their own. side is 0, 1 or Both.
func (s *Stream) WriteASCII(w io.Writer, side int) error {
	return s.write(w, side, "ascii", func(b *bufio.Writer, c *Chunk, data []byte) {
		b.WriteString(strconv.Itoa(len(data)))
		b.WriteByte('\n')
		writeASCII(b, data)
		b.WriteByte('\n')
	})
}

// WriteHex writes the conversation as tshark -z follow,tcp,hex does: an offset, 16
// bytes a line, and their characters, with a tab before the lines of node 1. side
// is 0, 1 or Both.
func (s *Stream) WriteHex(w io.Writer, side int) error {
	return s.write(w, side, "hex", func(b *bufio.Writer, c *Chunk, data []byte) {
		for i := 0; i < len(data); i += 16 {
			if i > 0 && c.Side == 1 {
				b.WriteByte('\t')
			}
			b.WriteString(HexLine(c.Pos+uint64(i), data[i:min(i+16, len(data))]))
			b.WriteByte('\n')
		}
	})
}

const rule = "===================================================================\n"

// head writes what stands before the conversation.
func (s *Stream) head(b *bufio.Writer, form string) {
	name := s.info.Kind.String()
	fmt.Fprintf(b, "\n%sFollow: %s,%s\nFilter: %s.stream eq %d\n", rule, name, form, name, s.info.Stream)
	fmt.Fprintf(b, "Node 0: %v\nNode 1: %v\n", s.info.Node[0], s.info.Node[1])
	if s.info.Missed {
		b.WriteString("[packets before the first of these are no longer kept]\n")
	}
}

// foot writes what stands behind it.
func (s *Stream) foot(b *bufio.Writer) {
	if n := s.Waiting(); n > 0 {
		fmt.Fprintf(b, "[%d segments wait for bytes before them that the capture lacks]\n", n)
	}
	b.WriteString(rule)
}

// write writes the head, the chunks of the sides asked for and the foot. A tab has
// been written before what body writes of node 1.
func (s *Stream) write(w io.Writer, side int, form string, body func(*bufio.Writer, *Chunk, []byte)) error {
	b := bufio.NewWriterSize(w, 64<<10)
	s.head(b, form)
	marks := s.differences()
	for i := range s.chunks {
		c := &s.chunks[i]
		if side != Both && side != int(c.Side) {
			continue
		}
		tab := ""
		if c.Side == 1 {
			tab = "\t"
		}
		b.WriteString(tab)
		if c.Len == 0 {
			b.WriteString(c.Gap() + "\n")
			continue
		}
		data, err := s.read(c)
		if err != nil {
			b.Flush()
			return err
		}
		body(b, c, data)
		for _, d := range marks[i] {
			b.WriteString(tab + d.String() + "\n")
		}
	}
	s.foot(b)
	return b.Flush()
}

// differences sorts the differences by the chunk that they are in.
func (s *Stream) differences() map[int][]Differ {
	m := make(map[int][]Differ)
	for _, d := range s.Differs() {
		if i := s.Chunk(d.Side, d.Pos); i >= 0 {
			m[i] = append(m[i], d)
		}
	}
	return m
}

// Gap words a gap: "[1460 bytes missing in capture]". It is empty for bytes.
func (c *Chunk) Gap() string {
	unit := "bytes"
	if c.Missing == 1 {
		unit = "byte"
	}
	switch {
	case c.Missing == 0:
		return ""
	case c.Snap:
		return fmt.Sprintf("[%d %s cut off by the snap length]", c.Missing, unit)
	}
	return fmt.Sprintf("[%d %s missing in capture]", c.Missing, unit)
}

// String words a difference: "[4 bytes of packet 5 differ when sent again in packet 8]".
func (d Differ) String() string {
	if d.Len == 1 {
		return fmt.Sprintf("[1 byte of packet %d differs when sent again in packet %d]", d.First, d.Frame)
	}
	return fmt.Sprintf("[%d bytes of packet %d differ when sent again in packet %d]", d.Len, d.First, d.Frame)
}

// writeASCII writes data with line ends kept and a dot for what is not printable.
func writeASCII(b *bufio.Writer, data []byte) {
	for i, c := range data {
		switch {
		case c == '\n', c == '\r' && (i+1 == len(data) || data[i+1] == '\n'):
		case c < 0x20 || c >= 0x7f:
			c = '.'
		}
		b.WriteByte(c)
	}
}

// HexLine writes up to 16 bytes as tshark's follow does:
// "00000000  47 45 54 20 …   GET / …".
func HexLine(off uint64, data []byte) string {
	const digits = "0123456789abcdef"
	line := fmt.Appendf(make([]byte, 0, 80), "%08X  ", off)
	for i := range 16 {
		if i == 8 {
			line = append(line, ' ')
		}
		if i < len(data) {
			line = append(line, digits[data[i]>>4], digits[data[i]&15], ' ')
		} else {
			line = append(line, "   "...)
		}
	}
	line = append(line, ' ')
	for i, c := range data[:min(16, len(data))] {
		if i == 8 {
			line = append(line, ' ')
		}
		if c < 0x20 || c >= 0x7f {
			c = '.'
		}
		line = append(line, c)
	}
	// A blank at the end goes away, but where the gap behind eight characters does.
	if k := len(line) - 1; line[k] == ' ' && len(data) != 8 {
		line = line[:k]
	}
	return string(line)
}
