package dissect

import (
	"encoding/json"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestProtocolExample holds docs/protocols.md to its word: with the file that it shows,
// and the one line in the list of applications, there is a protocol more.
func TestProtocolExample(t *testing.T) {
	doc, err := os.ReadFile("../docs/protocols.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(doc), "```go\n")
	if len(blocks) != 3 {
		t.Fatalf("docs/protocols.md has %d blocks of Go, wanted a file and a line", len(blocks)-1)
	}
	file, _, _ := strings.Cut(blocks[1], "```")
	line, _, _ := strings.Cut(blocks[2], "```")
	if neat, err := format.Source([]byte(file)); err != nil || string(neat) != file {
		t.Errorf("the file of docs/protocols.md is not as gofmt writes it (%v)", err)
	}
	list, err := os.ReadFile("application.go")
	if err != nil {
		t.Fatal(err)
	}
	const last = "\tsshApplication{},\n"
	if strings.Count(string(list), last) != 1 || strings.Count(line, "\n") != 1 {
		t.Fatal("the list of applications has no place for the line")
	}

	// The files are laid over the package, which stays as it is.
	dir := t.TempDir()
	laid := map[string]string{}
	for name, content := range map[string]string{
		"tally.go":         file,
		"application.go":   strings.Replace(string(list), last, last+line, 1),
		"tallying/main.go": tallyMain,
	} {
		at, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		laid[at] = filepath.Join(dir, filepath.Base(name))
		if err := os.WriteFile(laid[at], []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := json.Marshal(map[string]any{"Replace": laid})
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, b, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "run", "-overlay", overlay, "./tallying").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const want = `tally true
ends [] waits for 6 bytes
ends [6]
Tally | be = 7, x
Tally Protocol
    Length: 10
    Kind: Answer (1)
    Name: be
    Count: 7
Tally Protocol
    Length: 5
    Kind: Question (0)
    Name: x
`
	if string(out) != want {
		t.Errorf("the protocol of docs/protocols.md makes\n%s\nwanted\n%s", out, want)
	}
}

// tallyMain asks for the example: what a conversation on another port is of, where a
// message in two segments ends, and how a packet with two messages looks.
const tallyMain = `package main

import (
	"fmt"
	"strings"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

func main() {
	app := dissect.GuessTCP(nil, 40000, 50000, 0, []byte("\x00\x08\x00bees\x00"))
	_, known := dissect.AppNamed("tally")
	fmt.Println(app, known)
	f := dissect.NewSession(app).Framer(0)
	ends, need := f.Push(tcp.Piece{Data: []byte("\x00\x08")}, nil)
	fmt.Println("ends", ends, "waits for", need.N, "bytes")
	ends, _ = f.Push(tcp.Piece{Data: []byte("\x00bees\x00")}, nil)
	fmt.Println("ends", ends)

	ip := []byte("\x45\x00\x00\x37\x00\x00\x00\x00\x40\x06\x00\x00\x0a\x00\x00\x02\x0a\x00\x00\x01")
	segment := []byte("\x1c\xef\x9c\x40\x00\x00\x00\x01\x00\x00\x00\x01\x50\x18\x01\x00\x00\x00\x00\x00")
	b := append(append(ip, segment...), "\x00\x0a\x01be\x00\x00\x00\x00\x07\x00\x05\x00x\x00"...)
	p := packet.Packet{Meta: packet.Meta{Len: uint32(len(b)), CapLen: uint32(len(b)), Link: packet.LinkRaw}, Data: b}
	tree, cols := dissect.NewDissection(nil).Run(&dissect.Input{Number: 1, Packet: p}, dissect.WantTree|dissect.WantColumns)
	fmt.Println(cols.Proto, "|", cols.Info)
	_, text, _ := strings.Cut(tree.Text(), "Tally Protocol")
	fmt.Print("Tally Protocol", text)
}
`
