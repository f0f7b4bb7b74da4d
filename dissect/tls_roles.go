package dissect

import (
	"fmt"
	"strings"

	"tcplens/internal/packet"
)

// tlsRoles is what is noted of records that are encrypted, so that their order and
// their sizes can tell what they are. The session guards it, but for what says
// otherwise.
type tlsRoles struct {
	first  [2][]tlsSealed // the first encrypted records of each direction, up to maxTLSRoles
	last   [2]tlsSealed   // the newest one, if it is as long as an alert or says that it is one; zero if not
	hello  uint32         // encrypted records before the Server Hello
	modes  bool           // the client takes tickets: it has sent psk_key_exchange_modes (RFC 8446 §4.2.9)
	alerts [2]tlsAlertSaid
	early  tlsEarly // what came of early data, as what could be read has said
	given  uint8    // tickets that could be read
	fins   [2]packet.Number

	count uint32 // encrypted records so far; for the sequencing goroutine only
}

// tlsSealed is an encrypted record. The zero value stands for none.
type tlsSealed struct {
	frame packet.Number // in which it begins
	at    uint32        // relative sequence number of its first byte
	order uint32        // its number among those of both directions, from 1
	size  uint16        // bytes of its body
	kind  byte          // content type in its header
}

// tlsAlertSaid is the newest alert of a direction that could be read.
type tlsAlertSaid struct {
	frame       packet.Number // 0: there was none
	level, what byte
}

// tlsEarly is what came of early data.
type tlsEarly uint8

const (
	earlyOpen tlsEarly = iota
	earlyTaken
	earlyRefused
)

// maxTLSRoles is how many records of each direction are remembered. The handshake
// takes seldom more than six; one with a chain of certificates in several records
// some more.
const maxTLSRoles = 24

