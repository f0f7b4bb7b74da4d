package trace

import (
	"cmp"
	"context"
	"slices"

	"tcplens/dissect"
	"tcplens/internal/packet"
)

// Request is something that one end of a conversation asked of the other, and the
// answer as far as there is one.
type Request struct {
	dissect.Request
	Kind   Kind
	Stream uint32      // of the conversation; the embedded Stream is the protocol's own
	Flow   packet.Flow // from who asked to who was asked
}

// Key tells a request from all others of the trace.
func (r *Request) Key() RequestKey { return RequestKey{r.Kind, r.Stream, r.ID} }

// RequestKey names a request.
type RequestKey struct {
	Kind   Kind
	Stream uint32
	ID     uint64
}

// Requests gathers the requests of a trace and keeps them up to date. It belongs to
// one goroutine at a time.
type Requests struct {
	t     *Trace
	r     *Reader
	convs []convRequests // by tcp.stream
	dns   []Request      // by exchange, those that are questions of DNS
	of    []int32        // by exchange: place in dns, from 1; 0: none
	open  []int32        // exchanges without an answer as yet
	seen  int            // exchanges looked at
}

// convRequests are those of one TCP conversation as they were when last asked for.
type convRequests struct {
	session  *dissect.Session
	revision uint64
	list     []dissect.Request
}

// Requests begins to gather requests: none as yet.
func (t *Trace) Requests() *Requests { return &Requests{t: t, r: t.NewReader()} }

// Refresh looks for what is new. It gives all requests in the order in which they
// were asked, in a slice that is the caller's, and whether anything has changed
// since the last time; if not, the slice is nil. When ctx ends it comes back early:
// with what was found, and the next call goes on.
func (x *Requests) Refresh(ctx context.Context) ([]Request, bool) {
	changed := x.tcp()
	if x.exchanges(ctx) {
		changed = true
	}
	if !changed {
		return nil, false
	}
	n := len(x.dns)
	for i := range x.convs {
		n += len(x.convs[i].list)
	}
	out := make([]Request, 0, n)
	x.t.mu.RLock()
	for i := range x.convs {
		c := &x.convs[i]
		if len(c.list) == 0 {
			continue
		}
		flow := x.t.tables.convs[i].Flow()
		for _, q := range c.list {
			r := Request{Request: q, Kind: TCP, Stream: uint32(i), Flow: flow}
			if q.Dir != 0 {
				r.Flow = flow.Reverse()
			}
			out = append(out, r)
		}
	}
	x.t.mu.RUnlock()
	out = append(out, x.dns...)
	slices.SortFunc(out, func(a, b Request) int {
		return cmp.Or(cmp.Compare(a.Frame, b.Frame), cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.ID, b.ID))
	})
	return out, true
}

// tcp asks the sessions of TCP conversations for what is new.
func (x *Requests) tcp() (changed bool) {
	x.t.mu.RLock()
	apps := x.t.tables.apps
	for len(x.convs) < len(apps) {
		x.convs = append(x.convs, convRequests{})
	}
	for i := range apps {
		x.convs[i].session = apps[i].session
	}
	x.t.mu.RUnlock()
	for i := range x.convs {
		c := &x.convs[i]
		if rev := c.session.RequestRevision(); rev != c.revision {
			c.revision = rev
			c.list = c.session.Requests(0, c.list[:0])
			changed = true
		}
	}
	return changed
}

// exchanges looks at the questions and answers that went over UDP.
func (x *Requests) exchanges(ctx context.Context) (changed bool) {
	x.t.mu.RLock()
	all := slices.Clone(x.t.tables.exchanges[x.seen:])
	var answered []dissect.Exchange
	var which []int32
	still := x.open[:0]
	for _, i := range x.open {
		if e := x.t.tables.exchanges[i]; e.Response != 0 {
			answered, which = append(answered, e), append(which, i)
		} else {
			still = append(still, i)
		}
	}
	x.open = still
	x.t.mu.RUnlock()
	for k, i := range which {
		if ctx.Err() != nil {
			x.open = append(x.open, which[k:]...)
			return changed
		}
		if at := x.of[i]; at != 0 {
			x.answer(&x.dns[at-1], answered[k])
			changed = true
		}
	}
	for _, e := range all {
		if ctx.Err() != nil {
			return changed
		}
		i := int32(x.seen)
		x.seen++
		x.of = append(x.of, 0)
		q, ok := x.ask(e, uint64(i)+1)
		if !ok {
			continue
		}
		if e.Response != 0 {
			x.answer(&q, e)
		} else {
			x.open = append(x.open, i)
		}
		x.dns = append(x.dns, q)
		x.of[i] = int32(len(x.dns))
		changed = true
	}
	return changed
}

// ask makes the request of a question of DNS. It is false for an exchange of another kind,
// an ICMP echo for one, and for a packet that is not kept any more.
func (x *Requests) ask(e dissect.Exchange, id uint64) (Request, bool) {
	row := x.t.Snapshot().Row(e.Query)
	if row == nil || row.Kind != UDP {
		return Request{}, false
	}
	msg, ok := x.message(e.Query)
	if !ok {
		return Request{}, false
	}
	c, _ := x.t.Conversation(UDP, row.Stream)
	q := Request{Kind: UDP, Stream: row.Stream, Flow: c.Flow}
	if row.Dir != 0 {
		q.Flow = c.Flow.Reverse()
	}
	q.ID, q.Dir, q.Proto, q.Rows = id, row.Dir, msg.Proto, -1
	q.Method, q.Target, q.Frame, q.Asked = msg.Type, msg.Name, e.Query, e.Asked
	return q, true
}

// answer adds the answer of a question.
func (x *Requests) answer(q *Request, e dissect.Exchange) {
	q.First, q.Last, q.FirstAt, q.Answered, q.Done = e.Response, e.Response, e.Answered, e.Answered, true
	if row := x.t.Snapshot().Row(e.Response); row != nil {
		q.Size = uint64(row.PayLen)
	}
	if msg, ok := x.message(e.Response); ok {
		q.Status, q.Failed, q.Rows = msg.Status, msg.Failed, int64(msg.Answers)
	}
}

// message reads a message of DNS.
func (x *Requests) message(n packet.Number) (dissect.DNSMessage, bool) {
	tree, _, err := x.r.Dissect(n, dissect.WantTree)
	if err != nil {
		return dissect.DNSMessage{}, false
	}
	return dissect.DNSMessageOf(tree)
}
