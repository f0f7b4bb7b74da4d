package tui

import (
	"cmp"
	"context"
	"math/bits"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"tcplens/dissect"
	"tcplens/dissect/filter"
	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// sorting is the order of the packet list by a column. The keys are taken out of the
// packets in the background, by one command at a time; the list stays as it was until
// all have one, and packets that come later are merged in.
type sorting struct {
	field   string // of the column; empty: as captured
	desc    bool
	id      int
	running bool
	done    int // packets that have a key, for the progress
	of      int
	s       *sorter       // of the commands
	upto    packet.Number // packets up to here are in the order
	first   packet.Number // packets before this one are not in it
	stale   bool          // the order is to be made anew though there are no new packets
}

// sortMsg reports a part of the work; with order it is done for now.
type sortMsg struct {
	id          int
	done        int
	order       []packet.Number
	pos         []uint32 // by number − first: the place in order and 1; 0: not in it
	first, upto packet.Number
}

// keyed is a packet with what it is sorted by.
type keyed[K cmp.Ordered] struct {
	key K
	n   packet.Number
}

// sorter has the packets in ascending order. Those without a key come last, whatever
// the direction. It belongs to one command at a time.
type sorter struct {
	field   string
	fact    rowFact // of the rows that have the field's value; nil for other fields
	number  bool    // keys are numbers
	nums    []keyed[uint64]
	texts   []keyed[string]
	missing []packet.Number
	workers []*keyReader

	newNums    []keyed[uint64] // of this round, in the order of the packets
	newTexts   []keyed[string]
	newMissing []packet.Number
	upto       packet.Number // packets up to here have a key
	seen       int
}

// keyReader takes keys out of packets. It belongs to one goroutine.
type keyReader struct {
	tr     *trace.Trace
	reader *trace.Reader
	has    *trace.Chooser // says of many packets that they lack the field
	ends   [3][][2]string // keys of the ends of conversations, by kind and stream
}

// newSorter makes a sorter for a column.
func newSorter(tr *trace.Trace, field string, lookup dissect.Lookup) *sorter {
	s := &sorter{field: field, fact: rowFactOf(field)}
	kind := builtinKind(field)
	switch kind {
	case colNo, colTime, colLen:
		s.number = true
	case colField:
		s.number = true
		for _, f := range lookup[field] {
			switch t := f.Type; {
			case t.Unsigned(), t.Signed(), t == dissect.TAbsTime, t == dissect.TRelTime, t == dissect.TFloat:
			default:
				s.number = false
			}
		}
	}
	for range runtime.GOMAXPROCS(0) {
		k := &keyReader{tr: tr, reader: tr.NewReader()}
		if kind == colField {
			if f, err := filter.Parse(field, lookup); err == nil {
				k.has = tr.NewChooser([]*filter.Filter{f})
			}
		}
		s.workers = append(s.workers, k)
	}
	return s
}

// key takes the key of a packet: a number or a text, as the sorter has them. ok is
// false if the packet has none.
func (s *sorter) key(k *keyReader, snap trace.Snapshot, n packet.Number, row *trace.Row) (num uint64, text string, ok bool) {
	kind := builtinKind(s.field)
	switch kind {
	case colNo:
		return uint64(n), "", true
	case colTime:
		return ordered(int64(row.Time)), "", true
	case colLen:
		return uint64(row.Len), "", true
	case colField:
		return s.fieldKey(k, snap, n, row)
	}
	if kind == colSrc || kind == colDst {
		if text, ok := k.end(row, kind == colDst); ok {
			return 0, text, true
		}
	}
	_, cols, err := k.reader.Dissect(n, dissect.WantColumns)
	if err != nil {
		return 0, "", false
	}
	switch kind {
	case colSrc:
		text = addressKey(cols.Src)
	case colDst:
		text = addressKey(cols.Dst)
	case colProto:
		text = strings.Clone(cols.Proto)
	default:
		text = strings.Clone(cols.Info)
	}
	return 0, text, text != ""
}

// plain says that the columns of a row's packet are those of its one transport header.
func plain(row *trace.Row) bool {
	return !row.Layered() && !row.Fragment() && !row.Malformed() && !row.Broken()
}

// end gives the key of a packet's source or destination from its conversation.
func (k *keyReader) end(row *trace.Row, dst bool) (string, bool) {
	if row.Kind == trace.NoKind || !plain(row) {
		return "", false
	}
	known := k.ends[row.Kind]
	for uint32(len(known)) <= row.Stream {
		c, ok := k.tr.Conversation(row.Kind, uint32(len(known)))
		if !ok {
			return "", false
		}
		known = append(known, [2]string{addressKey(c.Flow.Src.Addr.String()), addressKey(c.Flow.Dst.Addr.String())})
	}
	k.ends[row.Kind] = known
	if dst != (row.Dir == 1) {
		return known[row.Stream][1], true
	}
	return known[row.Stream][0], true
}

// fieldKey takes the first value of a field, from the row where it has it.
func (s *sorter) fieldKey(k *keyReader, snap trace.Snapshot, n packet.Number, row *trace.Row) (num uint64, text string, ok bool) {
	if s.fact != nil && plain(row) {
		if num, ok = s.fact(row); ok {
			return num, "", true
		}
	}
	if k.has != nil {
		if i, known := k.has.Row(snap, n); known && i < 0 {
			return 0, "", false
		}
	}
	tree, _, err := k.reader.Dissect(n, dissect.WantTree)
	if err != nil {
		return 0, "", false
	}
	for node := range tree.All() {
		if node.Field == nil || node.Field.Abbrev != s.field {
			continue
		}
		switch t := node.Field.Type; {
		case !s.number && (t == dissect.TIPv4 || t == dissect.TIPv6):
			return 0, addressKey(node.Value()), true
		case !s.number:
			return 0, columnValue(node), true
		case t.Signed(), t == dissect.TAbsTime, t == dissect.TRelTime, t == dissect.TFloat:
			return ordered(int64(node.Uint())), "", true
		}
		return node.Uint(), "", true
	}
	return 0, "", false
}

// rowFact gives the value of a field from a row of one transport header; ok is
// false if the row does not tell.
type rowFact func(*trace.Row) (v uint64, ok bool)

// rowFactOf gives the fact that is a field's value, nil if rows have none.
func rowFactOf(field string) rowFact {
	of := func(kind trace.Kind, get func(*trace.Row) uint32) rowFact {
		return func(r *trace.Row) (uint64, bool) {
			if r.Kind != kind {
				return 0, false
			}
			return uint64(get(r)), true
		}
	}
	switch field {
	case "frame.len":
		return func(r *trace.Row) (uint64, bool) { return uint64(r.Len), true }
	case "frame.cap_len":
		return func(r *trace.Row) (uint64, bool) { return uint64(r.CapLen), true }
	case "tcp.stream":
		return of(trace.TCP, func(r *trace.Row) uint32 { return r.Stream })
	case "udp.stream":
		return of(trace.UDP, func(r *trace.Row) uint32 { return r.Stream })
	case "tcp.len":
		return of(trace.TCP, func(r *trace.Row) uint32 { return r.PayLen })
	case "tcp.seq":
		return of(trace.TCP, func(r *trace.Row) uint32 { return r.Seq })
	case "tcp.nxtseq":
		return of(trace.TCP, (*trace.Row).NextSeq)
	case "tcp.window_size":
		return of(trace.TCP, (*trace.Row).Window)
	case "tcp.flags":
		return of(trace.TCP, func(r *trace.Row) uint32 { return uint32(r.Flags) })
	}
	return nil
}

// ordered maps signed numbers to unsigned ones in the same order.
func ordered(v int64) uint64 { return uint64(v) ^ 1<<63 }

// addressKey orders addresses as the numbers that they are, IPv4 before IPv6, and
// both before names and hardware addresses.
func addressKey(s string) string {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return "z" + strings.Clone(s)
	}
	b := a.As16()
	if a.Is4() {
		return "4" + string(b[12:])
	}
	return "6" + string(b[:])
}

