// Package harvest asks public services for papers, politely: one connection, a
// pause between requests that outlives the process, patience for blocks, bounded
// answers. Its sub-packages speak the services' protocols, and ledger keeps how far they
// have come.
//
//	client, err := harvest.New(harvest.Options{Name: "arXiv API", UserAgent: agent, Pause: 3 * time.Second})
//	err = client.Get(ctx, url, func(r *harvest.Response) error { return parse(r.Body) })
//
// # One pace for one service
//
// A service's rule counts the requests of a user, not of a process or a catalog. So the
// time of the last request is kept in a locked file of the user's cache (see [PaceFile]),
// which all processes share.
//
// # Progress is written with papers
//
// How far a harvest has come is written to the catalog, in the same transaction as the papers
// up to there. A file beside the catalog could be ahead of it or behind after a kill.
//
// # Keys
//
// A key comes from an environment variable: other users of the machine see a command's
// flags, and shells remember them. It is redacted in every address, message and error, and
// sent to its service's host only.
package harvest
