package capture

import "github.com/google/gopacket/pcap"

// Version names the libpcap that captures, in its own words.
func Version() string { return pcap.Version() }
