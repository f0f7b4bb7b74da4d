package dissect

import (
	"fmt"
	"strings"
	"testing"
)

// myPacket makes a packet of MySQL.
func myPacket(seq byte, parts ...string) string {
	body := strings.Join(parts, "")
	return string([]byte{byte(len(body)), byte(len(body) >> 8), byte(len(body) >> 16), seq}) + body
}

func le16s(vs ...int) (out string) {
	for _, v := range vs {
		out += string([]byte{byte(v), byte(v >> 8)})
	}
	return out
}

func le32s(vs ...int) (out string) {
	for _, v := range vs {
		out += string([]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)})
	}
	return out
}

// short is a text with its length before it.
func short(s string) string { return string([]byte{byte(len(s))}) + s }

// The capabilities of the clients of these tests.
const myCaps = 0x0008a285 | mysqlConnectWithDB | mysqlConnectAttrs | mysqlSessionTrack | mysqlDeprecateEOF | 0x20000

func myGreeting(version string, caps int) string {
	return myPacket(0, "\x0a", version, "\x00", le32s(12), "abcdefgh\x00", le16s(caps), "\xff", le16s(2, caps>>16), "\x15", strings.Repeat("\x00", 10), "ijklmnopqrst\x00", "caching_sha2_password\x00")
}

func myLogin(caps int) string {
	s := le32s(caps, 1<<24) + "\xff" + strings.Repeat("\x00", 23) + "root\x00" + short(strings.Repeat("\x01", 20)) + "shop\x00caching_sha2_password\x00"
	if caps&mysqlConnectAttrs != 0 {
		s += short(short("_client_name") + short("libmysql") + short("_pid") + short("77"))
	}
	return myPacket(1, s)
}

func myColumn(seq byte, name string, kind, flags int, more ...string) string {
	return myPacket(seq, short("def"), short("shop"), short("t"), short("t"), short(name), short(name), "\x0c", le16s(255), le32s(80), string([]byte{byte(kind)}), le16s(flags), "\x00\x00\x00", strings.Join(more, ""))
}

func myOK(seq byte, status int, more ...string) string {
	return myPacket(seq, "\x00\x00\x00", le16s(status, 0), strings.Join(more, ""))
}

func myEnd(seq byte, status int) string { return myPacket(seq, "\xfe\x00\x00", le16s(status, 0)) }
func myEOF(seq byte, status int) string { return myPacket(seq, "\xfe", le16s(0, status)) }
func myQuery(sql string) string         { return myPacket(0, "\x03", sql) }

func myError(seq byte) string { return myPacket(seq, "\xff", le16s(1064), "#42000You have an error") }

