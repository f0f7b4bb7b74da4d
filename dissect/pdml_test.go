package dissect

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The differential test: what tshark says of a packet, line by line, against the
// tree. Over captures of one's own:
//
//	go test ./dissect -run TestPDML -pcap '/captures/dns*.pcap' -proto ip,udp -most 500
var (
	flagPcap  = flag.String("pcap", "", "captures to hold against tshark, a glob; empty: those of testdata")
	flagProto = flag.String("proto", "", "compare these protocols only, by their abbreviations with commas between")
	flagMost  = flag.Int("most", 0, "compare this many packets of a capture; 0: all")
	flagDiffs = flag.Int("diffs", 5, "show the differences of this many packets in full; the rest is counted")
)

// pdmlSkip lists what is not compared, with its reason. The nodes are left out on
// both sides together with what is under them.
var pdmlSkip = map[string]string{
	"geninfo":                        "tshark's own summary, repeated by frame",
	"frame.offset_shift":             "always zero",
	"tcp.stream":                     "a fact of other packets",
	"tcp.completeness":               "a fact of other packets",
	"tcp.analysis":                   "a fact of other packets",
	"tcp.time_relative":              "a fact of other packets",
	"tcp.time_delta":                 "a fact of other packets",
	"tcp.seq":                        "relative to other packets",
	"tcp.ack":                        "relative to other packets",
	"tcp.nxtseq":                     "relative to other packets",
	"mptcp.stream":                   "a fact of other packets",
	"mptcp.analysis":                 "a fact of other packets",
	"mptcp.expected_token":           "what of a multipath connection its other packets tell",
	"mptcp.expected_idsn":            "what of a multipath connection its other packets tell",
	"mptcp.dss.dsn":                  "what of a multipath connection its other packets tell",
	"mptcp.ack":                      "what of a multipath connection its other packets tell",
	"tcp.window_size":                "scaled by what other packets said",
	"tcp.window_size_scalefactor":    "a fact of other packets",
	"eth.dst.oui":                    "the maker of an address is not named",
	"eth.src.oui":                    "the maker of an address is not named",
	"eth.addr.oui":                   "the maker of an address is not named",
	"eth.dst.oui_resolved":           "the maker of an address is not named",
	"eth.src.oui_resolved":           "the maker of an address is not named",
	"eth.addr.oui_resolved":          "the maker of an address is not named",
	"tls.handshake.ja4":              "ours",
	"dtls.handshake.ja4":             "ours",
	"resp.response_in":               "ours: Wireshark does not tie answers to requests",
	"resp.response_to":               "ours",
	"resp.time":                      "ours",
	"pgsql.response_in":              "ours",
	"pgsql.response_to":              "ours",
	"pgsql.time":                     "ours",
	"mysql.response_in":              "ours",
	"mysql.response_to":              "ours",
	"mysql.time":                     "ours",
	"tls.record.role":                "ours: what an encrypted record is likely to be",
	"arp.duplicate-address-detected": "a fact of other packets",
	"arp.duplicate-address-frame":    "a fact of other packets",
	"arp.seconds-since-duplicate-address-frame": "a fact of other packets",
}

// ownInfo lists the protocols whose Info column is not compared, with its reason.
var ownInfo = map[string]string{
	"RESP":  "it says of what has no value that it is nil, and has commas between messages",
	"PGSQL": "it has the statements; tshark's only the types of the messages",
	"MQTT":  "it has clients, reasons and sizes, too",
	"MySQL": "it has the statements, the errors and what a result is made of",
}

// line is one line of a detail tree, ours or tshark's.
type line struct {
	depth     int
	name      string
	label     string
	pos, size int
	show      string
	hidden    bool
	bare      bool // tshark gives its name only
	loose     bool // its place counts for nothing: expert items, which we put where they belong
}

func (l line) String() string {
	h := ""
	if l.hidden {
		h = " hidden"
	}
	return fmt.Sprintf("%*s%s @%d+%d%s %q = %q", 2*l.depth, "", l.name, l.pos, l.size, h, l.label, l.show)
}

func (l line) same(m line) bool {
	if l.depth != m.depth || l.name != m.name || l.hidden != m.hidden {
		return false
	}
	if l.bare || m.bare {
		return true
	}
	if l.loose || m.loose {
		return l.label == m.label
	}
	if sameCut(l.label, m.label) || sameCut(m.label, l.label) {
		return l.size == m.size
	}
	return l.label == m.label && l.size == m.size && (l.pos == m.pos || l.size == 0) && strings.ReplaceAll(l.show, ":", "") == strings.ReplaceAll(m.show, ":", "")
}

