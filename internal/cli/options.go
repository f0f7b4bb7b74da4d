package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"tcplens/dissect"
)

// options are the flags of the main command.
type options struct {
	streams Streams

	ifaces    []string
	filter    string // capture filter
	read      string
	write     string
	display   string // display filter
	count     uint64
	snap      int
	noPromisc bool
	buffer    size
	noNames   bool
	format    string
	fields    []string
	layout    []string
	verbose   bool
	hex       bool
	time      string
	decodeAs  []string
	prefs     []string
	keylog    string
	mem, disk size
	ascii     bool
	noColor   bool
	theme     string
	devices   bool
	glossary  string
	words     []string

	title string // what the screen's header calls the source
	about string // what there is to see
	spare bool   // nobody will miss these packets
}

func (o *options) flags(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringArrayVarP(&o.ifaces, "interface", "i", nil, "capture on this interface; repeatable; any is all of them")
	f.StringVarP(&o.filter, "capture-filter", "f", "", "capture filter, as tcpdump has them")
	f.StringVarP(&o.read, "read", "r", "", "read this file; - is standard input")
	f.StringVarP(&o.write, "write", "w", "", "save the packets (pcapng; pcap if the name says so); - is standard output")
	f.StringVarP(&o.display, "display-filter", "Y", "", "show only what matches this display filter, as Wireshark has them")
	f.Uint64VarP(&o.count, "count", "c", 0, "stop after this many packets")
	f.IntVarP(&o.snap, "snaplen", "s", 0, "keep so many bytes of each packet (0: all)")
	f.BoolVarP(&o.noPromisc, "no-promiscuous", "p", false, "leave packets for others alone")
	f.VarP(&o.buffer, "buffer", "B", "kernel buffer, with its unit: 16M")
	f.BoolVarP(&o.noNames, "no-names", "n", false, "no name resolution: there is none, so this changes nothing")
	f.StringVarP(&o.format, "format", "T", "", "print instead of showing: text, fields, json, jsonl")
	f.StringArrayVarP(&o.fields, "field", "e", nil, "a field to print; repeatable")
	f.StringArrayVarP(&o.layout, "layout", "E", nil, "layout of fields: header=y, separator=/t, occurrence=f|l|a, aggregator=, quote=d|s|n")
	f.BoolVarP(&o.verbose, "verbose", "V", false, "with text: the whole tree of each packet")
	f.BoolVarP(&o.hex, "hex", "x", false, "with text: the bytes of each packet")
	f.StringVarP(&o.time, "time", "t", "r", "time column: r relative, d delta, a absolute, ad with date, e epoch")
	f.StringArrayVarP(&o.decodeAs, "decode-as", "d", nil, "take a port for a protocol's: tcp.port==8888,http")
	f.StringArrayVarP(&o.prefs, "preference", "o", nil, "set a preference as for tshark: tcp.check_checksum:TRUE verifies checksums of TCP")
	f.StringVar(&o.keylog, "keylog", "", "file of TLS secrets, to be kept in the file that -w writes")
	f.Var(&o.mem, "mem", "memory that a live capture may take (256M); the oldest packets go first")
	f.Var(&o.disk, "disk", "disk that a live capture may take (2G); the oldest packets go first")
	f.BoolVar(&o.ascii, "ascii", false, "draw with ASCII only")
	f.BoolVar(&o.noColor, "no-color", false, "no colours; NO_COLOR does the same")
	f.StringVar(&o.theme, "theme", "auto", "colours: auto, dark, light")
	f.BoolVarP(&o.devices, "interfaces", "D", false, "list the interfaces and end")
	f.StringVarP(&o.glossary, "glossary", "G", "", "list what is known (fields), and end")
}

// size is a number of bytes with an optional unit.
type size int64

// String implements pflag.Value.
func (s *size) String() string {
	if *s == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*s), 10)
}

// Type implements pflag.Value.
func (s *size) Type() string { return "size" }

// Set implements pflag.Value. Units are powers of 1024: k, M, G, with or without
// a B behind them.
func (s *size) Set(v string) error {
	num := strings.TrimRight(v, "bBiI")
	mult := int64(1)
	if num != "" {
		switch num[len(num)-1] {
		case 'k', 'K':
			mult = 1 << 10
		case 'm', 'M':
			mult = 1 << 20
		case 'g', 'G':
			mult = 1 << 30
		case 't', 'T':
			mult = 1 << 40
		}
		if mult > 1 {
			num = num[:len(num)-1]
		}
	}
	n, err := strconv.ParseInt(num, 10, 64)
	if err != nil || n <= 0 || n > (1<<62)/mult {
		return fmt.Errorf("%q is not a size: write 16M, 2G or a number of bytes", v)
	}
	*s = size(n * mult)
	return nil
}

// decodings reads the -d and -o flags.
func (o *options) decodings() (*dissect.DecodeAs, error) {
	if len(o.decodeAs)+len(o.prefs) == 0 {
		return nil, nil
	}
	da := &dissect.DecodeAs{TCP: map[uint16]dissect.App{}, UDP: map[uint16]dissect.App{}}
	for _, d := range o.decodeAs {
		field, rest, ok := strings.Cut(d, "==")
		port, proto, ok2 := strings.Cut(rest, ",")
		n, err := strconv.ParseUint(strings.TrimSpace(port), 10, 16)
		app, known := dissect.AppNamed(strings.TrimSpace(proto))
		table := da.TCP
		if strings.TrimSpace(field) == "udp.port" {
			table = da.UDP
		} else if strings.TrimSpace(field) != "tcp.port" {
			ok = false
		}
		if !ok || !ok2 || err != nil || !known {
			return nil, usagef("-d %s: write tcp.port==8888,http; protocols are %s", d, strings.Join(dissect.AppNames(), ", "))
		}
		table[uint16(n)] = app
	}
	for _, p := range o.prefs {
		name, value, _ := strings.Cut(p, ":")
		on, err := strconv.ParseBool(strings.TrimSpace(value))
		if name != "tcp.check_checksum" || err != nil {
			return nil, usagef("-o %s: tcp.check_checksum:TRUE, or FALSE, is the preference that can be set", p)
		}
		da.Checksums = on
	}
	return da, nil
}

// check finds what cannot go together.
func (o *options) check() error {
	switch o.format {
	case "", "text", "fields", "json", "jsonl":
	default:
		return usagef("-T %s: the formats are text, fields, json and jsonl", o.format)
	}
	switch o.time {
	case "r", "d", "a", "ad", "e":
	default:
		return usagef("-t %s: the time formats are r, d, a, ad and e", o.time)
	}
	if o.glossary != "" && o.glossary != "fields" {
		return usagef("-G %s: fields is what can be listed", o.glossary)
	}
	if o.read != "" && len(o.ifaces) > 0 {
		return usagef("-r and -i: read a file or capture, not both")
	}
	if o.format == "fields" && len(o.fields) == 0 {
		return usagef("-T fields: name the fields with -e, as in -e frame.number -e ip.src")
	}
	if len(o.fields) > 0 && o.format != "fields" && o.format != "json" && o.format != "jsonl" {
		return usagef("-e goes with -T fields, -T json or -T jsonl")
	}
	if words := strings.Join(o.words, " "); words != "" {
		if o.read != "" {
			if o.display != "" {
				return usagef("a display filter was given twice: with -Y and as %q", words)
			}
			o.display = words
		} else {
			if o.filter != "" {
				return usagef("a capture filter was given twice: with -f and as %q", words)
			}
			o.filter = words
		}
	}
	return nil
}
