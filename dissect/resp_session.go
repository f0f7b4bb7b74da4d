package dissect

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"tcplens/internal/text"
)

// respSession is what Redis remembers of a conversation: who the client is, and
// which commands wait for their answers, which come in the same order.
type respSession struct {
	client int8 // direction of the commands plus 1; 0 while it is not known; guarded by the session

	// For the sequencing goroutine only.
	waiting    []respWait
	subscribed bool // messages may come that nobody asked for
	monitor    bool // and all commands that the server gets
	silent     bool // the client wants no answers
	skip       bool // the client wants no answer to the next command
}

// respWait is a command that waits for its answer.
type respWait struct {
	id      uint64
	replies int // still to come
}

// maxRESPWaiting bounds the commands that wait for an answer.
const maxRESPWaiting = 1 << 14

// from gives the client's direction plus 1; 0 if it is not known.
func (r *respSession) from(s *Session) int8 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return r.client
}

// message notes a message that has ended.
func (r *respSession) message(s *Session, m found) {
	if r.client == 0 {
		client := 2 - int8(m.dir)
		if respAsks(m.head) {
			client = int8(m.dir) + 1
		}
		s.mu.Lock()
		r.client = client
		s.mu.Unlock()
	}
	if r.client == int8(m.dir)+1 {
		r.command(s, m)
	} else {
		r.reply(s, m)
	}
}

// respAsks says whether the first message that is seen of a conversation is a
// command's: servers send no lines without a type, and few arrays of strings that
// begin with a word.
func respAsks(b []byte) bool {
	words, total := respWords(b)
	if _, typed := respKind(b[0]); !typed || b[0] != '*' {
		return !typed
	}
	if len(words) == 0 || len(words) < total && len(b) < respKeep {
		return false
	}
	return strings.IndexFunc(words[0].text(), func(r rune) bool { return !unicode.IsLetter(r) && r != '.' && r != '_' }) < 0
}

// command notes a command of the client.
func (r *respSession) command(s *Session, m found) {
	words, total := respWords(m.head)
	if len(words) == 0 {
		return
	}
	name, target := redisTarget(words)
	w := respWait{replies: 1}
	switch name {
	case "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE":
		r.subscribed = true
		w.replies = max(1, total-1)
	case "MONITOR":
		r.monitor = true
	case "CLIENT REPLY":
		switch strings.ToUpper(target) {
		case "ON":
			r.silent, r.skip = false, false
		case "OFF":
			r.silent = true
		case "SKIP":
			r.skip = true
			w.replies = 0
		}
	default:
		if r.skip {
			w.replies, r.skip = 0, false
		}
	}
	quiet := w.replies == 0 || r.silent
	w.id = s.ask(Request{Dir: m.dir, Proto: pRESP, Method: name, Target: target, Done: quiet})
	if quiet {
		return
	}
	if len(r.waiting) >= maxRESPWaiting {
		r.waiting = slices.Delete(r.waiting, 0, maxRESPWaiting/2)
	}
	r.waiting = append(r.waiting, w)
}

// reply notes a message of the server.
func (r *respSession) reply(s *Session, m found) {
	if len(r.waiting) == 0 || r.unasked(m.head) {
		return
	}
	w := &r.waiting[0]
	w.replies--
	last := w.replies <= 0
	s.answer(w.id, m.size, func(q *Request) {
		q.Done = last
		respStatus(q, m.head)
	})
	if last {
		r.waiting = r.waiting[:copy(r.waiting, r.waiting[1:])]
	}
}

// unasked says that a message of the server answers no command: what others have
// published, and what MONITOR shows.
func (r *respSession) unasked(b []byte) bool {
	switch b[0] {
	case '>', '*':
		if b[0] == '*' && !r.subscribed {
			return false
		}
		words, _ := respWords(b)
		if len(words) == 0 {
			return b[0] == '>'
		}
		switch strings.ToLower(words[0].text()) {
		case "message", "pmessage", "smessage":
			return true
		case "subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe":
			return false
		}
		return b[0] == '>'
	case '+':
		return r.monitor && len(b) > 1 && b[1] >= '0' && b[1] <= '9' && bytes.Contains(b[:min(len(b), 40)], []byte(" ["))
	}
	return false
}

// respStatus says in the words of Redis how a command went.
func respStatus(q *Request, b []byte) {
	line, n := respLine(b)
	if n == 0 {
		return
	}
	switch b[0] {
	case '+', ':', ',', '(':
		q.Status = string(line)
	case '-':
		q.Status, q.Failed = string(line), true
	case '!':
		q.Status, q.Failed = string(bytes.TrimRight(b[n:], "\r\n")), true
	case '#':
		q.Status = map[bool]string{true: "true", false: "false"}[string(line) == "t"]
	case '_':
		q.Status = "(nil)"
	case '$', '=':
		q.Status = "OK"
		if string(line) == "-1" {
			q.Status = "(nil)"
		}
	case '*', '~', '%':
		v, _ := respLength(line, maxRESPCount)
		q.Status, q.Rows = "OK", v
		if v < 0 {
			q.Status = "(nil)"
		}
	default:
		q.Status = "OK"
	}
}

