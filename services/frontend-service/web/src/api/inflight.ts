// A change that arrives while a page is being read must not be undone by the page, which may have been read before it.
import type { Application, Overview } from './types';

const reading = new Set<Map<string, Application>>();

/** Notes what the watch stream says of applications, for the pages that are being read now. */
export function noteChanged(applications: Application[]) {
  for (const seen of reading) for (const a of applications) seen.set(a.name ?? '', a);
}

/** Reads a page, and puts over it what changed meanwhile. Where that was newer already, the stream tells the newest state next. */
export async function overlay(read: () => Promise<Overview>): Promise<Overview> {
  const seen = new Map<string, Application>();
  reading.add(seen);
  try {
    const page = await read();
    return seen.size ? { ...page, applications: page.applications?.map((a) => seen.get(a.name ?? '') ?? a) } : page;
  } finally {
    reading.delete(seen);
  }
}
