package experiments

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Spent says why no further trial of a model may begin, "" where one may: to train
// and judge the trials of its sweep that have ended, here or elsewhere, took as
// long together as the sweep's hours.
func (s *Session) Spent(model string) string {
	var hours float64
	for i := range s.Config.Models {
		if m := &s.Config.Models[i]; m.Name == model && m.Sweep != nil {
			hours = m.Sweep.Hours
		}
	}
	if hours == 0 {
		return ""
	}
	var took time.Duration
	for i := range s.Jobs {
		if j := &s.Jobs[i]; j.Model == model && j.Decided() {
			if v := s.Stored(j.Trial.ID); v.Ended {
				for _, stage := range v.Run.Stages {
					if stage.Name != "prepare" && stage.Name != "features" { // which trials share
						took += time.Duration(stage.Seconds * float64(time.Second))
					}
				}
			}
		}
	}
	if took.Hours() < hours {
		return ""
	}
	return fmt.Sprintf("the trials of %s have taken %.3g of the sweep's %g hours", model, took.Hours(), hours)
}

// Order lists the numbers of the jobs so that those which share papers and
// features follow each other, in the order in which these first appear.
func (s *Session) Order() []int {
	place := map[string]int{}
	at := func(key string) int {
		if _, seen := place[key]; !seen {
			place[key] = len(place)
		}
		return place[key]
	}
	type key struct{ data, features int }
	keys := make([]key, len(s.Jobs))
	order := make([]int, len(s.Jobs))
	for i := range s.Jobs {
		j := &s.Jobs[i]
		order[i] = i
		keys[i].data = at(s.Config.DataKey(j.Seed))
		if j.Decided() {
			keys[i].features = at("features " + j.Trial.Model.Features + " " + j.Trial.Config.EmbeddingsText(j.Trial.Model))
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(keys[a].data, keys[b].data), cmp.Compare(keys[a].features, keys[b].features))
	})
	return order
}
