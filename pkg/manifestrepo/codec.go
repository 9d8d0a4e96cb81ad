package manifestrepo

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"time"
)

// The encoding of parts: varints, strings with their length, and a table for strings that repeat within a part.

var errPart = errors.New("a stored part of the state is damaged")

// encoder writes one part.
type encoder struct {
	buf   []byte
	names map[string]uint64
	// lists by their first element: equal lists are one slice, as a rule (sharedList).
	lists map[*string]uint64
	count uint64 // lists written
}

func newEncoder() *encoder {
	return &encoder{names: map[string]uint64{}, lists: map[*string]uint64{}}
}

// bytes gives the part and makes the encoder ready for the next.
func (e *encoder) bytes() []byte {
	data := slices.Clone(e.buf)
	e.buf = e.buf[:0]
	clear(e.names)
	clear(e.lists)
	e.count = 0
	return data
}

func (e *encoder) uint(n uint64) { e.buf = binary.AppendUvarint(e.buf, n) }

func (e *encoder) text(s string) {
	e.uint(uint64(len(s)))
	e.buf = append(e.buf, s...)
}

// name writes a string that repeats: its place in the table from 1, or 0 and the string.
func (e *encoder) name(s string) {
	if n, ok := e.names[s]; ok {
		e.uint(n)
		return
	}
	e.uint(0)
	e.text(s)
	e.names[s] = uint64(len(e.names) + 1)
}

func (e *encoder) list(names []string) {
	var key *string
	if len(names) > 0 {
		key = &names[0]
	}
	if n, ok := e.lists[key]; ok {
		e.uint(n)
		return
	}
	e.uint(0)
	e.uint(uint64(len(names)))
	for _, s := range names {
		e.name(s)
	}
	e.count++
	e.lists[key] = e.count
}

func (e *encoder) flags(flags ...bool) {
	var n uint64
	for i, f := range flags {
		if f {
			n |= 1 << i
		}
	}
	e.uint(n)
}

func (e *encoder) hash(h Hash) { e.buf = append(e.buf, h[:]...) }

// time writes seconds; 0 is the zero time.
func (e *encoder) time(t time.Time) {
	if t.IsZero() {
		e.uint(0)
		return
	}
	n := t.Unix()
	e.uint(uint64(n<<1^n>>63) + 1)
}

func (e *encoder) actor(a Actor) {
	e.name(a.Name)
	e.name(a.Email)
}

func (e *encoder) extra(x extraFields) {
	e.uint(uint64(len(x)))
	for _, k := range slices.Sorted(maps.Keys(x)) {
		e.text(k)
		e.text(string(x[k]))
	}
}

// decoder reads one part. After the first fault it gives zeros, and err is set. Strings share the memory of data.
type decoder struct {
	data  string
	names []string
	lists [][]string
	err   error
}

func (d *decoder) fail() { d.err, d.data = errPart, "" }

func (d *decoder) uint() uint64 {
	var n uint64
	for i := 0; i < len(d.data) && i < binary.MaxVarintLen64; i++ {
		c := d.data[i]
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.data = d.data[i+1:]
			return n
		}
	}
	d.fail()
	return 0
}

// count reads a number of things that take at least one byte each.
func (d *decoder) count() int {
	n := d.uint()
	if n > uint64(len(d.data)) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) take(n int) string {
	if n > len(d.data) {
		d.fail()
		return ""
	}
	s := d.data[:n]
	d.data = d.data[n:]
	return s
}

func (d *decoder) text() string { return d.take(d.count()) }

func (d *decoder) name() string {
	n := d.uint()
	if n == 0 {
		s := d.text()
		d.names = append(d.names, s)
		return s
	}
	if n > uint64(len(d.names)) {
		d.fail()
		return ""
	}
	return d.names[n-1]
}

func (d *decoder) list() []string {
	n := d.uint()
	if n == 0 {
		names := make([]string, d.count())
		for i := range names {
			names[i] = d.name()
		}
		names = sharedList(names)
		d.lists = append(d.lists, names)
		return names
	}
	if n > uint64(len(d.lists)) {
		d.fail()
		return nil
	}
	return d.lists[n-1]
}

func (d *decoder) hash() (h Hash) {
	copy(h[:], d.take(len(h)))
	return h
}

func (d *decoder) time() time.Time {
	n := d.uint()
	if n == 0 {
		return time.Time{}
	}
	n--
	return time.Unix(int64(n>>1)^-int64(n&1), 0).UTC()
}

func (d *decoder) actor() Actor { return Actor{Name: d.name(), Email: d.name()} }

func (d *decoder) extra() extraFields {
	n := d.count()
	if n == 0 {
		return nil
	}
	x := make(extraFields, n)
	for range n {
		k := d.text()
		x[k] = []byte(d.text())
	}
	return x
}

// done is the fault, if any; a rest that nobody read is one.
func (d *decoder) done() error {
	if d.err == nil && d.data != "" {
		d.fail()
	}
	return d.err
}
