package dissect

import (
	"fmt"
	"strconv"

	"tcplens/internal/packet"
)

// The fields of what is in Initial packets (RFC 9000 §19).
var (
	fQUICReserved  = pQUIC.u8("quic.long.reserved", "Reserved", Dec, mask(0x0c))
	fQUICNumberLen = pQUIC.u8("quic.packet_number_length", "Packet Number Length", Dec, mask(0x03), names(list("1 bytes", "2 bytes", "3 bytes", "4 bytes")))
	fQUICNumber    = pQUIC.u64("quic.packet_number", "Packet Number", Dec)
	fQUICPayload   = pQUIC.bytes("quic.payload", "Payload")
	fQUICFrame     = pQUIC.none("quic.frame", "Frame")
	fQUICFrameType = pQUIC.u64("quic.frame_type", "Frame Type", Dec)
	fQUICPadding   = pQUIC.u32("quic.padding_length", "Padding Length", Dec)
	fQUICAckLast   = pQUIC.u64("quic.ack.largest_acknowledged", "Largest Acknowledged", Dec)
	fQUICAckDelay  = pQUIC.u64("quic.ack.ack_delay", "ACK Delay", Dec)
	fQUICAckCount  = pQUIC.u64("quic.ack.ack_range_count", "ACK Range Count", Dec)
	fQUICAckFirst  = pQUIC.u64("quic.ack.first_ack_range", "First ACK Range", Dec)
	fQUICAckGap    = pQUIC.u64("quic.ack.gap", "Gap", Dec)
	fQUICAckRange  = pQUIC.u64("quic.ack.ack_range", "ACK Range", Dec)
	fQUICECT0      = pQUIC.u64("quic.ack.ect0_count", "ECT(0) Count", Dec)
	fQUICECT1      = pQUIC.u64("quic.ack.ect1_count", "ECT(1) Count", Dec)
	fQUICECNCE     = pQUIC.u64("quic.ack.ecn_ce_count", "ECN-CE Count", Dec)
	fQUICOffset    = pQUIC.u64("quic.crypto.offset", "Offset", Dec)
	fQUICSize      = pQUIC.u64("quic.crypto.length", "Length", Dec)
	fQUICCrypto    = pQUIC.none("quic.crypto.crypto_data", "Crypto Data")
	fQUICFrags     = pQUIC.none("quic.crypto.fragments", "Reassembled QUIC CRYPTO Data Fragments")
	fQUICFrag      = pQUIC.frame("quic.crypto.fragment", "QUIC CRYPTO Data Fragment")
	fQUICFragCount = pQUIC.u32("quic.crypto.fragment.count", "Fragment count", Dec)
	fQUICFragIn    = pQUIC.frame("quic.reassembled_in", "Reassembled PDU in frame")
	fQUICError     = pQUIC.u64("quic.cc.error_code", "Error code", Dec, names(quicErrors))
	fQUICAlert     = pQUIC.u8("quic.cc.error_code.tls_alert", "TLS Alert Description", Dec, names(tlsAlerts))
	fQUICErrFrame  = pQUIC.u64("quic.cc.frame_type", "Frame Type", Dec)
	fQUICReasonLen = pQUIC.u64("quic.cc.reason_phrase.length", "Reason phrase Length", Dec)
	fQUICReason    = pQUIC.str("quic.cc.reason_phrase", "Reason phrase")

	fQUICShort = pQUIC.none("quic.short", "QUIC Short Header")
	fQUICSpin  = pQUIC.flag(TUint8, "quic.spin_bit", "Spin Bit", 0x20, names(trueFalse))
	eQUICShut  = pQUIC.none("quic.decryption_failed", "Failed to decrypt handshake")
	eQUICAgain = pQUIC.none("quic.retransmission", "This QUIC frame has a reused stream offset (retransmission?)")
)

// quicErrors names why a connection is closed (RFC 9000 §20.1, RFC 9368 §7.2).
func quicErrors(v uint64) string {
	if v>>8 == 1 {
		return "CRYPTO_ERROR"
	}
	if v == 0x11 {
		return "VERSION_NEGOTIATION_ERROR"
	}
	return quicErrorList(v)
}

