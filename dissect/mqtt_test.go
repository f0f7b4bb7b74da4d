package dissect

import (
	"strings"
	"testing"
)

// mqPacket makes a packet of MQTT; mqStr a text with its length before it.
func mqPacket(first byte, parts ...string) string {
	body := strings.Join(parts, "")
	return string([]byte{first}) + mqNumber(len(body)) + body
}

func mqNumber(n int) string {
	out := []byte{}
	for {
		b := byte(n & 0x7f)
		if n >>= 7; n == 0 {
			return string(append(out, b))
		}
		out = append(out, b|0x80)
	}
}

func mqStr(s string) string { return n16(len(s)) + s }

// mqttTalk is a conversation in version 3, 4 or 5 that has all types of packets.
func mqttTalk(version int) []turn {
	name := "MQTT"
	if version == 3 {
		name = "MQIsdp"
	}
	v5 := version == 5
	props := func(list ...string) string { // only version 5 has them
		if !v5 {
			return ""
		}
		s := strings.Join(list, "")
		return mqNumber(len(s)) + s
	}
	only := func(s ...string) string {
		if !v5 {
			return ""
		}
		return strings.Join(s, "")
	}
	user := "\x26" + mqStr("k") + mqStr("v")
	options := map[bool]string{true: "\x2e", false: "\x02"}[v5]
	return []turn{
		client(mqPacket(0x10, mqStr(name), string([]byte{byte(version), 0xee}), n16(60),
			props("\x11", n32(100), "\x21", n16(10), "\x22", n16(5), "\x27", n32(5000), "\x19\x01\x17\x00", user, "\x15", mqStr("SCRAM"), "\x16", mqStr("abc")), mqStr("client1"),
			props("\x18", n32(5), "\x01\x01\x02", n32(9), "\x03", mqStr("text/plain"), "\x08", mqStr("resp/t"), "\x09", mqStr("id"), user), mqStr("will/t"), mqStr("gone"), mqStr("user"), mqStr("secret"))),
		server(mqPacket(0x20, "\x01\x00", props("\x11", n32(7), "\x12", mqStr("auto"), "\x13", n16(30), "\x24\x01\x25\x01\x28\x01\x29\x01\x2a\x00\x1a", mqStr("ri"), "\x1c", mqStr("srv"), "\x1f", mqStr("why")))),
		client(mqPacket(0x82, n16(1), props("\x0b", mqNumber(300), user), mqStr("a/b"), "\x01", mqStr("#"), options)),
		server(mqPacket(0x90, n16(1), props(), "\x01\x80")),
		client(mqPacket(0x30, mqStr("a/b"), props(), "hello"), mqPacket(0x3b, mqStr("a/b"), n16(7), props("\x23", n16(3), "\x0b\x05"), "\x00\x01\x02")),
		server(mqPacket(0x40, n16(7)), mqPacket(0x40, n16(7), only("\x10", props(user)))),
		client(mqPacket(0x3d, mqStr("a/b"), n16(8), props())), server(mqPacket(0x50, n16(8))), client(mqPacket(0x62, n16(8), only("\x92"))), server(mqPacket(0x70, n16(8), only("\x00"))),
		client(mqPacket(0xa2, n16(9), props(), mqStr("a/b"), mqStr("#"))), server(mqPacket(0xb0, n16(9), only(props(), "\x00\x11"))),
		client(mqPacket(0xc0), mqPacket(0xc0)), server(mqPacket(0xd0)),
		client(mqPacket(0x30, mqStr(""), props("\x23", n16(3)), `{"a":1}`)),
		server(mqPacket(0x30, mqStr("long"), props(), strings.Repeat("x", 200))),
		client(mqPacket(0xf0, only("\x18", props("\x15", mqStr("SCRAM"))))),
		server(mqPacket(0xe0, only("\x8e", props("\x1f", mqStr("bye"))))), client(mqPacket(0xe0)), client(mqPacket(0x00, "ab")),
	}
}

