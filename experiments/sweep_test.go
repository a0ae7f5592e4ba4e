package experiments

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"assay/experiments/config"
	"assay/networks"
	"assay/results"
	"assay/results/metrics"
)

const swept = `name = "swept"
seeds = [1, 2]
[corpus]
path = "synthetic"
sample = 400
[split]
validation = 0.2
test = 0.2
[embeddings.fasttext]
train = true
dimensions = 8
[embeddings.other]
train = true
dimensions = 9
`

// sweepOf parses an experiment of one model with a sweep.
func sweepOf(t *testing.T, kind, keys string, set ...string) *config.Config {
	t.Helper()
	cfg, err := config.Parse(swept+"[[model]]\nname = \"m\"\nkind = \""+kind+"\"\n"+keys, "swept.toml", set)
	if err != nil {
		t.Fatal(err)
	}
	again, err := config.Parse(cfg.Text(), "again.toml", nil)
	if err != nil {
		t.Fatalf("the resolved experiment does not parse: %v\n%s", err, cfg.Text())
	}
	if again.Text() != cfg.Text() || !slices.EqualFunc(Jobs(again, "d"), Jobs(cfg, "d"), func(a, b Job) bool { return a.Key == b.Key }) {
		t.Errorf("the resolved experiment gives other trials:\n%s\nand then\n%s", cfg.Text(), again.Text())
	}
	return cfg
}

// settings lists what a sweep makes of its model, one seed alone.
func settings(cfg *config.Config) []string {
	var out []string
	for _, j := range Jobs(cfg, "data") {
		if j.Seed == 1 && j.Rung == 0 {
			out = append(out, j.Setting())
		}
	}
	return out
}

func TestGrid(t *testing.T) {
	for _, c := range []struct {
		name, kind, keys string
		want             []string
	}{
		{"lists in the order of the file, the last key fastest", "naive_bayes",
			"[model.sweep]\nfit_prior = [true, false]\nalpha = [1, 0.5]",
			[]string{"fit_prior=true, alpha=1", "fit_prior=true, alpha=0.5", "fit_prior=false, alpha=1", "fit_prior=false, alpha=0.5"}},
		{"the first trials alone", "naive_bayes", "[model.sweep]\ntrials = 2\nalpha = [1, 0.5, 2]", []string{"alpha=1", "alpha=0.5"}},
		{"a step", "naive_bayes", "[model.sweep]\nalpha = { min = 0.1, max = 0.4, step = 0.1 }",
			[]string{"alpha=0.1", "alpha=0.2", "alpha=0.3", "alpha=0.4"}},
		{"a step that does not meet the end", "random_forest", "[model.sweep]\ntrees = { min = 2, max = 9, step = 3 }",
			[]string{"trees=2", "trees=5", "trees=8"}},
		{"a logarithmic range", "naive_bayes", "[model.sweep]\nalpha = { min = 0.01, max = 100, count = 5, log = true }",
			[]string{"alpha=0.01", "alpha=0.1", "alpha=1", "alpha=10", "alpha=100"}},
		{"whole numbers that meet", "random_forest", "[model.sweep]\ntrees = { min = 1, max = 4, count = 7 }",
			[]string{"trees=1", "trees=2", "trees=3", "trees=4"}},
		{"a condition on a swept key", "naive_bayes",
			"[model.sweep]\nvariant = [\"multinomial\", \"bernoulli\"]\nalpha = { values = [1, 2], when = { variant = \"bernoulli\" } }",
			[]string{"variant=multinomial, alpha=1", "variant=bernoulli, alpha=1", "variant=bernoulli, alpha=2"}},
		{"a condition on the model's own value", "naive_bayes",
			"fit_prior = false\n[model.sweep]\nalpha = { values = [3, 4], when = { fit_prior = false } }", []string{"alpha=3", "alpha=4"}},
		{"conditions in a chain", "random_forest",
			"[model.sweep]\nbootstrap = [true, false]\ntrees = { values = [5, 6], when = { bootstrap = true } }\nmin_leaf = { values = [2, 3], when = { trees = [6] } }",
			[]string{"bootstrap=true, trees=5, min_leaf=1", "bootstrap=true, trees=6, min_leaf=2", "bootstrap=true, trees=6, min_leaf=3", "bootstrap=false, trees=100, min_leaf=1"}},
		{"tables of vectors, and a key of one of them", "logistic_regression",
			"[model.sweep]\nembeddings = [\"fasttext\", \"other\"]\n\"embeddings.fasttext.dimensions\" = [4, 8]",
			[]string{"embeddings=fasttext, embeddings.dimensions=4", "embeddings=fasttext, embeddings.dimensions=8", "embeddings=other"}},
		{"the same without quotes", "logistic_regression",
			"embeddings = \"fasttext\"\n[model.sweep.embeddings.fasttext]\ndimensions = [4, 8]", []string{"embeddings.dimensions=4", "embeddings.dimensions=8"}},
	} {
		cfg := sweepOf(t, c.kind, c.keys)
		if got := settings(cfg); !slices.Equal(got, c.want) {
			t.Errorf("%s: settings\n%q, want\n%q", c.name, got, c.want)
		}
	}
}