var quicErrorList = list("NO_ERROR", "INTERNAL_ERROR", "CONNECTION_REFUSED", "FLOW_CONTROL_ERROR", "STREAM_LIMIT_ERROR", "STREAM_STATE_ERROR",
	"FINAL_SIZE_ERROR", "FRAME_ENCODING_ERROR", "TRANSPORT_PARAMETER_ERROR", "CONNECTION_ID_LIMIT_ERROR", "PROTOCOL_VIOLATION", "INVALID_TOKEN",
	"APPLICATION_ERROR", "CRYPTO_BUFFER_EXCEEDED", "KEY_UPDATE_ERROR", "AEAD_LIMIT_REACHED", "NO_VIABLE_PATH")

// quicAck reads an ACK frame behind its type (RFC 9000 §19.3).
func quicAck(c *cursor, kind uint64) {
	quicNumber(c, fQUICAckLast)
	quicNumber(c, fQUICAckDelay)
	n := quicNumber(c, fQUICAckCount)
	quicNumber(c, fQUICAckFirst)
	for i := uint64(0); i < n && c.ok() && c.left() > 0; i++ {
		quicNumber(c, fQUICAckGap)
		quicNumber(c, fQUICAckRange)
	}
	if kind == 3 {
		quicNumber(c, fQUICECT0)
		quicNumber(c, fQUICECT1)
		quicNumber(c, fQUICECNCE)
	}
}

// quicFrames takes the frames of an Initial packet apart.
func quicFrames(c *cursor, s *QUICSession, conn *quicConn, side int) {
	d := c.d
	for c.ok() && c.left() > 0 {
		start := c.pos
		if c.on() {
			c.addAt(fQUICFrame, start, 0, Node{})
			c.begin()
		}
		kind := quicNumber(c, nil)
		name, label := "", ""
		switch kind {
		case 0:
			name = "PADDING"
		case 1:
			name = "PING"
		case 2:
			name = "ACK"
		case 3:
			name = "ACK" // with counts of congestion marks
		case 6:
			name = "CRYPTO"
		case 0x1c:
			name = "CONNECTION_CLOSE (Transport)"
		default:
			name = "Unknown"
		}
		if c.on() && c.ok() {
			c.add(fQUICFrameType, c.pos-start, Node{num: kind, text: fmt.Sprintf("Frame Type: %s (0x%016x)", name, kind)})
		}
		label = name
		switch kind {
		case 0:
			for c.captured() > 0 && c.peek(0) == 0 {
				c.pos++
			}
			n := c.pos - start
			if c.on() {
				c.addAt(fQUICPadding, start+1, 0, Node{num: uint64(n), Flags: Generated})
			}
			label += " Length: " + strconv.Itoa(n)
			d.infoAppend(", PADDING")
		case 1:
			d.infoAppend(", PING")
		case 2, 3:
			d.infoAppend(", ACK")
			if kind == 3 {
				d.infoAppend("_ECN")
			}
			quicAck(c, kind)
		case 6:
			d.infoAppend(", CRYPTO")
			quicCrypto(c, s, conn, side)
		case 0x1c:
			d.infoAppend(", CC")
			code := quicNumber(c, fQUICError)
			label += " Error code: " + orUnknownName(quicErrors(code))
			if code>>8 == 1 && c.ok() {
				c.add(fQUICAlert, 1, Node{num: code & 0xff})
				label += " (" + orUnknownName(tlsAlerts(code&0xff)) + ")"
			}
			quicNumber(c, fQUICErrFrame)
			c.str(fQUICReason, int(min(quicNumber(c, fQUICReasonLen), uint64(c.left()))))
		default:
			c.skip(c.left())
		}
		if o := c.opened(); o != nil && c.ok() {
			o.label(label)
		}
		c.end()
	}
}

