package training

import "assay/networks/layers"

// pipeline fills batches of papers and keeps as many of them under way as the
// engine takes.
type pipeline struct {
	engine  Engine
	flights []flight // a ring, one for each batch that may be under way
	oldest  int      // of those under way
	count   int      // how many are under way
}

// flight is a batch under way, of the papers of these rows.
type flight struct {
	batcher
	rows []int
}

func newPipeline(engine Engine, data Data, masked bool) *pipeline {
	p := &pipeline{engine: engine, flights: make([]flight, max(engine.Depth(), 1))}
	for i := range p.flights {
		p.flights[i].batcher = batcher{data: data, masked: masked}
	}
	return p
}

func (p *pipeline) full() bool  { return p.count == len(p.flights) }
func (p *pipeline) empty() bool { return p.count == 0 }

// next fills the batch that is sent next.
func (p *pipeline) next(rows []int, train bool, step int64) *layers.Batch {
	f := &p.flights[(p.oldest+p.count)%len(p.flights)]
	f.rows = rows
	b := f.fill(rows)
	b.Train, b.Step = train, uint64(step)
	return b
}

// train sends papers to learn from, in the step of that number.
func (p *pipeline) train(rows []int, step int64, u Update) error {
	err := p.engine.Step(p.next(rows, true, step), u)
	if err == nil {
		p.count++
	}
	return err
}

// eval sends papers to judge after so many steps.
func (p *pipeline) eval(rows []int, step int64) error {
	err := p.engine.Eval(p.next(rows, false, step))
	if err == nil {
		p.count++
	}
	return err
}

// wait returns the oldest batch under way, with its rows of papers and its result.
func (p *pipeline) wait() (f *flight, r Result, err error) {
	if r, err = p.engine.Wait(); err != nil {
		return nil, r, err
	}
	f = &p.flights[p.oldest]
	p.oldest = (p.oldest + 1) % len(p.flights)
	p.count--
	return f, r, nil
}
