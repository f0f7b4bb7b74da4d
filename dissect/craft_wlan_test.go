package dissect

import "tcplens/internal/packet"

// wlanHead is the beginning of a frame: type, subtype and flags, a duration, and
// three addresses with the sequence number 291.
func wlanHead(kind, subtype, flags int) []byte {
	return cat([]byte{byte(subtype<<4 | kind<<2), byte(flags)}, hx("2c00"), hx(macB), hx(macA), hx("020000000003"), hx("3012"))
}

// wlanShort is the beginning of a control frame, with its receiver.
func wlanShort(subtype int) []byte {
	return cat([]byte{byte(subtype<<4 | 4), 0}, hx("2c00"), hx(macB))
}

// radiotap is a radiotap header with one word of fields.
func radiotap(present uint32, fields []byte) []byte {
	n := 8 + len(fields)
	return cat([]byte{0, 0, byte(n), 0, byte(present), byte(present >> 8), byte(present >> 16), byte(present >> 24)}, fields)
}

// radioCrafts are the captures of frames with a radio's words before them.
func radioCrafts() []craft {
	frame := cat(wlanHead(2, 0, 1), hx("aaaa03 000000 0800"), plainUDP())
	ack := cat(wlanShort(13), hx("01020304"))
	var rates [][]byte
	for _, rate := range []byte{2, 4, 11, 22} {
		rates = append(rates, cat(radiotap(0x0e, cat([]byte{0, rate}, hx("6c09 a000"))), frame), cat(radiotap(0x0e, cat([]byte{2, rate}, hx("6c09 a000"))), frame))
	}
	for _, rate := range []byte{12, 18, 24, 36, 48, 72, 96, 108} {
		rates = append(rates, cat(radiotap(0x0e, cat([]byte{0, rate}, hx("6c09 c000"))), frame), cat(radiotap(0x0e, cat([]byte{0, rate}, hx("3c14 4001"))), frame))
	}
	var channels [][]byte
	for _, mhz := range []int{2407, 2412, 2472, 2484, 4915, 5180, 5825, 5955, 7115, 0} {
		channels = append(channels, cat(radiotap(0x08, []byte{byte(mhz), byte(mhz >> 8), 0, 0}), frame))
	}
	return []craft{
		{"radiotap/rates", packet.LinkRadiotap, rates},
		{"radiotap/channels", packet.LinkRadiotap, channels},
		{"radiotap/fields", packet.LinkRadiotap, [][]byte{
			cat(radiotap(0, nil), frame), cat(radiotap(0x0e, hx("1002 6c09a000")), ack), cat(radiotap(0x08, hx("6c09 8008")), frame), cat(radiotap(0x0e, hx("006c 5014 5001")), frame),
			cat(radiotap(0x0e, hx("006c 8509 d000")), frame), cat(radiotap(0x04, hx("16")), frame), cat(radiotap(0x02, hx("50")), frame, hx("01020304")),
			cat(radiotap(0x02, hx("20")), wlanHead(2, 8, 1), hx("0000 0000"), frame[24:]), cat(radiotap(0x3860, hx("c4a0 01 30 10")), frame), cat(radiotap(0x0780, hx("3200 0300 0400 14")), frame),
			cat(radiotap(0xc000, hx("0200 3f00")), frame), cat(radiotap(0x20000, hx("02")), frame), cat(radiotap(0x40000, hx("80040100 6c09 01 14")), frame),
			cat(radiotap(0x100000, hx("07000000 0c00 0000")), frame), cat(radiotap(0x400000, hx("40e2010000000000 0a00 11 01")), frame), cat(radiotap(0x10, hx("0304")), frame),
			cat(radiotap(1<<28, nil), frame), cat(radiotap(0x0e, hx("00")), frame),
		}},
		{"radiotap/words", packet.LinkRadiotap, [][]byte{
			cat(hx("0000 1400 200800a0 200800a0 00000000 c401 c302"), frame), cat(hx("0000 1b00 000000c0 010000a0 04000000 aabbcc 01 0400 7778797a 05"), frame),
			cat(hx("0000 2c01 00000000"), frame), cat(hx("0000 0600 00000000"), frame), cat(hx("0100 0800 00000000"), frame), hx("000008"),
		}},
	}
}

