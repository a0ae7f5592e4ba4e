// Package runners decides which trial runs where and when, and what happens
// when one fails.
//
//	outcomes, err := runners.Local(ctx, session, runners.LocalOptions{Jobs: 1})
//
// # `run` trains one trial at a time on all cores, `sweep` one on each core
//
// Every classifier is parallel inside and gives the same bits at any number of
// workers. One at a time is how fit times can be compared. Side by side is some 13 %
// faster on small forests (24 trials on two cores: 2.1 s against 2.4 s, medians of
// three) and no faster on networks, which keep two cores busy by themselves; it is for
// machines with more cores than a trial can use.
package runners