// sameCut says that cut is full as far as tshark's longest label goes.
func sameCut(cut, full string) bool {
	name, value, ok := strings.Cut(cut, " [truncated]")
	return ok && strings.HasPrefix(full, name+value)
}

// asXML gives a text as it comes out of PDML: up to a zero, with line ends as XML
// has them, and with dots for what XML cannot hold.
func asXML(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' {
			return '.'
		}
		return r
	}, s)
}

// xmlSafe makes a dot of what XML cannot hold.
type xmlSafe struct{ r io.Reader }

func (p xmlSafe) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	for i, c := range b[:n] {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			b[i] = '.'
		}
	}
	return n, err
}

func TestPDML(t *testing.T) {
	eachReference(t, comparePDML)
}

// eachReference runs a comparison with tshark over the captures that are asked for.
func eachReference(t *testing.T, compare func(t *testing.T, tshark, file string)) {
	t.Helper()
	pattern := *flagPcap
	if pattern == "" {
		pattern = "testdata/*/*.pcap*"
	}
	eachReferenceIn(t, pattern, compare)
}

// eachReferenceIn does it for the captures that match a pattern.
func eachReferenceIn(t *testing.T, pattern string, compare func(t *testing.T, tshark, file string)) {
	t.Helper()
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Fatal("tshark is not installed: it is the reference of this test; install it (Debian: apt-get install tshark)")
	}
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no capture matches %s", pattern)
	}
	files = slices.DeleteFunc(files, func(f string) bool { return strings.HasSuffix(f, ".golden") || strings.HasSuffix(f, ".keylog") })
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) { compare(t, tshark, f) })
	}
}

// sharkCommand runs tshark in UTC, without name resolution and with nobody's preferences.
func sharkCommand(t *testing.T, tshark string, args ...string) *exec.Cmd {
	cmd := exec.Command(tshark, args...)
	home := t.TempDir()
	cmd.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C.UTF-8", "HOME="+home, "WIRESHARK_CONFIG_DIR="+home, "XDG_CONFIG_HOME="+home)
	return cmd
}

// TestColumns holds the columns of the packet list against tshark's.
func TestColumns(t *testing.T) {
	eachReference(t, compareColumns)
}

func compareColumns(t *testing.T, tshark, file string) {
	args := []string{"-n", "-2", "-r", file, "-T", "fields"}
	for _, c := range []string{"Source", "Destination", "Protocol", "Info"} {
		args = append(args, "-e", "_ws.col."+c)
	}
	if *flagMost > 0 {
		args = append(args, "-c", strconv.Itoa(*flagMost))
	}
	cmd := sharkCommand(t, tshark, append(args, "-e", "frame.protocols")...)
	out, err := cmd.Output()
	if err != nil && len(out) == 0 {
		t.Fatalf("tshark: %v", err)
	}
	in := readCapture(t, file)
	learn(in)
	d := NewDissection(nil)
	bad := 0
	var only []string
	if *flagProto != "" {
		only = strings.Split(*flagProto, ",")
	}
	rows := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	for i, row := range rows {
		if i >= len(in) {
			t.Errorf("tshark has packet %d, the tests' reader has %d packets", i+1, len(in))
			break
		}
		_, c := d.Run(&in[i], WantColumns)
		got := strings.Join([]string{c.Src, c.Dst, c.Proto, c.Info, d.protocolNames()}, "\t")
		if only != nil {
			names := strings.Split(row[strings.LastIndexByte(row, '\t')+1:], ":")
			if !slices.Contains(only, names[len(names)-1]) {
				continue
			}
		}
		if got == row {
			continue
		}
		if want := strings.Split(row, "\t"); len(want) == 5 && ownInfo[want[2]] != "" {
			if want[3] = c.Info; got == strings.Join(want, "\t") {
				continue
			}
		}
		if bad++; bad <= *flagDiffs {
			t.Errorf("packet %d:\n  tshark %s\n  ours   %s", i+1, row, got)
		}
	}
	if bad > 0 {
		t.Errorf("%d of %d packets differ", bad, len(rows))
	}
}

