package manifestrepo

import (
	"maps"
	"slices"
	"strings"
)

// Distances to upstream that are not a number of hops.
const (
	DistanceNone   = 100 // no upstream
	DistanceBroken = 667 // the chain ends at an environment that is not there, or runs in a circle
)

// derive fills in what follows from the configs: lists, groups, distances, priorities. Environments whose derived fields change are
// copied, so that older snapshots keep theirs.
func (l *line) derive() {
	distance := map[string]int{}
	roots := map[string]string{}
	names := slices.Sorted(maps.Keys(l.all))
	for _, name := range names {
		l.chain(name, distance, roots)
	}
	longest := map[string]int{} // by latest environment: hops to the end of its longest chain
	for name, d := range distance {
		if root, ok := roots[name]; ok {
			longest[root] = max(longest[root], d)
		}
	}
	l.environments = nil
	for _, name := range names {
		e := l.all[name]
		if !e.present {
			continue
		}
		d, p := distance[name], PriorityOther
		if root, ok := roots[name]; ok {
			p = priorityOf(d, longest[root])
		}
		if e.Distance != d || e.Priority != p {
			copied := *e
			copied.Distance, copied.Priority = d, p
			e = &copied
			l.all[name] = e
		}
		l.environments = append(l.environments, e)
	}
	l.deriveGroups()
}

// chain follows an environment's upstreams to the latest environment they begin at, its root. Without one there is no root.
func (l *line) chain(name string, distance map[string]int, roots map[string]string) int {
	if d, ok := distance[name]; ok {
		return d
	}
	distance[name] = DistanceBroken // seen again on the way: a circle
	e := l.all[name]
	if e == nil || !e.present {
		return DistanceBroken
	}
	upstream := e.UpstreamName()
	switch {
	case e.Latest():
		distance[name], roots[name] = 0, name
	case upstream == "":
		distance[name] = DistanceNone
	default:
		d := l.chain(upstream, distance, roots)
		root, ok := roots[upstream]
		if ok {
			distance[name], roots[name] = min(d+1, DistanceNone-1), root
		} else if d != DistanceBroken {
			distance[name] = d + 1
		}
	}
	return distance[name]
}

// priorityOf says where on the way to production an environment stands: distance hops behind the latest environment of its chain,
// where the longest chain from that environment has longest hops.
//
// The latest environment is upstream and the end of the line is production; the one before production is pre-production when the
// line has three stops, and canary when it has more, with pre-production before it; what is between is other. So
//
//	1 stop   upstream
//	2 stops  upstream, production
//	3 stops  upstream, pre-production, production
//	4 stops  upstream, pre-production, canary, production
//	5 stops  upstream, other, pre-production, canary, production
//
// Environments without upstream, or with a broken chain, are other. A side branch that ends early has the priority of its distance: a
// load test beside staging is pre-production. A group has the priority of its environment farthest down the line.
func priorityOf(distance, longest int) Priority {
	switch {
	case distance == 0:
		return PriorityUpstream
	case distance == longest:
		return PriorityProduction
	case distance == longest-1 && longest > 2:
		return PriorityCanary
	case distance == longest-1, distance == longest-2:
		return PriorityPreProduction
	}
	return PriorityOther
}

func (l *line) deriveGroups() {
	groups := map[string]*Group{}
	group := func(name string) *Group {
		g := groups[name]
		if g == nil {
			g = &Group{Name: name, Distance: -1, Priority: PriorityOther}
			groups[name] = g
		}
		return g
	}
	for _, e := range l.environments {
		g := group(e.GroupName())
		g.Environments = append(g.Environments, e.Name)
		// An environment on the line says more of its group than one beside it.
		onLine, wasOn := e.Distance < DistanceNone, g.Distance >= 0 && g.Distance < DistanceNone
		if g.Distance < 0 || onLine && !wasOn || onLine == wasOn && e.Distance > g.Distance {
			g.Distance, g.Priority = e.Distance, e.Priority
		}
	}
	for name, files := range l.ofGroups {
		g := group(name)
		g.Locks, g.Departures, g.Config, g.Raw, g.Problem = files.locks, files.departures, files.config, files.raw, files.problem
	}
	l.groups = slices.SortedFunc(maps.Values(groups), func(a, b *Group) int { return strings.Compare(a.Name, b.Name) })
	for _, g := range l.groups {
		if g.Distance < 0 {
			g.Distance = DistanceNone
		}
	}
}
