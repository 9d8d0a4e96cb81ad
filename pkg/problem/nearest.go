package problem

import "strings"

// Nearest finds the known name that a typing error could have turned into name, for a remedy; empty when none is near. Upper
// and lower case count as the same.
func Nearest(name string, known []string) string {
	best, at := "", len(name)/3+2
	if len(name) > 100 {
		return ""
	}
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k), at); d < at {
			best, at = k, d
		}
	}
	return best
}

// distance counts the letters to insert, delete or replace; limit or more is given as limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return min(row[len(b)], limit)
}
