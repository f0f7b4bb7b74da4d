package dissect

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"

	"tcplens/internal/text"
)

var (
	pTextLines  = newProto("Line-based text data", "Line-based text data", "data-text-lines")
	pForm       = newProto("HTML Form URL Encoded", "URL Encoded Form Data", "urlencoded-form")
	fFormKey    = pForm.str("urlencoded-form.key", "Key")
	fFormValue  = pForm.str("urlencoded-form.value", "Value")
	pMedia      = newProto("Media Type", "Media", "media")
	fMediaType  = pMedia.bytes("media.type", "Media type")
	pMsgHTTP    = newProto("Media Type: message/http", "message/http", "message-http")
	pPKIXCert   = newProto("PKIX CERT File Format", "PKIX Certificate", "pkix-cert")
	pCBOR       = newProto("Concise Binary Object Representation", "CBOR", "cbor")
	pSDP        = newProto("Session Description Protocol", "SDP", "sdp")
	pIPP        = newProto("Internet Printing Protocol", "IPP", "ipp")
	mediaProtos = []*Proto{pTextLines, pJSON, pXML, pForm, pMedia, pPNG, pGIF, pJFIF, pMultipart, pMsgHTTP, pOCSP, pPKIXCert, pCBOR, pGRPC, pProtobuf, pSDP, pIPP}
)

// mediaKind is what a body of a media type is shown as.
type mediaKind uint8

const (
	mediaOther mediaKind = iota // bytes of no known kind
	mediaText
	mediaJSON
	mediaXML
	mediaForm
	mediaBytes
	mediaParts
	mediaImage
	mediaNamed // one of mediaProto
	mediaGRPC
)

// mediaKindOf tells the kind by the type that the header names, and for images by
// the first bytes.
func mediaKindOf(mime string, b []byte) mediaKind {
	switch mime {
	case "text/plain", "text/html", "text/css", "text/javascript", "application/x-javascript", "application/x-ns-proxy-autoconfig",
		"text/richtext", "text/rtf", "text/vnd.wap.wml-lines", "application/x-wms-logconnectstats":
		return mediaText
	case "application/json", "application/json-rpc", "application/jsonrequest", "application/problem+json",
		"application/dds-web+json", "application/geo+json", "application/merge-patch+json", "application/x-ndjson":
		return mediaJSON
	case "application/x-www-form-urlencoded":
		return mediaForm
	case "application/octet-stream":
		return mediaBytes
	}
	switch {
	case mediaProto(mime) != nil:
		return mediaNamed
	case isGRPC(mime):
		return mediaGRPC
	case strings.HasPrefix(mime, "multipart/"):
		return mediaParts
	case isXMLType(mime):
		return mediaXML
	case imageOf(b) != nil:
		return mediaImage
	}
	return mediaOther
}

// mediaProto names the types that are recognised and shown as one piece.
func mediaProto(mime string) *Proto {
	switch mime {
	case "message/http":
		return pMsgHTTP
	case "application/pkix-cert":
		return pPKIXCert
	case "application/ocsp-request", "application/ocsp-response":
		return pOCSP
	case "application/ipp":
		return pIPP
	case "application/sdp":
		return pSDP
	case "application/cbor":
		return pCBOR
	}
	return nil
}

// dissectMedia goes on with a body of the media type that its header names.
func dissectMedia(c cursor, mime, params string) {
	if c.left() == 0 {
		return
	}
	switch mediaKindOf(mime, c.rest()) {
	case mediaText:
		mediaInfo(&c, mime)
		dissectText(c, mime)
	case mediaJSON:
		c.d.setProto("HTTP/JSON")
		if c.cols() {
			c.d.infof(", JavaScript Object Notation (%s)", mime)
		}
		dissectJSON(c, mime)
	case mediaXML:
		c.d.setProto("HTTP/XML")
		dissectXML(c)
	case mediaForm:
		mediaInfo(&c, mime)
		dissectForm(c, mime)
	case mediaBytes:
		dissectData(c)
	case mediaParts:
		dissectMultipart(c, mime, params)
	case mediaImage:
		dissectImage(c, imageOf(c.rest()))
	case mediaNamed:
		dissectNamedMedia(c, mime)
	case mediaGRPC:
		dissectGRPC(c, &grpcCall{mime: mime})
	default:
		mediaInfo(&c, mime)
		dissectOther(c, mime)
	}
}

