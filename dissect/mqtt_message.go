package dissect

import "strconv"

// mqttRun is a run of packets in one call.
type mqttRun struct {
	*payload
	mqtt    *mqttSession // nil if nothing is known
	dir     uint8
	version uint8 // 3, 4 or 5; 0 while it is not known
	count   int   // packets so far
}

// message takes one packet apart.
func (r *mqttRun) message(c *cursor) {
	if r.count++; r.count > 1 {
		c.d.infoAppend(", ")
	}
	if n := c.addAt(&pMQTT.field, c.pos, c.captured(), Node{}); n != nil {
		c.begin()
	}
	if mqttSize(c.rest()) < 0 {
		c.need(-1)
		return
	}
	first := c.peek(0)
	t := first >> 4
	name := orUnknown(mqttTypes, uint64(t))
	c.opened().label(pMQTT.Name + ", " + name)
	c.d.infoAppend(name)
	if t == mqttConnect {
		if v, ok := mqttVersion(c.rest()); ok {
			r.version = v
		}
	}
	if r.version == 0 && t != mqttConnect {
		c.expert(NoteSev, GroupProtocol, eMQTTVersion, eMQTTVersion.Name)
	}
	r.header(c, first, name)
	r.number(c, fMQTTLen)
	switch t {
	case mqttConnect:
		r.connect(c)
	case mqttConnAck:
		r.connAck(c)
	case mqttPublish:
		r.publish(c, first>>1&3)
	case mqttPubAck, 5, 6, mqttPubComp:
		c.d.infoAppend(" (id=" + strconv.Itoa(int(c.peek16(0))) + ")")
		c.u16(fMQTTID)
		r.reason(c, [...]*Field{fMQTTPubAck, fMQTTPubRec, fMQTTPubRel, fMQTTPubComp}[t-mqttPubAck], nil)
	case mqttSubscribe, mqttUnsubscribe:
		r.subscribe(c, t)
	case mqttSubAck, mqttUnsubAck:
		r.subAck(c, t)
	case mqttDisconnect:
		r.reason(c, fMQTTDisconnectReason, mqttDisconnectReasons)
	case mqttAuth:
		r.reason(c, fMQTTAuthReason, mqttAuthReasons)
	}
	if c.ok() {
		c.end()
	}
}

// header takes the first byte apart (§2.1).
func (r *mqttRun) header(c *cursor, first byte, name string) {
	v := uint64(first)
	c.u8(fMQTTFlags)
	if !c.on() || !c.ok() {
		return
	}
	t := first >> 4
	old := r.version == 3 && (t == 6 || t == mqttSubscribe || t == mqttUnsubscribe) // MQTT 3.1 §2.1
	label := ", Message Type: " + name
	if t == mqttPublish || old {
		if v&8 != 0 {
			label += ", " + fMQTTDup.Name
		}
		label += ", " + fMQTTQoS.Name + ": " + orUnknown(mqttQoS, v>>1&3)
		if v&1 != 0 && !old {
			label += ", " + fMQTTRetain.Name
		}
	}
	c.last().append(label)
	c.begin()
	fields := []*Field{fMQTTType, fMQTTReserved}
	if t == mqttPublish {
		fields = []*Field{fMQTTType, fMQTTDup, fMQTTQoS, fMQTTRetain}
	} else if old {
		fields = []*Field{fMQTTType, fMQTTDup, fMQTTQoS, fMQTTRetainReserved}
	}
	for _, f := range fields {
		c.bits(f, 1, v)
	}
	c.end()
}

// number reads a number whose bytes hold seven bits each.
func (r *mqttRun) number(c *cursor, f *Field) int {
	v, n := mqttNumber(c.rest())
	if n <= 0 {
		c.need(c.captured() + 1)
		return 0
	}
	c.skip(n)
	c.add(f, n, Node{num: uint64(v)})
	return v
}

// str reads a text with its length before it (§1.5.4).
func (r *mqttRun) str(c *cursor, length, f *Field) string {
	n := int(c.u16(length))
	if n == 0 {
		return ""
	}
	return c.str(f, n)
}

// connect takes a CONNECT apart (§3.1).
func (r *mqttRun) connect(c *cursor) {
	r.str(c, fMQTTProtoLen, fMQTTProtoName)
	c.u8(fMQTTVer)
	flags := c.u8(nil)
	r.connectFlags(c, uint64(flags))
	c.u16(fMQTTKeepAlive)
	r.properties(c, fMQTTProperties)
	client := r.str(c, fMQTTClientIDLen, fMQTTClientID)
	if flags&4 != 0 {
		r.properties(c, fMQTTWillProperties)
		r.str(c, fMQTTWillTopicLen, fMQTTWillTopic)
		if n := int(c.u16(fMQTTWillMsgLen)); n > 0 {
			c.bytes(fMQTTWillMsg, n)
		}
	}
	user := ""
	if flags&0x80 != 0 {
		user = r.str(c, fMQTTUserLen, fMQTTUser)
	}
	if flags&0x40 != 0 {
		r.str(c, fMQTTPasswordLen, fMQTTPassword)
	}
	if c.cols() && c.ok() {
		c.d.infoAppend(" [" + shownText(client, 80) + "]")
		if user != "" {
			c.d.infoAppend(" user=" + shownText(user, 80))
		}
	}
}

