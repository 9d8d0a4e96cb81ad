// Once before all tests: what they need is there, and a data directory with the demo that each server gets a copy of.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { binary, browserProgram, isProgram } from './places';
import { Server } from './server';

declare module 'vitest' {
  interface ProvidedContext {
    demo: string;
  }
}

export default async function setup(project: TestProject) {
  if (!isProgram(binary)) throw new Error(`the browser tests drive ${binary}, which is not there: run make build`);
  if (!browserProgram())
    throw new Error('the browser tests need Chromium: install it (Debian: apt-get install chromium), or name its program in $CHROMIUM');
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-demo-'));
  const demo = join(folder, 'data');
  const server = await Server.start({ dataDir: demo });
  try {
    await server.run('demo');
  } finally {
    await server.stop();
  }
  project.provide('demo', demo);
  return () => rm(folder, { recursive: true, force: true });
}
