package fasttext

// EndOfSentence is the word that fastText sees at the end of each line: it is
// counted, trained and saved like any other, but has no n-grams.
const EndOfSentence = "</s>"

// Dictionary holds the words of a model, the most frequent first, and the rule
// by which a word has character n-grams.
type Dictionary struct {
	words  []string
	counts []int64
	tokens int64 // of all words read in training, those left out included
	index  map[string]int32
	labels []label // of a file, kept so that it can be written again

	minN, maxN, buckets int
}

// label is an entry of a file's dictionary that is no word. The official program
// makes one of each token that begins with __label__, in every kind of model; only
// supervised ones train with them.
type label struct {
	text  string
	count int64
}

// Len returns the number of words.
func (d *Dictionary) Len() int { return len(d.words) }

// newDictionary indexes the words, which must differ.
func newDictionary(words []string, counts []int64, tokens int64, minN, maxN, buckets int) *Dictionary {
	d := &Dictionary{words: words, counts: counts, tokens: tokens, minN: minN, maxN: maxN, buckets: buckets}
	d.index = make(map[string]int32, len(words))
	for i, w := range words {
		d.index[w] = int32(i)
	}
	return d
}

// appendRows appends the input rows that make the vector of word: its own row
// if it is in the dictionary, and those of its n-grams; a row may stand twice.
func (d *Dictionary) appendRows(dst []int32, word string) []int32 {
	if i, ok := d.index[word]; ok {
		dst = append(dst, i)
	}
	if word == EndOfSentence {
		return dst
	}
	return d.appendNgrams(dst, "<"+word+">")
}

// appendNgrams appends the rows of the n-grams of a word that already stands
// between '<' and '>'. Lengths are in UTF-8 characters; a lone '<' or '>' is no
// n-gram. The hash is FNV-1a of 32 bits over sign-extended bytes, as fastText
// has it.
func (d *Dictionary) appendNgrams(dst []int32, word string) []int32 {
	if d.maxN == 0 || d.buckets == 0 {
		return dst
	}
	for i := range len(word) {
		if continues(word[i]) {
			continue
		}
		hash := uint32(2166136261)
		for j, n := i, 1; j < len(word) && n <= d.maxN; n++ {
			hash = (hash ^ uint32(int8(word[j]))) * 16777619
			for j++; j < len(word) && continues(word[j]); j++ {
				hash = (hash ^ uint32(int8(word[j]))) * 16777619
			}
			if n >= d.minN && !(n == 1 && (i == 0 || j == len(word))) {
				dst = append(dst, int32(len(d.words))+int32(hash%uint32(d.buckets)))
			}
		}
	}
	return dst
}

// continues reports whether b goes on with a UTF-8 character.
func continues(b byte) bool { return b&0xC0 == 0x80 }
