package tui

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tcplens/internal/packet"
	"tcplens/internal/text"
	"tcplens/internal/trace"
)

// requestsPane is the list of what was asked and answered, one row a request.
type requestsPane struct {
	index   *trace.Requests // of the commands, one at a time
	of      *trace.Trace    // that index belongs to
	gen     uint64          // of the trace when a command last began
	running bool
	more    bool // the last command did not come to the end
	started time.Time

	all      []trace.Request
	order    []int32 // indexes into all, as they are shown
	key      requestKey
	reverse  bool
	chosen   trace.RequestKey // the selected one
	failed   int
	waiting  int // without an answer as yet
	cur, top int
	rows     int
}

// requestKey is what requests are sorted by.
type requestKey uint8

const (
	requestPacket requestKey = iota
	requestStart
	requestProto
	requestServer
	requestMethod
	requestTarget
	requestStatus
	requestSize
	requestFirst
	requestTotal
)

func (k requestKey) String() string {
	return [...]string{"packet", "time", "protocol", "server", "method", "target", "status", "size of the answer", "time to the first byte", "time in all"}[k]
}

func newRequestsPane() requestsPane { return requestsPane{rows: 1} }

// requestsMsg reports what a command has found.
type requestsMsg struct {
	of      *trace.Trace
	list    []trace.Request
	changed bool
	more    bool
}

// work gives a command that looks for new requests, nil if nothing is new.
func (p *requestsPane) work(ctx context.Context, tr *trace.Trace) tea.Cmd {
	if tr == nil || p.running {
		return nil
	}
	if p.of != tr {
		*p = requestsPane{rows: p.rows, key: p.key, reverse: p.reverse, of: tr, index: tr.Requests(), more: true}
	}
	const many = 1000
	gen := tr.Generation()
	if !p.more && (gen == p.gen || len(p.all) >= many && time.Since(p.started) < 500*time.Millisecond) {
		return nil
	}
	p.gen, p.running, p.started = gen, true, time.Now()
	index := p.index
	return func() tea.Msg {
		part, cancel := context.WithTimeout(ctx, chunkTime)
		defer cancel()
		list, changed := index.Refresh(part)
		return requestsMsg{tr, list, changed, part.Err() != nil}
	}
}

// take takes over what a command has found.
func (p *requestsPane) take(msg requestsMsg) {
	if msg.of != p.of {
		return
	}
	p.running, p.more = false, msg.more
	if !msg.changed {
		return
	}
	tail := len(p.order) > 0 && p.cur == len(p.order)-1 && p.key == requestPacket && !p.reverse && p.rows < len(p.order)
	p.all = msg.list
	p.failed, p.waiting = 0, 0
	for i := range p.all {
		switch r := &p.all[i]; {
		case r.Failed:
			p.failed++
		case r.First == 0:
			p.waiting++
		}
	}
	p.sort()
	if tail {
		p.move(len(p.order))
	}
}

func (p *requestsPane) sort() {
	p.order = p.order[:0]
	for i := range p.all {
		p.order = append(p.order, int32(i))
	}
	slices.SortFunc(p.order, func(i, j int32) int {
		c := p.compare(&p.all[i], &p.all[j])
		if c == 0 {
			c = cmp.Compare(i, j)
		}
		if p.reverse {
			c = -c
		}
		return c
	})
	for i := range p.order {
		if p.at(i).Key() == p.chosen {
			p.cur = i
			return
		}
	}
}

// compare orders requests: of numbers the largest first.
func (p *requestsPane) compare(a, b *trace.Request) int {
	switch p.key {
	case requestStart:
		return cmp.Compare(a.Asked, b.Asked)
	case requestProto:
		return cmp.Compare(a.Proto.Short, b.Proto.Short)
	case requestServer:
		return a.Flow.Dst.Compare(b.Flow.Dst)
	case requestMethod:
		return cmp.Compare(a.Method, b.Method)
	case requestTarget:
		return cmp.Compare(a.Target, b.Target)
	case requestStatus:
		return cmp.Compare(a.Status, b.Status)
	case requestSize:
		return cmp.Compare(b.Size, a.Size)
	case requestFirst:
		return cmp.Compare(firstByte(b), firstByte(a))
	case requestTotal:
		return cmp.Compare(inAll(b), inAll(a))
	}
	return cmp.Compare(a.Frame, b.Frame)
}

