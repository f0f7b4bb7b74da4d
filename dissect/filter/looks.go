package filter

import (
	"fmt"
	"net/netip"
	"strings"

	"tcplens/dissect"
)

// LooksLikeCapture says whether an expression that is no display filter is written
// as capture filters are (tcpdump's, pcap-filter(7)). What it gives is a sentence
// that says so and what to write here; empty if it does not look like one.
func LooksLikeCapture(expr string) string {
	words := strings.Fields(strings.NewReplacer("(", " ", ")", " ", "!", " ").Replace(expr))
	strong := false
	var suggest string
	for i := 0; i < len(words); i++ {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch w := words[i]; w {
		case "port", "portrange", "host", "net", "gateway", "proto":
			if next != "" && !isOperatorWord(next) {
				strong = true
				if suggest == "" {
					suggest = displayOf(words, i)
				}
				i++
			}
		case "src", "dst", "ether", "broadcast", "multicast", "inbound", "outbound", "vlan", "less", "greater":
			strong = strong || next != "" || w == "broadcast" || w == "multicast" || w == "inbound" || w == "outbound"
		}
	}
	if !strong && (strings.Contains(expr, "tcpflags]") || strings.Contains(expr, "[tcp-")) {
		strong = true
	}
	switch {
	case !strong:
		return ""
	case suggest != "":
		return fmt.Sprintf("that is a capture filter (tcpdump's), for -f or b; here it is written %s", suggest)
	}
	return "that is a capture filter (tcpdump's), for -f or b: a display filter compares fields, as ip.addr == 10.0.0.1"
}

func isOperatorWord(s string) bool { return isKeyword(s) || s == "&&" || s == "||" }

// displayOf writes the primitive of a capture filter at words[i] as a display filter.
func displayOf(words []string, i int) string {
	side, proto := "", ""
	for k := i - 1; k >= 0; k-- {
		switch words[k] {
		case "src", "dst":
			side = words[k]
			continue
		case "tcp", "udp", "ip", "ip6", "ether":
			proto = words[k]
			continue
		}
		break
	}
	v := words[i+1]
	switch words[i] {
	case "port":
		field := map[string]string{"": "port", "src": "srcport", "dst": "dstport"}[side]
		if strings.Trim(v, "0123456789") != "" {
			return ""
		}
		if proto == "tcp" || proto == "udp" {
			return proto + "." + field + " == " + v
		}
		return "tcp." + field + " == " + v + " or udp." + field + " == " + v
	case "portrange":
		a, b, ok := strings.Cut(v, "-")
		if !ok {
			return ""
		}
		if proto != "udp" {
			proto = "tcp"
		}
		return proto + ".port in {" + a + ".." + b + "}"
	case "host", "net":
		field := map[string]string{"": "addr", "src": "src", "dst": "dst"}[side]
		host, _, _ := strings.Cut(v, "/")
		if proto == "ether" {
			return "eth." + field + " == " + v
		}
		a, err := netip.ParseAddr(host)
		if err != nil {
			return ""
		}
		if a.Is4() {
			return "ip." + field + " == " + v
		}
		return "ipv6." + field + " == " + v
	}
	return ""
}

// LooksLikeDisplay says whether an expression that is no capture filter is written
// as display filters are (Wireshark's): it names a field of them or compares with
// their operators. What it gives is a sentence that says so; empty if it does not
// look like one.
func LooksLikeDisplay(expr string, known dissect.Lookup) string {
	l := lexer{src: expr}
	var before string
	for {
		t, err := l.next()
		if err != nil || t.kind == tEOF {
			break
		}
		if t.kind == tWord && !t.value {
			if len(known[t.text]) > 0 && strings.Contains(t.text, ".") {
				return fmt.Sprintf("%s is a field of display filters (Wireshark's), for -Y or /: a capture filter is written as in tcpdump", t.text)
			}
			if len(known[before]) > 0 && (t.text == "contains" || t.text == "matches" || t.text == "in") {
				return fmt.Sprintf("%s is a word of display filters (Wireshark's), for -Y or /: a capture filter is written as in tcpdump", t.text)
			}
		}
		before = t.text
	}
	if _, err := parse(expr, known); err == nil && strings.TrimSpace(expr) != "" {
		return "that is a display filter (Wireshark's), for -Y or /: a capture filter is written as in tcpdump"
	}
	return ""
}
