package manifestrepo

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// LogRecord is one commit of the release log, as read or as just made.
type LogRecord struct {
	Commit  Hash
	Author  Actor
	Time    time.Time
	Message string
	parsed  *parsedLog
}

type parsedLog struct {
	record ParsedRecord
	err    error
}

// Compact parses the record's message and lets go of its text: a caller that gathers a long log can call it for each commit as it
// comes, on any goroutine. Apply does it for records that were not compacted.
func (r LogRecord) Compact() LogRecord {
	if r.parsed == nil {
		record, err := ParseRecord(r)
		r.parsed, r.Message = &parsedLog{record, err}, ""
	}
	return r
}

// Edit is one path to write or delete. Content or Blob is set unless Delete; when both are, Blob is Content's id.
type Edit struct {
	Path    string
	Content []byte
	// Blob is content that the repo holds already (a manifest of the release log).
	Blob   Hash
	Delete bool
}

// Record is one commit to append to the release log.
type Record struct {
	Application string
	// Release is the release it records; nil for removals.
	Release *Release
	Files   []Edit
	Message string
	Author  Actor
	At      time.Time
}

// Manifest is one manifest of a release to be recorded.
type Manifest struct {
	Content []byte
	Blob    Hash
	// SHA256 of the content, in hex.
	SHA256 string
}

// RecordKind says what a commit of the release log records.
type RecordKind string

// The kinds, as the Signalbox-Record trailer holds them.
const (
	RecordRelease            RecordKind = "release"
	RecordRemoved            RecordKind = "removed"
	RecordApplicationRemoved RecordKind = "application-removed"
)

// ParsedRecord is a commit of the release log, understood.
type ParsedRecord struct {
	Kind        RecordKind
	Application string
	// Version is 0 for RecordApplicationRemoved.
	Version uint64
	// Release is set for RecordRelease.
	Release *Release
	Commit  Hash
}

// Folders and files of the release log.

// ReleasePath is where a release's release.json is in its log commit.
func ReleasePath(app string, version uint64) string {
	return releaseFolder(app, version) + "release.json"
}

// ReleaseManifestPath is where a release's manifest for an environment is in its log commit.
func ReleaseManifestPath(app string, version uint64, env string) string {
	return releaseFolder(app, version) + env + ".yaml"
}

// RemovedPath is the file that says a release (or with version 0 all releases of an application so far) was removed.
func RemovedPath(app string, version uint64) string {
	if version == 0 {
		return app + "/removed.json"
	}
	return releaseFolder(app, version) + "removed.json"
}

func releaseFolder(app string, version uint64) string {
	return app + "/" + strconv.FormatUint(version, 10) + "/"
}

// NewReleaseRecord builds the log commit of a release. The release's environments are those of manifests; r is not changed, and
// Record.Release is a copy that has them. It fails for a name or a version that no release can have.
func NewReleaseRecord(app string, r *Release, manifests map[string]Manifest) (Record, error) {
	if err := checkRecord(app, r.Version); err != nil {
		return Record{}, err
	}
	release := *r
	release.Environments = make([]string, 0, len(manifests))
	release.CreatedAt = r.CreatedAt.UTC().Truncate(time.Second)
	digests := make(map[string]string, len(manifests))
	for env, m := range manifests {
		if err := CheckEnvironment(env); err != nil {
			return Record{}, err
		}
		release.Environments = append(release.Environments, env)
		digests[env] = m.SHA256
	}
	slices.Sort(release.Environments)
	content, err := EncodeRelease(&release, digests)
	if err != nil {
		return Record{}, err
	}
	files := make([]Edit, 0, len(manifests)+1)
	files = append(files, Edit{Path: ReleasePath(app, r.Version), Content: content})
	for _, env := range release.Environments {
		m := manifests[env]
		files = append(files, Edit{Path: ReleaseManifestPath(app, r.Version, env), Content: m.Content, Blob: m.Blob})
	}
	w := trailerWriter{}
	w.head(releaseSubject(app, &release), "")
	w.always(TrailerRecord, string(RecordRelease))
	w.always(TrailerApplication, app)
	w.always(TrailerVersion, strconv.FormatUint(r.Version, 10))
	w.always(TrailerRelease, releaseLine(&release))
	return Record{
		Application: app, Release: &release, Files: files, Message: w.String(), Author: release.CreatedBy, At: release.CreatedAt,
	}, nil
}

