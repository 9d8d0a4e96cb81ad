package ci

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/frontend-service/answer"
)

// releaseFields are those of /release and of /api/release: the newer form's fields do no harm in the older one.
var releaseFields = formFields{files: true, values: map[string]bool{
	"application": false, "team": false, "source_commit_id": false, "source_author": false, "source_message": false,
	"version": false, "display_version": false, "previous_commit_id": false, "ci_link": false, "revision": false,
	"is_prepublish": false, "deploy_to_downstream_environments": true, "experimentalArgoBracket": false,
}}

const maxDisplayVersion = 15

// noticeHeader tells what the client should know of a release that was stored all the same: what was left out, what is risky.
const noticeHeader = "Signalbox-Notice"

// maxNotices keeps the head of an answer small: proxies refuse large ones.
const maxNotices = 10

var authorForm = regexp.MustCompile(`\A[^<>\pC]{0,200}[^<>\s\pC] <[^<>\s\pC]{1,200}>\z`)

// tooLong is kuberpult's answer for any application name that is not well-formed.
type tooLong struct {
	AppName string `json:"app_name"`
	RegExp  string `json:"reg_exp"`
	MaxLen  int    `json:"max_len"`
}

type alreadyExistsDifferent struct {
	FirstDifferingField api.DifferingField `json:"first_differing_field"`
	Diff                string             `json:"diff"`
}

// outcome is the body of an answer: an object with one member, named after what happened.
func outcome(name string, value any) map[string]any { return map[string]any{name: value} }

func (h *handler) release(w http.ResponseWriter, r *http.Request) {
	f, err := readForm(w, r, h.MaxBodyBytes, releaseFields)
	if err != nil {
		fail(w, r, err, http.StatusBadRequest)
		return
	}
	if name := f.value("application"); name != "" && !validName(name, maxApplicationName) {
		answer.Note(r.Context(), said("the application's name is not well-formed"))
		answer.JSON(w, http.StatusBadRequest, outcome("TooLong", tooLong{name, nameExpression, maxApplicationName}))
		return
	}
	command, err := releaseOf(f)
	if err == nil && command.Author != "" && !authorForm.MatchString(command.Author) {
		// As in kuberpult the release counts more than its author; but the client is told.
		command.Author = ""
		notice(w, "source_author was left out: it is not written Name <mail>")
	}
	if err != nil {
		fail(w, r, err, http.StatusBadRequest)
		return
	}
	op, err := h.execute(r, &api.ExecuteRequest{Kind: &api.ExecuteRequest_CreateRelease{CreateRelease: command}})
	if err != nil {
		releaseRefused(w, r, command, err)
		return
	}
	notice(w, op.Warnings...)
	if op.Result.GetCreateRelease().GetOutcome() == api.ReleaseOutcome_RELEASE_OUTCOME_ALREADY_EXISTS_SAME {
		answer.JSON(w, http.StatusOK, outcome("AlreadyExistsSame", struct{}{}))
		return
	}
	answer.JSON(w, http.StatusCreated, outcome("Success", struct{}{}))
}

// notice puts texts into the answer's header, one each, as printable ASCII.
func notice(w http.ResponseWriter, texts ...string) {
	if extra := len(texts) - maxNotices; extra > 0 {
		texts = append(slices.Clone(texts[:maxNotices]), fmt.Sprintf("and %d more", extra))
	}
	for _, text := range texts {
		w.Header().Add(noticeHeader, strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' {
				return '?'
			}
			return r
		}, strings.TrimPrefix(text, "create_release.")))
	}
}

func releaseRefused(w http.ResponseWriter, r *http.Request, command *api.CreateRelease, err error) {
	p := problem.From(err)
	notDownstream, why := deployToRefused(command, p)
	var status int
	var body any
	switch {
	case unsigned(command, p) != "":
		fail(w, r, said("%s", unsigned(command, p)).Wrap(err), http.StatusBadRequest)
		return
	case p.Kind == problem.Different:
		status = http.StatusConflict
		body = outcome("AlreadyExistsDifferent", alreadyExistsDifferent{p.Detail.GetDifferingField(), p.Detail.GetDiff()})
	case p.Kind == problem.TooOld:
		status, body = http.StatusBadRequest, outcome("TooOld", struct{}{})
	case p.Kind == problem.Internal:
		status, body = http.StatusInternalServerError, outcome("GeneralFailure", map[string]string{"message": inWordsOfForms(p)})
	case why != "":
		member := map[string]string{"IsNoDownstream": "no_downstream", "MissingManifest": "missing_manifest"}[why]
		status, body = http.StatusBadRequest, outcome(why, map[string][]string{member: {notDownstream}})
	default:
		fail(w, r, err, http.StatusBadRequest)
		return
	}
	answer.Note(r.Context(), err)
	answer.JSON(w, status, body)
}

