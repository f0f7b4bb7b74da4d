package capture

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"tcplens/internal/packet"
)

// The pcap format: draft-ietf-opsawg-pcap, section 4 (file header) and 5
// (packet record).
const (
	pcapHeader = 24 // bytes before the first record
	pcapRecord = 16 // bytes before a packet's data

	pcapMagicMicro    = 0xa1b2c3d4
	pcapMagicNano     = 0xa1b23c4d
	pcapMagicModified = 0xa1b2cd34 // records of 24 bytes, of patched libpcaps around 1999

	pcapRecordModified = 24

	pcapCheckSequence = 0xfc000000 // the bits of the link type that are about it
)

// isPcap says whether p, of four bytes or more, begins a pcap file.
func isPcap(p []byte) bool {
	for _, m := range [...]uint32{binary.LittleEndian.Uint32(p), binary.BigEndian.Uint32(p)} {
		if m == pcapMagicMicro || m == pcapMagicNano || m == pcapMagicModified {
			return true
		}
	}
	return false
}

// lengthOrder says which of a record's two lengths comes first.
type lengthOrder uint8

const (
	capturedFirst lengthOrder = iota // since version 2.4, and before by intent
	wireFirst                        // versions up to 2.2 had them the other way round
	smallerFirst                     // version 2.3 was written in both ways
)

type pcapDecoder struct {
	big    bool // the file's byte order is big-endian
	nano   bool
	record int // bytes before a packet's data
	order  lengthOrder
	iface  []packet.Interface
}

// newPcapDecoder reads the file header at the start of p, of pcapHeader bytes
// or more, for which isPcap holds.
func newPcapDecoder(p []byte) (*pcapDecoder, *fault) {
	d := &pcapDecoder{record: pcapRecord}
	var order binary.ByteOrder = binary.LittleEndian
	magic := order.Uint32(p)
	if magic>>16 != pcapMagicMicro>>16 {
		d.big, order, magic = true, binary.BigEndian, bits.ReverseBytes32(magic)
	}
	switch magic {
	case pcapMagicNano:
		d.nano = true
	case pcapMagicModified:
		d.record = pcapRecordModified
	}
	major, minor := order.Uint16(p[4:]), order.Uint16(p[6:])
	if major < 2 {
		return nil, &fault{err: ErrNotCapture, detail: fmt.Sprintf("pcap version %d.%d is not known", major, minor)}
	}
	if major == 2 && minor < 3 {
		d.order = wireFirst
	} else if major == 2 && minor == 3 {
		d.order = smallerFirst
	}
	// The upper bits tell whether frames end with a check sequence, and how long
	// it is; those between are reserved, and zero in every sound file.
	network := order.Uint32(p[20:]) &^ pcapCheckSequence
	if network > 0xffff {
		return nil, &fault{err: ErrNotCapture, detail: fmt.Sprintf("a pcap file with link type %d, and 65535 is the last", network)}
	}
	d.iface = []packet.Interface{{
		Link:    packet.LinkType(network),
		SnapLen: order.Uint32(p[16:]),
		Nano:    d.nano,
	}}
	return d, nil
}

func (d *pcapDecoder) interfaces() []packet.Interface { return d.iface }

// header takes a record's first 16 bytes apart.
func (d *pcapDecoder) header(p []byte) (t packet.Time, caplen, wirelen uint32) {
	p = p[:pcapRecord]
	sec := binary.LittleEndian.Uint32(p)
	frac := binary.LittleEndian.Uint32(p[4:])
	caplen = binary.LittleEndian.Uint32(p[8:])
	wirelen = binary.LittleEndian.Uint32(p[12:])
	if d.big {
		sec, frac = bits.ReverseBytes32(sec), bits.ReverseBytes32(frac)
		caplen, wirelen = bits.ReverseBytes32(caplen), bits.ReverseBytes32(wirelen)
	}
	if d.order != capturedFirst && (d.order == wireFirst || caplen > wirelen) {
		caplen, wirelen = wirelen, caplen
	}
	t = packet.Time(sec)*1e9 + packet.Time(frac)
	if !d.nano {
		t += packet.Time(frac) * 999
	}
	return t, caplen, wirelen
}

func (d *pcapDecoder) decode(b *Batch, p []byte, off int64) (used, need int, f *fault) {
	link := d.iface[0].Link
	i, pos := 0, int64(-1)
	for len(p)-i >= d.record {
		t, caplen, wirelen := d.header(p[i:])
		if caplen > maxCapLen {
			return i, 0, damaged(i, true, "a record of %d bytes, and no packet is longer than %d", caplen, maxCapLen)
		}
		data := i + d.record
		end := data + int(caplen)
		if end > len(p) {
			return i, end - i, nil
		}
		if off >= 0 {
			pos = off + int64(data)
		}
		b.Packets = append(b.Packets, packet.Packet{
			Meta: packet.Meta{Time: t, CapLen: caplen, Len: wirelen, Link: link},
			Data: p[data:end:end],
			Pos:  pos,
		})
		i = end
	}
	return i, d.record, nil
}

func (d *pcapDecoder) cut(p []byte) *fault {
	if len(p) == 0 {
		return nil
	}
	f := &fault{err: ErrCut, packet: true}
	if len(p) < d.record {
		f.detail = fmt.Sprintf("%d bytes of its %d-byte header are there", len(p), d.record)
		return f
	}
	_, caplen, _ := d.header(p)
	f.detail = fmt.Sprintf("%d of its %d bytes are there", len(p)-d.record, caplen)
	return f
}
