package tui

import (
	"strings"

	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// explanations say what a field means, in a sentence or two, for whoever has not
// met it yet. What has none is not explained rather than repeated.
var explanations = map[string]string{
	"eth.dst":                              "The hardware address of the next station on this link: the receiver itself or the router towards it. It changes at every hop.",
	"eth.src":                              "The hardware address of the station that put the frame on this link. On loopback both addresses are zero.",
	"eth.type":                             "What the frame carries: 0x0800 IPv4, 0x86dd IPv6, 0x0806 ARP (IEEE 802.3, RFC 9542).",
	"ip.ttl":                               "How many more routers may pass the packet on. Each takes one off; at zero the packet is dropped and the sender told by ICMP (RFC 791). Systems begin with 64, 128 or 255, so 255 or 64 minus this is how far away the sender is.",
	"ip.id":                                "Tells which fragments belong to the same packet (RFC 6864). Without fragments it means nothing.",
	"ip.flags.df":                          "Don't Fragment: a router for which the packet is too big drops it and says so, which is how the sender learns the path's MTU (RFC 1191).",
	"ip.flags.mf":                          "More Fragments: this is a piece of a bigger packet, and not the last one.",
	"ip.len":                               "The length of header and data in bytes, as the sender meant it. More than was captured: the capture cut the packet short.",
	"ip.proto":                             "What the packet carries: 6 TCP, 17 UDP, 1 ICMP (IANA's protocol numbers).",
	"ip.checksum":                          "Covers the IPv4 header only. On packets that this machine sends it is often still wrong or zero here, as the network card fills it in later.",
	"ipv6.hlim":                            "How many more routers may pass the packet on (RFC 8200), as the TTL of IPv4.",
	"ipv6.flow":                            "A number that packets of one flow share, so that routers can treat them alike without looking inside (RFC 6437).",
	"tcp.srcport":                          "The sender's port. A client's is taken from the ephemeral range for one connection; a server's is where it listens.",
	"tcp.dstport":                          "The port that the segment is for: on a server it says which service is meant.",
	"tcp.stream":                           "tcplens numbers conversations from 0. All packets with this number belong together: C shows them alone, f follows what was said, x draws it.",
	"tcp.len":                              "Bytes of data in this segment, header excluded. 0: it only acknowledges, or opens or closes.",
	"tcp.seq":                              "The number of the segment's first byte among all that its sender sends. It is shown counted from 0; SYN and FIN take one number each (RFC 9293 §3.4).",
	"tcp.seq_raw":                          "The sequence number as it stands in the packet. Each end begins at a number of its own that cannot be guessed (RFC 6528).",
	"tcp.nxtseq":                           "The number that the sender's next new byte will have.",
	"tcp.ack":                              "The number of the next byte that the sender of this segment expects: everything before it has arrived (RFC 9293 §3.4).",
	"tcp.ack_raw":                          "The acknowledgment number as it stands in the packet.",
	"tcp.hdr_len":                          "The length of the TCP header: 20 bytes, and up to 40 of options.",
	"tcp.flags":                            "What kind of segment it is: SYN opens, ACK confirms, PSH asks to hand the data on at once, FIN says that no more will be sent, RST breaks off.",
	"tcp.flags.syn":                        "Synchronise: opens the connection and tells the number that the sender begins with. Only the first segment of each end has it.",
	"tcp.flags.fin":                        "Finish: the sender has no more data. The other direction stays open until its end sends a FIN too (RFC 9293 §3.6).",
	"tcp.flags.reset":                      "Reset: the connection ends at once. To a SYN it means that nobody listens on the port; later, that the sender has no such connection or gave it up, and data may be lost.",
	"tcp.flags.push":                       "Push: the receiver should hand the data to its program without waiting for more.",
	"tcp.flags.ack":                        "The acknowledgment number is valid. All segments but the first SYN have it.",
	"tcp.flags.ece":                        "ECN-Echo: a router on the way has marked congestion, send slower (RFC 3168). On a SYN: I can do ECN.",
	"tcp.flags.cwr":                        "Congestion Window Reduced: the answer to ECN-Echo (RFC 3168).",
	"tcp.window_size_value":                "How many more bytes the sender of this segment can take, before scaling.",
	"tcp.window_size":                      "How many bytes beyond the acknowledgment the sender of this segment can take: the value in the header times the scaling factor that the SYN announced (RFC 7323). 0 means: stop.",
	"tcp.window_size_scalefactor":          "What the window in the header is multiplied by. It is told in the SYNs only: −1 means that they were not captured, −2 that scaling is not used.",
	"tcp.checksum":                         "Covers the addresses, header and data. On packets that this machine sends it is usually still to be filled in by the network card, so it is not checked.",
	"tcp.completeness":                     "Which parts of a connection's life were captured: 1 SYN, 2 SYN+ACK, 4 ACK, 8 data, 16 FIN, 32 RST, added up. 31 is a whole connection that closed well.",
	"tcp.options.mss_val":                  "Maximum Segment Size: the most data that the sender of this SYN wants in one segment: its link's MTU less 40 bytes, or 60 with IPv6 (RFC 9293 §3.7.1).",
	"tcp.options.wscale.shift":             "Window scale: windows of this end are to be shifted left by so many bits, so that more than 64 kB can be under way (RFC 7323).",
	"tcp.options.sack_perm":                "The sender understands selective acknowledgments: it will say which blocks arrived behind a gap (RFC 2018).",
	"tcp.options.timestamp.tsval":          "The sender's clock; the other end sends it back, so that the round trip can be measured (RFC 7323).",
	"tcp.options.timestamp.tsecr":          "The clock value that the other end sent last, returned.",
	"tcp.analysis.acks_frame":              "The packet whose data this one confirms. Enter goes there.",
	"tcp.analysis.ack_rtt":                 "The time from that packet to this confirmation: the round trip as seen from where the capture was made. A capture at the receiver shows almost nothing.",
	"tcp.analysis.initial_rtt":             "The round trip time as the handshake showed it, from SYN to the ACK of the SYN+ACK.",
	"tcp.analysis.bytes_in_flight":         "Bytes sent and not yet confirmed when this segment left. It cannot rise above the window of the other end.",
	"tcp.analysis.push_bytes_sent":         "Bytes sent since the last segment with PSH.",
	"udp.length":                           "Header and data of the datagram in bytes; the header takes 8 (RFC 768).",
	"udp.stream":                           "tcplens numbers UDP conversations, pairs of ends, from 0.",
	"udp.checksum":                         "Covers the addresses and the datagram. 0 means that the sender made none, which IPv4 allows.",
	"dns.id":                               "The answer bears the number of its question, so that they can be told to belong together (RFC 1035 §4.1.1).",
	"dns.flags.rcode":                      "How it went: 0 well, 2 the server failed, 3 no such name, 5 refused (RFC 1035 §4.1.1).",
	"dns.flags.authoritative":              "The answer comes from a server that is responsible for the name, and not from a cache.",
	"dns.flags.truncated":                  "The answer did not fit in a datagram: the asker tries again over TCP.",
	"dns.flags.recdesired":                 "The asker wants the server to find the answer elsewhere if it does not have it.",
	"dns.resp.ttl":                         "How many seconds the answer may be kept.",
	"http.response.code":                   "2xx went well, 3xx look elsewhere, 4xx the request was wrong, 5xx the server failed (RFC 9110 §15).",
	"http.host":                            "The name that the client asked for: one address serves many of them (RFC 9110 §7.2).",
	"http.content_length_header":           "How many bytes of body follow the empty line (RFC 9112 §6.2).",
	"http.transfer_encoding":               "chunked: the body comes in pieces, each with its length before it, as the whole length was not known (RFC 9112 §7.1).",
	"http.connection":                      "close: the connection ends after this message; otherwise it stays open for the next request (RFC 9112 §9.3).",
	"http.time":                            "The time from the request to this response, as seen where the capture was made.",
	"tls.record.version":                   "The version that the record layer claims. With TLS 1.3 it still says TLS 1.2: what was agreed on stands in the Server Hello's supported_versions (RFC 8446 §5.1).",
	"tls.handshake.extensions_server_name": "The name that the client wants to reach, in the clear, so that a server of many names can pick the certificate (RFC 6066 §3).",
	"tls.record.role":                      "What the encrypted record is, told without keys: by its place among the records, its direction and its size. Where that does not prove it, it says likely; where it tells nothing, there is no such line. With the keys (--keylog) the record is opened and shown instead.",
	"tls.handshake.ciphersuite":            "How to encrypt. The client offers a list, the server's hello names the one that is used.",
	"arp.opcode":                           "1 asks which station has an IPv4 address, 2 answers with its hardware address (RFC 826).",
	"icmp.type":                            "What the message tells: 8 and 0 are ping and its answer, 3 unreachable, 11 the TTL ran out (RFC 792).",
	"frame.time_delta":                     "The time since the packet before in the capture, whatever it belonged to.",
	"frame.cap_len":                        "Bytes of the packet that the capture has. Fewer than its length: the snap length cut it.",
}

// protocolExplanations serve for fields without one of their own, and for rows.
var protocolExplanations = map[string]string{
	"frame":  "What the capture itself says of the packet: when, where and how much. None of it was on the wire.",
	"eth":    "Ethernet carries packets over one link, from one station to the next.",
	"sll":    "Linux cooked capture: what a capture on the interface any has in the place of the link's own header.",
	"vlan":   "A VLAN tag: which virtual network on the same cable the frame belongs to (IEEE 802.1Q).",
	"arp":    "ARP finds the hardware address that belongs to an IPv4 address on the same link (RFC 826).",
	"ip":     "IPv4 carries packets from address to address over any number of links. It promises nothing: packets can be lost, doubled, or change places (RFC 791).",
	"ipv6":   "IPv6 carries packets from address to address over any number of links (RFC 8200).",
	"icmp":   "ICMP tells of what went wrong with IPv4 packets, and answers ping (RFC 792).",
	"icmpv6": "ICMPv6 tells of what went wrong with IPv6 packets, answers ping, and finds neighbours and routers (RFC 4443, RFC 4861).",
	"tcp":    "TCP makes a reliable stream of bytes of packets that may be lost: bytes are numbered, what arrived is acknowledged, what is not acknowledged is sent again (RFC 9293).",
	"udp":    "UDP sends single datagrams between ports. Nothing is repeated, ordered or acknowledged (RFC 768).",
	"dns":    "DNS finds addresses and more for names (RFC 1035).",
	"http":   "HTTP/1: a request line, headers, an empty line and perhaps a body; the response likewise (RFC 9112).",
	"tls":    "TLS encrypts what is in a connection. The first messages, in which both ends agree on keys, can be read; what follows cannot without the keys (RFC 8446).",
	"dhcp":   "DHCP gives a machine its address: discover, offer, request, acknowledge (RFC 2131).",
	"ntp":    "NTP sets clocks by others over the network (RFC 5905).",
}

// verdictTexts explain what the sequence analysis says of a segment.
var verdictTexts = []struct {
	v tcp.Verdict
	s string
}{
	{tcp.SpuriousRetransmission, "Spurious retransmission: these bytes were sent before, and the other end had already acknowledged them. The sender's clock ran out too early, or the acknowledgment was lost."},
	{tcp.FastRetransmission, "Fast retransmission: sent again because several duplicate ACKs told that something is missing, without waiting for the clock (RFC 5681)."},
	{tcp.Retransmission, "Retransmission: these bytes were sent before and not acknowledged in time. The segment or its acknowledgment was lost, or is late."},
	{tcp.OutOfOrder, "Out of order: the segment belongs before others that came earlier. It took another way, or was sent again quickly."},
	{tcp.LostSegment, "Previous segment not captured: bytes before this segment are missing. They were lost on the way, or the capture missed them; an ACK for them tells which."},
	{tcp.AckLostSegment, "ACKed unseen segment: the other end confirms bytes that this capture never saw. The capture lost packets, not the network."},
	{tcp.DuplicateAck, "Duplicate ACK: the receiver says the same number again, as something arrived behind a gap. Three of them make the sender repeat what is missing."},
	{tcp.ZeroWindowProbe, "Zero window probe: the sender tries with one byte whether the receiver can take more."},
	{tcp.ZeroWindow, "Zero window: the receiver can take no more. Its program is too slow to read what has come."},
	{tcp.WindowFull, "Window full: the sender has filled all that the receiver said it can take, and must wait."},
	{tcp.WindowUpdate, "Window update: the receiver can take more now."},
	{tcp.KeepAlive, "Keep-alive: asks whether the other end is still there, with a byte that it has already (RFC 1122 §4.2.3.6)."},
	{tcp.KeepAliveAck, "The answer to a keep-alive: still here."},
	{tcp.ReusedPorts, "Port numbers reused: a new connection between ports that had one before."},
}

// explain shows what the field, or the packet, under the cursor means.
func (m *Model) explain() {
	title, text := m.explanation()
	if text == "" {
		m.say("there is no explanation for this", false)
		return
	}
	lines := []string{text}
	if m.focus == paneList {
		for i := len(m.why.reasonsOf(m.list.cur)) - 1; i >= 0; i-- {
			lines = append([]string{m.why.reasons[i].Text}, lines...)
		}
		if rule := m.ruleOf(m.list.cur); rule != "" {
			lines = append(lines, "Colouring rule "+rule)
		}
	}
	if n := m.tree.node(); m.focus == paneDetail && n != nil && n.proto == "tls" {
		if s := m.keyWords(); s != "" {
			lines = append(lines, s)
		}
	}
	m.menu = &menu{title: title, text: lines}
}

func (m *Model) explanation() (title, text string) {
	if m.focus == paneList {
		return m.explainRow()
	}
	for i := m.tree.cur; i >= 0 && i < len(m.tree.nodes); i = m.tree.nodes[i].parent {
		n := &m.tree.nodes[i]
		if s, ok := explanations[n.abbrev]; ok {
			return n.name + " (" + n.abbrev + ")", s
		}
		if s, ok := protocolExplanations[n.abbrev]; ok {
			return n.name, s
		}
		if strings.HasPrefix(n.abbrev, "tcp.analysis.") || n.abbrev == "_ws.expert" {
			if title, s := m.explainVerdict(m.src.row(m.tree.of)); s != "" {
				return title, s
			}
		}
	}
	return "", ""
}

// explainRow explains a packet: its verdict, or its flags, or its protocol.
func (m *Model) explainRow() (title, text string) {
	row := m.src.row(m.list.cur)
	if row == nil {
		return "", ""
	}
	if title, s := m.explainVerdict(row); s != "" {
		return title, s
	}
	if row.Kind == trace.TCP {
		title, text := m.explainFlags(row)
		if text != "" {
			return title, text
		}
	}
	if p := m.tree.protocol(m.tree.lastProtocol()); p != nil {
		return p.name, protocolExplanations[p.abbrev]
	}
	return "", ""
}

func (m *Model) explainVerdict(row *trace.Row) (title, text string) {
	if row == nil {
		return "", ""
	}
	for _, v := range verdictTexts {
		if row.Verdict&v.v != 0 {
			title, text, _ := strings.Cut(v.s, ": ")
			return title, strings.ToUpper(text[:1]) + text[1:]
		}
	}
	return "", ""
}

func (m *Model) explainFlags(row *trace.Row) (title, text string) {
	switch {
	case row.Flags&tcp.RST != 0:
		return "RST", explanations["tcp.flags.reset"]
	case row.Flags&(tcp.SYN|tcp.ACK) == tcp.SYN:
		return "SYN", "The client opens a connection: it tells the number that its bytes are counted from, and in options how big segments and windows may be. The server answers with SYN, ACK."
	case row.Flags&tcp.SYN != 0:
		return "SYN, ACK", "The server accepts: it confirms the client's number and tells its own. An ACK of the client completes the handshake."
	case row.Flags&tcp.FIN != 0:
		return "FIN", explanations["tcp.flags.fin"]
	case row.PayLen == 0:
		return "ACK", "Only confirms what has arrived. It carries no data and is not acknowledged itself."
	}
	return "", ""
}
