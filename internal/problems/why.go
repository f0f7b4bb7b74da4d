package problems

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/text"
	"tcplens/internal/trace"
)

// Explainer says why packets are problems. It belongs to one goroutine.
type Explainer struct {
	t     *trace.Trace
	w     *worker
	items []Item
}

// NewExplainer makes an explainer.
func NewExplainer(t *trace.Trace) *Explainer { return &Explainer{t: t, w: newWorker(t)} }

// Reason is why a packet is in a group.
type Reason struct {
	Class    Class
	Kind     string // as in Key
	Severity dissect.Severity
	Text     string // one line, printable
}

// Packet gives the reasons for which packet n is worth a look, the one that tells
// most first; none for a packet that is not.
func (e *Explainer) Packet(s trace.Snapshot, n packet.Number) []Reason {
	r := s.Row(n)
	if r == nil {
		return nil
	}
	var out []Reason
	set := itemsOf(r)
	twin := ""
	for _, f := range e.w.look(s, n, true, nil) {
		switch {
		case f.what == foundTwin:
			twin = e.twinText(s, n)
			out = append(out, Reason{Class: Capture, Kind: noteKinds[noteTwice], Severity: dissect.NoteSev, Text: twin})
		case f.what == foundItem && strings.HasPrefix(f.item.Kind, "checksum."):
			out = append(out, Reason{Class: Fault, Kind: f.item.Kind, Severity: f.item.Severity, Text: e.why(s, n, f.item.Kind)})
		}
	}
	if tree, _, err := e.w.reader.Dissect(n, dissect.WantTree); err == nil {
		e.items = Items(tree, e.items[:0])
		texts := make([]string, len(e.items))
		for i := range e.items {
			texts[i] = e.treeText(s, n, tree, &e.items[i])
		}
		for i, it := range e.items {
			k := rowItemOf(it.Kind)
			switch {
			case it.Kind == treeBadTCP:
				continue // checked above
			case k == itemRetransmission && set&(1<<itemFast|1<<itemSpurious) != 0:
				continue // said with more detail
			case k >= 0 && set.has(k):
				if twin != "" {
					continue
				}
				texts[i] = e.why(s, n, it.Kind)
			}
			out = append(out, Reason{Class: it.Class(), Kind: it.Kind, Severity: it.Severity, Text: texts[i]})
		}
	}
	slices.SortStableFunc(out, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), -cmp.Compare(a.Severity, b.Severity), cmp.Compare(order(a.Kind), order(b.Kind)))
	})
	return slices.CompactFunc(out, func(a, b Reason) bool { return a.Text == b.Text })
}

// rank puts what the capture did before faults, and what is ordinary last.
func rank(r Reason) int {
	switch r.Class {
	case Capture:
		return 0
	case Ordinary:
		return 2
	}
	return 1
}

// order is how much an item tells beside others of its severity.
func order(kind string) int {
	for i, k := range [...]int{itemReset, itemOutOfOrder, itemLost, itemAckLost, itemZeroWindow, itemWindowFull, itemSpurious, itemFast,
		itemRetransmission, itemReused, itemProbe, itemDuplicateAck, itemProbeAck} {
		if rowItems[k].kind == kind {
			return i
		}
	}
	return rowItemCount
}

// Why says why packet n is in the groups of a kind; empty if it is not.
func (e *Explainer) Why(s trace.Snapshot, n packet.Number, kind string) string {
	return text.Printable(e.why(s, n, kind))
}

func (e *Explainer) why(s trace.Snapshot, n packet.Number, kind string) string {
	r := s.Row(n)
	if r == nil {
		return ""
	}
	if strings.HasPrefix(kind, "capture.") {
		return e.ownText(s, n, r, kind)
	}
	if k := rowItemOf(kind); k >= 0 && itemsOf(r).has(k) {
		if copied, c := e.copyOf(s, n, r); copied != 0 && mayBeTwin.has(k) {
			return copyText(copied, c, s.Row(copied), r)
		}
		if k == itemDuplicateAck {
			if say := e.dsackAck(s, n, r); say != "" {
				return say
			}
		}
		return e.walkFrom(s, n, r).text(e, k)
	}
	if strings.HasPrefix(kind, "checksum.") {
		return e.checkText(n, kind)
	}
	tree, _, err := e.w.reader.Dissect(n, dissect.WantTree)
	if err != nil {
		return err.Error()
	}
	e.items = Items(tree, e.items[:0])
	for i := range e.items {
		if it := &e.items[i]; it.key().Kind == kind {
			return e.treeText(s, n, tree, it)
		}
	}
	return ""
}

// walkFrom gives the conversation as packet n has it before and behind.
func (e *Explainer) walkFrom(s trace.Snapshot, n packet.Number, r *trace.Row) *walk {
	w := &walk{s: s, n: n, r: r}
	st := e.t.Status()
	w.over = st.Done && packet.Number(st.Packets) <= s.Last()
	w.conv, _ = e.t.Conversation(r.Kind, r.Stream)
	return w
}

