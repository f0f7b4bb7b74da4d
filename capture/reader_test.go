package capture

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"tcplens/internal/packet"
)

// brief is what the tables below expect of a packet.
type brief struct {
	time    packet.Time
	wire    uint32
	iface   uint32
	link    packet.LinkType
	data    string
	comment string
}

func briefs(ps []packet.Packet) []brief {
	var out []brief
	for _, p := range ps {
		if int(p.CapLen) != len(p.Data) {
			panic("CapLen is not the length of Data")
		}
		out = append(out, brief{p.Time, p.Len, p.Iface, p.Link, string(p.Data), p.Comment})
	}
	return out
}

func TestPcap(t *testing.T) {
	const sec = 1_700_000_000
	both := func(f func(*build) *build) [][]byte { return [][]byte{f(little()).b, f(big()).b} }
	tests := []struct {
		name  string
		files [][]byte
		want  []brief
		nano  bool
	}{
		{"micro", both(func(w *build) *build {
			return w.pcap(0xa1b2c3d4, 4, 1).record(sec, 5, "abc", 60).record(sec+1, 999999, "", 4)
		}), []brief{{sec*1e9 + 5000, 60, 0, 1, "abc", ""}, {sec*1e9 + 1999999000, 4, 0, 1, "", ""}}, false},
		{"nano", both(func(w *build) *build {
			return w.pcap(0xa1b23c4d, 4, 276).record(math.MaxUint32, 999999999, "abc", 3)
		}), []brief{{math.MaxUint32*1e9 + 999999999, 3, 0, 276, "abc", ""}}, true},
		{"modified", both(func(w *build) *build {
			w.pcap(0xa1b2cd34, 4, 1)
			for range 2 {
				w.u32(sec, 1, 3, 60, 7).u16(8).raw("\x01\x00abc")
			}
			return w
		}), []brief{{sec*1e9 + 1000, 60, 0, 1, "abc", ""}, {sec*1e9 + 1000, 60, 0, 1, "abc", ""}}, false},
		{"check sequence bits", both(func(w *build) *build {
			return w.pcap(0xa1b2c3d4, 4, 0x24000000|276).record(sec, 0, "abc", 3)
		}), []brief{{sec * 1e9, 3, 0, 276, "abc", ""}}, false},
		{"version 2.2: lengths the other way round", both(func(w *build) *build {
			return w.pcap(0xa1b2c3d4, 2, 1).u32(sec, 0, 60, 3).raw("abc")
		}), []brief{{sec * 1e9, 60, 0, 1, "abc", ""}}, false},
		{"version 2.3: lengths in either order", both(func(w *build) *build {
			return w.pcap(0xa1b2c3d4, 3, 1).u32(sec, 0, 60, 3).raw("abc").u32(sec, 0, 3, 60).raw("abc")
		}), []brief{{sec * 1e9, 60, 0, 1, "abc", ""}, {sec * 1e9, 60, 0, 1, "abc", ""}}, false},
		{"no packets", both(func(w *build) *build { return w.pcap(0xa1b2c3d4, 4, 1) }), nil, false},
	}
	for _, tt := range tests {
		for i, data := range tt.files {
			order := [...]string{"little", "big"}[i]
			t.Run(tt.name+"/"+order, func(t *testing.T) {
				ps, f, err := readFile(t, temp(t, "a.pcap", data))
				if err != nil {
					t.Fatal(err)
				}
				if got := briefs(ps); !slices.Equal(got, tt.want) {
					t.Errorf("got %v\nwant %v", got, tt.want)
				}
				in := f.Interfaces()
				if len(in) != 1 || in[0].Nano != tt.nano || in[0].SnapLen != 65535 {
					t.Errorf("interfaces: %+v", in)
				}
				if section, id := f.Section(0); section != 0 || id != 0 {
					t.Errorf("section %d, interface %d, of a pcap file", section, id)
				}
				if done, total := f.Progress(); done != total || total != int64(len(data)) || f.Size() != total {
					t.Errorf("progress %d of %d, size %d, want %d", done, total, f.Size(), len(data))
				}
			})
		}
	}
}