// connectFlags shows what a CONNECT says it has (§3.1.2.3).
func (r *mqttRun) connectFlags(c *cursor, v uint64) {
	if !c.on() || !c.ok() {
		return
	}
	label := ""
	for _, f := range []*Field{fMQTTUserFlag, fMQTTPasswordFlag, fMQTTWillRetain} {
		if v&f.Mask != 0 {
			label += ", " + f.Name
		}
	}
	label += ", " + fMQTTWillQoS.Name + ": " + orUnknown(mqttQoS, v>>3&3)
	for _, f := range []*Field{fMQTTWillFlag, fMQTTClean, fMQTTConnectReserved} {
		if v&f.Mask != 0 {
			label += ", " + f.Name
		}
	}
	c.add(fMQTTConnectFlags, 1, Node{num: v}).append(label)
	c.begin()
	for _, f := range []*Field{fMQTTUserFlag, fMQTTPasswordFlag, fMQTTWillRetain, fMQTTWillQoS, fMQTTWillFlag, fMQTTClean, fMQTTConnectReserved} {
		c.bits(f, 1, v)
	}
	c.end()
}

// connAck takes a CONNACK apart (§3.2).
func (r *mqttRun) connAck(c *cursor) {
	v := uint64(c.peek(0))
	if r.version == 3 {
		c.u8(fMQTTAckByte)
	} else if c.u8(fMQTTAckFlags); c.on() && c.ok() {
		if v&1 != 0 {
			c.last().append(", " + fMQTTSession.Name)
		}
		c.begin()
		c.bits(fMQTTAckReserved, 1, v)
		c.bits(fMQTTSession, 1, v)
		c.end()
	}
	code := uint64(c.peek(0))
	if r.version == 5 || r.version == 0 {
		c.u8(fMQTTConnAckReason)
		r.because(c, mqttConnAckReasons(code))
		r.properties(c, fMQTTProperties)
		return
	}
	c.u8(fMQTTReturn)
	r.because(c, mqttReturns(code))
}

// because says in the Info column what came of it.
func (r *mqttRun) because(c *cursor, s string) {
	if s != "" && c.cols() && c.ok() {
		c.d.infoAppend(": " + s)
	}
}

// publish takes a PUBLISH apart (§3.3).
func (r *mqttRun) publish(c *cursor, qos byte) {
	n := int(c.u16(fMQTTTopicLen))
	topic := ""
	if n > 0 {
		topic = c.str(fMQTTTopic, n)
	} else if c.ok() && c.on() && r.version != 5 {
		c.begin()
		c.expert(WarnSev, GroupProtocol, eMQTTTopic, eMQTTTopic.Name)
		c.end()
	}
	id := -1
	if qos != 0 {
		id = int(c.u16(fMQTTID))
	}
	known := n > 0
	if alias := r.properties(c, fMQTTProperties); alias != 0 && r.mqtt != nil && c.ok() {
		t, ok := r.mqtt.topic(r.Session, r.dir, alias, r.Frame)
		if n > 0 {
			t, ok = topic, true
		}
		if ok {
			topic, known = t, true
			c.genStr(fMQTTTopic, t)
		} else if c.on() {
			c.expert(NoteSev, GroupProtocol, eMQTTAlias, eMQTTAlias.Name)
		}
	}
	size := c.left()
	if c.ok() {
		c.bytesOrCut(fMQTTMessage)
	}
	if !c.cols() || !c.ok() {
		return
	}
	if id >= 0 {
		c.d.infoAppend(" (id=" + strconv.Itoa(id) + ")")
	}
	if known || n == 0 {
		c.d.infoAppend(" [" + shownText(topic, 200) + "]")
	}
	c.d.infoAppend(" (" + plural(size, "byte") + ")")
}

// subscribe takes a SUBSCRIBE or an UNSUBSCRIBE apart (§3.8, §3.10).
func (r *mqttRun) subscribe(c *cursor, t byte) {
	id := c.u16(fMQTTID)
	c.d.infoAppend(" (id=" + strconv.Itoa(int(id)) + ")")
	r.properties(c, fMQTTProperties)
	for c.ok() && c.left() > 0 {
		topic := r.str(c, fMQTTTopicLen, fMQTTTopic)
		if !c.ok() {
			return
		}
		if c.cols() {
			c.d.infoAppend(" [" + shownText(topic, 200) + "]")
		}
		switch {
		case t == mqttUnsubscribe:
		case r.version == 5 || r.version == 0:
			r.options(c)
		default:
			c.u8(fMQTTSubQoS)
		}
	}
}

