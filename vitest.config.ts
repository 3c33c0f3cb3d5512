import { defineConfig } from 'vitest/config';

// Two lists: `fast` needs nothing but Node; `services` is what `.ci/run` adds (real SDKs, browser, databases).
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'console/src/**/*.test.ts', 'models/**/*.test.ts'],
    exclude: ['test/services/**', 'node_modules/**', 'dist/**'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    setupFiles: ['test/support/seed.ts'],
    pool: 'threads',
    maxWorkers: 2,
    reporters: ['default', ['json', { outputFile: 'coverage/fast.json' }]],
  },
});
