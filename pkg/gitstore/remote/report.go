package remote

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
)

// verdict reads the report strictly: the pack was unpacked, and every ref of ours has exactly one status. Whatever does not
// add up is no report, and the outcome unknown.
func (r *Remote) verdict(ctx context.Context, updates []RefUpdate, report *packp.ReportStatus, notes string) error {
	status, err := statusOf(updates, report)
	if err != nil {
		return r.unknown(ctx, err)
	}
	var confirmed []string
	for _, u := range updates {
		if status[u.Name] == reportOK {
			confirmed = append(confirmed, u.Name)
		}
	}
	if report.UnpackStatus != reportOK {
		if len(confirmed) > 0 {
			return r.unknown(ctx, fmt.Errorf("it reports that %s moved, and that the pack was not unpacked (%s)",
				strings.Join(confirmed, ", "), printable(report.UnpackStatus)))
		}
		return &RefusedError{Message: r.secrets.text("the pack was not unpacked: " + report.UnpackStatus + remarks(notes))}
	}
	if len(confirmed) == len(updates) {
		return nil
	}
	return r.failure(ctx, updates, status, confirmed, notes)
}

const reportOK = "ok"

// statusOf is the status by ref name.
func statusOf(updates []RefUpdate, report *packp.ReportStatus) (map[string]string, error) {
	status := make(map[string]string, len(updates))
	for _, c := range report.CommandStatuses {
		name := string(c.ReferenceName)
		if _, twice := status[name]; twice {
			return nil, fmt.Errorf("its report names %s twice", printable(name))
		}
		status[name] = c.Status
	}
	for _, u := range updates {
		if _, found := status[u.Name]; !found && report.UnpackStatus == reportOK {
			return nil, fmt.Errorf("its report does not name %s", u.Name)
		}
	}
	if len(status) > len(updates) {
		return nil, errors.New("its report names refs that were not pushed")
	}
	return status, nil
}

// failure picks the error that tells most. The order matters: what may have happened goes before what did not; a refusal
// goes before a lost race, since trying again cures only the race.
func (r *Remote) failure(ctx context.Context, updates []RefUpdate, status map[string]string, confirmed []string, notes string) error {
	first := map[meaning]RefUpdate{}
	for _, u := range updates {
		if status[u.Name] == reportOK {
			continue
		}
		m := meaningOf(u.Name, status[u.Name], notes)
		if _, found := first[m]; !found {
			first[m] = u
		}
	}
	words := func(u RefUpdate) string { return r.secrets.text(status[u.Name] + remarks(notes)) }
	if u, found := first[meansUnclear]; found {
		return r.unknown(ctx, fmt.Errorf("it reports a fault of its own on %s: %s", u.Name, words(u)))
	}
	if u, found := first[meansRefused]; found {
		return &RefusedError{Ref: u.Name, Message: words(u), Moved: confirmed}
	}
	u, found := first[meansStale]
	if !found {
		u = first[meansNeighbour]
	}
	return &StaleError{Ref: u.Name, Want: u.Old, Have: foundAt(u.Name, status[u.Name]+"\n"+notes), Message: words(u), Moved: confirmed}
}

// remarks are what hooks and the server said beside the report.
func remarks(notes string) string {
	if notes = printable(notes); notes == "" {
		return ""
	}
	return " (" + notes + ")"
}
