package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLabHandshakes shows every message of the lessons' handshakes, field by field, and
// sees that each is there as TLS has it.
func TestLabHandshakes(t *testing.T) {
	for _, tt := range []struct {
		name string
		has  []string // in this order
	}{
		{"tls12", []string{
			"Client Hello", "Version: TLS 1.2", "Random: ", "Cipher Suites (10 suites)", "Server Name: localhost", "[JA3: ", "[JA4: t12d",
			"Protocol: Server Hello", "Cipher Suite: TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "[JA3S: ",
			"Protocol: Certificate", "issuer: rdnSequence", "validity", "subject: rdnSequence", "subjectPublicKeyInfo", "encrypted: ",
			"EC Diffie-Hellman Server Params", "Named Curve: x25519", "Pubkey: ", "Signature Algorithm: ecdsa", "Signature: ", "Server Hello Done",
			"EC Diffie-Hellman Client Params", "Pubkey: ", "Finished", "Verify Data",
			"Protocol: New Session Ticket", "Session Ticket Lifetime Hint: 0 seconds", "Session Ticket Length: ", "Session Ticket: ", "Finished", "Verify Data",
		}},
		{"tls13", []string{
			"Client Hello", "Random: ", "Supported Version: TLS 1.3", "Key Share Entry", "[JA3: ", "[JA4: t13d",
			"Protocol: Server Hello", "Cipher Suite: TLS_AES_128_GCM_SHA256", "Key Share Entry", "[JA3S: ",
			"Protocol: Encrypted Extensions", "ALPN Next Protocol: http/1.1", "Protocol: Certificate", "issuer: rdnSequence", "subjectPublicKeyInfo",
			"Protocol: Certificate Verify", "Signature Algorithm: ecdsa", "Signature: ", "Protocol: Finished", "Verify Data",
			"Protocol: New Session Ticket", "Session Ticket Lifetime Hint: 604800 seconds (7 days)", "Session Ticket Age Add: ", "Session Ticket Nonce", "Session Ticket: ", "Protocol: Finished", "Verify Data",
		}},
	} {
		file := filepath.Join("../../testdata/lab", tt.name+".pcap")
		out, errs, code := tcplens(t, "-n", "-r", file, "--keylog", file+".keylog", "-Y", "tls.handshake", "-V")
		if code != ExitOK || errs != "" {
			t.Fatalf("%s: exit %d: %s", tt.name, code, errs)
		}
		rest := out
		for _, s := range tt.has {
			_, after, ok := strings.Cut(rest, s)
			if !ok {
				t.Errorf("%s: %q is missing, or not where it should be", tt.name, s)
				continue
			}
			rest = after
		}
		path := filepath.Join("testdata", "handshake."+tt.name+".golden")
		if *update {
			if err := os.WriteFile(path, []byte(out), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if out != string(want) {
			t.Errorf("%s: the tree differs from %s", tt.name, path)
		}
	}
}
