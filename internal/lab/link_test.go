package lab

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A device is one end of a link, held in memory.
type device struct {
	toLink   chan []byte
	fromLink chan arrival
	closed   chan struct{}
}

// arrival is a packet that left the link.
type arrival struct {
	data []byte
	at   time.Time
}

func newDevice() *device {
	return &device{make(chan []byte), make(chan arrival, 64), make(chan struct{})}
}

func (d *device) Read(b []byte) (int, error) {
	select {
	case p := <-d.toLink:
		return copy(b, p), nil
	case <-d.closed:
		return 0, io.EOF
	}
}

func (d *device) Write(b []byte) (int, error) {
	d.fromLink <- arrival{bytes.Clone(b), time.Now()}
	return len(b), nil
}

func (d *device) Close() error {
	close(d.closed)
	return nil
}

// rawSegment makes an IPv4 packet with a TCP segment whose data is n times the
// letter c.
func rawSegment(up bool, seq uint32, flags uint8, n int, c byte) []byte {
	b := make([]byte, 40+n)
	b[0], b[9], b[32], b[33] = 0x45, 6, 5<<4, flags
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	from, to := clientEnd, serverEnd
	if !up {
		from, to = to, from
	}
	copy(b[12:], from[:4])
	copy(b[16:], to[:4])
	copy(b[20:], from[4:])
	copy(b[22:], to[4:])
	binary.BigEndian.PutUint32(b[24:], seq)
	copy(b[40:], bytes.Repeat([]byte{c}, n))
	return b
}

// The ends of the made-up connections: an address and a port.
const (
	clientEnd = "\x0a\x00\x00\x01\x80\x00"
	serverEnd = "\x0a\x00\x00\x02\x1f\x90"
)

// TestLink sends five segments of one byte, a to e, and holds what comes out of
// the link, and when: the letter and the milliseconds since they were sent.
func TestLink(t *testing.T) {
	for _, test := range []struct {
		name   string
		script Script
		send   string // each letter is the segment of that place; one that comes again is a retransmission
		want   string
	}{
		{"nothing", Script{}, "abcde", "a10 b10 c10 d10 e10"},
		{"the other direction", Script{{Dir: Down, Segment: 1, Action: Drop}}, "abcde", "a10 b10 c10 d10 e10"},
		{"drop", Script{{Dir: Up, Segment: 2, Action: Drop}}, "abcdeb", "a10 c10 d10 e10 b10"},
		{"drop twice", Script{{Dir: Up, Segment: 2, Action: Drop, Times: 2}}, "abcdebb", "a10 c10 d10 e10 b10"},
		{"delay", Script{{Dir: Up, Segment: 3, Action: Delay, Delay: 7 * time.Millisecond}}, "abcde", "a10 b10 d10 e10 c17"},
		{"dup", Script{{Dir: Up, Segment: 4, Action: Dup}}, "abcde", "a10 b10 c10 d10 d10 e10"},
		{"swap", Script{{Dir: Up, Segment: 2, Action: Swap}}, "abcde", "a10 c10 b10 d10 e10"},
		{"swap with nothing", Script{{Dir: Up, Segment: 5, Action: Swap}}, "abcde", "a10 b10 c10 d10 e40"},
		{"swap with a lost one", Script{{Dir: Up, Segment: 2, Action: Swap}, {Dir: Up, Segment: 3, Action: Drop}}, "abcde", "a10 d10 b10 e10"},
		{"two rules for one", Script{{Dir: Up, Segment: 1, Action: Drop}, {Dir: Up, Segment: 1, Action: Dup}}, "ababc", "b10 a10 a10 b10 c10"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, server := newDevice(), newDevice()
				l, err := NewLink(client, server, test.script)
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				// The numbers of the bytes wrap within the five.
				const first = 0xffff_fffe
				for _, c := range []byte(test.send) {
					client.toLink <- rawSegment(true, first+uint32(c-'a'), 0x10, 1, c)
				}
				synctest.Wait()
				l.Drain()
				if err := l.Close(); err != nil {
					t.Error(err)
				}
				close(server.fromLink)
				var got []string
				for a := range server.fromLink {
					ms := a.at.Sub(start).Milliseconds()
					got = append(got, string(a.data[40:])+string('0'+byte(ms/10))+string('0'+byte(ms%10)))
				}
				if s := strings.Join(got, " "); s != test.want {
					t.Errorf("got %q, want %q", s, test.want)
				}
				var recorded []string
				for i, e := range l.Record().Delivered(Up) {
					recorded = append(recorded, got[i][:1])
					if want := string('a' + byte(e.Seq-first)); recorded[i] != want {
						t.Errorf("place %d: the record has %s, %s came", i+1, want, got[i])
					}
				}
				if len(recorded) != len(got) {
					t.Errorf("%d left the link, the record has %d", len(got), len(recorded))
				}
			})
		})
	}
}

