package capture

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"tcplens/internal/packet"
)

// randomPackets makes packets of several interfaces whose times have a multiple
// of unit nanoseconds.
func randomPackets(r *rand.Rand, ifaces []packet.Interface, unit packet.Time, comments bool) []packet.Packet {
	ps := make([]packet.Packet, r.IntN(400))
	for i := range ps {
		data := make([]byte, r.IntN(200))
		if r.IntN(50) == 0 {
			data = make([]byte, r.IntN(maxCapLen+1))
		}
		for k := range data {
			data[k] = byte(r.Uint32())
		}
		k := r.IntN(len(ifaces))
		ps[i] = packet.Packet{
			Meta: packet.Meta{
				Time:   packet.Time(r.Uint32())*1e9 + packet.Time(r.IntN(1e9))/unit*unit,
				CapLen: uint32(len(data)),
				Len:    uint32(len(data) + r.IntN(3)),
				Iface:  uint32(k),
				Link:   ifaces[k].Link,
			},
			Data: data,
		}
		if comments && r.IntN(4) == 0 {
			ps[i].Comment = strings.Repeat("Grüße\n", r.IntN(100))
		}
	}
	return ps
}

// TestRoundTrip writes files of every kind and reads them back.
func TestRoundTrip(t *testing.T) {
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 1))
		ng := []packet.Interface{
			{Name: "eth0", Description: "a card", Filter: "tcp or udp", Link: packet.LinkEthernet, SnapLen: 65535, Nano: true},
			{Name: "any", Link: packet.LinkLinuxSLL2, Nano: true},
			{Link: packet.LinkRaw, SnapLen: maxCapLen, Nano: true},
		}
		for _, suffix := range []string{".pcapng", ".pcapng.gz", ".pcapng.zst", ".pcap", ".pcap.gz", ".pcap.zst", "-ns.pcap"} {
			ifaces, unit, comments := ng, packet.Time(1), true
			if strings.Contains(suffix, ".pcap") && !strings.Contains(suffix, ".pcapng") {
				nano := suffix == "-ns.pcap"
				ifaces = []packet.Interface{{Link: packet.LinkLinuxSLL2, SnapLen: 96, Nano: nano}}
				comments = false
				if !nano {
					unit = 1000
				}
			}
			want := randomPackets(r, ifaces, unit, comments)
			path := filepath.Join(t.TempDir(), "a"+suffix)
			w, err := CreateFile(path, ifaces...)
			if err != nil {
				t.Fatal(err)
			}
			half := len(want) / 2
			if err := errors.Join(w.WritePlaced(want[:half]), w.Flush(), w.WritePlaced(want[half:])); err != nil {
				t.Fatal(path, err)
			}
			size := w.Offset()
			if err := errors.Join(w.Close(), w.Close()); err != nil {
				t.Fatal(path, err)
			}
			got, f, err := readFile(t, path)
			if err != nil {
				t.Fatal(path, err)
			}
			if !slices.Equal(f.Interfaces(), ifaces) {
				t.Errorf("%s: interfaces %+v", path, f.Interfaces())
			}
			if !slices.EqualFunc(got, want, equalPackets) {
				t.Errorf("%s: seed %d: other packets came back", path, seed)
			}
			if plain := !strings.HasSuffix(path, ".gz") && !strings.HasSuffix(path, ".zst"); plain && f.Size() != size {
				t.Errorf("%s: %d bytes, and Offset said %d", path, f.Size(), size)
			}
		}
	}
}

func equalPackets(a, b packet.Packet) bool {
	return a.Meta == b.Meta && a.Pos == b.Pos && a.Comment == b.Comment && bytes.Equal(a.Data, b.Data)
}

