package dissect

// DecodeAs says by hand how packets are to be taken apart: which application
// protocol a port carries, as tshark's -d does, and what else its preferences say.
// It is made once and then only read.
type DecodeAs struct {
	TCP, UDP map[uint16]App

	Checksums bool // those of TCP are verified (tcp.check_checksum)
}

// App is an application protocol that a port or a look at the bytes can name
// and whose messages are put together from the segments of a conversation.
type App uint8

// The applications that other parts of tcplens know by name; the list of
// applications has more. AppNone is data that nobody puts together: each segment
// stands for itself.
const (
	AppNone App = iota
	AppHTTP
	AppTLS
	AppDNS
	AppHTTP2
	AppWebSocket
)

// String gives the application's name as in filters.
func (a App) String() string {
	if x := a.application(); x != nil {
		return x.about().proto.Abbrev
	}
	if f := a.framed(); f != nil {
		return f.abbrev
	}
	return "data"
}

// tcpPort tells the application of a port; named says that the port belongs to
// some protocol, be it one whose messages are not put together.
func (da *DecodeAs) tcpPort(port uint16) (a App, named bool) {
	if da != nil {
		if a, ok := da.TCP[port]; ok {
			return a, true
		}
	}
	a, named = applicationPorts[port]
	return a, named
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
		if a, named := da.tcpPort(p); named && da.accepts(p, a, data) {
			return a
		}
		if a := framedPort(p, data); a != AppNone {
			return a
		}
	}
	if len(data) == 0 {
		return AppNone
	}
	for _, a := range lookedFor {
		if a.application().looks(data) {
			return a
		}
	}
	return framedLook(data)
}

// accepts says whether a conversation on a port that belongs to a may be of a. What
// the user has said is not doubted.
func (da *DecodeAs) accepts(port uint16, a App, data []byte) bool {
	if da != nil {
		if _, said := da.TCP[port]; said {
			return true
		}
	}
	x := a.application()
	if x == nil {
		return true
	}
	begins := x.about().begins
	return begins == nil || len(data) > 0 && begins(data)
}
