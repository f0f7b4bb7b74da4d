package dissect

import (
	"slices"
	"testing"

	"tcplens/internal/packet"
)

// dtlsRecordOf is a record of an epoch.
func dtlsRecordOf(kind, version, epoch, seq int, body ...[]byte) []byte {
	return cat(put8(kind), put16(version), put16(epoch), hx("00000000"), put16(seq), l16(body...))
}

// dtlsFragment is a part of a handshake message, whose body is whole.
func dtlsFragment(kind, seq, off, end int, whole []byte) []byte {
	return cat(put8(kind), put24(len(whole)), put16(seq), put24(off), put24(end-off), whole[off:end])
}

func dtlsWhole(kind, seq int, body []byte) []byte {
	return dtlsFragment(kind, seq, 0, len(body), body)
}

func dtlsClientHello(cookie []byte, exts ...[]byte) []byte {
	return cat(put16(dtls12), fill(32, 7), l8(), l8(cookie), l16(put16(0xc02b), put16(0x009e)), l8(put8(0)), l16(exts...))
}

func dtlsServerHello(suite int, exts ...[]byte) []byte {
	return cat(put16(dtls12), fill(32, 9), l8(), put16(suite), put8(0), l16(exts...))
}

// dtlsCrafts are captures of DTLS: messages in fragments out of order and sent again,
// several in a record, alerts and heartbeats, connection identifiers; and what does not hold together.
func dtlsCrafts() []craft {
	sni := ext(0, l16(put8(0), l16([]byte("dtls.example"))))
	var out [][]byte
	seq := 0
	send := func(fromServer bool, records ...[]byte) {
		if fromServer {
			out = append(out, v4{proto: 17, src: "10.0.0.2", dst: "10.0.0.1"}.with(udpTo(4433, 4000, cat(records...))))
			return
		}
		out = append(out, v4{proto: 17}.with(udpTo(4000, 4433, cat(records...))))
	}
	record := func(kind, epoch int, body ...[]byte) []byte {
		seq++
		return dtlsRecordOf(kind, dtls12, epoch, seq, body...)
	}
	hello := dtlsClientHello(nil, sni, ext(14, cat(l16(put16(7), put16(1), put16(9)), l8(hx("0102")))), ext(16, l16(l8([]byte("coap")))), ext(54, l8()))
	server := dtlsServerHello(0x009e, ext(16, l16(l8([]byte("coap")))), ext(14, cat(l16(put16(7)), l8())), ext(54, l8(hx("aabbccdd"))))
	params := cat(l16(fill(128, 3)), l16(put8(2)), l16(fill(128, 4)), put16(0x0401), l16(fill(128, 5)))
	half := len(hello) / 2
	send(false, record(22, 0, dtlsFragment(1, 0, 0, half, hello)))
	send(false, record(22, 0, dtlsFragment(1, 0, half, len(hello), hello)))
	send(true, record(22, 0, dtlsWhole(2, 0, server), dtlsFragment(12, 1, 0, 100, params)))
	send(true, record(22, 0, dtlsFragment(12, 1, 100, len(params), params)), record(22, 0, dtlsWhole(14, 2, nil)))
	send(false, record(22, 0, dtlsWhole(16, 1, l16(fill(128, 6)))), record(20, 0, put8(1)), record(22, 1, fill(40, 0xee)))
	send(true, record(20, 0, put8(1)), record(22, 1, fill(40, 0xee)))
	send(false, record(23, 1, fill(30, 0xdd)))
	send(true, record(21, 1, fill(26, 0xcc)))
	send(true, record(21, 0, hx("0228")), record(24, 0, cat(put8(1), l16(fill(4, 1)), fill(16, 2))))
	whole := out
	out = nil
	send(false, record(22, 0, dtlsFragment(1, 0, half, len(hello), hello)))
	send(false, record(22, 0, dtlsFragment(1, 0, 0, half, hello)))
	send(true, record(22, 0, dtlsWhole(3, 0, cat(put16(dtls10), l8(fill(20, 8))))))
	send(false, record(22, 0, dtlsWhole(1, 1, dtlsClientHello(fill(20, 8), sni, ext(16, l16()), ext(43, l8(put16(dtls13), put16(dtls12)))))))
	send(true, record(22, 0, dtlsWhole(2, 1, dtlsServerHello(0x1301, ext(43, put16(dtls13))))))
	send(true, record(22, 0, cat(put8(11), put24(40), put16(2), put24(30), put24(20), fill(20, 1)))) // runs past the end
	send(true, record(22, 0, cat(put8(11), put24(10), put16(2), put24(0), put24(20), fill(20, 1))))  // is longer than the whole
	send(true, record(22, 0, cat(put8(11), put24(10), put16(2), put24(0), put24(10), fill(2, 1))))   // is not all there
	send(true, record(22, 0, dtlsWhole(11, 3, cat(put24(30), put24(27), fill(27, 0x30)))))           // a certificate of nonsense
	send(true, record(22, 0, dtlsWhole(11, 4, cat(put24(0xffffff), put24(0xfffff0), fill(27, 0x30)))))
	send(true, record(22, 0, dtlsWhole(12, 5, cat(put16(0xffff), fill(10, 1)))))
	send(true, record(22, 0, hx("01")), record(23, 0, put8(1)))
	send(true, record(24, 1, fill(30, 0xcc)))
	send(false, dtlsRecordOf(25, dtls12, 1, 0))
	return []craft{{"dtls/crafted", packet.LinkRaw, whole}, {"app/odd/dtls_odd", packet.LinkRaw, out}}
}

