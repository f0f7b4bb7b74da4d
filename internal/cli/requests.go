package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tcplens/internal/packet"
	"tcplens/internal/text"
	"tcplens/internal/trace"
)

// newRequests is the command requests.
func newRequests(s Streams) *cobra.Command {
	var read, format string
	var how reading
	cmd := &cobra.Command{
		Use:   "requests -r FILE",
		Short: "List what was asked and answered, one request a line",
		Long: "requests lists what the requests view shows: HTTP, DNS, Redis and SQL, also inside of TLS where there are keys.\n" +
			"first is the time from the request to the first byte of the answer, total that to its end, in seconds;\n" +
			"size is that of the answer in bytes; - is none.",
		Example: "  tcplens requests -r f.pcap\n" +
			"  tcplens requests -r f.pcap --format jsonl | jq 'select(.failed)'",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("requests: %q is too much: tcplens requests -r f.pcap", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(flowFormats(), format) {
				return usagef("--format %s: %s", format, strings.Join(flowFormats(), ", "))
			}
			if read == "" {
				return usagef("name the file with -r")
			}
			p, damage, err := how.readFile(cmd.Context(), read, s.Err)
			if err != nil {
				return err
			}
			defer p.Close()
			list, err := allRequests(cmd.Context(), p.Trace())
			if err != nil {
				return err
			}
			return errors.Join(quiet(writeRequests(s.Out, list, p.Trace().Status().First, format)), damage)
		},
	}
	f := cmd.Flags()
	how.readingFlags(f)
	f.StringVarP(&read, "read", "r", "", "the capture file")
	f.StringVar(&format, "format", "text", strings.Join(flowFormats(), ", "))
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	return cmd
}

// allRequests gives the requests of a complete trace.
func allRequests(ctx context.Context, t *trace.Trace) ([]trace.Request, error) {
	list, _ := t.Requests().Refresh(ctx)
	return list, ctx.Err()
}

func writeRequests(w io.Writer, list []trace.Request, first packet.Time, format string) error {
	switch format {
	case "json":
		all := make([]requestJSON, 0, len(list))
		for i := range list {
			all = append(all, requestObject(&list[i], first))
		}
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(all)
	case "jsonl":
		enc := json.NewEncoder(w)
		for i := range list {
			if err := enc.Encode(requestObject(&list[i], first)); err != nil {
				return err
			}
		}
		return nil
	}
	lines := [][]string{{"packet", "start", "flow", "protocol", "method", "target", "status", "size", "first", "total"}}
	for i := range list {
		r := &list[i]
		size, start, total := "", "", ""
		if r.First != 0 {
			size = strconv.FormatUint(r.Size, 10)
			start, total = seconds(int64(r.FirstAt.Sub(r.Asked)), false), seconds(int64(r.Answered.Sub(r.Asked)), false)
		}
		lines = append(lines, []string{strconv.FormatUint(uint64(r.Frame), 10), seconds(int64(r.Asked.Sub(first)), false),
			r.Kind.String() + "." + strconv.FormatUint(uint64(r.Stream), 10), r.Proto.Short, text.Printable(r.Method),
			text.Printable(r.Target), text.Printable(r.Status), size, start, total})
	}
	return writeTable(w, lines, []bool{true, true, false, false, false, false, false, true, true, true})
}

// requestJSON is a request as --format json has it. Times are in seconds, sizes in
// bytes; what is not known is left away.
type requestJSON struct {
	Packet    packet.Number `json:"packet"`
	Answer    packet.Number `json:"first_answer_packet,omitempty"`
	End       packet.Number `json:"last_answer_packet,omitempty"`
	Start     json.Number   `json:"start"`
	Kind      string        `json:"kind"`
	Stream    uint32        `json:"stream"`
	SubStream uint32        `json:"http2_stream,omitempty"`
	Protocol  string        `json:"protocol"`
	Client    string        `json:"client"`
	Server    string        `json:"server"`
	Method    string        `json:"method,omitempty"`
	Target    string        `json:"target,omitempty"`
	Status    string        `json:"status,omitempty"`
	Failed    bool          `json:"failed,omitempty"`
	Complete  bool          `json:"complete"`
	Size      *uint64       `json:"size,omitempty"`
	Rows      *int64        `json:"rows,omitempty"`
	First     json.Number   `json:"first,omitempty"`
	Total     json.Number   `json:"total,omitempty"`
}

func requestObject(r *trace.Request, first packet.Time) requestJSON {
	o := requestJSON{
		Packet: r.Frame, Answer: r.First, End: r.Last, Start: json.Number(seconds(int64(r.Asked.Sub(first)), true)),
		Kind: r.Kind.String(), Stream: r.Stream, SubStream: r.Request.Stream, Protocol: r.Proto.Short,
		Client: r.Flow.Src.String(), Server: r.Flow.Dst.String(),
		Method: text.Printable(r.Method), Target: text.Printable(r.Target), Status: text.Printable(r.Status),
		Failed: r.Failed, Complete: r.Done,
	}
	if r.First != 0 {
		o.Size = &r.Size
		o.First = json.Number(seconds(int64(r.FirstAt.Sub(r.Asked)), true))
		o.Total = json.Number(seconds(int64(r.Answered.Sub(r.Asked)), true))
	}
	if r.Rows >= 0 {
		o.Rows = &r.Rows
	}
	return o
}
