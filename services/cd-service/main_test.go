package cdservice_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// TestMain bounds the property test, whose every case is a whole service and two examinations: 30 cases unless -rapid.checks says more.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", "30"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	os.Exit(m.Run())
}
