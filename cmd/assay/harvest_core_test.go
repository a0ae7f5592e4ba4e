package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assay/corpus/catalog"
	"assay/corpus/harvest/coreapi/coretest"
	"assay/corpus/harvest/harvesttest"
)

// testCoreKey may come out nowhere.
const testCoreKey = "n0body-may+see/this=key"

var coreTopics = []string{"deep learning", "computer vision"}

// coreArgs is a harvest of n documents for each of two topics, without pauses.
func coreArgs(url, db string, n int, more ...string) []string {
	return append([]string{"corpus", "harvest", "core", "--url", url + "/v3", "--db", db, "--count", strconv.Itoa(n), "--pause", "1ms",
		"--topic", coreTopics[0], "--topic", coreTopics[1]}, more...)
}

// catalogDocuments returns all documents of a catalog.
func catalogDocuments(t *testing.T, db string) []*catalog.Document {
	t.Helper()
	c, err := catalog.Open(context.Background(), db, catalog.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var all []*catalog.Document
	for d, err := range c.Documents(context.Background(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

// exclusiveDocuments counts the documents of one topic only, by topic.
func exclusiveDocuments(documents []*catalog.Document) map[string]int {
	n := map[string]int{}
	for _, d := range documents {
		if len(d.Topics) == 1 {
			n[d.Topics[0]]++
		}
	}
	return n
}

// coreProcess is the harvest as a process, killed when the server has had so many
// further requests; 0 for never. It reports the exit code, -1 if it was killed.
func coreProcess(t *testing.T, requests *atomic.Int64, after int64, pause time.Duration, args ...string) (code int, stderr string) {
	t.Helper()
	cmd := command(args...)
	cmd.Env = append(cmd.Env, coreKey+"="+testCoreKey)
	var errOut, out bytes.Buffer
	cmd.Stderr, cmd.Stdout = &errOut, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	limit := requests.Load() + after
	for {
		select {
		case <-ended:
			return cmd.ProcessState.ExitCode(), errOut.String() + out.String()
		case <-time.After(time.Millisecond):
		}
		if after > 0 && requests.Load() >= limit {
			time.Sleep(pause)
			_ = cmd.Process.Kill() // it may have ended just now
			<-ended
			return cmd.ProcessState.ExitCode(), errOut.String() + out.String()
		}
	}
}

// A harvest that is killed at random moments, whose server answers rubbish, shortens
// and repeats pages and forgets scrolls, ends with the documents of an undisturbed one.
//
// The long form: ASSAY_KILLS=20 ASSAY_PAPERS=5000 go test -run HarvestCoreKilled -timeout 30m -v ./cmd/assay
func TestHarvestCoreKilled(t *testing.T) {
	each, kills := count(t, "ASSAY_PAPERS", 600)/2, count(t, "ASSAY_KILLS", 3)
	seed := uint64(count(t, "ASSAY_STRESS_SEED", int(time.Now().UnixNano()%1e9)))
	t.Logf("ASSAY_STRESS_SEED=%d plays the same again, but for the clock", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	works := coretest.Works(3*each, 9, coreTopics...)
	dir := t.TempDir()

	var requests atomic.Int64
	counted := func(h http.Handler) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests.Add(1)
			h.ServeHTTP(w, r)
		}))
		t.Cleanup(s.Close)
		return s
	}
	calm := counted(coretest.New(coretest.Options{Works: works, Key: testCoreKey}))
	undisturbed := filepath.Join(dir, "undisturbed.db")
	if code, stderr := coreProcess(t, &requests, 0, 0, coreArgs(calm.URL, undisturbed, each)...); code != 0 {
		t.Fatalf("undisturbed: code %d: %s", code, stderr)
	}
	want := catalogDocuments(t, undisturbed)
	wantEach := map[string]int{coreTopics[0]: each, coreTopics[1]: each}
	if got := exclusiveDocuments(want); !reflect.DeepEqual(got, wantEach) {
		t.Fatalf("undisturbed: %v", got)
	}
	calmRequests := requests.Swap(0)

	wild := counted(&harvesttest.Faults{
		Handler: coretest.New(coretest.Options{Works: works, Key: testCoreKey, Odd: 0.1, Seed: seed, ScrollLife: 9}), Seed: seed, Rate: 0.2,
		Kinds: coreFaults(kills > 3), InARow: 3,
	})
	db := filepath.Join(dir, "killed.db")
	killed, gaveUp := 0, 0
	var printed strings.Builder
	for done := false; !done; {
		after := int64(0)
		if killed < kills {
			after = 1 + random.Int64N(max(2, 2*calmRequests/int64(kills+1)))
		}
		code, stderr := coreProcess(t, &requests, after, time.Duration(random.IntN(20))*time.Millisecond, coreArgs(wild.URL, db, each)...)
		printed.WriteString(stderr)
		switch {
		case code == -1:
			killed++
		case code == exitResumable:
			gaveUp++
		case code != 0:
			t.Fatalf("code %d: %s", code, stderr)
		case killed < kills: // all done before: begin anew
			for _, name := range files(t, db) {
				if err := os.Remove(name); err != nil {
					t.Fatal(err)
				}
			}
		default:
			done = true
		}
	}
	got := catalogDocuments(t, db)
	t.Logf("%d documents, %d of them in both topics; undisturbed %d requests; killed %d times, gave up for now %d times, %d requests in all",
		len(got), len(got)-2*each, calmRequests, killed, gaveUp, requests.Load())
	if len(got) != len(want) {
		t.Fatalf("%d documents, undisturbed %d", len(got), len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("document %d is\n%+v, undisturbed\n%+v", i, got[i], want[i])
		}
	}
	noKey(t, db, printed.String())
}

// coreFaults are those that a harvester can see. A stale answer to another topic's
// question is like the right one; coretest repeats pages of the same topic.
func coreFaults(long bool) []harvesttest.Fault {
	return slices.DeleteFunc(killFaults(long), func(f harvesttest.Fault) bool { return f == harvesttest.Stale })
}

// killFaults leave out those that take seconds, unless a test may be long.
func killFaults(long bool) []harvesttest.Fault {
	slow := []harvesttest.Fault{harvesttest.TooManySeconds, harvesttest.TooManyDate, harvesttest.UnavailableWait}
	return slices.DeleteFunc(harvesttest.All(), func(f harvesttest.Fault) bool { return !long && slices.Contains(slow, f) })
}

// files are those of a catalog, with what stands beside it.
func files(t *testing.T, db string) []string {
	t.Helper()
	names, err := filepath.Glob(db + "*")
	if err != nil || len(names) == 0 {
		t.Fatalf("no files of %s: %v", db, err)
	}
	return names
}

// noKey looks for the key in the files of a catalog and in what was printed.
func noKey(t *testing.T, db, printed string) {
	t.Helper()
	texts := map[string]string{"what was printed": printed}
	for _, name := range files(t, db) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(data)
	}
	for name, text := range texts {
		for _, part := range []string{testCoreKey, "n0body", "see/this", "see%2Fthis"} {
			if strings.Contains(text, part) {
				t.Errorf("%s shows the key", name)
			}
		}
	}
}

