package cdservice_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// historyIsWhole plays back every deployment that the history tells: each must begin where the one before it ended, and the last of
// them must be what runs.
func (b *bed) historyIsWhole() {
	b.t.Helper()
	client := api.NewHistoryServiceClient(b.conn)
	stream, err := client.ExportDeployments(b.t.Context(), &api.ExportDeploymentsRequest{Format: "jsonl"})
	b.must(err)
	var text bytes.Buffer
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		b.must(err)
		text.Write(chunk.Data)
	}
	running := map[string]uint64{}
	lines := bufio.NewScanner(&text)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		e := &api.DeploymentEvent{}
		b.must(protojson.Unmarshal(lines.Bytes(), e))
		place := e.Environment + "/" + e.Application
		if running[place] != e.PreviousVersion {
			b.t.Errorf("history: %s ran %d, and %q (%s) says it was %d", place, running[place], e.Subject, e.Commit, e.PreviousVersion)
		}
		running[place] = e.Version
	}
	b.must(lines.Err())
	maps.DeleteFunc(running, func(_ string, version uint64) bool { return version == 0 })
	if now := running; !maps.Equal(now, runs(b.service.Repo().View().Snapshot)) {
		b.t.Errorf("history: what ran last is %v, and what runs is %v", now, runs(b.service.Repo().View().Snapshot))
	}
	for _, env := range b.service.Repo().View().Snapshot.Environments() {
		versions, err := client.GetVersions(b.t.Context(), &api.GetVersionsRequest{Environment: env.Name})
		b.must(err)
		for _, e := range versions.Deployments {
			if place := env.Name + "/" + e.Application; running[place] != e.Version {
				b.t.Errorf("history: %s ran %d at last, and its version now is %d", place, running[place], e.Version)
			}
		}
	}
}

// runs is what runs where.
func runs(s *manifestrepo.Snapshot) map[string]uint64 {
	all := map[string]uint64{}
	for _, app := range s.Applications() {
		for env, d := range app.Deployments {
			if d.Version != 0 {
				all[env+"/"+app.Name] = d.Version
			}
		}
	}
	return all
}

func TestTheHistoryOfARestartedServiceIsTheSame(t *testing.T) {
	b := newBed(t, "", nil)
	for v := range uint64(3) {
		b.do(release("apple", v+1, fmt.Sprint(v)))
		b.do(train("staging"))
	}
	b.do(deploy("apple", "staging", 1))
	b.do(undeploy("apple", true))
	b.whole()
	b.kill()
	b.must(b.open())
	b.whole()
}
