package router_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/signalbox-dev/signalbox/services/frontend-service/router"
)

func TestPathsAreMatchedAsTheyWereSent(t *testing.T) {
	none := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	r := router.New(
		router.Route{Method: http.MethodPut, Pattern: "/environments/{environment}/locks/{id}", Handler: none},
		router.Route{Method: http.MethodDelete, Pattern: "/environments/{environment}/locks/{id}", Handler: none},
		router.Route{Method: http.MethodPut, Pattern: "/environments/{environment}/releasetrain", Handler: none},
		router.Route{Method: http.MethodGet, Pattern: "/livez", Handler: none},
		router.Route{Method: router.AnyMethod, Pattern: "/status/{id}", Handler: none},
	)
	for _, c := range []struct {
		method, target, pattern string
		environment, id         string
		allow                   []string
	}{
		{method: "PUT", target: "/environments/staging/locks/l1", pattern: "/environments/{environment}/locks/{id}", environment: "staging", id: "l1"},
		{method: "PUT", target: "/environments/staging/locks/..", pattern: "/environments/{environment}/locks/{id}", environment: "staging", id: ".."},
		{method: "PUT", target: "/environments/staging/locks/a%2Fb%20c", pattern: "/environments/{environment}/locks/{id}", environment: "staging", id: "a/b c"},
		{method: "POST", target: "/environments/staging/locks/l1", allow: []string{"DELETE", "PUT"}},
		{method: "PUT", target: "/environments//locks/l1"},
		{method: "PUT", target: "/environments/staging/locks/"},
		{method: "PUT", target: "/environments/staging/locks/l1/x"},
		{method: "PUT", target: "/environments/staging/releasetrain", pattern: "/environments/{environment}/releasetrain", environment: "staging"},
		{method: "HEAD", target: "/livez", pattern: "/livez"},
		{method: "PATCH", target: "/status/7", pattern: "/status/{id}", id: "7"},
		{method: "GET", target: "/"},
	} {
		t.Run(c.method+" "+c.target, func(t *testing.T) {
			req := httptest.NewRequest(c.method, c.target, nil)
			h, allow := r.Find(req)
			if (h != nil) != (c.pattern != "") || req.Pattern != c.pattern || !slices.Equal(allow, c.allow) {
				t.Errorf("handler %v, pattern %q, allow %v", h != nil, req.Pattern, allow)
			}
			if req.PathValue("environment") != c.environment || req.PathValue("id") != c.id {
				t.Errorf("environment %q, id %q", req.PathValue("environment"), req.PathValue("id"))
			}
		})
	}
}
