package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/signalbox-dev/signalbox/infrastructure/freeport"
)

// The scripts in testdata/script run the real program in processes of its own, against real servers on free ports of 127.0.0.1.
// Beside testscript's commands they have:
//
//	serve [name] [cd-service|frontend-service] [flags]   start a server and wait until it is ready; SIGNALBOX_SERVER names it from then on
//	end [name]              SIGTERM, and wait until it ended with exit code 0
//	crash [name]            SIGKILL
//	exits CODE command...   run a command that must exit with that code
//	until command...        run a command again until it succeeds, for at most a minute
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"signalbox": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup:               setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": cmdServe, "end": cmdEnd, "crash": cmdCrash, "exits": cmdExits, "until": cmdUntil,
		},
	})
}

// serversKey finds the servers of a script.
type serversKey struct{}

func setup(env *testscript.Env) error {
	env.Setenv("GIT_CONFIG_GLOBAL", "/dev/null")
	env.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	env.Setenv("GIT_TERMINAL_PROMPT", "0")
	env.Setenv("SIGNALBOX_RETRY_WAIT", "100ms")
	for _, who := range []string{"AUTHOR", "COMMITTER"} {
		env.Setenv("GIT_"+who+"_NAME", "Op Erator")
		env.Setenv("GIT_"+who+"_EMAIL", "op@example.com")
	}
	env.Setenv("TZ", "UTC")
	servers := map[string]*server{}
	env.Values[serversKey{}] = servers
	env.Defer(func() {
		for _, s := range servers {
			_ = s.cmd.Process.Kill()
			<-s.ended
		}
	})
	return nil
}

func servers(ts *testscript.TestScript) map[string]*server {
	return ts.Value(serversKey{}).(map[string]*server)
}

// server is a running `signalbox serve`, cd-service or frontend-service.
type server struct {
	cmd    *exec.Cmd
	addr   string
	log    *os.File
	ended  chan struct{}
	result error
}

func cmdServe(ts *testscript.TestScript, neg bool, args []string) {
	name, kind := "main", "serve"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	}
	if len(args) > 0 && (args[0] == "cd-service" || args[0] == "frontend-service") {
		kind, args = args[0], args[1:]
	}
	for _, flag := range flagsOf[kind] {
		if !contains(args, flag) {
			value, err := ts.MkAbs("data"), error(nil)
			if flag != "--data-dir" {
				value, err = freeport.Address() // scripts start servers again on the port they had
				ts.Check(err)
			}
			args = append(args, flag, value)
		}
	}
	args = append([]string{kind}, args...)
	s, err := start(ts, name, args)
	if err != nil {
		ts.Check(err)
	}
	servers(ts)[name] = s
	ts.Setenv("ADDR_"+strings.ToUpper(name), s.addr)
	if strings.HasPrefix(s.addr, "http") {
		ts.Setenv("SIGNALBOX_SERVER", s.addr)
	}
	ts.Logf("server %s is ready on %s", name, s.addr)
}

// flagsOf are the flags a kind of server is given when the script does not give them: free ports, a folder of the script's own.
var flagsOf = map[string][]string{
	"serve":            {"--http-addr", "--grpc-addr", "--data-dir"},
	"cd-service":       {"--grpc-addr", "--data-dir"},
	"frontend-service": {"--http-addr"},
}

func contains(args []string, flag string) bool {
	for _, a := range args {
		if a == flag || strings.HasPrefix(a, flag+"=") {
			return true
		}
	}
	return false
}

// readyLine is what a server prints when it can answer.
const readyLine = "Signalbox is ready on "

func start(ts *testscript.TestScript, name string, args []string) (*server, error) {
	log, err := os.OpenFile(ts.MkAbs(name+".log"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	s := &server{log: log, ended: make(chan struct{})}
	s.cmd = exec.Command("signalbox", args...)
	s.cmd.Dir = ts.MkAbs(".")
	s.cmd.Env = append(os.Environ(), environment(ts)...)
	s.cmd.Stderr = log
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan string, 1)
	go func() {
		defer close(s.ended)
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if addr, ok := strings.CutPrefix(lines.Text(), readyLine); ok {
				ready <- strings.Fields(addr)[0]
			}
		}
		s.result = s.cmd.Wait()
	}()
	select {
	case s.addr = <-ready:
		return s, nil
	case <-s.ended:
		return nil, fmt.Errorf("server %s ended: %v\n%s", name, s.result, tail(log))
	case <-time.After(time.Minute):
		_ = s.cmd.Process.Kill()
		return nil, fmt.Errorf("server %s is not ready after a minute\n%s", name, tail(log))
	}
}

// environment is what servers get of the script's environment.
func environment(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{"HOME", "TZ", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_TERMINAL_PROMPT", "SIGNALBOX_ROLE"} {
		env = append(env, name+"="+ts.Getenv(name))
	}
	return env
}

func tail(f *os.File) string {
	content, err := os.ReadFile(f.Name())
	if err != nil {
		return err.Error()
	}
	return string(content[max(0, len(content)-4000):])
}

func named(ts *testscript.TestScript, args []string) (string, *server) {
	name := "main"
	if len(args) > 0 {
		name = args[0]
	}
	s := servers(ts)[name]
	if s == nil {
		ts.Fatalf("there is no server %s", name)
	}
	delete(servers(ts), name)
	return name, s
}

func cmdEnd(ts *testscript.TestScript, neg bool, args []string) {
	name, s := named(ts, args)
	ts.Check(s.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-s.ended:
	case <-time.After(time.Minute):
		_ = s.cmd.Process.Kill()
		ts.Fatalf("server %s does not stop\n%s", name, tail(s.log))
	}
	if s.result != nil {
		ts.Fatalf("server %s: %v\n%s", name, s.result, tail(s.log))
	}
}

func cmdCrash(ts *testscript.TestScript, neg bool, args []string) {
	_, s := named(ts, args)
	ts.Check(s.cmd.Process.Kill())
	<-s.ended
}

func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exits CODE command...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, expected %d\n%s%s", got, want, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

func cmdUntil(ts *testscript.TestScript, neg bool, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		err := ts.Exec(args[0], args[1:]...)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			ts.Fatalf("%v\n%s%s", err, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
		case <-time.After(50 * time.Millisecond):
		}
	}
}
