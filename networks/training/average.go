package training

// tally adds up the F1 of papers at a threshold of 0.5, over categories and over
// their master categories, and counts those whose categories are all right.
type tally struct {
	groups    []int32
	masters   int
	exclusive bool // the highest logit counts, not the threshold

	carried, predicted []bool // masters of the paper at hand
	f1, masterF1       float64
	right              int // papers
	papers             int
}

func newTally(groups []int32, masters int, exclusive bool) *tally {
	return &tally{groups: groups, masters: masters, exclusive: exclusive, carried: make([]bool, masters), predicted: make([]bool, masters)}
}

// add takes the logits and targets (B, C) of a batch.
func (j *tally) add(logits, targets []float32, papers int) {
	c := len(logits) / max(papers, 1)
	for i := range papers {
		j.paper(logits[i*c:(i+1)*c], targets[i*c:(i+1)*c])
	}
}

func (j *tally) paper(logits, targets []float32) {
	clear(j.carried)
	clear(j.predicted)
	both, sum, top := 0, 0, 0
	for c, logit := range logits {
		is, said := targets[c] > 0, logit > 0
		if logit > logits[top] {
			top = c
		}
		if is {
			sum++
			j.carried[j.groups[c]] = true
		}
		if said {
			sum++
			j.predicted[j.groups[c]] = true
		}
		if is && said {
			both++
		}
	}
	j.f1 += f1(both, sum)
	if j.exclusive && targets[top] > 0 || !j.exclusive && 2*both == sum {
		j.right++
	}
	both, sum = 0, 0
	for m, is := range j.carried {
		if is {
			sum++
		}
		if j.predicted[m] {
			sum++
		}
		if is && j.predicted[m] {
			both++
		}
	}
	j.masterF1 += f1(both, sum)
	j.papers++
}

// f1 is 2·both/sum, 0 of nothing.
func f1(both, sum int) float64 {
	if sum == 0 {
		return 0
	}
	return 2 * float64(both) / float64(sum)
}

// take returns the means and how many papers are right, and begins anew.
func (j *tally) take() (f1, masterF1 float64, right int) {
	if n := float64(j.papers); n > 0 {
		f1, masterF1 = j.f1/n, j.masterF1/n
	}
	right = j.right
	j.f1, j.masterF1, j.papers, j.right = 0, 0, 0, 0
	return f1, masterF1, right
}

// averages are moving ones.
type averages struct {
	begun              bool
	loss, f1, masterF1 float64
}

const keep = 0.99

func (a *averages) add(loss, f1, masterF1 float64) {
	if !a.begun {
		*a = averages{true, loss, f1, masterF1}
		return
	}
	a.loss = keep*a.loss + (1-keep)*loss
	a.f1 = keep*a.f1 + (1-keep)*f1
	a.masterF1 = keep*a.masterF1 + (1-keep)*masterF1
}

// sums are over the papers of an epoch, as they were learnt.
type sums struct {
	loss          float64
	right, papers int
}

// add takes a batch's mean loss and how many of its papers are right.
func (s *sums) add(loss float64, right, papers int) {
	s.loss += loss * float64(papers)
	s.right += right
	s.papers += papers
}

// means returns the mean loss and the accuracy.
func (s *sums) means() (loss, accuracy float64) {
	n := float64(max(s.papers, 1))
	return s.loss / n, float64(s.right) / n
}