// TestLinkRecord holds what is written of each packet, both ways, and that a new
// connection is numbered from the start.
func TestLinkRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := newDevice(), newDevice()
		l, err := NewLink(client, server, Script{{Dir: Down, Segment: 1, Action: Drop}})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			client.toLink <- rawSegment(true, 100, flagSYN, 0, 0)
			synctest.Wait()
			server.toLink <- rawSegment(false, 500, flagSYN|0x10, 0, 0)
			synctest.Wait()
			server.toLink <- rawSegment(false, 501, 0x18, 3, 'x')
			synctest.Wait()
			server.toLink <- []byte("not an IP packet")
			synctest.Wait()
			server.toLink <- rawSegment(false, 501, 0x18, 3, 'x')
			synctest.Wait()
			l.Drain()
		}
		want := []string{
			"1 up pass 100 0 false [1]", "2 down pass 500 0 false [1]", "3 down drop 501 1 false []", "4 down pass 501 1 true [2]",
			"5 up pass 100 0 false [2]", "6 down pass 500 0 false [3]", "7 down drop 501 1 false []", "8 down pass 501 1 true [4]",
		}
		if got := summary(t, l.Record()); !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		l.Reset()
		if r := l.Record(); len(r) != 0 {
			t.Errorf("after Reset there is still %+v", r)
		}
		// What is on the link when it closes is lost, and nobody waits for it.
		client.toLink <- rawSegment(true, 101, 0x10, 1, 'y')
		synctest.Wait()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		l.Drain()
		if got := len(client.fromLink); got != 6 {
			t.Errorf("%d packets came down, with the two that are no TCP", got)
		}
	})
}

// summary reads the record's JSON.
func summary(t *testing.T, r Record) []string {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var events []struct {
		N          json.Number
		Dir        string
		Action     string
		Seq        json.Number
		Segment    json.Number
		Retransmit bool
		Out        json.RawMessage
	}
	if err := json.Unmarshal(b.Bytes(), &events); err != nil {
		t.Fatalf("%v in %s", err, &b)
	}
	var list []string
	for _, e := range events {
		again := "false"
		if e.Retransmit {
			again = "true"
		}
		list = append(list, strings.Join([]string{e.N.String(), e.Dir, e.Action, e.Seq.String(), e.Segment.String(), again, string(e.Out)}, " "))
	}
	return list
}

// TestEmptyRecord holds that nothing is an array too.
func TestEmptyRecord(t *testing.T) {
	if got := summary(t, nil); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

// failing refuses every write.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestWriteJSONError(t *testing.T) {
	for _, r := range []Record{nil, {{}}} {
		if err := r.WriteJSON(failing{}); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("%d events: %v", len(r), err)
		}
	}
}

func TestScriptErrors(t *testing.T) {
	for _, test := range []struct {
		rule Rule
		want string
	}{
		{Rule{Dir: 2, Segment: 1}, "direction"},
		{Rule{Segment: 1, Action: Swap + 1}, "action"},
		{Rule{Segment: 0, Action: Drop}, "counted from 1"},
		{Rule{Segment: 1, Times: -1}, "less than nothing"},
		{Rule{Segment: 1, Action: Delay, Delay: -1}, "less than nothing"},
	} {
		_, err := NewLink(newDevice(), newDevice(), Script{{Segment: 1}, test.rule})
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "rule 2") {
			t.Errorf("%+v: %v", test.rule, err)
		}
	}
	if err := DefaultScript().validate(); err != nil {
		t.Error(err)
	}
}

// FuzzParse holds that no packet makes the link panic, and that what it reads of
// one lies within it.
func FuzzParse(f *testing.F) {
	f.Add(rawSegment(true, 1, 2, 0, 0))
	f.Add(rawSegment(false, 1, 0x18, 20, 'x'))
	f.Add(append([]byte{0x60, 0, 0, 0, 0, 20, 6, 64}, make([]byte, 52)...))
	f.Add([]byte{0x4f})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, ok := parse(b)
		if ok && (s.len < 0 || s.len > len(b)-40) {
			t.Errorf("%d bytes of data in a packet of %d", s.len, len(b))
		}
	})
}