// extract gives keys to some of the packets that have none yet, on all cores, and
// says whether all have one then.
func (s *sorter) extract(ctx context.Context, snap trace.Snapshot, next func(i int) packet.Number, count int) bool {
	end := time.Now().Add(chunkTime)
	type result struct {
		nums    []keyed[uint64]
		texts   []keyed[string]
		missing []packet.Number
	}
	results := make([]result, len(s.workers))
	for i := 0; i < count; i += sortStretch * len(s.workers) {
		if i > 0 && (ctx.Err() != nil || time.Now().After(end)) {
			return false
		}
		var wg sync.WaitGroup
		for g, k := range s.workers {
			from, to := i+g*sortStretch, min(i+(g+1)*sortStretch, count)
			r := &results[g]
			r.nums, r.texts, r.missing = r.nums[:0], r.texts[:0], r.missing[:0]
			wg.Go(func() {
				for j := from; j < to; j++ {
					n := next(j)
					row := snap.Row(n)
					if row == nil {
						continue
					}
					num, text, ok := s.key(k, snap, n, row)
					switch {
					case !ok:
						r.missing = append(r.missing, n)
					case s.number:
						r.nums = append(r.nums, keyed[uint64]{num, n})
					default:
						r.texts = append(r.texts, keyed[string]{text, n})
					}
				}
			})
		}
		wg.Wait()
		for _, r := range results {
			s.newNums = append(s.newNums, r.nums...)
			s.newTexts = append(s.newTexts, r.texts...)
			s.newMissing = append(s.newMissing, r.missing...)
		}
		s.upto = next(min(i+sortStretch*len(s.workers), count) - 1)
		s.seen += min(sortStretch*len(s.workers), count-i)
	}
	return true
}

