package capture

import (
	"maps"
	"testing"
)

func TestParseNetDev(t *testing.T) {
	got := parseNetDev([]byte(`Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    4193      49    0    0    0     0          0         0     4193      48    0    0    0     0       0          0
eth0:18446744073709551615 2 0 0 0 0 0 0 4 5 0 0 0 0 0 0
eth0:1: 7 8 0 0 0 0 0 0 9 10 0 0 0 0 0 0
short: 1 2 3
words: a b c d e f g h i j k l m n o p
`))
	want := map[string]Counts{
		"lo":     {RxPackets: 49, TxPackets: 48, RxBytes: 4193, TxBytes: 4193},
		"eth0":   {RxPackets: 2, TxPackets: 5, RxBytes: 18446744073709551615, TxBytes: 4},
		"eth0:1": {RxPackets: 8, TxPackets: 10, RxBytes: 7, TxBytes: 9},
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}
