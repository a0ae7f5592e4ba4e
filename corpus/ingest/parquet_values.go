package ingest

import (
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/parquet-go/parquet-go"
	pqformat "github.com/parquet-go/parquet-go/format"
)

// valueKind is what a Parquet column holds, as far as a paper is concerned.
type valueKind int

const (
	nullValue valueKind = iota // nothing but nulls
	textValue
	integerValue
	floatValue
	dayValue
	timeValue
	structValue
	otherValue
)

func (k valueKind) String() string {
	return [...]string{"nulls", "texts", "integers", "floating-point numbers", "days", "times", "structs",
		"values of a type that no field of a paper has"}[k]
}

// kindOf returns the kind of a column's values and how deep they lie in lists.
func kindOf(c *parquet.Column) (kind valueKind, lists int) {
	kind, lists = kindOfOne(c)
	if c.Repeated() {
		lists++
	}
	return kind, lists
}

// kindOfOne is kindOf for one value of a column that may be repeated.
func kindOfOne(c *parquet.Column) (kind valueKind, lists int) {
	if c.Leaf() {
		return leafKind(c), 0
	}
	repeated := listElement(c)
	if repeated == nil {
		return structValue, 0
	}
	if element := unwrapped(c, repeated); element != repeated {
		kind, lists = kindOf(element)
	} else {
		kind, lists = kindOfOne(repeated)
	}
	return kind, lists + 1
}

// listElement returns the column of a list's elements, or nil where c is no
// list of the format's three levels, or the two that old writers made of them
// (https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists).
func listElement(c *parquet.Column) *parquet.Column {
	if c.Leaf() || c.Repeated() || len(c.Columns()) != 1 || !c.Columns()[0].Repeated() {
		return nil
	}
	return c.Columns()[0]
}

// unwrapped returns the column whose values are the elements of a repeated
// column: itself, or its only child where the column is but the list's frame.
func unwrapped(list, repeated *parquet.Column) *parquet.Column {
	if repeated.Leaf() || len(repeated.Columns()) != 1 || repeated.Name() == "array" || repeated.Name() == list.Name()+"_tuple" {
		return repeated
	}
	return repeated.Columns()[0]
}

func leafKind(c *parquet.Column) valueKind {
	physical := c.Type().Kind()
	if annotation := logicalOf(c); annotation != nil {
		switch annotation.(type) {
		case *pqformat.StringType, *pqformat.EnumType, *pqformat.JsonType:
			return textValue
		case *pqformat.DateType:
			return dayValue
		case *pqformat.TimestampType:
			return timeValue
		case *pqformat.IntType:
			return integerValue
		case *pqformat.NullType:
			return nullValue
		default:
			return otherValue
		}
	}
	switch physical {
	case parquet.ByteArray:
		return textValue
	case parquet.Int32, parquet.Int64:
		return integerValue
	case parquet.Float, parquet.Double:
		return floatValue
	case parquet.Int96:
		return timeValue
	}
	return otherValue
}

// leafWriter returns what appends a column's values to JSON. Days and times
// become text; numbers become text too, in the shortest decimal form, where an
// id holds them.
func leafWriter(c *parquet.Column, numbersAsText bool) func([]byte, parquet.Value) []byte {
	number := func(dst []byte, text string) []byte {
		if numbersAsText {
			return append(append(append(dst, '"'), text...), '"')
		}
		return append(dst, text...)
	}
	switch leafKind(c) {
	case textValue:
		return func(dst []byte, v parquet.Value) []byte { return appendText(dst, v.ByteArray()) }
	case integerValue:
		if i, ok := logicalOf(c).(*pqformat.IntType); ok && !i.IsSigned {
			return func(dst []byte, v parquet.Value) []byte { return number(dst, strconv.FormatUint(unsignedOf(v), 10)) }
		}
		return func(dst []byte, v parquet.Value) []byte { return number(dst, strconv.FormatInt(signedOf(v), 10)) }
	case floatValue:
		return func(dst []byte, v parquet.Value) []byte {
			x, bits := v.Double(), 64
			if v.Kind() == parquet.Float {
				x, bits = float64(v.Float()), 32
			}
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return append(dst, "null"...)
			}
			return number(dst, strconv.FormatFloat(x, 'f', -1, bits))
		}
	case dayValue:
		return func(dst []byte, v parquet.Value) []byte {
			return appendMoment(dst, time.Unix(signedOf(v)*24*60*60, 0), time.DateOnly)
		}
	case timeValue:
		return timeWriter(c)
	}
	return func(dst []byte, _ parquet.Value) []byte { return append(dst, "null"...) }
}

func logicalOf(c *parquet.Column) pqformat.LogicalTypeValue {
	if t := c.Type().LogicalType(); t != nil {
		return t.Value
	}
	return nil
}

func timeWriter(c *parquet.Column) func([]byte, parquet.Value) []byte {
	if stamp, ok := logicalOf(c).(*pqformat.TimestampType); ok && stamp.Unit.Value != nil {
		ticks := int64(time.Second / stamp.Unit.Value.Duration()) // a second
		return func(dst []byte, v parquet.Value) []byte {
			t := signedOf(v)
			return appendMoment(dst, time.Unix(t/ticks, t%ticks*int64(time.Second)/ticks), time.RFC3339)
		}
	}
	// The first eight bytes of an INT96 are the nanoseconds of the day, the last
	// four the Julian day; 2440588 is 1970-01-01.
	return func(dst []byte, v parquet.Value) []byte {
		if v.Kind() != parquet.Int96 {
			return append(dst, "null"...)
		}
		x := v.Int96()
		days := int64(int32(x[2])) - 2440588
		return appendMoment(dst, time.Unix(days*24*60*60, int64(uint64(x[1])<<32|uint64(x[0]))), time.RFC3339)
	}
}

func signedOf(v parquet.Value) int64 {
	if v.Kind() == parquet.Int32 {
		return int64(v.Int32())
	}
	return v.Int64()
}

func unsignedOf(v parquet.Value) uint64 {
	if v.Kind() == parquet.Int32 {
		return uint64(v.Uint32())
	}
	return v.Uint64()
}

// appendMoment appends a time as text in UTC; one outside the years 1 to 9999
// becomes a text that no date is read from.
func appendMoment(dst []byte, t time.Time, layout string) []byte {
	return append(t.UTC().AppendFormat(append(dst, '"'), layout), '"')
}

// appendText appends a text as JSON. One that is not UTF-8 becomes a byte that
// makes the record invalid.
func appendText(dst, text []byte) []byte {
	if !utf8.Valid(text) {
		return append(dst, '"', 0xff, '"')
	}
	quoted, err := jsontext.AppendQuote(dst, text)
	if err != nil {
		return append(dst, '"', 0xff, '"')
	}
	return quoted
}
