package dissect

import (
	"strconv"
	"strings"
)

// greeting takes what a server begins with apart ("Protocol::HandshakeV10").
func (r *mysqlRun) greeting(c *cursor) {
	r.part(c, fMyServerGreeting, fMyServerGreeting.Name)
	proto := c.u8(fMyProtocol)
	version := c.strz(fMyVersion)
	c.le32(fMyThreadID)
	c.strz(fMySalt)
	caps := uint64(c.le16(nil))
	r.flags(c, fMyCapsServer, mysqlCapFlags[:], caps)
	r.say(c, "Server Greeting proto="+strconv.Itoa(int(proto))+" version="+shownText(version, 80))
	if c.left() == 0 {
		c.end()
		return
	}
	if caps&1 != 0 {
		c.u8(fMyServerLanguage)
	} else {
		c.u8(fMariaServerLanguage)
	}
	r.status(c)
	r.flags(c, fMyExtcapsServer, mysqlExtCapFlags[:], uint64(c.le16(nil)))
	c.u8(fMyAuthPluginLength)
	if caps&1 != 0 {
		c.bytes(fMyUnused, 10)
	} else { // MariaDB says by this that the last four bytes have a meaning
		c.bytes(fMyUnused, 6)
		r.flags(c, fMariaExtcapsServer, mariaCapFlags[:], uint64(c.le32(nil)))
	}
	if c.ok() && c.left() > 0 {
		c.strz(fMySalt2)
	}
	if c.ok() && c.left() > 0 {
		r.plugin(c, fMyAuthPlugin)
	}
	if c.ok() {
		c.end()
	}
}

// plugin reads a name that a zero ends, or the packet.
func (r *mysqlRun) plugin(c *cursor, f *Field) string {
	b := c.rest()
	for _, x := range b {
		if x == 0 {
			return c.strz(f)
		}
	}
	return c.str(f, c.left())
}

// flags shows a word of flags whose two or four bytes end at the cursor.
func (r *mysqlRun) flags(c *cursor, f *Field, bits []*Field, v uint64) {
	if !c.on() || !c.ok() {
		return
	}
	n := f.Type.bits() / 8
	c.add(f, n, Node{num: v})
	c.begin()
	for _, b := range bits {
		c.bits(b, n, v)
	}
	c.end()
}

// status reads the server's status.
func (r *mysqlRun) status(c *cursor) uint16 {
	v := c.le16(nil)
	r.flags(c, fMyServerStatus, mysqlStatusFlags[:], uint64(v))
	return v
}

// login takes apart with what a client answers the greeting
// ("Protocol::HandshakeResponse41" and "320"), or asks for TLS ("Protocol::SSLRequest").
func (r *mysqlRun) login(c *cursor, kind mysqlKind, before mysqlState) {
	r.part(c, fMyLoginRequest, fMyLoginRequest.Name)
	caps := uint32(c.le16(nil))
	r.flags(c, fMyCapsClient, mysqlCapFlags[:], uint64(caps))
	if caps&mysqlProtocol41 != 0 {
		ext := uint32(c.le16(nil))
		r.flags(c, fMyExtcapsClient, mysqlExtCapFlags[:], uint64(ext))
		caps |= ext << 16
		c.le32(fMyMaxPacket)
		if before.maria {
			c.u8(fMariaCharset)
		} else {
			c.u8(fMyCharset)
		}
		if caps&1 != 0 {
			c.bytes(fMyUnused, 23)
		} else {
			c.bytes(fMyUnused, 19)
			r.flags(c, fMariaExtcapsClient, mariaCapFlags[:], uint64(c.le32(nil)))
		}
	} else {
		c.le24(fMyMaxPacket)
	}
	if kind == mysqlSSLRequest {
		r.say(c, "SSL Request")
		if c.ok() {
			c.end()
		}
		return
	}
	user := c.strz(fMyUser)
	said := "Login Request user=" + shownText(user, 80)
	r.password(c, caps)
	if caps&mysqlConnectWithDB != 0 && c.ok() && c.left() > 0 {
		said += " db=" + shownText(r.plugin(c, fMySchema), 80)
	}
	if caps&mysqlPluginAuth != 0 && c.ok() && c.left() > 0 {
		r.plugin(c, fMyClientAuthPlugin)
	}
	if caps&mysqlConnectAttrs != 0 && c.ok() && c.left() > 0 {
		r.attributes(c)
	}
	if caps&mysqlZstd != 0 && c.ok() && c.left() > 0 {
		c.u8(fMyCompressionZstdLevel)
	}
	r.say(c, said)
	if c.ok() {
		c.end()
	}
}

