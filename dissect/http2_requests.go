package dissect

import "strconv"

// http2Exchange is the request of a stream, and what is known of the answer. It
// belongs to the sequencing goroutine.
type http2Exchange struct {
	id    uint64 // of the request, 0 before it
	asker uint8  // the direction in which it was sent
	done  bool   // the answer is complete
	said  http2Request
}

// http2Exchanged brings the request of a stream forward by a frame that has ended.
// A request counts from where its headers are complete: its content may come while
// the answer does. size is that of the content of a DATA frame, bytes.
func (s *Session) http2Exchanged(x *http2Exchange, dir uint8, h *http2Head, headers []http2Header, size int) {
	for i := range headers {
		x.said.note(&headers[i])
	}
	ends := h.flags()&h2FlagEndStream != 0
	switch h.kind() {
	case h2Headers, h2Continuation:
		ends = ends && h.kind() == h2Headers
		if h.flags()&h2FlagEndHeaders != 0 {
			s.http2Said(x, dir, h.stream())
		}
	case h2RSTStream:
		if x.id != 0 && !x.done {
			x.done = true
			s.answer(x.id, 0, func(r *Request) {
				r.Failed, r.Done = true, true
				if r.Status != "" {
					r.Status += ", "
				}
				r.Status += "stream reset"
			})
		}
		return
	case h2Data:
	default:
		return
	}
	if x.id == 0 || x.done || dir == x.asker {
		return
	}
	x.done = ends
	if ends {
		s.answer(x.id, size, func(r *Request) { r.Done = true })
	} else if size > 0 {
		s.answer(x.id, size, nil)
	}
}

// http2Said notes what a whole list of headers says: a request, an answer, or how
// an answer has ended.
func (s *Session) http2Said(x *http2Exchange, dir uint8, stream uint32) {
	said := x.said
	x.said = http2Request{}
	switch {
	case said.method != "" && x.id == 0:
		target := said.uri()
		if target == "" {
			target = said.authority + said.path
		}
		x.asker = dir
		x.id = s.ask(Request{Stream: stream, Dir: dir, Proto: pHTTP2, Method: said.method, Target: target})
		s.messages++
	case x.id == 0 || x.done || dir == x.asker:
	case said.status != "":
		status, err := strconv.ParseUint(said.status, 10, 16)
		if err != nil || status/100 != 1 {
			s.answer(x.id, 0, func(r *Request) {
				r.Status, r.Failed = httpAnswerText(uint16(status)), status >= 400 || err != nil
				said.grpcStatus(r)
			})
		}
	default:
		s.answer(x.id, 0, said.grpcStatus)
	}
}

// grpcStatus adds to a request how a call of gRPC has ended.
func (said *http2Request) grpcStatus(r *Request) {
	code, err := strconv.ParseUint(said.grpc, 10, 8)
	if err != nil {
		return
	}
	name := list("OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
		"RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
		"UNAUTHENTICATED")(code)
	if name == "" {
		name = "grpc-status " + said.grpc
	}
	r.Status += ", gRPC " + name
	r.Failed = r.Failed || code != 0
}
