package dissect

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
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

// httpImages are images that tshark shows as we do.
func httpImages() []httpBody {
	chunk := func(kind, data string) string {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		b = append(append(b, kind...), data...)
		return string(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:])))
	}
	segment := func(marker byte, data string) string {
		return string([]byte{0xff, marker, 0, byte(len(data) + 2)}) + data
	}
	const (
		signature = "\x89PNG\r\n\x1a\n"
		primaries = "\x00\x00z&\x00\x00\x80\x84\x00\x00\xfa\x00\x00\x00\x80\xe8\x00\x00u0\x00\x00\xea`\x00\x00:\x98\x00\x00\x17p"
		gifImage  = ",\x01\x00\x02\x00\x03\x00\x04\x00"
		jfif      = "JFIF\x00\x01\x02\x01\x00\x48\x00\x48"
		scan      = "\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00"
	)
	header := chunk("IHDR", "\x00\x00\x00\x10\x00\x00\x00\x20\x08\x03\x00\x00\x01")
	grey := chunk("IHDR", "\x00\x00\x00\x01\x00\x00\x00\x01\x10\x04\x00\x00\x00")
	colour := chunk("IHDR", "\x00\x00\x00\x01\x00\x00\x00\x01\x10\x02\x00\x00\x00")
	end := chunk("IEND", "")
	return asItIs(
		"image/png", signature+header+chunk("sRGB", "\x01")+chunk("gAMA", "\x00\x00\xb1\x8f")+chunk("cHRM", primaries)+chunk("PLTE", "\x00\x01\x02")+
			chunk("bKGD", "\x00")+chunk("pHYs", "\x00\x00\x0b\x13\x00\x00\x0b\x13\x01")+chunk("tIME", "\x07\xea\x0b\x15\x0c\x1e\x3b")+
			chunk("tEXt", "Title\x00A test")+chunk("zzZz", "private")+chunk("IDAT", "\x78\x9c")+end,
		"image/png", signature+grey+chunk("bKGD", "\x12\x34")+chunk("IDAT", "")+end,
		"image/png", signature+colour+chunk("bKGD", "\x00\x01\x00\x02\x00\x03")+end,
		"image/gif", "GIF89a\x10\x00\x20\x00\x80\x01\x31\x00\x01\x02\x03\x04\x05!\xf9\x04\x01\x0a\x00\x00\x00!\xfe\x05hello\x00"+
			gifImage+"\x88\x06\x07\x08\x09\x0a\x0b\x02\x02\x44\x01\x00;",
		"image/gif", "GIF87a\x01\x00\x01\x00\x00\x00\x00"+gifImage+"\x00\x02\x02\x44\x01\x00;",
		"image/jpeg", "\xff\xd8"+segment(0xe0, jfif+"\x01\x01\x0a\x0b\x0c")+segment(0xfe, "a comment")+segment(0xe1, "XMP\x00<x/>")+segment(0xe2, "ICC_PROFILE\x00\x01\x01")+
			segment(0xdb, "\x00\x01\x02")+segment(0xc0, "\x08\x00\x20\x00\x10\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01")+segment(0xc4, "\x00\x01")+
			segment(0xda, scan)+"picture\xff\x00more\xff\xd9",
		"image/jpeg", "\xff\xd8"+segment(0xe0, jfif+"\x00\x00")+segment(0xc2, "\x08\x00\x20\x00\x10\x01\x01\x11\x00")+segment(0xda, "\x01\x01\x00\x00\x3f\x12")+"x\xff\xd0y\xff\xd9",
		"image/png", "no picture", "image/gif", "GIF", "image/jpeg", "\xff",
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

// httpMessages are requests and answers in all their forms that one conversation has,
// as tshark shows them.
func httpMessages() (segments [][]byte, answer []bool) {
	const get, chunked = "GET /%s HTTP/1.1\r\nHost: a.test\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
	ask := func(target string) string { return fmt.Sprintf(get, target) }
	for i, s := range []string{
		"GET /blanks HTTP/1.1\r\nHost:  a.test \r\nUser-Agent: x \t\r\nAccept:*/*\r\n\r\n", "HTTP/1.1 204 No Content\r\nServer: y \r\n\r\n",
		ask("one") + ask("two") + ask("three"), chunked + "3\r\none\r\n0\r\n\r\n" + "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n" + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nthree",
		ask("trailer"), chunked + "4;a=b\r\nbody\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n",
		"HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n",
		ask("continued"), "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
		ask("huge"), chunked + "2\r\nAB\r\nfff00000\r\nmore",
	} {
		segments, answer = append(segments, []byte(s)), append(answer, i%2 == 1)
	}
	return segments, answer
}

// TestHTTPCrafted holds the committed captures against the code that made them.
func TestHTTPCrafted(t *testing.T) {
	type talk struct {
		segments [][]byte
		answer   []bool
	}
	talks := map[string]talk{}
	for name, bodies := range map[string][]httpBody{"bodies": httpBodies(), "packed": httpPackedBodies(), "images": httpImages(), "odd/packed": httpOddBodies()} {
		segments, answer := httpBodiesTalk(bodies)
		talks[name] = talk{segments, answer}
	}
	segments, answer := httpMessages()
	talks["messages"] = talk{segments, answer}
	for name, said := range talks {
		name = "testdata/http/" + name + ".pcap"
		want := talkCapture(hx("020405b4"), said.segments, said.answer)
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
	for _, b := range append(httpBodies(), httpImages()...) {
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
