import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // A test takes a second at the most; a machine that has other things to do takes longer.
    testTimeout: 30_000,
    include: ['tests/**/*.test.ts'],
  },
});
