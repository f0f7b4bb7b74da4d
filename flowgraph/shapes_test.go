package flowgraph

import (
	"testing"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// A shape is a conversation made by hand, and words that its drawing must have.
type shape struct {
	name  string
	make  func(*scene)
	words []string
}

// exchange is a request of 64 bytes at 20 ms and its answer of 127.
func exchange(s *scene) {
	s.seg(20000, 0, "PA", 1, 1, 64)
	s.say("GET /")
	s.seg(30000, 1, "A", 1, 65, 0)
	s.seg(49000, 1, "PA", 1, 65, 127)
	s.say("200 OK")
	s.seg(58000, 0, "A", 65, 128, 0)
}

func shapes() []shape {
	return []shape{
		{"close4", func(s *scene) {
			s.handshake()
			exchange(s)
			s.seg(60000, 0, "FA", 65, 128, 0)
			s.seg(69000, 1, "A", 128, 66, 0)
			s.seg(70000, 1, "FA", 128, 66, 0)
			s.seg(79000, 0, "A", 66, 129, 0)
		}, []string{"four segments: each FIN has an ACK of its own", "client first", "TIME_WAIT", "LAST_ACK", "FIN_WAIT_2"}},
		{"halfclose", func(s *scene) {
			s.handshake()
			s.seg(20000, 0, "PFA", 1, 1, 10)
			s.seg(30000, 1, "A", 1, 12, 0)
			s.seg(130000, 1, "PA", 1, 12, 1400)
			s.seg(140000, 0, "A", 12, 1401, 0)
			s.seg(141000, 1, "FA", 1401, 12, 0)
			s.seg(150000, 0, "A", 12, 1402, 0)
		}, []string{"half-close: the client is done, the server sends 1.4 kB more", "FIN_WAIT_2", "data, FIN  10"}},
		{"halfclosed", func(s *scene) {
			s.handshake()
			s.seg(20000, 1, "FA", 1, 1, 0)
			s.seg(30000, 0, "A", 1, 2, 0)
		}, []string{"half-closed: the server has finished, the client has not", "FIN_WAIT_2", "CLOSE_WAIT"}},
		{"simultaneous_close", func(s *scene) {
			s.handshake()
			s.seg(20000, 0, "FA", 1, 1, 0)
			s.seg(20100, 1, "FA", 1, 1, 0)
			s.seg(29000, 0, "A", 2, 2, 0)
			s.seg(29100, 1, "A", 2, 2, 0)
		}, []string{"simultaneous close: the FINs cross on the way", "CLOSING", "TIME_WAIT"}},
		{"simultaneous_open", func(s *scene) {
			s.seg(0, 0, "S", 0, 0, 0)
			s.seg(100, 1, "S", 0, 0, 0)
			s.seg(9000, 0, "SA", 0, 1, 0)
			s.seg(9100, 1, "SA", 0, 1, 0)
			s.seg(20000, 0, "PA", 1, 1, 5)
		}, []string{"simultaneous open: both ends send a SYN", "127.0.0.1:34962"}},
		{"refused", func(s *scene) {
			s.seg(0, 0, "S", 0, 0, 0)
			s.seg(9000, 1, "RA", 0, 1, 0)
		}, []string{"refused: the server answers the SYN with a RST", "RST, ACK", "refused"}},
		{"no_answer", func(s *scene) {
			s.seg(0, 0, "S", 0, 0, 0)
			s.seg(1_000_000, 0, "S", 0, 0, 0)
			s.seg(3_000_000, 0, "S", 0, 0, 0)
		}, []string{"SYN retried: sent 3 times, 1.00 and 2.00 s apart, no answer", "2.00 s: no answer, the client sends its SYN again"}},
		{"syn_retried", func(s *scene) {
			s.seg(0, 0, "S", 0, 0, 0)
			s.seg(1_000_000, 0, "S", 0, 0, 0)
			s.seg(1_009_000, 1, "SA", 0, 1, 0)
			s.seg(1_010_000, 0, "A", 1, 1, 0)
		}, []string{"SYN retried: sent 2 times", "again #1"}},
		{"reset_unread", func(s *scene) {
			s.handshake()
			s.seg(20000, 0, "PA", 1, 1, 64)
			s.seg(30000, 1, "RA", 1, 1, 0)
		}, []string{"reset with data unread: 64 bytes of the client without ACK", "┅"}},
		{"reset_acked", func(s *scene) {
			s.handshake()
			s.seg(20000, 0, "PA", 1, 1, 64)
			s.seg(20010, 1, "A", 1, 65, 0)
			s.seg(30000, 1, "RA", 1, 65, 0)
		}, []string{"reset by the server, perhaps with data unread: 64 bytes had come"}},
		{"reset_after_close", func(s *scene) {
			s.handshake()
			s.seg(20000, 0, "FA", 1, 1, 0)
			s.seg(29000, 1, "A", 1, 2, 0)
			s.seg(30000, 1, "PA", 1, 2, 100)
			s.seg(39000, 0, "R", 2, 0, 0)
		}, []string{"reset by the client: data came after it had closed"}},
		{"reset_keep_alive", func(s *scene) {
			s.handshake()
			exchange(s)
			for i := range int64(3) {
				s.seg(1_058_000+1_000_000*i, 0, "A", 64, 128, 0)
			}
			s.seg(4_058_000, 0, "RA", 65, 128, 0)
		}, []string{"reset by the client: no answer to its keep-alives", "1.00 s: no answer to the keep-alive"}},
		{"reset_after_fin", func(s *scene) {
			s.handshake()
			exchange(s)
			s.seg(60000, 1, "FA", 128, 65, 0)
			s.seg(69000, 0, "RA", 65, 129, 0)
		}, []string{"the server closes, the client resets"}},
		{"refused_twice", func(s *scene) {
			s.seg(0, 0, "S", 0, 0, 0)
			s.seg(9000, 1, "RA", 0, 1, 0)
			s.seg(1_000_000, 0, "S", 0, 0, 0)
			s.seg(1_009_000, 1, "RA", 0, 1, 0)
		}, []string{"refused", "991 ms: the client tries again", "again #1"}},
		{"midstream", func(s *scene) {
			s.seg(0, 1, "PA", 1, 1, 100)
			s.seg(1000, 0, "A", 1, 101, 0)
			s.seg(10000, 0, "PA", 1, 101, 30)
			s.seg(20000, 1, "A", 101, 31, 0)
			s.seg(30000, 0, "FA", 31, 101, 0)
			s.seg(40000, 1, "FA", 101, 32, 0)
			s.seg(41000, 0, "A", 32, 102, 0)
		}, []string{"the capture began in mid-stream: no handshake seen"}},
		{"zero_window", func(s *scene) {
			s.handshake()
			s.seg(20000, 0, "PA", 1, 1, 300, window(300))
			s.seg(30000, 1, "A", 1, 301, 0, window(0))
			s.seg(250000, 0, "A", 301, 1, 1, window(300))
			s.seg(251000, 1, "A", 1, 301, 0, window(0))
			s.seg(650000, 0, "A", 301, 1, 1, window(300))
			s.seg(651000, 1, "A", 1, 301, 0, window(0))
			s.seg(700000, 1, "A", 1, 301, 0, window(300))
			s.seg(710000, 0, "A", 301, 1, 100, window(300))
		}, []string{"zero window", "window probe", "window is closed", "window 300 B"}},
		{"keep_alive", func(s *scene) {
			s.handshake()
			exchange(s)
			for i := range int64(5) {
				s.seg(10_000_000*(i+1), 0, "A", 64, 128, 0)
				s.seg(10_000_000*(i+1)+9000, 1, "A", 128, 65, 0)
			}
		}, []string{"5 keep-alives, 40.0 s, 5 ACKs"}},
		{"timeout", func(s *scene) {
			s.handshake()
			s.seg(20000, 0, "PA", 1, 1, 100)
			s.seg(240000, 0, "PA", 1, 1, 100)
			s.seg(250000, 1, "A", 1, 101, 0)
		}, []string{"220 ms without an ACK: the client's retransmission timer", "╳a again #4", "╳", "▶▶", "see #5"}},
		{"retransmissions", func(s *scene) {
			s.handshake()
			s.seg(20000, 0, "PA", 1, 1, 100)
			for at, wait := int64(20000), int64(220000); at < 6_000_000; wait *= 2 {
				at += wait
				s.seg(at, 0, "PA", 1, 1, 100)
			}
			s.seg(7_000_000, 1, "A", 1, 101, 0)
		}, []string{"500 bytes in 5 retransmissions, 6.76 s", "220 ms without an ACK"}},
		{"nagle", func(s *scene) {
			s.handshake()
			s.seg(20000, 0, "PA", 1, 1, 1460)
			s.seg(29000, 1, "A", 1, 1461, 0)
			s.seg(30000, 0, "PA", 1461, 1, 10)
			s.seg(79000, 1, "A", 1, 1471, 0)
			s.seg(79050, 0, "PA", 1471, 1, 20)
			s.seg(130000, 1, "A", 1, 1491, 0)
		}, []string{"49.0 ms: delayed ACK; the client's 20 bytes wait for it (Nagle)", "51.0 ms: the server delays its ACK; its quickest took 9.0 ms"}},
		{"waiting", func(s *scene) {
			s.handshake()
			exchange(s)
			s.seg(500000, 0, "PA", 65, 128, 64)
			s.seg(509000, 1, "A", 128, 129, 0)
			s.seg(900000, 1, "PA", 128, 129, 10)
			s.seg(909000, 0, "A", 129, 138, 0)
			s.seg(1_400_000, 1, "PA", 138, 129, 10)
			s.seg(1_900_000, 0, "A", 129, 148, 0)
		}, []string{"442 ms: the server waits for the client, which has all it sent", "391 ms: the client waits for the server's answer to #8",
			"491 ms idle: neither end has anything to send", "500 ms: the client delays its ACK; its quickest took 1.0 ms"}},
		{"sack", func(s *scene) {
			s.handshake()
			s.seg(20000, 1, "PA", 1, 1, 1460)
			s.seg(20010, 1, "PA", 2921, 1, 1460)
			s.seg(29000, 0, "A", 1, 1461, 0)
			s.words[s.n] = Detail{SACK: []tcp.Block{{Left: 2921, Right: 4381}}}
			s.seg(29100, 0, "A", 1, 1461, 0)
			s.words[s.n] = Detail{SACK: []tcp.Block{{Left: 2921, Right: 4381}}}
		}, []string{"gap  1460", "hole of 1.5 kB · dup ack #1"}},
		{"fin_retried", func(s *scene) {
			s.handshake()
			s.seg(20000, 0, "FA", 1, 1, 0)
			s.seg(240000, 0, "FA", 1, 1, 0)
			s.seg(680000, 0, "FA", 1, 1, 0)
			s.seg(689000, 1, "FA", 1, 2, 0)
			s.seg(690000, 0, "A", 2, 2, 0)
		}, []string{"the client's FIN sent 3 times", "440 ms without an ACK"}},
		{"data_after_fin", func(s *scene) {
			s.handshake()
			s.seg(20000, 0, "FA", 1, 1, 0)
			s.seg(29000, 1, "A", 1, 2, 0)
			s.seg(30000, 0, "PA", 2, 1, 10)
		}, []string{"data after the FIN of the end that sent it"}},
		{"fast_open", func(s *scene) {
			s.seg(0, 0, "S", 0, 0, 64, func(x *tcp.Segment) { x.Opts.Has |= tcp.OptTFOCookie })
			s.seg(9000, 1, "SA", 0, 65, 0)
			s.seg(10000, 1, "PA", 1, 65, 100)
			s.seg(18000, 0, "A", 65, 101, 0)
		}, []string{"Fast Open: the SYN carries data, and the server takes it"}},
		{"began_after_syn", func(s *scene) {
			s.seg(9000, 1, "SA", 0, 1, 0)
			s.seg(10000, 0, "A", 1, 1, 0)
			s.seg(20000, 0, "PA", 1, 1, 5)
		}, []string{"the capture began after the SYN", "settled: unknown"}},
		{"fast_retransmission", fastRetransmission, []string{"╳a fast #4", "dup ack #2", "╳"}},
		{"hole", func(s *scene) {
			s.handshake()
			s.seg(20000, 1, "PA", 1, 1, 1460)
			s.seg(20010, 1, "PA", 2921, 1, 1460)
			s.seg(29000, 0, "A", 1, 1461, 0)
			s.seg(29010, 1, "PA", 1461, 1, 1460)
			s.seg(38000, 0, "A", 1, 4381, 0)
		}, []string{"gap  1460", "late: #7", "out of order"}},
		{"lost_for_good", func(s *scene) {
			s.handshake()
			s.seg(20000, 1, "PA", 1, 1, 1460)
			s.seg(20010, 1, "PA", 2921, 1, 1460)
			s.seg(38000, 0, "A", 1, 4381, 0)
		}, []string{"gap  1460", "not captured", "acks unseen"}},
		{"bulk", bulk, []string{"1.2 MB in 829 segments, 82.8 ms, 415 ACKs", "200 OK  1460"}},
		{"handshake_only", func(s *scene) { s.seg(0, 0, "S", 0, 0, 0); s.seg(9, 1, "SA", 0, 1, 0) }, []string{"not finished"}},
	}
}

func fastRetransmission(s *scene) {
	s.handshake()
	s.seg(20000, 0, "A", 1, 1, 100)
	for i := range uint32(4) {
		s.seg(20100+int64(i)*100, 0, "A", 101+100*i, 1, 100)
	}
	for i := range int64(4) {
		s.seg(30000+i*10, 1, "A", 1, 1, 0)
	}
	s.seg(30100, 0, "A", 1, 1, 100)
	s.seg(40000, 1, "A", 1, 501, 0)
}

// bulk is an answer of 830 segments, every other one acknowledged.
func bulk(s *scene) {
	s.handshake()
	s.seg(20000, 0, "PA", 1, 1, 64)
	s.say("GET /big")
	for i := range uint32(830) {
		s.seg(39000+int64(i)*100, 1, "A", 1+1460*i, 65, 1460)
		if i == 0 {
			s.say("200 OK")
		}
		if i%2 == 1 {
			s.seg(39050+int64(i)*100, 0, "A", 65, 1+1460*(i+1), 0, window(uint16(60000+i)))
		}
	}
}

// datagrams is a UDP conversation of a question, its answer and a run.
func datagrams(t testing.TB) *Graph {
	s := newScene(t)
	info := Info{Kind: trace.UDP, Stream: 7, Node: [2]packet.Endpoint{s.flow.Src, s.flow.Dst}, Server: 1}
	segs := []Segment{{Number: 3, Time: sceneStart, Len: 40}, {Number: 5, Time: sceneStart + 12_000_000, Len: 120, Dir: 1}}
	for i := range packet.Number(9) {
		segs = append(segs, Segment{Number: 6 + i, Time: sceneStart + packet.Time(20_000_000+1_000_000*int64(i)), Len: 1200, Dir: 1})
	}
	return Build(Input{Info: info, Segments: segs, Lookup: func(n packet.Number) Detail {
		if n == 3 {
			return Detail{Word: "Standard query 0x1234 A example.com"}
		}
		return Detail{}
	}})
}
