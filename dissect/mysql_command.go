package dissect

import (
	"fmt"
	"math"
	"strconv"
)

// command takes a command apart ("Command Phase").
func (r *mysqlRun) command(c *cursor, before mysqlState) {
	cmd := c.peek(0)
	name := mysqlCommands(uint64(cmd))
	if name == "" {
		name = "Unknown (" + strconv.Itoa(int(cmd)) + ")"
	}
	r.part(c, fMyRequest, fMyRequest.Name+" "+name)
	c.u8(fMyCommand)
	said := "Request " + name
	arg := r.arguments(c, cmd, before)
	if c.ok() && arg != "" {
		said += arg
	}
	r.say(c, said)
	if c.ok() && c.left() > 0 {
		c.bytesOrCut(fMyPayload) // of which nothing is known
	}
	if c.ok() {
		c.end()
	}
}

// arguments takes the rest of a command apart and gives what of it belongs into the
// Info column.
func (r *mysqlRun) arguments(c *cursor, cmd byte, before mysqlState) string {
	id := func() string { return " " + strconv.FormatUint(uint64(c.le32(fMyStmtID)), 10) }
	switch cmd {
	case comQuery:
		if before.caps&mysqlQueryAttrs != 0 {
			r.queryAttributes(c)
		}
		return ": " + shownText(c.str(fMyQuery, c.left()), maxPGSQLShown)
	case comPrepare:
		return ": " + shownText(c.str(fMyQuery, c.left()), maxPGSQLShown)
	case comUse, 5, 6:
		return ": " + shownText(c.str(fMySchema, c.left()), 80)
	case comShowFields:
		return ": " + shownText(c.strz(fMyTableName), 80)
	case 7:
		v := uint64(c.u8(nil))
		r.flags(c, fMyRefresh, mysqlRefreshFlags[:], v)
	case 8:
		if c.left() > 0 {
			c.u8(fMyShutdown)
		}
	case 12:
		return " " + strconv.FormatUint(uint64(c.le32(fMyThreadID)), 10)
	case comChangeUser:
		return r.changeUser(c, before.caps)
	case comBinlog:
		c.le32(fMyBinlogPosition)
		c.le16(fMyBinlogFlags)
		c.le32(fMyBinlogServerID)
		if c.left() > 0 {
			return " " + shownText(r.plugin(c, fMyBinlogFileName), 80)
		}
	case comBinlogGTID:
		c.le16(fMyBinlogFlags)
		c.le32(fMyBinlogServerID)
		n := int(c.le32(nil))
		if n > 0 && c.ok() {
			c.str(fMyBinlogFileName, n)
		}
		c.leUint(fMyBinlogHbEventLogPosition, 8)
	case 21:
		r.registerReplica(c)
	case comExecute, comBulk:
		s := id()
		r.execute(c, cmd, before)
		return s
	case comLongData:
		s := id()
		c.le16(fMyParam)
		return s
	case comClose, 26:
		return id()
	case 27:
		c.le16(fMyOption)
	case comFetch:
		s := id()
		c.le32(fMyNumRows)
		return s
	default:
		if mysqlCommands(uint64(cmd)) == "" && c.left() > 0 {
			c.bytesOrCut(fMyPayload)
			if c.ok() && c.on() {
				c.begin()
				c.expert(WarnSev, GroupProtocol, eMyCommandInvalid, eMyCommandInvalid.Name)
				c.end()
			}
		}
	}
	return ""
}

// changeUser takes COM_CHANGE_USER apart.
func (r *mysqlRun) changeUser(c *cursor, caps uint32) string {
	said := " user=" + shownText(c.strz(fMyUser), 80)
	if n := int(c.u8(nil)); n > 0 && c.ok() {
		c.bytes(fMyPasswd, n)
	}
	if c.ok() && c.left() > 0 {
		said += " db=" + shownText(c.strz(fMySchema), 80)
	}
	if c.ok() && c.left() >= 2 {
		c.u8(fMyCharset)
		c.skip(1)
	}
	if c.ok() && c.left() > 0 {
		r.plugin(c, fMyClientAuthPlugin)
	}
	if c.ok() && c.left() > 0 && caps&mysqlConnectAttrs != 0 {
		r.attributes(c)
	}
	return said
}