// mysqlPlainTalk is a conversation with MySQL of which tshark makes the same as we do.
func mysqlPlainTalk() []turn {
	return []turn{
		server(myGreeting("8.0.32", 0xdfffffff)), client(myLogin(myCaps)),
		server(myPacket(2, "\xfemysql_native_password\x00saltsaltsaltsaltsalt\x00")), client(myPacket(3, strings.Repeat("\x02", 20))), server(myOK(4, 2)),
		client(myQuery("select 1")), server(myPacket(1, "\x01"), myColumn(2, "a", 3, 1), myPacket(3, short("1")), myPacket(4, "\xfb"), myEnd(5, 2)),
		client(myQuery("bad")), server(myError(1)),
		client(myQuery("insert")), server(myPacket(1, "\x00\x03\x07", le16s(2, 0), short("Records: 3"))),
		client(myQuery("update")), server(myPacket(1, "\x00\xfc", le16s(300), "\x00", le16s(2, 0))),
		client(myQuery("set x")), server(myOK(1, 0x4002, short(""), short("\x00"+short(short("autocommit")+short("OFF"))+"\x01"+short(short("shop"))))),
		client(myPacket(0, "\x16select * from t where id=?")), server(myPacket(1, "\x00", le32s(1), le16s(2, 1), "\x00", le16s(0)), myColumn(2, "?", 253, 0), myColumn(3, "a", 3, 0), myColumn(4, "b", 253, 0)),
		client(myPacket(0, "\x17", le32s(1), "\x00", le32s(1), "\x00\x01", le16s(3), le32s(5))),
		server(myPacket(1, "\x02"), myColumn(2, "a", 3, 0), myColumn(3, "b", 253, 0), myPacket(4, "\x00\x00", le32s(5), short("five")), myPacket(5, "\x00\x0c"), myEnd(6, 2)),
		client(myPacket(0, "\x18", le32s(1), le16s(0), "long"), myPacket(0, "\x1a", le32s(1))), server(myOK(1, 2)), client(myPacket(0, "\x19", le32s(1))),
		client(myPacket(0, "\x0e")), server(myOK(1, 2)), client(myPacket(0, "\x02shop")), server(myOK(1, 2)), client(myPacket(0, "\x09")), server(myPacket(1, "Uptime: 12")),
		client(myPacket(0, "\x04t\x00")), server(myColumn(1, "a", 3, 0, short("0")), myEOF(2, 2)),
		client(myPacket(0, "\x0c", le32s(9))), server(myError(1)), client(myPacket(0, "\x07\x01")), server(myOK(1, 2)), client(myPacket(0, "\x08\x00")), server(myEOF(1, 2)),
		client(myPacket(0, "\x1b", le16s(0))), server(myEOF(1, 2)), client(myPacket(0, "\x0a")), server(myPacket(1, "\x01"), myColumn(2, "Id", 8, 0), myEnd(3, 2)),
		client(myPacket(0, "\x05newdb")), server(myOK(1, 2)), client(myPacket(0, "\x06newdb")), server(myOK(1, 2)),
		client(myQuery("a;b")), server(myOK(1, 0x0a), myPacket(2, "\x01"), myColumn(3, "x", 3, 0), myPacket(4, short("9")), myEnd(5, 2)),
		client(myPacket(0, "\x15", le32s(9), short("h"), short("u"), short("p"), le16s(3306), le32s(0, 0))), server(myOK(1, 2)),
		client(myPacket(0, "\x01")),
	}
}

// mysqlTalk goes on with what tshark shows otherwise, or not at all.
func mysqlTalk() []turn {
	t := mysqlPlainTalk()
	return append(t[:len(t)-1],
		client(myPacket(0, "\x1f")), server(myOK(1, 2)),
		client(myQuery("set y")), server(myOK(1, 0x4002, short("note"), short("\x02"+short(short("1"))+"\x03"+short("\x00"+short("1-2"))+"\x04"+short(short("READ"))+"\x05"+short(short("T_R"))+"\x09"+short("z")))),
		client(myPacket(0, "\x16with a cursor")), server(myPacket(1, "\x00", le32s(2), le16s(2, 0), "\x00", le16s(0)), myColumn(2, "a", 3, 0x20), myColumn(3, "b", 12, 0)),
		client(myPacket(0, "\x17", le32s(2), "\x01", le32s(1))), server(myPacket(1, "\x02"), myColumn(2, "a", 3, 0x20), myColumn(3, "b", 12, 0), myEnd(4, 0x40)),
		client(myPacket(0, "\x1c", le32s(2, 10))), server(myPacket(1, "\x00\x00", le32s(-1), "\x04", le16s(2024), "\x02\x03"), myEnd(2, 0x80)),
		client(myQuery("load data local")), server(myPacket(1, "\xfb/tmp/f")), client(myPacket(2, "1,2\n"), myPacket(3)), server(myPacket(4, "\x00\x02\x00", le16s(2, 0))),
		client(myPacket(0, "\x11bob\x00", short(strings.Repeat("\x03", 20)), "db2\x00", le16s(33), "mysql_native_password\x00", short(short("a")+short("b")))), server(myPacket(1, "\x01\x03"), myOK(2, 2)),
		client(myPacket(0, "\x12", le32s(4), le16s(0), le32s(9), "binlog.1")),
		server(myPacket(1, "\x00", le32s(1700000000), "\x04", le32s(1, 40, 0), le16s(0), strings.Repeat("\x04", 8), "binlog.2"), myEOF(2, 2)),
		client(myPacket(0, "\x1e", le16s(0), le32s(9, 4), "bin1", strings.Repeat("\x00", 8), le32s(2), "zz")), server(myError(1)),
		client(myPacket(0, "\x63odd")), server(myError(1)),
		client(myPacket(0, "\xfa", le32s(1), le16s(0x80), "bulk")), server(myOK(1, 2)),
		client(myPacket(0, "\x01")),
	)
}

