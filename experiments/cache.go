package experiments

import (
	"context"
	"sync"
)

// cache holds values that take long to make, such as counted papers, for trials that
// run side by side: the first trial that needs one makes it, the others wait for it.
type cache[K comparable, V any] struct {
	mu    sync.Mutex
	items map[K]*item[V]
}

type item[V any] struct {
	ready chan struct{} // closed once made
	value V
	err   error
	users int
}

// take returns the value of the key, made where it is not there, and what gives
// it back. A value that could not be made is made anew by the next that wants it.
func (s *cache[K, V]) take(ctx context.Context, key K, make func() (V, error)) (value V, release func(), err error) {
	for {
		it, mine := s.reserve(key)
		if mine {
			it.value, it.err = make()
			if it.err != nil {
				s.drop(key)
			}
			close(it.ready)
			if it.err != nil {
				return value, nil, it.err
			}
			return it.value, func() { s.giveBack(it) }, nil
		}
		select {
		case <-it.ready:
		case <-ctx.Done():
			s.giveBack(it)
			return value, nil, ctx.Err()
		}
		if it.err == nil {
			return it.value, func() { s.giveBack(it) }, nil
		}
		// Whoever made it failed, perhaps for a reason of its own.
		if err := ctx.Err(); err != nil {
			return value, nil, err
		}
	}
}

// reserve returns the item of the key, and whether the caller is to make it.
func (s *cache[K, V]) reserve(key K) (it *item[V], mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if it := s.items[key]; it != nil {
		it.users++
		return it, false
	}
	if s.items == nil {
		s.items = map[K]*item[V]{}
	}
	it = &item[V]{ready: make(chan struct{}), users: 1}
	s.items[key] = it
	return it, true
}

func (s *cache[K, V]) drop(key K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.items, key)
}

func (s *cache[K, V]) giveBack(it *item[V]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	it.users--
}

// clear drops the values that are not in use and for whose key goes is true, or all that
// are not in use where goes is nil.
func (s *cache[K, V]) clear(goes func(K) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, it := range s.items {
		if it.users == 0 && (goes == nil || goes(key)) {
			delete(s.items, key)
		}
	}
}
