package tui

import (
	"fmt"
	"strings"
	"time"

	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// words draws what the selected conversation has come to: who spoke with whom,
// state and history in words, and what each end has sent.
func (p *flowsPane) words(l *line, r rect) []string {
	c := p.selected()
	if c == nil {
		return pad(l, []string{titleLine(l, r.w, "no flow is selected", false)}, r)
	}
	z := &c.Zeek
	out := []string{titleLine(l, r.w, flowTitle(c), false)}
	state := z.State.Meaning(c.Kind != trace.TCP)
	if c.Kind == trace.TCP {
		state += fmt.Sprintf(". %s (%d)", tcp.CompletenessText(c.Completeness), c.Completeness)
		if c.IRTT != 0 {
			state += ", iRTT " + took(time.Duration(c.IRTT))
		}
	}
	ends := 2
	if r.h < 6 {
		ends = 0
	}
	room := r.h - 1 - ends
	spare := 2 // for the history
	secure := []string(nil)
	if c.TLS.Known() && room >= 3 {
		name, rest, _ := strings.Cut(tlsWords(c), ": ")
		secure = prose(l, r.w, room-2, sTLS, name, rest)
		spare, room = 1, room-len(secure)
	}
	lines := prose(l, r.w, max(room-spare, 1), stateStyle(c), z.State.String(), state)
	out = append(out, lines...)
	out = append(out, prose(l, r.w, room-len(lines), sText, z.History.String(), strings.Join(z.History.Words(), ", "))...)
	out = append(out, secure...)
	if ends > 0 {
		out = append(out, endLine(l, r.w, c, 0), endLine(l, r.w, c, 1))
	}
	return pad(l, out, r)
}

// tlsWords says what the hellos of a conversation agreed on and what came of it: "TLS 1.3: to
// example.com, h2 inside, TLS_AES_128_GCM_SHA256, resumed, closed by the client with Close Notify".
func tlsWords(c *trace.Conversation) string {
	i := &c.TLS
	name := i.VersionName()
	switch {
	case i.QUIC:
		name = "QUIC, " + name
	case name == "":
		name = "TLS"
	}
	var parts []string
	add := func(s string, args ...any) { parts = append(parts, fmt.Sprintf(s, args...)) }
	if i.Name != "" {
		add("to %s", i.Name)
	}
	switch {
	case i.ALPN != "":
		add("%s inside", i.ALPN)
	case i.Offered != "":
		add("%s offered", i.Offered)
	}
	if i.Suite != 0 {
		add("%s", i.SuiteName())
	}
	for _, s := range i.Outcome() {
		add("%s", s)
	}
	if parts == nil {
		add("only the version was seen")
	}
	return name + ": " + strings.Join(parts, ", ")
}

// flowTitle names a conversation and its ends, the client first as far as is known.
func flowTitle(c *trace.Conversation) string {
	client, server := c.Flow.Src, c.Flow.Dst
	if c.Zeek.Orig == 1 {
		client, server = server, client
	}
	return fmt.Sprintf("%s %d · client %s → server %s", c.Kind, c.Stream, client, server)
}

// prose draws a word that stands out and what it means, on at most rows lines.
func prose(l *line, w, rows int, st style, word, meaning string) []string {
	if word == "" || rows <= 0 {
		return nil
	}
	parts := wrap(l.g.text(word+": "+meaning), w-3)
	if len(parts) > rows {
		parts[rows-1] += " " + parts[rows] // cut with an ellipsis by the line's end
		parts = parts[:rows]
	}
	var out []string
	for i, s := range parts {
		l.reset(w-1, gPlain)
		l.space(2)
		if i == 0 && strings.HasPrefix(s, word) {
			l.put(st, word)
			s = s[len(word):]
		}
		l.put(sText, s)
		l.width++
		out = append(out, l.end())
	}
	return out
}

// endLine draws what node 0 or 1 of a conversation has sent, and what was wrong
// with that: what matters most stands first.
func endLine(l *line, w int, c *trace.Conversation, node int) string {
	l.reset(w-1, gPlain)
	l.space(2)
	st, name := sSide0, "A"
	if node == 1 {
		st, name = sSide1, "B"
	}
	who := "client"
	if int(c.Zeek.Orig) != node {
		who = "server"
	}
	l.put(st, name+", "+who)
	sent, t, rtt := &c.Traffic[node], &c.Trouble[node], &c.RTT[node]
	l.put(sText, fmt.Sprintf("  %s in %s", size(sent.Payload), count(uint64(sent.Packets), "packet")))
	note := func(st style, format string, args ...any) {
		l.space(2)
		l.put(st, fmt.Sprintf(format, args...))
	}
	switch {
	case t.ResentBytes > 0:
		note(sNoted, "resent %s (%s) in %s", size(t.ResentBytes), percent(share(t.ResentBytes, sent.Payload)), count(uint64(t.Resent), "segment"))
	case t.Resent > 0:
		note(sNoted, "resent %s without data", count(uint64(t.Resent), "segment"))
	}
	if t.Missing > 0 {
		note(sWarn, "%s not captured", size(t.Missing))
	}
	if t.ZeroWindows > 0 {
		note(sNoted, "window closed for %s", took(time.Duration(t.ZeroTime)))
	}
	if t.DupAcks > 0 {
		note(sText, "%s", count(uint64(t.DupAcks), "dup ACK"))
	}
	if rtt.N > 0 {
		note(sText, "RTT from %s, mean %s", took(time.Duration(rtt.Min)), took(time.Duration(rtt.Mean())))
	}
	if n := c.InFlight[node]; n > 0 {
		note(sText, "up to %s in flight", size(uint64(n)))
	}
	l.width++
	return l.end()
}

// zeekWords tell what the state and the history of a conversation mean.
func zeekWords(c *trace.Conversation) []string {
	z := &c.Zeek
	if z.State == tcp.ConnNone {
		return []string{"nothing is known of this flow: it was only quoted in an ICMP message"}
	}
	out := []string{
		z.State.String() + ": " + z.State.Meaning(c.Kind != trace.TCP) + ".",
		z.History.String() + ": " + strings.Join(z.History.Words(), ", ") + ".",
	}
	if c.TLS.Known() {
		out = append(out, tlsWords(c)+". What is called likely is told by order and size of encrypted records.")
	}
	return out
}
