package dissect

import (
	"bytes"
	"encoding/binary"
)

// mysqlState is where a conversation with MySQL or MariaDB is: what a packet is can
// only be told from what went before it
// (https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html).
type mysqlState struct {
	phase  mysqlPhase
	client uint8   // direction of the client plus 1; 0 while it is not known
	cmd    byte    // the command that is being answered
	caps   uint32  // the server's capabilities, then those that the client has chosen; 0: not known
	left   uint32  // definitions of columns that are to come
	cols   uint16  // columns of a prepared statement, which come after its parameters
	types  uint32  // of the columns of a binary result, a place in the session's list plus 1
	maria  bool    // the server is MariaDB, or as old as what both come from
	big    [2]bool // the next packet of a direction goes on with the payload of the last one
}

// mysqlPhase is what is expected next.
type mysqlPhase uint8

const (
	mysqlAtStart    mysqlPhase = iota // the server's greeting
	mysqlAtLogin                      // the client's answer to it
	mysqlAtAuth                       // what proves who the client is
	mysqlAtCommand                    // a command
	mysqlAtAnswer                     // the first packet of an answer
	mysqlInFields                     // columns of a result
	mysqlAfterField                   // perhaps the packet that ends them, or a row
	mysqlInRows                       // rows
	mysqlInParams                     // parameters of a prepared statement
	mysqlAfterParam                   // perhaps the packet that ends them
	mysqlInColumns                    // columns of a prepared statement
	mysqlAfterCols                    // perhaps the packet that ends them
	mysqlInTable                      // columns of a table
	mysqlAtText                       // a line of text
	mysqlInFile                       // a file from the client
	mysqlInBinlog                     // events
	mysqlPacked                       // packets are compressed
)

// mysqlKind is what a packet is.
type mysqlKind uint8

const (
	mysqlUnknown mysqlKind = iota
	mysqlGreeting
	mysqlSSLRequest
	mysqlLogin
	mysqlSwitch
	mysqlMore
	mysqlSecret
	mysqlCommand
	mysqlOK
	mysqlErr
	mysqlEOF
	mysqlMidEOF
	mysqlCount
	mysqlField
	mysqlRow
	mysqlBinaryRow
	mysqlPrepared
	mysqlParam
	mysqlColumn
	mysqlTableField
	mysqlText
	mysqlWantsFile
	mysqlFile
	mysqlEvent
	mysqlRest // of a payload that takes several packets
)

// The capabilities that decide what packets look like ("Capabilities Flags").
const (
	mysqlConnectWithDB   = 1 << 3
	mysqlCompress        = 1 << 5
	mysqlProtocol41      = 1 << 9
	mysqlSSL             = 1 << 11
	mysqlTransactions    = 1 << 13
	mysqlSecureAuth      = 1 << 15
	mysqlPluginAuth      = 1 << 19
	mysqlConnectAttrs    = 1 << 20
	mysqlLenencAuth      = 1 << 21
	mysqlSessionTrack    = 1 << 23
	mysqlDeprecateEOF    = 1 << 24
	mysqlOptionalColumns = 1 << 25
	mysqlZstd            = 1 << 26
	mysqlQueryAttrs      = 1 << 27
)

// The bits of the server's status that tell whether more comes.
const (
	mysqlMoreResults  = 0x0008
	mysqlCursorExists = 0x0040
)

// The commands that are answered in a way of their own, or not at all.
const (
	comQuit        = 1
	comUse         = 2
	comQuery       = 3
	comShowFields  = 4
	comStatistics  = 9
	comProcessList = 10
	comChangeUser  = 17
	comBinlog      = 18
	comPrepare     = 22
	comExecute     = 23
	comLongData    = 24
	comClose       = 25
	comFetch       = 28
	comBinlogGTID  = 30
	comBulk        = 250
)

// maxMySQLPayload is the payload of a packet that another one continues, bytes.
const maxMySQLPayload = 1<<24 - 1

// lenenc reads an integer that tells its own length; null says that it stands for
// NULL. n is how many bytes it takes: 0 if b does not have them or it is none.
func lenenc(b []byte) (v uint64, n int, null bool) {
	if len(b) == 0 {
		return 0, 0, false
	}
	switch b[0] {
	case 0xfb:
		return 0, 1, true
	case 0xfc:
		n = 3
	case 0xfd:
		n = 4
	case 0xfe:
		n = 9
	case 0xff:
		return 0, 0, false
	default:
		return uint64(b[0]), 1, false
	}
	if len(b) < n {
		return 0, 0, false
	}
	for i := n - 1; i > 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v, n, false
}

// isMySQLGreeting says whether a payload greets a client: version 10 of the protocol,
// a version of the server, and a zero where the salt's first part ends.
func isMySQLGreeting(b []byte) bool {
	if len(b) < 20 || b[0] != 10 || b[1] < '0' || b[1] > '9' {
		return false
	}
	end := bytes.IndexByte(b[1:min(len(b), 80)], 0)
	if end < 3 || !isText(b[1:1+end]) || !bytes.ContainsRune(b[1:1+end], '.') {
		return false
	}
	zero := 1 + end + 1 + 4 + 8
	return zero+3 <= len(b) && b[zero] == 0
}

