package dissect

import (
	"strings"
	"testing"
)

// sshStr is a text with its length before it; sshPacket a packet in clear text.
func sshStr(s string) string { return n32(len(s)) + s }

func sshPacket(parts ...string) string {
	body := strings.Join(parts, "")
	pad := 8 - (5+len(body))%8
	if pad < 4 {
		pad += 8
	}
	return n32(1+len(body)+pad) + string([]byte{byte(pad)}) + body + strings.Repeat("\x00", pad)
}

// sshInit is a KEXINIT: the lists for both directions are the same.
func sshInit(kex, key, cipher, mac string) string {
	return sshPacket("\x14", strings.Repeat("\xaa", 16), sshStr(kex), sshStr(key), sshStr(cipher), sshStr(cipher), sshStr(mac), sshStr(mac), sshStr("none,zlib"), sshStr("none"), sshStr(""), sshStr(""), "\x00", n32(0))
}

// sshSealed is an encrypted packet whose length can be read.
func sshSealed(n, mac int) string { return n32(n) + strings.Repeat("\xee", n+mac) }

// sshPlainTalk is the beginning of a conversation as tshark shows it, too.
func sshPlainTalk() []turn {
	return []turn{
		server("SSH-2.0-OpenSSH_9.2\r\n"), client("SSH-2.0-client\r\n"),
		client(sshInit("curve25519-sha256,ext-info-c", "ssh-ed25519", "chacha20-poly1305@openssh.com", "hmac-sha2-256")),
		server(sshInit("curve25519-sha256,ecdh-sha2-nistp256", "ssh-ed25519,ssh-rsa", "chacha20-poly1305@openssh.com", "hmac-sha2-256")),
		client(sshPacket("\x1e", sshStr(strings.Repeat("c", 32)))),
		sshReply("\x1f", sshStr("ssh-rsa")+sshStr("\x01\x00\x01")+sshStr("\x00nnnn"), strings.Repeat("s", 32), sshStr("ssh-rsa")+sshStr("ssss")),
		server(sshPacket("\x15")), client(sshPacket("\x15")),
	}
}

// sshTalk is a conversation with a key exchange of a kind, and what it protects.
func sshTalk(kex, key, cipher, mac string, exchange ...turn) []turn {
	turns := []turn{
		server("no SSH yet\r\n", "SSH-2.0-OpenSSH_9.2 comment\n"), client("SSH-2.0-client\r\n"),
		client(sshInit("none-such,"+kex, key, cipher, mac)), server(sshInit(kex, key, cipher, mac)),
		client(sshPacket("\x02", sshStr("ignored")), sshPacket("\x04\x01", sshStr("debug"), sshStr("en"))),
	}
	return append(append(turns, exchange...), server(sshPacket("\x15")), client(sshPacket("\x15")))
}

// sshReply is what a server answers to a key exchange.
func sshReply(code, key, value, signature string) turn {
	return server(sshPacket(code, sshStr(key), sshStr(value), sshStr(signature)))
}

