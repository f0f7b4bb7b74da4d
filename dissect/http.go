package dissect

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"

	"tcplens/internal/text"
)

// dissectHTTP takes the messages of HTTP/1 apart that a run of bytes holds (RFC
// 9112, R91–R95). What is no message is shown as data, if the conversation has
// spoken HTTP before.
func dissectHTTP(c cursor, p *payload) {
	d := c.d
	if p.Messages == nil {
		if bytes.HasPrefix(c.rest(), []byte(http2Preface)) {
			d.enter(pHTTP)
			dissectHTTP2(c, p)
			return
		}
	} else if inner := p.Session.appAt(p.Frame); inner != AppHTTP {
		d.enter(pHTTP)
		inner.application().dissect(c, p)
		return
	} else if tunnel, ok := p.Session.httpSwitched(p.Frame); ok {
		dissectAfterHTTP(c, p, tunnel)
		return
	}
	x := httpRun{payload: p, start: c.pos}
	if len(p.rest) > 0 && string(c.rest()) == "\r\n" {
		c.skip(2) // the line end before a message that is not complete
	}
	for c.ok() && c.captured() > 0 {
		if x.shown > 0 {
			d.infoFence()
		}
		b := c.rest()
		lead := 0
		if len(b) > 2 && b[0] == '\r' && b[1] == '\n' && httpBegins(b[2:]) {
			lead = 2
		}
		if !httpBegins(b[lead:]) {
			if x.shown > 0 && p.Messages != nil {
				if inner := p.Session.upgradesIn(p.Frame); inner != AppNone {
					inner.application().dissect(c, p)
					return
				}
			}
			if !x.spoken() && x.shown == 0 {
				if p.Messages == nil || len(p.rest) == 0 {
					return
				}
				break
			}
			x.continuation(c.tail())
			return
		}
		x.message(&c, lead)
	}
	if len(p.rest) > 0 && c.cols() && c.ok() {
		if line, _, ok := httpLine(p.rest[:min(len(p.rest), maxHTTPHead)]); ok && httpStartKind(line) != httpOther {
			if x.shown > 0 {
				d.infoFence()
			}
			d.setInfo(text.Printable(string(line)) + " ")
		}
	}
}

// dissectSSDP takes the message of service discovery apart that a datagram holds
// (UPnP Device Architecture 1.1 §1): a head of HTTP, and nothing else.
func dissectSSDP(c cursor, p *Proto) {
	x := httpRun{payload: &payload{}, start: c.pos, proto: p}
	if !httpBegins(c.rest()) {
		c.d.setProto(p.Short)
		x.shown++
		c.proto(p)
		dissectData(c)
		c.end()
		return
	}
	x.message(&c, 0)
}

// httpRun is a run of messages in one call.
type httpRun struct {
	*payload
	proto *Proto // what the messages are of; nil: HTTP itself
	start int    // where the data given to this call begins
	shown int
}

func (x *httpRun) spoken() bool {
	return x.Messages == nil || x.Session.httpSpoken(x.Frame, x.FirstVisit)
}

// httpBegins says whether a message begins here.
func httpBegins(b []byte) bool {
	line, _, _ := httpLine(b[:min(len(b), maxHTTPHead)])
	return len(line) > 0 && httpStartKind(line) != httpOther
}

// open makes the node of a message. Several messages of one call count as one
// protocol of the frame.
func (x *httpRun) open(c *cursor) *Node {
	p := pHTTP
	if x.proto != nil {
		p = x.proto
	}
	c.d.setProto(p.Short)
	if x.shown++; x.shown == 1 {
		return c.proto(p)
	}
	n := c.addAt(&pHTTP.field, c.pos, 0, Node{})
	c.d.push()
	return n
}

// reach makes the open node of a message reach to the end of all that was given
// to HTTP in one call, as tshark's does unless a dissector of the body ends it.
func (x *httpRun) reach(c *cursor) {
	if o := c.opened(); o != nil {
		o.Len = int32(max(0, c.have+len(x.rest)-int(o.Off)))
	}
}

