package flowgraph

import "tcplens/internal/packet"

// TimeFormat says what the time column shows.
type TimeFormat uint8

// The time formats, in the order in which a key cycles them.
const (
	Relative TimeFormat = iota // seconds since the conversation's first packet
	Delta                      // seconds since the segment before
	Absolute                   // time of day, UTC
	ToScale                    // relative, and rows as far apart as the segments were in time
)

// String names the format.
func (t TimeFormat) String() string {
	return [...]string{"relative", "delta", "absolute", "to scale"}[t&3]
}

// Next is the format that follows in the cycle.
func (t TimeFormat) Next() TimeFormat { return (t + 1) & 3 }

// Fold says how much is put together in one row.
type Fold int8

// The degrees of folding. Whatever is folded is counted in the row that stands for it.
const (
	FoldNone Fold = iota - 1 // a row for every segment
	FoldBulk                 // runs of bulk data and of keep-alives in one row; the default
	FoldACKs                 // also pure ACKs
)

// More folds one degree more.
func (f Fold) More() Fold { return min(f+1, FoldACKs) }

// Less folds one degree less.
func (f Fold) Less() Fold { return max(f-1, FoldNone) }

// Options say how a graph is drawn.
type Options struct {
	Width int  // terminal cells; 0 means 80
	ASCII bool // no character beyond ASCII
	Time  TimeFormat
	Fold  Fold
	Raw   bool                   // sequence and acknowledgment numbers as on the wire
	Open  map[packet.Number]bool // first packets of runs that are shown in full all the same
}

// Style names what a part of a line is, for whoever colours it.
type Style uint8

// The styles.
const (
	StyleText Style = iota
	StyleTitle
	StyleHeading
	StyleTime
	StyleDelta
	StyleClientState
	StyleServerState
	StyleLane
	StyleControl // arrows: SYN, FIN and what else carries no data
	StyleData
	StyleACK
	StyleRetransmission
	StyleReset
	StyleLost
	StyleLabel
	StyleNote
	StyleProblem // a note that tells of trouble
	StyleIdle
	StyleFold
	StyleSettled
)

var styleNames = [...]string{"text", "title", "heading", "time", "delta", "client-state", "server-state", "lane",
	"control", "data", "ack", "retransmission", "reset", "lost", "label", "note", "problem", "idle", "fold", "settled"}

// String gives the name of the style as SVG classes and JSON have it.
func (s Style) String() string {
	if int(s) < len(styleNames) {
		return styleNames[s]
	}
	return "text"
}

// Span is a part of a line's text: bytes Start to End, End excluded.
type Span struct {
	Start, End int
	Style      Style
}

// LineKind says what a line is.
type LineKind uint8

// The kinds of lines.
const (
	LineTitle   LineKind = iota // the conversation
	LineColumns                 // the heads of the columns
	LineHeading                 // handshake, data, teardown
	LineArrow                   // one segment
	LineFold                    // several segments
	LineLost                    // bytes that the capture lacks
	LineIdle                    // time goes by
	LineSettled                 // what the handshake settled
	LineEnd                     // how things stand where the capture ends
)

// Line is one line of the drawing.
type Line struct {
	Text        string // printable, at most Options.Width cells
	Spans       []Span // in order, without overlap; what none covers is plain
	Kind        LineKind
	First, Last packet.Number // the packets that the line stands for; 0 if none; of LineEnd, the newest packet
	Count       int           // how many packets it stands for

	Conversation Conversation // that the line is about
	Phase        string       // of LineHeading: "handshake", "data", "teardown"
}
