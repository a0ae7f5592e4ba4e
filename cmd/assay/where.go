package main

import "github.com/spf13/cobra"

// addWhereFlag adds --where, which means the same to every command that chooses runs:
// the conditions of a compare.Filter.
func addWhereFlag(cmd *cobra.Command, conditions *[]string) {
	cmd.Flags().StringArrayVar(conditions, "where", nil, `runs alone that meet KEY=VALUE, or with !=, <, <=, >, >=; keys are model, kind, backend, rule, seed, every setting and every metric, such as 'dropout<=0.2' or 'f1>50%'; a value of "unset" is that of runs without the key; a limit that is not set lies above all numbers, max_depth="no limit" finds it as max_depth=0 does; repeatable, all must be met`)
}
