package dissect

import (
	"strconv"

	"tcplens/internal/tcp"
)

// mysqlApplication is MySQL and MariaDB.
type mysqlApplication struct{}

func (mysqlApplication) about() about {
	return about{proto: pMySQL, alias: "mariadb", ports: []uint16{3306}, anywhere: true, begins: mysqlBegins}
}

// mysqlBegins says whether a conversation on the port of MySQL may begin like this.
// Its packets have less than 64 KiB then.
func mysqlBegins(b []byte) bool { return len(b) < 3 || b[2] == 0 }

// looks wants a whole greeting of a server.
func (mysqlApplication) looks(b []byte) bool {
	return len(b) > 40 && b[3] == 0 && mysqlSize(b) == len(b) && isMySQLGreeting(b[4:])
}

// mysqlSize gives how long a packet is; 0 if b does not tell yet.
func mysqlSize(b []byte) int {
	if len(b) < 4 {
		return 0
	}
	return 4 + little16(b, 0) + int(b[2])<<16
}

// size implements sized.
func (mysqlApplication) size(b []byte) int { return mysqlSize(b) }

func (mysqlApplication) framer(s *Session, dir uint8) tcp.Framer {
	my, ok := s.own.(*mysqlSession)
	if !ok {
		my = &mysqlSession{}
		s.own = my
	}
	return &sizedFramer{
		session: s, dir: dir, keep: mysqlKeep,
		size: func(b []byte) int {
			if my.state.phase == mysqlPacked {
				return mysqlPackedSize(b)
			}
			return mysqlSize(b)
		},
		ended: func(m found) { my.message(s, m) },
	}
}

// mysqlPackedSize gives how long a compressed packet is: its header has three more
// bytes ("Compressed Packet"); 0 if b does not tell yet.
func mysqlPackedSize(b []byte) int {
	if n := mysqlSize(b); n > 0 {
		return n + 3
	}
	return 0
}

func (mysqlApplication) dissect(c cursor, p *payload) {
	if c.captured() == 0 {
		return
	}
	c.d.enter(pMySQL)
	c.d.beginService(pMySQL)
	r := mysqlRun{payload: p}
	if p.Messages != nil {
		r.dir = p.Dir
		if r.my = ownOf[mysqlSession](p.Session); r.my != nil {
			r.mysqlBefore = r.my.at(p.Session, p.Frame)
		}
	}
	if before, ok := p.standing.(mysqlBefore); ok {
		r.mysqlBefore = before
	}
	if who := c.sender(mysqlApplication{}); who != 0 {
		r.client = who > 0
	} else {
		r.client = r.state.client == r.dir+1 || r.state.client == 0 && c.peek(3) == 0 && !isMySQLGreeting(c.rest()[min(4, c.captured()):])
	}
	if r.state.client == 0 { // the port is believed
		r.state.client = 2 - r.dir
		if r.client {
			r.state.client = r.dir + 1
		}
		if p.Messages == nil && !r.client {
			r.state.phase = mysqlAtAnswer
		}
	}
	for c.ok() && c.captured() > 0 {
		n := mysqlSize(c.rest())
		if r.state.phase == mysqlPacked {
			n = mysqlPackedSize(c.rest())
		}
		if n <= 0 {
			n = c.left()
		}
		one := c.to(n)
		c.d.guard(&one, func() { r.message(&one) })
	}
	r.said()
	p.standing = r.mysqlBefore
	if c.left() > 0 {
		c.need(c.left())
	}
}

// mysqlRun is a run of packets in one call.
type mysqlRun struct {
	*payload
	mysqlBefore
	saying
	my     *mysqlSession // nil if nothing is known
	client bool
	dir    uint8
	begun  bool // something has been said in the Info column
}

// message takes one packet apart.
func (r *mysqlRun) message(c *cursor) {
	if c.addAt(&pMySQL.field, c.pos, c.captured(), Node{}) != nil {
		c.begin()
	}
	node := c.d.openIndex()
	before := r.state
	kind, state := before.step(c.rest(), c.left(), r.dir)
	r.state = state
	switch {
	case before.phase == mysqlPacked:
		r.packed(c)
	default:
		n := int(c.le24(fMyPacketLength))
		seq := c.u8(fMyPacketNumber)
		if c.ok() {
			r.payloadOf(c, kind, before, n, seq)
		}
	}
	if label := mysqlLabels[kind]; label != "" {
		c.nodeAt(node).label(pMySQL.Name + " - " + label)
	}
	c.paired(&fMyPair, r.payload)
	if !c.ok() {
		r.said()
		return
	}
	c.end()
}

