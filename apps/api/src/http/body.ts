/** Request bodies: bounded while they stream in, then checked to be JSON in UTF-8. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { TurnlogError } from '@turnlog/core/errors';
import { JsonFault, type JsonNode, scanJson } from '@turnlog/core/json';
import { limits } from '@turnlog/core/limits';
import type { Exchange } from './exchange.ts';

const NO_BYTES = Buffer.alloc(0);
const JSON_TYPE = /^application\/(?:[a-z0-9!#$&^_.+-]+\+)?json$/;
const UTF8_NAME = /^"?utf-?8"?$/;
const BYTE_ORDER_MARK = 0xfeff;
/** White space of JSON, and below it only what JSON refuses. */
const SPACE = 0x20;
/** Levels that become nodes: body, list, event, `data`, its members. */
const KEEP_DEPTH = 5;
/** Items of one array that become nodes: more than a batch may have, so that a longer one is seen to be too long. */
const KEEP_ITEMS = limits.batchEvents + 1;

/** All bytes of a body, none when there is none. Rejects with `body_too_large` as soon as that is certain. */
export function readBytes(exchange: Exchange): Promise<Buffer> | Buffer {
  checkDeclaredLength(exchange);
  const declared = exchange.header('content-length');
  const { incoming } = exchange;
  if (incoming === undefined) return readStream(exchange.raw.body);
  if (declared === undefined && exchange.header('transfer-encoding') === undefined) return NO_BYTES;
  return declared === '0' ? NO_BYTES : readIncoming(incoming);
}

/** Whether a request declares its body's length. Throws `body_too_large` when that is too much. */
export function checkDeclaredLength(exchange: Exchange): boolean {
  const declared = exchange.header('content-length');
  if (declared !== undefined && Number(declared) > limits.bodyBytes) throw tooLarge();
  return declared !== undefined;
}

/** Reads a body as one JSON value; null when there are no bytes. Throws `invalid_json`. */
export function parseJson(bytes: Buffer): JsonNode | null {
  if (bytes.length === 0) return null;
  if (!isUtf8(bytes)) {
    throw new TurnlogError('invalid_json', 'The body is not valid UTF-8: send JSON in UTF-8.');
  }
  const text = bytes.toString('utf8');
  try {
    const source = text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
    return scanJson(source, { keepDepth: KEEP_DEPTH, keepItems: KEEP_ITEMS });
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    throw new TurnlogError('invalid_json', error.message, error.path === '' ? undefined : error.path);
  }
}

/**
 * Throws `invalid_body` when bytes cannot hold one event that fits, whatever white space there is between them: before they
 * are scanned, which takes its time for a body full of tiny members.
 */
export function checkHoldsOneEvent(bytes: Buffer): void {
  if (bytes.length <= limits.eventBodyBytes) return;
  let blanks = 0;
  for (let at = 0; at < bytes.length; at++) if ((bytes[at] as number) <= SPACE) blanks++; // ten times faster than for … of
  if (bytes.length - blanks <= limits.eventBodyBytes) return;
  const message = `The event is too large: it may have ${limits.eventBytes} bytes (256 KiB) without its white space.`;
  throw new TurnlogError('invalid_body', message);
}

/** Throws `unsupported_media_type`. An absent content type passes: there is only one that we could mean. */
export function checkContentType(exchange: Exchange): void {
  const encoding = exchange.header('content-encoding');
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    throw new TurnlogError(
      'unsupported_media_type',
      "The body must not be compressed: send it without 'Content-Encoding'.",
    );
  }
  const header = exchange.header('content-type');
  if (header === undefined || header === '') return;
  const [type = '', ...parameters] = header.toLowerCase().split(';');
  if (!JSON_TYPE.test(type.trim())) {
    throw new TurnlogError(
      'unsupported_media_type',
      "The body must be JSON: send it with 'Content-Type: application/json'.",
    );
  }
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=');
    if (name.trim() === 'charset' && !UTF8_NAME.test(value.trim())) {
      throw new TurnlogError(
        'unsupported_media_type',
        'The body must be JSON in UTF-8: send it without another charset.',
      );
    }
  }
}

function readIncoming(incoming: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const stop = () => {
      incoming.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
    };
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= limits.bodyBytes) return;
      stop();
      incoming.pause();
      reject(tooLarge());
    };
    const onEnd = () => {
      stop();
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length));
    };
    const onBroken = () => {
      stop();
      reject(broken());
    };
    if (incoming.destroyed) onBroken();
    else incoming.on('data', onData).on('end', onEnd).on('error', onBroken).on('close', onBroken);
  });
}

async function readStream(stream: ReadableStream<Uint8Array> | null): Promise<Buffer> {
  if (stream === null) return NO_BYTES;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > limits.bodyBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function tooLarge(): TurnlogError {
  return new TurnlogError(
    'body_too_large',
    `The body is larger than ${limits.bodyBytes} bytes (4 MiB): send less at once.`,
  );
}

function broken(): TurnlogError {
  return new TurnlogError('invalid_request', 'The connection ended before the whole body had come.');
}
