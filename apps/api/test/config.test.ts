import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from '../src/process/config.ts';

function faultsOf(environment: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(environment, '/home');
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  test('has defaults that serve on loopback from a file in the folder where the command was typed', () => {
    expect(readConfig({}, '/somewhere/else')).toEqual({
      host: '127.0.0.1',
      port: 8080,
      file: '/somewhere/else/.turnlog/turnlog.db',
      bootstrapToken: null,
      debugLogging: false,
      corsOrigins: ['http://localhost:5173', 'http://localhost:3000'],
      openDialects: [],
      waveHoldMs: 50_000,
      streams: {
        perToken: 1_000,
        perProcess: 10_000,
        maxAgeMs: 15 * 60_000,
        heartbeatMs: 15_000,
        lagMs: 30_000,
        lagBytes: 1024 * 1024,
      },
      secretKey: null,
      webhookAllow: [],
      retrySeconds: [0, 5, 30, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000],
      deliveryKeptMs: 30 * 24 * 60 * 60_000,
    });
  });

  test('treats an empty variable as absent', () => {
    const names = [
      ...['HOST', 'PORT', 'DATABASE_URL', 'BOOTSTRAP_TOKEN', 'DEBUG_LOGGING', 'CORS_ORIGINS'],
      ...['STREAMS_PER_TOKEN', 'STREAMS_PER_PROCESS', 'STREAM_MAX_AGE_SECONDS', 'STREAM_HEARTBEAT_SECONDS'],
      ...['STREAM_LAG_SECONDS', 'STREAM_LAG_BYTES', 'OPEN_DIALECTS', 'WAVE_HOLD_SECONDS'],
      ...['SECRET_KEY', 'WEBHOOK_ALLOW', 'WEBHOOK_RETRY_SECONDS', 'DELIVERY_KEPT_DAYS'],
    ];
    const empty = Object.fromEntries(names.map((name) => [name, '']));
    expect(readConfig(empty, '/a')).toEqual(readConfig({}, '/a'));
  });

  test('takes what platforms set', () => {
    const environment = {
      HOST: '::',
      PORT: '0',
      DATABASE_URL: 'file:///data/log.db',
      BOOTSTRAP_TOKEN: 'x'.repeat(32),
      DEBUG_LOGGING: 'true',
      CORS_ORIGINS: 'https://a.example, http://b.example:8080',
      STREAMS_PER_TOKEN: '1',
      STREAMS_PER_PROCESS: '999999999',
      STREAM_MAX_AGE_SECONDS: '86400',
      STREAM_HEARTBEAT_SECONDS: '1',
      STREAM_LAG_SECONDS: '5',
      STREAM_LAG_BYTES: '4096',
      SECRET_KEY: 'Ab'.repeat(32),
      WEBHOOK_ALLOW: '127.0.0.0/8, ::1/128',
      WEBHOOK_RETRY_SECONDS: '0, 1,2',
      DELIVERY_KEPT_DAYS: '1',
    };
    expect(readConfig(environment, '/a')).toEqual({
      host: '::',
      port: 0,
      file: '/data/log.db',
      bootstrapToken: 'x'.repeat(32),
      debugLogging: true,
      corsOrigins: ['https://a.example', 'http://b.example:8080'],
      openDialects: [],
      waveHoldMs: 50_000,
      streams: {
        perToken: 1,
        perProcess: 999_999_999,
        maxAgeMs: 86_400_000,
        heartbeatMs: 1_000,
        lagMs: 5_000,
        lagBytes: 4096,
      },
      secretKey: Buffer.alloc(32, 0xab),
      webhookAllow: ['127.0.0.0/8', '::1/128'],
      retrySeconds: [0, 1, 2],
      deliveryKeptMs: 24 * 60 * 60_000,
    });
  });

  test.each([
    ['HOST', ['not a host', '-x', 'a/b']],
    ['PORT', ['65536', '-1', '80.5', 'http', '0x50', ' 80']],
    ['DATABASE_URL', ['postgres://host/db', 'turnlog.db', 'file:', 'file:folder/', 'file:a\0b']],
    [
      'BOOTSTRAP_TOKEN',
      ['x'.repeat(31), 'x'.repeat(256), `${'x'.repeat(32)} y`, `${'x'.repeat(32)}é`, `tlog_pat_${'0'.repeat(39)}`],
    ],
    ['DEBUG_LOGGING', ['maybe', '2']],
    ['CORS_ORIGINS', ['example.com', 'https://a.example/path', 'https://a.example,,https://b.example', 'null']],
    ['STREAMS_PER_TOKEN', ['0', '-1', '1.5', '1e3', '01', ' 5', '1000000000', 'many']],
    ['STREAMS_PER_PROCESS', ['0', '-1', '1.5', '1e3', '01', ' 5', '1000000000', 'many']],
    ['STREAM_LAG_BYTES', ['0', '-1', '1.5', '1MiB', '1000000000']],
    ['STREAM_MAX_AGE_SECONDS', ['0', '-1', '0.5', '86401', '15m']],
    ['STREAM_HEARTBEAT_SECONDS', ['0', '-1', '0.5', '86401', '15s']],
    ['STREAM_LAG_SECONDS', ['0', '-1', '0.5', '86401', '30s']],
    ['OPEN_DIALECTS', ['cloud', 'wave,', 'wave;runtime', 'all', '*', 'Wave']],
    ['WAVE_HOLD_SECONDS', ['0', '-1', '0.5', '56', '50s']],
    [
      'SECRET_KEY',
      ['x', 'A'.repeat(42), 'A'.repeat(45), 'g'.repeat(64), 'a'.repeat(63), 'a'.repeat(65), '-'.repeat(43)],
    ],
    [
      'WEBHOOK_ALLOW',
      ['127.0.0.1', '10.0.0.1/8', '10.0.0.0/8,', 'localhost', '*', '::1', '0.0.0.0/33', '10.0.0.0/8 ::1/128'],
    ],
    ['WEBHOOK_RETRY_SECONDS', ['5', '1,2', '0,', '0,-1', '0,1.5', '0,604801', '0,5s', `0${',1'.repeat(20)}`]],
    ['DELIVERY_KEPT_DAYS', ['0', '-1', '1.5', '3651', '30d']],
  ])('refuses a wrong %s and names it', (name, values) => {
    for (const value of values) {
      const faults = faultsOf({ [name]: value });
      expect(faults, value).toHaveLength(1);
      expect(faults[0]).toMatch(new RegExp(`^${name} `));
    }
  });

  test('opens dialects to callers without a credential only on loopback', () => {
    const open = (host: string) => ({ HOST: host, OPEN_DIALECTS: 'wave, runtime' });
    for (const host of ['', 'localhost', '127.0.0.1', '127.1.2.3', '::1'])
      expect(readConfig(open(host), '/a').openDialects).toEqual(['wave', 'runtime']);
    for (const host of ['0.0.0.0', '::', '192.168.1.5', 'turnlog.example', '127.0.0.1.example'])
      expect(faultsOf(open(host)), host).toEqual([expect.stringMatching(/^OPEN_DIALECTS .*HOST/)]);
  });

  test('holds polls of the wave dialect for as long as is asked', () => {
    expect(readConfig({ WAVE_HOLD_SECONDS: '1' }, '/a').waveHoldMs).toBe(1_000);
    expect(readConfig({ WAVE_HOLD_SECONDS: '55' }, '/a').waveHoldMs).toBe(55_000);
  });

  test('takes a key as base64 with its padding and without, and as hexadecimal digits', () => {
    const key = Buffer.from(Array.from({ length: 32 }, (_, index) => 255 - index));
    for (const text of [key.toString('base64'), key.toString('base64').replace('=', ''), key.toString('hex')]) {
      expect(readConfig({ SECRET_KEY: text }, '/a').secretKey).toEqual(key);
    }
  });

  test('names the network that is none, and never the key', () => {
    const SECRET_KEY = 'a key of 32 bytes, or so I thought';
    const faults = faultsOf({ SECRET_KEY, WEBHOOK_ALLOW: '127.0.0.0/8,10.0.0.1/8' });
    expect(faults).toHaveLength(2);
    expect(faults.join()).toContain("'10.0.0.1/8' is none");
    expect(faults.join()).not.toContain(SECRET_KEY);
  });

  test('tells all faults at once, and never the token', () => {
    const token = 'secret with spaces';
    const faults = faultsOf({ PORT: 'x', CORS_ORIGINS: 'y', BOOTSTRAP_TOKEN: token });
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual(['PORT', 'BOOTSTRAP_TOKEN', 'CORS_ORIGINS']);
    expect(faults.join()).not.toContain(token);
  });
});
