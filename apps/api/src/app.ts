/** The table of contents: which dialect answers below which prefix. */
import { type Context, Hono } from 'hono';
import { createCloud } from './dialects/cloud/cloud.ts';
import { createPlatform } from './dialects/platform/platform.ts';
import { type DialectName, NAMESPACE, PREFIXES, placeOf } from './dialects/prefixes.ts';
import { createRuntime, runtimeSocket } from './dialects/runtime/runtime.ts';
import { createWave } from './dialects/wave/wave.ts';
import { createWorkflow } from './dialects/workflow/workflow.ts';
import { isPreflight, preflightHeaders } from './http/cors.ts';
import { Credentials } from './http/credentials.ts';
import { type Dialect, refuse } from './http/dialect.ts';
import { referenceRoutes } from './http/docs.ts';
import { Exchange } from './http/exchange.ts';
import { healthRoutes, openRefusal, serveOpen } from './http/health.ts';
import type { Manners } from './http/operations.ts';
import { Tests } from './http/resources/tests.ts';
import type { Services } from './http/services.ts';
import type { SocketRoute } from './http/sockets/sockets.ts';

export function createApp(services: Services, credentials = new Credentials(services)): Hono {
  const app = new Hono();
  const tests = new Tests(services);
  const dialects: Record<DialectName, Dialect> = {
    cloud: createCloud(services, credentials, tests),
    workflow: createWorkflow(services, credentials),
    platform: createPlatform(services, credentials, tests),
    wave: createWave(services, credentials),
    runtime: createRuntime(services, credentials),
  };
  for (const [prefix, name] of PREFIXES) if (prefix !== NAMESPACE) app.route(prefix, dialects[name].app);

  const open = { ...healthRoutes(services), ...referenceRoutes(dialects) };
  serveOpen(app, open, services);

  app.notFound(async (context) => {
    const { path } = context.req;
    const { prefix, dialect, presentRefusal } = placeOf(path);
    const { manners, unmatched } = dialects[dialect];
    const exchange = new Exchange(context, services, manners.corsOrigins);
    if (isPreflight(exchange, manners)) return preflight(exchange, manners);
    try {
      const refusal = openRefusal(open, exchange.method, path);
      throw refusal ?? (await unmatched(exchange, prefix === NAMESPACE ? path : path.slice(prefix.length)));
    } catch (error) {
      return refuse(exchange, presentRefusal, services.log, error);
    }
  });
  app.onError((error, context: Context) => {
    const { dialect, presentRefusal } = placeOf(context.req.path);
    const exchange = new Exchange(context, services, dialects[dialect].manners.corsOrigins);
    return refuse(exchange, presentRefusal, services.log, error);
  });
  return app;
}

/** Where clients may turn their connection into a socket. */
export function socketRoutes(services: Services): readonly SocketRoute[] {
  return [runtimeSocket(services)];
}

function preflight(exchange: Exchange, { optionsStatus = 204 }: Manners): Response {
  const headers = preflightHeaders(exchange.header('access-control-request-headers'));
  return exchange.answer({ status: optionsStatus, body: null, headers });
}
