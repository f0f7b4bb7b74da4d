package explain

import (
	"fmt"
	"strings"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/text"
	"tcplens/internal/trace"
)

// Text is an explanation, ready to be shown.
type Text struct {
	Title    string
	Packet   packet.Number // that it is about; 0: none
	Sections []Section

	flow bool // it is about a conversation; Packet is the first of it
}

// Section explains one thing of what was asked about.
type Section struct {
	Key    string // of the texts
	Title  string
	Label  string // the line of the detail tree that is explained; empty if it is none
	Paras  []Para
	Look   []Para  // where to go on: keys to press, packets to visit
	Source string  // the RFC and its section
	See    []Topic // texts that go on from here
}

// Empty says whether there is nothing to show.
func (t *Text) Empty() bool { return len(t.Sections) == 0 }

// Explainer writes explanations of one trace. It belongs to one goroutine.
type Explainer struct {
	book *Book
	t    *trace.Trace
	r    *trace.Reader
	snap trace.Snapshot
	errs []error // of texts that could not be written: a defect, found by the tests

	last opened // the packet that was asked about last
}

// opened is a packet with its values. The tree is the reader's own, and nil if there is
// none.
type opened struct {
	n    packet.Number
	gen  uint64
	v    *Values
	tree *dissect.Tree
}

// New makes an explainer. t may be nil: then only Topic is of use.
func New(b *Book, t *trace.Trace) *Explainer {
	e := &Explainer{book: b, t: t}
	if t != nil {
		e.r, e.snap = t.NewReader(), t.Snapshot()
	}
	return e
}

// Topic explains something by its key, with the values of packet n where it speaks of
// one; n is 0 for none.
func (e *Explainer) Topic(key string, n packet.Number) *Text {
	t := &Text{Title: e.book.Title(key), Packet: n}
	e.add(t, key, e.open(n))
	return t
}

// Packet explains a packet: what the analysis says of it, what kind of segment it is,
// and what it carries.
func (e *Explainer) Packet(n packet.Number) *Text {
	t := &Text{Title: e.packetTitle(n), Packet: n}
	e.packet(t, n, e.open(n))
	return t
}

// Arrow explains an arrow of the flow graph: its packet, and the states that it leaves
// both ends in.
func (e *Explainer) Arrow(n packet.Number) *Text {
	v := e.open(n)
	t := &Text{Title: e.packetTitle(n), Packet: n}
	e.packet(t, n, v)
	if v.TCP {
		for _, end := range []struct {
			dir   uint8
			state string
		}{{v.dir, v.State}, {v.dir ^ 1, v.PeerState}} {
			if end.state != "" {
				x := *v
				x.end = end.dir
				e.add(t, "state."+end.state, &x)
			}
		}
	}
	return t
}

// Flow explains a conversation: what it is, how it began and how it ended.
func (e *Explainer) Flow(kind trace.Kind, stream uint32) *Text {
	t := &Text{}
	if e.t == nil {
		return t
	}
	e.snap = e.t.Snapshot()
	w := e.walk(kind, stream)
	if w.flow == nil {
		return t
	}
	v := &Values{b: e.book, Flow: w.flow, TCP: kind == trace.TCP, UDP: kind == trace.UDP}
	t.Title = fmt.Sprintf("%s.stream %d", kind, stream)
	t.Packet, t.flow = w.flow.Begin, true
	if kind == trace.UDP {
		e.add(t, "flow.udp", v)
		return t
	}
	e.add(t, "flow.tcp", v)
	if t.Empty() {
		return t
	}
	see := &t.Sections[0].See
	for _, k := range e.phases(w.flow) {
		*see = append(*see, Topic{k, e.book.Title(k)})
	}
	return t
}

// Phase explains the handshake, the data or the teardown of the conversation that
// packet n belongs to: the words of the flow graph.
func (e *Explainer) Phase(name string, n packet.Number) *Text {
	v := e.open(n)
	t := &Text{Packet: n}
	switch {
	case name == "data":
		e.add(t, "lesson.data", v)
	case v.Flow == nil:
	case name == "handshake":
		e.add(t, "lesson.handshake", v)
	case name == "teardown":
		for _, k := range e.phases(v.Flow) {
			if k != "lesson.handshake" {
				e.add(t, k, v)
			}
		}
	}
	if len(t.Sections) > 0 {
		t.Title = t.Sections[0].Title
	}
	return t
}

