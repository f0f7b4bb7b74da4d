package dissect

import (
	"bytes"
	"encoding/binary"
	"slices"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// mqttApplication is MQTT 3.1, 3.1.1 and 5.0 (OASIS; sections in the comments are of
// MQTT 5.0 unless they say otherwise).
type mqttApplication struct{}

func (mqttApplication) about() about {
	return about{proto: pMQTT, ports: []uint16{1883}, anywhere: true, begins: mqttBegins}
}

func (mqttApplication) begun(c cursor) { c.d.setInfo("") }

// mqttBegins says whether a conversation on the port of MQTT may begin like this: not
// with the type that is reserved, nor with a handshake of TLS.
func mqttBegins(b []byte) bool {
	return b[0]&0xf0 != 0 && !(len(b) > 1 && b[0] == 0x16 && b[1] == 3)
}

// The types of packets (§2.1.2).
const (
	mqttConnect     = 1
	mqttConnAck     = 2
	mqttPublish     = 3
	mqttPubAck      = 4
	mqttPubComp     = 7
	mqttSubscribe   = 8
	mqttSubAck      = 9
	mqttUnsubscribe = 10
	mqttUnsubAck    = 11
	mqttDisconnect  = 14
	mqttAuth        = 15
)

// looks wants a whole CONNECT, with the name and a version that there is.
func (mqttApplication) looks(b []byte) bool {
	if len(b) < 14 || b[0] != mqttConnect<<4 || mqttSize(b) != len(b) {
		return false
	}
	version, ok := mqttVersion(b)
	return ok && (version >= 3 && version <= 5)
}

// mqttVersion reads the version from a CONNECT (§3.1.2).
func mqttVersion(b []byte) (version uint8, ok bool) {
	_, n := mqttNumber(b[1:])
	b = b[min(len(b), 1+n):]
	for _, name := range []string{"\x00\x04MQTT", "\x00\x06MQIsdp"} {
		if bytes.HasPrefix(b, []byte(name)) && len(b) > len(name) {
			return b[len(name)] & 0x7f, true // the highest bit says that a bridge speaks
		}
	}
	return 0, false
}

// mqttNumber reads a number whose bytes hold seven bits each (§1.5.5) and how many
// bytes it takes: 0 if b does not have them, −1 if it has too many.
func mqttNumber(b []byte) (v, n int) {
	for i := range 4 {
		if i == len(b) {
			return 0, 0
		}
		v |= int(b[i]&0x7f) << (7 * i)
		if b[i]&0x80 == 0 {
			return v, i + 1
		}
	}
	return 0, -1
}

// mqttSize gives how long a packet is: 0 if b does not tell yet, −1 if it is none.
func mqttSize(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	v, n := mqttNumber(b[1:])
	if n <= 0 {
		return n
	}
	return 1 + n + v
}

// size implements sized.
func (mqttApplication) size(b []byte) int { return mqttSize(b) }

// mqttKeep is how much of the beginning of each packet is looked into while packets
// are put in order, bytes.
const mqttKeep = 512

func (mqttApplication) framer(s *Session, dir uint8) tcp.Framer {
	q, ok := s.own.(*mqttSession)
	if !ok {
		q = &mqttSession{}
		s.own = q
	}
	return &sizedFramer{session: s, dir: dir, keep: mqttKeep, size: mqttSize, ended: func(m found) { q.message(s, m) }}
}

// mqttSession is what MQTT remembers of a conversation. The session's lock guards it.
type mqttSession struct {
	versions marks[uint8]
	aliases  map[mqttAlias][]mqttTopic
}

// mqttAlias is a number that stands for a topic in one direction (§3.3.2.3.4).
type mqttAlias struct {
	dir   uint8
	alias uint16
}

// mqttTopic is what a packet has made an alias stand for.
type mqttTopic struct {
	frame packet.Number
	topic string
}

// Limits of what is remembered.
const (
	maxMQTTAliases = 1 << 10
	maxMQTTTopics  = 1 << 6 // of one alias: the newest
)

// message notes a packet that has ended.
func (q *mqttSession) message(s *Session, m found) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch m.head[0] >> 4 {
	case mqttConnect:
		if v, ok := mqttVersion(m.head); ok {
			q.versions.set(s.frame, v)
		}
	case mqttPublish:
		if n := len(q.versions.list); n > 0 && q.versions.list[n-1].state == 5 {
			q.publish(s.frame, m)
		}
	}
}

