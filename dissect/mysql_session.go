package dissect

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"tcplens/internal/packet"
)

// mysqlSession is what MySQL remembers of a conversation.
type mysqlSession struct {
	// Guarded by the session; the sequencing goroutine, which writes it, reads
	// without.
	states     marks[mysqlState]
	statements map[uint32]*mysqlStatement
	types      [][]mysqlType // lists of types of columns and parameters; what is in it does not change

	// For the sequencing goroutine only.
	state    mysqlState
	known    map[string]uint32 // the places in types, plus 1
	columns  []mysqlType       // of the result that is being sent
	request  uint64            // the one that is being answered; 0 if none
	sql      string            // that is being prepared
	executed uint32            // the statement that was executed last
}

// mysqlType is the type of a column or of a parameter.
type mysqlType struct {
	kind     byte
	unsigned bool
}

// mysqlStatement is a prepared statement.
type mysqlStatement struct {
	sql     string
	params  int
	columns uint32        // types of what it gives, a place in the list of types plus 1
	bound   marks[uint32] // its parameters' types, a place in the list of types plus 1
}

// Limits of what is remembered of one conversation.
const (
	mysqlKeep          = 1 << 10 // bytes of each packet that are looked into
	maxMySQLStatements = 1 << 12
	maxMySQLTypes      = 1 << 12 // lists of types
	maxMySQLColumns    = 1 << 10 // types in a list
)

// mysqlBefore is what is known when a packet is taken apart.
type mysqlBefore struct {
	state   mysqlState
	columns []mysqlType // of the result that is being sent
}

// at gives what is known before the messages that end in packet n.
func (my *mysqlSession) at(s *Session, n packet.Number) (x mysqlBefore) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	x.state = my.states.before(n)
	x.columns = my.typesAt(x.state.types)
	return x
}

func (my *mysqlSession) typesAt(i uint32) []mysqlType {
	if i == 0 || int(i) > len(my.types) {
		return nil
	}
	return my.types[i-1]
}

// statement gives how many parameters a prepared statement has and of which types
// they were when packet n came; false if it is not known.
func (my *mysqlSession) statement(s *Session, id uint32, n packet.Number) (params int, types []mysqlType, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	st := my.statements[id]
	if st == nil {
		return 0, nil, false
	}
	return st.params, my.typesAt(st.bound.before(n)), true
}

// intern gives the place of a list of types plus 1; 0 if there is no room for it. The
// session's lock is held.
func (my *mysqlSession) intern(types []mysqlType) uint32 {
	var key strings.Builder
	for _, t := range types {
		key.WriteByte(t.kind)
		key.WriteByte(map[bool]byte{true: 1}[t.unsigned])
	}
	if i := my.known[key.String()]; i != 0 {
		return i
	}
	if len(my.types) >= maxMySQLTypes || len(types) > maxMySQLColumns {
		return 0
	}
	if my.known == nil {
		my.known = map[string]uint32{}
	}
	my.types = append(my.types, append([]mysqlType(nil), types...))
	my.known[key.String()] = uint32(len(my.types))
	return uint32(len(my.types))
}

// message notes a packet that is complete.
func (my *mysqlSession) message(s *Session, m found) {
	before := my.state
	kind, state := before.step(m.head, m.size, m.dir)
	my.state = state
	body := m.head[min(4, len(m.head)):]
	s.mu.Lock()
	switch kind {
	case mysqlField:
		if before.cmd == comExecute && len(my.columns) < maxMySQLColumns {
			my.columns = append(my.columns, mysqlColumnType(body))
			my.state.types = my.intern(my.columns)
			if st := my.statements[my.executed]; st != nil {
				st.columns = my.state.types
			}
		}
	case mysqlCount:
		my.columns, my.state.types = my.columns[:0], 0
	case mysqlPrepared:
		my.prepared(body)
	case mysqlCommand:
		my.bind(s.frame, body, before.caps)
		my.execute(body)
	}
	my.states.set(s.frame, my.state)
	s.mu.Unlock()
	switch {
	case kind == mysqlSSLRequest:
		s.startTLS()
	case kind == mysqlCommand:
		my.ask(s, m, body)
	case my.state.client != 0 && m.dir+1 != my.state.client && kind != mysqlUnknown:
		my.answer(s, m, kind, body)
	}
}