// continuation shows bytes that begin no message.
func (x *httpRun) continuation(c cursor) {
	c.d.setInfo("Continuation")
	x.open(&c)
	x.reach(&c)
	b := c.rest()
	if len(b) > 0 && b[0] >= 0x20 && b[0] < 0x7f {
		c.fileData(c, b)
	}
	dissectData(c)
	c.skip(c.captured())
	c.end()
}

// httpMessage is a message while it is taken apart.
type httpMessage struct {
	httpHead
	off      int // its first byte
	line     []byte
	mime     string // the media type, in lower case, without its parameters
	params   string // and those
	hasType  bool
	encoding string
	transfer bool // there is a Transfer-Encoding

	target     string // what is asked for, also by the request that the message answers
	grpcCoding string // of messages of gRPC in the body
}

// message takes one message apart and moves the cursor behind it.
func (x *httpRun) message(c *cursor, lead int) {
	m := httpMessage{off: c.pos}
	x.open(c)
	x.reach(c)
	if lead > 0 {
		c.skip(lead)
		if c.on() {
			c.note(2, eHTTPLeading.Name)
			c.begin()
			c.expert(Error, GroupMalformed, eHTTPLeading, eHTTPLeading.Name)
			c.end()
		}
		m.off = c.pos
	}
	m.startLine(c)
	whole := m.fields(c)
	x.context(c, &m)
	if !whole && c.captured() == 0 && c.left() > 0 {
		c.need(1) // the snap length cut the head
		c.end()
		return
	}
	if whole {
		asked := methodOther
		if m.kind == httpResponse && x.Messages != nil {
			asked = x.Session.httpAsked(x.Frame, x.responses)
		}
		if m.kind == httpResponse {
			x.responses++
		} else {
			x.requests++
		}
		m.target = m.uri
		if m.kind == httpResponse && isGRPC(m.mime) && x.Messages != nil {
			place, _ := x.Session.httpAt(x.Frame)
			m.target = uriPath(place.uri)
		}
		m.body(c, asked, x.start)
		return
	}
	c.end()
}

// startLine shows the request or status line (RFC 9112 §3, §4).
func (m *httpMessage) startLine(c *cursor) {
	line, n, ok := httpLine(c.rest())
	if !ok {
		line = bytes.TrimSuffix(line, []byte("\r"))
	}
	m.line = line
	m.start(line)
	if c.cols() {
		c.d.setInfo(text.Printable(string(line)) + " ")
	}
	off := c.pos
	c.skip(n)
	if !c.on() {
		return
	}
	label := text.Printable(string(c.b[off:c.pos]))
	c.note(n, label)
	c.begin()
	c.expert(Chat, GroupSequence, eHTTPChat, label)
	if m.kind == httpRequest {
		m.requestLine(c, off)
	} else {
		m.statusLine(c, off)
	}
	c.end()
}

// word adds a field for the bytes from i to j of the start line.
func (m *httpMessage) word(c *cursor, f *Field, off, i, j int) {
	c.addAt(f, off+i, j-i, Node{str: string(m.line[i:j])})
}

func (m *httpMessage) requestLine(c *cursor, off int) {
	cut := func(from int) (end, next int) {
		if k := bytes.IndexByte(m.line[from:], ' '); k >= 0 {
			return from + k, from + k + 1
		}
		return len(m.line), len(m.line)
	}
	end, uri := cut(0)
	m.word(c, fHTTPMethod, off, 0, end)
	if uri == end {
		return
	}
	end, version := cut(uri)
	if end > uri {
		m.word(c, fHTTPURI, off, uri, end)
		if q := bytes.IndexByte(m.line[uri:end], '?'); q >= 0 && uri+q+1 < end {
			c.begin()
			q += uri
			m.word(c, fHTTPPath, off, uri, q)
			m.word(c, fHTTPQuery, off, q+1, end)
			c.begin()
			for i := q + 1; i < end; {
				j := end
				if k := bytes.IndexByte(m.line[i:end], '&'); k >= 0 {
					j = i + k
				}
				if i < j {
					m.word(c, fHTTPParam, off, i, j)
				}
				i = j + 1
			}
			c.end()
			c.end()
		}
	}
	m.word(c, fHTTPReqVer, off, min(version, len(m.line)), len(m.line))
}

