package tui

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/sys/unix"

	"tcplens/internal/follow"
)

// piping is what the prompt for a command is about.
type piping struct {
	what string
	side uint8
	body []byte // of a message; nil: the bytes of the side
}

// openPipe asks for the command that gets what the side under the cursor sent, or
// the message under the cursor.
func (m *Model) openPipe() {
	p := &m.conv
	if p.index == nil {
		return
	}
	if x, ok := p.index.(*messageIndex); ok {
		what, body := x.body(p.cur)
		if len(body) == 0 {
			m.say("there is no message here to pipe into a command", false)
			return
		}
		m.piping = piping{what: what, body: body}
	} else {
		side := p.side
		if side == follow.Both {
			side = 0
			if l := p.index.get(p.cur, 1); len(l) == 1 {
				side = int(l[0].side)
			}
		}
		m.piping = piping{what: "side " + strconv.Itoa(side), side: uint8(side)}
	}
	m.prompt.open(promptPipe, "")
}

// pipedMsg reports that a command has ended.
type pipedMsg struct{ err error }

// pipe runs a command of the shell with what was chosen on its standard input. It has
// the terminal until it ends.
func (m *Model) pipe(command string) tea.Cmd {
	if command == "" {
		return nil
	}
	w := m.piping
	tr, kind, stream := m.src.tr, m.conv.kind, m.conv.stream
	c := &piped{command: command, what: w.what}
	c.write = func(to io.Writer) error {
		if w.body != nil {
			_, err := to.Write(w.body)
			return err
		}
		s, err := follow.Open(tr, kind, stream)
		if err != nil {
			return err
		}
		return s.WriteRaw(to, w.side)
	}
	return tea.Exec(c, func(err error) tea.Msg { return pipedMsg{err} })
}

// takePiped tells of a command that failed.
func (m *Model) takePiped(msg pipedMsg) {
	if msg.err != nil {
		m.say(msg.err.Error(), true)
	}
}

// piped is a command of the shell that reads what write writes.
type piped struct {
	command, what string
	write         func(io.Writer) error

	in       io.Reader // the terminal
	out, err io.Writer
}

func (c *piped) SetStdin(r io.Reader)  { c.in = r }
func (c *piped) SetStdout(w io.Writer) { c.out = w }
func (c *piped) SetStderr(w io.Writer) { c.err = w }

// Run runs the command, says how it ended, and waits for a line from the terminal, so
// that its output can be read.
func (c *piped) Run() error {
	cmd := exec.Command("sh", "-c", c.command)
	cmd.Stdout, cmd.Stderr = c.out, c.err
	to, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("%s: %w", c.command, err)
	}
	// The command is a job of its own, so that ^C ends it and not tcplens.
	giveBack := func() {}
	if tty, ok := c.in.(*os.File); ok {
		if group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP); err == nil {
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Foreground: true, Ctty: int(tty.Fd())}
			giveBack = func() { foreground(tty, group) }
		}
	}
	fmt.Fprintf(c.out, "%s | %s\r\n", c.what, c.command)
	if err := cmd.Start(); err != nil {
		giveBack()
		return fmt.Errorf("%s: %w", c.command, err)
	}
	wrote := c.write(to)
	to.Close()
	ended := cmd.Wait()
	giveBack()
	if wrote != nil && !errors.Is(wrote, syscall.EPIPE) {
		return fmt.Errorf("%s: %w", c.command, wrote)
	}
	state := "ended"
	var exit *exec.ExitError
	switch {
	case errors.As(ended, &exit):
		state = "failed: " + exit.Error()
	case ended != nil:
		return fmt.Errorf("%s: %w", c.command, ended)
	}
	fmt.Fprintf(c.out, "\r\n%s %s. Enter goes back.", c.command, state)
	if c.in != nil {
		// Where nothing can be typed there is nobody to wait for.
		_, _ = bufio.NewReader(c.in).ReadString('\n')
	}
	if exit != nil {
		return fmt.Errorf("%s: %w", c.command, exit)
	}
	return nil
}

// foreground gives the terminal back to a process group: only that one may read from it.
func foreground(tty *os.File, group int) {
	// Whoever is in the background and asks for the terminal is stopped, unless this
	// signal is ignored.
	signal.Ignore(syscall.SIGTTOU)
	defer signal.Reset(syscall.SIGTTOU)
	_ = unix.IoctlSetPointerInt(int(tty.Fd()), unix.TIOCSPGRP, group)
}

// body gives the body of the message at a line; what is laid out of it if it has none.
func (x *messageIndex) body(line int) (what string, body []byte) {
	x.mu.Lock()
	defer x.mu.Unlock()
	i := x.message(line)
	if i < 0 {
		return "", nil
	}
	m, err := x.msgs.At(i)
	if err != nil {
		return "", nil
	}
	what = "body of packet " + strconv.FormatUint(uint64(m.Frame), 10)
	if len(m.Body) > 0 {
		return what, append([]byte(nil), m.Body...)
	}
	var b bytes.Buffer
	for _, l := range m.Lines() {
		b.WriteString(l.Text + "\n")
	}
	return "message of packet " + strconv.FormatUint(uint64(m.Frame), 10), b.Bytes()
}
