package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// newFlows is the command flows.
func newFlows(s Streams) *cobra.Command {
	var read, format, order string
	var how reading
	var onlyTCP, onlyUDP, reverse bool
	cmd := &cobra.Command{
		Use:   "flows -r FILE",
		Short: "List the conversations of a capture, one a line",
		Long: "flows lists what the flows view shows: who spoke with whom, how much, and how it went.\n" +
			"conn and history are what Zeek's conn.log says; times are in seconds, sizes in bytes, - is none.\n" +
			"tls, alpn and name are what the hellos of TLS, DTLS and QUIC say: version, protocol inside, server;\n" +
			"json and jsonl have more of TLS: resumption, early data, tickets, who ended it and on which alert.\n" +
			"A is the sender of the first packet.",
		Example: "  tcplens flows -r f.pcap\n" +
			"  tcplens flows -r f.pcap --sort resent | head\n" +
			"  tcplens flows -r f.pcap --format jsonl | jq 'select(.conn_state == \"REJ\")'",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("flows: %q is too much: tcplens flows -r f.pcap", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(flowFormats(), format) {
				return usagef("--format %s: %s", format, strings.Join(flowFormats(), ", "))
			}
			by := slices.IndexFunc(flowFields(), func(f flowField) bool { return f.name == order })
			if by < 0 {
				return usagef("--sort %s: %s", order, strings.Join(flowNames(), ", "))
			}
			if read == "" {
				return usagef("name the file with -r")
			}
			p, damage, err := how.readFile(cmd.Context(), read, s.Err)
			if err != nil {
				return err
			}
			defer p.Close()
			var list []trace.Conversation
			if !onlyUDP || onlyTCP {
				list = p.Trace().Conversations(trace.TCP, list)
			}
			if !onlyTCP || onlyUDP {
				list = p.Trace().Conversations(trace.UDP, list)
			}
			sortFlows(list, flowFields()[by], reverse)
			return errors.Join(quiet(writeFlows(s.Out, list, format)), damage)
		},
	}
	f := cmd.Flags()
	how.readingFlags(f)
	f.StringVarP(&read, "read", "r", "", "the capture file")
	f.StringVar(&format, "format", "text", strings.Join(flowFormats(), ", "))
	f.StringVar(&order, "sort", "flow", "the column to sort by: numbers fall, words rise")
	f.BoolVar(&reverse, "reverse", false, "the other way round")
	f.BoolVar(&onlyTCP, "tcp", false, "only TCP")
	f.BoolVar(&onlyUDP, "udp", false, "only UDP")
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	return cmd
}

func flowFormats() []string { return []string{"text", "json", "jsonl"} }

// flowField is one column of the text.
type flowField struct {
	name  string
	right bool
	value func(c *trace.Conversation) string
	// amount is what a column of numbers is sorted by; nil for words.
	amount func(c *trace.Conversation) float64
}

// flowFields lists the columns from left to right.
func flowFields() []flowField {
	sum := func(one func(c *trace.Conversation, node int) uint64) func(c *trace.Conversation) uint64 {
		return func(c *trace.Conversation) uint64 { return one(c, 0) + one(c, 1) }
	}
	whole := func(name string, value func(c *trace.Conversation) uint64) flowField {
		return flowField{name, true, func(c *trace.Conversation) string { return strconv.FormatUint(value(c), 10) },
			func(c *trace.Conversation) float64 { return float64(value(c)) }}
	}
	// ofTCP has nothing to say of a conversation over UDP.
	ofTCP := func(f flowField) flowField {
		value := f.value
		f.value = func(c *trace.Conversation) string {
			if c.Kind != trace.TCP {
				return ""
			}
			return value(c)
		}
		return f
	}
	spell := func(name string, ns func(c *trace.Conversation) int64) flowField {
		return flowField{name, true, func(c *trace.Conversation) string { return seconds(ns(c), false) },
			func(c *trace.Conversation) float64 { return float64(ns(c)) }}
	}
	resent := sum(func(c *trace.Conversation, n int) uint64 { return c.Trouble[n].ResentBytes })
	payload := sum(func(c *trace.Conversation, n int) uint64 { return c.Traffic[n].Payload })
	share := func(c *trace.Conversation) float64 {
		if payload(c) == 0 {
			return 0
		}
		return 100 * float64(resent(c)) / float64(payload(c))
	}
	irtt := spell("irtt", func(c *trace.Conversation) int64 { return c.IRTT })
	known := irtt.value
	irtt.value = func(c *trace.Conversation) string {
		if c.IRTT == 0 {
			return ""
		}
		return known(c)
	}
	return []flowField{
		{"flow", false, func(c *trace.Conversation) string {
			return c.Kind.String() + "." + strconv.FormatUint(uint64(c.Stream), 10)
		}, func(*trace.Conversation) float64 { return 0 }},
		{"a", false, func(c *trace.Conversation) string { return c.Flow.Src.String() }, nil},
		{"b", false, func(c *trace.Conversation) string { return c.Flow.Dst.String() }, nil},
		whole("packets", sum(func(c *trace.Conversation, n int) uint64 { return uint64(c.Traffic[n].Packets) })),
		whole("bytes", sum(func(c *trace.Conversation, n int) uint64 { return c.Traffic[n].Bytes })),
		whole("a-to-b", func(c *trace.Conversation) uint64 { return c.Traffic[0].Bytes }),
		whole("b-to-a", func(c *trace.Conversation) uint64 { return c.Traffic[1].Bytes }),
		{"start", true, func(c *trace.Conversation) string { return seconds(int64(c.FirstTime), false) },
			func(c *trace.Conversation) float64 { return -float64(c.FirstTime) }},
		spell("duration", func(c *trace.Conversation) int64 { return int64(c.LastTime.Sub(c.FirstTime)) }),
		{"state", false, func(c *trace.Conversation) string { return strings.ReplaceAll(c.State(), " ", "-") }, nil},
		{"conn", false, func(c *trace.Conversation) string { return c.Zeek.State.String() }, nil},
		{"history", false, func(c *trace.Conversation) string { return c.Zeek.History.String() }, nil},
		ofTCP(whole("complete", func(c *trace.Conversation) uint64 { return uint64(c.Completeness) })),
		ofTCP(irtt),
		ofTCP(whole("resent", resent)),
		ofTCP(flowField{"resent%", true, func(c *trace.Conversation) string { return strconv.FormatFloat(share(c), 'f', 1, 64) }, share}),
		ofTCP(spell("zero-window", func(c *trace.Conversation) int64 { return c.Trouble[0].ZeroTime + c.Trouble[1].ZeroTime })),
		ofTCP(whole("missing", sum(func(c *trace.Conversation, n int) uint64 { return c.Trouble[n].Missing }))),
		{"tls", false, func(c *trace.Conversation) string { return noBlanks(c.TLS.VersionName()) }, nil},
		{"alpn", false, func(c *trace.Conversation) string { return noBlanks(c.TLS.Protocol()) }, nil},
		{"name", false, func(c *trace.Conversation) string { return noBlanks(c.TLS.Name) }, nil},
	}
}

