package argocd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// pattern is what all Applications of an environment have in common: one rendered document, cut where the names stand.
type pattern struct {
	settings Settings
	env      string
	config   *manifestrepo.ArgoCDConfig
	project  []byte
	pieces   []piece
	lastSize int
}

// piece is text, and what comes behind it.
type piece struct {
	text []byte
	then name
}

type name int

const (
	nothing name = iota
	theApplication
	theTeam
)

// newPattern renders an environment's AppProject and the pattern of its Applications.
func newPattern(s Settings, env string, c *manifestrepo.ArgoCDConfig) (*pattern, error) {
	p := &pattern{settings: s, env: env, config: c}
	var err error
	if p.project, err = marshal(projectDocument(env, c)); err != nil {
		return nil, fmt.Errorf("write the AppProject: %w", err)
	}
	plain, err := marshal(applicationDocument(s, env, c, "a", "b"))
	if err != nil {
		return nil, fmt.Errorf("write an Application: %w", err)
	}
	app, team := standIns(string(plain))
	text, err := marshal(applicationDocument(s, env, c, app, team))
	if err != nil {
		return nil, fmt.Errorf("write an Application: %w", err)
	}
	p.cut(text, []byte(app), []byte(team))
	return p, nil
}

// standIns are two plain names that stand nowhere in a text, and not in each other.
func standIns(text string) (app, team string) {
	for n := 0; ; n++ {
		app, team = fmt.Sprintf("stand-in-%d-app", n), fmt.Sprintf("stand-in-%d-team", n)
		if !strings.Contains(text, app) && !strings.Contains(text, team) {
			return app, team
		}
	}
}

func (p *pattern) cut(text, app, team []byte) {
	for {
		i, j := bytes.Index(text, app), bytes.Index(text, team)
		switch {
		case i < 0 && j < 0:
			p.pieces = append(p.pieces, piece{text, nothing})
			return
		case j < 0 || i >= 0 && i < j:
			p.pieces = append(p.pieces, piece{text[:i], theApplication})
			text = text[i+len(app):]
		default:
			p.pieces = append(p.pieces, piece{text[:j], theTeam})
			text = text[j+len(team):]
		}
	}
}

// application writes one Application. A name that YAML would take for something else than a text needs quotes and is rendered as a whole.
func (p *pattern) application(out *bytes.Buffer, app, team string) error {
	if !plain(app) || !plain(team) && team != "" {
		text, err := marshal(applicationDocument(p.settings, p.env, p.config, app, team))
		if err != nil {
			return fmt.Errorf("write an Application: %w", err)
		}
		out.Write(text)
		return nil
	}
	if team == "" {
		team = `""` // the team stands alone wherever it stands
	}
	for _, piece := range p.pieces {
		out.Write(piece.text)
		switch piece.then {
		case theApplication:
			out.WriteString(app)
		case theTeam:
			out.WriteString(team)
		}
	}
	return nil
}

// marshal writes a document as YAML. A config that is in the repo may hold characters that YAML does not allow as they are; such a
// document is written as JSON with escapes, which is YAML too: one odd annotation must not stop every write to the repo.
func marshal(document any) ([]byte, error) {
	text, err := yaml.Marshal(document)
	if err == nil {
		return text, nil
	}
	compact, jsonErr := json.Marshal(document)
	if jsonErr != nil {
		return nil, fmt.Errorf("write a document: %w", err)
	}
	var out bytes.Buffer
	for _, r := range string(compact) {
		switch {
		case r < 0x7f:
			out.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			fmt.Fprintf(&out, `\U%08x`, r)
		}
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// plain reports whether YAML reads a name as the text it is, without quotes: it begins with a letter and is no word for true, false
// or null.
func plain(name string) bool {
	if name == "" || name[0] < 'a' || name[0] > 'z' {
		return false
	}
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	switch name {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return false
	}
	return true
}
