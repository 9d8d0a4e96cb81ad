import { describe, expect, it } from 'vitest';
import type { Environment } from '../api/types';
import { layout } from './layout';

const dev: Environment = { name: 'dev', latest: true };
const staging = (name: string): Environment => ({ name, environmentGroup: 'staging', upstreamEnvironment: 'dev', distanceToUpstream: 1 });
const production = (name: string, upstreamEnvironment: string): Environment => ({ name, environmentGroup: 'production', upstreamEnvironment, distanceToUpstream: 2 });
const none = new Set<string>();

describe('the promotion graph', () => {
  it('has a column for each step from the newest releases', () => {
    const { places } = layout([dev, staging('staging-de'), production('production-de', 'staging-de')], none);
    const x = places.map((p) => p.x);
    expect(x[0]).toBeLessThan(x[1] ?? 0);
    expect(x[1]).toBeLessThan(x[2] ?? 0);
  });
  it('orders a column by what is upstream, so that lines do not cross', () => {
    const { places } = layout([dev, staging('staging-a'), staging('staging-b'), production('z', 'staging-a'), production('a', 'staging-b')], none);
    const y = (name: string) => places.find((p) => p.environment.name === name)?.y ?? 0;
    expect(y('z')).toBeLessThan(y('a'));
  });
  it('draws no box over another', () => {
    const { boxes } = layout([dev, ...['a', 'b', 'c'].map((n) => ({ ...staging(n), environmentGroup: n }))], none);
    const column = boxes.filter((b) => b.x > 0).sort((a, b) => a.y - b.y);
    for (const [i, box] of column.entries()) expect(column[i + 1]?.y ?? Number.POSITIVE_INFINITY).toBeGreaterThan(box.y + box.height);
  });
  it('folds a large group of a long line into a pile with one line to it, until somebody opens it', () => {
    const many = [dev, ...Array.from({ length: 20 }, (_, i) => ({ ...staging(`sandbox-${i}`), environmentGroup: 'sandbox' }))];
    const folded = layout(many, none);
    expect(folded.places.map((p) => p.environment.name)).toEqual(['dev']);
    expect(folded.arcs).toEqual([{ from: 'dev', to: 'pile:sandbox' }]);
    expect(layout(many, new Set(['sandbox'])).places).toHaveLength(21);
  });
  it('draws an environment whose upstream does not exist, without a line', () => {
    const { places, arcs } = layout([dev, { name: 'lost', upstreamEnvironment: 'gone', distanceToUpstream: 100 }], none);
    expect(places).toHaveLength(2);
    expect(arcs).toEqual([]);
  });
});
