package dissect

import "fmt"

// setProto sets the Protocol column, unless it is locked (R70.8), behind its fence.
func (d *Dissection) setProto(name string) {
	if d.wantCols && !d.protoLock {
		d.cols.Proto = d.cols.Proto[:d.protoEnd] + name
	}
}

// protoFence protects what the Protocol column holds now: setProto adds to it.
func (d *Dissection) protoFence() {
	if d.wantCols && !d.protoLock {
		d.protoEnd = len(d.cols.Proto)
	}
}

// setEnds sets the Source and Destination columns to texts.
func (d *Dissection) setEnds(src, dst string) {
	if d.wantCols {
		d.cols.Src, d.cols.Dst = src, dst
	}
}

// setInfo replaces what follows the fence in the Info column.
func (d *Dissection) setInfo(s string) {
	if d.wantCols {
		d.info = append(d.info[:d.fence], s...)
	}
}

// setInfof is setInfo with a format.
func (d *Dissection) setInfof(format string, args ...any) {
	if d.wantCols {
		d.info = fmt.Appendf(d.info[:d.fence], format, args...)
	}
}

// infoAppend adds to the Info column.
func (d *Dissection) infoAppend(s string) {
	if d.wantCols {
		d.info = append(d.info, s...)
	}
}

// infof adds to the Info column with a format.
func (d *Dissection) infof(format string, args ...any) {
	if d.wantCols {
		d.info = fmt.Appendf(d.info, format, args...)
	}
}

// infoSep adds to the Info column, with sep before it unless the column is empty.
func (d *Dissection) infoSep(sep, s string) {
	if !d.wantCols {
		return
	}
	if len(d.info) > 0 {
		d.info = append(d.info, sep...)
	}
	d.info = append(d.info, s...)
}

// infoFence protects what the Info column holds now: setInfo replaces only what follows.
func (d *Dissection) infoFence() { d.fence = len(d.info) }

// cols says whether anyone looks at the columns.
func (c *cursor) cols() bool { return c.d.wantCols }
