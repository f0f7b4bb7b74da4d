package dissect

import (
	"testing"

	"tcplens/internal/packet"
)

// fuzz runs a fuzz test of one link type: what is dissected keeps its properties,
// whatever the bytes are.
func fuzz(f *testing.F, link packet.LinkType) {
	for _, in := range seeds(f) {
		if in.Packet.Link == link && len(in.Packet.Data) < 400 {
			f.Add(in.Packet.Data, uint16(0))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, missing uint16) {
		var h Headers
		in := input(link, 0, b, uint32(len(b))+uint32(missing))
		visit(t, NewDissection(nil), &h, &in)
	})
}

func FuzzEthernet(f *testing.F)  { fuzz(f, packet.LinkEthernet) }
func FuzzSLL(f *testing.F)       { fuzz(f, packet.LinkLinuxSLL) }
func FuzzSLL2(f *testing.F)      { fuzz(f, packet.LinkLinuxSLL2) }
func FuzzNull(f *testing.F)      { fuzz(f, packet.LinkNull) }
func FuzzLoop(f *testing.F)      { fuzz(f, packet.LinkLoop) }
func FuzzRaw(f *testing.F)       { fuzz(f, packet.LinkRaw) }
func FuzzIPv4(f *testing.F)      { fuzz(f, packet.LinkIPv4) }
func FuzzIPv6(f *testing.F)      { fuzz(f, packet.LinkIPv6) }
func FuzzPPP(f *testing.F)       { fuzz(f, packet.LinkPPP) }
func FuzzPPPSerial(f *testing.F) { fuzz(f, packet.LinkPPPSerial) }
func FuzzPPPoE(f *testing.F)     { fuzz(f, packet.LinkPPPEther) }
func FuzzCHDLC(f *testing.F)     { fuzz(f, packet.LinkCHDLC) }
func FuzzARCNET(f *testing.F)    { fuzz(f, packet.LinkARCNET) }
func FuzzFDDI(f *testing.F)      { fuzz(f, packet.LinkFDDI) }
func FuzzIPoIB(f *testing.F)     { fuzz(f, packet.LinkIPoIB) }
func FuzzWLAN(f *testing.F)      { fuzz(f, packet.LinkWLAN) }
func FuzzRadiotap(f *testing.F)  { fuzz(f, packet.LinkRadiotap) }
