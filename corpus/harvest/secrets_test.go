package harvest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"html"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"assay/corpus/harvest/harvesttest"
)

// A secret in a header, a query parameter or a URL's password is in no error and no
// note, whatever goes wrong and whoever repeats it.
func TestSecretsStayHidden(t *testing.T) {
	const token, key, password = "t0ken-of-the-user", "key/with+<signs=", "pass-word"
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, "you sent %s and %s (%s)", r.Header.Get("Authorization"), r.URL.Query().Get("apiKey"), r.URL.RawQuery)
	})
	busy := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintf(w, "later, %s, %s", r.Header.Get("Authorization"), r.URL.RawQuery)
	})
	// The key stands where the quotation is cut.
	long := func(status int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, strings.Repeat("x", 200-len(key)/2)+r.URL.Query().Get("apiKey"))
		})
	}
	written := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		said := r.URL.Query().Get("apiKey")
		fmt.Fprint(w, strings.ReplaceAll(said, "/", `\/`), " ", html.EscapeString(said))
	})
	away := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+r.URL.Query().Get("apiKey")+".invalid/", http.StatusFound)
	})
	fault := func(f harvesttest.Fault) http.Handler {
		return &harvesttest.Faults{Handler: hello, Plan: func(int, *http.Request) harvesttest.Fault { return f }}
	}
	for name, h := range map[string]http.Handler{
		"echo": echo, "busy": busy, "away": away, "reset": fault(harvesttest.Reset), "loop": fault(harvesttest.RedirectLoop),
		"gzip": fault(harvesttest.BadGzip), "none": nil, "long": long(http.StatusNotFound), "long and busy": long(http.StatusBadGateway),
		"long and accepted": long(http.StatusAccepted), "written otherwise": written,
	} {
		address := "127.0.0.1:1" // nobody listens
		if h != nil {
			address = strings.TrimPrefix(serve(t, h), "http://")
		}
		var told []string
		opt := hurried(Options{Header: http.Header{"authorization": {"Bearer " + token}}, Secrets: []string{"apiKey"}, Attempts: 2, Note: func(s string) { told = append(told, s) }})
		client := newClient(t, opt)
		var seen string
		target := "http://me:" + password + "@" + address + "/q?apiKey=" + url.QueryEscape(key) + "&q=all"
		err := client.Get(context.Background(), target, func(r *Response) error {
			seen = r.URL
			return errors.Join(r.Problem(), fmt.Errorf("of %s", target))
		})
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		told = append(told, err.Error(), fmt.Sprintf("%v %+v", err, err), seen)
		var gaveUp *GaveUpError
		if errors.As(err, &gaveUp) {
			told = append(told, gaveUp.URL, gaveUp.Last.Error())
			if !strings.Contains(gaveUp.URL, "/q?apiKey=…&q=all") {
				t.Errorf("%s: %s", name, gaveUp.URL)
			}
		}
		for _, text := range told {
			for _, secret := range []string{token, key, url.QueryEscape(key), password, "key/", `key\/`, "signs="} {
				if strings.Contains(text, secret) {
					t.Errorf("%s: %q is in %q", name, secret, text)
				}
			}
		}
	}
}