// A setting is the same trial as the model without sweep that has its values.
func TestASettingIsATrialLikeOthers(t *testing.T) {
	id := func(cfg *config.Config, i int) string { return Jobs(cfg, "data")[i].Trial.ID }
	plain := sweepOf(t, "naive_bayes", "alpha = 0.5")
	if got, want := id(sweepOf(t, "naive_bayes", "[model.sweep]\nalpha = [1, 0.5]"), 2), id(plain, 0); got != want {
		t.Errorf("trial %s, without a sweep %s", got, want)
	}
	wide := sweepOf(t, "logistic_regression", "embeddings = \"fasttext\"\n[model.sweep]\n\"embeddings.fasttext.dimensions\" = [4, 8]")
	trial := Jobs(wide, "data")[0].Trial
	if len(trial.Config.Embeddings) != 1 || trial.Config.Embeddings[0].Dimensions != 4 || trial.Model.Features != "vectors" {
		t.Errorf("the trial's experiment is\n%s", trial.Config.Text())
	}
	again, err := config.Parse(trial.Config.Text(), "trial.toml", nil)
	if err != nil || id(again, 0) != trial.ID {
		t.Errorf("the trial's own experiment gives %s, want %s (%v)", id(again, 0), trial.ID, err)
	}
	eight := sweepOf(t, "logistic_regression", "embeddings = \"fasttext\"")
	if got, want := Jobs(wide, "data")[2].Trial.ID, id(eight, 0); got != want {
		t.Errorf("8 dimensions by a sweep are %s, by themselves %s", got, want)
	}
}

func TestSweepBySet(t *testing.T) {
	cfg := sweepOf(t, "naive_bayes", "", "model.m.sweep.alpha=[1, 0.25]", "model.*.sweep.fit_prior=[true]")
	if got, want := settings(cfg), []string{"alpha=1, fit_prior=true", "alpha=0.25, fit_prior=true"}; !slices.Equal(got, want) {
		t.Errorf("settings %q, want %q", got, want)
	}
}

