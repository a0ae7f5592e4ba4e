package experiments

import (
	"context"
	"maps"
	"strings"
	"testing"
)

// A finished run of a trial's configuration and data that is not the trial's own is
// told, with the reason, until the trial has run; it is shown in the meantime.
func TestEarlierIdentities(t *testing.T) {
	ctx := context.Background()
	s := session(t, t.TempDir())
	note := func(want string) {
		t.Helper()
		got, err := s.Earlier(ctx)
		if err != nil || (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("note %q, %v; want %q", got, err, want)
		}
		if _, told, err := Status(ctx, s.Config); err != nil || told != got {
			t.Errorf("status notes %q, %v; want %q", told, err, got)
		}
		if plan, err := Preview(ctx, s.Config); err != nil || plan.Note != got {
			t.Errorf("a dry run notes %q, %v; want %q", plan.Note, err, got)
		}
	}
	finish := func(i int, folder string, change func(parts map[string]int) map[string]int) {
		t.Helper()
		record := s.record(s.Trials()[i])
		record.Trial, record.Parts = folder, change(maps.Clone(record.Parts))
		w, err := s.store.Claim(ctx, record)
		if err == nil {
			err = w.Finish(w.Run())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	note("")
	finish(0, "lr-s1-000000000000", func(map[string]int) map[string]int { return nil })
	note("1 of 2 trials have runs of an earlier identity (by the program's commit), which are kept and not reused: ")
	finish(1, "nb-s1-000000000000", func(parts map[string]int) map[string]int {
		parts["text"]--
		return parts
	})
	note("2 of 2 trials have runs of an earlier identity (by the program's commit; version 0 of text, now 1), which")
	mustRun(t, s, 0)
	note("1 of 2 trials have runs of an earlier identity (version 0 of text, now 1), which")
	mustRun(t, s, 1)
	note("")
}
