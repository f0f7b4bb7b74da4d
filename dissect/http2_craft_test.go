package dissect

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/http2/hpack"

	"tcplens/internal/packet"
)

// h2Frame makes a frame.
func h2Frame(kind, flags byte, stream int, payload ...[]byte) []byte {
	b := cat(payload...)
	return cat([]byte{byte(len(b) >> 16), byte(len(b) >> 8), byte(len(b)), kind, flags}, put32(stream), b)
}

// h2Side writes the header blocks of one direction.
type h2Side struct {
	buf bytes.Buffer
	enc *hpack.Encoder
}

func newH2Side() *h2Side {
	s := &h2Side{}
	s.enc = hpack.NewEncoder(&s.buf)
	return s
}

// block encodes names and values in turn.
func (s *h2Side) block(pairs ...string) []byte {
	s.buf.Reset()
	for i := 0; i < len(pairs); i += 2 {
		if err := s.enc.WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1], Sensitive: pairs[i] == "authorization"}); err != nil {
			panic(err)
		}
	}
	return bytes.Clone(s.buf.Bytes())
}

// dnsAsk and dnsTell are a question for a.test and its answer.
func dnsAsk() []byte {
	return hx("0000 0100 0001 0000 0000 0000 01 61 04 74657374 00 0001 0001")
}

func dnsTell() []byte {
	return hx("0000 8180 0001 0001 0000 0000 01 61 04 74657374 00 0001 0001 c00c 0001 0001 0000003c 0004 c0000201")
}

// h2Talk is a conversation that an upgrade begins (RFC 7540 §3.2). It has every
// type of frame, also broken ones. Each element is a segment; answer says of whom.
func h2Talk() (segments [][]byte, answer []bool) {
	c, s := newH2Side(), newH2Side()
	ask := func(b ...[]byte) { segments, answer = append(segments, cat(b...)), append(answer, false) }
	tell := func(b ...[]byte) { segments, answer = append(segments, cat(b...)), append(answer, true) }
	var packed bytes.Buffer
	z, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	z.Write([]byte("plain text\n"))
	z.Close()

	ask([]byte("GET /up?a=1 HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAA\r\n\r\n"))
	tell([]byte("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"))
	ask([]byte(http2Preface), h2Frame(h2Settings, 0, 0, hx("0001 00002000 0002 00000000 0005 00004000 0008 00000001 0063 00000007")), h2Frame(h2Settings, 1, 0))
	tell(h2Frame(h2Settings, 0, 0, hx("0003 00000064 0006 00040000")), h2Frame(h2WindowUpdate, 0, 0, put32(1<<16)))

	first := s.block(":status", "200", "content-type", "text/plain; charset=utf-8", "x-long", "a value that is long enough to be cut", "age", "12")
	tell(h2Frame(h2Headers, 0, 1, first[:len(first)-20]), h2Frame(h2Continuation, h2FlagEndHeaders, 1, first[len(first)-20:]),
		h2Frame(h2Data, h2FlagPadded|h2FlagEndStream, 1, []byte{4}, []byte("hello\nworld\n"), make([]byte, 4)))

	post := []string{":method", "POST", ":scheme", "http", ":path", "/dns-query?a=b&c", ":authority", "a.test", "content-type", dnsMediaType, "cookie", "a=b; c=d%20e", "authorization", "Basic YTpi"}
	ask(h2Frame(h2Headers, h2FlagEndHeaders|h2FlagPriority|h2FlagPadded, 3, []byte{2}, hx("80000001 0f"), c.block(post...), make([]byte, 2)))
	ask(h2Frame(h2Data, h2FlagEndStream, 3, dnsAsk()))
	tell(h2Frame(h2Headers, h2FlagEndHeaders, 3, s.block(":status", "200", "content-type", dnsMediaType, "content-length", "40")),
		h2Frame(h2Data, 0, 3, dnsTell()[:20]))
	tell(h2Frame(h2Data, h2FlagEndStream, 3, dnsTell()[20:]), h2Frame(h2Ping, 0, 0, hx("0102030405060708")))
	ask(h2Frame(h2Ping, h2FlagACK, 0, hx("0102030405060708")), h2Frame(h2Headers, h2FlagEndHeaders|h2FlagEndStream, 5, c.block(":method", "GET", ":scheme", "http", ":path", "/z", ":authority", "a.test")))
	tell(h2Frame(h2PushPromise, h2FlagEndHeaders|h2FlagPadded, 5, []byte{3}, put32(2), s.block(":method", "GET", ":scheme", "http", ":path", "/push", ":authority", "a.test"), make([]byte, 3)),
		h2Frame(h2Headers, h2FlagEndHeaders, 5, s.block(":status", "299", "content-type", "text/plain", "content-encoding", "gzip")),
		h2Frame(h2Data, 0, 5, packed.Bytes()[:8]), h2Frame(h2Data, 0, 5, packed.Bytes()[8:]),
		h2Frame(h2Headers, h2FlagEndHeaders|h2FlagEndStream, 5, s.block("x-sum", "1")))
	ask(h2Frame(h2Priority, 0, 7, hx("00000003 10")), h2Frame(h2RSTStream, 0, 2, put32(8)), h2Frame(h2PrioUpdate, 0, 0, put32(7), []byte("u=1")))
	tell(h2Frame(h2AltSvc, 0, 0, put16(13), []byte("http://a.test"), []byte(`h2=":8000"`)), h2Frame(h2Origin, 0, 0, put16(13), []byte("http://a.test"), put16(13), []byte("http://b.test")),
		h2Frame(0xfa, 0xff, 9, hx("c0ffee")), h2Frame(11, 0, 5))
	tell(h2Frame(h2GoAway, 0, 0, put32(5), put32(11), []byte("calm")))
	return segments, answer
}

