package dissect

import "fmt"

var (
	fRSNVersion = pWLAN.u16("wlan.rsn.version", "RSN Version", Dec)
	rsnGroup    = rsnSuite("wlan.rsn.gcs", "Group Cipher Suite", rsnCiphers)
	fRSNPairs   = pWLAN.u16("wlan.rsn.pcs.count", "Pairwise Cipher Suite Count", Dec)
	fRSNPairL   = pWLAN.none("wlan.rsn.pcs.list", "Pairwise Cipher Suite List")
	rsnPair     = rsnSuite("wlan.rsn.pcs", "Pairwise Cipher Suite", rsnCiphers)
	fRSNKeys    = pWLAN.u16("wlan.rsn.akms.count", "Auth Key Management (AKM) Suite Count", Dec)
	fRSNKeyL    = pWLAN.none("wlan.rsn.akms.list", "Auth Key Management (AKM) List")
	rsnKey      = suiteFields{
		pWLAN.u32("wlan.rsn.akms", "Auth Key Management (AKM) Suite", Special), ouiField(pWLAN, "wlan.rsn.akms.oui", "Auth Key Management (AKM) OUI"),
		pWLAN.u8("wlan.rsn.akms.type", "Auth Key Management (AKM) type", Dec, names(rsnAKMs)),
	}
	fRSNCaps = pWLAN.u16("wlan.rsn.capabilities", "RSN Capabilities", Hex)
	rsnCaps  = []*Field{
		pWLAN.flag(TUint16, "wlan.rsn.capabilities.preauth", "RSN Pre-Auth capabilities", 0x0001,
			names(either("Transmitter supports pre-authentication", "Transmitter does not support pre-authentication"))),
		pWLAN.flag(TUint16, "wlan.rsn.capabilities.no_pairwise", "RSN No Pairwise capabilities", 0x0002,
			names(either("Transmitter cannot support WEP default key 0 simultaneously with Pairwise key", "Transmitter can support WEP default key 0 simultaneously with Pairwise key"))),
		pWLAN.u16("wlan.rsn.capabilities.ptksa_replay_counter", "RSN PTKSA Replay Counter capabilities", Hex, mask(0x000c), names(rsnCounters)),
		pWLAN.u16("wlan.rsn.capabilities.gtksa_replay_counter", "RSN GTKSA Replay Counter capabilities", Hex, mask(0x0030), names(rsnCounters)),
		pWLAN.flag(TUint16, "wlan.rsn.capabilities.mfpr", "Management Frame Protection Required", 0x0040, names(trueFalse)),
		pWLAN.flag(TUint16, "wlan.rsn.capabilities.mfpc", "Management Frame Protection Capable", 0x0080, names(trueFalse)),
		pWLAN.flag(TUint16, "wlan.rsn.capabilities.jmr", "Joint Multi-band RSNA", 0x0100, names(trueFalse)),
		pWLAN.flag(TUint16, "wlan.rsn.capabilities.peerkey", "PeerKey Enabled", 0x0200, names(trueFalse)),
		pWLAN.flag(TUint16, "wlan.rsn.capabilities.extended_key_id_iaf", "Extended Key ID for Individually Addressed Frames", 0x2000,
			names(either("Supported", "Not supported"))),
	}
	fRSNIDs = pWLAN.u16("wlan.rsn.pmkid.count", "PMKID Count", Dec)
	fRSNID  = pWLAN.bytes("wlan.pmkid.akms", "PMKID")
	rsnGMCS = rsnSuite("wlan.rsn.gmcs", "Group Management Cipher Suite", rsnCiphers)

	rsnCounters = list("1 replay counter per PTKSA/GTKSA/STAKeySA", "2 replay counters per PTKSA/GTKSA/STAKeySA",
		"4 replay counters per PTKSA/GTKSA/STAKeySA", "16 replay counters per PTKSA/GTKSA/STAKeySA")
)

// suiteFields are a suite with whose it is and which one.
type suiteFields struct{ suite, oui, kind *Field }

func rsnSuite(abbrev, name string, n Names) suiteFields {
	return suiteFields{pWLAN.u32(abbrev, name, Special), ouiField(pWLAN, abbrev+".oui", name+" OUI"), pWLAN.u8(abbrev+".type", name+" type", Dec, names(n))}
}

// tagRSN reads how a network is secured (§9.4.2.24). Whatever comes last may be
// missing from some point on.
func (c *cursor) tagRSN() {
	c.le16(fRSNVersion)
	if c.left() >= 4 {
		c.rsnSuite(&rsnGroup)
	}
	c.rsnList(fRSNPairs, fRSNPairL, &rsnPair)
	c.rsnList(fRSNKeys, fRSNKeyL, &rsnKey)
	if c.left() >= 2 {
		v := uint64(c.le16(fRSNCaps))
		c.begin()
		for _, f := range rsnCaps {
			c.bits(f, 2, v)
		}
		c.end()
	}
	if c.left() >= 2 {
		for n := c.le16(fRSNIDs); n > 0 && c.left() >= 16 && c.ok(); n-- {
			c.bytes(fRSNID, 16)
		}
	}
	if c.left() >= 4 {
		c.rsnSuite(&rsnGMCS)
	}
}

// rsnList reads a count and so many suites.
func (c *cursor) rsnList(count, all *Field, f *suiteFields) {
	if c.left() < 2 || !c.ok() {
		return
	}
	n := int(c.le16(count))
	c.addAt(all, c.pos, min(4*n, c.left()), Node{text: all.Name})
	c.begin()
	for ; n > 0 && c.left() >= 4 && c.ok(); n-- {
		c.heading(" %s", c.rsnSuite(f))
	}
	c.end()
}

// rsnSuite reads a suite and gives its text.
func (c *cursor) rsnSuite(f *suiteFields) string {
	v := c.u32(nil)
	if !c.ok() {
		return ""
	}
	oui, kind := uint64(v>>8), uint64(v&0xff)
	whose := f.oui.Names(oui)
	name := "Unknown " + fmt.Sprint(kind)
	if oui == 0x000fac {
		whose += " (Ieee 802.11)"
		name = orUnknown(f.kind.Names, kind)
	}
	text := whose + " " + name
	c.add(f.suite, 4, Node{num: uint64(v), text: f.suite.Name + ": " + text})
	c.begin()
	c.addAt(f.oui, c.pos-4, 3, Node{num: oui, text: f.oui.Name + ": " + whose})
	c.addAt(f.kind, c.pos-1, 1, Node{num: kind})
	c.end()
	return text
}
