package tcp

import (
	"encoding/binary"
	"net/netip"
	"os"
	"testing"

	"tcplens/internal/packet"
)

// frame is one frame of a test capture: its TCP segment, if it has one.
type frame struct {
	seg  Segment
	ok   bool
	data []byte // captured payload
	len  uint32
}

// readCapture reads an Ethernet capture in the classic format with a parser just
// large enough for the scenarios.
func readCapture(t testing.TB, name string) []frame {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return parseCapture(t, b)
}

func parseCapture(t testing.TB, b []byte) []frame {
	if len(b) < 24 {
		t.Fatal("capture shorter than its header")
	}
	unit := int64(1000)
	order := binary.ByteOrder(binary.LittleEndian)
	switch binary.LittleEndian.Uint32(b) {
	case 0xa1b2c3d4:
	case 0xa1b23c4d:
		unit = 1
	case 0xd4c3b2a1:
		order = binary.BigEndian
	default:
		return nil
	}
	link := order.Uint32(b[20:]) & 0xffff
	var frames []frame
	for b = b[24:]; len(b) >= 16; {
		n := int(order.Uint32(b[8:]))
		if n > len(b)-16 {
			break
		}
		f := frame{len: order.Uint32(b[12:])}
		at := int64(order.Uint32(b))*1e9 + int64(order.Uint32(b[4:]))*unit
		f.seg.Number = packet.Number(len(frames) + 1)
		f.seg.Time = packet.Time(at)
		f.decode(b[16:16+n], link)
		frames = append(frames, f)
		b = b[16+n:]
	}
	return frames
}

func (f *frame) decode(b []byte, link uint32) {
	var kind uint16
	missing := int(f.len) - len(b)
	switch {
	case link == 1 && len(b) >= 14:
		kind, b = binary.BigEndian.Uint16(b[12:]), b[14:]
	case link == 113 && len(b) >= 16:
		kind, b = binary.BigEndian.Uint16(b[14:]), b[16:]
	case link == 276 && len(b) >= 20:
		kind, b = binary.BigEndian.Uint16(b), b[20:]
	case link == 0 && len(b) >= 4:
		b = b[4:]
	case link == 101:
	default:
		return
	}
	if kind == 0 && len(b) > 0 {
		kind = map[byte]uint16{4: 0x800, 6: 0x86dd}[b[0]>>4]
	}
	f.ip(kind, b, missing, Sound)
}

func (f *frame) ip(kind uint16, b []byte, missing int, fit Fit) {
	var src, dst netip.Addr
	var proto byte
	var wire int // IP payload on the wire
	switch {
	case kind == 0x800 && len(b) >= 20:
		hl, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
		if total == 0 || total > len(b)+missing {
			total = len(b) + missing
		}
		if hl < 20 || hl > len(b) || hl > total || binary.BigEndian.Uint16(b[6:])&0x3fff != 0 {
			return
		}
		src, dst = netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:]))
		proto, wire = b[9], total-hl
		b = b[hl:]
	case kind == 0x86dd && len(b) >= 40:
		src, dst = netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:]))
		proto, wire = b[6], int(binary.BigEndian.Uint16(b[4:]))
		b = b[40:]
	default:
		return
	}
	b = b[:min(len(b), wire)]
	if proto == 1 && fit == Sound && len(b) >= 8 && (b[0] == 3 || b[0] == 11) {
		f.ip(0x800, b[8:], 1<<16, Quoted)
		return
	}
	if proto == 6 && len(b) >= 20 {
		f.tcp(src, dst, b, wire, fit)
	}
}

func (f *frame) tcp(src, dst netip.Addr, b []byte, wire int, fit Fit) {
	s := &f.seg
	s.Flow = packet.Flow{
		Src: packet.Endpoint{Addr: src, Port: binary.BigEndian.Uint16(b)},
		Dst: packet.Endpoint{Addr: dst, Port: binary.BigEndian.Uint16(b[2:])},
	}
	s.Seq, s.Ack = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
	s.Flags = Flags(binary.BigEndian.Uint16(b[12:]) & 0xfff)
	s.Window = binary.BigEndian.Uint16(b[14:])
	s.Fit = fit
	f.ok = true
	hl := int(b[12]>>4) * 4
	switch {
	case fit == Quoted:
	case hl < 20:
		s.Fit, s.Len = Bogus, uint32(wire-hl)
		return
	case hl > wire:
		s.Fit = Short
	default:
		s.Len = uint32(wire - hl)
		f.data = b[min(hl, len(b)):]
		s.CapLen = uint32(len(f.data))
	}
	s.Opts = parseOptions(b[20:min(max(hl, 20), len(b))])
}

func parseOptions(b []byte) (o Options) {
	for len(b) > 0 && b[0] != 0 {
		if b[0] == 1 {
			b = b[1:]
			continue
		}
		if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
			return o
		}
		body := b[2:b[1]]
		switch {
		case b[0] == 3 && len(body) == 1:
			o.Has |= OptWScale
			o.WScale = body[0]
		case b[0] == 5 && len(body)%8 == 0:
			o.Has |= OptSACK
			for ; len(body) > 0 && o.NSACK < 4; body = body[8:] {
				o.SACK[o.NSACK] = Block{binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:])}
				o.NSACK++
			}
		case b[0] == 30 && len(body) > 0:
			o.Has |= OptMPTCP
			o.MPTCPKinds |= 1 << (body[0] >> 4)
		case b[0] == 34 && len(body) == 0:
			o.Has |= OptTFORequest
		case b[0] == 34, b[0] >= 253 && len(body) > 2 && body[0] == 0xf9 && body[1] == 0x89:
			o.Has |= OptTFOCookie
		case b[0] == 172 || b[0] == 174:
			o.Has |= OptAccECN
		}
		b = b[b[1]:]
	}
	return o
}