// publish notes a topic that gets an alias.
func (q *mqttSession) publish(n packet.Number, m found) {
	_, k := mqttNumber(m.head[1:])
	b := m.head[min(len(m.head), 1+max(0, k)):]
	if len(b) < 2 {
		return
	}
	size := big16(b, 0)
	if size == 0 || len(b) < 2+size+2 {
		return
	}
	topic := string(b[2 : 2+size])
	b = b[2+size:]
	if m.head[0]&6 != 0 {
		b = b[2:]
	}
	alias := mqttAliasIn(b)
	if alias == 0 {
		return
	}
	if q.aliases == nil {
		q.aliases = map[mqttAlias][]mqttTopic{}
	}
	key := mqttAlias{m.dir, alias}
	list := q.aliases[key]
	if list == nil && len(q.aliases) >= maxMQTTAliases || len(list) > 0 && list[len(list)-1].topic == topic {
		return
	}
	if len(list) >= maxMQTTTopics {
		list = slices.Delete(list, 0, maxMQTTTopics/2)
	}
	q.aliases[key] = append(list, mqttTopic{n, cutText(topic, mqttKeep)})
}

// mqttAliasIn finds the alias among properties; 0 if there is none.
func mqttAliasIn(b []byte) uint16 {
	size, n := mqttNumber(b)
	if n <= 0 {
		return 0
	}
	b = b[n:min(len(b), n+size)]
	for len(b) > 0 {
		id := b[0]
		k := mqttPropertySize(id, b[1:])
		if k < 0 || k > len(b)-1 {
			return 0
		}
		if id == 0x23 && k == 2 {
			return binary.BigEndian.Uint16(b[1:])
		}
		b = b[1+k:]
	}
	return 0
}

// mqttPropertySize is how many bytes the value of a property takes (§2.2.2.2); −1 if
// b does not tell.
func mqttPropertySize(id byte, b []byte) int {
	str := func(b []byte) int {
		if len(b) < 2 {
			return -1
		}
		return 2 + big16(b, 0)
	}
	switch mqttPropertyKinds[id] {
	case mqttByte:
		return 1
	case mqttTwo:
		return 2
	case mqttFour:
		return 4
	case mqttVar:
		_, n := mqttNumber(b)
		if n <= 0 {
			return -1
		}
		return n
	case mqttString:
		return str(b)
	case mqttPair:
		n := str(b)
		if n < 0 || n > len(b) {
			return -1
		}
		k := str(b[n:])
		if k < 0 {
			return -1
		}
		return n + k
	}
	return -1
}

// at gives the version that is spoken in packet n; 0 if it is not known.
func (q *mqttSession) at(s *Session, n packet.Number) uint8 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return q.versions.before(n)
}

// topic gives what an alias stands for in packet n.
func (q *mqttSession) topic(s *Session, dir uint8, alias uint16, n packet.Number) (string, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := q.aliases[mqttAlias{dir, alias}]
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].frame <= n {
			return list[i].topic, true
		}
	}
	return "", false
}

func (mqttApplication) dissect(c cursor, p *payload) {
	if c.captured() == 0 {
		return
	}
	c.d.enter(pMQTT)
	c.d.beginService(pMQTT)
	r := mqttRun{payload: p}
	if p.Messages != nil {
		r.dir = p.Dir
		if r.mqtt = ownOf[mqttSession](p.Session); r.mqtt != nil {
			r.version = r.mqtt.at(p.Session, p.Frame)
		}
	}
	if v, ok := p.standing.(uint8); ok {
		r.version = v
	}
	for c.ok() && c.captured() > 0 {
		n := mqttSize(c.rest())
		if n <= 0 {
			n = c.left()
		}
		one := c.to(n)
		c.d.guard(&one, func() { r.message(&one) })
		p.messages++
	}
	p.standing = r.version
	if c.left() > 0 {
		c.need(c.left())
	}
}
