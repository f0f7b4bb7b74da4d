package dissect

var (
	pHTTP           = newProto("Hypertext Transfer Protocol", "HTTP", "http")
	fHTTPRespNum    = pHTTP.u32("http.response_number", "Response number", Dec)
	fHTTPReqNum     = pHTTP.u32("http.request_number", "Request number", Dec)
	fHTTPResponse   = pHTTP.bool("http.response", "Response")
	fHTTPRequest    = pHTTP.bool("http.request", "Request")
	fHTTPRespLine   = pHTTP.str("http.response.line", "Response line")
	fHTTPReqLine    = pHTTP.str("http.request.line", "Request line")
	fHTTPMethod     = pHTTP.str("http.request.method", "Request Method")
	fHTTPURI        = pHTTP.str("http.request.uri", "Request URI")
	fHTTPPath       = pHTTP.str("http.request.uri.path", "Request URI Path")
	fHTTPQuery      = pHTTP.str("http.request.uri.query", "Request URI Query")
	fHTTPParam      = pHTTP.str("http.request.uri.query.parameter", "Request URI Query Parameter")
	fHTTPReqVer     = pHTTP.str("http.request.version", "Request Version")
	fHTTPRespVer    = pHTTP.str("http.response.version", "Response Version")
	fHTTPFullURI    = pHTTP.str("http.request.full_uri", "Full request URI")
	fHTTPCode       = pHTTP.u16("http.response.code", "Status Code", Dec)
	fHTTPCodeDesc   = pHTTP.str("http.response.code.desc", "Status Code Description")
	fHTTPForURI     = pHTTP.str("http.response_for.uri", "Request URI")
	fHTTPPhrase     = pHTTP.str("http.response.phrase", "Response Phrase")
	fHTTPBasic      = pHTTP.str("http.authbasic", "Credentials")
	fHTTPCookiePair = pHTTP.str("http.cookie_pair", "Cookie pair")
	fHTTPLength     = pHTTP.u64("http.content_length", "Content length", Dec)
	fHTTPReqIn      = pHTTP.frame("http.request_in", "Request in frame")
	fHTTPRespIn     = pHTTP.frame("http.response_in", "Response in frame")
	fHTTPNextReq    = pHTTP.frame("http.next_request_in", "Next request in frame")
	fHTTPNextResp   = pHTTP.frame("http.next_response_in", "Next response in frame")
	fHTTPPrevReq    = pHTTP.frame("http.prev_request_in", "Prev request in frame")
	fHTTPPrevResp   = pHTTP.frame("http.prev_response_in", "Prev response in frame")
	fHTTPTime       = pHTTP.rel("http.time", "Time since request")
	fHTTPTrailer    = pHTTP.str("http.chunked_trailer_part", "trailer-part")
	fHTTPBoundary   = pHTTP.bytes("http.chunk_boundary", "Chunk boundary")
	fHTTPChunkSize  = pHTTP.add(TUint32, "http.chunk_size", "Chunk size", Dec, units(" octets"))
	fHTTPChunkData  = pHTTP.bytes("http.chunk_data", "Chunk data")
	fHTTPFileData   = pHTTP.str("http.file_data", "File Data")
	fHTTPProxyHost  = pHTTP.str("http.proxy_connect_host", "Proxy-Connect-Hostname")
	fHTTPProxyPort  = pHTTP.u16("http.proxy_connect_port", "Proxy-Connect-Port", Dec)

	fHTTPAuth       = pHTTP.str("http.authorization", "Authorization")
	fHTTPProxyAuthn = pHTTP.str("http.proxy_authenticate", "Proxy-Authenticate")
	fHTTPProxyAuth  = pHTTP.str("http.proxy_authorization", "Proxy-Authorization")
	fHTTPWWWAuth    = pHTTP.str("http.www_authenticate", "WWW-Authenticate")
	fHTTPType       = pHTTP.str("http.content_type", "Content-Type")
	fHTTPLengthHdr  = pHTTP.str("http.content_length_header", "Content-Length")
	fHTTPEncoding   = pHTTP.str("http.content_encoding", "Content-Encoding")
	fHTTPTransfer   = pHTTP.str("http.transfer_encoding", "Transfer-Encoding")
	fHTTPUpgrade    = pHTTP.str("http.upgrade", "Upgrade")
	fHTTPAgent      = pHTTP.str("http.user_agent", "User-Agent")
	fHTTPHost       = pHTTP.str("http.host", "Host")
	fHTTPConnection = pHTTP.str("http.connection", "Connection")
	fHTTPCookie     = pHTTP.str("http.cookie", "Cookie")
	fHTTPAccept     = pHTTP.str("http.accept", "Accept")
	fHTTPReferer    = pHTTP.str("http.referer", "Referer")
	fHTTPAcceptLang = pHTTP.str("http.accept_language", "Accept-Language")
	fHTTPAcceptEnc  = pHTTP.str("http.accept_encoding", "Accept Encoding")
	fHTTPDate       = pHTTP.str("http.date", "Date")
	fHTTPCache      = pHTTP.str("http.cache_control", "Cache-Control")
	fHTTPServer     = pHTTP.str("http.server", "Server")
	fHTTPLocation   = pHTTP.str("http.location", "Location")
	fHTTPWSAccept   = pHTTP.str("http.sec_websocket_accept", "Sec-WebSocket-Accept")
	fHTTPWSExt      = pHTTP.str("http.sec_websocket_extensions", "Sec-WebSocket-Extensions")
	fHTTPWSKey      = pHTTP.str("http.sec_websocket_key", "Sec-WebSocket-Key")
	fHTTPWSProto    = pHTTP.str("http.sec_websocket_protocol", "Sec-WebSocket-Protocol")
	fHTTPWSVersion  = pHTTP.str("http.sec_websocket_version", "Sec-WebSocket-Version")
	fHTTPSetCookie  = pHTTP.str("http.set_cookie", "Set-Cookie")
	fHTTPModified   = pHTTP.str("http.last_modified", "Last-Modified")
	fHTTPForwarded  = pHTTP.str("http.x_forwarded_for", "X-Forwarded-For")
	fHTTP2Settings  = pHTTP.str("http.http2_settings", "HTTP2-Settings")

	eHTTPChat       = pHTTP.none("http.chat", "Formatted text")
	eHTTPBoth       = pHTTP.none("http.te_and_length", "The Content-Length and Transfer-Encoding header must not be set together")
	eHTTPLeading    = pHTTP.none("http.leading_crlf", "Leading CRLF previous message in the stream may have extra CRLF")
	eHTTPBadName    = pHTTP.none("http.bad_header_name", "Illegal characters found in header name")
	eHTTPBody       = pHTTP.none("http.subdissector_failed", "HTTP body subdissector failed, trying heuristic subdissector")
	eHTTPDecompress = pHTTP.none("http.decompression_failed", "Decompression failed")
	eHTTPUnpackMost = pHTTP.none("http.decompression_limit", "Decompression stopped at the limit")
)

