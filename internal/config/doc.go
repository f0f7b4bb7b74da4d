// Package config reads the user's configuration, one TOML file, and keeps what the
// program itself remembers in another.
//
//	place, err := config.Locate("")         // which files: XDG, sudo
//	c, err := place.Read("web", vocabulary) // the file, with the profile web on top
//	for _, e := range c.Problems { … }      // file, line, key and what is wrong there
//
// An entry that is wrong is left out and told of; all others hold. A Config does not
// change once it is read, apart from Complain.
package config