// mysqlOldTalk is a conversation with a server that ends each part of an answer, and
// has values of all types.
func mysqlOldTalk() []turn {
	const caps = myCaps &^ (mysqlDeprecateEOF | mysqlSessionTrack | mysqlConnectAttrs)
	turns := []turn{
		server(myGreeting("5.7.1", 0x01ff)), client(myLogin(caps)), server(myPacket(2, "\x00\x00\x00", le16s(2, 0))),
		client(myQuery("select a")), server(myPacket(1, "\x01"), myColumn(2, "a", 253, 0x10), myEOF(3, 2), myPacket(4, "\xfc", le16s(300), strings.Repeat("y", 300)), myEOF(5, 2)),
	}
	kinds := []string{"\x01\x00", "\x01\x80", "\x02\x00", "\x03\x80", "\x08\x00", "\x08\x80", "\x04\x00", "\x05\x00", "\xfd\x00", "\x0c\x00", "\x0a\x00", "\x0b\x00", "\xfc\x00", "\x06\x00", "\xfe\x00"}
	values := "\xff" + "\xfe" + le16s(-1) + le32s(-1) + strings.Repeat("\xff", 16) + "\x00\x00\xc0\x3f" + "\x00\x00\x00\x00\x00\x00\x02\x40" + short("str") +
		"\x0b" + le16s(2024) + "\x02\x03\x04\x05\x06" + le32s(700) + "\x04" + le16s(2024) + "\x02\x03" + "\x0c\x01" + le32s(1) + "\x02\x03\x04" + le32s(5) + short("blob")
	prepared := myPacket(1, "\x00", le32s(2), le16s(0, len(kinds)), "\x00", le16s(0))
	for i := range kinds {
		prepared += myColumn(byte(2+i), "?", 253, 0)
	}
	prepared += myEOF(byte(2+len(kinds)), 2)
	row := myPacket(9, "\x00\x80", "\x05", "\x07", le16s(2024), "\x02\x03\x04\x05\x06", "\x00\x00\x00\x00\x00\x00\x02\x40", short("bb"), short("3.14"))
	return append(turns,
		client(myPacket(0, "\x16call p(?)")), server(prepared),
		client(myPacket(0, "\x17", le32s(2), "\x01", le32s(1), "\x00\x60", "\x01", strings.Join(kinds, ""), values)),
		server(myPacket(1, "\x06"), myColumn(2, "a", 1, 0), myColumn(3, "b", 12, 0), myColumn(4, "c", 5, 0), myColumn(5, "d", 252, 0), myColumn(6, "e", 246, 0), myColumn(7, "f", 11, 0), myEOF(8, 2), row, myEOF(10, 2)),
		client(myPacket(0, "\x17", le32s(2), "\x00", le32s(1), "\x00\x60", "\x00", values)), server(myError(1)),
		client(myPacket(0, "\x17", le32s(77), "\x00", le32s(1), "\x00")), server(myPacket(1, "\xff", le16s(1243), "unknown")),
		client(myPacket(0, "\x0d")), server(myEOF(1, 2)),
		client(myPacket(0, "\x03", "select b")), server(myPacket(1, "\x01"), myColumn(2, "b", 253, 0), myPacket(3, "\xfe"), myPacket(4, short("x")), myPacket(5, "\xfe")),
	)
}

func TestMySQL(t *testing.T) {
	checkTalk(t, "mysql", pMySQL, 3306, mysqlTalk())
	checkTalk(t, "mysql_old", pMySQL, 3306, mysqlOldTalk())
}

