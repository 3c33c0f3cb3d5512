import { defineConfig } from 'vitest/config';

// The journeys that `.ci/run` adds to the fast list: real SDKs and many tenants, over real loopback HTTP.
export default defineConfig({
  test: {
    include: ['test/services/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    setupFiles: ['test/support/seed.ts'],
    pool: 'threads',
    maxWorkers: 2,
    reporters: ['default', ['json', { outputFile: 'coverage/services.json' }]],
  },
});
