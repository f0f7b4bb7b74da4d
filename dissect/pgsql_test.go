package dissect

import (
	"fmt"
	"testing"
)

// pgMsg makes a message with a type; pgStart one without.
func pgMsg(t byte, parts ...string) string {
	body := ""
	for _, p := range parts {
		body += p
	}
	return string(t) + string(put32(4+len(body))) + body
}

func pgStart(code int, parts ...string) string {
	body := string(put32(code))
	for _, p := range parts {
		body += p
	}
	return string(put32(4+len(body))) + body
}

func n16(vs ...int) string {
	out := ""
	for _, v := range vs {
		out += string(put16(v))
	}
	return out
}

func n32(vs ...int) string {
	out := ""
	for _, v := range vs {
		out += string(put32(v))
	}
	return out
}

// pgsqlTalk is a conversation with PostgreSQL that has every type of message.
func pgsqlTalk() []turn {
	failure := ""
	for _, f := range "SVCMDHPpqWstcdnFLRX" {
		failure += string(f) + fmt.Sprintf("text %c", f) + "\x00"
	}
	failure += "\x00"
	idle, open := pgMsg('Z', "I"), pgMsg('Z', "T")
	return []turn{
		client(pgStart(pgsqlGSS)), server("N"), client(pgStart(pgsqlSSL)), server("N"),
		client(pgStart(3<<16|2, "user\x00bob\x00database\x00shop\x00_pq_.x\x001\x00\x00")),
		server(pgMsg('v', n32(0, 1), "_pq_.x\x00"), pgMsg('R', n32(5), "\x01\x02\x03\x04")),
		client(pgMsg('p', "md5abc\x00")),
		server(pgMsg('R', n32(10), "SCRAM-SHA-256-PLUS\x00SCRAM-SHA-256\x00\x00")),
		client(pgMsg('p', "SCRAM-SHA-256\x00", n32(4), "n,,n")),
		server(pgMsg('R', n32(11), "r=abc")),
		client(pgMsg('p', "c=biws")),
		server(pgMsg('R', n32(12), "v=abc"), pgMsg('R', n32(7))),
		client(pgMsg('p', "gss")),
		server(pgMsg('R', n32(8), "more"), pgMsg('R', n32(3))),
		client(pgMsg('p', "hunter2\x00")),
		server(pgMsg('R', n32(0)), pgMsg('S', "TimeZone\x00UTC\x00"), pgMsg('S', "DateStyle\x00ISO\x00"), pgMsg('K', n32(77, -1)), idle),
		client(pgMsg('Q', "SELECT * FROM t -- all\x00")),
		server(pgMsg('T', n16(2), "a\x00", n32(1), n16(1), n32(23), n16(4), n32(-1), n16(0), "b\x00", n32(1), n16(2), n32(25), n16(-1), n32(-1), n16(1)),
			pgMsg('D', n16(2), n32(1), "7", n32(-1)), pgMsg('D', n16(2), n32(0), n32(2), "xy"), pgMsg('C', "SELECT 2\x00"), idle),
		client(pgMsg('Q', "/* two */ update t set a=1; nonsense\x00")),
		server(pgMsg('C', "UPDATE 3\x00"), pgMsg('E', failure), pgMsg('Z', "E")),
		client(pgMsg('Q', "\x00")), server(pgMsg('I'), idle),
		client(pgMsg('P', "s1\x00select $1, $2\x00", n16(2), n32(23, 0)), pgMsg('D', "Ss1\x00"), pgMsg('S')),
		server(pgMsg('1'), pgMsg('t', n16(2), n32(23, 25)), pgMsg('T', n16(0)), idle),
		client(pgMsg('B', "p1\x00s1\x00", n16(2, 0, 1), n16(2), n32(1), "x", n32(-1), n16(1, 1)), pgMsg('D', "Pp1\x00"), pgMsg('E', "p1\x00", n32(10)), pgMsg('H')),
		server(pgMsg('2'), pgMsg('n'), pgMsg('D', n16(0)), pgMsg('s')),
		client(pgMsg('E', "p1\x00", n32(0)), pgMsg('C', "Pp1\x00"), pgMsg('C', "Ss1\x00"), pgMsg('S')),
		server(pgMsg('C', "SELECT 1\x00"), pgMsg('3'), pgMsg('3'), open),
		client(pgMsg('P', "\x00insert into t values (1)\x00", n16(0)), pgMsg('B', "\x00\x00", n16(0, 0, 0)), pgMsg('E', "\x00", n32(0)),
			pgMsg('P', "\x00delete from t\x00", n16(0)), pgMsg('B', "\x00\x00", n16(0, 0, 0)), pgMsg('E', "\x00", n32(0)), pgMsg('S')),
		server(pgMsg('1'), pgMsg('2'), pgMsg('E', "SERROR\x00C23505\x00Mduplicate\x00\x00"), open),
		client(pgMsg('Q', "copy t from stdin\x00")), server(pgMsg('G', "\x00", n16(2, 0, 1))),
		client(pgMsg('d', "1\t2\n"), pgMsg('d', "3\t4\n"), pgMsg('c')), server(pgMsg('C', "COPY 2\x00"), idle),
		client(pgMsg('Q', "copy t from stdin\x00")), server(pgMsg('G', "\x01", n16(0))), client(pgMsg('f', "no way\x00")),
		server(pgMsg('E', "SERROR\x00C57014\x00MCOPY failed\x00\x00"), idle),
		client(pgMsg('Q', "copy t to stdout\x00")), server(pgMsg('H', "\x00", n16(0)), pgMsg('d', "1\n"), pgMsg('c'), pgMsg('C', "COPY 1\x00"), idle),
		client(pgMsg('F', n32(1598), n16(1, 1), n16(1), n32(2), "ab", n16(0))), server(pgMsg('V', n32(3), "xyz"), idle),
		client(pgMsg('F', n32(1599), n16(0, 0, 0))), server(pgMsg('V', n32(-1)), idle),
		client(pgMsg('Q', "START_REPLICATION SLOT s LOGICAL 0/0\x00")), server(pgMsg('W', "\x00", n16(0)), pgMsg('d', "w")), client(pgMsg('d', "r")),
		server(pgMsg('A', n32(5), "chan\x00payload\x00"), pgMsg('A', n32(5), "chan\x00\x00"), pgMsg('N', "SNOTICE\x00C00000\x00Mhello\x00\x00"), pgMsg('Q', "?")),
		client(pgMsg('y', "odd"), pgMsg('X')),
	}
}