func TestPcapNG(t *testing.T) {
	for _, start := range []func() *build{little, big} {
		w := start()
		o := w.body
		w.section()
		w.iface(1, 4, o().opt(2, "eth0").opt(3, "the first").opt(9, "\x09").opt(11, "\x00tcp port 80"))
		w.iface(101, 0, o().opt(2, "tun0\x00"))
		w.block(4, o().raw("name resolution"))
		w.block(0x0b0e, o().raw("custom"))
		w.block(10, o().u32(0x544c534b, 5).raw("key 1"))
		w.block(10, o().u32(0x57474b4c, 5).raw("other"))
		w.packet(0, 1_700_000_000_123_456_789, "abcd", 60, nil)
		w.packet(1, 1_700_000_000_123_456, "abc", 3, o().opt(2, "\x00\x00\x00\x00").opt(1, "one").opt(1, "two\x00").opt(0, ""))
		w.packet(1, 1, "", 3, o().opt(1, "no end of options"))
		w.block(3, o().u32(9).raw("simp"))
		w.block(3, o().u32(2).raw("si"))
		w.block(2, o().u16(1, 77).u32(0, 5, 3, 4).raw("old"))
		w.block(5, o().u32(0, 0, 0))
		w.block(0xffff, o().raw(""))

		// A second section in the other byte order numbers its interfaces anew.
		other := start()
		if other.byteOrder = byteOrder(w.byteOrder); w.b[4] == 0 {
			other = little()
		} else {
			other = big()
		}
		other.block(0x0a0d0d0a, other.body().u32(0x1a2b3c4d).u16(1, 2).u32(0xffffffff, 0xffffffff).opt(1, "the second").opt(0, ""))
		other.iface(276, 0, nil)
		other.packet(0, 7, "zz", 2, nil)

		ps, f, err := readFile(t, temp(t, "a.pcapng", append(w.b, other.b...)))
		if err != nil {
			t.Fatal(err)
		}
		want := []brief{
			{1_700_000_000_123_456_789, 60, 0, 1, "abcd", ""},
			{1_700_000_000_123_456_000, 3, 1, 101, "abc", "one\ntwo"},
			{1000, 3, 1, 101, "", "no end of options"},
			{1000, 9, 0, 1, "simp", ""}, // no time of its own: that of the packet before
			{1000, 2, 0, 1, "si", ""},
			{5000, 4, 1, 101, "old", ""},
			{7000, 2, 2, 276, "zz", ""},
		}
		if got := briefs(ps); !slices.Equal(got, want) {
			t.Errorf("got %v\nwant %v", got, want)
		}
		ifaces := []packet.Interface{
			{Name: "eth0", Description: "the first", Filter: "tcp port 80", Link: 1, SnapLen: 4, Nano: true},
			{Name: "tun0", Link: 101},
			{Link: 276},
		}
		if got := f.Interfaces(); !slices.Equal(got, ifaces) {
			t.Errorf("interfaces %+v\nwant %+v", got, ifaces)
		}
		for i, want := range [][2]uint32{{1, 0}, {1, 1}, {2, 0}} {
			if section, id := f.Section(uint32(i)); uint32(section) != want[0] || id != want[1] {
				t.Errorf("interface %d: section %d, number %d, want %v", i, section, id, want)
			}
		}
		if got := f.Secrets(); len(got) != 1 || string(got[0]) != "key 1" {
			t.Errorf("secrets %q", got)
		}
		if got := f.Comments(); !slices.Equal(got, []string{"the second"}) {
			t.Errorf("comments %q", got)
		}
	}
}

