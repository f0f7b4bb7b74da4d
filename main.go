// Tcplens is a terminal packet analyser.
package main

import (
	"context"
	"os"
	"runtime/debug"

	"tcplens/internal/cli"
)

// version is set when a release is built.
var version = "0.1.0-dev"

func main() {
	// Rows are large and hold no pointers: collecting often costs little and keeps
	// memory close to what is in use.
	debug.SetGCPercent(25)
	os.Exit(cli.Main(context.Background(), os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, version))
}
