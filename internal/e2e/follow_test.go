package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestFollowAgainstTshark holds the formats that tshark has to tshark, character by
// character: bytes that are blanks, that are no text, and that came in another order.
func TestFollowAgainstTshark(t *testing.T) {
	w := newWire()
	w.open(40000, 9999)
	var all []byte
	for c := range 256 {
		if c != '\r' { // alone it would move the terminal's cursor: tcplens writes a dot
			all = append(all, byte(c))
		}
	}
	at := uint32(1)
	for _, data := range []string{"abcdefghijklmno ", "abcdefgh        ", "abcdefgh", "abcdefg ", "abc  ", " ", string(all), strings.Repeat(" ", 24)} {
		w.segment(40000, 9999, false, psh|ack, at, 1, []byte(data))
		at += uint32(len(data))
	}
	w.segment(40000, 9999, true, psh|ack, 1, at, []byte("an answer\r\nof two lines \r\n"))
	made := filepath.Join(t.TempDir(), "made.pcap")
	if err := os.WriteFile(made, w.file, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{made, lab(t, "lossy"), lab(t, "http")} {
		for _, form := range []string{"ascii", "hex", "raw"} {
			home := t.TempDir()
			cmd := exec.Command("tshark", "-n", "-2", "-r", file, "-q", "-z", "follow,tcp,"+form+",0")
			cmd.Env = environment("HOME="+home, "WIRESHARK_CONFIG_DIR="+home)
			want, err := cmd.Output()
			if err != nil {
				t.Fatalf("tshark: %v: make test installs it (Debian: apt-get install tshark)", err)
			}
			sameLines(t, file+" as "+form, tcplens(t, nil, "follow", "-r", file, "0", "--format", form).out, string(want))
		}
	}
}