// noBlanks keeps a value in one column.
func noBlanks(s string) string { return strings.Join(strings.Fields(s), "-") }

func flowNames() []string {
	var out []string
	for _, f := range flowFields() {
		out = append(out, f.name)
	}
	return out
}

// sortFlows sorts by a column; those that are the same in it keep their order.
func sortFlows(list []trace.Conversation, by flowField, reverse bool) {
	slices.SortStableFunc(list, func(a, b trace.Conversation) int {
		c := 0
		if by.amount != nil {
			c = cmp.Compare(by.amount(&b), by.amount(&a))
		} else {
			c = cmp.Compare(by.value(&a), by.value(&b))
		}
		if reverse {
			c = -c
		}
		return c
	})
	if reverse && by.name == "flow" {
		slices.Reverse(list)
	}
}

func writeFlows(w io.Writer, list []trace.Conversation, format string) error {
	switch format {
	case "json":
		all := make([]flowJSON, 0, len(list))
		for i := range list {
			all = append(all, flowObject(&list[i]))
		}
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(all)
	case "jsonl":
		enc := json.NewEncoder(w)
		for i := range list {
			if err := enc.Encode(flowObject(&list[i])); err != nil {
				return err
			}
		}
		return nil
	}
	return writeAligned(w, list)
}

// writeAligned prints the columns as wide as their widest value.
func writeAligned(w io.Writer, list []trace.Conversation) error {
	fields := flowFields()
	right := make([]bool, len(fields))
	for k, f := range fields {
		right[k] = f.right
	}
	lines := [][]string{flowNames()}
	for i := range list {
		cells := make([]string, len(fields))
		for k, f := range fields {
			cells[k] = f.value(&list[i])
		}
		lines = append(lines, cells)
	}
	return writeTable(w, lines, right)
}

// flowJSON is a conversation as --format json has it. Times are in seconds, sizes
// in bytes.
type flowJSON struct {
	Kind         string        `json:"kind"`
	Stream       uint32        `json:"stream"`
	FirstPacket  packet.Number `json:"first_packet"`
	LastPacket   packet.Number `json:"last_packet"`
	Start        json.Number   `json:"start"`
	Duration     json.Number   `json:"duration"`
	State        string        `json:"state,omitempty"`
	ConnState    string        `json:"conn_state,omitempty"`
	History      string        `json:"history,omitempty"`
	Meaning      string        `json:"meaning,omitempty"`
	Client       string        `json:"client"`
	Completeness *uint8        `json:"completeness,omitempty"`
	Complete     string        `json:"completeness_text,omitempty"`
	IRTT         json.Number   `json:"initial_rtt,omitempty"`
	TLS          *flowTLS      `json:"tls,omitempty"`
	A            flowEnd       `json:"a"`
	B            flowEnd       `json:"b"`
}

// flowEnd is what one end of it sent.
type flowEnd struct {
	Address string   `json:"address"`
	Port    uint16   `json:"port"`
	Packets uint32   `json:"packets"`
	Bytes   uint64   `json:"bytes"`
	Payload uint64   `json:"payload"`
	TCP     *flowTCP `json:"tcp,omitempty"`
}

