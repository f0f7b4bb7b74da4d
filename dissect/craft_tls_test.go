package dissect

import (
	"strings"
)

// tlsTo is a segment of its own connection, to the port of HTTPS or from it.
func tlsTo(id int, fromServer bool, records ...[]byte) []byte {
	src, dst := 2000+id, 443
	if fromServer {
		src, dst = dst, src
	}
	head := cat(put16(src), put16(dst), put32(1), put32(1), put16(5<<12|0x18), put16(1000), put16(0x1234), put16(0))
	return v4{proto: 6}.with(cat(head, cat(records...)))
}

func put8(v int) []byte                   { return []byte{byte(v)} }
func put24(v int) []byte                  { return []byte{byte(v >> 16), byte(v >> 8), byte(v)} }
func l8(parts ...[]byte) []byte           { b := cat(parts...); return cat(put8(len(b)), b) }
func l16(parts ...[]byte) []byte          { b := cat(parts...); return cat(put16(len(b)), b) }
func l24(parts ...[]byte) []byte          { b := cat(parts...); return cat(put24(len(b)), b) }
func ext(t int, b []byte) []byte          { return cat(put16(t), l16(b)) }
func fill(n int, v byte) []byte           { return []byte(strings.Repeat(string([]byte{v}), n)) }
func handshakeMsg(t int, b []byte) []byte { return cat(put8(t), l24(b)) }

// handshakeRecord is a record with handshake messages.
func handshakeRecord(messages ...[]byte) []byte { return cat(hx("160303"), l16(messages...)) }

func clientHelloMsg(exts ...[]byte) []byte {
	return handshakeMsg(1, cat(put16(0x0303), fill(32, 7), l8(), l16(put16(0x1301), put16(0xc02b)), l8(put8(0)), l16(exts...)))
}

func serverHelloMsg(suite int, exts ...[]byte) []byte {
	return handshakeMsg(2, cat(put16(0x0303), fill(32, 9), l8(), put16(suite), put8(0), l16(exts...)))
}

// tlsExtensionBodies has, for each type of extension that has a name, what clients and
// servers say in it, and some that they should not.
func tlsExtensionBodies() map[int][][]byte {
	oid := hx("0603551d25")
	return map[int][][]byte{
		0:      {l16(put8(0), l16([]byte("a.example"))), l16(put8(0), l16([]byte("a")), put8(1), l16([]byte("b")))},
		1:      {put8(1), put8(4), put8(9)},
		2:      {},
		3:      {l16(put8(0), put8(2), l16(hx("3003310100")))},
		4:      {},
		5:      {cat(put8(1), l16(), l16()), cat(put8(1), l16(l16(hx("a203040102"))), l16(oid)), cat(put8(2), l16(), l16())},
		6:      {l8(put8(64))},
		7:      {l8(put8(0))},
		8:      {l8(put8(0))},
		9:      {l8(put8(0), put8(1)), put8(0), put8(1)},
		10:     {l16(put16(29), put16(23), put16(0x6399)), l16(put8(1))},
		11:     {l8(put8(0), put8(1), put8(2)), l8()},
		12:     {l8([]byte("alice"))},
		13:     {l16(put16(0x0403), put16(0x0804), put16(0x0201)), l16(put8(1))},
		14:     {cat(l16(put16(1), put16(7)), l8())},
		15:     {put8(1), put8(2), put8(3)},
		16:     {l16(l8([]byte("h2")), l8([]byte("http/1.1"))), l16(l8([]byte("h2"))), l16(l8())},
		17:     {l16(put8(2), l16(l16(), l16())), l16(put8(1), l16(l16(hx("0102")), l16()), put8(2), l16(l16(), l16(hx("03"))))},
		18:     {{}, l16(l16(put8(0), fill(32, 3), hx("0000018000000000"), l16(), put16(0x0403), l16(hx("30060201010201 02")))), l16(l16(put8(0), fill(32, 3), hx("0000018000000000"), l16(hx("aabb")), put16(0x0403), l16(hx("300602"))))},
		19:     {l8(put8(2), put8(0)), put8(2)},
		20:     {l8(put8(2), put8(0)), put8(2)},
		21:     {fill(8, 0), {}},
		22:     {{}},
		23:     {{}},
		24:     {cat(hx("0100"), l8(put8(2)))},
		25:     {l16(put8(1), l8(fill(4, 1)))},
		27:     {l8(put16(1), put16(2), put16(3)), l8(put16(9))},
		28:     {put16(16385), put16(64)},
		34:     {l16(put16(0x0403), put16(0x0804)), cat(put32(604800), put16(0x0403), l24(hx("3059301306072a8648ce3d020106082a8648ce3d030107034200"), fill(66, 4)), put16(0x0804), l16(fill(16, 5)))},
		35:     {{}, fill(16, 1)},
		40:     {l16(put16(29), l16(fill(32, 4)))},
		41:     {cat(l16(l16(fill(10, 2)), put32(1000), l16(fill(3, 2)), put32(0)), l16(l8(fill(32, 6)), l8(fill(32, 7)))), put16(0)},
		42:     {{}, put32(16384)},
		43:     {l8(put16(0x0304), put16(0x0303)), put16(0x0304), put16(0x7f1c), l8(put16(0x7f1c), put16(0x0a0a))},
		44:     {l16(fill(6, 3)), l16()},
		45:     {l8(put8(1), put8(0)), l8(put8(11))},
		46:     {put32(100)},
		47:     {l16(l16(hx("300d310b3009060355040613025553"))), l16(l16(hx("300d310b3009060355040613025553")), l16(hx("3000")))},
		48:     {l16(l8(oid), l16(hx("300a06082b06010505070302"))), l16(l8(oid[2:]), l16(hx("300a06082b06010505070302"))), l16()},
		49:     {{}},
		50:     {l16(put16(0x0403), put16(0x0804))},
		51:     {l16(put16(29), l16(fill(32, 4)), put16(0x2a2a), l16(put8(0))), cat(put16(29), l16(fill(32, 4))), put16(24), l16()},
		52:     {put16(1)},
		53:     {l8(fill(4, 8)), l8()},
		54:     {l8(fill(4, 8)), l8()},
		55:     {l8(fill(32, 8))},
		56:     {l8(fill(20, 8))},
		57:     {quicParameters(), {}},
		58:     {put16(0x0201)},
		59:     {put16(443)},
		0x0a0a: {{}, put8(0)},
		13172:  {{}, cat(l8([]byte("spdy/3")), l8([]byte("http/1.1")))},
		17513:  {l16(l8([]byte("h2"))), fill(5, 1), {}},
		30031:  {{}},
		30032:  {{}},
		65037:  {cat(hx("00 0001 0001 2a"), l16(fill(32, 1)), l16(fill(16, 2)))},
		65281:  {l8(), l8(fill(12, 1))},
		65445:  {quicParameters(), {}},
		65486:  {cat(put16(0x1301), put16(29), l16(fill(32, 1)), l16(fill(32, 2)), l16(fill(20, 3))), fill(16, 1)},
		65000:  {{}, hx("0102")},
	}
}

