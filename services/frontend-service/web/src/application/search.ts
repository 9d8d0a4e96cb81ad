// What the page of an application keeps in its URL.

/** What is shown of an application. */
export interface ApplicationSearch {
  /** The environment that is chosen. */
  env?: string;
  /** What is compared: a version, or "runs:<environment>" for what runs there. Default: from what runs in env to its newest release. */
  from?: string;
  to?: string;
  /** Filter of the releases. */
  q?: string;
  /** Manifests instead of changes on the right side. */
  view?: 'manifests';
  split?: boolean;
}

// Numbers in a URL are parsed as numbers: a version or a search for "42" is text to us.
const text = (value: unknown) => (typeof value === 'string' && value ? value : typeof value === 'number' ? String(value) : undefined);

/** Reads the URL; what it does not know is left out. */
export function applicationSearch(s: Record<string, unknown>): ApplicationSearch {
  return {
    env: text(s.env),
    from: text(s.from),
    to: text(s.to),
    q: text(s.q),
    view: s.view === 'manifests' ? 'manifests' : undefined,
    split: s.split === true ? true : undefined,
  };
}