// copyOf finds the packet that packet n is a second copy of.
func (e *Explainer) copyOf(s trace.Snapshot, n packet.Number, r *trace.Row) (packet.Number, copies) {
	p, err := e.w.reader.Packet(n)
	if err != nil {
		return 0, copiesNone
	}
	sh, ok := shapeOf(p.Link, p.Data, p.Len)
	if !ok {
		return 0, copiesNone
	}
	return e.w.copyOf(s, n, r, &sh)
}

func (e *Explainer) twinText(s trace.Snapshot, n packet.Number) string {
	r := s.Row(n)
	if m, c := e.copyOf(s, n, r); m != 0 {
		return copyText(m, c, s.Row(m), r)
	}
	return ""
}

// copyText says that packet m came twice.
func copyText(m packet.Number, c copies, o, r *trace.Row) string {
	after := ""
	if o != nil {
		after = ", " + span(int64(r.Time-o.Time)) + " later"
	}
	if c == copiesTwice {
		return fmt.Sprintf("the same packet as #%d%s, captured at another point: nobody sent it again", m, after)
	}
	return fmt.Sprintf("the same packet as #%d%s, bit for bit: doubled on the way or captured twice rather than sent again", m, after)
}

// checkText says what is wrong with a checksum.
func (e *Explainer) checkText(n packet.Number, kind string) string {
	p, err := e.w.reader.Packet(n)
	if err != nil {
		return err.Error()
	}
	sh, ok := shapeOf(p.Link, p.Data, p.Len)
	if !ok {
		return ""
	}
	if kind == kindBadIPv4 {
		return checksumText(sh.headerCheck(p.Data))
	}
	return checksumText(sh.transportCheck(p.Data))
}

// ownText says what a packet has to do with a matter of the capture itself.
func (e *Explainer) ownText(s trace.Snapshot, n packet.Number, r *trace.Row, kind string) string {
	switch note(slices.Index(noteKinds[:], kind)) {
	case noteUnseen:
		set := itemsOf(r)
		for _, k := range [...]int{itemLost, itemAckLost} {
			if set.has(k) {
				return e.walkFrom(s, n, r).text(e, k)
			}
		}
	case noteTwice:
		return e.twinText(s, n)
	case noteBackwards:
		if o := s.Row(n - 1); o != nil {
			return fmt.Sprintf("%s older than #%d, which stands before it", span(int64(o.Time-r.Time)), n-1)
		}
	case noteJoined:
		c, ok := e.t.Conversation(r.Kind, r.Stream)
		if mss := uint32(c.MSS[r.Dir&1^1]); ok && mss != 0 {
			return fmt.Sprintf("%s in one segment where the other end takes %d at most (MSS): %d or more packets on the wire",
				plural(uint64(r.PayLen), "byte"), mss, (r.PayLen+mss-1)/mss)
		}
	case noteOffload:
		return "the checksum is not filled in yet: it holds the sum of addresses and length, or nothing"
	case noteCut:
		return fmt.Sprintf("%d of %s were captured", r.CapLen, plural(uint64(r.Len), "byte"))
	case noteMidStream:
		return fmt.Sprintf("the first packet of tcp.stream %d is no SYN: it began before the capture", r.Stream)
	case noteOpen:
		if c, ok := e.t.Conversation(r.Kind, r.Stream); ok {
			return fmt.Sprintf("the last packet of tcp.stream %d, which is %s", r.Stream, c.State())
		}
	case noteDropped, noteEvicted, noteCount:
	}
	return ""
}

// treeText says what an item of the tree is about: which field, and its value.
func (e *Explainer) treeText(s trace.Snapshot, n packet.Number, t *dissect.Tree, it *Item) string {
	switch it.Kind {
	case malformedKind:
		return text.Printable(malformedText(t, it))
	case reassemblyKind:
		return "the bytes are of a message that was complete already, and were left out"
	case "tcp.options.sack.dsack":
		if say := e.dsackText(s, n, t); say != "" {
			return say
		}
	case rowItems[itemReused].kind:
		if r := s.Row(n); r != nil && r.Kind == trace.TCP {
			w := e.walkFrom(s, n, r)
			var by packet.Number
			w.ahead(func(m packet.Number, o *trace.Row) bool {
				if o.Dir == r.Dir && rebased(o) {
					by = m
				}
				return by == 0
			})
			if by != 0 {
				return fmt.Sprintf("the later SYN, ACK #%d counts from another number: its end has begun anew", by)
			}
		}
	case "icmp.resp_not_found", "icmpv6.resp_not_found":
		if r, last := s.Row(n), s.Row(s.Last()); r != nil && last != nil {
			return fmt.Sprintf("no answer to this request in the %s that the capture goes on", span(int64(last.Time-r.Time)))
		}
	}
	say := it.Message
	if p := t.Parent(it.node); p >= 0 {
		node := &t.Nodes[p]
		label := strings.Trim(node.Label(), "[]")
		switch {
		case node.Field != nil && node.Field.Type == dissect.TProtocol:
			say += ", in " + node.Field.Proto.Short
		case node.Flags&dissect.Generated != 0 && node.Len == 0:
		case label != "" && !strings.Contains(label, it.Message) && !strings.Contains(it.Message, label):
			say += ": " + label
		}
		if node.Len > 0 && node.Flags&dissect.Generated == 0 {
			say += ", " + place(t, node)
		}
	}
	return text.Printable(say)
}

