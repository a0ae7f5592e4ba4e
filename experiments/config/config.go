package config

import (
	"slices"
	"strings"

	"assay/networks"
)

// Config is a resolved experiment: every key has a value and every value has
// been checked. The tags drive decoding (see bind): toml names the key,
// default its value where absent (none: the key is required), oneof the
// accepted words, and range an interval such as "(0,1]". A key that came after
// others were in use has late, at which value the resolved text leaves it out:
// settings from before keep their identity. Of a key whose identity is "-" no value
// can change a result; that of a "device" is resolved first (see Identity).
type Config struct {
	Name  string   `toml:"name" identity:"-"`
	Seeds []uint64 `toml:"seeds" default:"[1]"`

	Corpus     Corpus
	Split      Split
	Decision   Decision
	Results    Results
	Embeddings []Embeddings
	Features   []Features
	Models     []Model
	Published  []Published
}

// Corpus says which papers the experiment sees.
type Corpus struct {
	// Path is a folder of shards, or "synthetic" for the built-in sample.
	Path string `toml:"path" identity:"-"`
	// Sample is how many papers each seed draws; 0 takes all.
	Sample int64 `toml:"sample" default:"0" range:"[0,)"`
	// Taxonomy is arxiv, arxiv-2019, or topics:A,B,… to tell these apart.
	Taxonomy string `toml:"taxonomy" default:"arxiv-2019"`
	// Text says which fields of a paper its tokens are made of.
	Text string `toml:"text" default:"title+abstract" oneof:"title+abstract abstract title" late:"title+abstract"`
}

// Split holds the fractions of papers kept for choosing and for judging; the
// rest trains. The side of a paper depends on its id and the key alone.
type Split struct {
	Validation float64 `toml:"validation" default:"0.05" range:"[0,1)"`
	Test       float64 `toml:"test" default:"0.05" range:"(0,1)"`
	Key        string  `toml:"key" default:"assay"`
	// PerSeed adds the seed to the key, so that each replicate holds out other
	// papers and the interval over seeds covers the choice of test papers. It is off
	// unless asked for: on one split no seed is judged by papers that another chose by,
	// and one training of word vectors serves all. Deterministic models then give equal
	// replicates, which tables count as one run.
	PerSeed bool `toml:"per_seed" default:"false"`
}

// Decision lists the rules that turn scores into labels.
type Decision struct {
	Rules []string `toml:"rules" default:"[\"fixed:0.5\", \"tuned\"]"`
}

// Results says what is kept of a run.
type Results struct {
	Path       string `toml:"path" default:"results" identity:"-"`
	SaveModels bool   `toml:"save_models" default:"true"`
}

// Embeddings is a named table of word vectors: read from a file or trained on
// the experiment's own papers.
type Embeddings struct {
	Name string `toml:"-"`
	// File holds vectors in any format that embeddings/vectorfile reads.
	File string `toml:"file" default:"\"\""`
	// Train learns them instead, once for equal papers and options: the results'
	// cache keeps them.
	Train bool `toml:"train" default:"false"`

	Training `toml:"-"` // where Train is set

	// SHA256 is that of File, hexadecimal, once HashFiles has read it.
	SHA256 string `toml:"-"`
}