// firstByte is how long the first packet of the answer took; −1 if there is none.
func firstByte(r *trace.Request) time.Duration {
	if r.First == 0 {
		return -1
	}
	return r.FirstAt.Sub(r.Asked)
}

// inAll is how long the whole answer took, as far as there is one; −1 if there is none.
func inAll(r *trace.Request) time.Duration {
	if r.First == 0 {
		return -1
	}
	return r.Answered.Sub(r.Asked)
}

func (p *requestsPane) at(i int) *trace.Request { return &p.all[p.order[i]] }

func (p *requestsPane) selected() *trace.Request {
	if p.cur < 0 || p.cur >= len(p.order) {
		return nil
	}
	return p.at(p.cur)
}

func (p *requestsPane) move(d int) {
	p.cur = min(max(p.cur+d, 0), max(len(p.order)-1, 0))
	if r := p.selected(); r != nil {
		p.chosen = r.Key()
	}
}

func (p *requestsPane) settle() {
	p.cur = min(max(p.cur, 0), max(len(p.order)-1, 0))
	p.top = max(min(p.top, len(p.order)-p.rows), 0)
	if p.cur < p.top {
		p.top = p.cur
	}
	if p.cur >= p.top+p.rows {
		p.top = p.cur - p.rows + 1
	}
}

func (p *requestsPane) title() string {
	t := "Requests · " + strconv.Itoa(len(p.all)) + ", by " + p.key.String()
	if p.failed > 0 {
		t += " · " + strconv.Itoa(p.failed) + " failed"
	}
	if p.waiting > 0 {
		t += " · " + strconv.Itoa(p.waiting) + " unanswered"
	}
	return t
}

// requestColumn is a column of the view: what it sorts by, head, width, and whether
// it stands at the right.
type requestColumn struct {
	key   requestKey
	head  string
	w     int
	right bool
}

// requestColumns lays the columns out; with less room some are left away.
func requestColumns(w int) []requestColumn {
	packet := requestColumn{requestPacket, "Packet", 7, true}
	method := requestColumn{requestMethod, "Method", 7, false}
	times := []requestColumn{{requestFirst, "First", 7, true}, {requestTotal, "Total", 7, true}}
	var head, tail []requestColumn
	switch {
	case w >= 140:
		times[0] = requestColumn{requestFirst, "First byte", 10, true}
		head = []requestColumn{packet, {requestStart, "Start", 11, true}, {requestProto, "Protocol", 8, false}, {requestServer, "Server", 21, false}, method}
		tail = append([]requestColumn{{requestStatus, "Status", 26, false}, {requestSize, "Size", 7, true}}, times...)
	case w >= 100:
		head = []requestColumn{packet, {requestStart, "Start", 11, true}, {requestProto, "Proto", 6, false}, method}
		tail = append([]requestColumn{{requestStatus, "Status", 18, false}, {requestSize, "Size", 6, true}}, times...)
	case w >= 72:
		packet.head, packet.w = "No.", 6
		head = []requestColumn{packet, method}
		tail = append([]requestColumn{{requestStatus, "Status", 13, false}, {requestSize, "Size", 6, true}}, times...)
	default:
		head = []requestColumn{method}
		tail = []requestColumn{{requestStatus, "Status", 9, false}, {requestTotal, "Total", 7, true}}
	}
	used := 2
	for _, c := range append(slices.Clone(head), tail...) {
		used += c.w + 1
	}
	cols := append(head, requestColumn{requestTarget, "Target", max(w-used, 4), false})
	return append(cols, tail...)
}

// nextKey sorts by the next or the previous column on the screen.
func (p *requestsPane) nextKey(d, w int) {
	cols := requestColumns(w)
	at := 0
	for i, c := range cols {
		if c.key == p.key {
			at = i
		}
	}
	p.key = cols[(at+d+len(cols))%len(cols)].key
	p.sort()
}

// headAt gives the column whose head is at a cell of the first line.
func (p *requestsPane) headAt(x, w int) (requestKey, bool) {
	at := 1
	for _, c := range requestColumns(w) {
		if x >= at && x < at+c.w {
			return c.key, true
		}
		at += c.w + 1
	}
	return 0, false
}

