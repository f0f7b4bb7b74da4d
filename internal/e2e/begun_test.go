package e2e

import (
	"encoding/binary"
	"strings"
	"testing"
)

// TestBegunAgainstTshark holds what is shown of a segment to tshark that has only
// the beginning of a message: what the protocol said before it asked for the rest.
func TestBegunAgainstTshark(t *testing.T) {
	long := strings.Repeat("x", 300)
	w := newWire()
	for i, x := range []struct {
		port int
		back bool
		data string
	}{
		{80, false, "GET / HTTP/1.1\r\nHost: " + long + "\r\n\r\n"},
		{443, false, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + long},
		{88, false, "\x00\x00\x01\x2c" + long},
		{139, false, "\x00\x00\x01\x2c\xffSMB" + long},
		{139, false, "\x81\x00\x00\x44\x20" + strings.Repeat("A", 30)},
		{179, false, strings.Repeat("\xff", 16) + "\x01\x2c\x02" + long},
		{102, false, "\x03\x00\x01\x2c" + long},
		{2000, false, "\x2c\x01\x00\x00\x00\x00\x00\x00" + long},
		{5432, false, "Q\x00\x00\x01\x2c" + long},
		{5432, true, "T\x00\x00\x01\x2c" + long},
		{1883, false, "\x30\xac\x02\x00\x04abcd" + long},
	} {
		w.open(30000+i, x.port)
		w.segment(30000+i, x.port, x.back, psh|ack, 1, 1, []byte(x.data[:min(100, len(x.data))]))
	}
	w.againstTshark(t, "frame.number tcp.stream _ws.col.Protocol _ws.col.Info", 0)
}

// TestPendingAgainstTshark holds a request for an echo to tshark's words before its
// answer has come, and without one.
func TestPendingAgainstTshark(t *testing.T) {
	w := newWire()
	for seq := range uint16(3) {
		echo := func(back bool, kind byte) {
			b := append(binary.BigEndian.AppendUint16([]byte{kind, 0, 0, 0, 0, 7}, seq), "abcdefgh"...)
			sum := uint32(0) // RFC 1071: tshark pairs only what has it right
			for i := 0; i < len(b); i += 2 {
				sum += uint32(binary.BigEndian.Uint16(b[i:]))
			}
			binary.BigEndian.PutUint16(b[2:], ^uint16(sum+sum>>16))
			w.packet(back, 1, b)
		}
		echo(false, 8)
		if seq != 1 {
			echo(true, 0)
		}
	}
	w.againstTshark(t, "frame.number _ws.col.Info icmp.resp_in icmp.resp_to", 0)
}

// TestShortOptionsAgainstTshark holds headers to tshark whose packet ends within an
// option of a wrong length: what is not read is not missed.
func TestShortOptionsAgainstTshark(t *testing.T) {
	w := newWire()
	for _, options := range []string{"\x13\x08", "\x03\x08", "\x07\x04", "\x03\x08\x89\x01"} {
		header := append(make([]byte, 20), options...)
		copy(header, "\x03\xe8\x07\xd0\x00\x00\x00\x01")
		header[12], header[13] = 7<<4, syn
		w.packet(false, 6, header)
	}
	w.againstTshark(t, "frame.number _ws.col.Info _ws.expert.message", 0)
}
