import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { generate } from '../scripts/generate.ts';
import type { Document, Schema } from '../scripts/generator/document.ts';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const media = (schema: Schema, example?: unknown): object => ({ content: { 'application/json': { schema, example } } });
const answer = (name: string): object => ({ '200': media(ref(name)) });
const string: Schema = { type: 'string' };
const song: Schema = { type: 'object', properties: { id: string }, required: ['id'] };
const page: Schema = {
  type: 'object',
  properties: { data: { type: 'array', items: ref('Song') }, has_more: { type: 'boolean' } },
  required: ['data', 'has_more'],
};

/** A document with one operation, `songs.retrieve`, but for what is given. */
function documentOf(operation: object, schemas: Record<string, object> = {}, path = '/v1/songs'): Document {
  const full = { operationId: 'songs.retrieve', responses: answer('Song'), ...operation };
  return { openapi: '3.1.0', paths: { [path]: { get: full } }, components: { schemas: { Song: song, ...schemas } } };
}

const typesOf = (schema: object, schemas: Record<string, object> = {}): string =>
  generate(documentOf({}, { Song: schema, ...schemas }))['src/generated/types.ts'] ?? '';
const resourcesOf = (document: Document): string => generate(document)['src/generated/resources.ts'] ?? '';

test('the generated sources are what the generator makes of openapi.json', () => {
  const files = generate(JSON.parse(read('openapi.json')));
  for (const [path, text] of Object.entries(files)) expect(read(path)).toBe(text);
});

test('the order of paths, methods and schemas changes nothing but the order of what is written', () => {
  const document: Document = JSON.parse(read('openapi.json'));
  const reversed = <T extends object>(object: T): T => Object.fromEntries(Object.entries(object).reverse()) as T;
  const paths = Object.entries(reversed(document.paths ?? {})).map(([path, item]) => [path, reversed(item)]);
  const schemas = reversed(document.components?.['schemas'] ?? {});
  const lines = (files: Readonly<Record<string, string>>): string[] =>
    Object.values(files).join('\n').split('\n').sort();
  const components = { ...document.components, schemas };
  const shuffled = generate({ ...document, paths: Object.fromEntries(paths), components });
  expect(lines(shuffled)).toEqual(lines(generate(document)));
});