// sortStretch is how many packets a goroutine gives keys to before all wait for each
// other.
const sortStretch = 4096

// merge puts the packets of this round in order and among the others, and forgets
// those before first.
func (s *sorter) merge(first packet.Number) {
	sortNumbers(s.newNums)
	sortTexts(s.newTexts)
	s.nums = merged(s.nums, s.newNums, first)
	s.texts = merged(s.texts, s.newTexts, first)
	s.missing = append(s.missing, s.newMissing...)
	s.missing = slices.DeleteFunc(s.missing, func(n packet.Number) bool { return n < first })
	s.newNums, s.newTexts, s.newMissing = nil, nil, s.newMissing[:0]
}

// merged merges two lists in order; of equal keys, those of a come first.
func merged[K cmp.Ordered](a, b []keyed[K], first packet.Number) []keyed[K] {
	if len(a) == 0 {
		return b
	}
	out := make([]keyed[K], 0, len(a)+len(b))
	for len(a) > 0 || len(b) > 0 {
		var x keyed[K]
		if len(b) == 0 || len(a) > 0 && a[0].key <= b[0].key {
			x, a = a[0], a[1:]
		} else {
			x, b = b[0], b[1:]
		}
		if x.n >= first {
			out = append(out, x)
		}
	}
	return out
}

// sortNumbers sorts by key and keeps the order of equal ones: a radix sort, from the
// lowest digit on, of as many digits as the keys differ in.
func sortNumbers(items []keyed[uint64]) {
	if slices.IsSortedFunc(items, func(a, b keyed[uint64]) int { return cmp.Compare(a.key, b.key) }) {
		return
	}
	least, most := items[0].key, items[0].key
	for _, x := range items {
		least, most = min(least, x.key), max(most, x.key)
	}
	const digit = 11
	from, to := items, make([]keyed[uint64], len(items))
	for shift := 0; shift < bits.Len64(most-least); shift += digit {
		var at [1<<digit + 1]int
		for _, x := range from {
			at[(x.key-least)>>shift&(1<<digit-1)+1]++
		}
		for i := range 1 << digit {
			at[i+1] += at[i]
		}
		for _, x := range from {
			d := (x.key - least) >> shift & (1<<digit - 1)
			to[at[d]] = x
			at[d]++
		}
		from, to = to, from
	}
	if &from[0] != &items[0] {
		copy(items, from)
	}
}