func TestSweepFaults(t *testing.T) {
	for _, c := range []struct{ kind, keys, want string }{
		{"naive_bayes", "[model.sweep]\nalpah = [1]", `swept.toml:19: unknown key "alpah" to sweep; did you mean "alpha"?`},
		{"naive_bayes", "[model.sweep]\nalpha = [1, 0]", "swept.toml:19: alpha: 0 is out of range: greater than 0"},
		{"naive_bayes", "[model.sweep]\nalpha = [1, \"x\"]", `swept.toml:19: alpha: want a number, have "x"`},
		{"naive_bayes", "[model.sweep]\nalpha = [1, 1.0]", "swept.toml:19: alpha: 1.0 stands twice"},
		{"naive_bayes", "[model.sweep]\nalpha = []", "swept.toml:19: alpha: a list without values leaves nothing to try"},
		{"naive_bayes", "[model.sweep]\nalpha = 3", "swept.toml:19: alpha: want a list of values, or { min = …, max = … }, have 3"},
		{"naive_bayes", "[model.sweep]\nvariant = [\"poisson\"]", `swept.toml:19: variant: unknown value "poisson"; one of multinomial, bernoulli, gaussian`},
		{"naive_bayes", "[model.sweep]", "swept.toml:18: sweep: no key to sweep; name one, such as dropout = [0.0, 0.1]"},
		{"naive_bayes", "sweep = 3", "swept.toml:18: sweep: want a table [model.sweep], have 3"},
		{"naive_bayes", "[model.sweep]\nkind = [\"random_forest\"]", "swept.toml:19: kind: cannot be swept: add another table instead"},
		{"naive_bayes", "[model.sweep]\nmethod = \"gird\"\nalpha = [1]", `swept.toml:19: method: unknown value "gird"; did you mean "grid"?; one of grid, random, asha`},
		{"naive_bayes", "[model.sweep]\nalpha = { min = 1, max = 2 }", "swept.toml:19: alpha: a grid needs step or count to make values of a range"},
		{"naive_bayes", "[model.sweep]\nalpha = { min = 2, max = 1, count = 2 }", "swept.toml:19: alpha: min = 2 must lie below max = 1"},
		{"naive_bayes", "[model.sweep]\nalpha = { min = 0, max = 1, count = 2, log = true }", "swept.toml:19: alpha: min = 0 of a logarithmic range must lie above 0"},
		{"naive_bayes", "[model.sweep]\nalpha = { min = 0, max = 1, count = 2 }", "swept.toml:19: alpha: 0 is out of range: greater than 0"},
		{"naive_bayes", "[model.sweep]\nalpha = { min = 1, max = 2, count = 2, step = 1 }", "swept.toml:19: alpha: a range has a step, or count and log, not both"},
		{"naive_bayes", "[model.sweep]\nalpha = { min = 1, max = 2, cuont = 2 }", `swept.toml:19: unknown key "cuont" in [model]; did you mean "count"?`},
		{"naive_bayes", "[model.sweep]\nvariant = { min = 1, max = 2, count = 2 }", "swept.toml:19: variant: takes a string, which has no range; give a list"},
		{"naive_bayes", "[model.sweep]\nalpha = { values = [1], when = { variannt = \"x\" } }", `swept.toml:19: alpha: when: the model has no key "variannt"`},
		{"naive_bayes", "[model.sweep]\nalpha = { values = [1], when = { fit_prior = false } }", "swept.toml:19: alpha: when: fit_prior is never false"},
		{"naive_bayes", "[model.sweep]\nalpha = { values = [1], when = { variant = \"x\" } }", `swept.toml:19: alpha: when: variant: unknown value "x"; one of multinomial, bernoulli, gaussian`},
		{"random_forest", "[model.sweep]\ntrees = { values = [1], when = { min_leaf = 2 } }\nmin_leaf = { values = [2], when = { trees = 1 } }",
			"swept.toml:19: trees: its condition depends on itself"},
		{"naive_bayes", "[model.sweep]\nmethod = \"random\"\nalpha = [1]", `swept.toml:18: sweep: method = "random" needs trials, the number of settings to draw`},
		{"random_forest", "[model.sweep]\ntrees = { min = 1, max = 200, step = 1 }\nmin_leaf = { min = 1, max = 100, step = 1 }",
			"swept.toml:18: sweep: the grid has more than 10000 settings; take fewer values, or method = \"random\""},
		{"naive_bayes", "[model.sweep]\nmethod = \"asha\"\ntrials = 4\nalpha = [1, 2, 3, 4]",
			"swept.toml:18: resource: name the key that says how long this model is trained, such as max_iterations"},
		{"random_forest", "trees = 4\n[model.sweep]\nmethod = \"asha\"\ntrials = 4\nmin_resource = 2\nmin_leaf = [1, 2, 3, 4]",
			"swept.toml:19: sweep: trees = 4 leaves no second rung above min_resource = 2 by a reduction of 3"},
		{"random_forest", "trees = 3\n[model.sweep]\nmethod = \"asha\"\ntrials = 4\nrule = \"top:3\"\nmin_leaf = [1, 2, 3, 4]",
			`swept.toml:22: rule: "top:3" is not among decision.rules: fixed:0.5, tuned`},
		{"random_forest", "trees = 9\n[model.sweep]\nmethod = \"asha\"\ntrials = 8\nmin_leaf = [1, 2, 3, 4]",
			"swept.toml:21: trials: of 8 none comes to the last of the 3 rungs [1 3 9] of trees: take 9 at least, or raise min_resource"},
		{"logistic_regression", "[model.sweep]\nembeddings = [\"fastext\"]", `swept.toml:15: embeddings: no [embeddings.fastext]; did you mean "fasttext"?; declared: fasttext, other`},
		{"logistic_regression", "[model.sweep]\n\"embeddings.glove.dimensions\" = [1]", `swept.toml:19: embeddings.glove.dimensions: no [embeddings.glove]`},
		{"logistic_regression", "[model.sweep]\n\"embeddings.other.dimensons\" = [1]", `swept.toml:19: unknown key "dimensons" to sweep; did you mean "dimensions"?`},
	} {
		_, err := config.Parse(swept+"[[model]]\nname = \"m\"\nkind = \""+c.kind+"\"\n"+c.keys, "swept.toml", nil)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: error\n%v, want\n%s", c.keys, err, c.want)
		}
	}
}

