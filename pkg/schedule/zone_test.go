package schedule

import (
	"math/rand"
	"testing"
	"time"
	_ "time/tzdata"
)

// The spans of a zone say what package time says, at any instant, and join without a gap.
func TestSpansOfAZone(t *testing.T) {
	for _, name := range []string{
		"UTC", "Etc/GMT+12", "Europe/Berlin", "Europe/Dublin", "Europe/Lisbon", "Europe/Moscow", "Europe/Istanbul", "America/New_York", "America/Santiago", "America/Havana",
		"America/Asuncion", "America/Sao_Paulo", "America/Caracas", "America/Nuuk", "America/St_Johns", "Africa/Cairo", "Africa/Casablanca", "Africa/Monrovia", "Africa/Juba",
		"Asia/Beirut", "Asia/Gaza", "Asia/Tehran", "Asia/Kathmandu", "Asia/Pyongyang", "Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Apia", "Pacific/Kwajalein", "Pacific/Chatham",
	} {
		z, err := loadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range z.spans[1:] {
			if before := z.spans[i]; s.start != before.end || s.start >= s.end || s.offset == before.offset {
				t.Errorf("%s: %+v after %+v", name, s, before)
			}
		}
		first, last := firstChange.Unix(), lastChange.Unix()
		for range 2000 {
			unix := first + rand.Int63n(last-first)
			at := time.Unix(unix, 0).In(z.location)
			if _, offset := at.Zone(); z.spans[z.at(unix)].offset != int64(offset) {
				t.Fatalf("%s at %v: offset %d", name, at, z.spans[z.at(unix)].offset)
			}
		}
	}
}

// A zone is read once, whoever asks.
func TestAZoneIsReadOnce(t *testing.T) {
	a, err := loadZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := loadZone("Europe/Berlin"); a != b {
		t.Error("read twice")
	}
	if empty, _ := loadZone(""); empty.location != time.UTC {
		t.Errorf("no name is %v", empty.location)
	}
}
