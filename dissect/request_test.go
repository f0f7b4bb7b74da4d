package dissect

import (
	"strings"
	"sync"
	"testing"
)

// TestRequests: requests are counted, answered in any order, and copied out.
func TestRequests(t *testing.T) {
	s := NewSession(AppHTTP)
	if s.RequestRevision() != 0 || s.Requests(0, nil) != nil {
		t.Fatal("a new session has requests")
	}
	s.Begin(4, 100, 0, false)
	a := s.ask(Request{Proto: pHTTP, Method: "GET", Target: strings.Repeat("é", MaxRequestText)})
	b := s.ask(Request{Proto: pHTTP, Method: "PUT"})
	s.Begin(6, 300, 1, false)
	s.answer(b, 10, func(r *Request) { r.Status, r.Done = "200 OK", true })
	s.Begin(7, 400, 1, false)
	s.answer(a, 5, nil)
	s.Begin(9, 900, 1, false)
	s.answer(a, 6, func(r *Request) { r.Status, r.Failed, r.Done, r.Rows = "404", true, true, 2 })
	s.answer(77, 1, nil)
	s.answer(0, 1, nil)
	got := s.Requests(0, nil)
	want := []Request{
		{ID: 1, Failed: true, Done: true, Proto: pHTTP, Method: "GET", Target: strings.Repeat("é", MaxRequestText/2), Status: "404", Size: 11, Rows: 2,
			Frame: 4, First: 7, Last: 9, Asked: 100, FirstAt: 400, Answered: 900},
		{ID: 2, Done: true, Proto: pHTTP, Method: "PUT", Status: "200 OK", Size: 10, Rows: -1, Frame: 4, First: 6, Last: 6, Asked: 100, FirstAt: 300, Answered: 300},
	}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := s.Requests(2, nil); len(got) != 1 || got[0].ID != 2 {
		t.Errorf("from the second on there are %+v", got)
	}
	if got := s.Requests(3, nil); got != nil || s.RequestRevision() != 5 {
		t.Errorf("beyond the last there are %+v, revision %d", got, s.RequestRevision())
	}
}

// TestRequestsBound: only the newest are kept, and they can be read meanwhile.
func TestRequestsBound(t *testing.T) {
	s := NewSession(AppHTTP)
	s.Begin(1, 0, 0, false)
	var readers sync.WaitGroup
	readers.Go(func() {
		for range 20 {
			for _, r := range s.Requests(0, nil) {
				if r.ID == 0 || r.Method != "M" {
					t.Errorf("there is %+v", r)
					return
				}
			}
		}
	})
	const n = maxRequests + 10
	for range n {
		s.answer(s.ask(Request{Method: "M"})-maxRequests, 1, nil)
	}
	readers.Wait()
	got := s.Requests(5, nil)
	if len(got) != maxRequests/2+10 || got[0].ID != maxRequests/2+1 || got[len(got)-1].ID != n {
		t.Errorf("%d requests are kept, from %d to %d", len(got), got[0].ID, got[len(got)-1].ID)
	}
}
