package dissect

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

const jsonType = "application/json"

// httpBody is a body of a media type, packed if a coding is given.
type httpBody struct{ mime, body, coding string }

// asItIs makes bodies that are not packed of media types and texts in turn.
func asItIs(pairs ...string) (bodies []httpBody) {
	for i := 0; i < len(pairs); i += 2 {
		bodies = append(bodies, httpBody{mime: pairs[i], body: pairs[i+1]})
	}
	return bodies
}

// httpBodies are bodies that tshark shows as we do.
func httpBodies() []httpBody {
	form := func(boundary string, parts ...string) string {
		var b strings.Builder
		for i, p := range parts {
			if i > 0 {
				b.WriteString("\r\n")
			}
			fmt.Fprintf(&b, "--%s\r\n%s", boundary, p)
		}
		return b.String() + "\r\n--" + boundary + "--\r\n"
	}
	const js, xm = jsonType, "text/xml"
	return asItIs(
		js, `{"a":1}`,
		js, "{ \"s\" : \"v\\u00e9\\n\\\"q\\\" \\/\", \"num\":-1.5e+3, \"t\":true,\"f\":false,\"n\":null,\"arr\":[1,\"two\",[3],{\"four\":4},[],{}],\"o\":{\"x\":{\"y\":1}},\"e\":{} }\n",
		js, `[1,2,{"a":"b"}]`, js, `"just a string"`, js, "{\"a\":1}\n{\"b\":2}\n", js, `{"a":1} trailing`, js, `{"a":}`, js, `{a:1}`,
		js, `{"a":NaN,"":1,"a b":"raw`+"\t"+`tab"}`, js, `[1,2,]`,
		xm, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a x=\"1\" y='two'>text<b/>more <c z=\"3\"/> end</a>\n",
		xm, "<a><!-- comment --><![CDATA[ raw <b> ]]></a>", xm, "<!DOCTYPE html><html><head><title>T</title></head><body><p>Hi</p></body></html>",
		xm, `<?xml version="1.0"?><?php echo 1 ?><r/>`, xm, "<a>unclosed", xm, "</a>", xm, "plain text", xm, "<a b=c>x</a>",
		xm, "<a\n b=\"1\"\n c=\"2\"\n/>", xm, "<a><b></a></b>", xm, "<!DOCTYPE note [<!ELEMENT note (to)>]><note/>", xm, "  \n<a ></a >  ",
		"multipart/form-data; boundary=----WebKitFormBoundaryABC", form("----WebKitFormBoundaryABC", "Content-Disposition: form-data; name=\"a\"\r\n\r\nvalue a",
			"Content-Disposition: form-data; name=\"f\"; filename=\"x y.txt\"\r\nContent-Type: text/plain\r\n\r\nfile line 1\nline 2\n",
			"Content-Disposition: form-data; name=\"j\"\r\nContent-Type: application/json\r\n\r\n{\"a\":1}",
			"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n\x00\x01"),
		"multipart/mixed; boundary=\"q b\"", "preamble text\r\n"+form("q b", "Content-Type: text/html\r\nContent-ID: <1>\r\nX-Other: z\r\n\r\n<p>hi</p>", "\r\nno headers",
			"Content-Type: application/http\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")+"trailer",
		"multipart/form-data", "nothing", "multipart/form-data; boundary=nope", "nothing here", "multipart/mixed; boundary=zz", "--zz\r\nContent-Type: text/plain\r\n\r\nno end",
		"application/x-www-form-urlencoded", "a=1&b=two+words&c=%C3%A9&d=",
	)
}

// packed packs a text.
func packed(coding, s string) []byte {
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "raw deflate":
		w, _ = flate.NewWriter(&b, flate.BestCompression)
	case "br":
		w = brotli.NewWriter(&b)
	case "zstd":
		w, _ = zstd.NewWriter(&b)
	case "br, gzip":
		return packed("gzip", string(packed("br", s)))
	default:
		return []byte(s)
	}
	io.WriteString(w, s)
	w.Close()
	return b.Bytes()
}