describe('operations', () => {
  test('of a resource that is new, client.events, are taken up as they come', () => {
    const document: Document = JSON.parse(read('openapi.json'));
    const get = { operationId: 'events.list', parameters: [], responses: answer('EventPage') };
    const post = {
      operationId: 'events.publish',
      requestBody: { required: true, ...media(ref('SendEventsParams')) },
      responses: answer('SendEventsResult'),
    };
    const text = resourcesOf({ ...document, paths: { ...document.paths, '/v1/events': { get, post } } });
    expect(text).toContain('readonly events: Events = new Events(this.transport);');
    expect(text).toContain('list(options?: RequestOptions): PagePromise<EventPage> {');
    expect(text).toContain('publish(params: SendEventsParams, options?: RequestOptions): Promise<SendEventsResult> {');
    expect(text).toContain("return this.transport.request('POST', ['v1', 'events'], { body: params, options });");
  });

  test('nest by the dots of their ids, and take path parameters by position', () => {
    const parameters = ['song_id', 'verse_id'].map((name) => ({ name, in: 'path', required: true, schema: string }));
    const operation = { operationId: 'songs.verses.retrieve', parameters };
    const text = resourcesOf(documentOf(operation, {}, '/v1/songs/{song_id}/verses/{verse_id}'));
    expect(text).toContain('readonly verses: SongsVerses = new SongsVerses(this.transport);');
    expect(text).toContain('retrieve(songId: string, verseId: string, options?: RequestOptions): Promise<Song> {');
    expect(text).toContain("['v1', 'songs', songId, 'verses', verseId]");
  });

  test('that answer data and has_more are pages', () => {
    const text = resourcesOf(
      documentOf({ operationId: 'songs.list', responses: answer('SongPage') }, { SongPage: page }),
    );
    expect(text).toContain('list(options?: RequestOptions): PagePromise<SongPage> {');
  });

  test('that answer an event stream are streams', () => {
    const responses = { '200': { content: { 'text/event-stream': { schema: ref('Song') } } } };
    const text = resourcesOf(documentOf({ operationId: 'songs.stream', responses }));
    expect(text).toContain("import { EventStream, type StreamOptions } from '../core/stream.ts';");
    expect(text).toContain('stream(options?: StreamOptions): EventStream<Song> {');
    expect(text).toContain("return new EventStream(this.transport, ['v1', 'songs'], undefined, options);");
    expect(text).toContain('   * for await (const song of client.songs.stream()) {');
    expect(text).not.toContain('RequestOptions');
  });

  test('that other code stands on bring it with them', () => {
    const retrieve = { operationId: 'sessions.retrieve', responses: answer('Song') };
    const responses = { '200': { content: { 'text/event-stream': { schema: ref('Song') } } } };
    const stream = { operationId: 'sessions.events.stream', responses };
    const paths = { '/v1/sessions': { get: retrieve }, '/v1/stream': { get: stream } };
    const document: Document = { openapi: '3.1.0', paths, components: { schemas: { Song: song } } };
    expect(resourcesOf(document)).toContain("import { SessionWaiter } from '../core/wait.ts';");
    expect(resourcesOf(document)).toContain('export class Sessions extends SessionWaiter {');
    const without = resourcesOf({ ...document, paths: { '/v1/sessions': { get: retrieve } } });
    expect(without).toContain('export class Sessions extends Resource {');
    expect(without).not.toContain('SessionWaiter');
  });

  test('that answer nothing give nothing', () => {
    const text = resourcesOf(
      documentOf({ operationId: 'songs.forget', responses: { '204': { description: 'Gone.' } } }),
    );
    expect(text).toContain('forget(options?: RequestOptions): Promise<void> {');
  });

  test('show an example made of the examples of the document', () => {
    const body = { required: true, ...media(ref('Song'), { id: "it's" }) };
    const text = resourcesOf(documentOf({ operationId: 'songs.sing', requestBody: body }));
    expect(text).toContain("   * const song = await client.songs.sing({ id: 'it\\'s' });");
  });

  test('import the types that they use, and none that they only speak of', () => {
    const get = { operationId: 'songs.list', responses: answer('SongPage') };
    const summary = 'Like PagePromise, EventStream, SongPage and Lyrics';
    const document = documentOf({ summary }, { SongPage: page, Lyrics: song });
    const paths = { ...document.paths, '/v1/list': { get: { ...get, responses: answer('Lyrics') } } };
    const text = resourcesOf({ ...document, paths });
    expect(text).toContain("import { type RequestOptions, Resource } from '../core/resource.ts';\nimport type {\n");
    expect(text).toContain("import type {\n  Lyrics,\n  Song,\n} from './types.ts';");
    expect(text).not.toMatch(/import.*(PagePromise|EventStream)/);
  });

  test('marked x-sdk-skip are left out', () => {
    const document = documentOf({});
    const paths = { ...document.paths, '/healthz': { get: { 'x-sdk-skip': true, responses: {} } } };
    expect(generate({ ...document, paths })).toEqual(generate(document));
  });

  test('change a resource in part by PATCH', () => {
    const patch = {
      operationId: 'songs.update',
      requestBody: { required: true, ...media(ref('Song')) },
      responses: answer('Song'),
    };
    const document = documentOf({});
    const text = resourcesOf({ ...document, paths: { '/v1/songs': { ...document.paths?.['/v1/songs'], patch } } });
    expect(text).toContain("return this.transport.request('PATCH', ['v1', 'songs'], { body: params, options });");
  });

  test('that are accepted, not done, answer what any other would', () => {
    const text = resourcesOf(documentOf({ responses: { '202': media(ref('Song')) } }));
    expect(text).toContain('retrieve(options?: RequestOptions): Promise<Song> {');
  });

  test('marked x-sdk-alias are there under both names, with the same types', () => {
    const requestBody = { required: true, ...media(ref('Lyrics'), { id: '1' }) };
    const operation = {
      operationId: 'songs.sing',
      requestBody,
      'x-sdk-alias': 'choirs.voices.singAlong',
      description: 'Aloud.',
    };
    const text = resourcesOf(documentOf(operation, { Lyrics: song }));
    expect(text).toContain('sing(params: Lyrics, options?: RequestOptions): Promise<Song> {');
    const alias = text.slice(text.indexOf('export class ChoirsVoices'));
    expect(alias).toContain('singAlong(params: Lyrics, options?: RequestOptions): Promise<Song> {');
    expect(alias).toContain('   * Aloud.\n   *\n   * The same as `client.songs.sing`.\n');
    expect(alias).toContain("   * const song = await client.choirs.voices.singAlong({ id: '1' });");
    expect(text).toContain('readonly voices: ChoirsVoices = new ChoirsVoices(this.transport);');
  });

  test('whose answer hangs on a member of the body say so by their types', () => {
    const flag = { type: 'boolean' };
    const Lyrics = { type: 'object', properties: { id: string, silent: flag }, required: ['id'] };
    const requestBody = { required: true, ...media(ref('Lyrics')) };
    const responses = { '202': media(ref('Song')), '200': { ...media(ref('Silence')), 'x-sdk-when': 'silent' } };
    const operation = { operationId: 'songs.sing', requestBody, responses, summary: 'Sing' };
    const files = generate(documentOf(operation, { Lyrics, Silence: song }));
    expect(files['src/generated/types.ts']).toContain('export interface Silence {');
    expect(files['src/generated/resources.ts']).toContain(
      [
        '   */',
        '  sing(params: Lyrics & { readonly silent?: false | null | undefined }, options?: RequestOptions): Promise<Song>;',
        '  /** With `silent`. */',
        '  sing(params: Lyrics & { readonly silent: true }, options?: RequestOptions): Promise<Silence>;',
        '  /** With or without `silent`. */',
        '  sing(params: Lyrics, options?: RequestOptions): Promise<Song | Silence>;',
        '  sing(params: Lyrics, options?: RequestOptions): Promise<Song | Silence> {',
        "    return this.transport.request('GET', ['v1', 'songs'], { body: params, options });",
      ].join('\n'),
    );
  });

  test('do not take what the transport sends by itself as parameters', () => {
    const header = { name: 'Idempotency-Key', in: 'header', schema: string };
    expect(generate(documentOf({ parameters: [header] }))).toEqual(generate(documentOf({})));
  });
});