// deployToRefused tells which environment of deploy_to_downstream_environments was refused, and what kuberpult calls the reason;
// both are empty when it has no word for it.
func deployToRefused(command *api.CreateRelease, p *problem.Error) (environment, why string) {
	text, found := strings.CutPrefix(p.Field, "create_release.deploy_to[")
	i, err := strconv.Atoi(strings.TrimSuffix(text, "]"))
	if p.Kind != problem.Invalid || !found || err != nil || i < 0 || i >= len(command.DeployTo) {
		return "", ""
	}
	environment = command.DeployTo[i]
	if !validName(environment, maxEnvironmentName) || slices.Contains(command.DeployTo[:i], environment) {
		return "", ""
	}
	if _, given := command.Manifests[environment]; !given {
		return environment, "MissingManifest"
	}
	return environment, "IsNoDownstream"
}

// releaseOf turns a form into the command. The error is a *problem.Error in kuberpult's words where it has some.
func releaseOf(f *form) (*api.CreateRelease, error) {
	c := &api.CreateRelease{
		Application: f.value("application"), Manifests: f.manifests, Team: f.value("team"),
		CommitId: f.value("source_commit_id"), PreviousCommitId: f.value("previous_commit_id"),
		Author: f.value("source_author"), Message: f.value("source_message"),
		DisplayVersion: f.value("display_version"), CiLink: f.value("ci_link"),
		DeployTo: f.values["deploy_to_downstream_environments"],
	}
	if _, given := f.values["application"]; !given {
		return nil, said("Must provide application name")
	}
	if c.Application == "" {
		return nil, said("Invalid application name: '' - must not be empty")
	}
	if err := readNumbers(f, c); err != nil {
		return nil, err
	}
	if err := passSignatures(f, c); err != nil {
		return nil, err
	}
	switch {
	case len(c.Manifests) == 0 && !c.Prepublish:
		return nil, said("No manifest files provided")
	case c.CommitId != "" && !commitForm.MatchString(c.CommitId):
		return nil, said("Invalid source_commit_id: '%s' - must be 7 to 40 lower-case hex digits", c.CommitId)
	case c.PreviousCommitId != "" && !fullCommit.MatchString(c.PreviousCommitId):
		return nil, said("Invalid previous_commit_id: '%s' - must be 40 lower-case hex digits", c.PreviousCommitId)
	case utf8.RuneCountInString(c.DisplayVersion) > maxDisplayVersion:
		return nil, said("DisplayVersion given should be <= 15 characters")
	case f.value("experimentalArgoBracket") != "":
		return nil, said("experimentalArgoBracket is not supported").Fix("leave it out: every application is an Argo CD application of its own")
	}
	return c, nil
}

// readNumbers reads the fields that are not texts.
func readNumbers(f *form, c *api.CreateRelease) error {
	if text, given := f.values["version"]; given && text[0] != "" {
		version, err := strconv.ParseUint(text[0], 10, 64)
		switch {
		case err != nil:
			return said("Invalid version: %s", err)
		case version == 0:
			return said("Invalid version: '0' - the first version is 1").Fix("leave it out for one more than the highest")
		case version > math.MaxInt64:
			return said("Invalid version: '%s' - must be below 2^63", text[0])
		}
		c.Version = version
	}
	if text := f.value("revision"); text != "" {
		revision, err := strconv.ParseUint(text, 10, 63)
		if err != nil {
			return said("Invalid revision: %s", err)
		}
		c.Revision = revision
	}
	if text := f.value("is_prepublish"); text != "" {
		prepublish, err := strconv.ParseBool(text)
		if err != nil {
			return said("Invalid is_prepublish: '%s' - must be true or false", text)
		}
		c.Prepublish = prepublish
	}
	return nil
}

// passSignatures hands the signatures to the one who checks them. Those without a manifest are refused here: they are a mistake in
// a name.
func passSignatures(f *form, c *api.CreateRelease) error {
	for _, environment := range slices.Sorted(maps.Keys(f.signatures)) {
		if _, ok := f.manifests[environment]; !ok {
			return said("signatures[%s] has no manifests[%s]", environment, environment)
		}
		if c.Signatures == nil {
			c.Signatures = make(map[string]*api.Signatures, len(f.signatures))
		}
		all := &api.Signatures{}
		for _, content := range f.signatures[environment] {
			// A binary one is no armored one, but has to travel as text to be refused as such.
			all.Armored = append(all.Armored, strings.ToValidUTF8(string(content), "?"))
		}
		c.Signatures[environment] = all
	}
	return nil
}

// unsigned is a refusal for want of a valid signature in kuberpult's words; empty when it is about something else.
func unsigned(command *api.CreateRelease, p *problem.Error) string {
	text, found := strings.CutPrefix(p.Field, "create_release.signatures[")
	environment, closed := strings.CutSuffix(text, "]")
	switch {
	case !found || !closed:
		return ""
	case len(command.Signatures[environment].GetArmored()) == 0:
		return "signature not found for " + environment
	}
	return fmt.Sprintf("Internal: Invalid Signature for manifests[%s]: %s", environment, p.Message)
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
