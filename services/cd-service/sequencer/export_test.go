package sequencer

import (
	"context"

	"github.com/signalbox-dev/signalbox/pkg/rules"
)

// Content is what the rules get to read.
func (s *Sequencer) Content(ctx context.Context) rules.Content { return s.content(ctx) }