// dissectNamedMedia shows a body in one piece, under the name of its protocol.
func dissectNamedMedia(c cursor, mime string) {
	p := mediaProto(mime)
	var inside func(*cursor)
	switch p {
	case pMsgHTTP:
		mediaInfo(&c, mime)
		inside = lines
	case pPKIXCert:
		mediaInfo(&c, mime)
	case pOCSP:
		c.d.setProto("OCSP")
		if strings.HasSuffix(mime, "request") {
			c.d.setInfo("Request")
		} else {
			c.d.setInfo("Response")
			inside = ocspResponse
		}
	case pIPP:
		c.d.setProto("IPP")
	case pSDP:
		c.d.setProto("HTTP/SDP")
		inside = lines
	}
	c.block(p, p.Name, inside)
}

// mediaInfo names the type behind the start line (R93).
func mediaInfo(c *cursor, mime string) {
	if c.cols() {
		c.d.infoAppend(" (" + text.Printable(mime) + ")")
	}
}

// isXMLType knows the media types that Wireshark lays out as XML.
func isXMLType(mime string) bool {
	switch mime {
	case "text/xml", "application/xml", "text/vnd.wap.wml", "text/vnd.wap.si", "text/vnd.wap.sl", "text/vnd.wap.co", "text/vnd.wap.emn",
		"application/soap+xml", "application/auth-policy+xml", "application/xcap-error+xml", "application/simservs+xml",
		"image/svg+xml", "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/xml-dtd",
		"application/ccmp+xml", "application/cpim-pidf+xml", "application/mathml+xml", "application/pidf+xml", "application/poc-settings+xml",
		"application/rlmi+xml", "application/smil", "application/vnd.wv.csp+xml", "application/wsdl+xml", "application/x-crd+xml",
		"application/x-wms-getcontentinfo", "application/xcap-caps+xml", "application/resource-lists+xml", "application/watcherinfo+xml",
		"application/reginfo+xml", "application/conference-info+xml", "application/dialog-info+xml", "application/im-iscomposing+xml",
		"application/3gpp-ims+xml", "application/pidf-diff+xml", "application/load-control+xml", "application/media_control+xml",
		"application/vnd.etsi.aoc+xml", "application/mbms-envelope+xml":
		return true
	}
	return false
}

// block shows a body under its protocol's node. inside goes on with its bytes;
// nil shows none of them.
func (c cursor) block(p *Proto, label string, inside func(*cursor)) {
	if n := c.proto(p); n != nil {
		n.label(label)
		n.span(c.pos, c.captured())
	}
	if inside != nil && (c.on() || p == pOCSP) { // what OCSP brings is named in the columns too
		inside(&c)
	}
	c.end()
}

// maxTextLines bounds how many lines of a text are shown.
const maxTextLines = 5000

// lines shows a text line by line.
func lines(c *cursor) {
	if c.d.bare {
		c.skip(c.captured())
		return
	}
	for i := 0; c.captured() > 0 && i < maxTextLines; i++ {
		b := c.rest()
		_, n, _ := httpLine(b)
		c.skip(n)
		c.note(n, text.Printable(string(b[:n])))
	}
}

// textLines shows a text of a media type, which may be empty.
func textLines(c cursor, mime string) {
	n := 0
	for b := c.rest(); len(b) > 0; n++ {
		_, k, _ := httpLine(b)
		b = b[k:]
	}
	if mime != "" {
		mime = ": " + text.Printable(mime)
	}
	c.block(pTextLines, fmt.Sprintf("%s%s (%d lines)", pTextLines.Name, mime, n), lines)
}

// dissectText shows a text; one that is XML by its first characters goes on as such.
func dissectText(c cursor, mime string) {
	b := c.rest()
	textLines(c, mime)
	if strings.HasPrefix(mime, "text/") && bytes.HasPrefix(b, []byte("<?xml")) && c.ok() {
		c.d.setProto("HTTP/XML")
		c.d.setInfo(strings.TrimSuffix(string(c.d.info[c.d.fence:]), " ("+mime+")"))
		dissectXML(c)
	}
}

