package tui

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tcplens/internal/pipeline"
)

// TestTimesFit shows packets whose times go forth and back: no format cuts a time,
// neither where the last packet is not the latest nor before a time reference.
func TestTimesFit(t *testing.T) {
	at := []time.Duration{0, 123456 * time.Second, -98765 * time.Second, 3 * time.Second}
	file := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	file = append(file, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0)
	for _, d := range at {
		file = binary.LittleEndian.AppendUint32(file, uint32(1700000000+d/time.Second))
		for _, v := range []uint32{654321, 60, 60} {
			file = binary.LittleEndian.AppendUint32(file, v)
		}
		file = append(file, make([]byte, 60)...)
	}
	name := filepath.Join(t.TempDir(), "disordered.pcap")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.LoadFile(name, pipeline.Options{Name: "disordered.pcap"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	for _, tt := range []struct {
		keys string
		want []string
	}{
		{"", []string{" 0.000000 ", " 123456.000000 ", " -98765.000000 ", " 3.000000 "}},
		{"t", []string{" 0.000000 ", " 123456.000000 ", " -222221.000000 ", " 98768.000000 "}},
		{"j T", []string{" -123456.000000 ", " *REF* ", " -222221.000000 ", " -123453.000000 "}},
		{"t t", []string{" 22:13:20.654321 ", " 08:30:56.654321 ", " 18:47:15.654321 ", " 22:13:23.654321 "}},
	} {
		d := drive(t, Options{Trace: p.Trace()}, 120, 36)
		if tt.keys != "" {
			d.keys(tt.keys)
		}
		d.check()
		rows := strings.Split(d.screen(), "\n")[3:]
		for i, want := range tt.want {
			if !strings.Contains(rows[i], want) {
				t.Errorf("after %q: %q has not %q", tt.keys, rows[i], want)
			}
		}
	}
}