// password reads what proves who a client is: with a length before it, or up to a
// zero in the old protocol.
func (r *mysqlRun) password(c *cursor, caps uint32) {
	n := 0
	switch {
	case caps&mysqlLenencAuth != 0:
		v, k, _ := lenenc(c.rest())
		if k == 0 || v > uint64(c.left()) {
			c.need(c.left() + 1)
			return
		}
		n = int(v)
		c.skip(k)
	case caps&mysqlSecureAuth != 0:
		n = int(c.u8(nil))
	default:
		for _, x := range c.rest() {
			if x == 0 {
				break
			}
			n++
		}
		if n > 0 {
			c.bytes(fMyPasswd, n)
		}
		if c.left() > 0 {
			c.skip(1)
		}
		return
	}
	if n > 0 {
		c.bytes(fMyPasswd, n)
	}
}

// attributes takes what a client tells of itself apart.
func (r *mysqlRun) attributes(c *cursor) {
	size, k, _ := lenenc(c.rest())
	r.lenencInt(c, nil)
	if !c.ok() {
		return
	}
	c.sub(fMyConnattrs, fMyConnattrs.Name)
	if n := c.opened(); n != nil {
		n.Off -= int32(k)
		n.Len = int32(min(uint64(c.captured()), size)) + int32(k) - 1
	}
	c.addAt(fMyConnattrsLength, c.pos-k, k, Node{num: size})
	all := c.to(int(min(size, uint64(max(0, c.left())))))
	for all.ok() && all.left() > 0 {
		start := all.pos
		all.sub(fMyConnattrsAttr, "")
		at := all.d.openIndex()
		name := r.attribute(&all, fMyConnattrsNameLength, fMyConnattrsName)
		value := r.attribute(&all, fMyConnattrsValueLength, fMyConnattrsValue)
		if !all.ok() {
			return
		}
		if n := all.nodeAt(at); n != nil {
			n.label(fMyConnattrsAttr.Name + " - " + shownText(name, 200) + ": " + shownText(value, 400))
			n.span(start, all.pos-start)
		}
		all.end()
	}
	c.end()
}

// attribute reads a text with its length before it, which is a field of its own.
func (r *mysqlRun) attribute(c *cursor, length, f *Field) string {
	v, k, _ := lenenc(c.rest())
	r.lenencInt(c, nil)
	if !c.ok() {
		return ""
	}
	c.addAt(length, c.pos-k, k, Node{num: v})
	if v > uint64(max(0, c.left())) {
		c.need(c.left() + 1)
		return ""
	}
	return c.str(f, int(v))
}

// authentication takes apart what a server says while a client logs in
// ("Authentication Phase").
func (r *mysqlRun) authentication(c *cursor, kind mysqlKind) {
	if kind == mysqlMore {
		r.say(c, "Auth More Data")
		c.u8(fMyAuthMore)
		if c.left() > 0 {
			c.bytesOrCut(fMyAuthSwitchRequestData)
		}
		return
	}
	said := "Auth Switch Request"
	r.marker(c)
	if c.left() > 0 { // without a name the oldest method is meant
		said = strings.TrimSpace(said + " " + shownText(r.plugin(c, fMyAuthSwitchRequestName), 80))
		if c.ok() && c.left() > 0 {
			c.bytesOrCut(fMyAuthSwitchRequestData)
		}
	}
	r.say(c, said)
}

// marker reads the byte that says what a packet is, with the name it has.
func (r *mysqlRun) marker(c *cursor) {
	if c.u8(fMyResponseCode) == 0xfe && c.ok() {
		c.add(fMyEOF, 1, Node{num: 0xfe})
	}
}
