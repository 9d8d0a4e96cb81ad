package rules

import (
	"bytes"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/types/known/structpb"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// What the files share that people write the settings of: config.json of an environment, and the settings of a group.

// maxSettings is the limit of such a file, in bytes.
const maxSettings = 1 << 20

// settingsJSON is the settings of a request as JSON; file is what they are called.
func settingsJSON(field, file string, settings *structpb.Struct) ([]byte, error) {
	raw, err := json.Marshal(settings.AsMap())
	if err != nil {
		return nil, invalid(field, "the config is not JSON").Because(file + " is one JSON object").Fix("send a JSON object").Wrap(err)
	}
	if len(raw) > maxSettings {
		return nil, problem.New(problem.TooLarge, "%s has %d bytes", file, len(raw)).At(field).
			Because(fmt.Sprintf("%s has at most %d bytes", file, maxSettings)).Fix("make it smaller")
	}
	return raw, nil
}

// inSettings puts the path inside the file behind the field of the request.
func inSettings(field string, err error) error {
	refused := problem.From(err)
	if refused.Field == "" {
		return refused.At(field)
	}
	return refused.At(field + "." + refused.Field)
}

// settingsFile is the file to write in place of old, of which Signalbox knows typed. Fields of it that Signalbox does not know are kept.
func settingsFile(raw, old []byte, typed any) ([]byte, error) {
	known, err := json.Marshal(typed)
	if err != nil {
		return nil, fmt.Errorf("write the settings: %w", err)
	}
	var next, before, understood map[string]any
	for _, p := range []struct {
		raw  []byte
		into *map[string]any
	}{{raw, &next}, {old, &before}, {known, &understood}} {
		decoder := json.NewDecoder(bytes.NewReader(p.raw))
		decoder.UseNumber()
		if err := decoder.Decode(p.into); err != nil {
			return nil, fmt.Errorf("read the settings: %w", err)
		}
	}
	carryOver(next, before, understood)
	merged, err := json.Marshal(next)
	if err != nil {
		return nil, fmt.Errorf("write the settings: %w", err)
	}
	return manifestrepo.EncodeConfig(merged)
}

// carryOver copies what is in before, but not in typed (what Signalbox knows of it), to next. An object that next does not have
// stays away.
func carryOver(next, before, typed map[string]any) {
	for key, value := range before {
		inner, known := typed[key]
		if !known {
			if _, given := next[key]; !given {
				next[key] = value
			}
			continue
		}
		a, okA := next[key].(map[string]any)
		b, okB := value.(map[string]any)
		c, okC := inner.(map[string]any)
		if okA && okB && okC {
			carryOver(a, b, c)
		}
	}
}

// sameSettings reports whether a file says the same already.
func sameSettings(old, next []byte) bool {
	normalized, err := manifestrepo.EncodeConfig(old)
	return err == nil && bytes.Equal(normalized, next)
}