func TestRandomSettings(t *testing.T) {
	keys := "[model.sweep]\nmethod = \"random\"\ntrials = %d\nalpha = { min = 0.01, max = 10, log = true }\nfit_prior = [true, false]"
	few := settings(sweepOf(t, "naive_bayes", fmt.Sprintf(keys, 5)))
	many := settings(sweepOf(t, "naive_bayes", fmt.Sprintf(keys, 40)))
	if !slices.Equal(many[:5], few) {
		t.Errorf("more trials change those before: %q, then %q", few, many[:5])
	}
	low, both := 0, map[string]int{}
	for _, s := range many {
		var alpha float64
		var prior bool
		if _, err := fmt.Sscanf(s, "alpha=%f, fit_prior=%t", &alpha, &prior); err != nil || alpha < 0.01 || alpha > 10 {
			t.Fatalf("setting %q: %v", s, err)
		}
		if alpha < 0.3162 { // half of the logarithms
			low++
		}
		both[fmt.Sprint(prior)]++
	}
	if low < 12 || low > 28 || both["true"] < 12 || both["false"] < 12 {
		t.Errorf("of 40 draws %d in the lower half, %v", low, both)
	}
	if n := len(settings(sweepOf(t, "naive_bayes", "[model.sweep]\nmethod = \"random\"\ntrials = 9\nfit_prior = [true, false]"))); n != 2 {
		t.Errorf("%d settings of a space of 2", n)
	}
	whole := settings(sweepOf(t, "random_forest", "[model.sweep]\nmethod = \"random\"\ntrials = 9\ntrees = { min = 1, max = 50 }"))
	if len(whole) != 9 || strings.Contains(strings.Join(whole, " "), ".") {
		t.Errorf("whole numbers: %q", whole)
	}
}

const halving = "trees = 9\n[model.sweep]\nmethod = \"asha\"\ntrials = %d\nmetric = \"f1\"\nrule = \"tuned\"\nmin_leaf = { min = 1, max = 4000 }"

// verdictOf makes up a result: the larger min_leaf, the better, but for noise
// by the trial's name; some fail.
func verdictOf(t Trial) Verdict {
	leaf := t.Model.Options.(*config.RandomForest).MinLeaf
	run := results.Run{Trial: t.ID, State: results.Done}
	noise := float64((leaf*7919+int(t.Seed)*1299709*leaf)%101) / 40
	if leaf%13 == 0 {
		run.State = results.Failed
	}
	rule, err := metrics.ParseRule("tuned")
	if err != nil {
		panic(err)
	}
	run.Results = []results.RuleResult{{
		Decision:   metrics.Decision{Rule: rule},
		Validation: &results.ValidationScores{F1: float64(leaf)/4000 + noise + float64(t.Seed)/100},
	}}
	return Verdict{Ended: true, Run: run}
}

// promote runs a sweep to its end, trial by trial in a random order of what may
// run, and returns the trials by number.
func promote(t *testing.T, cfg *config.Config, seed uint64) []string {
	t.Helper()
	return promoteAll(t, cfg, Jobs(cfg, "data"), seed)
}

func promoteAll(t *testing.T, cfg *config.Config, jobs []Job, seed uint64) []string {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	ended := map[string]Verdict{}
	for {
		Decide(cfg, jobs, "data", func(trial string) Verdict { return ended[trial] })
		var may []int
		for i := range jobs {
			if jobs[i].Decided() && !ended[jobs[i].Trial.ID].Ended {
				may = append(may, i)
			}
		}
		if len(may) == 0 {
			break
		}
		trial := jobs[may[r.IntN(len(may))]].Trial
		ended[trial.ID] = verdictOf(trial)
	}
	var out []string
	for _, j := range jobs {
		if !j.Decided() {
			t.Errorf("job %d was never decided", j.Number)
		}
		out = append(out, j.Trial.ID)
	}
	return out
}

