package dissect

import "tcplens/internal/packet"

// netCrafts are the captures of ARP, IP, ICMP, IGMP and UDP.
func netCrafts() []craft {
	quote := v4{proto: 17, id: 7}.with(udpTo(5000, 5001, []byte("quoted")))
	tcpQuote := v4{proto: 6, id: 8}.with(hx("1388 0050 00000064 00000000 5002 7210 1234 0000"))
	word := hx("00000000")
	a, b := "fe80::1", "fe80::200:ff:fe00:2"
	var dscps [][]byte
	for _, tos := range []int{0x00, 0x04, 0x20, 0x28, 0x48, 0x68, 0x88, 0xb0, 0xb8, 0xc1, 0xe2, 0xff} {
		dscps = append(dscps, v4{proto: 17, tos: tos}.with(udpTo(1, 2, nil)))
	}
	zero := v4{proto: 17}.with(udpTo(40000, 40001, []byte("offload")))
	zero[2], zero[3] = 0, 0
	beyond := v4{proto: 17}.with(udpTo(40000, 40001, []byte("beyond")))
	beyond[3] += 20
	return []craft{
		{"arp/messages", packet.LinkEthernet, [][]byte{
			arpMsg(1, macA, "10.0.0.1", "000000000000", "10.0.0.2"),
			fill60(arpMsg(2, macB, "10.0.0.2", macA, "10.0.0.1")),
			arpMsg(1, macA, "0.0.0.0", "000000000000", "10.0.0.1"),
			arpMsg(1, macA, "10.0.0.1", "000000000000", "10.0.0.1"),
			arpMsg(2, macA, "10.0.0.1", macA, "10.0.0.1"),
			arpMsg(3, macA, "0.0.0.0", macA, "0.0.0.0"),
			arpMsg(4, macB, "10.0.0.2", macA, "10.0.0.1"),
			arpMsg(8, macA, "10.0.0.1", macB, "0.0.0.0"),
			arpMsg(9, macB, "10.0.0.2", macA, "10.0.0.1"),
			arpMsg(77, macB, "10.0.0.2", macA, "10.0.0.1"),
			etherFrame(0x0806, hx("0007 0800 01 04 0001 50 0a000001 00 0a000002")),
		}},
		{"ip/options", packet.LinkRaw, [][]byte{
			v4{proto: 17, opts: hx("94040000")}.with(udpTo(1, 2, nil)),
			v4{proto: 17, opts: hx("01 070b04 00000000 00000000")}.with(udpTo(1, 2, nil)),
			v4{proto: 17, opts: hx("070b08 0a000005 00000000 00")}.with(udpTo(1, 2, nil)),
			v4{proto: 17, opts: hx("830b08 0a000005 0a000006 00")}.with(udpTo(1, 2, nil)),
			v4{proto: 17, opts: hx("890704 0a000005 00")}.with(udpTo(1, 2, nil)),
			v4{proto: 17, opts: hx("440c0d01 0a000005 00000001")}.with(udpTo(1, 2, nil)),
			v4{proto: 17, opts: hx("440c0500 00000001 00000002")}.with(udpTo(1, 2, nil)),
			v4{proto: 17, opts: hx("880400ff")}.with(udpTo(1, 2, nil)),
			v4{proto: 17, opts: hx("820b 6bc5 0001 4142 434445 00")}.with(udpTo(1, 2, nil)),
			v4{proto: 17, opts: hx("520c 0001 0002 0003 0a000009")}.with(udpTo(1, 2, nil)),
			v4{proto: 17, opts: hx("0b0405dc 0c0405dc")}.with(udpTo(1, 2, nil)),
			v4{proto: 17, opts: hx("9e040102 00000000")}.with(udpTo(1, 2, nil)),
			v4{proto: 17, opts: hx("07ff0400")}.with(udpTo(1, 2, nil)),
			v4{proto: 17, opts: hx("01010101 01010100")}.with(udpTo(1, 2, nil)),
		}},
		{"ip/dscp", packet.LinkRaw, dscps},
		{"ip/lengths", packet.LinkRaw, [][]byte{zero, beyond, cat(hx("44"), make([]byte, 30)), cat(hx("45000010"), make([]byte, 30))}},
		{"ip/ttl", packet.LinkRaw, [][]byte{
			v4{proto: 17, ttl: 1}.with(udpTo(1, 2, nil)), v4{proto: 17, ttl: 3}.with(udpTo(40000, 33436, nil)), v4{proto: 17, ttl: 1, dst: "224.0.0.9"}.with(udpTo(1, 2, nil)),
			v4{proto: 17, ttl: 9, dst: "224.0.0.9"}.with(udpTo(1, 2, nil)), v4{proto: 17, ttl: 255, dst: "224.0.0.18"}.with(udpTo(1, 2, nil)), v4{proto: 17, ttl: 9, dst: "224.0.0.252"}.with(udpTo(1, 2, nil)),
		}},
		{"ip/protocols", packet.LinkRaw, [][]byte{
			v4{proto: 253}.with(hx("01020304")), v4{proto: 7}.with(hx("0102")), v4{proto: 4}.with(plainUDP()), v4{proto: 41}.with(v6(59, a, b, nil)),
			v4{proto: 50}.with(hx("12345678 00000001 0102030405060708")), v4{proto: 51}.with(cat(hx("1104 0000 00000010 00000001 000000000000000000000000"), udpTo(1, 2, nil))),
			v4{proto: 97}.with(cat(hx("3000"), etherFrame(0x0800, plainUDP()))), v4{proto: 143}.with(etherFrame(0x0800, plainUDP())),
		}},
		{"ip/fragments", packet.LinkEthernet, fragments4()},
		{"ipv6/extensions", packet.LinkRaw, [][]byte{
			v6(0, a, b, cat(hx("3b00 05020000 0100"))),
			v6(0, a, b, cat(hx("3c00 010400000000 3b00 0401 04 0101 00"))),
			v6(43, a, b, cat(hx("3b02 00 01 00000000 20010db8000000000000000000000009"))),
			v6(43, a, b, cat(hx("3b02 02 01 00000000 20010db8000000000000000000000009"))),
			v6(43, a, b, cat(hx("3b02 04 00 00000000 20010db8000000000000000000000009"))),
			v6(44, a, b, cat(hx("1100 0000 00000001"), udpTo(1, 2, nil))),
			v6(51, a, b, cat(hx("1104 0000 00000010 00000001 000000000000000000000000"), udpTo(1, 2, nil))),
			v6(50, a, b, hx("12345678 00000001 0102030405060708")),
			v6(59, a, b, hx("0102")),
			v6(253, a, b, hx("0102")),
			v6(4, a, b, plainUDP()),
		}},
		{"ipv6/fragments", packet.LinkRaw, fragments6()},
		{"icmp/echo", packet.LinkRaw, [][]byte{icmp4(8, 0, cat(hx("1234 0001"), []byte("abcdefgh"))), icmp4(0, 0, cat(hx("1234 0001"), []byte("abcdefgh")))}},
		{"icmp/errors", packet.LinkRaw, [][]byte{
			icmp4(3, 3, cat(word, quote)), icmp4(3, 4, cat(hx("000005dc"), quote)), icmp4(3, 1, cat(word, tcpQuote)), icmp4(3, 1, cat(word, tcpQuote[:28])),
			icmp4(4, 0, cat(word, quote)), icmp4(5, 1, cat(hx("0a000009"), quote)), icmp4(11, 0, cat(word, quote)), icmp4(11, 1, cat(word, quote)),
			icmp4(12, 0, cat(hx("14000000"), quote)), icmp4(12, 2, cat(word, quote)), icmp4(3, 77, cat(word, quote)),
		}},
		{"icmp/queries", packet.LinkRaw, [][]byte{
			icmp4(13, 0, hx("1234 0001 00000001 00000002 00000003")), icmp4(14, 0, hx("1234 0001 02000001 00000002 80000003")), icmp4(15, 0, hx("1234 0001")),
			icmp4(17, 0, hx("1234 0001 00000000")), icmp4(18, 0, hx("1234 0001 ffffff00")), icmp4(10, 0, word),
			icmp4(9, 0, hx("0102 0708 0a000001 00000005")), icmp4(20, 0, hx("01020304")), icmp4(42, 0, hx("1234 01 01")), icmp4(43, 0, hx("1234 01 47")),
		}},
		{"icmp/checksum", packet.LinkRaw, [][]byte{v4{proto: 1}.with(hx("0800 1234 0001 0001 61626364"))}},
		{"icmpv6/neighbours", packet.LinkRaw, [][]byte{
			icmp6(a, "ff02::2", 133, 0, cat(word, ndOption(1, hx(macA)))),
			icmp6(a, "ff02::1", 134, 0, cat(hx("40c8 0708 00000000 00000000"), ndOption(1, hx(macA)), ndOption(5, hx("0000 000005dc")),
				ndOption(3, hx("40c0 00015180 00003840 00000000 20010db8000000000000000000000000")), ndOption(25, hx("0000 00000e10 20010db8000000000000000000000035")),
				ndOption(24, hx("4008 00000708 20010db800010000")), ndOption(31, cat(hx("0000 00000e10"), []byte("\x07example\x03org\x00"))))),
			icmp6(a, "ff02::1:ff00:2", 135, 0, cat(word, hx("fe800000000000000000000000000002"), ndOption(1, hx(macA)))),
			icmp6(b, a, 136, 0, cat(hx("e0000000"), hx("fe800000000000000000000000000002"), ndOption(2, hx(macB)))),
			icmp6(b, a, 136, 0, cat(word, hx("fe800000000000000000000000000002"))),
			icmp6(b, a, 137, 0, cat(word, hx("fe800000000000000000000000000002 20010db8000000000000000000000009"))),
		}},
		{"icmpv6/errors", packet.LinkRaw, [][]byte{
			icmp6(a, b, 1, 4, cat(word, v6(17, b, a, udpTo(1, 2, []byte("q"))))), icmp6(a, b, 2, 0, cat(hx("00000500"), v6(17, b, a, udpTo(1, 2, []byte("q"))))),
			icmp6(a, b, 3, 0, cat(word, v6(17, b, a, udpTo(1, 2, []byte("q"))))), icmp6(a, b, 4, 1, cat(hx("00000028"), v6(17, b, a, udpTo(1, 2, []byte("q"))))),
		}},
		{"icmpv6/echo", packet.LinkRaw, [][]byte{icmp6(a, b, 128, 0, cat(hx("1234 0001"), []byte("abcd"))), icmp6(b, a, 129, 0, cat(hx("1234 0001"), []byte("abcd"))), v6(58, a, b, hx("8000 0000 1234 0001"))}},
		{"icmpv6/mld", packet.LinkRaw, [][]byte{
			icmp6(a, "ff02::1", 130, 0, hx("2710 0000 00000000000000000000000000000000")), icmp6(a, "ff02::5", 131, 0, hx("0000 0000 ff020000000000000000000000000005")),
			icmp6(a, "ff02::2", 132, 0, hx("0000 0000 ff020000000000000000000000000005")),
			icmp6(a, "ff02::1", 130, 0, hx("2710 0000 ff020000000000000000000000000005 0a7d 0001 20010db8000000000000000000000009")),
			icmp6(a, "ff02::16", 143, 0, hx("0000 0002 04000000 ff020000000000000000000000000005 01000001 ff020000000000000000000000000006 20010db8000000000000000000000009")),
		}},
		{"igmp/messages", packet.LinkRaw, [][]byte{
			igmpMsg(hx("1164 0000 00000000")), igmpMsg(hx("1164 0000 e0000105")), igmpMsg(hx("1100 0000 00000000")), igmpMsg(hx("1200 0000 e0000105")),
			igmpMsg(hx("1600 0000 e0000105")), igmpMsg(hx("1700 0000 e0000105")), igmpMsg(hx("1164 0000 00000000 027d 0000")), igmpMsg(hx("11b5 0000 e0000105 0a7d 0002 0a000001 0a000002")),
			igmpMsg(hx("2200 0000 0000 0003 04000000 e0000105 03000000 e0000106 05000001 e0000107 0a000009")), igmpMsg(hx("2200 0000 0000 0002 01000001 e0000105 0a000001 06000002 e0000106 0a000001 0a000002")),
		}},
		{"udp/lengths", packet.LinkRaw, [][]byte{
			v4{proto: 17}.with(udpTo(40000, 40001, nil)), v4{proto: 17}.with(append(udpTo(40000, 40001, []byte("abcd")), 0, 0, 0)), v4{proto: 17}.with(hx("9c40 9c41 0003 0000 6162")),
			v4{proto: 17}.with(hx("9c40 9c41 0030 0000 6162")), v4{proto: 17}.with(hx("9c40 9c41 000a 0000 6162")), v6(17, a, b, hx("9c40 9c41 000a 0000 6162")),
		}},
	}
}

// fragments4 is a datagram in three parts out of order, one of which comes twice,
// and a part of one that is never complete.
func fragments4() [][]byte {
	whole := udpTo(40000, 40001, make([]byte, 40))
	for i := range whole[8:] {
		whole[8+i] = byte('a' + i%26)
	}
	part := func(id, from, to, more int) []byte {
		return etherFrame(0x0800, v4{proto: 17, id: id, ff: more<<13 | from/8}.with(whole[from:to]))
	}
	return [][]byte{part(9, 0, 16, 1), part(9, 32, 48, 0), part(9, 16, 32, 1), part(10, 0, 16, 1), part(11, 16, 48, 0)}
}

func fragments6() [][]byte {
	whole := udpTo(40000, 40001, make([]byte, 24))
	part := func(id, from, to, more int) []byte {
		return v6(44, "2001:db8::1", "2001:db8::2", cat(hx("1100"), put16(from|more), put32(id), whole[from:to]))
	}
	return [][]byte{part(9, 0, 16, 1), part(9, 16, 32, 0), part(10, 0, 16, 1)}
}