func TestMySQLSegments(t *testing.T) {
	checkSegments(t, pMySQL, 3306, mysqlTalk())
	checkSegments(t, pMySQL, 3306, mysqlOldTalk())
}

// TestMySQLKinds: what the two sides have agreed on changes what packets look like.
func TestMySQLKinds(t *testing.T) {
	attrs := myCaps | mysqlQueryAttrs
	alert := "\x15\x03\x03\x00\x02\x02\x28"
	for name, turns := range map[string][]turn{
		"attributes": {server(myGreeting("8.0.32", 0xdfffffff)), client(myLogin(attrs)), server(myOK(2, 2)),
			client(myPacket(0, "\x03\x00\x01select 1")), server(myOK(1, 2)),
			client(myPacket(0, "\x03\x03\x01\x04\x01\xfd\x00", short("n1"), "\x03\x00", short("n2"), "\x03\x00", short("n3"), short("v1"), le32s(7), "select 2")), server(myOK(1, 2)),
			client(myPacket(0, "\x16p")), server(myPacket(1, "\x00", le32s(2), le16s(0, 1), "\x00", le16s(0)), myColumn(2, "?", 253, 0)),
			client(myPacket(0, "\x17", le32s(2), "\x08", le32s(1), "\x01\x00\x01\x03\x00", short(""), le32s(5))), server(myOK(1, 2))},
		"tls": {server(myGreeting("8.0.32", 0xdfffffff)), client(myPacket(1, le32s(myCaps|mysqlSSL, 1<<24), "\xff", strings.Repeat("\x00", 23))), client(alert), server(alert)},
		"packed": {server(myGreeting("8.0.32", 0xdfffffff)), client(myLogin(myCaps | mysqlCompress)), server(myOK(2, 2)),
			client("\x05\x00\x00\x00\x00\x00\x00" + myPacket(0, "\x0e")), server("\x04\x00\x00\x01\x0b\x00\x00abcd")},
		"mariadb": {server(myGreeting("5.5.5-10.6.1-MariaDB", 0xdffffffe)), client(myPacket(1, le32s(myCaps&^(1|mysqlConnectAttrs), 1<<24), "\xd5", strings.Repeat("\x00", 19), le32s(1), "root\x00\x00shop\x00x\x00")), server(myError(2))},
		"ancient": {server(myPacket(0, "\x0a3.23.54\x00", le32s(2), "70+&zX*f\x00", le16s(0x2c), "\x08", le16s(2), strings.Repeat("\x00", 13))), client(myPacket(1, le16s(0x2485), "\x00\x00\x00danny\x00secret\x00")), server(myPacket(2, "\x00\x00\x00")),
			client(myQuery("select 1")), server(myPacket(1, "\x01"), myPacket(2, short("t"), short("a"), "\x03\x0a\x00\x00\x01\x03\x03\x00\x00\x00"), myPacket(3, "\xfe"), myPacket(4, short("1")), myPacket(5, "\xfe"))},
		"refused": {server(myPacket(0, "\xff", le16s(1040), "Too many connections"))},
		"optional": {server(myGreeting("8.0.32", 0xdfffffff)), client(myLogin(myCaps | mysqlOptionalColumns)), server(myOK(2, 2)),
			client(myQuery("select 1")), server(myPacket(1, "\x01\x01"), myColumn(2, "a", 3, 0), myPacket(3, short("1")), myEnd(4, 2)),
			client(myQuery("select 2")), server(myPacket(1, "\x00\x01"), myPacket(2, short("2")), myEnd(3, 2))},
	} {
		t.Run(name, func(t *testing.T) { checkTalk(t, "mysql_"+name, pMySQL, 3306, turns) })
	}
}