func comparePDML(t *testing.T, tshark, file string) {
	args := []string{"-n", "-2", "-r", file, "-T", "pdml"}
	if *flagMost > 0 {
		args = append(args, "-c", strconv.Itoa(*flagMost))
	}
	cmd := sharkCommand(t, tshark, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := readCapture(t, file)
	learn(in)
	d := NewDissection(nil)
	dec := xml.NewDecoder(xmlSafe{out})
	dec.Strict = false
	sum := map[string]int{}
	first := map[string]string{}
	n, bad, lines := 0, 0, 0
	for ; ; n++ {
		want, err := readPDML(dec)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("packet %d of tshark's output: %v", n+1, err)
		}
		if n >= len(in) {
			t.Errorf("tshark has packet %d, the tests' reader has %d packets", n+1, len(in))
			break
		}
		tree, _ := d.Run(&in[n], WantTree|WantColumns)
		got := pick(treeLines(tree))
		want, got = placeless(pick(want)), placeless(got)
		lines += len(want)
		diff := diffLines(want, got)
		if len(diff) == 0 {
			continue
		}
		bad++
		if bad <= *flagDiffs {
			var b strings.Builder
			for _, x := range diff {
				fmt.Fprintf(&b, "\n    %s %s", x.sign, x.l)
			}
			t.Errorf("packet %d: - tshark, + ours:%s", n+1, b.String())
		}
		for _, x := range diff {
			k := x.sign + " " + x.l.name
			sum[k]++
			if first[k] == "" {
				first[k] = fmt.Sprintf("packet %d: %s", n+1, strings.TrimSpace(x.l.String()))
			}
		}
	}
	if _, err := io.Copy(io.Discard, out); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Logf("tshark: %v", err)
	}
	if n == 0 {
		t.Errorf("tshark printed no packet")
	}
	if bad == 0 {
		return
	}
	t.Errorf("%d of %d packets differ; by field:", bad, n)
	keys := make([]string, 0, len(sum))
	for k := range sum {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return sum[b] - sum[a] })
	for i, k := range keys {
		if i == 40 {
			break
		}
		t.Logf("%6d %-36s %s", sum[k], k, first[k])
	}
}

// placeless takes the places from the lines of a DTLS message that was joined: tshark
// gives some of them in the record that has its last fragment, where they are not.
func placeless(lines []line) []line {
	if !slices.ContainsFunc(lines, func(l line) bool { return l.name == "dtls.fragments" }) {
		return lines
	}
	out := slices.Clone(lines)
	for i := range out {
		out[i].pos = 0
	}
	return out
}

// ownWords is what tshark says of a record that it does not know, where the advice
// would be wrong in our mouth.
var ownWords = regexp.MustCompile(`Dissector for (DNS Type|Websocket Opcode) \((\d+)\) code not implemented, Contact Wireshark developers if you want this supported`)

func inOwnWords(s string) string {
	s = strings.Replace(s, "not implemented, contact Wireshark developers if you want this to be supported", "not dissected by tcplens", 1)
	return strings.NewReplacer("DNS Type", "DNS type", "Websocket Opcode", "WebSocket opcode").Replace(ownWords.ReplaceAllString(s, "$1 $2 is not dissected by tcplens"))
}

// pick leaves the lines that are to be compared.
func pick(all []line) []line {
	var only []string
	if *flagProto != "" {
		only = strings.Split(*flagProto, ",")
	}
	out := all[:0:0]
	skip, expert, use := -1, -1, true
	for _, l := range all {
		if skip >= 0 && l.depth > skip {
			continue
		}
		skip = -1
		if l.depth == 0 && only != nil {
			use = slices.Contains(only, l.name)
		}
		if _, ok := pdmlSkip[l.name]; ok {
			skip = l.depth
			continue
		}
		if expert >= 0 && l.depth <= expert {
			expert = -1
		}
		if l.name == "_ws.expert" || l.name == "_ws.malformed" || l.name == "_ws.short" {
			expert = l.depth
		}
		if l.name == "_ws.malformed" || l.name == "_ws.short" {
			l.label = strings.Trim(l.label, "[]")
		}
		l.label, l.show = inOwnWords(l.label), inOwnWords(l.show)
		l.loose = expert >= 0 || strings.HasSuffix(l.name, ".fragments") || l.name == "http.file_data" || l.name == "tcp.pdu.size" ||
			l.name == "quic.frame" || l.name == "tls" && l.depth > 0 || l.name == "websocket.payload" || l.name == "websocket.payload.text" // tshark puts what was unmasked or joined into the frame
		l.bare = l.bare || l.hidden && l.name == "_ws.malformed"
		if use {
			out = append(out, l)
		}
	}
	return out
}

