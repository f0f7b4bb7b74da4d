package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// keyed are captures of TLS with their key logs.
const keyed = "../../dissect/testdata/tls/keyed/"

var tlsFields = strings.Fields(`frame.number frame.protocols _ws.col.Protocol _ws.col.Info tls.record.content_type tls.record.opaque_type
tls.record.version tls.record.length tls.handshake.type tls.handshake.length tls.handshake.ciphersuite tls.handshake.extension.type
tls.handshake.extensions_alpn_str tls.handshake.session_ticket_age_add tls.handshake.session_ticket_nonce tls.handshake.key_update.request_update
tls.handshake.certificate_length tls.handshake.certificate_request_context_length tls.early_data.max_early_data_size tls.app_data_proto
tls.alert_message.level tls.alert_message.desc tls.segment tls.segment.count tls.reassembled_in tls.reassembled.length tcp.pdu.size
tcp.segment tcp.reassembled_in x509af.serialNumber x509sat.uTF8String http.request.method http.request.uri http.request.full_uri
http.response.code http.content_type http.content_length http.request_in http.response_in http2.type http2.flags http2.streamid
http2.length http2.header.name http2.header.value data.data`)

// theirs lists packets in which tshark is out of step after a loss and shows what
// is encrypted, where tcplens has found the place again.
var theirs = map[string]string{"tls13_loss_split.pcap": " 54 73 84 "}

// TestDecryptedAgainstTshark holds the fields of decrypted captures to be what
// tshark prints.
func TestDecryptedAgainstTshark(t *testing.T) {
	files, err := filepath.Glob(keyed + "*.pcap")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d captures, %v", len(files), err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			args := []string{"-r", path, "-T", "fields", "-E", "header=y", "-E", "occurrence=a"}
			for _, f := range tlsFields {
				args = append(args, "-e", f)
			}
			got, errs, code := tcplens(t, append(args, "--keylog", path+".keylog")...)
			if code != 0 || errs != "" {
				t.Fatalf("exit %d: %s", code, errs)
			}
			want := tshark(t, append(args, "-o", "tls.keylog_file:"+path+".keylog")...)
			a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
			if len(a) != len(b) {
				t.Fatalf("%d lines, not %d", len(a), len(b))
			}
			for i := 1; i < len(a)-1; i++ {
				x, y := strings.Split(a[i], "\t"), strings.Split(b[i], "\t")
				if strings.Contains(theirs[filepath.Base(path)], " "+y[0]+" ") || strings.Contains(y[1], ":imap") || strings.Contains(y[1], ":smtp") {
					continue // tcplens names these, and no more
				}
				for k := range y {
					if x[k] != y[k] {
						t.Errorf("packet %s, %s:\n got  %s\n want %s", y[0], tlsFields[k], x[k], y[k])
					}
				}
			}
		})
	}
}

// TestKeyLogFlag: without a key log nothing is decrypted; the environment may name
// one; one that is missing is a warning on the side.
func TestKeyLogFlag(t *testing.T) {
	path := keyed + "tls12_ecdhe_aesgcm.pcap"
	list := func(args ...string) (string, string) {
		out, errs, code := tcplens(t, append([]string{"-r", path, "-T", "fields", "-e", "http.request.uri"}, args...)...)
		if code != 0 {
			t.Fatalf("%v: exit %d: %s", args, code, errs)
		}
		return strings.TrimSpace(out), errs
	}
	t.Setenv("SSLKEYLOGFILE", "")
	if out, errs := list(); out != "" || errs != "" {
		t.Errorf("without keys: %q, %q", out, errs)
	}
	missing := filepath.Join(t.TempDir(), "missing")
	if out, errs := list("--keylog", missing); out != "" || !strings.Contains(errs, missing) || strings.Count(errs, "\n") != 1 {
		t.Errorf("with a key log that is not there: %q, %q", out, errs)
	}
	nonsense := filepath.Join(t.TempDir(), "nonsense")
	if err := os.WriteFile(nonsense, []byte("no\nkey\nlog\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, errs := list("--keylog", nonsense); out != "" || !strings.Contains(errs, "key log") {
		t.Errorf("with nonsense for a key log: %q, %q", out, errs)
	}
	t.Setenv("SSLKEYLOGFILE", missing)
	if out, errs := list(); out != "" || errs != "" {
		t.Errorf("with an environment that names a file that is not there: %q, %q", out, errs)
	}
	t.Setenv("SSLKEYLOGFILE", path+".keylog")
	if out, errs := list(); out != "/index.html" || errs != "" {
		t.Errorf("with the environment: %q, %q", out, errs)
	}
}
