import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The policy under which the page works; whoever serves `dist` sends it with every page. */
const CONTENT_SECURITY_POLICY = readFileSync(
  new URL('content-security-policy.txt', import.meta.url),
  'utf8',
).trim();

const target = process.env.WAVECOM_URL ?? 'http://localhost:5000';

/** A local API answers pages of its own host and port without a key; a remote one goes by the name it has. */
const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(new URL(target).hostname);

/** The API, and where the local server takes the bytes of attachments. */
const served = { target, changeOrigin: !isLocal };
const api = { '/api': served, '/uploads': served };

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { '@': fileURLToPath(new URL('src', import.meta.url)) } },
  server: { host: '127.0.0.1', proxy: api },
  preview: {
    host: '127.0.0.1',
    proxy: api,
    headers: { 'Content-Security-Policy': CONTENT_SECURITY_POLICY },
  },
  build: {
    manifest: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: {
    // A test takes a second; a machine that has other things to do takes longer.
    testTimeout: 15_000,
    environment: 'jsdom',
    environmentOptions: { jsdom: { url: 'http://localhost/' } },
    setupFiles: ['src/testing/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
    unstubGlobals: true,
  },
});