// A newcomer's way: harvest, the same again for nothing, export, and what is in it.
func TestHarvestCore(t *testing.T) {
	t.Setenv(coreKey, testCoreKey)
	for _, api := range []string{"v3", "v2"} {
		server := coretest.New(coretest.Options{Works: coretest.Works(400, 9, coreTopics...), Key: testCoreKey})
		web := httptest.NewServer(server)
		defer web.Close()
		dir := t.TempDir()
		db := filepath.Join(dir, "core.db")
		args := coreArgs(web.URL, db, 100, "--api", api)
		if api == "v2" {
			args = append(args, "--url", web.URL+"/api-v2")
		}
		out := mustCall(t, args...)
		for _, want := range []string{"deep-learning: 100 of 100 documents, from ", "computer-vision: 100 of 100 documents, from ", "found for several topics", " requests, 0 retries; rested ", "next: assay corpus export "} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: %q is not in\n%s", api, want, out)
			}
		}
		documents := catalogDocuments(t, db)
		requests := len(server.Requests())
		var again struct {
			Topics    []struct{ Slug string }
			Documents int
			Added     int
			Requests  int
			Complete  bool
		}
		text := mustCall(t, append(args, "--json")...)
		if err := json.Unmarshal([]byte(text), &again); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if again.Added != 0 || again.Requests != 0 || !again.Complete || again.Documents != len(documents) || len(again.Topics) != 2 || len(server.Requests()) != requests {
			t.Errorf("%s: again: %s", api, text)
		}
		noKey(t, db, out+text)
	}
}

