package dissect

import "tcplens/internal/packet"

// tcpSeg is a segment between two ports; size is the header length that it
// claims, bytes.
func tcpSeg(flags, size int, options, data []byte) []byte {
	head := cat(put16(1000+flags), put16(2000), put32(1), put32(1), put16(size/4<<12|flags), put16(1000), put16(0x1234), put16(0))
	return v4{proto: 6}.with(cat(head, options, data))
}

// tcpWith is a segment whose header has these options, filled up with NOPs.
func tcpWith(flags int, options, data []byte) []byte {
	for len(options)%4 != 0 {
		options = append(options, 1)
	}
	return tcpSeg(flags, 20+len(options), options, data)
}

// tcpCrafts are the captures of segments whose options are not as they should be.
func tcpCrafts() []craft {
	var sacks [][]byte
	for _, n := range []int{2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19} {
		block := []byte{5, byte(n)}
		for i := 1; i < n-1; i++ {
			block = append(block, byte(i))
		}
		sacks = append(sacks, tcpWith(0x10, block, nil))
	}
	ack, syn := 0x10, 0x02
	var quotes4, quotes6 [][]byte
	seg := tcpWith(0x18, hx("01010100"), []byte("helloworld"))
	for _, n := range []int{4, 8, 12, 16, 20, 22, 24, 30, 34} {
		quotes4 = append(quotes4, icmp4(3, 1, cat(put32(0), seg[:20+n])))
		quoted := v6(6, "2001:db8::1", "2001:db8::2", seg[20:])
		quotes6 = append(quotes6, icmp6("2001:db8::2", "2001:db8::1", 1, 0, cat(put32(0), quoted[:40+n])))
	}
	return []craft{
		{"tcp/sack", packet.LinkRaw, sacks},
		{"tcp/options", packet.LinkRaw, [][]byte{
			tcpWith(ack, hx("0001020304050607"), []byte("data")), tcpWith(ack, hx("0000000101010101"), nil), tcpWith(ack, hx("00000000"), nil),
			tcpWith(ack, hx("020405b4"), nil), tcpWith(syn, hx("0203ff"), nil), tcpWith(syn|0x40, hx("01010101"), nil), tcpWith(ack, hx("0809000000010000"), nil),
			tcpWith(ack, hx("1304aabb"), nil), tcpWith(ack, hx("1d040102"), nil), tcpWith(ack, hx("1c048005"), nil),
			tcpWith(ack, hx("fd060102aabb"), nil), tcpWith(ack, hx("fd08f9890102aabb"), nil), tcpWith(ack, hx("fe060348aabb"), nil), tcpWith(ack, hx("c8010101"), nil), tcpWith(ack, hx("c8140101"), nil), tcpWith(ack, hx("010101c8"), nil),
		}},
		{"tcp/quotes4", packet.LinkRaw, quotes4},
		{"tcp/quotes6", packet.LinkRaw, quotes6},
		{"tcp/short", packet.LinkRaw, [][]byte{
			tcpSeg(ack, 24, nil, nil), tcpSeg(ack, 24, hx("0101"), nil), tcpSeg(ack, 24, hx("010204"), nil), tcpSeg(ack, 28, hx("020405b4"), nil),
			tcpSeg(ack, 28, hx("010000000001"), nil), tcpSeg(ack, 60, hx("050a0000000100000002"), nil),
		}},
	}
}
