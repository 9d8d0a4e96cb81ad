package manifestrepo

import (
	"reflect"
	"strings"
	"testing"
)

func versions(s *Snapshot, app string) []uint64 {
	var list []uint64
	if a := s.Application(app); a != nil {
		for _, r := range a.Releases {
			list = append(list, r.Version)
		}
	}
	return list
}

func TestReleasesComeAndGoWithTheLog(t *testing.T) {
	sc := newScene(t)
	sc.release(releaseRecord(t, "cart", 1, "dev"), releaseRecord(t, "cart", 3, "dev"), releaseRecord(t, "cart", 2, "dev"))
	if got := versions(sc.s, "cart"); !reflect.DeepEqual(got, []uint64{1, 2, 3}) {
		t.Errorf("versions are %v", got)
	}
	removed, err := NewRemovalRecord("cart", 1, anna, noon, "clean-up")
	if err != nil {
		t.Fatal(err)
	}
	sc.release(removed)
	if got := versions(sc.s, "cart"); !reflect.DeepEqual(got, []uint64{2, 3}) {
		t.Errorf("versions are %v", got)
	}
	all, err := NewApplicationRemovalRecord("cart", anna, noon, "")
	if err != nil {
		t.Fatal(err)
	}
	sc.release(all)
	if sc.s.Application("cart") != nil {
		t.Error("the removed application is still there")
	}
	sc.release(releaseRecord(t, "cart", 1, "dev"))
	if got := versions(sc.s, "cart"); !reflect.DeepEqual(got, []uint64{1}) {
		t.Errorf("versions are %v", got)
	}
}

func TestTheFirstRecordOfAVersionCounts(t *testing.T) {
	sc := newScene(t)
	first, second := releaseRecord(t, "cart", 1, "dev"), releaseRecord(t, "cart", 1, "dev", "staging")
	sc.release(first, second)
	if r := sc.s.Application("cart").Release(1); len(r.Environments) != 1 {
		t.Errorf("the second record won: %+v", r)
	}
	if p := sc.s.Problems(); len(p) != 1 || p[0].Path != "log:"+number(1001).String() {
		t.Errorf("problems are %v", p)
	}
	sc.void(number(1001))
	if len(sc.s.Problems()) != 0 {
		t.Errorf("the problem of a void record stays: %v", sc.s.Problems())
	}
}

// void adds a commit to the void list.
func (sc *scene) void(h Hash) {
	sc.t.Helper()
	r := sc.s.ReleasesFile()
	r.Void = append(append([]Hash{}, r.Void...), h)
	content, err := EncodeReleases(r)
	if err != nil {
		sc.t.Fatal(err)
	}
	sc.write(ReleasesPath, string(content))
}

func TestVoidRecordsNeverCount(t *testing.T) {
	sc := newScene(t)
	sc.release(releaseRecord(t, "cart", 1, "dev"))
	// A writer died between the log and main; the next one appends behind its orphan and voids it in the same step.
	orphan, next := logCommit(2000, releaseRecord(t, "cart", 2, "dev")), logCommit(2001, releaseRecord(t, "cart", 2, "dev", "staging"))
	r := sc.s.ReleasesFile()
	r.Log.Head, r.Void = next.Commit, []Hash{orphan.Commit}
	content, _ := EncodeReleases(r)
	sc.step(map[string]*string{ReleasesPath: ptr(string(content))}, orphan, next)
	if got := sc.s.Application("cart").Release(2); got == nil || got.LogCommit != next.Commit || len(sc.s.Problems()) != 0 {
		t.Errorf("release 2 is %+v", got)
	}
	sc.void(number(1000))
	if got := versions(sc.s, "cart"); !reflect.DeepEqual(got, []uint64{2}) {
		t.Errorf("a commit that was read and then voided still counts: %v", got)
	}
}

func TestForeignRecordsAreProblemsAndNothingElse(t *testing.T) {
	for _, message := range []string{
		"hello", "x\n\nSignalbox-Record: party\nSignalbox-Application: cart\nSignalbox-Version: 1", "x\n\nSignalbox-Record: release\nSignalbox-Application: Cart",
		"x\n\nSignalbox-Record: release\nSignalbox-Application: cart\nSignalbox-Version: 0\nSignalbox-Release: {}",
		"x\n\nSignalbox-Record: release\nSignalbox-Application: cart\nSignalbox-Version: 1\nSignalbox-Release: {\"environments\":[\"UP\"]}",
		"x\n\nSignalbox-Record: release\nSignalbox-Application: cart\nSignalbox-Version: 1\nSignalbox-Release: [",
	} {
		sc := newScene(t)
		sc.release(releaseRecord(t, "cart", 7, "dev"), Record{Message: message})
		if len(sc.s.Problems()) != 1 || !strings.HasPrefix(sc.s.Problems()[0].Path, "log:") || !reflect.DeepEqual(versions(sc.s, "cart"), []uint64{7}) {
			t.Errorf("%q: problems %v, versions %v", message, sc.s.Problems(), versions(sc.s, "cart"))
		}
	}
}

