import { describe } from 'vitest';
import { pages } from './harness/pages';
import { expect, test } from './harness/test';

const COLOURS = [
  ['light', false],
  ['dark', true],
] as const;

describe.each(pages)('the page $name', ({ name, path, ready }) => {
  test.for(COLOURS)('in %s colours: nothing in the way of anybody, and a picture of it', async ([colours, dark], { open }) => {
    const screen = await open(path, { dark });
    await ready(screen);
    await screen.settled();
    await screen.picture(`${name}-${colours}`);
    expect.soft(await screen.barriers(dark ? 'contrast' : 'all')).toEqual([]);
    expect.soft(await screen.overflow(), 'the page does not scroll sideways').toBe(0);
    await screen.page.setViewportSize({ width: 1024, height: 768 });
    await screen.settled();
    await screen.picture(`${name}-${colours}-1024`);
    expect.soft(await screen.overflow(), 'nor at 1024 pixels').toBe(0);
  });
});