// place says where the bytes of a node are.
func place(t *dissect.Tree, n *dissect.Node) string {
	what := "byte"
	at := fmt.Sprint(n.Off)
	if n.Len > 1 {
		what, at = "bytes", fmt.Sprintf("%d–%d", n.Off, n.Off+n.Len-1)
	}
	if n.Source > 0 && int(n.Source) < len(t.Sources) {
		return what + " " + at + " of " + t.Sources[n.Source].Name
	}
	return what + " " + at + " of the packet"
}

// malformedText says where a packet could not be taken further apart.
func malformedText(t *dissect.Tree, it *Item) string {
	say := it.Protocol + " ends where more must come"
	for i := t.Parent(it.node) - 1; i >= 0; i-- {
		n := &t.Nodes[i]
		if n.Len == 0 || n.Field == nil || n.Flags&(dissect.Generated|dissect.Hidden) != 0 || n.Field.Type == dissect.TProtocol || protocolOf(t, i) != it.Protocol {
			continue
		}
		return say + ": the last that could be read is " + n.Label() + ", " + place(t, n)
	}
	return say
}

// dsackAck says of a duplicate ACK that it is there only to tell of bytes that came
// twice (RFC 2883 §4); empty if it is not.
func (e *Explainer) dsackAck(s trace.Snapshot, n packet.Number, r *trace.Row) string {
	tree, _, err := e.w.reader.Dissect(n, dissect.WantTree)
	if err != nil {
		return ""
	}
	blocks := uint64(0)
	tree.Find("tcp.options.sack.count", func(x *dissect.Node) bool { blocks = x.Uint(); return false })
	if blocks != 1 {
		return "" // the others tell of what came behind a gap
	}
	say := e.dsackText(s, n, tree)
	if say == "" {
		return ""
	}
	return fmt.Sprintf("duplicate ACK %d of #%d, for nothing but this: %s", r.DupAck, r.DupAckOf(), strings.TrimPrefix(say, "D-SACK: "))
}

// dsackText says which bytes came twice, and in which packets they were sent.
func (e *Explainer) dsackText(s trace.Snapshot, n packet.Number, t *dissect.Tree) string {
	var edges [2]uint32
	found := 0
	for i, name := range [...]string{"tcp.options.sack.dsack_le", "tcp.options.sack.dsack_re"} {
		t.Find(name, func(x *dissect.Node) bool {
			edges[i] = uint32(x.Uint())
			found++
			return false
		})
	}
	r := s.Row(n)
	if found < 2 || r == nil || r.Kind != trace.TCP || !less(edges[0], edges[1]) {
		return ""
	}
	say := "D-SACK: " + bytesText(edges[0], edges[1]) + " reached this end twice"
	var by []packet.Number
	w := e.walkFrom(s, n, r)
	w.back(func(m packet.Number, o *trace.Row) bool {
		if o.Dir == r.Dir || o.Verdict&tcp.Analysed == 0 {
			return true
		}
		next := o.NextSeq()
		if !less(edges[0], o.Seq) && !less(next, edges[1]) {
			by = append(by, m)
		}
		return len(by) < 8 && !(rebased(o) || fresh(o) && !less(edges[0], next))
	})
	slices.Reverse(by)
	switch len(by) {
	case 0:
	case 1:
		say += fmt.Sprintf("; captured once, in #%d", by[0])
	default:
		say += "; sent in " + numbers(by)
	}
	return say
}

// numbers lists packets: "#4, #6 and #8".
func numbers(list []packet.Number) string {
	var b strings.Builder
	for i, n := range list {
		switch {
		case i > 0 && i == len(list)-1:
			b.WriteString(" and ")
		case i > 0:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "#%d", n)
	}
	return b.String()
}

// bytesText names bytes by their relative numbers, end excluded.
func bytesText(start, end uint32) string {
	if end-start == 1 {
		return fmt.Sprintf("byte %d", start)
	}
	return fmt.Sprintf("bytes %d–%d", start, end-1)
}
