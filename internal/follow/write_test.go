package follow

import (
	"bytes"
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"tcplens/internal/trace"
)

var update = flag.Bool("update", false, "write golden files anew")

// TestFormats holds each form of the conversation of scenario 33 against a golden file.
func TestFormats(t *testing.T) {
	for i, name := range Formats() {
		f, err := ParseFormat(name)
		if err != nil || f != Format(i) || f.String() != name {
			t.Fatalf("%s is read as %v: %v", name, f, err)
		}
		var b bytes.Buffer
		err = gaps().stream().Write(&b, f, Both)
		if f == FormatMessages {
			if err == nil {
				t.Error("messages are written from bytes")
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", "gap."+name+".golden")
		if *update {
			if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(want, b.Bytes()) {
			t.Errorf("%s is\n%s\nwanted\n%s", name, b.Bytes(), want)
		}
	}
	if _, err := ParseFormat("yaml"); err == nil || !strings.Contains(err.Error(), "text, ascii, hex") {
		t.Errorf("a format that there is not: %v", err)
	}
}

// TestBytesBack reads the forms that have all bytes back.
func TestBytesBack(t *testing.T) {
	m := newMade(trace.TCP)
	m.open()
	var all [256]byte
	for i := range all {
		all[i] = byte(i)
	}
	m.seg(20, 0, "PA", 1, 1, string(all[:100]))
	m.seg(30, 1, "PA", 1, 101, "an answer")
	m.seg(40, 0, "PA", 101, 10, string(all[100:]))
	s := m.stream()
	write := func(f Format, side int) string {
		var b strings.Builder
		if err := s.Write(&b, f, side); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if got := write(FormatRaw, 0); got != string(all[:]) {
		t.Errorf("raw gives %q", got)
	}
	var c []byte
	for _, x := range regexp.MustCompile(`0x[0-9a-f]{2}`).FindAllString(write(FormatC, 0), -1) {
		v, err := strconv.ParseUint(x[2:], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c = append(c, byte(v))
	}
	if string(c) != string(all[:]) {
		t.Errorf("the arrays have % x", c)
	}
	var sides [2][]byte
	for _, line := range strings.Split(write(FormatRaw, Both), "\n") {
		digits, node1 := strings.CutPrefix(line, "\t")
		if b, err := hex.DecodeString(digits); err == nil {
			k := 0
			if node1 {
				k = 1
			}
			sides[k] = append(sides[k], b...)
		}
	}
	if string(sides[0]) != string(all[:]) || string(sides[1]) != "an answer" {
		t.Errorf("the digits are of % x and %q", sides[0], sides[1])
	}
}

// TestMarks tells what was sent again and what came late.
func TestMarks(t *testing.T) {
	m := newMade(trace.TCP)
	m.open()
	m.seg(20, 0, "PA", 1, 1, "aaaa")
	m.seg(21, 0, "PA", 9, 1, "cccc")
	m.seg(25, 0, "PA", 5, 1, "bbbb")
	m.seg(40, 0, "PA", 3, 1, "aabb")
	m.seg(50, 0, "PA", 13, 1, "dd")
	m.seg(60, 0, "PA", 13, 1, "ddee")
	m.seg(70, 0, "PA", 1, 1, "aaXa")
	s := m.stream()
	var got []string
	for _, k := range s.Marks() {
		got = append(got, k.String())
	}
	want := []string{
		"[packet 6 came 4.0 ms later than packet 5, whose bytes follow]",
		"[packet 7 has 4 bytes of packet 4 again, 20 ms later]",
		"[packet 9 has 2 bytes of packet 8 again, 10 ms later]",
		"[1 byte of packet 4 differs when sent again in packet 10]",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the marks are\n%s\nwanted\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	placed := s.PlacedMarks()
	for i := range placed {
		if c := s.Chunks()[placed[i].Chunk]; placed[i].Pos < c.Pos || placed[i].Pos >= c.Pos+uint64(c.Len) {
			t.Errorf("mark %d, byte %d, is placed in chunk %+v", i, placed[i].Pos, c)
		}
		if i > 0 && placed[i].Chunk < placed[i-1].Chunk {
			t.Errorf("mark %d stands before mark %d", i, i-1)
		}
	}
}

// TestTextOfOneSide has all of one side and nothing of the other, its marks included.
func TestTextOfOneSide(t *testing.T) {
	var b strings.Builder
	if err := gaps().stream().WriteText(&b, 1); err != nil {
		t.Fatal(err)
	}
	for _, no := range []string{"one", "again", "missing", "packet 6", "→"} {
		if strings.Contains(b.String(), no) {
			t.Errorf("side 1 alone has %q:\n%s", no, b.String())
		}
	}
	if !strings.Contains(b.String(), "ok\n") || !strings.Contains(b.String(), "bye\n") {
		t.Errorf("side 1 lacks something:\n%s", b.String())
	}
}
