package ci

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/frontend-service/answer"
)

// trainAnswer says what was asked for; what happened stands in the history and in the answer of /api/v1/trains.
type trainAnswer struct {
	Target string `json:"target"`
	Team   string `json:"team,omitempty"`
}

// train runs a release train; slot is the part of the path that names the target.
func (h *handler) train(target api.TrainTarget, slot string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name, query := r.PathValue(slot), r.URL.Query()
		if query.Get("gitTag") != "" {
			fail(w, r, said("gitTag is not supported: a train tags nothing; tag the commit of its history entry"), http.StatusBadRequest)
			return
		}
		command := &api.RunTrain{Target: name, Team: query.Get("team"), TargetType: target}
		if tag := query.Get("sourceGitTag"); tag != "" {
			// In full, so that digits are not read as the beginning of a commit.
			command.Source = &api.TrainSource{Revision: "refs/tags/" + strings.TrimPrefix(tag, "refs/tags/")}
		}
		if target != api.TrainTarget_TRAIN_TARGET_UNSPECIFIED {
			link, err := h.readCILink(w, r)
			if err != nil {
				fail(w, r, err, http.StatusBadRequest)
				return
			}
			command.CiLink = link
		}
		_, err := h.execute(r, &api.ExecuteRequest{Kind: &api.ExecuteRequest_RunTrain{RunTrain: command}})
		if err != nil {
			fail(w, r, unknownTarget(name, err), http.StatusNotFound)
			return
		}
		answer.JSON(w, http.StatusOK, trainAnswer{name, command.Team})
	}
}

// unknownTarget says in kuberpult's words that a train has nowhere to go; other errors stay as they are.
func unknownTarget(name string, err error) error {
	p := problem.From(err)
	if p.Kind != problem.NotFound || p.Field != "" && p.Field != "run_train.target" {
		return err
	}
	return said("error: could not find environment group or environment configs for '%s'", name).Wrap(err)
}

// readCILink reads the body of a train, {"ciLink": "..."} or nothing.
func (h *handler) readCILink(w http.ResponseWriter, r *http.Request) (string, error) {
	content, err := h.readSmallBody(w, r)
	if err != nil {
		return "", err
	}
	var body struct {
		CILink string `json:"ciLink"`
	}
	if len(content) == 0 {
		return "", nil
	}
	if err := json.Unmarshal(content, &body); err != nil {
		return "", said("Invalid body: %s", jsonText(err))
	}
	return body.CILink, nil
}

var environmentFields = formFields{values: map[string]bool{"config": false, "signature": true, "dryrun": false}}

