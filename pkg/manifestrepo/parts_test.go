package manifestrepo

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// store is what a projection keeps: parts by key.
type store map[string][]byte

func (s store) take(t tester, before, after *Snapshot) []Part {
	t.Helper()
	parts, err := Parts(before, after)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		if p.Data == nil {
			delete(s, p.Key)
		} else {
			s[p.Key] = p.Data
		}
	}
	return parts
}

func (s store) list() []Part {
	var parts []Part
	for k, d := range s {
		parts = append(parts, Part{k, d})
	}
	return parts
}

func TestADeploymentDoesNotRewriteReleases(t *testing.T) {
	sc := newScene(t)
	var records []Record
	for v := uint64(1); v <= 100; v++ {
		records = append(records, releaseRecord(t, "cart", v, "dev"))
	}
	sc.release(records...)
	before := sc.s
	keys := func() string {
		var keys []string
		for _, p := range (store{}).take(t, before, sc.s) {
			keys = append(keys, p.Key)
		}
		slices.Sort(keys)
		before = sc.s
		return strings.Join(keys, " ")
	}
	sc.write(DeploymentPath("dev", "cart"), deployment12)
	if got := keys(); got != "a/cart root" {
		t.Errorf("a deployment writes %s", got)
	}
	sc.release(releaseRecord(t, "cart", 101, "dev"))
	if got := keys(); got != "releases root v/cart/3" {
		t.Errorf("a release writes %s", got)
	}
	all, _ := NewApplicationRemovalRecord("cart", anna, noon, "")
	sc.release(all)
	sc.delete(DeploymentPath("dev", "cart"))
	if got := keys(); got != "a/cart releases root v/cart/0 v/cart/1 v/cart/2 v/cart/3" {
		t.Errorf("removing everything writes %s", got)
	}
}

func TestDamagedPartsAreRefused(t *testing.T) {
	sc := newScene(t)
	sc.step(map[string]*string{ConfigPath("dev"): ptr(`{}`), DeploymentPath("dev", "cart"): ptr(deployment12), "environments/dev/locks/l1.json": ptr(`{}`),
		GroupPath("g"): ptr(`{"freezeWindows":[]}`), "environment-groups/g/departures/nightly.json": ptr(nightly), ReleaseSetPath("q4"): ptr(`{"versions":{"cart":1}}`),
		"environments/dev/departures/weekly.json": ptr(`{"paused":{"reason":"audit"}}`), ApprovalPath("dev", "a1"): ptr(`{"changes":[{"application":"cart","version":1}]}`),
		ApplicationPath("cart"): ptr(`{"labels":{"tier":"critical"}}`),
	})
	sc.release(releaseRecord(t, "cart", 1, "dev"))
	parts, err := Parts(nil, sc.s)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range parts {
		for cut := range p.Data {
			damaged := slices.Clone(parts)
			damaged[i].Data = p.Data[:cut]
			if _, err := Restore(damaged); err == nil {
				t.Errorf("%s cut to %d of %d bytes is accepted", p.Key, cut, len(p.Data))
			} else if !errors.Is(err, errPart) {
				t.Errorf("%s: %v", p.Key, err)
			}
		}
		if strings.HasPrefix(p.Key, partRoot) || p.Key == partReleases || p.Key == partProblems || strings.HasPrefix(p.Key, partApp) {
			if _, err := Restore(slices.Delete(slices.Clone(parts), i, i+1)); err == nil {
				t.Errorf("%s may be missing", p.Key)
			}
		}
	}
}