func TestTimeResolution(t *testing.T) {
	const ticks = 0x123456789abcdef // 81985529216486895
	tests := []struct {
		resol  string
		offset string
		want   packet.Time
	}{
		{"\x00", "", math.MaxInt64},
		{"\x03", "", math.MaxInt64},
		{"\x09", "", 81985529216486895},
		{"\x09", "\x05\x00\x00\x00\x00\x00\x00\x00", 81985529216486895 + 5e9},
		{"\x09", "\xfb\xff\xff\xff\xff\xff\xff\xff", 81985529216486895 - 5e9},
		{"\x09", "\xff\xff\xff\xff\xff\xff\xff\x7f", math.MaxInt64},
		{"\x09", "\x00\x00\x00\x00\x00\x00\x00\x80", math.MinInt64},
		{"\x09", "\xff\xe3\x0b\x54\x02\x00\x00\x00", math.MaxInt64}, // 9999999999 s
		{"\x0c", "", 81985529216486},
		{"\x0f", "", 81985529216},
		{"\x1b", "", 0},
		{"\x1c", "", 0},
		{"\x7f", "", 0},
		{"\x80", "", math.MaxInt64},
		{"\x9e", "", 76354974151111110}, // ticks·10⁹/2³⁰
		{"\xbf", "", 8888888},           // ticks·10⁹/2⁶³
		{"\xc0", "", 4444444},           // ticks·10⁹/2⁶⁴
		{"\xc1", "", 2222222},           // ticks·10⁹/2⁶⁵
		{"\xff", "", 0},
	}
	for _, tt := range tests {
		w := little().section()
		opts := w.body().opt(9, tt.resol)
		if tt.offset != "" {
			opts.opt(14, tt.offset)
		}
		w.iface(1, 0, opts).packet(0, ticks, "", 0, nil)
		ps, _, err := readFile(t, temp(t, "a.pcapng", w.b))
		if err != nil {
			t.Fatal(err)
		}
		if got := ps[0].Time; got != tt.want {
			t.Errorf("resolution %q, offset %q: %d, want %d", tt.resol, tt.offset, got, tt.want)
		}
	}
}

