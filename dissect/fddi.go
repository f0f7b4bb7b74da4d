package dissect

import (
	"fmt"
	"math/bits"
)

var (
	pFDDI      = newProto("Fiber Distributed Data Interface", "FDDI", "fddi")
	fFDDIFC    = pFDDI.u8("fddi.fc", "Frame Control", Hex)
	fFDDIClass = pFDDI.u8("fddi.fc.clf", "Class/Length/Format", Hex, mask(0xf0), names(table(map[uint64]string{0x0: "Void", 0x4: "SMT",
		0x5: "Async LLC", 0x6: "Implementor Async", 0x8: "Nonrestricted Token", 0xc: "MAC", 0xd: "Sync LLC", 0xe: "Implementor Sync"})))
	fFDDIPrio = pFDDI.u8("fddi.fc.prio", "Priority", Dec, mask(0x07))
	fFDDISMT  = pFDDI.u8("fddi.fc.smt_subtype", "SMT Subtype", Dec, mask(0x0f), names(table(map[uint64]string{1: "Info", 15: "Next Station Address"})))
	fFDDIMAC  = pFDDI.u8("fddi.fc.mac_subtype", "MAC Subtype", Dec, mask(0x0f), names(table(map[uint64]string{2: "Beacon", 3: "Claim"})))
	fFDDIDst  = pFDDI.mac("fddi.dst", "Destination")
	fFDDISrc  = pFDDI.mac("fddi.src", "Source")
	fFDDIAddr = pFDDI.mac("fddi.addr", "Source or Destination Address")
)

// dissectFDDI takes an FDDI frame apart (ISO 9314-2 §7), whose addresses come with
// the bits of each byte in the other order (LINKTYPE_FDDI).
func dissectFDDI(c cursor) {
	d := c.d
	c.proto(pFDDI)
	d.setProto("FDDI")
	fc := c.u8(fFDDIFC)
	if !c.ok() {
		return
	}
	if c.on() || c.cols() {
		text := fddiFrame(fc)
		d.setInfo(text)
		if c.on() {
			c.opened().append(", " + text)
			c.last().append(" (" + text + ")")
			c.begin()
			c.bits(fFDDIClass, 1, uint64(fc))
			switch {
			case fc&0xf0 == 0x50:
				c.bits(fFDDIPrio, 1, uint64(fc))
			case fc&0xf0 == 0x40:
				c.bits(fFDDISMT, 1, uint64(fc))
			case fc&0xf0 == 0xc0 && fc != 0xc0:
				c.bits(fFDDIMAC, 1, uint64(fc))
			}
			c.end()
		}
	}
	c.fddiAddr(fFDDIDst)
	c.fddiAddr(fFDDISrc)
	if !c.ok() {
		return
	}
	c.end()
	rest := c.tail()
	if fc&0xf0 == 0x50 {
		dissectLLC(rest)
		return
	}
	dissectData(rest)
}

// fddiAddr reads an address and turns its bits around.
func (c *cursor) fddiAddr(f *Field) {
	b := c.raw(6)
	if b == nil || !c.on() && !c.cols() {
		return
	}
	turned := make([]byte, 6)
	for i, x := range b {
		turned[i] = bits.Reverse8(x)
	}
	if c.cols() {
		if f == fFDDIDst {
			c.d.setDst(Ether(turned))
		} else {
			c.d.setSrc(Ether(turned))
		}
	}
	c.add(f, 6, Node{raw: turned})
	for _, again := range []*Field{fFDDIAddr, f, fFDDIAddr} { // as often as Wireshark has them
		c.add(again, 6, Node{raw: turned, Flags: Hidden})
	}
}

// fddiFrame words the frame control.
func fddiFrame(fc uint8) string {
	switch {
	case fc == 0x00:
		return "Void frame"
	case fc == 0x80:
		return "Nonrestricted token"
	case fc == 0xc0:
		return "Restricted token"
	case fc == 0x41:
		return "SMT info"
	case fc == 0x4f:
		return "SMT Next station address"
	case fc == 0xc2:
		return "MAC beacon"
	case fc == 0xc3:
		return "MAC claim token"
	}
	switch fc & 0xf0 {
	case 0x40:
		return fmt.Sprintf("SMT frame, control %x", fc&15)
	case 0x50:
		return fmt.Sprintf("Async LLC frame, priority %d", fc&7)
	case 0x60:
		return fmt.Sprintf("Implementor async frame, control %x", fc&15)
	case 0xc0:
		return fmt.Sprintf("MAC frame, control %x", fc&15)
	case 0xd0:
		return "Sync LLC frame"
	case 0xe0:
		return fmt.Sprintf("Implementor sync frame, control %x", fc&15)
	}
	return "Unknown frame type"
}
