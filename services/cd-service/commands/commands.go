// Package commands is the gRPC CommandService: it checks a command in the caller's goroutine, hands it to the sequencer, and
// answers as the caller wants to wait.
//
// A caller who goes away cancels nothing: a command that was handed over is decided. Refusals are *problem.Error with the
// operation's id in the detail.
package commands

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/auth"
	"github.com/signalbox-dev/signalbox/pkg/auth/pgp"
	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/rules"
	"github.com/signalbox-dev/signalbox/services/cd-service/journal"
	"github.com/signalbox-dev/signalbox/services/cd-service/sequencer"
)

// How long Execute waits for an outcome.
const (
	DefaultTimeout = time.Minute
	LongestTimeout = 10 * time.Minute
)

// maxKey is the limit of an idempotency key in bytes.
const maxKey = 256

// WarningMetadata is the response header that carries what a command's author should know although it was carried out.
const WarningMetadata = "signalbox-warning"

// Options say what a Server works with.
type Options struct {
	Sequencer *sequencer.Sequencer
	// Contents reads manifests for previews.
	Contents Contents
	// Journal may be nil: then wait=accepted is refused.
	Journal *journal.Journal
	Policy  rules.Policy
	// DefaultActor asks when the call names nobody.
	DefaultActor manifestrepo.Actor
	// Keyring, when set, makes a valid PGP signature of every manifest a must.
	Keyring *pgp.Keyring
	// Now is the clock that signatures are checked by; nil means the system's.
	Now    func() time.Time
	Logger *slog.Logger
}

// Server is the CommandService.
type Server struct {
	api.UnimplementedCommandServiceServer
	o Options
	// previews holds one entry for each that is being made.
	previews chan struct{}
}

