package manifestrepo

import (
	"fmt"
	"slices"
	"strings"
)

// signalboxFile is signalbox.json as read.
type signalboxFile struct {
	present bool
	layout  int
	stop    *Lock
	extra   extraFields
}

// stopID is the id of the one global stop.
const stopID = "stop"

func (f *fieldReader) deployment(env string, data []byte) (*Deployment, error) {
	if err := checkJSON(data); err != nil {
		return nil, err
	}
	d := &Deployment{Environment: f.remember(env), file: true}
	err := eachField(data, func(key string, raw []byte) error {
		switch key {
		case "version":
			return f.number(key, raw, MaxVersion, &d.Version)
		case "manifestBlob":
			return f.hash(key, raw, &d.ManifestBlob)
		case "deployedAt":
			return f.time(key, raw, &d.DeployedAt)
		case "deployedBy":
			return f.actor(key, raw, &d.DeployedBy, &d.extra)
		case "reason":
			return f.name(key, raw, &d.Reason)
		case "queued":
			q, err := f.queued(raw)
			d.Queued = q
			return err
		case "hold":
			h, err := f.hold(raw)
			d.Hold = h
			return err
		}
		d.extra.keep(key, raw)
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case d.Version != 0 && d.ManifestBlob.IsZero():
		return nil, fmt.Errorf("version %d is deployed, but manifestBlob is missing", d.Version)
	case d.Version == 0 && (!d.ManifestBlob.IsZero() || !d.DeployedAt.IsZero() || d.DeployedBy != Actor{}):
		return nil, fmt.Errorf("version is missing, though manifestBlob, deployedAt or deployedBy is there")
	}
	return d, nil
}

func (f *fieldReader) queued(raw []byte) (*Queued, error) {
	if isNull(raw) {
		return nil, nil
	}
	if raw[0] != '{' {
		return nil, fieldError("queued", "an object", raw)
	}
	q := &Queued{}
	err := eachField(raw, func(key string, raw []byte) error {
		switch key {
		case "version":
			return f.number("queued.version", raw, MaxVersion, &q.Version)
		case "at":
			return f.time("queued.at", raw, &q.At)
		case "by":
			return f.actor(key, raw, &q.By, &q.extra)
		case "because":
			return f.name("queued.because", raw, &q.Because)
		case "cause":
			return f.name("queued.cause", raw, (*string)(&q.Cause))
		case "byHand":
			return f.flag("queued.byHand", raw, &q.ByHand)
		case "approved":
			return f.flag("queued.approved", raw, &q.Approved)
		}
		q.extra.keep(key, raw)
		return nil
	})
	if err == nil && q.Version == 0 {
		err = fmt.Errorf("queued.version is missing")
	}
	return q, err
}

func (f *fieldReader) hold(raw []byte) (*Hold, error) {
	if isNull(raw) {
		return nil, nil
	}
	if raw[0] != '{' {
		return nil, fieldError("hold", "an object", raw)
	}
	h := &Hold{}
	err := eachField(raw, func(key string, raw []byte) error {
		switch key {
		case "at":
			return f.time("hold.at", raw, &h.At)
		case "by":
			return f.actor(key, raw, &h.By, &h.extra)
		case "reason":
			return f.name("hold.reason", raw, &h.Reason)
		}
		h.extra.keep(key, raw)
		return nil
	})
	return h, err
}

// lock fills l from its file. A file that cannot be read leaves a lock that holds.
func (f *fieldReader) lock(l *Lock, data []byte) error {
	if err := checkJSON(data); err != nil {
		return err
	}
	return eachField(data, func(key string, raw []byte) error {
		switch key {
		case "message":
			return f.text(key, raw, &l.Message)
		case "ciLink":
			return f.text(key, raw, &l.CILink)
		case "suggestedLifetime":
			return f.text(key, raw, &l.SuggestedLifetime)
		case "createdBy":
			return f.actor(key, raw, &l.CreatedBy, &l.extra)
		case "createdAt":
			return f.time(key, raw, &l.CreatedAt)
		case "expiresAt":
			return f.time(key, raw, &l.ExpiresAt)
		}
		l.extra.keep(key, raw)
		return nil
	})
}

// applicationFile is application.json as read.
type applicationFile struct {
	team, sourceRepoURL, project string
	labels                       map[string]string
	extra                        extraFields
}

func (f *fieldReader) application(data []byte) (*applicationFile, error) {
	if err := checkJSON(data); err != nil {
		return nil, err
	}
	a := &applicationFile{}
	err := eachField(data, func(key string, raw []byte) error {
		switch key {
		case "team":
			return f.name(key, raw, &a.team)
		case "sourceRepoURL":
			return f.name(key, raw, &a.sourceRepoURL)
		case "project":
			return f.name(key, raw, &a.project)
		case "labels":
			return f.labels(raw, &a.labels)
		}
		a.extra.keep(key, raw)
		return nil
	})
	if err == nil && a.team != "" && !validName(a.team, MaxTeamName) {
		err = pathName("team", a.team, MaxTeamName)
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

func (f *fieldReader) labels(raw []byte, into *map[string]string) error {
	if isNull(raw) {
		return nil
	}
	if raw[0] != '{' {
		return fieldError("labels", "an object", raw)
	}
	labels := map[string]string{}
	err := eachField(raw, func(key string, raw []byte) error {
		var value string
		if err := f.name("labels."+key, raw, &value); err != nil {
			return err
		}
		if fault := labelFault(key, value); fault != "" {
			return fmt.Errorf("labels: %s", fault)
		}
		labels[f.remember(key)] = value
		return nil
	})
	if len(labels) > 0 {
		*into = labels
	}
	return err
}

func (f *fieldReader) signalbox(data []byte) (*signalboxFile, error) {
	if err := checkJSON(data); err != nil {
		return nil, err
	}
	s := &signalboxFile{present: true}
	var layout uint64
	err := eachField(data, func(key string, raw []byte) error {
		switch key {
		case "layout":
			return f.number(key, raw, 1<<31, &layout)
		case "stop":
			if isNull(raw) {
				return nil
			}
			stop := &Lock{Scope: ScopeGlobal, ID: stopID}
			if err := f.lock(stop, raw); err != nil {
				return fmt.Errorf("stop: %w", err)
			}
			s.stop = stop
			return nil
		}
		s.extra.keep(key, raw)
		return nil
	})
	if err == nil && layout != Layout {
		err = fmt.Errorf("layout is %d; this Signalbox reads layout %d", layout, Layout)
	}
	if err != nil {
		return nil, err
	}
	s.layout = int(layout)
	return s, nil
}

// ParseReleases reads releases.json. The error says what is wrong with it, for a Problem or an operator.
func ParseReleases(data []byte) (ReleasesFile, error) {
	f := newFieldReader()
	defer f.done()
	return f.releases(data)
}

func (f *fieldReader) releases(data []byte) (ReleasesFile, error) {
	var r ReleasesFile
	if err := checkJSON(data); err != nil {
		return r, err
	}
	err := eachField(data, func(key string, raw []byte) error {
		if isNull(raw) {
			return nil
		}
		switch key {
		case "log":
			l, err := f.logRef("log", raw, &r.extra, "log")
			r.Log = l
			return err
		case "sealed":
			return f.list(key, raw, func(raw []byte) error {
				l, err := f.logRef("sealed", raw, &r.extra, "")
				r.Sealed = append(r.Sealed, l)
				return err
			})
		case "void":
			return f.list(key, raw, func(raw []byte) error {
				var h Hash
				err := f.hash("void", raw, &h)
				r.Void = append(r.Void, h)
				return err
			})
		case "term":
			return f.number(key, raw, MaxVersion, &r.Term)
		}
		r.extra.keep(key, raw)
		return nil
	})
	if err == nil {
		err = r.check()
	}
	if err != nil {
		return ReleasesFile{}, err
	}
	return r, nil
}

func (f *fieldReader) list(key string, raw []byte, fn func(raw []byte) error) error {
	if raw[0] != '[' {
		return fieldError(key, "a list", raw)
	}
	return eachElement(raw, fn)
}

func (f *fieldReader) logRef(key string, raw []byte, extra *extraFields, place string) (LogRef, error) {
	var l LogRef
	if raw[0] != '{' {
		return l, fieldError(key, "an object with ref and head", raw)
	}
	var rest extraFields
	err := eachField(raw, func(k string, v []byte) error {
		switch k {
		case "ref":
			return f.text(key+".ref", v, &l.Ref)
		case "head":
			return f.hash(key+".head", v, &l.Head)
		}
		rest.keep(k, v)
		return nil
	})
	if place == "" {
		place = l.Ref
	}
	for k, v := range rest {
		extra.keep(place+nestedMark+k, v)
	}
	return l, err
}

func (r ReleasesFile) check() error {
	var refs []string
	for _, l := range slices.Concat(r.Sealed, []LogRef{r.Log}) {
		if !strings.HasPrefix(l.Ref, "refs/") || strings.ContainsAny(l.Ref, " \t\n\r~^:?*[\\\x00\x7f") || strings.Contains(l.Ref, "..") {
			return fmt.Errorf("%s is not the name of a ref (refs/...)", shown(l.Ref))
		}
		if slices.Contains(refs, l.Ref) {
			return fmt.Errorf("%s is named twice", l.Ref)
		}
		refs = append(refs, l.Ref)
	}
	return nil
}
