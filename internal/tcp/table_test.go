package tcp

import (
	"bufio"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tcplens/internal/packet"
)

// table is a table of tshark's values: one row a frame.
type verdicts []map[string]string

func readVerdicts(t testing.TB, name string) verdicts {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows verdicts
	var head []string
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		cells := strings.Split(sc.Text(), "\t")
		if head == nil {
			head = cells
			continue
		}
		row := make(map[string]string, len(head))
		for i, c := range cells {
			row[head[i]] = c
		}
		rows = append(rows, row)
	}
	if sc.Err() != nil {
		t.Fatal(sc.Err())
	}
	return rows
}

var verdictFields = []struct {
	name string
	bits Verdict
}{
	{"retransmission", Retransmission | FastRetransmission | SpuriousRetransmission},
	{"fast_retransmission", FastRetransmission},
	{"spurious_retransmission", SpuriousRetransmission},
	{"out_of_order", OutOfOrder},
	{"lost_segment", LostSegment},
	{"ack_lost_segment", AckLostSegment},
	{"duplicate_ack", DuplicateAck},
	{"keep_alive", KeepAlive},
	{"keep_alive_ack", KeepAliveAck},
	{"zero_window", ZeroWindow},
	{"zero_window_probe", ZeroWindowProbe},
	{"zero_window_probe_ack", ZeroWindowProbeAck},
	{"window_full", WindowFull},
	{"window_update", WindowUpdate},
	{"reused_ports", ReusedPorts},
}

// analysed is a capture put in order.
type analysed struct {
	frames []frame
	facts  []Facts
	irtt   []int64 // known after each frame
	conv   []*Conversation
}

func analyseAll(frames []frame) analysed {
	tab := NewTable()
	a := analysed{frames, make([]Facts, len(frames)), make([]int64, len(frames)), make([]*Conversation, len(frames))}
	for i := range frames {
		if frames[i].ok {
			a.conv[i], a.facts[i] = tab.Add(&frames[i].seg)
			a.irtt[i] = a.conv[i].IRTT()
		}
	}
	return a
}

// fields gives the values of frame i under the names that tshark has for them:
// after one pass over the capture, or after two.
func (a *analysed) fields(i int, second bool) map[string]string {
	m := map[string]string{}
	if !a.frames[i].ok {
		return m
	}
	seg, f, irtt := &a.frames[i].seg, a.facts[i], a.irtt[i]
	s := a.conv[i].SummaryAt(seg.Number)
	complete := f.Verdict.Completeness()
	if second {
		f = s.Final(f, seg.Seq, seg.Ack, seg.Flags)
		irtt = s.IRTT
		complete = s.Completeness
		if seg.Number == s.First {
			complete = s.CompletenessFirst
		}
	}
	num := func(name string, v int64, show bool) {
		if show {
			m[name] = strconv.FormatInt(v, 10)
		}
	}
	seconds := func(name string, ns int64, show bool) {
		if !show {
			return
		}
		sign := ""
		if ns < 0 {
			sign, ns = "-", -ns
		}
		m[name] = fmt.Sprintf("%s%d.%09d", sign, ns/1e9, ns%1e9)
	}
	sound := seg.Fit == Sound
	num("tcp.stream", int64(f.Stream), true)
	num("tcp.seq", int64(f.Seq), true)
	num("tcp.len", int64(seg.Len), sound || seg.Fit == Bogus)
	num("tcp.completeness", int64(complete), true)
	if seg.Fit == Bogus {
		return m
	}
	num("tcp.ack", int64(f.Ack), true)
	num("tcp.nxtseq", int64(f.NextSeq), sound)
	num("tcp.window_size", int64(f.Window), true)
	num("tcp.window_size_scalefactor", int64(f.Scale), f.Scale != 0)
	seconds("tcp.time_relative", int64(seg.Time-s.FirstTime), true)
	prev := seg.Time
	if f.Prev != 0 {
		prev = a.frames[f.Prev-1].seg.Time
	}
	seconds("tcp.time_delta", int64(seg.Time-prev), true)
	v := f.Verdict
	if v&HasRecord == 0 {
		return m
	}
	num("tcp.analysis.acks_frame", int64(f.AcksFrame), f.AcksFrame != 0)
	seconds("tcp.analysis.ack_rtt", f.RTT, f.AcksFrame != 0 && f.RTT != 0)
	seconds("tcp.analysis.initial_rtt", irtt, irtt != 0)
	num("tcp.analysis.bytes_in_flight", int64(f.BytesInFlight), f.BytesInFlight != 0)
	num("tcp.analysis.push_bytes_sent", int64(f.PushBytes), f.BytesInFlight != 0)
	seconds("tcp.analysis.rto", f.RTO, v&Retransmission != 0 && f.RTO != 0)
	num("tcp.analysis.rto_frame", int64(f.RTOFrame), v&Retransmission != 0 && f.RTO != 0)
	num("tcp.analysis.duplicate_ack_num", int64(f.DupAckNum), v&DuplicateAck != 0)
	num("tcp.analysis.duplicate_ack_frame", int64(f.DupAckFrame), v&DuplicateAck != 0)
	for _, vf := range verdictFields {
		if v&vf.bits != 0 {
			m["tcp.analysis."+vf.name] = "1"
		}
	}
	if v&DuplicateAck != 0 {
		m["tcp.analysis.duplicate_ack"] = "1;1" // tshark has the expert item twice
	}
	return m
}

