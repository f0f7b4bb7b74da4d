package follow

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"tcplens/dissect"
)

// texts joins the lines of a message.
func texts(m *Message) string {
	var out []string
	for _, l := range m.Lines() {
		out = append(out, l.Text)
	}
	return strings.Join(out, "\n")
}

// TestLines lays bodies out.
func TestLines(t *testing.T) {
	for _, tt := range []struct {
		name, mime, body, want string
		head                   []string
	}{
		{"a head alone", "", "", "GET / HTTP/1.1\nHost: a", []string{"GET / HTTP/1.1", "Host: a"}},
		{"JSON", "application/json", `{"a":[1,{"b":null}]}`, "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ]\n}", nil},
		{"JSON of another type", "application/problem+json", `[]`, "[]", nil},
		{"JSON that no type tells", "", " {\"a\":1}", "{\n  \"a\": 1\n}", nil},
		{"no JSON after all", "application/json", `{"a":`, `{"a":`, nil},
		{"text", "text/plain", "one\r\n\ttwo\n\nfour", "one\n    two\n\nfour", nil},
		{"text beyond ASCII", "text/plain", "żółw\n", "żółw", nil},
		{"an image", "image/png", "\x89PNG\r\n\x1a\n", "[8 bytes of image/png]\n" + HexLine(0, []byte("\x89PNG\r\n\x1a\n")), nil},
		{"an escape in a head", "", "", "X: ·[2J", []string{"X: \x1b[2J"}},
	} {
		m := Message{Message: dissect.Message{Head: tt.head, Mime: tt.mime, Body: []byte(tt.body)}}
		got := texts(&m)
		if tt.name == "an escape in a head" {
			if strings.Contains(got, "\x1b") {
				t.Errorf("%s: %q", tt.name, got)
			}
			continue
		}
		if got != tt.want {
			t.Errorf("%s:\n%s\nwanted\n%s", tt.name, got, tt.want)
		}
	}
}

// TestLinesBounded cuts what would take memory without end, and says so.
func TestLinesBounded(t *testing.T) {
	for name, body := range map[string][]byte{
		"lines":  bytes.Repeat([]byte("\n"), 10*maxBodyLines),
		"text":   bytes.Repeat([]byte("a"), 2*maxBodyText),
		"binary": bytes.Repeat([]byte{0}, 1<<20),
		"json":   append(append([]byte("["), bytes.Repeat([]byte("1,"), maxBodyText)...), "1]"...),
	} {
		m := Message{Message: dissect.Message{Mime: map[string]string{"json": "application/json"}[name], Body: body}}
		lines := m.Lines()
		if len(lines) > maxBodyLines+2 || lines[len(lines)-1].Kind != LineNote {
			t.Errorf("%s: %d lines, the last one is %.60q", name, len(lines), lines[len(lines)-1].Text)
		}
	}
}

// TestIsText does not stumble over a character at the end of what it looks at.
func TestIsText(t *testing.T) {
	for s, want := range map[string]bool{
		"":      true,
		"a\tb":  true,
		"a\x00": false,
		"\xff":  false,
		strings.Repeat("a", 4095) + "é and so on": true,
		strings.Repeat("a", 100) + "\xc3":         false,
	} {
		if got := isText([]byte(s)); got != want {
			t.Errorf("%.20q: %v", s, got)
		}
	}
}

