import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type KeyCheck, openVault, SecretKeyError } from '../src/process/secret-key.ts';

const OWN = Buffer.alloc(32, 5);
const SECRET = Buffer.from('sealed before');

let folder = '';
let file = '';
let keyFile = '';
let stored: Uint8Array | null = null;
/** As the store keeps it. */
const check: KeyCheck = (make) => {
  stored ??= make?.() ?? null;
  return stored && { stored };
};
const open = (key: Buffer | null = null) => openVault({ file, key, check });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'turnlog-key-'));
  file = join(folder, 'turnlog.db');
  keyFile = `${file}.key`;
  stored = null;
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the key beside the log', () => {
  test('is made by the first start, for its owner alone, and used by the next', () => {
    const sealed = open().seal(SECRET, 'org_1');
    expect(readdirSync(folder)).toEqual(['turnlog.db.key']);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    const text = readFileSync(keyFile, 'utf8');
    expect(text).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
    expect(open().open(sealed, 'org_1')).toEqual(SECRET);
    expect(readFileSync(keyFile, 'utf8')).toBe(text);
    expect(Buffer.from(stored ?? []).includes(Buffer.from(text, 'base64'))).toBe(false);
  });

  test('is used by a start that follows one which died before it had sealed anything', () => {
    writeFileSync(keyFile, OWN.toString('hex'));
    const sealed = open().seal(SECRET, 'org_1');
    expect(open(OWN).open(sealed, 'org_1')).toEqual(SECRET);
  });

  test('is the same as that key in SECRET_KEY', () => {
    const sealed = open().seal(SECRET, 'org_1');
    const key = Buffer.from(readFileSync(keyFile, 'utf8'), 'base64');
    rmSync(keyFile);
    expect(open(key).open(sealed, 'org_1')).toEqual(SECRET);
  });

  test('is not made when the operator has a key', () => {
    open(OWN);
    expect(existsSync(keyFile)).toBe(false);
  });
});

describe('a log and a key that do not belong together', () => {
  test('are refused when the key is missing, and none is made', () => {
    open();
    rmSync(keyFile);
    expect(() => open()).toThrow(SecretKeyError);
    expect(() => open()).toThrow(`restore ${keyFile} `);
    expect(existsSync(keyFile)).toBe(false);
  });

  test('are refused when it is another one, in the file or in the environment', () => {
    open();
    expect(() => open(OWN)).toThrow("SECRET_KEY is not the key that the log's secrets were sealed with");
    writeFileSync(keyFile, OWN.toString('base64'));
    expect(() => open()).toThrow(`${keyFile} is not the key`);
  });

  test.each(['', 'x', `${'A'.repeat(43)}=\n${'A'.repeat(43)}=`])('are refused when the file says %j', (text) => {
    writeFileSync(keyFile, text);
    expect(() => open()).toThrow(`${keyFile} holds no key of 32 bytes`);
    expect(readFileSync(keyFile, 'utf8')).toBe(text);
  });

  test('are refused when the file cannot be read, or cannot be made', (context) => {
    if (process.getuid?.() === 0) context.skip('root reads and writes everything');
    writeFileSync(keyFile, OWN.toString('base64'), { mode: 0 });
    expect(() => open()).toThrow(`${keyFile} cannot be read (EACCES)`);
    rmSync(keyFile);
    chmodSync(folder, 0o500);
    expect(() => open()).toThrow(`${keyFile} cannot be made (EACCES)`);
    chmodSync(folder, 0o700);
  });

  test('are refused where the folder is gone', () => {
    expect(() => openVault({ file: join(folder, 'none', 'x.db'), key: null, check })).toThrow(
      /cannot be made \(ENOENT\)/,
    );
  });
});
