package dissect

// The fields of MySQL and MariaDB, as Wireshark names them, and a few of ours: what a
// server adds while a client logs in, and the file that it asks for.
var (
	pMySQL                                          = newProto("MySQL Protocol", "MySQL", "mysql")
	fMyPacketLength                                 = pMySQL.u24("mysql.packet_length", "Packet Length", Dec)
	fMyPacketNumber                                 = pMySQL.u8("mysql.packet_number", "Packet Number", Dec)
	fMyAuthSwitchResponseData                       = pMySQL.bytes("mysql.auth_switch_response.data", "Auth Method Data")
	fMyPayload                                      = pMySQL.bytes("mysql.payload", "Payload")
	eMyUnknownResponse                              = pMySQL.none("mysql.unknown_response", "unknown/invalid response")
	fMyCompressedPacketLength                       = pMySQL.u24("mysql.compressed_packet_length", "Compressed Packet Length", Dec)
	fMyCompressedPacketNumber                       = pMySQL.u24("mysql.compressed_packet_number", "Compressed Packet Number", Dec)
	fMyCompressedPacketLengthUncompressed           = pMySQL.u24("mysql.compressed_packet_length_uncompressed", "Uncompressed Packet Length", Dec)
	fMyPrefix                                       = pMySQL.u8("mariadb.prefix", "Prefix", Dec)
	fMyLength                                       = pMySQL.u64("mariadb.length", "Length", Dec)
	fMyRequest                                      = pMySQL.none("mysql.request", "Request Command")
	fMyCommand                                      = pMySQL.u8("mysql.command", "Command", Dec, names(mysqlCommands))
	fMyStmtID                                       = pMySQL.u32("mysql.stmt_id", "Statement ID", Dec)
	fMyQuery                                        = pMySQL.str("mysql.query", "Statement")
	fMySchema                                       = pMySQL.str("mysql.schema", "Schema")
	fMyTableName                                    = pMySQL.strz("mysql.table_name", "Table Name")
	fMyRefresh                                      = pMySQL.u8("mysql.refresh", "Refresh Option", Hex)
	fMyShutdown                                     = pMySQL.u8("mysql.shutdown", "Shutdown Level", Dec, names(mysqlShutdowns))
	fMyThreadID                                     = pMySQL.u32("mysql.thread_id", "Thread ID", Dec)
	fMyBinlogPosition                               = pMySQL.u32("mysql.binlog.position", "Binlog Position", Dec)
	fMyBinlogFlags                                  = pMySQL.u16("mysql.binlog.flags", "Binlog Flags", Hex)
	fMyBinlogServerID                               = pMySQL.u32("mysql.binlog.server_id", "Binlog server id", Hex)
	fMyBinlogFileName                               = pMySQL.strz("mysql.binlog.file_name", "Binlog file name")
	fMyBinlogHbEventLogPosition                     = pMySQL.u64("mysql.binlog.hb_event.log_position", "Binlog Position", Dec)
	fMyParam                                        = pMySQL.u16("mysql.param", "Parameter", Dec)
	fMyOption                                       = pMySQL.u16("mysql.option", "Option", Dec, names(mysqlOptions))
	fMyNumRows                                      = pMySQL.u32("mysql.num_rows", "Rows to fetch", Dec)
	eMyCommandInvalid                               = pMySQL.none("mysql.command.invalid", "Unknown/invalid command code")
	fMyUser                                         = pMySQL.strz("mysql.user", "Username")
	fMyPasswd                                       = pMySQL.bytes("mysql.passwd", "Password")
	fMyCharset                                      = pMySQL.u8("mysql.charset", "Charset", Dec, names(mysqlCharsets))
	fMyClientAuthPlugin                             = pMySQL.str("mysql.client_auth_plugin", "Client Auth Plugin")
	fMyBinlogSlaveHostnameLength                    = pMySQL.u8("mysql.binlog.slave_hostname_length", "Slave hostname length", Dec)
	fMyBinlogSlaveHostname                          = pMySQL.str("mysql.binlog.slave_hostname", "Slave hostname")
	fMyBinlogSlaveUserLength                        = pMySQL.u8("mysql.binlog.slave_user_length", "Slave user length", Dec)
	fMyBinlogSlaveUser                              = pMySQL.str("mysql.binlog.slave_user", "Slave user")
	fMyBinlogSlavePasswordLength                    = pMySQL.u8("mysql.binlog.slave_password_length", "Slave password length", Dec)
	fMyBinlogSlavePassword                          = pMySQL.str("mysql.binlog.slave_password", "Slave password")
	fMyBinlogSlaveMysqlPort                         = pMySQL.u16("mysql.binlog.slave_mysql_port", "Slave MySQL port", Dec)
	fMyBinlogReplicationRank                        = pMySQL.u32("mysql.binlog.replication_rank", "Replication rank", Dec)
	fMyBinlogMasterID                               = pMySQL.u32("mysql.binlog.master_id", "Master id", Hex)
	fMyQueryAttrs                                   = pMySQL.none("mysql.query_attrs", "Query Attributes")
	fMyQueryAttrsCount                              = pMySQL.u8("mysql.query_attrs_count", "Count", Dec)
	fMyUnused                                       = pMySQL.bytes("mysql.unused", "Unused")
	fMyQueryAttrsSendTypesToServer                  = pMySQL.bool("mysql.query_attrs_send_types_to_server", "Send types to server")
	fMyQueryAttrNameType                            = pMySQL.u16("mysql.query_attr_name_type", "Attribute Name Type", Hex)
	fMyQueryAttrName                                = pMySQL.str("mysql.query_attr_name", "Attribute Name")
	fMyQueryAttrValue                               = pMySQL.str("mysql.query_attr_value", "Attribute Value")
	fMyExecFlags                                    = pMySQL.u8("mysql.exec_flags", "Flags", Dec, names(mysqlExecFlags))
	fMyExecIter                                     = pMySQL.u32("mysql.exec_iter", "Iterations (unused)", Dec)
	eMyPrepareNeeded                                = pMySQL.none("mysql.prepare_response_needed", "PREPARE Response packet is needed to dissect the payload")
	fMyNewParameterBoundFlag                        = pMySQL.u8("mysql.new_parameter_bound_flag", "New parameter bound flag", Dec, names(mysqlBoundFlags))
	fMyExecParam                                    = pMySQL.none("mysql.exec_param", "Parameter")
	fMyFieldType                                    = pMySQL.u8("mysql.field.type", "Type", Dec, names(mysqlTypes))
	fMyExecUnsigned                                 = pMySQL.u8("mysql.exec.unsigned", "Unsigned", Dec)
	fMyExecFieldNull                                = pMySQL.none("mysql.exec.field.null", "Value: -NULL-")
	fMyExecFieldTiny                                = pMySQL.add(TInt8, "mysql.exec.field.tiny", "Value (INT8)", Dec)
	fMyExecFieldUnsignedTiny                        = pMySQL.u8("mysql.exec.field.unsigned_tiny", "Value (UINT8)", Dec)
	fMyExecFieldShort                               = pMySQL.add(TInt16, "mysql.exec.field.short", "Value (INT16)", Dec)
	fMyExecFieldUnsignedShort                       = pMySQL.u16("mysql.exec.field.unsigned_short", "Value (UINT16)", Dec)
	fMyExecFieldLong                                = pMySQL.add(TInt32, "mysql.exec.field.long", "Value (INT32)", Dec)
	fMyExecFieldUnsignedLong                        = pMySQL.u32("mysql.exec.field.unsigned_long", "Value (UINT32)", Dec)
	fMyExecFieldLonglong                            = pMySQL.add(TInt64, "mysql.exec.field.longlong", "Value (INT64)", Dec)
	fMyExecFieldUnsignedLonglong                    = pMySQL.u64("mysql.exec.field.unsigned_longlong", "Value (UINT64)", Dec)
	fMyExecFieldFloat                               = pMySQL.str("mysql.exec.field.float", "Value (Float)")
	fMyExecFieldDouble                              = pMySQL.str("mysql.exec.field.double", "Value (Double)")
	fMyExecFieldString                              = pMySQL.str("mysql.exec.field.string", "Value (String)")
	fMyExecFieldDatetimeLength                      = pMySQL.add(TInt8, "mysql.exec.field.datetime.length", "Length", Dec)
	fMyExecFieldYear                                = pMySQL.add(TInt16, "mysql.exec.field.year", "Year", Dec)
	fMyExecFieldMonth                               = pMySQL.add(TInt8, "mysql.exec.field.month", "Month", Dec)
	fMyExecFieldDay                                 = pMySQL.add(TInt8, "mysql.exec.field.day", "Day", Dec)
	fMyExecFieldHour                                = pMySQL.add(TInt8, "mysql.exec.field.hour", "Hour", Dec)
	fMyExecFieldMinute                              = pMySQL.add(TInt8, "mysql.exec.field.minute", "Minute", Dec)
	fMyExecFieldSecond                              = pMySQL.add(TInt8, "mysql.exec.field.second", "Second", Dec)
	fMyExecFieldSecondb                             = pMySQL.add(TInt32, "mysql.exec.field.secondb", "Billionth of a second", Dec)
	fMyExecFieldTimeLength                          = pMySQL.add(TInt8, "mysql.exec.field.time.length", "Length", Dec)
	fMyExecFieldTimeSign                            = pMySQL.u8("mysql.exec.field.time.sign", "Flags", Dec, names(mysqlSigns))
	fMyExecFieldTimeDays                            = pMySQL.add(TInt32, "mysql.exec.field.time.days", "Days", Dec)
	fMyServerGreeting                               = pMySQL.none("mysql.server_greeting", "Server Greeting")
	fMyProtocol                                     = pMySQL.u8("mysql.protocol", "Protocol", Dec)
	fMyVersion                                      = pMySQL.strz("mysql.version", "Version")
	fMySalt                                         = pMySQL.strz("mysql.salt", "Salt")
	fMyCapsServer                                   = pMySQL.u16("mysql.caps.server", "Server Capabilities", Hex)
	fMyServerLanguage                               = pMySQL.u8("mysql.server_language", "Server Language", Dec, names(mysqlCharsets))
	fMariaServerLanguage                            = pMySQL.u8("mariadb.server_language", "Server Language", Dec, names(mariaCharsets))
	fMyExtcapsServer                                = pMySQL.u16("mysql.extcaps.server", "Extended Server Capabilities", Hex)
	fMyAuthPluginLength                             = pMySQL.u8("mysql.auth_plugin.length", "Authentication Plugin Length", Dec)
	fMariaExtcapsServer                             = pMySQL.u32("mariadb.extcaps.server", "MariaDB Extended Server Capabilities", Hex)
	fMySalt2                                        = pMySQL.strz("mysql.salt2", "Salt")
	fMyAuthPlugin                                   = pMySQL.strz("mysql.auth_plugin", "Authentication Plugin")
	fMyServerStatus                                 = pMySQL.u16("mysql.server_status", "Server Status", Hex)
	fMyLoginRequest                                 = pMySQL.none("mysql.login_request", "Login Request")
	fMyCapsClient                                   = pMySQL.u16("mysql.caps.client", "Client Capabilities", Hex)
	fMyExtcapsClient                                = pMySQL.u16("mysql.extcaps.client", "Extended Client Capabilities", Hex)
	fMyMaxPacket                                    = pMySQL.u32("mysql.max_packet", "MAX Packet", Dec)
	fMariaCharset                                   = pMySQL.u8("mariadb.charset", "Charset", Dec, names(mariaCharsets))
	fMariaExtcapsClient                             = pMySQL.u32("mariadb.extcaps.client", "MariaDB Extended Client Capabilities", Hex)
	fMyCompressionZstdLevel                         = pMySQL.u8("mysql.compression.zstd_level", "ZSTD Compression Level", Dec)
	fMyConnattrs                                    = pMySQL.none("mysql.connattrs", "Connection Attributes")
	fMyConnattrsLength                              = pMySQL.u64("mysql.connattrs.length", "Connection Attributes length", Dec)
	fMyConnattrsAttr                                = pMySQL.none("mysql.connattrs.attr", "Connection Attribute")
	fMyConnattrsNameLength                          = pMySQL.u64("mysql.connattrs.name.length", "Connection Attribute Name Length", Dec)
	fMyConnattrsName                                = pMySQL.strz("mysql.connattrs.name", "Connection Attribute Name")
	fMyConnattrsValueLength                         = pMySQL.u64("mysql.connattrs.value.length", "Connection Attribute Value Length", Dec)
	fMyConnattrsValue                               = pMySQL.strz("mysql.connattrs.value", "Connection Attribute Value")
	fMyAuthMore                                     = pMySQL.u8("mysql.auth_more_data.status", "Status", Hex)
	fMyAuthSwitchRequestData                        = pMySQL.bytes("mysql.auth_switch_request.data", "Auth Method Data")
	fMyAuthSwitchRequestName                        = pMySQL.str("mysql.auth_switch_request.name", "Auth Method Name")
	fMyResponseCode                                 = pMySQL.u8("mysql.response_code", "Response Code", Hex, names(mysqlResponseCodes))
	fMyEOF                                          = pMySQL.u8("mysql.eof", "EOF marker", Dec)
	fMyWarnings                                     = pMySQL.u16("mysql.warnings", "Warnings", Dec)
	fMyRowText                                      = pMySQL.str("mysql.row.text", "text")
	fMyMessage                                      = pMySQL.strz("mysql.message", "Message")
	fMyResponseInfile                               = pMySQL.u8("mysql.local_infile", "Local Infile", Hex)
	fMyInfileName                                   = pMySQL.str("mysql.local_infile.filename", "File Name")
	fMyAffectedRows                                 = pMySQL.u64("mysql.affected_rows", "Affected Rows", Dec)
	fMyInsertID                                     = pMySQL.u64("mysql.insert_id", "Last INSERT ID", Dec)
	fMySessionTrackData                             = pMySQL.none("mysql.session_track.data", "Session tracking data")
	fMySessionTrackDataLength                       = pMySQL.u64("mysql.session_track.data.length", "Session tracking data length", Dec)
	fMySessionTrack                                 = pMySQL.none("mysql.session_track", "Session Track")
	fMySessionTrackType                             = pMySQL.u8("mysql.session_track.type", "Session tracking type", Dec, names(mysqlTrackTypes))
	fMySessionTrackLength                           = pMySQL.u64("mysql.session_track.length", "Session tracking length", Dec)
	fMySessionTrackSysvarLength                     = pMySQL.u64("mysql.session_track.sysvar.length", "System variable change Length", Dec)
	fMySessionTrackSysvarName                       = pMySQL.strz("mysql.session_track.sysvar.name", "System variable change Name")
	fMySessionTrackSysvarValue                      = pMySQL.strz("mysql.session_track.sysvar.value", "System variable change Value")
	fMySessionTrackSchemaLength                     = pMySQL.u64("mysql.session_track.schema.length", "Schema change length", Dec)
	fMySessionTrackSchema                           = pMySQL.strz("mysql.session_track.schema", "Schema change")
	fMySessionTrackStateChange                      = pMySQL.strz("mysql.session_track.state_change", "State change")
	fMySessionTrackGtidsEncoding                    = pMySQL.u8("mysql.session_track.gtids.encoding", "GTIDs encoding", Dec)
	fMySessionTrackGtidsLength                      = pMySQL.u64("mysql.session_track.gtids.length", "GTIDs length", Dec)
	fMySessionTrackGtids                            = pMySQL.strz("mysql.session_track.gtids", "GTIDs")
	fMySessionTrackTransactionCharacteristicsLength = pMySQL.u64("mysql.session_track.transaction_characteristics.length", "Transaction characteristics length", Dec)
	fMySessionTrackTransactionCharacteristics       = pMySQL.strz("mysql.session_track.transaction_characteristics", "Transaction characteristics")
	fMySessionTrackTransactionStateLength           = pMySQL.u64("mysql.session_track.transaction_state.length", "Transaction state length", Dec)
	fMySessionTrackTransactionState                 = pMySQL.strz("mysql.session_track.transaction_state", "Transaction state")
	fMyErrorCode                                    = pMySQL.u16("mysql.error_code", "Error Code", Dec)
	fMySqlstate                                     = pMySQL.str("mysql.sqlstate", "SQL state")
	fMyErrorMessage                                 = pMySQL.str("mysql.error.message", "Error message")
	fMyMetadataFollows                              = pMySQL.u8("mysql.metadata_follows", "send metadata", Dec)
	fMyNumFields                                    = pMySQL.u64("mysql.num_fields", "Number of fields", Dec)
	fMyFieldCatalog                                 = pMySQL.str("mysql.field.catalog", "Catalog")
	fMyFieldDb                                      = pMySQL.str("mysql.field.db", "Database")
	fMyFieldTable                                   = pMySQL.str("mysql.field.table", "Table")
	fMyFieldOrgTable                                = pMySQL.str("mysql.field.org_table", "Original table")
	fMyFieldName                                    = pMySQL.str("mysql.field.name", "Name")
	fMyFieldOrgName                                 = pMySQL.str("mysql.field.org_name", "Original name")
	fMyFieldCharsetnr                               = pMySQL.u16("mysql.field.charsetnr", "Charset number", Dec, names(mysqlCharsets))
	fMyFieldLength                                  = pMySQL.u32("mysql.field.length", "Length", Dec)
	fMyFieldFlags                                   = pMySQL.u16("mysql.field.flags", "Flags", Hex)
	fMyFieldDecimals                                = pMySQL.u8("mysql.field.decimals", "Decimals", Dec)
	fMyFieldDefault                                 = pMySQL.str("mysql.field.default", "Default")
	fMyNumParams                                    = pMySQL.u16("mysql.num_params", "Number of parameter", Dec)
	fMyRowNullbuffer                                = pMySQL.bytes("mysql.row.nullbuffer", "Row null buffer")
	fMyBinlogTimestamp                              = pMySQL.abs("mysql.binlog.event_header.timestamp", "Timestamp")
	fMyBinlogEventType                              = pMySQL.u8("mysql.binlog.event_header.event_type", "Binlog Event Type", Dec, names(mysqlEvents))
	fMyBinlogEventServerID                          = pMySQL.u32("mysql.binlog.event_header.server_id", "Server ID", Dec)
	fMyBinlogEventSize                              = pMySQL.u32("mysql.binlog.event_header.event_size", "Event Size", Dec)
	fMyBinlogEventPosition                          = pMySQL.u32("mysql.binlog.event_header.log_position", "Binlog Position", Dec)
	fMyBinlogEventFlags                             = pMySQL.u16("mysql.binlog.event_header.flags", "Binlog Event Flags", Hex)

	fMyPair = newPairFields(pMySQL)
)

