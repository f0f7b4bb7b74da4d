package dissect

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	fTag          = pWLAN.none("wlan.tag", "Tag")
	fTagNumber    = pWLAN.u8("wlan.tag.number", "Tag Number", Dec, names(wlanTags))
	fTagLength    = pWLAN.u32("wlan.tag.length", "Tag length", Dec)
	eTagLength    = pWLAN.none("wlan.tag.length.bad", "Bad tag length")
	fTagData      = pWLAN.bytes("wlan.tag.data", "Tag Data")
	fTagSSID      = pWLAN.bytes("wlan.ssid", "SSID")
	fTagRates     = pWLAN.u8("wlan.supported_rates", "Supported Rates", Hex, names(wlanRate))
	fTagMoreRates = pWLAN.u8("wlan.extended_supported_rates", "Extended Supported Rates", Hex, names(wlanRate))
	fTagChannel   = pWLAN.u8("wlan.ds.current_channel", "Current Channel", Dec)
	fTagDTIM      = pWLAN.u8("wlan.tim.dtim_count", "DTIM count", Dec)
	fTagDTIMs     = pWLAN.u8("wlan.tim.dtim_period", "DTIM period", Dec)
	fTagTIM       = pWLAN.u8("wlan.tim.bmapctl", "Bitmap control", Hex)
	fTagTIMGroup  = pWLAN.flag(TUint8, "wlan.tim.bmapctl.multicast", "Multicast", 0x01, names(trueFalse))
	fTagTIMOffset = pWLAN.u8("wlan.tim.bmapctl.offset", "Bitmap Offset", Hex, mask(0xfe))
	fTagTIMBits   = pWLAN.bytes("wlan.tim.partial_virtual_bitmap", "Partial Virtual Bitmap")
	fTagChallenge = pWLAN.bytes("wlan.tag.challenge_text", "Challenge Text")
	fTagERP       = pWLAN.u8("wlan.erp_info", "ERP Information", Hex)
	tagERP        = []*Field{
		pWLAN.flag(TUint8, "wlan.erp_info.erp_present", "Non ERP Present", 0x01),
		pWLAN.flag(TUint8, "wlan.erp_info.use_protection", "Use Protection", 0x02),
		pWLAN.flag(TUint8, "wlan.erp_info.barker_preamble_mode", "Barker Preamble Mode", 0x04),
		pWLAN.u8("wlan.erp_info.reserved", "Reserved", Hex, mask(0xf8)),
	}
	fTagOUI    = ouiField(pWLAN, "wlan.tag.oui", "OUI")
	fTagVendor = pWLAN.u8("wlan.tag.vendor.oui.type", "Vendor Specific OUI Type", Dec)
	fTagOther  = pWLAN.bytes("wlan.tag.vendor.data", "Vendor Specific Data")
)

// wlanRate writes a rate in units of 500 kbit/s, of which the upper bit says that
// whoever joins must have it.
func wlanRate(v uint64) string {
	s := strconv.FormatUint(v&0x7f/2, 10)
	if v&1 != 0 {
		s += ".5"
	}
	if v&0x80 != 0 {
		s += "(B)"
	}
	return s
}

// tags reads the elements behind the fixed parameters (§9.4.2).
func (w *wlanFrame) tags(c *cursor) {
	if c.on() {
		c.addAt(fMgtTagged, c.pos, c.left(), Node{text: fmt.Sprintf("Tagged parameters (%s)", plural(c.left(), "byte"))})
		c.begin()
	}
	for c.ok() && c.left() >= 2 {
		kind, n := c.peek(0), int(c.peek(1))
		if c.on() {
			c.addAt(fTag, c.pos, min(2+n, c.left()), Node{text: "Tag: " + orUnknown(wlanTags, uint64(kind))})
			c.begin()
		}
		c.u8(fTagNumber)
		c.u8(nil)
		c.add(fTagLength, 1, Node{num: uint64(n)})
		if n > c.left() {
			if c.on() {
				const text = "Tag Length is longer than remaining payload"
				c.begin()
				c.expert(Error, GroupMalformed, eTagLength, text)
				c.end()
			}
			c.need(n)
			return
		}
		body := c.to(n)
		body.tag(kind, n)
		if c.ok() && c.on() {
			c.end()
		}
	}
	if c.ok() && c.on() {
		c.end()
	}
}

// tag reads the content of one element.
func (c *cursor) tag(kind uint8, n int) {
	if kind == 0 {
		c.tagSSID(n)
		return
	}
	if !c.on() {
		c.skip(n)
		return
	}
	switch kind {
	case 1, 50:
		f := fTagRates
		if kind == 50 {
			f = fTagMoreRates
		}
		for c.left() > 0 && c.ok() {
			c.heading(" %s,", wlanRate(uint64(c.u8(f))))
		}
		c.heading(" [Mbit/sec]")
	case 3:
		c.heading(": Current Channel: %d", c.u8(fTagChannel))
	case 5:
		c.heading(": DTIM %d of %d bitmap", c.u8(fTagDTIM), c.u8(fTagDTIMs))
		v := uint64(c.u8(fTagTIM))
		c.begin()
		c.bits(fTagTIMGroup, 1, v)
		c.bits(fTagTIMOffset, 1, v)
		c.end()
		c.bytes(fTagTIMBits, c.left())
	case 16:
		c.bytes(fTagChallenge, n)
	case 42:
		v := uint64(c.u8(fTagERP))
		c.begin()
		for _, f := range tagERP {
			c.bits(f, 1, v)
		}
		c.end()
	case 48:
		c.tagRSN()
	case 221:
		oui := c.u24(fTagOUI)
		c.heading(": %02x:%02x:%02x", oui>>16, oui>>8&0xff, oui&0xff)
		if c.left() > 0 {
			c.u8(fTagVendor)
		}
		if c.left() > 0 {
			c.bytes(fTagOther, c.left())
		}
	default:
		if n > 0 {
			c.bytes(fTagData, n)
		}
	}
}

// tagSSID reads the name of a network: any bytes, mostly text.
func (c *cursor) tagSSID(n int) {
	b := c.raw(n)
	if b == nil && n > 0 {
		return
	}
	text := ssidText(b)
	if !c.on() {
		if n == 0 {
			text = "Wildcard (Broadcast)"
		}
		c.infoMore("SSID=%s", text)
		return
	}
	if n == 0 {
		c.heading(": Wildcard SSID")
		c.infoMore("SSID=Wildcard (Broadcast)")
		c.add(fTagSSID, 0, Node{})
		return
	}
	c.heading(": %s", text)
	c.infoMore("SSID=%s", text)
	c.add(fTagSSID, n, Node{raw: b, text: "SSID: " + text})
}

// ssidText shows the name of a network in quotes, or its bytes if it is no text.
func ssidText(b []byte) string {
	notText := func(r rune) bool { return !unicode.IsPrint(r) }
	if len(b) > 0 && utf8.Valid(b) && strings.IndexFunc(string(b), notText) < 0 {
		return `"` + string(b) + `"`
	}
	return fmt.Sprintf("%x", b)
}
