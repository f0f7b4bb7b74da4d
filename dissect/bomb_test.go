package dissect

import (
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// TestHTTPBombs: a body that unpacks to more than is allowed is shown up to the limit,
// with a warning that says so, whatever it is packed with; and what comes behind it
// goes on.
func TestHTTPBombs(t *testing.T) {
	zeros := strings.Repeat("0", 2*maxInflated)
	for _, coding := range []string{"gzip", "deflate", "raw deflate", "br", "zstd", "sized zstd", "br, gzip"} {
		t.Run(coding, func(t *testing.T) {
			name := strings.TrimPrefix(strings.TrimPrefix(coding, "raw "), "sized ")
			body := packed(coding, zeros)
			if coding == "sized zstd" { // its header says how much it is
				w, err := zstd.NewWriter(nil)
				if err != nil {
					t.Fatal(err)
				}
				body = w.EncodeAll([]byte(zeros), nil)
			}
			segments, answer := httpBodiesTalk([]httpBody{
				{"application/octet-stream", string(body), name},
				{"text/plain", "behind it", ""},
			})
			in, err := parseCapture(talkCapture(hx("020405b4"), segments, answer))
			if err != nil {
				t.Fatal(err)
			}
			for i := range in {
				in[i].Number = numberOf(i + 1)
			}
			learn(in)
			d := NewDissection(nil)
			over, behind := 0, false
			for i := range in {
				tree, _ := d.Run(&in[i], WantTree)
				for _, src := range tree.Sources {
					if len(src.Bytes) > maxInflated {
						t.Errorf("%d bytes are kept of %s", len(src.Bytes), src.Name)
					}
				}
				for n := range tree.All() {
					if n.Field == eHTTPUnpackMost {
						over++
					}
					behind = behind || strings.Contains(n.Label(), "behind it")
				}
			}
			if over != 1 || !behind {
				t.Errorf("told of the limit %d times, not once; what is behind is shown: %v", over, behind)
			}
		})
	}
}