// releaseSubject reads `checkout 12 (2.15.0): Retry captures once on 503`.
func releaseSubject(app string, r *Release) string {
	text := app + " " + strconv.FormatUint(r.Version, 10)
	if r.DisplayVersion != "" {
		text += " (" + r.DisplayVersion + ")"
	}
	if r.Undeploy {
		return text + ": undeploy"
	}
	if line := firstLine(r.Message); line != "" {
		text += ": " + line
	}
	return text
}

func firstLine(text string) string {
	const limit = 100
	for i, r := range text {
		if r == '\n' || r == '\r' || i >= limit {
			return text[:i]
		}
	}
	return text
}

// NewRemovalRecord builds the log commit that removes one release.
func NewRemovalRecord(app string, version uint64, by Actor, at time.Time, reason string) (Record, error) {
	if err := checkRecord(app, version); err != nil {
		return Record{}, err
	}
	w := trailerWriter{}
	w.head("removed "+app+" "+strconv.FormatUint(version, 10), reason)
	w.always(TrailerRecord, string(RecordRemoved))
	w.always(TrailerApplication, app)
	w.always(TrailerVersion, strconv.FormatUint(version, 10))
	return removal(app, version, w.String(), by, at, reason), nil
}

// NewApplicationRemovalRecord builds the log commit after which all releases of an application so far are history.
func NewApplicationRemovalRecord(app string, by Actor, at time.Time, reason string) (Record, error) {
	if err := checkRecord(app, 1); err != nil {
		return Record{}, err
	}
	w := trailerWriter{}
	w.head("removed "+app, reason)
	w.always(TrailerRecord, string(RecordApplicationRemoved))
	w.always(TrailerApplication, app)
	return removal(app, 0, w.String(), by, at, reason), nil
}

func removal(app string, version uint64, message string, by Actor, at time.Time, reason string) Record {
	o := object{}
	o.time("at", at)
	o.actor("by", by, nil)
	o.text("reason", reason)
	return Record{
		Application: app, Message: message, Author: by, At: at.UTC().Truncate(time.Second),
		Files: []Edit{{Path: RemovedPath(app, version), Content: o.file()}},
	}
}

func checkRecord(app string, version uint64) error {
	if err := CheckApplication(app); err != nil {
		return err
	}
	if version == 0 || version > MaxVersion {
		return fmt.Errorf("version %d of %s is not between 1 and %d", version, app, uint64(MaxVersion))
	}
	return nil
}

// ParseRecord reads a commit of the release log from its message. The error says what is wrong with it.
func ParseRecord(r LogRecord) (ParsedRecord, error) {
	if r.parsed != nil {
		return r.parsed.record, r.parsed.err
	}
	f := newFieldReader()
	defer f.done()
	return f.record(r)
}

func (f *fieldReader) record(r LogRecord) (ParsedRecord, error) {
	p := ParsedRecord{Commit: r.Commit}
	var version, release string
	_, _, trailers := splitMessage(r.Message)
	for key, value := range trailers {
		switch key {
		case TrailerRecord:
			p.Kind = RecordKind(value)
		case TrailerApplication:
			p.Application = f.remember(value)
		case TrailerVersion:
			version = value
		case TrailerRelease:
			release = value
		}
	}
	if p.Kind == "" {
		return p, fmt.Errorf("the commit message has no %s trailer", TrailerRecord)
	}
	if !validName(p.Application, MaxApplicationName) {
		return p, fmt.Errorf("%s cannot be the name of an application", shown(p.Application))
	}
	if p.Kind == RecordApplicationRemoved {
		return p, nil
	}
	var err error
	p.Version, err = strconv.ParseUint(version, 10, 64)
	if err != nil || p.Version == 0 || p.Version > MaxVersion {
		return p, fmt.Errorf("%s is not a version", shown(version))
	}
	switch p.Kind {
	case RecordRemoved:
		return p, nil
	case RecordRelease:
		p.Release, _, err = f.release([]byte(release))
		if err != nil {
			return p, fmt.Errorf("%s: %w", TrailerRelease, err)
		}
		p.Release.Version, p.Release.LogCommit = p.Version, r.Commit
		return p, nil
	}
	return p, fmt.Errorf("%s is not a kind of record", shown(string(p.Kind)))
}

// ParseRelease reads release.json of a log commit and gives the SHA-256 of each manifest in hex, by environment. Version and
// LogCommit, which stand in the path and in git, are zero.
func ParseRelease(data []byte) (r *Release, digests map[string]string, err error) {
	f := newFieldReader()
	defer f.done()
	return f.release(data)
}
