package reads_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/index"
	"github.com/signalbox-dev/signalbox/services/cd-service/reads"
	"github.com/signalbox-dev/signalbox/services/cd-service/repotest"
)

var anna = manifestrepo.Actor{Name: "Anna", Email: "anna@example.com"}

// past is a shop with a past: two applications of two teams, a roll-back, a hand that wrote to git, a removal.
func past(t *testing.T, change ...func(*reads.Options)) *box {
	b := newBox(t, change...)
	c := b.Releasing("checkout", 1, "development", "staging")
	c.Releases[0].CommitID, c.Releases[0].Author, c.Releases[0].DisplayVersion = strings.Repeat("a", 40), "Rosa", "v1.0"
	b.Commit(c) // 09:01
	c = b.Releasing("search", 1, "development", "staging")
	c.Releases[0].CommitID = strings.Repeat("b", 40)
	c.Edits = append(c.Edits[:len(c.Edits)-1], manifestrepo.Edit{Path: manifestrepo.ApplicationPath("search"), Content: []byte("{\n  \"team\": \"finders\"\n}\n")})
	b.Commit(c)                                                               // 09:02
	b.Commit(repotest.Deploying("checkout", "staging", 1, 0, b.Now))          // 09:03
	b.ReleaseTo("checkout", 2, "development", "staging")                      // 09:04
	c = repotest.Deploying("checkout", "development", 1, 2, b.Now)            // 09:05
	c.Author, c.Message.Reason = anna, "=HYPERLINK(\"evil\")\nsee, \"INC-1\"" // a reason that would like to be a formula
	c.Message.Events = append(c.Message.Events, manifestrepo.Event{What: "broke-glass", Application: "checkout", Environment: "development", Version: 1, LockID: "l-1"})
	b.Commit(c)
	byHand := repotest.Deploying("checkout", "staging", 2, 1, b.Now) // 09:06
	byHand.Author, byHand.Committer, byHand.Text = anna, "Anna", "Quick fix"
	b.Commit(byHand)
	b.Commit(repotest.Commit{ // 09:07
		Message: manifestrepo.Message{Subject: "Remove search from development", Action: "remove-application", Events: []manifestrepo.Event{{What: "removed", Application: "search", Environment: "development", PreviousVersion: 1}}},
		Edits:   []manifestrepo.Edit{{Path: manifestrepo.DeploymentPath("development", "search"), Delete: true}, {Path: manifestrepo.ManifestPath("development", "search"), Delete: true}},
	})
	return b
}

func row(e *api.DeploymentEvent) string {
	return fmt.Sprintf("%s %s/%s %d>%d", e.Time.AsTime().Format("15:04"), e.Environment, e.Application, e.PreviousVersion, e.Version)
}

func (b *box) deployments(r *api.ListDeploymentsRequest) []string {
	b.t.Helper()
	var rows []string
	for {
		page, err := api.NewHistoryServiceClient(b.conn).ListDeployments(ctx, r)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, e := range page.Deployments {
			rows = append(rows, row(e))
		}
		if page.NextPageToken == "" {
			return rows
		}
		r = proto.CloneOf(r)
		r.PageToken = page.NextPageToken
	}
}

// export reads an export to its end.
func (b *box) export(r *api.ExportDeploymentsRequest) (string, error) {
	b.t.Helper()
	stream, err := api.NewHistoryServiceClient(b.conn).ExportDeployments(ctx, r)
	if err != nil {
		return "", err
	}
	var all strings.Builder
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return all.String(), nil
		}
		if err != nil {
			return all.String(), err
		}
		if !strings.HasSuffix(string(chunk.Data), "\n") {
			b.t.Errorf("a chunk ends in the middle of a line: %q", chunk.Data)
		}
		all.Write(chunk.Data)
	}
}