// comparedFields are those that fields gives.
func comparedFields() []string {
	names := strings.Fields(`tcp.stream tcp.completeness tcp.seq tcp.nxtseq tcp.ack tcp.len tcp.window_size
		tcp.window_size_scalefactor tcp.time_relative tcp.time_delta tcp.analysis.acks_frame tcp.analysis.ack_rtt
		tcp.analysis.initial_rtt tcp.analysis.bytes_in_flight tcp.analysis.push_bytes_sent tcp.analysis.rto
		tcp.analysis.rto_frame tcp.analysis.duplicate_ack_num tcp.analysis.duplicate_ack_frame`)
	for _, vf := range verdictFields {
		names = append(names, "tcp.analysis."+vf.name)
	}
	return names
}

// compare reports every cell in which a differs from tshark's rows and gives the
// number of cells compared.
func (a *analysed) compare(t *testing.T, rows verdicts, second bool) (cells int) {
	t.Helper()
	if len(rows) != len(a.frames) {
		t.Fatalf("%d frames, %d rows", len(a.frames), len(rows))
	}
	names := comparedFields()
	wrong := 0
	for i, row := range rows {
		if row["tcp.stream"] == "" && !a.frames[i].ok {
			continue // not TCP, or so little of it in an ICMP error that it has no stream
		}
		got := a.fields(i, second)
		for _, name := range names {
			want, ok := row[name]
			if !ok {
				continue
			}
			cells++
			if got[name] != want {
				if wrong++; wrong <= 12 {
					t.Errorf("frame %d: %s is %q, tshark has %q", i+1, name, got[name], want)
				}
			}
		}
	}
	if wrong > 12 {
		t.Errorf("%d more differences", wrong-12)
	}
	return cells
}

// TestScenarios compares the analysis with tshark's, cell by cell.
func TestScenarios(t *testing.T) {
	names, err := filepath.Glob("testdata/scenarios/*.pcap")
	if err != nil || len(names) == 0 {
		t.Fatal("no scenarios", err)
	}
	for _, name := range names {
		base := strings.TrimSuffix(name, ".pcap")
		for suffix, second := range map[string]bool{".tsv": false, ".2pass.tsv": true} {
			t.Run(filepath.Base(base)+suffix, func(t *testing.T) {
				a := analyseAll(readCapture(t, name))
				if a.compare(t, readVerdicts(t, base+suffix), second) == 0 {
					t.Error("nothing compared")
				}
			})
		}
	}
}

// TestFinalFastOpen holds the verdict on a SYN+ACK to go by the acknowledgement
// number that is shown in the end: a later SYN+ACK of the other side moves the
// base that it counts from (R6, R40).
func TestFinalFastOpen(t *testing.T) {
	tab := NewTable()
	segs := []Segment{
		{Number: 1, Flow: testFlow, Flags: SYN, Seq: 5000},
		{Number: 2, Flow: testFlow.Reverse(), Flags: SYN | ACK, Seq: 9000, Ack: 5001},
		{Number: 3, Flow: testFlow, Flags: SYN | ACK, Seq: 424242, Ack: 5001},
	}
	var conv *Conversation
	var answer Facts
	for i := range segs {
		c, f := tab.Add(&segs[i])
		if conv = c; i == 1 {
			answer = f
		}
	}
	sum := conv.SummaryAt(2)
	if answer.Ack != 1 || answer.Verdict&TFOAccepted != 0 {
		t.Errorf("as it came: Ack %d, verdict %x", answer.Ack, answer.Verdict)
	}
	base := segs[2].Seq
	if f := sum.Final(answer, segs[1].Seq, segs[1].Ack, segs[1].Flags); f.Ack != segs[1].Ack-base || f.Verdict&TFOAccepted == 0 {
		t.Errorf("in the end: Ack %d, verdict %x", f.Ack, f.Verdict)
	}
}

// TestReserve gives two ends a conversation before they have said anything.
func TestReserve(t *testing.T) {
	flow := packet.Flow{
		Src: packet.Endpoint{Addr: netip.MustParseAddr("10.0.0.1"), Port: 40000},
		Dst: packet.Endpoint{Addr: netip.MustParseAddr("10.0.0.2"), Port: 80},
	}
	tab := NewTable()
	if c := tab.Reserve(flow, 1000); c == nil || c.Stream() != 0 || tab.Len() != 1 {
		t.Fatalf("reserved %v, %d conversations", c, tab.Len())
	}
	back := packet.Flow{Src: flow.Dst, Dst: flow.Src}
	if c := tab.Reserve(back, 2000); c != nil {
		t.Errorf("the same ends got conversation %d as well", c.Stream())
	}
	c, f := tab.Add(&Segment{Number: 7, Time: 5000, Flow: back, Flags: SYN | ACK, Seq: 1})
	if f.Stream != 0 || f.Dir != 1 || f.Verdict&ReusedPorts != 0 {
		t.Errorf("the first segment: %+v", f)
	}
	if s := c.Summary(); s.First != 7 || s.FirstTime != 1000 {
		t.Errorf("first packet %d at %d, want 7 and the time of the reservation", s.First, s.FirstTime)
	}
	if c := tab.Reserve(packet.Flow{Src: flow.Src, Dst: packet.Endpoint{Addr: flow.Dst.Addr, Port: 81}}, 1); c == nil || c.Stream() != 1 {
		t.Errorf("other ends: %v", c)
	}
}
