package capture

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
	"strings"
)

// Counts is what an interface has carried since it exists.
type Counts struct {
	RxPackets, TxPackets uint64
	RxBytes, TxBytes     uint64
}

// procNetDev is where Linux keeps the counters of interfaces: proc_net(5).
const procNetDev = "/proc/net/dev"

// Activity gives the counters of every interface by name, for a picker that shows
// where something is going on. It is empty where the system is not Linux.
func Activity() map[string]Counts {
	text, err := os.ReadFile(procNetDev)
	if err != nil {
		return map[string]Counts{}
	}
	return parseNetDev(text)
}

// parseNetDev reads lines of a name, a colon, eight numbers about what was
// received and eight about what was sent; the first two of either are bytes and
// packets. Lines of another form, the two of the heading among them, are passed over.
func parseNetDev(text []byte) map[string]Counts {
	counts := make(map[string]Counts)
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		// A name may hold a colon itself, as an alias does; numbers do not.
		line := lines.Text()
		colon := strings.LastIndexByte(line, ':')
		if colon < 0 {
			continue
		}
		fields := strings.Fields(line[colon+1:])
		if len(fields) < 10 {
			continue
		}
		var n [10]uint64
		ok := true
		for i := range n {
			v, err := strconv.ParseUint(fields[i], 10, 64)
			ok = ok && err == nil
			n[i] = v
		}
		if ok {
			counts[strings.TrimSpace(line[:colon])] = Counts{
				RxBytes: n[0], RxPackets: n[1], TxBytes: n[8], TxPackets: n[9],
			}
		}
	}
	return counts
}