// httpPackedBodies are packed bodies that tshark shows as we do.
func httpPackedBodies() (bodies []httpBody) {
	const plain, js = "line one\nline two\n", `{"packed":true}`
	for _, coding := range []string{"gzip", "deflate", "br"} {
		bodies = append(bodies, httpBody{"text/plain", string(packed(coding, plain)), coding}, httpBody{jsonType, string(packed(coding, js)), coding})
	}
	return append(bodies,
		httpBody{"text/plain", string(packed("raw deflate", plain)), "deflate"},
		httpBody{"text/plain", string(packed("gzip", strings.Repeat(plain, 20))[:40]), "gzip"},
		httpBody{"text/plain", plain, "identity"},
		httpBody{"text/plain", plain, "gzip"},
		httpBody{"text/plain", plain, "zork"})
}

// httpOddBodies are bodies that tshark does not unpack.
func httpOddBodies() []httpBody {
	return []httpBody{
		{"text/plain", string(packed("zstd", "zstd\n")), "zstd"},
		{jsonType, string(packed("br, gzip", `{"twice":2}`)), "br, gzip"},
		{"text/plain", string(packed("gzip", strings.Repeat("bomb", 5<<20))), "gzip"},
		{"text/plain", "a,b,c,d,e", "gzip,gzip,gzip,gzip,gzip"},
	}
}

// httpBodiesTalk answers one request after the other with them.
func httpBodiesTalk(bodies []httpBody) (segments [][]byte, answer []bool) {
	for i, b := range bodies {
		ask := fmt.Sprintf("GET /%d HTTP/1.1\r\nHost: a.test\r\n\r\n", i)
		coding := ""
		if b.coding != "" {
			coding = "Content-Encoding: " + b.coding + "\r\n"
		}
		tell := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%sContent-Length: %d\r\n\r\n%s", b.mime, coding, len(b.body), b.body)
		segments, answer = append(segments, []byte(ask), []byte(tell)), append(answer, false, true)
	}
	return segments, answer
}

// TestHTTPCrafted holds the committed captures against the code that made them.
func TestHTTPCrafted(t *testing.T) {
	for name, bodies := range map[string][]httpBody{"bodies": httpBodies(), "packed": httpPackedBodies(), "odd/packed": httpOddBodies()} {
		name = "testdata/http/" + name + ".pcap"
		segments, answer := httpBodiesTalk(bodies)
		want := talkCapture(hx("020405b4"), segments, answer)
		if *flagUpdate {
			if err := os.WriteFile(name, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(name)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what this test makes (%v): run go test ./dissect -run HTTPCrafted -update", name, err)
		}
	}
}

// FuzzBodies gives bodies of all kinds to their dissectors.
func FuzzBodies(f *testing.F) {
	kinds := map[string]byte{}
	var mimes []string
	for _, b := range httpBodies() {
		if _, ok := kinds[b.mime]; !ok {
			kinds[b.mime] = byte(len(mimes))
			mimes = append(mimes, b.mime)
		}
		f.Add(kinds[b.mime], []byte(b.body))
	}
	f.Add(kinds["application/json"], bytes.Repeat([]byte(`[{"a":`), 500))
	f.Add(kinds["text/xml"], bytes.Repeat([]byte(`<a b="c">`), 500))
	codings := []string{"", "gzip", "deflate", "br", "zstd", "br, gzip"}
	for i, coding := range codings {
		f.Add(byte(i*len(mimes)), packed(coding, `{"a":"b"}`))
	}
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		mime := mimes[int(kind)%len(mimes)]
		segments, _ := httpBodiesTalk([]httpBody{{mime, string(body), codings[int(kind)/len(mimes)%len(codings)]}})
		fuzzStream(t, 80, segments[0], segments[1], 1<<15, false)
	})
}
