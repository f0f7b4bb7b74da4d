package dissect

import (
	"encoding/binary"
	"slices"

	"tcplens/internal/tcp"
)

// pPGSQL is the frontend/backend protocol of PostgreSQL, version 3
// (https://www.postgresql.org/docs/current/protocol.html; section names in the
// comments are of that chapter).
var (
	pPGSQL           = newProto("PostgreSQL", "PGSQL", "pgsql")
	fPGFrontend      = pPGSQL.bool("pgsql.frontend", "Frontend")
	fPGType          = pPGSQL.str("pgsql.type", "Type")
	fPGLength        = pPGSQL.u32("pgsql.length", "Length", Dec)
	fPGMajor         = pPGSQL.u16("pgsql.version_major", "Protocol major version", Dec)
	fPGMinor         = pPGSQL.u16("pgsql.version_minor", "Protocol minor version", Dec)
	fPGMinorSupport  = pPGSQL.u32("pgsql.version_supported_minor", "Supported minor version", Dec)
	fPGOptionCount   = pPGSQL.add(TInt32, "pgsql.number_nonsupported_options", "Number nonsupported options", Dec)
	fPGOption        = pPGSQL.strz("pgsql.nonsupported_option", "Nonsupported option")
	fPGParamName     = pPGSQL.strz("pgsql.parameter_name", "Parameter name")
	fPGParamValue    = pPGSQL.strz("pgsql.parameter_value", "Parameter value")
	fPGQuery         = pPGSQL.strz("pgsql.query", "Query")
	fPGPassword      = pPGSQL.strz("pgsql.password", "Password")
	fPGAuthType      = pPGSQL.u32("pgsql.authtype", "Authentication type", Dec, names(pgsqlAuthTypes))
	fPGSalt          = pPGSQL.bytes("pgsql.salt", "Salt value")
	fPGGSS           = pPGSQL.bytes("pgsql.auth.gssapi_sspi.data", "GSSAPI or SSPI data")
	fPGSASLMech      = pPGSQL.strz("pgsql.auth.sasl.mech", "SASL authentication mechanism")
	fPGSASLLength    = pPGSQL.add(TInt32, "pgsql.auth.sasl.data.length", "SASL authentication data length", Dec)
	fPGSASLData      = pPGSQL.bytes("pgsql.auth.sasl.data", "SASL authentication data")
	fPGStatement     = pPGSQL.strz("pgsql.statement", "Statement")
	fPGPortal        = pPGSQL.strz("pgsql.portal", "Portal")
	fPGReturns       = pPGSQL.u32("pgsql.returns", "Returns", Dec)
	fPGTag           = pPGSQL.strz("pgsql.tag", "Tag")
	fPGStatus        = pPGSQL.u8("pgsql.status", "Status", Dec, names(pgsqlStatus))
	fPGCopyData      = pPGSQL.bytes("pgsql.copydata", "Copy data")
	fPGError         = pPGSQL.strz("pgsql.error", "Error")
	fPGPID           = pPGSQL.u32("pgsql.pid", "PID", Dec)
	fPGKey           = pPGSQL.u32("pgsql.key", "Key", Dec)
	fPGCondition     = pPGSQL.strz("pgsql.condition", "Condition")
	fPGText          = pPGSQL.strz("pgsql.text", "Text")
	fPGTableOID      = pPGSQL.u32("pgsql.oid.table", "Table OID", Dec)
	fPGTypeOID       = pPGSQL.u32("pgsql.oid.type", "Type OID", Dec)
	fPGOID           = pPGSQL.u32("pgsql.oid", "OID", Dec)
	fPGFormat        = pPGSQL.u16("pgsql.format", "Format", Dec, names(list("Text", "Binary")))
	fPGFieldCount    = pPGSQL.u16("pgsql.field.count", "Field count", Dec)
	fPGColumn        = pPGSQL.strz("pgsql.col.name", "Column name")
	fPGColumnIndex   = pPGSQL.u32("pgsql.col.index", "Column index", Dec)
	fPGValueLength   = pPGSQL.add(TInt32, "pgsql.val.length", "Column length", Dec)
	fPGValue         = pPGSQL.bytes("pgsql.val.data", "Data")
	fPGModifier      = pPGSQL.add(TInt32, "pgsql.col.typemod", "Type modifier", Dec)
	fPGSeverity      = pPGSQL.strz("pgsql.severity", "Severity")
	fPGCode          = pPGSQL.strz("pgsql.code", "Code")
	fPGMessage       = pPGSQL.strz("pgsql.message", "Message")
	fPGDetail        = pPGSQL.strz("pgsql.detail", "Detail")
	fPGHint          = pPGSQL.strz("pgsql.hint", "Hint")
	fPGPosition      = pPGSQL.strz("pgsql.position", "Position")
	fPGInnerPosition = pPGSQL.strz("pgsql.internal_position", "Position (Internal)")
	fPGInnerQuery    = pPGSQL.strz("pgsql.internal_query", "Query (Internal)")
	fPGWhere         = pPGSQL.strz("pgsql.where", "Context")
	fPGSchema        = pPGSQL.strz("pgsql.schema_name", "Schema")
	fPGTable         = pPGSQL.strz("pgsql.table_name", "Table")
	fPGColumnName    = pPGSQL.strz("pgsql.column_name", "Column")
	fPGTypeName      = pPGSQL.strz("pgsql.type_name", "Type")
	fPGConstraint    = pPGSQL.strz("pgsql.constraint_name", "Constraint")
	fPGFile          = pPGSQL.strz("pgsql.file", "File")
	fPGLine          = pPGSQL.strz("pgsql.line", "Line")
	fPGRoutine       = pPGSQL.strz("pgsql.routine", "Routine")

	fPGAnswer    = pPGSQL.str("pgsql.negotiation", "Negotiation")
	fPGEncrypted = pPGSQL.bytes("pgsql.gssenc.data", "GSSAPI encrypted data")

	fPGPair = newPairFields(pPGSQL)
)

