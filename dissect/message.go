package dissect

import (
	"bytes"
	"strings"
)

// Message is a message of an application as a person reads it: of HTTP without
// its chunks and its compression, of other protocols their line in the list.
type Message struct {
	Proto  *Proto
	Stream uint32 // of HTTP/2; 0 elsewhere

	// Head is the start line and the header fields of HTTP, a line each, without
	// line ends. It is empty for the body of HTTP/2 whose head came before it.
	Head []string

	// Of a request of HTTP: Method, URL (of HTTP/1 as far as the message tells) and
	// the fields as Head has them; for a command that asks the same again.
	Method, URL string

	Mime string // of the body, in lower case, without parameters; empty if not told
	Body []byte // nil if there is none; it is the tree's and must not be changed
	Note string // why there is no body although one was sent; empty otherwise
}

// MessagesOf finds the messages that end in a packet, in their order. info is the
// packet's Info text. Texts and bytes are as they stand in the packet: they must be
// made printable before they are shown. They are valid as long as the tree is.
func MessagesOf(t *Tree, info string) []Message {
	var out []Message
	var last *Proto
	stream := uint32(0) // of the last frame of HTTP/2
	for i := t.First(); i >= 0; i = t.Next(i) {
		n := &t.Nodes[i]
		if n.Flags&Hidden != 0 || n.Field == nil || n.Field.Type != TProtocol {
			continue
		}
		last = n.Field.Proto
		switch n.Field {
		case pHTTP.self():
			if m, ok := t.httpMessage(i); ok {
				out = append(out, m)
			}
		case pHTTP2.self():
			m, ok := t.http2Message(i)
			if stream = m.Stream; ok {
				out = append(out, m)
			}
		case pGRPC.self():
			if stream != 0 { // in HTTP/1 it is the body that has been shown
				if k := len(out) - 1; k >= 0 && out[k].Proto == pHTTP2 && len(out[k].Head) == 0 {
					out = out[:k] // the body of which it is a part
				}
				out = append(out, t.grpcMessage(i, stream))
			}
		case pWebSocket.self():
			out = append(out, t.webSocketMessage(i))
		}
	}
	if len(out) > 0 || last == nil || last == pTCP || last == pUDP || last == pHTTP2 || last == pHTTP {
		return out
	}
	return []Message{{Proto: last, Head: []string{info}}}
}

// inside calls f with each node beneath node i.
func (t *Tree) inside(i int, f func(*Node)) {
	depth := t.Nodes[i].Depth
	for k := t.after(i); k >= 0 && t.Nodes[k].Depth > depth; k = t.after(k) {
		f(&t.Nodes[k])
	}
}

// source gives the bytes that a node stands in, from its first one on.
func (t *Tree) source(n *Node) []byte {
	if int(n.Source) >= len(t.Sources) {
		return nil
	}
	b := t.Sources[n.Source].Bytes
	return b[min(max(int(n.Off), 0), len(b)):]
}

// httpMessage reads a message of HTTP/1. It is false for what is only a part of a
// body, whose head was not captured.
func (t *Tree) httpMessage(i int) (m Message, ok bool) {
	m.Proto = pHTTP
	t.inside(i, func(n *Node) {
		switch n.Field {
		case fHTTPMethod:
			m.Method, ok = n.str, true
		case fHTTPReqVer, fHTTPRespVer:
			ok = true
		case fHTTPFullURI:
			m.URL = n.str
		case fHTTPURI:
			if m.URL == "" {
				m.URL = n.str
			}
		case fHTTPType:
			m.Mime = mediaType(n.str)
		case fHTTPFileData:
			m.Body = []byte(n.str)
		}
	})
	if !ok {
		return m, false
	}
	for b := t.source(&t.Nodes[i]); ; {
		line, n, whole := httpLine(b)
		if !whole || len(line) == 0 {
			return m, true
		}
		m.Head = append(m.Head, string(line))
		b = b[n:]
	}
}

// mediaType cuts the parameters off.
func mediaType(s string) string {
	s, _, _ = strings.Cut(s, ";")
	return strings.ToLower(strings.TrimSpace(s))
}

// http2Message reads a frame that brings a head or ends a body. Other frames are
// no messages.
func (t *Tree) http2Message(i int) (m Message, ok bool) {
	m.Proto = pHTTP2
	kind := uint64(h2Settings)
	ends, size := false, uint64(0)
	name, scheme, authority, path := "", "", "", ""
	t.inside(i, func(n *Node) {
		switch n.Field {
		case fH2Type:
			kind = n.num
		case fH2Length:
			size = n.num
		case fH2StreamID:
			m.Stream = uint32(n.num)
		case fH2EndStream:
			ends = n.num != 0
		case fH2Name:
			name = n.str
		case fH2Value:
			switch name {
			case ":method":
				m.Method = n.str
			case ":scheme":
				scheme = n.str
			case ":authority":
				authority = n.str
			case ":path":
				path = n.str
			case "content-type":
				m.Mime = mediaType(n.str)
			}
			m.Head = append(m.Head, name+": "+n.str)
		case fH2Data:
			m.Body = n.raw // the last one is of the whole, unpacked
		}
	})
	if m.Method != "" && path != "" {
		m.URL = scheme + "://" + authority + path
	}
	switch {
	case len(m.Head) > 0:
		return m, true
	case kind != h2Data || !ends, m.Body == nil && size == 0: // the end alone: what was sent has been shown
		return m, false
	}
	if m.Body == nil {
		m.Note = "the body is too large to be kept together"
	}
	return m, true
}

// grpcMessage reads a message of a call, without what stands before it.
func (t *Tree) grpcMessage(i int, stream uint32) Message {
	m := Message{Proto: pGRPC, Stream: stream, Mime: "application/grpc", Head: []string{t.Nodes[i].Label()}}
	t.inside(i, func(n *Node) {
		if n.Field == fGRPCData {
			m.Body = n.raw
		}
	})
	return m
}

// webSocketMessage reads a frame of WebSocket.
func (t *Tree) webSocketMessage(i int) (m Message) {
	m.Proto = pWebSocket
	kind := ""
	t.inside(i, func(n *Node) {
		switch n.Field {
		case fWSOpcode:
			kind = webSocketOpcode(n.num)
		case fWSText, fWSReason:
			m.Body = []byte(n.str)
		case fWSPing, fWSPong, fWSContinue, fWSUnknown:
			m.Body = bytes.Clone(n.raw)
		}
	})
	m.Head = []string{kind + ", " + plural(len(m.Body), "byte")}
	return m
}
