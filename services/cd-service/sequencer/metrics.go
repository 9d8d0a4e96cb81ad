package sequencer

import (
	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what the writer tells about itself.
type metrics struct {
	batch    prometheus.Histogram
	seconds  prometheus.Histogram
	pushes   *prometheus.CounterVec
	commands *prometheus.CounterVec
	retries  prometheus.Counter
}

func newMetrics(registry prometheus.Registerer, s *Sequencer) *metrics {
	m := &metrics{
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "signalbox_push_commands", Help: "Commands in one push.", Buckets: prometheus.ExponentialBuckets(1, 2, 10)}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "signalbox_push_seconds", Help: "How long a push took until its outcome was known.", Buckets: prometheus.ExponentialBuckets(0.002, 2, 15)}),
		pushes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "signalbox_pushes_total", Help: "Pushes by result: ok, stale, refused, unreachable, unknown, failed."}, []string{"result"}),
		commands: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "signalbox_commands_total", Help: "Commands by kind and outcome: done, unchanged, or the kind of the refusal."}, []string{"kind", "outcome"}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "signalbox_redecided_total", Help: "Batches that were decided again, because main moved or a push failed."}),
	}
	if registry == nil {
		return m
	}
	registry.MustRegister(m.batch, m.seconds, m.pushes, m.commands, m.retries,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "signalbox_queue_length", Help: "Commands that wait for the writer."},
			func() float64 { return float64(s.QueueLength()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "signalbox_queue_capacity", Help: "How many commands may wait."},
			func() float64 { return float64(s.QueueCapacity()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "signalbox_push_interval_seconds", Help: "Least time between two pushes; 0 means no pacing."},
			func() float64 { return s.o.MinPushInterval.Seconds() }))
	return m
}