var (
	pgsqlAuthTypes = table(map[uint64]string{0: "Success", 1: "Kerberos V4", 2: "Kerberos V5", 3: "Plaintext password", 4: "crypt()ed password",
		5: "MD5 password", 6: "SCM credentials", 7: "GSSAPI", 8: "GSSAPI/SSPI continue", 9: "SSPI", 10: "SASL", 11: "SASL continue", 12: "SASL complete"})
	pgsqlStatus = table(map[uint64]string{'I': "Idle", 'T': "In a transaction", 'E': "In a failed transaction"})
)

// The codes that stand in the place of the version in a message without a type
// ("Message Formats").
const (
	pgsqlCancel = 80877102
	pgsqlSSL    = 80877103
	pgsqlGSS    = 80877104
)

// Limits of messages.
const (
	pgsqlKeep       = 768       // bytes of each that are looked into while packets are put in order
	maxPGSQLStart   = 10000     // bytes of one without a type: what servers accept
	maxPGSQLMessage = 1<<30 + 4 // bytes of any other
)

// pgsqlApplication is PostgreSQL.
type pgsqlApplication struct{}

func (pgsqlApplication) about() about {
	return about{proto: pPGSQL, alias: "postgresql", ports: []uint16{5432}, anywhere: true, begins: pgsqlBegins}
}

func (pgsqlApplication) begun(c cursor) {
	if slices.Contains(pgsqlApplication{}.about().ports, c.d.layer.srcPort) {
		c.d.setInfo("<")
		return
	}
	c.d.setInfo(">")
}

// pgsqlBegins says whether a conversation on the port of PostgreSQL may begin like this.
func pgsqlBegins(b []byte) bool {
	return b[0] == 0 || b[0] >= 'A' && b[0] <= 'z' && (len(b) < 2 || b[1] == 0)
}

// looks wants a whole message that a client begins with, of version 3 or one of
// the requests that come before it.
func (pgsqlApplication) looks(b []byte) bool {
	if len(b) < 8 || int(binary.BigEndian.Uint32(b)) != len(b) {
		return false
	}
	switch code := binary.BigEndian.Uint32(b[4:]); code {
	case pgsqlSSL, pgsqlGSS:
		return len(b) == 8
	case pgsqlCancel:
		return len(b) == 16
	default:
		return code>>16 == 3 && code&0xffff <= 2 && len(b) > 14 && string(b[len(b)-2:]) == "\x00\x00" && string(b[8:13]) == "user\x00"
	}
}

func (pgsqlApplication) framer(s *Session, dir uint8) tcp.Framer {
	pg, ok := s.own.(*pgsqlSession)
	if !ok {
		pg = &pgsqlSession{}
		s.own = pg
	}
	return &sizedFramer{
		session: s, dir: dir, keep: pgsqlKeep,
		size:  func(b []byte) int { return pg.state.size(b, dir) },
		ended: func(m found) { pg.message(s, m) },
	}
}

// size implements sized.
func (pgsqlApplication) size(b []byte) int { return pgsqlState{}.size(b, 0) }

func (pgsqlApplication) dissect(c cursor, p *payload) {
	if c.captured() == 0 {
		return
	}
	c.d.enter(pPGSQL)
	c.d.beginService(pPGSQL)
	r := pgsqlRun{payload: p}
	if p.Messages != nil {
		if pg := ownOf[pgsqlSession](p.Session); pg != nil {
			r.state = pg.at(p.Session, p.Frame)
		}
		r.dir = p.Dir
	}
	if st, ok := p.standing.(pgsqlState); ok {
		r.state = st
	}
	if who := c.sender(pgsqlApplication{}); who != 0 {
		r.client = who > 0
	} else {
		r.client = r.state.client == r.dir+1 || r.state.client == 0 && c.peek(0) == 0
	}
	if p.messages == 0 {
		c.d.infoAppend(map[bool]string{true: "> ", false: "< "}[r.client])
	}
	for c.ok() && c.captured() > 0 {
		n := r.state.size(c.rest(), r.dir)
		if n <= 0 {
			n = c.left()
		}
		one := c.to(n)
		c.d.guard(&one, func() { r.message(&one) })
		one.paired(&fPGPair, p)
		one.end()
	}
	r.said()
	p.standing = r.state
	if c.left() > 0 {
		c.need(c.left())
	}
}

// pgsqlRun is a run of messages in one call.
type pgsqlRun struct {
	*payload
	saying
	client bool
	dir    uint8
	state  pgsqlState
}
