import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// Everything is served from the binary: no CDN, no external font. In development the API comes from a running server.
export default defineConfig({
  plugins: [react()],
  build: { target: 'es2022', chunkSizeWarningLimit: 900 },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
  test: { environment: 'jsdom', include: ['src/**/*.test.{ts,tsx}'] },
});
