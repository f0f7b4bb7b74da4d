package dissect

import (
	"fmt"
	"strings"

	"tcplens/internal/packet"
)

// TLSEnd is how the encryption of a conversation was ended.
type TLSEnd struct {
	By     TLSParty
	Alert  uint8 // the alert's description (RFC 8446 §6), if it could be read or its place tells that it is a Close Notify
	Sealed bool  // the alert could not be read: order and size tell that it is one
	Unsure bool  // and do not tell which; with FIN: there may have been one nevertheless
	FIN    bool  // no alert was seen before the FIN
}

// TLSParty is one end of a conversation.
type TLSParty uint8

// The parties.
const (
	NoParty TLSParty = iota
	TLSClient
	TLSServer
)

func (p TLSParty) String() string { return [...]string{"", "client", "server"}[min(p, 2)] }

// AlertName names the alert: "Close Notify"; empty if there was none or it is not known which.
func (e *TLSEnd) AlertName() string {
	if e.By == NoParty || e.FIN || e.Unsure {
		return ""
	}
	return orUnknownName(tlsAlerts(uint64(e.Alert)))
}

// outcome adds to i what came of the conversation. The session's lock is held.
func (t *tlsSession) outcome(i *TLSInfo) {
	r := &t.roles
	if t.client == 0 {
		return
	}
	i.Full = !i.Resumed && (t.hello || t.version == 0x0304 && t.helloIn != 0)
	i.End = t.ended()
	i.Tickets = r.given
	p, _ := t.places(0)
	if t.version == 0x0304 && r.given == 0 {
		for k := p.serverDone + 1; p.serverDone >= 0 && k < len(p.server); k++ {
			if role := p.serverRole(k); len(role.types) == 1 && role.types[0] == 4 {
				i.Tickets, i.TicketsLikely = i.Tickets+1, true
			}
		}
	}
	if !i.Early {
		return
	}
	switch {
	case r.early == earlyTaken:
		i.EarlyData = EarlyAccepted
	case r.early == earlyRefused:
		i.EarlyData = EarlyRejected
	case p.clientDone > 0 && p.client[p.clientDone-1].size == p.endEarly:
		i.EarlyData = EarlyLikelyAccepted
	case p.clientDone == 0:
		i.EarlyData = EarlyLikelyRejected
	}
}

// EarlyData is what came of the data that a client sent before the server had
// answered (0-RTT).
type EarlyData uint8

// What may come of it. It is known where the server's answer could be read, or
// does not take the keys that early data is encrypted with; likely where the
// client's records tell.
const (
	EarlyUnknown EarlyData = iota
	EarlyAccepted
	EarlyRejected
	EarlyLikelyAccepted
	EarlyLikelyRejected
)

func (e EarlyData) String() string {
	return [...]string{"", "accepted", "rejected", "likely accepted", "likely rejected"}[min(e, EarlyLikelyRejected)]
}

// Outcome says in a few phrases what came of the conversation: whether a session was
// taken up again, what became of early data, tickets, and who ended it. What order and size of encrypted
// records tell is said to be likely.
func (i *TLSInfo) Outcome() (out []string) {
	switch {
	case i.Resumed:
		out = append(out, "resumed")
	case i.Full:
		out = append(out, "full handshake")
	}
	switch {
	case i.EarlyData != EarlyUnknown:
		out = append(out, "early data "+i.EarlyData.String())
	case i.Early:
		out = append(out, "with early data")
	}
	if i.Retried {
		out = append(out, "hello asked for twice")
	}
	if i.Tickets > 0 {
		likely := ""
		if i.TicketsLikely {
			likely = "likely "
		}
		out = append(out, likely+plural(int(i.Tickets), "ticket"))
	}
	if s := i.End.String(); s != "" {
		out = append(out, s)
	}
	return out
}

// String says who ended the conversation and how: "closed by the client, likely with
// Close Notify"; empty if nobody has.
func (e TLSEnd) String() string {
	const closeNotify = 0
	switch {
	case e.By == NoParty:
		return ""
	case e.FIN && e.Unsure:
		return "closed by the " + e.By.String()
	case e.FIN:
		return "closed by the " + e.By.String() + " without Close Notify"
	case e.Unsure:
		return "ended by the " + e.By.String() + ", likely with an alert"
	case e.Sealed:
		return "closed by the " + e.By.String() + ", likely with " + e.AlertName()
	case e.Alert == closeNotify:
		return "closed by the " + e.By.String() + " with " + e.AlertName()
	}
	return fmt.Sprintf("broken off by the %s: %s (%d)", e.By, e.AlertName(), e.Alert)
}

// ended tells who was the first to end the conversation, and how.
func (t *tlsSession) ended() (e TLSEnd) {
	r := &t.roles
	p, _ := t.places(0)
	var at packet.Number
	hidden := false
	first := func(frame packet.Number, x TLSEnd) {
		if frame != 0 && (at == 0 || frame < at) {
			at, e = frame, x
		}
	}
	for dir := range uint8(2) {
		by, sized := TLSServer, p.serverDone >= 0
		if int8(dir)+1 == t.client {
			by, sized = TLSClient, p.clientDone >= 0
		}
		x := r.last[dir]
		switch a := r.alerts[dir]; {
		case a.frame != 0:
			const closeNotify, userCanceled = 0, 90 // the latter says nothing yet (RFC 8446 §6.1)
			if a.what == closeNotify || a.level == 2 || t.version == 0x0304 && a.what != userCanceled {
				first(a.frame, TLSEnd{By: by, Alert: a.what})
			}
		case x.order != 0:
			if role := t.role(dir, x.at, x.kind, 0); role.kind == tlsAlert {
				first(x.frame, TLSEnd{By: by, Sealed: true, Unsure: !strings.HasPrefix(role.what, "Close Notify")})
			}
		default:
			// Records that are padded hide what they are (RFC 8446 §5.4): only of a side whose
			// Finished was found by its size it can be said that there is no alert.
			unsure := t.version == 0x0304 && !sized
			first(r.fins[dir], TLSEnd{By: by, FIN: true, Unsure: unsure})
			hidden = hidden || unsure && p.clientDone >= 0
		}
	}
	if e.Sealed && hidden {
		return TLSEnd{} // the other side may have been first
	}
	return e
}