// flowTCP is what only TCP shows of it.
type flowTCP struct {
	ResentSegments uint32      `json:"resent_segments"`
	ResentBytes    uint64      `json:"resent_bytes"`
	MissingBytes   uint64      `json:"missing_bytes"`
	Gaps           uint32      `json:"gaps"`
	DupAcks        uint32      `json:"duplicate_acks"`
	ZeroWindows    uint32      `json:"zero_windows"`
	ZeroTime       json.Number `json:"zero_window_time"`
	InFlight       uint32      `json:"max_bytes_in_flight"`
	RTTMin         json.Number `json:"rtt_min,omitempty"`
	RTTMean        json.Number `json:"rtt_mean,omitempty"`
}

// flowTLS is what is known of a conversation's encryption.
type flowTLS struct {
	Version string `json:"version,omitempty"`
	Name    string `json:"server_name,omitempty"`
	ALPN    string `json:"alpn,omitempty"`
	Offered string `json:"alpn_offered,omitempty"`
	Cipher  string `json:"cipher,omitempty"`
	QUIC    bool   `json:"quic"`
	Resumed bool   `json:"resumed"`
	Early   bool   `json:"early_data"`
	Retried bool   `json:"hello_retry"`

	Full      bool         `json:"full_handshake"`
	EarlyData string       `json:"early_data_outcome,omitempty"`
	Tickets   *flowTickets `json:"tickets,omitempty"`
	End       *flowTLSEnd  `json:"end,omitempty"`
}

// flowTickets is what a server gave to resume a session with.
type flowTickets struct {
	Count  uint8 `json:"count"`
	Likely bool  `json:"likely"` // order and size of encrypted records tell
}

// flowTLSEnd is how encryption ended.
type flowTLSEnd struct {
	By     string `json:"by"`
	Alert  string `json:"alert,omitempty"` // if it is known which
	Code   *uint8 `json:"alert_code,omitempty"`
	Likely bool   `json:"likely"` // order and size of encrypted records tell
	Text   string `json:"text"`
}

func tlsObject(i *dissect.TLSInfo) *flowTLS {
	o := &flowTLS{
		Version: i.VersionName(), Name: i.Name, ALPN: i.ALPN, Offered: i.Offered, Cipher: i.SuiteName(), QUIC: i.QUIC,
		Resumed: i.Resumed, Early: i.Early, Retried: i.Retried, Full: i.Full, EarlyData: i.EarlyData.String(),
	}
	if i.Tickets > 0 {
		o.Tickets = &flowTickets{i.Tickets, i.TicketsLikely}
	}
	if e := i.End; e.By != dissect.NoParty {
		o.End = &flowTLSEnd{By: e.By.String(), Alert: e.AlertName(), Likely: e.Sealed, Text: e.String()}
		if o.End.Alert != "" {
			o.End.Code = &e.Alert
		}
	}
	return o
}

func flowObject(c *trace.Conversation) flowJSON {
	number := func(ns int64) json.Number { return json.Number(seconds(ns, true)) }
	o := flowJSON{
		Kind: c.Kind.String(), Stream: c.Stream, FirstPacket: c.First, LastPacket: c.Last,
		Start: number(int64(c.FirstTime)), Duration: number(int64(c.LastTime.Sub(c.FirstTime))),
		State: c.State(), ConnState: c.Zeek.State.String(), History: c.Zeek.History.String(),
		Meaning: c.Zeek.State.Meaning(c.Kind != trace.TCP), Client: [2]string{"a", "b"}[c.Zeek.Orig&1],
	}
	if c.Kind == trace.TCP {
		o.Completeness, o.Complete = &c.Completeness, tcp.CompletenessText(c.Completeness)
		if c.IRTT != 0 {
			o.IRTT = number(c.IRTT)
		}
	}
	if i := &c.TLS; i.Known() {
		o.TLS = tlsObject(i)
	}
	for i, end := range [2]*flowEnd{&o.A, &o.B} {
		at := [2]packet.Endpoint{c.Flow.Src, c.Flow.Dst}[i]
		t := &c.Traffic[i]
		*end = flowEnd{Address: at.Addr.String(), Port: at.Port, Packets: t.Packets, Bytes: t.Bytes, Payload: t.Payload}
		if c.Kind != trace.TCP {
			continue
		}
		bad, rtt := &c.Trouble[i], &c.RTT[i]
		end.TCP = &flowTCP{
			ResentSegments: bad.Resent, ResentBytes: bad.ResentBytes, MissingBytes: bad.Missing, Gaps: bad.Gaps,
			DupAcks: bad.DupAcks, ZeroWindows: bad.ZeroWindows, ZeroTime: number(bad.ZeroTime), InFlight: c.InFlight[i],
		}
		if rtt.N > 0 {
			end.TCP.RTTMin, end.TCP.RTTMean = number(rtt.Min), number(rtt.Mean())
		}
	}
	return o
}
