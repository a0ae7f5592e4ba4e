// Package synthetic writes the built-in sample: papers that look like arXiv's,
// from vocabularies written for this project. It exists for trials without
// data and for tests; scores on it say nothing about real papers.
//
//	for p := range synthetic.Papers(synthetic.Options{Papers: 4000, Seed: 1}) { … }
package synthetic

import (
	_ "embed"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"sort"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"assay/corpus"
	"assay/internal/rng"
)

//go:embed vocabulary.toml
var vocabularyText string

// Options says which sample is written. The zero value is not useful; see
// Default.
type Options struct {
	Papers int
	Seed   uint64
}

// Default is the sample that `corpus.path = "synthetic"` names.
var Default = Options{Papers: 4000, Seed: 2020}

// The shares that set how hard the sample is, chosen so that the baselines
// differ from each other about as they do on real papers.
const (
	ownShare     = 0.40 // phrases of the paper's own categories
	siblingShare = 0.22 // phrases of a category of the same archive
	strangeShare = 0.14 // phrases of any category; the rest is general
	silentLabel  = 0.25 // cross-lists that leave no trace in the text
)

type vocabulary struct {
	General  []string
	Category []category
}

type category struct {
	ID      string
	Weight  float64
	Cross   map[string]float64
	Objects []string
	Methods []string
}

// generator holds the parsed vocabulary.
type generator struct {
	vocabulary
	byID     map[string]int
	siblings [][]int   // categories of the same archive, without itself
	heads    []int     // categories that can come first
	cumul    []float64 // cumulated weights of heads
}

// Papers yields the sample: the same options give the same papers.
func Papers(opt Options) iter.Seq[*corpus.Paper] {
	return func(yield func(*corpus.Paper) bool) {
		g := newGenerator()
		for i := range opt.Papers {
			if !yield(g.paper(i, rng.New(opt.Seed, "synthetic", fmt.Sprint(i)))) {
				return
			}
		}
	}
}

func newGenerator() *generator {
	g := &generator{byID: map[string]int{}}
	if _, err := toml.Decode(vocabularyText, &g.vocabulary); err != nil {
		panic("synthetic: embedded vocabulary: " + err.Error()) // a test decodes it
	}
	g.siblings = make([][]int, len(g.Category))
	total := 0.0
	for i, c := range g.Category {
		g.byID[c.ID] = i
		if c.Weight > 0 {
			total += c.Weight
			g.heads = append(g.heads, i)
			g.cumul = append(g.cumul, total)
		}
		for j, other := range g.Category {
			if i != j && archive(c.ID) == archive(other.ID) {
				g.siblings[i] = append(g.siblings[i], j)
			}
		}
	}
	return g
}

func archive(id string) string {
	a, _, _ := strings.Cut(id, ".")
	a, _, _ = strings.Cut(a, "-")
	return a
}

// paper writes paper number i.
func (g *generator) paper(i int, r *rand.Rand) *corpus.Paper {
	cats := g.categories(r)
	w := &writer{g: g, r: r, topics: g.topics(cats, r)}
	created := time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(3650))
	p := &corpus.Paper{
		ID:       fmt.Sprintf("synthetic:%05d", i),
		Title:    w.title(),
		Abstract: w.abstract(),
		Created:  created,
		Updated:  created.AddDate(0, 0, r.IntN(200)),
	}
	for _, c := range cats {
		p.Categories = append(p.Categories, g.Category[c].ID)
	}
	for range 1 + r.IntN(4) {
		p.Authors = append(p.Authors, pick(r, givenNames)+" "+pick(r, familyNames))
	}
	return p
}

// categories draws a primary category by weight and its cross-lists, each of
// which may bring further ones along at half the chance.
func (g *generator) categories(r *rand.Rand) []int {
	x := r.Float64() * g.cumul[len(g.cumul)-1]
	first := g.heads[sort.SearchFloat64s(g.cumul, math.Nextafter(x, math.Inf(1)))]
	cats := []int{first}
	scale := 1.0
	for at := 0; at < len(cats) && len(cats) < 5; at++ {
		cross := g.Category[cats[at]].Cross
		ids := make([]string, 0, len(cross))
		for id := range cross {
			ids = append(ids, id)
		}
		sort.Strings(ids)
		for _, id := range ids {
			c, known := g.byID[id]
			if known && r.Float64() < cross[id]*scale && !contains(cats, c) && len(cats) < 5 {
				cats = append(cats, c)
			}
		}
		scale = 0.5
	}
	return cats
}

// topics drops the cross-lists that the text does not show.
func (g *generator) topics(cats []int, r *rand.Rand) []int {
	topics := cats[:1:1]
	for _, c := range cats[1:] {
		if r.Float64() >= silentLabel {
			topics = append(topics, c)
		}
	}
	return topics
}

func contains(list []int, x int) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }
