package main

import (
	"github.com/spf13/cobra"

	"assay/experiments/config"
)

// addWhereFlag adds --where, which means the same to every command that chooses runs:
// the conditions of a compare.Filter.
func addWhereFlag(cmd *cobra.Command, conditions *[]string) {
	cmd.Flags().StringArrayVar(conditions, "where", nil, `runs alone that meet KEY=VALUE, or with !=, <, <=, >, >=; keys are model, kind, backend, rule, seed, every setting and every metric, such as 'dropout<=0.2' or 'f1>50%'; a value of "unset" is that of runs without the key; a limit that is not set lies above all numbers, max_depth="no limit" finds it as max_depth=0 does; repeatable, all must be met`)
}

// addConfigFlags adds the flags of every command that takes a CONFIG.
func addConfigFlags(cmd *cobra.Command, overrides *[]string, results *string) {
	cmd.Flags().StringArrayVar(overrides, "set", nil, "override a key: KEY=VALUE with a TOML value or a plain word, such as corpus.path=data/arxiv, model.NAME.alpha=0.5 or, for every model that has the key, model.*.trees=10; repeatable")
	cmd.Flags().StringVar(results, "results", "", "folder of the run store (default: the experiment's results.path)")
}

// loadConfig loads CONFIG with its overrides; --results is one of them.
func loadConfig(source string, overrides []string, results string) (*config.Config, error) {
	cfg, err := config.Load(source, overrides)
	if err == nil && results != "" {
		cfg.Results.Path = results
	}
	return cfg, err
}
