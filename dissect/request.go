package dissect

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"tcplens/internal/packet"
)

// Request is something that one end of a conversation asked of the other, with
// what is known of the answer: a request of HTTP, a question of DNS, a command of
// Redis, a statement of SQL.
//
// Who fills it: the framer that finds a request calls ask when the request is
// complete, and answer with the ID it was given for each message of the answer.
// Both belong to the sequencing goroutine, which has put the packet in order by
// Begin. Answers need not come in the order of the requests: of DNS the
// transaction id tells which one is meant, of HTTP/2 the stream. What comes
// without having been asked for (a pushed message of Redis, an answer whose
// request was not captured) makes no Request. A conversation over UDP has no
// Session: whoever keeps its Exchanges makes Requests of them.
//
//	             Method           Target                 Status           Size
//	HTTP         GET              full URI               200 OK           body, after its chunks were joined
//	DNS          A                name that is asked     No error         message
//	Redis        GET              first key              OK, (nil), ERR …  message
//	PostgreSQL   SELECT           text of the statement  SELECT 3, 42P01 … messages of the answer
//
// Texts are as they stand in the packets, cut to a bound: they may hold any byte
// and must be made printable before they are shown. A Request is a copy that
// whoever got it owns.
type Request struct {
	ID     uint64 // counts the requests of the conversation from 1
	Stream uint32 // of HTTP/2 and its like; 0 elsewhere
	Dir    uint8  // in which it was sent, as in tcp.Facts
	Failed bool   // the answer says that it was not done: Status tells why
	Done   bool   // the answer is complete, or none was to come
	Proto  *Proto
	Method string // at most MaxRequestMethod bytes
	Target string // at most MaxRequestText bytes
	Status string // at most MaxRequestText bytes; empty while there is no answer
	Size   uint64 // of the answer so far, bytes
	Rows   int64  // that the answer has or that were changed; −1: it does not say

	// The packets in which the request ended, in which the first and in which the
	// newest message of the answer ended, with their times. The frames are 0 while
	// there is none. After Done, Last is the end of the answer.
	Frame, First, Last       packet.Number
	Asked, FirstAt, Answered packet.Time

	message uint32 // which message of Frame it was, as the session counts them
}

// Bounds of the texts of a Request, bytes.
const (
	MaxRequestMethod = 32
	MaxRequestText   = 256
)

// maxRequests is how many requests of one conversation are kept, the newest; some
// 20 MB with their texts.
const maxRequests = 1 << 16

// requestLog is the requests of one conversation. The session's lock guards it.
type requestLog struct {
	list     []Request     // ordered by ID without gaps
	ended    []doneRequest // in the order in which they were done
	next     uint64        // ID of the next one, less 1
	revision uint64
}

// doneRequest is the ID of a request whose answer was complete with a message of a packet.
type doneRequest struct {
	frame   packet.Number
	message uint32
	id      uint64
}

// ask notes a request that ends in the packet being put in order, and gives its ID.
func (s *Session) ask(r Request) uint64 {
	r.Method, r.Target = cutText(r.Method, MaxRequestMethod), cutText(r.Target, MaxRequestText)
	r.Frame, r.message, r.Asked, r.Rows = s.frame, s.messages, s.time, -1
	s.mu.Lock()
	defer s.mu.Unlock()
	q := &s.requests
	if len(q.list) >= maxRequests {
		q.list = slices.Delete(q.list, 0, maxRequests/2)
	}
	q.next++
	q.revision++
	r.ID = q.next
	q.list = append(q.list, r)
	return r.ID
}

// answer notes a message of size bytes that ends in the packet being put in order
// and answers a request. change says what else is known now; it is called with the
// session's lock held, must not change ID, and may be nil. Of a request that is
// no longer kept, or of ID 0, nothing is noted.
func (s *Session) answer(id uint64, size int, change func(*Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.requests.at(id)
	if r == nil {
		return
	}
	if r.First == 0 {
		r.First, r.FirstAt = s.frame, s.time
	}
	r.Last, r.Answered = s.frame, s.time
	r.Size += uint64(size)
	if change != nil {
		done := r.Done
		change(r)
		r.Status = cutText(r.Status, MaxRequestText)
		if r.Done && !done {
			s.requests.done(doneRequest{s.frame, s.messages, id})
		}
	}
	s.requests.revision++
}

func (q *requestLog) done(d doneRequest) {
	if len(q.ended) >= maxRequests {
		q.ended = slices.Delete(q.ended, 0, maxRequests/2)
	}
	q.ended = append(q.ended, d)
}

// at gives a request; nil if it is not kept.
func (q *requestLog) at(id uint64) *Request {
	first := q.next + 1 - uint64(len(q.list))
	if id < first || id > q.next {
		return nil
	}
	return &q.list[id-first]
}

// askedIn gives the request that message k of packet n was, from 0.
func (s *Session) askedIn(n packet.Number, k uint32) (r Request, ok bool) {
	if s == nil {
		return r, false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := s.requests.list
	i, ok := slices.BinarySearchFunc(list, k, func(r Request, k uint32) int {
		return cmp.Or(cmp.Compare(r.Frame, n), cmp.Compare(r.message, k))
	})
	if ok {
		r = list[i]
	}
	return r, ok
}

// doneIn gives the request of which message k of packet n, from 0, ended the answer.
func (s *Session) doneIn(n packet.Number, k uint32) (r Request, ok bool) {
	if s == nil {
		return r, false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	ended := s.requests.ended
	i, ok := slices.BinarySearchFunc(ended, k, func(d doneRequest, k uint32) int {
		return cmp.Or(cmp.Compare(d.frame, n), cmp.Compare(d.message, k))
	})
	if !ok {
		return r, false
	}
	x := s.requests.at(ended[i].id)
	if x == nil {
		return r, false
	}
	return *x, true
}

// Requests appends to dst a copy of each request of the conversation whose ID is
// from or more, in the order in which they were asked. A request changes until it
// is Done; only the newest are kept. It may be called by any goroutine, on nil too.
func (s *Session) Requests(from uint64, dst []Request) []Request {
	if s == nil {
		return dst
	}
	if in := s.insideOf(); in != nil {
		return s.withInside(in, from, dst)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	q := &s.requests
	first := q.next + 1 - uint64(len(q.list))
	if from > q.next {
		return dst
	}
	return append(dst, q.list[max(from, first)-first:]...)
}

// withInside gives the requests that were made in the clear and those inside of
// TLS, which are counted on.
func (s *Session) withInside(in *Session, from uint64, dst []Request) []Request {
	s.mu.RLock()
	clear := s.requests.next
	for _, r := range s.requests.list {
		if r.ID >= from {
			dst = append(dst, r)
		}
	}
	s.mu.RUnlock()
	own := len(dst)
	dst = in.Requests(max(from, clear)-clear, dst)
	for i := range dst[own:] {
		dst[own+i].ID += clear
	}
	return dst
}

// RequestRevision changes whenever a request comes or changes: while it is the
// same, so is what Requests gives. It is 0 for a conversation without requests.
// It may be called by any goroutine, on nil too.
func (s *Session) RequestRevision() uint64 {
	if s == nil {
		return 0
	}
	in := s.insideOf()
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.requests.revision + in.RequestRevision()
}

// cutText shortens a text to most bytes, without cutting a character. What is cut
// off is not kept.
func cutText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := most
	for n > most-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.Clone(s[:n])
}
