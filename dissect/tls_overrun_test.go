package dissect

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"strings"
	"testing"
	"time"

	"tcplens/internal/packet"
)

// tlsText dissects what a server sends in one segment, and gives the tree as text.
func tlsText(records ...[]byte) string {
	p := v4{proto: 17, src: "10.0.0.2", dst: "10.0.0.1"}.with(udpTo(4433, 4000, cat(records...)))
	in := []Input{{Number: 1, Packet: packet.Packet{Meta: packet.Meta{Link: packet.LinkRaw, CapLen: uint32(len(p)), Len: uint32(len(p))}, Data: p}}}
	learn(in)
	tr, _ := NewDissection(nil).Run(&in[0], WantTree|WantColumns)
	return tr.Text()
}

// inOrder says which of the texts is not behind those before it; empty if all are.
func inOrder(s string, texts ...string) string {
	for _, x := range texts {
		_, after, ok := strings.Cut(s, x)
		if !ok {
			return x
		}
		s = after
	}
	return ""
}

// TestTooShort gives extensions and hellos less room than their fields take: what is
// wrong is said, and the rest goes on.
func TestTooShort(t *testing.T) {
	hello := dtlsServerHello(0x009e, ext(1, nil), ext(15, nil), ext(28, nil), ext(11, nil), ext(54, nil), ext(16, l16(l8(hx("ba ad")))), ext(23, nil))
	got := tlsText(dtlsRecordOf(22, dtls12, 0, 1, dtlsWhole(2, 0, hello)))
	if miss := inOrder(got, "Maximum Fragment Length: ", "Dissector processed too much data (1 byte)", "heartbeat (len=0)", "Mode: ", "too much data (1 byte)",
		"Record Size Limit: ", "too much data (2 bytes)", "EC point formats Length: ", "connection_id (len=0)", "too much data (1 byte)", "ALPN Next Protocol: \ufffd\ufffd",
		"extended_master_secret (len=0)", "[JA3S: "); miss != "" {
		t.Errorf("%q is missing in\n%s", miss, got)
	}
	short := dtlsServerHello(0x009e)[:20] // the fields of the hello take what is behind it
	got = tlsText(dtlsRecordOf(22, dtls12, 0, 1, dtlsWhole(2, 0, short)), dtlsRecordOf(22, dtls12, 0, 2, dtlsWhole(14, 1, nil)), dtlsRecordOf(23, dtls12, 1, 3, fill(60, 0)))
	if miss := inOrder(got, "Server Hello", "Random: ", "Session ID Length: ", "Server Hello Done"); miss != "" {
		t.Errorf("%q is missing in\n%s", miss, got)
	}
}

// TestOldExtensions opens what certificates of old have in their extensions.
func TestOldExtensions(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := asn1.Marshal(pkix.Name{Organization: []string{"Old Root"}}.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	der := func(tag int, parts ...[]byte) []byte { b := cat(parts...); return cat(put8(tag), l8(b)) }
	c := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "old"}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<31, 0),
		ExtraExtensions: []pkix.Extension{
			{Id: asn1.ObjectIdentifier{2, 16, 840, 1, 113730, 1, 1}, Value: der(3, hx("06c0"))},
			{Id: asn1.ObjectIdentifier{2, 5, 29, 35}, Value: der(0x30, der(0x80, hx("0102")), der(0xa1, der(0xa4, issuer)), der(0x82, hx("2a")))},
		}}
	cert, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	got := tlsText(dtlsRecordOf(22, dtls12, 0, 1, dtlsWhole(11, 0, l24(l24(cert)))))
	if miss := inOrder(got, "CertType: c0", "ssl-client: True", "ssl-server: True", "smime: False", "keyIdentifier: 0102", "authorityCertIssuer: 1 item", "GeneralName: directoryName (4)",
		"Old Root", "authorityCertSerialNumber: 0x2a"); miss != "" {
		t.Errorf("%q is missing in\n%s", miss, got)
	}
	for in, want := range map[string]string{"250115120000Z": "2025-01-15 12:00:00 (UTC)", "2501151200+0530": "2025-01-15 12:00:00 (UTC+0530)", "9901151200-01": "1999-01-15 12:00:00 (UTC-01)"} {
		if got := utcTime(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// TestOpenVPN opens records of TLS in control messages of OpenVPN: with a HMAC and
// without, with packets acknowledged and without; and leaves others alone.
func TestOpenVPN(t *testing.T) {
	hello := handshakeRecord(clientHelloMsg(ext(0, l16(put8(0), l16([]byte("vpn.example"))))))
	session, auth := fill(8, 1), fill(28, 2)
	for name, c := range map[string]struct {
		data []byte
		tls  bool
	}{
		"plain":        {cat(put8(4<<3), session, put8(0), fill(4, 0), hello), true},
		"acknowledges": {cat(put8(4<<3), session, put8(2), fill(8, 0), fill(8, 3), fill(4, 0), hello), true},
		"HMAC":         {cat(put8(4<<3), session, auth, put8(0), fill(4, 0), hello), true},
		"data":         {cat(put8(6<<3), session, put8(0), fill(4, 0), hello), false},
		"cut":          {cat(put8(4<<3), session, put8(0), fill(4, 0), hello[:40]), false},
		"short":        {put8(4 << 3), false},
	} {
		p := v4{proto: 17}.with(udpTo(4000, 1194, c.data))
		in := input(packet.LinkRaw, 0, p, uint32(len(p)))
		tr, cols := NewDissection(nil).Run(&in, WantTree|WantColumns)
		got := strings.Contains(tr.Text(), "Server Name: vpn.example") && strings.Contains(tr.Text(), "OpenVPN Protocol") && cols.Info == "Client Hello"
		if got != c.tls {
			t.Errorf("%s: %s %s\n%s", name, cols.Proto, cols.Info, tr.Text())
		}
	}
}
