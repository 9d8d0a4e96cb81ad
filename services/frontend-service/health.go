package frontend

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"google.golang.org/grpc/metadata"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/frontend-service/answer"
	"github.com/signalbox-dev/signalbox/services/frontend-service/router"
)

const healthTimeout = 5 * time.Second

func (f *Frontend) serviceRoutes() []router.Route {
	get := func(pattern string, h http.HandlerFunc) router.Route {
		return router.Route{Method: http.MethodGet, Pattern: pattern, Handler: h}
	}
	return []router.Route{
		get("/livez", func(w http.ResponseWriter, _ *http.Request) { answer.Text(w, http.StatusOK, "ok") }),
		get("/readyz", f.readyz),
		get("/healthz", f.healthz),
		{Method: http.MethodGet, Pattern: "/metrics", Handler: promhttp.HandlerFor(f.options.Metrics, promhttp.HandlerOpts{})},
		{Method: http.MethodPost, Pattern: "/api/webhooks/push", Handler: http.HandlerFunc(f.pushWebhook)},
	}
}

// readyz: can reads be answered?
func (f *Frontend) readyz(w http.ResponseWriter, r *http.Request) {
	if f.draining.Err() != nil {
		health(w, r, []string{"the service is stopping"})
		return
	}
	status, problems := f.status(r)
	if problems == nil && !status.Ready {
		problems = append([]string{"reads cannot be answered yet"}, status.Problems...)
	}
	health(w, r, problems)
}

// healthz: can writes work?
func (f *Frontend) healthz(w http.ResponseWriter, r *http.Request) {
	status, problems := f.status(r)
	if problems == nil && !status.Writable {
		problems = status.Problems
		if len(problems) == 0 {
			problems = []string{"writes cannot work"}
		}
	}
	health(w, r, problems)
}

func (f *Frontend) status(r *http.Request) (*api.Status, []string) {
	ctx, cancel := context.WithTimeout(metadata.NewOutgoingContext(r.Context(), outgoing(r.Context())), healthTimeout)
	defer cancel()
	status, err := f.system.GetStatus(ctx, &api.GetStatusRequest{})
	if err != nil {
		answer.Note(r.Context(), err)
		return nil, []string{"cd-service does not answer: " + problem.From(err).Message}
	}
	return status, nil
}

// health answers 200 without problems, 503 with them.
func health(w http.ResponseWriter, r *http.Request, problems []string) {
	code, word := http.StatusOK, "ok"
	if len(problems) > 0 {
		code, word = http.StatusServiceUnavailable, "unavailable"
	}
	w.Header().Set("Cache-Control", "no-store")
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		answer.JSON(w, code, struct {
			Status   string   `json:"status"`
			Problems []string `json:"problems,omitempty"`
		}{word, problems})
		return
	}
	text := word
	if len(problems) > 0 {
		text = strings.Join(problems, "\n")
	}
	answer.Text(w, code, text)
}
