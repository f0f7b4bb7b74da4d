package dissect

import (
	"strconv"
	"strings"

	"tcplens/internal/text"
)

// pgsqlTypes names the messages by their type, of the client and of the server
// ("Message Formats").
var pgsqlTypes = [2]map[byte]string{
	{'B': "Bind", 'C': "Close", 'D': "Describe", 'E': "Execute", 'F': "Function call", 'H': "Flush", 'P': "Parse", 'Q': "Simple query",
		'S': "Sync", 'X': "Termination", 'c': "Copy completion", 'd': "Copy data", 'f': "Copy failure"},
	{'1': "Parse completion", '2': "Bind completion", '3': "Close completion", 'A': "Notification", 'C': "Command completion", 'D': "Data row",
		'E': "Error", 'G': "CopyIn response", 'H': "CopyOut response", 'I': "Empty query", 'K': "Backend key data", 'N': "Notice",
		'R': "Authentication request", 'S': "Parameter status", 'T': "Row description", 'V': "Function call response", 'W': "CopyBoth response",
		'Z': "Ready for query", 'c': "Copy completion", 'd': "Copy data", 'n': "No data", 's': "Portal suspended", 't': "Parameter description",
		'v': "Negotiate protocol version"},
}

// maxPGSQLShown is how many bytes of a text the Info column shows.
const maxPGSQLShown = 400

// shown makes a text fit for the Info column.
func shownText(s string, most int) string {
	if cut := cutText(s, most); len(cut) < len(s) {
		return text.Printable(cut) + "…"
	}
	return text.Printable(s)
}

// message takes one message apart.
func (r *pgsqlRun) message(c *cursor) {
	if n := c.addAt(&pPGSQL.field, c.pos, c.captured(), Node{}); n != nil {
		c.begin()
	}
	before := r.state
	r.state = r.state.next(c.rest(), r.dir)
	switch t := c.peek(0); {
	case before.gss:
		r.say(c, fPGEncrypted.Name)
		r.length(c, 0)
		c.bytesOrCut(fPGEncrypted)
	case before.size(c.rest(), r.dir) == 1:
		r.negotiated(c, before)
	case t == 0:
		r.start(c)
	default:
		name := r.typeName(before, t)
		c.skip(1)
		c.add(fPGType, 1, Node{str: name})
		r.length(c, 1)
		if r.client {
			r.frontend(c, t, name, before)
		} else {
			r.backend(c, t, name)
		}
	}
	c.paired(&fPGPair, r.payload)
	if !c.ok() {
		r.said() // before what is said of the failure
		return
	}
	c.end()
}

// length reads the length, and notes whose message it is, which begins before bytes
// back.
func (r *pgsqlRun) length(c *cursor, before int) {
	c.u32(fPGLength)
	if !c.on() || !c.ok() {
		return
	}
	v := uint64(0)
	if r.client {
		v = 1
	}
	c.addAt(fPGFrontend, c.pos-4-before, 0, Node{num: v, Flags: Hidden})
}

func (r *pgsqlRun) typeName(before pgsqlState, t byte) string {
	side := 1
	if r.client {
		side = 0
	}
	if r.client && t == 'p' {
		switch before.auth {
		case 7, 8, 9:
			return "GSSResponse message"
		case 10:
			return "SASLInitialResponse message"
		case 11:
			return "SASLResponse message"
		}
		return "Password message"
	}
	if name := pgsqlTypes[side][t]; name != "" {
		return name
	}
	return "Unknown"
}

// negotiated shows the one byte that answers a request for encryption ("SSL
// Session Encryption", "GSSAPI Session Encryption").
func (r *pgsqlRun) negotiated(c *cursor, before pgsqlState) {
	what := map[byte]string{'s': "SSL", 'g': "GSSAPI"}[before.pending]
	answer := what + " accepted"
	if c.peek(0) == 'N' {
		answer = what + " refused"
	}
	r.say(c, answer)
	c.skip(1)
	c.add(fPGAnswer, 1, Node{str: string(c.b[c.pos-1 : c.pos]), text: fPGAnswer.Name + ": " + answer})
}

// start takes a message apart that has no type: the first ones of a client.
func (r *pgsqlRun) start(c *cursor) {
	name := "Unknown"
	switch code := c.peek32(4); {
	case code == pgsqlCancel:
		name = "Cancel request"
	case code == pgsqlSSL:
		name = "SSL request"
	case code == pgsqlGSS:
		name = "GSS encrypt request"
	case code>>16 == 3:
		name = "Startup message"
	}
	c.addAt(fPGType, c.pos, 0, Node{str: name})
	r.length(c, 0)
	switch name {
	case "Cancel request":
		c.skip(4)
		pid := c.u32(fPGPID)
		c.u32(fPGKey)
		r.say(c, name+" pid="+strconv.FormatUint(uint64(pid), 10))
		return
	case "Startup message":
		c.u16(fPGMajor)
		c.u16(fPGMinor)
		said := name
		for c.ok() && c.peek(0) != 0 {
			k := c.strz(fPGParamName)
			v := c.strz(fPGParamValue)
			if k == "user" || k == "database" {
				said += " " + k + "=" + shownText(v, maxPGSQLShown)
			}
		}
		r.say(c, said)
		return
	}
	r.say(c, name)
}

