package dissect

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"tcplens/internal/packet"
)

// pgsqlState is where a conversation with PostgreSQL is, as far as it takes that
// to tell its messages apart.
type pgsqlState struct {
	client  uint8 // direction of the client plus 1; 0 while it is not known
	auth    uint8 // what the server asked for last, to know who the client is
	pending byte  // the client waits for one byte: 's' whether SSL is spoken, 'g' GSSAPI; 0: no
	gss     bool  // messages are encrypted by GSSAPI
}

// size gives how long the message is that b begins with: 0 if b does not tell yet,
// −1 if it is none.
func (st pgsqlState) size(b []byte, dir uint8) int {
	switch {
	case st.pending != 0 && st.client != dir+1 && len(b) > 0 && (b[0] == 'S' || b[0] == 'N' || b[0] == 'G'):
		return 1
	case len(b) < 5:
		return 0
	case st.gss:
		return 4 + int(min(binary.BigEndian.Uint32(b), maxFramed))
	case b[0] == 0:
		if n := int(binary.BigEndian.Uint32(b)); n >= 8 && n <= maxPGSQLStart {
			return n
		}
		return -1
	}
	n := int(binary.BigEndian.Uint32(b[1:]))
	letter := b[0] >= 'A' && b[0] <= 'Z' || b[0] >= 'a' && b[0] <= 'z' || b[0] >= '1' && b[0] <= '3'
	if !letter || n < 4 || n > maxPGSQLMessage {
		return -1
	}
	return 1 + n
}

// next gives the state after a message, which begins with b.
func (st pgsqlState) next(b []byte, dir uint8) pgsqlState {
	switch {
	case st.gss:
		return st
	case st.size(b, dir) == 1:
		st.gss = b[0] == 'G'
		st.pending = 0
		return st
	case len(b) < 5:
		return st
	case b[0] == 0:
		st.client, st.pending = dir+1, 0
		if len(b) < 8 {
			return st
		}
		switch binary.BigEndian.Uint32(b[4:]) {
		case pgsqlSSL:
			st.pending = 's'
		case pgsqlGSS:
			st.pending = 'g'
		}
		return st
	}
	switch known := st.client != 0; b[0] {
	case 'Q', 'P', 'B', 'F', 'X', 'f', 'p': // only clients say these
		if !known {
			st.client = dir + 1
		}
	case 'R', 'T', 'Z', 'K', '1', '2', '3', 'A', 'N', 't', 'n', 's', 'I', 'G', 'W', 'V', 'v': // only servers do
		if !known {
			st.client = 2 - dir
		}
	}
	if b[0] == 'R' && len(b) >= 9 {
		st.auth = uint8(min(binary.BigEndian.Uint32(b[5:]), 255))
	}
	return st
}

// pgsqlSession is what PostgreSQL remembers of a conversation.
type pgsqlSession struct {
	states marks[pgsqlState] // guarded by the session

	// For the sequencing goroutine only.
	state      pgsqlState
	waiting    []pgsqlWait       // messages whose answer has not come
	statements map[string]string // what has been prepared, by name
	portals    map[string]string // what has been bound, by name
}

// pgsqlWait is a message of a client that waits for its answer.
type pgsqlWait struct {
	kind  byte   // its type
	id    uint64 // the request that it belongs to; 0 while it is not known
	text  string // of a statement
	final bool   // its answer ends that of the request
}

// Limits of what is remembered.
const (
	maxPGSQLWaiting    = 1 << 14
	maxPGSQLStatements = 1 << 12
)

// at gives the state in which a packet found the conversation.
func (pg *pgsqlSession) at(s *Session, n packet.Number) pgsqlState {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return pg.states.before(n)
}