// step tells what a packet is and gives the state after it. b is its beginning,
// with the four bytes of its header, and size the bytes of all of it.
func (st mysqlState) step(b []byte, size int, dir uint8) (mysqlKind, mysqlState) {
	if len(b) < 4 || st.phase == mysqlPacked {
		return mysqlUnknown, st
	}
	n, seq, body := size-4, b[3], b[4:]
	if st.big[dir&1] {
		st.big[dir&1] = n == maxMySQLPayload
		return mysqlRest, st
	}
	st.big[dir&1] = n == maxMySQLPayload
	if st.client == 0 {
		switch {
		case seq == 0 && (isMySQLGreeting(body) || len(body) > 0 && body[0] == 0xff):
			st.client = 2 - dir
		case seq == 0:
			st.client = dir + 1
		default:
			return mysqlUnknown, st
		}
	}
	if st.client == dir+1 {
		return st.asked(body, n, seq)
	}
	return st.told(body, n, seq)
}

// asked is step for a packet of the client.
func (st mysqlState) asked(b []byte, n int, seq byte) (mysqlKind, mysqlState) {
	switch {
	case st.phase == mysqlInFile:
		if n == 0 {
			st.phase = mysqlAtAnswer
		}
		return mysqlFile, st
	case st.phase == mysqlAtLogin && seq != 0:
		var caps uint32
		switch {
		case len(b) >= 4 && n >= 32:
			caps = binary.LittleEndian.Uint32(b)
		case len(b) >= 2:
			caps = uint32(binary.LittleEndian.Uint16(b))
		}
		if caps&mysqlSSL != 0 && n <= 32 {
			return mysqlSSLRequest, st
		}
		st.phase, st.caps = mysqlAtAuth, caps
		return mysqlLogin, st
	case st.phase == mysqlAtAuth && seq != 0:
		return mysqlSecret, st
	case seq != 0 || len(b) == 0:
		return mysqlUnknown, st
	}
	st.cmd, st.left, st.cols, st.types = b[0], 0, 0, 0
	switch st.cmd {
	case comQuit, comLongData, comClose:
		st.phase = mysqlAtCommand
	case comShowFields:
		st.phase = mysqlInTable
	case comStatistics:
		st.phase = mysqlAtText
	case comFetch:
		st.phase = mysqlInRows
	case comBinlog, comBinlogGTID:
		st.phase = mysqlInBinlog
	case comChangeUser:
		st.phase = mysqlAtAuth
	default:
		st.phase = mysqlAtAnswer
	}
	return mysqlCommand, st
}

// told is step for a packet of the server.
func (st mysqlState) told(b []byte, n int, seq byte) (mysqlKind, mysqlState) {
	if seq == 0 && isMySQLGreeting(b) {
		st = mysqlState{phase: mysqlAtLogin, client: st.client, big: st.big, caps: mysqlServerCaps(b)}
		st.maria = st.caps&1 == 0
		return mysqlGreeting, st
	}
	if len(b) == 0 {
		return mysqlUnknown, st
	}
	if b[0] == 0xff && st.phase != mysqlAtText {
		st.phase = mysqlAtCommand
		return mysqlErr, st
	}
	switch st.phase {
	case mysqlAtAuth:
		return st.authenticated(b)
	case mysqlAtAnswer:
		return st.answered(b, n)
	case mysqlInFields:
		if st.left--; st.left == 0 {
			st.phase = mysqlAfterField
		}
		return mysqlField, st
	case mysqlAfterField:
		st.phase = mysqlInRows
		if isMySQLEOF(b, n) {
			if mysqlStatusOf(b, n)&mysqlCursorExists != 0 {
				st.phase = mysqlAtCommand // rows come when they are fetched
			}
			return mysqlMidEOF, st
		}
		return st.row(b, n)
	case mysqlInRows:
		return st.row(b, n)
	case mysqlInParams, mysqlAfterParam, mysqlInColumns, mysqlAfterCols:
		return st.prepared(b, n)
	case mysqlInTable:
		if b[0] == 0xfe && n < 9 {
			return st.ends(b, n)
		}
		return mysqlTableField, st
	case mysqlAtText:
		st.phase = mysqlAtCommand
		return mysqlText, st
	case mysqlInBinlog:
		if b[0] == 0xfe && n < 9 {
			return st.ends(b, n)
		}
		return mysqlEvent, st
	}
	return mysqlUnknown, st
}

// authenticated is step for what a server says while a client logs in.
func (st mysqlState) authenticated(b []byte) (mysqlKind, mysqlState) {
	switch b[0] {
	case 0:
		st.phase = mysqlAtCommand
		if st.caps&(mysqlCompress|mysqlZstd) != 0 && st.cmd != comChangeUser {
			st.phase = mysqlPacked
		}
		return mysqlOK, st
	case 0xfe:
		return mysqlSwitch, st
	case 1:
		return mysqlMore, st
	}
	return mysqlUnknown, st
}