// registerReplica takes COM_REGISTER_SLAVE apart.
func (r *mysqlRun) registerReplica(c *cursor) {
	c.le32(fMyBinlogServerID)
	for _, f := range [][2]*Field{{fMyBinlogSlaveHostnameLength, fMyBinlogSlaveHostname}, {fMyBinlogSlaveUserLength, fMyBinlogSlaveUser}, {fMyBinlogSlavePasswordLength, fMyBinlogSlavePassword}} {
		n := int(c.u8(f[0]))
		c.str(f[1], n)
	}
	c.le16(fMyBinlogSlaveMysqlPort)
	c.le32(fMyBinlogReplicationRank)
	c.le32(fMyBinlogMasterID)
}

// queryAttributes takes what a client tells beside a statement apart.
func (r *mysqlRun) queryAttributes(c *cursor) {
	start := c.pos
	c.sub(fMyQueryAttrs, fMyQueryAttrs.Name)
	at := c.d.openIndex()
	count, n, _ := lenenc(c.rest())
	if n == 0 {
		c.need(c.left() + 1)
		return
	}
	c.skip(n)
	c.add(fMyQueryAttrsCount, n, Node{num: count})
	_, n, _ = lenenc(c.rest()) // sets of values: one
	c.skip(max(1, n))
	if count > 0 && c.ok() {
		nulls := c.bytes(fMyUnused, (int(min(count, 1<<16))+7)/8)
		c.u8(fMyQueryAttrsSendTypesToServer)
		types := r.attributeTypes(c, int(min(count, 1<<16)))
		for i, t := range types {
			if !c.ok() || nulls[i/8]>>(i%8)&1 == 1 {
				continue
			}
			r.attributeValue(c, t.kind)
		}
	}
	if !c.ok() {
		return
	}
	if n := c.nodeAt(at); n != nil {
		n.span(start, c.pos-start)
	}
	c.end()
}

// attributeTypes reads the types and names of attributes.
func (r *mysqlRun) attributeTypes(c *cursor, count int) (types []mysqlType) {
	for i := 0; i < count && c.ok(); i++ {
		t := c.peek(0)
		c.u16(fMyQueryAttrNameType)
		c.sub(nil, "Attribute Name")
		r.lenencStr(c, fMyQueryAttrName)
		if c.ok() {
			c.end()
			types = append(types, mysqlType{kind: t})
		}
	}
	return types
}

// attributeValue reads the value of an attribute.
func (r *mysqlRun) attributeValue(c *cursor, kind byte) {
	c.sub(nil, "Attribute Value")
	if n := mysqlValueSize(kind, nil); n >= 0 || kind == 7 || kind >= 10 && kind <= 12 {
		r.value(c, mysqlType{kind: kind})
	} else {
		r.lenencStr(c, fMyQueryAttrValue)
	}
	if c.ok() {
		c.end()
	}
}

// execute takes the rest of COM_STMT_EXECUTE or COM_STMT_BULK_EXECUTE apart.
func (r *mysqlRun) execute(c *cursor, cmd byte, before mysqlState) {
	id := uint32(0)
	if c.pos >= 4 && c.ok() {
		b := c.b[c.pos-4:]
		id = uint32(little16(b, 0)) | uint32(little16(b, 2))<<16
	}
	if cmd == comBulk {
		if c.left() > 0 {
			c.bytesOrCut(fMyPayload)
		}
		return
	}
	flags := c.u8(fMyExecFlags)
	c.le32(fMyExecIter)
	params, types, known := 0, []mysqlType(nil), false
	if r.my != nil {
		params, types, known = r.my.statement(r.Session, id, r.Frame)
	}
	if !known && c.left() > 0 && before.caps&mysqlQueryAttrs == 0 {
		if c.ok() {
			c.bytesOrCut(fMyPayload)
			if c.ok() && c.on() {
				c.begin()
				c.expert(WarnSev, GroupUndecoded, eMyPrepareNeeded, eMyPrepareNeeded.Name)
				c.end()
			}
		}
		return
	}
	if before.caps&mysqlQueryAttrs != 0 && (params > 0 || flags&8 != 0) {
		v, n, _ := lenenc(c.rest())
		if n == 0 {
			c.need(c.left() + 1)
			return
		}
		c.skip(n)
		c.add(fMyQueryAttrsCount, n, Node{num: v})
		params = int(min(v, 1<<16))
	}
	if params == 0 || !c.ok() {
		return
	}
	nulls := c.raw((params + 7) / 8)
	bound := c.u8(fMyNewParameterBoundFlag) != 0
	if !c.ok() {
		return
	}
	r.parameters(c, params, nulls, types, bound, before.caps&mysqlQueryAttrs != 0)
}

