package harvest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// asAsker makes the test binary ask the address of this variable for ever.
const asAsker = "ASSAY_TEST_ASK"

func TestMain(m *testing.M) {
	if url := os.Getenv(asAsker); url != "" {
		pause, err := time.ParseDuration(os.Getenv(asAsker + "_PAUSE"))
		if err != nil {
			panic(err)
		}
		client, err := New(Options{UserAgent: "test", Pause: pause, PaceFile: os.Getenv(asAsker + "_FILE"), FirstWait: time.Millisecond})
		if err != nil {
			panic(err)
		}
		for {
			if err := client.Get(context.Background(), url, accept); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

// Processes that ask at the same time, and those that follow one that was killed,
// keep the pause between all of their requests: from the end of one, or the death of its
// process, to the next.
func TestPaceOutlivesKill(t *testing.T) {
	const pause = 120 * time.Millisecond
	var mu sync.Mutex
	var free time.Time // since then a request may come
	dead := map[string]bool{}
	requests, asker := 0, ""
	url := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		who := r.URL.RawQuery
		if dead[who] {
			return // it was under way when its process was killed
		}
		requests++
		if early := time.Until(free); early > 0 {
			t.Errorf("request %d is %v early", requests, early)
		}
		if asker != "" {
			t.Errorf("request %d: two at once", requests)
		}
		asker = who
		takes := time.Duration(requests%4) * 10 * time.Millisecond
		mu.Unlock()
		time.Sleep(takes)
		mu.Lock()
		if asker == who && !dead[who] {
			// The client ends a request after the server; a millisecond is for clocks.
			asker, free = "", time.Now().Add(pause-time.Millisecond)
		}
	}))
	file := filepath.Join(t.TempDir(), "deep", "pace")
	start := func(name string) *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), asAsker+"="+url+"?"+name, asAsker+"_PAUSE="+pause.String(), asAsker+"_FILE="+file)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	kill := func(cmd *exec.Cmd, name string) {
		mu.Lock()
		defer mu.Unlock()
		at := time.Now()
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait() // killed
		dead[name] = true
		if asker == name {
			asker, free = "", at.Add(pause-time.Millisecond)
		}
	}
	other := start("other")
	for i := range 8 {
		name := fmt.Sprint("process", i)
		cmd := start(name)
		time.Sleep(time.Duration(150+37*i) * time.Millisecond)
		kill(cmd, name)
	}
	kill(other, "other")
	if requests < 12 {
		t.Errorf("%d requests in over two seconds", requests)
	}
}

// What the service asked for, and a long wait, are kept by the next process.
func TestPaceFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "pace")
		status, wait := 503, "1800"
		asked := 0
		var notes []string
		fresh := func() *Client { // as a new process
			return newClient(t, Options{Pause: 3 * time.Second, PaceFile: file, Attempts: 1, Note: func(s string) { notes = append(notes, s) },
				Transport: transport(func(*http.Request) (*http.Response, error) {
					asked++
					return answer(status, "", "Retry-After", wait), nil
				})})
		}
		ask := func(want time.Duration) {
			t.Helper()
			start := time.Now()
			_ = fresh().Get(t.Context(), "http://example.org/", accept)
			if d := time.Since(start); d != want {
				t.Errorf("asked after %v, want %v", d, want)
			}
		}
		ask(0)
		status, wait = 200, ""
		ask(30 * time.Minute)
		if len(notes) != 1 || notes[0] != "waiting 30 min as an earlier request was told" {
			t.Errorf("%q", notes)
		}
		ask(3 * time.Second)
		fresh().Rest(time.Minute)
		ask(time.Minute)

		// A rest beyond our patience is named, without asking.
		fresh().Rest(5 * time.Hour)
		asked = 0
		err := fresh().Get(t.Context(), "http://example.org/", accept)
		var gaveUp *GaveUpError
		if !errors.As(err, &gaveUp) || asked != 0 || !strings.Contains(err.Error(), "left alone for 5.0 h more") || !strings.Contains(err.Error(), file) || strings.Contains(err.Error(), "asks to wait") {
			t.Errorf("%v after %d", err, asked)
		}

		// One of more than a day is kept for a day, not forgotten.
		time.Sleep(5 * time.Hour)
		status, wait = 503, "172800"
		ask(0)
		asked = 0
		time.Sleep(22 * time.Hour)
		if ask(0); asked != 0 {
			t.Error("asked within the rest")
		}
		status, wait = 200, ""
		time.Sleep(90 * time.Minute)
		ask(30 * time.Minute)

		// What no process of ours wrote costs a pause and is mended.
		for _, text := range []string{
			"rubbish", "2000-01-01T00:00:00.000000000Z asking 12        \n",
			time.Now().Add(48*time.Hour).UTC().Format(paceLayout) + " idle   12        \n",
			strings.Repeat("\x00", 1000),
		} {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			ask(3 * time.Second)
			data, err := os.ReadFile(file)
			if want := fmt.Sprintf("%s idle   %-10d\n", time.Now().Add(3*time.Second).UTC().Format(paceLayout), os.Getpid()); err != nil || string(data) != want {
				t.Errorf("after %q: %q, want %q, %v", text, data, want, err)
			}
		}
	})
}

// A pace file that cannot be written stops the client: without it, a rule could
// be broken.
func TestPaceFileCannotBe(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, "file", "pace")} {
		client := newClient(t, Options{PaceFile: path})
		if err := client.Get(context.Background(), "http://127.0.0.1:1/", accept); err == nil || !strings.Contains(err.Error(), "pace file") || client.Stats().Requests != 0 {
			t.Errorf("%s: %v", path, err)
		}
	}
}
