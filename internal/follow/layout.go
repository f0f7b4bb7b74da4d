package follow

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"tcplens/internal/text"
)

// Bounds of what is laid out of one body, so that a large one is not copied whole.
const (
	maxBodyLines = 20000
	maxBodyText  = 4 << 20 // bytes of a body that are looked at as text
	maxBodyHex   = 4096    // bytes of a body that is no text
)

// Line is a line of a message that is laid out, printable.
type Line struct {
	Text string
	Kind LineKind
}

// LineKind says what a line is.
type LineKind uint8

// The kinds of lines.
const (
	LineStart LineKind = iota // the start line of a request or an answer
	LineField                 // a header field
	LineBody
	LineNote // what tcplens says
)

// Lines lays a message out: its head, a blank line, its body. JSON is indented, text
// is split into its lines, anything else is shown in hex.
func (m *Message) Lines() []Line {
	var out []Line
	for i, h := range m.Head {
		kind := LineField
		if i == 0 && m.Stream == 0 || strings.HasPrefix(h, ":") {
			kind = LineStart
		}
		out = append(out, Line{text.Printable(h), kind})
	}
	if m.Note != "" {
		out = append(out, Line{"[" + m.Note + "]", LineNote})
	}
	if len(m.Body) == 0 {
		return out
	}
	if len(out) > 0 {
		out = append(out, Line{"", LineBody})
	}
	return m.body(out)
}

// body lays the body out.
func (m *Message) body(out []Line) []Line {
	b := m.Body
	if looksLikeJSON(m.Mime, b) && len(b) <= maxBodyText {
		var laid bytes.Buffer
		if json.Indent(&laid, b, "", "  ") == nil {
			return textLines(out, laid.Bytes())
		}
	}
	if isText(b) {
		cut := len(b) > maxBodyText
		out = textLines(out, b[:min(len(b), maxBodyText)])
		if cut {
			out = append(out, Line{fmt.Sprintf("[the first %d of %d bytes]", maxBodyText, len(b)), LineNote})
		}
		return out
	}
	what := m.Mime
	if what == "" {
		what = "data"
	}
	out = append(out, Line{fmt.Sprintf("[%d bytes of %s]", len(b), text.Printable(what)), LineNote})
	show := b[:min(len(b), maxBodyHex)]
	for i := 0; i < len(show); i += 16 {
		out = append(out, Line{HexLine(uint64(i), show[i:min(i+16, len(show))]), LineBody})
	}
	if len(show) < len(b) {
		out = append(out, Line{fmt.Sprintf("[%d more bytes]", len(b)-len(show)), LineNote})
	}
	return out
}

// looksLikeJSON knows JSON by its type, or by its first character when no type tells.
func looksLikeJSON(mime string, b []byte) bool {
	switch {
	case strings.HasSuffix(mime, "/json"), strings.HasSuffix(mime, "+json"):
		return true
	case mime != "" && mime != "text/plain":
		return false
	}
	b = bytes.TrimLeft(b, " \t\r\n")
	return len(b) > 1 && (b[0] == '{' || b[0] == '[')
}

// isText says whether a body can be read: UTF-8 without control characters, as
// far as its first bytes tell.
func isText(b []byte) bool {
	const look = 4096
	head := b[:min(len(b), look)]
	for i := 0; i < len(head); {
		r, n := utf8.DecodeRune(head[i:])
		if r == utf8.RuneError && n == 1 {
			return len(head) == look && i > look-utf8.UTFMax // cut in the middle of a character
		}
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' && r != '\f' && r != 0x1b || r == 0x7f {
			return false
		}
		i += n
	}
	return true
}

// textLines splits a text into its lines.
func textLines(out []Line, b []byte) []Line {
	for n := 0; len(b) > 0; n++ {
		if n == maxBodyLines {
			return append(out, Line{"[more lines follow]", LineNote})
		}
		line := b
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			line, b = b[:i], b[i+1:]
		} else {
			b = nil
		}
		s := strings.ReplaceAll(string(bytes.TrimSuffix(line, []byte("\r"))), "\t", "    ")
		out = append(out, Line{text.Printable(s), LineBody})
	}
	return out
}