// The header goes to the host that was asked, over TLS if it was asked over TLS,
// and to no other, even one that redirects may lead to.
func TestRedirects(t *testing.T) {
	var got []string
	other := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, "other:"+r.Header.Get("Authorization")+r.Header.Get("Referer"))
	}))
	otherHost := strings.TrimPrefix(other, "http://")
	var home string
	home = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.URL.Path+":"+r.Header.Get("Authorization"))
		switch r.URL.Path {
		case "/here":
			http.Redirect(w, r, "/there", http.StatusFound)
		case "/away":
			http.Redirect(w, r, other, http.StatusFound)
		case "/away-for-ever":
			http.Redirect(w, r, other, http.StatusMovedPermanently)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusMovedPermanently)
		case "/user":
			http.Redirect(w, r, strings.Replace(home, "http://", "http://me:x@", 1), http.StatusPermanentRedirect)
		case "/nowhere":
			w.WriteHeader(http.StatusFound)
		}
	}))
	for _, c := range []struct {
		path, want, err string
		hosts           []string
	}{
		{"/here", "/here:secret /there:secret", "", nil},
		{"/away", "/away:secret other:", "", []string{otherHost}},
		{"/away", "/away:secret other:", "", []string{"127.0.0.1"}},
		{"/away", "/away:secret /away:secret", "gave up after 2 tries", nil},
		{"/away-for-ever", "/away-for-ever:secret", "another host", nil},
		{"/file", "/file:secret", "no plain http or https URL", nil},
		{"/user", "/user:secret", "no plain http or https URL", nil},
		{"/nowhere", "/nowhere:secret /nowhere:secret", "without a place to go to", nil},
	} {
		got = nil
		client := newClient(t, hurried(Options{Header: http.Header{"Authorization": {"secret"}}, Hosts: c.hosts, Attempts: 2}))
		err := client.Get(context.Background(), home+c.path, accept)
		if strings.Join(got, " ") != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, %v; want %s, %s", c.path, got, err, c.want, c.err)
		}
	}
}

func TestSameOrigin(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"http://a.org/x", "http://A.org/y", true},
		{"http://a.org/x", "http://a.org:80/y", true},
		{"http://a.org/x", "https://a.org/y", true},
		{"https://a.org/x", "https://a.org:443/y", true},
		{"https://a.org/x", "http://a.org/y", false},
		{"https://a.org:8443/x", "http://a.org:8443/y", false},
		{"http://a.org/x", "http://a.org:8080/y", false},
		{"https://a.org/x", "https://a.org:8443/y", false},
		{"https://a.org/x", "https://b.a.org/y", false},
		{"https://a.org/x", "https://a.org.evil.org/y", false},
	} {
		from, err1 := url.Parse(c.from)
		to, err2 := url.Parse(c.to)
		if got := sameOrigin(from, to); err1 != nil || err2 != nil || got != c.want {
			t.Errorf("%s → %s: %v", c.from, c.to, got)
		}
	}
}

// A server whose certificate nobody vouches for is refused at once, and a redirect
// never leads from TLS to the open.
func TestTLS(t *testing.T) {
	asked := 0
	open := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	host := ""
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/down" {
			http.Redirect(w, r, open, http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, "hello "+r.Proto)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it says that we refuse its certificate
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	host = strings.TrimPrefix(s.URL, "https://")

	client := newClient(t, hurried(Options{Attempts: 5}))
	_, err := get(client, s.URL)
	var unproved *tls.CertificateVerificationError
	if !errors.As(err, &unproved) || !strings.Contains(err.Error(), host+" does not prove who it is") || client.Stats().Requests != 1 {
		t.Errorf("self-signed: %v after %d", err, client.Stats().Requests)
	}

	trusting := NewTransport()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	trusting.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	client = newClient(t, hurried(Options{Attempts: 2, Transport: trusting, Hosts: []string{"127.0.0.1"}}))
	if body, err := get(client, s.URL); err != nil || body != "hello HTTP/1.1" {
		t.Errorf("%q, %v", body, err)
	}
	if _, err := get(client, s.URL+"/down"); err == nil || !strings.Contains(err.Error(), "from https to http") || asked != 0 {
		t.Errorf("%v; the open server was asked %d times", err, asked)
	}
}

// One connection at a time, and none is kept: net/http would ask again by itself
// where a kept one is lost.
func TestConnections(t *testing.T) {
	var opened atomic.Int64
	s := httptest.NewUnstartedServer(hello)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	client := newClient(t, Options{})
	for range 3 {
		if body, err := get(client, s.URL); err != nil || body != "hello assay/test (+mailto:me@example.org)" {
			t.Errorf("%q, %v", body, err)
		}
	}
	if n := opened.Load(); n != 3 {
		t.Errorf("%d connections for 3 requests", n)
	}
}
