// Package defaults fills structs with the values that the tags of their fields
// give.
//
//	type Options struct {
//		Epochs int `default:"5"`
//	}
//	var o Options
//	defaults.Set(&o) // o.Epochs is 5
package defaults

import (
	"fmt"
	"reflect"
	"strconv"
)

// Set gives each field of the struct that s points to the value of its tag, if it
// has one. It panics where a tag does not fit its field, which no program can mend.
func Set(s any) {
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		if text, ok := v.Type().Field(i).Tag.Lookup("default"); ok {
			if err := Field(v.Field(i), text); err != nil {
				panic(fmt.Sprintf("defaults: %s.%s: %v", v.Type(), v.Type().Field(i).Name, err))
			}
		}
	}
}

// Field gives one field, a number, a word, true or false, the value of a tag.
func Field(dst reflect.Value, text string) error {
	switch dst.Kind() {
	case reflect.String:
		if text != `""` { // as an empty word is written in TOML
			dst.SetString(text)
		}
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		dst.SetBool(b)
		return err
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		dst.SetInt(n)
		return err
	case reflect.Uint64:
		n, err := strconv.ParseUint(text, 10, 64)
		dst.SetUint(n)
		return err
	case reflect.Float64:
		x, err := strconv.ParseFloat(text, 64)
		dst.SetFloat(x)
		return err
	default:
		return fmt.Errorf("a default of a %s", dst.Kind())
	}
	return nil
}
