package e2e

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// wire makes a capture of conversations packet by packet: pcap of raw IP, with
// microseconds.
type wire struct {
	file []byte
	now  int64 // µs since 2023-11-14
}

func newWire() *wire {
	le := binary.LittleEndian
	return &wire{file: append(le.AppendUint32(nil, 0xa1b2c3d4), 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0)}
}

// packet adds an IPv4 packet from 10.0.0.1 to 10.0.0.2, or back.
func (w *wire) packet(back bool, protocol byte, body []byte) {
	from, to := byte(1), byte(2)
	if back {
		from, to = to, from
	}
	le := binary.LittleEndian
	p := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, from, 10, 0, 0, to}
	binary.BigEndian.PutUint16(p[2:], uint16(len(p)+len(body)))
	p = append(p, body...)
	w.file = le.AppendUint32(le.AppendUint32(w.file, uint32(1700000000+w.now/1e6)), uint32(w.now%1e6))
	w.file = le.AppendUint32(le.AppendUint32(w.file, uint32(len(p))), uint32(len(p)))
	w.file = append(w.file, p...)
	w.now += 100
}

// segment adds a TCP segment of the conversation of two ports, back from the server
// or to it; seq and acked are relative.
func (w *wire) segment(client, server int, back bool, flags byte, seq, acked uint32, data []byte) {
	be := binary.BigEndian
	src, dst := client, server
	seq, acked = 1000+seq, 5000+acked
	if back {
		src, dst = server, client
		seq, acked = seq+4000, acked-4000
	}
	if flags&ack == 0 {
		acked = 0
	}
	b := be.AppendUint16(be.AppendUint16(nil, uint16(src)), uint16(dst))
	b = be.AppendUint32(be.AppendUint32(b, seq), acked)
	w.packet(back, 6, append(append(b, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0), data...))
}

// open adds the handshake of a conversation.
func (w *wire) open(client, server int) {
	w.segment(client, server, false, syn, 0, 0, nil)
	w.now += 5000
	w.segment(client, server, true, syn|ack, 0, 1, nil)
	w.segment(client, server, false, ack, 1, 1, nil)
}

// againstTshark holds what tcplens says of the capture to what tshark says: with all
// of it known ("file"), and as packets come ("stream"). Some lines that differ are
// told when more than allowed do.
func (w *wire) againstTshark(t *testing.T, fields string, allowed int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wire.pcap")
	if *keep != "" {
		path = *keep
	}
	if err := os.WriteFile(path, w.file, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-n", "-T", "fields"}
	for _, f := range strings.Fields(fields) {
		args = append(args, "-e", f)
	}
	for name, pass := range map[string]string{"file": "-2", "stream": ""} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			cmd := exec.Command("tshark", append([]string{"-r", path}, args...)...)
			if pass != "" {
				cmd.Args = append(cmd.Args, pass)
			}
			cmd.Env = environment("HOME="+home, "WIRESHARK_CONFIG_DIR="+home)
			want, err := cmd.Output()
			if err != nil {
				t.Fatalf("tshark: %v: make test installs it (Debian: apt-get install tshark)", err)
			}
			from, stdin := path, []byte(nil)
			if pass == "" {
				from, stdin = "-", w.file
			}
			got := tcplens(t, bytes.NewReader(stdin), append([]string{"-r", from}, args...)...)
			a, b := strings.Split(string(want), "\n"), strings.Split(got.out, "\n")
			if len(a) != len(b) {
				t.Fatalf("%d lines, tshark has %d: %s", len(b)-1, len(a)-1, got.err)
			}
			var bad []string
			for i := range a {
				if a[i] != b[i] {
					bad = append(bad, fmt.Sprintf("frame %d:\n got  %s\n want %s", i+1, b[i], a[i]))
				}
			}
			if len(bad) > allowed {
				t.Errorf("%d of %d lines differ\n%s", len(bad), len(a)-1, strings.Join(bad[:min(10, len(bad))], "\n"))
			}
		})
	}
}