// message notes a message that has ended.
func (pg *pgsqlSession) message(s *Session, m found) {
	before := pg.state
	pg.state = before.next(m.head, m.dir)
	if pg.state != before {
		s.mu.Lock()
		pg.states.set(s.frame, pg.state)
		s.mu.Unlock()
	}
	switch {
	case before.gss:
	case before.size(m.head, m.dir) == 1:
		if m.head[0] == 'S' {
			s.startTLS()
		}
	case m.head[0] == 0:
		pg.waiting = pg.waiting[:0]
	case pg.state.client == m.dir+1:
		pg.asked(s, m)
	case pg.state.client != 0:
		pg.told(s, m)
	}
}

// asked notes a message of the client.
func (pg *pgsqlSession) asked(s *Session, m found) {
	if pg.statements == nil || len(pg.statements) > maxPGSQLStatements || len(pg.portals) > maxPGSQLStatements {
		pg.statements, pg.portals = map[string]string{}, map[string]string{}
	}
	if len(pg.waiting) > maxPGSQLWaiting {
		pg.waiting = pg.waiting[:0]
	}
	t := m.head[0]
	name, rest := cutZ(m.head[5:])
	w := pgsqlWait{kind: t}
	switch t {
	case 'Q':
		w.id, w.final = pg.ask(s, m, "", name), true
	case 'F':
		oid := ""
		if len(m.head) >= 9 {
			oid = strconv.FormatUint(uint64(binary.BigEndian.Uint32(m.head[5:])), 10)
		}
		w.id, w.final = pg.ask(s, m, "FUNCTION CALL", oid), true
	case 'P':
		sql, _ := cutZ(rest)
		w.text = cutText(sql, MaxRequestText)
		pg.statements[name] = w.text
	case 'B':
		statement, _ := cutZ(rest)
		w.text = pg.statements[statement]
		pg.portals[name] = w.text
	case 'D', 'C':
		if name != "" && name[0] == 'S' {
			w.text = pg.statements[name[1:]]
			if t == 'C' {
				delete(pg.statements, name[1:])
			}
		} else if name != "" {
			w.text = pg.portals[name[1:]]
			if t == 'C' {
				delete(pg.portals, name[1:])
			}
		}
	case 'E':
		w.id, w.final = pg.ask(s, m, "", pg.portals[name]), true
		pg.adopt(w.id)
	case 'S', 'H':
		// What was prepared without being executed is a request of its own.
		if i := slices.IndexFunc(pg.waiting, func(w pgsqlWait) bool { return w.id == 0 && w.kind != 'S' }); i >= 0 {
			first := pg.waiting[i]
			id := pg.ask(s, m, strings.ToUpper(pgsqlTypes[0][first.kind]), first.text)
			pg.adopt(id)
			pg.waiting[len(pg.waiting)-1].final = true
		}
		if t == 'H' {
			return
		}
	default:
		return
	}
	pg.waiting = append(pg.waiting, w)
}

// ask notes a request; method is empty for a statement, whose first word it then is.
func (pg *pgsqlSession) ask(s *Session, m found, method, target string) uint64 {
	if method == "" {
		method = sqlVerb(target)
	}
	return s.ask(Request{Dir: m.dir, Proto: pPGSQL, Method: method, Target: target})
}

// adopt makes the messages that wait without a request part of one.
func (pg *pgsqlSession) adopt(id uint64) {
	for i := range pg.waiting {
		if w := &pg.waiting[i]; w.id == 0 && w.kind != 'S' {
			w.id = id
		}
	}
}

// told notes a message of the server.
func (pg *pgsqlSession) told(s *Session, m found) {
	t := m.head[0]
	switch t {
	case 'N', 'A', 'S', 'K', 'R', 'v': // these answer nothing
		return
	}
	if len(pg.waiting) == 0 {
		return
	}
	w := pg.waiting[0]
	switch {
	case t == 'Z':
		pg.synced(s, m)
		return
	case t == 'E':
		status, _ := pgsqlStatusOf(m.head)
		pg.failed(s, m, status)
		return
	}
	done := pgsqlEnds(w.kind, t)
	tag := ""
	if t == 'C' {
		tag, _ = cutZ(m.head[5:])
	}
	s.answer(w.id, m.size, func(r *Request) {
		r.Done = r.Done || done && w.final
		switch t {
		case 'C':
			r.Status = tag
			if n, ok := pgsqlRows(tag); ok {
				r.Rows = max(0, r.Rows) + n
			}
		case 'I', 's':
			r.Status = strings.ToLower(pgsqlTypes[1][t])
		case '1', 'n', 'T', '3':
			if r.Status == "" && w.final {
				r.Status = "OK"
			}
		}
	})
	if done {
		pg.pop(1)
	}
}

