// Package schedule says when: it is the only evaluator of cron expression, time zone and duration, for release trains and
// freeze windows, in the server, the command line and the UI.
//
// # Schedules
//
// A schedule has five cron fields (minute, hour, day of month, month, day of week) or is one of @hourly, @daily, @midnight,
// @weekly, @monthly, @yearly and @annually. Its activations are whole minutes of the wall clock in its time zone, a name of
// the IANA database; no name is UTC. When both the day of month and the day of week are restricted, a day that matches
// either one counts, as in every cron; "*" and "*/1" are no restriction, "*/2" is one.
//
// Clocks change in most zones. What happens then depends on what the schedule means:
//
//   - A schedule at given hours ("30 2 * * *", "0 8-17 * * 1-5") means the time on the clock. A time that the clock skips
//     comes at the first instant after the gap, and several times skipped in one gap come once. A time that the clock shows
//     twice counts the first time only. So "30 2 * * *" comes exactly once every day of the year.
//   - A schedule whose hour field is "*" or "*/n" means "every so often". It comes at every real minute that matches, in both
//     passes of a repeated hour, and skipped times do not come. So "*/15 * * * *" comes every 15 real minutes.
//
// This holds for changes of any size at any time of day: half an hour, midnight, a whole day that a zone left out.
//
// # Windows
//
// A freeze window opens at each activation of its schedule and stays open for its duration: the activation is inside, the
// end is outside. A duration is elapsed time, 2h is 7,200 seconds also while clocks change, and 1d is 24h: "0 0 * * *" for 1d
// leaves the last hour of the year's longest day free, and 25h does not. Where occurrences of one window overlap or touch they
// are one occurrence.
//
// A set of windows freezes while a deny window is open, or while it has allow windows and none of them is open. Deny wins
// over allow. A set without windows never freezes.
//
// # Promises
//
// Everything here is a pure function of its arguments and the time zone database: nothing reads the clock, and all values may
// be shared between goroutines. Changes of clocks are those of the years 1970 to 2199; outside of them the offset of their
// first and last moment goes on. Every search has an end: 8 years for schedules, 400 days for windows, and
// 20,000 turns for windows that take turns with one another.
package schedule