func TestSSH(t *testing.T) {
	ed := sshStr("ssh-ed25519") + sshStr(strings.Repeat("k", 32))
	rsa := sshStr("ssh-rsa") + sshStr("\x01\x00\x01") + sshStr("\x00nnnn")
	dss := sshStr("ssh-dss") + sshStr("p") + sshStr("q") + sshStr("g") + sshStr("y")
	ec := sshStr("ecdsa-sha2-nistp256") + sshStr("nistp256") + sshStr("\x04qqqq")
	sig := func(kind string) string { return sshStr(kind) + sshStr("ssss") }
	gcm := append(sshTalk("curve25519-sha256", "ssh-ed25519", "aes128-gcm@openssh.com", "hmac-sha2-256",
		client(sshPacket("\x1e", sshStr(strings.Repeat("c", 32)))), sshReply("\x1f", ed, strings.Repeat("s", 32), sig("ssh-ed25519"))),
		client(sshSealed(32, 16), sshSealed(48, 16)), server(sshSealed(64, 16)))
	etm := append(sshTalk("ecdh-sha2-nistp256", "ecdsa-sha2-nistp256", "aes128-ctr", "hmac-sha2-512-etm@openssh.com",
		client(sshPacket("\x1e", sshStr("qc"))), sshReply("\x1f", ec, "qs", sig("ecdsa-sha2-nistp256"))),
		client(sshSealed(32, 64)), server(sshSealed(16, 64), sshSealed(16, 64)))
	dh := append(sshTalk("diffie-hellman-group14-sha1", "ssh-rsa", "aes128-cbc", "hmac-sha1",
		client(sshPacket("\x1e", sshStr("e"))), sshReply("\x1f", rsa, "f", sig("ssh-rsa"))),
		client(strings.Repeat("\xee", 44)), server(strings.Repeat("\xee", 52)))
	gex := append(sshTalk("diffie-hellman-group-exchange-sha256", "ssh-dss", "3des-cbc", "hmac-md5",
		client(sshPacket("\x22", n32(2048, 3072, 8192))), server(sshPacket("\x1f", sshStr("\x00p"), sshStr("\x02"))),
		client(sshPacket("\x20", sshStr("e"))), sshReply("\x21", dss, "f", sig("ssh-dss"))), client("\xee\xee"))
	for name, turns := range map[string][]turn{"gcm": gcm, "etm": etm, "dh": dh, "gex": gex,
		"ends": append(sshTalk("curve25519-sha256", "x", "y", "z")[:5], client(sshPacket("\x05", sshStr("ssh-userauth"))), server(sshPacket("\x06", sshStr("ssh-userauth"))),
			client(sshPacket("\x03", n32(7)), sshPacket("\x63")), server(sshPacket("\x01", n32(11), sshStr("bye"), sshStr("")))),
		"version1": {server("SSH-1.5-old\n"), client("SSH-1.5-older\n"), server("\x00\x00\x00\x0c\x00\x00\x00\x00\x02abcdefg\x01\x02\x03\x04"),
			client("\x00\x00\x00\x0c\x00\x00\x00\x00\x03abcdefg\x01\x02\x03\x04"), server("\x00\x00\x00\x05" + strings.Repeat("\xee", 8))},
	} {
		t.Run(name, func(t *testing.T) {
			checkTalk(t, "ssh_"+name, pSSH, 22, turns)
			if name != "dh" && name != "gex" { // what is encrypted there can't be told apart
				checkSegments(t, pSSH, 22, turns)
			}
		})
	}
	checkSegments(t, pSSH, 22, sshPlainTalk())
}

// TestSSHElsewhere: on another port the identification tells it.
func TestSSHElsewhere(t *testing.T) {
	for data, want := range map[string]bool{"SSH-2.0-x\r\n": true, "SSH-1.99-x\n": true, "SSH-1.5-x\n": true, "SSH-2.0": false, "SSH-3.0-x\r\n": false, "HELO\r\n": false} {
		app := GuessTCP(nil, 40000, 41000, 0, []byte(data))
		if got := app.String() == "ssh"; got != want {
			t.Errorf("%q is taken for %v", data, app)
		}
	}
	checkSegmentsFrom(t, pSSH, 7777, sshPlainTalk())
}

// TestSSHHostile: broken packets are shown as such.
func TestSSHHostile(t *testing.T) {
	hello := []turn{server("SSH-2.0-x\r\n"), client("SSH-2.0-y\r\n")}
	checkTalk(t, "ssh_hostile", pSSH, 22, append(hello,
		client(n32(1<<31)+"abcd"), client(n32(0)+"abcd"), client(n32(8)+"\xff1234567"),
		client(sshPacket("\x14", strings.Repeat("c", 16), n32(1<<30))), server(sshPacket("\x14")),
		client(sshPacket("\x1e", n32(99))), server(sshPacket("\x1f", sshStr(n32(50)+"x"))),
		server(sshPacket("\x1f", sshStr(sshStr("ssh-rsa")+n32(7)))), client(sshPacket("\x01"))))
	checkTalk(t, "ssh_middle", pSSH, 22, []turn{client("\xee\xee\xee"), server(strings.Repeat("\xee", 40))})
}

// TestSSHMemory: what a framer keeps of a conversation goes when it is not needed.
func TestSSHMemory(t *testing.T) {
	s := NewSession(appOf(t, "ssh"))
	f := s.Framer(0).(*sizedFramer)
	s.Begin(1, 0, 0, false)
	f.Push(pieceOf([]byte("SSH-2.0-x\r\n")), nil)
	f.Push(pieceOf([]byte(sshInit(strings.Repeat("a,", 3000), "b", "c", "d"))), nil)
	if n := cap(f.open.head); n > maxHeadKept {
		t.Errorf("%d bytes are kept", n)
	}
}

func FuzzSSH(f *testing.F) { fuzzTalk(f, 22, sshPlainTalk()) }
