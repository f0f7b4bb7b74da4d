package filter

import (
	"strings"

	"tcplens/dissect"
)

// hasNames says whether the values of a field have names that a filter may use.
func hasNames(f *dissect.Field) bool {
	return f != nil && f.Names != nil && f.Base != dissect.Custom
}

// eachName calls do with the values of a field that have a name, from 0 on, until
// it says false. Of fields wider than 16 bits only the lower values are looked at:
// tables of names are small there.
func eachName(f *dissect.Field, do func(v uint64, name string) bool) {
	if !hasNames(f) {
		return
	}
	_, most := limits(f.Type)
	if f.Type == dissect.TBool {
		most = 1
	}
	for v := uint64(0); v <= min(most, 0xffff); v++ {
		if name := f.Names(v); name != "" && !do(v, name) {
			return
		}
	}
}

// named gives the value that a name stands for, whatever its case.
func named(f *dissect.Field, name string) (v uint64, ok bool) {
	if name == "" {
		return 0, false
	}
	eachName(f, func(n uint64, s string) bool {
		if strings.EqualFold(s, name) {
			v, ok = n, true
		}
		return !ok
	})
	return v, ok
}

// nearName gives the name of a value that a misspelt one was probably meant to be,
// in the form to write it; empty if none is near.
func nearName(f *dissect.Field, name string) string {
	low := strings.ToLower(name)
	best, cost := "", 3+len(name)/4
	begins := ""
	eachName(f, func(_ uint64, s string) bool {
		if begins == "" && len(name) > 1 && strings.HasPrefix(strings.ToLower(s), low) {
			begins = s
		}
		if c := distance(low, strings.ToLower(s), cost); c < cost {
			best, cost = s, c
		}
		return true
	})
	if best == "" {
		best = begins
	}
	if best == "" {
		return ""
	}
	return asWritten(best)
}

// asWritten puts a text between quotes.
func asWritten(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
