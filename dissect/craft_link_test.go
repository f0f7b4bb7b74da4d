package dissect

import "tcplens/internal/packet"

// linkCrafts are the captures of the link layers.
func linkCrafts() []craft {
	ip := plainUDP()
	six := v6(59, "2001:db8::1", "2001:db8::2", nil)
	return []craft{
		{"eth/trailers", packet.LinkEthernet, [][]byte{
			etherFrame(0x0800, ip),
			fill60(etherFrame(0x0800, ip)),
			append(fill60(etherFrame(0x0800, ip)), hx("01020304")...),
			append(etherFrame(0x0800, ip), hx("aabb")...),
			append(fill60(etherFrame(0x0800, ip))[:58], hx("0102")...),
			append(fill60(etherFrame(0x0800, ip)), hx("aabbcc01020304")...),
			etherFrame(0x86dd, append(six, 0, 0)),
		}},
		{"eth/types", packet.LinkEthernet, [][]byte{
			etherFrame(0x0c0d, hx("0102030405")),
			etherFrame(0x88b5, hx("0102030405")),
			etherFrame(0x05dd, hx("0102030405")),
			etherFrame(0, hx("0102030405")),
			etherFrame(0x6558, etherFrame(0x0800, ip)),
			etherFrame(0x9000, hx("0000 0100 0500 01020304")),
			etherFrame(0x9000, hx("0000 0200 030405060708 0100 0000")),
			cat(hx("ffffffffffff 010000000001 0800"), ip),
		}},
		{"llc/frames", packet.LinkEthernet, [][]byte{
			etherFrame(8, hx("aaaa03 000000 88b5")),
			etherFrame(8+len(ip), cat(hx("aaaa03 000000 0800"), ip)),
			fill60(etherFrame(8+len(ip), cat(hx("aaaa03 000000 0800"), ip))),
			etherFrame(10, hx("aaaa03 00000c 7777 0102")),
			etherFrame(10, hx("aaaa03 123456 0001 0102")),
			etherFrame(3+len(ip), cat(hx("060603"), ip)),
			etherFrame(4, hx("f0f17f 01")),
			etherFrame(6, hx("8687 0203 0102")),
			etherFrame(6, hx("1011 0501 0102")),
			etherFrame(4, hx("9899 e3 01")),
			etherFrame(200, hx("8600 03 01")),
		}},
		{"vlan/tags", packet.LinkEthernet, [][]byte{
			etherFrame(0x8100, cat(hx("a064 0800"), ip)),
			etherFrame(0x8100, cat(hx("2064 8100 1065 0800"), ip)),
			etherFrame(0x88a8, cat(hx("7064 8100 1065 86dd"), six)),
			append(etherFrame(0x8100, cat(hx("0032 0800"), ip)), make([]byte, 18)...),
			etherFrame(0x8100, cat(hx("0064 0008 aaaa03 000000 88b5"))),
			etherFrame(0x88a8, cat(hx("0064 0800"), ip)),
			etherFrame(0x9100, cat(hx("0064 0800"), ip)),
		}},
		{"sll/v1", packet.LinkLinuxSLL, [][]byte{
			cat(hx("0000 0001 0006 020000000001 0000 0800"), ip),
			cat(hx("0004 0304 0006 000000000000 0000 0800"), ip),
			cat(hx("0001 0200 0000 0000000000000000 0800"), ip),
			cat(hx("0002 0001 0008 0102030405060708 86dd"), six),
			cat(hx("0003 030a 0004 0a000001 00000000 0800"), ip),
			cat(hx("0000 0001 0006 020000000001 0000 0004 aaaa03 000000 88b5")),
			cat(hx("0000 0001 0006 020000000001 0000 0806 0001080006040001"), hx(macA), hx("0a000001 000000000000 0a000002"), make([]byte, 18)),
		}},
		{"sll/v2", packet.LinkLinuxSLL2, [][]byte{
			cat(hx("0800 0000 00000002 0001 00 06 020000000001 0000"), ip),
			cat(hx("86dd 0000 00000001 0304 04 06 000000000000 0000"), six),
			cat(hx("0800 0000 00000007 fffe 00 00 0000000000000000"), ip),
			cat(hx("0004 0000 00000002 0001 02 06 020000000001 0000 8686 03 0000")),
		}},
		{"null/families", packet.LinkNull, [][]byte{
			cat(hx("02000000"), ip), cat(hx("00000002"), ip), cat(hx("1e000000"), six), cat(hx("1c000000"), six),
			cat(hx("18000000"), six), cat(hx("0a000000"), six), cat(hx("63000000"), hx("0102")), cat(hx("00000800"), ip), cat(hx("000086dd"), six),
		}},
		{"null/loop", packet.LinkLoop, [][]byte{cat(hx("00000002"), ip), cat(hx("00000018"), six)}},
		{"raw/ip", packet.LinkRaw, [][]byte{ip, six}},
		{"raw/ipv4", packet.LinkIPv4, [][]byte{ip}},
		{"raw/ipv6", packet.LinkIPv6, [][]byte{six}},
		{"ppp/frames", packet.LinkPPP, [][]byte{
			pppMsg(0x21, ip), pppMsg(0x57, six), cat(hx("21"), ip), cat(hx("0057"), six), pppMsg(0x4321, hx("0102")),
		}},
		{"ppp/control", packet.LinkPPPSerial, [][]byte{
			pppMsg(0xc021, pppControlMsg(1, 1, hx("010405d4 0304c023 0506deadbeef 0702 0802 110405dc"))),
			pppMsg(0xc021, pppControlMsg(2, 1, hx("010405d4 0305c22305"))),
			pppMsg(0xc021, pppControlMsg(3, 2, hx("0304c227"))),
			pppMsg(0xc021, pppControlMsg(4, 2, hx("0702"))),
			pppMsg(0xc021, pppControlMsg(5, 3, []byte("bye"))),
			pppMsg(0xc021, pppControlMsg(6, 3, nil)),
			pppMsg(0xc021, pppControlMsg(7, 4, hx("0101"))),
			pppMsg(0xc021, pppControlMsg(8, 5, hx("8057"))),
			pppMsg(0xc021, pppControlMsg(9, 6, hx("deadbeef 01020304"))),
			pppMsg(0xc021, pppControlMsg(10, 6, hx("deadbeef"))),
			pppMsg(0xc021, pppControlMsg(11, 6, hx("deadbeef"))),
			pppMsg(0xc021, pppControlMsg(13, 7, hx("deadbeef 0000003c"))),
			pppMsg(0x8021, pppControlMsg(1, 1, hx("0306c0a80001 810608080808 830608080404 820600000000 0206002d0f01 840600000000"))),
			pppMsg(0x8057, pppControlMsg(1, 1, hx("010a0011223344556677"))),
		}},
		{"pppoe/discovery", packet.LinkEthernet, [][]byte{
			pppoeFrame(0x09, tags(0x0101, "", 0x0103, "\x01\x02\x03\x04")),
			pppoeFrame(0x07, tags(0x0101, "net", 0x0102, "AC1", 0x0104, "cookie", 0x0110, "relay")),
			pppoeFrame(0x19, tags(0x0105, "\x00\x00\x0d\xe9\x01\x03abc\x02\x03def", 0x0120, "\x05\xdc")),
			pppoeFrame(0x65, tags(0x0201, "none", 0x0202, "err", 0x0203, "gen")),
			pppoeFrame(0xa7, nil),
		}},
		{"pppoe/session", packet.LinkEthernet, [][]byte{
			etherFrame(0x8864, cat(hx("11001234"), put16(2+len(ip)), hx("0021"), ip)),
			fill60(etherFrame(0x8864, cat(hx("11001234"), put16(10), hx("c021"), pppControlMsg(9, 1, hx("deadbeef"))))),
		}},
		{"pppoe/link", packet.LinkPPPEther, [][]byte{cat(hx("11001234"), put16(2+len(ip)), hx("0021"), ip)}},
	}
}

func pppoeFrame(code int, body []byte) []byte {
	return etherFrame(0x8863, cat([]byte{0x11, byte(code), 0, 0}, put16(len(body)), body))
}