func (p *requestsPane) view(l *line, r rect, src *source) []string {
	out := make([]string, 0, r.h)
	cols := requestColumns(r.w)
	l.reset(r.w, gPlain)
	l.space(1)
	for _, c := range cols {
		st, head := sColumn, c.head
		if c.key == p.key {
			st = sFocus
			mark := l.g.down
			if p.reverse {
				mark = l.g.up
			}
			if cells(head)+1 <= c.w {
				head += mark
			}
		}
		if c.right {
			l.right(st, head, c.w)
		} else {
			l.fit(st, head, c.w)
		}
		l.space(1)
	}
	out = append(out, l.end())
	if len(p.all) == 0 {
		say := "no request yet: HTTP, DNS, Redis, PostgreSQL and MySQL are listed here"
		if p.running || p.more {
			say = "looking for requests"
		}
		l.reset(r.w, gPlain)
		out = append(out, l.end())
		l.reset(r.w, gPlain)
		l.put(sDim, "  "+say)
		out = append(out, l.end())
	}
	ended := !src.status.Live || src.status.Done
	for i := p.top; i < len(p.order) && len(out) < r.h; i++ {
		l.reset(r.w, gPlain)
		if i == p.cur {
			l.on = gSelected
		}
		l.space(1)
		for _, c := range cols {
			st, s := p.cell(p.at(i), c, src.status.First, ended)
			if c.right {
				l.right(st, s, c.w)
			} else {
				l.fit(st, text.Printable(s), c.w)
			}
			l.space(1)
		}
		out = append(out, l.end())
	}
	return pad(l, out, r)
}

func (p *requestsPane) cell(r *trace.Request, col requestColumn, first packet.Time, ended bool) (style, string) {
	switch col.key {
	case requestPacket:
		return sDim, strconv.FormatUint(uint64(r.Frame), 10)
	case requestStart:
		return sText, seconds(r.Asked.Sub(first), 6)
	case requestProto:
		return protoStyle(r.Proto.Short), r.Proto.Short
	case requestServer:
		return sSide1, r.Flow.Dst.String()
	case requestMethod:
		return sHeader, r.Method
	case requestTarget:
		return sText, target(r, col.w)
	case requestStatus:
		switch {
		case r.Failed:
			return sBad, r.Status
		case r.First == 0 && ended:
			return sWarn, "no answer"
		case r.First == 0:
			return sDim, "waiting"
		case !r.Done && r.Status == "":
			return sDim, "answering"
		}
		return sLive, r.Status
	}
	if r.First == 0 {
		return sDim, ""
	}
	switch col.key {
	case requestSize:
		return sText, size(r.Size)
	case requestFirst:
		return sText, took(firstByte(r))
	}
	if !r.Done {
		return sDim, took(inAll(r))
	}
	return sText, took(inAll(r))
}

// narrowTarget is the width below which few whole URIs fit, cells.
const narrowTarget = 40

// target is the target of a request as it fits: the path of a URI that is too long, and
// where there is little room that of all, so that they are alike.
func target(r *trace.Request, w int) string {
	t := r.Target
	if w >= narrowTarget && cells(t) <= w {
		return t
	}
	if _, rest, ok := strings.Cut(t, "://"); ok {
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			return rest[i:]
		}
	}
	return t
}

// doRequests carries out an action in the requests view.
func (m *Model) doRequests(a action) tea.Cmd {
	p := &m.requests
	switch a {
	case actSort, actRight:
		p.nextKey(1, max(m.width, minWidth))
	case actLeft:
		p.nextKey(-1, max(m.width, minWidth))
	case actReverse:
		p.reverse = !p.reverse
		p.sort()
	case actFilter:
		return m.openFilter(m.filter)
	case actEnter:
		m.only()
	default:
		if d, ok := steps(a, p.rows, len(p.order)); ok {
			p.move(d)
		}
	}
	return nil
}

// requestFilter is the display filter for a request: its conversation, and of that its stream
// where one conversation carries several.
func requestFilter(r *trace.Request) string {
	expr := r.Kind.String() + ".stream == " + strconv.FormatUint(uint64(r.Stream), 10)
	if id := r.Request.Stream; id != 0 {
		expr += " and http2.streamid == " + strconv.FormatUint(uint64(id), 10)
	}
	return expr
}
