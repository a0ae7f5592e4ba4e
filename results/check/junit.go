package check

import (
	"encoding/xml"
	"fmt"
	"io"
)

// The elements of JUnit's XML that continuous integration reads.
type (
	junitSuites struct {
		XMLName  xml.Name `xml:"testsuites"`
		Name     string   `xml:"name,attr"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Errors   int      `xml:"errors,attr"`
		Suites   []junitSuite
	}
	junitSuite struct {
		XMLName  xml.Name `xml:"testsuite"`
		Name     string   `xml:"name,attr"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Errors   int      `xml:"errors,attr"`
		Skipped  int      `xml:"skipped,attr"`
		Cases    []junitCase
	}
	junitCase struct {
		XMLName   xml.Name     `xml:"testcase"`
		Name      string       `xml:"name,attr"`
		ClassName string       `xml:"classname,attr"`
		Error     *junitDetail `xml:"error"`
		Failure   *junitDetail `xml:"failure"`
		Skipped   *junitDetail `xml:"skipped"`
		Output    string       `xml:"system-out,omitempty"`
	}
	junitDetail struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes the report as JUnit XML: a test case a metric and a fault. A
// regression is a failure; what is not comparable, and a run that failed, are
// errors; what cannot fail is skipped.
func WriteJUnit(out io.Writer, r Report) error {
	suite := junitSuite{Name: "assay check " + r.Experiment}
	for _, f := range r.Faults {
		model := f.Model
		if model == "" {
			model = "all models"
		}
		suite.add(string(f.Verdict), r.Experiment+"."+model, f.Verdict, f.String())
	}
	for _, c := range r.Comparisons {
		suite.add(c.Rule+" "+c.Metric, r.Experiment+"."+c.Model, c.Verdict, c.describe())
	}
	suites := junitSuites{Name: "assay check", Tests: suite.Tests, Failures: suite.Failures, Errors: suite.Errors, Suites: []junitSuite{suite}}
	text, err := xml.MarshalIndent(suites, "", "  ")
	if err != nil {
		return fmt.Errorf("check: write JUnit: %w", err)
	}
	_, err = fmt.Fprintf(out, "%s%s\n", xml.Header, text)
	return err
}

func (s *junitSuite) add(name, class string, v Verdict, message string) {
	c := junitCase{Name: name, ClassName: class}
	detail := &junitDetail{Message: message, Type: string(v), Text: message}
	switch {
	case v == Pass || v == Improvement:
		c.Output = message
	case v == CannotFail:
		c.Skipped = detail
		s.Skipped++
	case v == Regression:
		c.Failure = detail
		s.Failures++
	default:
		c.Error = detail
		s.Errors++
	}
	s.Tests++
	s.Cases = append(s.Cases, c)
}

// describe is the comparison in one line.
func (c Comparison) describe() string {
	m, _ := lookup(c.Metric)
	switch {
	case c.Reason != "":
		return c.Name() + ": " + c.Reason
	case c.Now == nil:
		return fmt.Sprintf("%s: %s", c.Name(), c.Verdict)
	}
	text := fmt.Sprintf("%s: %s, baseline %s, difference %s, tolerance %s",
		c.Name(), m.show(*c.Now), m.show(c.Baseline), m.showDifference(*c.Difference), m.show(c.Allowed))
	if c.P != nil {
		text += fmt.Sprintf(", p = %.3g", *c.P)
	}
	return text
}
