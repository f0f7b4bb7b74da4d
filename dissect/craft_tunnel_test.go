package dissect

import "tcplens/internal/packet"

// tunnelCrafts are the captures of what carries other packets.
func tunnelCrafts() []craft {
	ip := plainUDP()
	six := v6(59, "2001:db8::1", "2001:db8::2", nil)
	inner := etherFrame(0x0800, ip)
	vx := func(dport int, head string, rest []byte) []byte {
		return v4{proto: 17}.with(udpTo(50000, dport, cat(hx(head), rest)))
	}
	gtp := func(flags, msg int, rest ...[]byte) []byte {
		body := cat(rest...)
		return v4{proto: 17}.with(udpTo(2152, 2152, cat([]byte{byte(flags), byte(msg)}, put16(len(body)), put32(0x01020304), body)))
	}
	l2tp := func(flags int, rest ...[]byte) []byte {
		return v4{proto: 17}.with(udpTo(1701, 1701, cat(put16(flags), cat(rest...))))
	}
	frame := cat(hx("ff030021"), ip)
	return []craft{
		{"gtp/headers", packet.LinkRaw, [][]byte{
			gtp(0x30, 255, ip), gtp(0x30, 255, six), gtp(0x32, 255, hx("00070000"), ip), gtp(0x31, 255, hx("00000900"), ip), gtp(0x37, 255, hx("00070800"), ip),
			gtp(0x38, 255, ip), gtp(0x30, 255), gtp(0x30, 254), v4{proto: 17}.with(udpTo(2152, 2152, hx("30ff00"))), v4{proto: 17}.with(udpTo(2152, 2152, hx("6162"))),
			v4{proto: 17}.with(udpTo(40000, 2152, cat(hx("30ff01f400000005"), ip))), v4{proto: 17}.with(udpTo(2152, 40000, cat(hx("30ff000a00000005"), ip))),
		}},
		{"gtp/extensions", packet.LinkRaw, [][]byte{
			gtp(0x34, 255, hx("00000085 01000900"), ip), gtp(0x34, 255, hx("00000085 01100900"), ip), gtp(0x34, 255, hx("00000085 0200c9a000000000"), ip),
			gtp(0x34, 255, hx("00000040 01086800"), ip), gtp(0x34, 255, hx("000000c0 01000700"), ip), gtp(0x34, 255, hx("00000082 0201020300000000"), ip),
			gtp(0x34, 255, hx("00000020 01050000"), ip), gtp(0x34, 255, hx("00000085 01000940 01086800"), ip),
		}},
		{"gtp/messages", packet.LinkRaw, [][]byte{
			gtp(0x32, 1, hx("00010000")), gtp(0x32, 2, hx("00020000 0e09")), gtp(0x32, 26, hx("00030000 1000000005 8500040a000001")),
			gtp(0x32, 26, hx("00040000 1000000005 850010 20010db8000000000000000000000001")), gtp(0x32, 31, hx("00050000 8d0285c0")),
		}},
		{"l2tp/data", packet.LinkRaw, [][]byte{
			l2tp(0x0002, hx("00050006"), frame), l2tp(0x4002, put16(8+len(frame)), hx("00050006"), frame), l2tp(0x0802, hx("0005000600010002"), frame),
			l2tp(0x0202, hx("000500060004 7a7a7a7a"), frame), l2tp(0x4b02, put16(16+len(frame)), hx("0005000600010002 0002 7a7a"), frame),
			l2tp(0x0102, hx("00050006 0021"), ip), l2tp(0x0002, hx("00050006 21"), ip), l2tp(0x4002, hx("00c8 00050006"), frame), l2tp(0x0202, hx("00050006 0190"), frame),
			l2tp(0x0001, hx("00050006"), frame),
		}},
		{"l2tp/control", packet.LinkRaw, [][]byte{
			l2tp(0xc802, hx("0014 0000 0000 0000 0000 8008000000000001")), l2tp(0xc802, hx("000c 0005 0000 0001 0002")), l2tp(0xc802, hx("0014 0005 0000 0001 0002 8008000000000006")),
			l2tp(0xc802, hx("0032 0005 0000 0001 0002 8008000000000002 800e00000007"), []byte("hostname"), hx("8008 0000 0009 0011 8008 0000 000a 0004")),
			l2tp(0xc802, hx("0020 0005 0000 0001 0002 800800000000000a 800a0000000f 00000007")), l2tp(0xc802, hx("00c8 0005 0000 0001 0002 8008000000000006")),
		}},
		{"mpls/stacks", packet.LinkEthernet, [][]byte{
			etherFrame(0x8847, cat(labels(16, 17), ip)), etherFrame(0x8847, cat(labels(0), ip)), etherFrame(0x8847, cat(labels(2), six)),
			etherFrame(0x8848, cat(labels(3), ip)), etherFrame(0x8847, cat(labels(100), hx("10000021"), ip)), etherFrame(0x8847, cat(labels(100), hx("5001020304"))),
		}},
		{"gre/headers", packet.LinkRaw, [][]byte{
			greMsg(0, 0x0800, nil, ip), greMsg(0x2000, 0x86dd, put32(5), six), greMsg(0xb000, 0x0800, hx("0000 0000 00000005 00000007"), ip),
			greMsg(0x2000, 0x6558, put32(0x10203), inner), greMsg(0x3081, 0x880b, cat(put16(4+len(ip)), put16(7), put32(1), put32(2)), pppMsg(0x21, ip)),
			greMsg(0x2081, 0x880b, hx("0000 0007 00000002"), nil), greMsg(0x4000, 0x0800, hx("0000 0000 0800 00 04 0a000001 0000 00 00"), ip),
			greMsg(0, 0x1234, nil, hx("0102")), greMsg(0, 0x8847, nil, cat(labels(17), ip)), greMsg(0, 0, nil, nil), greMsg(0, 0x883e, nil, cat(hx("01020304"), ip)),
		}},
		{"gre/erspan", packet.LinkRaw, [][]byte{
			greMsg(0x1000, 0x88be, put32(1), cat(hx("1064 0801 00000005"), inner)), greMsg(0, 0x88be, nil, inner),
			greMsg(0x1000, 0x22eb, put32(1), cat(hx("2064 0801 00000005 0006 0000"), inner)),
		}},
		{"vxlan/headers", packet.LinkRaw, [][]byte{
			vx(4789, "0800000000006400", inner), vx(4789, "8848123400006401", inner), vx(4789, "0800000000006400", fill60(inner)),
		}},
		{"geneve/options", packet.LinkRaw, [][]byte{
			vx(6081, "0000655800006400", inner), vx(6081, "0240080000006400 0102800100000007", ip), vx(6081, "03c0080000006401 0104810200000001 00000002", ip),
			vx(6081, "4000655800006400", inner), vx(6081, "0000123400006400", hx("0102")),
		}},
	}
}
