package dissect

import (
	"bytes"
	"encoding/binary"

	"tcplens/internal/tcp"
)

// framedApp is a recognised protocol over TCP whose messages say how long they
// are, so that they can be told apart and put together.
type framedApp struct {
	abbrev string              // of the port's protocol
	header int                 // bytes that tell the length, at least
	size   func(b []byte) int  // of the whole message that b begins with: 0 if b does not tell yet, −1 if it is none
	begins func(b []byte) bool // whether a conversation may begin like this; nil: however
	lines  bool                // Wireshark shows the size of each message beneath TCP
	begun  func([]byte) string // the Info column of a message that does not end in its segment; nil: that of TCP
}

// framedApps lists them. The place in the list is part of an App.
var framedApps = []framedApp{
	{abbrev: "enip", header: 4, size: func(h []byte) int { return 24 + little16(h, 2) }, begins: beginsENIP, lines: true},
	{abbrev: "gryphon", header: 8, size: func(h []byte) int { return (8 + big16(h, 4) + 3) &^ 3 }},
	{abbrev: "ldap", header: 2, size: ldapSize, begins: func(b []byte) bool { return b[0] == 0x30 }, lines: true},
	{abbrev: "kerberos", header: 4, size: func(h []byte) int { return 4 + int(binary.BigEndian.Uint32(h)&0x7fffffff) }, begins: beginsZero, lines: true, begun: emptyInfo},
	{abbrev: "openvpn", header: 2, size: func(h []byte) int { return 2 + big16(h, 0) }, begins: beginsZero, lines: true},
	{abbrev: "iec60870_104", header: 2, size: func(h []byte) int { return 2 + int(h[1]) }, begins: func(b []byte) bool { return b[0] == 0x68 }, lines: true},
	{abbrev: "mbtcp", header: 6, size: func(h []byte) int { return 6 + big16(h, 4) }, begins: func(b []byte) bool { return len(b) > 5 && b[2] == 0 && b[3] == 0 && b[4] == 0 }, lines: true},
	{abbrev: "dnp3", header: 3, size: dnp3Size, begins: func(b []byte) bool { return len(b) > 1 && b[0] == 5 && b[1] == 0x64 }, lines: true},
	{abbrev: "skinny", header: 4, size: func(h []byte) int { return 8 + little16(h, 0) }, begins: func(b []byte) bool { return len(b) > 3 && b[2] == 0 && b[3] == 0 }, lines: true, begun: skinnyInfo},
	{abbrev: "tacplus", header: 12, size: func(h []byte) int { return 12 + int(min(binary.BigEndian.Uint32(h[8:]), maxFramed)) }, begins: func(b []byte) bool { return b[0]>>4 == 12 }, lines: true},
	{abbrev: "doip", header: 8, size: func(h []byte) int { return 8 + int(min(binary.BigEndian.Uint32(h[4:]), maxFramed)) }, begins: func(b []byte) bool { return len(b) > 1 && b[0]^b[1] == 0xff }, lines: true},
	{abbrev: "kafka", header: 4, size: func(h []byte) int { return 4 + int(min(binary.BigEndian.Uint32(h), maxFramed)) }, begins: beginsZero, lines: true},
	{abbrev: "diameter", header: 4, size: func(h []byte) int { return orNone(int(h[1])<<16 + big16(h, 2)) }, begins: func(b []byte) bool { return b[0] == 1 }, lines: true},
	{abbrev: "nbss", header: 4, size: func(h []byte) int { return 4 + int(h[1])<<16 + big16(h, 2) }, begins: beginsNBSS, begun: nbssInfo},
	{abbrev: "bgp", header: 19, size: func(h []byte) int { return orNone(big16(h, 16)) }, begins: func(b []byte) bool { return b[0] == 0xff }, begun: emptyInfo},
	{abbrev: "tpkt", header: 4, size: tpktSize, begins: func(b []byte) bool { return len(b) > 1 && b[0] == 3 && b[1] == 0 }, begun: emptyInfo},
}

// framedLooks lists those of them that are known by their bytes on any port.
var framedLooks = []framedApp{
	{abbrev: "dcerpc", header: 10, size: dcerpcSize, begins: beginsDCERPC, lines: true},
	{abbrev: "bittorrent", header: 4, size: bitTorrentSize, begins: func(b []byte) bool { return bytes.HasPrefix(b, []byte("\x13BitTorrent protocol")) }, lines: true},
}

func emptyInfo([]byte) string  { return "" }
func skinnyInfo([]byte) string { return "Skinny Client Control Protocol" }

