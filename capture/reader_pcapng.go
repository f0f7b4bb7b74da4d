package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"

	"tcplens/internal/packet"
)

// The block types of pcapng: draft-ietf-opsawg-pcapng, section 4.
const (
	blockSection   = 0x0a0d0d0a // reads the same in both byte orders
	blockInterface = 1
	blockOldPacket = 2 // obsolete, appendix A
	blockSimple    = 3
	blockStats     = 5
	blockEnhanced  = 6
	blockSecrets   = 10
	blockCustom    = 0x00000bad // may be copied into other files
	blockCustomOwn = 0x40000bad // may not

	byteOrderMagic = 0x1a2b3c4d
	secretsTLS     = 0x544c534b // "TLSK": an NSS key log
)

// The options that are kept: the same draft, sections 3.5, 4.2 and 4.3.
const (
	optEnd       = 0
	optComment   = 1
	optIfName    = 2
	optIfDescr   = 3
	optIfTSResol = 9
	optIfFilter  = 11
	optIfTSOff   = 14

	optStatsIfDrop = 5 // section 4.6
	optStatsOSDrop = 7
)

const (
	blockFrame = 12 // type, length and, at the end, length again

	// maxInterfaces bounds what a file may name, as each costs memory for good.
	maxInterfaces = 1 << 16

	// maxKept bounds the names, comments and key logs of a file that are kept, in
	// bytes in all. Those beyond it are left out.
	maxKept = 64 << 20
)

// isPcapNG says whether p, of four bytes or more, begins a pcapng file.
func isPcapNG(p []byte) bool { return binary.LittleEndian.Uint32(p) == blockSection }

type ngDecoder struct {
	last     packet.Time      // of the newest packet that has one
	order    binary.ByteOrder // of the current section
	big      bool
	ifaces   []packet.Interface // of all sections
	clocks   []clock            // of the same
	lost     []Counters         // of the same, as the newest statistics have them
	sections []int              // index of the first interface of every section
	comments []string           // of sections
	secrets  [][]byte
	kept     int    // bytes of text in ifaces, comments and secrets
	trailer  uint32 // length that the end of the block being skipped must repeat; 0 if none is
}

func (d *ngDecoder) interfaces() []packet.Interface { return d.ifaces }

// clock turns the ticks of an interface into time.
type clock struct {
	mul, div uint64 // nanoseconds are ticks·mul/div; either is 1 for powers of ten
	shift    uint   // or ticks·10⁹/2^shift for powers of two
	binary   bool
	offset   int64 // seconds to add
}

// newClock reads the if_tsresol option: the negative power of ten, or of two if
// the upper bit is set, that a tick is in seconds.
func newClock(resol byte, offset int64) clock {
	c := clock{mul: 1, div: 1, offset: offset}
	if resol&0x80 != 0 {
		c.binary, c.shift = true, uint(resol&0x7f)
		return c
	}
	for e := resol; e < 9; e++ {
		c.mul *= 10
	}
	// A tick finer than 10⁻²⁸ s makes no nanosecond out of 64 bits.
	for e := resol; e > 9; e-- {
		if c.div > math.MaxUint64/10 {
			c.mul = 0
			break
		}
		c.div *= 10
	}
	return c
}

// time is exact, and ends at the ends of packet.Time.
func (c clock) time(ticks uint64) packet.Time {
	var hi, lo uint64
	if c.binary {
		hi, lo = bits.Mul64(ticks, 1e9)
		if c.shift >= 64 {
			hi, lo = 0, hi>>(c.shift-64)
		} else {
			hi, lo = hi>>c.shift, lo>>c.shift|hi<<(64-c.shift) // a shift by 64 gives 0
		}
	} else {
		hi, lo = bits.Mul64(ticks, c.mul)
		if c.div != 1 {
			lo /= c.div // mul is 1 or 0 here, so hi is 0
		}
	}
	if hi != 0 || lo > math.MaxInt64 {
		return math.MaxInt64
	}
	if c.offset == 0 {
		return packet.Time(lo)
	}
	return addSeconds(int64(lo), c.offset)
}

const nsPerSecond = 1_000_000_000

// addSeconds is ns + 10⁹·sec, held at the ends of packet.Time.
func addSeconds(ns, sec int64) packet.Time {
	switch {
	case sec > math.MaxInt64/nsPerSecond:
		return math.MaxInt64
	case sec < math.MinInt64/nsPerSecond:
		return math.MinInt64
	}
	sec *= nsPerSecond
	sum := ns + sec
	if sec > 0 && sum < ns {
		return math.MaxInt64
	}
	return packet.Time(sum)
}