// Training holds the options of FastText, whose defaults are the article's;
// package embeddings/fasttext documents them.
type Training struct {
	// Papers whose text is learnt from: those that the models train on, or all
	// that the seed draws, as the article did: held-out text without its labels.
	Papers        string  `toml:"papers" default:"train" oneof:"train all"`
	Model         string  `toml:"model" default:"skipgram" oneof:"skipgram cbow"`
	Dimensions    int     `toml:"dimensions" default:"100" range:"[1,4096]"`
	Window        int     `toml:"window" default:"5" range:"[1,1000]"`
	Epochs        int     `toml:"epochs" default:"5" range:"[1,100000]"`
	MinCount      int     `toml:"min_count" default:"2" range:"[1,2147483647]"`
	MinN          int     `toml:"min_n" default:"2" range:"[0,64]"`
	MaxN          int     `toml:"max_n" default:"6" range:"[0,64]"` // 0: no n-grams
	Buckets       int     `toml:"buckets" default:"2000000" range:"[1,1073741824]"`
	Negatives     int     `toml:"negatives" default:"5" range:"[1,1000]"`
	LearningRate  float64 `toml:"learning_rate" default:"0.05" range:"(0,10]"`
	SubSampling   float64 `toml:"sub_sampling" default:"0.0001" range:"(0,1]"`
	Seed          uint64  `toml:"seed" default:"1"`
	Deterministic bool    `toml:"deterministic" default:"false"` // one goroutine, the same bits each time
}

// Features is a named way from tokens to a matrix. "counts", "tfidf", "vectors",
// "sequences" and "words" exist without being declared.
type Features struct {
	Name string `toml:"-"`
	Kind string `toml:"kind" oneof:"counts tfidf vectors sequences words"`

	Counting  `toml:"-"` // of counts and tfidf
	Vectors   `toml:"-"` // of vectors
	Sequences `toml:"-"` // of sequences
	Words     Words      `toml:"-"` // of words
}

// Counting holds the keys of features that count terms.
type Counting struct {
	// Terms are the words inside the tokens, as scikit-learn reads tokens joined
	// by spaces, or the tokens themselves.
	Terms        string `toml:"terms" default:"words" oneof:"words tokens"`
	Ngrams       []int  `toml:"ngrams" default:"[1, 1]"` // shortest and longest, in tokens
	MinDocuments int    `toml:"min_documents" default:"1" range:"[1,2147483647]"`
	MaxFeatures  int    `toml:"max_features" default:"0" range:"[0,2147483647]"`
	Sublinear    bool   `toml:"sublinear" default:"true"` // tfidf: 1 + ln(count)
}

// Vectors holds the keys of features that average the vectors of words.
type Vectors struct {
	// Standardize shifts and scales each dimension to mean 0 and variance 1 over
	// the training papers.
	Standardize bool `toml:"standardize" default:"false"`
}

// Sequences holds the keys of features that keep the order of the tokens.
type Sequences struct {
	// MaxTokens is how many tokens of a paper are kept. It has a bound, as
	// attention holds its square in weights of each paper.
	MaxTokens int `toml:"max_tokens" default:"512" range:"[1,8192]"`
}

// Words holds the keys of features that number words by a vocabulary of the
// training papers, for networks that learn the words' vectors themselves.
type Words struct {
	// Terms are what Counting's are.
	Terms     string `toml:"terms" default:"words" oneof:"words tokens"`
	MaxWords  int    `toml:"max_words" default:"50000" range:"[1,2147483645]"` // the most frequent
	MaxTokens int    `toml:"max_tokens" default:"250" range:"[1,8192]"`        // a paper's first
}

// FromVectors reports whether the features come from word vectors.
func (f *Features) FromVectors() bool { return f.Kind == "vectors" || f.Kind == "sequences" }

// CountsTerms reports whether the features are counts of terms.
func (f *Features) CountsTerms() bool { return !f.FromVectors() && f.Kind != "words" }

// keys returns the structs that hold the keys of the features' kind.
func (f *Features) keys() []any {
	switch f.Kind {
	case "vectors":
		return []any{f, &f.Vectors}
	case "sequences":
		return []any{f, &f.Sequences}
	case "words":
		return []any{f, &f.Words}
	}
	return []any{f, &f.Counting}
}

// keys returns the structs that hold the keys of the table.
func (e *Embeddings) keys() []any {
	if e.Train {
		return []any{e, &e.Training}
	}
	return []any{e}
}

