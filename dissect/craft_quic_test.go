package dissect

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"slices"
	"testing"

	"tcplens/internal/packet"
)

// quicKeys derives what protects one side's Initial packets (RFC 9001 §5.2, RFC 9369
// §3.3), apart from the code that is tested.
func quicKeys(version int, id []byte, side string) (key, iv, hp []byte) {
	salt, prefix := hx("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"), "quic"
	if version == 0x6b3343cf {
		salt, prefix = hx("0dede3def700a6db819381be6e269dcbf9bd2ed9"), "quicv2"
	}
	expand := func(secret []byte, label string, n int) []byte {
		out, err := hkdf.Expand(sha256.New, secret, string(cat(put16(n), l8([]byte("tls13 "+label)), []byte{0})), n)
		if err != nil {
			panic(err)
		}
		return out
	}
	secret, err := hkdf.Extract(sha256.New, id, salt)
	if err != nil {
		panic(err)
	}
	s := expand(secret, side+" in", 32)
	return expand(s, prefix+" key", 16), expand(s, prefix+" iv", 12), expand(s, prefix+" hp", 16)
}

// quicInitialPacket seals frames in an Initial packet; first is the identifier that the
// keys are made of.
func quicInitialPacket(version int, side string, first, dcid, scid, token []byte, number int, frames []byte) []byte {
	for len(frames) < 20 {
		frames = append(slices.Clone(frames), 0)
	}
	kind := byte(0xc1) // with a number of two bytes
	if version == 0x6b3343cf {
		kind = 0xd1
	}
	head := cat([]byte{kind}, put32(version), l8(dcid), l8(scid))
	head = cat(head, quicNum(len(token)), token, put16(1<<14|(2+len(frames)+16)))
	at := len(head)
	head = append(head, put16(number)...)
	key, iv, hp := quicKeys(version, first, side)
	block, _ := aes.NewCipher(key)
	aead, _ := cipher.NewGCM(block)
	nonce := slices.Clone(iv)
	nonce[10] ^= byte(number >> 8)
	nonce[11] ^= byte(number)
	packet := append(slices.Clone(head), aead.Seal(nil, nonce, frames, head)...)
	block, _ = aes.NewCipher(hp)
	mask := make([]byte, 16)
	block.Encrypt(mask, packet[at+4:at+20])
	packet[0] ^= mask[0] & 0x0f
	packet[at] ^= mask[1]
	packet[at+1] ^= mask[2]
	return packet
}

func cryptoFrame(off int, data []byte) []byte {
	return cat(put8(6), quicNum(off), quicNum(len(data)), data)
}

// quicCrafts are the captures of QUIC: hellos whole, cut into frames and packets out of
// order, sent again; acknowledgements; a closed connection; packets that nobody can open.
func quicCrafts() []craft {
	sni := ext(0, l16(put8(0), l16([]byte("quic.example"))))
	hello := clientHelloMsg(sni, ext(16, l16(l8([]byte("h3")))), ext(43, l8(put16(0x0304))), ext(57, cat(quicNum(4), quicNum(4), quicNum(1<<20))))
	server := serverHelloMsg(0x1301, ext(43, put16(0x0304)), ext(51, cat(put16(29), l16(fill(32, 4)))))
	var id, mine, yours []byte
	var out [][]byte
	port := 4000
	send := func(fromServer bool, packets ...[]byte) {
		if fromServer {
			out = append(out, v4{proto: 17, src: "10.0.0.2", dst: "10.0.0.1"}.with(udpTo(443, port, cat(packets...))))
			return
		}
		out = append(out, v4{proto: 17}.with(udpTo(port, 443, cat(packets...))))
	}
	const v1, v2 = 1, 0x6b3343cf
	another := func() {
		port++
		id, mine, yours = fill(8, byte(port)), fill(4, byte(port+100)), fill(5, byte(port+50))
	}
	for _, v := range []int{v1, v2} {
		another()
		send(false, quicInitialPacket(v, "client", id, id, mine, nil, 0, cat(cryptoFrame(0, hello), fill(30, 0))))
		send(false, quicInitialPacket(v, "client", id, id, mine, fill(3, 9), 1, cat(cryptoFrame(0, hello), put8(1))))
		send(true, quicInitialPacket(v, "server", id, mine, yours, nil, 0, cat(hx("02 00 05 00 00"), cryptoFrame(0, server))))
		send(false, quicInitialPacket(v, "client", id, yours, mine, nil, 2, hx("03 02 05 00 01 01 02 03")))
		send(false, cat(hx("41"), yours, fill(30, 7)))
	}
	another()
	half := len(hello) / 2
	send(false, quicInitialPacket(v1, "client", id, id, nil, nil, 0, cat(cryptoFrame(half, hello[half:]), put8(1))))
	send(false, quicInitialPacket(v1, "client", id, id, nil, nil, 1, cat(cryptoFrame(20, hello[20:half]), fill(3, 0), cryptoFrame(0, hello[:20]))))
	send(true, quicInitialPacket(v1, "server", id, nil, yours, nil, 0, cat(hx("1c 4128 06"), quicNum(3), []byte("bye"))))
	whole := out
	out = nil
	another()
	broken := quicInitialPacket(v1, "client", id, id, mine, nil, 0, cryptoFrame(0, hello))
	broken[len(broken)-1] ^= 1
	send(false, broken)
	return []craft{{"quic/initial", packet.LinkRaw, whole}, {"app/odd/quic_sealed", packet.LinkRaw, out}}
}

// TestQUICNames sees what is remembered of the conversations.
func TestQUICNames(t *testing.T) {
	in := readCapture(t, "testdata/quic/initial.pcap")
	learn(in)
	names := map[TLSInfo]int{}
	for i := range in {
		if s := in[i].Known.QUIC(); s != nil {
			names[s.TLSInfo()]++
		}
	}
	whole := TLSInfo{Name: "quic.example", Offered: "h3", Version: 0x0304, Suite: 0x1301, QUIC: true}
	half := TLSInfo{Name: "quic.example", Offered: "h3", QUIC: true}
	if names[whole] != 10 || names[half] != 3 {
		t.Errorf("remembered: %+v", names)
	}
}

// FuzzQUIC takes datagrams apart, and what an Initial packet may carry.
func FuzzQUIC(f *testing.F) {
	for _, c := range quicCrafts() {
		for _, p := range c.packets {
			f.Add(p[28:], false)
		}
	}
	f.Add(cat(cryptoFrame(0, fill(9, 1)), hx("02ff00000000"), fill(4, 0)), true)
	f.Fuzz(func(t *testing.T, b []byte, inside bool) {
		if inside {
			if len(b) > 1200 {
				return
			}
			b = quicInitialPacket(1, "client", fill(8, 1), fill(8, 1), nil, nil, 0, b)
		}
		p := v4{proto: 17}.with(udpTo(4000, 443, b))
		in := []Input{{Number: 1, Packet: packet.Packet{Meta: packet.Meta{Link: packet.LinkRaw, CapLen: uint32(len(p)), Len: uint32(len(p))}, Data: p}}}
		learn(in)
		d := NewDissection(nil)
		tr, _ := d.Run(&in[0], WantTree|WantColumns)
		for i := range tr.Nodes {
			n := &tr.Nodes[i]
			if int(n.Off)+int(n.Len) > len(tr.Sources[n.Source].Bytes) {
				t.Fatalf("node %d, %s, reaches beyond its source", i, n.Field.Abbrev)
			}
		}
	})
}
