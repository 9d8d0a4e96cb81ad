import { mergeConfig } from 'vitest/config';
import tests from './vitest.config.ts';

// `npm run screenshots`: the pictures that README and docs show, taken anew from the demo.
export default mergeConfig({ ...tests, test: { ...tests.test, include: [] } }, { test: { include: ['screenshots.ts'] } });
