package dissect

import "testing"

// TestScanAllocates holds that a scan takes no memory of its own: a million
// packets a second pass through it.
func TestScanAllocates(t *testing.T) {
	all := seeds(t)
	d := NewDissection(nil)
	var h Headers
	for i := range all {
		d.Scan(&all[i], &h) // so that the slice of transports has grown
	}
	if n := testing.AllocsPerRun(3, func() {
		for i := range all {
			d.Scan(&all[i], &h)
		}
	}); n != 0 {
		for i := range all {
			if k := testing.AllocsPerRun(3, func() { d.Scan(&all[i], &h) }); k != 0 {
				t.Errorf("the scan of packet %d (link type %v, %x) allocates %v times", i, all[i].Packet.Link, all[i].Packet.Data[:min(64, len(all[i].Packet.Data))], k)
			}
		}
		t.Errorf("scanning %d packets allocates %v times", len(all), n)
	}
}

// TestScanAgrees holds the scan against the dissection: the same number of
// transport headers, with the same ports.
func TestScanAgrees(t *testing.T) {
	all := seeds(t)
	d := NewDissection(nil)
	var h Headers
	for i := range all {
		tree, _ := d.Run(&all[i], WantTree)
		var ports []uint64
		for k := range tree.Nodes {
			switch tree.Nodes[k].Field {
			case fUDPSrc, fUDPDst, fTCPSrc, fTCPDst:
				ports = append(ports, tree.Nodes[k].num)
			}
		}
		d.Scan(&all[i], &h)
		for k, x := range h.Transports {
			if 2*k+1 >= len(ports) || ports[2*k] != uint64(x.Flow.Src.Port) || ports[2*k+1] != uint64(x.Flow.Dst.Port) {
				t.Errorf("packet %d (%x): transport %d is %v, the tree has the ports %v", i, all[i].Packet.Data[:min(64, len(all[i].Packet.Data))], k, x.Flow, ports)
			}
		}
	}
}

func BenchmarkScan(b *testing.B) {
	in := input(1, 0, etherFrame(0x0800, plainUDP()), 0)
	d := NewDissection(nil)
	var h Headers
	b.ReportAllocs()
	for b.Loop() {
		d.Scan(&in, &h)
	}
}

func BenchmarkScanTCP(b *testing.B) {
	in := input(1, 0, etherFrame(0x0800, v4{proto: 6}.with(append(hx("1388 0050 00000064 00000001 8018 7210 1234 0000 0101080a0000000100000002"), make([]byte, 1400)...))), 0)
	d := NewDissection(nil)
	var h Headers
	b.ReportAllocs()
	for b.Loop() {
		d.Scan(&in, &h)
	}
}

func BenchmarkRun(b *testing.B) {
	in := input(1, 0, etherFrame(0x0800, plainUDP()), 0)
	d := NewDissection(nil)
	b.ReportAllocs()
	for b.Loop() {
		d.Run(&in, WantTree|WantColumns)
	}
}