// A catalog that was filled in another way is not summed up as if it were empty.
func TestHarvestCoreOtherSettings(t *testing.T) {
	t.Setenv(coreKey, testCoreKey)
	web := httptest.NewServer(coretest.New(coretest.Options{Works: coretest.Works(100, 9, coreTopics...), Key: testCoreKey}))
	defer web.Close()
	args := coreArgs(web.URL, filepath.Join(t.TempDir(), "core.db"), 10)
	mustCall(t, args...)
	out, message, code := call(t, nil, append(args, "--overlap", "keep")...)
	if out != "" || code != exitUsage || !strings.Contains(message, "--overlap drop") {
		t.Errorf("code %d, %q, %q", code, message, out)
	}
}

func TestHarvestCoreRefusals(t *testing.T) {
	web := httptest.NewServer(coretest.New(coretest.Options{Works: coretest.Works(40, 9, coreTopics...), Key: testCoreKey}))
	defer web.Close()
	limited := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-RateLimit-Retry-After", "40000")
		http.Error(w, "Rate limit exceeded for "+r.Header.Get("Authorization"), http.StatusTooManyRequests)
	}))
	defer limited.Close()
	for _, c := range []struct {
		name, key string
		url       string
		more      []string
		code      int
		want      string
	}{
		{"no key", "", web.URL, nil, exitUsage, "get one at https://core.ac.uk/services/api"},
		{"half a key", testCoreKey[:15], web.URL, nil, exitUsage, "CORE refuses the key"},
		{"count", testCoreKey, web.URL, []string{"--count", "0"}, exitUsage, "a count of 0 documents"},
		{"count of letters", testCoreKey, web.URL, []string{"--count", "many"}, exitUsage, "invalid argument"},
		{"topic twice", testCoreKey, web.URL, []string{"--topic", "Deep Learning"}, exitUsage, "are both deep-learning"},
		{"overlap", testCoreKey, web.URL, []string{"--overlap", "both"}, exitUsage, "want drop or first or keep"},
		{"api", testCoreKey, web.URL, []string{"--api", "v4"}, exitUsage, "want v3 or v2"},
		{"clean", testCoreKey, web.URL, []string{"--clean", "utf8"}, exitUsage, "want ascii, unicode or none"},
		{"query", testCoreKey, web.URL, []string{"--query", "year:2020"}, exitUsage, "has no {topic}"},
		{"query and language", testCoreKey, web.URL, []string{"--query", "{topic}", "--language", "French"}, exitUsage, "leave --language out"},
		{"in the clear", testCoreKey, "http://core.example.org", nil, exitUsage, "would send the key unencrypted"},
		{"argument", testCoreKey, web.URL, []string{"deep"}, exitUsage, "deep"},
		{"contact", testCoreKey, web.URL, []string{"--contact", "me"}, exitUsage, "no mail address"},
		{"a folder", testCoreKey, web.URL, []string{"--db", t.TempDir()}, exitUsage, "it is a folder"},
		{"allowance", testCoreKey, limited.URL, nil, exitResumable, "the same command goes on"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv(coreKey, c.key)
			db := filepath.Join(t.TempDir(), "core.db")
			out, message, code := call(t, nil, coreArgs(c.url, db, 5, c.more...)...)
			if code != c.code || !strings.Contains(message, c.want) {
				t.Errorf("code %d, %q; want %d and %q", code, message, c.code, c.want)
			}
			if strings.Contains(out+message, "n0body") {
				t.Errorf("the key is shown: %s%s", out, message)
			}
			if made, _ := filepath.Glob(db + "*"); code == exitUsage && c.name != "half a key" && len(made) > 0 {
				t.Errorf("left behind: %v", made)
			}
		})
	}
}
