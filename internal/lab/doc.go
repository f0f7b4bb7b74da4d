// Package lab makes real traffic to look at: real servers and real clients,
// whose segments are made by the kernel's own TCP. `tcplens demo` shows it to
// people, and tests use it because what happened is known here.
//
// On Linux it all lives in a private network namespace, so neither root nor a
// network is needed and nothing outside is touched. A program enters by running
// itself again:
//
//	if !lab.Inside() {
//		code, err := lab.Enter(os.Args[1:])
//		…
//		os.Exit(code)
//	}
//	if err := lab.Setup(); err != nil { … }
//	l, err := lab.Start("close3", lab.Options{})
//	… begin to capture on l.Interface() …
//	err = l.Play(ctx)
//	err = l.Close()
//
// macOS and the BSDs have no such namespaces: there Enter refuses, Setup does
// nothing, and the servers listen on the loopback interface of the machine.
//
// # Servers
//
// HTTP on port 3000 (/, /json and /big), TLS on port 3443, and lines of text
// that come back as they are on port 8080, each on 127.0.0.1 and on ::1.
//
// # Lessons
//
// A lesson is one small exchange with a point to it; Lessons lists them. A
// lesson's order of events is forced by the calls that both ends make, and by
// waiting for what the kernel says has happened. Where a delay is what the
// lesson shows, there is a delay; nowhere else.
//
// # The lossy link
//
// The lesson lossy runs between two TUN devices, each in a network namespace of
// its own, with this package in the middle as the wire. The wire follows a
// Script and keeps a Record of what it did to every packet. What is captured on
// the client's device is then what a real client sees of a bad path, and the
// Record is the truth to hold an analysis against.
package lab
