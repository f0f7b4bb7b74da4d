package e2e

import "encoding/binary"

// segment is one TCP segment of made traffic.
type segment struct {
	flags    int
	seq, ack uint32
	window   uint16
	urgent   uint16
	size     int  // bytes of data
	sack     int  // blocks of SACK
	words    int  // header length in 32-bit words, if it is not what it should be
	noLength bool // the IP header does not say how long the packet is
	quoted   int  // bytes of the TCP header that an ICMP error quotes; 0: it is a segment of its own
}

// odd makes a segment that is wrong in its form.
func (t *traffic) odd(c *talk, s *segment) {
	switch t.r.IntN(6) {
	case 0:
		s.words = 1 + t.r.IntN(4)
		s.size = t.size()
	case 1:
		s.words = 6 + t.r.IntN(10)
	case 2:
		s.noLength = !c.v6
		s.size = 100
	case 3:
		s.quoted = pick(t, 8, 20, 20)
		s.flags = pick(t, syn, ack, syn|ack, rst)
	}
}

// send writes a segment of one end, and keeps in mind what it did.
func (t *traffic) send(c *talk, d int, s *segment) {
	e, o := &c.ends[d], &c.ends[1-d]
	header := make([]byte, 20)
	binary.BigEndian.PutUint16(header, e.port)
	binary.BigEndian.PutUint16(header[2:], o.port)
	binary.BigEndian.PutUint32(header[4:], s.seq)
	binary.BigEndian.PutUint32(header[8:], s.ack)
	binary.BigEndian.PutUint16(header[14:], s.window)
	binary.BigEndian.PutUint16(header[16:], uint16(t.r.Uint32()))
	binary.BigEndian.PutUint16(header[18:], s.urgent)
	if s.quoted == 0 {
		header = append(header, t.options(c, e, o, s)...)
	}
	words := len(header) / 4
	if s.words != 0 {
		words = s.words
	}
	binary.BigEndian.PutUint16(header[12:], uint16(words<<12|s.flags))
	for range s.size {
		header = append(header, 0x78) // no protocol begins like this
	}
	if s.quoted != 0 {
		// The packet that went from here to there comes back.
		t.frame(c, o, e, 1, append([]byte{3, 1, 0, 0, 0, 0, 0, 0}, t.ip(c, e, o, 6, header[:s.quoted], 0)...), false)
		return
	}
	t.frame(c, e, o, 6, header, s.noLength)
	end := s.seq + uint32(s.size)
	if s.flags&(syn|fin) != 0 {
		end++
	}
	if s.size > 0 || s.flags&(syn|fin) != 0 {
		e.sent[e.n%len(e.sent)] = [2]int{int(s.seq - e.isn), s.size}
		e.n++
	}
	if s.flags&rst == 0 && int32(end-e.next) > 0 && int32(end-e.next) < 1<<20 || s.flags&syn != 0 {
		e.next = end
	}
	if s.flags&ack != 0 {
		e.acked = s.ack
	}
	e.window = s.window
}

// ip puts a payload into a packet. total is its length if that is not what the
// header is to say.
func (t *traffic) ip(c *talk, src, dst *end, protocol byte, payload []byte, hide int) []byte {
	if c.v6 {
		h := make([]byte, 40, 40+len(payload))
		h[0], h[6], h[7] = 0x60, protocol, 64
		binary.BigEndian.PutUint16(h[4:], uint16(len(payload)))
		h[8], h[23], h[24], h[39] = 0xfd, src.addr, 0xfd, dst.addr
		return append(h, payload...)
	}
	h := make([]byte, 20, 20+len(payload))
	h[0], h[6], h[8], h[9] = 0x45, 0x40, 64, protocol
	binary.BigEndian.PutUint16(h[2:], uint16((20+len(payload))*(1-hide)))
	h[12], h[15], h[16], h[19] = 10, src.addr, 10, dst.addr
	return append(h, payload...)
}

// frame writes a packet to the capture.
func (t *traffic) frame(c *talk, src, dst *end, protocol byte, payload []byte, noLength bool) {
	kind, hide := uint16(0x0800), 0
	if c.v6 {
		kind = 0x86dd
		if protocol == 1 {
			protocol, payload[0], payload[1] = 58, 1, 4 // ICMPv6 has other numbers
		}
	}
	if noLength {
		hide = 1
	}
	b := append([]byte{2, 0, 0, 0, 0, dst.addr, 2, 0, 0, 0, 0, src.addr, byte(kind >> 8), byte(kind)}, t.ip(c, src, dst, protocol, payload, hide)...)
	for _, v := range []uint32{uint32(t.now / 1e9), uint32(t.now % 1e9), uint32(len(b)), uint32(len(b))} {
		t.file = binary.LittleEndian.AppendUint32(t.file, v)
	}
	t.file = append(t.file, b...)
	t.count++
}

// options makes the options of a segment, whose length is a multiple of four.
func (t *traffic) options(c *talk, e, o *end, s *segment) []byte {
	var b []byte
	add := func(kind byte, body ...byte) { b = append(append(b, kind, byte(2+len(body))), body...) }
	number := func(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }
	if s.flags&syn != 0 {
		if !t.one(10) {
			add(2, 5, 0xb4)
		}
		if t.one(2) {
			add(4)
		}
		if t.r.IntN(10) < 7 {
			shift := pick(t, 0, 1, 2, 7, 7, 14, 15, 200)
			e.shift = min(shift, 14)
			add(3, byte(shift))
		}
		switch t.r.IntN(24) {
		case 0:
			add(34)
		case 1:
			add(34, 1, 2, 3, 4)
			s.size = t.r.IntN(2) * 50
		case 2:
			add(254, 0xf9, 0x89, 5, 6, 7, 8)
		case 3:
			add(253, 0xf9, 0x89)
		}
	} else if t.one(80) {
		add(pick[byte](t, 3, 3, 34), byte(t.r.IntN(16)))
	} else if t.one(80) {
		add(2, 5, 0xb4)
	}
	if c.stamp {
		c.tsval += uint32(t.r.IntN(3))
		add(8, append(number(c.tsval), number(c.tsval-5)...)...)
	}
	if s.sack > 0 {
		var body []byte
		at := s.ack
		for range min(s.sack, (38-len(b))/8) {
			at += uint32(t.r.IntN(3000)) - uint32(t.r.IntN(2)*t.r.IntN(3000))
			end := at + uint32(t.r.IntN(1500))
			body = append(append(body, number(at)...), number(end)...)
			at = end
		}
		add(5, body...)
	}
	if c.mptcp && len(b) < 20 && t.one(3) {
		switch t.r.IntN(5) {
		case 0, 1:
			add(30, append([]byte{0x20, 1}, number(s.ack)...)...) // DSS
		case 2:
			add(30, 0x51) // MP_PRIO
		case 3:
			add(30, 0x34, 9, 10, 0, 0, 7) // ADD_ADDR
		case 4:
			add(30, 0x40, 9) // REMOVE_ADDR
		}
	}
	if len(b) < 30 {
		switch t.r.IntN(300) {
		case 0:
			add(172, 0, 0, 1, 0, 0, 2, 0, 0, 3)
		case 1:
			add(77, 1, 2)
		case 2:
			b = append(b, 2, 9, 1)
		case 3:
			b = append(b, 0, 1)
		case 4:
			b = append(b, 1, 1, 1, 1)
		}
	}
	for len(b)%4 != 0 {
		b = append(b, 1)
	}
	return b
}