func (m *httpMessage) statusLine(c *cursor, off int) {
	end := bytes.IndexByte(m.line, ' ')
	if end < 0 {
		end = len(m.line)
	}
	m.word(c, fHTTPRespVer, off, 0, end)
	i := end
	for i < len(m.line) && m.line[i] == ' ' {
		i++
	}
	if len(m.line)-i < 3 {
		return
	}
	c.addAt(fHTTPCode, off+i, 3, Node{num: uint64(m.status)})
	c.addAt(fHTTPCodeDesc, off+i, 3, Node{str: httpStatusText(m.status), Flags: Generated})
	for i < len(m.line) && m.line[i] != ' ' {
		i++
	}
	for i < len(m.line) && m.line[i] == ' ' {
		i++
	}
	if i < len(m.line) {
		m.word(c, fHTTPPhrase, off, i, len(m.line))
	}
}

// fields shows the header fields up to the empty line. It is false if that did
// not come, or a line came that is no header field: what follows is no body then.
func (m *httpMessage) fields(c *cursor) bool {
	for c.captured() > 0 {
		b := c.rest()
		line, n, ok := httpLine(b)
		if !ok {
			n = len(b)
			line = bytes.TrimSuffix(b, []byte("\r"))
		}
		if len(line) == 0 {
			c.skip(n)
			if c.on() {
				c.note(n, text.Printable(string(b[:n])))
			}
			return true
		}
		if bytes.IndexByte(line, ':') < 0 {
			return false
		}
		m.field(line)
		c.skip(n)
		m.headerLine(c, line, b[:n])
	}
	return false
}

// headerLine shows one header field; line is what stands in raw before its line end.
func (m *httpMessage) headerLine(c *cursor, line, raw []byte) {
	n := len(raw)
	i := bytes.IndexByte(line, ':')
	name := strings.ToLower(string(line[:i]))
	value := strings.Trim(string(line[i+1:]), " \t")
	f := httpField(name)
	switch f {
	case fHTTPType:
		m.hasType = true
		mime, params, _ := strings.Cut(value, ";")
		m.mime, m.params = strings.ToLower(strings.TrimSpace(mime)), strings.TrimSpace(params)
	case fHTTPEncoding:
		m.encoding = value
	case fHTTPTransfer:
		m.transfer = true
	}
	if name == "grpc-encoding" {
		m.grpcCoding = value
	}
	if !c.on() {
		return
	}
	lineField := fHTTPReqLine
	if m.kind == httpResponse {
		lineField = fHTTPRespLine
	}
	label := text.Printable(string(raw))
	off := c.pos - n
	bad := bytes.ContainsFunc(line[:i], func(r rune) bool { return !isTokenChar(r) })
	if f == nil {
		c.addAt(lineField, off, n, Node{str: string(raw), text: label})
		if bad {
			c.begin()
			c.expert(WarnSev, GroupProtocol, eHTTPBadName, eHTTPBadName.Name)
			c.end()
		}
		return
	}
	shown := strings.TrimLeft(string(line[i+1:]), " \t") // as Wireshark has it: what is behind the value, too
	c.addAt(f, off, n, Node{str: shown, text: label})
	c.begin()
	m.headerParts(c, f, off, n, line, value)
	c.end()
	c.addAt(lineField, off, n, Node{str: string(raw), text: label, Flags: Hidden})
}

// headerParts shows what is found inside of a header field.
func (m *httpMessage) headerParts(c *cursor, f *Field, off, n int, line []byte, value string) {
	switch f {
	case fHTTPLengthHdr:
		if v, err := strconv.ParseUint(value, 10, 63); err == nil {
			c.addAt(fHTTPLength, off, n, Node{num: v, Flags: Generated})
			if m.transfer {
				c.expert(WarnSev, GroupMalformed, eHTTPBoth, eHTTPBoth.Name)
			}
		}
	case fHTTPAuth, fHTTPProxyAuth:
		kind, rest, _ := strings.Cut(value, " ")
		if strings.EqualFold(kind, "Basic") {
			s, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest))
			if err != nil {
				s = nil
			}
			c.addAt(fHTTPBasic, off, 0, Node{str: string(s)})
		}
	case fHTTP2Settings: // RFC 7540 §3.2.1
		if b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(value, "=")); err == nil {
			s := c.newSource("Settings", b)
			for s.left() >= 6 {
				http2Setting(&s)
			}
		}
	case fHTTPCookie:
		at := bytes.IndexByte(line, ':') + 1
		for at < len(line) {
			end := len(line)
			if k := bytes.IndexByte(line[at:], ';'); k >= 0 {
				end = at + k
			}
			i, j := at, end
			for i < j && (line[i] == ' ' || line[i] == '\t') {
				i++
			}
			if i < j {
				c.addAt(fHTTPCookiePair, off+i, j-i, Node{str: string(line[i:j])})
			}
			at = end + 1
		}
	}
}