// TestWriterPcapNG holds what is written besides packets, and that interfaces and
// secrets may come late.
func TestWriterPcapNG(t *testing.T) {
	var buf bytes.Buffer
	w, err := NewWriter(&buf, PcapNG)
	if err != nil {
		t.Fatal(err)
	}
	first := packet.Interface{Name: "lo", Link: 1, SnapLen: 65535, Nano: true}
	second := packet.Interface{Name: "tun0", Link: 101, Nano: true}
	ps := []packet.Packet{{Meta: packet.Meta{Time: -5, Link: 1}}, {Meta: packet.Meta{Time: 7, Iface: 1, Link: 101}}}
	if err := errors.Join(
		w.AddInterfaces(first),
		w.WriteSecrets([]byte("CLIENT_RANDOM 00 11\n")),
		w.WritePackets(ps[:1]),
		w.AddInterfaces(second),
		w.WritePackets(ps[1:]),
		w.Close(),
	); err != nil {
		t.Fatal(err)
	}
	if w.Interfaces() != 2 {
		t.Errorf("%d interfaces", w.Interfaces())
	}
	if ps[1].Pos != 0 {
		t.Error("WritePackets set a position")
	}
	if !bytes.Contains(buf.Bytes(), []byte("tcplens")) {
		t.Error("the section does not say who wrote it")
	}
	got, f, err := readFile(t, temp(t, "a.pcapng", buf.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(f.Interfaces(), []packet.Interface{first, second}) {
		t.Errorf("interfaces %+v", f.Interfaces())
	}
	if s := f.Secrets(); len(s) != 1 || string(s[0]) != "CLIENT_RANDOM 00 11\n" {
		t.Errorf("secrets %q", s)
	}
	if len(got) != 2 || got[0].Time != 0 || got[1].Time != 7 || got[1].Iface != 1 {
		t.Errorf("packets %+v", got)
	}
}

func TestAppendPacketBlock(t *testing.T) {
	before := []byte("before")
	p := packet.Packet{Meta: packet.Meta{Time: 1<<40 + 5, Len: 9, Iface: 3}, Data: []byte("hello"), Comment: "why"}
	b, at := AppendPacketBlock(before, &p)
	if string(b[at:at+5]) != "hello" {
		t.Errorf("at %d is %q", at, b[at:at+5])
	}
	w := little()
	w.packet(3, 1<<40+5, "hello", 9, w.body().opt(1, "why").opt(0, ""))
	if want := "before" + string(w.b); string(b) != want {
		t.Errorf("got  %q\nwant %q", b, want)
	}
}

func TestFormatOf(t *testing.T) {
	for name, want := range map[string]Format{
		"a.pcap": Pcap, "a.PCAP": Pcap, "a.pcap.gz": Pcap, "x.pcap/a.pcapng.zst": PcapNG,
		"a.pcapng": PcapNG, "a": PcapNG, "a.gz": PcapNG, "a.zst": PcapNG, "-": PcapNG, "a.pcap.zst": Pcap,
	} {
		if got := FormatOf(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestWriterRefuses(t *testing.T) {
	iface := packet.Interface{Link: 1}
	tests := []struct {
		name   string
		format Format
		do     func(*Writer) error
		want   string
	}{
		{"two link types", Pcap, func(w *Writer) error {
			return w.WritePackets([]packet.Packet{{Meta: packet.Meta{Link: 1}}, {Meta: packet.Meta{Link: 113}}})
		}, "a pcap file holds one link type, and after ethernet comes linux-sll: write pcapng"},
		{"secrets in pcap", Pcap, func(w *Writer) error { return w.WriteSecrets(nil) },
			"a pcap file cannot hold secrets: write pcapng"},
		{"secrets too long", PcapNG, func(w *Writer) error { return w.WriteSecrets(make([]byte, maxBlock)) },
			"secrets of 16777216 bytes do not fit into a block"},
		{"unknown interface", PcapNG, func(w *Writer) error {
			return w.WritePackets([]packet.Packet{{Meta: packet.Meta{Iface: 1}}})
		}, "a packet of interface 1, and 1 are known"},
		{"too long", PcapNG, func(w *Writer) error {
			return w.WritePackets([]packet.Packet{{Data: make([]byte, maxCapLen+1)}})
		}, "a packet of 262145 bytes, and 262144 is the most a capture may hold"},
	}
	for _, tt := range tests {
		w, err := NewWriter(io.Discard, tt.format, iface)
		if err != nil {
			t.Fatal(err)
		}
		if err := tt.do(w); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// TestPcapEnds holds what a pcap file without packets is, and how times beyond
// the format are written.
func TestPcapEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.pcap")
	w, err := CreateFile(path, packet.Interface{Link: 1, SnapLen: 96})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	ps, f, err := readFile(t, path)
	if err != nil || len(ps) != 0 || f.Interfaces()[0].SnapLen != 96 {
		t.Errorf("without packets: %v, %v", ps, err)
	}
	if err := w.WritePackets(nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("writing after Close: %v", err)
	}
	var buf bytes.Buffer
	if w, err = NewWriter(&buf, Pcap); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.WritePackets([]packet.Packet{{Meta: packet.Meta{Time: -1}}, {Meta: packet.Meta{Time: 1 << 62}}}), w.Close()); err != nil {
		t.Fatal(err)
	}
	ps, f, err = readFile(t, temp(t, "b.pcap", buf.Bytes()))
	if err != nil || len(ps) != 2 || ps[0].Time != 0 || ps[1].Time != (1<<32-1)*1e9+999999000 {
		t.Errorf("times: %+v, %v", ps, err)
	}
	if f.Interfaces()[0].SnapLen != maxCapLen {
		t.Errorf("snap length %d", f.Interfaces()[0].SnapLen)
	}
}

// TestDiskFull writes where there is no room.
func TestDiskFull(t *testing.T) {
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Logf("there is no %s here: only a writer that fails is tried", full)
	} else {
		w, err := CreateFile(full, packet.Interface{Link: 1})
		if err != nil {
			t.Fatal(err)
		}
		err = w.Flush()
		if !errors.Is(err, syscall.ENOSPC) || err.Error() != "/dev/full: no space left on device" {
			t.Errorf("flushing: %v", err)
		}
		if again := w.WritePackets([]packet.Packet{{}}); again != err {
			t.Errorf("then: %v", again)
		}
		if again := w.Close(); again != err {
			t.Errorf("closing: %v", again)
		}
	}
	for _, name := range []string{"a.pcapng", "a.pcap"} {
		testFull(t, name)
	}
}

// testFull lets the disk be full after every possible number of bytes, and holds
// that the file then ends with a whole packet.
func testFull(t *testing.T, name string) {
	ps := []packet.Packet{
		{Meta: packet.Meta{Link: 1}, Data: []byte("first")},
		{Meta: packet.Meta{Link: 1}, Data: []byte("second")},
		{Meta: packet.Meta{Link: 1}, Data: []byte("third")},
	}
	for room := 0; ; room++ {
		path := filepath.Join(t.TempDir(), name)
		w, err := CreateFile(path, packet.Interface{Link: 1})
		if err != nil {
			t.Fatal(err)
		}
		w.out = &limited{w.out, room}
		_ = w.WritePackets(ps[:1])
		_ = w.Flush()
		_ = w.WritePackets(ps[1:])
		err = w.Close()
		if err == nil {
			if room == 0 {
				t.Fatal("nothing failed")
			}
			return
		}
		if !errors.Is(err, syscall.ENOSPC) || !strings.HasPrefix(err.Error(), path+": ") {
			t.Fatalf("room for %d bytes: %v", room, err)
		}
		got, _, err := readFile(t, path)
		if err != nil && !errors.Is(err, ErrEmpty) && !errors.Is(err, ErrCut) {
			t.Fatalf("room for %d bytes: reading: %v", room, err)
		}
		if errors.Is(err, ErrCut) && len(got) > 0 {
			t.Errorf("room for %d bytes: after %d packets: %v", room, len(got), err)
		}
	}
}

// limited writes only as many bytes as there is room for.
type limited struct {
	w    io.Writer
	room int
}

func (l *limited) Write(p []byte) (int, error) {
	n := min(len(p), l.room)
	m, err := l.w.Write(p[:n])
	l.room -= m
	if err == nil && n < len(p) {
		err = &os.PathError{Op: "write", Path: "file", Err: syscall.ENOSPC}
	}
	return m, err
}
