// Package filter is the display-filter language: an expression over the fields of
// a dissected packet, written as in Wireshark.
//
//	tcp                                     the packet has a TCP header
//	tcp.port == 3000 and not http           a value is among those of a field
//	ip.addr != 10.0.0.0/8                   every address lies outside
//	tcp.port in {80, 443, 8000..8999}       sets and ranges
//	http.host contains "example"            part of a text or of bytes
//	http.request.uri matches "\\.png$"      a regular expression (Go's, RE2), case ignored
//	eth.src[0:3] == 00:1b:21                some of the bytes
//	tcp.flags & 0x12                        bits
//
// A field may occur several times in a packet. A comparison holds when one of its
// values satisfies it; only != asks all values to differ, and holds for no packet
// that lacks the field.
//
// A Filter is immutable and may be used by several goroutines at once.
package filter