// phases are the texts that tell how a conversation began and ended.
func (e *Explainer) phases(f *Flow) (keys []string) {
	if f.SYN != 0 || f.SYNACK != 0 {
		keys = append(keys, "lesson.handshake")
	}
	switch {
	case f.Segments == 3:
		keys = append(keys, "lesson.close3")
	case f.FIN != 0:
		keys = append(keys, "lesson.close4")
	}
	switch {
	case f.Refused:
		keys = append(keys, "segment.refused")
	case f.RST != 0:
		keys = append(keys, "lesson.reset")
	}
	if f.FIN2Ack != 0 && f.RST == 0 {
		keys = append(keys, "lesson.timewait")
	}
	return keys
}

// Field explains line i of the detail tree of packet n, counted as Tree.Walk visits
// them; if that is no field called abbrev, the first one that is. A field without a
// text of its own is explained by what it stands in.
func (e *Explainer) Field(n packet.Number, i int, abbrev string) *Text {
	v, tree := e.opened(n)
	t := &Text{Packet: n}
	if tree == nil {
		return t
	}
	at, first, k := -1, -1, 0
	tree.Walk(func(j, _ int, x *dissect.Node) bool {
		name := ""
		if x.Field != nil {
			name = x.Field.Abbrev
		}
		if name == abbrev {
			if first < 0 {
				first = j
			}
			if k == i {
				at = j
			}
		}
		k++
		return true
	})
	if at < 0 {
		at = first
	}
	if at < 0 {
		return t
	}
	asked := &tree.Nodes[at]
	label := text.Printable(asked.Label())
	for ; at >= 0; at = tree.Parent(at) {
		key := e.keyOf(tree, at)
		if key == "" {
			continue
		}
		x := *v
		node := &tree.Nodes[at]
		x.Label, x.Number = text.Printable(node.Label()), node.Uint()
		if f := node.Field; f.Type != dissect.TNone && f.Type != dissect.TProtocol {
			x.Value = text.Printable(node.Value())
		}
		e.add(t, key, &x)
		break
	}
	if len(t.Sections) > 0 {
		t.Title, t.Sections[0].Label = t.Sections[0].Title, label
		if f := asked.Field; f != nil && f.Abbrev != "" && !strings.HasPrefix(f.Abbrev, "_ws.") {
			t.Title = f.Name + " (" + f.Abbrev + ")"
		}
	}
	return t
}

// keyOf finds the text for a node itself; empty if there is none.
func (e *Explainer) keyOf(tree *dissect.Tree, i int) string {
	n := &tree.Nodes[i]
	if n.Field == nil {
		return ""
	}
	name := n.Field.Abbrev
	switch name {
	case "tls.handshake":
		for c := tree.Child(i); c >= 0; c = tree.Next(c) {
			if k := e.keyOf(tree, c); strings.HasPrefix(k, "tls.handshake.type.") {
				return k
			}
		}
	case "tls.handshake.type", "tls.record.content_type", "tls.alert_message.desc":
		if k := fmt.Sprintf("%s.%d", name, n.Uint()); e.book.Has(k) {
			return k
		}
	case "tcp.analysis", "tcp.analysis.flags", "_ws.expert", "tls.record":
		for c := tree.Child(i); c >= 0; c = tree.Next(c) {
			if k := e.keyOf(tree, c); k != "" {
				return k
			}
		}
	}
	if e.book.Has(name) {
		return name
	}
	return ""
}

// verdictKeys are the texts of what the analysis says of a segment, the one that tells
// most first.
var verdictKeys = []struct {
	v   tcp.Verdict
	key string
}{
	{tcp.SpuriousRetransmission, "tcp.analysis.spurious_retransmission"},
	{tcp.FastRetransmission, "tcp.analysis.fast_retransmission"},
	{tcp.Retransmission, "tcp.analysis.retransmission"},
	{tcp.OutOfOrder, "tcp.analysis.out_of_order"},
	{tcp.LostSegment, "tcp.analysis.lost_segment"},
	{tcp.AckLostSegment, "tcp.analysis.ack_lost_segment"},
	{tcp.DuplicateAck, "tcp.analysis.duplicate_ack"},
	{tcp.ZeroWindowProbeAck, "tcp.analysis.zero_window_probe_ack"},
	{tcp.ZeroWindowProbe, "tcp.analysis.zero_window_probe"},
	{tcp.ZeroWindow, "tcp.analysis.zero_window"},
	{tcp.WindowFull, "tcp.analysis.window_full"},
	{tcp.WindowUpdate, "tcp.analysis.window_update"},
	{tcp.KeepAlive, "tcp.analysis.keep_alive"},
	{tcp.KeepAliveAck, "tcp.analysis.keep_alive_ack"},
	{tcp.ReusedPorts, "tcp.analysis.reused_ports"},
	{tcp.TFOAccepted, "tcp.analysis.tfo_ack"},
	{tcp.TFOIgnored, "tcp.analysis.tfo_ignored"},
}