// Published is a number from elsewhere that the table shows beside ours.
// Scores are fractions of 1, the loss is a binary cross entropy in nats; absent
// ones are NaN.
type Published struct {
	Model    string  `toml:"model"`
	F1       float64 `toml:"f1" default:"nan" range:"[0,1]"`
	MasterF1 float64 `toml:"master_f1" default:"nan" range:"[0,1]"`
	Accuracy float64 `toml:"accuracy" default:"nan" range:"[0,1]"`
	Loss     float64 `toml:"loss" default:"nan" range:"[0,)"`
	Source   string  `toml:"source" default:"\"\""`
}

// Model is one row of the comparison.
type Model struct {
	Name     string `toml:"name"`
	Kind     string `toml:"kind" oneof:"naive_bayes logistic_regression random_forest sha_rnn lstm"`
	Backend  string `toml:"backend" default:"native" oneof:"native golearn"`
	Features string `toml:"features" default:""`
	// Embeddings names the word vectors of features of kind "vectors" or
	// "sequences"; an LSTM without them learns its own.
	Embeddings string `toml:"embeddings" default:"\"\""`

	// Options is a pointer to the struct of the kind, below.
	Options any `toml:"-"`

	// Sweep says which settings are tried instead of the one that the keys give;
	// nil: that one alone.
	Sweep *Sweep `toml:"-"`

	// Rungs are what the sweep makes of the model: setting by setting, and again
	// with more of asha's resource.
	Rungs [][]Model `toml:"-"`

	own []Embeddings // its table of word vectors, where a sweep changes keys of that
	at  string       // where it stands in the document
}

// Variants returns every model that the experiment may train, those of sweeps
// in the order of their settings.
func (c *Config) Variants() []*Model {
	var out []*Model
	for i := range c.Models {
		m := &c.Models[i]
		if m.Sweep == nil {
			out = append(out, m)
		}
		for _, rung := range m.Rungs {
			for j := range rung {
				out = append(out, &rung[j])
			}
		}
	}
	return out
}

// Swept reports whether a model of the experiment has a sweep.
func (c *Config) Swept() bool {
	return slices.ContainsFunc(c.Models, func(m Model) bool { return m.Sweep != nil })
}

// The options of the native backend, by kind. Defaults are those of the
// classifiers below baselines, which document the options.
type (
	// NaiveBayes holds the options of kind "naive_bayes".
	NaiveBayes struct {
		Variant      string  `toml:"variant" default:"multinomial" oneof:"multinomial bernoulli gaussian"`
		Alpha        float64 `toml:"alpha" default:"1" range:"(0,)"`            // not of gaussian
		VarSmoothing float64 `toml:"var_smoothing" default:"1e-9" range:"(0,)"` // of gaussian alone
		FitPrior     bool    `toml:"fit_prior" default:"true"`
	}
	// LogisticRegression holds the options of kind "logistic_regression".
	LogisticRegression struct {
		C             float64 `toml:"c" default:"1" range:"(0,)"`             // inverse of the L2 penalty
		Tolerance     float64 `toml:"tolerance" default:"0.01" range:"(0,1)"` // proven relative distance of the weights from the optimum
		MaxIterations int     `toml:"max_iterations" default:"100" range:"[1,2147483647]"`
		ClassWeight   string  `toml:"class_weight" default:"none" oneof:"none balanced"`
	}
	// RandomForest holds the options of kind "random_forest".
	RandomForest struct {
		Trees       int    `toml:"trees" default:"100" range:"[1,1000000]"`
		MaxDepth    int    `toml:"max_depth" default:"0" range:"[0,2147483647]"` // 0: no limit
		MinLeaf     int    `toml:"min_leaf" default:"1" range:"[1,2147483647]"`
		MinSplit    int    `toml:"min_split" default:"2" range:"[2,2147483647]"`
		MaxFeatures string `toml:"max_features" default:"sqrt"`
		Bootstrap   bool   `toml:"bootstrap" default:"true"`
	}
)

