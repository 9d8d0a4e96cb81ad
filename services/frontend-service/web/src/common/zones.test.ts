import { describe, expect, it } from 'vitest';
import { cityOf, clockIn, dayStarts, momentIn, momentOf, span, until } from './zones';

const now = new Date('2026-11-20T01:48:00Z');

describe('moments on the clocks of a zone', () => {
  it('are short when they are near, and name the day when they are not', () => {
    expect(momentIn(new Date('2026-11-20T08:30:00Z'), 'Europe/Berlin', now)).toBe('09:30');
    expect(momentIn(new Date('2026-11-23T08:30:00Z'), 'Europe/Berlin', now)).toBe('Mon 09:30');
    expect(momentIn(new Date('2026-11-30T08:30:00Z'), 'Europe/Berlin', now)).toBe('30 Nov 09:30');
    expect(momentIn(new Date('2027-01-04T08:30:00Z'), 'Europe/Berlin', now)).toBe('4 Jan 2027 09:30');
  });
  it('belong to the day of the zone they are said in', () => {
    const late = new Date('2026-11-20T03:30:00Z');
    expect(momentIn(late, 'America/New_York', now)).toBe('22:30'); // there it is still the 19th, now and then
    expect(clockIn(late, 'Asia/Kolkata')).toBe('09:00');
  });
  it('take UTC for a zone that nobody knows', () => expect(clockIn(now, 'Mars/Olympus')).toBe('01:48'));
  it('call a zone by its city', () => expect(cityOf('America/New_York')).toBe('New York'));
});

describe('the time that is left', () => {
  it('has two units', () => {
    expect(until(new Date('2026-11-20T10:59:00Z'), now)).toBe('in 9 h 11 min');
    expect(until(new Date('2026-11-22T16:48:00Z'), now)).toBe('in 2 d 15 h');
    expect(until(now, now)).toBe('over');
  });
  it('drops hours that do not matter any more', () => expect(span(11 * 86_400 + 7200)).toBe('11 d'));
});

describe('days of a zone', () => {
  it('are 23 and 25 hours long when clocks change', () => {
    const spring = dayStarts(new Date('2026-03-28T12:00:00Z'), new Date('2026-03-31T00:00:00Z'), 'Europe/Berlin');
    expect(spring.map((d) => d.toISOString())).toEqual(['2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z', '2026-03-30T22:00:00.000Z']);
    const autumn = dayStarts(new Date('2026-10-24T22:00:00Z'), new Date('2026-10-26T12:00:00Z'), 'Europe/Berlin');
    expect(autumn.map((d) => d.toISOString())).toEqual(['2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z']);
  });
  it('start where the clocks say so', () => expect(momentOf(2026, 11, 20, 18, 'America/New_York').toISOString()).toBe('2026-11-20T23:00:00.000Z'));
});
