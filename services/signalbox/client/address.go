package client

import (
	"net/http"
	"net/url"
	"strings"

	"google.golang.org/protobuf/proto"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// root is where all addresses of the API begin.
const root = "/api/v1"

// address is a path below root from its parts, each of them escaped: a name with a slash stays one part.
func address(parts ...string) string {
	var path strings.Builder
	path.WriteString(root)
	for _, part := range parts {
		path.WriteString("/" + url.PathEscape(part))
	}
	return path.String()
}

// commandAddress is the REST form of a command (proto/signalbox/v1/http.yaml): the kind decides the address, its message is the body.
// body is nil when there is no command.
func commandAddress(req *api.ExecuteRequest) (method, path string, body proto.Message) {
	if method, path, body = settingsAddress(req); body != nil {
		return method, path, body
	}
	method = http.MethodPost
	switch k := req.Kind.(type) {
	case *api.ExecuteRequest_CreateRelease:
		return method, address("applications", k.CreateRelease.Application, "releases"), k.CreateRelease
	case *api.ExecuteRequest_Deploy:
		return method, address("applications", k.Deploy.Application, "environments", k.Deploy.Environment, "deploy"), k.Deploy
	case *api.ExecuteRequest_Hold:
		return method, address("applications", k.Hold.Application, "environments", k.Hold.Environment, "hold"), k.Hold
	case *api.ExecuteRequest_Resume:
		return method, address("applications", k.Resume.Application, "environments", k.Resume.Environment, "resume"), k.Resume
	case *api.ExecuteRequest_ReleaseQueue:
		return method, address("queue", "release"), k.ReleaseQueue
	case *api.ExecuteRequest_RunTrain:
		return method, address("trains", k.RunTrain.Target), k.RunTrain
	case *api.ExecuteRequest_PauseTrain:
		return method, address("timetable", k.PauseTrain.Target, k.PauseTrain.Train, "pause"), k.PauseTrain
	case *api.ExecuteRequest_ResumeTrain:
		return method, address("timetable", k.ResumeTrain.Target, k.ResumeTrain.Train, "resume"), k.ResumeTrain
	case *api.ExecuteRequest_CreateLock:
		return method, address("locks"), k.CreateLock
	case *api.ExecuteRequest_DeleteLock:
		return method, address("locks", k.DeleteLock.Id, "delete"), k.DeleteLock
	case *api.ExecuteRequest_CreateReleaseSet:
		return method, address("release-sets"), k.CreateReleaseSet
	case *api.ExecuteRequest_DeleteReleaseSet:
		return method, address("release-sets", k.DeleteReleaseSet.Name, "delete"), k.DeleteReleaseSet
	case *api.ExecuteRequest_Approve:
		return method, address("approvals", k.Approve.Environment, k.Approve.Id, "approve"), k.Approve
	case *api.ExecuteRequest_Reject:
		return method, address("approvals", k.Reject.Environment, k.Reject.Id, "reject"), k.Reject
	case *api.ExecuteRequest_Batch:
		return method, address("batch"), k.Batch
	}
	return "", "", nil
}

// settingsAddress is commandAddress of what changes settings and of the end of things.
func settingsAddress(req *api.ExecuteRequest) (method, path string, body proto.Message) {
	switch k := req.Kind.(type) {
	case *api.ExecuteRequest_ApplyEnvironment:
		return http.MethodPut, address("environments", k.ApplyEnvironment.Environment), k.ApplyEnvironment
	case *api.ExecuteRequest_ApplyEnvironmentGroup:
		return http.MethodPut, address("environment-groups", k.ApplyEnvironmentGroup.EnvironmentGroup), k.ApplyEnvironmentGroup
	case *api.ExecuteRequest_ApplyApplication:
		return http.MethodPut, address("applications", k.ApplyApplication.Application), k.ApplyApplication
	case *api.ExecuteRequest_PrepareUndeploy:
		return http.MethodPost, address("applications", k.PrepareUndeploy.Application, "prepare-undeploy"), k.PrepareUndeploy
	case *api.ExecuteRequest_Undeploy:
		return http.MethodPost, address("applications", k.Undeploy.Application, "undeploy"), k.Undeploy
	case *api.ExecuteRequest_RemoveFromEnvironment:
		return http.MethodPost, address("applications", k.RemoveFromEnvironment.Application, "environments", k.RemoveFromEnvironment.Environment, "remove"),
			k.RemoveFromEnvironment
	case *api.ExecuteRequest_DeleteEnvironment:
		return http.MethodPost, address("environments", k.DeleteEnvironment.Environment, "delete"), k.DeleteEnvironment
	case *api.ExecuteRequest_RenderEnvironment:
		return http.MethodPost, address("environments", k.RenderEnvironment.Environment, "render"), k.RenderEnvironment
	case *api.ExecuteRequest_CleanUp:
		return http.MethodPost, address("clean-up"), k.CleanUp
	}
	return "", "", nil
}
