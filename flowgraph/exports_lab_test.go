package flowgraph

import (
	"path/filepath"
	"testing"

	"tcplens/internal/pipeline"
	"tcplens/internal/trace"
)

// The exports of real conversations agree as well.
func TestExportsOfLessonsAgree(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "lab", "*.pcap"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d captures, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			p, err := pipeline.LoadFile(file, pipeline.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			for stream := range uint32(p.Trace().Streams(trace.TCP)) {
				g, err := Open(p.Trace(), trace.TCP, stream)
				if err != nil {
					t.Fatal(err)
				}
				agree(t, g, FoldBulk)
			}
		})
	}
}