// h2Capture makes a capture of a conversation between port 40000 and port 80.
func h2Capture(segments [][]byte, answer []bool) []byte { return talkCapture(nil, segments, answer) }

// talkCapture is h2Capture with options of TCP in both SYNs.
func talkCapture(options []byte, segments [][]byte, answer []bool) []byte {
	var packets [][]byte
	seq := [2]uint32{1000, 5000}
	add := func(side int, flags byte, data []byte) {
		tcp := make([]byte, 20)
		ports := [2]int{40000, 80}
		binary.BigEndian.PutUint16(tcp, uint16(ports[side]))
		binary.BigEndian.PutUint16(tcp[2:], uint16(ports[1-side]))
		binary.BigEndian.PutUint32(tcp[4:], seq[side])
		if flags != 0x02 {
			binary.BigEndian.PutUint32(tcp[8:], seq[1-side])
		}
		tcp[12], tcp[13], tcp[14] = 5<<4, flags, 0xff
		if flags&0x02 != 0 {
			tcp = append(tcp, options...)
			tcp[12] = byte(len(tcp) / 4 << 4)
		}
		ip := v4{proto: 6, id: len(packets) + 1}
		if side == 1 {
			ip.src, ip.dst = "10.0.0.2", "10.0.0.1"
		}
		packets = append(packets, etherFrame(0x0800, ip.with(cat(tcp, data))))
		seq[side] += uint32(len(data)) + uint32(flags>>1&1)
	}
	add(0, 0x02, nil)
	add(1, 0x12, nil)
	add(0, 0x10, nil)
	for i, b := range segments {
		side := 0
		if answer[i] {
			side = 1
		}
		add(side, 0x18, b)
	}
	return pcapBytes(packet.LinkEthernet, packets...)
}

// TestHTTP2Crafted holds the committed capture against the code that made it.
func TestHTTP2Crafted(t *testing.T) {
	const name = "testdata/http2/talk/kinds.pcap"
	want := h2Capture(h2Talk())
	if *flagUpdate {
		if err := os.WriteFile(name, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what this test makes (%v): run go test ./dissect -run 'HTTP2' -update", name, err)
	}
}

// TestHTTP2Golden holds the packet list and HTTP/2's part of the detail tree of
// conversations against the files beside them. They agree with tshark 4.0 but for the
// places of decoded headers, which tshark counts from the frame's first byte
// although they are in a block of their own, and for padding, which it takes for
// content.
func TestHTTP2Golden(t *testing.T) {
	files, err := filepath.Glob("testdata/http2/talk/*.pcap")
	if err != nil || len(files) != 3 {
		t.Fatalf("captures %v (%v), want three", files, err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			in := readCapture(t, f)
			learn(in)
			var list, tree strings.Builder
			d := NewDissection(nil)
			for i := range in {
				tr, c := d.Run(&in[i], WantTree|WantColumns)
				fmt.Fprintf(&list, "%d | %s | %s | %s | %s\n", i+1, d.protocolNames(), c.Dst, c.Proto, c.Info)
				inside := false
				tr.Walk(func(_, depth int, n *Node) bool {
					if depth == 0 {
						inside = n.Field == &pHTTP2.field
					}
					if !inside {
						return true
					}
					fmt.Fprintf(&tree, "%*s%s @%d:%d+%d\n", 4*depth, "", n.Label(), n.Source, n.Off, n.Len)
					return true
				})
				tree.WriteByte('\n')
			}
			golden(t, strings.TrimSuffix(f, ".pcap")+".list.golden", list.String())
			golden(t, strings.TrimSuffix(f, ".pcap")+".tree.golden", tree.String())
		})
	}
}
