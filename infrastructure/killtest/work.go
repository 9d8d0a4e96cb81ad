package main

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// work is what the clients post and what was acknowledged.
type work struct {
	options
	bed          *bed
	client       *http.Client
	acknowledged atomic.Int64
	lost         atomic.Int64
	mu           sync.Mutex
	acked        map[string][]string // application -> commit ids
}

func newWork(o options, b *bed) *work {
	return &work{options: o, bed: b, acked: map[string][]string{},
		client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: o.clients}}}
}

// post runs the clients. Each has an application of its own and posts one release after the other, again and again until it is
// acknowledged: every second client as CI does (kuberpult's form), the others through the API with an idempotency key.
func (w *work) post(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for n := range w.clients {
		group.Go(func() error {
			app := fmt.Sprintf("app-%02d", n)
			for i := n; i < w.releases; i += w.clients {
				sum := sha1.Sum(fmt.Appendf(nil, "release %d", i))
				commit := hex.EncodeToString(sum[:])
				if err := w.until(ctx, app, commit, n%2 == 0); err != nil {
					return err
				}
				w.mu.Lock()
				w.acked[app] = append(w.acked[app], commit)
				w.mu.Unlock()
				w.acknowledged.Add(1)
			}
			return nil
		})
	}
	return group.Wait()
}

// until repeats one release until it is acknowledged.
func (w *work) until(ctx context.Context, app, commit string, form bool) error {
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		status, answer, err := w.once(ctx, app, commit, form)
		switch {
		case err != nil || status >= 500:
			w.lost.Add(1)
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(10 * time.Millisecond):
			}
		case status == http.StatusOK || status == http.StatusCreated:
			return nil
		default:
			return fmt.Errorf("release of %s refused with %d: %s", app, status, answer)
		}
	}
	return fmt.Errorf("release of %s was not acknowledged within two minutes: %w", app, errStopped)
}

func manifest(app, env, commit string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %s\n  namespace: %s\ndata:\n  commit: \"%s\"\n", app, env, commit)
}

func (w *work) once(ctx context.Context, app, commit string, form bool) (int, string, error) {
	build := w.jsonRequest
	if form {
		build = w.formRequest
	}
	request, err := build(ctx, app, commit)
	if err != nil {
		return 0, "", err
	}
	response, err := w.client.Do(request)
	if err != nil {
		return 0, "", fmt.Errorf("post: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	if err != nil {
		return 0, "", fmt.Errorf("read the answer: %w", err)
	}
	return response.StatusCode, string(answer), nil
}

func (w *work) formRequest(ctx context.Context, app, commit string) (*http.Request, error) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for _, f := range [][2]string{{"application", app}, {"source_commit_id", commit}} {
		if err := form.WriteField(f[0], f[1]); err != nil {
			return nil, fmt.Errorf("build the form: %w", err)
		}
	}
	for _, env := range []string{"development", "staging"} {
		part, err := form.CreateFormFile("manifests["+env+"]", env+".yaml")
		if err != nil {
			return nil, fmt.Errorf("build the form: %w", err)
		}
		if _, err := io.WriteString(part, manifest(app, env, commit)); err != nil {
			return nil, fmt.Errorf("build the form: %w", err)
		}
	}
	if err := form.Close(); err != nil {
		return nil, fmt.Errorf("build the form: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.bed.url+"/release", &b)
	if err != nil {
		return nil, fmt.Errorf("build the request: %w", err)
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	return request, nil
}

func (w *work) jsonRequest(ctx context.Context, app, commit string) (*http.Request, error) {
	content, err := json.Marshal(map[string]any{"commitId": commit, "manifests": map[string]string{
		"development": manifest(app, "development", commit), "staging": manifest(app, "staging", commit)}})
	if err != nil {
		return nil, fmt.Errorf("build the body: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.bed.url+"/api/v1/applications/"+url.PathEscape(app)+"/releases", bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("build the request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", commit)
	return request, nil
}

// verify asks the service for every application's releases and compares with what was acknowledged.
func (w *work) verify(ctx context.Context) error {
	for app, acked := range w.acked {
		there, err := w.releasesOf(ctx, app)
		if err != nil {
			return err
		}
		for _, commit := range acked {
			switch there[commit] {
			case 1:
			case 0:
				return fmt.Errorf("%s: the acknowledged release of commit %s is lost", app, commit)
			default:
				return fmt.Errorf("%s: the release of commit %s is there %d times", app, commit, there[commit])
			}
		}
		if len(there) != len(acked) {
			return fmt.Errorf("%s has %d releases, %d were posted", app, len(there), len(acked))
		}
	}
	return nil
}

func (w *work) releasesOf(ctx context.Context, app string) (map[string]int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.bed.url+"/api/v1/applications/"+app+"/releases?pageSize=1000", nil)
	if err != nil {
		return nil, fmt.Errorf("build the request: %w", err)
	}
	response, err := w.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("list releases of %s: %w", app, err)
	}
	defer response.Body.Close()
	var list struct {
		Releases []struct {
			CommitID string `json:"commitId"`
		} `json:"releases"`
	}
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil {
		return nil, fmt.Errorf("list releases of %s: %w", app, err)
	}
	count := map[string]int{}
	for _, r := range list.Releases {
		count[r.CommitID]++
	}
	return count, nil
}