func TestHalvingDecidesByNumber(t *testing.T) {
	cfg := sweepOf(t, "random_forest", fmt.Sprintf(halving, 13))
	jobs := Jobs(cfg, "data")
	count := map[int]int{}
	for i, j := range jobs {
		count[j.Rung]++
		if j.Number != i || j.Rung > 0 && (j.Decided() || len(j.Needs) != 2*3*(j.Slot+1)) {
			t.Errorf("job %d is %+v", i, j)
		}
	}
	if want := map[int]int{0: 26, 1: 8, 2: 2}; !reflect.DeepEqual(count, want) {
		t.Fatalf("jobs by rung %v, want %v", count, want)
	}
	want := promote(t, cfg, 0)
	for seed := uint64(1); seed < 30; seed++ {
		if got := promote(t, cfg, seed); !slices.Equal(got, want) {
			t.Fatalf("order %d: other trials\n%q, want\n%q", seed, got, want)
		}
	}
	// The promotions are sound: none that failed, and the resource of the rung.
	Decide(cfg, jobs, "data", func(string) Verdict { return Verdict{} })
	byID := map[string]Verdict{}
	for range 3 {
		for _, j := range jobs {
			if j.Decided() {
				byID[j.Trial.ID] = verdictOf(j.Trial)
			}
		}
		Decide(cfg, jobs, "data", func(trial string) Verdict { return byID[trial] })
	}
	for _, j := range jobs {
		o := j.Trial.Model.Options.(*config.RandomForest)
		if trees := []int{1, 3, 9}[j.Rung]; o.Trees != trees || j.Rung > 0 && o.MinLeaf%13 == 0 {
			t.Errorf("job %d in rung %d: %d trees, min_leaf %d", j.Number, j.Rung, o.Trees, o.MinLeaf)
		}
	}
	// More settings leave the places that were there to those who had them.
	more := sweepOf(t, "random_forest", fmt.Sprintf(halving, 26))
	var keys []string
	for _, j := range jobs {
		keys = append(keys, j.Key)
	}
	larger := reorder(more, Jobs(more, "data"), keys)
	for i := range jobs {
		if larger[i].Key != jobs[i].Key || larger[i].Number != i {
			t.Fatalf("job %d of the larger sweep is %s, of the smaller one %s", i, larger[i].Key, jobs[i].Key)
		}
	}
	ended := map[string]Verdict{}
	for range 4 {
		for _, j := range larger {
			if j.Decided() {
				ended[j.Trial.ID] = verdictOf(j.Trial)
			}
		}
		Decide(more, larger, "data", func(trial string) Verdict { return ended[trial] })
	}
	for i := range want {
		if larger[i].Trial.ID != want[i] {
			t.Errorf("job %d of the larger sweep got %s, of the smaller one %s", i, larger[i].Trial.ID, want[i])
		}
	}
}

// Place j goes to the best, by the mean over seeds, of the first (j+1)·reduction
// members that has none yet; a failed one is the worst.
func TestHalvingPromotesTheBest(t *testing.T) {
	cfg := sweepOf(t, "random_forest", "trees = 4\n[model.sweep]\nmethod = \"asha\"\nreduction = 2\ntrials = 12\nrule = \"tuned\"\nmin_leaf = { min = 1, max = 4000 }")
	jobs := Jobs(cfg, "data")
	promoteAll(t, cfg, jobs, 5)
	members := map[int][]int{} // min_leaf by slot, by rung
	for _, j := range jobs {
		if j.Seed == 1 {
			members[j.Rung] = append(members[j.Rung], j.Trial.Model.Options.(*config.RandomForest).MinLeaf)
		}
	}
	if len(members[0]) != 12 || len(members[1]) != 6 || len(members[2]) != 3 {
		t.Fatalf("members %v", members)
	}
	value := func(rung, leaf int) float64 {
		sum := 0.0
		for _, j := range jobs {
			if j.Rung == rung && j.Trial.Model.Options.(*config.RandomForest).MinLeaf == leaf {
				if v := verdictOf(j.Trial); v.Run.State == results.Done {
					sum += v.Run.Results[0].Validation.F1
				} else {
					sum -= 1e9
				}
			}
		}
		return sum
	}
	for rung := 1; rung <= 2; rung++ {
		for slot, got := range members[rung] {
			best := 0
			for _, leaf := range members[rung-1][:2*(slot+1)] {
				if !slices.Contains(members[rung][:slot], leaf) && (best == 0 || value(rung-1, leaf) > value(rung-1, best)) {
					best = leaf
				}
			}
			if got != best {
				t.Errorf("place %d of rung %d went to min_leaf %d, want %d", slot, rung, got, best)
			}
		}
	}
}