// TestLarge reads files of many chunks, with records that lie across their ends
// and blocks longer than a chunk.
// TestCustomBlocks: what Wireshark lists among the packets, files give as well.
func TestCustomBlocks(t *testing.T) {
	w := little().section().iface(1, 0, nil)
	w.packet(0, 5, "abcd", 4, nil)
	w.block(0x0bad, w.body().u32(32473).raw("mine"))
	w.block(0x40000bad, w.body().u32(32473).raw("mine too"))
	ps, _, err := readFile(t, temp(t, "a.pcapng", w.b))
	if err != nil {
		t.Fatal(err)
	}
	if len(ps) != 3 || ps[1].Link != packet.LinkRecord || ps[1].Iface != packet.NoIface || !ps[1].NoTime ||
		string(ps[1].Data) != "mine" || string(ps[2].Data) != "mine too" || ps[2].Time != ps[0].Time {
		t.Errorf("%+v", ps)
	}
	pipe := NewStreamReader(bytes.NewReader(w.b), "pipe")
	defer pipe.Close()
	var b Batch
	count := 0
	for {
		err := pipe.Read(t.Context(), &b)
		count += len(b.Packets)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if count != 1 {
		t.Errorf("a pipe gives %d packets, want the one that came over an interface", count)
	}
}

func TestLarge(t *testing.T) {
	ng := little().section().iface(1, 0, nil)
	pc := big().pcap(0xa1b2c3d4, 4, 1)
	data := strings.Repeat("0123456789abcdef", maxCapLen/16)
	const n = 300
	for i := range n {
		d := data[:(i*7919)%(maxCapLen+1)]
		if i%7 == 0 {
			ng.block(0x0b0e, ng.body().raw(data).raw(data).raw(data))
		}
		ng.packet(0, uint64(i), d, uint32(len(d)), nil)
		pc.record(0, uint32(i), d, uint32(len(d)))
	}
	for name, b := range map[string][]byte{"a.pcapng": ng.b, "a.pcap": pc.b} {
		ps, _, err := readFile(t, temp(t, name, b))
		if err != nil {
			t.Fatal(name, err)
		}
		if len(ps) != n {
			t.Fatalf("%s: %d packets, want %d", name, len(ps), n)
		}
		for i, p := range ps {
			if p.Time != packet.Time(i)*1000 || len(p.Data) != (i*7919)%(maxCapLen+1) {
				t.Errorf("%s: packet %d is another", name, i+1)
			}
		}
	}
}

func gz(t testing.TB, p []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(p); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zst(t testing.TB, p []byte) []byte {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	return z.EncodeAll(p, nil)
}

func TestCompressed(t *testing.T) {
	plain := little().section().iface(1, 0, nil)
	for i := range 2000 {
		plain.packet(0, uint64(i), strings.Repeat("x", i), uint32(i), nil)
	}
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	for name, data := range map[string][]byte{
		"gzip":        gz(t, plain.b),
		"zstd":        zst(t, plain.b),
		"two members": append(gz(t, plain.b[:1000]), gz(t, plain.b[1000:])...),
	} {
		ps, f, err := readFile(t, temp(t, "a", data))
		if err != nil {
			t.Fatal(name, err)
		}
		if len(ps) != 2000 {
			t.Errorf("%s: %d packets", name, len(ps))
		}
		if done, total := f.Progress(); done != total || total != int64(len(data)) {
			t.Errorf("%s: progress %d of %d, want %d", name, done, total, len(data))
		}
		if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
			t.Errorf("%s: left in the folder for temporary files: %v %v", name, left, err)
		}
	}
}

// TestDamage says what is read of a damaged file, and how it is told.
func TestDamage(t *testing.T) {
	pc := func() *build { return little().pcap(0xa1b2c3d4, 4, 1).record(1, 0, "first", 5) }
	ng := func() *build { return little().section().iface(1, 0, nil).packet(0, 1, "first", 5, nil) }
	body := func() *build { return little() }
	cutBy := func(w *build, n int) []byte { return w.b[:len(w.b)-n] }
	packed := gz(t, pc().record(2, 0, "second", 6).b)
	spoilt := bytes.Clone(packed)
	spoilt[len(spoilt)-6] ^= 1 // in the checksum
	tests := []struct {
		name    string
		data    []byte
		packets int
		want    string // after the file's name
		is      error
	}{
		{"nothing", nil, 0, "empty file: not a capture", ErrEmpty},
		{"text", []byte("GET / HTTP/1.1\r\nHost: a\r\n"), 0, `not a capture: it begins with the text "GET / HTTP/1.1\r\n"`, ErrNotCapture},
		{"bytes", []byte{1, 2, 3}, 0, "not a capture: it begins with the bytes 01 02 03", ErrNotCapture},
		{"xz", []byte("\xfd7zXZ\x00 and more"), 0, "not a capture: it is compressed with xz; unpack it first", ErrNotCapture},
		{"text in gzip", gz(t, []byte("just some words")), 0, `not a capture: it begins with the text "just some words"`, ErrNotCapture},
		{"nothing in gzip", gz(t, nil), 0, "empty file: not a capture", ErrEmpty},
		{"old version", little().u32(0xa1b2c3d4).u16(1, 4).u32(0, 0, 0, 1).b, 0, "not a capture: pcap version 1.4 is not known", ErrNotCapture},
		{"link type out of range", little().pcap(0xa1b2c3d4, 4, 0x10001).b, 0, "not a capture: a pcap file with link type 65537, and 65535 is the last", ErrNotCapture},
		{"pcap header cut", cutBy(little().pcap(0xa1b2c3d4, 4, 1), 4), 0, "cut short: in the middle of the file's header", ErrCut},
		{"pcap record header cut", cutBy(pc().record(2, 0, "second", 6), 8), 1, "cut short in the middle of packet 2: 14 bytes of its 16-byte header are there", ErrCut},
		{"pcap record cut", cutBy(pc().record(2, 0, "second", 6), 2), 1, "cut short in the middle of packet 2: 4 of its 6 bytes are there", ErrCut},
		{"pcap record too long", pc().u32(2, 0, 262145, 262145).raw("x").b, 1, "damaged at packet 2 (byte 45): a record of 262145 bytes, and no packet is longer than 262144", ErrDamaged},
		{"gzip cut", packed[:len(packed)-4], 2, "cut short: the compressed data end too early", ErrCut},
		{"gzip header cut", packed[:5], 0, "cut short: the compressed data end too early", ErrCut},
		{"gzip spoilt", spoilt, 2, "damaged at byte 67: it cannot be unpacked from here on: gzip: invalid checksum", ErrDamaged},
		{"zstd spoilt", []byte("\x28\xb5\x2f\xfd\xff\xff\xff\xff\xff\xff"), 0, "damaged at byte 0: it cannot be unpacked from here on: reserved bit set on frame header", ErrDamaged},
		{"byte order", append(append(little().u32(0x0a0d0d0a, 28).b, "what"...), make([]byte, 16)...), 0, "damaged at byte 0: a section header without byte order: 77 68 61 74", ErrDamaged},
		{"pcapng version", little().block(0x0a0d0d0a, body().u32(0x1a2b3c4d).u16(2, 0).u32(0, 0)).b, 0, "damaged at byte 0: pcapng version 2.0 is not known", ErrDamaged},
		{"section too short", little().block(0x0a0d0d0a, body().u32(0x1a2b3c4d)).b, 0, "damaged at byte 0: a section header of 16 bytes is too short", ErrDamaged},
		{"pcapng block cut", cutBy(ng().packet(0, 1, "second", 6, nil), 3), 1, "cut short in the middle of packet 2: 37 of the 40 bytes of its block are there", ErrCut},
		{"pcapng block header cut", ng().raw("\x06\x00\x00\x00\x28").b, 1, "cut short: the file ends within a block, 5 bytes after its start", ErrCut},
		{"pcapng other block cut", cutBy(ng().block(0x0b0e, body().raw(strings.Repeat("x", 100))), 50), 1, "cut short: the file ends within a block that holds no packet", ErrCut},
		{"pcapng other block without its end", cutBy(ng().block(0x0b0e, body().raw(strings.Repeat("x", 100))), 4), 1, "cut short: the file ends within a block that holds no packet", ErrCut},
		{"pcapng interface cut", cutBy(ng().iface(1, 0, nil), 4), 1, "cut short: the file ends within a block, 16 bytes after its start", ErrCut},
		{"block too short", ng().u32(6, 8).raw("....").b, 1, "damaged at packet 2 (byte 88): a block of 8 bytes", ErrDamaged},
		{"block too long", ng().u32(6, math.MaxUint32).raw("....").b, 1, "damaged at packet 2 (byte 88): a block of 4294967295 bytes", ErrDamaged},
		{"interface block too long", ng().u32(1, maxBlock+4).raw("....").b, 1, "damaged at byte 88: a block of 16777220 bytes", ErrDamaged},
		{"lengths differ", ng().u32(6, 16).raw("....").u32(20).b, 1, "damaged at packet 2 (byte 88): the block's length is 16 at its start and 20 at its end", ErrDamaged},
		{"lengths of a skipped block differ", ng().u32(0x0b0e, 16).raw("....").u32(20).b, 1, "damaged at byte 100: the block's length is 16 at its start and 20 at its end", ErrDamaged},
		{"packet block too short", ng().block(6, body().raw("....")).b, 1, "damaged at packet 2 (byte 88): a packet block of 16 bytes is too short", ErrDamaged},
		{"old packet block too short", ng().block(2, body().raw("....")).b, 1, "damaged at packet 2 (byte 88): a packet block of 16 bytes is too short", ErrDamaged},
		{"simple packet block too short", ng().block(3, body()).b, 1, "damaged at packet 2 (byte 88): a packet block of 12 bytes is too short", ErrDamaged},
		{"packet longer than its block", ng().block(6, body().u32(0, 0, 0, 100, 100).raw("....")).b, 1, "damaged at packet 2 (byte 88): a block of 36 bytes cannot hold 100 bytes of packet", ErrDamaged},
		{"simple packet longer than its block", ng().block(3, body().u32(100).raw("....")).b, 1, "damaged at packet 2 (byte 88): a block of 20 bytes cannot hold 100 bytes of packet", ErrDamaged},
		{"simple packet too long", ng().block(3, body().u32(math.MaxUint32).raw("....")).b, 1, "damaged at packet 2 (byte 88): a packet of 4294967295 bytes, and none is longer than 262144", ErrDamaged},
		{"packet too long", ng().u32(6, 300000, 0, 0, 0, 262145, 262145).b, 1, "damaged at packet 2 (byte 88): a packet of 262145 bytes, and none is longer than 262144", ErrDamaged},
		{"no such interface", ng().packet(4, 1, "x", 1, nil).b, 1, "damaged at packet 2 (byte 88): it came in on interface 4, and the file has described 1 so far", ErrDamaged},
		{"no interface at all", little().section().block(3, body().u32(0)).b, 0, "damaged at packet 1 (byte 28): it came in on interface 0, and the file has described 0 so far", ErrDamaged},
		{"interface block too short", ng().block(1, body().raw("....")).b, 1, "damaged at byte 88: an interface block of 16 bytes is too short", ErrDamaged},
		{"option too long", ng().packet(0, 1, "", 0, body().u16(1, 9).raw("....")).b, 1, "damaged at packet 2 (byte 88): option 1 of 9 bytes, of which 4 are there", ErrDamaged},
		{"secrets block too short", ng().block(10, body().u32(0)).b, 1, "damaged at byte 88: a secrets block of 16 bytes is too short", ErrDamaged},
		{"secrets longer than their block", ng().block(10, body().u32(0x544c534b, 5).raw("1234")).b, 1, "damaged at byte 88: a block of 24 bytes cannot hold 5 bytes of secrets", ErrDamaged},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := temp(t, "a.pcap", tt.data)
			ps, _, err := readFile(t, path)
			checkDamage(t, err, path, tt.want, tt.is)
			if len(ps) != tt.packets {
				t.Errorf("%d packets were read, want %d", len(ps), tt.packets)
			}
			// A stream says the same, only without the positions of packets.
			s := NewStreamReader(bytes.NewReader(tt.data), "standard input")
			defer s.Close()
			ps, err = readAll(t, s)
			checkDamage(t, err, "standard input", tt.want, tt.is)
			if len(ps) != tt.packets {
				t.Errorf("%d packets were read from the stream, want %d", len(ps), tt.packets)
			}
			if again := s.Read(context.Background(), new(Batch)); again != err {
				t.Errorf("the next Read says %v, not %v", again, err)
			}
		})
	}
}

func checkDamage(t *testing.T, err error, name, want string, is error) {
	t.Helper()
	if err == nil || err.Error() != name+": "+want {
		t.Errorf("got  %v\nwant %s: %s", err, name, want)
	}
	if !errors.Is(err, is) {
		t.Errorf("it is no %v", is)
	}
	var fe *FileError
	if !errors.As(err, &fe) || fe.Name != name {
		t.Errorf("it is no FileError of the file: %#v", err)
	}
}

func TestOpenFileErrors(t *testing.T) {
	folder := t.TempDir()
	missing := filepath.Join(folder, "none.pcap")
	if _, err := OpenFile(missing); !errors.Is(err, os.ErrNotExist) || err.Error() != missing+": no such file or directory" {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := OpenFile(folder); !errors.Is(err, ErrNotCapture) || err.Error() != folder+": not a capture: it is a folder" {
		t.Errorf("a folder: %v", err)
	}
	if _, err := OpenFile(os.DevNull); !errors.Is(err, ErrPipe) {
		t.Errorf("a device: %v", err)
	}
	t.Setenv("TMPDIR", missing)
	packed := temp(t, "a.pcap.gz", gz(t, little().pcap(0xa1b2c3d4, 4, 1).b))
	if _, err := OpenFile(packed); !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), packed+": ") {
		t.Errorf("no folder for temporary files: %v", err)
	}
}