func TestABrokenReleasesFileHidesReleasesUntilItIsCorrected(t *testing.T) {
	sc := newScene(t)
	sc.write(DeploymentPath("dev", "cart"), deployment12)
	sc.release(releaseRecord(t, "cart", 1, "dev"))
	good, before := sc.s.ReleasesFile(), sc.log
	sc.write(ReleasesPath, "<<<<<<< HEAD")
	if a := sc.s.Application("cart"); a == nil || len(a.Releases) != 0 || sc.s.ProblemAt(ReleasesPath) == "" {
		t.Errorf("the application is %+v", a)
	}
	ranges := NewLog(sc.s.ReleasesFile(), good)
	if want := []LogRange{{Ref: good.Log.Ref, To: good.Log.Head}}; !reflect.DeepEqual(ranges, want) {
		t.Errorf("the log to read again is %v", ranges)
	}
	content, _ := EncodeReleases(good)
	sc.log = nil
	sc.step(map[string]*string{ReleasesPath: ptr(string(content))}, before...)
	if got := versions(sc.s, "cart"); !reflect.DeepEqual(got, []uint64{1}) {
		t.Errorf("versions are %v", got)
	}
}

func TestNewLogSaysWhatToRead(t *testing.T) {
	a, b := "refs/signalbox/log/0001", "refs/signalbox/log/0002"
	file := func(log LogRef, sealed ...LogRef) ReleasesFile { return ReleasesFile{Log: log, Sealed: sealed} }
	void := func(r ReleasesFile, h ...Hash) ReleasesFile { r.Void = h; return r }
	for name, c := range map[string]struct {
		before, after ReleasesFile
		want          []LogRange
	}{
		"nothing yet":            {ReleasesFile{}, file(LogRef{Ref: a}), nil},
		"the first releases":     {file(LogRef{Ref: a}), file(LogRef{a, number(2)}), []LogRange{{a, Hash{}, number(2)}}},
		"more releases":          {file(LogRef{a, number(2)}), file(LogRef{a, number(5)}), []LogRange{{a, number(2), number(5)}}},
		"nothing new":            {file(LogRef{a, number(2)}), file(LogRef{a, number(2)}), nil},
		"sealed, and a new log":  {file(LogRef{a, number(2)}), file(LogRef{b, number(9)}, LogRef{a, number(3)}), []LogRange{{a, number(2), number(3)}, {b, Hash{}, number(9)}}},
		"sealed, new log empty":  {file(LogRef{a, number(2)}), file(LogRef{Ref: b}, LogRef{a, number(2)}), nil},
		"more voids":             {file(LogRef{a, number(2)}), void(file(LogRef{a, number(5)}), number(4)), []LogRange{{a, number(2), number(5)}}},
		"a void was taken back":  {void(file(LogRef{a, number(2)}), number(1)), file(LogRef{a, number(5)}), []LogRange{{a, Hash{}, number(5)}}},
		"another log altogether": {file(LogRef{a, number(2)}), file(LogRef{b, number(5)}), []LogRange{{b, Hash{}, number(5)}}},
		"the file is gone":       {file(LogRef{a, number(2)}), ReleasesFile{}, nil},
	} {
		if got := NewLog(c.before, c.after); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestARecordHoldsTheReleaseAlone(t *testing.T) {
	rec, err := NewReleaseRecord("cart", &Release{Version: 12, CreatedAt: noon, CreatedBy: anna, DisplayVersion: "2.1", Message: "Retry once\n\nlong text"},
		map[string]Manifest{"staging": {Blob: number(2), SHA256: strings.Repeat("b", 64)}, "dev": {Content: []byte("a"), SHA256: strings.Repeat("a", 64)}})
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, f := range rec.Files {
		paths = append(paths, f.Path)
	}
	if want := []string{"cart/12/release.json", "cart/12/dev.yaml", "cart/12/staging.yaml"}; !reflect.DeepEqual(paths, want) {
		t.Errorf("files are %v", paths)
	}
	if !strings.HasPrefix(rec.Message, "cart 12 (2.1): Retry once\n\nSignalbox-Record: release\n") {
		t.Errorf("the message is %s", rec.Message)
	}
	r, digests, err := ParseRelease(rec.Files[0].Content)
	if err != nil || digests["dev"] != strings.Repeat("a", 64) {
		t.Fatalf("%v %v", digests, err)
	}
	p, err := ParseRecord(logCommit(1, rec).Compact())
	if err != nil {
		t.Fatal(err)
	}
	r.Version, r.LogCommit = p.Version, p.Commit
	if !reflect.DeepEqual(r, p.Release) {
		t.Errorf("file and trailer differ:\n%+v\n%+v", r, p.Release)
	}
	if valid(t, "release", string(rec.Files[0].Content)) != nil {
		t.Errorf("release.json breaks its schema: %s", rec.Files[0].Content)
	}
	for _, bad := range []struct {
		app     string
		version uint64
		env     string
	}{{"Cart", 1, "dev"}, {"cart", 0, "dev"}, {"cart", 1 << 63, "dev"}, {"cart", 1, "../x"}} {
		if _, err := NewReleaseRecord(bad.app, &Release{Version: bad.version}, map[string]Manifest{bad.env: {}}); err == nil {
			t.Errorf("%v is accepted", bad)
		}
	}
}
