package capture

import (
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/google/gopacket/pcap"
)

// Any is the name of the interface that stands for all of them, on Linux.
const Any = "any"

// Device is an interface that may be captured on.
type Device struct {
	Name        string
	Description string         // in libpcap's words; often empty
	Addrs       []netip.Prefix // with the lengths of their networks
	Up          bool           // switched on
	Running     bool           // connected
	Loopback    bool
	Wireless    bool
}

// Interfaces lists the interfaces, those of the network first, in the system's
// order, and then what else libpcap can capture on. It takes no privilege, though
// without one some of the latter may be missing.
func Interfaces() ([]Device, error) {
	nets, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list the interfaces: %w", err)
	}
	var devices []Device
	for _, n := range nets {
		devices = append(devices, Device{
			Name:     n.Name,
			Addrs:    prefixes(n),
			Up:       n.Flags&net.FlagUp != 0,
			Running:  n.Flags&net.FlagRunning != 0,
			Loopback: n.Flags&net.FlagLoopback != 0,
		})
	}
	found, err := pcap.FindAllDevs()
	if err != nil {
		// What the system says is still good enough to choose from.
		return devices, nil
	}
	for _, p := range found {
		// The flags of pcap_findalldevs(3PCAP).
		const loopback, up, running, wireless = 1, 2, 4, 8
		i := slices.IndexFunc(devices, func(d Device) bool { return d.Name == p.Name })
		if i < 0 {
			i = len(devices)
			devices = append(devices, Device{
				Name:     p.Name,
				Up:       p.Flags&up != 0,
				Running:  p.Flags&running != 0,
				Loopback: p.Flags&loopback != 0,
			})
		}
		devices[i].Description = p.Description
		devices[i].Wireless = p.Flags&wireless != 0
	}
	return devices, nil
}

// prefixes gives an interface's addresses; none if they cannot be had.
func prefixes(n net.Interface) []netip.Prefix {
	addrs, err := n.Addrs()
	if err != nil {
		return nil
	}
	var out []netip.Prefix
	for _, a := range addrs {
		ipn, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		if ip, ok := netip.AddrFromSlice(ipn.IP); ok {
			ones, _ := ipn.Mask.Size()
			out = append(out, netip.PrefixFrom(ip.Unmap(), ones))
		}
	}
	return out
}
