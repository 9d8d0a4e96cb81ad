package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// maxBodyLines keeps the message of a train of thousands of applications readable; the events name them all.
const maxBodyLines = 100

// work is a Decide under way: what a rule may read, and what it has decided so far.
type work struct {
	s       *manifestrepo.Snapshot
	ctx     Context
	checked *Checked
	// now is the time of the decision in UTC, in whole seconds as files hold it.
	now time.Time
	// reason is what the person gave; may be empty.
	reason string

	edits editList
	// creates are the paths among the edits that are new.
	creates []string
	records []manifestrepo.Record
	// render are the environments whose Argo CD documents are to be written anew.
	render  []string
	message manifestrepo.Message
	lines   []string
	result  *api.ActionResult

	envLocks map[string][]*manifestrepo.Lock
	// askings are what the decision asks approval for, by environment.
	askings map[string]*asking
	freezes *Freezes
}

func newWork(c *Checked, s *manifestrepo.Snapshot, ctx Context, reason string) *work {
	now := ctx.Now.UTC().Truncate(time.Second)
	return &work{
		s: s, ctx: ctx, checked: c, now: now, reason: reason,
		message:  manifestrepo.Message{Action: c.Kind, Reason: reason},
		result:   &api.ActionResult{},
		envLocks: map[string][]*manifestrepo.Lock{},
		freezes:  FreezesAt(s, now),
	}
}

// decision is what the rule decided. When no path changes and nothing is recorded the result says so.
func (w *work) decision() *Decision {
	d := &Decision{Edits: w.edits.list, creates: w.creates, Records: w.records, Message: w.message, Result: w.result, Render: w.render}
	d.Result.Unchanged = !d.Changes()
	if extra := len(w.lines) - maxBodyLines; extra > 0 {
		w.lines = append(w.lines[:maxBodyLines:maxBodyLines], fmt.Sprintf("... and %d more", extra))
	}
	d.Message.Body = strings.Join(w.lines, "\n")
	return d
}

func (w *work) write(path string, content []byte) {
	w.edits.add(manifestrepo.Edit{Path: path, Content: content})
}

// create writes a file that is not there yet.
func (w *work) create(path string, content []byte) {
	w.creates = append(w.creates, path)
	w.write(path, content)
}

func (w *work) point(path string, blob manifestrepo.Hash) {
	w.edits.add(manifestrepo.Edit{Path: path, Blob: blob})
}

func (w *work) delete(path string) { w.edits.add(manifestrepo.Edit{Path: path, Delete: true}) }

// renderAnew asks for an environment's Argo CD documents.
func (w *work) renderAnew(env string) {
	if !slices.Contains(w.render, env) {
		w.render = append(w.render, env)
	}
}

// happened notes an event.
func (w *work) happened(e manifestrepo.Event) { w.message.Events = append(w.message.Events, e) }

// say adds a line to the body of the commit message.
func (w *work) say(format string, args ...any) {
	w.lines = append(w.lines, fmt.Sprintf(format, args...))
}

// because is the reason given, or what stands in its place.
func (w *work) because(otherwise string) string {
	if w.reason != "" {
		return w.reason
	}
	return otherwise
}

// locksOn gives the locks that hold an application in an environment now, the nearest first. own are the application's locks there.
func (w *work) locksOn(env *manifestrepo.Environment, own map[string]*manifestrepo.Lock, team string) []*manifestrepo.Lock {
	out := standing(own, w.now)
	if team != "" {
		out = append(out, standing(env.TeamLocks[team], w.now)...)
	}
	return append(out, w.locksOfEnvironment(env)...)
}

func (w *work) locksOfEnvironment(env *manifestrepo.Environment) []*manifestrepo.Lock {
	locks, known := w.envLocks[env.Name]
	if !known {
		locks = environmentLocks(w.s, env, w.now)
		w.envLocks[env.Name] = locks
	}
	return locks
}

// editList holds one edit a path, in the order the paths came first.
type editList struct {
	list []manifestrepo.Edit
	at   map[string]int
}

func (l *editList) add(e manifestrepo.Edit) {
	if l.at == nil {
		l.at = map[string]int{}
	}
	if i, known := l.at[e.Path]; known {
		l.list[i] = e
		return
	}
	l.at[e.Path] = len(l.list)
	l.list = append(l.list, e)
}

func (l *editList) has(path string) bool {
	_, known := l.at[path]
	return known
}

// forget takes an edit out again.
func (l *editList) forget(path string) {
	i, known := l.at[path]
	if !known {
		return
	}
	l.list = slices.Delete(l.list, i, i+1)
	delete(l.at, path)
	for p, j := range l.at {
		if j > i {
			l.at[p] = j - 1
		}
	}
}