// frontend takes the rest of a client's message apart.
func (r *pgsqlRun) frontend(c *cursor, t byte, name string, before pgsqlState) {
	said := name
	switch t {
	case 'Q':
		said = shownText(c.strz(fPGQuery), maxPGSQLShown)
	case 'p':
		said = r.secret(c, name, before.auth)
	case 'P':
		statement := c.strz(fPGStatement)
		said = name + named1(statement) + ": " + shownText(c.strz(fPGQuery), maxPGSQLShown)
		r.oids(c)
	case 'B':
		portal := c.strz(fPGPortal)
		said = name + named1(portal) + named1(c.strz(fPGStatement))
		r.formats(c, "Parameter formats")
		r.values(c, "Parameter values")
		r.formats(c, "Result formats")
	case 'E':
		said = name + named1(c.strz(fPGPortal))
		n := c.u32(nil)
		if c.on() && c.ok() {
			label := "all rows"
			if n != 0 {
				label = strconv.FormatUint(uint64(n), 10) + " rows"
			}
			c.add(fPGReturns, 4, Node{num: uint64(n), text: fPGReturns.Name + ": " + label})
		}
	case 'C', 'D':
		f := fPGPortal
		if c.peek(0) == 'S' {
			f = fPGStatement
		}
		c.skip(1)
		said = name + named1(c.strz(f))
	case 'F':
		said = name + " " + strconv.FormatUint(uint64(c.u32(fPGOID)), 10)
		r.formats(c, "Parameter formats")
		r.values(c, "Parameter values")
		c.u16(fPGFormat)
	case 'd':
		c.bytesOrCut(fPGCopyData)
	case 'f':
		said = name + ": " + shownText(c.strz(fPGError), maxPGSQLShown)
	}
	r.sayOr(c, said, name)
}

// sayOr says other of a message that can't be read.
func (r *pgsqlRun) sayOr(c *cursor, s, other string) {
	if !c.ok() {
		s = other
	}
	r.say(c, s)
}

// named1 is a name in the Info column; nothing for that of what has none.
func named1(s string) string {
	if s == "" {
		return ""
	}
	return " " + shownText(s, 64)
}

// secret takes apart what a client answers when it is asked who it is ("Start-up",
// "SASL Authentication").
func (r *pgsqlRun) secret(c *cursor, name string, auth uint8) string {
	switch auth {
	case 7, 8, 9:
		c.bytesOrCut(fPGGSS)
	case 10:
		name += " " + shownText(c.strz(fPGSASLMech), 64)
		if n := c.i32(fPGSASLLength); n > 0 && c.ok() {
			c.bytes(fPGSASLData, int(n))
		}
	case 11:
		c.bytesOrCut(fPGSASLData)
	default:
		c.strz(fPGPassword)
	}
	return name
}

// backend takes the rest of a server's message apart.
func (r *pgsqlRun) backend(c *cursor, t byte, name string) {
	said := name
	switch t {
	case 'R':
		said = r.auth(c, name)
	case 'K':
		c.u32(fPGPID)
		c.u32(fPGKey)
	case 'S':
		c.strz(fPGParamName)
		c.strz(fPGParamValue)
	case 'T':
		said = name + " (" + strconv.Itoa(int(c.peek16(0))) + ")"
		r.columns(c)
	case 'D':
		r.row(c)
	case 'C':
		said = shownText(c.strz(fPGTag), maxPGSQLShown)
	case 'Z':
		c.u8(fPGStatus)
	case 'E', 'N':
		said = r.fields(c)
	case 'A':
		c.u32(fPGPID)
		said = name + " " + shownText(c.strz(fPGCondition), 64)
		if c.left() > 1 {
			said += ": " + shownText(c.strz(fPGText), maxPGSQLShown)
		}
	case 't':
		r.oids(c)
	case 'G', 'H', 'W':
		r.copyFormats(c)
	case 'd':
		c.bytesOrCut(fPGCopyData)
	case 'V':
		r.value(c)
	case 'v':
		c.u32(fPGMinorSupport)
		n := int(c.i32(fPGOptionCount))
		for ; n > 0 && c.ok(); n-- {
			c.strz(fPGOption)
		}
	}
	r.sayOr(c, said, name)
}

