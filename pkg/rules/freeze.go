package rules

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/schedule"
)

// Freeze is what freeze windows say of an application in an environment at a time.
type Freeze struct {
	// Because names the windows that hold, in words; empty when none does.
	Because string
	// Until is when they stop; zero when that is not known.
	Until time.Time
	// Windows are those that hold.
	Windows []FreezeWindow
}

// Frozen reports whether anything holds.
func (f Freeze) Frozen() bool { return f.Because != "" }

// FreezeWindow is a window and where it stands.
type FreezeWindow struct {
	manifestrepo.FreezeWindow
	// Group is set when the window is the group's.
	Group string
}

// Label is the window's name, or its schedule when it has none.
func (f FreezeWindow) Label() string {
	if f.Name != "" {
		return f.Name
	}
	return f.Schedule
}

// String names the window for a person, with the reason.
func (f FreezeWindow) String() string {
	text := "freeze window "
	if f.Kind == "allow" {
		text = "closed allow window "
	}
	if f.Name == "" {
		text += strconv.Quote(f.Schedule)
	} else {
		text += f.Name
	}
	if f.Group != "" {
		text += " of group " + f.Group
	}
	if f.Reason != "" {
		text += " (" + strings.Join(strings.Fields(f.Reason), " ") + ")"
	}
	return text
}

// FreezeOf evaluates the windows of an environment and its group for an application of a team. Windows that cannot be read, in the group's
// settings or in config.json, freeze: nobody can tell. To ask for many applications at one time use FreezesAt.
func FreezeOf(s *manifestrepo.Snapshot, env *manifestrepo.Environment, app, team string, now time.Time) Freeze {
	return FreezesAt(s, now).Of(env, app, team)
}

// Freezes are the freeze windows of a state at one time. It evaluates the windows of an environment once for all applications that the same
// windows concern. It may not be used by several goroutines at once.
type Freezes struct {
	s    *manifestrepo.Snapshot
	now  time.Time
	envs map[string]*environmentFreezes
}

// FreezesAt begins to evaluate the freeze windows of a state at a time. Until of what it says is in UTC.
func FreezesAt(s *manifestrepo.Snapshot, now time.Time) *Freezes {
	return &Freezes{s: s, now: now.UTC(), envs: map[string]*environmentFreezes{}}
}

// Of is what FreezeOf says.
func (f *Freezes) Of(env *manifestrepo.Environment, app, team string) Freeze {
	known := f.envs[env.Name]
	if known == nil {
		known = newEnvironmentFreezes(f.s, env)
		f.envs[env.Name] = known
	}
	return known.at(app, team, f.now)
}

// environmentFreezes are the windows of an environment and its group.
type environmentFreezes struct {
	// unknown says that nobody can tell what the windows are; it holds everything.
	unknown Freeze
	windows []FreezeWindow
	// read are the same windows as they are evaluated; problems says, by index, which of them cannot be.
	read     []schedule.Window
	problems map[int]error
	// everybody, teams and applications say whom the windows concern, by index.
	everybody           []int
	teams, applications map[string][]int
	// known is what a set of windows says.
	known map[string]Freeze
}

func newEnvironmentFreezes(s *manifestrepo.Snapshot, env *manifestrepo.Environment) *environmentFreezes {
	f := &environmentFreezes{problems: map[int]error{}, teams: map[string][]int{}, applications: map[string][]int{}, known: map[string]Freeze{}}
	if env.Problem != "" {
		f.unknown.Because = fmt.Sprintf("unreadable config.json of %s: %s", env.Name, env.Problem)
		return f
	}
	for _, w := range env.Config.FreezeWindows {
		f.add(FreezeWindow{FreezeWindow: w})
	}
	group := s.Group(env.GroupName())
	if group == nil {
		return f
	}
	if group.Problem != "" {
		f.unknown.Because = fmt.Sprintf("unreadable settings of group %s: %s", group.Name, group.Problem)
	}
	for _, w := range group.Config.FreezeWindows {
		f.add(FreezeWindow{FreezeWindow: w, Group: group.Name})
	}
	return f
}

func (f *environmentFreezes) add(w FreezeWindow) {
	i := len(f.windows)
	read, err := w.Window()
	if err != nil {
		f.problems[i] = err
	}
	f.windows, f.read = append(f.windows, w), append(f.read, read)
	if len(w.Teams) == 0 && len(w.Applications) == 0 {
		f.everybody = append(f.everybody, i)
	}
	for _, team := range w.Teams {
		f.teams[team] = append(f.teams[team], i)
	}
	for _, app := range w.Applications {
		f.applications[app] = append(f.applications[app], i)
	}
}

// at is what the windows say that concern an application.
func (f *environmentFreezes) at(app, team string, now time.Time) Freeze {
	if f.unknown.Frozen() || len(f.windows) == 0 {
		return f.unknown
	}
	concerned := make([]byte, len(f.windows)) // one byte a window: the key of the set
	for _, i := range f.everybody {
		concerned[i] = 1
	}
	if team != "" {
		for _, i := range f.teams[team] {
			concerned[i] = 1
		}
	}
	for _, i := range f.applications[app] {
		concerned[i] = 1
	}
	freeze, known := f.known[string(concerned)]
	if !known {
		freeze = f.evaluate(concerned, now)
		f.known[string(concerned)] = freeze
	}
	return freeze
}

func (f *environmentFreezes) evaluate(concerned []byte, now time.Time) Freeze {
	var windows []FreezeWindow
	var read []schedule.Window
	for i, w := range f.windows {
		if concerned[i] == 0 {
			continue
		}
		if err := f.problems[i]; err != nil {
			return Freeze{Because: fmt.Sprintf("unreadable %s: %v", w, err), Windows: []FreezeWindow{w}}
		}
		windows, read = append(windows, w), append(read, f.read[i])
	}
	state := schedule.At(read, now)
	if !state.Frozen {
		return Freeze{}
	}
	freeze := Freeze{Until: state.Until}
	var words []string
	for _, i := range state.Holding {
		freeze.Windows = append(freeze.Windows, windows[i])
		words = append(words, windows[i].String())
	}
	freeze.Because = listed(words) + " until " + untilWords(state.Until)
	return freeze
}

// untilWords says when something ends.
func untilWords(t time.Time) string {
	if t.IsZero() {
		return "further notice"
	}
	return t.UTC().Format(time.RFC3339)
}