func TestPGSQL(t *testing.T)         { checkTalk(t, "pgsql", pPGSQL, 5432, pgsqlTalk()) }
func TestPGSQLSegments(t *testing.T) { checkSegments(t, pPGSQL, 5432, pgsqlTalk()) }

// TestPGSQLEncrypted: a request for encryption that is granted gives way to it.
func TestPGSQLEncrypted(t *testing.T) {
	alert := "\x15\x03\x03\x00\x02\x02\x28"
	tls := []turn{client(pgStart(pgsqlSSL)), server("S"), client(alert), server(alert, alert)}
	checkTalk(t, "pgsql_tls", pPGSQL, 5432, tls)
	checkTalk(t, "pgsql_gss", pPGSQL, 5432, []turn{client(pgStart(pgsqlGSS)), server("G"), client(n32(3), "abc"), server(n32(5), "defgh", n32(1), "i")})
	checkTalk(t, "pgsql_cancel", pPGSQL, 5432, []turn{client(pgStart(pgsqlCancel, n32(77, 88)))})
}

// TestPGSQLElsewhere: on another port the first message of a client tells it.
func TestPGSQLElsewhere(t *testing.T) {
	start := pgStart(3<<16, "user\x00bob\x00\x00")
	for _, tt := range []struct {
		data string
		want bool
	}{
		{start, true},
		{pgStart(pgsqlSSL), true},
		{pgStart(pgsqlGSS), true},
		{pgStart(pgsqlCancel, n32(1, 2)), true},
		{start[:len(start)-1], false},
		{pgStart(pgsqlSSL, "x"), false},
		{pgStart(4<<16, "user\x00bob\x00\x00"), false},
		{pgMsg('Q', "select 1\x00"), false},
	} {
		app := GuessTCP(nil, 40000, 41000, 0, []byte(tt.data))
		if got := app.String() == "pgsql"; got != tt.want {
			t.Errorf("%q is taken for %v", tt.data, app)
		}
	}
	checkSegmentsFrom(t, pPGSQL, 7777, pgsqlTalk())
}

// TestPGSQLHostile: broken messages are shown as such, and what follows goes on.
func TestPGSQLHostile(t *testing.T) {
	ready := pgMsg('Z', "I")
	checkTalk(t, "pgsql_hostile", pPGSQL, 5432, []turn{
		server(pgMsg('C', "no end"), ready),
		server(pgMsg('D', n16(3), n32(9), "ab"), ready),
		server(pgMsg('T', n16(-1)), ready),
		client(pgMsg('P', "s\x00q\x00", n16(5), n32(1))),
		client(pgMsg('B', "\x00\x00", n16(0), n16(1), n32(1<<30))),
		server(pgMsg('E', "Sx"), ready),
		server("D", n32(3)),
		server(pgMsg('Z')),
		server("Z\xff\xff\xff\xff"),
	})
}

func FuzzPGSQL(f *testing.F) { fuzzTalk(f, 5432, pgsqlTalk()) }
