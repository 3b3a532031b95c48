/** The package as a whole. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { VERSION } from '../src/index.js';

test('the version is that of package.json', () => {
  const about = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };

  expect(VERSION).toBe(about.version);
});
