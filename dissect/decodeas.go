package dissect

// DecodeAs says by hand which application protocol a port carries, as
// tshark's -d does. It is made once and then only read.
type DecodeAs struct {
	TCP, UDP map[uint16]App
}

// App is an application protocol that a port or a look at the bytes can name
// and whose messages are put together from the segments of a conversation.
type App uint8

// The applications that reassembly knows. AppNone is data that nobody puts
// together: each segment stands for itself.
const (
	AppNone App = iota
	AppHTTP
	AppTLS
	AppDNS
	AppHTTP2
)

// String gives the application's name as in filters.
func (a App) String() string {
	switch a {
	case AppHTTP:
		return "http"
	case AppTLS:
		return "tls"
	case AppDNS:
		return "dns"
	case AppHTTP2:
		return "http2"
	}
	if f := a.framed(); f != nil {
		return f.abbrev
	}
	return "data"
}

// appOfPort gives the application that tshark assigns to a TCP port by default
// (R90, R100).
func appOfPort(port uint16) (App, bool) {
	switch port {
	case 53, 5353:
		return AppDNS, true
	case 80, 631, 1900, 2710, 2869, 3128, 3132, 3689, 5985, 8080, 8088, 11371:
		return AppHTTP, true
	case 324, 443, 465, 636, 802, 853, 993, 995, 1300, 2221, 2443, 3249, 3250, 3251, 3252, 3496, 5061, 5671, 5684,
		5868, 8883, 11207, 19999, 27017:
		return AppTLS, true
	}
	return AppNone, false
}

// tcpPort tells the application of a port; named says that the port belongs to
// some protocol, be it one whose messages are not put together.
func (da *DecodeAs) tcpPort(port uint16) (a App, named bool) {
	if da != nil {
		if a, ok := da.TCP[port]; ok {
			return a, true
		}
	}
	return appOfPort(port)
}

// GuessTCP tells which application the data of a conversation belongs to, by
// its ports and then by a look at the data (R76, R90, R100). server is the port
// that a SYN was sent to, 0 if none was seen. It is asked with each segment that
// carries data until it gives something other than AppNone. data is only lent.
func GuessTCP(da *DecodeAs, src, dst, server uint16, data []byte) App {
	ports := [3]uint16{server, min(src, dst), max(src, dst)}
	for i, p := range ports {
		if i == 0 && p == 0 {
			continue
		}
		if a, named := da.tcpPort(p); named {
			return a
		}
		if a := framedPort(p, data); a != AppNone {
			return a
		}
	}
	switch {
	case looksLikeTLS(data):
		return AppTLS
	case looksLikeHTTP(data):
		return AppHTTP
	}
	return framedLook(data)
}
