package dissect

import (
	"testing"

	"tcplens/internal/tcp"
)

// fuzzPayload dissects a payload with and without a tree: nothing may panic, each
// node must stand within the bytes, and both ways must find the same protocols.
func fuzzPayload(t *testing.T, isTCP bool, src, dst uint16, b []byte) {
	t.Helper()
	if len(b) > 65535 {
		return
	}
	quiet, _ := payloadOf(isTCP, src, dst, b, 0)
	full, d := payloadOf(isTCP, src, dst, b, WantTree|WantColumns)
	if quiet != full {
		t.Fatalf("without a tree: %s; with one: %s", quiet, full)
	}
	for i := range d.tree.Nodes {
		n := &d.tree.Nodes[i]
		if n.Off < 0 || n.Len < 0 || int(n.Off)+int(n.Len) > len(b) {
			t.Fatalf("%s stands at %d+%d of %d", n.Label(), n.Off, n.Len, len(b))
		}
		_, _ = n.Label(), n.Value()
	}
}

// seedCapture adds the payloads of a capture's datagrams.
func seedCapture(f *testing.F, name string, most int) {
	d := NewDissection(nil)
	var h Headers
	for i, in := range readCapture(f, name) {
		if i >= most {
			break
		}
		d.Scan(&in, &h)
		for _, tr := range h.Transports {
			f.Add(tr.Payload)
		}
	}
}

func FuzzDNS(f *testing.F) {
	seedCapture(f, "testdata/dns/records.pcap", 200)
	seedCapture(f, "testdata/dns/messages.pcap", 40)
	f.Fuzz(func(t *testing.T, b []byte) {
		fuzzPayload(t, false, 40000, 53, b)
		fuzzPayload(t, false, 5353, 5353, b)
		fuzzPayload(t, true, 40000, 53, b)
	})
}

func FuzzDHCP(f *testing.F) {
	seedCapture(f, "testdata/dhcp/messages.pcap", 40)
	seedCapture(f, "testdata/dhcp/options.pcap", 100)
	f.Fuzz(func(t *testing.T, b []byte) { fuzzPayload(t, false, 68, 67, b) })
}

func FuzzNTP(f *testing.F) {
	seedCapture(f, "testdata/ntp/modes.pcap", 40)
	f.Fuzz(func(t *testing.T, b []byte) { fuzzPayload(t, false, 123, 123, b) })
}

// FuzzNamed gives any bytes to any port.
func FuzzNamed(f *testing.F) {
	f.Add(uint16(443), []byte("\xc0\x00\x00\x00\x01\x04abcd\x04efgh\x00\x04abcd"))
	f.Add(uint16(445), []byte("\x00\x00\x00\x08\xfeSMBabcd"))
	f.Add(uint16(44818), []byte("\x6f\x00\x12\x00"+"00000000000000000000"+"\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\xb2\x00\x02\x00\x0e\x00"))
	f.Add(uint16(389), []byte("\x30\x84\x00\x00\x00\x02\x42\x00"))
	f.Add(uint16(1883), []byte("\x10\x80\x80\x80\x01"))
	f.Fuzz(func(t *testing.T, port uint16, b []byte) {
		fuzzPayload(t, false, 40000, port, b)
		fuzzPayload(t, true, 40000, port, b)
	})
}

// FuzzFramers cuts any stream into pieces: the ends must ascend within it.
func FuzzFramers(f *testing.F) {
	f.Add(uint8(0), uint8(3), []byte("\x00\x04abcd\x00\x01x"))
	f.Add(uint8(5), uint8(1), []byte("\x30\x05\x02\x01\x01\x42\x00\x30\x02ab"))
	f.Fuzz(func(t *testing.T, which, size uint8, b []byte) {
		framer := func() tcp.Framer {
			if i := int(which) % (len(framedApps) + len(framedLooks) + 1); i > 0 {
				return &appFramer{app: (appFramed + App(i-1)).framed()}
			}
			return NewDNSFramer(nil)
		}
		cut := max(1, int(size))
		last := 0
		for _, e := range ends(framer(), b, func(int) int { return cut }) {
			if e <= last || e > len(b) {
				t.Fatalf("an end at %d after one at %d, of %d bytes", e, last, len(b))
			}
			last = e
		}
	})
}
