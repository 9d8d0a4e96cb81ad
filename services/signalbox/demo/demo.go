// Package demo fills an empty server with the releases of a small web shop, so that a newcomer sees a chain of environments at work:
// applications of four teams, promoted step by step, a lock on an environment, a lock on an application with a version that waits, a roll back
// on hold, a release set, a timetable and freeze windows.
//
// It goes through the normal API, as a shop's CI and people would, and posts the same each time.
package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/signalbox/client"
)

// Environments are those the demo needs; environments-example/ has them.
var Environments = []string{"development", "staging", "production-de", "production-us"}

// Step is one command of the demo and who asks for it.
type Step struct {
	By      Person
	Request *api.ExecuteRequest
}

// Person asks for something.
type Person struct{ Name, Email string }

// String is the form of git.
func (p Person) String() string { return p.Name + " <" + p.Email + ">" }

// Load posts the demo data, one command after the other. progress, which may be nil, hears of each finished one.
// It refuses a server that has applications or lacks the environments.
func Load(ctx context.Context, c *client.Client, progress func(done, all int, subject string)) error {
	if err := check(ctx, c); err != nil {
		return err
	}
	steps := Steps()
	for i, step := range steps {
		op, err := c.As(step.By.Name, step.By.Email).Execute(ctx, step.Request)
		if err != nil {
			return fmt.Errorf("demo data, command %d of %d: %w", i+1, len(steps), err)
		}
		if progress != nil {
			progress(i+1, len(steps), op.Subject)
		}
	}
	return nil
}

// Empty reports whether the server has no application yet.
func Empty(ctx context.Context, c *client.Client) (bool, error) {
	list, err := c.Applications(ctx, &api.ListApplicationsRequest{PageSize: 1})
	if err != nil {
		return false, fmt.Errorf("asking for applications: %w", err)
	}
	return list.Total == 0 && len(list.Applications) == 0, nil
}

func check(ctx context.Context, c *client.Client) error {
	empty, err := Empty(ctx, c)
	if err != nil {
		return err
	}
	if !empty {
		return problem.New(problem.Conflict, "the server has applications already").
			Because("demo data goes into an empty server").Fix("start a server with a new --data-dir")
	}
	list, err := c.Environments(ctx)
	if err != nil {
		return fmt.Errorf("asking for environments: %w", err)
	}
	var missing []string
	for _, want := range Environments {
		if !slices.ContainsFunc(list.Environments, func(e *api.Environment) bool { return e.Name == want }) {
			missing = append(missing, want)
		}
	}
	if len(missing) > 0 {
		return problem.New(problem.Conflict, "the server lacks the environments %s", strings.Join(missing, ", ")).
			Because("demo data needs the environments of environments-example/").Fix("start the server with --environments environments-example")
	}
	return nil
}
