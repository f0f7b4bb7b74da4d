package cli

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"tcplens/capture"
	"tcplens/internal/lab"
	"tcplens/internal/trace"
)

// finding is one line of doctor.
type finding struct {
	what string
	ok   bool
	text string // what was found
	fix  string // what mends it; empty if nothing has to be
}

// newDoctor is the command doctor.
func newDoctor(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Say what works here, and the command that mends what does not",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			bad := 0
			for _, f := range diagnose(s) {
				mark := "ok  "
				if !f.ok {
					mark = "FAIL"
					bad++
				}
				fmt.Fprintf(s.Out, "%s  %-20s %s\n", mark, f.what, f.text)
				if f.fix != "" {
					fmt.Fprintf(s.Out, "      %-20s → %s\n", "", f.fix)
				}
			}
			if bad > 0 {
				return exitError(ExitWork)
			}
			return nil
		},
	}
}

func diagnose(s Streams) []finding {
	out := []finding{{what: "system", ok: true, text: runtime.GOOS + "/" + runtime.GOARCH + ", " + capture.Version()}}
	devices, err := capture.Interfaces()
	if err != nil {
		out = append(out, finding{"interfaces", false, err.Error(), ""})
	} else {
		var names []string
		for _, d := range devices {
			if d.Up {
				names = append(names, d.Name)
			}
		}
		out = append(out, finding{"interfaces", true, strings.Join(names, ", "), ""})
	}
	out = append(out, capturing(), namespace(), tun(), spoolRoom(), terminal(s))
	return out
}

// capturing tries to open the loopback interface.
func capturing() finding {
	name := lab.Interface(lab.Mix)
	l, err := capture.OpenLive(capture.LiveConfig{Interfaces: []string{name}})
	if err != nil {
		text, fix, _ := strings.Cut(err.Error(), ": run it ")
		if fix != "" {
			fix = "run it " + fix
		}
		return finding{"live capture", false, text, fix}
	}
	if err := l.Close(); err != nil {
		return finding{"live capture", false, err.Error(), ""}
	}
	return finding{"live capture", true, "packets can be captured on " + name, ""}
}

func namespace() finding {
	if err := lab.Check(); err != nil {
		f := finding{what: "tcplens demo", text: err.Error()}
		var ns *lab.NamespaceError
		if errors.As(err, &ns) {
			f.text, f.fix = ns.Reason, ns.Fix
		}
		return f
	}
	return finding{"tcplens demo", true, "a private network can be made without root", ""}
}

func tun() finding {
	if err := lab.CheckTUN(); err != nil {
		f := finding{what: "demo lossy", text: err.Error()}
		var ns *lab.NamespaceError
		if errors.As(err, &ns) {
			f.text, f.fix = ns.Reason, ns.Fix
		}
		return f
	}
	return finding{"demo lossy", true, "TUN devices can be made", ""}
}

// spoolRoom tries the place where captured packets are kept.
func spoolRoom() finding {
	sp, err := trace.NewSpool("", 1<<20, nil)
	if err != nil {
		return finding{"captured packets", false, err.Error(), "set TMPDIR to a folder with room"}
	}
	dir := sp.Dir()
	if err := sp.Close(); err != nil {
		return finding{"captured packets", false, err.Error(), ""}
	}
	return finding{"captured packets", true, "kept in " + strings.TrimSuffix(dir[:strings.LastIndexByte(dir, '/')+1], "/") + " while a capture runs", ""}
}

func terminal(s Streams) finding {
	if !term.IsTerminal(s.Out.Fd()) {
		return finding{"terminal", true, "standard output is not one: packets are printed as text", ""}
	}
	w, h, err := term.GetSize(s.Out.Fd())
	if err != nil {
		return finding{"terminal", false, "its size is not known: " + err.Error(), "stty rows 24 columns 80"}
	}
	f := finding{"terminal", true, fmt.Sprintf("%s, %d×%d", os.Getenv("TERM"), w, h), ""}
	if w < 40 || h < 10 {
		f.ok, f.fix = false, "make the window 80×24 or larger"
	}
	if t := os.Getenv("TERM"); t == "" || t == "dumb" {
		f.ok, f.fix = false, "export TERM=xterm-256color"
	}
	return f
}
