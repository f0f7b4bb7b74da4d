package dissect

import (
	"bytes"
	"encoding/binary"
	"strings"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// sshApplication is SSH (RFC 4253; sections in the comments are of it unless they
// say otherwise). The port beside 22 is Gerrit's, as tshark assigns it.
type sshApplication struct{}

func (sshApplication) about() about {
	return about{proto: pSSH, ports: []uint16{22, 29418}, anywhere: true}
}

// looks wants the identification with a version that there was (§4.2).
func (sshApplication) looks(b []byte) bool {
	for _, v := range []string{"SSH-2.0-", "SSH-1.99-", "SSH-1.5-"} {
		if bytes.HasPrefix(b, []byte(v)) {
			return true
		}
	}
	return false
}

// Limits of messages.
const (
	sshKeep      = 8 << 10   // bytes of each packet that are looked into while packets are put in order
	maxSSHLine   = 1 << 10   // bytes of a line before the packets (§4.2 allows 255)
	maxSSHPacket = 256 << 10 // bytes: what OpenSSH accepts; §6.1 asks for 35,000
)

// sshState is where a conversation is.
type sshState struct {
	version uint8     // 1 or 2; 0 while it is not known
	hello   [2]bool   // the direction has identified itself
	keys    [2]bool   // what it sends now is encrypted
	seq     [2]uint32 // of its next packet (§6.4)
}

// sshChosen is what both sides have agreed on (§7.1). Directions are counted from the
// client: 0 is what it sends.
type sshChosen struct {
	client     uint8 // direction of the client plus 1; 0 while it is not known
	kex        string
	encryption [2]string
	mac        [2]string
	compress   [2]string
}

// side gives the place of what a direction sends.
func (x *sshChosen) side(dir uint8) int {
	if x.client == dir+1 {
		return 0
	}
	return 1
}

// clear tells whether the packets of a direction have their length in clear text
// when they are encrypted, and how many bytes of authentication follow: with GCM (RFC
// 5647 §7.3) and where the MAC is of what is encrypted (OpenSSH's PROTOCOL §1.5).
func (x *sshChosen) clear(dir uint8) (mac int, ok bool) {
	if x.client == 0 {
		return 0, false
	}
	i := x.side(dir)
	if strings.Contains(x.encryption[i], "-gcm") {
		return 16, true
	}
	name, etm := strings.CutSuffix(x.mac[i], "-etm@openssh.com")
	if n := sshMACSizes[name]; etm && n > 0 && !sshImplicitMAC(x.encryption[i]) {
		return n, true
	}
	return 0, false
}

// sshImplicitMAC says whether a cipher brings authentication of its own.
func sshImplicitMAC(cipher string) bool {
	return strings.Contains(cipher, "-gcm") || strings.HasPrefix(cipher, "chacha20-poly1305")
}

// sshMACSizes are the bytes of each (RFC 4253 §6.4, RFC 6668 §2, OpenSSH's PROTOCOL).
var sshMACSizes = map[string]int{"hmac-sha1": 20, "hmac-sha1-96": 12, "hmac-md5": 16, "hmac-md5-96": 12, "hmac-ripemd160": 20,
	"hmac-sha2-256": 32, "hmac-sha2-512": 64, "umac-64": 8, "umac-128": 16}

// size gives how long the message is that b begins with: 0 if b does not tell yet,
// −1 if all that there is has to be taken as one.
func (st *sshState) size(b []byte, dir uint8, x *sshChosen) int {
	switch {
	case len(b) == 0:
		return 0
	case !st.hello[dir&1]:
		return sshLine(b)
	}
	mac, known := 0, true
	if st.keys[dir&1] && st.version != 1 {
		mac, known = x.clear(dir)
	}
	switch {
	case !known:
		return -1
	case len(b) < 4:
		return 0
	case st.version == 1:
		n := int(min(binary.BigEndian.Uint32(b), maxSSHPacket))
		if n < 5 || n == maxSSHPacket {
			return -1
		}
		return 4 + 8 - n%8 + n
	}
	n := int(min(binary.BigEndian.Uint32(b), maxSSHPacket))
	if n < 2 || n == maxSSHPacket {
		return -1
	}
	return 4 + n + mac
}

// sshLine gives how long the line is that b begins with; −1 if it is none.
func sshLine(b []byte) int {
	n := bytes.IndexByte(b, '\n') + 1
	if n == 0 && len(b) >= maxSSHLine {
		return -1
	}
	line := b
	if n > 0 {
		line = b[:n]
	}
	if !sshText(line) {
		return -1
	}
	return n
}

// sshText says whether bytes are text, as the lines before the packets are.
func sshText(b []byte) bool {
	for _, x := range b {
		if x >= 0x7f || x < ' ' && x != '\r' && x != '\n' && x != '\t' {
			return false
		}
	}
	return true
}

// sshVersion reads the version from an identification; 0 if the line is none.
func sshVersion(line []byte) uint8 {
	switch {
	case bytes.HasPrefix(line, []byte("SSH-2.0-")), bytes.HasPrefix(line, []byte("SSH-1.99-")):
		return 2
	case bytes.HasPrefix(line, []byte("SSH-1.")):
		return 1
	case bytes.HasPrefix(line, []byte("SSH-")):
		return 2
	}
	return 0
}

// next gives the state after a message, which begins with b.
func (st sshState) next(b []byte, dir uint8) sshState {
	dir &= 1
	switch {
	case !st.hello[dir]:
		if v := sshVersion(b); v != 0 {
			st.hello[dir] = true
			if st.version != 1 {
				st.version = v
			}
		}
	case st.keys[dir]:
	case st.version == 1:
		if t := ssh1Type(b); t == 3 { // the session key: all is encrypted behind it
			st.keys = [2]bool{true, true}
		}
	default:
		st.seq[dir]++
		if len(b) > 5 && b[5] == sshNewKeys {
			st.keys[dir] = true
		}
	}
	return st
}

// ssh1Type finds the type of a packet of version 1, behind the padding.
func ssh1Type(b []byte) byte {
	if len(b) < 4 {
		return 0
	}
	at := 4 + 8 - int(binary.BigEndian.Uint32(b)%8)
	if at >= len(b) {
		return 0
	}
	return b[at]
}

// sshSession is what SSH remembers of a conversation.
type sshSession struct {
	// Guarded by the session; the sequencing goroutine, which writes it, reads
	// without.
	states marks[sshState]
	chosen sshChosen

	// For the sequencing goroutine only.
	state  sshState
	offers [2]*sshOffer // of each direction
}

// sshOffer is what one side can do: the lists of its KEXINIT (§7.1).
type sshOffer [10][]string

func (sshApplication) framer(s *Session, dir uint8) tcp.Framer {
	x, ok := s.own.(*sshSession)
	if !ok {
		x = &sshSession{}
		s.own = x
	}
	return &sizedFramer{
		session: s, dir: dir, keep: sshKeep,
		size:  func(b []byte) int { return x.state.size(b, dir, &x.chosen) },
		ended: func(m found) { x.message(s, m) },
	}
}

// message notes a message that has ended.
func (x *sshSession) message(s *Session, m found) {
	before := x.state
	x.state = before.next(m.head, m.dir)
	chosen := x.chosen
	if dir := m.dir & 1; before.version == 2 && before.hello[dir] && !before.keys[dir] && len(m.head) > 5 {
		switch m.head[5] {
		case sshKexInit:
			x.offers[dir] = sshOffered(m.head)
			chosen = x.choose(chosen)
		case 30, 34: // only clients say these
			chosen.client = dir + 1
			chosen = x.choose(chosen)
		}
	}
	if x.state == before && chosen == x.chosen {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x.states.set(s.frame, x.state)
	x.chosen = chosen
}

// sshOffered reads the lists of a KEXINIT; nil if they are not all there.
func sshOffered(b []byte) *sshOffer {
	b = b[min(len(b), 6+16):]
	var o sshOffer
	for i := range o {
		if len(b) < 4 {
			return nil
		}
		n := int(min(binary.BigEndian.Uint32(b), maxSSHPacket))
		if n > len(b)-4 {
			return nil
		}
		o[i] = strings.Split(string(b[4:4+n]), ",")
		b = b[4+n:]
	}
	return &o
}

// choose finds what both sides agree on, as far as both have said what they can.
func (x *sshSession) choose(chosen sshChosen) sshChosen {
	if x.offers[0] == nil || x.offers[1] == nil {
		return chosen
	}
	if chosen.client == 0 { // extensions tell who is who (RFC 8308 §2.1)
		for dir, o := range x.offers {
			for _, name := range o[0] {
				switch name {
				case "ext-info-c", "kex-strict-c-v00@openssh.com":
					chosen.client = uint8(dir) + 1
				case "ext-info-s", "kex-strict-s-v00@openssh.com":
					chosen.client = 2 - uint8(dir)
				}
			}
		}
	}
	if chosen.client == 0 {
		return chosen
	}
	client, server := x.offers[chosen.client-1], x.offers[2-chosen.client]
	agreed := func(i int) string {
		for _, name := range client[i] {
			for _, other := range server[i] {
				if name == other {
					return name
				}
			}
		}
		return ""
	}
	chosen.kex = agreed(0)
	for i := range 2 {
		chosen.encryption[i], chosen.mac[i], chosen.compress[i] = agreed(2+i), agreed(4+i), agreed(6+i)
	}
	return chosen
}

// at gives the state in which packet n found the conversation, and what was agreed on
// in the end.
func (x *sshSession) at(s *Session, n packet.Number) (sshState, sshChosen) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return x.states.before(n), x.chosen
}

func (sshApplication) dissect(c cursor, p *payload) {
	if c.captured() == 0 {
		return
	}
	r := sshRun{payload: p}
	if p.Messages != nil {
		r.dir = p.Dir
		if x := ownOf[sshSession](p.Session); x != nil {
			r.state, r.chosen = x.at(p.Session, p.Frame)
		}
	}
	if st, ok := p.standing.(sshState); ok {
		r.state = st
	}
	r.dissect(&c)
	p.standing = r.state
}
