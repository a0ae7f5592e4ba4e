package harvesttest

import (
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// redirectedKey marks the address that Redirected sends to.
const redirectedKey = "harvesttest"

// answer is what a handler said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

type recorder struct {
	answer
	buf bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.buf.Write(p)
}

// ask gets the handler's answer.
func (f *Faults) ask(r *http.Request) *answer {
	rec := &recorder{answer: answer{header: http.Header{}}}
	f.Handler.ServeHTTP(rec, r)
	rec.WriteHeader(http.StatusOK)
	rec.body = rec.buf.Bytes()
	for text, fault := range f.Where {
		if at := bytes.Index(rec.body, []byte(text)); at >= 0 {
			rec.header.Del("Content-Length")
			rec.body = damaged(rec.body, at+len(text), fault)
		}
	}
	return &rec.answer
}

func (a *answer) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client may be gone
}

func (f *Faults) good(w http.ResponseWriter, r *http.Request) {
	a := f.ask(r)
	f.remember(a)
	a.send(w)
}

// remember keeps an answer for Stale and returns the one before.
func (f *Faults) remember(a *answer) (before *answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before = f.before
	f.before = a
	return before
}

func (f *Faults) refuse(w http.ResponseWriter, fault Fault) {
	wait := f.Wait
	if wait == 0 {
		wait = time.Second
	}
	switch fault {
	case TooManySeconds, UnavailableWait:
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	case TooManyDate:
		now := time.Now().UTC()
		w.Header().Set("Date", now.Format(http.TimeFormat))
		w.Header().Set("Retry-After", now.Add(wait+time.Second-1).Format(http.TimeFormat))
	}
	switch fault {
	case Unavailable, UnavailableWait:
		http.Error(w, "", http.StatusServiceUnavailable)
	case ServerError:
		http.Error(w, "<html>Internal Server Error</html>", http.StatusInternalServerError)
	default:
		http.Error(w, "Rate exceeded.", http.StatusTooManyRequests)
	}
}

// instead answers without the handler.
func (f *Faults) instead(w http.ResponseWriter, r *http.Request, fault Fault) {
	switch fault {
	case Reset:
		panic(http.ErrAbortHandler) // net/http's way to break a connection
	case Empty:
		w.WriteHeader(http.StatusOK)
	case HTML:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!DOCTYPE html><html><body><p>Please wait&nbsp;…</body></html>")
	case RedirectLoop:
		http.Redirect(w, r, r.URL.RequestURI(), http.StatusFound)
	case Elsewhere:
		http.Redirect(w, r, "http://elsewhere.invalid/login", http.StatusFound)
	case Redirected:
		to := *r.URL
		query := to.Query()
		query.Set(redirectedKey, "1")
		to.RawQuery = query.Encode()
		http.Redirect(w, r, to.RequestURI(), http.StatusTemporaryRedirect)
	case Bomb:
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		f.pour(z, make([]byte, 1<<20))
		_ = z.Close()
	}
}

// pour writes Size bytes, or until the client leaves.
func (f *Faults) pour(w io.Writer, block []byte) {
	size := f.Size
	if size == 0 {
		size = 256 << 20
	}
	for size > 0 {
		n := min(size, int64(len(block)))
		if _, err := w.Write(block[:n]); err != nil {
			return
		}
		size -= n
	}
}

// spoil changes the handler's answer.
func (f *Faults) spoil(w http.ResponseWriter, r *http.Request, fault Fault) {
	a := f.ask(r)
	half := a.body[:len(a.body)/2]
	sent := &answer{a.status, a.header.Clone(), a.body}
	switch fault {
	case ResetAfter:
		panic(http.ErrAbortHandler)
	case Truncated, Lying:
		sent.header.Set("Content-Length", strconv.Itoa(len(a.body)))
		if sent.body = half; fault == Lying {
			sent.header.Set("Content-Length", strconv.Itoa(len(a.body)+1000))
			sent.body = a.body
		}
		sent.send(w)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case Slow:
		f.drip(w, r, sent)
		return
	case Oversized:
		sent.send(w)
		f.pour(w, bytes.Repeat([]byte("\n"), 1<<16))
		return
	case Gzip, BadGzip:
		sent.header.Set("Content-Encoding", "gzip")
		sent.body = zipped(a.body)
		if fault == BadGzip {
			sent.body = sent.body[:len(sent.body)/2]
		}
	case Broken:
		sent.body = half
	case Misnested, Inside, Forbidden:
		sent.header.Del("Content-Length")
		sent.body = damaged(a.body, len(half)+1+bytes.IndexByte(a.body[len(half):], '>'), fault)
	case Stale:
		if before := f.remember(a); before != nil {
			sent = before
		}
	}
	sent.send(w)
}

// damaged is an answer that is not well-formed from a place on. The quotes break texts of JSON, too.
func damaged(body []byte, at int, fault Fault) []byte {
	head, tail := body[:at], body[at:]
	switch fault {
	case Broken:
		return head
	case Misnested:
		return slices.Concat(head, []byte(`<i class="x"><b></i></b>`), tail)
	case Inside:
		return slices.Concat(head, []byte(`<html><body class="x"><p>502 Bad Gateway<br></body></html>`), tail)
	case Forbidden:
		return slices.Concat(head, []byte(" &#11;&#xfffe;caf&eacute;&nbsp;AT&T \x0b\xff"), tail)
	}
	return body
}

// drip sends the first bytes one by one, and holds the connection.
func (f *Faults) drip(w http.ResponseWriter, r *http.Request, a *answer) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	control := http.NewResponseController(w)
	for i := range min(len(a.body), 20) {
		_, _ = w.Write(a.body[i : i+1])
		_ = control.Flush()
		time.Sleep(time.Millisecond)
	}
	var end <-chan time.Time
	if f.Slow > 0 {
		end = time.After(f.Slow)
	}
	select {
	case <-r.Context().Done():
	case <-end:
	}
	panic(http.ErrAbortHandler)
}

func zipped(body []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(body) // into memory
	_ = z.Close()
	return b.Bytes()
}
