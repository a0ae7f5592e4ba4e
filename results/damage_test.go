package results

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// damaged calls f with every single-bit change of data, and with every start.
func damaged(data []byte, f func(what string, at int, damaged []byte)) {
	changed := bytes.Clone(data)
	for at := range data {
		for bit := range 8 {
			changed[at] ^= 1 << bit
			f("bit flipped", at, changed)
			changed[at] = data[at]
		}
		changed[at] = 0
		f("zero", at, changed)
		changed[at] = data[at]
		f("cut", at, data[:at])
		f("zeros from there", at, append(bytes.Clone(data[:at]), make([]byte, len(data)-at)...))
		f("byte lost", at, append(bytes.Clone(data[:at]), data[at+1:]...))
	}
}

// Whatever bit of run.json flips and wherever it is cut: it is an error, or reads
// the same, where white space changed.
func TestDamagedRecordIsNeverAnother(t *testing.T) {
	run := trial("t")
	run.Provenance, run.State, run.Error = NewProvenance(), Failed, "a \"quoted\" \\ error, é <&>"
	data, err := run.encode()
	must(t, err)
	want, err := new(buffer).decodeRun(data)
	must(t, err)
	b, read := new(buffer), 0
	damaged(data, func(what string, at int, damaged []byte) {
		got, err := b.decodeRun(damaged)
		if err == nil {
			read++
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s at %d: read as %+v", what, at, got)
			}
		} else if strings.Contains(err.Error(), "\n") {
			t.Fatalf("%s at %d: error %q", what, at, err)
		}
	})
	if read == 0 || read > 2*len(data) { // white space between tokens may be lost
		t.Errorf("%d of the damaged records were read", read)
	}
}

// Of metrics.jsonl what is left after damage is the start of what was written.
func TestDamagedMetricsAreNeverOthers(t *testing.T) {
	var data []byte
	var want []json.RawMessage
	for i := range 5 {
		sealed, err := sealJSON(map[string]any{"kind": "step", "step": i, "loss": 1 / float64(i+1), "note": "a b"})
		must(t, err)
		data = append(append(data, sealed...), '\n')
	}
	want, whole, err := parseMetrics(data)
	if err != nil || whole != len(data) || len(want) != 5 {
		t.Fatalf("%d records, %v", len(want), err)
	}
	damaged(data, func(what string, at int, damaged []byte) {
		got, whole, err := parseMetrics(damaged)
		if err != nil {
			return
		}
		if len(got) > len(want) || len(got) > 0 && !reflect.DeepEqual(got, want[:len(got)]) || whole > len(damaged) {
			t.Fatalf("%s at %d: read as %s", what, at, got)
		}
	})
	for cut := range data {
		// A cut loses the record that it is in, and no other.
		if got, _, err := parseMetrics(data[:cut]); err != nil || len(got) != bytes.Count(data[:cut], []byte("\n")) {
			t.Fatalf("cut at %d: %d records, %v", cut, len(got), err)
		}
	}
}

func TestDamagedPredictionsAreNeverOthers(t *testing.T) {
	s := newStore(t)
	w := claim(t, s, "t")
	must(t, w.WritePredictions(samplePredictions()))
	must(t, w.Finish(w.Run()))
	run, err := s.Run("exp", "t")
	must(t, err)
	path := filepath.Join(w.Dir(), predictionsFile)
	data, err := os.ReadFile(path)
	must(t, err)
	const seed = 1
	r, tried := rand.New(rand.NewPCG(seed, 0)), 0
	damaged(data, func(what string, at int, damaged []byte) {
		if r.IntN(20) > 0 || bytes.Equal(damaged, data) {
			return
		}
		tried++
		must(t, os.WriteFile(path, damaged, 0o644))
		if _, err := s.Predictions(run); err == nil || strings.Contains(err.Error(), "\n") {
			t.Fatalf("%s at %d: error %v", what, at, err)
		}
	})
	if tried < 100 {
		t.Errorf("%d kinds of damage tried", tried)
	}
}

// The fast way to read a run's record gives what encoding/json gives.
func TestFastDecodingIsTheSame(t *testing.T) {
	nested := trial("t")
	nested.Params = map[string]any{
		"list": []any{1, 2.5, "x", nil, true, map[string]any{"deep": 1e300, "n": 12345678901234567}}, "text": "a\u2028\\\"<&>é", "null": nil,
	}
	for _, run := range []Run{finishedRun(t, 3), nested, {}} {
		data, err := run.encode()
		must(t, err)
		got, err := new(buffer).decodeRun(data)
		must(t, err)
		body, err := unsealJSON(data)
		must(t, err)
		var want Run
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.UseNumber()
		must(t, dec.Decode(&want))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("read %+v, want %+v", got, want)
		}
		var compact bytes.Buffer
		must(t, json.Compact(&compact, data))
		if fast := appendCompact(nil, data); !bytes.Equal(fast, compact.Bytes()) {
			t.Errorf("compact is %s, want %s", fast, compact.Bytes())
		}
		again, err := got.encode()
		if err != nil || !bytes.Equal(again, data) {
			t.Errorf("encoded again: %s, %v, want %s", again, err, data)
		}
	}
}

func FuzzDecodeRun(f *testing.F) {
	data, err := trial("t").encode()
	must(f, err)
	f.Add(data)
	f.Add([]byte(`{"crc32c":"00000000"}`))
	f.Add([]byte(`"\`))
	f.Fuzz(func(t *testing.T, data []byte) {
		run, err := new(buffer).decodeRun(data)
		if err != nil {
			return
		}
		if _, err := run.encode(); err != nil {
			t.Errorf("read, but not written again: %v", err)
		}
	})
}
