import { defineConfig } from 'vitest/config';

// Tests that drive the real binary with a real browser. One file at a time: each starts servers and a browser of its own, and figures of the
// size test mean something only when nothing runs beside it.
export default defineConfig({
  test: {
    environment: 'node',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    globalSetup: ['harness/setup.ts'],
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 20_000, interval: 50 } },
  },
});
