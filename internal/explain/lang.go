package explain

import (
	"fmt"
	"slices"
	"strings"
)

// Lang is a language that the texts exist in: the name of their folder.
type Lang string

// The languages.
const (
	English Lang = "en"
	Chinese Lang = "zh" // Simplified
)

// Languages lists them. English is the one that others are held against.
func Languages() []Lang { return []Lang{English, Chinese} }

// ParseLang reads the name of a language: "en", "zh", or as locales have it
// ("zh_CN.UTF-8", "zh-Hans"). The error names those that exist.
func ParseLang(s string) (Lang, error) {
	if l, ok := langOf(s); ok {
		return l, nil
	}
	return "", fmt.Errorf("there are no texts in %q: the languages are en and zh", s)
}

// Locale gives the language of the locale: the first of LC_ALL, LC_MESSAGES and LANG
// that is set decides (POSIX.1-2017 §8.2); English where there are no texts for it.
func Locale(getenv func(string) string) Lang {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			if l, ok := langOf(v); ok {
				return l
			}
			return English
		}
	}
	return English
}

func langOf(s string) (Lang, bool) {
	s, _, _ = strings.Cut(strings.ToLower(s), ".")
	s, _, _ = strings.Cut(s, "_")
	s, _, _ = strings.Cut(s, "-")
	if l := Lang(s); slices.Contains(Languages(), l) {
		return l, true
	}
	return "", false
}
