package dissect

import (
	"encoding/hex"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// tcpHead is a segment to be made. A zero length of the header means the one that
// fits the options.
type tcpHead struct {
	src, dst       int
	seq, ack       int
	flags          tcp.Flags
	window, urgent int
	words          int // header length in words
	opts           []byte
}

func (h tcpHead) with(payload []byte) []byte {
	opts := h.opts
	for len(opts)%4 != 0 {
		opts = append(opts, 0)
	}
	words := h.words
	if words == 0 {
		words = 5 + len(opts)/4
	}
	if h.window == 0 {
		h.window = 1000
	}
	return cat(put16(h.src), put16(h.dst), put32(h.seq), put32(h.ack), put16(words<<12|int(h.flags)), put16(h.window), put16(0x1234), put16(h.urgent), opts, payload)
}

// tcpFrame puts a segment into a frame; back says that it goes from 10.0.0.2 to 10.0.0.1.
func tcpFrame(id int, back bool, segment []byte) []byte {
	ip := v4{proto: 6, id: id}
	if back {
		ip.src, ip.dst = "10.0.0.2", "10.0.0.1"
	}
	return etherFrame(0x0800, ip.with(segment))
}

// goodOptions are options as they should be, of every kind that has a name.
var goodOptions = []string{
	"020405b4", "030307", "03030e", "0402", "050a 00000bb8 00000fa0", "0606 01020304", "0706 01020304", "080a 00000001 00000002", "0902", "0a03c0",
	"0b06 00000007", "0c06 00000008", "0d06 00000009", "0e0301", "0f04abcd", "1002", "1102", "1203ff",
	"1312 00112233445566778899aabbccddeeff", "1404 a5 07", "1404 0000", "1602", "1702", "1803aa", "1a02",
	"1b08 0f 40 12345678", "1b08 f3 40 12345678", "1b08 80 40 12345678", "1c04 803c", "1c04 003c", "1d10 0102 000102030405060708090a0b", "1d04 0506",
	"2202", "220a 0102030405060708", "2206 01020304",
	"ac02", "ac05 000001", "ac08 000001 000002", "ac0b 000001 000002 000003", "ae02", "ae05 000001", "ae08 000001 000002", "ae0b 000001 000002 000003",
	"fd04 f989", "fd0c f989 0102030405060708", "fd04 acce", "fd07 acce 000001", "fd04 acc0", "fd07 acc0 000001", "fd0d acc1 000001 000002 000003", "fd05 00ac 03", "fd04 00ac", "fd04 0348", "fd06 abcd 1122", "fe04 1234", "fe08 1234 99887766",
	"4d02", "4d06 01020304", "ff03 01",
	// Selective acknowledgements of each count, duplicate ones.
	"0512 000003e9 000003f3 000007d1 000007db", "051a 000003e9 000003f3 000007d1 000007db 00000bb9 00000bc3",
	"0522 000003e9 000003f3 000007d1 000007db 00000bb9 00000bc3 00000fa1 00000fab",
	"050a 00000005 0000000a", "0512 00001770 00001b58 00001388 00001f40", "0512 00001770 00001b58 00001b58 00001f40",
	"0512 00001770 00001b58 00001388 00001a00",
	// Several together, and what fills.
	"01010101", "01010101 01010101", "01 020405b4 01 01 01", "030307 01010101 01", "020405b4 0101 0402 01 030307", "00", "00000000", "01 01 00 00",
	"0204 0218 0204 0219", "080a 00000001 00000002 080a 00000003 00000004",
}

// multipathOptions has every subtype of multipath (RFC 8684 §3), in the lengths
// that it may have.
var multipathOptions = []string{
	"1e04 00 81", "1e04 00 80", "1e04 00 82", "1e04 01 c0", "1e04 01 21", "1e04 00 40", "1e04 01 81", "1e0c 00 81 0102030405060708", "1e0c 01 01 0102030405060708", "1e14 01 c1 0102030405060708 1112131415161718",
	"1e16 01 81 0102030405060708 1112131415161718 0010", "1e18 01 e1 0102030405060708 1112131415161718 0010 abcd",
	"1e0c 10 02 01020304 05060708", "1e0c 11 02 01020304 05060708", "1e10 11 02 0102030405060708 11121314", "1e18 10 00 000102030405060708090a0b0c0d0e0f10111213", "1e08 10 02 01020304",
	"1e08 20 01 01020304", "1e0c 20 03 0102030405060708", "1e10 20 04 01020304 00000001 0010 abcd", "1e0e 20 04 01020304 00000001 0010",
	"1e14 20 0c 0102030405060708 00000001 0010 abcd", "1e14 20 05 01020304 05060708 00000001 0010 abcd", "1e1c 20 1f 0102030405060708 1112131415161718 00000001 0010 abcd", "1e04 20 00", "1e04 20 10",
	"1e08 34 02 0a000001", "1e0a 34 02 0a000001 1f90", "1e14 36 02 20010db8000000000000000000000001", "1e16 36 02 20010db8000000000000000000000001 1f90",
	"1e10 30 02 0a000001 0102030405060708", "1e12 30 02 0a000001 1f90 0102030405060708", "1e08 31 02 0a000001", "1e0a 31 02 0a000001 1f90",
	"1e1c 30 02 20010db8000000000000000000000001 0102030405060708", "1e1e 30 02 20010db8000000000000000000000001 1f90 0102030405060708", "1e14 31 02 20010db8000000000000000000000001",
	"1e04 40 01", "1e06 40 01 02 03", "1e03 50", "1e04 51 02", "1e0c 60 00 0102030405060708", "1e0c 70 00 0102030405060708", "1e04 80 01", "1e04 81 05", "1e04 90 00", "1e04 f0 00",
}

// badOptions are options that are cut, run over the end, or have something behind
// the end of the list; and every kind with lengths that it does not have.
func badOptions() []string {
	out := []string{
		"0303ff", "03030f", "050e 000003e9 000003f3 01020304", "00 010101", "0101 00 01", "020405b4 00 020405b4",
		"02", "0101 02", "01010108", "080a", "0804 00000001", "4d", "fd02", "fd03 01", "1e", "1e02", "1e0310", "0101 4d09 0101", "0101 4d01 0101", "fd06 acc1 0000", "fe06 00ac 0505", "1408 a5 07 13 000102", "0504 0101", "0506 00000101",
	}
	for _, kind := range []int{2, 3, 4, 5, 6, 8, 9, 11, 14, 19, 20, 21, 22, 27, 28, 29, 34, 77, 172, 174, 253} {
		for _, n := range []int{0, 1, 2, 3, 5, 7, 11, 13} {
			b := append([]byte{byte(kind), byte(n)}, hx("01010101010101010101")...)
			if n > 1 && n < 12 { // what the option leaves is one that nobody knows
				b[n] = 77
				if n < 11 {
					b[n+1] = byte(12 - n)
				}
			}
			out = append(out, hex.EncodeToString(b))
		}
	}
	return out
}

// tcpKindCrafts are segments with every option and with headers of all kinds.
func tcpKindCrafts() []craft {
	const (
		ack = tcp.ACK
		syn = tcp.SYN
	)
	var packets [][]byte
	var out []craft
	add := func(back bool, h tcpHead, payload []byte) {
		packets = append(packets, tcpFrame(len(packets)+1, back, h.with(payload)))
	}
	done := func(name string) {
		out = append(out, craft{"tcp/craft/" + name, packet.LinkEthernet, packets})
		packets = nil
	}
	// Each connection is opened, so that relative numbers mean something.
	talk := func(options []string) {
		for i, o := range options {
			port := 10000 + i
			add(false, tcpHead{src: port, dst: 9, seq: 999, flags: syn, opts: hx(o)}, nil)
			add(true, tcpHead{src: 9, dst: port, seq: 1999, ack: 1000, flags: syn | ack, opts: hx(o)}, nil)
			add(false, tcpHead{src: port, dst: 9, seq: 1000, ack: 6000, flags: ack, opts: hx(o)}, nil)
		}
	}
	talk(goodOptions)
	done("kinds")
	talk(multipathOptions)
	done("multipath")
	for i, o := range badOptions() {
		flags := ack
		if i%2 == 1 {
			flags = syn
		}
		add(false, tcpHead{src: 10000 + i, dst: 9, seq: 1000, flags: flags, opts: hx(o)}, nil)
	}
	done("bad_options")
	for flags := range tcp.Flags(0x1000) {
		if flags >= 0x40 && flags%61 != 0 {
			continue // all of the low six bits, and of the others a sample
		}
		add(false, tcpHead{src: 10000 + int(flags), dst: 9, seq: 1000, flags: flags, ack: int(flags % 3), urgent: int(flags % 2)}, nil)
	}
	done("flags")
	for words := range 16 {
		add(false, tcpHead{src: 20000 + words, dst: 9, seq: 1000, ack: 5, flags: ack, words: words, opts: hx("01010101")}, []byte("0123456789abcdef"))
		add(false, tcpHead{src: 20100 + words, dst: 9, seq: 1000, flags: syn, words: words}, nil)
	}
	for n := range 38 {
		segment := tcpHead{src: 10000 + n, dst: 9, seq: 1000, ack: 5, flags: ack, opts: hx("0101080a0000000100000002 0101")}.with(nil)
		packets = append(packets, tcpFrame(n+1, false, segment[:min(n, len(segment))]))
	}
	for i, text := range []string{"", "x", "why not", "a\x00b\xff"} {
		add(false, tcpHead{src: 30000 + i, dst: 9, seq: 1000, ack: 5, flags: tcp.RST | ack}, []byte(text))
		add(false, tcpHead{src: 30100 + i, dst: 9, seq: 1000, flags: syn}, []byte(text))
	}
	done("headers")
	// What tshark takes for malformed, or shows more of.
	for i, o := range []string{"1506 0010 0020", "4c0a 01 02 03 04 05 06 07 08", "4e10 0102 03040506 0708090a 0b0c 0d0e 0f10"} {
		add(false, tcpHead{src: 10000 + i, dst: 9, seq: 1000, ack: 5, flags: ack, opts: hx(o)}, nil)
	}
	done("own")
	return out
}

// TestTCPCrafted holds the captures against the code that made them, and their
// list and the options in their trees against the files beside them.
func TestTCPCrafted(t *testing.T) {
	holdCrafts(t, tcpKindCrafts())
	for _, c := range tcpKindCrafts() {
		in := readCapture(t, filepath.Join("testdata", c.name+".pcap"))
		learn(in)
		var out strings.Builder
		d := NewDissection(nil)
		for i := range in {
			tr, cols := d.Run(&in[i], WantTree|WantColumns)
			fmt.Fprintf(&out, "%d | %s | %s\n", i+1, cols.Proto, cols.Info)
			inside := false
			tr.Walk(func(_, depth int, n *Node) bool {
				l := n.Label()
				if depth == 1 {
					inside = strings.HasPrefix(l, "Options: ") || c.name == "tcp/craft/flags" && strings.HasPrefix(l, "Flags: ")
				}
				// Short of the options and the flags, Info tells what there is.
				if inside && depth > 0 && n.Flags&Hidden == 0 && !plainLine.MatchString(l) {
					fmt.Fprintf(&out, "%*s%s @%d+%d\n", 2*depth, "", l, n.Off, n.Len)
				}
				return true
			})
		}
		golden(t, filepath.Join("testdata", c.name+".golden"), out.String())
	}
}

// plainLine matches lines that say nothing more than those above them.
var plainLine = regexp.MustCompile(`Not set$|= (Acknowledgment|Syn): Set|Severity level|^\[Group: |^\[(Connection|TCP Flags|The SYN packet)|^Flags: 0x01[02]|establish`)

// TestTCPAgainstTshark holds the trees of the same captures against tshark's.
func TestTCPAgainstTshark(t *testing.T) {
	if *flagPcap == "" {
		const files = "testdata/tcp/craft/[^o]*.pcap"
		eachReferenceIn(t, files, comparePDML)
		eachReferenceIn(t, files, compareColumns)
	}
}
