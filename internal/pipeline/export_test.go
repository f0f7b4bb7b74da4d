package pipeline

import "time"

// SetClock says what time it is for those who wait for secrets. It is called before Run.
func (p *Pipeline) SetClock(now func() time.Time) { p.keys.now = now }
