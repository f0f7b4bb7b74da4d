package dissect

import "tcplens/internal/packet"

// rareCrafts are the captures of link layers that one meets seldom.
func rareCrafts() []craft {
	ip := plainUDP()
	six := v6(59, "2001:db8::1", "2001:db8::2", nil)
	arc := func(offset string) [][]byte {
		at := hx("0102" + offset)
		arp := hx("0007 0800 01 04 0001 01 0a000001 00 0a000002")
		return [][]byte{
			cat(at, hx("f0"), ip), cat(at, hx("f1"), arp), cat(at, hx("f2 000001 61626364")), cat(at, hx("d4 000001"), ip), cat(at, hx("d5 000001"), arp),
			cat(at, hx("00 000001 61626364")), cat(at, hx("80 000001 61626364")), cat(hx("0100"+offset), hx("f0"), ip), cat(at, hx("c4 000001"), six), at, at[:1],
		}
	}
	none := make([]byte, 20)
	dst := hx("00000550 fe800000000000000010e000664ab451")
	grh := hx("61212345 0044 1b 00 fe800000000000000010e000664ab451 ff12401bffff00000000000000000001")
	fddi := hx("aa0004004083 aa0004008306")
	var frames [][]byte
	for _, fc := range []byte{0x50, 0x51, 0x57, 0x41, 0x00, 0x80, 0xc0, 0x40, 0x4f, 0xc2, 0xc6, 0xd0, 0x60, 0x70, 0x20, 0xff, 0x83, 0xc3, 0xe3} {
		frames = append(frames, cat([]byte{fc}, fddi, hx("aaaa03000000 0800"), ip))
	}
	return []craft{
		{"chdlc/frames", packet.LinkCHDLC, [][]byte{
			cat(hx("0f000800"), ip), cat(hx("8f000800"), ip), cat(hx("0f0086dd"), six), hx("0f001234 61626364"), cat(hx("0f008847 00011140"), ip), cat(hx("11000800"), ip),
			hx("0f"), cat(hx("0f006558"), etherFrame(0x0800, ip)),
		}},
		{"chdlc/slarp", packet.LinkCHDLC, [][]byte{
			hx("8f008035 00000002 00000005 00000002 ffff 0001"), hx("8f008035 00000000 0a000001 ffffff00 0000 0001"), hx("8f008035 00000001 0a000001 ffffff00 0000 0001"),
			hx("8f008035 00000007 0a000001 ffffff00 0000 0001"), hx("8f008035 00000002 00000005 00000002 fffe"),
		}},
		{"arcnet/linux", packet.LinkARCNETSLL, arc("0000")},
		{"arcnet/bsd", packet.LinkARCNET, append(arc(""), cat(hx("0102 d4 ff0000 d4 000001"), ip))},
		{"ipoib/packets", packet.LinkIPoIB, [][]byte{
			cat(none, dst, hx("08000000"), ip), cat(grh, hx("08000000"), ip), cat(grh, hx("86dd0007"), six),
			cat(none, dst, hx("08060000 00200800 14 04 0001"), dst, hx("0a000001"), none, hx("0a000002")),
		}},
		{"fddi/frames", packet.LinkFDDI, frames},
	}
}
