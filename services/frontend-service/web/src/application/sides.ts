// What is compared on the page of an application: two sides, each a version or what runs in an environment.
import type { Deployment } from '../api/types';

const RUNS = 'runs:';

/** What runs in an environment, as a side in the URL. */
export const runsIn = (environment: string) => `${RUNS}${environment}`;

/** The environment a side names, if it names one. */
export function environmentOf(side: string): string | undefined {
  return side.startsWith(RUNS) ? side.slice(RUNS.length) : undefined;
}

/** The version a side stands for: "0" for nothing. */
export function versionOf(side: string, deployments: Deployment[]): string {
  const environment = environmentOf(side);
  if (environment === undefined) return side || '0';
  return deployments.find((d) => d.environment === environment)?.version ?? '0';
}

/** The environment worth looking at first: the one that is furthest behind, else the last of the chain that runs it. */
export function firstLook(deployments: Deployment[], chain: string[]): string {
  const here = chain.filter((e) => deployments.some((d) => d.environment === e && d.version && d.version !== '0'));
  const behind = (e: string) => deployments.find((d) => d.environment === e)?.behind ?? 0;
  const most = here.reduce((best, e) => (behind(e) > behind(best) ? e : best), here[0] ?? chain[0] ?? '');
  return behind(most) > 0 ? most : (here[here.length - 1] ?? most);
}
