package manifestrepo

import (
	"fmt"
	"slices"
	"strings"
)

// departure fills d from its file.
func (f *fieldReader) departure(d *Departure, data []byte) error {
	if err := checkJSON(data); err != nil {
		return err
	}
	err := eachField(data, func(key string, raw []byte) error {
		switch key {
		case "schedule":
			return f.name(key, raw, &d.Schedule)
		case "timeZone":
			return f.name(key, raw, &d.TimeZone)
		case "since":
			return f.time(key, raw, &d.Since)
		case "last":
			return f.time(key, raw, &d.Last)
		case "outcome":
			return f.name(key, raw, (*string)(&d.Outcome))
		case "paused":
			p, err := f.pause(raw)
			d.Paused = p
			return err
		}
		d.extra.keep(key, raw)
		return nil
	})
	if err == nil && d.Schedule != "" && d.Base().IsZero() {
		err = fmt.Errorf("since is missing, though schedule is there")
	}
	return err
}

func (f *fieldReader) pause(raw []byte) (*Pause, error) {
	if isNull(raw) {
		return nil, nil
	}
	if raw[0] != '{' {
		return nil, fieldError("paused", "an object", raw)
	}
	p := &Pause{}
	err := eachField(raw, func(key string, raw []byte) error {
		switch key {
		case "at":
			return f.time("paused.at", raw, &p.At)
		case "by":
			return f.actor(key, raw, &p.By, &p.extra)
		case "reason":
			return f.text("paused.reason", raw, &p.Reason)
		}
		p.extra.keep(key, raw)
		return nil
	})
	return p, err
}

// approval fills a from its file.
func (f *fieldReader) approval(a *Approval, data []byte) error {
	if err := checkJSON(data); err != nil {
		return err
	}
	err := eachField(data, func(key string, raw []byte) error {
		switch key {
		case "action":
			return f.name(key, raw, &a.Action)
		case "createdAt":
			return f.time(key, raw, &a.CreatedAt)
		case "createdBy":
			return f.actor(key, raw, &a.CreatedBy, &a.extra)
		case "expiresAt":
			return f.time(key, raw, &a.ExpiresAt)
		case "reason":
			return f.text(key, raw, &a.Reason)
		case "changes":
			if isNull(raw) {
				return nil
			}
			return f.list(key, raw, func(raw []byte) error { return f.approvalChange(a, raw) })
		}
		a.extra.keep(key, raw)
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(a.Changes, func(x, y ApprovalChange) int { return strings.Compare(x.Application, y.Application) })
	for i, c := range a.Changes {
		if i > 0 && a.Changes[i-1].Application == c.Application {
			return fmt.Errorf("changes: %s comes twice", c.Application)
		}
	}
	if len(a.Changes) == 0 {
		return fmt.Errorf("changes is missing")
	}
	return nil
}

func (f *fieldReader) approvalChange(a *Approval, raw []byte) error {
	if raw[0] != '{' {
		return fieldError("changes", "objects", raw)
	}
	var c ApprovalChange
	var rest extraFields
	err := eachField(raw, func(key string, raw []byte) error {
		switch key {
		case "application":
			return f.name("changes.application", raw, &c.Application)
		case "version":
			return f.number("changes.version", raw, MaxVersion, &c.Version)
		case "from":
			return f.number("changes.from", raw, MaxVersion, &c.From)
		case "byHand":
			return f.flag("changes.byHand", raw, &c.ByHand)
		case "noHold":
			return f.flag("changes.noHold", raw, &c.NoHold)
		}
		rest.keep(key, raw)
		return nil
	})
	if err == nil {
		err = pathName("application", c.Application, MaxApplicationName)
	}
	if err == nil && c.Version == 0 {
		err = fmt.Errorf("changes.version is missing")
	}
	if err != nil {
		return err
	}
	for k, v := range rest {
		a.extra.keep(changeExtra(c.Application)+k, v)
	}
	a.Changes = append(a.Changes, c)
	return nil
}

// changeExtra is the key under which unknown fields of a request's change are kept.
func changeExtra(app string) string { return "changes" + nestedMark + app + nestedMark }

// releaseSet fills s from its file.
func (f *fieldReader) releaseSet(s *ReleaseSet, data []byte) error {
	if err := checkJSON(data); err != nil {
		return err
	}
	return eachField(data, func(key string, raw []byte) error {
		switch key {
		case "environment":
			return f.name(key, raw, &s.Environment)
		case "message":
			return f.text(key, raw, &s.Message)
		case "createdAt":
			return f.time(key, raw, &s.CreatedAt)
		case "createdBy":
			return f.actor(key, raw, &s.CreatedBy, &s.extra)
		case "versions":
			return f.versions(raw, &s.Versions)
		}
		s.extra.keep(key, raw)
		return nil
	})
}

func (f *fieldReader) versions(raw []byte, into *map[string]uint64) error {
	if isNull(raw) {
		return nil
	}
	if raw[0] != '{' {
		return fieldError("versions", "an object", raw)
	}
	versions := map[string]uint64{}
	err := eachField(raw, func(app string, raw []byte) error {
		var version uint64
		if err := pathName("application", app, MaxApplicationName); err != nil {
			return fmt.Errorf("versions: %w", err)
		}
		if err := f.number("versions."+app, raw, MaxVersion, &version); err != nil {
			return err
		}
		if version == 0 {
			return fmt.Errorf("versions.%s: a version is 1 or more", app)
		}
		versions[f.remember(app)] = version
		return nil
	})
	if len(versions) > 0 {
		*into = versions
	}
	return err
}