// httpField gives the field of a header by its name in lower case; nil for one
// without a field of its own.
func httpField(name string) *Field {
	switch name {
	case "authorization":
		return fHTTPAuth
	case "proxy-authenticate":
		return fHTTPProxyAuthn
	case "proxy-authorization":
		return fHTTPProxyAuth
	case "www-authenticate":
		return fHTTPWWWAuth
	case "content-type":
		return fHTTPType
	case "content-length":
		return fHTTPLengthHdr
	case "content-encoding":
		return fHTTPEncoding
	case "transfer-encoding":
		return fHTTPTransfer
	case "upgrade":
		return fHTTPUpgrade
	case "user-agent":
		return fHTTPAgent
	case "host":
		return fHTTPHost
	case "connection":
		return fHTTPConnection
	case "cookie":
		return fHTTPCookie
	case "accept":
		return fHTTPAccept
	case "referer":
		return fHTTPReferer
	case "accept-language":
		return fHTTPAcceptLang
	case "accept-encoding":
		return fHTTPAcceptEnc
	case "date":
		return fHTTPDate
	case "cache-control":
		return fHTTPCache
	case "server":
		return fHTTPServer
	case "location":
		return fHTTPLocation
	case "sec-websocket-accept":
		return fHTTPWSAccept
	case "sec-websocket-extensions":
		return fHTTPWSExt
	case "sec-websocket-key":
		return fHTTPWSKey
	case "sec-websocket-protocol":
		return fHTTPWSProto
	case "sec-websocket-version":
		return fHTTPWSVersion
	case "set-cookie":
		return fHTTPSetCookie
	case "last-modified":
		return fHTTPModified
	case "x-forwarded-for":
		return fHTTPForwarded
	case "http2-settings":
		return fHTTP2Settings
	}
	return nil
}

// httpStatusText words the status codes (IANA HTTP Status Code Registry) as
// Wireshark does.
func httpStatusText(code uint16) string {
	if s := httpStatusName(code); s != "" {
		return s
	}
	return "Unknown (" + u64text(uint64(code)) + ")"
}