func (d *ngDecoder) decode(b *Batch, p []byte, off int64) (used, need int, f *fault) {
	i := 0
	for {
		rest := p[i:]
		if d.trailer != 0 {
			if len(rest) < 4 {
				return i, 4, nil
			}
			if n := d.order.Uint32(rest); n != d.trailer {
				return i, 0, lengthsDiffer(i, false, d.trailer, n)
			}
			d.trailer = 0
			i += 4
			continue
		}
		if len(rest) < blockFrame {
			return i, blockFrame, nil
		}
		typ, total, f := d.head(rest, i)
		if f != nil {
			return i, 0, f
		}
		size := (int(total) + 3) &^ 3
		switch typ {
		case blockSection, blockInterface, blockSecrets, blockStats, blockEnhanced, blockOldPacket, blockSimple:
		case blockCustom, blockCustomOwn:
			if off < 0 {
				// What a pipe brings is written again, and this cannot be.
				d.trailer = total
				i += size - 4
				if i > len(p) {
					return i, 4, nil
				}
				continue
			}
		default:
			// Nothing of it is kept: go to its end, where its length is said again.
			d.trailer = total
			i += size - 4
			if i > len(p) {
				return i, 4, nil
			}
			continue
		}
		isPacket := isPacketBlock(typ)
		if size > maxBlock {
			return i, 0, damaged(i, isPacket, "a block of %d bytes", total)
		}
		if isPacket {
			if n := d.capLen(typ, rest[:min(len(rest), size)]); n > maxCapLen {
				return i, 0, damaged(i, true, "a packet of %d bytes, and none is longer than %d", n, maxCapLen)
			}
		}
		if size > len(rest) {
			return i, size, nil
		}
		if n := d.order.Uint32(rest[size-4:]); n != total {
			return i, 0, lengthsDiffer(i, isPacket, total, n)
		}
		pos := int64(-1)
		if off >= 0 {
			pos = off + int64(i) + 8
		}
		if f := d.block(b, typ, rest[8:size-4], pos); f != nil {
			f.at, f.packet = i, isPacket
			return i, 0, f
		}
		i += size
	}
}

func lengthsDiffer(at int, packet bool, first, second uint32) *fault {
	return damaged(at, packet, "the block's length is %d at its start and %d at its end", first, second)
}

func isPacketBlock(typ uint32) bool {
	return typ == blockEnhanced || typ == blockSimple || typ == blockOldPacket || typ == blockCustom || typ == blockCustomOwn
}

// head reads the first twelve bytes of a block. A section header also gives the
// byte order that holds from itself on.
func (d *ngDecoder) head(p []byte, at int) (typ, total uint32, f *fault) {
	if binary.LittleEndian.Uint32(p) == blockSection {
		switch binary.LittleEndian.Uint32(p[8:]) {
		case byteOrderMagic:
			d.order, d.big = binary.LittleEndian, false
		case bits.ReverseBytes32(byteOrderMagic):
			d.order, d.big = binary.BigEndian, true
		default:
			return 0, 0, damaged(at, false, "a section header without byte order: % x", p[8:12])
		}
	}
	typ, total = d.u32(p), d.u32(p[4:])
	if total < blockFrame || total > math.MaxUint32-3 {
		return 0, 0, damaged(at, isPacketBlock(typ), "a block of %d bytes", total)
	}
	return typ, total, nil
}

// u32 reads four bytes in the section's order, without a call through an interface.
func (d *ngDecoder) u32(p []byte) uint32 {
	if d.big {
		return binary.BigEndian.Uint32(p)
	}
	return binary.LittleEndian.Uint32(p)
}

// capLen is the captured length that a packet block gives, if p, as much of the
// block as there is, has it already.
func (d *ngDecoder) capLen(typ uint32, p []byte) uint32 {
	if typ != blockEnhanced && typ != blockOldPacket || len(p) < 24 {
		return 0
	}
	return d.u32(p[20:])
}

// block takes a block's body apart. The place pos is the body's in the file, or −1.
func (d *ngDecoder) block(b *Batch, typ uint32, body []byte, pos int64) *fault {
	switch typ {
	case blockEnhanced:
		if len(body) < 20 {
			return damaged(0, true, "a packet block of %d bytes is too short", len(body)+blockFrame)
		}
		return d.packet(b, d.u32(body), body, pos)
	case blockOldPacket:
		if len(body) < 20 {
			return damaged(0, true, "a packet block of %d bytes is too short", len(body)+blockFrame)
		}
		return d.packet(b, uint32(d.order.Uint16(body)), body, pos)
	case blockSimple:
		return d.simple(b, body, pos)
	case blockCustom, blockCustomOwn:
		return d.custom(b, body, pos)
	case blockInterface:
		return d.describe(body)
	case blockSection:
		return d.section(body)
	case blockSecrets:
		return d.keep(body)
	case blockStats:
		d.statistics(body)
	}
	return nil
}

