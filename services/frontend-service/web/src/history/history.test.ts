import { describe, expect, it } from 'vitest';
import { exportAddress } from './queries';
import { fromField, historySearch, spanOf, toField } from './search';
import { actionName, brokeGlass, effectsOf, splitMessage, whatWords } from './words';

describe('the words of the history', () => {
  it('list what a commit did beyond its first line', () => {
    const deployed = (environment: string) => ({ what: 'deployed', application: 'cart', version: '2', environment });
    expect(effectsOf({ details: [deployed('a')] })).toBe('');
    expect(effectsOf({ details: ['a', 'b', 'c', 'd'].map(deployed) })).toBe('deployed cart 2 to a, deployed cart 2 to b, deployed cart 2 to c and 1 more');
  });

  it('know actions, and say those that are new by their own name', () => {
    expect(actionName('depart')).toBe('Train of the timetable');
    expect(actionName('open-gate')).toBe('open gate');
    expect(whatWords('held')).toBe('hold set');
    expect(whatWords('approval-requested')).toBe('approval requested');
  });

  it('say that somebody broke the glass', () => {
    expect(brokeGlass({ details: [{ what: 'deployed' }, { what: 'broke-glass' }] })).toBe(true);
    expect(brokeGlass({ details: [{ what: 'deployed' }] })).toBe(false);
  });

  it('keep the trailers of a message from its words', () => {
    const message = 'Deploy cart 2 to a\n\nIt ran 1 before.\nReason: none: really\n\nSignalbox-Action: deploy\nSignalbox-Version: 2\n';
    expect(splitMessage(message)).toEqual({ body: 'It ran 1 before.\nReason: none: really', trailers: ['Signalbox-Action: deploy', 'Signalbox-Version: 2'] });
    expect(splitMessage('by hand\n\nNote: this is text\nof a person')).toEqual({ body: 'Note: this is text\nof a person', trailers: [] });
    expect(splitMessage('by hand')).toEqual({ body: '', trailers: [] });
  });
});

describe('the filters of the history', () => {
  it('come from the URL; what cannot be read is left out', () => {
    expect(historySearch({ application: 42, period: '24h', since: 'soon', view: 'else', until: '2026-11-20T10:00:00Z' })).toEqual({
      view: undefined, application: '42', environment: undefined, team: undefined, author: undefined, action: undefined,
      period: '24h', since: undefined, until: '2026-11-20T10:00:00Z', commit: undefined, at: undefined,
    });
  });

  it('turn a period that ends now into a moment, to the minute', () => {
    const now = new Date('2026-11-20T10:30:42Z');
    expect(spanOf({ period: '1h' }, now)).toEqual({ since: '2026-11-20T09:30:00.000Z' });
    expect(spanOf({ since: 'a', until: 'b' }, now)).toEqual({ since: 'a', until: 'b' });
  });

  it('survive a field of date and time', () => {
    const iso = new Date(2026, 10, 20, 9, 5).toISOString();
    expect(fromField(toField(iso))).toBe(iso);
    expect(fromField('')).toBeUndefined();
  });

  it('go along with an export', () => {
    expect(exportAddress({ application: 'cart & co', team: undefined }, 'csv')).toBe('/api/v1/deployments/export?format=csv&application=cart+%26+co');
  });
});
