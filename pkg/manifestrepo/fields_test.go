package manifestrepo

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"
)

// fill sets every exported field below v to a value of its own, so that a field somebody adds later cannot be forgotten in an
// encoder. Names in skip are left alone.
func fill(v reflect.Value, n *int, skip ...string) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() || slices.Contains(skip, field.Name) {
			continue
		}
		*n++
		switch f := v.Field(i); f.Interface().(type) {
		case string:
			f.SetString(fmt.Sprintf("value-%d", *n))
		case QueueCause:
			f.Set(reflect.ValueOf(QueuedByFreeze))
		case uint64:
			f.SetUint(uint64(*n))
		case bool:
			f.SetBool(true)
		case time.Time:
			f.Set(reflect.ValueOf(noon.Add(time.Duration(*n) * time.Hour)))
		case Hash:
			f.Set(reflect.ValueOf(number(*n)))
		default:
			if f.Kind() == reflect.Pointer {
				f.Set(reflect.New(f.Type().Elem()))
				f = f.Elem()
			}
			fill(f, n)
		}
	}
}

func TestEveryFieldSurvivesWritingReadingAndRestoring(t *testing.T) {
	n := 0
	r := Release{Environments: []string{"dev", "staging"}}
	fill(reflect.ValueOf(&r).Elem(), &n, "Environments", "LogCommit")
	d := Deployment{Environment: "dev"}
	fill(reflect.ValueOf(&d).Elem(), &n, "Environment", "Broken")
	l := Lock{Scope: ScopeApplication, ID: "l1", Environment: "dev", Application: "cart"}
	fill(reflect.ValueOf(&l).Elem(), &n, "Scope", "ID", "Environment", "Application", "Group", "Team", "Broken")
	stop := l
	stop.Scope, stop.ID, stop.Environment, stop.Application = ScopeGlobal, "stop", "", ""
	a := Application{Name: "cart", Team: "shop", SourceRepoURL: "https://git.example.com", Project: "web"}

	sc := newScene(t)
	encoded := func(content []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	sc.apply([]PathChange{
		{Path: ApplicationPath("cart"), New: number(1), Content: encoded(EncodeApplication(&a))},
		{Path: DeploymentPath("dev", "cart"), New: number(2), Content: encoded(EncodeDeployment(&d))},
		{Path: ManifestPath("dev", "cart"), New: d.FileBlob},
		{Path: LockPath(&l), New: number(3), Content: encoded(EncodeLock(&l))},
		{Path: LockPath(&stop), New: number(4), Content: encoded(EncodeLock(&stop))},
	})
	record, err := NewReleaseRecord("cart", &r, map[string]Manifest{"dev": {SHA256: "00"}, "staging": {SHA256: "00"}})
	if err != nil {
		t.Fatal(err)
	}
	sc.release(record)
	r.LogCommit = number(1000)

	parts, err := Parts(nil, sc.s)
	if err != nil {
		t.Fatal(err)
	}
	restored, err := Restore(parts)
	if err != nil {
		t.Fatal(err)
	}
	for how, s := range map[string]*Snapshot{"read": sc.s, "restored": restored} {
		cart := s.Application("cart")
		gotD, gotL, gotStop := *cart.Deployments["dev"], *s.FindLock(&l), *s.FindLock(&stop)
		gotD.file = false
		for what, pair := range map[string][2]any{
			"release": {*cart.Newest(), r}, "deployment": {gotD, d}, "lock": {gotL, l}, "stop": {gotStop, stop},
			"application": {[]string{cart.Name, cart.Team, cart.SourceRepoURL, cart.Project}, []string{a.Name, a.Team, a.SourceRepoURL, a.Project}},
		} {
			if !reflect.DeepEqual(pair[0], pair[1]) {
				t.Errorf("%s %s is\n%+v\nwant\n%+v", how, what, pair[0], pair[1])
			}
		}
	}
}

func TestLocksAreFoundByTheirPlace(t *testing.T) {
	sc := newScene(t)
	places := []*Lock{
		{Scope: ScopeEnvironment, ID: "l1", Environment: "dev"}, {Scope: ScopeTeam, ID: "l1", Environment: "dev", Team: "shop"},
		{Scope: ScopeApplication, ID: "l1", Environment: "dev", Application: "cart"}, {Scope: ScopeGroup, ID: "l1", Group: "prod"},
		{Scope: ScopeGlobal, ID: "stop"},
	}
	for _, l := range places {
		if sc.s.FindLock(l) != nil {
			t.Errorf("there is a %s before it is made", l.Scope)
		}
		content, err := EncodeLock(&Lock{Scope: l.Scope, Message: l.Scope.String(), ExpiresAt: noon})
		if err != nil {
			t.Fatal(err)
		}
		sc.write(LockPath(l), string(content))
		found := sc.s.FindLock(l)
		if found == nil || found.Message != l.Scope.String() || found.Scope != l.Scope {
			t.Errorf("the %s is found as %+v", l.Scope, found)
		}
		if found.Expired(noon.Add(-time.Second)) || !found.Expired(noon) || (&Lock{}).Expired(noon) {
			t.Error("locks expire at the wrong time")
		}
	}
	if got := sc.s.Locks(); len(got) != len(places) {
		t.Errorf("%d locks are listed", len(got))
	}
}

func TestAGroupWinsOverAnEnvironmentOfTheSameName(t *testing.T) {
	sc := newScene(t)
	sc.step(map[string]*string{
		ConfigPath("prod"): ptr(`{"environmentGroup":"all"}`), ConfigPath("de"): ptr(`{"environmentGroup":"prod"}`), ConfigPath("fr"): ptr(`{"environmentGroup":"prod"}`),
		ApplicationPath("cart"): ptr(`{"team":"shop"}`), ApplicationPath("pay"): ptr(`{"team":"money"}`),
	})
	for name, want := range map[string][]string{"prod": {"de", "fr"}, "all": {"prod"}, "de": {"de"}, "nowhere": nil} {
		if got := sc.s.Target(name); !slices.Equal(got, want) {
			t.Errorf("%s means %v, want %v", name, got, want)
		}
	}
	if got := sc.s.Teams(); !slices.Equal(got, []string{"money", "shop"}) {
		t.Errorf("teams are %v", got)
	}
}