// isTokenChar knows the characters of a header's name (RFC 9110 §5.6.2).
func isTokenChar(r rune) bool {
	return r < 0x80 && (r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("!#$%&'*+-.^_`|~", r))
}

// context shows what other packets have to do with the message (R94, R95).
func (x *httpRun) context(c *cursor, m *httpMessage) {
	if !c.on() {
		return
	}
	gen := func(f *Field, v uint64) *Node { return c.addAt(f, m.off, 0, Node{num: v, Flags: Generated}) }
	str := func(f *Field, s string) { c.addAt(f, m.off, 0, Node{str: s, Flags: Generated}) }
	frame := func(f *Field, n uint64) {
		if n != 0 {
			gen(f, n)
		}
	}
	if m.kind == httpRequest {
		if uri := m.fullURI(x.Messages != nil && x.Session.secure); uri != "" {
			str(fHTTPFullURI, uri)
		}
		gen(fHTTPRequest, 1).mark(Hidden)
	} else {
		gen(fHTTPResponse, 1).mark(Hidden)
	}
	if x.Messages == nil {
		return
	}
	var place httpPlace
	var ok bool
	if x.FirstVisit {
		k := x.requests
		if m.kind == httpResponse {
			k = x.responses
		}
		place, ok = x.Session.httpNow(x.Frame, m.kind, k)
	} else {
		place, ok = x.Session.httpAt(x.Frame)
	}
	if !ok {
		return
	}
	of := strconv.Itoa(place.number) + "/" + strconv.Itoa(place.total)
	if m.kind == httpRequest {
		gen(fHTTPReqNum, uint64(place.number)).label("HTTP request " + of)
		frame(fHTTPPrevReq, uint64(place.prev.request))
		frame(fHTTPRespIn, uint64(place.pair.response))
		frame(fHTTPNextReq, uint64(place.next.request))
		return
	}
	gen(fHTTPRespNum, uint64(place.number)).label("HTTP response " + of)
	if place.pair.request != 0 {
		gen(fHTTPTime, uint64(c.d.in.Packet.Time.Sub(place.pair.asked)))
	}
	frame(fHTTPPrevReq, uint64(place.prev.request))
	frame(fHTTPPrevResp, uint64(place.prev.response))
	frame(fHTTPReqIn, uint64(place.pair.request))
	frame(fHTTPNextReq, uint64(place.next.request))
	frame(fHTTPNextResp, uint64(place.next.response))
	if place.uri != "" {
		str(fHTTPForURI, place.uri)
	}
}

// dissectAfterHTTP goes on with what is spoken in the tunnel that CONNECT made, or
// after an upgrade to something that has no dissector (RFC 9110 §9.3.6, §7.8).
func dissectAfterHTTP(c cursor, p *payload, tunnel string) {
	if tunnel == "" {
		c.d.enter(pHTTP)
		dissectData(c)
		return
	}
	c.proto(pHTTP)
	host, _, _ := strings.Cut(tunnel, ":")
	port := tunnelPort(tunnel)
	if c.on() {
		c.genStr(fHTTPProxyHost, host)
		if port != 0 {
			c.gen(fHTTPProxyPort, uint64(port))
		}
	}
	c.end()
	if applicationPorts[port] == AppTLS || p.Session.tunnelOf() == AppTLS || looksLikeTLS(c.rest()) {
		dissectTLS(c, p)
		return
	}
	dissectData(c)
}