// quicNum is a number of one to eight bytes (RFC 9000 §16).
func quicNum(v int) []byte {
	switch {
	case v < 1<<6:
		return put8(v)
	case v < 1<<14:
		return put16(v | 1<<14)
	case v < 1<<30:
		return put32(v | 2<<30)
	}
	return cat(put32(v>>32|3<<30), put32(v))
}

// quicParameters are transport parameters of every kind that has a name (RFC 9000 §18.2).
func quicParameters() []byte {
	p := func(kind int, b ...[]byte) []byte {
		v := cat(b...)
		return cat(quicNum(kind), quicNum(len(v)), v)
	}
	return cat(
		p(0, fill(8, 1)), p(1, quicNum(30000)), p(2, fill(16, 2)), p(3, quicNum(1472)), p(4, quicNum(1<<20)), p(5, quicNum(1<<18)), p(6, quicNum(1<<18)),
		p(7, quicNum(1<<18)), p(8, quicNum(100)), p(9, quicNum(3)), p(10, quicNum(3)), p(11, quicNum(25)), p(12),
		p(13, hx("c0000201 01bb"), fill(16, 3), hx("01bb"), l8(fill(4, 4)), fill(16, 5)),
		p(14, quicNum(8)), p(15, fill(5, 6)), p(16, fill(5, 7)), p(0x11, put32(1), put32(1), put32(0x6b3343cf)), p(0x20, quicNum(65536)), p(0x1000, quicNum(4), quicNum(2)), p(0x1057, quicNum(1)), p(0x2ab2),
		p(0x7158, quicNum(3)), p(0xde1a, quicNum(1000)), p(0xff00, quicNum(1)), p(0xff02de1a, quicNum(900)), p(0xff04de1b, quicNum(900)), p(0xff73db, put32(1), put32(1)),
		p(0x3127, quicNum(100)), p(0x3128, []byte("AAAABBBB")), p(0x3129, []byte("agent 1")), p(0x312b), p(0x312c), p(0x4752, put32(1), l8(put32(1), put32(0x51303530))), p(0xff080, fill(3, 1)),
		p(27, fill(2, 1)), p(0x3a5b, fill(3, 1)), p(0x312a), p(0x7157), p(0xff03de1a, quicNum(1)),
	)
}
