package tui

import (
	"strings"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/text"
	"tcplens/internal/trace"
)

// source is the trace as the screen sees it: a snapshot, and a reader for the rows
// that are drawn. It belongs to the program's goroutine.
type source struct {
	tr     *trace.Trace
	reader *trace.Reader
	snap   trace.Snapshot
	status trace.Status
	gen    uint64
	known  bool // there is a snapshot

	choose *trace.Chooser // of colouring rules
	fields []string       // whose values are columns
	cache  map[packet.Number]rowText
	wide   measure
}

// rowText is a row of the packet list as it is drawn.
type rowText struct {
	gen                   uint64
	src, dst, proto, info string
	style                 style // of its protocol
	rule                  int   // the colouring rule that it matches; −1 none
	fields                []string
}

// measure is how wide the columns have to be. It only grows, so that columns
// stay where they are while the list scrolls.
type measure struct {
	scanned packet.Number
	length  uint32 // longest packet, bytes
	addr    int    // widest IPv4 address or shorter, cells
	long    int    // widest address
	proto   int    // widest protocol name
	nano    bool   // times have nanoseconds
}

const (
	cacheRows   = 2048
	measureStep = 1 << 17 // rows looked at in one go
)

// open begins to read another trace, or none.
func (s *source) open(tr *trace.Trace) {
	*s = source{tr: tr, cache: s.cache, fields: s.fields}
	clear(s.cache)
	if tr == nil {
		return
	}
	s.reader = tr.NewReader()
	s.refresh()
}

// refresh takes a new snapshot.
func (s *source) refresh() {
	if s.tr == nil {
		return
	}
	s.gen = s.tr.Generation()
	s.status = s.tr.Status() // before the rows, so that what the header counts can be gone to
	s.snap = s.tr.Snapshot()
	s.known = true
	s.grow()
}

// grow looks at rows that are new, for the widths of columns.
func (s *source) grow() {
	last := s.snap.Last()
	from := max(s.wide.scanned+1, s.snap.First())
	if last >= from && last-from > measureStep {
		last = from + measureStep
	}
	for n := from; n <= last; n++ {
		r := s.snap.Row(n)
		if r == nil {
			break
		}
		s.wide.length = max(s.wide.length, r.Len)
		s.wide.nano = s.wide.nano || r.Time%1000 != 0
		s.wide.scanned = n
	}
}

func (s *source) first() packet.Number {
	if !s.known {
		return 1
	}
	return s.snap.First()
}

func (s *source) last() packet.Number {
	if !s.known {
		return 0
	}
	return s.snap.Last()
}

func (s *source) len() int {
	if !s.known {
		return 0
	}
	return s.snap.Len()
}

func (s *source) row(n packet.Number) *trace.Row {
	if !s.known {
		return nil
	}
	return s.snap.Row(n)
}

// text gives the columns of packet n. What is not known any more is blank.
func (s *source) text(n packet.Number) rowText {
	t, ok := s.cache[n]
	if ok && t.gen == s.gen {
		return t
	}
	row := s.row(n)
	if row == nil {
		return rowText{rule: -1}
	}
	if len(s.cache) >= cacheRows {
		clear(s.cache)
	}
	rule, known := -1, true
	if s.choose != nil {
		rule, known = s.choose.Row(s.snap, n)
	}
	want := dissect.WantColumns
	if !known || len(s.fields) > 0 {
		want |= dissect.WantTree
	}
	tree, cols, err := s.reader.Dissect(n, want)
	if err != nil {
		return rowText{gen: s.gen, info: "[" + text.Printable(err.Error()) + "]", style: sBad, rule: -1}
	}
	if !known {
		rule = s.choose.Tree(tree, rule)
	}
	t = rowText{
		gen: s.gen, rule: rule,
		src: text.Printable(strings.Clone(cols.Src)), dst: text.Printable(strings.Clone(cols.Dst)),
		proto: text.Printable(strings.Clone(cols.Proto)), info: text.Printable(strings.Clone(cols.Info)),
	}
	if len(s.fields) > 0 {
		t.fields = fieldTexts(tree, s.fields)
	}
	t.style = protoStyle(t.proto)
	if t.style == sText && row.Kind == trace.UDP {
		t.style = sUDP
	}
	s.wide.length = max(s.wide.length, row.Len)
	for _, a := range [...]string{t.src, t.dst} {
		n := cells(a)
		s.wide.long = max(s.wide.long, n)
		if n <= len("255.255.255.255") {
			s.wide.addr = max(s.wide.addr, n)
		}
	}
	s.wide.proto = max(s.wide.proto, cells(t.proto))
	s.cache[n] = t
	return t
}

// protoStyle is the colour of a protocol.
func protoStyle(proto string) style {
	switch {
	case proto == "TCP":
		return sTCP
	case strings.HasPrefix(proto, "HTTP"):
		return sHTTP
	case strings.HasPrefix(proto, "TLS"), strings.HasPrefix(proto, "SSL"):
		return sTLS
	case strings.HasSuffix(proto, "DNS"), proto == "LLMNR":
		return sDNS
	case strings.HasPrefix(proto, "ICMP"):
		return sICMP
	case proto == "ARP":
		return sARP
	}
	return sText
}
