// Package router finds the handler of a path. Unlike http.ServeMux it never cleans or redirects: a path with "..", "//" or an
// escaped slash goes to the handler as it was sent, so that the handler can refuse it in its own words.
package router

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// AnyMethod in Route.Method takes every method.
const AnyMethod = ""

// Route is one address. Pattern is "/environments/{environment}/locks/{id}"; the handler reads the parts in braces, unescaped
// and never empty, with Request.PathValue.
type Route struct {
	Method  string
	Pattern string
	Handler http.Handler
}

// Router matches routes in the order they were added.
type Router struct {
	routes []compiled
}

type compiled struct {
	Route
	segments []string
}

// New makes a router of routes.
func New(routes ...Route) *Router {
	r := &Router{}
	for _, route := range routes {
		r.routes = append(r.routes, compiled{route, strings.Split(route.Pattern, "/")})
	}
	return r
}

// Routes lists what was added, in order.
func (r *Router) Routes() []Route {
	out := make([]Route, len(r.routes))
	for i, c := range r.routes {
		out[i] = c.Route
	}
	return out
}

// Find gives the handler for a request and sets its path values and pattern. When only the method does not fit, the handler is nil and
// allow holds the methods that would; when no pattern fits, both are nil. HEAD is served by GET.
func (r *Router) Find(req *http.Request) (h http.Handler, allow []string) {
	segments := strings.Split(req.URL.EscapedPath(), "/")
	for _, c := range r.routes {
		values, ok := match(c.segments, segments)
		if !ok {
			continue
		}
		if c.Method != AnyMethod && c.Method != req.Method && (c.Method != http.MethodGet || req.Method != http.MethodHead) {
			allow = append(allow, c.Method)
			continue
		}
		for i := 0; i < len(values); i += 2 {
			req.SetPathValue(values[i], values[i+1])
		}
		req.Pattern = c.Pattern
		return c.Handler, nil
	}
	slices.Sort(allow)
	return nil, slices.Compact(allow)
}

// match gives names and values of the parts in braces, alternating.
func match(pattern, path []string) (values []string, ok bool) {
	if len(pattern) != len(path) {
		return nil, false
	}
	for i, p := range pattern {
		name, isParam := strings.CutPrefix(p, "{")
		if !isParam {
			if p != path[i] {
				return nil, false
			}
			continue
		}
		value, err := url.PathUnescape(path[i])
		if err != nil || value == "" {
			return nil, false
		}
		values = append(values, strings.TrimSuffix(name, "}"), value)
	}
	return values, true
}
