package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/adrg/xdg"
)

const (
	dirName   = "tcplens"
	fileName  = "config.toml"
	stateName = "state.toml"

	// EnvFile names a configuration file in place of the usual one.
	EnvFile = "TCPLENS_CONFIG"
)

// Place is where the files of a user are.
type Place struct {
	Config string // the configuration
	Exists bool   // there is something at Config
	Named  bool   // the user named it: that it is missing is an error
	State  string // what the program remembers

	// Under sudo the files are those of the user who typed it, not root's.
	home     string // their home directory; empty otherwise
	uid, gid int
}

// Locate finds the files. explicit is the one named on the command line, empty for
// none; then comes $TCPLENS_CONFIG, then the XDG directories, the user's before the
// system's. Under sudo and doas the files are those of the user who called it.
func Locate(explicit string) (*Place, error) {
	p := &Place{}
	if os.Geteuid() == 0 {
		if err := p.caller(cmp.Or(os.Getenv("SUDO_USER"), os.Getenv("DOAS_USER"))); err != nil {
			return nil, err
		}
	}
	// The library has read the environment when the program started, or whoever
	// started it for a test.
	xdg.Reload()
	config, state := xdg.ConfigHome, xdg.StateHome
	if p.home != "" {
		config, state = callersDirs(p.home)
	}
	p.State = filepath.Join(state, dirName, stateName)
	if explicit == "" {
		explicit = os.Getenv(EnvFile)
	}
	if explicit != "" {
		path, err := filepath.Abs(explicit)
		if err != nil {
			return nil, err
		}
		p.Config, p.Named = path, true
	} else {
		p.Config = filepath.Join(config, dirName, fileName)
		if !exists(p.Config) {
			for _, dir := range xdg.ConfigDirs {
				if path := filepath.Join(dir, dirName, fileName); exists(path) {
					p.Config = path
					break
				}
			}
		}
	}
	p.Exists = exists(p.Config)
	return p, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// caller takes the files of the user for whom root works. sudo and doas leave the name.
func (p *Place) caller(name string) error {
	if name == "" || name == "root" {
		return nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return fmt.Errorf("the configuration of %s, who called sudo: %w", name, err)
	}
	uid, uerr := strconv.Atoi(u.Uid)
	gid, gerr := strconv.Atoi(u.Gid)
	if err := errors.Join(uerr, gerr); err != nil {
		return fmt.Errorf("the configuration of %s, who called sudo: %w", name, err)
	}
	p.home, p.uid, p.gid = u.HomeDir, uid, gid
	return nil
}

// callersDirs are the directories of a user whose environment is not this one. What
// sudo -E has kept of it is used.
func callersDirs(home string) (config, state string) {
	config, state = filepath.Join(home, ".config"), filepath.Join(home, ".local", "state")
	if runtime.GOOS == "darwin" {
		config = filepath.Join(home, "Library", "Application Support")
		state = config
	}
	if d := os.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(d) {
		config = d
	}
	if d := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(d) {
		state = d
	}
	return config, state
}

// write puts a file in place as a whole: readers see the old one or the new one.
// Directories are made where they are missing. Under sudo the files are given to the
// user whose home they are in, and no link leads out of it.
func (p *Place) write(path string, data []byte) error {
	base := filepath.Dir(path)
	sudo := p.home != "" && within(p.home, path)
	if sudo {
		base = p.home
	} else if err := os.MkdirAll(base, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(base)
	if err != nil {
		return err
	}
	defer root.Close()
	rel, err := filepath.Rel(base, path)
	if err != nil {
		return err
	}
	if sudo {
		if err := p.makeDirs(root, filepath.Dir(rel)); err != nil {
			return err
		}
	}
	temp := rel + ".new-" + strconv.Itoa(os.Getpid())
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil && sudo {
		err = f.Chown(p.uid, p.gid)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = root.Rename(temp, rel)
	}
	if err != nil {
		return errors.Join(err, root.Remove(temp))
	}
	return nil
}

// makeDirs makes the directories of a path below the caller's home, theirs.
func (p *Place) makeDirs(root *os.Root, rel string) error {
	if rel == "." {
		return nil
	}
	if err := p.makeDirs(root, filepath.Dir(rel)); err != nil {
		return err
	}
	err := root.Mkdir(rel, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return root.Lchown(rel, p.uid, p.gid)
}

// within says whether a path lies below a directory.
func within(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}

// Read reads the configuration that was located, or gives the defaults if there is
// none, for which the vocabulary is not needed. An error tells of a file or profile
// that the user named and that is not there.
func (p *Place) Read(profile string, v func() *Vocabulary) (*Config, error) {
	switch {
	case p.Exists:
		return ReadFile(p.Config, profile, v())
	case p.Named:
		return nil, fmt.Errorf("%s: there is no such configuration file: tcplens config init --config %s writes one", p.Config, p.Config)
	case profile != "":
		return nil, fmt.Errorf("there is no profile %s: there is no configuration; tcplens config init writes %s", profile, p.Config)
	}
	return Default(), nil
}

// Create writes a new configuration file; one that is there already is replaced only
// with force.
func (p *Place) Create(data []byte, force bool) error {
	if exists(p.Config) && !force {
		return fmt.Errorf("%s is there already: --force replaces it", p.Config)
	}
	if err := p.write(p.Config, data); err != nil {
		return fmt.Errorf("the configuration cannot be written: %w", err)
	}
	return nil
}
