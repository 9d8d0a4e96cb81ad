package manifestrepo

import (
	"slices"
	"strings"
)

// EncodeDeparture is the file of a departure's record.
func EncodeDeparture(d *Departure) ([]byte, error) {
	o := object{}
	o.text("schedule", d.Schedule)
	o.text("timeZone", d.TimeZone)
	o.time("since", d.Since)
	o.time("last", d.Last)
	o.text("outcome", string(d.Outcome))
	if p := d.Paused; p != nil {
		inner := object{}
		inner.time("at", p.At)
		inner.actor("by", p.By, p.extra)
		inner.text("reason", p.Reason)
		inner.extra(p.extra)
		o.raw("paused", inner.compact(nil)) // a pause without a word is a pause
	}
	o.extra(d.extra)
	return o.file(), nil
}

// EncodeApproval is the file of a request for approval.
func EncodeApproval(a *Approval) ([]byte, error) {
	o := object{}
	o.text("action", a.Action)
	o.time("createdAt", a.CreatedAt)
	o.actor("createdBy", a.CreatedBy, a.extra)
	o.time("expiresAt", a.ExpiresAt)
	o.text("reason", a.Reason)
	changes := slices.SortedFunc(slices.Values(a.Changes), func(x, y ApprovalChange) int { return strings.Compare(x.Application, y.Application) })
	list := make([][]byte, len(changes))
	for i, c := range changes {
		inner := object{}
		inner.text("application", c.Application)
		inner.number("version", c.Version)
		inner.number("from", c.From)
		inner.flag("byHand", c.ByHand)
		inner.flag("noHold", c.NoHold)
		inner.under(changeExtra(c.Application), a.extra)
		list[i] = inner.compact(nil)
	}
	if len(list) > 0 {
		o.raw("changes", joinList(list))
	}
	o.extra(a.extra)
	return o.file(), nil
}

// EncodeReleaseSet is the file of a release set.
func EncodeReleaseSet(s *ReleaseSet) ([]byte, error) {
	o := object{}
	o.text("environment", s.Environment)
	o.text("message", s.Message)
	o.time("createdAt", s.CreatedAt)
	o.actor("createdBy", s.CreatedBy, s.extra)
	versions := object{}
	for app, version := range s.Versions {
		versions.number(app, version)
	}
	o.nested("versions", &versions)
	o.extra(s.extra)
	return o.file(), nil
}
