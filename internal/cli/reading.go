package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"tcplens/dissect"
	"tcplens/internal/pipeline"
	"tcplens/internal/tlskeys"
)

// reading is what tells how packets are taken apart, wherever they come from.
type reading struct {
	decodeAs []string
	prefs    []string
	keylog   string
	keys     *tlskeys.Log // of conversations that tcplens has itself; nil for none
}

func (o *reading) readingFlags(f *pflag.FlagSet) {
	f.StringArrayVarP(&o.decodeAs, "decode-as", "d", nil, "take a port for a protocol's: tcp.port==8888,http")
	f.StringArrayVarP(&o.prefs, "preference", "o", nil, "set a preference as for tshark: tcp.check_checksum:TRUE verifies checksums of TCP")
	f.StringVar(&o.keylog, "keylog", "", "file of TLS secrets that decrypt it, read as it grows (default $SSLKEYLOGFILE); -w keeps them")
}

// readFile reads a capture file as the flags say, and says on errs what is wrong with
// the key log. damage is what is wrong with the file, up to which everything is there.
// The caller closes p.
func (o *reading) readFile(ctx context.Context, path string, errs io.Writer) (p *pipeline.Pipeline, damage, err error) {
	da, err := o.decodings()
	if err != nil {
		return nil, nil, err
	}
	p, err = pipeline.OpenFile(path, pipeline.Options{Name: path, DecodeAs: da, KeyLog: o.keyLog(), KeyMaybe: o.keylog == ""})
	if err != nil {
		return nil, nil, err
	}
	damage = p.RunFile(ctx, "")
	warnKeys(errs, p)
	return p, damage, nil
}

// warnKeys says what is wrong with the key log: no more than that nothing, or not
// all, could be decrypted.
func warnKeys(errs io.Writer, p *pipeline.Pipeline) {
	if err := p.Trace().Status().Keys.Err; err != nil {
		fmt.Fprintf(errs, "warning: key log: %v\n", err)
	}
}

// decodings reads the -d and -o flags.
func (o *reading) decodings() (*dissect.DecodeAs, error) {
	if len(o.decodeAs)+len(o.prefs) == 0 {
		return nil, nil
	}
	da := &dissect.DecodeAs{TCP: map[uint16]dissect.App{}, UDP: map[uint16]dissect.App{}}
	for _, d := range o.decodeAs {
		field, rest, ok := strings.Cut(d, "==")
		port, proto, ok2 := strings.Cut(rest, ",")
		n, err := strconv.ParseUint(strings.TrimSpace(port), 10, 16)
		app, known := dissect.AppNamed(strings.TrimSpace(proto))
		table := da.TCP
		if strings.TrimSpace(field) == "udp.port" {
			table = da.UDP
		} else if strings.TrimSpace(field) != "tcp.port" {
			ok = false
		}
		if !ok || !ok2 || err != nil || !known {
			return nil, usagef("-d %s: write tcp.port==8888,http; protocols are %s", d, strings.Join(dissect.AppNames(), ", "))
		}
		table[uint16(n)] = app
	}
	for _, p := range o.prefs {
		name, value, _ := strings.Cut(p, ":")
		on, err := strconv.ParseBool(strings.TrimSpace(value))
		if name != "tcp.check_checksum" || err != nil {
			return nil, usagef("-o %s: tcp.check_checksum:TRUE, or FALSE, is the preference that can be set", p)
		}
		da.Checksums = on
	}
	return da, nil
}

// keyLog is the file of TLS secrets to be read: that of --keylog, or the one that
// programs on this machine are told to write by the environment.
func (o *reading) keyLog() string {
	if o.keylog != "" {
		return o.keylog
	}
	return os.Getenv("SSLKEYLOGFILE")
}