// parameters takes the parameters of a statement apart: all types come first, if
// they are told, then all values.
func (r *mysqlRun) parameters(c *cursor, params int, nulls []byte, types []mysqlType, bound, named bool) {
	at := c.pos
	v := *c // where the values are
	if bound {
		types = make([]mysqlType, 0, min(params, maxMySQLColumns))
		for i := 0; i < params; i++ {
			if v.captured() < 2 {
				v.need(2)
				return
			}
			types = append(types, mysqlType{v.peek(0), v.peek(1)&0x80 != 0})
			v.skip(2)
			if named {
				n, k, _ := lenenc(v.rest())
				if k == 0 || n > uint64(v.left()) {
					v.need(v.left() + 1)
					return
				}
				v.skip(k + int(n))
			}
		}
	}
	for i := 0; i < params && i < len(types) && c.ok(); i++ {
		if c.on() {
			c.addAt(fMyExecParam, at, 2, Node{})
			c.begin()
			if bound {
				c.addAt(fMyFieldType, at, 1, Node{num: uint64(types[i].kind)})
				c.addAt(fMyExecUnsigned, at+1, 1, Node{num: uint64(c.b[at+1])})
			}
		}
		if bound {
			at += 2
			if named {
				n, k, _ := lenenc(c.b[at:c.have])
				at += k + int(n)
			}
		}
		if nulls[i/8]>>(i%8)&1 == 1 && types[i].kind != 6 {
			v.addAt(fMyExecFieldNull, v.pos, 0, Node{})
		} else if nulls[i/8]>>(i%8)&1 == 0 {
			r.value(&v, types[i])
		}
		if c.ok() {
			c.end()
		}
	}
	c.pos = v.pos
}

// value reads a value in the binary form ("Binary Protocol Value").
func (r *mysqlRun) value(c *cursor, t mysqlType) {
	signed := func(f, unsigned *Field, n int) {
		v := c.leUint(nil, n)
		if t.unsigned {
			c.add(unsigned, n, Node{num: v})
			return
		}
		shift := 64 - 8*n
		c.add(f, n, Node{num: uint64(int64(v<<shift) >> shift)})
	}
	switch t.kind {
	case 1:
		signed(fMyExecFieldTiny, fMyExecFieldUnsignedTiny, 1)
	case 2, 13:
		signed(fMyExecFieldShort, fMyExecFieldUnsignedShort, 2)
	case 3, 9:
		signed(fMyExecFieldLong, fMyExecFieldUnsignedLong, 4)
	case 8:
		signed(fMyExecFieldLonglong, fMyExecFieldUnsignedLonglong, 8)
	case 4:
		v := math.Float32frombits(c.le32(nil))
		c.add(fMyExecFieldFloat, 4, Node{str: fmt.Sprint(v)})
	case 5:
		v := math.Float64frombits(c.leUint(nil, 8))
		c.add(fMyExecFieldDouble, 8, Node{str: fmt.Sprint(v)})
	case 6:
	case 7, 10, 12:
		r.date(c)
	case 11:
		r.time(c)
	default:
		v, k, _ := lenenc(c.rest())
		if k == 0 || v > uint64(max(0, c.left()-k)) {
			c.need(c.left() + 1)
			return
		}
		c.skip(k)
		b := c.raw(int(v))
		if c.on() && c.ok() {
			c.add(fMyExecFieldString, k+int(v), Node{str: string(b)})
		}
	}
}

// date reads a date, with the time if its length says so.
func (r *mysqlRun) date(c *cursor) {
	n := int(c.u8(fMyExecFieldDatetimeLength))
	v := c.to(n)
	if n >= 4 {
		v.le16(fMyExecFieldYear)
		v.u8(fMyExecFieldMonth)
		v.u8(fMyExecFieldDay)
	}
	if n >= 7 {
		v.u8(fMyExecFieldHour)
		v.u8(fMyExecFieldMinute)
		v.u8(fMyExecFieldSecond)
	}
	if n >= 11 {
		v.le32(fMyExecFieldSecondb)
	}
}

// time reads a time, which may be longer than a day or less than none.
func (r *mysqlRun) time(c *cursor) {
	n := int(c.u8(fMyExecFieldTimeLength))
	v := c.to(n)
	if n >= 8 {
		v.u8(fMyExecFieldTimeSign)
		v.le32(fMyExecFieldTimeDays)
		v.u8(fMyExecFieldHour)
		v.u8(fMyExecFieldMinute)
		v.u8(fMyExecFieldSecond)
	}
	if n >= 12 {
		v.le32(fMyExecFieldSecondb)
	}
}
