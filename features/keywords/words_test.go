package keywords

import "testing"

func TestCloudWords(t *testing.T) {
	for token, want := range map[string]bool{
		"model": true, "3D": true, "k-means": true, "Erdős": true, "GAN": true, "don’t": true, "CO2": true,
		"12": false, "10th": false, "x": false, "L2": false, "x_i": false, "-EQN-": false, "\\alpha": false, "1e-3": false, "...": false, "a/b": false, "-": false, "": false,
	} {
		if got := isWord(token); got != want {
			t.Errorf("%q is a word: %v, want %v", token, got, want)
		}
	}
	for token, want := range map[string]string{
		"Networks": "network", "GANs": "gan", "classes": "class", "losses": "loss", "boxes": "box", "theories": "theory", "images": "image", "databases": "database",
		"loss": "loss", "physics": "physics", "bias": "bias", "analysis": "analysis", "genus": "genus", "species": "species", "gas": "gas", "caches": "cache",
	} {
		if got := countedAs(token); got != want {
			t.Errorf("%q is counted as %q, want %q", token, got, want)
		}
	}
}
