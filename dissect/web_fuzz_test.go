package dissect

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"unicode"
	"unicode/utf8"

	"tcplens/internal/packet"
)

// segment makes a packet of raw IPv4 with a TCP segment between a port and 40000.
func segment(n packet.Number, port uint16, seq uint32, answer bool, data []byte, wire int) Input {
	b := make([]byte, 40, 40+len(data))
	b[0], b[8], b[9], b[12], b[15], b[16], b[19] = 0x45, 64, 6, 10, 1, 10, 2
	binary.BigEndian.PutUint16(b[2:], uint16(40+wire))
	src, dst := uint16(40000), port
	if answer {
		src, dst = dst, src
		b[15], b[19] = 2, 1
	}
	binary.BigEndian.PutUint16(b[20:], src)
	binary.BigEndian.PutUint16(b[22:], dst)
	binary.BigEndian.PutUint32(b[24:], seq)
	b[32], b[33], b[34] = 5<<4, 0x18, 0xff
	b = append(b, data...)
	return Input{Number: n, Packet: packet.Packet{
		Meta: packet.Meta{Time: packet.Time(n) * 1e6, CapLen: uint32(len(b)), Len: uint32(40 + wire), Link: packet.LinkRaw},
		Data: b,
	}}
}

// checkSound fails when a tree points out of its sources, is nested wrongly, or
// has what must not reach a terminal.
func checkSound(t *testing.T, tr *Tree, c Columns) {
	t.Helper()
	for i := range tr.Nodes {
		n := &tr.Nodes[i]
		if int(n.Source) >= len(tr.Sources) {
			t.Fatalf("node %d %q is of source %d of %d", i, n.Label(), n.Source, len(tr.Sources))
		}
		if size := len(tr.Sources[n.Source].Bytes); n.Off < 0 || n.Len < 0 || int(n.Off) > size || int(n.Off)+int(n.Len) > size {
			t.Fatalf("node %d %q: bytes %d+%d of %d in source %d", i, n.Label(), n.Off, n.Len, size, n.Source)
		}
		if p := tr.Parent(i); p >= i {
			t.Fatalf("node %d %q comes before its parent %d", i, n.Label(), p)
		}
		checkPrintable(t, n.Label())
		n.Value()
	}
	checkPrintable(t, c.Info)
	checkPrintable(t, c.Proto)
}

func checkPrintable(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Fatalf("not UTF-8: %q", s)
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			t.Fatalf("a control character: %q", s)
		}
	}
}

// fuzzStream gives a port's data of both directions to dissection: each packet
// alone, and all of them as a stream.
func fuzzStream(t *testing.T, port uint16, ask, answer []byte, size uint16, snap bool) {
	const room = 8000
	ask, answer = ask[:min(len(ask), room)], answer[:min(len(answer), room)]
	step := 1 + int(size)
	if least := (len(ask)+len(answer))/8 + 1; step < least {
		step = least
	}
	var in []Input
	for dir, data := range [][]byte{ask, answer} {
		for at := 0; at < len(data); at += step {
			piece := data[at:min(len(data), at+step)]
			wire := len(piece)
			if snap {
				piece = piece[:len(piece)-len(piece)/4]
			}
			in = append(in, segment(packet.Number(len(in)+1), port, uint32(1000+at), dir == 1, piece, wire))
		}
	}
	d := NewDissection(nil)
	for i := range in {
		tr, c := d.Run(&in[i], WantTree|WantColumns)
		checkSound(t, tr, c)
	}
	learn(in)
	for i := range in {
		tr, c := d.Run(&in[i], WantTree|WantColumns)
		checkSound(t, tr, c)
		_, bare := d.Run(&in[i], WantColumns)
		if bare.Info != c.Info || bare.Proto != c.Proto {
			t.Fatalf("the columns are %q %q with a tree, %q %q without", c.Proto, c.Info, bare.Proto, bare.Info)
		}
	}
}

// payloads gives the data that the captures of a kind have in one direction.
func payloads(f *testing.F, pattern string, port uint16) (ask, answer [][]byte) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		f.Fatalf("no captures match %s", pattern)
	}
	for _, file := range files {
		if _, err := os.Stat(file); err != nil {
			f.Fatal(err)
		}
		in := readCapture(f, file)
		var both [2][]byte
		d := NewDissection(nil)
		var h Headers
		for i := range in {
			d.Scan(&in[i], &h)
			if k := len(h.Transports); k > 0 && h.Transports[k-1].IsTCP {
				x := &h.Transports[k-1]
				side := 0
				if x.Flow.Src.Port < x.Flow.Dst.Port {
					side = 1
				}
				both[side] = append(both[side], x.Payload...)
			}
		}
		const most = 3000 // bytes of a seed: small ones mutate faster
		ask, answer = append(ask, both[0][:min(len(both[0]), most)]), append(answer, both[1][:min(len(both[1]), most)])
	}
	return ask, answer
}

func FuzzHTTP(f *testing.F) {
	ask, answer := payloads(f, "testdata/app/http_*.pcap", 80)
	for i := range ask {
		f.Add(ask[i], answer[i], uint16(200), false)
	}
	f.Add([]byte("GET / HTTP/1.1\r\nzork\r\n: x\r\nCookie: ;;a\r\nAuthorization: Basic !\r\n\r\n"), []byte("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b"), uint16(9), true)
	f.Fuzz(func(t *testing.T, ask, answer []byte, size uint16, snap bool) {
		fuzzStream(t, 80, ask, answer, size, snap)
	})
}

func FuzzTLS(f *testing.F) {
	for _, pattern := range []string{"testdata/app/*tls*.pcap", "testdata/app/odd/tls*.pcap"} {
		ask, answer := payloads(f, pattern, 443)
		for i := range ask {
			f.Add(ask[i], answer[i], uint16(300), false)
		}
	}
	f.Add([]byte("\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10"), []byte("\x18\x03\x03\x00\x04\x01\xff\xffa"), uint16(60), true)
	f.Fuzz(func(t *testing.T, ask, answer []byte, size uint16, snap bool) {
		fuzzStream(t, 443, ask, answer, size, snap)
	})
}

// FuzzCertificate gives the bytes of certificates to their dissector in a message.
func FuzzCertificate(f *testing.F) {
	_, answer := payloads(f, "testdata/app/tls12_cbc*.pcap", 443)
	for _, a := range answer {
		for i := 0; i+4 < len(a); i++ {
			if a[i] == 0x30 && a[i+1] == 0x82 && i+4+int(binary.BigEndian.Uint16(a[i+2:])) <= len(a) {
				f.Add(a[i : i+4+int(binary.BigEndian.Uint16(a[i+2:]))])
				break
			}
		}
	}
	f.Add([]byte("0\x80\x30\x84\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, cert []byte) {
		cert = cert[:min(len(cert), 16000)]
		n := len(cert)
		list := append([]byte{byte((n + 3) >> 16), byte((n + 3) >> 8), byte(n + 3), byte(n >> 16), byte(n >> 8), byte(n)}, cert...)
		in := []Input{segment(1, 443, 1, true, tlsRecordBytes(tlsHandshake, 0x0303, tlsMessage(11, list)), len(list)+9)}
		tr, c := NewDissection(nil).Run(&in[0], WantTree|WantColumns)
		checkSound(t, tr, c)
	})
}
