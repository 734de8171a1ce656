/** The table of contents: which dialect answers below which prefix. */
import { type Context, Hono } from 'hono';
import { createCloud } from './dialects/cloud/cloud.ts';
import { type DialectName, PREFIXES, placeOf } from './dialects/prefixes.ts';
import { runtime } from './dialects/runtime/runtime.ts';
import { isPreflight, preflightHeaders } from './http/cors.ts';
import { Credentials } from './http/credentials.ts';
import { type Dialect, refuse } from './http/dialect.ts';
import { referenceRoutes } from './http/docs.ts';
import { Exchange } from './http/exchange.ts';
import { healthRoutes, openRefusal, serveOpen } from './http/health.ts';
import type { Services } from './http/services.ts';

export function createApp(services: Services): Hono {
  const app = new Hono();
  const credentials = new Credentials(services);
  const cloud = createCloud(services, credentials);
  const dialects: Record<DialectName, Dialect> = { cloud, runtime };
  for (const [prefix, dialect] of PREFIXES) if (dialect === 'cloud') app.route(prefix, cloud.app);

  const open = { ...healthRoutes(services), ...referenceRoutes(cloud.document) };
  serveOpen(app, open, services);

  app.notFound(async (context) => {
    const exchange = new Exchange(context, services);
    if (isPreflight(exchange)) return preflight(exchange);
    const { path } = context.req;
    const { prefix, dialect, presentRefusal } = placeOf(path);
    try {
      const refusal = openRefusal(open, exchange.method, path);
      throw refusal ?? (await dialects[dialect].unmatched(exchange, path.slice(prefix.length)));
    } catch (error) {
      return refuse(exchange, presentRefusal, services.log, error);
    }
  });
  app.onError((error, context: Context) => {
    const { presentRefusal } = placeOf(context.req.path);
    return refuse(new Exchange(context, services), presentRefusal, services.log, error);
  });
  return app;
}

function preflight(exchange: Exchange): Response {
  const headers = preflightHeaders(exchange.header('access-control-request-headers'));
  return exchange.answer({ status: 204, body: null, headers });
}
