/** What platforms and people may see without a credential: whether we live, whether we serve, and the reference. */
import type { Context, Hono } from 'hono';
import { MethodNotAllowed } from './dialect.ts';
import { type Answer, Exchange } from './exchange.ts';
import type { Services } from './services.ts';

export type OpenRoutes = Readonly<Record<string, () => Answer>>;

export function healthRoutes({ ready }: Pick<Services, 'ready'>): OpenRoutes {
  return {
    '/healthz': () => ({ status: 200, body: '{"status":"ok"}' }),
    '/readyz': () =>
      ready()
        ? { status: 200, body: '{"status":"ready"}' }
        : { status: 503, body: '{"status":"not ready"}', headers: { 'retry-after': '1' } },
  };
}

/** Serves answers that depend on nothing that a caller sends. */
export function serveOpen(app: Hono, routes: OpenRoutes, services: Services): void {
  for (const [path, answer] of Object.entries(routes)) {
    app.get(path, (context: Context) => new Exchange(context, services).answer(answer()));
  }
}

/** The refusal of another method than GET on an open route; undefined elsewhere. */
export function openRefusal(routes: OpenRoutes, method: string, path: string): MethodNotAllowed | undefined {
  return Object.hasOwn(routes, path) ? new MethodNotAllowed(method, 'GET, HEAD') : undefined;
}
