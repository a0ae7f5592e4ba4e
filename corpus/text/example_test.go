package text_test

import (
	"fmt"
	"strings"

	"assay/corpus/text"
)

func Example() {
	w := text.NewTokenizer().Worker()
	tokens := w.AppendPaper(nil, "On $p$-adic fields", "We don't prove  Theorem 2.")
	fmt.Println(strings.Join(tokens, " "))
	// Output:
	// -TITLE_START- On -EQN- -adic fields -TITLE_END- -ABSTRACT_START- We do n't prove Theorem 2 . -ABSTRACT_END-
}