// nbssInfo names the type of a packet of NetBIOS sessions (RFC 1002 §4.3.1).
func nbssInfo(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	switch b[0] {
	case 0:
		return "Session message"
	case 0x81:
		return "Session request"
	case 0x82:
		return "Positive session response"
	case 0x83:
		return "Negative session response"
	case 0x84:
		return "Retarget session response"
	}
	return "Session keep-alive"
}

// maxFramed bounds how long a message may be: a longer one is none.
const maxFramed = 1 << 24

// orNone takes a length of zero for what is no message.
func orNone(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

func little16(b []byte, at int) int { return int(b[at]) | int(b[at+1])<<8 }
func big16(b []byte, at int) int    { return int(b[at])<<8 | int(b[at+1]) }

// ldapSize reads the length of a BER element, or of what SASL has wrapped (RFC 4422 §3.7).
func ldapSize(b []byte) int {
	if b[0] == 0x30 && b[1] < 0x80 {
		return 2 + int(b[1])
	}
	if len(b) < 6 {
		return 0
	}
	switch {
	case b[0] != 0x30:
		return 4 + int(min(binary.BigEndian.Uint32(b), maxFramed))
	case b[1] > 0x84:
		return -1
	}
	n, k := 0, int(b[1]&0x7f)
	for _, x := range b[2 : 2+k] {
		n = n<<8 | int(x)
	}
	return 2 + k + n
}

// dnp3Size counts a checksum of two bytes after the header and after each sixteen (IEEE 1815 §9.2).
func dnp3Size(h []byte) int {
	n := int(h[2]) - 5
	if n < 0 {
		return -1
	}
	return 10 + n + 2*((n+15)/16)
}

// tpktSize knows that RDP has a second kind of header, without a version (MS-RDPBCGR
// §5.3.8): what begins so is not put together.
func tpktSize(h []byte) int {
	if h[0] != 3 {
		return -1
	}
	return orNone(big16(h, 2))
}

// dcerpcSize reads the length of a fragment, in the byte order that the header tells.
func dcerpcSize(h []byte) int {
	switch {
	case h[0] != 5:
		return -1
	case h[4]&0x10 != 0:
		return orNone(little16(h, 8))
	}
	return orNone(big16(h, 8))
}

func beginsDCERPC(b []byte) bool {
	return len(b) >= 16 && b[0] == 5 && b[1] <= 1 && b[2] <= 19 && b[4]&0xee == 0 && b[5] <= 3
}

// bitTorrentSize knows the handshake, which has no length (BEP 3).
func bitTorrentSize(h []byte) int {
	if h[0] == 0x13 && h[1] == 'B' {
		return 68
	}
	return 4 + int(min(binary.BigEndian.Uint32(h), maxFramed))
}

func beginsENIP(b []byte) bool {
	return len(b) >= 4 && b[1] == 0 && (b[0] <= 0x75)
}

func beginsZero(b []byte) bool { return b[0] == 0 }

func beginsNBSS(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	switch b[0] {
	case 0:
		return b[5] == 'S' && b[6] == 'M' && b[7] == 'B'
	case 0x81, 0x82, 0x83, 0x84, 0x85:
		return true
	}
	return false
}

// appFramed is the first of the numbers of framedApps among the Apps.
const appFramed App = 64

// framedPorts finds the application of a TCP port.
var framedPorts = func() map[uint16]App {
	m := map[uint16]App{}
	for i, f := range framedApps {
		for _, a := range checkedApps {
			if a.proto.Abbrev != f.abbrev {
				continue
			}
			for _, p := range a.tcp {
				m[p] = appFramed + App(i)
			}
		}
	}
	return m
}()

// framed gives what is known of an application's messages; nil if it is not one of these.
func (a App) framed() *framedApp {
	i := int(a) - int(appFramed)
	switch {
	case i < 0:
		return nil
	case i < len(framedApps):
		return &framedApps[i]
	case i < len(framedApps)+len(framedLooks):
		return &framedLooks[i-len(framedApps)]
	}
	return nil
}

// framedLook tells the application of data by what it looks like.
func framedLook(data []byte) App {
	for i, f := range framedLooks {
		if f.begins(data) {
			return appFramed + App(len(framedApps)+i)
		}
	}
	return AppNone
}

// framedPort tells the application of a port, if the data may be its.
func framedPort(port uint16, data []byte) App {
	a := framedPorts[port]
	if f := a.framed(); f != nil && len(data) > 0 && (f.begins == nil || f.begins(data)) {
		return a
	}
	return AppNone
}

// message gives how long the message is that b begins with: 0 if its header is
// not there yet, −1 if it is none.
func (f *framedApp) message(b []byte) int {
	if len(b) < f.header {
		return 0
	}
	n := f.size(b)
	if n < 0 || n > maxFramed || n > 0 && n < f.header {
		return -1
	}
	return n
}

// appFramer finds the ends of such messages.
type appFramer struct {
	app  *framedApp
	head []byte // the open message as far as its length is not known
	left int    // bytes still to come of the open message
}

func (f *appFramer) Push(p tcp.Piece, ends []uint32) ([]uint32, tcp.Need) {
	for i := 0; i < len(p.Data); {
		if f.left > 0 {
			n := min(f.left, len(p.Data)-i)
			f.left -= n
			i += n
			if f.left == 0 {
				ends = append(ends, uint32(i))
			}
			continue
		}
		const most = 32 // bytes of the longest header
		had := len(f.head)
		f.head = append(f.head, p.Data[i:min(len(p.Data), i+most-had)]...)
		switch n := f.app.message(f.head); {
		case n < 0:
			f.head = f.head[:0]
			return append(ends, uint32(len(p.Data))), tcp.Need{}
		case n == 0:
			return ends, tcp.Need{Kind: tcp.NeedSegment}
		default:
			f.left, f.head = n-had, f.head[:0]
		}
	}
	if f.left > 0 {
		return ends, tcp.Need{Kind: tcp.NeedBytes, N: uint32(f.left)}
	}
	return ends, tcp.Need{}
}

func (f *appFramer) Skip() { f.left, f.head = 0, f.head[:0] }

// dissectFramed shows the messages of a recognised protocol one by one.
func dissectFramed(c cursor, f *framedApp) {
	a := tcpAppNamed(f.abbrev)
	if a == nil {
		dissectData(c)
		return
	}
	c.d.enter(a.proto)
	for c.left() > 0 && c.ok() {
		n := f.message(c.rest())
		if n <= 0 {
			n = c.left()
		}
		showPortApp(c.to(n), a, true)
	}
}

// tcpAppNamed finds a protocol by its abbreviation.
func tcpAppNamed(abbrev string) *portApp {
	for i := range checkedApps {
		if a := &checkedApps[i]; a.proto.Abbrev == abbrev {
			return a
		}
	}
	for i := range lookApps {
		if a := &lookApps[i]; a.proto.Abbrev == abbrev {
			return &portApp{named: a.named, inside: a.inside}
		}
	}
	return nil
}

var fTCPPDUSize = pTCP.u32("tcp.pdu.size", "PDU Size", Dec)

// sized is an application whose messages say how long they are, and whose sizes
// Wireshark shows beneath TCP.
type sized interface {
	// size gives how long the message is that b begins with, bytes: 0 if b does not
	// tell yet, −1 if it is none.
	size(b []byte) int
}

func (dnsApplication) size(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	return 2 + big16(b, 0)
}

func (http2Application) size(b []byte) int {
	if len(b) < http2HeadLen {
		return 0
	}
	return (*http2Head)(b[:http2HeadLen]).size()
}

// messageSizes gives the sizes of the messages that b is made of, where Wireshark
// shows them beneath TCP.
func messageSizes(a App, b []byte) []int {
	var size func(b []byte) int
	if x, ok := a.application().(sized); ok {
		size = x.size
	} else if f := a.framed(); f != nil && f.lines {
		size = f.message
	} else {
		return nil
	}
	var sizes []int
	for len(b) > 0 {
		n := size(b)
		if n <= 0 || n > len(b) {
			break
		}
		sizes = append(sizes, n)
		b = b[n:]
	}
	return sizes
}

// noSource is for bytes that are not among the blocks of the tree.
const noSource = 255

// pduSizes adds the size of each message that ends in the bytes that at has: the
// data of one call to the application.
func pduSizes(c *cursor, m *Messages, at cursor) {
	app := m.Session.appAt(m.Frame)
	if in := m.Session.upgradesIn(m.Frame); in != AppNone && httpBegins(at.rest()) {
		app = in // what follows the answer that switches
		at.skip(httpHeadsEnd(at.rest()))
	}
	for _, n := range messageSizes(app, at.rest()) {
		line := c.gen(fTCPPDUSize, uint64(n))
		if at.source == c.source {
			line.span(at.pos, n)
		}
		at.skip(n)
	}
}