// Curl gives a command that asks the same again; false if the message is no request of
// HTTP. Fields that curl sets by itself are left to it. A capture may hold what somebody
// wrote who wishes no good: nothing of it is read as a command by a shell, as an option,
// a file's name or a pattern by curl, and only http and https are asked.
func (m *Message) Curl() (string, bool) {
	if m.Method == "" || m.URL == "" {
		return "", false
	}
	url := m.URL
	var fields []string
	for i, h := range m.Head {
		if i == 0 && m.Stream == 0 {
			continue
		}
		name, value, ok := strings.Cut(h, ":")
		value = strings.TrimSpace(value)
		switch lower := strings.ToLower(name); {
		case !ok || !isFieldName(name):
		case lower == "host":
			if strings.HasPrefix(url, "/") {
				url = "http://" + value + url
			}
		case lower == "content-length", lower == "transfer-encoding", lower == "connection":
		case value == "":
			fields = append(fields, "-H "+quote(name+";")) // so curl writes an empty one
		default:
			if lower == "accept-encoding" {
				fields = append(fields, "--compressed")
			}
			fields = append(fields, "-H "+quote(name+": "+value))
		}
	}
	if lower := strings.ToLower(url); !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") {
		return "", false
	}
	words := []string{"curl"}
	if strings.ContainsAny(url, "[]{}") {
		words = append(words, "-g")
	}
	if strings.Contains(url, "/.") {
		words = append(words, "--path-as-is")
	}
	switch {
	case m.Method == "HEAD":
		words = append(words, "-I")
	case m.Method != "GET" && !(m.Method == "POST" && len(m.Body) > 0), m.Method == "GET" && len(m.Body) > 0:
		words = append(words, "-X", quote(m.Method))
	}
	words = append(words, quote(url))
	words = append(words, fields...)
	switch body := string(m.Body); {
	case body == "":
	case isPlain(body):
		words = append(words, "--data-raw", quote(body))
	default: // no word of a command can have a zero
		words = append([]string{"printf", "'" + octal(strings.ReplaceAll(body, "%", "%%")) + "'", "|"}, words...)
		words = append(words, "--data-binary", "@-")
	}
	return strings.Join(words, " "), true
}

// isFieldName says whether a header field may have the name (RFC 9110 §5.6.2). curl
// takes some others for a file.
func isFieldName(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return r >= 0x80 || !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("!#$%&'*+-.^_`|~", r))
	}) < 0
}

// isPlain says whether a text is of one line of ASCII.
func isPlain(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < 0x20 || r >= 0x7f }) < 0
}

// quote writes a word as a POSIX shell reads it; what is not printable in the form
// that bash, zsh and the standard of 2024 know. Shells that do not know it read another
// word, but no command.
func quote(s string) string {
	if isPlain(s) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return "$'" + octal(s) + "'"
}

// octal writes a text with escapes for what is not printable, and for quotes.
func octal(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			b.WriteString(`\\`)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c < 0x20 || c >= 0x7f || c == '\'':
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Title says of which packet a message is, and of what: "HTTP2 stream 3, packet 24".
func (m *Message) Title() string {
	t := m.Proto.Short
	if m.Stream != 0 {
		t += fmt.Sprintf(" stream %d", m.Stream)
	}
	if len(m.Head) == 0 && m.Proto.Abbrev != "data" {
		t += ", body"
	}
	return t
}

// WriteMessages writes the messages of a side, 0, 1 or Both, that have been looked at.
func (m *Messages) WriteMessages(w io.Writer, side int) error {
	b := bufio.NewWriterSize(w, 64<<10)
	name := m.info.Kind.String()
	fmt.Fprintf(b, "\n%sFollow: %s,messages\nFilter: %s.stream eq %d\n", rule, name, name, m.info.Stream)
	fmt.Fprintf(b, "Node 0: %v\nNode 1: %v\n", m.info.Node[0], m.info.Node[1])
	for i := range m.places {
		if side != Both && side != int(m.places[i].side) {
			continue
		}
		x, err := m.At(i)
		if err != nil {
			fmt.Fprintf(b, "\n[%v]\n", err)
			continue
		}
		arrow := "→"
		if x.Side == 1 {
			arrow = "←"
		}
		fmt.Fprintf(b, "\n%s %s · packet %d\n", arrow, x.Title(), x.Frame)
		for _, l := range x.Lines() {
			b.WriteString(l.Text + "\n")
		}
	}
	for s := range m.open {
		if o := m.open[s]; o.Bytes > 0 && (side == Both || side == s) {
			fmt.Fprintf(b, "\n%s\n", o.Text(uint8(s)))
		}
	}
	b.WriteString(rule)
	return b.Flush()
}

// Text says what a side has sent behind its last message.
func (o Unfinished) Text(side uint8) string {
	unit := "bytes"
	if o.Bytes == 1 {
		unit = "byte"
	}
	return fmt.Sprintf("[node %d: %d %s up to packet %d are no message, or of one that has not ended]", side, o.Bytes, unit, o.Last)
}
