import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/deep/**', 'test/browser/**'],
          testTimeout: 60_000,
        },
      },
    ],
  },
});
