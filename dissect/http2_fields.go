package dissect

var (
	pHTTP2      = newProto("HyperText Transfer Protocol 2", "HTTP2", "http2")
	fH2Stream   = pHTTP2.none("http2.stream", "Stream")
	fH2Length   = pHTTP2.u24("http2.length", "Length", Dec)
	fH2Type     = pHTTP2.u8("http2.type", "Type", Dec, names(http2TypeName))
	fH2R        = pHTTP2.u32("http2.r", "Reserved", Hex, mask(1<<31))
	fH2StreamID = pHTTP2.u32("http2.streamid", "Stream Identifier", Dec, mask(1<<31-1))
	fH2Magic    = pHTTP2.str("http2.magic", "Magic")
	fH2Unknown  = pHTTP2.bytes("http2.unknown", "Unknown")

	fH2Flags          = pHTTP2.u8("http2.flags", "Flags", Hex)
	fH2EndStream      = http2Flag("http2.flags.end_stream", "End Stream", 0x01)
	fH2EndHeaders     = http2Flag("http2.flags.eh", "End Headers", 0x04)
	fH2Padded         = http2Flag("http2.flags.padded", "Padded", 0x08)
	fH2PriorityFlag   = http2Flag("http2.flags.priority", "Priority", 0x20)
	fH2ACKPing        = http2Flag("http2.flags.ack.ping", "ACK", 0x01)
	fH2ACKSettings    = http2Flag("http2.flags.ack.settings", "ACK", 0x01)
	fH2Unused         = http2Unused("http2.flags.unused", 0xff)
	fH2UnusedSettings = http2Unused("http2.flags.unused_settings", 0xfe)
	fH2UnusedPing     = http2Unused("http2.flags.unused_ping", 0xfe)
	fH2UnusedCont     = http2Unused("http2.flags.unused_continuation", 0xfb)
	fH2UnusedPush     = http2Unused("http2.flags.unused_push_promise", 0xf3)
	fH2UnusedData     = http2Unused("http2.flags.unused_data", 0xf6)
	fH2UnusedHeaders  = http2Unused("http2.flags.unused_headers", 0xd2)

	fH2Padding   = pHTTP2.u8("http2.padding", "Pad Length", Hex)
	fH2PadLen    = pHTTP2.u16("http2.pad_length", "Pad Length", Dec)
	fH2Exclusive = pHTTP2.flag(TUint32, "http2.exclusive", "Exclusive", 1<<31, names(trueFalse))
	fH2Depends   = pHTTP2.u32("http2.stream_dependency", "Stream Dependency", Dec, mask(1<<31-1))
	fH2Weight    = pHTTP2.u8("http2.headers.weight", "Weight", Dec)
	fH2WeightIs  = pHTTP2.u8("http2.headers.weight_real", "Weight real", Dec)

	fH2Data      = pHTTP2.bytes("http2.data.data", "Data")
	fH2DataPad   = pHTTP2.bytes("http2.data.padding", "Padding")
	fH2Fragments = pHTTP2.none("http2.body.fragments", "Body fragments")
	fH2Fragment  = pHTTP2.frame("http2.body.fragment", "Body fragment")
	fH2FragCount = pHTTP2.u32("http2.body.fragment.count", "Body fragment count", Dec)
	fH2BodyIn    = pHTTP2.frame("http2.body.reassembled.in", "Reassembled body in frame")
	fH2BodyLen   = pHTTP2.u32("http2.body.reassembled.length", "Reassembled body length", Dec)
	fH2BodyData  = pHTTP2.bytes("http2.body.reassembled.data", "Reassembled body data")

	fH2Block       = pHTTP2.bytes("http2.headers", "Header Block Fragment")
	fH2BlockPad    = pHTTP2.bytes("http2.headers.padding", "Padding")
	fH2Header      = pHTTP2.none("http2.header", "Header")
	fH2HeaderLen   = pHTTP2.u32("http2.header.length", "Header Length", Dec)
	fH2HeaderCount = pHTTP2.u32("http2.header.count", "Header Count", Dec)
	fH2NameLen     = pHTTP2.u32("http2.header.name.length", "Name Length", Dec)
	fH2Name        = pHTTP2.str("http2.header.name", "Name")
	fH2ValueLen    = pHTTP2.u32("http2.header.value.length", "Value Length", Dec)
	fH2Value       = pHTTP2.str("http2.header.value", "Value")
	fH2Unescaped   = pHTTP2.str("http2.header.unescaped", "Unescaped")
	fH2Repr        = pHTTP2.str("http2.header.repr", "Representation")
	fH2Index       = pHTTP2.u32("http2.header.index", "Index", Dec)
	fH2TableUpdate = pHTTP2.none("http2.header_table_size_update", "Header table size update")
	fH2TableSize   = pHTTP2.u32("http2.header_table_size_update.header_table_size", "Header table size", Dec)
	fH2FullURI     = pHTTP2.str("http2.request.full_uri", "Full request URI")

	fH2RSTError       = pHTTP2.u32("http2.rst_stream.error", "Error", Dec, names(http2Error))
	fH2Settings       = pHTTP2.none("http2.settings", "Settings")
	fH2SettingID      = pHTTP2.u16("http2.settings.id", "Settings Identifier", Dec, names(http2SettingName))
	fH2SettingTable   = pHTTP2.u32("http2.settings.header_table_size", "Header table size", Dec)
	fH2SettingPush    = pHTTP2.u32("http2.settings.enable_push", "Enable PUSH", Dec)
	fH2SettingStreams = pHTTP2.u32("http2.settings.max_concurrent_streams", "Max concurrent streams", Dec)
	fH2SettingWindow  = pHTTP2.u32("http2.settings.initial_window_size", "Initial Windows Size", Dec)
	fH2SettingFrame   = pHTTP2.u32("http2.settings.max_frame_size", "Max frame size", Dec)
	fH2SettingHeaders = pHTTP2.u32("http2.settings.max_header_list_size", "Max header list size", Dec)
	fH2SettingConnect = pHTTP2.u32("http2.settings.extended_connect", "Extended CONNECT", Dec)
	fH2SettingOther   = pHTTP2.u32("http2.settings.unknown", "Unknown Settings", Dec)

	fH2PushR    = pHTTP2.u32("http2.push_promise.r", "Reserved", Hex, mask(1<<31))
	fH2Promised = pHTTP2.u32("http2.push_promise.promised_stream_id", "Promised-Stream-ID", Dec, mask(1<<31-1))
	fH2Push     = pHTTP2.bytes("http2.push_promise.header", "Header Block Fragment")
	fH2PushPad  = pHTTP2.bytes("http2.push_promise.padding", "Padding")
	fH2Ping     = pHTTP2.bytes("http2.ping", "Ping")
	fH2Pong     = pHTTP2.bytes("http2.pong", "Pong")
	fH2AwayR    = pHTTP2.u32("http2.goway.r", "Reserved", Hex, mask(1<<31)) // Wireshark spells it so
	fH2AwayLast = pHTTP2.u32("http2.goaway.last_stream_id", "Last-Stream-ID", Dec, mask(1<<31-1))
	fH2AwayErr  = pHTTP2.u32("http2.goaway.error", "Error", Dec, names(http2Error))
	fH2AwayData = pHTTP2.bytes("http2.goaway.addata", "Additional Debug Data")
	fH2WindowR  = pHTTP2.u32("http2.window_update.r", "Reserved", Hex, mask(1<<31))
	fH2Window   = pHTTP2.u32("http2.window_update.window_size_increment", "Window Size Increment", Dec, mask(1<<31-1))
	fH2Cont     = pHTTP2.str("http2.continuation.header", "Continuation Header")

	fH2AltOriginLen = pHTTP2.u16("http2.altsvc.origin.len", "Origin Length", Dec)
	fH2AltOrigin    = pHTTP2.str("http2.altsvc.origin", "Origin")
	fH2AltValue     = pHTTP2.str("http2.altsvc.field_value", "Field/Value")
	fH2Origins      = pHTTP2.none("http2.origin", "Origin")
	fH2OriginLen    = pHTTP2.u16("http2.origin.origin_len", "Origin Length", Dec)
	fH2Origin       = pHTTP2.str("http2.origin.origin", "Origin")
	fH2PrioStream   = pHTTP2.u64("http2.priority_update_stream_id", "Priority Update Stream ID", Dec)
	fH2PrioValue    = pHTTP2.str("http2.priority_update_field_value", "Priority Update Field Value")

	eH2BodyUnpack  = pHTTP2.none("http2.body_decompression_failed", "Body decompression failed")
	eH2UnpackMost  = pHTTP2.none("http2.body_decompression_limit", "Decompression stopped at the limit")
	fH2Segment     = pHTTP2.bytes("http2.data.segment", "DATA segment")
	eH2Reassembly  = pHTTP2.none("http2.reassembly_error", "Reassembling HTTP2 body for subdissector failed")
	eH2HeaderSize  = pHTTP2.none("http2.header_size_exceeded", "Decompression stopped.")
	eH2HeaderLines = pHTTP2.none("http2.header_lines_exceeded", "Decompression stopped after 200 header lines.")

	// What the path of a request is made of, where it has a query; HTTP's own.
	fHTTPPathSegment = pHTTP.str("http.path_segment", "Path segment")
	fHTTPPathSub     = pHTTP.str("http.path_sub_segment", "Path sub segment")

	http2HeaderFields = http2Headers()

	http2Protocols = []*Proto{pHTTP2}
)

