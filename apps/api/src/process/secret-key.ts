/** The key that seals the secrets of webhooks: the operator's own, or one in a file beside the log. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { Vault } from '../deliveries/vault.ts';
import { randomBytes } from './machine.ts';

/** Why the server cannot work with its key, as one sentence for the operator. */
export class SecretKeyError extends Error {
  override readonly name = 'SecretKeyError';
}

/** The value in the log that shows which key it was sealed with; where there is none it is made, or null answered. */
export type KeyCheck = (make: (() => Uint8Array) | null) => { readonly stored: Uint8Array } | null;

export interface VaultOptions {
  /** The log. */
  readonly file: string;
  /** The operator's own key; null: the one in the file. */
  readonly key: Buffer | null;
  readonly check: KeyCheck;
}

const KEY_BYTES = 32;
const HEX = /^[0-9A-Fa-f]{64}$/;
const BASE64 = /^[A-Za-z0-9+/]{43}=?$/;
const OWNER_ONLY = 0o600;
/** What the check value says once it is opened, and whom it belongs to. */
const CHECK = Buffer.from('turnlog');
const CHECK_OWNER = 'secret_key_check';

/** A key of 32 bytes, as base64 or 64 hexadecimal digits; null: the text is none. */
export function parseKey(text: string): Buffer | null {
  if (HEX.test(text)) return Buffer.from(text, 'hex');
  return BASE64.test(text) ? Buffer.from(text, 'base64') : null;
}

/**
 * The vault of a log that this process has opened. The first start makes the key's file unless the operator has a key;
 * it is on disk before anything is sealed. Throws `SecretKeyError` when the key is missing, unreadable or another one.
 */
export function openVault({ file, key, check }: VaultOptions): Vault {
  const kept = check(null);
  const keyFile = `${file}.key`;
  const vault = new Vault(key ?? readKey(keyFile) ?? (kept === null ? makeKey(keyFile) : missing(keyFile)));
  if (kept === null) check(() => vault.seal(CHECK, CHECK_OWNER));
  else if (!opens(vault, kept.stored)) throw wrongKey(key === null ? keyFile : 'SECRET_KEY');
  return vault;
}

/** Null: there is no such file. */
function readKey(keyFile: string): Buffer | null {
  let text: string;
  try {
    text = readFileSync(keyFile, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw new SecretKeyError(`${keyFile} cannot be read (${codeOf(error)}): let the server's user read it.`);
  }
  const key = parseKey(text.trim());
  if (key !== null) return key;
  throw new SecretKeyError(`${keyFile} holds no key of ${KEY_BYTES} bytes: restore it from a backup of the log.`);
}

/** Whole or not at all: it gets its name when it is on disk. */
function makeKey(keyFile: string): Buffer {
  const key = Buffer.from(randomBytes(KEY_BYTES));
  const unfinished = `${keyFile}.${Buffer.from(randomBytes(6)).toString('hex')}`;
  try {
    const file = openSync(unfinished, 'wx', OWNER_ONLY);
    writeSync(file, `${key.toString('base64')}\n`);
    flush(file);
    renameSync(unfinished, keyFile);
    flush(openSync(dirname(keyFile), 'r'));
  } catch (error) {
    throw new SecretKeyError(
      `${keyFile} cannot be made (${codeOf(error)}): make its folder writable, or set SECRET_KEY.`,
    );
  }
  return key;
}

function flush(file: number): void {
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function opens(vault: Vault, sealed: Uint8Array): boolean {
  try {
    return vault.open(sealed, CHECK_OWNER).equals(CHECK);
  } catch {
    return false;
  }
}

function missing(keyFile: string): never {
  throw new SecretKeyError(
    `The log holds secrets whose key is missing: restore ${keyFile} from where the log came from, or set SECRET_KEY to it.`,
  );
}

function wrongKey(source: string): SecretKeyError {
  return new SecretKeyError(
    `${source} is not the key that the log's secrets were sealed with: use the one that was there before.`,
  );
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
