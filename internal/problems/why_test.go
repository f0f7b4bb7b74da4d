package problems

import (
	"testing"

	"tcplens/internal/packet"
)

// TestWhy holds what is said of packets of the scenarios to texts that were written
// down after the packets had been looked at.
func TestWhy(t *testing.T) {
	const rtx, fast, spurious = "tcp.analysis.retransmission", "tcp.analysis.fast_retransmission", "tcp.analysis.spurious_retransmission"
	tests := []struct {
		file string
		n    packet.Number
		kind string
		want string
	}{
		{"02_retransmission_rto", 6, rtx, "retransmission of #4: the same 100 bytes, never acknowledged before #8; RTO 300 ms"},
		{"02_retransmission_rto", 7, rtx, "retransmission of #4: bytes 1–200 again (#4 to #6 had parts of them), never acknowledged before #8; RTO 900 ms"},
		{"03_fast_retransmission", 10, "tcp.analysis.duplicate_ack", "duplicate ACK 1 of #9: the receiver still waits for byte 1001, #5 (1000 bytes) has not arrived; sent again in #13"},
		{"03_fast_retransmission", 13, fast, "fast retransmission of #5: the same 1000 bytes; 3 duplicate ACKs of #9 asked for byte 1001, the first #10"},
		{"03_fast_retransmission", 13, rtx, "fast retransmission of #5: the same 1000 bytes; 3 duplicate ACKs of #9 asked for byte 1001, the first #10"},
		{"04_fast_rtx_too_late", 10, rtx, "retransmission of #5: the same 1000 bytes, never acknowledged; RTO 36 ms"},
		{"05_one_dup_ack", 5, "tcp.analysis.lost_segment", "previous segment not captured: 1000 bytes before this one are missing; they came later in #8"},
		{"05_one_dup_ack", 7, "tcp.analysis.duplicate_ack", "duplicate ACK 1 of #6: the receiver still waits for byte 1001, which has not been captured so far; it comes in #8"},
		{"05_one_dup_ack", 8, "tcp.analysis.out_of_order", "out of order: bytes 1001–2000 came 20 ms after #5, which follows them: too soon for having been asked for (iRTT 30 ms)"},
		{"05_one_dup_ack", 10, rtx, "retransmission: bytes 3001–4000 come for the first time in this capture, 30 ms after #9, which is beyond them; RTO 51 ms since #5"},
		{"06_spurious", 6, spurious, "spurious retransmission of #4: the same 100 bytes, acknowledged already by #5, 210 ms before"},
		{"06_spurious", 7, "tcp.analysis.duplicate_ack", "duplicate ACK 1 of #5: byte 101 is the next one and nothing beyond it was sent; it answers #6, which brought nothing new"},
		{"06_spurious", 8, rtx, "retransmission of #4: bytes 51–150, of which 50 are new (#4 to #6 had parts of them), the first 50 acknowledged by #5; RTO 280 ms"},
		{"06_spurious", 9, "tcp.analysis.ack_lost_segment", "acknowledges all before byte 151, and what is new of it was captured, last in #8"},
		{"06_spurious", 12, rtx, "retransmission of #10: the same FIN, although #11 had acknowledged it; RTO 280 ms"},
		{"06_spurious", 13, spurious, "spurious retransmission of #8: bytes 101–150 again, acknowledged already by #9, 390 ms before"},
		{"07_ooo_irtt", 6, "tcp.analysis.out_of_order", "out of order: bytes 101–200 came 9.0 ms after #5, which follows them: too soon for having been asked for (iRTT 10 ms)"},
		{"07_ooo_irtt", 10, rtx, "retransmission of #9: bytes 501–700, of which 100 are new, never acknowledged; 100 µs after it, RTO 40 ms since #4"},
		{"08_ooo_3ms", 3, "tcp.analysis.out_of_order", "out of order: bytes 101–200 came 2.9 ms after #2, which follows them"},
		{"09_lost_and_unseen", 5, "tcp.analysis.lost_segment", "previous segment not captured: 200 bytes before this one are missing; never captured, but acknowledged by #7: lost by the capture, not by the network"},
		{"09_lost_and_unseen", 8, "tcp.analysis.ack_lost_segment", "acknowledges all before byte 901, but 400 bytes (501–900) of it were never captured: lost by the capture, not by the network"},
		{"09_lost_and_unseen", 10, "tcp.analysis.lost_segment", "previous segment not captured: 450 bytes before this one are missing; never captured, but acknowledged by #9: lost by the capture, not by the network"},
		{"10_dup_acks", 12, fast, "fast retransmission: bytes 101–200 come for the first time in this capture, 15 ms after #5, which is beyond them; 3 duplicate ACKs of #6 asked for byte 101, the first #7"},
		{"10_dup_acks", 14, "tcp.options.sack.dsack", "D-SACK: bytes 101–200 reached this end twice; captured once, in #12"},
		{"10_dup_acks", 14, "tcp.analysis.duplicate_ack", "duplicate ACK 1 of #13, for nothing but this: bytes 101–200 reached this end twice; captured once, in #12"},
		{"11_keep_alive", 6, "tcp.analysis.keep_alive", "keep-alive: byte 100 again, acknowledged by #5, after 9.97 s of silence; answered by #7 after 10 ms"},
		{"11_keep_alive", 7, "tcp.analysis.keep_alive_ack", "answers the keep-alive #6: still there, and the next byte is 101"},
		{"11_keep_alive", 13, "tcp.analysis.keep_alive", "keep-alive: number 0 again, which comes before the first byte, acknowledged by #3, after 9.99 s of silence; answered by #14 after 10 ms"},
		{"12_zero_window", 6, "tcp.analysis.window_full", "window full: #5 allows 100 bytes from 201 on, and this segment takes the last of them; #12 allows more, 660 ms later"},
		{"12_zero_window", 7, "tcp.analysis.zero_window", "zero window: this end can take nothing from byte 301 on, reopened by #12 after 650 ms (window 300)"},
		{"12_zero_window", 11, "tcp.analysis.zero_window", "zero window: this end can take nothing from byte 301 on; closed since #7, reopened by #12 after 650 ms (window 300)"},
		{"12_zero_window", 14, "tcp.analysis.zero_window", "zero window: this end can take nothing from byte 401 on, until the connection was reset by #17, 230 ms later"},
		{"12_zero_window", 8, "tcp.analysis.zero_window_probe", "zero window probe: one byte at 301 although #7 says that there is no room (window 0); answered by #9 after 1.0 ms (window 0)"},
		{"12_zero_window", 9, "tcp.analysis.zero_window_probe_ack", "answers the zero window probe #8: the window is still 0"},
		{"12_zero_window", 17, "tcp.connection.rst", "reset, 50 ms after #15, the last of the other end: all that the other end sent was acknowledged"},
		{"13_window_full", 4, "tcp.analysis.window_full", "window full: #2 allows 500 bytes from 1 on, and this segment takes the last of them; #5 allows more, 10 ms later"},
		{"13_window_full", 9, "tcp.analysis.window_full", "window full: #7 allows 1280 bytes from 1 on, and this segment takes the last of them; no more is allowed afterwards"},
		{"14_port_reuse", 5, "tcp.analysis.reused_ports", "a new connection between ports that had one before: tcp.stream 0, #1 to #4 (reset), 980 ms ago"},
		{"14_port_reuse", 6, rtx, "retransmission of #5: the same SYN, never acknowledged before #7; RTO 1.00 s"},
		{"14_port_reuse", 12, "tcp.connection.rst", "refuses the connection that #11 asks for, 10 ms after it: nothing listens on port 3000, or something on the way will not let it pass"},
		{"14_port_reuse", 13, rtx, "retransmission of #11: the same SYN, although #12 had answered it with a reset; RTO 1.00 s"},
		{"15_synack_new_isn", 2, "tcp.analysis.reused_ports", "the later SYN, ACK #3 counts from another number: its end has begun anew"},
		{"15_synack_new_isn", 3, "tcp.analysis.reused_ports", "a second SYN, ACK that counts from another number than #2: its end has begun anew"},
		{"15_synack_new_isn", 3, "tcp.analysis.lost_segment", "previous segment not captured: it only seems so, as this SYN, ACK counts from another number than the one before"},
		{"16_midstream", 5, "tcp.connection.fin_active", "closes its direction first: it ends before byte 31; acknowledged by #6"},
		{"16_midstream", 6, "tcp.connection.fin_passive", "closes its direction, too, 10 ms after #5: it ends before byte 101; acknowledged by #7"},
		{"17_scaling_variants", 17, "tcp.options.wscale.shift.invalid", "Window scale shift exceeds 14: Shift count: 15, byte 61 of the packet"},
		{"18_wraparound", 7, "tcp.analysis.out_of_order", "out of order: bytes 101–200 came 1.0 ms after #6, which follows them: too soon for having been asked for (iRTT 10 ms)"},
		{"19_in_flight", 11, "tcp.analysis.duplicate_ack", "duplicate ACK 1 of #9: the receiver still waits for byte 151, the rest of #5 has not arrived; acknowledged in #17 without being sent again"},
		{"19_in_flight", 15, "tcp.analysis.lost_segment", "previous segment not captured: 100 bytes before this one are missing; they never came, and nothing acknowledges them"},
		{"20_partial_overlap", 5, rtx, "retransmission of #4: bytes 1–150, of which 50 are new, never acknowledged before #6; RTO 200 ms"},
		{"21_fast_open", 8, "tcp.analysis.tfo_ignored", "TCP SYN-ACK ignoring TFO data: Acknowledgment Number: 1    (relative ack number), bytes 42–45 of the packet"},
		{"21_fast_open", 9, rtx, "retransmission of #7: the same numbers, but other contents in these 20 bytes, never acknowledged before #10; RTO 11 ms"},
		{"22_resets", 7, "tcp.connection.rst", "reset in answer to #6 (100 bytes), 10 ms after it: 100 bytes of the other end were never acknowledged"},
		{"22_resets", 8, "tcp.connection.rst", "reset again, as in #7"},
		{"23_tso_iplen0", 10, "_ws.malformed.expert", "TCP ends where more must come: the last that could be read is Destination Port: 3000, bytes 36–37 of the packet"},
		{"23_tso_iplen0", 8, "ip.bogus_ip_length", "IPv4 total length exceeds packet length (140 bytes): Total Length: 200, bytes 16–17 of the packet"},
		{"24_completeness", 21, "tcp.connection.rst", "reset in answer to #20 (FIN), 1.0 ms after it: the FIN of #20 was never acknowledged"},
		{"25_odd_headers", 1, "tcp.ack.nonzero", "the acknowledgment number is 7, but the ACK flag that would make it count is not set"},
		{"25_odd_headers", 4, "tcp.urgent_pointer.non_zero", "The urgent pointer field is nonzero while the URG flag is not set: Urgent Pointer: 9, bytes 52–53 of the packet"},
		{"32_checksum", 5, kindBadTCP, "the checksum is 0xa081 and should be 0x5f81: bytes were changed after it was made, or it never was"},
		{"33_follow_gap", 8, rtx, "retransmission of #5: bytes 9–19, of which 5 are new, the first 6 acknowledged by #7; RTO 179 ms"},
		{"51_real_slow_reader", 9, "tcp.options.sack.dsack", "D-SACK: bytes 2801–4200 reached this end twice; sent in #7 and #8"},
		{"51_real_slow_reader", 18, rtx, "retransmission of #17: the same 1352 bytes, never acknowledged before #19; 14 ms after it, RTO 14 ms since #16"},
		{"27_ipv6", 7, "tcp.analysis.keep_alive", "keep-alive: byte 100 again, acknowledged by #5, after 8.97 s of silence; not answered"},
		{"02_retransmission_rto", 5, rtx, ""},
		{"02_retransmission_rto", 99, rtx, ""},
	}
	for _, test := range tests {
		tr := load(t, scenarios+test.file+".pcap")
		if got := NewExplainer(tr).Why(tr.Snapshot(), test.n, test.kind); got != test.want {
			t.Errorf("%s #%d %s:\n got %s\nwant %s", test.file, test.n, test.kind, got, test.want)
		}
	}
}

