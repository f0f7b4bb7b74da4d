package dissect

import "strconv"

// response takes a packet of an answer apart.
func (r *mysqlRun) response(c *cursor, kind mysqlKind, before mysqlState, n int) {
	r.saidResponse(c)
	switch kind {
	case mysqlSwitch, mysqlMore:
		r.authentication(c, kind)
	case mysqlOK:
		r.ok(c, before)
	case mysqlErr:
		r.failure(c)
	case mysqlEOF, mysqlMidEOF:
		r.marker(c)
		if c.left() > 0 {
			c.le16(fMyWarnings)
			r.status(c)
		}
		r.say(c, "EOF")
	case mysqlCount:
		r.columnCount(c, before)
	case mysqlField, mysqlParam, mysqlColumn, mysqlTableField:
		r.definition(c, kind, before)
	case mysqlRow:
		for c.ok() && c.left() > 0 {
			r.textLine(c, fMyRowText)
		}
		r.say(c, "Row")
	case mysqlBinaryRow:
		r.binaryRow(c)
	case mysqlPrepared:
		r.prepared(c)
	case mysqlText:
		said := shownText(c.str(fMyMessage, c.left()), maxPGSQLShown)
		r.say(c, said)
	case mysqlWantsFile:
		c.u8(fMyResponseInfile)
		r.say(c, "Local Infile "+shownText(c.str(fMyInfileName, c.left()), maxPGSQLShown))
	case mysqlEvent:
		r.event(c, n)
	}
}

// saidResponse says once in the Info column that a server answers.
func (r *mysqlRun) saidResponse(c *cursor) {
	if !r.begun && r.items == 0 && r.times == 0 && r.messages == 0 {
		c.d.infoAppend("Response ")
	}
	r.begun = true
}

// ok takes the packet apart that says that something was done ("OK_Packet").
func (r *mysqlRun) ok(c *cursor, before mysqlState) {
	r.marker(c)
	rows, _ := r.lenencInt(c, fMyAffectedRows)
	said := "OK"
	if rows > 0 {
		said += ", " + plural(int(min(rows, 1<<62)), "row") + " affected"
	}
	if id, n, null := lenenc(c.rest()); n > 0 && id > 0 && !null {
		r.lenencInt(c, fMyInsertID)
	} else {
		r.lenencInt(c, nil)
	}
	old := before.caps != 0 && before.caps&(mysqlProtocol41|mysqlTransactions) == 0
	status := uint16(0)
	if !old && c.ok() && c.left() >= 2 {
		status = r.status(c)
	}
	if (before.caps == 0 || before.caps&mysqlProtocol41 != 0) && c.ok() && c.left() >= 2 {
		c.le16(fMyWarnings)
	}
	r.say(c, said)
	if !c.ok() || c.left() == 0 {
		return
	}
	if before.caps&mysqlSessionTrack == 0 {
		c.str(fMyMessage, c.left())
		return
	}
	if v, n, _ := lenenc(c.rest()); n > 0 && v > 0 {
		r.lenencStr(c, fMyMessage)
	} else {
		r.lenencInt(c, nil)
	}
	const changed = 0x4000 // SERVER_SESSION_STATE_CHANGED
	if status&changed != 0 && c.ok() && c.left() > 0 {
		r.track(c)
	}
}

// track takes apart what has changed of a session ("SESSION_TRACK").
func (r *mysqlRun) track(c *cursor) {
	size, k, _ := lenenc(c.rest())
	r.lenencInt(c, nil)
	if !c.ok() {
		return
	}
	c.sub(fMySessionTrackData, fMySessionTrackData.Name)
	if n := c.opened(); n != nil {
		n.span(c.pos-k, k+int(min(size, uint64(c.captured()))))
	}
	c.addAt(fMySessionTrackDataLength, c.pos-k, k, Node{num: size})
	all := c.to(int(min(size, uint64(max(0, c.left())))))
	for all.ok() && all.left() > 0 {
		start := all.pos
		all.sub(fMySessionTrack, fMySessionTrack.Name)
		at := all.d.openIndex()
		kind := all.u8(fMySessionTrackType)
		length, k, _ := lenenc(all.rest())
		r.lenencInt(&all, nil)
		if !all.ok() {
			return
		}
		all.addAt(fMySessionTrackLength, all.pos-k, k, Node{num: length})
		one := all.to(int(min(length, uint64(max(0, all.left())))))
		r.change(&one, kind)
		if !all.ok() {
			return
		}
		if n := all.nodeAt(at); n != nil {
			n.span(start, all.pos-start)
		}
		all.end()
	}
	c.end()
}

// change takes one change of a session apart.
func (r *mysqlRun) change(c *cursor, kind byte) {
	switch kind {
	case 0:
		for c.ok() && c.left() > 0 {
			r.attribute(c, fMySessionTrackSysvarLength, fMySessionTrackSysvarName)
			r.attribute(c, fMySessionTrackSysvarLength, fMySessionTrackSysvarValue)
		}
	case 1:
		r.attribute(c, fMySessionTrackSchemaLength, fMySessionTrackSchema)
	case 2:
		r.lenencStr(c, fMySessionTrackStateChange)
	case 3:
		c.u8(fMySessionTrackGtidsEncoding)
		r.attribute(c, fMySessionTrackGtidsLength, fMySessionTrackGtids)
	case 4:
		r.attribute(c, fMySessionTrackTransactionCharacteristicsLength, fMySessionTrackTransactionCharacteristics)
	case 5:
		r.attribute(c, fMySessionTrackTransactionStateLength, fMySessionTrackTransactionState)
	default:
		if c.left() > 0 {
			c.bytesOrCut(fMyPayload)
		}
	}
}