// prepared notes what the answer to a prepare says. The session's lock is held.
func (my *mysqlSession) prepared(b []byte) {
	if len(b) < 9 {
		return
	}
	if my.statements == nil || len(my.statements) >= maxMySQLStatements {
		my.statements = map[uint32]*mysqlStatement{}
	}
	my.statements[binary.LittleEndian.Uint32(b[1:])] = &mysqlStatement{sql: my.sql, params: int(binary.LittleEndian.Uint16(b[7:]))}
}

// bind notes the types of the parameters that an execute brings. The session's
// lock is held.
func (my *mysqlSession) bind(n packet.Number, b []byte, caps uint32) {
	if len(b) < 10 || b[0] != comExecute {
		return
	}
	st := my.statements[binary.LittleEndian.Uint32(b[1:])]
	if st == nil || st.params == 0 || caps&mysqlQueryAttrs != 0 {
		return
	}
	at := 10 + (st.params+7)/8
	if at >= len(b) || b[at] != 1 || at+1+2*st.params > len(b) {
		return
	}
	types := make([]mysqlType, st.params)
	for i := range types {
		types[i] = mysqlType{b[at+1+2*i], b[at+2+2*i]&0x80 != 0}
	}
	st.bound.set(n, my.intern(types))
}

// execute notes which statement is executed, or whose rows are fetched. The session's
// lock is held.
func (my *mysqlSession) execute(b []byte) {
	if len(b) < 5 || b[0] != comExecute && b[0] != comFetch {
		return
	}
	my.executed = binary.LittleEndian.Uint32(b[1:])
	if st := my.statements[my.executed]; st != nil && b[0] == comFetch {
		my.state.types = st.columns
	}
}

// mysqlColumnType finds the type in the definition of a column: behind six texts and
// the length of what follows are the character set, the length and the type.
func mysqlColumnType(b []byte) mysqlType {
	for range 6 {
		v, n, _ := lenenc(b)
		if n == 0 || v > uint64(len(b)-n) {
			return mysqlType{}
		}
		b = b[n+int(v):]
	}
	if len(b) < 10 {
		return mysqlType{}
	}
	return mysqlType{b[7], b[8]&0x20 != 0}
}

// ask notes a command.
func (my *mysqlSession) ask(s *Session, m found, b []byte) {
	my.request = 0
	r := Request{Dir: m.dir, Proto: pMySQL, Method: strings.ToUpper(mysqlCommands(uint64(b[0])))}
	switch b[0] {
	case comQuit, comLongData, comClose:
		return
	case comQuery:
		r.Target = string(b[min(len(b), mysqlQueryAt(b, my.state.caps)):])
		r.Method = sqlVerb(r.Target)
	case comPrepare:
		r.Target, my.sql = string(b[1:]), cutText(string(b[1:]), MaxRequestText)
		r.Method = "PREPARE"
	case comExecute, comFetch, comBulk:
		r.Method, r.Target = "EXECUTE", ""
		if b[0] == comFetch {
			r.Method = "FETCH"
		}
		if len(b) < 5 {
			break
		}
		id := binary.LittleEndian.Uint32(b[1:])
		r.Target = strconv.FormatUint(uint64(id), 10)
		if st := my.statements[id]; st != nil && st.sql != "" {
			r.Target = st.sql
			if b[0] != comFetch {
				r.Method = sqlVerb(st.sql)
			}
		}
	case comUse, comShowFields, 5, 6: // a name of a database or a table
		r.Target, _ = cutZ(b[1:])
	case comChangeUser:
		r.Target, _ = cutZ(b[1:])
	}
	my.request = s.ask(r)
}

