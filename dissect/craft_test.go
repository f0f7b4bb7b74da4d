package dissect

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tcplens/internal/packet"
)

// The captures of the network protocols are made here: each has the packets that
// its name says, and what tshark makes of them is what the tree is held against.

// craft is one capture to be made.
type craft struct {
	name    string // testdata/<name>.pcap
	link    packet.LinkType
	packets [][]byte
}

const (
	macA = "020000000001"
	macB = "020000000002"
)

// hx reads hexadecimal digits, with spaces between them where one likes.
func hx(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func cat(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func put16(v int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(v)) }
func put32(v int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(v)) }

func etherFrame(t int, payload []byte) []byte { return cat(hx(macB), hx(macA), put16(t), payload) }

// fill60 fills a frame up to 60 bytes.
func fill60(b []byte) []byte { return append(b, make([]byte, max(0, 60-len(b)))...) }

// inetSum puts the internet checksum of b and a pseudo header at offset at.
func inetSum(b []byte, at int, pseudo []byte) []byte {
	binary.BigEndian.PutUint16(b[at:], ^uint16(checksum(checksum(0, pseudo), b)))
	return b
}

// v4 is an IPv4 packet; ff are the flags and the offset of fragments.
type v4 struct {
	proto, tos, ttl, id, ff int
	src, dst                string
	opts                    []byte
}

func (h v4) with(payload []byte) []byte {
	if h.src == "" {
		h.src = "10.0.0.1"
	}
	if h.dst == "" {
		h.dst = "10.0.0.2"
	}
	if h.ttl == 0 {
		h.ttl = 64
	}
	n := 20 + len(h.opts)
	s, d := netip.MustParseAddr(h.src).As4(), netip.MustParseAddr(h.dst).As4()
	head := cat([]byte{byte(0x40 | n/4), byte(h.tos)}, put16(n+len(payload)), put16(h.id), put16(h.ff), []byte{byte(h.ttl), byte(h.proto), 0, 0}, s[:], d[:], h.opts)
	return append(inetSum(head, 10, nil), payload...)
}

func v6(next int, src, dst string, payload []byte) []byte {
	s, d := netip.MustParseAddr(src).As16(), netip.MustParseAddr(dst).As16()
	return cat(hx("60000000"), put16(len(payload)), []byte{byte(next), 64}, s[:], d[:], payload)
}

func udpTo(src, dst int, payload []byte) []byte {
	return cat(put16(src), put16(dst), put16(8+len(payload)), put16(0x1234), payload)
}

// icmp4 is an ICMP message in an IPv4 packet, with a good checksum.
func icmp4(typ, code int, body []byte) []byte {
	return v4{proto: 1}.with(inetSum(cat([]byte{byte(typ), byte(code), 0, 0}, body), 2, nil))
}

// icmp6 is an ICMPv6 message in an IPv6 packet, with a good checksum.
func icmp6(src, dst string, typ, code int, body []byte) []byte {
	m := cat([]byte{byte(typ), byte(code), 0, 0}, body)
	s, d := netip.MustParseAddr(src).As16(), netip.MustParseAddr(dst).As16()
	return v6(58, src, dst, inetSum(m, 2, cat(s[:], d[:], put32(len(m)), put32(58))))
}

func igmpMsg(b []byte) []byte {
	return v4{proto: 2, ttl: 1, dst: "224.0.0.22", opts: hx("94040000")}.with(inetSum(b, 2, nil))
}

func arpMsg(op int, srcHw, src, dstHw, dst string) []byte {
	s, d := netip.MustParseAddr(src).As4(), netip.MustParseAddr(dst).As4()
	return etherFrame(0x0806, cat(hx("0001080006 04"), put16(op), hx(srcHw), s[:], hx(dstHw), d[:]))
}

func greMsg(flags, proto int, fields, payload []byte) []byte {
	return v4{proto: 47}.with(cat(put16(flags), put16(proto), fields, payload))
}

func pppMsg(proto int, body []byte) []byte { return cat(hx("ff03"), put16(proto), body) }

func pppControlMsg(code, id int, data []byte) []byte {
	return cat([]byte{byte(code), byte(id)}, put16(4+len(data)), data)
}

func labels(vs ...int) []byte {
	var out []byte
	for i, v := range vs {
		bottom := 0
		if i == len(vs)-1 {
			bottom = 0x100
		}
		out = append(out, put32(v<<12|bottom|64)...)
	}
	return out
}

func tags(pairs ...any) []byte {
	var out []byte
	for i := 0; i < len(pairs); i += 2 {
		v := []byte(pairs[i+1].(string))
		out = cat(out, put16(pairs[i].(int)), put16(len(v)), v)
	}
	return out
}

// option fills an option of neighbour discovery up to eight bytes.
func ndOption(typ int, body []byte) []byte {
	b := cat([]byte{byte(typ), 0}, body)
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	b[1] = byte(len(b) / 8)
	return b
}

// crafts are all captures, in the order of the layers.
func crafts() []craft {
	out := append(append(linkCrafts(), netCrafts()...), append(tcpCrafts(), rareCrafts()...)...)
	out = append(out, append(wlanCrafts(), radioCrafts()...)...)
	out = append(append(out, tunnelCrafts()...), tlsCrafts()...)
	return append(append(append(out, serviceCrafts()...), quicCrafts()...), dtlsCrafts()...)
}

// plainUDP is a datagram that only its header says anything of.
func plainUDP() []byte { return v4{proto: 17, id: 1}.with(udpTo(40000, 40001, []byte("abcd"))) }

// TestCrafted holds the committed captures against the code that made them.
func TestCrafted(t *testing.T) { holdCrafts(t, crafts()) }

// holdCrafts holds captures against the code that made them, or writes them.
func holdCrafts(t *testing.T, all []craft) {
	t.Helper()
	for _, c := range all {
		name := filepath.Join("testdata", c.name+".pcap")
		want := pcapBytes(c.link, c.packets...)
		if *flagUpdate {
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			writePcap(t, name, c.link, c.packets...)
			continue
		}
		got, err := os.ReadFile(name)
		if err != nil || string(got) != string(want) {
			t.Errorf("%s is not what this test makes (%v): run go test ./dissect -run 'TestCrafted|TestGolden' -update", name, err)
		}
	}
}