// options takes the options of a subscription apart (§3.8.3.1).
func (r *mqttRun) options(c *cursor) {
	v := uint64(c.u8(fMQTTOptions))
	if !c.on() || !c.ok() {
		return
	}
	label := ", " + fMQTTOptRetain.Name + ": " + orUnknown(mqttRetainHandling, v>>4&3)
	if v&8 != 0 {
		label += ", " + fMQTTOptRAP.Name
	}
	if v&4 != 0 {
		label += ", " + fMQTTOptNL.Name
	}
	label += ", " + fMQTTOptQoS.Name + ": " + orUnknown(mqttQoS, v&3)
	c.last().append(label)
	c.begin()
	for _, f := range []*Field{fMQTTOptReserved, fMQTTOptRetain, fMQTTOptRAP, fMQTTOptNL, fMQTTOptQoS} {
		c.bits(f, 1, v)
	}
	c.end()
}

// subAck takes a SUBACK or an UNSUBACK apart (§3.9, §3.11).
func (r *mqttRun) subAck(c *cursor, t byte) {
	id := c.u16(fMQTTID)
	c.d.infoAppend(" (id=" + strconv.Itoa(int(id)) + ")")
	r.properties(c, fMQTTProperties)
	f := fMQTTUnsubAck
	switch {
	case t == mqttUnsubAck:
	case r.version == 5 || r.version == 0:
		f = fMQTTSubAck
	default:
		f = fMQTTGranted
	}
	for c.ok() && c.left() > 0 {
		c.u8(f)
	}
}

// reason reads the code and the properties with which a packet may end (§2.4).
func (r *mqttRun) reason(c *cursor, f *Field, said Names) {
	if c.left() == 0 {
		return
	}
	code := c.u8(f)
	if said != nil {
		r.because(c, said(uint64(code)))
	}
	if c.left() > 0 && c.ok() {
		r.properties(c, fMQTTProperties)
	}
}

// properties takes a list of properties apart, where the version has them, and
// gives the alias for a topic if one is among them (§2.2.2).
func (r *mqttRun) properties(c *cursor, f *Field) (alias uint16) {
	if r.version != 5 || !c.ok() {
		return 0
	}
	start := c.pos
	size, n := mqttNumber(c.rest())
	if n <= 0 {
		c.need(c.captured() + 1)
		return 0
	}
	if size > c.left()-n {
		size = c.left() - n
	}
	if c.on() {
		c.addAt(f, start, min(n+size, c.captured()), Node{})
		c.begin()
	}
	r.number(c, fMQTTPropertyLen)
	list := c.to(size)
	for list.ok() && list.left() > 0 {
		if a := r.property(&list); a != 0 {
			alias = a
		}
	}
	if c.ok() {
		c.end()
	}
	return alias
}

// property takes one property apart.
func (r *mqttRun) property(c *cursor) (alias uint16) {
	id := c.u8(fMQTTPropertyID)
	number := func(n int) {
		v := c.uint(nil, n)
		c.add(fMQTTNumber, n, Node{num: v})
	}
	switch {
	case id == 0x23:
		return c.u16(fMQTTTopicAlias)
	case id == 0x24:
		c.u8(fMQTTMaxQoS)
		return 0
	case id == 3:
		n := int(c.peek16(0))
		if c.need(2 + n) {
			c.skip(2 + n)
			c.add(fMQTTContentType, 2+n, Node{str: string(c.b[c.pos-n : c.pos])})
		}
		return 0
	}
	switch mqttPropertyKinds[id] {
	case mqttByte:
		number(1)
	case mqttTwo:
		number(2)
	case mqttFour:
		number(4)
	case mqttVar:
		r.number(c, fMQTTNumber)
	case mqttString:
		r.str(c, fMQTTStringLen, fMQTTString)
	case mqttPair:
		r.str(c, fMQTTKeyLen, fMQTTKey)
		r.str(c, fMQTTValueLen, fMQTTValue)
	default:
		c.str(fMQTTUnknownProperty, c.left())
	}
	return 0
}

// mqttKind is what a property has for a value (§2.2.2.2).
type mqttKind uint8

const (
	mqttByte mqttKind = iota + 1
	mqttTwo
	mqttFour
	mqttVar
	mqttString // or bytes
	mqttPair
)

// mqttPropertyKinds are the kinds by the number of the property.
var mqttPropertyKinds = func() (kinds [256]mqttKind) {
	for kind, ids := range map[mqttKind]string{
		mqttByte:   "\x01\x17\x19\x24\x25\x28\x29\x2a",
		mqttTwo:    "\x13\x21\x22\x23",
		mqttFour:   "\x02\x11\x18\x27",
		mqttVar:    "\x0b",
		mqttString: "\x03\x08\x09\x12\x15\x16\x1a\x1c\x1f",
		mqttPair:   "\x26",
	} {
		for _, id := range []byte(ids) {
			kinds[id] = kind
		}
	}
	return kinds
}()
