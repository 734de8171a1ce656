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
    });
  });

  test('treats an empty variable as absent', () => {
    const empty = { HOST: '', PORT: '', DATABASE_URL: '', BOOTSTRAP_TOKEN: '', DEBUG_LOGGING: '', CORS_ORIGINS: '' };
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
    };
    expect(readConfig(environment, '/a')).toEqual({
      host: '::',
      port: 0,
      file: '/data/log.db',
      bootstrapToken: 'x'.repeat(32),
      debugLogging: true,
      corsOrigins: ['https://a.example', 'http://b.example:8080'],
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
  ])('refuses a wrong %s and names it', (name, values) => {
    for (const value of values) {
      const faults = faultsOf({ [name]: value });
      expect(faults, value).toHaveLength(1);
      expect(faults[0]).toMatch(new RegExp(`^${name} `));
    }
  });

  test('tells all faults at once, and never the token', () => {
    const token = 'secret with spaces';
    const faults = faultsOf({ PORT: 'x', CORS_ORIGINS: 'y', BOOTSTRAP_TOKEN: token });
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual(['PORT', 'BOOTSTRAP_TOKEN', 'CORS_ORIGINS']);
    expect(faults.join()).not.toContain(token);
  });
});
