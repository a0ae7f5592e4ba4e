package suggest

import "testing"

func TestNearest(t *testing.T) {
	known := []string{"naive_bayes", "logistic_regression", "random_forest", "seed"}
	for word, want := range map[string]string{
		"naive_bayse":         "naive_bayes",
		"naivebayes":          "naive_bayes",
		"logistic_regresion":  "logistic_regression",
		"sede":                "seed",
		"seeds":               "seed",
		"transformer":         "",
		"":                    "",
		"random-forest":       "random_forest",
		"quite_another_thing": "",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
	if got := Hint("sede", known); got != `; did you mean "seed"?` {
		t.Errorf("Hint = %q", got)
	}
}
