package dissect

import "strconv"

// maxWaiting bounds how many requests of a conversation are remembered that wait
// for an answer.
const maxWaiting = 1024

// httpExchanges are the requests of HTTP/1 that wait for their answers. Answers
// come in the order of the requests (RFC 9112 §9.3.2), which is not how tshark
// pairs them (R95). It belongs to the sequencing goroutine.
type httpExchanges struct {
	waiting []uint64 // IDs, in the order of the requests
	asking  bool     // a request has begun and is not complete
	early   *httpAnswer
}

// httpAnswer is an answer that is complete before its request is (RFC 9110 §7.5).
type httpAnswer struct {
	status uint16
	size   int
}

// note says of an answer what it is when it is complete.
func (a *httpAnswer) note(r *Request) {
	r.Status, r.Failed, r.Done = httpAnswerText(a.status), a.status >= 400, true
}

// httpAnswerText is how an answer is named: "404 Not Found".
func httpAnswerText(status uint16) string {
	s := strconv.Itoa(int(status))
	if name := httpStatusName(status); name != "" {
		s += " " + name
	}
	return s
}

// askHTTP notes a request that is complete.
func (s *Session) askHTTP(h *httpHead, dir uint8) {
	x := &s.http.exchanges
	x.asking = false
	target := h.fullURI(s.secure)
	if target == "" {
		target = h.uri
	}
	id := s.ask(Request{Dir: dir, Proto: pHTTP, Method: h.name, Target: target})
	if a := x.early; a != nil {
		x.early = nil
		s.answer(id, a.size, a.note)
		return
	}
	if len(x.waiting) >= maxWaiting {
		x.waiting = append(x.waiting[:0], x.waiting[maxWaiting/2:]...)
	}
	x.waiting = append(x.waiting, id)
}

// answerBegins gives the ID of the request that an answer is to, 0 if there is none.
// Interim answers are nobody's (RFC 9110 §15.2).
func (s *Session) answerBegins(h *httpHead) uint64 {
	x := &s.http.exchanges
	if h.status/100 == 1 && h.status != 101 || len(x.waiting) == 0 {
		return 0
	}
	id := x.waiting[0]
	x.waiting = x.waiting[:copy(x.waiting, x.waiting[1:])]
	s.answer(id, 0, func(r *Request) { r.Status, r.Failed = httpAnswerText(h.status), h.status >= 400 })
	return id
}

// answerEnds notes that an answer with a body of size bytes is complete.
func (s *Session) answerEnds(id uint64, h *httpHead, dir uint8, size int) {
	a := &httpAnswer{h.status, size}
	if h.status == 101 && s.http.inner == AppHTTP2 {
		// The request is answered as that of stream 1 (RFC 7540 §3.2).
		st := &http2Stream{http2Exchange: http2Exchange{id: id, asker: dir ^ 1}}
		st.sides[dir^1].ended = true
		s.http2.streams[1] = st
		return
	}
	if x := &s.http.exchanges; id == 0 && x.asking && h.status/100 != 1 {
		x.early = a
	}
	s.answer(id, size, a.note)
}
