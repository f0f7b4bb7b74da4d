package dissect

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"strconv"
	"strings"
)

// sshRun is a run of messages in one call.
type sshRun struct {
	*payload
	saying
	dir    uint8
	client bool // it sends them
	state  sshState
	chosen sshChosen
}

// The messages that decide how a conversation goes on (§12).
const (
	sshKexInit = 20
	sshNewKeys = 21
)

// dissect takes the messages of one side apart.
func (r *sshRun) dissect(c *cursor) {
	d := c.d
	d.beginService(pSSH)
	switch sender := c.sender(sshApplication{}); {
	case sender != 0:
		r.client = sender > 0
	case r.chosen.client != 0:
		r.client = r.chosen.client == r.dir+1
	default:
		r.client = c.d.layer.dstPort < c.d.layer.srcPort
	}
	who := "Server"
	if r.client {
		who = "Client"
	}
	if r.messages == 0 {
		d.infoAppend(who + ": ")
	}
	start := c.pos
	c.proto(pSSH)
	for c.ok() && c.captured() > 0 {
		n := r.state.size(c.rest(), r.dir, &r.chosen)
		if n <= 0 {
			n = c.left()
		}
		one := c.to(n)
		d.guard(&one, func() { r.message(&one) })
		r.messages++
	}
	r.said()
	d.setProto("SSH")
	if v := r.state.version; v != 0 {
		d.setProto("SSHv" + strconv.Itoa(int(v)))
	}
	if c.on() {
		direction := Node{Flags: Generated}
		if !r.client {
			direction.num = 1
		}
		c.addAt(fSSHDirection, start, 0, direction)
	}
	c.end()
	if c.left() > 0 {
		c.need(c.left())
	}
}

// message takes one message apart.
func (r *sshRun) message(c *cursor) {
	b := c.rest()
	before := r.state
	r.state = before.next(b, r.dir)
	switch {
	case !before.hello[r.dir&1] && sshLine(b) >= 0:
		r.line(c)
	case before.version == 1:
		r.version1(c, before)
	case !before.hello[r.dir&1]: // the beginning has not been seen
		r.encrypted(c, len(b))
	default:
		r.version2(c, before)
	}
	if !c.ok() {
		r.said()
	}
}

// line shows what comes before the packets: the identification, perhaps after other
// lines (§4.2).
func (r *sshRun) line(c *cursor) {
	b := c.rest()
	n := bytes.IndexByte(b, '\n') + 1
	if n == 0 {
		n = len(b)
	}
	s := string(bytes.TrimRight(b[:n], "\r\n"))
	r.say(c, "Protocol ("+shownText(s, 300)+")")
	if c.on() {
		c.addAt(fSSHProtocol, c.pos, len(s), Node{str: s})
	}
	c.skip(c.left())
}

// version1 takes a packet of version 1 apart: its length is always in clear text.
func (r *sshRun) version1(c *cursor, before sshState) {
	c.sub(nil, "SSH Version 1")
	n := c.u32(fSSHLength)
	if before.keys[r.dir&1] {
		r.say(c, "Encrypted packet (len="+strconv.Itoa(c.left()+4)+")")
		c.bytesOrCut(fSSHEncrypted)
		if c.ok() {
			c.end()
		}
		return
	}
	pad := 8 - int(n%8)
	if c.on() && c.ok() {
		c.add(fSSHPadding, 4, Node{num: uint64(pad)})
	}
	c.skip(pad)
	code := uint64(c.peek(0))
	r.say(c, orCode(ssh1Codes(code), code))
	c.u8(fSSHCode1)
	if c.ok() && c.left() > 0 {
		c.bytesOrCut(fSSHPayload)
	}
	if c.ok() {
		c.end()
	}
}

// orCode names a message, with its number where it has no name.
func orCode(name string, code uint64) string {
	if name == "" {
		return "Unknown (" + strconv.FormatUint(code, 10) + ")"
	}
	return name
}

// encrypted shows bytes that can't be told apart.
func (r *sshRun) encrypted(c *cursor, n int) {
	r.say(c, "Encrypted packet (len="+strconv.Itoa(n)+")")
	if c.left() >= 4 {
		c.bytes(fSSHLengthEncrypted, 4)
	}
	if c.left() > 0 && c.ok() {
		c.bytesOrCut(fSSHEncrypted)
	}
}

// label names what protects the packets of this side.
func (r *sshRun) label() string {
	const version = "SSH Version 2"
	x := &r.chosen
	i := x.side(r.dir)
	if x.client == 0 || x.encryption[i] == "" {
		return version
	}
	s := version + " (encryption:" + shownText(x.encryption[i], 80)
	if !sshImplicitMAC(x.encryption[i]) {
		s += " mac:" + shownText(x.mac[i], 80)
	}
	return s + " compression:" + shownText(x.compress[i], 80) + ")"
}

