/**
 * The reference page. Scalar's script comes from its npm package and is served by us; its fonts, telemetry, assistant
 * and request proxy are switched off, and the content security policy forbids whatever would still leave this server.
 */
import { readFileSync } from 'node:fs';
import { DIALECTS, type DialectName } from '../dialects/prefixes.ts';
import { asyncApiDocument } from './asyncapi.ts';
import type { Dialect } from './dialect.ts';
import type { Answer } from './exchange.ts';
import type { OpenRoutes } from './health.ts';

const SCRIPT_FILE = new URL('js/standalone.js', import.meta.resolve('@scalar/fastify-api-reference'));

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TITLES = {
  cloud: 'Native API',
  workflow: 'Workflow dialect',
  platform: 'Platform dialect',
  wave: 'Wave dialect',
  runtime: 'Runtime dialect',
} as const satisfies Record<DialectName, string>;

const DOCUMENTS = DIALECTS.map((name) => `<a href="/openapi/${name}.json">${TITLES[name]}</a>`).join(', ');

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Turnlog API</title>
<link rel="icon" href="data:,">
</head>
<body>
<div id="reference"></div>
<noscript>This page needs JavaScript. The same reference as data: ${DOCUMENTS}.</noscript>
<script src="/docs/scalar.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const OPTIONS = {
  sources: DIALECTS.map((name) => ({ title: TITLES[name], slug: name, url: `/openapi/${name}.json` })),
  withDefaultFonts: false,
  telemetry: false,
  persistAuth: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: 'never',
  hideClientButton: true,
  proxyUrl: '',
  documentDownloadType: 'none',
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
};

const START = `Scalar.createApiReference('#reference', ${JSON.stringify(OPTIONS)});\n`;

type Documented = Readonly<Record<DialectName, Pick<Dialect, 'document' | 'socket'>>>;

/**
 * The page, its scripts, the OpenAPI document of every dialect (`/openapi.json` is that of the native API), and the
 * AsyncAPI document of them all.
 */
export function referenceRoutes(dialects: Documented): OpenRoutes {
  let script: string | undefined;
  const scalar = (): string => {
    script ??= readFileSync(SCRIPT_FILE, 'utf8');
    return script;
  };
  const made = new Map<string, Answer>();
  const once = (name: string, build: () => object) => (): Answer => {
    const answer = made.get(name) ?? { status: 200, body: `${JSON.stringify(build(), null, 2)}\n` };
    made.set(name, answer);
    return answer;
  };
  const document = (name: DialectName) => once(name, () => dialects[name].document());
  const described = () =>
    DIALECTS.map((name) => {
      const { document, socket } = dialects[name];
      return { name, document: document(), ...(socket && { socket }) };
    });
  return {
    '/openapi.json': document('cloud'),
    ...Object.fromEntries(DIALECTS.map((name) => [`/openapi/${name}.json`, document(name)])),
    '/asyncapi.json': once('asyncapi', () => asyncApiDocument(described())),
    '/docs': () => page(PAGE),
    '/docs/start.js': () => javaScript(START),
    '/docs/scalar.js': () => javaScript(scalar()),
  };
}

function page(body: string): Answer {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': POLICY,
    'referrer-policy': 'no-referrer',
  };
  return { status: 200, body, headers };
}

function javaScript(body: string): Answer {
  return {
    status: 200,
    body,
    headers: { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'max-age=3600' },
  };
}
