package capture

import (
	"encoding/binary"
	"math"
	"runtime"

	"tcplens/internal/packet"
)

// Files are written in little-endian order, whatever the machine's.

// recordSize is how long the pcapng block or pcap record is that p begins with.
func recordSize(p []byte, format Format) int {
	if format == Pcap {
		return pcapRecord + int(binary.LittleEndian.Uint32(p[8:]))
	}
	return int(binary.LittleEndian.Uint32(p[4:]))
}

// appendPcapHeader writes a file header: draft-ietf-opsawg-pcap, section 4.
func appendPcapHeader(b []byte, link packet.LinkType, snap uint32, nano bool) []byte {
	magic := uint32(pcapMagicMicro)
	if nano {
		magic = pcapMagicNano
	}
	b = binary.LittleEndian.AppendUint32(b, magic)
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 4)
	b = binary.LittleEndian.AppendUint64(b, 0)
	b = binary.LittleEndian.AppendUint32(b, snap)
	return binary.LittleEndian.AppendUint32(b, uint32(link))
}

// appendRecord writes a pcap record and says where in b its data begin. A time
// that the format cannot tell, before 1970 or after 2106, is held at its ends.
func appendRecord(b []byte, p *packet.Packet, nano bool) ([]byte, int) {
	t := max(p.Time, 0)
	sec, frac := t/nsPerSecond, t%nsPerSecond
	if sec > math.MaxUint32 {
		sec, frac = math.MaxUint32, nsPerSecond-1
	}
	if !nano {
		frac /= 1000
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(sec))
	b = binary.LittleEndian.AppendUint32(b, uint32(frac))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(p.Data)))
	b = binary.LittleEndian.AppendUint32(b, p.Len)
	return append(b, p.Data...), len(b)
}

// beginBlock writes a block's type and leaves room for its length, which
// endBlock fills in.
func beginBlock(b []byte, typ uint32) (out []byte, start int) {
	start = len(b)
	b = binary.LittleEndian.AppendUint32(b, typ)
	return append(b, 0, 0, 0, 0), start
}

func endBlock(b []byte, start int) []byte {
	total := uint32(len(b) + 4 - start)
	binary.LittleEndian.PutUint32(b[start+4:], total)
	return binary.LittleEndian.AppendUint32(b, total)
}

// pad fills up to a multiple of four bytes from start.
func pad(b []byte, start int) []byte {
	for (len(b)-start)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// appendOption writes an option. A value that is longer than an option may be is
// cut.
func appendOption(b []byte, code uint16, value string) []byte {
	value = value[:min(len(value), math.MaxUint16)]
	b = binary.LittleEndian.AppendUint16(b, code)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
	start := len(b)
	return pad(append(b, value...), start)
}

// appendSectionHeader writes a section header of unknown length: section 4.1 of
// the pcapng draft.
func appendSectionHeader(b []byte) []byte {
	const hardware, system, application = 2, 3, 4
	b, start := beginBlock(b, blockSection)
	b = binary.LittleEndian.AppendUint32(b, byteOrderMagic)
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint16(b, 0)
	b = binary.LittleEndian.AppendUint64(b, math.MaxUint64)
	b = appendOption(b, hardware, runtime.GOARCH)
	b = appendOption(b, system, runtime.GOOS)
	b = appendOption(b, application, "tcplens")
	b = appendOption(b, optEnd, "")
	return endBlock(b, start)
}

// appendInterface writes an interface description: section 4.2 of the draft.
func appendInterface(b []byte, in packet.Interface) []byte {
	b, start := beginBlock(b, blockInterface)
	b = binary.LittleEndian.AppendUint16(b, uint16(in.Link))
	b = binary.LittleEndian.AppendUint16(b, 0)
	b = binary.LittleEndian.AppendUint32(b, in.SnapLen)
	if in.Name != "" {
		b = appendOption(b, optIfName, in.Name)
	}
	if in.Description != "" {
		b = appendOption(b, optIfDescr, in.Description)
	}
	b = appendOption(b, optIfTSResol, "\x09")
	if in.Filter != "" {
		b = appendOption(b, optIfFilter, "\x00"+in.Filter)
	}
	b = appendOption(b, optEnd, "")
	return endBlock(b, start)
}

// appendSecrets writes a decryption secrets block: section 4.7 of the draft.
func appendSecrets(b []byte, keylog []byte) []byte {
	b, start := beginBlock(b, blockSecrets)
	b = binary.LittleEndian.AppendUint32(b, secretsTLS)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(keylog)))
	return endBlock(pad(append(b, keylog...), start), start)
}

// AppendPacketBlock appends p to dst as an enhanced packet block (section 4.3 of
// the draft) with a time in nanoseconds, as Writer writes it, and says where in
// the result its data begin. A time before 1970 is written as 1970.
func AppendPacketBlock(dst []byte, p *packet.Packet) (out []byte, dataAt int) {
	b, start := beginBlock(dst, blockEnhanced)
	t := uint64(max(p.Time, 0))
	b = binary.LittleEndian.AppendUint32(b, p.Iface)
	b = binary.LittleEndian.AppendUint32(b, uint32(t>>32))
	b = binary.LittleEndian.AppendUint32(b, uint32(t))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(p.Data)))
	b = binary.LittleEndian.AppendUint32(b, p.Len)
	dataAt = len(b)
	b = pad(append(b, p.Data...), start)
	if p.Comment != "" {
		b = appendOption(b, optComment, p.Comment)
		b = appendOption(b, optEnd, "")
	}
	return endBlock(b, start), dataAt
}