// New makes a Server.
func New(o Options) *Server {
	if o.DefaultActor == (manifestrepo.Actor{}) {
		o.DefaultActor = manifestrepo.Actor{Name: "Signalbox", Email: "signalbox@localhost"}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &Server{o: o, previews: make(chan struct{}, maxPreviews)}
}

// Register adds the service to a gRPC server.
func (s *Server) Register(r grpc.ServiceRegistrar) { api.RegisterCommandServiceServer(r, s) }

// Execute decides one command and writes it.
func (s *Server) Execute(ctx context.Context, req *api.ExecuteRequest) (*api.Operation, error) {
	actor, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	timeout, err := timeoutOf(req)
	if err != nil {
		return nil, err
	}
	if err := checkKey(req.GetIdempotencyKey()); err != nil {
		return nil, err
	}
	request, err := s.prepare(rules.ActionOf(req), actor, s.o.Now())
	if err != nil {
		return nil, err
	}
	warn(ctx, request.Checked.Warnings)
	request.Keyed = req.GetIdempotencyKey() != "" && !req.GetSameIsRetry()
	if req.GetDryRun() {
		outcome, err := s.o.Sequencer.DryRun(ctx, request)
		if err != nil {
			return nil, problem.From(err)
		}
		return outcome.Proto(), nil
	}
	if request.ID, err = operationID(actor, req.GetIdempotencyKey()); err != nil {
		return nil, err
	}
	request.Fresh = req.GetIdempotencyKey() == ""
	request.Journal = req.GetWait() == api.Wait_WAIT_ACCEPTED
	future, err := s.o.Sequencer.Submit(ctx, request)
	if err != nil {
		return nil, err
	}
	op := (*api.Operation)(nil)
	if request.Journal {
		op = future.Outcome().Proto()
	} else {
		waiting, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		if op, err = answer(future.Wait(waiting)); err != nil {
			return nil, err
		}
	}
	// A retry may be answered from the commit, which knows no warnings; they are those of the command, however often it is sent.
	op.Warnings = request.Checked.Warnings
	return op, nil
}

// Submit decides a command of Signalbox itself, which comes through no door, and waits until it is written or refused, or ctx ends. The error
// is a *problem.Error.
func (s *Server) Submit(ctx context.Context, action *api.Action, actor manifestrepo.Actor) (*api.Operation, error) {
	request, err := s.prepare(action, actor, s.o.Now())
	if err != nil {
		return nil, err
	}
	if request.ID, err = operationID(actor, ""); err != nil {
		return nil, err
	}
	request.Fresh = true
	future, err := s.o.Sequencer.Submit(ctx, request)
	if err != nil {
		return nil, err
	}
	return answer(future.Wait(ctx))
}

// answer turns an outcome into what a caller who wanted to wait for the push gets.
func answer(o sequencer.Outcome) (*api.Operation, error) {
	switch o.State {
	case sequencer.Done:
		return o.Proto(), nil
	case sequencer.Refused:
		return nil, o.Err
	}
	e := problem.New(problem.Unknown, "the outcome is not known yet").
		Because("an answer comes when the manifest repo's remote has confirmed").
		Fix("read the operation %s, or send the same request with the same idempotency key again", o.ID)
	e.Detail = &api.ErrorDetail{OperationId: o.ID}
	return nil, e
}

// GetOperation reads how a command ended.
func (s *Server) GetOperation(ctx context.Context, req *api.GetOperationRequest) (*api.Operation, error) {
	if req.GetId() == "" {
		return nil, problem.New(problem.Invalid, "the operation's id is empty").At("id").Fix("give the id that the command's answer named")
	}
	outcome, ok, err := s.o.Sequencer.Find(ctx, req.GetId())
	if err != nil {
		return nil, problem.New(problem.Internal, "the operation cannot be looked up").Wrap(err)
	}
	if !ok {
		return nil, problem.New(problem.NotFound, "no operation %q is known", clip(req.GetId())).At("id").
			Because("operations that left no commit are kept for 24 h").Fix("look into the history")
	}
	return outcome.Proto(), nil
}

func clip(text string) string {
	if len(text) > 80 {
		return text[:80] + "..."
	}
	return text
}

// Recover takes up the intents that an earlier process accepted and did not decide, in order. Call it once, after the
// sequencer was started and before the service is open to callers.
func (s *Server) Recover(ctx context.Context) error {
	if s.o.Journal == nil {
		return nil
	}
	intents, err := s.o.Journal.Pending(ctx)
	if err != nil {
		return err
	}
	for _, intent := range intents {
		if err := s.recover(ctx, intent); err != nil {
			return fmt.Errorf("take up the accepted operation %s: %w", intent.ID, err)
		}
	}
	if len(intents) > 0 {
		s.o.Logger.Info("took up accepted commands of an earlier run", "commands", len(intents))
	}
	return nil
}

func (s *Server) recover(ctx context.Context, intent journal.Intent) error {
	actor := manifestrepo.Actor{Name: intent.ActorName, Email: intent.ActorEmail}
	action := &api.Action{}
	err := proto.Unmarshal(intent.Action, action)
	var request sequencer.Request
	if err == nil {
		request, err = s.prepare(action, actor, intent.At)
	}
	if err != nil {
		// What was accepted is not acceptable to this program (another policy, another version): that is its outcome.
		return s.o.Sequencer.RefuseJournaled(ctx, intent, problem.From(err))
	}
	request.ID, request.Digest, request.Action, request.Journaled = intent.ID, intent.Digest, intent.Action, true
	request.Keyed = intent.Keyed
	_, err = s.o.Sequencer.Submit(ctx, request)
	return err
}

// prepare does what can be done without any state: checks, signatures as of the time at, hashes, compression.
func (s *Server) prepare(action *api.Action, actor manifestrepo.Actor, at time.Time) (sequencer.Request, error) {
	var mu sync.Mutex
	blobs := map[gitstore.Hash]gitstore.Blob{}
	checked, err := rules.Check(action, s.o.Policy, func(content []byte) manifestrepo.Hash {
		blob := gitstore.PrepareBlob(content)
		mu.Lock()
		defer mu.Unlock()
		blobs[blob.Hash()] = blob
		return blob.Hash()
	})
	if err != nil {
		return sequencer.Request{}, problem.From(err)
	}
	if err := s.verify(action, at); err != nil {
		return sequencer.Request{}, problem.From(err)
	}
	encoded, err := encode(action)
	if err != nil {
		return sequencer.Request{}, err
	}
	bare := encoded
	if u := unsigned(action); u != action {
		if bare, err = encode(u); err != nil {
			return sequencer.Request{}, err
		}
	}
	digest := sha256.Sum256(bare)
	return sequencer.Request{Actor: actor, Checked: checked, Action: encoded, Digest: digest[:], Blobs: blobs}, nil
}

func encode(action *api.Action) ([]byte, error) {
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(action)
	if err != nil {
		return nil, problem.New(problem.Invalid, "the command cannot be encoded").Fix("send text as UTF-8").Wrap(err)
	}
	return encoded, nil
}

// actor is who asks: named by the door, or the default.
func (s *Server) actor(ctx context.Context) (manifestrepo.Actor, error) {
	a, err := auth.FromIncoming(ctx)
	if err != nil {
		return manifestrepo.Actor{}, err
	}
	if a.IsZero() {
		return s.o.DefaultActor, nil
	}
	return manifestrepo.Actor{Name: a.Name, Email: a.Email}, nil
}

// operationID is derived from the actor and the key, so that a retry finds the command it repeats; without a key it is new.
func operationID(actor manifestrepo.Actor, key string) (string, error) {
	if key != "" {
		sum := sha256.Sum256([]byte(actor.Email + "\x00" + key))
		return "op-" + hex.EncodeToString(sum[:16]), nil
	}
	id, err := uuid.NewV7FromReader(rand.Reader)
	if err != nil {
		return "", problem.New(problem.Internal, "no operation id can be made").Wrap(err)
	}
	return "op-" + id.String(), nil
}

func checkKey(key string) error {
	bad := len(key) > maxKey || !utf8.ValidString(key)
	for _, r := range key {
		bad = bad || unicode.IsControl(r)
	}
	if bad {
		return problem.New(problem.Invalid, "the idempotency key is not a line of at most %d bytes of UTF-8", maxKey).
			At("idempotency_key").Fix("use a UUID")
	}
	return nil
}

func timeoutOf(req *api.ExecuteRequest) (time.Duration, error) {
	if req.GetTimeout() == nil {
		return DefaultTimeout, nil
	}
	d := req.GetTimeout().AsDuration()
	if req.GetTimeout().CheckValid() != nil || d <= 0 || d > LongestTimeout {
		return 0, problem.New(problem.Invalid, "the timeout is not between 0 and %s", LongestTimeout).At("timeout").Fix("leave it out for %s", DefaultTimeout)
	}
	return d, nil
}

// warn puts warnings into the response's header, too, for clients that look at nothing else.
func warn(ctx context.Context, warnings []string) {
	if len(warnings) == 0 {
		return
	}
	md := metadata.MD{}
	for _, w := range warnings {
		md.Append(WarningMetadata, clip(w))
	}
	_ = grpc.SetHeader(ctx, md) // a call that is over needs no header
}