describe('query parameters', () => {
  const query = (name: string, schema: object = string): object => ({ name, in: 'query', schema });
  const textOf = (...parameters: object[]): string =>
    generate(documentOf({ parameters }))['src/generated/types.ts'] ?? '';

  test('become one interface, and those with brackets one object in it', () => {
    const time = { type: 'string', format: 'date-time' };
    const text = textOf(query('limit', { type: 'integer', default: 20 }), query('at[gt]', time), query('at[lt]', time));
    expect(text).toContain('export interface SongsRetrieveParams {');
    expect(text).toContain('  /** @defaultValue `20` */\n  readonly limit?: number | undefined;');
    expect(text).toContain('readonly at?: AtFilter | undefined;');
    expect(text).toContain('readonly gt?: string | Date | undefined;\n  readonly lt?: string | Date | undefined;');
  });

  test('may have another name than the one that is sent', () => {
    const types = { ...query('types', { type: 'array', items: string }), 'x-sdk-name': 'events' };
    const document = documentOf({ parameters: [query('limit'), types] });
    expect(generate(document)['src/generated/types.ts']).toContain('readonly events?: readonly string[] | undefined;');
    expect(generate(document)['src/generated/types.ts']).not.toContain('types');
    expect(resourcesOf(document)).toContain(
      [
        '    const { events, ...rest } = params ?? {};',
        '    const query = { ...rest, types: events };',
        "    return this.transport.request('GET', ['v1', 'songs'], { query, options });",
      ].join('\n'),
    );
  });

  test('marked x-sdk-skip are left out', () => {
    expect(textOf(query('limit'), { ...query('beta'), 'x-sdk-skip': true })).toBe(textOf(query('limit')));
  });

  test('may be lists and free pairs', () => {
    const text = textOf(
      query('types', { type: 'array', items: string }),
      query('metadata', { type: 'object', additionalProperties: string }),
    );
    expect(text).toContain('readonly types?: readonly string[] | undefined;');
    expect(text).toContain('readonly metadata?: Readonly<Record<string, string>> | undefined;');
  });
});

