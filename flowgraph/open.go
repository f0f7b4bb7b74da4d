package flowgraph

import (
	"fmt"
	"slices"
	"strings"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/text"
	"tcplens/internal/trace"
)

// Open makes the graph of a conversation of a trace. It fails when there is no
// such conversation. The graph, which reads packets of the trace for their words,
// belongs to the goroutine that calls.
func Open(t *trace.Trace, kind trace.Kind, stream uint32) (*Graph, error) {
	if _, ok := t.Conversation(kind, stream); !ok {
		n := t.Streams(kind)
		if n == 0 {
			return nil, fmt.Errorf("%s.stream %d: the capture has no %s conversation", kind, stream, strings.ToUpper(kind.String()))
		}
		return nil, fmt.Errorf("%s.stream %d: there is none, the last one is %d", kind, stream, n-1)
	}
	src := &traceSource{t: t, kind: kind, stream: stream}
	look := words(t.NewReader())
	g := New(Info{Kind: kind, Stream: stream, Server: -1}, func(n packet.Number) Detail {
		d := look(n)
		src.link(n, &d)
		return d
	})
	g.source = src
	g.Update()
	return g, nil
}

type traceSource struct {
	t      *trace.Trace
	kind   trace.Kind
	stream uint32

	requests []dissect.Request
	asked    map[packet.Number]int // by the packet that ends a request: its place in requests, the first
	answered map[packet.Number]int // by the packet of the first message of an answer
	revision uint64
}

// renewed looks whether requests have come, or answers.
func (s *traceSource) renewed() bool {
	if s.kind != trace.TCP {
		return false
	}
	list, revision := s.t.ConversationRequests(s.stream, s.revision, s.requests[:0])
	if revision == s.revision {
		return false
	}
	s.requests, s.revision = list, revision
	s.asked, s.answered = make(map[packet.Number]int, len(list)), make(map[packet.Number]int, len(list))
	for i := range list {
		r := &list[i]
		if _, ok := s.asked[r.Frame]; !ok {
			s.asked[r.Frame] = i
		}
		if _, ok := s.answered[r.First]; !ok && r.First != 0 {
			s.answered[r.First] = i
		}
	}
	return true
}

// link says of a request what it was answered, and of an answer what it answers.
func (s *traceSource) link(n packet.Number, d *Detail) {
	if i, ok := s.asked[n]; ok {
		r := &s.requests[i]
		d.Answer = brieflyAnswered(r)
		if !strings.Contains(d.Word, r.Method) { // a protocol whose Info says less than was asked
			d.Word = text.Printable(strings.TrimSpace(r.Method + " " + r.Target))
		}
	}
	if i, ok := s.answered[n]; ok {
		d.Asked = s.requests[i].Frame
	}
}

// brieflyAnswered is the status of an answer without what only people read.
func brieflyAnswered(r *dissect.Request) string {
	code, _, _ := strings.Cut(r.Status, " ")
	if number := strings.Trim(code, "0123456789") == ""; number && code != "" {
		return code
	}
	return cut(text.Printable(r.Status), 24, text.Printable)
}

func (s *traceSource) more(after packet.Number) (Info, []Segment) {
	c, ok := s.t.Conversation(s.kind, s.stream)
	if !ok {
		return Info{Kind: s.kind, Stream: s.stream, Server: -1}, nil
	}
	info := Info{
		Kind: s.kind, Stream: s.stream, Node: [2]packet.Endpoint{c.Flow.Src, c.Flow.Dst},
		Server: c.Server, IRTT: c.IRTT, Base: c.Base,
	}
	snap := s.t.Snapshot()
	info.Missed = c.First < snap.First()
	if st := s.t.Status(); st.Done {
		info.End = st.Latest
	}
	var segs []Segment
	for _, n := range newer(snap, s.kind, s.stream, c.Last, after) {
		if r := snap.Row(n); r != nil {
			segs = append(segs, segment(n, r))
		}
	}
	return info, segs
}

// newer lists the conversation's packets after one, in order, by following the
// rows back from the last.
func newer(snap trace.Snapshot, kind trace.Kind, stream uint32, last, after packet.Number) []packet.Number {
	var out []packet.Number
	for n := min(last, snap.Last()); n > after; {
		r := snap.Row(n)
		if r == nil {
			break
		}
		if r.Kind != kind || r.Stream != stream {
			n-- // the conversation has grown since the snapshot was made
			continue
		}
		out = append(out, n)
		if r.Prev >= n {
			break
		}
		n = r.Prev
	}
	slices.Reverse(out)
	return out
}