// TestReasons holds in which order the reasons for a packet stand.
func TestReasons(t *testing.T) {
	tests := []struct {
		file  string
		n     packet.Number
		kinds []string
	}{
		{"37_prefix_order", 5, []string{"tcp.analysis.ack_lost_segment", "tcp.analysis.zero_window"}},
		{"37_prefix_order", 7, []string{"tcp.analysis.window_full", "tcp.analysis.spurious_retransmission"}},
		{"03_fast_retransmission", 13, []string{"tcp.analysis.fast_retransmission"}},
		{"06_spurious", 12, []string{"tcp.analysis.retransmission", "tcp.connection.fin_active"}},
		{"23_tso_iplen0", 9, []string{kindBadIPv4, kindBadTCP}},
		{"03_fast_retransmission", 4, nil},
	}
	for _, test := range tests {
		tr := load(t, scenarios+test.file+".pcap")
		list := NewExplainer(tr).Packet(tr.Snapshot(), test.n)
		var got []string
		for _, r := range list {
			got = append(got, r.Kind)
		}
		if len(got) != len(test.kinds) {
			t.Errorf("%s #%d: %q, want %q", test.file, test.n, got, test.kinds)
			continue
		}
		for i := range got {
			if got[i] != test.kinds[i] {
				t.Errorf("%s #%d: %q, want %q", test.file, test.n, got, test.kinds)
			}
		}
	}
}