// TestDTLSNames sees what is remembered of conversations.
func TestDTLSNames(t *testing.T) {
	for _, c := range []struct {
		file string
		want TLSInfo
	}{
		{"dtls/openssl12", TLSInfo{Name: "dtls.example", Offered: "coap,h2", Version: dtls12, Suite: 0xc030}},
		{"dtls/openssl10", TLSInfo{Name: "dtls.example", Version: dtls10, Suite: 0xc013}},
		{"dtls/openssl12_client_cert", TLSInfo{Version: dtls12, Suite: 0x009e}},
		{"dtls/crafted", TLSInfo{Name: "dtls.example", Offered: "coap", ALPN: "coap", Version: dtls12, Suite: 0x009e}},
		{"app/odd/dtls_odd", TLSInfo{Name: "dtls.example", Version: dtls13, Suite: 0x1301}},
	} {
		in := readCapture(t, "testdata/"+c.file+".pcap")
		learn(in)
		s, _, _ := in[0].Known.DTLS()
		if got := s.TLSInfo(); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.file, got, c.want)
		}
	}
	if got, want := (&TLSInfo{Version: dtls13}).VersionName(), "DTLS 1.3"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestDTLSFragments cuts a hello in all ways and sends the pieces in any order, some
// twice: it is whole with the last of them, and only then.
func TestDTLSFragments(t *testing.T) {
	hello := dtlsClientHello(fill(4, 1), ext(0, l16(put8(0), l16([]byte("dtls.example")))))
	n := len(hello)
	for a := 2; a < n-1; a += 7 {
		for b := a + 1; b < n; b += 5 {
			pieces := [][]byte{dtlsFragment(1, 0, 0, a, hello), dtlsFragment(1, 0, a-1, b, hello), dtlsFragment(1, 0, b, n, hello)}
			for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 1, 2, 0}, {1, 2, 2, 1, 0}} {
				s := NewDTLSSession()
				for k, i := range order {
					if k > 0 && s.TLSInfo().Name != "" {
						t.Fatalf("cut at %d and %d, %v: whole before its end", a, b, order)
					}
					s.Add(packet.Number(k+1), 0, dtlsRecordOf(22, dtls12, 0, k, pieces[i]))
				}
				if got := s.TLSInfo().Name; got != "dtls.example" {
					t.Fatalf("cut at %d and %d, %v: %q", a, b, order, got)
				}
			}
		}
	}
}

// TestDTLSKept sends fragments of messages that never end: what is kept of them is bounded.
func TestDTLSKept(t *testing.T) {
	s := NewDTLSSession()
	whole := make([]byte, maxTLSMessage)
	for seq := range 3 * maxDTLSMessages {
		for off := range 20 {
			s.Add(packet.Number(seq+1), 0, dtlsRecordOf(22, dtls12, 0, seq, dtlsFragment(11, seq, off*1000, off*1000+900, whole)))
		}
	}
	kept := 0
	for _, m := range s.messages {
		for _, p := range m.parts {
			kept += len(p.data)
		}
	}
	if kept > maxDTLSKept || len(s.messages) > maxDTLSMessages {
		t.Errorf("%d bytes of %d messages are kept", kept, len(s.messages))
	}
}

// TestJA4OfDTLS holds the fingerprint of a hello with a cookie to that of the same
// without, and the version to the newest that is offered.
func TestJA4OfDTLS(t *testing.T) {
	exts := [][]byte{ext(10, nil), ext(43, l8(put16(dtls12), put16(dtls13), put16(dtls10)))}
	got := ja4(withoutCookie(dtlsClientHello(fill(20, 8), exts...)), 'd')
	want := "dd3i020200_" + ja4Hash("009e,c02b") + "_" + ja4Hash("000a,002b")
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if bare := ja4(withoutCookie(dtlsClientHello(nil, exts...)), 'd'); bare != got {
		t.Errorf("%s without a cookie, %s with one", bare, got)
	}
	hello := dtlsClientHello(fill(20, 8), exts...)
	for n := range hello {
		withoutCookie(hello[:n])
	}
}

// FuzzDTLS takes datagrams apart that come after others of a conversation.
func FuzzDTLS(f *testing.F) {
	for _, c := range dtlsCrafts() {
		for _, p := range c.packets {
			f.Add(p[28:], p[28:])
		}
	}
	f.Fuzz(func(t *testing.T, one, two []byte) {
		var in []Input
		for i, b := range [][]byte{one, two, one} {
			p := v4{proto: 17}.with(udpTo(4000, 4433, b))
			in = append(in, Input{Number: packet.Number(i + 1), Packet: packet.Packet{Meta: packet.Meta{Link: packet.LinkRaw, CapLen: uint32(len(p)), Len: uint32(len(p))}, Data: slices.Clone(p)}})
		}
		learn(in)
		d := NewDissection(nil)
		for i := range in {
			tr, _ := d.Run(&in[i], WantTree|WantColumns)
			checkTree(t, tr)
		}
	})
}