describe('schemas', () => {
  test.each([
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ anyOf: [ref('Other'), { type: 'null' }] }, 'Other | null'],
    [{ allOf: [ref('Other'), { description: 'Said here.' }] }, 'Other'],
    [{ enum: ['a', 'b'] }, "'a' | 'b'"],
    [{ const: 'a' }, "'a'"],
    [{ type: 'integer', minimum: 1 }, 'number'],
    [{ type: 'array', items: { type: ['string', 'null'] } }, 'readonly (string | null)[]'],
    [{ type: 'array', items: {} }, 'readonly unknown[]'],
    [{ type: 'object', additionalProperties: true }, 'Readonly<Record<string, unknown>>'],
    [{ type: 'object', additionalProperties: { type: 'number' } }, 'Readonly<Record<string, number>>'],
    [{ anyOf: [{ enum: ['a'] }, { type: 'string', pattern: '^[a-z]+$' }] }, "'a' | (string & {})"],
    [{}, 'unknown'],
  ])('%j is %s', (schema, type) => {
    const text = typesOf({ type: 'object', properties: { it: schema }, required: ['it'] }, { Other: song });
    expect(text).toContain(`  readonly it: ${type};\n`);
  });

  test('inside others get the name of their place, so that all are flat', () => {
    const text = typesOf({ type: 'object', properties: { part: { type: 'object', properties: { id: string } } } });
    expect(text).toContain('export interface SongPart {\n  readonly id?: string;\n}');
    expect(text).toContain('readonly part?: SongPart;');
  });

  test('that extend another say so', () => {
    const own = { type: 'object', properties: { key: string }, required: ['key'] };
    const text = typesOf({ allOf: [ref('Base'), own] }, { Base: song });
    expect(text).toContain('export interface Song extends Base {\n  readonly key: string;\n}');
  });

  test('that callers fill in take undefined for what they may leave out', () => {
    const body = { required: true, ...media(ref('Params')) };
    const document = documentOf(
      { operationId: 'songs.sing', requestBody: body },
      { Params: { type: 'object', properties: { id: string } } },
    );
    expect(generate(document)['src/generated/types.ts']).toContain('readonly id?: string | undefined;');
    expect(resourcesOf(document)).toContain('sing(params: Params = {}, options?: RequestOptions)');
  });

  test('that nothing refers to are left out', () => {
    expect(typesOf(song, { Unused: song })).not.toContain('Unused');
  });

  test('may refer to themselves', () => {
    expect(typesOf({ type: 'object', properties: { next: ref('Song') } })).toContain('readonly next?: Song;');
  });

  test('descriptions become comments that nothing in them can end or garble', () => {
    const text = typesOf({ ...song, description: 'Ends */ here, {not} `{code}`, a@b <i>.' });
    expect(text).toContain('/** Ends *\\/ here, \\{not\\} `{code}`, a\\@b \\<i\\>. */');
  });

  test('a union with a member of any type stays open, and the enum of that member keeps it apart', () => {
    const member = (type: Schema): Schema => ({ type: 'object', properties: { type }, required: ['type'] });
    const text = typesOf(
      { oneOf: [ref('Tune'), ref('OtherSong')], discriminator: { propertyName: 'type', mapping: {} } },
      { Tune: member({ const: 'tune' }), OtherSong: member({ type: 'string' }) },
    );
    expect(text).toContain('export type Song = Tune | OtherSong;');
    expect(text).toContain('export declare enum OtherSongType {');
    expect(text).toContain('readonly type: OtherSongType;');
  });
});

test('the member of any type may be without one', () => {
  const type = { type: ['string', 'null'] };
  const text = typesOf(
    { oneOf: [ref('Tune'), ref('OtherSong')], discriminator: { propertyName: 'type' } },
    {
      Tune: { type: 'object', properties: { type: { const: 'tune' } }, required: ['type'] },
      OtherSong: { type: 'object', properties: { type } },
    },
  );
  expect(text).toContain('readonly type?: OtherSongType | null;');
});