// mysqlLabels are what follows the protocol's name in the tree.
var mysqlLabels = map[mysqlKind]string{
	mysqlSwitch: "authentication switch request", mysqlOK: "response OK", mysqlErr: "response ERROR", mysqlEOF: "response EOF",
	mysqlMidEOF: "intermediate EOF", mysqlCount: "column count", mysqlField: "field packet", mysqlRow: "row packet", mysqlBinaryRow: "row packet",
	mysqlPrepared: "response to PREPARE", mysqlParam: "parameters in response to PREPARE", mysqlColumn: "fields in response to PREPARE",
	mysqlTableField: "response to SHOW FIELDS", mysqlWantsFile: "local infile", mysqlEvent: "binlog event", mysqlRest: "continuation",
}

// payloadOf takes the payload of a packet apart.
func (r *mysqlRun) payloadOf(c *cursor, kind mysqlKind, before mysqlState, n int, seq byte) {
	switch kind {
	case mysqlGreeting:
		r.greeting(c)
	case mysqlLogin, mysqlSSLRequest:
		r.login(c, kind, before)
	case mysqlSecret:
		r.say(c, "Auth Switch Response")
		if n > 0 {
			c.bytesOrCut(fMyAuthSwitchResponseData)
		}
	case mysqlCommand:
		r.command(c, before)
	case mysqlFile:
		r.say(c, "Request Local Infile Data")
		if n > 0 {
			c.bytesOrCut(fMyPayload)
		}
	case mysqlUnknown, mysqlRest:
		r.unknown(c, kind)
	default:
		r.response(c, kind, before, n)
	}
}

// unknown shows what can't be told, or goes on with what came before.
func (r *mysqlRun) unknown(c *cursor, kind mysqlKind) {
	what := map[bool]string{true: "Request", false: "Response"}[r.client]
	if kind == mysqlRest {
		what += " continuation"
	}
	r.say(c, what)
	if c.left() == 0 {
		return
	}
	c.bytesOrCut(fMyPayload)
	if kind == mysqlUnknown && c.ok() && c.on() {
		c.begin()
		c.expert(WarnSev, GroupUndecoded, eMyUnknownResponse, eMyUnknownResponse.Name)
		c.end()
	}
}

// packed shows a compressed packet, whose content is not opened.
func (r *mysqlRun) packed(c *cursor) {
	c.le24(fMyCompressedPacketLength)
	c.u8(fMyCompressedPacketNumber)
	c.le24(fMyCompressedPacketLengthUncompressed)
	r.say(c, "Compressed packet")
	if c.left() > 0 {
		c.bytesOrCut(fMyPayload)
	}
}

// lenencInt reads an integer that tells its own length, showing it as f too, if there
// is one. null says that it stands for NULL.
func (r *mysqlRun) lenencInt(c *cursor, f *Field) (v uint64, null bool) {
	v, n, null := lenenc(c.rest())
	if n == 0 {
		c.need(c.captured() + 1)
		return 0, false
	}
	start := c.pos
	c.skip(n)
	if !c.on() || !c.ok() {
		return v, null
	}
	prefix := uint64(c.b[start])
	label := fMyPrefix.Name + ": " + strconv.FormatUint(prefix, 10)
	switch {
	case null:
		label += "(NULL)"
	case n > 1:
		label += " Length in following " + strconv.Itoa(n-1) + " bytes"
	}
	c.addAt(fMyPrefix, start, 1, Node{num: prefix, text: label})
	if !null {
		c.addAt(fMyLength, start+min(n-1, 1), max(1, n-1), Node{num: v})
	}
	if f != nil {
		c.addAt(f, start, n, Node{num: v})
	}
	return v, null
}

// lenencStr reads a text with its length before it.
func (r *mysqlRun) lenencStr(c *cursor, f *Field) string {
	v, null := r.lenencInt(c, nil)
	if null {
		if c.on() {
			c.addAt(f, c.pos, 0, Node{str: "NULL"})
		}
		return "NULL"
	}
	if v > uint64(max(0, c.left())) {
		c.need(c.left() + 1)
		return ""
	}
	return c.str(f, int(v))
}

// part opens the node of a payload, which is all that is left.
func (r *mysqlRun) part(c *cursor, f *Field, label string) {
	c.sub(f, label)
	if n := c.opened(); n != nil {
		n.Len = int32(c.captured())
	}
}

// textLine reads such a text below a line of its own.
func (r *mysqlRun) textLine(c *cursor, f *Field) string {
	if !c.ok() {
		return ""
	}
	c.sub(nil, f.Name)
	s := r.lenencStr(c, f)
	if c.ok() {
		c.end()
	}
	return s
}
