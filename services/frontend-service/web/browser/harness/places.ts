// Where things are: the binary, the browser, the folder for pictures.
import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';

const top = resolve(import.meta.dirname, '../../../../..');

/** The project's root. */
export const root = top;

/** The binary under test, as `make build` leaves it. */
export const binary = process.env.SIGNALBOX_BINARY ?? resolve(top, 'bin/signalbox');

/** What a run leaves to look at; not committed. */
export const artefacts = resolve(import.meta.dirname, '../artefacts');

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser's program: $CHROMIUM, or where Linux distributions put it. Undefined when there is none. */
export function browserProgram(): string | undefined {
  const named = process.env.CHROMIUM;
  return (named ? [named] : BROWSERS).find(isProgram);
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