describe('what is not understood is refused in a sentence that names the place', () => {
  const header = { name: 'X-Other', in: 'header', schema: string };
  test.each([
    [
      'an id without dots',
      documentOf({ operationId: 'retrieve' }),
      /GET \/v1\/songs: the operationId "retrieve" is not dotted/,
    ],
    ['no id', documentOf({ operationId: undefined }), /the operationId "" is not dotted/],
    ['another version', { openapi: '3.0.0' }, /must be OpenAPI 3\.1/],
    ['an unknown header', documentOf({ parameters: [header] }), /cannot send the header parameter "X-Other"/],
    ['an undeclared path parameter', documentOf({}, {}, '/v1/{id}'), /the path parameter "id" is not declared/],
    ['half a segment', documentOf({}, {}, '/v1/{id}.json'), /"\{id\}\.json" must be all text or all parameter/],
    [
      'a nameless answer',
      documentOf({ responses: { '200': media(song) } }),
      /the 200 response must be a component schema/,
    ],
    ['no answer', documentOf({ responses: {} }), /it has no 2xx response/],
    [
      'two answers',
      documentOf({ responses: { ...answer('Song'), '202': media(ref('B')) } }, { B: song }),
      /must have one schema/,
    ],
    [
      'an answer that hangs on what the body has not',
      documentOf({
        requestBody: media(ref('Song')),
        responses: { ...answer('Song'), '202': { ...media(ref('Song')), 'x-sdk-when': 'id' } },
      }),
      /"x-sdk-when": "id" is no boolean member of the body/,
    ],
    [
      'two answers that hang on the body',
      documentOf(
        {
          requestBody: media(ref('B')),
          responses: Object.fromEntries(
            ['200', '201'].map((status) => [status, { ...media(ref('Song')), 'x-sdk-when': 'b' }]),
          ),
        },
        { B: { type: 'object', properties: { b: { type: 'boolean' } } } },
      ),
      /only one of the answers may have "x-sdk-when"/,
    ],
    [
      'an answer that hangs on a body that may be left out',
      documentOf(
        {
          requestBody: media(ref('B')),
          responses: { ...answer('Song'), '202': { ...media(ref('Song')), 'x-sdk-when': 'b' } },
        },
        { B: { type: 'object', properties: { b: { type: 'boolean' } } } },
      ),
      /"x-sdk-when" needs a body with a member that must be given/,
    ],
    ['an alias without dots', documentOf({ 'x-sdk-alias': 'sing' }), /the alias "sing" is not dotted/],
    [
      'an alias with a query',
      documentOf({ 'x-sdk-alias': 'songs.get', parameters: [{ name: 'a', in: 'query', schema: string }] }),
      /"songs\.get" cannot be an alias: its query/,
    ],
    [
      'an alias that is taken',
      documentOf({ 'x-sdk-alias': 'songs.retrieve' }),
      /the method "songs\.retrieve" is taken/,
    ],
    [
      'a stream of nameless events',
      documentOf({ responses: { '200': { content: { 'text/event-stream': { schema: song } } } } }),
      /the events of a stream must be a component schema/,
    ],
    [
      'another medium',
      documentOf({ responses: { '200': { content: { 'text/html': {} } } } }),
      /cannot read text\/html/,
    ],
    [
      'a name that is taken',
      documentOf({
        parameters: [
          { name: 'a', in: 'query', schema: string },
          { name: 'b', in: 'query', schema: string, 'x-sdk-name': 'a' },
        ],
      }),
      /the name "a" is taken/,
    ],
    [
      'a name that is none',
      documentOf({ parameters: [{ name: 'a', in: 'query', schema: string, 'x-sdk-name': 'a-b' }] }),
      /"a" cannot be called "a-b"/,
    ],
    ['a nameless body', documentOf({ requestBody: media(song) }), /the request body must be a component schema/],
    ['a form', documentOf({ requestBody: { content: { 'multipart/form-data': {} } } }), /must be application\/json/],
    [
      'an unknown keyword',
      documentOf({}, { Song: { ...song, patternProperties: {} } }),
      /Song: the generator does not understand the keyword "patternProperties"/,
    ],
    [
      'a discriminator of any other type',
      documentOf(
        {},
        {
          Song: { oneOf: [ref('Tune')], discriminator: { propertyName: 'type' } },
          Tune: { type: 'object', properties: { type: ref('Mystring') } },
          Mystring: { type: 'string' },
        },
      ),
      /Tune\.type: a discriminator without listed values must be a string, or a string or null/,
    ],
    [
      'OpenAPI 3.0 null',
      documentOf({}, { Song: { type: 'string', nullable: true } }),
      /does not understand the keyword "nullable"/,
    ],
    [
      'a lost reference',
      documentOf({}, { Song: { type: 'array', items: ref('Gone') } }),
      /there is no component schema "Gone"/,
    ],
    ['an unknown type', documentOf({}, { Song: { type: 'tuple' } }), /"tuple" is no JSON type/],
    [
      'mixed members',
      documentOf({}, { Song: { ...song, additionalProperties: string } }),
      /either listed properties or additionalProperties/,
    ],
    [
      'a page of nameless items',
      documentOf({}, { Song: { ...page, properties: { ...page.properties, data: { type: 'array', items: song } } } }),
      /items of a page must be a component schema/,
    ],
    [
      'a nameless member',
      documentOf({}, { Song: { oneOf: [song], discriminator: { propertyName: 'type' } } }),
      /every member of a discriminated union/,
    ],
  ])('%s', (_, document, sentence) => {
    expect(() => generate(document)).toThrow(sentence);
  });

  test('two operations of one name', () => {
    const document = documentOf({});
    const paths = { ...document.paths, '/v2/songs': document.paths?.['/v1/songs'] ?? {} };
    expect(() => generate({ ...document, paths })).toThrow(/the method "songs\.retrieve" is taken/);
  });

  test('a method that is also a resource', () => {
    const document = documentOf({});
    const verses = { get: { operationId: 'songs.retrieve.all', responses: answer('Song') } };
    expect(() => generate({ ...document, paths: { ...document.paths, '/v1/verses': verses } })).toThrow(
      /"retrieve" is a method and a resource of Songs/,
    );
  });
});