// auth takes a request for authentication apart.
func (r *pgsqlRun) auth(c *cursor, name string) string {
	kind := c.u32(fPGAuthType)
	switch kind {
	case 4:
		c.bytes(fPGSalt, 2)
	case 5:
		c.bytes(fPGSalt, 4)
	case 8:
		c.bytesOrCut(fPGGSS)
	case 10:
		for c.ok() && c.left() >= 2 {
			c.strz(fPGSASLMech)
		}
	case 11, 12:
		c.bytesOrCut(fPGSASLData)
	}
	if s := pgsqlAuthTypes(uint64(kind)); s != "" {
		return name + ": " + s
	}
	return name
}

// oids reads a list of types.
func (r *pgsqlRun) oids(c *cursor) {
	n := int(c.u16(nil))
	c.count(2, "Parameters", n)
	for i := 0; i < n && c.ok(); i++ {
		c.u32(fPGTypeOID)
	}
	if c.ok() {
		c.end()
	}
}

// formats reads a list of formats.
func (r *pgsqlRun) formats(c *cursor, what string) {
	n := int(c.u16(nil))
	c.count(2, what, n)
	for i := 0; i < n && c.ok(); i++ {
		c.u16(fPGFormat)
	}
	if c.ok() {
		c.end()
	}
}

// copyFormats reads how rows are copied: the format of all, and that of each column.
func (r *pgsqlRun) copyFormats(c *cursor) {
	c.u8(fPGFormat)
	r.formats(c, "Columns")
}

// values reads a list of values.
func (r *pgsqlRun) values(c *cursor, what string) {
	n := int(c.u16(nil))
	c.count(2, what, n)
	for i := 0; i < n && c.ok(); i++ {
		r.value(c)
	}
	if c.ok() {
		c.end()
	}
}

// value reads a value with its length before it.
func (r *pgsqlRun) value(c *cursor) {
	if n := c.i32(fPGValueLength); n > 0 {
		c.bytes(fPGValue, int(n))
	}
}

// columns reads what the columns of a result are.
func (r *pgsqlRun) columns(c *cursor) {
	n := int(c.u16(fPGFieldCount))
	c.begin()
	for i := 0; i < n && c.ok(); i++ {
		c.strz(fPGColumn)
		if c.ok() {
			c.begin()
		}
		c.u32(fPGTableOID)
		c.add(fPGColumnIndex, 2, Node{num: uint64(c.u16(nil))})
		c.u32(fPGTypeOID)
		c.add(fPGValueLength, 2, Node{num: uint64(int64(int16(c.u16(nil))))})
		c.i32(fPGModifier)
		c.u16(fPGFormat)
		if c.ok() {
			c.end()
		}
	}
	if c.ok() {
		c.end()
	}
}

// row reads the values of a row.
func (r *pgsqlRun) row(c *cursor) {
	n := int(c.u16(fPGFieldCount))
	if !c.ok() {
		return
	}
	c.begin()
	for i := 0; i < n && c.ok(); i++ {
		r.value(c)
	}
	if c.ok() {
		c.end()
	}
}

// pgsqlField gives the field for a part of an error or a notice ("Error and Notice
// Message Fields").
func pgsqlField(t byte) *Field {
	switch t {
	case 'S':
		return fPGSeverity
	case 'C':
		return fPGCode
	case 'M':
		return fPGMessage
	case 'D':
		return fPGDetail
	case 'H':
		return fPGHint
	case 'P':
		return fPGPosition
	case 'p':
		return fPGInnerPosition
	case 'q':
		return fPGInnerQuery
	case 'W':
		return fPGWhere
	case 's':
		return fPGSchema
	case 't':
		return fPGTable
	case 'c':
		return fPGColumnName
	case 'd':
		return fPGTypeName
	case 'n':
		return fPGConstraint
	case 'F':
		return fPGFile
	case 'L':
		return fPGLine
	case 'R':
		return fPGRoutine
	}
	return fPGText
}

// fields takes an error or a notice apart.
func (r *pgsqlRun) fields(c *cursor) string {
	var severity, code, message string
	for c.ok() && c.left() > 0 && c.peek(0) != 0 {
		t := c.peek(0)
		off := c.pos
		c.skip(1)
		v := c.strz(nil)
		if !c.ok() {
			break
		}
		c.addAt(pgsqlField(t), off, c.pos-off, Node{str: v})
		switch t {
		case 'S':
			severity = v
		case 'C':
			code = v
		case 'M':
			message = v
		}
	}
	return pgsqlErrorText(severity, code, message)
}

// pgsqlErrorText is an error in one line.
func pgsqlErrorText(severity, code, message string) string {
	return strings.TrimSpace(shownText(severity, 32)+" "+shownText(code, 16)) + ": " + shownText(message, maxPGSQLShown)
}
