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

// schemaVersion is raised when a field goes or comes to mean something else.
const schemaVersion = 1

// document is a graph as JSON has it; docs/flow-graph.schema.json describes it.
// Times are nanoseconds since the first packet of the drawing, but for Start, which
// is since 1970 UTC.
type document struct {
	Version       int                `json:"version"`
	Numbers       string             `json:"numbers"` // relative, raw
	Name          string             `json:"name"`    // "tcp.stream 0"
	Start         int64              `json:"start_ns"`
	Duration      int64              `json:"duration_ns"`
	Packets       int                `json:"packets"`
	Lanes         []string           `json:"lanes"` // from left to right
	Conversations []jsonConversation `json:"conversations"`
	Rows          []jsonRow          `json:"rows"`
}

type jsonConversation struct {
	Stream  string `json:"stream"`
	Client  string `json:"client"`
	Server  string `json:"server"`
	Lanes   [2]int `json:"lanes"` // of client and server
	Roles   bool   `json:"roles"` // who is the client is known
	Status  string `json:"status,omitempty"`
	IRTT    int64  `json:"irtt_ns,omitempty"`
	Packets int    `json:"packets"`
}

type jsonRow struct {
	Kind         string        `json:"kind"` // heading, settled, segment, fold, missing, idle, end
	Conversation int           `json:"conversation"`
	Packet       packet.Number `json:"packet,omitempty"`
	Last         packet.Number `json:"last_packet,omitempty"`
	Count        int           `json:"packets,omitempty"`
	Time         *int64        `json:"time_ns,omitempty"`
	Delta        *int64        `json:"delta_ns,omitempty"`
	From         *int          `json:"from,omitempty"` // lanes
	To           *int          `json:"to,omitempty"`
	Arrow        string        `json:"arrow,omitempty"`
	Lost         bool          `json:"lost,omitempty"`
	Flags        []string      `json:"flags,omitempty"`
	Seq          *uint32       `json:"seq,omitempty"`
	Ack          *uint32       `json:"ack,omitempty"`
	Len          *uint32       `json:"len,omitempty"`
	Window       *uint32       `json:"window,omitempty"`
	InFlight     uint32        `json:"in_flight,omitempty"`
	Word         string        `json:"word,omitempty"`
	Answer       string        `json:"answer,omitempty"`
	Text         string        `json:"text,omitempty"`
	Client       string        `json:"client_state,omitempty"` // where it changes
	Server       string        `json:"server_state,omitempty"`
	Notes        []string      `json:"notes,omitempty"`
	Bytes        uint64        `json:"bytes,omitempty"`
	ACKs         int           `json:"acks,omitempty"`
	DupACKs      int           `json:"duplicate_acks,omitempty"`
}

// WriteJSON writes the rows of the graph, folded as the options say, as one JSON
// object.
func WriteJSON(w io.Writer, g *Graph, o Options) error {
	o.Time = Relative // distances to scale are no rows
	v := NewView(g, o)
	d := document{Version: schemaVersion, Name: g.Name(), Packets: g.Len(), Numbers: "relative", Rows: []jsonRow{}}
	if o.Raw {
		d.Numbers = "raw"
	}
	for _, name := range g.laneNames() {
		d.Lanes = append(d.Lanes, text.Printable(name))
	}
	start, whole := g.extent()
	d.Start, d.Duration = int64(start), whole
	for i, p := range g.Parts() {
		c := p.client()
		x := jsonConversation{
			Stream: p.Name(), Client: p.info.Node[c].String(), Server: p.info.Node[c^1].String(), Lanes: [2]int{0, 1},
			Roles: p.server() >= 0, IRTT: p.info.IRTT, Packets: len(p.events),
		}
		if g.parts != nil {
			x.Lanes = [2]int{g.laneOf[i][c], g.laneOf[i][c^1]}
		}
		if p.info.Kind == trace.TCP {
			x.Status = p.Status().String()
		}
		d.Conversations = append(d.Conversations, x)
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
	r := jsonRow{Kind: rowKinds[w.kind], Conversation: v.part, Text: text.Printable(w.label)}
	if w.note != "" {
		for n := range strings.SplitSeq(w.note, " · ") {
			r.Notes = append(r.Notes, text.Printable(n))
		}
	}
	it, g := w.item, w.graph
	switch w.kind {
	case LineHeading, LineIdle, LineSettled, LineEnd:
		return r
	}
	r.From, r.To = &w.from, &w.to
	r.Bytes, r.ACKs, r.DupACKs = it.bytes, int(it.acks), int(it.dups)
	if it.kind == LineLost {
		return r
	}
	e := w.event
	time := int64(e.Time - v.start)
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
		r.Arrow = it.style().String()
		return r
	}
	r.Arrow, r.Lost = e.style(g.info.Kind).String(), e.drawnLost()
	r.Len = &e.Len
	if e.Len > 0 {
		d := g.detail(e.Number)
		r.Word, r.Answer = text.Printable(d.Word), text.Printable(d.Answer)
	}
	if g.info.Kind == trace.TCP {
		seq, ack := g.numbers(e, v.o.Raw)
		r.Seq, r.Flags, r.Window, r.InFlight = &seq, strings.Split(flagText(e.Flags, false), ", "), &e.Window, e.InFlight
		if e.Flags&tcp.ACK != 0 {
			r.Ack = &ack
		}
		r.Client, r.Server = g.moved(e, g.client()), g.moved(e, g.client()^1)
	}
	return r
}