func http2Flag(abbrev, name string, m uint64) *Field {
	return pHTTP2.flag(TUint8, abbrev, name, m, names(trueFalse))
}

func http2Unused(abbrev string, m uint64) *Field {
	return pHTTP2.u8(abbrev, "Unused", Hex, mask(m))
}

// http2Headers makes the fields of the headers that have one of their own, by
// the header's name.
func http2Headers() map[string]*Field {
	m := map[string]*Field{
		":status":        pHTTP2.u16("http2.headers.status", ":status", Dec),
		"age":            pHTTP2.u64("http2.headers.age", "age", Dec),
		"content-length": pHTTP2.u64("http2.headers.content_length", "content-length", Dec),
		"max-forwards":   pHTTP2.u64("http2.headers.max_forwards", "max-forwards", Dec),
	}
	for _, name := range []string{":authority", ":path", ":method", ":scheme", "accept", "accept-charset", "accept-encoding",
		"accept-language", "accept-ranges", "access-control-allow-origin", "allow", "authorization", "cache-control",
		"content-disposition", "content-encoding", "content-language", "content-location", "content-range", "content-type",
		"cookie", "date", "etag", "expect", "expires", "from", "if-match", "if-modified-since", "if-none-match", "if-range",
		"if-unmodified-since", "last-modified", "link", "location", "proxy-authenticate", "proxy-authorization", "range",
		"referer", "refresh", "retry-after", "server", "set-cookie", "strict-transport-security", "user-agent", "vary", "via",
		"www-authenticate"} {
		m[name] = pHTTP2.str("http2.headers."+http2FieldName(name), name)
	}
	return m
}

