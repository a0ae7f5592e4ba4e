package table

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"assay/internal/multilabel"
	"assay/internal/rng"
	"assay/results"
	"assay/results/compare"
	"assay/results/metrics"
)

// outcomes is what each run's papers met, by trial and rule.
type outcomes map[string]compare.PaperScores

func (f outcomes) of(r results.Run, rule metrics.Rule) (compare.PaperScores, error) {
	p, ok := f[r.Trial+rule.String()]
	if !ok {
		return compare.PaperScores{}, errors.New("no predictions")
	}
	return p, nil
}

// set gives a run's rule these papers, and the scores and the hash that follow from
// them.
func (f outcomes) set(r *results.Run, rule int, p compare.PaperScores) {
	res := &r.Results[rule]
	var errs [2]error
	res.All, errs[0] = metrics.Evaluate(p.Predicted, p.Truth, nil)
	res.Master, errs[1] = metrics.Evaluate(p.MasterPredicted, p.MasterTruth, nil)
	if err := errors.Join(errs[:]...); err != nil {
		panic(err)
	}
	for _, k := range []int{1, 3, 5} {
		res.All.PrecisionAt = append(res.All.PrecisionAt, metrics.PrecisionAt{K: k, Value: mean(p.PrecisionAt[k])})
	}
	loss := mean(p.Loss)
	res.All.Loss = &loss
	hash := sha256.Sum256(fmt.Append(nil, r.Files, p.IDs, *p.Predicted, *p.Truth, p.PrecisionAt, p.Loss))
	r.Files = []results.File{{Name: "predictions.parquet", SHA256: fmt.Sprintf("%x", hash)}}
	f[r.Trial+res.Decision.Rule.String()] = p
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// categories and masters are those of invented papers; category c is of master
// category c mod masters.
const (
	categories = 24
	masters    = 4
)

func noPapers() compare.PaperScores {
	return compare.PaperScores{
		Predicted: multilabel.New(categories), Truth: multilabel.New(categories),
		MasterPredicted: multilabel.New(masters), MasterTruth: multilabel.New(masters),
		PrecisionAt: map[int][]float64{},
	}
}

// add adds a paper; first says whether the best-scoring category is right.
func add(p *compare.PaperScores, id string, predicted, truth []int32, first bool, loss float64) {
	p.IDs = append(p.IDs, id)
	p.Predicted.Append(predicted)
	p.Truth.Append(truth)
	p.MasterPredicted.Append(ofMasters(predicted))
	p.MasterTruth.Append(ofMasters(truth))
	hits := 0.0
	if first {
		hits = 1
	}
	for _, k := range []int{1, 3, 5} {
		p.PrecisionAt[k] = append(p.PrecisionAt[k], hits/float64(k))
	}
	p.Loss = append(p.Loss, loss)
}

func ofMasters(row []int32) []int32 {
	var out []int32
	for _, c := range row {
		out = append(out, c%masters)
	}
	return out
}

// paper is an invented paper: what is true of it, and how hard it is.
type paper struct {
	id    string
	truth []int32
	hard  float64
}

func paperOf(id string) paper { return inventPaper(id, rng.New(1, "paper", id)) }

func inventPaper(id string, r *rand.Rand) paper {
	// Some categories are frequent and some rare.
	c := int32(float64(categories) * r.Float64() * r.Float64())
	return paper{id, []int32{c, (c + 1 + int32(r.IntN(3))) % categories}, r.Float64()}
}

// meet adds what a model predicts for a paper: at is how well it does on it, around
// 0 to 1.
func meet(p *compare.PaperScores, of paper, at float64, r *rand.Rand) {
	wrong := (of.truth[0] + 4 + int32(r.IntN(categories-8))) % categories
	var predicted []int32
	switch {
	case at > 0.85:
		predicted = of.truth
	case at > 0.65:
		predicted = of.truth[:1]
	case at > 0.4:
		predicted = []int32{of.truth[0], wrong}
	case at > 0.2:
		predicted = []int32{of.truth[1], wrong, (wrong + 1) % categories}
	default:
		predicted = []int32{wrong}
	}
	add(p, of.id, predicted, of.truth, at > 0.35, 1-at)
}

// invent gives runs the outcomes of n papers: some papers are hard for every model,
// and a run's present F1 says how good it is. Papers differ between seeds, with
// some in common, or are the same.
func invent(runs []results.Run, n int, perSeed bool) outcomes {
	f := outcomes{}
	for i := range runs {
		if runs[i].State != results.Done {
			continue
		}
		runs[i].Results = slices.Clone(runs[i].Results)
		for k := range runs[i].Results {
			own := rng.New(runs[i].Seed, runs[i].Trial, strconv.Itoa(k))
			good := runs[i].Results[k].All.SampleF1
			p := noPapers()
			for j := range n {
				if perSeed {
					j += int(runs[i].Seed) * n * 3 / 4
				}
				of := paperOf(fmt.Sprintf("2001.%05d", j))
				meet(&p, of, good+0.5-(0.7*of.hard+0.3*own.Float64()), own)
			}
			f.set(&runs[i], k, p)
		}
	}
	return f
}

// models makes one run a model and seed with a single rule.
func models(t testing.TB, seeds int, names ...string) []results.Run {
	t.Helper()
	var runs []results.Run
	for seed := range seeds {
		for _, name := range names {
			r := run(t, name, "native", uint64(seed+1), 0.5, nil)
			r.Results = r.Results[:1]
			runs = append(runs, r)
		}
	}
	return runs
}

// constant are papers of which those that are right have every score of 1 and the
// others of 0.
func constant(n int, right func(i int) bool) compare.PaperScores {
	p := noPapers()
	for i := range n {
		if right(i) {
			add(&p, fmt.Sprint(i), []int32{0}, []int32{0}, true, 0)
		} else {
			add(&p, fmt.Sprint(i), []int32{1}, []int32{0}, false, 1)
		}
	}
	return p
}
