package manifestrepo

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// ParseConfig reads config.json strictly: an unknown field is an error that names it and the nearest known one, unless known
// holds it at the same path (a file that is in the repo already; may be nil). The places of a list are one path.
// The error is a *problem.Error of kind invalid whose field is the path inside config.json.
func ParseConfig(raw, known []byte) (Config, error) {
	var c Config
	if err := (document{name: "config.json", known: known}).decode(raw, &c); err != nil {
		return Config{}, err
	}
	if err := c.check(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// readConfig reads a config.json that is in the repo: unknown fields are fine, what only Argo CD can judge is left to it, and a
// train whose schedule cannot be read stays where it is.
func readConfig(raw []byte) (Config, error) {
	var c Config
	if err := (document{name: "config.json", known: raw}).decode(raw, &c); err != nil {
		return Config{}, err
	}
	if err := c.checkUpstream(); err != nil {
		return Config{}, err
	}
	if err := checkFreezeWindows(c.FreezeWindows); err != nil {
		return Config{}, err
	}
	if err := c.Approval.check(); err != nil {
		return Config{}, err
	}
	markTwins(c.ReleaseTrains)
	return c, nil
}

// EncodeConfig is a config.json, or the settings of a group, in canonical form: keys sorted, two spaces, a newline at the end. All
// values stay as they are given, unknown fields too.
func EncodeConfig(raw []byte) (normalized []byte, err error) {
	if err := checkJSON(raw); err != nil {
		return nil, problem.New(problem.Invalid, "config.json cannot be read: %v", err).Fix("send a JSON object").Wrap(err)
	}
	compact, err := canonical(raw)
	if err != nil {
		return nil, problem.New(problem.Invalid, "config.json cannot be read: %v", err).Fix("send a JSON object").Wrap(err)
	}
	return indent(compact), nil
}

// document is one of the user's documents: what messages call it, and the one whose unknown fields may stay.
type document struct {
	name  string
	known []byte
}

// decode reads a document into what into points at, a struct whose fields are what the document may have.
func (doc document) decode(raw []byte, into any) error {
	t := reflect.TypeOf(into).Elem()
	kept := map[string]bool{}
	if doc.known != nil && checkJSON(doc.known) == nil {
		collectUnknown(doc.known, t, "", kept)
	}
	if err := checkJSON(raw); err != nil {
		return problem.New(problem.Invalid, "%s cannot be read: %v", doc.name, err).
			Because(doc.name + " is one JSON object").Fix("correct the JSON").Wrap(err)
	}
	if err := doc.checkShape(raw, t, "", kept); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return problem.New(problem.Invalid, "%s cannot be read: %v", doc.name, err).Fix("correct the value").Wrap(err)
	}
	return nil
}

// checkShape compares a JSON value with a Go type and refuses wrong types and unknown fields that are not in kept.
func (doc document) checkShape(raw []byte, t reflect.Type, path string, kept map[string]bool) error {
	if isNull(raw) {
		return nil
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	want, found := kindOfType(t), kindOf(raw)
	if want != found {
		return problem.New(problem.Invalid, "%s wants %s at %s, found %s", doc.name, want, path, found).At(path).
			Because("every field of "+doc.name+" has one type").Fix("write %s", want)
	}
	switch t.Kind() {
	case reflect.Slice:
		i := 0
		return eachElement(raw, func(raw []byte) error {
			i++
			return doc.checkShape(raw, t.Elem(), path+"["+strconv.Itoa(i-1)+"]", kept)
		})
	case reflect.Map:
		return doc.eachField(raw, path, func(key string, raw []byte) error {
			return doc.checkShape(raw, t.Elem(), path+"."+key, kept)
		})
	case reflect.Struct:
		fields := fieldTypes(t)
		return doc.eachField(raw, path, func(key string, raw []byte) error {
			at := joinPath(path, key)
			ft, ok := fields[key]
			if ok {
				return doc.checkShape(raw, ft, at, kept)
			}
			if kept[withoutIndexes(at)] {
				return nil
			}
			return doc.unknownField(at, key, fields)
		})
	}
	return nil
}

func (doc document) eachField(raw []byte, path string, fn func(key string, raw []byte) error) error {
	err := eachField(raw, fn)
	if err == nil {
		return nil
	}
	if p, ok := err.(*problem.Error); ok {
		return p
	}
	return problem.New(problem.Invalid, "%s: %v", doc.name, err).At(path).Because("a field stands once in an object").Fix("remove one of the two")
}

func (doc document) unknownField(path, key string, fields map[string]reflect.Type) error {
	e := problem.New(problem.Invalid, "%s has no field %s", doc.name, quote(path)).At(path).
		Because("an unknown field of " + doc.name + " is refused, so that a slip of the pen does not pass for a setting")
	if near := problem.Nearest(key, slices.Sorted(maps.Keys(fields))); near != "" {
		return e.Fix("did you mean %s?", quote(strings.TrimSuffix(path, key)+near))
	}
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return e.Fix("the fields here are %s", strings.Join(names, ", "))
}

// collectUnknown lists the paths, without list places, of fields that the type does not know.
func collectUnknown(raw []byte, t reflect.Type, path string, into map[string]bool) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if kindOfType(t) != kindOf(raw) {
		return
	}
	switch t.Kind() {
	case reflect.Slice:
		_ = eachElement(raw, func(raw []byte) error { collectUnknown(raw, t.Elem(), path, into); return nil })
	case reflect.Struct:
		fields := fieldTypes(t)
		_ = eachField(raw, func(key string, raw []byte) error {
			if ft, ok := fields[key]; ok {
				collectUnknown(raw, ft, joinPath(path, key), into)
			} else {
				into[joinPath(path, key)] = true
			}
			return nil
		})
	}
}

func joinPath(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func withoutIndexes(path string) string {
	var b strings.Builder
	depth := 0
	for i := range len(path) {
		switch {
		case path[i] == '[':
			depth++
		case path[i] == ']' && depth > 0:
			depth--
		case depth == 0:
			b.WriteByte(path[i])
		}
	}
	return b.String()
}

func fieldTypes(t reflect.Type) map[string]reflect.Type {
	fields := make(map[string]reflect.Type, t.NumField())
	for f := range t.Fields() {
		if !f.IsExported() {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields[name] = f.Type
	}
	return fields
}

func kindOfType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice:
		return "a list"
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	}
	return "a number"
}

func (c Config) checkUpstream() error {
	if c.Upstream != nil && c.Upstream.Latest && c.Upstream.Environment != "" {
		return problem.New(problem.Invalid, "the upstream is both latest and environment %s", shown(c.Upstream.Environment)).At("upstream").
			Because("releases reach an environment from CI (latest) or from one other environment, never from both").
			Fix("remove upstream.latest or upstream.environment")
	}
	return nil
}

func (c Config) check() error {
	if err := c.checkUpstream(); err != nil {
		return err
	}
	if c.Upstream != nil && c.Upstream.Environment != "" {
		if err := CheckEnvironment(c.Upstream.Environment); err != nil {
			return problem.From(err).At("upstream.environment")
		}
	}
	if c.EnvironmentGroup != "" {
		if err := checkName("environment group", c.EnvironmentGroup, MaxEnvironmentName); err != nil {
			return problem.From(err).At("environmentGroup")
		}
	}
	if err := checkFreezeWindows(c.FreezeWindows); err != nil {
		return err
	}
	if err := checkReleaseTrains(c.ReleaseTrains); err != nil {
		return err
	}
	if err := c.Approval.check(); err != nil {
		return err
	}
	if c.ArgoCD == nil {
		return nil
	}
	for i, w := range c.ArgoCD.SyncWindows {
		if err := w.check(fmt.Sprintf("argocd.syncWindows[%d]", i)); err != nil {
			return err
		}
	}
	return nil
}

// windowParser reads the five cron fields that Argo CD reads.
var windowParser = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

func (w SyncWindow) check(path string) error {
	if w.Kind != "allow" && w.Kind != "deny" {
		return problem.New(problem.Invalid, "the sync window has kind %s", shown(w.Kind)).At(path + ".kind").
			Because("a sync window allows or denies").Fix(`write "allow" or "deny"`)
	}
	if err := parseSchedule(w.Schedule); err != nil {
		return problem.New(problem.Invalid, "the sync window's schedule %s cannot be read: %v", shown(w.Schedule), err).At(path + ".schedule").
			Because("a schedule has five cron fields: minute, hour, day of month, month, day of week").Fix(`write for example "0 22 * * *"`).Wrap(err)
	}
	if d, err := time.ParseDuration(w.Duration); err != nil || d <= 0 {
		return problem.New(problem.Invalid, "the sync window's duration %s cannot be read", shown(w.Duration)).At(path + ".duration").
			Because("a duration is a positive number with a unit: s, m or h").Fix(`write for example "2h"`).Wrap(err)
	}
	if w.TimeZone == "" {
		return nil
	}
	if _, err := time.LoadLocation(w.TimeZone); err != nil || w.TimeZone == "Local" {
		return problem.New(problem.Invalid, "the time zone %s is not known", shown(w.TimeZone)).At(path + ".timeZone").
			Because("a time zone has a name of the IANA database").Fix(`write for example "Europe/Berlin"`).Wrap(err)
	}
	return nil
}

// parseSchedule refuses a zone in the schedule before the cron library sees it: Argo CD has a field for the zone, and the library
// panics on a zone without a schedule.
func parseSchedule(text string) error {
	if strings.HasPrefix(text, "TZ=") || strings.HasPrefix(text, "CRON_TZ=") {
		return fmt.Errorf("it names a time zone; use timeZone")
	}
	_, err := windowParser.Parse(text)
	if err != nil {
		return fmt.Errorf("%w", err)
	}
	return nil
}