// Values in another order, or more of them, change no decision that was taken
// under a manifest; more seeds would, and make other places.
func TestHalvingKeepsDecisions(t *testing.T) {
	const text = "trees = 4\n[model.sweep]\nmethod = \"asha\"\nreduction = 2\ntrials = 40\nmin_leaf = %s"
	cfg := sweepOf(t, "random_forest", fmt.Sprintf(text, "[5, 900, 17, 3000, 42, 8, 77, 1500]"))
	want := promote(t, cfg, 0)
	var keys []string
	for _, j := range Jobs(cfg, "data") {
		keys = append(keys, j.Key)
	}
	for _, values := range []string{"[1500, 77, 8, 42, 3000, 17, 900, 5]", "[3999, 5, 900, 17, 3500, 3000, 42, 8, 77, 1500, 2]"} {
		other := sweepOf(t, "random_forest", fmt.Sprintf(text, values))
		jobs := reorder(other, Jobs(other, "data"), keys)
		if got := promoteAll(t, other, jobs, 1); !slices.Equal(got[:len(want)], want) {
			t.Errorf("%s: trials\n%q, want\n%q", values, got[:len(want)], want)
		}
	}
	more := sweepOf(t, "random_forest", fmt.Sprintf(text, "[5, 900, 17, 3000, 42, 8, 77, 1500]"), "seeds=[1, 2, 3]")
	for _, j := range Jobs(more, "data") {
		if j.Rung > 0 && slices.Contains(keys, j.Key) {
			t.Fatalf("with another seed, %s is a place as before", j.Key)
		}
	}
	// Models and tables beside it have no say.
	beside := sweepOf(t, "random_forest", fmt.Sprintf(text, "[5, 900, 17, 3000, 42, 8, 77, 1500]")+"\n[features.f]\nkind = \"counts\"\n[[model]]\nname = \"other\"\nkind = \"naive_bayes\"\nfeatures = \"f\"")
	all := Jobs(beside, "data")
	for _, key := range keys {
		if !slices.ContainsFunc(all, func(j Job) bool { return j.Key == key }) {
			t.Errorf("with another model, no job has the key %s", key)
		}
	}
}

// Whole numbers of a table of vectors are drawn as such; --set wins over a table
// in the file.
func TestSweepOfTables(t *testing.T) {
	keys := "embeddings = \"fasttext\"\n[model.sweep]\nmethod = \"random\"\ntrials = 9\n\"embeddings.fasttext.dimensions\" = { min = 4, max = 64 }"
	if got := settings(sweepOf(t, "logistic_regression", keys)); len(got) != 9 || strings.Contains(strings.Join(got, ""), "dimensions=4.") {
		t.Errorf("settings %q", got)
	}
	for range 8 { // tables have no order
		cfg := sweepOf(t, "logistic_regression", "embeddings = \"fasttext\"\n[model.sweep.embeddings.fasttext]\ndimensions = [4, 8]", "model.m.sweep.embeddings.fasttext.dimensions=[16]")
		if got := settings(cfg); len(got) != 1 || got[0] != "embeddings.dimensions=16" {
			t.Fatalf("settings %q", got)
		}
	}
}

// A network gets epochs of one schedule; the last rung is the whole training.
func TestHalvingOfEpochs(t *testing.T) {
	cfg := sweepOf(t, "sha_rnn", "embeddings = \"fasttext\"\nepochs = 8\n[model.sweep]\nmethod = \"asha\"\nreduction = 2\ntrials = 8\nmin_resource = 2\ndropout = { min = 0, max = 0.9 }")
	m := cfg.Models[0]
	var stops []int
	for _, rung := range m.Rungs {
		o := rung[0].Options.(*networks.SHARNN)
		if o.Epochs != 8 {
			t.Errorf("%d epochs of schedule, want 8", o.Epochs)
		}
		stops = append(stops, o.StopEpoch)
	}
	if !slices.Equal(stops, []int{2, 4, 0}) {
		t.Errorf("rungs stop after %v", stops)
	}
}