// applyEnvironment creates an environment or replaces its config.
func (h *handler) applyEnvironment(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("environment")
	if !validName(name, maxEnvironmentName) {
		fail(w, r, said("cannot create environment: invalid environment: '%s'", name), http.StatusBadRequest)
		return
	}
	f, err := readForm(w, r, h.MaxBodyBytes, environmentFields)
	if err != nil {
		fail(w, r, err, http.StatusBadRequest)
		return
	}
	command, dryRun, err := h.environmentOf(name, f)
	if err != nil {
		fail(w, r, err, http.StatusNotFound)
		return
	}
	_, err = h.execute(r, &api.ExecuteRequest{Kind: &api.ExecuteRequest_ApplyEnvironment{ApplyEnvironment: command}, DryRun: dryRun})
	if err != nil {
		fail(w, r, err, http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (h *handler) environmentOf(name string, f *form) (command *api.ApplyEnvironment, dryRun bool, err error) {
	text := f.value("config")
	if text == "" {
		return nil, false, said("Please provide the environment's config in the form field 'config'")
	}
	config := &structpb.Struct{}
	if err := protojson.Unmarshal([]byte(text), config); err != nil {
		return nil, false, said("Invalid config: it is not a JSON object").Wrap(err)
	}
	if dryRun, err = readFlag("dryrun", f.value("dryrun")); err != nil {
		return nil, false, err
	}
	if signatures := f.values["signature"]; len(signatures) > 0 {
		if h.Keyring == nil {
			return nil, false, problem.New(problem.NotFound, "a signature was sent, but there is no PGP keyring to check it")
		}
		all := make([][]byte, len(signatures))
		for i, s := range signatures {
			all[i] = []byte(s)
		}
		if err := h.Keyring.Verify([]byte(text), all, h.Now()); err != nil {
			return nil, false, said("Invalid signature: %s", oneLine(err))
		}
	}
	return &api.ApplyEnvironment{Environment: name, Config: camelConfig(config)}, dryRun, nil
}

// readFlag reads a yes or no of a form or a query; absent means no.
func readFlag(name, value string) (bool, error) {
	if value == "" {
		return false, nil
	}
	yes, err := strconv.ParseBool(value)
	if err != nil {
		return false, said("Invalid %s: '%s' - must be true or false", name, value)
	}
	return yes, nil
}

// deleteEnvironment deletes an environment. Where kuberpult deletes whatever is there, something that runs or is locked keeps it; force and
// reason are ours.
func (h *handler) deleteEnvironment(w http.ResponseWriter, r *http.Request) {
	name, query := r.PathValue("environment"), r.URL.Query()
	if !validName(name, maxEnvironmentName) {
		fail(w, r, said("cannot delete environment: invalid environment: '%s'", name), http.StatusBadRequest)
		return
	}
	dryRun, err := readFlag("dryrun", query.Get("dryrun"))
	force, forceErr := readFlag("force", query.Get("force"))
	if err = errors.Join(err, forceErr); err != nil {
		fail(w, r, err, http.StatusBadRequest)
		return
	}
	_, err = h.execute(r, &api.ExecuteRequest{
		Kind:   &api.ExecuteRequest_DeleteEnvironment{DeleteEnvironment: &api.DeleteEnvironment{Environment: name, Force: force}},
		Reason: query.Get("reason"), DryRun: dryRun,
	})
	if err != nil {
		fail(w, r, err, http.StatusNotFound)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// protoNames are the fields of kuberpult's config in the spelling of its protobuf file, which its parser takes as well.
var protoNames = map[string]string{
	"environment_group": "environmentGroup", "sync_windows": "syncWindows", "access_list": "accessList",
	"application_annotations": "applicationAnnotations", "ignore_differences": "ignoreDifferences", "sync_options": "syncOptions",
	"app_project_namespace": "appProjectNamespace", "application_namespace": "applicationNamespace",
	"json_pointers": "jsonPointers", "jq_path_expressions": "jqPathExpressions", "managed_fields_managers": "managedFieldsManagers",
}

// camelConfig spells the known fields as config.json does. Annotations are left alone: their keys are not fields.
func camelConfig(config *structpb.Struct) *structpb.Struct {
	out := &structpb.Struct{Fields: make(map[string]*structpb.Value, len(config.Fields))}
	for key, value := range config.Fields {
		if name, ok := protoNames[key]; ok {
			key = name
		}
		if key != "applicationAnnotations" {
			value = camelValue(value)
		}
		out.Fields[key] = value
	}
	return out
}

func camelValue(value *structpb.Value) *structpb.Value {
	switch kind := value.GetKind().(type) {
	case *structpb.Value_StructValue:
		return structpb.NewStructValue(camelConfig(kind.StructValue))
	case *structpb.Value_ListValue:
		list := &structpb.ListValue{}
		for _, item := range kind.ListValue.GetValues() {
			list.Values = append(list.Values, camelValue(item))
		}
		return structpb.NewListValue(list)
	}
	return value
}

// rolloutStatus answers as kuberpult does when it runs without its rollout service.
func (h *handler) rolloutStatus(w http.ResponseWriter, r *http.Request) {
	fail(w, r, problem.New(problem.Unimplemented, "not implemented: there is no rollout service here that could tell what runs"), http.StatusNotFound)
}