// iface turns the number that a block gives an interface within its section into
// its index among all.
func (d *ngDecoder) iface(n uint32) (int, *fault) {
	first := d.sections[len(d.sections)-1]
	if have := len(d.ifaces) - first; int64(n) >= int64(have) {
		return 0, damaged(0, true, "it came in on interface %d, and the file has described %d so far", n, have)
	}
	return first + int(n), nil
}

// packet reads the body of an enhanced packet block, or of the obsolete packet
// block, whose layout is the same from the time on.
func (d *ngDecoder) packet(b *Batch, n uint32, body []byte, pos int64) *fault {
	k, f := d.iface(n)
	if f != nil {
		return f
	}
	ticks := uint64(d.u32(body[4:]))<<32 | uint64(d.u32(body[8:]))
	caplen, wirelen := d.u32(body[12:]), d.u32(body[16:])
	if int64(caplen) > int64(len(body)-20) {
		return damaged(0, true, "a block of %d bytes cannot hold %d bytes of packet", len(body)+blockFrame, caplen)
	}
	end := 20 + int(caplen)
	var comment []byte
	if options := (end + 3) &^ 3; options < len(body) {
		f := d.options(body[options:], func(code uint16, value []byte) {
			if code != optComment {
				return
			}
			if len(comment) > 0 {
				comment = append(comment, '\n')
			}
			comment = append(comment, cString(value)...)
		})
		if f != nil {
			return f
		}
	}
	if pos >= 0 {
		pos += 20
	}
	d.last = d.clocks[k].time(ticks)
	b.Packets = append(b.Packets, packet.Packet{
		Meta: packet.Meta{
			Time:   d.last,
			CapLen: caplen,
			Len:    wirelen,
			Iface:  uint32(k),
			Link:   d.ifaces[k].Link,
		},
		Data:    body[20:end:end],
		Pos:     pos,
		Comment: string(comment),
	})
	return nil
}

// simple reads the body of a simple packet block: it has no time, its interface
// is the section's first, and its captured length follows from the snap length.
func (d *ngDecoder) simple(b *Batch, body []byte, pos int64) *fault {
	if len(body) < 4 {
		return damaged(0, true, "a packet block of %d bytes is too short", len(body)+blockFrame)
	}
	k, f := d.iface(0)
	if f != nil {
		return f
	}
	wirelen := d.u32(body)
	caplen := wirelen
	if snap := d.ifaces[k].SnapLen; snap != 0 {
		caplen = min(caplen, snap)
	}
	if caplen > maxCapLen {
		return damaged(0, true, "a packet of %d bytes, and none is longer than %d", caplen, maxCapLen)
	}
	if int64(caplen) > int64(len(body)-4) {
		return damaged(0, true, "a block of %d bytes cannot hold %d bytes of packet", len(body)+blockFrame, caplen)
	}
	if pos >= 0 {
		pos += 4
	}
	end := 4 + int(caplen)
	b.Packets = append(b.Packets, packet.Packet{
		Meta: packet.Meta{Time: d.last, CapLen: caplen, Len: wirelen, Iface: uint32(k), Link: d.ifaces[k].Link, NoTime: true},
		Data: body[4:end:end],
		Pos:  pos,
	})
	return nil
}

// custom reads the body of a custom block: a number that says whose it is, and
// what only they can read.
func (d *ngDecoder) custom(b *Batch, body []byte, pos int64) *fault {
	if len(body) < 4 {
		return damaged(0, true, "a custom block of %d bytes is too short", len(body)+blockFrame)
	}
	n := uint32(len(body) - 4)
	b.Packets = append(b.Packets, packet.Packet{
		Meta: packet.Meta{Time: d.last, CapLen: n, Len: n, Iface: packet.NoIface, Link: packet.LinkRecord, NoTime: true},
		Data: body[4:],
		Pos:  pos + 4,
	})
	return nil
}

// describe reads the body of an interface description block.
func (d *ngDecoder) describe(body []byte) *fault {
	if len(body) < 8 {
		return damaged(0, false, "an interface block of %d bytes is too short", len(body)+blockFrame)
	}
	if len(d.ifaces) == maxInterfaces {
		return damaged(0, false, "more than %d interfaces", maxInterfaces)
	}
	in := packet.Interface{
		Link:    packet.LinkType(d.order.Uint16(body)),
		SnapLen: d.u32(body[4:]),
	}
	resol, offset := byte(6), int64(0) // microseconds, unless the block says otherwise
	f := d.options(body[8:], func(code uint16, v []byte) {
		switch {
		case code == optIfName:
			in.Name = d.text(v)
		case code == optIfDescr:
			in.Description = d.text(v)
		case code == optIfFilter && len(v) > 1 && v[0] == 0: // a filter in pcap's words
			in.Filter = d.text(v[1:])
		case code == optIfTSResol && len(v) == 1:
			resol = v[0]
		case code == optIfTSOff && len(v) == 8:
			offset = int64(d.order.Uint64(v))
		}
	})
	if f != nil {
		return f
	}
	in.Nano = resol&0x80 == 0 && resol > 6 || resol&0x80 != 0 && resol&0x7f >= 20
	d.ifaces = append(d.ifaces, in)
	d.clocks = append(d.clocks, newClock(resol, offset))
	d.lost = append(d.lost, Counters{})
	return nil
}

