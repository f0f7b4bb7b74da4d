package flowgraph

import (
	"bufio"
	"encoding/json"
	"io"
	"strings"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/text"
	"tcplens/internal/trace"
)

// document is a graph as JSON has it. Times are nanoseconds since the
// conversation's first packet, but for Start, which is since 1970 UTC.
type document struct {
	Stream   string    `json:"stream"` // "tcp.stream 0"
	Left     string    `json:"left"`
	Right    string    `json:"right"`
	Roles    bool      `json:"roles"` // left is known to be the client
	Status   string    `json:"status,omitempty"`
	Start    int64     `json:"start_ns"`
	Duration int64     `json:"duration_ns"`
	IRTT     int64     `json:"irtt_ns,omitempty"`
	Packets  int       `json:"packets"`
	Rows     []jsonRow `json:"rows"`
}

type jsonRow struct {
	Kind    string        `json:"kind"` // heading, segment, fold, missing, idle
	Packet  packet.Number `json:"packet,omitempty"`
	Last    packet.Number `json:"last_packet,omitempty"`
	Count   int           `json:"packets,omitempty"`
	Time    *int64        `json:"time_ns,omitempty"`
	Delta   *int64        `json:"delta_ns,omitempty"`
	Toward  string        `json:"toward,omitempty"` // right, left
	Arrow   string        `json:"arrow,omitempty"`
	Lost    bool          `json:"lost,omitempty"`
	Flags   []string      `json:"flags,omitempty"`
	Seq     *uint32       `json:"seq,omitempty"`
	Ack     *uint32       `json:"ack,omitempty"`
	Len     *uint32       `json:"len,omitempty"`
	Word    string        `json:"word,omitempty"`
	Text    string        `json:"text,omitempty"`
	Left    string        `json:"left_state,omitempty"`
	Right   string        `json:"right_state,omitempty"`
	Notes   []string      `json:"notes,omitempty"`
	Bytes   uint64        `json:"bytes,omitempty"`
	ACKs    int           `json:"acks,omitempty"`
	DupACKs int           `json:"duplicate_acks,omitempty"`
}

// WriteJSON writes the rows of the graph, folded as the options say, as one JSON
// object.
func WriteJSON(w io.Writer, g *Graph, o Options) error {
	o.Time = Relative // distances to scale are no rows
	v := NewView(g, o)
	c := g.client()
	d := document{
		Stream: g.Name(), Left: g.info.Node[c].String(), Right: g.info.Node[c^1].String(),
		Roles: g.server() >= 0, IRTT: g.info.IRTT, Packets: len(g.events), Rows: []jsonRow{},
	}
	if g.info.Kind == trace.TCP {
		d.Status = g.Status().String()
	}
	if n := len(g.events); n > 0 {
		d.Start = int64(g.events[0].Time)
		d.Duration = int64(g.events[n-1].Time - g.events[0].Time)
	}
	for i := range v.Len() {
		d.Rows = append(d.Rows, v.jsonRow(i))
	}
	b := bufio.NewWriter(w)
	enc := json.NewEncoder(b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(d); err != nil {
		return err
	}
	return b.Flush()
}

var rowKinds = map[LineKind]string{LineHeading: "heading", LineArrow: "segment", LineFold: "fold", LineLost: "missing", LineIdle: "idle",
	LineSettled: "settled", LineEnd: "end"}

func (v *View) jsonRow(i int) jsonRow {
	w := v.words(i)
	if w.kind == LineEnd {
		return jsonRow{Kind: rowKinds[LineEnd], Text: text.Printable(w.label)}
	}
	g, it := v.f.g, &v.f.items[i]
	r := jsonRow{Kind: rowKinds[it.kind], Text: text.Printable(w.label), Bytes: it.bytes}
	if w.note != "" {
		for n := range strings.SplitSeq(w.note, " · ") {
			r.Notes = append(r.Notes, text.Printable(n))
		}
	}
	if it.kind == LineHeading || it.kind == LineIdle || it.kind == LineSettled {
		return r
	}
	r.Toward = "left"
	if w.toward {
		r.Toward = "right"
	}
	r.ACKs, r.DupACKs = int(it.acks), int(it.dups)
	if it.kind == LineLost {
		return r
	}
	e := w.event
	time := int64(e.Time - g.events[0].Time)
	r.Time = &time
	if it.first > 0 {
		delta := int64(e.Time - g.events[it.first-1].Time)
		r.Delta = &delta
	}
	var last packet.Number
	r.Packet, last, r.Count = v.f.packets(it)
	if last != r.Packet {
		r.Last = last
	}
	if it.kind == LineFold {
		return r
	}
	r.Arrow, r.Lost = e.style(g.info.Kind).String(), e.drawnLost()
	r.Len = &e.Len
	if e.Len > 0 {
		r.Word = text.Printable(g.detail(e.Number).Word)
	}
	if g.info.Kind == trace.TCP {
		r.Seq, r.Flags = &e.Seq, strings.Split(flagText(e.Flags, false), ", ")
		if e.Flags&tcp.ACK != 0 {
			r.Ack = &e.Ack
		}
		r.Left, r.Right = w.left, w.right
	}
	return r
}