func (pg *pgsqlSession) pop(n int) { pg.waiting = pg.waiting[:copy(pg.waiting, pg.waiting[n:])] }

// pgsqlEnds says whether a message of type t ends the answer to one of type kind. That
// to a simple query ends with ReadyForQuery.
func pgsqlEnds(kind, t byte) bool {
	switch kind {
	case 'P':
		return t == '1'
	case 'B':
		return t == '2'
	case 'C':
		return t == '3'
	case 'D':
		return t == 'T' || t == 'n'
	case 'E':
		return t == 'C' || t == 'I' || t == 's'
	}
	return false
}

// failed notes an error: of the messages up to the next Sync none is carried out
// ("Extended Query").
func (pg *pgsqlSession) failed(s *Session, m found, status string) {
	first := pg.waiting[0]
	done := first.kind != 'Q' && first.kind != 'F'
	s.answer(first.id, m.size, func(r *Request) { r.Status, r.Failed, r.Done = status, true, r.Done || done })
	if !done {
		return
	}
	n := 0
	for ; n < len(pg.waiting) && pg.waiting[n].kind != 'S'; n++ {
		if w := pg.waiting[n]; w.id != first.id && w.final {
			s.answer(w.id, 0, func(r *Request) { r.Status, r.Failed, r.Done = "not carried out after an error", true, true })
		}
	}
	pg.pop(n)
}

// synced notes that the server is ready: all up to the next simple query or Sync is answered.
func (pg *pgsqlSession) synced(s *Session, m found) {
	for len(pg.waiting) > 0 {
		w := pg.waiting[0]
		pg.pop(1)
		if w.kind == 'S' {
			return
		}
		if w.final {
			s.answer(w.id, m.size, func(r *Request) { r.Done = true })
			return
		}
	}
}

// pgsqlStatusOf is an error in one line, from the beginning of its message.
func pgsqlStatusOf(b []byte) (status string, ok bool) {
	var severity, code, message string
	b = b[min(5, len(b)):]
	for len(b) > 1 && b[0] != 0 {
		v, rest := cutZ(b[1:])
		switch b[0] {
		case 'S':
			severity = v
		case 'C':
			code = v
		case 'M':
			message = v
		}
		b = rest
	}
	return pgsqlErrorText(severity, code, message), code != ""
}

// pgsqlRows reads the number at the end of a completion tag.
func pgsqlRows(tag string) (int64, bool) {
	n, err := strconv.ParseInt(tag[strings.LastIndexByte(tag, ' ')+1:], 10, 64)
	return n, err == nil && n >= 0
}

// cutZ splits b behind its first zero; without one all is before it.
func cutZ(b []byte) (string, []byte) {
	before, after, _ := bytes.Cut(b, []byte{0})
	return string(before), after
}

// sqlVerb is the first word of a statement, in capitals, behind comments.
func sqlVerb(sql string) string {
	for {
		sql = strings.TrimLeft(sql, " \t\r\n;(")
		switch {
		case strings.HasPrefix(sql, "--"):
			_, rest, ok := strings.Cut(sql, "\n")
			if !ok {
				return ""
			}
			sql = rest
		case strings.HasPrefix(sql, "/*"):
			_, rest, ok := strings.Cut(sql[2:], "*/")
			if !ok {
				return ""
			}
			sql = rest
		default:
			n := strings.IndexFunc(sql, func(r rune) bool { return r < 'A' || r > 'z' || r > 'Z' && r < 'a' && r != '_' })
			if n < 0 {
				n = len(sql)
			}
			return strings.ToUpper(sql[:min(n, MaxRequestMethod)])
		}
	}
}