// TestCurl writes requests as commands, and lets a shell read them again.
func TestCurl(t *testing.T) {
	get := func(url string, head ...string) dissect.Message {
		return dissect.Message{Method: "GET", URL: url, Head: append([]string{"GET " + url + " HTTP/1.1"}, head...)}
	}
	for _, tt := range []struct {
		name   string
		m      dissect.Message
		want   []string // words after curl
		body   string   // what it gets on its standard input
		wanted bool
	}{
		{"a plain one", get("/a?b=c", "Host: x.test:8080", "Accept: */*"), []string{"http://x.test:8080/a?b=c", "-H", "Accept: */*"}, "", true},
		{"a form", dissect.Message{Method: "POST", URL: "http://x.test/", Head: []string{"POST / HTTP/1.1", "Host: x.test", "Content-Length: 9", "Content-Type: a/b"}, Body: []byte("it's=a%20b")},
			[]string{"http://x.test/", "-H", "Content-Type: a/b", "--data-raw", "it's=a%20b"}, "", true},
		{"another method", dissect.Message{Method: "DELETE", URL: "http://x.test/1", Head: []string{"DELETE /1 HTTP/1.1"}},
			[]string{"-X", "DELETE", "http://x.test/1"}, "", true},
		{"HTTP/2", dissect.Message{Stream: 3, Method: "GET", URL: "https://x.test/q", Head: []string{":method: GET", ":path: /q", "user-agent: u'a"}},
			[]string{"https://x.test/q", "-H", "user-agent: u'a"}, "", true},
		{"bytes", dissect.Message{Method: "PUT", URL: "http://x.test/", Head: []string{"PUT / HTTP/1.1"}, Body: []byte("\x01\\\xff'\x000%s\r\n")},
			[]string{"-X", "PUT", "http://x.test/", "--data-binary", "@-"}, "\x01\\\xff'\x000%s\r\n", true},
		{"a command in a value", get("http://x.test/", "X: a'; echo $(id) `id`; '"), []string{"http://x.test/", "-H", "X: a'; echo $(id) `id`; '"}, "", true},
		{"the same with bytes", get("http://x.test/", "X: \xe9'; echo $(id); '\x01"), []string{"http://x.test/", "-H", "X: \xe9'; echo $(id); '\x01"}, "", true},
		{"a file for a body", dissect.Message{Method: "POST", URL: "http://x.test/", Body: []byte("@/etc/passwd")}, []string{"http://x.test/", "--data-raw", "@/etc/passwd"}, "", true},
		{"a file for a field", get("http://x.test/", "@/etc/passwd: x", ": y"), []string{"http://x.test/"}, "", true},
		{"an empty field", get("http://x.test/", "X-Empty:", "Accept-Encoding: gzip"), []string{"http://x.test/", "-H", "X-Empty;", "--compressed", "-H", "Accept-Encoding: gzip"}, "", true},
		{"a pattern", get("http://x.test/[1-9]/../{a,b}"), []string{"-g", "--path-as-is", "http://x.test/[1-9]/../{a,b}"}, "", true},
		{"an option", get("-o/tmp/file"), nil, "", false},
		{"a local file", get("file:///etc/passwd"), nil, "", false},
		{"an answer", dissect.Message{Head: []string{"HTTP/1.1 200 OK"}}, nil, "", false},
	} {
		m := Message{Message: tt.m}
		got, ok := m.Curl()
		if ok != tt.wanted {
			t.Errorf("%s: %q, %v", tt.name, got, ok)
			continue
		}
		if !ok {
			continue
		}
		// bash knows both forms of quotes.
		out, err := exec.Command("bash", "-c", "curl() { printf '%s\\0' \"$@\"; case $* in *' @-') cat;; esac; }; "+got).Output()
		if err != nil {
			t.Errorf("%s: bash does not read %s: %v", tt.name, got, err)
			continue
		}
		if want := strings.Join(tt.want, "\x00") + "\x00" + tt.body; string(out) != want {
			t.Errorf("%s: %s is read as %q, wanted %q", tt.name, got, out, want)
		}
		// Others may read another word, but run nothing.
		out, err = exec.Command("sh", "-c", "curl() { echo asked; }; id() { echo run; }; echo() { command printf '%s\\n' \"$*\"; }; "+got).Output()
		if err != nil || string(out) != "asked\n" {
			t.Errorf("%s: sh makes %q of %s (%v)", tt.name, out, got, err)
		}
	}
}
