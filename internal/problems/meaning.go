package problems

// Meaning says in a sentence or two what a kind of problem usually comes from; empty
// for kinds that say all in their name.
func Meaning(kind string) string {
	switch kind {
	case "tcp.analysis.retransmission":
		return "Bytes were sent again: the segment or its acknowledgment was lost or late. A few are normal on the internet; many, or many in one direction, point to a lossy link or a full queue."
	case "tcp.analysis.fast_retransmission":
		return "Sent again because duplicate ACKs told what is missing, without waiting for the clock (RFC 5681): a segment was lost, and the loss was mended quickly."
	case "tcp.analysis.spurious_retransmission":
		return "Sent again although the other end had acknowledged it: the acknowledgment was lost or slow, or the sender's clock ran out too early."
	case "tcp.analysis.out_of_order":
		return "A segment came behind one that follows it, too soon for having been sent again: packets overtook each other on paths or queues of different length."
	case "tcp.analysis.lost_segment":
		return "Bytes before a segment are not there yet: lost on the way to this place, or overtaken. What the capture itself has lost is told above and not counted here."
	case "tcp.analysis.ack_lost_segment":
		return "An acknowledgment of bytes that the analysis had not counted. The packets say whether any are missing."
	case "tcp.analysis.duplicate_ack":
		return "The receiver says the same number again: something came that is not what it waits for. Three in a row make the sender repeat what is missing (RFC 5681)."
	case "tcp.analysis.zero_window":
		return "The receiver has no room: its program reads more slowly than the data comes. Look at that program, not at the network."
	case "tcp.analysis.window_full":
		return "The sender has used up what the receiver allows and must wait: the receiver's buffer bounds the throughput."
	case "tcp.analysis.zero_window_probe", "tcp.analysis.zero_window_probe_ack":
		return "While the window is closed, the sender asks again and again whether there is room (RFC 9293 §3.8.6.1)."
	case "tcp.analysis.reused_ports":
		return "A new connection between the same ports. Clients in a hurry do so; a late packet of the old one may be mistaken for one of the new."
	case "tcp.analysis.keep_alive", "tcp.analysis.keep_alive_ack":
		return "Nothing is wrong: one end asks whether the other is still there (RFC 9293 §3.8.4)."
	case "tcp.connection.rst":
		return "The connection ends at once. In answer to a SYN nobody listens on the port; later, a program gave up, ended with data unread, or something on the way cut the connection off."
	case "tcp.connection.fin_active", "tcp.connection.fin_passive":
		return "Nothing is wrong: a direction of a connection is closed (RFC 9293 §3.6)."
	case "tcp.options.sack.dsack":
		return "The receiver tells that it got the same bytes twice (RFC 2883): what was sent again had not been lost."
	case malformedKind:
		return "The packet ends, or a length in it points, where its protocol does not allow it: it is damaged, cut, meant to do harm, or not of that protocol."
	case reassemblyKind:
		return "Bytes came again for a message that was complete."
	case "icmp.resp_not_found", "icmpv6.resp_not_found":
		return "A ping without an answer: the other end is down or does not answer, or one of the two was lost."
	case kindBadTCP, kindBadUDP, kindBadIPv4:
		return "The receiver drops such a packet. Bytes were changed on the way, by a faulty device or by one that rewrites packets."
	}
	return ""
}