// respWord is a string of a command: b is as much of it as there is.
type respWord struct {
	b    []byte
	size int // bytes of the whole
}

func (w respWord) text() string { return string(w.b) }

// maxRESPRead bounds the strings of a command that are looked at.
const maxRESPRead = 256

// respWords gives the strings of a command, or the strings that an array begins
// with, as far as they are in b, and how many there are in all.
func respWords(b []byte) (words []respWord, total int) {
	if len(b) == 0 {
		return nil, 0
	}
	switch b[0] {
	case '*', '>':
	default:
		if _, known := respKind(b[0]); known {
			return nil, 0
		}
		for _, w := range bytes.Fields(b) {
			words = append(words, respWord{w, len(w)})
		}
		return words, len(words)
	}
	line, n := respLine(b)
	count, ok := respLength(line, maxRESPCount)
	if n == 0 || !ok {
		return nil, 0
	}
	b = b[n:]
	for len(words) < min(int(count), maxRESPRead) && len(b) > 0 {
		line, n := respLine(b)
		if n == 0 || b[0] != '$' && b[0] != '+' {
			break
		}
		if b[0] == '+' {
			words, b = append(words, respWord{line, len(line)}), b[n:]
			continue
		}
		size, ok := respLength(line, maxRESPBulk)
		if !ok || size < 0 {
			break
		}
		b = b[n:]
		words = append(words, respWord{b[:min(int(size), len(b))], int(size)})
		b = b[min(int(size)+2, len(b)):]
	}
	return words, int(count)
}

// respCommandName gives the first word of a command, in capitals.
func respCommandName(b []byte) (name string, ok bool) {
	if len(b) < 4 || b[0] != '*' || b[1] < '1' || b[1] > '9' {
		return "", false
	}
	line, n := respLine(b)
	if n == 0 || len(line) > 7 || len(b) <= n || b[n] != '$' {
		return "", false
	}
	size, k := respLine(b[n:])
	length, err := strconv.Atoi(string(size))
	if k == 0 || err != nil || length < 1 || length > 32 || len(b) < n+k+length+2 || string(b[n+k+length:n+k+length+2]) != "\r\n" {
		return "", false
	}
	return strings.ToUpper(string(b[n+k : n+k+length])), true
}

// respSummary is a message in the Info column.
func respSummary(b []byte, client bool) string {
	line, n := respLine(b)
	if n == 0 {
		return "[fragment]"
	}
	if client && b[0] == '*' {
		return respCommandText(b)
	}
	shown := text.Printable(cutText(string(line), maxRESPShown))
	switch b[0] {
	case '-':
		return "Error: " + shown
	case '_':
		return "(nil)"
	case '$', '=', '!':
		size, ok := respLength(line, maxRESPBulk)
		switch value := b[n:min(len(b), n+max(0, int(size)))]; {
		case !ok:
			return "[" + eRESPLength.Name + "]"
		case size < 0:
			return "(nil)"
		case b[0] == '!':
			return "Error: " + text.Printable(cutText(string(value), maxRESPShown))
		case size > maxRESPShown || !isText(value):
			return "BulkString(" + strconv.FormatInt(size, 10) + ")"
		default:
			return text.Printable(string(value))
		}
	case '*', '%', '~', '>', '|':
		f, _ := respKind(b[0])
		count, ok := respLength(line, maxRESPCount)
		switch {
		case !ok:
			return "[" + eRESPLength.Name + "]"
		case count < 0:
			return "(nil)"
		case b[0] == '>' || count == 3 || count == 4:
			if words, _ := respWords(b); len(words) > 1 && strings.HasSuffix(words[0].text(), "message") {
				return text.Printable(words[0].text() + " " + cutText(words[1].text(), maxRESPShown))
			}
		}
		return f.Name + "(" + strconv.FormatInt(count, 10) + ")"
	}
	return shown
}

// respCommandText is a command with its arguments, as one types it.
func respCommandText(b []byte) string {
	words, total := respWords(b)
	if len(words) == 0 {
		return fRESPArray.Name + "(" + strconv.Itoa(total) + ")"
	}
	var out strings.Builder
	for i, w := range words[:min(len(words), maxRESPWords)] {
		if i > 0 {
			out.WriteByte(' ')
		}
		switch shown := cutText(w.text(), maxRESPShown); {
		case !isText(w.b):
			out.WriteString("BulkString(" + strconv.Itoa(w.size) + ")")
		case len(shown) < w.size:
			out.WriteString(text.Printable(shown) + "…")
		default:
			out.WriteString(text.Printable(shown))
		}
	}
	if min(len(words), maxRESPWords) < total {
		out.WriteString(" …")
	}
	return out.String()
}
