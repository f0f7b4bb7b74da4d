package dissect

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// httpKind is what the first line of a message says that it is.
type httpKind uint8

const (
	httpOther httpKind = iota // no message at all
	httpRequest
	httpResponse
)

// httpHead is what the start line and the header fields of a message say of its
// end and of the messages after it (R91, R92; RFC 9112 §6.3).
type httpHead struct {
	kind    httpKind
	method  httpMethod
	name    string // of the method
	status  uint16
	chunked bool   // Transfer-Encoding: chunked
	length  int64  // Content-Length; −1 without one
	uri     string // as it stands in the request line
	host    string // of a request
	hasHost bool
	upgrade string // what Upgrade names

	extensions, subprotocol string // of WebSocket (RFC 6455 §11.3)
}

// httpMethod tells the methods whose answers have no body of their own.
type httpMethod uint8

const (
	methodOther httpMethod = iota
	methodHEAD
	methodCONNECT
	methodRPC // whose own length is that of a whole session (MS-RPCH §2.1.2.1)
)

// httpStartKind tells a message by its first line: a version, or a method that
// Wireshark knows and a space (R91).
func httpStartKind(line []byte) httpKind {
	if bytes.HasPrefix(line, []byte("HTTP/")) || bytes.HasPrefix(line, []byte("ICY")) {
		return httpResponse
	}
	word := line
	if i := bytes.IndexByte(line, ' '); i >= 0 {
		word = line[:i]
	}
	if len(word) > 20 || !isHTTPMethod(string(word)) {
		return httpOther
	}
	return httpRequest
}

// isHTTPMethod knows the methods of RFC 9110, of WebDAV and its relatives, and of UPnP.
func isHTTPMethod(s string) bool {
	switch s {
	case "GET", "PUT", "HEAD", "POST", "COPY", "LOCK", "MOVE", "POLL", "ICY", "LINK",
		"BCOPY", "BMOVE", "MKCOL", "TRACE", "LABEL", "MERGE", "PATCH",
		"DELETE", "SEARCH", "UNLOCK", "REPORT", "UPDATE", "NOTIFY", "UNLINK",
		"BDELETE", "CONNECT", "OPTIONS", "CHECKIN", "GUM", "ACL",
		"PROPFIND", "CHECKOUT", "CCM_POST", "M-SEARCH", "BITS_POST", "SUBSCRIBE", "PROPPATCH", "BPROPFIND",
		"UNCHECKOUT", "MKACTIVITY", "ORDERPATCH", "MKCALENDAR", "BPROPPATCH", "UNSUBSCRIBE", "RPC_CONNECT",
		"RPC_IN_DATA", "RPC_OUT_DATA", "MKWORKSPACE", "MKREDIRECTREF", "VERSION-CONTROL", "BASELINE-CONTROL",
		"UPDATEREDIRECTREF", "SSTP_DUPLEX_POST":
		return true
	}
	return false
}

// start takes the first line, which is not empty and has no line end.
func (h *httpHead) start(line []byte) {
	*h = httpHead{kind: httpStartKind(line), length: -1}
	first, rest, _ := bytes.Cut(line, []byte(" "))
	switch h.kind {
	case httpRequest:
		h.name = string(first)
		switch h.name {
		case "HEAD":
			h.method = methodHEAD
		case "CONNECT":
			h.method = methodCONNECT
		case "RPC_IN_DATA", "RPC_OUT_DATA":
			h.method = methodRPC
		}
		uri, _, _ := bytes.Cut(rest, []byte(" "))
		h.uri = string(uri)
	case httpResponse:
		h.status = httpStatus(rest)
	}
}

// httpStatus reads the status code behind the version; 0 if there is none.
func httpStatus(rest []byte) uint16 {
	rest = bytes.TrimLeft(rest, " ")
	n := 0
	for n < len(rest) && n < 3 && rest[n] >= '0' && rest[n] <= '9' {
		n++
	}
	v, err := strconv.Atoi(string(rest[:n]))
	if err != nil {
		return 0
	}
	return uint16(v)
}