// packet adds what there is to say of a packet as a whole.
func (e *Explainer) packet(t *Text, n packet.Number, v *Values) {
	row := e.snap.Row(n)
	if row == nil {
		return
	}
	if v.TCP {
		for _, k := range verdictKeys {
			if row.Verdict&k.v != 0 {
				e.add(t, k.key, v)
			}
		}
		e.add(t, e.kind(v), v)
	} else if v.UDP {
		e.add(t, "segment.datagram", v)
	}
	for _, k := range e.carried(n) {
		e.add(t, k, v)
	}
}

// kind names the text for a kind of segment.
func (e *Explainer) kind(v *Values) string {
	switch {
	case v.RST && v.Flow != nil && v.Flow.Refused && v.Flow.RST == v.Packet:
		return "segment.refused"
	case v.RST:
		return "segment.rst"
	case v.SYN && v.ACK:
		return "segment.synack"
	case v.SYN:
		return "segment.syn"
	case v.FIN:
		return "segment.fin"
	case v.Len > 0:
		return "segment.data"
	case v.HandshakeStep == 3:
		return "segment.third"
	case !v.ACK:
		return "segment.bare"
	}
	return "segment.ack"
}

// carried gives the texts for what a packet carries: the messages of TLS, or the last
// protocol that has a text.
func (e *Explainer) carried(n packet.Number) (keys []string) {
	_, tree := e.opened(n)
	if tree == nil {
		return nil
	}
	said := map[string]bool{}
	last := ""
	for i := tree.First(); i >= 0; i = tree.Next(i) {
		f := tree.Nodes[i].Field
		if f == nil {
			continue
		}
		switch {
		case f.Type != dissect.TProtocol:
		case f.Abbrev == "tcp", f.Abbrev == "udp":
			last = "" // what is below them is not what the packet is about
		case e.book.Has(f.Abbrev):
			last = f.Abbrev
		}
	}
	tree.Walk(func(i, _ int, x *dissect.Node) bool {
		if x.Field == nil {
			return true
		}
		switch x.Field.Abbrev {
		case "tls.handshake", "tls.record.content_type":
			k := e.keyOf(tree, i)
			if k == "tls.record.content_type.22" || k == "tls.handshake" {
				break // its messages say more
			}
			if k != "" && !said[k] {
				said[k] = true
				keys = append(keys, k)
			}
		}
		return true
	})
	if len(keys) == 0 && last != "" {
		keys = []string{last}
	}
	return keys
}

// open gathers the values of a packet, which must not be changed.
func (e *Explainer) open(n packet.Number) *Values {
	v, _ := e.opened(n)
	return v
}

// opened gathers the values of a packet and gives its tree, nil if it has none. The
// tree lasts until another packet is opened.
func (e *Explainer) opened(n packet.Number) (*Values, *dissect.Tree) {
	if n == 0 || e.t == nil {
		return &Values{b: e.book}, nil
	}
	gen := e.t.Generation()
	if e.last.v != nil && e.last.n == n && e.last.gen == gen {
		return e.last.v, e.last.tree
	}
	e.snap = e.t.Snapshot()
	e.last = opened{n: n, gen: gen, v: e.values(n)}
	tree, _, err := e.r.Dissect(n, dissect.WantTree)
	if err == nil {
		e.last.tree = tree
		e.look(e.last.v, tree)
	}
	return e.last.v, e.last.tree
}

// add writes a text and puts it behind the others.
func (e *Explainer) add(t *Text, key string, v *Values) {
	x := e.book.entries[key]
	if x == nil {
		return
	}
	s := Section{Key: key, Title: x.title, Source: x.source}
	for _, p := range x.paras {
		var b strings.Builder
		err := p.tmpl.Execute(&b, v)
		if v.Packet == 0 && v.Flow == nil && (err != nil || strings.ContainsAny(b.String(), markValue+markPacket)) {
			continue // it speaks of a packet
		}
		if err != nil {
			e.errs = append(e.errs, err)
			continue
		}
		say := paragraph(b.String())
		switch {
		case len(say) == 0:
		case p.look:
			s.Look = append(s.Look, say)
		default:
			s.Paras = append(s.Paras, say)
		}
	}
	for _, k := range x.see {
		if title := e.book.Title(k); title != "" {
			s.See = append(s.See, Topic{k, title})
		}
	}
	t.Sections = append(t.Sections, s)
}

// packetTitle is the heading of what is said of a packet.
func (e *Explainer) packetTitle(n packet.Number) string {
	return strings.ReplaceAll(e.book.word("packet %"), "%", fmt.Sprint(n))
}
