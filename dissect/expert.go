package dissect

// Severity is how much an expert item matters, with Wireshark's numbers.
type Severity uint32

// The severities.
const (
	Chat    Severity = 0x00200000 // ordinary events: a connection begins
	NoteSev Severity = 0x00400000 // worth knowing: a retransmission
	WarnSev Severity = 0x00600000 // something is wrong: a lost segment
	Error   Severity = 0x00800000 // the packet itself is wrong
)

// String names the severity as the detail tree does.
func (s Severity) String() string {
	switch s {
	case Chat:
		return "Chat"
	case NoteSev:
		return "Note"
	case WarnSev:
		return "Warning"
	case Error:
		return "Error"
	}
	return "Comment"
}

// Group is what an expert item is about, with Wireshark's numbers.
type Group uint32

// The groups.
const (
	GroupChecksum   Group = 0x01000000
	GroupSequence   Group = 0x02000000
	GroupResponse   Group = 0x03000000
	GroupRequest    Group = 0x04000000
	GroupUndecoded  Group = 0x05000000
	GroupReassemble Group = 0x06000000
	GroupMalformed  Group = 0x07000000
	GroupProtocol   Group = 0x09000000
	GroupSecurity   Group = 0x0a000000
	GroupComment    Group = 0x0b000000
	GroupDecryption Group = 0x0c000000
	GroupAssumption Group = 0x0d000000
	GroupDeprecated Group = 0x0e000000
)

// String names the group as the detail tree does.
func (g Group) String() string {
	switch g {
	case GroupChecksum:
		return "Checksum"
	case GroupSequence:
		return "Sequence"
	case GroupResponse:
		return "Response"
	case GroupRequest:
		return "Request"
	case GroupUndecoded:
		return "Undecoded"
	case GroupReassemble:
		return "Reassemble"
	case GroupMalformed:
		return "Malformed"
	case GroupProtocol:
		return "Protocol"
	case GroupSecurity:
		return "Security"
	case GroupComment:
		return "Comment"
	case GroupDecryption:
		return "Decryption"
	case GroupAssumption:
		return "Assumption"
	case GroupDeprecated:
		return "Deprecated"
	}
	return "Unknown"
}

var (
	pExpert    = newProto("Expert Info", "Expert", "_ws.expert")
	fExpertMsg = pExpert.str("_ws.expert.message", "Message")
	fExpertSev = pExpert.u32("_ws.expert.severity", "Severity level", NoLabel, names(func(v uint64) string { return Severity(v).String() }))
	fExpertGrp = pExpert.u32("_ws.expert.group", "Group", NoLabel, names(func(v uint64) string { return Group(v).String() }))

	pMalformed = newProto("Malformed Packet", "Malformed packet", "_ws.malformed")
	eMalformed = pMalformed.none("_ws.malformed.expert", "Malformed Packet (Exception occurred)")
	eReassembl = pMalformed.none("_ws.malformed.reassembly", "Reassembly error")
	pString    = newProto("Character/String", "String", "_ws.string")
	eStrayText = pString.none("_ws.string.trailing_stray_characters", "Trailing stray characters")
	pShort     = newProto("Packet size limited during capture", "Packet size limited during capture", "_ws.short")

	pText = newProto("Text", "Text", "text")
	fText = pText.none("_ws.text", "Text") // lines that are only text
)

// expert adds an expert item under the open node. item is the field that bears
// the item's own name (tcp.connection.syn); nil where it has none.
func (c *cursor) expert(s Severity, g Group, item *Field, msg string) {
	if !c.on() {
		return
	}
	off, n := c.pos, 0
	if o := c.opened(); o != nil {
		off, n = int(o.Off), int(o.Len)
	}
	flags := Generated
	if s >= WarnSev {
		flags |= Warn
	}
	c.addAt(&pExpert.field, off, n, Node{text: "Expert Info (" + s.String() + "/" + g.String() + "): " + msg, Flags: flags})
	c.d.push()
	if item != nil {
		c.addAt(item, off, n, Node{text: msg, Flags: Generated})
	}
	c.addAt(fExpertMsg, off, 0, Node{str: msg, Flags: Generated | Hidden})
	c.addAt(fExpertSev, off, 0, Node{num: uint64(s), Flags: Generated})
	c.addAt(fExpertGrp, off, 0, Node{num: uint64(g), Flags: Generated})
	c.end()
	if g == GroupMalformed { // so that a filter for malformed packets finds it
		c.addAt(&pMalformed.field, off, 0, Node{text: "_ws.malformed", Flags: Hidden})
	}
}