// field takes a header line without its line end.
func (h *httpHead) field(line []byte) {
	i := bytes.IndexByte(line, ':')
	if i < 0 {
		return
	}
	value := func() string { return string(bytes.Trim(line[i+1:], " \t")) }
	switch {
	case i == 14 && isASCIIFold(line[:i], "content-length"):
		h.length = contentLength(value())
	case i == 17 && isASCIIFold(line[:i], "transfer-encoding"):
		const chunked = "chunked"
		if v := value(); len(v) >= len(chunked) && strings.EqualFold(v[:len(chunked)], chunked) {
			h.chunked = true
		}
	case i == 4 && isASCIIFold(line[:i], "host"):
		h.host, h.hasHost = value(), true
	case i == 7 && isASCIIFold(line[:i], "upgrade"):
		h.upgrade = strings.ToLower(value())
	case i == 24 && isASCIIFold(line[:i], "sec-websocket-extensions"):
		if len(h.extensions) > 0 {
			h.extensions += ","
		}
		h.extensions += value()
	case i == 22 && isASCIIFold(line[:i], "sec-websocket-protocol"):
		h.subprotocol = value()
	}
}

// contentLength reads the value of Content-Length; −1 for what is none, or more
// than tshark waits for.
func contentLength(v string) int64 {
	for i := 0; i < len(v); i++ {
		if v[i] < '0' || v[i] > '9' {
			return -1
		}
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n > math.MaxInt32 {
		return -1
	}
	return n
}

// isASCIIFold compares without regard to the case of ASCII letters; lower is in lower case.
func isASCIIFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// noWait says that a message is not waited for beyond its head: the answer to HEAD
// and CONNECT, the statuses that have no body (R92), and the requests of RPC.
func (h *httpHead) noWait(asked httpMethod) bool {
	if h.kind == httpRequest {
		return h.method == methodRPC
	}
	return h.kind == httpResponse &&
		(asked == methodHEAD || asked == methodCONNECT && h.status/100 == 2 || h.status/100 == 1 || h.status == 204 || h.status == 304)
}

// fullURI is what the request asks for, with the host in front; empty if no host is
// known. secure says that it is asked inside of TLS.
func (h *httpHead) fullURI(secure bool) string {
	switch {
	case !h.hasHost:
		return ""
	case h.method == methodCONNECT, isAbsoluteURI(h.uri):
		return h.uri
	}
	scheme := "http://"
	if secure {
		scheme = "https://"
	}
	return scheme + h.host + h.uri
}

// uriPath gives a URI without its scheme and authority.
func uriPath(uri string) string {
	if !isAbsoluteURI(uri) {
		return uri
	}
	_, rest, _ := strings.Cut(uri, "://")
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		return rest[i:]
	}
	return ""
}

func isAbsoluteURI(uri string) bool {
	i := strings.Index(uri, "://")
	return i > 0 && !strings.ContainsAny(uri[:i], "/?#")
}

// httpLine finds the end of the first line in b: n bytes with its end, of which
// text are the line. A CR alone ends a line too. ok is false while the end is not
// there; a CR as the last byte may be half of one.
func httpLine(b []byte) (text []byte, n int, ok bool) {
	i := bytes.IndexAny(b, "\r\n")
	switch {
	case i < 0:
		return b, len(b), false
	case b[i] == '\n':
		return b[:i], i + 1, true
	case i+1 == len(b):
		return b, len(b), false
	case b[i+1] == '\n':
		return b[:i], i + 2, true
	}
	return b[:i], i + 1, true
}

// looksLikeHTTP tells a message on a port that is not HTTP's: a complete first
// line that begins or ends with a version (R90).
func looksLikeHTTP(b []byte) bool {
	line, _, ok := httpLine(b[:min(len(b), maxHTTPHead)])
	if !ok || len(line) < 8 {
		return false
	}
	version := []byte("HTTP/1.")
	return bytes.HasPrefix(line, version) || bytes.HasPrefix(line[len(line)-8:], version)
}

// httpHeadsEnd gives where the heads of messages end that b begins with. None of
// the messages has a body.
func httpHeadsEnd(b []byte) int {
	at := 0
	for at < len(b) && httpBegins(b[at:]) {
		i := bytes.Index(b[at:], []byte("\r\n\r\n"))
		if i < 0 {
			return len(b)
		}
		at += i + 4
	}
	return at
}