// wlanCrafts are the captures of IEEE 802.11 without a radio's words.
func wlanCrafts() []craft {
	snap := cat(hx("aaaa03 000000 0800"), plainUDP())
	a, fourth := hx(macA), hx("020000000004")
	secret := []byte("0123456789abcdef")
	beacon := hx("0100000000000000 6400 3104")
	six := cat(hx("aaaa03 000000 86dd"), v6(59, "2001:db8::1", "2001:db8::2", nil))
	sub := cat(a, fourth, put16(len(six)), six)
	pad := make([]byte, (4-len(sub)%4)%4)
	return []craft{
		{"wlan/data", packet.LinkWLAN, [][]byte{
			cat(wlanHead(2, 0, 1), snap), cat(wlanHead(2, 0, 2), snap), cat(wlanHead(2, 0, 0), snap), cat(wlanHead(2, 0, 3), fourth, snap),
			cat(wlanHead(2, 8, 1), hx("0600"), snap), cat(wlanHead(2, 8, 2), hx("1507"), snap), cat(wlanHead(2, 8, 0), hx("6307"), snap), cat(wlanHead(2, 8, 3), fourth, hx("0000"), snap),
			cat(wlanHead(2, 8, 1), hx("1620"), snap), wlanHead(2, 4, 1), cat(wlanHead(2, 12, 0x11), hx("0000")), wlanHead(2, 5, 0), cat(wlanHead(2, 14, 2), hx("0000")),
			cat(wlanHead(2, 0, 9), snap), cat(wlanHead(2, 2, 2), snap), wlanHead(2, 0, 2), wlanHead(2, 0, 2)[:10], wlanHead(2, 0, 2)[:1],
		}},
		{"wlan/protected", packet.LinkWLAN, [][]byte{
			cat(wlanHead(2, 0, 0x41), hx("01020300"), secret), cat(wlanHead(2, 0, 0x42), hx("0100002005000000"), secret), cat(wlanHead(2, 0, 0x42), hx("0020016005000000"), secret),
			cat(wlanHead(2, 8, 0x41), hx("0000 010000a005000000"), secret), cat(wlanHead(0, 12, 0x40), hx("0100002005000000"), secret),
		}},
		{"wlan/aggregate", packet.LinkWLAN, [][]byte{
			cat(wlanHead(2, 8, 2), hx("8000"), sub, pad, sub), cat(wlanHead(2, 8, 1), hx("8000"), sub),
		}},
		{"wlan/control", packet.LinkWLAN, [][]byte{
			cat(wlanShort(11), a), wlanShort(12), wlanShort(13), cat(hx("a400 05c0"), hx(macB), a), cat(wlanShort(14), a), cat(wlanShort(15), a),
			cat(wlanShort(8), a, hx("0450 1020")), cat(wlanShort(9), a, hx("0550 1020 ff7fffffffffffff")), cat(wlanShort(8), a, hx("0000 1020")),
			cat(wlanShort(9), a, hx("0000 1020"), make([]byte, 128)), wlanShort(0), wlanShort(6), wlanShort(13)[:4],
		}},
		{"wlan/management", packet.LinkWLAN, [][]byte{
			cat(wlanHead(0, 8, 0), beacon, hx("0004 686f6d65 010882848b960c121824 030106 050400010000 2a0100 320430486c60")),
			cat(wlanHead(0, 8, 0), beacon, hx("0004 686f6d65 3014 0100 000fac04 0100 000fac04 0100 000fac02 0000")),
			cat(wlanHead(0, 5, 0), beacon, hx("0000")), cat(wlanHead(0, 4, 0), hx("0000 01040204 0b16")), cat(wlanHead(0, 4, 0), hx("0004 68c3a901 01040204 0b16")),
			cat(wlanHead(0, 11, 0), hx("0000 0100 0000")), cat(wlanHead(0, 11, 0), hx("0100 0300 0100 1004 61626364")), cat(wlanHead(0, 0, 0), hx("3104 0a00 0004 686f6d65")),
			cat(wlanHead(0, 1, 0), hx("3104 0000 01c0 01048284 8b96")), cat(wlanHead(0, 2, 0), hx("3104 0a00"), fourth, hx("0004 686f6d65")), cat(wlanHead(0, 12, 0), hx("0700")),
			cat(wlanHead(0, 10, 8), hx("0800")), wlanHead(0, 9, 0),
		}},
	}
}
