package tui

import (
	"strings"
	"testing"
)

// TestValueHintsHaveNames types a comparison: numbers of this capture are offered
// with what they stand for.
func TestValueHintsHaveNames(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "web.pcap")}, 80, 24)
	for typed, want := range map[string]string{
		"'arp.opcode == '":  "reply, seen 1 time",
		"'ip.proto == '":    "TCP, seen 38 times",
		"'tcp.dstport == '": "  seen ",
	} {
		d.keys("/ ^u " + typed)
		d.settle(func() bool { return d.m.seen.running == 0 })
		if !strings.Contains(d.screen(), want) {
			t.Errorf("%s offers nothing with %q:\n%s", typed, want, d.screen())
		}
		d.keys("Esc")
	}
}
