package dissect

import (
	"bytes"

	"tcplens/internal/tcp"
	"tcplens/internal/text"
)

// application is an application protocol over TCP whose messages are put together
// from the segments of a conversation. It keeps nothing itself: what it remembers of
// a conversation is in the Session and in the framers.
type application interface {
	about() about

	// looks says whether a conversation may begin with b, which has a byte at least
	// and is only lent.
	looks(b []byte) bool

	// framer gives what finds the messages of one direction, 0 or 1. It is asked for
	// both when the application is found, and may add to the session then.
	framer(s *Session, dir uint8) tcp.Framer

	// dissect takes apart a run of whole messages: those that end in a segment, or
	// one that was joined from several.
	dissect(c cursor, p *payload)
}

// beginner is an application that writes into the Info column before it finds that
// a message does not end in the segment and asks for the rest: all that a first
// visit shows of the segment (R71). c has what there is of the message.
type beginner interface {
	begun(c cursor)
}

// about is what there is to know of an application before its bytes are seen.
type about struct {
	proto    *Proto
	alias    string   // what -d may call it, too; empty: by its abbreviation only
	ports    []uint16 // of servers, as tshark assigns them by default
	anywhere bool     // it is looked for on all ports

	// begins says whether a conversation on its ports may begin with b; nil: however.
	// It may be easier to please than looks, which is asked on all other ports.
	begins func(b []byte) bool
}

// applications is the list of them. The place in it is the App; a new one needs its
// own file and a line here.
var applications = [...]application{
	AppHTTP:      httpApplication{},
	AppTLS:       tlsApplication{},
	AppDNS:       dnsApplication{},
	AppHTTP2:     http2Application{},
	AppWebSocket: webSocketApplication{},

	respApplication{},
	pgsqlApplication{},
	socksApplication{},
	mysqlApplication{},
	mqttApplication{},
	sshApplication{},
}

// applicationPorts finds the application of a TCP port.
var applicationPorts = func() map[uint16]App {
	m := map[uint16]App{}
	for i, a := range applications {
		if a == nil {
			continue
		}
		for _, p := range a.about().ports {
			m[p] = App(i)
		}
	}
	return m
}()

// lookedFor lists the applications that are found on any port, in the order in
// which they are asked: the surer a look, the earlier.
var lookedFor = func() []App {
	out := []App{AppTLS, AppHTTP}
	for i, a := range applications {
		if a != nil && a.about().anywhere && App(i) != AppTLS && App(i) != AppHTTP {
			out = append(out, App(i))
		}
	}
	return out
}()

// application gives the application's entry in the list; nil if its messages are not
// taken apart.
func (a App) application() application {
	if int(a) < len(applications) {
		return applications[a]
	}
	return nil
}

// AppNamed finds the application that -d calls by a name: its protocol's abbreviation
// as in filters, or another that it is known under ("ssl", as TLS was called).
func AppNamed(name string) (App, bool) {
	for i, a := range applications {
		if a == nil {
			continue
		}
		if x := a.about(); name == x.proto.Abbrev || x.alias != "" && name == x.alias {
			return App(i), true
		}
	}
	return AppNone, false
}

// AppNames lists the names that AppNamed knows.
func AppNames() []string {
	var out []string
	for _, a := range applications {
		if a != nil {
			out = append(out, a.about().proto.Abbrev)
		}
	}
	return out
}

type httpApplication struct{}

func (httpApplication) about() about {
	return about{proto: pHTTP, ports: []uint16{80, 631, 1900, 2710, 2869, 3128, 3132, 3689, 5985, 8080, 8088, 11371}, anywhere: true} // R90
}

func (httpApplication) begun(c cursor) {
	if line, _, ok := httpLine(c.rest()[:min(c.captured(), maxHTTPHead)]); ok && httpStartKind(line) != httpOther {
		c.d.setInfo(text.Printable(string(line)) + " ")
	}
}

func (httpApplication) looks(b []byte) bool { return looksLikeHTTP(b) }

func (httpApplication) framer(s *Session, dir uint8) tcp.Framer {
	if s.http == nil {
		s.http = &httpSession{}
	}
	return &httpFramer{session: s, dir: dir}
}

func (httpApplication) dissect(c cursor, p *payload) { dissectHTTP(c, p) }

type tlsApplication struct{}

func (tlsApplication) about() about {
	return about{proto: pTLS, alias: "ssl", ports: []uint16{324, 443, 465, 636, 802, 853, 993, 995, 1300, 2221, 2443, 3249, 3250, 3251, 3252, 3496,
		5061, 5671, 5684, 5868, 8883, 11207, 19999, 27017}, anywhere: true} // R100
}

func (tlsApplication) begun(c cursor) {
	c.d.setInfo("")
	if n := c.proto(pTLS); n != nil {
		n.Len = int32(c.captured())
	}
	c.end()
}

func (tlsApplication) looks(b []byte) bool { return looksLikeTLS(b) }

func (tlsApplication) framer(s *Session, dir uint8) tcp.Framer {
	s.needTLS()
	return &tlsFramer{session: s, dir: dir}
}

func (tlsApplication) dissect(c cursor, p *payload) { dissectTLS(c, p) }

type dnsApplication struct{}

func (dnsApplication) about() about { return about{proto: pDNS, ports: []uint16{53, 5353}} }

func (dnsApplication) looks([]byte) bool { return true }

func (dnsApplication) framer(s *Session, _ uint8) tcp.Framer {
	if s.dns == nil {
		s.dns = &dnsSession{}
	}
	return s.newDNSFramer()
}

func (dnsApplication) dissect(c cursor, p *payload) { dissectDNSStream(c, p.Messages) }

type http2Application struct{}

// A port of HTTP may turn to HTTP/2, but none is assigned to it. tshark does not
// look for its preface on others.
func (http2Application) about() about { return about{proto: pHTTP2} }

// looks wants the first line of what a client begins with, if it is to be HTTP/2
// from the beginning (RFC 9113 §3.3).
func (http2Application) looks(b []byte) bool { return bytes.HasPrefix(b, []byte(http2PrefaceLine)) }

func (http2Application) framer(s *Session, dir uint8) tcp.Framer {
	s.startHTTP2(0)
	return &http2Framer{session: s, dir: dir}
}

func (http2Application) begun(c cursor) { c.d.setInfo("") }

func (http2Application) dissect(c cursor, p *payload) { dissectHTTP2(c, p) }
