// Package filter is the display-filter language: an expression over the fields of
// a dissected packet, as Wireshark 4.0 has it (wireshark-filter(4)).
//
//	tcp                                     the packet has a TCP header
//	tcp.port == 3000 and not http           a value is among those of a field
//	ip.addr != 10.0.0.0/8                   every address lies outside
//	all tcp.port > 1024                     every port is larger
//	tcp.port in {80, 443, 8000..8999}       sets and ranges
//	http.host contains "example"            part of a text or of bytes
//	http.request.uri matches r"\.png$"      a regular expression (Go's, RE2), case ignored
//	eth.src[0:3] == 00:1b:21                some of the bytes
//	ip.addr#2 == 10.0.0.1                   in the second IP header, of a tunnel
//	tcp.flags & 0x12 == 0x12                bits
//	tcp.len > 4 * {tcp.hdr_len + 3}         arithmetic, grouped by braces
//	frame.time_relative > ${frame.time_relative} - 5    as the selected packet has it
//
// A field may occur several times in a packet. A comparison holds when one of its
// values satisfies it (any), or when all do (all, === and !=); without a value it
// holds for none. What is written on the right is read as a value of the type that
// the left side has.
//
// An expression becomes tokens (lex.go), a tree (parse.go, ast.go), and with types
// and values (compile.go, literal.go) something that can be evaluated: over a
// detail tree (eval.go), or over the few facts that are known of a packet without
// looking at its bytes (rows.go).
//
//	f, err := filter.Parse(`ip.src == 10.0.0.1`, dissect.NewLookup())
//	if match, known := f.Rows(&facts); known { … }
//	… f.Match(tree)
//
// For a prompt there are Check, which says at each key how an expression stands,
// Names.Candidates, which completes it, and LooksLikeCapture and LooksLikeDisplay,
// which tell the two languages of filters apart.
//
// A Filter is immutable and may be used by several goroutines at once.
package filter