// dissectForm shows the items of a form (WHATWG URL, application/x-www-form-urlencoded).
func dissectForm(c cursor, mime string) {
	c.block(pForm, pForm.Name+": "+mime, func(c *cursor) {
		for i := 0; c.captured() > 0 && i < maxTextLines; i++ {
			b := c.rest()
			n, end := len(b), len(b)
			if k := bytes.IndexByte(b, '&'); k >= 0 {
				n, end = k+1, k
			}
			key, value, _ := bytes.Cut(b[:end], []byte("="))
			k, v := unescaped(key), unescaped(value)
			off := c.pos
			c.skip(n)
			c.note(n, fmt.Sprintf("Form item: \"%s\" = \"%s\"", text.Printable(k), text.Printable(v)))
			c.begin()
			c.addAt(fFormKey, off, len(key), Node{str: k})
			c.addAt(fFormValue, off+min(len(key)+1, end), len(value), Node{str: v})
			c.end()
		}
	})
}

func unescaped(b []byte) string {
	s, err := url.QueryUnescape(string(b))
	if err != nil {
		return string(b)
	}
	return s
}

// imageOf tells an image by its first bytes; nil for what is none that is known.
func imageOf(b []byte) *Proto {
	switch {
	case len(b) < 20: // as tshark has it
		return nil
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return pPNG
	case bytes.HasPrefix(b, []byte("GIF87a")), bytes.HasPrefix(b, []byte("GIF89a")):
		return pGIF
	case b[0] == 0xff && b[1] == 0xd8 && b[2] == 0xff && (b[3] == 0xe0 || b[3] == 0xe1): // APP0 of JFIF, APP1 of Exif
		return pJFIF
	}
	return nil
}

// isImageType knows the types of images that are told by their first bytes.
func isImageType(mime string) bool { return imageNamed(mime) != nil }

// imageNamed gives the format that a media type names; nil for others.
func imageNamed(mime string) *Proto {
	switch mime {
	case "image/png":
		return pPNG
	case "image/gif":
		return pGIF
	case "image/jpeg", "image/jpg", "image/jfif":
		return pJFIF
	}
	return nil
}

// dissectUntyped goes on with a body whose type nobody names.
func dissectUntyped(c cursor) {
	if p := imageOf(c.rest()); p != nil {
		dissectImage(c, p)
		return
	}
	dissectData(c)
}

// isEventStream knows the type of server-sent events (HTML, §9.2).
func isEventStream(mime string) bool { return mime == "text/event-stream" }

// maxEvents bounds how many events of a body are shown.
const maxEvents = 1000

// showEvents shows the server-sent events that a body has, a line each (HTML,
// §9.2.6). tshark does not, so they are under no protocol of their own.
func showEvents(c cursor) {
	if !c.on() {
		return
	}
	b, at, n := c.rest(), 0, 0
	for at < len(b) && n < maxEvents {
		from, name, data := at, "message", []string(nil)
		for at < len(b) {
			line, k, _ := httpLine(b[at:])
			at += k
			if len(line) == 0 {
				break
			}
			field, value, _ := strings.Cut(string(line), ":")
			value = strings.TrimPrefix(value, " ")
			switch field {
			case "event":
				name = value
			case "data":
				data = append(data, value)
			}
		}
		if data == nil {
			continue // nothing is dispatched
		}
		n++
		label := "Server-sent event: " + name + ", " + strings.Join(data, "\n")
		c.addAt(fText, c.pos+from, at-from, Node{text: text.Printable(label)})
	}
}

// dissectOther shows a body of a type that has no dissector.
func dissectOther(c cursor, mime string) {
	c.block(pMedia, pMedia.Name, func(c *cursor) {
		n := c.captured()
		b := c.raw(n)
		c.add(fMediaType, n, Node{raw: b, text: fmt.Sprintf("Media type: %s (%s)", text.Printable(mime), plural(n, "byte"))})
		if isEventStream(mime) {
			events := *c
			events.pos -= n
			showEvents(events)
		}
	})
}