// The words of flags, the lowest bit first.
var (
	mysqlCapFlags = [...]*Field{
		pMySQL.flag(TUint16, "mysql.caps.lp", "Long Password", 0x1),
		pMySQL.flag(TUint16, "mysql.caps.fr", "Found Rows", 0x2),
		pMySQL.flag(TUint16, "mysql.caps.lf", "Long Column Flags", 0x4),
		pMySQL.flag(TUint16, "mysql.caps.cd", "Connect With Database", 0x8),
		pMySQL.flag(TUint16, "mysql.caps.ns", "Don't Allow database.table.column", 0x10),
		pMySQL.flag(TUint16, "mysql.caps.cp", "Can use compression protocol", 0x20),
		pMySQL.flag(TUint16, "mysql.caps.ob", "ODBC Client", 0x40),
		pMySQL.flag(TUint16, "mysql.caps.li", "Can Use LOAD DATA LOCAL", 0x80),
		pMySQL.flag(TUint16, "mysql.caps.is", "Ignore Spaces before '('", 0x100),
		pMySQL.flag(TUint16, "mysql.caps.cu", "Speaks 4.1 protocol (new flag)", 0x200),
		pMySQL.flag(TUint16, "mysql.caps.ia", "Interactive Client", 0x400),
		pMySQL.flag(TUint16, "mysql.caps.sl", "Switch to SSL after handshake", 0x800),
		pMySQL.flag(TUint16, "mysql.caps.ii", "Ignore sigpipes", 0x1000),
		pMySQL.flag(TUint16, "mysql.caps.ta", "Knows about transactions", 0x2000),
		pMySQL.flag(TUint16, "mysql.caps.rs", "Speaks 4.1 protocol (old flag)", 0x4000),
		pMySQL.flag(TUint16, "mysql.caps.sc", "Can do 4.1 authentication", 0x8000),
	}
	mysqlExtCapFlags = [...]*Field{
		pMySQL.flag(TUint16, "mysql.caps.ms", "Multiple statements", 0x1),
		pMySQL.flag(TUint16, "mysql.caps.mr", "Multiple results", 0x2),
		pMySQL.flag(TUint16, "mysql.caps.pm", "PS Multiple results", 0x4),
		pMySQL.flag(TUint16, "mysql.caps.pa", "Plugin Auth", 0x8),
		pMySQL.flag(TUint16, "mysql.caps.ca", "Connect attrs", 0x10),
		pMySQL.flag(TUint16, "mysql.caps.pm", "Plugin Auth LENENC Client Data", 0x20),
		pMySQL.flag(TUint16, "mysql.caps.ep", "Client can handle expired passwords", 0x40),
		pMySQL.flag(TUint16, "mysql.caps.session_track", "Session variable tracking", 0x80),
		pMySQL.flag(TUint16, "mysql.caps.deprecate_eof", "Deprecate EOF", 0x100),
		pMySQL.flag(TUint16, "mysql.caps.optional_metadata", "Client can hanle optional resultset metadata", 0x200),
		pMySQL.flag(TUint16, "mysql.caps.compress_zsd", "ZSTD Compression Algorithm", 0x400),
		pMySQL.flag(TUint16, "mysql.caps.query_attrs", "Query Attributes", 0x800),
		pMySQL.flag(TUint16, "mysql.caps.mf_auth", "Multifactor Authentication", 0x1000),
		pMySQL.flag(TUint16, "mysql.caps.cap_ext", "Capability Extension", 0x2000),
		pMySQL.u16("mysql.caps.unused", "Unused", Hex, mask(0xc000)),
	}
	mysqlStatusFlags = [...]*Field{
		pMySQL.flag(TUint16, "mysql.stat.it", "In transaction", 0x1),
		pMySQL.flag(TUint16, "mysql.stat.ac", "AUTO_COMMIT", 0x2),
		pMySQL.flag(TUint16, "mysql.stat.mu", "Multi query / Unused", 0x4),
		pMySQL.flag(TUint16, "mysql.stat.mr", "More results", 0x8),
		pMySQL.flag(TUint16, "mysql.stat.bi", "Bad index used", 0x10),
		pMySQL.flag(TUint16, "mysql.stat.ni", "No index used", 0x20),
		pMySQL.flag(TUint16, "mysql.stat.cr", "Cursor exists", 0x40),
		pMySQL.flag(TUint16, "mysql.stat.lr", "Last row sent", 0x80),
		pMySQL.flag(TUint16, "mysql.stat.dr", "Database dropped", 0x100),
		pMySQL.flag(TUint16, "mysql.stat.bs", "No backslash escapes", 0x200),
		pMySQL.flag(TUint16, "mysql.stat.mc", "Metadata changed", 0x400),
		pMySQL.flag(TUint16, "mysql.stat.query_was_slow", "Query was slow", 0x800),
		pMySQL.flag(TUint16, "mysql.stat.ps_out_params", "PS Out Params", 0x1000),
		pMySQL.flag(TUint16, "mysql.stat.trans_readonly", "In Trans Readonly", 0x2000),
		pMySQL.flag(TUint16, "mysql.stat.session_state_changed", "Session state changed", 0x4000),
	}
	mariaCapFlags = [...]*Field{
		pMySQL.flag(TUint32, "mariadb.caps.pr", "Progress indication", 0x1),
		pMySQL.flag(TUint32, "mariadb.caps.cm", "Multi commands", 0x2),
		pMySQL.flag(TUint32, "mariadb.caps.bo", "Bulk Operations", 0x4),
		pMySQL.flag(TUint32, "mariadb.caps.em", "Extended metadata", 0x8),
		pMySQL.flag(TUint32, "mariadb.caps.me", "Cache metadata", 0x10),
	}
	mysqlRefreshFlags = [...]*Field{
		pMySQL.flag(TUint8, "mysql.rfsh.grants", "reload permissions", 0x1),
		pMySQL.flag(TUint8, "mysql.rfsh.log", "flush logfiles", 0x2),
		pMySQL.flag(TUint8, "mysql.rfsh.tables", "flush tables", 0x4),
		pMySQL.flag(TUint8, "mysql.rfsh.hosts", "flush hosts", 0x8),
		pMySQL.flag(TUint8, "mysql.rfsh.status", "reset statistics", 0x10),
		pMySQL.flag(TUint8, "mysql.rfsh.threads", "empty thread cache", 0x20),
		pMySQL.flag(TUint8, "mysql.rfsh.slave", "flush slave status", 0x40),
		pMySQL.flag(TUint8, "mysql.rfsh.master", "flush master status", 0x80),
	}
	mysqlFieldFlags = [...]*Field{
		pMySQL.flag(TUint16, "mysql.field.flags.not_null", "Not null", 0x1),
		pMySQL.flag(TUint16, "mysql.field.flags.primary_key", "Primary key", 0x2),
		pMySQL.flag(TUint16, "mysql.field.flags.unique_key", "Unique key", 0x4),
		pMySQL.flag(TUint16, "mysql.field.flags.multiple_key", "Multiple key", 0x8),
		pMySQL.flag(TUint16, "mysql.field.flags.blob", "Blob", 0x10),
		pMySQL.flag(TUint16, "mysql.field.flags.unsigned", "Unsigned", 0x20),
		pMySQL.flag(TUint16, "mysql.field.flags.zero_fill", "Zero fill", 0x40),
		pMySQL.flag(TUint16, "mysql.field.flags.enum", "Enum", 0x100),
		pMySQL.flag(TUint16, "mysql.field.flags.auto_increment", "Auto increment", 0x200),
		pMySQL.flag(TUint16, "mysql.field.flags.timestamp", "Timestamp", 0x400),
		pMySQL.flag(TUint16, "mysql.field.flags.set", "Set", 0x800),
	}
)
