package reads

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/rules"
	"github.com/signalbox-dev/signalbox/pkg/schedule"
	"github.com/signalbox-dev/signalbox/services/cd-service/convert"
)

// window is a freeze window and when it is open.
type window struct {
	rules.FreezeWindow
	// times never opens when the window cannot be read; rules.FreezeOf says what that means.
	times schedule.Window
}

// freeze is what holds an application, as rules.FreezeOf says.
type freeze struct {
	rules.Freeze
	until *timestamppb.Timestamp
}

// freezes is what the freeze windows of one environment mean for its applications at one time.
type freezes struct {
	// windows are the environment's own, then its group's.
	windows []window
	// some are the indexes of windows that concern only some applications.
	some []int

	mu sync.Mutex
	// known by those of some that concern an application: what is the same for all of them is asked for once.
	known map[string]*freeze
	now   time.Time
}

// newFreezes reads the windows of an environment and its group, which may be nil.
func newFreezes(env *manifestrepo.Environment, group *manifestrepo.Group, now time.Time) *freezes {
	f := &freezes{known: map[string]*freeze{}, now: now}
	f.add(env.Config.FreezeWindows, "")
	if group != nil {
		f.add(group.Config.FreezeWindows, group.Name)
	}
	return f
}

func (f *freezes) add(windows []manifestrepo.FreezeWindow, group string) {
	for _, w := range windows {
		if len(w.Teams) > 0 || len(w.Applications) > 0 {
			f.some = append(f.some, len(f.windows))
		}
		times, err := w.Window()
		if err != nil {
			times = schedule.Window{}
		}
		f.windows = append(f.windows, window{FreezeWindow: rules.FreezeWindow{FreezeWindow: w, Group: group}, times: times})
	}
}

// of is what holds an application of a team in the environment these freezes are of.
func (f *freezes) of(s *manifestrepo.Snapshot, env *manifestrepo.Environment, app, team string) *freeze {
	var concern []byte
	if len(f.some) > 0 {
		concern = make([]byte, (len(f.some)+7)/8)
		for bit, i := range f.some {
			if f.windows[i].Concerns(app, team) {
				concern[bit/8] |= 1 << (bit % 8)
			}
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.known[string(concern)]
	if known == nil {
		known = &freeze{Freeze: rules.FreezeOf(s, env, app, team, f.now)}
		known.until = convert.Time(known.Until)
		f.known[string(concern)] = known
	}
	return known
}

// change is when one of the windows opens or closes next; zero when none does for long.
func (f *freezes) change() time.Time {
	var first time.Time
	for _, w := range f.windows {
		first = earlier(first, schedule.NextChange([]schedule.Window{w.times}, f.now))
	}
	return first
}

// holding lists the windows that hold something, in the order of the config. What a window for some teams and applications holds is asked
// for each of those, so that it shows before the first of them is there.
func (c *column) holding(s *manifestrepo.Snapshot) []*api.Freeze {
	all := c.freezes.of(s, c.env, "", "")
	held := []*freeze{all}
	for _, i := range c.freezes.some {
		w := c.freezes.windows[i]
		for _, team := range w.Teams {
			held = append(held, c.freezes.of(s, c.env, "", team))
		}
		for _, name := range w.Applications {
			team := ""
			if app := s.Application(name); app != nil {
				team = app.Team
			}
			held = append(held, c.freezes.of(s, c.env, name, team))
		}
	}
	var out []*api.Freeze
	if all.Frozen() && len(all.Windows) == 0 {
		nobodyKnows := &api.Freeze{Kind: schedule.Deny.String(), Reason: all.Because, Environment: c.env.Name}
		if c.group != nil && c.group.Problem != "" {
			nobodyKnows.EnvironmentGroup = c.group.Name
		}
		out = append(out, nobodyKnows)
	}
	for _, w := range c.freezes.windows {
		for _, f := range held {
			if slices.ContainsFunc(f.Windows, w.same) {
				out = append(out, c.freezeProto(w, f))
				break
			}
		}
	}
	return out
}

// same reports whether two windows are one.
func (w window) same(other rules.FreezeWindow) bool {
	return w.Group == other.Group && w.Name == other.Name && w.Kind == other.Kind && w.Schedule == other.Schedule && w.Duration == other.Duration &&
		w.TimeZone == other.TimeZone && w.Reason == other.Reason && slices.Equal(w.Teams, other.Teams) && slices.Equal(w.Applications, other.Applications)
}

// freezeProto is a window that holds. A deny window holds until it closes itself; allow windows hold together.
func (c *column) freezeProto(w window, f *freeze) *api.Freeze {
	until := f.until
	if w.times.Kind == schedule.Deny {
		until = convert.Time(schedule.At([]schedule.Window{w.times}, c.freezes.now).Until)
	}
	return &api.Freeze{
		Window: w.Name, Kind: w.Kind, Reason: w.Reason, Until: until, Teams: w.Teams, Applications: w.Applications,
		Environment: c.env.Name, EnvironmentGroup: w.Group,
	}
}

// earlier is the first of two times; zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// latest is the last of two times; zero is none.
func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// whole are the windows that concern all applications.
func (f *freezes) whole() []schedule.Window {
	var all []schedule.Window
	for i, w := range f.windows {
		if !slices.Contains(f.some, i) {
			all = append(all, w.times)
		}
	}
	return all
}

// unreadable reports whether all of the environment is frozen for another reason than a window: its settings cannot be read, so nobody can tell.
func (f *freezes) unreadable(s *manifestrepo.Snapshot, env *manifestrepo.Environment) bool {
	all := f.of(s, env, "", "")
	return all.Frozen() && len(all.Windows) == 0
}

// zone is the time zone's name.
func (w window) zone() string { return cmp.Or(w.TimeZone, "UTC") }