// TestMySQLBig: a payload of 16 MiB goes on in the next packet.
func TestMySQLBig(t *testing.T) {
	st := mysqlState{phase: mysqlAtCommand, client: 1}
	kind, st := st.step([]byte("\xff\xff\xff\x00\x03insert"), 4+maxMySQLPayload, 0)
	if kind != mysqlCommand || !st.big[0] {
		t.Errorf("the first packet is %d, state %+v", kind, st)
	}
	kind, st = st.step([]byte("\x02\x00\x00\x01\x01x"), 6, 0)
	if kind != mysqlRest || st.big[0] || st.phase != mysqlAtAnswer {
		t.Errorf("the second packet is %d, state %+v", kind, st)
	}
}

// TestMySQLElsewhere: on another port the greeting of a server tells it.
func TestMySQLElsewhere(t *testing.T) {
	hello := myGreeting("8.0.32", 0xdfffffff)
	for i, tt := range []struct {
		data string
		want bool
	}{
		{hello, true},
		{myGreeting("11.4.2-MariaDB", 0xdffffffe), true},
		{hello[:len(hello)-1], false},
		{strings.Replace(hello, "\x0a8.0", "\x098.0", 1), false},
		{strings.Replace(hello, "8.0.32", "eight!", 1), false},
		{myQuery("select 1"), false},
	} {
		app := GuessTCP(nil, 40000, 41000, 0, []byte(tt.data))
		if got := app.String() == "mysql"; got != tt.want {
			t.Errorf("%d: %q is taken for %v", i, tt.data, app)
		}
	}
	checkSegmentsFrom(t, pMySQL, 7777, mysqlTalk())
}

// TestMySQLHostile: broken packets are shown as such, and what follows goes on.
func TestMySQLHostile(t *testing.T) {
	turns := []turn{
		server(myPacket(0, "\x0a8.0.32\x00", le32s(1), "abcdefgh\x00", le16s(-1), "\xff")),
		client(myPacket(1, le32s(-1&^(mysqlCompress|mysqlZstd|mysqlSSL), 1), "\xff", strings.Repeat("\x00", 23), "bob\x00\xfd\xff\xff\xff")),
		server(myPacket(2, "\x07"), myOK(3, 2)),
		client(myQuery("q")), server(myPacket(1, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff"), myPacket(2, "\x00")),
		client(myQuery("q")), server(myPacket(1, "\x02"), myPacket(2, "\xff")),
		client(myQuery("q")), server(myPacket(1, "\x02"), myPacket(2, short("def"), "\xfc\xff\xff"), myPacket(3, "\x05ab"), myPacket(4, "\x03ab"), myEnd(5, 2)),
		client(myPacket(0, "\x17", le32s(1))), client(myPacket(0, "\x17")), client(myPacket(0)), client(myPacket(0, "\x15", le32s(1), "\xff")),
		server(myPacket(9, "odd"), myPacket(8)),
		client(myQuery("q")), server(myPacket(1, "\x01"), myColumn(2, "a", 3, 0), myPacket(3, strings.Repeat("\xff", 12)), myPacket(4, "\x01a", strings.Repeat("\xff", 12)), myEnd(5, 2)),
	}
	checkTalk(t, "mysql_hostile", pMySQL, 3306, turns)
	for i := range mysqlTalk() { // any turn may come first
		in := talk(3306, mysqlTalk()[i:])
		learn(in)
		d := NewDissection(nil)
		for k := range in {
			tr, c := d.Run(&in[k], WantTree|WantColumns)
			checkSound(t, tr, c)
		}
	}
}

// TestMySQLCharsets holds a few of the collations.
func TestMySQLCharsets(t *testing.T) {
	for n, want := range map[uint64]string{8: "latin1 COLLATE latin1_swedish_ci", 63: "binary COLLATE binary", 255: "utf8mb4 COLLATE utf8mb4_0900_ai_ci", 9999: ""} {
		if got := mysqlCharsets(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
	if got := fmt.Sprint(mariaCharsets(213), ", ", mysqlCharsets(213)); got != "utf8 COLLATE utf8_croatian_mysql561_ci, utf8 COLLATE utf8_croatian_ci" {
		t.Error(got)
	}
}

func FuzzMySQL(f *testing.F) { fuzzTalk(f, 3306, mysqlTalk()) }
