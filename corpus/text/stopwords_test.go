package text

import (
	"strings"
	"testing"
)

func TestStopWord(t *testing.T) {
	for _, word := range strings.Fields(`the We HOWEVER of nous où n't 's et al mathbb https -EQN- eqn -title_start- title_end 2019 3.5 , ( -- — ½`) {
		if !StopWord(word) {
			t.Errorf("StopWord(%q) = false", word)
		}
	}
	for _, word := range strings.Fields(`learning image graph -adic well-known l2 3d γ neural show paper method über théorème plus DES SANS il au -the the-`) {
		if StopWord(word) {
			t.Errorf("StopWord(%q) = true", word)
		}
	}
	if !StopWord("") {
		t.Error(`StopWord("") = false: it says nothing`)
	}
}

// Every marker that a document can hold leaves stop words only, as a token and as
// the words inside it.
func TestStopWordKnowsTheMarkers(t *testing.T) {
	for _, marker := range []string{Equation, TitleStart, TitleEnd, AbstractStart, AbstractEnd} {
		if !StopWord(marker) || !StopWord(strings.Trim(marker, "-")) {
			t.Errorf("marker %s is no stop word", marker)
		}
	}
}

// The list is lower case, or its words would never be found, and names none twice
// within a part.
func TestStopWordsList(t *testing.T) {
	for name, list := range map[string]string{"function words": functionWords, "French": frenchWords, "debris": debris, "markers": markers} {
		seen := map[string]bool{}
		for _, word := range strings.Fields(list) {
			if seen[word] {
				t.Errorf("%s: %q stands twice", name, word)
			}
			if seen[word] = true; word != strings.ToLower(word) {
				t.Errorf("%s: %q is not in lower case", name, word)
			}
		}
	}
}
