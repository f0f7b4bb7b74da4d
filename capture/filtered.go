package capture

import (
	"context"

	"tcplens/internal/packet"
)

// filtered is a source without the packets that do not pass a filter.
type filtered struct {
	Source
	expr    string
	filters map[packet.LinkType]*Filter
}

// FilterSource reads from src only the packets that pass a capture filter, which
// is compiled for every link type as it comes. Then the packets left are numbered
// without gaps. For Ethernet it is compiled at once, so that a wrong expression is
// told before anything is read. Closing the result closes src.
func FilterSource(src Source, expr string) (Source, error) {
	f, err := NewFilter(expr, packet.LinkEthernet, 0)
	if err != nil {
		return nil, err
	}
	return &filtered{src, expr, map[packet.LinkType]*Filter{packet.LinkEthernet: f}}, nil
}

// Read is Source.Read. An expression that a link type of the source has no sense
// for, such as "vlan" on raw IP, is an error when its first packet comes.
func (s *filtered) Read(ctx context.Context, b *Batch) error {
	for {
		err := s.Source.Read(ctx, b)
		quiet := len(b.Packets) == 0
		kept := b.Packets[:0]
		for i := range b.Packets {
			p := &b.Packets[i]
			if p.Link == packet.LinkRecord {
				continue // no packet, so none that passes
			}
			f := s.filters[p.Link]
			if f == nil {
				var ferr error
				if f, ferr = NewFilter(s.expr, p.Link, 0); ferr != nil {
					b.Packets = kept
					return ferr
				}
				s.filters[p.Link] = f
			}
			if f.Match(p.Meta, p.Data) {
				kept = append(kept, *p)
			}
		}
		b.Packets = kept
		if err != nil || quiet || len(kept) > 0 {
			return err
		}
	}
}