// failure takes the packet apart that says what went wrong ("ERR_Packet").
func (r *mysqlRun) failure(c *cursor) {
	b := c.rest()
	r.marker(c)
	c.le16(fMyErrorCode)
	if c.peek(0) == '#' && c.captured() >= 6 {
		c.skip(1)
		c.str(fMySqlstate, 5)
	}
	c.str(fMyErrorMessage, c.left())
	r.say(c, mysqlErrorText(b))
}

// columnCount takes apart how many columns a result has.
func (r *mysqlRun) columnCount(c *cursor, before mysqlState) {
	r.columns = nil
	if before.caps&mysqlOptionalColumns != 0 && c.left() > 1 {
		c.u8(fMyMetadataFollows)
	}
	n, _ := r.lenencInt(c, fMyNumFields)
	r.say(c, plural(int(min(n, 1<<30)), "column"))
}

// definition takes the definition of a column apart ("Column Definition").
func (r *mysqlRun) definition(c *cursor, kind mysqlKind, before mysqlState) {
	what := "Field"
	if kind == mysqlParam {
		what = "Parameter"
	}
	if kind == mysqlField && len(r.columns) < maxMySQLColumns {
		r.columns = append(r.columns[:len(r.columns):len(r.columns)], mysqlColumnType(c.rest()))
	}
	if before.caps != 0 && before.caps&mysqlProtocol41 == 0 {
		r.oldDefinition(c)
	} else {
		for _, f := range []*Field{fMyFieldCatalog, fMyFieldDb, fMyFieldTable, fMyFieldOrgTable, fMyFieldName, fMyFieldOrgName} {
			r.textLine(c, f)
		}
		c.skip(1) // how long the rest is
		c.le16(fMyFieldCharsetnr)
		c.le32(fMyFieldLength)
		c.u8(fMyFieldType)
		r.flags(c, fMyFieldFlags, mysqlFieldFlags[:], uint64(c.le16(nil)))
		c.u8(fMyFieldDecimals)
		if c.left() >= 2 {
			c.skip(2)
		}
		if kind == mysqlTableField && c.ok() && c.left() > 0 {
			r.textLine(c, fMyFieldDefault)
		}
	}
	r.say(c, what)
}

// oldDefinition takes the definition of a column apart as it was before version 4.1
// ("Column Definition 320").
func (r *mysqlRun) oldDefinition(c *cursor) {
	r.textLine(c, fMyFieldTable)
	r.textLine(c, fMyFieldName)
	c.skip(1)
	c.add(fMyFieldLength, 3, Node{num: uint64(c.le24(nil))})
	c.skip(1)
	c.u8(fMyFieldType)
	n := int(c.u8(nil))
	if n >= 3 {
		r.flags(c, fMyFieldFlags, mysqlFieldFlags[:], uint64(c.le16(nil)))
		c.u8(fMyFieldDecimals)
	}
	if c.ok() && c.left() > 0 {
		r.textLine(c, fMyFieldDefault)
	}
}

// prepared takes the answer to a prepare apart ("COM_STMT_PREPARE_OK").
func (r *mysqlRun) prepared(c *cursor) {
	r.marker(c)
	id := c.le32(fMyStmtID)
	c.add(fMyNumFields, 2, Node{num: uint64(c.le16(nil))})
	c.le16(fMyNumParams)
	c.skip(1)
	if c.left() >= 2 {
		c.le16(fMyWarnings)
	}
	r.say(c, "statement "+strconv.FormatUint(uint64(id), 10))
	if c.ok() && c.left() > 0 {
		c.skip(c.left()) // whether the definitions follow
	}
}

// binaryRow takes a row in the binary form apart ("Binary Protocol Resultset Row").
func (r *mysqlRun) binaryRow(c *cursor) {
	r.say(c, "Row")
	c.u8(fMyResponseCode)
	if len(r.columns) == 0 {
		if c.left() > 0 {
			c.bytesOrCut(fMyPayload)
		}
		return
	}
	nulls := c.bytes(fMyRowNullbuffer, (len(r.columns)+2+7)/8)
	for i, t := range r.columns {
		if !c.ok() {
			return
		}
		if k := i + 2; nulls[k/8]>>(k%8)&1 == 1 {
			c.addAt(fMyExecFieldNull, c.pos, 0, Node{})
			continue
		}
		r.value(c, t)
	}
	if c.ok() && c.left() > 0 {
		c.bytesOrCut(fMyPayload)
	}
}

// event takes the head of an event of the binary log apart ("Binlog Event header").
func (r *mysqlRun) event(c *cursor, n int) {
	c.u8(fMyResponseCode)
	if n < 20 {
		if c.left() > 0 {
			c.bytesOrCut(fMyPayload)
		}
		r.say(c, "Binlog Event")
		return
	}
	sec := c.le32(nil)
	c.add(fMyBinlogTimestamp, 4, Node{num: uint64(sec) * 1e9})
	kind := c.u8(fMyBinlogEventType)
	c.le32(fMyBinlogEventServerID)
	c.le32(fMyBinlogEventSize)
	c.le32(fMyBinlogEventPosition)
	c.le16(fMyBinlogEventFlags)
	if c.left() > 0 {
		c.bytesOrCut(fMyPayload)
	}
	r.say(c, "Binlog Event "+orUnknown(mysqlEvents, uint64(kind)))
}
