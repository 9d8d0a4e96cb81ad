import { describe, expect, it } from 'vitest';
import { calendarRows, closedTimes, percent, thin, ticks } from './calendar';

const stretch = { from: '2026-11-20T00:00:00Z', until: '2026-11-24T00:00:00Z' };
const times = (list: { start: Date; end: Date }[]) => list.map((c) => [c.start.toISOString().slice(5, 16), c.end.toISOString().slice(5, 16)]);

describe('when an environment is closed', () => {
  it('joins windows that overlap, and keeps both names', () => {
    const closed = closedTimes('de', {
      ...stretch,
      windows: [{ environment: 'de', kind: 'deny', name: 'evening' }, { environment: 'de', kind: 'deny', name: 'weekend' }, { environment: 'us', kind: 'deny' }],
      occurrences: [
        { window: 0, start: '2026-11-20T16:00:00Z', end: '2026-11-20T22:00:00Z' },
        { window: 1, start: '2026-11-20T20:00:00Z', end: '2026-11-23T05:00:00Z' },
        { window: 2, start: '2026-11-21T00:00:00Z', end: '2026-11-22T00:00:00Z' },
      ],
    });
    expect(times(closed)).toEqual([['11-20T16:00', '11-23T05:00']]);
    expect(closed[0]?.names).toEqual(['evening', 'weekend']);
  });
  it('is closed outside of windows that allow, seen together', () => {
    const closed = closedTimes('de', {
      ...stretch,
      windows: [{ environment: 'de', kind: 'allow', name: 'office' }, { environment: 'de', kind: 'allow', name: 'late office' }],
      occurrences: [
        { window: 0, start: '2026-11-20T08:00:00Z', end: '2026-11-20T16:00:00Z' },
        { window: 1, start: '2026-11-20T15:00:00Z', end: '2026-11-20T18:00:00Z' },
      ],
    });
    expect(times(closed)).toEqual([['11-20T00:00', '11-20T08:00'], ['11-20T18:00', '11-24T00:00']]);
  });
  it('keeps what concerns only some apart', () => {
    const closed = closedTimes('de', {
      ...stretch,
      windows: [{ environment: 'de', kind: 'deny', name: 'payday', teams: ['payments'] }],
      occurrences: [{ window: 0, start: '2026-11-21T00:00:00Z', end: '2026-11-22T00:00:00Z' }],
    });
    expect(closed[0]?.partly).toBe(true);
  });
});

describe('rows of the calendar', () => {
  it("show a group's train in each of its environments, held where that one is frozen", () => {
    const rows = calendarRows(
      [{ name: 'staging' }, { name: 'de', environmentGroup: 'production' }, { name: 'us', environmentGroup: 'production' }],
      { departures: [{ time: '2026-11-20T09:00:00Z', train: 'morning', environmentGroup: 'production', frozen: ['us'] }] },
      stretch,
    );
    expect(rows.map((r) => [r.environment, r.departures[0]?.held])).toEqual([['de', false], ['us', true]]);
  });
});

describe('a train that departs every half hour', () => {
  it('is one sign for as many departures as have no room of their own', () => {
    const at = (minutes: number) => ({ train: 'hotfix', held: false, more: 0, at: new Date(minutes * 60_000) });
    expect(thin([at(0), at(30), at(60), at(120)], 100 * 60_000).map((s) => s.more)).toEqual([2, 0]);
  });
});

describe('axes', () => {
  it('stand on the clocks of their zone', () => {
    const labels = ticks(new Date('2026-11-20T00:00:00Z'), new Date('2026-11-21T00:00:00Z'), 'America/New_York', 12).map((t) => t.label);
    expect(labels).toEqual(['Fri 20', '12:00']);
  });
  it('do not run out of the picture', () => {
    const [from, until] = [new Date(0), new Date(1000)];
    expect([percent(new Date(-5), from, until), percent(new Date(250), from, until), percent(new Date(5000), from, until)]).toEqual([0, 25, 100]);
  });
});
