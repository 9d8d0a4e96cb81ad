package cli

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/signalbox/client"
)

// runLine runs one command line without a server.
func runLine(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	err := Run(t.Context(), args, Stdio{In: strings.NewReader(""), Out: &out, Err: &errs})
	return out.String(), errs.String(), ExitCode(err)
}

func TestTheKindOfAnErrorDecidesTheExitCode(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
	}{
		{nil, 0},
		{problem.New(problem.Locked, "x"), 1},
		{problem.New(problem.Denied, "x"), 1},
		{fmt.Errorf("wrapped: %w", problem.New(problem.Invalid, "x")), 1},
		{fmt.Errorf("anything else"), 1},
		{usagef("x"), 2},
		{&client.UnreachableError{Server: "s", Err: context.Canceled}, 3},
		{problem.New(problem.Unavailable, "x"), 3},
		{problem.New(problem.Exhausted, "x"), 3},
		{problem.New(problem.Unknown, "x"), 3},
		{context.Canceled, 3},
	} {
		if got := ExitCode(c.err); got != c.code {
			t.Errorf("%v: exit code %d, expected %d", c.err, got, c.code)
		}
	}
}

func TestAWrongCallSaysWhatIsWrongAndExitsWith2(t *testing.T) {
	for line, want := range map[string]string{
		"nonsense":                       "unknown command",
		"deploy checkout":                "expected: signalbox deploy APPLICATION ENVIRONMENT VERSION",
		"overview --nonsense":            "unknown flag",
		"train":                          "needs one of: list, pause, preview, resume, run, timetable",
		"overview -o xml":                "choose table, json or yaml",
		"release -a checkout":            "no manifest given",
		"release -m staging=x":           "--application is missing",
		"release -a checkout -m staging": "write ENVIRONMENT=FILE",
		"release -a checkout -m staging=/no/where":     "no such file",
		"release -a checkout --manifests-dir /no":      "no such file",
		"deploy checkout staging zero":                 "is not a version",
		"deploy checkout staging 0":                    "is not a version",
		"deploy checkout staging 18446744073709551616": "is not a version",
		"deploy checkout staging 1 --on-lock ignore":   "demands a --reason",
		"deploy checkout staging 1 --on-lock x":        "choose record, fail or ignore",
		"deploy checkout staging 1 --wait x":           "choose accepted or pushed",
		"deploy checkout staging 1 --timeout 11m":      "at most 10m",
		"lock x":                                "what is locked?",
		"lock x --environment-group g --team t": "stands alone",
		"lock x --environment e --application a --team t":     "exclude each other",
		"lock x --environment e --expires -1h":                "write 24h, 7d",
		"lock x --environment e --expires 2020-01-01":         "lies in the past",
		"stop --expires tomorrow":                             "--expires \"tomorrow\"",
		"unlock --environment e":                              "expected: signalbox unlock ID...",
		"unlock x y --environment e --application a --team t": "exclude each other",
		"hold checkout staging":                               "--reason is missing",
		"deploy checkout staging 1 --preview --wait x":        "choose accepted or pushed",
		"queue":                                                "needs one of: list, release",
		"queue release":                                        "release what?",
		"queue release --all --team t":                         "release what?",
		"freeze list --days 367":                               "1 to 366",
		"freeze list --from yesterday":                         "--from \"yesterday\"",
		"train run staging --target-type x":                    "choose environment or group",
		"train run staging --label tier":                       "write KEY=VALUE",
		"train run staging --label tier=a --label tier=b":      "given twice",
		"train run staging --set friday --revision v1":         "exclude each other",
		"train preview staging --from production-de":           "--from goes with --revision",
		"train timetable --days 0":                             "1 to 366",
		"train pause staging morning":                          "--reason is missing",
		"set create friday":                                    "--environment is missing",
		"set compare friday":                                   "expected: signalbox set compare FROM TO",
		"approval reject staging 20261120-090312":              "--comment is missing",
		"app set checkout":                                     "nothing is to change",
		"app set checkout --label x=y --remove-label x":        "both set and removed",
		"app undeploy checkout --prepare --at-once":            "exclude each other",
		"app undeploy checkout --at-once":                      "demands a --reason",
		"env delete canary --force":                            "demands a --reason",
		"env group apply production":                           "--config is missing",
		"env group apply production --config /no/where":        "no such file",
		"history at staging yesterday":                         "TIME \"yesterday\"",
		"history deployments --limit 0":                        "at least 1",
		"history export --format xml":                          "choose csv or jsonl",
		"where":                                                "expected: signalbox where COMMIT",
		"history --since yesterday":                            "write 24h, 7d",
		"history --limit 0":                                    "at least 1",
		"env apply canary":                                     "--config is missing",
		"batch /no/where":                                      "no such file",
		"release diff checkout":                                "--environment is missing",
		"release diff checkout -e e --to 1 --to-environment f": "exclude each other",
		"overview --server localhost:1":                        "is not an address",
		"overview --as nobody":                                 "Name <mail>",
		"overview --ca-file /no/where":                         "--ca-file",
		"overview --token-file /no/where":                      "--token-file",
		"serve --log-level loud --data-dir /proc/none":         "--log-level",
		"cd-service --log-format xml --data-dir /proc/none":    "--log-format",
	} {
		_, stderr, code := runLine(t, strings.Fields(line)...)
		if code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("signalbox %s: exit code %d, said %q, expected %q", line, code, stderr, want)
		}
	}
}

