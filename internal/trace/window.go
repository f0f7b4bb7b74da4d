package trace

// window reads packets that follow each other with few calls: what it reads for one
// has those behind it, too, the more the longer they are asked for in order.
type window struct {
	buf  []byte
	pos  int64 // of buf in the store
	next int64 // where the last packet that was asked for ends
}

// The least and the most that are read at once, bytes.
const (
	windowLeast = 4 << 10
	windowMost  = 256 << 10
)

// read gives the captured bytes of a row's packet, valid until the next call.
func (w *window) read(t *Trace, r *Row) ([]byte, error) {
	n := int64(r.CapLen)
	if off := r.pos - w.pos; off >= 0 && off+n <= int64(len(w.buf)) {
		w.next = r.pos + n
		return w.buf[off : off+n], nil
	}
	size := int64(windowLeast)
	if gap := r.pos - w.next; gap >= 0 && gap < windowLeast { // those between are small or were left out
		size = min(2*int64(cap(w.buf)), windowMost)
	}
	size = max(size, n)
	if int64(cap(w.buf)) < size || int64(cap(w.buf)) > 2*size {
		w.buf = make([]byte, 0, size)
	}
	// An error tells no more than that the store ends behind the packet, or too soon.
	got, _ := t.store.ReadAt(w.buf[:size], r.pos)
	w.buf, w.pos, w.next = w.buf[:max(got, 0)], r.pos, r.pos+n
	if int64(got) < n {
		w.buf = w.buf[:0]
		return t.read(r, nil) // which says what is wrong
	}
	return w.buf[:n], nil
}