func TestMQTT(t *testing.T) {
	for version, name := range map[int]string{3: "mqtt31", 4: "mqtt311", 5: "mqtt5"} {
		t.Run(name, func(t *testing.T) {
			checkTalk(t, name, pMQTT, 1883, mqttTalk(version))
			checkSegments(t, pMQTT, 1883, mqttTalk(version))
		})
	}
}

// TestMQTTElsewhere: on another port a CONNECT tells it.
func TestMQTTElsewhere(t *testing.T) {
	hello := string(mqttTalk(4)[0].data)
	for i, tt := range []struct {
		data string
		want bool
	}{
		{hello, true},
		{string(mqttTalk(3)[0].data), true},
		{string(mqttTalk(5)[0].data), true},
		{hello[:len(hello)-1], false},
		{hello + "x", false},
		{strings.Replace(hello, "MQTT", "MQXX", 1), false},
		{strings.Replace(hello, "MQTT\x04", "MQTT\x09", 1), false},
		{mqPacket(0x30, mqStr("a/b"), "hello"), false},
	} {
		app := GuessTCP(nil, 40000, 41000, 0, []byte(tt.data))
		if got := app.String() == "mqtt"; got != tt.want {
			t.Errorf("%d: %q is taken for %v", i, tt.data, app)
		}
	}
	checkSegmentsFrom(t, pMQTT, 7777, mqttTalk(5))
	if got := GuessTCP(nil, 40000, 1883, 1883, []byte("\x16\x03\x01\x00\x05hello")); got != AppTLS {
		t.Errorf("TLS on the port of MQTT is taken for %v", got)
	}
}

// TestMQTTHostile: broken packets are shown as such, and what follows goes on.
func TestMQTTHostile(t *testing.T) {
	connect := string(mqttTalk(5)[0].data)
	ping := mqPacket(0xc0)
	checkTalk(t, "mqtt_hostile", pMQTT, 1883, []turn{
		client(mqPacket(0x30, mqStr("a"), "before any CONNECT")), // its version is not known
		client(mqPacket(0x82, n16(1), mqStr("a"), "\x01")),
		server(mqPacket(0x90, n16(1), "\x02")),
		client(connect),
		client(mqPacket(0x30, n16(9), "ab"), ping),
		client(mqPacket(0x30, mqStr("a"), "\xff\xff\xff\xff\x7f"), ping),
		client(mqPacket(0x30, mqStr("a"), "\x05\x79abcd", "rest"), ping),
		client(mqPacket(0x30, mqStr(""), "\x03\x23", n16(9), "an alias of nothing"), ping),
		client(mqPacket(0x10, mqStr("MQTT"), "\x05"), ping),
		client(mqPacket(0x20), ping),
		client("\x30\xff\xff\xff\xff\x7f"),
	})
}

// TestMQTTAliases: what is remembered of aliases is bounded.
func TestMQTTAliases(t *testing.T) {
	s := NewSession(appOf(t, "mqtt"))
	f := s.Framer(0)
	s.Begin(1, 0, 0, false)
	f.Push(pieceOf(mqttTalk(5)[0].data), nil)
	for i := range 1 << 17 {
		f.Push(pieceOf([]byte(mqPacket(0x30, mqStr(string(put32(i))), "\x03\x23", n16(i), "x"))), nil)
	}
	q := ownOf[mqttSession](s)
	if len(q.aliases) > maxMQTTAliases || len(q.aliases) == 0 {
		t.Errorf("%d aliases are remembered", len(q.aliases))
	}
	for _, list := range q.aliases {
		if len(list) > maxMQTTTopics {
			t.Errorf("%d topics of an alias are remembered", len(list))
		}
	}
}

func FuzzMQTT(f *testing.F) { fuzzTalk(f, 1883, mqttTalk(5)) }
