package cli

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// cutSegments is a capture of one segment, cut behind every byte of its header and
// its options: maximum segment size, SACK, time stamps, padding.
func cutSegments(flags byte) []byte {
	options := "\x02\x04\x05\xb4\x01\x01\x05\x0a\x00\x00\x00\x01\x00\x00\x00\x02\x01\x01\x08\x0a\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x07"
	be := binary.BigEndian
	seg := append([]byte{0x45, 0, 0, byte(20 + 20 + len(options) + 4), 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}, 0x9c, 0x40, 0x1f, 0x90)
	seg = be.AppendUint32(be.AppendUint32(seg, 1000), 1)
	seg = append(seg, byte(20+len(options))<<2, flags, 0x10, 0, 0, 0, 0, 0)
	seg = append(append(seg, options...), "data"...)
	le := binary.LittleEndian
	file := append(le.AppendUint32(nil, 0xa1b2c3d4), 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0)
	for n := 20; n <= 40+len(options); n++ {
		file = le.AppendUint32(le.AppendUint32(file, uint32(1700000000+n)), 0)
		file = le.AppendUint32(le.AppendUint32(file, uint32(n)), uint32(len(seg)))
		file = append(file, seg[:n]...)
	}
	return file
}

// TestCutHeadersAgainstTshark holds list and tree of segments whose header was
// not captured whole to be tshark's: what it says of them before it meets the
// end, and nothing behind it.
func TestCutHeadersAgainstTshark(t *testing.T) {
	for name, flags := range map[string]byte{"syn": 0x02, "ack": 0x10} {
		path := filepath.Join(t.TempDir(), name+".pcap")
		if err := os.WriteFile(path, cutSegments(flags), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, how := range [][]string{{"-r", path}, {"-r", path, "-V"}} {
			out, errs, code := tcplens(t, how...)
			if code != ExitOK {
				t.Fatalf("exit %d: %s", code, errs)
			}
			want, got := strings.Split(tshark(t, how...), "\n"), strings.Split(out, "\n")
			for i := range min(len(want), len(got)) {
				if want[i] != got[i] {
					t.Errorf("%s, line %d\n%s\ntshark\n%s", name, i+1, got[i], want[i])
				}
			}
			if len(want) != len(got) {
				t.Errorf("%s: %d lines, tshark %d", name, len(got), len(want))
			}
		}
	}
}