func TestAnEnvironmentVariableSetsAFlagAndTheFlagWins(t *testing.T) {
	t.Setenv("SIGNALBOX_OUTPUT", "yaml")
	stdout, _, code := runLine(t, "version")
	if code != 0 || !strings.Contains(stdout, "version: ") {
		t.Errorf("expected YAML, got %q", stdout)
	}
	if stdout, _, _ = runLine(t, "version", "-o", "json"); !strings.HasPrefix(stdout, "{\n  ") {
		t.Errorf("expected JSON, got %q", stdout)
	}
	t.Setenv("SIGNALBOX_RETRIES", "many")
	if _, stderr, code := runLine(t, "version"); code != exitUsage || !strings.Contains(stderr, `SIGNALBOX_RETRIES="many"`) {
		t.Errorf("exit code %d, said %q", code, stderr)
	}
}

func TestEveryFlagNamesItsEnvironmentVariable(t *testing.T) {
	for _, line := range []string{"serve --help", "release --help", "lock --help", "frontend-service --help"} {
		stdout, _, _ := runLine(t, strings.Fields(line)...)
		for text := range strings.Lines(stdout) {
			flag := strings.TrimSpace(text)
			if strings.HasPrefix(flag, "-") && !strings.Contains(flag, "[$SIGNALBOX_") && !strings.Contains(flag, "--help") {
				t.Errorf("signalbox %s: no environment variable in %q", line, flag)
			}
		}
	}
}

func TestARefusalNamesFieldRuleAndRemedy(t *testing.T) {
	var errs bytes.Buffer
	s := &session{Stdio: Stdio{Err: &errs}, output: outputTable}
	s.report(problem.New(problem.Invalid, "there is no environment prod").At("environment").
		Because("an environment exists before it is deployed to").Fix("choose one of: staging"))
	want := "signalbox: environment: there is no environment prod\n" +
		"  rule: an environment exists before it is deployed to\n  to do: choose one of: staging\n"
	if errs.String() != want {
		t.Errorf("said %q", errs.String())
	}
}

func TestMomentsAreReadInTheFormsPeopleWrite(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"24h":                  now.Add(-24 * time.Hour),
		"7d":                   now.AddDate(0, 0, -7),
		"2w":                   now.AddDate(0, 0, -14),
		"2026-11-01T08:00:00Z": time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC),
		"2026-11-01":           time.Date(2026, 11, 1, 0, 0, 0, 0, time.Local),
	} {
		got, err := parseTime("--since", text, now)
		if err != nil || !got.Equal(want) {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
}

func TestMomentsToComeAreReadInTheSameForms(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"4h":                   now.Add(4 * time.Hour),
		"2d":                   now.AddDate(0, 0, 2),
		"1w":                   now.AddDate(0, 0, 7),
		"2026-11-21T08:00:00Z": time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC),
	} {
		got, err := parseAhead("--expires", text, now)
		if err != nil || !got.Equal(want) {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "soon", "-4h", "4", "-1d", "d", "99999999d"} {
		if got, err := parseAhead("--expires", text, now); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func TestVersionsInARowAreWrittenAsARange(t *testing.T) {
	for want, versions := range map[string][]uint64{"": nil, "7": {7}, "1-3, 7": {1, 2, 3, 7}, "1, 3, 5-6": {1, 3, 5, 6}} {
		if got := ranges(versions); got != want {
			t.Errorf("%v: %q, expected %q", versions, got, want)
		}
	}
}

// Every command that a person can type shows how.
func TestEveryClientCommandHasAnExample(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if len(c.Commands()) == 0 && c.Example == "" {
			t.Errorf("%s has no example", c.CommandPath())
		}
		for _, child := range c.Commands() {
			if child.GroupID != "server" {
				walk(child)
			}
		}
	}
	walk(newRoot(&session{}))
}