// The options of the golearn backend, by kind. Each has the limits beyond
// which a model is refused before any work.
type (
	// GolearnNaiveBayes holds the options of kind "naive_bayes", which golearn
	// has as Bernoulli with a smoothing of its own.
	GolearnNaiveBayes struct {
		MaxCoreHours float64 `toml:"max_core_hours" default:"1" range:"(0,1000000]" identity:"-"`
		MaxGiB       float64 `toml:"max_gib" default:"4" range:"[0.001,1000000]" identity:"-"`
	}
	// GolearnLogisticRegression holds the options of kind "logistic_regression".
	GolearnLogisticRegression struct {
		C            float64 `toml:"c" default:"1" range:"(0,)"`
		Tolerance    float64 `toml:"tolerance" default:"0.0001" range:"(0,1)"`
		ClassWeight  string  `toml:"class_weight" default:"none" oneof:"none balanced"`
		MaxCoreHours float64 `toml:"max_core_hours" default:"1" range:"(0,1000000]" identity:"-"`
		MaxGiB       float64 `toml:"max_gib" default:"4" range:"[0.001,1000000]" identity:"-"`
	}
	// GolearnRandomForest holds the options of kind "random_forest".
	GolearnRandomForest struct {
		Trees        int     `toml:"trees" default:"100" range:"[1,1000000]"`
		MaxDepth     int     `toml:"max_depth" default:"0" range:"[0,2147483647]"`
		MaxFeatures  string  `toml:"max_features" default:"sqrt"`
		MaxCoreHours float64 `toml:"max_core_hours" default:"1" range:"(0,1000000]" identity:"-"`
		MaxGiB       float64 `toml:"max_gib" default:"4" range:"[0.001,1000000]" identity:"-"`
	}
)

// newOptions returns a pointer to the options struct of a kind and backend,
// nil if there is none.
func newOptions(kind, backend string) any {
	switch kind + "/" + backend {
	case "naive_bayes/native":
		return &NaiveBayes{}
	case "logistic_regression/native":
		return &LogisticRegression{}
	case "random_forest/native":
		return &RandomForest{}
	case "naive_bayes/golearn":
		return &GolearnNaiveBayes{}
	case "logistic_regression/golearn":
		return &GolearnLogisticRegression{}
	case "random_forest/golearn":
		return &GolearnRandomForest{}
	case "sha_rnn/native":
		return &networks.SHARNN{}
	case "lstm/native":
		return &networks.LSTM{}
	}
	return nil
}

// defaultFeatures names the features of a model that does not.
func (m *Model) defaultFeatures() string {
	if o, ok := m.Options.(*NaiveBayes); ok && o.Variant == "gaussian" {
		return "vectors"
	}
	switch m.Kind {
	case "sha_rnn":
		return "sequences"
	case "lstm":
		if m.Embeddings != "" {
			return "sequences"
		}
		return "words"
	case "logistic_regression":
		if m.Embeddings != "" {
			return "vectors"
		}
		return "tfidf"
	}
	return "counts"
}

// takes reports whether the model learns from features of a kind, and says in
// words what it wants.
func (m *Model) takes(kind string) (ok bool, want string) {
	kinds := []string{"counts", "tfidf", "vectors"}
	switch o := m.Options.(type) {
	case *NaiveBayes:
		kinds = kinds[:2]
		if o.Variant == "gaussian" {
			kinds = []string{"vectors"}
		}
	case *GolearnNaiveBayes:
		kinds = kinds[:2]
	case *networks.SHARNN:
		kinds = []string{"sequences"}
	case *networks.LSTM:
		kinds = []string{"words", "sequences"}
	}
	last := len(kinds) - 1
	want = kinds[last]
	if last > 0 {
		want = strings.Join(kinds[:last], ", ") + " or " + want
	}
	return slices.Contains(kinds, kind), want
}