// answer notes a packet of an answer.
func (my *mysqlSession) answer(s *Session, m found, kind mysqlKind, b []byte) {
	if my.request == 0 {
		return
	}
	done := my.state.phase == mysqlAtCommand || my.state.phase == mysqlPacked
	s.answer(my.request, m.size, func(r *Request) {
		r.Done = done
		switch kind {
		case mysqlErr:
			r.Status, r.Failed = mysqlErrorText(b), true
		case mysqlRow, mysqlBinaryRow, mysqlEvent:
			r.Rows = max(0, r.Rows) + 1
		case mysqlCount:
			r.Rows = max(0, r.Rows)
		case mysqlOK:
			if b[0] == 0 {
				if v, n, null := lenenc(b[1:]); n > 0 && !null && (v > 0 || r.Rows >= 0) {
					r.Rows = max(0, r.Rows) + int64(min(v, 1<<62))
				}
			}
			r.Status = "OK"
		case mysqlEOF, mysqlText, mysqlPrepared:
			if !r.Failed {
				r.Status = "OK"
			}
		}
	})
	if done {
		my.request = 0
	}
}

// mysqlErrorText is an error in one line.
func mysqlErrorText(b []byte) string {
	code, state, message := mysqlError(b)
	if state != "" {
		return fmt.Sprintf("Error %d (%s): %s", code, shownText(state, 5), shownText(message, MaxRequestText))
	}
	return fmt.Sprintf("Error %d: %s", code, shownText(message, MaxRequestText))
}

// mysqlError takes the payload of an error apart: its number, the state of SQL if it
// is said, and the message.
func mysqlError(b []byte) (code uint16, state, message string) {
	if len(b) < 3 {
		return 0, "", ""
	}
	code = binary.LittleEndian.Uint16(b[1:])
	b = b[3:]
	if len(b) >= 6 && b[0] == '#' {
		state, b = string(b[1:6]), b[6:]
	}
	return code, state, string(b)
}

// mysqlQueryAt finds where the statement begins in a query, behind its attributes
// ("COM_QUERY").
func mysqlQueryAt(b []byte, caps uint32) int {
	if caps&mysqlQueryAttrs == 0 {
		return 1
	}
	count, n, _ := lenenc(b[1:])
	_, k, _ := lenenc(b[min(len(b), 1+n):])
	at := 1 + n + k
	if n == 0 || k == 0 || count == 0 {
		return at
	}
	if count > 1<<10 {
		return len(b)
	}
	nulls := b[min(at, len(b)):]
	at += (int(count)+7)/8 + 1
	types := make([]mysqlType, 0, count)
	for range count {
		if at+2 > len(b) {
			return len(b)
		}
		types = append(types, mysqlType{kind: b[at]})
		v, n, _ := lenenc(b[at+2:])
		if n == 0 || v > uint64(len(b)) {
			return len(b)
		}
		at += 2 + n + int(v)
	}
	for i, t := range types {
		if i/8 < len(nulls) && nulls[i/8]>>(i%8)&1 == 1 {
			continue
		}
		n := mysqlValueSize(t.kind, b[min(at, len(b)):])
		if n < 0 {
			return len(b)
		}
		at += n
	}
	return min(at, len(b))
}

// mysqlValueSize is how many bytes a value of a type takes in the binary form ("Binary
// Protocol Value"); −1 if b does not tell.
func mysqlValueSize(kind byte, b []byte) int {
	switch kind {
	case 6: // NULL
		return 0
	case 1:
		return 1
	case 2, 13:
		return 2
	case 3, 4, 9:
		return 4
	case 5, 8:
		return 8
	case 7, 10, 11, 12:
		if len(b) == 0 {
			return -1
		}
		return 1 + int(b[0])
	}
	v, n, _ := lenenc(b)
	if n == 0 || v > 1<<30 {
		return -1
	}
	return n + int(v)
}
