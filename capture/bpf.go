package capture

/*
#cgo !windows LDFLAGS: -lpcap
#cgo noescape bpf_filter
#cgo nocallback bpf_filter
#include <stdlib.h>
#include <pcap/pcap.h>
*/
import "C"

import (
	"unsafe"

	"tcplens/internal/packet"
)

// FilterError says what is wrong with a capture filter.
type FilterError struct {
	Expr   string // as the user wrote it
	Detail string // libpcap's words
}

// Error is the expression and, in the line below it, libpcap's words.
func (e *FilterError) Error() string { return e.Expr + "\n" + e.Detail }

// Filter is a capture filter in libpcap's language that has been compiled for one
// link type. It never changes, so any goroutine may use it.
//
// It is run by libpcap's own interpreter, reached directly: gopacket's binding
// knows link types of 8 bits only, which leaves out LINKTYPE_LINUX_SLL2.
type Filter struct {
	expr string
	code []C.struct_bpf_insn
}

// NewFilter compiles an expression for packets of a link type, of which snaplen
// bytes at most are captured (0: as many as there are). An empty expression
// matches everything. The error is a FilterError.
func NewFilter(expr string, link packet.LinkType, snaplen int) (*Filter, error) {
	if snaplen <= 0 || snaplen > maxCapLen {
		snaplen = maxCapLen
	}
	dead := C.pcap_open_dead(C.int(dltOf(link)), C.int(snaplen))
	if dead == nil {
		return nil, &FilterError{expr, "libpcap has no memory left"}
	}
	defer C.pcap_close(dead)
	text := C.CString(expr)
	defer C.free(unsafe.Pointer(text))
	var prog C.struct_bpf_program
	if C.pcap_compile(dead, &prog, text, 1, C.PCAP_NETMASK_UNKNOWN) != 0 {
		return nil, &FilterError{expr, C.GoString(C.pcap_geterr(dead))}
	}
	defer C.pcap_freecode(&prog)
	// A copy in Go's memory holds no pointers and needs no freeing.
	code := unsafe.Slice(prog.bf_insns, int(prog.bf_len))
	return &Filter{expr, append([]C.struct_bpf_insn(nil), code...)}, nil
}

// CheckFilter says whether an expression can be compiled, as NewFilter does.
func CheckFilter(expr string, link packet.LinkType, snaplen int) error {
	_, err := NewFilter(expr, link, snaplen)
	return err
}

// String is the expression.
func (f *Filter) String() string { return f.expr }

// Match says whether a packet passes. The data may be shorter than m says, and
// even empty: what they do not hold, no test finds.
func (f *Filter) Match(m packet.Meta, data []byte) bool {
	return C.bpf_filter(unsafe.SliceData(f.code), (*C.u_char)(unsafe.SliceData(data)),
		C.u_int(m.Len), C.u_int(len(data))) != 0
}

// linkOfDLT and dltOf map the few link types whose numbers in files and in the
// running system differ: https://www.tcpdump.org/linktypes.html. Of the files'
// four, systems do not agree among themselves on any.
func linkOfDLT(dlt int) packet.LinkType {
	switch dlt {
	case C.DLT_ATM_RFC1483:
		return 100
	case C.DLT_RAW:
		return packet.LinkRaw
	case C.DLT_SLIP_BSDOS:
		return 102
	case C.DLT_PPP_BSDOS:
		return 103
	}
	return packet.LinkType(dlt)
}

func dltOf(link packet.LinkType) int {
	switch link {
	case 100:
		return C.DLT_ATM_RFC1483
	case packet.LinkRaw:
		return C.DLT_RAW
	case 102:
		return C.DLT_SLIP_BSDOS
	case 103:
		return C.DLT_PPP_BSDOS
	}
	return int(link)
}
