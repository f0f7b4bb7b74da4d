package dissect

import (
	"maps"
	"slices"

	"tcplens/internal/packet"
)

// tlsCrafts are captures of TLS: every extension in the messages that may have it, and
// every message, whole and broken.
func tlsCrafts() []craft {
	var client, server, other, broken, odd [][]byte
	bodies := tlsExtensionBodies()
	id := 0
	add := func(to *[][]byte, fromServer bool, records ...[]byte) {
		id++
		*to = append(*to, tlsTo(id, fromServer, records...))
	}
	v13 := ext(43, put16(0x0304))
	for _, kind := range slices.Sorted(maps.Keys(bodies)) {
		list := bodies[kind]
		if len(list) == 0 {
			list = [][]byte{{}, hx("0001")}
		}
		for k, b := range list {
			e := ext(kind, b)
			client, server, other := &client, &server, &other
			// What tshark takes apart as ASN.1 of any kind, which is not done here.
			if kind == 48 && k < 2 || kind == 34 && k == 1 || kind == 5 && k == 0 || kind == 51 && k > 1 || kind == 40 || kind == 65486 && k == 1 {
				client, server, other = &odd, &odd, &odd
			}
			add(client, false, handshakeRecord(clientHelloMsg(e)))
			add(server, true, handshakeRecord(serverHelloMsg(0xc02b, e)))
			add(server, true, handshakeRecord(serverHelloMsg(0x1301, v13, e)))
			add(other, true, handshakeRecord(serverHelloMsg(0x1301, v13), handshakeMsg(8, l16(e)), handshakeMsg(4, cat(put32(7200), put32(5), l8(fill(2, 1)), l16(fill(4, 2)), l16(e)))))
			add(other, true, handshakeRecord(serverHelloMsg(0x1301, v13), handshakeMsg(13, cat(l8(), l16(e))), handshakeMsg(11, cat(l8(), l24(l24(hx("3000")), l16(e))))))
		}
		whole := list[0]
		for _, b := range [][]byte{{}, put8(0), fill(3, 0xff), append(slices.Clone(whole), 0, 1), whole[:max(0, len(whole)-1)]} {
			add(&broken, false, handshakeRecord(clientHelloMsg(ext(kind, b))))
		}
		add(&broken, true, handshakeRecord(serverHelloMsg(0x1301, v13, ext(kind, fill(2, 0xff)))))
	}
	all := func(m map[int][][]byte) (out [][]byte) { // but those of which tshark takes more apart
		for _, kind := range slices.Sorted(maps.Keys(m)) {
			if len(m[kind]) > 0 && kind != 48 {
				out = append(out, ext(kind, m[kind][0]))
			}
		}
		return out
	}
	add(&client, false, handshakeRecord(clientHelloMsg(all(bodies)...)))
	messages, oddMessages := tlsMessages()
	return []craft{
		{"tls/client_extensions", packet.LinkRaw, client},
		{"tls/server_extensions", packet.LinkRaw, server},
		{"tls/other_extensions", packet.LinkRaw, other},
		{"app/odd/tls_broken_extensions", packet.LinkRaw, broken},
		{"app/odd/tls_odd_extensions", packet.LinkRaw, odd},
		{"tls/messages", packet.LinkRaw, messages},
		{"app/odd/tls_odd_messages", packet.LinkRaw, oddMessages},
	}
}

