package problems

import (
	"encoding/hex"
	"testing"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// TestSum holds the sum to the worked example of RFC 1071 §3, at every length.
func TestSum(t *testing.T) {
	b, err := hex.DecodeString("0001f203f4f5f6f7")
	if err != nil {
		t.Fatal(err)
	}
	if got := fold(sum(0, b)); got != 0xddf2 {
		t.Errorf("0x%04x, want 0xddf2", got)
	}
	long := content(1001, 9)
	for n := range long {
		want := uint32(0)
		for i, c := range long[:n] {
			if i%2 == 0 {
				want += uint32(c) << 8
			} else {
				want += uint32(c)
			}
		}
		for want > 0xffff {
			want = want>>16 + want&0xffff
		}
		if got := fold(sum(0, long[:n])); uint32(got) != want {
			t.Errorf("%d bytes: 0x%04x, want 0x%04x", n, got, want)
		}
	}
}

// FuzzShape looks at any bytes behind any link header.
func FuzzShape(f *testing.F) {
	e := newEnds()
	f.Add(uint16(packet.LinkEthernet), e.packet(seg{flags: tcp.ACK, data: content(20, 1)}), uint32(74))
	f.Add(uint16(packet.LinkLinuxSLL2), make([]byte, 60), uint32(60))
	f.Add(uint16(packet.LinkRaw), e.packet(seg{flags: tcp.ACK})[14:], uint32(40))
	f.Fuzz(func(t *testing.T, link uint16, b []byte, wire uint32) {
		s, ok := shapeOf(packet.LinkType(link), b, max(wire, uint32(len(b))))
		if !ok {
			return
		}
		s.plainTCP(b)
		c, has, want := s.transportCheck(b)
		if c != checkBad {
			return
		}
		at := s.tp + 16
		if s.proto == protoUDP {
			at = s.tp + 6
		}
		fixed := append([]byte(nil), b...)
		fixed[at], fixed[at+1] = byte(want>>8), byte(want)
		if c, _, _ := s.transportCheck(fixed); c != checkGood {
			t.Errorf("0x%04x should be 0x%04x, which is not right either: %d", has, want, c)
		}
	})
}
