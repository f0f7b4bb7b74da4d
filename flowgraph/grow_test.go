package flowgraph_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"tcplens/dissect"
	"tcplens/flowgraph"
	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// packets takes the packets out of a pcap file of the lab: little-endian, Ethernet,
// nanoseconds.
func packets(t *testing.T, name string) (file []byte, list []packet.Packet) {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", "lab", name+".pcap"))
	if err != nil {
		t.Fatal(err)
	}
	for at := 24; at+16 <= len(file); {
		h := file[at : at+16]
		n := binary.LittleEndian.Uint32(h[8:])
		at += 16
		list = append(list, packet.Packet{
			Meta: packet.Meta{
				Time:   packet.Time(int64(binary.LittleEndian.Uint32(h))*1e9 + int64(binary.LittleEndian.Uint32(h[4:]))),
				CapLen: n, Len: binary.LittleEndian.Uint32(h[12:]), Link: packet.LinkEthernet,
			},
			Data: file[at : at+int(n)], Pos: int64(at),
		})
		at += int(n)
	}
	return file, list
}

// A graph that is updated while its capture runs is the one that is made when the
// capture is over.
func TestUpdateWhileCapturing(t *testing.T) {
	file, list := packets(t, "halfclose")
	tr := trace.New(bytes.NewReader(file), nil)
	w := tr.Writer()
	w.Interfaces([]packet.Interface{{Name: "lo", Link: packet.LinkEthernet}}, nil)
	var g *flowgraph.Graph
	var v *flowgraph.View
	scan := dissect.NewDissection(nil)
	for i, p := range list {
		s := trace.Scanned{Packet: p}
		scan.Scan(&dissect.Input{Packet: p}, &s.Headers)
		w.Append([]trace.Scanned{s})
		if g == nil {
			var err error
			if g, err = flowgraph.Open(tr, trace.TCP, 0); err != nil {
				t.Fatal(err)
			}
			v = flowgraph.NewView(g, flowgraph.Options{})
			continue
		}
		if !g.Update() || g.Len() != i+1 {
			t.Fatalf("after packet %d the graph has %d segments", i+1, g.Len())
		}
		v.Update()
	}
	w.End(nil)
	g.Update()
	v.Update()
	whole, err := flowgraph.Open(tr, trace.TCP, 0)
	if err != nil {
		t.Fatal(err)
	}
	lines := flowgraph.Render(whole, flowgraph.Options{})
	head := v.Head()
	for i := range v.Len() {
		head = append(head, v.Line(i))
	}
	if same := func(a, b flowgraph.Line) bool { return a.Text == b.Text }; !slices.EqualFunc(head, lines, same) {
		t.Error("what has grown is not what is made at the end")
	}
}
