// Package capture is where packets come from and where they go to: files, pipes,
// live interfaces. It is the only package of tcplens that needs cgo, for libpcap.
//
// A [Source] hands out packets in batches. A batch owns its memory, so that several
// can be on their way at once, and is filled again when its packets are done with:
//
//	f, err := capture.OpenFile("app.pcapng.gz")
//	if err != nil {
//		return err // "app.pcapng.gz: not a capture: it begins with …"
//	}
//	defer f.Close()
//	var b capture.Batch
//	for {
//		err := f.Read(ctx, &b)
//		for _, p := range b.Packets {
//			fmt.Println(p.Time.Std(), p.Len, f.Interfaces()[p.Iface].Name)
//		}
//		if err == io.EOF {
//			return nil
//		}
//		if err != nil {
//			return err // "…: cut short in the middle of packet 17: …"
//		}
//	}
//
// Every packet says where its bytes are; [File.ReadAt] finds them again, also in a
// file that is compressed. What comes through a pipe is read with [NewStreamReader],
// and has to be kept by whoever wants to see it twice.
//
// A live capture is a Source too:
//
//	live, err := capture.OpenLive(capture.LiveConfig{
//		Interfaces: []string{"lo"},
//		Filter:     "port 3000",
//	})
//
// Its Read comes back about ten times a second when there is nothing to show.
// [Live.SetFilter] changes the filter while it runs, and [Live.Counters] tells what
// the kernel could not keep. [FilterSource] puts such a filter before any source.
//
// Captures are written by a [Writer]:
//
//	w, err := capture.CreateFile("out.pcapng", live.Interfaces()...)
//	…
//	err = w.WritePackets(b.Packets)
//	…
//	err = w.Close()
//
// [Interfaces] and [Activity] are for choosing one to capture on.
//
// # What is wrong, and how it is told
//
// Errors are lines for people: what failed, on what, and what to do. A [FileError]
// tells of a file or a stream, a [LiveError] of an interface, a [FilterError] of a
// capture filter. With a Source, packets that came before an error have been
// delivered when it is returned.
package capture
