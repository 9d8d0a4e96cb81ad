import { Input, SegmentedControl, TextInput } from '@mantine/core';
import { useNow } from '../common/Ago';
import { endOf, endProblem, endSentence, lifetimeProblem, PRESETS, zoneHere, zoneName } from './ends';

/** When a lock ends, as it is filled in. */
export interface End {
  preset: string;
  exact: string;
  lifetime: string;
}

export const NEVER: End = { preset: 'never', exact: '', lifetime: '' };

/** The chosen end, or what is wrong with it. */
export function readEnd(end: End, now: Date): { expiresAt?: string; suggestedLifetime?: string; problem?: string } {
  const at = endOf(end.preset, end.exact, now);
  const problem = endProblem(end.preset, at, now) ?? (end.preset === 'never' ? lifetimeProblem(end.lifetime) : undefined);
  if (problem) return { problem };
  // To the minute: a preview that is asked for again does not ask for another end.
  if (at) at.setSeconds(0, 0);
  return { expiresAt: at?.toISOString(), suggestedLifetime: end.preset === 'never' ? end.lifetime || undefined : undefined };
}

/** Asks when a lock ends by itself; for one that does not, how long people should expect it to last. */
export function EndFields({ end, change }: { end: End; change: (end: End) => void }) {
  const now = useNow();
  const at = endOf(end.preset, end.exact, now);
  return (
    <div role="group" aria-label="Ends" style={{ display: 'grid', gap: 6 }}>
      <Input.Label labelElement="div" size="xs">
        Ends by itself
      </Input.Label>
      <SegmentedControl withItemsBorders={false} size="xs" data={PRESETS} value={end.preset} onChange={(preset) => change({ ...end, preset })} />
      {end.preset === 'exact' && (
        <TextInput
          type="datetime-local"
          label={`Date and time in ${zoneName(zoneHere())}`}
          value={end.exact}
          error={end.exact ? endProblem('exact', at, now) : undefined}
          onChange={(e) => change({ ...end, exact: e.currentTarget.value })}
        />
      )}
      {at && at > now && <span className="small ink2">{endSentence(at, now)}</span>}
      {end.preset === 'never' && (
        <TextInput
          label="Suggested lifetime"
          description="A hint for people; nothing happens when it is over."
          placeholder="4h, 2d or 1w"
          value={end.lifetime}
          error={lifetimeProblem(end.lifetime)}
          onChange={(e) => change({ ...end, lifetime: e.currentTarget.value.trim() })}
        />
      )}
    </div>
  );
}