// statistics reads the body of an interface statistics block. What is wrong with it
// is no loss: its numbers are left out.
func (d *ngDecoder) statistics(body []byte) {
	if len(body) < 12 || len(d.sections) == 0 {
		return
	}
	k, f := d.iface(d.u32(body))
	if f != nil {
		return
	}
	_ = d.options(body[12:], func(code uint16, v []byte) {
		switch {
		case len(v) != 8:
		case code == optStatsIfDrop:
			d.lost[k].IfDropped = d.order.Uint64(v)
		case code == optStatsOSDrop:
			d.lost[k].Dropped = d.order.Uint64(v)
		}
	})
}

// counters adds up what the statistics of all interfaces say is missing.
func (d *ngDecoder) counters() (c Counters) {
	for _, l := range d.lost {
		c.Dropped += l.Dropped
		c.IfDropped += l.IfDropped
	}
	return c
}

// room says whether n more bytes may be kept, and counts them if so.
func (d *ngDecoder) room(n int) bool {
	if d.kept+n > maxKept {
		return false
	}
	d.kept += n
	return true
}

// text is what an option says, if there is room for it.
func (d *ngDecoder) text(v []byte) string {
	if v = cString(v); !d.room(len(v)) {
		return ""
	}
	return string(v)
}

// cString is v up to the zero byte that some writers end text with.
func cString(v []byte) []byte {
	if i := bytes.IndexByte(v, 0); i >= 0 {
		return v[:i]
	}
	return v
}

// section reads the body of a section header, whose byte order is set already.
func (d *ngDecoder) section(body []byte) *fault {
	if len(body) < 16 {
		return damaged(0, false, "a section header of %d bytes is too short", len(body)+blockFrame)
	}
	major, minor := d.order.Uint16(body[4:]), d.order.Uint16(body[6:])
	if major != 1 || minor != 0 && minor != 2 {
		return damaged(0, false, "pcapng version %d.%d is not known", major, minor)
	}
	if len(d.sections) == maxInterfaces {
		return damaged(0, false, "more than %d sections", maxInterfaces)
	}
	d.sections = append(d.sections, len(d.ifaces))
	return d.options(body[16:], func(code uint16, v []byte) {
		if code == optComment {
			if text := d.text(v); text != "" {
				d.comments = append(d.comments, text)
			}
		}
	})
}

// keep reads the body of a decryption secrets block.
func (d *ngDecoder) keep(body []byte) *fault {
	if len(body) < 8 {
		return damaged(0, false, "a secrets block of %d bytes is too short", len(body)+blockFrame)
	}
	n := d.u32(body[4:])
	if int64(n) > int64(len(body)-8) {
		return damaged(0, false, "a block of %d bytes cannot hold %d bytes of secrets", len(body)+blockFrame, n)
	}
	if d.u32(body) == secretsTLS && d.room(int(n)) {
		d.secrets = append(d.secrets, bytes.Clone(body[8:8+n]))
	}
	return nil
}

// options hands every option of p to each: section 3.5 of the draft. The value
// is valid during the call.
func (d *ngDecoder) options(p []byte, each func(code uint16, value []byte)) *fault {
	for len(p) >= 4 {
		code, n := d.order.Uint16(p), int(d.order.Uint16(p[2:]))
		if code == optEnd {
			return nil
		}
		if n > len(p)-4 {
			return damaged(0, false, "option %d of %d bytes, of which %d are there", code, n, len(p)-4)
		}
		each(code, p[4:4+n])
		p = p[min(len(p), 4+(n+3)&^3):]
	}
	return nil
}

func (d *ngDecoder) cut(p []byte) *fault {
	if d.trailer != 0 {
		return &fault{err: ErrCut, detail: "the file ends within a block that holds no packet"}
	}
	if len(p) == 0 {
		return nil
	}
	f := &fault{err: ErrCut, detail: fmt.Sprintf("the file ends within a block, %d bytes after its start", len(p))}
	if len(p) < blockFrame || d.order == nil {
		return f
	}
	typ, total := d.u32(p), d.u32(p[4:])
	if f.packet = isPacketBlock(typ); f.packet {
		f.detail = fmt.Sprintf("%d of the %d bytes of its block are there", len(p), total)
	}
	return f
}