// treeLines writes our tree as tshark's PDML has its own.
func treeLines(t *Tree) []line {
	var out []line
	var walk func(i, depth int)
	walk = func(i, depth int) {
		for ; i >= 0; i = t.Next(i) {
			n := &t.Nodes[i]
			l := line{depth: depth, label: n.Label(), pos: int(n.Off), size: int(n.Len), hidden: n.Flags&Hidden != 0}
			if n.Flags&Generated != 0 {
				l.label = strings.TrimSuffix(strings.TrimPrefix(l.label, "["), "]")
			}
			if f := n.Field; f != nil && f != fText {
				l.name = f.Abbrev
				if f.Type != TNone && f.Type != TProtocol {
					l.show = asXML(n.Value())
				}
			}
			out = append(out, l)
			walk(t.Child(i), depth+1)
		}
	}
	walk(t.First(), 0)
	return out
}

// readPDML reads the next packet of tshark's output.
func readPDML(dec *xml.Decoder) ([]line, error) {
	var out []line
	depth, inside := 0, false
	for {
		tok, err := dec.Token()
		if err != nil {
			return nil, err
		}
		switch e := tok.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "packet":
				inside, depth = true, 0
				continue
			case "proto", "field":
			default:
				continue
			}
			l := line{depth: depth}
			var value string
			var hasLabel, hasSize bool
			for _, a := range e.Attr {
				switch a.Name.Local {
				case "name":
					l.name = a.Value
				case "showname":
					l.label, hasLabel = a.Value, true
				case "pos":
					l.pos, _ = strconv.Atoi(a.Value)
				case "size":
					l.size, _ = strconv.Atoi(a.Value)
					hasSize = true
				case "show":
					l.show = a.Value
				case "value":
					value = a.Value
				case "hide":
					l.hidden = a.Value == "yes"
				}
			}
			if l.name == "fake-field-wrapper" {
				continue // its child is the protocol
			}
			depth++
			if !hasLabel {
				l.label = l.show
				l.show = ""
			}
			l.bare = !hasSize
			if value != "" && len(l.show) == len(value)/2*3-1 && strings.ReplaceAll(l.show, ":", "") == value && !isAddress(l) {
				l.show = value // bytes: PDML puts colons where -T fields has none
			}
			out = append(out, l)
		case xml.EndElement:
			switch e.Name.Local {
			case "packet":
				if inside {
					return out, nil
				}
			case "proto", "field":
				depth = max(0, depth-1)
			}
		}
	}
}

// isAddress says whether the value of a line is written with colons for good.
func isAddress(l line) bool {
	return len(l.show) == 17 && strings.HasSuffix(l.label, l.show)
}

type diffLine struct {
	sign string
	l    line
}

// diffLines gives what is only in want (-) and only in got (+), in order.
func diffLines(want, got []line) []diffLine {
	for len(want) > 0 && len(got) > 0 && want[0].same(got[0]) {
		want, got = want[1:], got[1:]
	}
	for len(want) > 0 && len(got) > 0 && want[len(want)-1].same(got[len(got)-1]) {
		want, got = want[:len(want)-1], got[:len(got)-1]
	}
	var out []diffLine
	w := len(got) + 1
	if len(want)*w > 4_000_000 {
		return append(out, diffLine{"-", want[0]}, diffLine{"+", got[0]})
	}
	common := make([]int32, (len(want)+1)*w)
	for i := len(want) - 1; i >= 0; i-- {
		for j := len(got) - 1; j >= 0; j-- {
			if want[i].same(got[j]) {
				common[i*w+j] = common[(i+1)*w+j+1] + 1
			} else {
				common[i*w+j] = max(common[(i+1)*w+j], common[i*w+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(want) || j < len(got) {
		switch {
		case i < len(want) && j < len(got) && want[i].same(got[j]):
			i, j = i+1, j+1
		case i < len(want) && (j == len(got) || common[(i+1)*w+j] >= common[i*w+j+1]):
			out = append(out, diffLine{"-", want[i]})
			i++
		default:
			out = append(out, diffLine{"+", got[j]})
			j++
		}
	}
	return out
}
