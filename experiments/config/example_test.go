package config_test

import (
	"fmt"

	"assay/experiments/config"
)

func Example() {
	const text = `name = "alphas"
seeds = [1, 2]
[corpus]
path = "data/arxiv"
[[model]]
name = "Bayes"
kind = "naive_bayes"
[model.sweep]
alpha = [0.1, 1]
`
	cfg, err := config.Parse(text, "alphas.toml", []string{"corpus.sample=1000"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range cfg.Variants() {
		one := cfg.One(m, cfg.Seeds[0])
		fmt.Println(one.Params()["alpha"], one.Identity("hash of the corpus").Parts)
	}
	_, err = config.Parse(text, "alphas.toml", []string{"model.Bayes.alhpa=2"})
	fmt.Println(err)
	// Output:
	// 0.1 corpus 1, counts 1, metrics 1, naive_bayes 1, shards 1, stats 1, text 1
	// 1 corpus 1, counts 1, metrics 1, naive_bayes 1, shards 1, stats 1, text 1
	// --set model.Bayes.alhpa=2: unknown key "alhpa" in [model]; did you mean "alpha"?
}
