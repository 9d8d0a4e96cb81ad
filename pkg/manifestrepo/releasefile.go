package manifestrepo

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unique"
)

// release reads a release: release.json (with digests) or the line of the log's trailer (with environments).
func (f *fieldReader) release(data []byte) (*Release, map[string]string, error) {
	if err := checkJSON(data); err != nil {
		return nil, nil, err
	}
	r := &Release{}
	var digests map[string]string
	err := eachField(data, func(key string, raw []byte) error {
		if isNull(raw) {
			return nil
		}
		switch key {
		case "digests":
			var err error
			digests, r.Environments, err = f.digests(raw)
			return err
		case "environments":
			return f.environments(raw, &r.Environments)
		}
		return f.releaseField(r, key, raw)
	})
	if err != nil {
		return nil, nil, err
	}
	return r, digests, nil
}

func (f *fieldReader) releaseField(r *Release, key string, raw []byte) error {
	switch key {
	case "revision":
		return f.number(key, raw, MaxVersion, &r.Revision)
	case "displayVersion":
		return f.text(key, raw, &r.DisplayVersion)
	case "commitId":
		return f.text(key, raw, &r.CommitID)
	case "previousCommitId":
		return f.text(key, raw, &r.PreviousCommitID)
	case "author":
		return f.name(key, raw, &r.Author)
	case "message":
		return f.text(key, raw, &r.Message)
	case "team":
		return f.name(key, raw, &r.Team)
	case "ciLink":
		return f.text(key, raw, &r.CILink)
	case "sourceRepoURL":
		return f.name(key, raw, &r.SourceRepoURL)
	case "createdAt":
		return f.time(key, raw, &r.CreatedAt)
	case "createdBy":
		var extra extraFields // a record is never written again
		return f.actor(key, raw, &r.CreatedBy, &extra)
	case "backfilled":
		return f.flag(key, raw, &r.Backfilled)
	case "prepublished":
		return f.flag(key, raw, &r.Prepublished)
	case "minor":
		return f.flag(key, raw, &r.Minor)
	case "undeploy":
		return f.flag(key, raw, &r.Undeploy)
	}
	return nil
}

func (f *fieldReader) digests(raw []byte) (map[string]string, []string, error) {
	if raw[0] != '{' {
		return nil, nil, fieldError("digests", "an object", raw)
	}
	digests := map[string]string{}
	err := eachField(raw, func(env string, raw []byte) error {
		var text string
		if err := f.text("digests."+env, raw, &text); err != nil {
			return err
		}
		sum, ok := strings.CutPrefix(text, "sha256:")
		if b, err := hex.DecodeString(sum); !ok || err != nil || len(b) != 32 {
			return fmt.Errorf("digests.%s: wants sha256: and 64 hex digits, found %s", env, shown(text))
		}
		if err := pathName("environment", env, MaxEnvironmentName); err != nil {
			return err
		}
		digests[env] = sum
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	envs := make([]string, 0, len(digests))
	for env := range digests {
		envs = append(envs, env)
	}
	slices.Sort(envs)
	return digests, envs, nil
}

// environments reads the list of names. Most releases of an application have the same list, so equal lists share one slice.
func (f *fieldReader) environments(raw []byte, into *[]string) error {
	if known, ok := f.lists[string(raw)]; ok {
		*into = known
		return nil
	}
	var names []string
	err := f.list("environments", raw, func(raw []byte) error {
		var name string
		if err := f.name("environments", raw, &name); err != nil {
			return err
		}
		names = append(names, name)
		return pathName("environment", name, MaxEnvironmentName)
	})
	if err != nil {
		return err
	}
	slices.Sort(names)
	*into = sharedList(slices.Compact(names))
	f.lists[string(raw)] = *into
	return nil
}

// remember gives one copy of a string that repeats over the whole life of the process.
func (f *fieldReader) remember(s string) string {
	if known, ok := f.strings[s]; ok {
		return known
	}
	s = unique.Make(s).Value()
	f.strings[s] = s
	return s
}
