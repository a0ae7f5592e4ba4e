package harvest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"assay/corpus/harvest"
)

// A service that is busy at first is asked again.
func Example() {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked == 1 {
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintf(w, "hello, %s", r.UserAgent())
	}))
	defer server.Close()

	client, err := harvest.New(harvest.Options{
		Name: "the service", UserAgent: "example/1.0", Pause: 10 * time.Millisecond, FirstWait: time.Millisecond,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = client.Get(context.Background(), server.URL, func(r *harvest.Response) error {
		if err := r.Problem(); err != nil {
			return err // a refusal ends it; harvest.Retry(err) would ask again
		}
		fmt.Printf("%s\n", r.Body)
		return nil
	})
	fmt.Println(err, client.Stats().Requests)
	// Output:
	// hello, example/1.0
	// <nil> 2
}