// tlsMessages are the messages of handshakes, for each kind of key exchange. odd are
// those of which tshark shows more, or other, faults.
func tlsMessages() (out, odd [][]byte) {
	id := 0
	add := func(records ...[]byte) {
		id++
		out = append(out, tlsTo(id, true, records...))
	}
	addOdd := func(records ...[]byte) {
		id++
		odd = append(odd, tlsTo(id, true, records...))
	}
	v13 := ext(43, put16(0x0304))
	hello := func(suite int) []byte { return serverHelloMsg(suite) }
	const (
		rsa, dhe, ecdhe, ecdsa, anon   = 0x002f, 0x009e, 0xc02f, 0xc02b, 0x0034
		ecdhAnon, dhRSA, ecdhRSA       = 0xc018, 0x003f, 0xc031
		psk, dhePSK, rsaPSK, ecdhePSK  = 0x008c, 0x0090, 0x0094, 0xc035
		srp, srpRSA, export, jpake     = 0xc01d, 0xc01e, 0x0003, 0xc0ff
		krb5, gost, sm2, dssExport     = 0x001e, 0x0081, 0xe013, 0x0011
		eccpwd, chachaECDHE, ccmECDSA8 = 0xc0b0, 0xcca8, 0xc0ae
	)
	sig := cat(put16(0x0401), l16(fill(8, 6)))
	point := cat(hx("03001d"), l8(fill(32, 5)))
	dh := cat(l16(fill(8, 1)), l16(put8(2)), l16(fill(8, 3)))
	hint := l16([]byte("hint"))
	// Server Key Exchange and Client Key Exchange of each kind.
	for _, x := range []struct {
		suite          int
		server, client []byte
	}{
		{rsa, cat(l16(fill(8, 1)), l16(hx("010001")), sig), l16(fill(16, 4))},
		{export, cat(l16(fill(8, 1)), l16(hx("010001")), sig), l16(fill(16, 4))},
		{dhe, cat(dh, sig), l16(fill(8, 4))},
		{dssExport, cat(dh, sig), l16(fill(8, 4))},
		{anon, dh, l16(fill(8, 4))},
		{ecdhe, cat(point, sig), l8(fill(32, 4))},
		{ecdsa, cat(point, sig), l8(fill(32, 4))},
		{chachaECDHE, cat(point, sig), l8(fill(32, 4))},
		{ccmECDSA8, cat(point, sig), l8(fill(32, 4))},
		{ecdhAnon, point, l8(fill(32, 4))},
		{dhRSA, cat(dh, sig), l16(fill(8, 4))},
		{ecdhRSA, cat(point, sig), l8(fill(32, 4))},
		{psk, hint, l16([]byte("me"))},
		{dhePSK, cat(hint, dh), cat(l16([]byte("me")), l16(fill(8, 4)))},
		{rsaPSK, hint, cat(l16([]byte("me")), l16(fill(16, 4)))},
		{ecdhePSK, cat(hint, point), cat(l16([]byte("me")), l8(fill(32, 4)))},
		{srp, cat(dh, l8(fill(4, 1)), l16(fill(8, 2))), l16(fill(8, 4))},
		{srpRSA, cat(dh, sig), l16(fill(8, 4))},
		{jpake, fill(10, 1), fill(10, 2)},
		{krb5, fill(10, 1), fill(10, 2)},
		{gost, fill(10, 1), fill(10, 2)},
		{sm2, cat(point, sig), l16(fill(8, 4))},
		{eccpwd, fill(10, 1), fill(10, 2)},
		{0x1301, cat(point, sig), l8(fill(8, 4))},
		{0xfafb, cat(point, sig), l8(fill(8, 4))},
	} {
		add(handshakeRecord(hello(x.suite), handshakeMsg(12, x.server), handshakeMsg(16, x.client)))
		add(handshakeRecord(hello(x.suite), handshakeMsg(12, append(slices.Clone(x.server), 9)), handshakeMsg(16, append(slices.Clone(x.client), 9))))
		addOdd(handshakeRecord(hello(x.suite), handshakeMsg(12, x.server[:len(x.server)/2]), handshakeMsg(16, x.client[:1])))
	}
	add(handshakeRecord(hello(ecdhe), handshakeMsg(12, cat(hx("01"), l8(fill(4, 1))))))
	name := hx("300d310b3009060355040613025553")
	schemes := l16(put16(0x0401), put16(0x0804))
	for _, h := range [][]byte{hello(ecdhe), serverHelloMsg(0x1301, v13)} {
		in13 := len(h) > len(hello(ecdhe))
		if !in13 {
			add(handshakeRecord(h, handshakeMsg(13, cat(l8(put8(1), put8(64)), schemes, l16(l16(name))))))
		}
		if in13 {
			add(handshakeRecord(h, handshakeMsg(13, cat(l8(fill(4, 1)), l16(ext(13, schemes))))))
		}
		add(handshakeRecord(h, handshakeMsg(15, sig)))
		add(handshakeRecord(h, handshakeMsg(20, fill(12, 7))), handshakeRecord(handshakeMsg(14, nil), handshakeMsg(0, nil), handshakeMsg(5, nil)))
		add(handshakeRecord(h, handshakeMsg(24, put8(1)), handshakeMsg(24, put8(0)), handshakeMsg(24, put8(2))))
		add(handshakeRecord(h, handshakeMsg(25, cat(put16(2), put24(1000), l24(fill(20, 1))))))
		add(handshakeRecord(h, handshakeMsg(25, cat(put16(1), put24(1000), l24(fill(20, 1))))))
		addOdd(handshakeRecord(h, handshakeMsg(22, cat(put8(1), l24(hx("30030a0106"))))))
		addOdd(handshakeRecord(h, handshakeMsg(22, cat(put8(2), l24(l24(hx("30030a0106")), l24())))))
		add(handshakeRecord(h, handshakeMsg(22, cat(put8(3), l24()))))
		addOdd(handshakeRecord(h, handshakeMsg(21, cat(put8(0), l16(l16([]byte("http://a/")), put8(1), fill(20, 1))))))
		addOdd(handshakeRecord(h, handshakeMsg(23, fill(4, 1)), handshakeMsg(67, cat(l8([]byte("h2")), l8(fill(4, 0)))), handshakeMsg(203, fill(4, 1))))
		addOdd(handshakeRecord(h, handshakeMsg(3, cat(put16(0xfeff), l8(fill(4, 1)))), handshakeMsg(6, put16(0x7f12)), handshakeMsg(254, fill(4, 1))))
		add(handshakeRecord(h, handshakeMsg(67, cat(l8([]byte("h2")), l8(fill(4, 0))))))
		if in13 {
			add(handshakeRecord(h, handshakeMsg(4, cat(put32(604800), put32(5), l8(put8(0)), l16(fill(16, 2)), l16(ext(42, put32(16384)))))))
			addOdd(handshakeRecord(h, handshakeMsg(11, cat(l8(), l24(l24(hx("3003020101")), l16(ext(5, cat(put8(1), l24(hx("30030a0106"))))))))))
			add(handshakeRecord(h, handshakeMsg(8, l16())))
		} else {
			add(handshakeRecord(h, handshakeMsg(4, cat(put32(7200), l16(fill(16, 2))))))
			addOdd(handshakeRecord(h, handshakeMsg(11, l24(l24(hx("3003020101")), l24(fill(20, 0x30))))))
		}
	}
	retry := cat(put16(0x0303), hx("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"), l8(fill(32, 1)), put16(0x1301), put8(0), l16(v13, ext(51, put16(24)), ext(44, l16(fill(8, 2)))))
	add(handshakeRecord(handshakeMsg(2, retry)))
	for _, level := range []int{0, 1, 2, 3} {
		for _, desc := range []int{0, 1, 10, 40, 48, 70, 86, 109, 115, 116, 120, 121, 122, 255} {
			add(cat(hx("150303"), l16(put8(level), put8(desc))))
		}
	}
	for _, v := range []int{0x0300, 0x0301, 0x0302, 0x0304, 0x0305, 0xfefd} {
		add(cat(hx("160301"), l16(handshakeMsg(2, cat(put16(v), fill(32, 9), l8(fill(33, 1)), put16(0xc02f), put8(1), l16()))), hx("14030100 0101")))
	}
	add(handshakeRecord(handshakeMsg(2, cat(put16(0x0303), fill(32, 9), l8(), put16(ecdhe), put8(0)))))
	add(handshakeRecord(handshakeMsg(1, cat(put16(0x0303), fill(32, 9), l8(fill(40, 1)), l16(put16(1), put8(1)), l8(put8(1), put8(64), put8(193))))))
	add(handshakeRecord(handshakeMsg(1, cat(put16(0x0303), fill(32, 9), l8(), l16(), l8()))))
	return out, odd
}