// segment copies the facts of a row.
func segment(n packet.Number, r *trace.Row) Segment {
	return Segment{
		Number: n, Time: r.Time, Seq: r.Seq, Ack: r.Ack, Len: r.PayLen, Window: r.Window(), InFlight: r.InFlight,
		Acks: r.Acks, DupAck: r.DupAck, DupAckOf: r.DupAckOf(), Verdict: r.Verdict, Flags: r.Flags, Dir: r.Dir,
	}
}

// words looks into packets of a trace.
func words(r *trace.Reader) Lookup {
	return func(n packet.Number) (d Detail) {
		d.Scale = -1
		tree, cols, err := r.Dissect(n, dissect.WantTree|dissect.WantColumns)
		if err != nil {
			return d
		}
		d.Offer, d.SACK = offer(tree)
		if d.Word = word(tree, cols); d.Word != "" {
			if ends(tree, n) {
				d.Word = ""
			}
			return d
		}
		// The first segment of a message bears the message's word, wherever that ends.
		in := packet.Number(0)
		tree.Find("tcp.reassembled_in", func(x *dissect.Node) bool {
			in = packet.Number(x.Uint())
			return false
		})
		if in == 0 || in == n {
			return d
		}
		if tree, cols, err = r.Dissect(in, dissect.WantTree|dissect.WantColumns); err != nil {
			return d
		}
		tree.Find("tcp.segment", func(x *dissect.Node) bool {
			if packet.Number(x.Uint()) == n {
				d.Word = word(tree, cols)
			}
			return false
		})
		return d
	}
}

// offer reads the options of a segment.
func offer(tree *dissect.Tree) (o Offer, sack []tcp.Block) {
	o.Scale = -1
	for x := range tree.All() {
		if x.Field == nil {
			continue
		}
		switch x.Field.Abbrev {
		case "tcp.options.mss_val":
			o.MSS = uint16(x.Uint())
		case "tcp.options.wscale.shift":
			o.Scale = int8(min(x.Uint(), 14)) // RFC 7323 §2.3
		case "tcp.options.sack_perm":
			o.SACK = true
		case "tcp.options.timestamp.tsval":
			o.Timestamps = true
		case "tcp.options.tfo.request":
			o.AsksCookie = true
		case "tcp.options.tfo.cookie":
			o.Cookie = true
		case "tcp.options.sack_le":
			sack = append(sack, tcp.Block{Left: uint32(x.Uint())})
		case "tcp.options.sack_re":
			if n := len(sack); n > 0 {
				sack[n-1].Right = uint32(x.Uint())
			}
		}
	}
	return o, sack
}

// ends says whether packet n only ends a message of HTTP that an earlier packet
// began: its word stands there.
func ends(tree *dissect.Tree, n packet.Number) bool {
	messages, first := 0, n
	for _, field := range []string{"http.request.method", "http.response.code"} {
		tree.Find(field, func(*dissect.Node) bool {
			messages++
			return true
		})
	}
	tree.Find("tcp.segment", func(x *dissect.Node) bool {
		first = packet.Number(x.Uint())
		return false
	})
	return messages == 1 && first != n
}

// plainInfo says whether an Info column has the ports of TCP only: the application
// has added nothing.
func plainInfo(s string) bool {
	from, rest, ok := strings.Cut(s, " → ")
	to, _, _ := strings.Cut(rest, " ")
	number := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return ok && number(from) && number(to)
}

// word is what the application calls the data of a packet; empty if no dissector
// claimed it.
func word(tree *dissect.Tree, cols dissect.Columns) string {
	find := func(abbrev string) (s string) {
		tree.Find(abbrev, func(x *dissect.Node) bool {
			s = x.Value()
			return false
		})
		return s
	}
	if m := find("http.request.method"); m != "" {
		return text.Printable(m + " " + find("http.request.uri"))
	}
	if c := find("http.response.code"); c != "" {
		return text.Printable(c + " " + find("http.response.phrase"))
	}
	switch cols.Proto {
	case "TCP", "UDP", "", "IPv4", "IPv6":
		return ""
	}
	if cols.Info == "" || plainInfo(cols.Info) {
		return cols.Proto
	}
	info := strings.TrimPrefix(strings.TrimPrefix(cols.Info, "Request: "), "Response: ")
	return text.Printable(strings.TrimSpace(info))
}
