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
	return []craft{
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
