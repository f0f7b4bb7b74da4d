package follow

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// Format is a form in which a conversation is written.
type Format uint8

// The formats.
const (
	FormatText     Format = iota // turns with their times; UTF-8 as it is
	FormatASCII                  // as tshark -z follow,tcp,ascii
	FormatHex                    // as tshark -z follow,tcp,hex
	FormatEBCDIC                 // as FormatASCII, of bytes in code page 037
	FormatC                      // arrays of C
	FormatRaw                    // one side: its bytes alone; both: as tshark -z follow,tcp,raw
	FormatMessages               // decrypted, unpacked and laid out; see Messages
)

// Formats lists the names of the formats, in their order.
func Formats() []string { return []string{"text", "ascii", "hex", "ebcdic", "c", "raw", "messages"} }

// String gives the name of the format.
func (f Format) String() string {
	if names := Formats(); int(f) < len(names) {
		return names[f]
	}
	return ""
}

// ParseFormat finds a format by its name.
func ParseFormat(name string) (Format, error) {
	for i, s := range Formats() {
		if s == name {
			return Format(i), nil
		}
	}
	return 0, fmt.Errorf("%q is no format: %s", name, strings.Join(Formats(), ", "))
}

// Write writes the conversation in a format, but for FormatMessages, which is of
// Messages. side is 0, 1 or Both. An error is that of w, or says which packet is no
// longer kept.
func (s *Stream) Write(w io.Writer, f Format, side int) error {
	switch f {
	case FormatText:
		return s.WriteText(w, side)
	case FormatASCII:
		return s.WriteASCII(w, side)
	case FormatHex:
		return s.WriteHex(w, side)
	case FormatEBCDIC:
		return s.writeEBCDIC(w, side)
	case FormatC:
		return s.WriteC(w, side)
	case FormatRaw:
		if side == Both {
			return s.writeDigits(w)
		}
		return s.WriteRaw(w, uint8(side))
	}
	return fmt.Errorf("%v is not written from bytes", f)
}

// writeDigits writes each chunk as hexadecimal digits on a line, with a tab before
// those of node 1.
func (s *Stream) writeDigits(w io.Writer) error {
	return s.write(w, Both, "raw", func(b *bufio.Writer, _ *Chunk, data []byte) {
		b.WriteString(hex.EncodeToString(data))
		b.WriteByte('\n')
	})
}

// WriteC writes each chunk as an array of C, named after its node and its number
// among the node's chunks: peer0_0, peer0_1, peer1_0. side is 0, 1 or Both.
func (s *Stream) WriteC(w io.Writer, side int) error {
	b := bufio.NewWriterSize(w, 64<<10)
	name := s.info.Kind.String()
	fmt.Fprintf(b, "/* Follow: %s,c\n * Filter: %s.stream eq %d\n * Node 0: %v\n * Node 1: %v */\n",
		name, name, s.info.Stream, s.info.Node[0], s.info.Node[1])
	marks := s.differences()
	var nth [2]int
	for i := range s.chunks {
		c := &s.chunks[i]
		n := nth[c.Side]
		if c.Len > 0 {
			nth[c.Side]++
		}
		if side != Both && side != int(c.Side) {
			continue
		}
		if c.Len == 0 {
			fmt.Fprintf(b, "/* %s */\n", c.Gap())
			continue
		}
		data, err := s.read(c)
		if err != nil {
			b.Flush()
			return err
		}
		b.WriteString(CHead(c, n) + "\n")
		for at := 0; at < len(data); at += CLine {
			b.WriteString(CBytes(data[at:min(at+CLine, len(data))], at+CLine >= len(data)) + "\n")
		}
		for _, d := range marks[i] {
			fmt.Fprintf(b, "/* %s */\n", d)
		}
	}
	return b.Flush()
}

// CLine is how many bytes a line of an array of C has.
const CLine = 8

// CHead begins the array of a chunk, the nth of its node from 0.
func CHead(c *Chunk, nth int) string {
	return fmt.Sprintf("static const unsigned char peer%d_%d[] = { /* packet %d */", c.Side, nth, c.Frame)
}

// CBytes writes up to CLine bytes of an array, whose last ones end it.
func CBytes(data []byte, last bool) string {
	const digits = "0123456789abcdef"
	line := make([]byte, 0, 6*CLine+3)
	for i, c := range data {
		line = append(line, '0', 'x', digits[c>>4], digits[c&15])
		switch {
		case i+1 < len(data):
			line = append(line, ", "...)
		case !last:
			line = append(line, ',')
		}
	}
	if last {
		line = append(line, " };"...)
	}
	return string(line)
}

// writeEBCDIC is WriteASCII of bytes in code page 037.
func (s *Stream) writeEBCDIC(w io.Writer, side int) error {
	return s.write(w, side, "ebcdic", func(b *bufio.Writer, _ *Chunk, data []byte) {
		fmt.Fprintf(b, "%d\n", len(data))
		for _, c := range data {
			b.WriteByte(page037[c])
		}
		b.WriteByte('\n')
	})
}

// page037 has the characters of IBM's code page 037 that are in ASCII, line ends
// (NEL, LF) as such, and a dot for all others.
const page037 = "" +
	".............\r.......\n...............\n.........................." +
	" ...........<(+|&.........!$*);.-/.........,%_>?.........`:#@'=\"" +
	".abcdefghi.......jklmnopqr.......~stuvwxyz......^.........[]...." +
	"{ABCDEFGHI......}JKLMNOPQR......\\.STUVWXYZ......0123456789......"
