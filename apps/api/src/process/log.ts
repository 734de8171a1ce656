/** Structured logs, one JSON object a line, on standard error; nothing in them is a secret. */
import { type DestinationStream, destination, type Logger, pino, stdSerializers } from 'pino';

const STANDARD_ERROR = 2;
/** Fields that may hold a credential, wherever they stand. */
const SECRETS = ['authorization', 'token', 'secret', 'x-api-key', 'bootstrapToken'];

export function createLog(debug: boolean, sink: DestinationStream = standardError()): Logger {
  return pino(
    {
      level: debug ? 'debug' : 'info',
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.err },
      redact: { paths: SECRETS.flatMap((name) => [`["${name}"]`, `*["${name}"]`]), censor: '[redacted]' },
    },
    sink,
  );
}

/** Written at once: the last line before an end is the one that matters. */
function standardError(): DestinationStream {
  return destination({ fd: STANDARD_ERROR, sync: true });
}
