package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"tcplens/capture"
	"tcplens/dissect"
	"tcplens/dissect/filter"
)

// listInterfaces is -D: an interface a line, with its addresses and state.
func listInterfaces(w io.Writer) error {
	devices, err := capture.Interfaces()
	if err != nil {
		return err
	}
	for i, d := range devices {
		line := fmt.Sprintf("%d. %s", i+1, d.Name)
		if d.Description != "" {
			line += " (" + d.Description + ")"
		}
		for _, a := range d.Addrs {
			line += " " + a.String()
		}
		line += " [" + strings.Join(deviceStates(d), ", ") + "]"
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

func deviceStates(d capture.Device) []string {
	var out []string
	switch {
	case d.Running:
		out = append(out, "running")
	case d.Up:
		out = append(out, "up")
	default:
		out = append(out, "down")
	}
	if d.Loopback {
		out = append(out, "loopback")
	}
	if d.Wireless {
		out = append(out, "wireless")
	}
	return out
}

// pointAt puts a caret under the word of a display filter that is wrong.
func pointAt(expr string, err error) error {
	var at *filter.Error
	if errors.As(err, &at) {
		msg := at.Error()
		if why := filter.LooksLikeCapture(expr); why != "" {
			msg = why
		}
		return fmt.Errorf("display filter: %s\n%s", msg, at.Caret(expr))
	}
	return fmt.Errorf("display filter: %w", err)
}

// captureError adds to what libpcap says of a capture filter where a display filter
// belongs that was written in its place.
func captureError(err error) error {
	var bad *capture.FilterError
	if errors.As(err, &bad) {
		if why := filter.LooksLikeDisplay(bad.Expr, dissect.NewLookup()); why != "" {
			return fmt.Errorf("capture filter: %s\n%w", why, err)
		}
	}
	return err
}
