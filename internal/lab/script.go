package lab

import (
	"fmt"
	"time"
)

// Dir is a direction over the link.
type Dir uint8

// The directions.
const (
	Up   Dir = iota // from the client to the server
	Down            // from the server to the client
)

// String is "up" or "down".
func (d Dir) String() string {
	if d == Down {
		return "down"
	}
	return "up"
}

// MarshalText writes the direction as String does.
func (d Dir) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Action is what the link does to a packet.
type Action uint8

// The actions.
const (
	Pass  Action = iota // carry it, as every packet that no rule is about
	Drop                // lose it
	Delay               // carry it later than those that follow it
	Dup                 // carry it twice
	Swap                // carry it behind the next data segment of its direction
)

// String names the action in lower case.
func (a Action) String() string {
	switch a {
	case Drop:
		return "drop"
	case Delay:
		return "delay"
	case Dup:
		return "dup"
	case Swap:
		return "swap"
	}
	return "pass"
}

// MarshalText writes the action as String does.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// A Rule says what is done to one data segment.
type Rule struct {
	Dir     Dir
	Segment int           // which one of its direction and connection, counted from 1 in order of first transmission
	Action  Action        // what is done to it
	Delay   time.Duration // with the action Delay: how much later, beyond Latency
	Times   int           // how many transmissions of the segment it is done to; 0 is 1
}

// A Script is what the link does. Where several rules fit a packet the first
// applies that is not used up.
type Script []Rule

// validate says which rule makes no sense, and why.
func (s Script) validate() error {
	for i, r := range s {
		switch {
		case r.Dir > Down:
			return fmt.Errorf("demo: rule %d of the link's script: no such direction", i+1)
		case r.Action > Swap:
			return fmt.Errorf("demo: rule %d of the link's script: no such action", i+1)
		case r.Segment < 1:
			return fmt.Errorf("demo: rule %d of the link's script: segments are counted from 1", i+1)
		case r.Times < 0, r.Delay < 0:
			return fmt.Errorf("demo: rule %d of the link's script: less than nothing", i+1)
		}
	}
	return nil
}

// times is how many transmissions the rule is for.
func (r Rule) times() int { return max(r.Times, 1) }

const (
	// Latency is how long every packet is on the link, each way.
	Latency = 10 * time.Millisecond
	// swapWait is how long a swapped packet waits for one to go before it.
	swapWait = 30 * time.Millisecond
	// upSegments and downSegments are how many full segments of data the lesson
	// lossy sends each way.
	upSegments   = 24
	downSegments = 30
)

// DefaultScript is what the lesson lossy shows. On the way up one segment is
// lost in mid-flow, which duplicate ACKs tell the sender, and the last one, which
// only a tail loss probe finds out (RFC 8985 section 7). On the way down two come
// in the wrong order, one comes twice, one so late that it has been sent again
// for nothing, and the last is lost together with its probe, so that the sender
// has to wait for its retransmission timer.
func DefaultScript() Script {
	return Script{
		{Dir: Up, Segment: 6, Action: Drop},
		{Dir: Up, Segment: upSegments, Action: Drop},
		{Dir: Down, Segment: 8, Action: Swap},
		{Dir: Down, Segment: 13, Action: Dup},
		{Dir: Down, Segment: 20, Action: Delay, Delay: 60 * time.Millisecond},
		{Dir: Down, Segment: downSegments, Action: Drop, Times: 2},
	}
}
