package cli

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"sigs.k8s.io/yaml"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/services/signalbox/client"
)

// Output forms.
const (
	outputTable = "table"
	outputJSON  = "json"
	outputYAML  = "yaml"
)

// session is one run of the program: where it writes, and the flags that every client command has.
type session struct {
	Stdio
	// started says that cobra was content with the command line: errors from here on are ours.
	started bool

	server, tokenFile, caFile, as, output string
	retries                               int
	backoff                               time.Duration
}

func (s *session) addClientFlags(root *cobra.Command) {
	f := root.PersistentFlags()
	f.StringVar(&s.server, "server", "http://127.0.0.1:8080", "address of the Signalbox server")
	f.StringVar(&s.tokenFile, "token-file", "", "file with the API token; the token itself may stand in $SIGNALBOX_TOKEN")
	f.StringVar(&s.caFile, "ca-file", "", "PEM certificates to trust for --server, beside the system's")
	f.StringVar(&s.as, "as", "", `who asks, as "Name <mail>": becomes the author of the commit`)
	f.StringVarP(&s.output, "output", "o", outputTable, "table, json or yaml")
	f.IntVar(&s.retries, "retries", 3, "how often to try again when the server cannot be reached or is busy")
	f.DurationVar(&s.backoff, "retry-wait", time.Second, "wait before the first retry; grows by itself with each further one")
}

// prepare runs before every command.
func (s *session) prepare(cmd *cobra.Command) error {
	if err := applyEnvironment(cmd); err != nil {
		return err
	}
	switch s.output {
	case outputTable, outputJSON, outputYAML:
	default:
		return usagef("--output %q: choose table, json or yaml", s.output)
	}
	return nil
}

// client makes the client that the flags describe.
func (s *session) client() (*client.Client, error) {
	o := client.Options{
		Server:    s.server,
		Retries:   s.retries,
		Backoff:   s.backoff,
		UserAgent: "signalbox-cli/" + buildVersion(),
		OnRetry: func(_ int, wait time.Duration, cause error) {
			_, _ = fmt.Fprintf(s.Err, "signalbox: %v; trying again in %s\n", cause, wait)
		},
	}
	var err error
	if o.Token, err = s.token(); err != nil {
		return nil, err
	}
	if s.as != "" {
		who, err := mail.ParseAddress(s.as)
		if err != nil {
			return nil, usagef(`--as %q: write it as "Name <mail>"`, s.as)
		}
		o.AuthorName, o.AuthorEmail = who.Name, who.Address
	}
	if s.caFile != "" {
		if o.Transport, err = transportTrusting(s.caFile); err != nil {
			return nil, err
		}
	}
	return client.New(o)
}

// token comes from the environment or a file, never from the command line, where other users of the machine would see it.
func (s *session) token() (string, error) {
	if s.tokenFile == "" {
		return os.Getenv("SIGNALBOX_TOKEN"), nil
	}
	content, err := readFile(s.tokenFile, 64<<10)
	if err != nil {
		return "", usagef("--token-file: %v", err)
	}
	return strings.TrimSpace(string(content)), nil
}

func transportTrusting(caFile string) (http.RoundTripper, error) {
	pem, err := readFile(caFile, 4<<20)
	if err != nil {
		return nil, usagef("--ca-file: %v", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, usagef("--ca-file %s holds no PEM certificate", caFile)
	}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		TLSClientConfig:     &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: 10 * time.Second,
		ForceAttemptHTTP2:   true,
	}, nil
}

// show prints an answer in the form --output asks for; table prints it for people.
func (s *session) show(answer proto.Message, table func(p *printer)) error {
	if op, ok := answer.(*api.Operation); ok {
		for _, w := range op.Warnings {
			_, _ = fmt.Fprintf(s.Err, "signalbox: warning: %s\n", oneLine(w)) // the answer counts more
		}
	}
	if s.output != outputTable {
		return s.write(answer)
	}
	p := s.printer()
	table(p)
	return p.flush()
}

// write prints an answer as JSON or YAML.
func (s *session) write(answer proto.Message) error {
	content, err := protojson.Marshal(answer)
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	if s.output == outputYAML {
		if content, err = yaml.JSONToYAML(content); err != nil {
			return fmt.Errorf("writing the answer: %w", err)
		}
		_, err = s.Out.Write(content)
		return err
	}
	// protojson varies its spacing on purpose; programs and people want the same bytes each time.
	var indented bytes.Buffer
	if err := json.Indent(&indented, content, "", "  "); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	indented.WriteByte('\n')
	_, err = s.Out.Write(indented.Bytes())
	return err
}

// say prints a line for people; it stays silent when the output is for programs.
func (s *session) say(format string, args ...any) {
	if s.output == outputTable {
		_, _ = fmt.Fprintf(s.Out, format+"\n", args...)
	}
}

func (s *session) printer() *printer {
	width := 0
	if f, ok := s.Out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil {
			width = w
		}
	}
	return &printer{out: s.Out, color: s.color(), width: width}
}

// color follows https://no-color.org.
func (s *session) color() bool {
	return isTerminal(s.Out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// readFile reads a whole file, or fails when it is over the limit.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return readAll(f, path, limit)
}

func readAll(r io.Reader, name string, limit int64) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return content, nil
}

// input reads a file named on the command line; "-" is standard input.
func (s *session) input(path string, limit int64) ([]byte, error) {
	if path == "-" {
		return readAll(s.In, "standard input", limit)
	}
	content, err := readFile(path, limit)
	if err != nil {
		return nil, usagef("%v", err)
	}
	return content, nil
}

// waiting shows that something takes time: a counter on a terminal, a plain line every ten seconds elsewhere. Call the function it
// returns when it is over.
func (s *session) waiting(what string) (over func()) {
	ctx, cancel := context.WithCancel(context.Background())
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		s.tick(ctx, what)
	}()
	return func() {
		cancel()
		<-finished
	}
}

func (s *session) tick(ctx context.Context, what string) {
	every, live := 10*time.Second, isTerminal(s.Err)
	if live {
		every = time.Second
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	start := time.Now()
	for {
		select {
		case <-ctx.Done():
			if live && time.Since(start) >= every {
				_, _ = io.WriteString(s.Err, "\r\x1b[K")
			}
			return
		case <-ticker.C:
			passed := time.Since(start).Round(time.Second)
			if live {
				_, _ = fmt.Fprintf(s.Err, "\r\x1b[K%s ... %s", what, passed)
			} else {
				_, _ = fmt.Fprintf(s.Err, "%s ... %s\n", what, passed)
			}
		}
	}
}