// quicCrypto shows a CRYPTO frame, and the handshake message that ends in it (RFC 9000
// §19.6).
func quicCrypto(c *cursor, s *QUICSession, conn *quicConn, side int) {
	off := quicNumber(c, fQUICOffset)
	size := quicNumber(c, fQUICSize)
	data := c.to(int(min(size, uint64(c.left())+1)))
	if uint64(data.left()) < size {
		data.need(int(min(size, 1<<20)))
		return
	}
	if c.on() {
		c.addAt(fQUICCrypto, data.pos, data.left(), Node{})
	}
	st := s.stream(conn, side)
	frame := c.d.in.Number
	at := -1
	for i, p := range st.pieces {
		if p.frame == frame && p.off == off && len(p.data) == data.left() {
			at = i
			break
		}
	}
	switch {
	case at < 0:
	case st.pieces[at].again:
		if c.on() {
			c.addAt(fText, data.pos, data.left(), Node{text: eQUICAgain.Name})
			c.begin()
			c.expert(NoteSev, GroupSequence, eQUICAgain, eQUICAgain.Name)
			c.end()
		}
	default:
		st.show(c, data, at, frame)
	}
}

// show takes the messages apart that the at-th piece makes whole; data are its bytes.
func (st *quicStream) show(c *cursor, data cursor, at int, frame packet.Number) {
	off, size := int(st.pieces[at].off), data.left()
	for _, m := range st.messages {
		switch {
		case m.done < at+1 || m.start >= off+size || m.end <= off:
		case m.done > at+1:
			if in := st.pieces[m.done-1].frame; in != frame && c.on() {
				c.gen(fQUICFragIn, uint64(in))
			}
		case m.start >= off && m.end <= off+size:
			k := data
			k.to(m.start - off)
			quicHandshake(k, m.end-m.start)
		default:
			quicHandshake(st.joined(c, m), m.end-m.start)
		}
	}
}

// joined shows of which frames a message was joined, and gives the message.
func (st *quicStream) joined(c *cursor, m quicMessage) cursor {
	size := m.end - m.start
	whole := c.newSource("Reassembled QUIC CRYPTO", st.data[m.start:m.end])
	if !c.on() {
		return whole
	}
	type part struct {
		frame packet.Number
		off   int
		size  int
	}
	var parts []part
	for at := m.start; at < m.end; {
		next := at
		for _, p := range st.pieces[:m.done] {
			if off, end := int(p.off), min(int(p.off)+len(p.data), m.end); off <= at && end > at && !p.again {
				parts = append(parts, part{p.frame, at - m.start, end - at})
				next = end
				break
			}
		}
		if next == at {
			break
		}
		at = next
	}
	label := fmt.Sprintf("%s (%s): ", plural(len(parts), "Reassembled QUIC CRYPTO Data Fragment"), plural(size, "byte"))
	for i, p := range parts {
		if i > 0 {
			label += ", "
		}
		label += fmt.Sprintf("#%d(%d)", p.frame, p.size)
	}
	whole.addAt(fQUICFrags, 0, size, Node{text: label, Flags: Generated})
	whole.begin()
	for _, p := range parts {
		text := fmt.Sprintf("Frame: %d, payload: %d-%d (%s)", p.frame, p.off, p.off+p.size-1, plural(p.size, "byte"))
		whole.addAt(fQUICFrag, p.off, p.size, Node{num: uint64(p.frame), text: text, Flags: Generated})
	}
	whole.addAt(fQUICFragCount, 0, 0, Node{num: uint64(len(parts)), Flags: Generated})
	whole.end()
	return whole
}

// quicHandshake takes the TLS message of n bytes apart that CRYPTO frames carry.
func quicHandshake(c cursor, n int) {
	t := tlsRun{payload: &payload{}, quic: true, tlsFacts: tlsFacts{version: 0x0304}}
	m := c.to(n)
	kind := tlsHandshakeName(m.peek(0))
	if kind == "" {
		return
	}
	c.d.enter(pTLS)
	if m.on() {
		m.addAt(&pTLS.field, m.pos, m.captured(), Node{text: "TLSv1.3 Record Layer: Handshake Protocol: " + kind})
		m.begin()
	}
	fence := len(c.d.info)
	t.message(&m, 0x0304)
	c.d.info = c.d.info[:min(fence, len(c.d.info))] // QUIC's own words stand in Info
	if m.ok() {
		m.end()
	}
}
