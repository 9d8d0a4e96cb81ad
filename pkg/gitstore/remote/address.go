package remote

import (
	"errors"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
)

type scheme string

const (
	schemeFile  scheme = "file"
	schemeSSH   scheme = "ssh"
	schemeHTTP  scheme = "http"
	schemeHTTPS scheme = "https"
)

// address is a parsed URL with the credentials taken aside.
type address struct {
	scheme         scheme
	user, password string // as they stood in the URL
	host           string // host or host:port
	path           string // as the server is to see it
}

// scpLike is the form of ssh addresses that git takes beside URLs: [user@]host:path.
var scpLike = regexp.MustCompile(`^(?:([^@/\s:]+)@)?(\[[0-9A-Fa-f:.]+\]|[^@/\s:\[\]]+):([^\s].*)$`)

// parseAddress never quotes what it was given in an error: it may hold a password.
func parseAddress(raw string) (address, error) {
	if raw == "" {
		return address{}, errors.New("the git remote has no URL: give a path, file://, ssh://, http:// or https://")
	}
	if strings.ContainsAny(raw, "\x00\r\n") {
		return address{}, errors.New("the git remote's URL holds a line break: take it out")
	}
	if !strings.Contains(raw, "://") {
		if m := scpLike.FindStringSubmatch(raw); m != nil {
			return sshAddress(address{scheme: schemeSSH, user: m[1], host: m[2], path: m[3]})
		}
		return fileAddress(raw)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return address{}, errors.New("the git remote's URL cannot be read: " +
			"check it, and write special characters of a password as %XX or give the password as its own setting")
	}
	at := address{scheme: scheme(strings.ToLower(u.Scheme)), host: u.Host, path: u.Path}
	if u.User != nil {
		at.user = u.User.Username()
		at.password, _ = u.User.Password()
	}
	switch at.scheme {
	case schemeFile:
		return fileAddress(u.Path)
	case schemeSSH, "git+ssh", "ssh+git":
		at.scheme = schemeSSH
		return sshAddress(at)
	case schemeHTTP, schemeHTTPS:
		return httpAddress(at, u)
	}
	return address{}, errors.New("the git remote's URL has a scheme that is not supported: " +
		"use a path, file://, ssh://, http:// or https://")
}

func fileAddress(path string) (address, error) {
	abs, err := filepath.Abs(path)
	if err != nil || path == "" {
		return address{}, errors.New("the git remote's path cannot be made absolute: give an absolute path")
	}
	return address{scheme: schemeFile, path: abs}, nil
}

func sshAddress(at address) (address, error) {
	if at.password != "" {
		return address{}, errors.New("the git remote's ssh URL holds a password: use a key file instead")
	}
	// git-shell and friends would read it as an option.
	if strings.HasPrefix(at.path, "-") {
		return address{}, errors.New("the git remote's path starts with a dash: write it as ./-name or as ssh://host/-name")
	}
	if at.host == "" || strings.Trim(at.path, "/") == "" {
		return address{}, errors.New("the git remote's ssh URL needs a host and a path: ssh://user@host/path")
	}
	at.path = strings.TrimSuffix(at.path, "/")
	// As git does: ssh://host/~user/repo is below a home folder.
	if strings.HasPrefix(at.path, "/~") {
		at.path = at.path[1:]
	}
	if at.user == "" {
		at.user = "git"
	}
	return at, nil
}

func httpAddress(at address, u *url.URL) (address, error) {
	if at.host == "" {
		return address{}, errors.New("the git remote's URL needs a host: https://host/path")
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return address{}, errors.New("the git remote's URL has a query or a fragment: take it out")
	}
	at.path = strings.TrimSuffix(u.EscapedPath(), "/")
	return at, nil
}

// String is the address without credentials. The user of an ssh address is part of where it leads, and stays.
func (a address) String() string {
	switch a.scheme {
	case schemeFile:
		return a.path
	case schemeSSH:
		path := a.path
		if !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "~") {
			return a.user + "@" + a.host + ":" + path
		}
		return "ssh://" + a.user + "@" + a.host + "/" + strings.TrimPrefix(path, "/")
	}
	return string(a.scheme) + "://" + a.host + a.path
}

// hostPort is what to dial, with the port that the scheme means.
func (a address) hostPort() string {
	if _, _, err := net.SplitHostPort(a.host); err == nil {
		return a.host
	}
	port := map[scheme]string{schemeSSH: "22", schemeHTTP: "80", schemeHTTPS: "443"}[a.scheme]
	return net.JoinHostPort(strings.Trim(a.host, "[]"), port)
}