func TestDeploymentsAreListedByWhateverOneAsks(t *testing.T) {
	b := past(t)
	at := func(minute int) *timestamppb.Timestamp {
		return timestamppb.New(repotest.Start.Add(time.Duration(minute) * time.Minute))
	}
	for name, c := range map[string]struct {
		request *api.ListDeploymentsRequest
		want    string
	}{
		"all":                  {&api.ListDeploymentsRequest{PageSize: 2}, "09:07 development/search 1>0; 09:06 staging/checkout 1>2; 09:05 development/checkout 2>1; 09:04 development/checkout 1>2; 09:03 staging/checkout 0>1; 09:02 development/search 0>1; 09:01 development/checkout 0>1"},
		"of an application":    {&api.ListDeploymentsRequest{Application: "search"}, "09:07 development/search 1>0; 09:02 development/search 0>1"},
		"of an environment":    {&api.ListDeploymentsRequest{Environment: "staging"}, "09:06 staging/checkout 1>2; 09:03 staging/checkout 0>1"},
		"of both":              {&api.ListDeploymentsRequest{Environment: "staging", Application: "search"}, ""},
		"of a team":            {&api.ListDeploymentsRequest{Team: "finders"}, "09:07 development/search 1>0; 09:02 development/search 0>1"},
		"of a team of nobody":  {&api.ListDeploymentsRequest{Team: "sleepers"}, ""},
		"by a person":          {&api.ListDeploymentsRequest{Author: "ANNA@"}, "09:06 staging/checkout 1>2; 09:05 development/checkout 2>1"},
		"in a period":          {&api.ListDeploymentsRequest{Since: at(3), Until: at(5)}, "09:04 development/checkout 1>2; 09:03 staging/checkout 0>1"},
		"of a source commit":   {&api.ListDeploymentsRequest{CommitId: "aaaaaaa"}, "09:05 development/checkout 2>1; 09:03 staging/checkout 0>1; 09:01 development/checkout 0>1"},
		"of a commit and team": {&api.ListDeploymentsRequest{CommitId: "aaaaaaa", Team: "finders"}, ""},
		"of a strange commit":  {&api.ListDeploymentsRequest{CommitId: "ccccccc"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b.t = t
			if got := strings.Join(b.deployments(c.request), "; "); got != c.want {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
		})
	}
	b.t = t
	list, err := api.NewHistoryServiceClient(b.conn).ListDeployments(ctx, &api.ListDeploymentsRequest{Application: "checkout"})
	if err != nil {
		t.Fatal(err)
	}
	byHand, rollback, first := list.Deployments[0], list.Deployments[1], list.Deployments[4]
	if byHand.Action != "foreign" || byHand.Author.Name != "Anna" || byHand.Subject != "Quick fix" || byHand.BrokeGlass || byHand.DisplayVersion != "" || byHand.Commit == "" {
		t.Error(byHand)
	}
	if !rollback.BrokeGlass || rollback.Action != "deploy" || !strings.HasPrefix(rollback.Reason, "=HYPERLINK") || rollback.Team != "payments" {
		t.Error(rollback)
	}
	if first.SourceCommitId != strings.Repeat("a", 40) || first.SourceAuthor != "Rosa" || first.DisplayVersion != "v1.0" || first.BrokeGlass {
		t.Error(first)
	}

	client := api.NewHistoryServiceClient(b.conn)
	for field, r := range map[string]*api.ListDeploymentsRequest{
		"page_token": {PageToken: "ZGVwbG95bWVudHMKMS4"}, // deployments\n1.
		"page_size":  {PageSize: -1}, "until": {Since: at(1), Until: at(1)}, "commit_id": {CommitId: "HEAD"},
	} {
		_, err := client.ListDeployments(ctx, r)
		refused(t, err, problem.Invalid, field)
	}
}

func TestPagesOfDeploymentsStayRightWhileOthersCome(t *testing.T) {
	b := past(t)
	client := api.NewHistoryServiceClient(b.conn)
	first, err := client.ListDeployments(ctx, &api.ListDeploymentsRequest{PageSize: 3})
	if err != nil {
		t.Fatal(err)
	}
	b.ReleaseTo("checkout", 3, "development")
	rest := b.deployments(&api.ListDeploymentsRequest{PageToken: first.NextPageToken})
	equal(t, "the rest", rest, []string{"09:04 development/checkout 1>2", "09:03 staging/checkout 0>1", "09:02 development/search 0>1", "09:01 development/checkout 0>1"})
	if newest := b.deployments(&api.ListDeploymentsRequest{PageSize: 1, Application: "checkout"})[0]; newest != "09:08 development/checkout 2>3" {
		t.Errorf("the newest is %s", newest)
	}
}

func TestWhatRanThen(t *testing.T) {
	b := past(t)
	client := api.NewHistoryServiceClient(b.conn)
	versions := func(env, app, at string) (*api.Versions, string) {
		r := &api.GetVersionsRequest{Environment: env, Application: app}
		if at != "" {
			when, err := time.Parse("2006-01-02 15:04:05", "2026-11-20 "+at)
			if err != nil {
				t.Fatal(err)
			}
			r.At = timestamppb.New(when)
		}
		v, err := client.GetVersions(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, e := range v.Deployments {
			all = append(all, fmt.Sprintf("%s %d", e.Application, e.Version))
		}
		return v, strings.Join(all, ", ")
	}
	for _, c := range []struct{ env, app, at, want string }{
		{"development", "", "", "checkout 1"},
		{"development", "", "09:06:59", "checkout 1, search 1"},
		{"development", "", "09:05:00", "checkout 1, search 1"},
		{"development", "", "09:04:59", "checkout 2, search 1"},
		{"development", "search", "09:04:59", "search 1"},
		{"development", "search", "", ""},
		{"staging", "", "", "checkout 2"},
		{"staging", "", "09:05:30", "checkout 1"},
		{"production", "", "", ""},
		{"staging", "", "09:00:00", ""},
	} {
		if _, got := versions(c.env, c.app, c.at); got != c.want {
			t.Errorf("%s %s at %s: %s, want %s", c.env, c.app, c.at, got, c.want)
		}
	}
	if v, _ := versions("staging", "", ""); v.Commit != b.Main().String() || v.CommitTime.AsTime() != repotest.Start.Add(7*time.Minute) || v.Deployments[0].Author.Name != "Anna" {
		t.Error(v)
	}
	if v, _ := versions("staging", "", "08:59:59"); v.Commit != "" || v.CommitTime != nil || v.Deployments != nil {
		t.Errorf("before the first commit: %v", v)
	}
	_, err := client.GetVersions(ctx, &api.GetVersionsRequest{Environment: "stagin"})
	if p := refused(t, err, problem.NotFound, "environment"); !strings.Contains(p.Remedy, `"staging"`) {
		t.Error(p.Remedy)
	}
	_, err = client.GetVersions(ctx, &api.GetVersionsRequest{})
	refused(t, err, problem.NotFound, "environment")
	_, err = client.GetVersions(ctx, &api.GetVersionsRequest{Environment: "staging", Application: "checkou"})
	refused(t, err, problem.NotFound, "application")

	b.Commit(repotest.Commit{Message: manifestrepo.Message{Subject: "Delete staging", Action: "delete-environment", Events: []manifestrepo.Event{
		{What: "removed", Application: "checkout", Environment: "staging", PreviousVersion: 2}, {What: "environment-deleted", Environment: "staging"},
	}}, Edits: []manifestrepo.Edit{{Path: manifestrepo.ConfigPath("staging"), Delete: true}, {Path: manifestrepo.DeploymentPath("staging", "checkout"), Delete: true}}})
	if _, got := versions("staging", "", "09:05:30"); got != "checkout 1" {
		t.Errorf("an environment that is gone ran %s", got)
	}
	if _, got := versions("staging", "", ""); got != "" {
		t.Errorf("an environment that is gone runs %s", got)
	}
}

func TestWhatKuberpultDeployedIsNotKnown(t *testing.T) {
	b := newBox(t)
	b.Rewrite(repotest.Commit{Committer: "kuberpult", Text: "Before", Edits: []manifestrepo.Edit{{Path: "signalbox.json", Delete: true}, {Path: "README.md", Content: []byte("x")}}})
	beginning := b.Commit(repotest.Commit{
		Message: manifestrepo.Message{Subject: "Convert", Action: "import"},
		Edits:   append(repotest.Deploying("checkout", "staging", 9, 0, b.Now).Edits, manifestrepo.Edit{Path: "signalbox.json", Content: []byte("{\n  \"layout\": 1\n}\n")}),
	})
	client := api.NewHistoryServiceClient(b.conn)
	_, err := client.GetVersions(ctx, &api.GetVersionsRequest{Environment: "staging", At: timestamppb.New(b.Now.Add(-90 * time.Second))})
	if p := refused(t, err, problem.NotFound, "at"); !strings.Contains(p.Remedy, beginning.String()) {
		t.Error(p)
	}
	now, err := client.GetVersions(ctx, &api.GetVersionsRequest{Environment: "staging"})
	if err != nil || len(now.Deployments) != 1 || now.Deployments[0].Version != 9 || now.Deployments[0].Action != "import" {
		t.Error(now, err)
	}
}

func TestAnExportIsWholeAndSafeToOpen(t *testing.T) {
	b := past(t)
	text, err := b.export(&api.ExportDeploymentsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text, "time,application,environment,version,previous_version,author_name,author_email,action,reason,commit,") || strings.Count(text, "\r\n") != 9 {
		t.Errorf("not RFC 4180: %q", text)
	}
	table, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(table) != 8 {
		t.Fatal(len(table), err)
	}
	if got := strings.Join(table[1][:9], "|"); got != "2026-11-20T09:01:00Z|checkout|development|1|0|CI|ci@example.com|create-release|" {
		t.Errorf("the first row: %s", got)
	}
	if evil := table[5]; evil[8] != "'=HYPERLINK(\"evil\")\nsee, \"INC-1\"" || evil[15] != "true" || evil[12] != "v1.0" {
		t.Errorf("the formula: %q", evil)
	}
	if last := table[7]; last[1] != "search" || last[3] != "0" || last[4] != "1" {
		t.Errorf("the last row: %q", last)
	}

	text, err = b.export(&api.ExportDeploymentsRequest{Format: "jsonl", Application: "checkout", Author: "anna"})
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for line := range strings.Lines(text) {
		e := &api.DeploymentEvent{}
		if err := protojson.Unmarshal([]byte(line), e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		rows = append(rows, row(e))
	}
	equal(t, "lines", rows, []string{"09:05 development/checkout 2>1", "09:06 staging/checkout 1>2"})
	if strings.Contains(text, ": ") || strings.Contains(text, "'=") {
		t.Errorf("the lines: %s", text)
	}

	if empty, err := b.export(&api.ExportDeploymentsRequest{Application: "nobody"}); err != nil || strings.Count(empty, "\n") != 1 {
		t.Errorf("an empty table: %q %v", empty, err)
	}
	if empty, err := b.export(&api.ExportDeploymentsRequest{Application: "nobody", Format: "jsonl"}); err != nil || empty != "" {
		t.Errorf("no lines: %q %v", empty, err)
	}
	for field, r := range map[string]*api.ExportDeploymentsRequest{"format": {Format: "xlsx"}, "commit_id": {CommitId: "x"}} {
		_, err := b.export(r)
		refused(t, err, problem.Invalid, field)
	}
}

func TestALongExportComesInPieces(t *testing.T) {
	b := newBox(t)
	train := repotest.Commit{Message: manifestrepo.Message{Subject: "Train", Action: "run-train"}}
	for i := range 4500 {
		train.Message.Events = append(train.Message.Events, manifestrepo.Event{What: "deployed", Application: fmt.Sprintf("app-%d", i), Environment: "staging", Version: 1})
	}
	b.Commit(train)
	text, err := b.export(&api.ExportDeploymentsRequest{Format: "jsonl"})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(text) {
		if want := fmt.Sprintf("\"app-%d\"", n); !strings.Contains(line, want) {
			t.Fatalf("line %d: %s", n, line)
		}
		n++
	}
	if n != 4500 {
		t.Errorf("%d lines", n)
	}
}

// rebuilding is a history that is made anew after the first page.
type rebuilding struct {
	*index.Index
	asked int
}

func (h *rebuilding) Deployments(ctx context.Context, q index.DeploymentQuery) ([]index.Deployment, bool, error) {
	if h.asked++; h.asked > 1 {
		return nil, false, index.ErrRebuilt
	}
	q.Limit = 2
	return h.Index.Deployments(ctx, q)
}

func TestAnExportOfTwoHistoriesIsNone(t *testing.T) {
	b := past(t, func(o *reads.Options) { o.History = &rebuilding{Index: o.History.(*index.Index)} })
	text, err := b.export(&api.ExportDeploymentsRequest{})
	if p := problem.From(err); err == nil || p.Kind != problem.Unavailable || p.Remedy == "" {
		t.Errorf("%q %v", text, err)
	}
}

func TestCellsThatASpreadsheetWouldRun(t *testing.T) {
	b := newBox(t)
	for i, name := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "a=1", "'=1"} {
		c := repotest.Deploying("checkout", "staging", uint64(i+1), uint64(i), b.Now)
		c.Message.Reason = name
		b.Commit(c)
	}
	text, err := b.export(&api.ExportDeploymentsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	table, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	for _, row := range table[1:] {
		reasons = append(reasons, row[8])
	}
	equal(t, "reasons", reasons, []string{"'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "a=1", "'=1"})
}
