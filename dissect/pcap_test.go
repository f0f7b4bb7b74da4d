package dissect

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"os"
	"testing"

	"tcplens/internal/packet"
)

// The tests read captures themselves: dissect knows nothing of files. The reader
// takes pcap and the packet blocks of pcapng, uncompressed and sound ones.

// readCapture gives the packets of a capture file as inputs of a dissection.
func readCapture(t testing.TB, name string) []Input {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	in, err := parseCapture(b)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for i := range in {
		in[i].Number = packet.Number(i + 1)
		in[i].First = in[0].Packet.Time
		in[i].Prev = in[max(i-1, 0)].Packet.Time
	}
	return in
}

var errCapture = errors.New("not a capture that the tests can read")

func parseCapture(b []byte) ([]Input, error) {
	if len(b) < 24 {
		return nil, errCapture
	}
	var order binary.ByteOrder = binary.LittleEndian
	unit := uint64(1000)
	switch m := binary.LittleEndian.Uint32(b); m {
	case 0xa1b2c3d4:
	case 0xa1b23c4d:
		unit = 1
	case 0xd4c3b2a1, 0x4d3cb2a1:
		order = binary.BigEndian
		if m == 0x4d3cb2a1 {
			unit = 1
		}
	case 0x0a0d0d0a:
		return parsePcapng(b)
	default:
		return nil, errCapture
	}
	link := packet.LinkType(order.Uint32(b[20:]))
	if link == 12 || link == 14 {
		link = packet.LinkRaw // what libpcap writes for raw IP on some systems
	}
	var out []Input
	for b = b[24:]; len(b) >= 16; {
		n := int(order.Uint32(b[8:]))
		if n > len(b)-16 {
			break
		}
		ns := uint64(order.Uint32(b))*1e9 + uint64(order.Uint32(b[4:]))*unit
		out = append(out, input(link, int64(ns), b[16:16+n], order.Uint32(b[12:])))
		b = b[16+n:]
	}
	return out, nil
}

func input(link packet.LinkType, ns int64, data []byte, wire uint32) Input {
	return Input{Packet: packet.Packet{Meta: packet.Meta{Time: packet.Time(ns), CapLen: uint32(len(data)), Len: wire, Link: link}, Data: data}}
}

type testIface struct {
	link   packet.LinkType
	snap   uint32
	perSec uint64
	offset int64
	name   string
	descr  string
}

func parsePcapng(b []byte) ([]Input, error) {
	var order binary.ByteOrder = binary.LittleEndian
	var ifaces []testIface
	var out []Input
	for len(b) >= 12 {
		if binary.LittleEndian.Uint32(b) == 0x0a0d0d0a {
			order = binary.LittleEndian
			if binary.BigEndian.Uint32(b[8:]) == 0x1a2b3c4d {
				order = binary.BigEndian
			}
			ifaces = nil
		}
		n := int(order.Uint32(b[4:]))
		if n < 12 || n > len(b) {
			break
		}
		body := b[8 : n-4]
		switch order.Uint32(b) {
		case 1:
			ifaces = append(ifaces, parseIface(order, body))
		case 3:
			if len(ifaces) == 0 || len(body) < 4 {
				return nil, errCapture
			}
			wire := order.Uint32(body)
			data := body[4:]
			if k := min(int(wire), int(ifaces[0].snap-1)+1); k > 0 && k < len(data) {
				data = data[:k]
			}
			out = append(out, input(ifaces[0].link, 0, data, wire))
		case 6:
			if len(body) < 20 || int(order.Uint32(body)) >= len(ifaces) || int(order.Uint32(body[12:])) > len(body)-20 {
				return nil, errCapture
			}
			id := order.Uint32(body)
			f := ifaces[id]
			ticks := uint64(order.Uint32(body[4:]))<<32 | uint64(order.Uint32(body[8:]))
			hi, lo := bits.Mul64(ticks%f.perSec, 1e9)
			frac, _ := bits.Div64(hi, lo, f.perSec)
			ns := (int64(ticks/f.perSec)+f.offset)*1e9 + int64(frac)
			in := input(f.link, ns, body[20:20+order.Uint32(body[12:])], order.Uint32(body[16:]))
			in.Iface, in.Section = f.name, Section{HasIface: true, IfaceID: id, IfaceDsc: f.descr}
			out = append(out, in)
		}
		b = b[n:]
	}
	return out, nil
}

func parseIface(order binary.ByteOrder, body []byte) testIface {
	f := testIface{perSec: 1e6}
	if len(body) < 8 {
		return f
	}
	f.link, f.snap = packet.LinkType(order.Uint16(body)), order.Uint32(body[4:])
	for o := body[8:]; len(o) >= 4; {
		k, n := order.Uint16(o), int(order.Uint16(o[2:]))
		if k == 0 || n > len(o)-4 {
			break
		}
		v := o[4 : 4+n]
		switch {
		case k == 2:
			f.name = string(v)
		case k == 3:
			f.descr = string(v)
		case k == 9 && n == 1 && v[0]&0x80 != 0:
			f.perSec = 1 << (v[0] & 63)
		case k == 9 && n == 1:
			f.perSec = uint64(math.Pow10(int(min(v[0], 19))))
		case k == 14 && n == 8:
			f.offset = int64(order.Uint64(v))
		}
		o = o[min(len(o), 4+(n+3)&^3):]
	}
	return f
}

// writePcap makes a capture file of packets of one link type, a second apart.
func writePcap(t testing.TB, name string, link packet.LinkType, packets ...[]byte) {
	t.Helper()
	if err := os.WriteFile(name, pcapBytes(link, packets...), 0o644); err != nil {
		t.Fatal(fmt.Errorf("writing a test capture: %w", err))
	}
}

func pcapBytes(link packet.LinkType, packets ...[]byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	b = append(b, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, 262144)
	b = binary.LittleEndian.AppendUint32(b, uint32(link))
	for i, p := range packets {
		b = binary.LittleEndian.AppendUint32(b, uint32(1700000000+i))
		b = binary.LittleEndian.AppendUint32(b, uint32(1000*i))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(p)))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return b
}