func TestReadCancelled(t *testing.T) {
	f, err := OpenFile(temp(t, "a.pcap", little().pcap(0xa1b2c3d4, 4, 1).record(1, 0, "x", 1).b))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var b Batch
	if err := f.Read(ctx, &b); !errors.Is(err, context.Canceled) || len(b.Packets) != 0 {
		t.Errorf("%d packets, %v", len(b.Packets), err)
	}
	if err := f.Read(context.Background(), &b); err != nil || len(b.Packets) != 1 {
		t.Errorf("afterwards: %d packets, %v", len(b.Packets), err)
	}
}

// TestBatchesAreTheirOwn holds that a batch keeps its packets while others are
// filled, and that a batch used again costs no memory.
func TestBatchesAreTheirOwn(t *testing.T) {
	w := little().pcap(0xa1b2c3d4, 4, 1)
	for i := range 8 * chunkSize / 1016 {
		w.record(0, uint32(i), strings.Repeat(string(rune('a'+i%26)), 1000), 1000)
	}
	f, err := OpenFile(temp(t, "a.pcap", w.b))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var batches [4]Batch
	for i := range batches {
		if err := f.Read(context.Background(), &batches[i]); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for _, b := range batches {
		for _, p := range b.Packets {
			if p.Data[0] != byte('a'+n%26) || p.Data[999] != p.Data[0] {
				t.Fatalf("packet %d was overwritten", n+1)
			}
			n++
		}
	}
	buf := &batches[0].Buf[:1][0]
	if err := f.Read(context.Background(), &batches[0]); err != nil {
		t.Fatal(err)
	}
	if &batches[0].Buf[0] != buf {
		t.Error("the batch's buffer was not used again")
	}
}

// TestManyOptions holds that a block of nothing but comments costs no more than
// its length, and that what a file makes one keep has an end.
func TestManyOptions(t *testing.T) {
	w := little().section().iface(1, 0, nil)
	opts := w.body().raw(strings.Repeat("\x01\x00\x01\x00x\x00\x00\x00", 1<<20))
	w.packet(0, 0, "", 0, opts)
	ps, _, err := readFile(t, temp(t, "a.pcapng", w.b))
	if err != nil || len(ps) != 1 || ps[0].Comment != strings.Repeat("x\n", 1<<20-1)+"x" {
		t.Errorf("%d packets, %v", len(ps), err)
	}
	w = little().section()
	log := w.body().u32(secretsTLS, 15<<20).raw(strings.Repeat("k", 15<<20))
	for range 6 {
		w.block(blockSecrets, log)
	}
	w.iface(1, 0, w.body().opt(2, "eth0"))
	_, f, err := readFile(t, temp(t, "b.pcapng", w.b))
	if err != nil || len(f.Secrets()) != 4 || f.Interfaces()[0].Name != "eth0" {
		t.Errorf("%d key logs, %+v, %v", len(f.Secrets()), f.Interfaces(), err)
	}
}

// TestStatistics adds up what a file says its capture had lost: of every interface,
// in every section, the newest numbers. Broken statistics are no fault of the file.
func TestStatistics(t *testing.T) {
	w := little()
	section := func() { w.block(blockSection, w.body().u32(byteOrderMagic).u16(1, 0).u32(0xffffffff, 0xffffffff)) }
	iface := func() { w.block(blockInterface, w.body().u16(1, 0).u32(0)) }
	u64 := func(v byte) string { return string([]byte{v, 0, 0, 0, 0, 0, 0, 0}) }
	section()
	iface()
	iface()
	w.block(blockStats, w.body().u32(0, 0, 0).opt(optStatsIfDrop, u64(1)).opt(optStatsOSDrop, u64(2)).opt(optEnd, ""))
	w.block(blockStats, w.body().u32(0, 0, 0).opt(optStatsIfDrop, u64(10)).opt(optStatsOSDrop, u64(20)).opt(optEnd, ""))
	w.block(blockStats, w.body().u32(1, 0, 0).opt(optStatsOSDrop, u64(30)).opt(optEnd, ""))
	w.block(blockStats, w.body().u32(9, 0, 0).opt(optStatsOSDrop, u64(99)).opt(optEnd, "")) // no such interface
	w.block(blockStats, w.body().u32(1))                                                    // too short
	w.block(blockStats, w.body().u32(1, 0, 0).u16(optStatsOSDrop, 200).u32(1))              // an option beyond the end
	section()
	iface()
	w.block(blockStats, w.body().u32(0, 0, 0).opt(optStatsIfDrop, u64(5)).opt(optEnd, ""))
	path := filepath.Join(t.TempDir(), "lost.pcapng")
	if err := os.WriteFile(path, w.b, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b Batch
	if err := f.Read(t.Context(), &b); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if got, want := f.Counters(), (Counters{Dropped: 50, IfDropped: 15}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