// answered is step for the first packet of an answer.
func (st mysqlState) answered(b []byte, n int) (mysqlKind, mysqlState) {
	switch {
	case b[0] == 0 && st.cmd == comPrepare && n >= 12 && len(b) >= 9:
		st.cols = binary.LittleEndian.Uint16(b[5:])
		st.left = uint32(binary.LittleEndian.Uint16(b[7:]))
		switch {
		case st.left > 0:
			st.phase = mysqlInParams
		case st.cols > 0:
			st.phase, st.left = mysqlInColumns, uint32(st.cols)
		default:
			st.phase = mysqlAtCommand
		}
		return mysqlPrepared, st
	case b[0] == 0 && (n >= 7 || st.caps&mysqlOptionalColumns == 0):
		return st.ends(b, n)
	case b[0] == 0xfb:
		st.phase = mysqlInFile
		return mysqlWantsFile, st
	case b[0] == 0xfe && n < 9:
		return st.ends(b, n)
	}
	if st.caps&mysqlOptionalColumns != 0 && len(b) > 1 {
		if b[0] == 0 { // the columns are left out
			st.phase = mysqlInRows
			return mysqlCount, st
		}
		b = b[1:]
	}
	v, k, _ := lenenc(b)
	if k == 0 || v == 0 || v > 1<<16 {
		st.phase = mysqlAtCommand
		return mysqlUnknown, st
	}
	st.phase, st.left = mysqlInFields, uint32(v)
	return mysqlCount, st
}

// prepared is step for what describes a prepared statement.
func (st mysqlState) prepared(b []byte, n int) (mysqlKind, mysqlState) {
	noEOF := st.caps&mysqlDeprecateEOF != 0
	if st.phase == mysqlAfterParam || st.phase == mysqlAfterCols {
		if isMySQLEOF(b, n) {
			if st.phase == mysqlAfterParam && st.cols > 0 {
				st.phase, st.left = mysqlInColumns, uint32(st.cols)
				return mysqlMidEOF, st
			}
			st.phase = mysqlAtCommand
			return mysqlEOF, st
		}
		if st.phase == mysqlAfterCols || st.cols == 0 {
			st.phase = mysqlAtCommand
			return mysqlUnknown, st
		}
		st.phase, st.left = mysqlInColumns, uint32(st.cols)
	}
	kind := mysqlParam
	if st.phase == mysqlInColumns {
		kind = mysqlColumn
	}
	st.left--
	switch {
	case st.left > 0:
	case st.phase == mysqlInColumns && noEOF:
		st.phase = mysqlAtCommand
	case st.phase == mysqlInColumns:
		st.phase = mysqlAfterCols
	case !noEOF:
		st.phase = mysqlAfterParam
	case st.cols > 0:
		st.phase, st.left = mysqlInColumns, uint32(st.cols)
	default:
		st.phase = mysqlAtCommand
	}
	return kind, st
}

// row is step for a row or what ends the rows.
func (st mysqlState) row(b []byte, n int) (mysqlKind, mysqlState) {
	if b[0] == 0xfe && n < maxMySQLPayload {
		return st.ends(b, n)
	}
	if st.cmd == comExecute || st.cmd == comFetch || st.cmd == comBulk {
		return mysqlBinaryRow, st
	}
	return mysqlRow, st
}

// ends is step for the packet that ends an answer, unless another result follows it.
func (st mysqlState) ends(b []byte, n int) (mysqlKind, mysqlState) {
	st.phase = mysqlAtCommand
	if mysqlStatusOf(b, n)&mysqlMoreResults != 0 {
		st.phase = mysqlAtAnswer
	}
	if b[0] == 0xfe && n < 7 {
		return mysqlEOF, st
	}
	return mysqlOK, st
}

// isMySQLEOF knows the packet that ends a part of an answer, as it was before
// capabilities told to leave it out.
func isMySQLEOF(b []byte, n int) bool { return b[0] == 0xfe && (n == 1 || n == 5) }

// mysqlStatusOf gives the server's status from a packet that has it; 0 from another.
func mysqlStatusOf(b []byte, n int) uint16 {
	if b[0] == 0xfe && n < 7 {
		if len(b) >= 5 {
			return binary.LittleEndian.Uint16(b[3:])
		}
		return 0
	}
	b = b[1:]
	for range 2 { // rows affected and the last id
		_, k, _ := lenenc(b)
		if k == 0 {
			return 0
		}
		b = b[k:]
	}
	if len(b) < 2 {
		return 0
	}
	return binary.LittleEndian.Uint16(b)
}

// mysqlServerCaps gives the capabilities that a greeting offers.
func mysqlServerCaps(b []byte) uint32 {
	at := 1 + bytes.IndexByte(b[1:], 0) + 1 + 4 + 8 + 1
	if at+2 > len(b) {
		return 0
	}
	caps := uint32(binary.LittleEndian.Uint16(b[at:]))
	if at+7 <= len(b) {
		caps |= uint32(binary.LittleEndian.Uint16(b[at+5:])) << 16
	}
	return caps
}
