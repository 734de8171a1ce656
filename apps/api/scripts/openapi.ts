/**
 * Writes the native API's OpenAPI document to where the SDK is generated from. With `--check` it only compares, and
 * exits 1 when the file differs from what the routes say.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createApp } from '../src/app.ts';
import type { Services } from '../src/http/services.ts';

const FILE = process.env['OPENAPI_FILE'] ?? new URL('../../../packages/sdk/openapi.json', import.meta.url);

const document = await createApp(idleServices()).request('/openapi.json');
const text = await document.text();
if (!process.argv.includes('--check')) {
  writeFileSync(FILE, text);
} else if (readFileSync(FILE, 'utf8') !== text) {
  console.error("packages/sdk/openapi.json differs from the routes of apps/api: run 'pnpm -C apps/api openapi'.");
  process.exitCode = 1;
}

/** The document asks nothing of a store; what is missing here is never reached. */
function idleServices(): Services {
  const services: Pick<Services, 'nowUs' | 'random' | 'corsOrigins' | 'ready'> = {
    nowUs: () => 0,
    random: (length) => new Uint8Array(length),
    corsOrigins: [],
    ready: () => true,
  };
  return services as Services;
}
