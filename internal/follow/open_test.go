package follow_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"tcplens/internal/follow"
	"tcplens/internal/pipeline"
	"tcplens/internal/trace"
)

func open(t *testing.T, name string, kind trace.Kind, stream uint32) (*follow.Stream, error) {
	t.Helper()
	p, err := pipeline.LoadFile(filepath.Join("testdata", name), pipeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return follow.Open(p.Trace(), kind, stream)
}

func sent(t *testing.T, s *follow.Stream, side uint8) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.WriteRaw(&b, side); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The capture that the rules R80 to R82 were told with.
func TestGapScenario(t *testing.T) {
	s, err := open(t, "33_follow_gap.pcap", trace.TCP, 0)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := sent(t, s, 0), sent(t, s, 1); a != "one\ntwo\nthree\nfour\nsix\nseven\nend\n" || b != "ok\nbye\n" {
		t.Errorf("the sides sent %q and %q", a, b)
	}
	var b strings.Builder
	if err := s.WriteASCII(&b, follow.Both); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Node 0: 10.0.0.1:34962\n", "[10 bytes missing in capture]\n", "[6 bytes missing in capture]\n", "\t4\nbye\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, b.String())
		}
	}
	if s.Update() {
		t.Error("a capture at rest changes its stream")
	}
}

// A link that loses, repeats and reorders: each side's bytes are those that the
// lesson sends, a line of 64 that begins with its own offset.
func TestLossyLesson(t *testing.T) {
	s, err := open(t, "lossy.pcap", trace.TCP, 0)
	if err != nil {
		t.Fatal(err)
	}
	for side := range uint8(2) {
		got := sent(t, s, side)
		if len(got) < 30_000 {
			t.Errorf("side %d sent %d bytes only", side, len(got))
		}
		lines := strings.SplitAfter(got, "\n")
		for i, at := 0, 0; i < len(lines)-2; i, at = i+1, at+64 {
			if want := fmt.Sprintf("byte %9d  ", at); !strings.HasPrefix(lines[i], want) || len(lines[i]) != 64 {
				t.Fatalf("side %d, byte %d: %q", side, at, lines[i])
			}
		}
	}
	if s.Missing(0)+s.Missing(1) != 0 || len(s.Differs()) != 0 {
		t.Errorf("%d bytes missing, %v", s.Missing(0)+s.Missing(1), s.Differs())
	}
}

func TestHTTPLesson(t *testing.T) {
	s, err := open(t, "http.pcap", trace.TCP, 0)
	if err != nil {
		t.Fatal(err)
	}
	turns := s.Turns()
	if len(turns) != 2 || turns[0].Side != 0 || turns[0].Bytes != 74 || turns[1].Bytes != 136 || turns[1].Since <= 0 {
		t.Errorf("turns: %+v", turns)
	}
	if !strings.HasPrefix(sent(t, s, 0), "GET / HTTP/1.1\r\n") || !strings.HasPrefix(sent(t, s, 1), "HTTP/1.1 200 OK\r\n") {
		t.Errorf("the sides sent %q and %q", sent(t, s, 0), sent(t, s, 1))
	}
}

func TestOpenNothing(t *testing.T) {
	if _, err := open(t, "http.pcap", trace.TCP, 3); err == nil || err.Error() != "tcp.stream 3: there is none, the last one is 0" {
		t.Errorf("the error is %v", err)
	}
	if _, err := open(t, "http.pcap", trace.UDP, 0); err == nil || err.Error() != "udp.stream 0: the capture has no UDP conversation" {
		t.Errorf("the error is %v", err)
	}
}

// TestTake takes packets in a few at a time, and comes to the same.
func TestTake(t *testing.T) {
	for _, name := range []string{"lossy.pcap", "33_follow_gap.pcap"} {
		p, err := pipeline.LoadFile(filepath.Join("testdata", name), pipeline.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		whole, err := follow.Open(p.Trace(), trace.TCP, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, most := range []int{1, 2, 7, 1000} {
			s, err := follow.Begin(p.Trace(), trace.TCP, 0)
			if err != nil {
				t.Fatal(err)
			}
			if s.Last() != 0 || len(s.Chunks()) != 0 {
				t.Errorf("%s begins with packet %d", name, s.Last())
			}
			calls := 1
			for _, others := s.Take(most); others; _, others = s.Take(most) {
				calls++
			}
			if most == 1 && calls < 10 {
				t.Errorf("%s is taken in %d times only", name, calls)
			}
			if a, b := fmt.Sprint(s.Turns(), s.Chunks(), s.Marks()), fmt.Sprint(whole.Turns(), whole.Chunks(), whole.Marks()); a != b || s.Last() != whole.Last() {
				t.Errorf("%s, %d packets at a time, comes to\n%s\nand at once to\n%s", name, most, a, b)
			}
		}
	}
}
