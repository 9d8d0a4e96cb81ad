package manifestrepo

import "time"

// Departure is the record of a train of the timetable: the proof of what departed. It is there while the train is enabled.
type Departure struct {
	Train string
	// Environment or Group is whose timetable the train is in.
	Environment, Group string
	// Schedule and TimeZone are the timetable that the record was begun for; another one begins it anew.
	Schedule, TimeZone string
	// Departures after Since count.
	Since time.Time
	// Last is the scheduled time of the last departure that was dealt with; zero before the first.
	Last time.Time
	// Outcome is what became of it.
	Outcome DepartureOutcome
	// Paused is set while somebody keeps the train from departing.
	Paused *Pause
	// Broken says why the file cannot be read; empty when it can. Such a train does not depart: nobody knows when it last did.
	Broken string
	extra  extraFields
}

// DepartureOutcome is what became of a departure.
type DepartureOutcome string

// The outcomes, as the record holds them.
const (
	Departed DepartureOutcome = "departed"
	Missed   DepartureOutcome = "missed"
)

// Base is the moment after which departures have not been dealt with.
func (d *Departure) Base() time.Time {
	if d.Last.After(d.Since) {
		return d.Last
	}
	return d.Since
}

// Pause says who keeps a train from departing, and why.
type Pause struct {
	At     time.Time
	By     Actor
	Reason string
	extra  extraFields
}

// Approval is a request for approval that waits in an environment.
type Approval struct {
	ID, Environment string
	// Action is the kind of command that asked.
	Action               string
	CreatedAt, ExpiresAt time.Time // ExpiresAt zero: never
	CreatedBy            Actor
	Reason               string
	// Changes by application.
	Changes []ApprovalChange
	// Broken says why the file cannot be read; empty when it can. Such a request can only be rejected.
	Broken string
	extra  extraFields
}

// Expired reports whether the request has ended by itself.
func (a *Approval) Expired(now time.Time) bool {
	return !a.ExpiresAt.IsZero() && !now.Before(a.ExpiresAt)
}

// Change finds an application's change; nil when the request has none.
func (a *Approval) Change(app string) *ApprovalChange {
	for i := range a.Changes {
		if a.Changes[i].Application == app {
			return &a.Changes[i]
		}
	}
	return nil
}

// ApprovalChange is a deployment that waits for approval.
type ApprovalChange struct {
	Application   string
	Version, From uint64 // From is what ran when it was asked for; 0 for nothing
	// ByHand: a person named application and version; an older version then sets a hold.
	ByHand bool
	// NoHold: an older version sets no hold all the same.
	NoHold bool
}

// ReleaseSet is the versions that ran together in an environment.
type ReleaseSet struct {
	Name, Environment, Message string
	CreatedAt                  time.Time
	CreatedBy                  Actor
	// Versions by application. Shared: do not change it.
	Versions map[string]uint64
	// Broken says why the file cannot be read; empty when it can.
	Broken string
	extra  extraFields
}