// http2FieldName turns a header's name into the last part of a field's.
func http2FieldName(name string) string {
	b := []byte(name)
	if b[0] == ':' {
		b = b[1:]
	}
	for i, c := range b {
		if c == '-' {
			b[i] = '_'
		}
	}
	return string(b)
}

// The frame types (RFC 9113 §6, RFC 7838 §4, RFC 8336 §2, RFC 9218 §7.1).
const (
	h2Data         = 0
	h2Headers      = 1
	h2Priority     = 2
	h2RSTStream    = 3
	h2Settings     = 4
	h2PushPromise  = 5
	h2Ping         = 6
	h2GoAway       = 7
	h2WindowUpdate = 8
	h2Continuation = 9
	h2AltSvc       = 10
	h2Origin       = 12
	h2PrioUpdate   = 16
)

// The flags of frames that matter to a dissection (RFC 9113 §6).
const (
	h2FlagEndStream  = 0x01
	h2FlagACK        = 0x01
	h2FlagEndHeaders = 0x04
	h2FlagPadded     = 0x08
	h2FlagPriority   = 0x20
)

// http2TypeName names a frame type.
func http2TypeName(v uint64) string {
	switch v {
	case 11:
		return "BLOCKED"
	case h2Origin:
		return "ORIGIN"
	case h2PrioUpdate:
		return "PRIORITY_UPDATE"
	}
	return list("DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE",
		"CONTINUATION", "ALTSVC")(v)
}

// http2Error names an error code (RFC 9113 §7).
func http2Error(v uint64) string {
	return list("NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
		"FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
		"INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED")(v)
}

// http2SettingName names a setting (RFC 9113 §6.5.2, RFC 8441 §3).
func http2SettingName(v uint64) string {
	return list("", "Header table size", "Enable PUSH", "Max concurrent streams", "Initial Windows size", "Max frame size",
		"Max header list size", "", "Extended CONNECT")(v)
}

// http2SettingField gives the field of a setting's value.
func http2SettingField(id uint16) *Field {
	switch id {
	case 1:
		return fH2SettingTable
	case 2:
		return fH2SettingPush
	case 3:
		return fH2SettingStreams
	case 4:
		return fH2SettingWindow
	case 5:
		return fH2SettingFrame
	case 6:
		return fH2SettingHeaders
	case 8:
		return fH2SettingConnect
	}
	return fH2SettingOther
}