// sortTexts sorts by key and keeps the order of equal ones. Most columns have few
// texts that differ: those are sorted, and the packets by the places of theirs.
func sortTexts(items []keyed[string]) {
	at := make(map[string]uint64)
	var texts []string
	for _, x := range items {
		if _, ok := at[x.key]; !ok {
			at[x.key] = 0
			texts = append(texts, x.key)
		}
		if len(texts) > 1000 && len(texts) > len(items)/8 {
			slices.SortStableFunc(items, func(a, b keyed[string]) int { return cmp.Compare(a.key, b.key) })
			return
		}
	}
	slices.Sort(texts)
	for i, s := range texts {
		at[s] = uint64(i)
	}
	places := make([]keyed[uint64], len(items))
	for i, x := range items {
		places[i] = keyed[uint64]{at[x.key], x.n}
	}
	sortNumbers(places)
	for i, p := range places {
		items[i] = keyed[string]{texts[p.key], p.n}
	}
}

// order lists the packets, ascending or descending. Of equal keys the first captured
// comes first either way.
func (s *sorter) order(desc bool) []packet.Number {
	out := make([]packet.Number, 0, len(s.nums)+len(s.texts)+len(s.missing))
	out = listed(out, s.nums, desc)
	out = listed(out, s.texts, desc)
	return append(out, s.missing...)
}

func listed[K cmp.Ordered](out []packet.Number, items []keyed[K], desc bool) []packet.Number {
	if !desc {
		for _, x := range items {
			out = append(out, x.n)
		}
		return out
	}
	for end := len(items); end > 0; {
		from := end - 1
		for from > 0 && items[from-1].key == items[end-1].key {
			from--
		}
		for _, x := range items[from:end] {
			out = append(out, x.n)
		}
		end = from
	}
	return out
}

// step gives a command that goes on with the sort, nil if there is nothing to do.
func (o *sorting) step(ctx context.Context, snap trace.Snapshot, p *listPane) tea.Cmd {
	if o.field == "" || o.s == nil || o.running {
		return nil
	}
	first, last := snap.First(), snap.Last()
	shown, filtered := p.shown, p.filtered
	from := o.s.upto + 1 // no command runs: the sorter is ours
	count := 0
	next := func(i int) packet.Number { return max(from, first) + packet.Number(i) }
	if filtered {
		rest := shown[sortedAfter(shown, o.s.upto):]
		next = func(i int) packet.Number { return rest[i] }
		count = len(rest)
	} else if last >= max(from, first) {
		count = int(last-max(from, first)) + 1
	}
	if count == 0 && !o.stale && o.first == first {
		return nil
	}
	o.running, o.stale = true, false
	o.of = o.s.seen + count
	id, s, desc := o.id, o.s, o.desc
	return func() tea.Msg {
		if !s.extract(ctx, snap, next, count) {
			return sortMsg{id: id, done: s.seen}
		}
		s.merge(first)
		msg := sortMsg{id: id, done: s.seen, order: s.order(desc), first: first, upto: s.upto}
		msg.pos = make([]uint32, int(max(last+1, first)-first))
		for i, n := range msg.order {
			if n >= first && n <= last {
				msg.pos[n-first] = uint32(i) + 1
			}
		}
		return msg
	}
}

// sortedAfter is the place of the first packet of an ascending list behind upto.
func sortedAfter(list []packet.Number, upto packet.Number) int {
	i, found := slices.BinarySearch(list, upto)
	if found {
		i++
	}
	return i
}
