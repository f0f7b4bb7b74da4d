package tcp

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tcplens/internal/packet"
)

// tlsFramer finds TLS records.
type tlsFramer struct {
	head []byte // of the open record, less than 5 bytes
	left uint32
}

func (f *tlsFramer) Skip() { f.head, f.left = nil, 0 }

func (f *tlsFramer) Push(p Piece, ends []uint32) ([]uint32, Need) {
	pos := uint32(0)
	n := uint32(len(p.Data))
	for pos < n {
		if f.left == 0 {
			take := min(5-uint32(len(f.head)), n-pos)
			f.head = append(f.head, p.Data[pos:pos+take]...)
			pos += take
			if f.head[0] < 20 || f.head[0] > 25 {
				f.Skip()
				return append(ends, n), Need{}
			}
			if len(f.head) < 5 {
				return ends, Need{Kind: NeedSegment}
			}
			f.left = uint32(binary.BigEndian.Uint16(f.head[3:]))
		}
		take := min(f.left, n-pos)
		pos += take
		if f.left -= take; f.left == 0 {
			f.Skip()
			ends = append(ends, pos)
		}
	}
	if f.left > 0 {
		return ends, Need{Kind: NeedBytes, N: f.left}
	}
	return ends, Need{}
}

// httpFramer finds HTTP messages: a start line, headers, a body by its length or
// until the FIN.
type httpFramer struct {
	head    []byte
	methods *[]any // of requests not answered yet
	left    uint32
}

func (f *httpFramer) Skip() { f.head, f.left = nil, 0 }

func (f *httpFramer) Push(p Piece, ends []uint32) ([]uint32, Need) {
	n := uint32(len(p.Data))
	pos := uint32(0)
	for pos < n {
		if len(f.head) == 0 && !bytes.HasPrefix(p.Data[pos:], []byte("HTTP/")) &&
			!bytes.Contains(p.Data[pos:], []byte(" HTTP/")) && n-pos > 10 {
			return append(ends, n), Need{}
		}
		had := uint32(len(f.head))
		f.head = append(f.head, p.Data[pos:]...)
		i := bytes.Index(f.head, []byte("\r\n\r\n"))
		if i < 0 {
			return ends, Need{Kind: NeedSegment}
		}
		pos += uint32(i) + 4 - had
		head := string(f.head[:i])
		if strings.Contains(head, "chunked") {
			last := bytes.Index(f.head, []byte("\r\n0\r\n\r\n"))
			if last < 0 {
				return ends, Need{Kind: NeedSegment}
			}
			pos += uint32(last + 7 - i - 4)
			f.head = nil
			ends = append(ends, pos)
			continue
		}
		f.head = nil
		response := strings.HasPrefix(head, "HTTP/")
		if !response {
			*f.methods = append(*f.methods, strings.HasPrefix(head, "HEAD "))
		}
		length, known := uint32(0), !response
		for line := range strings.SplitSeq(head, "\r\n") {
			if v, ok := strings.CutPrefix(line, "Content-Length: "); ok {
				l, _ := strconv.Atoi(v)
				length, known = uint32(l), true
			}
		}
		if response {
			code := head[9:12]
			if code != "100" && len(*f.methods) > 0 {
				if (*f.methods)[0] == true {
					length, known = 0, true
				}
				*f.methods = (*f.methods)[1:]
			}
			if code[0] == '1' || code == "204" || code == "304" || p.FIN {
				length, known = min(length, n-pos), true
			}
		}
		switch {
		case !known:
			return ends, Need{Kind: NeedFIN}
		case length > n-pos:
			return ends, Need{Kind: NeedBlind, N: length - (n - pos)}
		}
		pos += length
		ends = append(ends, pos)
	}
	return ends, Need{}
}

// joined is what reassembly said of each frame of a capture.
func reassembleAll(t testing.TB, a *analysed) (*PDUs, []Result) {
	pdus := new(PDUs)
	all := map[uint32]*Reassembler{}
	res := make([]Result, len(a.frames))
	for i := range a.frames {
		fr, f := &a.frames[i], &a.facts[i]
		if !fr.ok {
			continue
		}
		r := all[f.Stream]
		if r == nil {
			r = NewReassembler(pdus)
			all[f.Stream] = r
			if fr.seg.Flow.Src.Port == 80 || fr.seg.Flow.Dst.Port == 80 {
				methods := new([]any)
				r.SetFramer(0, &httpFramer{methods: methods})
				r.SetFramer(1, &httpFramer{methods: methods})
			}
		}
		if r.Framer(0) == nil && len(fr.data) >= 5 && fr.data[0]&0xfe == 22 && fr.data[1] == 3 ||
			fr.seg.Flow.Dst.Port == 443 && r.Framer(0) == nil {
			r.SetFramer(0, new(tlsFramer))
			r.SetFramer(1, new(tlsFramer))
		}
		res[i] = r.Add(f, &fr.seg, fr.data)
	}
	return pdus, res
}

// TestReassembly compares which frames make up a message with what tshark says.
func TestReassembly(t *testing.T) {
	for _, name := range []string{"28", "29", "30", "31", "39", "40", "41", "42", "43", "44", "45", "47", "48", "51"} {
		files, _ := filepath.Glob("testdata/scenarios/" + name + "_*.pcap")
		if len(files) != 1 {
			t.Fatalf("scenario %s: %q", name, files)
		}
		t.Run(filepath.Base(files[0]), func(t *testing.T) {
			a := analyseAll(readCapture(t, files[0]))
			pdus, res := reassembleAll(t, &a)
			rows := readVerdicts(t, strings.TrimSuffix(files[0], ".pcap")+".2pass.tsv")
			for i, row := range rows {
				compareReassembly(t, &a, pdus, res, i, row)
			}
		})
	}
}

func compareReassembly(t *testing.T, a *analysed, pdus *PDUs, res []Result, i int, row map[string]string) {
	t.Helper()
	number := packet.Number(i + 1)
	var in, count string
	var frames []int
	for _, id := range []PDUID{res[i].Head, res[i].Tail} {
		if p, _ := pdus.At(id); p.Complete && p.Last != number {
			in = strconv.Itoa(int(p.Last))
		}
	}
	if p, _ := pdus.At(res[i].Head); p.Complete && p.Last == number {
		if res[i].Flags&HeadDone == 0 {
			t.Errorf("frame %d completes a message and has no HeadDone", i+1)
		}
		for j := range res {
			if res[j].Head == res[i].Head || res[j].Tail == res[i].Head {
				frames = append(frames, j+1)
			}
		}
		count = strconv.Itoa(len(frames))
	}
	if want := row["tcp.reassembled_in"]; in != want {
		t.Errorf("frame %d is reassembled in %q, tshark has %q (%+v)", i+1, in, want, res[i])
	}
	if want := row["tcp.segment.count"]; count != want {
		t.Errorf("frame %d ends a message of %q segments, tshark has %q (%+v)", i+1, count, want, res[i])
	}
	want := row["tcp.segment"]
	if want == "" || strings.Count(want, ";")+1 != len(frames) {
		return // a segment with conflicting bytes is named elsewhere
	}
	slices.SortStableFunc(frames, func(x, y int) int { return int(a.facts[x-1].Seq) - int(a.facts[y-1].Seq) })
	var got []string
	for _, f := range frames {
		got = append(got, strconv.Itoa(f))
	}
	if g := strings.Join(got, ";"); g != want {
		t.Errorf("frame %d: segments %s, tshark has %s", i+1, g, want)
	}
}