// version2 takes a packet of version 2 apart (§6).
func (r *sshRun) version2(c *cursor, before sshState) {
	c.sub(nil, r.label())
	if before.keys[r.dir&1] {
		r.protected(c)
		if c.ok() {
			c.end()
		}
		return
	}
	if before.size(c.rest(), r.dir, &r.chosen) < 0 {
		if c.on() {
			c.sub(fSSHLength, "")
			c.expert(Error, GroupProtocol, eSSHLength, eSSHLength.Name)
			c.end()
		}
		r.encrypted(c, c.left())
		c.end()
		return
	}
	n := int(c.u32(fSSHLength))
	pad := int(c.u8(fSSHPadding))
	if c.ok() && (pad > n-1 || n < 2) {
		c.need(c.left() + 1)
		return
	}
	body := c.to(n - 1 - pad)
	kex := "Key Exchange"
	if r.chosen.kex != "" {
		kex += " (method:" + shownText(r.chosen.kex, 80) + ")"
	}
	body.sub(nil, kex)
	if o := body.opened(); o != nil {
		o.Len = int32(body.captured() + min(pad, c.captured()))
	}
	r.code(&body)
	if !body.ok() {
		return
	}
	if body.left() > 0 {
		body.bytesOrCut(fSSHPayload)
	}
	body.end()
	if pad > 0 {
		c.bytes(fSSHPaddingString, pad)
	}
	if c.ok() {
		if c.on() {
			c.addAt(fSSHSequence, c.pos, 0, Node{num: uint64(before.seq[r.dir&1])})
		}
		c.end()
	}
}

// protected shows an encrypted packet.
func (r *sshRun) protected(c *cursor) {
	size := c.left()
	mac, ok := r.chosen.clear(r.dir)
	if !ok || r.state.size(c.rest(), r.dir, &r.chosen) < 0 || size < 4+mac {
		r.encrypted(c, size)
		return
	}
	r.say(c, "Encrypted packet (len="+strconv.Itoa(size)+")")
	c.u32(fSSHLength)
	c.bytes(fSSHEncrypted, size-4-mac)
	if mac > 0 {
		c.bytes(fSSHMAC, mac)
	}
}

// sshKexKind is how keys are exchanged.
type sshKexKind uint8

const (
	sshDH  sshKexKind = iota // RFC 4253 §8
	sshGEX                   // RFC 4419 §3
	sshEC                    // RFC 5656 §4, RFC 8731 §3, and the hybrids that look the same
)

func (r *sshRun) kexKind() sshKexKind {
	k := r.chosen.kex
	switch {
	case strings.HasPrefix(k, "diffie-hellman-group-exchange"):
		return sshGEX
	case strings.HasPrefix(k, "diffie-hellman"):
		return sshDH
	}
	return sshEC
}

// code takes a message of the transport layer apart (§11, §12, RFC 4250 §4.1).
func (r *sshRun) code(c *cursor) {
	code := uint64(c.peek(0))
	f := fSSHCode
	if code >= 30 && code <= 34 {
		f = [...]*Field{fSSHCodeDH, fSSHCodeGEX, fSSHCodeEC}[r.kexKind()]
	}
	r.say(c, orCode(f.Names(code), code))
	c.u8(f)
	switch {
	case code == sshKexInit:
		r.kexInit(c)
	case code >= 30 && code <= 34:
		r.exchange(c, byte(code))
	case code == 1:
		c.u32(fSSHReason)
		r.str(c, fSSHDescriptionLen, fSSHDescription)
		r.str(c, fSSHLanguageLen, fSSHLanguage)
	case code == 2:
		r.blob(c, fSSHIgnoreLen, fSSHIgnore)
	case code == 4:
		c.u8(fSSHAlways)
		r.str(c, fSSHDebugLen, fSSHDebug)
		r.str(c, fSSHLanguageLen, fSSHLanguage)
	case code == 5, code == 6:
		r.str(c, fSSHServiceLen, fSSHService)
	}
}

// str reads a text with its length before it (RFC 4251 §5).
func (r *sshRun) str(c *cursor, length, f *Field) string {
	n := c.u32(length)
	if uint64(n) > uint64(max(0, c.left())) {
		c.need(c.left() + 1)
		return ""
	}
	if n == 0 {
		c.addAt(f, c.pos, 0, Node{})
		return ""
	}
	return c.str(f, int(n))
}

// blob reads bytes with their length before them.
func (r *sshRun) blob(c *cursor, length, f *Field) {
	n := c.u32(length)
	if uint64(n) > uint64(max(0, c.left())) {
		c.need(c.left() + 1)
		return
	}
	if n > 0 {
		c.bytes(f, int(n))
	}
}

