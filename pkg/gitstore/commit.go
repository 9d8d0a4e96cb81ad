package gitstore

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// encodeCommit writes a commit as git stores it.
func encodeCommit(tree, parent Hash, c CommitSpec) ([]byte, error) {
	if strings.ContainsRune(c.Message, 0) {
		return nil, fmt.Errorf("a commit message must not hold a NUL byte")
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "tree %s\n", tree)
	if !parent.IsZero() {
		fmt.Fprintf(&b, "parent %s\n", parent)
	}
	for _, who := range []struct {
		role string
		sig  Signature
	}{{"author", c.Author}, {"committer", c.Committer}} {
		if who.sig.When.Unix() < 0 {
			return nil, fmt.Errorf("the %s's time %s is before 1970", who.role, who.sig.When)
		}
		fmt.Fprintf(&b, "%s %s\n", who.role, who.sig.encode())
	}
	b.WriteByte('\n')
	b.WriteString(c.Message)
	return b.Bytes(), nil
}

// encode writes "Name <email> seconds zone". Characters that would end a field are dropped, as git does it.
func (s Signature) encode() string {
	name, email := cleanIdent(s.Name), cleanIdent(s.Email)
	if name == "" {
		name = "unknown"
	}
	return fmt.Sprintf("%s <%s> %d %s", name, email, s.When.Unix(), s.When.Format("-0700"))
}

func cleanIdent(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == '<' || r == '>' || r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, text)
	return strings.Trim(text, " .,:;\"\\'")
}

// decodeCommit reads a commit. It is lenient where git is: a signature that makes no sense comes back as far as it does.
func decodeCommit(hash Hash, data []byte) (CommitInfo, error) {
	c := CommitInfo{Hash: hash}
	for {
		line, rest, found := bytes.Cut(data, []byte{'\n'})
		if !found && len(line) > 0 {
			return c, fmt.Errorf("commit %s: header without end", hash)
		}
		data = rest
		if len(line) == 0 {
			break
		}
		key, value, _ := strings.Cut(string(line), " ")
		switch key {
		case "tree", "parent":
			id, ok := parseHash(value)
			if !ok {
				return c, fmt.Errorf("commit %s: broken %s", hash, key)
			}
			if key == "tree" {
				c.Tree = id
			} else {
				c.Parents = append(c.Parents, id)
			}
		case "author":
			c.Author = decodeSignature(value)
		case "committer":
			c.Committer = decodeSignature(value)
		}
		if !found {
			break
		}
	}
	if c.Tree.IsZero() {
		return c, fmt.Errorf("commit %s: no tree", hash)
	}
	c.Message = string(data)
	return c, nil
}

func decodeSignature(text string) Signature {
	var s Signature
	open, end := strings.IndexByte(text, '<'), strings.LastIndexByte(text, '>')
	if open < 0 || end < open {
		s.Name = text
		return s
	}
	s.Name, s.Email = strings.TrimSpace(text[:open]), text[open+1:end]
	fields := strings.Fields(text[end+1:])
	if len(fields) == 0 {
		return s
	}
	seconds, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return s
	}
	s.When = time.Unix(seconds, 0).UTC()
	if len(fields) > 1 {
		if zone, ok := parseZone(fields[1]); ok {
			s.When = s.When.In(zone)
		}
	}
	return s
}

func parseZone(text string) (*time.Location, bool) {
	if len(text) != 5 || (text[0] != '+' && text[0] != '-') {
		return nil, false
	}
	n, err := strconv.Atoi(text[1:])
	if err != nil || n < 0 || n%100 > 59 || n/100 > 24 {
		return nil, false
	}
	offset := (n/100*60 + n%100) * 60
	if text[0] == '-' {
		offset = -offset
	}
	if offset == 0 {
		return time.UTC, true
	}
	return time.FixedZone("", offset), true
}

// parseHash reads 40 hex digits, and nothing else.
func parseHash(text string) (Hash, bool) {
	if !plumbing.IsHash(text) {
		return Hash{}, false
	}
	return plumbing.NewHash(text), true
}
