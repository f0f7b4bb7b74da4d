package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// options are the flags of the main command.
type options struct {
	streams Streams
	set     *settings // nil: the defaults

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
	mem, disk size
	ascii     bool
	noColor   bool
	theme     string
	devices   bool
	glossary  string
	lang      string
	words     []string
	reading

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
	o.readingFlags(f)
	f.Var(&o.mem, "mem", "memory that a live capture may take (256M); the oldest packets go first")
	f.Var(&o.disk, "disk", "disk that a live capture may take (2G); the oldest packets go first")
	f.BoolVar(&o.ascii, "ascii", false, "draw with ASCII only")
	f.BoolVar(&o.noColor, "no-color", false, "no colours; NO_COLOR does the same")
	f.StringVar(&o.theme, "theme", "auto", "colours: auto, dark, light")
	langFlag(f, &o.lang)
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
	if _, err := langOf(o.lang); err != nil {
		return err
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
