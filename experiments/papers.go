package experiments

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"assay/corpus"
	"assay/results"
	"assay/results/compare"
	"assay/results/metrics"
)

// paperReader tells how each test paper of stored runs fared. It reads a run's
// predictions once, for all rules, and keeps a paper's labels and a few numbers, not
// scores.
type paperReader struct {
	ctx   context.Context
	store *results.Store

	mu   sync.Mutex
	runs map[string]func() (map[metrics.Rule]compare.PaperScores, error) // by trial
	ids  [][]string                                                      // different lists of papers
}

func newPaperReader(ctx context.Context, store *results.Store) *paperReader {
	return &paperReader{ctx: ctx, store: store, runs: map[string]func() (map[metrics.Rule]compare.PaperScores, error){}}
}

// scores is a compare.Options.Papers. It may be called for several runs at once.
func (p *paperReader) scores(run results.Run, rule metrics.Rule) (compare.PaperScores, error) {
	p.mu.Lock()
	read := p.runs[run.Trial]
	if read == nil {
		read = sync.OnceValues(func() (map[metrics.Rule]compare.PaperScores, error) { return p.read(run) })
		p.runs[run.Trial] = read
	}
	p.mu.Unlock()
	byRule, err := read()
	return byRule[rule], err
}

// read applies the run's decisions to its stored scores.
func (p *paperReader) read(run results.Run) (map[metrics.Rule]compare.PaperScores, error) {
	if err := p.ctx.Err(); err != nil {
		return nil, err
	}
	stored, err := p.store.Predictions(run)
	if err != nil {
		return nil, err
	}
	taxonomy, err := corpus.LookupTaxonomy(run.Data.Taxonomy)
	if err != nil {
		return nil, err
	}
	groups, all := make([]int32, len(stored.Labels)), taxonomy.GroupOf()
	for c, label := range stored.Labels {
		i, ok := taxonomy.Index(label)
		if !ok {
			return nil, fmt.Errorf("experiments: predictions of trial %s: category %s is not in taxonomy %s", run.Trial, label, run.Data.Taxonomy)
		}
		groups[c] = all[i]
	}
	ids := p.shared(stored.IDs)
	var loss []float64
	if slices.ContainsFunc(run.Results, func(r results.RuleResult) bool { return r.All.Loss != nil }) {
		if loss, err = metrics.LossByPaper(stored.Scores, stored.Truth); err != nil {
			return nil, err
		}
	}
	at, err := metrics.PrecisionByPaper(stored.Scores, stored.Truth)
	if err != nil {
		return nil, err
	}
	out := map[metrics.Rule]compare.PaperScores{}
	for _, r := range run.Results {
		j, err := applyTo(r.Decision, stored.Scores, stored.Truth, groups, len(taxonomy.Groups))
		if err != nil {
			return nil, err
		}
		out[r.Decision.Rule] = compare.PaperScores{
			IDs: ids, Predicted: j.predicted, Truth: j.truth, MasterPredicted: j.masterPredicted, MasterTruth: j.masterTruth,
			PrecisionAt: at, Loss: loss,
		}
	}
	return out, nil
}

// shared returns an equal list that was seen before, so that runs on the same
// papers hold one.
func (p *paperReader) shared(ids []string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, known := range p.ids {
		if slices.Equal(known, ids) {
			return known
		}
	}
	p.ids = append(p.ids, ids)
	return ids
}