// kexInit takes apart what one side can do (§7.1).
func (r *sshRun) kexInit(c *cursor) {
	start := c.pos
	c.sub(nil, "Algorithms")
	c.bytes(fSSHCookie, 16)
	lists := make([]string, len(sshLists))
	for i, f := range sshLists {
		lists[i] = r.str(c, f.length, f.names)
	}
	c.u8(fSSHFollows)
	c.bytes(fSSHReserved, 4)
	if c.ok() && c.on() {
		// Hassh is how clients and servers are told by what they offer, in MD5
		// (https://github.com/salesforce/hassh).
		enc, f, sum := 0, fSSHHasshList, fSSHHassh
		if !r.client {
			enc, f, sum = 1, fSSHHasshServerList, fSSHHasshServer
		}
		s := strings.Join([]string{lists[0], lists[2+enc], lists[4+enc], lists[6+enc]}, ";")
		c.genStr(f, s)
		h := md5.Sum([]byte(s))
		c.genStr(sum, hex.EncodeToString(h[:]))
	}
	if c.ok() {
		if o := c.opened(); o != nil {
			o.span(start, c.pos-start)
		}
		c.end()
	}
}

// exchange takes a message of the key exchange apart.
func (r *sshRun) exchange(c *cursor, code byte) {
	switch kind := r.kexKind(); {
	case kind == sshGEX && code == 34:
		c.u32(fSSHMin)
		c.u32(fSSHBits)
		c.u32(fSSHMax)
	case kind == sshGEX && code == 30:
		c.u32(fSSHBits)
	case kind == sshGEX && code == 31:
		r.blob(c, fSSHIntLen, fSSHPrime)
		r.blob(c, fSSHIntLen, fSSHGenerator)
	case kind == sshGEX && code == 32, kind == sshDH && code == 30:
		r.blob(c, fSSHIntLen, fSSHClientE)
	case kind == sshGEX && code == 33, kind == sshDH && code == 31:
		r.hostKey(c)
		r.blob(c, fSSHIntLen, fSSHServerF)
		r.signature(c)
	case kind == sshEC && code == 30:
		r.blob(c, fSSHClientQLen, fSSHClientQ)
	case kind == sshEC && code == 31:
		r.hostKey(c)
		r.blob(c, fSSHServerQLen, fSSHServerQ)
		r.signature(c)
	}
}

// within takes apart what stands behind its length and begins with its type, below a
// node of its own.
func (r *sshRun) within(c *cursor, label string, length, rest *Field, inside func(c *cursor, kind string)) {
	start, n := c.pos, uint64(c.peek32(0))
	if n > uint64(max(0, c.left()-4)) {
		c.need(c.left() + 1)
		return
	}
	kind := ""
	if k := uint64(c.peek32(4)); k <= 64 && k+8 <= uint64(c.captured()) {
		kind = string(c.rest()[8 : 8+k])
	}
	c.sub(nil, label+" (type: "+shownText(kind, 64)+")")
	if o := c.opened(); o != nil {
		o.span(start, min(4+int(n), c.captured()))
	}
	c.u32(length)
	body := c.to(int(n))
	inside(&body, kind)
	if !body.ok() {
		return
	}
	if body.left() > 0 {
		body.bytesOrCut(rest)
	}
	c.end()
}

// hostKey takes the server's key apart (§6.6, RFC 5656 §3.1, RFC 8709 §4).
func (r *sshRun) hostKey(c *cursor) {
	r.within(c, "KEX host key", fSSHKeyLen, fSSHKeyData, func(c *cursor, kind string) {
		r.str(c, fSSHKeyTypeLen, fSSHKeyType)
		var numbers []*Field
		switch kind {
		case "ssh-rsa":
			numbers = []*Field{fSSHKeyE, fSSHKeyN}
		case "ssh-dss":
			numbers = []*Field{fSSHKeyP, fSSHKeyQ, fSSHKeyG, fSSHKeyY}
		case "ssh-ed25519", "ssh-ed448":
			r.blob(c, fSSHEdLen, fSSHEd)
		case "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521":
			r.str(c, fSSHCurveLen, fSSHCurve)
			r.blob(c, fSSHPointLen, fSSHPoint)
		}
		for _, f := range numbers {
			r.blob(c, fSSHIntLen, f)
		}
	})
}

// signature takes the server's signature apart (§6.6).
func (r *sshRun) signature(c *cursor) {
	r.within(c, "KEX host signature", fSSHSigLen, fSSHSigData, func(c *cursor, kind string) {
		r.str(c, fSSHSigTypeLen, fSSHSigType)
		switch kind {
		case "ssh-rsa":
			r.blob(c, fSSHIntLen, fSSHSigRSA)
		case "ssh-dss":
			r.blob(c, fSSHIntLen, fSSHSigDSA)
		}
	})
}