// sealed notes an encrypted record of the packet being put in order.
func (s *Session) sealed(dir uint8, at uint32, size int, kind byte) {
	t := s.tls
	r := &t.roles
	r.count++
	x := tlsSealed{s.frame, at, r.count, uint16(size), kind}
	candidate := kind == tlsAlert || kind == tlsAppData && x.size == t.sizes().alert
	if !candidate && r.last[dir].order == 0 && len(r.first[dir]) >= maxTLSRoles {
		return // most records of bulk data end here, without the lock
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(r.first[dir]) < maxTLSRoles {
		r.first[dir] = append(r.first[dir], x)
	}
	r.last[dir] = tlsSealed{}
	if candidate {
		r.last[dir] = x
	}
}

// alerted notes an alert that can be read. The session's lock is held.
func (r *tlsRoles) alerted(dir uint8, n packet.Number, body []byte) {
	if len(body) == 2 {
		r.alerts[dir&1] = tlsAlertSaid{n, body[0], body[1]}
	}
}

// message notes what a handshake message that can be read tells of others. m is
// the message with its header. The session's lock is held.
func (r *tlsRoles) message(m []byte) {
	switch m[0] {
	case 1:
		eachHelloExtension(m[4:], true, func(kind uint16, _ []byte) { r.modes = r.modes || kind == 45 })
	case 2:
		if isHelloRetry(m) {
			r.early = earlyRefused // RFC 8446 §4.2.10
			return
		}
		r.hello = r.count
		psk := false
		eachHelloExtension(m[4:], false, func(kind uint16, _ []byte) { psk = psk || kind == 41 })
		if !psk {
			r.early = earlyRefused // without the keys of before, early data cannot be read
		}
	case 4:
		r.given = min(r.given, 254) + 1
	case 5: // End of Early Data
		r.early = earlyTaken
	case 8:
		r.early = earlyRefused
		eachExtension(m[4:], func(kind uint16, _ []byte) {
			if kind == 42 {
				r.early = earlyTaken
			}
		})
	}
}

// tlsSizes are the sizes of records of TLS 1.3 whose content has always the same
// length, with the content type and the tag (RFC 8446 §5.2).
type tlsSizes struct {
	over     uint16 // content type and tag
	hash     uint16 // bytes of the cipher suite's hash
	alert    uint16 // §6
	finished uint16 // §4.4.4
	endEarly uint16 // §4.5
}

// sizes gives the sizes that the cipher suite makes.
func (t *tlsSession) sizes() tlsSizes {
	z := tlsSizes{over: 1 + 16, hash: 32}
	switch t.suite {
	case 0x1302: // TLS_AES_256_GCM_SHA384
		z.hash = 48
	case 0x1305: // TLS_AES_128_CCM_8_SHA256
		z.over = 1 + 8
	}
	z.alert, z.finished, z.endEarly = 2+z.over, 4+z.hash+z.over, 4+z.over
	return z
}

// tlsRole is what an encrypted record is, as far as can be told without its keys.
// The zero value says that nothing can be told.
type tlsRole struct {
	kind  byte   // content type inside
	types []byte // the handshake messages in it, in order, if they are told
	sure  bool   // its place proves it; else it is likely
	what  string // in words
	why   string // what speaks for it
}

func (r *tlsRole) String() string {
	if r.sure || r.what == "" {
		return r.what
	}
	return "likely " + r.what
}

// tlsEnding is what is known of how a direction ends.
type tlsEnding struct {
	text    string
	refuses bool // it may complain of how the other direction has ended
}

// farewell says whether a direction may have ended with an alert. The session's lock
// is held.
func (t *tlsSession) farewell(dir uint8) bool {
	return t.roles.last[dir].order != 0 || t.roles.alerts[dir].frame != 0
}

// tlsPlaces is what roles are told from: the encrypted records, those of the client
// apart from those of the server.
type tlsPlaces struct {
	tlsSizes
	version        uint16
	resumed, modes bool
	offered        string // protocols that the client offered
	early          bool   // the client said that it sends early data
	clientEarly    []tlsSealed
	client, server []tlsSealed // those after the Server Hello
	clientDone     int         // which of client is its Finished; −1 if that is not known
	serverDone     int         // which of server is its Finished; −1 if that is not known
	lead           int         // which of client is its first handshake message
}

// places gathers them from what was known in packet upTo; 0: from all that is known.
// The session's lock is held. ok is false if nobody can tell.
func (t *tlsSession) places(upTo packet.Number) (p tlsPlaces, ok bool) {
	if t.client == 0 || t.version == 0 {
		return p, false
	}
	r := &t.roles
	p = tlsPlaces{tlsSizes: t.sizes(), version: t.version, resumed: t.resumed || t.said.Resumed, modes: r.modes,
		offered: t.said.Offered, early: t.said.Early, clientDone: -1, serverDone: -1}
	known := func(list []tlsSealed) []tlsSealed {
		for i := range list {
			if upTo != 0 && list[i].frame > upTo {
				return list[:i]
			}
		}
		return list
	}
	p.client, p.server = known(r.first[t.client-1]), known(r.first[2-t.client])
	if t.version != 0x0304 {
		return p, true
	}
	n := 0
	for n < len(p.client) && p.client[n].order <= r.hello || t.helloIn == 0 && n < len(p.client) {
		n++
	}
	p.clientEarly, p.client = p.client[:n], p.client[n:]
	p.findClient(r.early)
	p.findServer()
	return p, true
}

// verifies says whether a record is as long as one with a Certificate Verify: a
// signature has 64 bytes at least (Ed25519; RFC 8446 §4.4.3), and is seldom made
// with more than 8192 bits.
func (p *tlsPlaces) verifies(x tlsSealed) bool {
	n := int(x.size) - int(p.over) - 8
	return n >= 64 && n <= 1024
}

// findClient finds the client's Finished: its first record, or behind the end of
// early data, or behind a certificate (RFC 8446 §2).
func (p *tlsPlaces) findClient(early tlsEarly) {
	c := p.client
	fits := func(i int) bool { return i < len(c) && c[i].size == p.finished }
	if p.early && early != earlyRefused {
		for i := range c {
			if c[i].size == p.endEarly && fits(i+1) {
				p.clientDone, p.lead = i+1, i
				return
			}
		}
	}
	switch empty := 4 + 1 + 3 + p.over; {
	case fits(0):
		p.clientDone = 0
	case p.early:
	case fits(1) && c[0].size == empty && p.together(c[0], c[1]):
		p.clientDone = 1
	case fits(2) && c[0].size > empty && p.verifies(c[1]) && p.together(c[0], c[2]):
		p.clientDone = 2
	}
}

// together says that the other side has sent nothing between two records.
func (p *tlsPlaces) together(a, b tlsSealed) bool {
	for _, x := range p.server {
		if x.order > a.order && x.order < b.order {
			return false
		}
	}
	return true
}

// findServer finds the server's Finished: behind the Encrypted Extensions and, if no
// keys of before are used, a certificate that it has signed with (RFC 8446 §2).
func (p *tlsPlaces) findServer() {
	s := p.server
	answered := ^uint32(0) // the client has answered
	if len(p.client) > p.lead {
		answered = p.client[p.lead].order
	}
	from := 3
	if p.resumed {
		from = 1
	}
	for i := from; i < len(s) && s[i].order < answered; i++ {
		if s[i].size == p.finished && (p.resumed || p.verifies(s[i-1])) {
			p.serverDone = i
			return
		}
		if p.resumed {
			return
		}
	}
}

// role tells what the encrypted record is that begins at a relative sequence
// number of a direction. With upTo it is told by what was known in that packet.
func (s *Session) role(dir uint8, at uint32, kind byte, upTo packet.Number) tlsRole {
	if s == nil {
		return tlsRole{}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.tls
	if t == nil {
		return tlsRole{}
	}
	return t.role(dir, at, kind, upTo)
}

// role is Session.role with the lock held.
func (t *tlsSession) role(dir uint8, at uint32, kind byte, upTo packet.Number) tlsRole {
	p, ok := t.places(upTo)
	if !ok {
		return tlsRole{}
	}
	list, who, fromClient := t.roles.first[dir&1], "server", int8(dir&1)+1 == t.client
	if fromClient {
		who = "client"
	}
	place := 0
	for place < len(list) && list[place].at != at {
		place++
	}
	if place == len(list) && place < maxTLSRoles {
		return tlsRole{} // it is not encrypted, or came before what is remembered
	}
	last := upTo == 0 && t.roles.last[dir&1].order != 0 && t.roles.last[dir&1].at == at
	ending := tlsEnding{text: "it is the last record of the " + who}
	if t.roles.fins[dir&1] != 0 {
		ending.text += ", whose FIN follows"
	}
	if fin := t.roles.fins[dir&1^1]; fin != 0 && fin < t.roles.last[dir&1].frame && !t.farewell(dir&1^1) {
		ending.refuses = true
		ending.text += "; the other end has sent its FIN without a Close Notify, which some take for an error"
	}
	if p.version != 0x0304 {
		return p.oldRole(list, place, kind, who, last, ending)
	}
	switch {
	case last:
		return p.alertRole(at, place, who, ending)
	case place == len(list):
		return tlsRole{}
	}
	switch i := place - len(p.clientEarly); {
	case fromClient && i < 0 && place < len(p.clientEarly):
		return tlsRole{tlsAppData, nil, true, "early data of the client", "the client sends it before it has an answer (0-RTT, RFC 8446 §2.3)"}
	case fromClient && i < len(p.client):
		return p.clientRole(i, t.roles.early)
	case !fromClient && place < len(p.server):
		return p.serverRole(place)
	}
	return tlsRole{}
}

// alertRole is role for a record of TLS 1.3 that is as long as an alert and the
// last of its direction. place says which it is of those that are remembered.
func (p *tlsPlaces) alertRole(at uint32, place int, who string, ending tlsEnding) tlsRole {
	mine := p.server
	if who == "client" {
		mine = p.client
	}
	spoke := place == maxTLSRoles // more has come than is remembered
	if p.clientDone >= 0 {
		for _, x := range mine {
			spoke = spoke || x.order > p.client[p.clientDone].order && x.at != at
		}
	}
	why := fmt.Sprintf("%d bytes, as 2 of an alert make with type and tag; %s", p.alert, ending.text)
	switch {
	case spoke && !ending.refuses:
		return tlsRole{tlsAlert, nil, false, "Close Notify of the " + who, why}
	case p.clientDone < 0 && who == "client":
		why += "; it stands where the Finished should: the client does not agree to what the server has sent"
	}
	return tlsRole{tlsAlert, nil, false, "Alert of the " + who, why}
}

// oldRole is role for TLS 1.2 and before, where the content type can be read.
func (p *tlsPlaces) oldRole(list []tlsSealed, place int, kind byte, who string, last bool, ending tlsEnding) tlsRole {
	switch {
	case kind == tlsHandshake && place == 0 && len(list) > 0:
		return tlsRole{tlsHandshake, []byte{20}, true, "Finished of the " + who, fmt.Sprintf("the first record behind its Change Cipher Spec, %d bytes (RFC 5246 §7.4.9)", list[0].size)}
	case kind == tlsHandshake:
		return tlsRole{tlsHandshake, nil, true, "handshake message of a renegotiation", "its type stands in the header, and the handshake was over (RFC 5246 §7.4.1)"}
	case kind != tlsAlert:
		return tlsRole{}
	}
	spoke := place == len(list)
	for _, x := range list[:place] {
		spoke = spoke || x.kind == tlsAppData
	}
	switch {
	case last && spoke && !ending.refuses:
		return tlsRole{tlsAlert, nil, false, "Close Notify of the " + who, ending.text}
	case last:
		return tlsRole{tlsAlert, nil, true, "Alert of the " + who, ending.text}
	}
	return tlsRole{}
}

// serverRole is role for record i of the server's of TLS 1.3.
func (p *tlsPlaces) serverRole(i int) tlsRole {
	s, done := p.server, p.serverDone
	hand := func(sure bool, what, why string, types ...byte) tlsRole {
		return tlsRole{tlsHandshake, types, sure, what + " of the server", why}
	}
	switch {
	case i == 0 && s[0].size <= p.alert:
		return tlsRole{}
	case i == 0 && done < 0 && p.clientDone >= 0 && (len(s) == 1 || s[1].order > p.client[p.clientDone].order):
		why := "the only record between the Server Hello and the client's Finished"
		if p.resumed {
			return hand(false, "Encrypted Extensions, Finished", why+"; the server takes the keys of an earlier session", 8, 20)
		}
		if int(s[0].size) < 200 {
			break
		}
		return hand(false, "Encrypted Extensions, Certificate, Certificate Verify, Finished", why, 8, 11, 15, 20)
	case i == 0 && done > 0:
		return hand(true, "Encrypted Extensions", "the first record behind the Server Hello (RFC 8446 §4.3.1)", 8)
	}
	switch certificate := done - 2; {
	case i == 0:
		return hand(true, "Encrypted Extensions, perhaps more messages behind them,", "the first record behind the Server Hello (RFC 8446 §4.3.1)")
	case done < 0:
		return tlsRole{}
	case i == done:
		return hand(false, "Finished", fmt.Sprintf("%d bytes, as a hash of %d makes with header, type and tag; before anything from the client", s[i].size, p.hash), 20)
	case i > done:
		return p.ticketRole(i)
	case i == done-1:
		return hand(false, "Certificate Verify", "before the Finished, and as long as a signature", 15)
	case i == certificate && done <= 4 && (done == 3 || s[1].size < 4096):
		return hand(false, "Certificate", "before the Certificate Verify", 11)
	case done == 4 && s[1].size < 4096:
		return hand(false, "Certificate Request", "between the Encrypted Extensions and the Certificate", 13)
	}
	return hand(false, "part of the Certificate or of messages before it", "between the Encrypted Extensions and the Certificate Verify")
}

// ticketRole is role for a record of the server's behind its Finished.
//
// Tickets are the first that it sends then, if the client takes them (RFC 8446
// §4.6.1). A server of HTTP has nothing else to say before it was asked; where it
// was asked already, two of the same size tell.
func (p *tlsPlaces) ticketRole(i int) tlsRole {
	s, done := p.server, p.serverDone
	size := s[i].size
	if !p.modes || i-done > 2 || size < 60 || size > 1500 {
		return tlsRole{}
	}
	ticket := func(why string) tlsRole {
		return tlsRole{tlsHandshake, []byte{4}, false, "New Session Ticket of the server", why}
	}
	if p.clientDone < 0 {
		return tlsRole{}
	}
	finished := p.client[p.clientDone].order
	first := done + 1
	if s[first].order < finished {
		if s[i].order < finished {
			return ticket("it comes between the Finished of the server and that of the client")
		}
		return tlsRole{}
	}
	if size <= 600 && first+1 < len(s) && s[first].size == s[first+1].size {
		return ticket("the first two records of the server behind the handshake have the same size")
	}
	if size < 150 || size > 600 {
		return tlsRole{} // settings of HTTP/2 are shorter
	}
	asked := p.clientDone+1 < len(p.client) && p.client[p.clientDone+1].order < s[i].order
	if i == first && !asked && offersHTTP(p.offered) {
		return ticket("the server speaks before it was asked anything")
	}
	return tlsRole{}
}

// offersHTTP says whether HTTP is among the protocols of a list with commas between.
func offersHTTP(list string) bool {
	for name := range strings.SplitSeq(list, ",") {
		if name == "h2" || name == "http/1.1" {
			return true
		}
	}
	return false
}

// clientRole is role for record i of the client's of TLS 1.3 behind the Server Hello.
func (p *tlsPlaces) clientRole(i int, early tlsEarly) tlsRole {
	done := p.clientDone
	hand := func(what, why string, types ...byte) tlsRole {
		return tlsRole{tlsHandshake, types, false, what + " of the client", why}
	}
	switch {
	case done < 0 || i > done:
		return tlsRole{}
	case i == done:
		why := fmt.Sprintf("%d bytes, as a hash of %d makes with header, type and tag; ", p.finished, p.hash)
		switch {
		case p.lead > 0 || p.early && done == 1:
			why += "behind the end of early data"
		case done > 0:
			why += "behind the client's certificate"
		default:
			why += "the first record of the client behind the Server Hello"
		}
		return hand("Finished", why, 20)
	case p.client[done-1].size == p.endEarly && p.early:
		if i == done-1 {
			return hand("End of Early Data", fmt.Sprintf("%d bytes, as a message without content makes; before the Finished", p.endEarly), 5)
		}
		return tlsRole{tlsAppData, nil, false, "early data of the client", "before the End of Early Data"}
	case done == 1:
		return hand("Certificate", "before the Finished; so short that it has no certificate in it", 11)
	case i == 1:
		return hand("Certificate Verify", "before the Finished, and as long as a signature", 15)
	}
	return hand("Certificate", "before the Certificate Verify: the server has asked for one", 11)
}

// showRole says what an encrypted record is likely to be. at is the relative
// sequence number of its first byte.
func (t *tlsRun) showRole(c *cursor, at uint32, kind byte) {
	if t.Messages == nil || !c.on() || kind != tlsAppData && kind != tlsHandshake && kind != tlsAlert {
		return
	}
	upTo := packet.Number(0)
	if t.first {
		upTo = t.frame
	}
	r := t.session.role(t.dir, at, kind, upTo)
	if r.what == "" {
		return
	}
	c.genStr(fTLSRole, r.String())
	c.begin()
	c.genStr(fTLSEvidence, r.why)
	c.end()
}
