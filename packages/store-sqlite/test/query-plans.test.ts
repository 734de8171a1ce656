/** The plan of every statement: nothing walks over a table that grows, nothing is sorted in a temporary tree. */

import { newHash } from '@turnlog/store-conformance/commands';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, test } from 'vitest';
import { openOrgDesk } from '../src/index.ts';
import { START_US } from './support/commands.ts';
import { inspect, newFile, withEnd } from './support/folder.ts';
import { oneLine, sqlInSource } from './support/sql-in-source.ts';
import { Watched } from './support/watched.ts';
import { useWholeApi } from './support/whole-api.ts';

interface Allowed {
  readonly step: RegExp;
  readonly text: RegExp;
  readonly why: string;
}

/** Scans that are right, and why. */
const SCANS_ALLOWED: readonly Allowed[] = [
  {
    step: /^SCAN orgs$/,
    text: /FROM orgs ORDER BY no LIMIT 1$/,
    why: 'the first row of the table, by its rowid: the walk ends there',
  },
  {
    step: /^SCAN \(subquery-\d+\)$/,
    text: /^SELECT CAST\(group_concat\(text, ','\) AS BLOB\)/,
    why: 'the rows of one page, as the subquery finds them: at most as many as are concatenated',
  },
  {
    step: /^SCAN \(subquery-\d+\)$/,
    text: /^SELECT count\(\*\) AS n, min\(seq\) AS last FROM \( SELECT seq FROM events .* LIMIT \+\?\)$/,
    why: 'the rows of one slice of a count, as the subquery finds them: at most as many as a read may touch',
  },
  {
    step: /^SCAN CONSTANT ROW$/,
    text: /^(INSERT INTO (types|agents)|SELECT coalesce\(\(SELECT max\(no\) FROM webhooks) /,
    why: 'a SELECT without a table: one row',
  },
  {
    step: /^SCAN lanes$/,
    text: /^UPDATE lanes SET owner = NULL, lease_us = NULL WHERE owner IS NOT NULL$/,
    why: 'once, when the file is opened: as many lanes as there are webhooks, and replays of 30 days',
  },
];

/** Searches that are not led by an org (I7), and why. */
const WITHOUT_ORG_ALLOWED: readonly Allowed[] = [
  {
    step: /^SEARCH orgs USING (COVERING )?INDEX orgs_id \(id=\?\)$/,
    text: /./,
    why: 'from the id of an org to its number',
  },
  { step: /^SEARCH (orgs|o) USING INTEGER PRIMARY KEY \(rowid=\?\)$/, text: /./, why: 'the row of an org' },
  {
    step: /^SEARCH (s|token_secrets) USING INDEX sqlite_autoindex_token_secrets_1 \(hash=\?\)$/,
    text: /token_secrets/,
    why: 'from a credential to its org: the Directory',
  },
  {
    step: /^SEARCH c USING INDEX sqlite_autoindex_capabilities_1 \(hash=\?\)$/,
    text: /FROM capabilities c /,
    why: 'from a capability to its org and session: the Directory',
  },
  {
    step: /^SEARCH (events|idempotency|deliveries) USING INTEGER PRIMARY KEY \(rowid=\?\)$/,
    text: /^DELETE FROM (events|idempotency|deliveries) WHERE rowid IN \(/,
    why: 'rows that the inner query has found',
  },
  {
    step: /^SEARCH idempotency USING COVERING INDEX idempotency_created \(created_us<\?\)$/,
    text: /^DELETE FROM idempotency WHERE rowid IN \(/,
    why: 'the sweep: the oldest rows of every org, as many as a commit may remove',
  },
  {
    step: /^SEARCH (sessions|webhooks) USING INDEX (sessions|webhooks)_deleted \(deleted_us>\?\)$/,
    text: /^SELECT org, no FROM (sessions|webhooks) WHERE deleted_us IS NOT NULL ORDER BY deleted_us LIMIT 1$/,
    why: 'the purge: the first entry of an index that holds deleted rows only',
  },
  {
    step: /^SEARCH webhooks USING COVERING INDEX sqlite_autoindex_webhooks_1 \(\(org,no\)>\(\?,\?\)\)$/,
    text: /^SELECT org, no FROM webhooks WHERE \(org, no\) > \(\+\?, \+\?\) ORDER BY org, no LIMIT 1$/,
    why: 'the sweep: the next webhook of any org',
  },
  {
    step: /^SEARCH replays USING INDEX sqlite_autoindex_replays_1 \(\(org,id\)>\(\?,\?\)\)$/,
    text: /^SELECT org, id, ended_us FROM replays WHERE \(org, id\) > \(\+\?, \+\?\) ORDER BY org, id LIMIT 1$/,
    why: 'the sweep: the next replay of any org',
  },
  {
    step: /^SEARCH lanes USING COVERING INDEX lanes_active \(org>\?\)$/,
    text: /^SELECT no, id FROM orgs WHERE no = \(SELECT min\(org\) FROM lanes WHERE active = 1 AND org > \+\?\)$/,
    why: 'the next org that has a lane to serve: the Directory',
  },
  {
    step: /^SEARCH settings USING INDEX sqlite_autoindex_settings_1 \(name=\?\)$/,
    text: /^SELECT value FROM settings WHERE name = \+\?$/,
    why: 'what belongs to the file and to no org',
  },
];

/** Events of an agent's sessions and those that name it: each in the order of its own index, merged as they come. */
const EVENTS_ABOUT_AGENT = /\bINDEXED BY events_agent\b.* UNION ALL .*\bINDEXED BY events_about_agent\b/;

const CONTROL = /^(BEGIN|COMMIT|ROLLBACK|PRAGMA)\b|sqlite_master/;
/** Merges of more parts than this are not listed: their plans are the same, part by part. */
const PARTS_LISTED = 2;

interface Explained {
  readonly text: string;
  /** Steps, indented below the step that they belong to. */
  readonly steps: readonly string[];
}

const DAY_US = 86_400_000_000;

let explained: readonly Explained[] = [];

beforeAll(async () => {
  explained = await withEnd(async (atEnd) => {
    const texts = new Set<string>();
    atEnd(recordTexts(texts));
    const file = newFile(atEnd);
    await openAt(file, START_US, texts, async (watched) => {
      await useWholeApi(watched);
      useDesk(file);
    });
    // What is past its time goes when the file is opened again.
    await openAt(file, START_US + 60 * DAY_US, texts, async () => {});
    const statements = [...texts].filter((text) => !CONTROL.test(text));
    return inspect(file, (db) => statements.map((text) => explain(db, text)));
  });
}, 60_000);

describe('every statement that the source holds', () => {
  test('has been prepared', () => {
    const found = sqlInSource();
    expect(found.length, 'the source has statements').toBeGreaterThan(40);
    const unseen = found.filter(({ pattern }) => !explained.some(({ text }) => pattern.test(text)));
    expect(unseen.map(({ file, text }) => `${file}: ${text}`)).toEqual([]);
  });

  test('has parameters that SQLite does not look at while it plans', () => {
    const parameters = explained.filter(({ text }) => text.includes('?'));
    expect(parameters.length).toBeGreaterThan(40);
    expect(parameters.filter(({ text }) => /(?<!\+)\?/.test(text))).toEqual([]);
  });

  test('finds its rows by an index: no scan of a table that grows', () => {
    expect(stepsOf(/^SCAN\b/, SCANS_ALLOWED)).toEqual([]);
  });

  test('sorts nothing that grows in a temporary tree and builds no index of its own', () => {
    expect(stepsOf(/TEMP B-TREE|AUTOMATIC|MATERIALIZE/, [])).toEqual([]);
  });

  test('is led by the org (I7)', () => {
    expect(stepsOf(/^SEARCH\b(?!.*\(org=\?)/, WITHOUT_ORG_ALLOWED)).toEqual([]);
  });

  test('has the plan that the golden file shows', async () => {
    const listed = explained.filter(({ text }) => partsOf(text) <= PARTS_LISTED);
    const pages = listed.map(({ text, steps }) => [text, ...steps.map((step) => `    ${step}`)].join('\n'));
    const head = 'EXPLAIN QUERY PLAN of every statement; changed by a run of this suite with --update.';
    await expect(`${[head, ...pages.sort()].join('\n\n')}\n`).toMatchFileSnapshot('query-plans.golden.txt');
  });
});

test('a merge of up to 16 types or all phases has one search for each of its parts', () => {
  const unions = explained.filter(({ text }) => partsOf(text) > 1);
  const merges = unions.filter(({ text }) => !EVENTS_ABOUT_AGENT.test(text));
  expect(Math.max(...merges.map(({ text }) => partsOf(text)))).toBe(16);
  for (const { text, steps } of merges) {
    const searches = steps.filter((step) => step.trim().startsWith('SEARCH'));
    expect(searches, text).toHaveLength(partsOf(text));
    expect(new Set(searches.map((step) => step.trim())).size, text).toBe(1);
    expect(searches[0], text).toMatch(/\b(type_no|phase)=\?/);
  }
});

test('the walk of an agent has one search by each of its two indexes, and merges them without a sort', () => {
  const walks = explained.filter(({ text }) => EVENTS_ABOUT_AGENT.test(text));
  expect(walks, 'both directions, with texts, without, and of the index alone').toHaveLength(6);
  for (const { text, steps } of walks) {
    const using = text.startsWith('SELECT id FROM') ? 'USING COVERING INDEX' : 'USING INDEX';
    expect(
      steps.map((step) => step.trim()).filter((step) => !/^(LEFT|RIGHT)$/.test(step)),
      text,
    ).toEqual([
      'MERGE (UNION ALL)',
      `SEARCH events ${using} events_agent (org=? AND agent_no=? AND id>? AND id<?)`,
      `SEARCH events ${using} events_about_agent (org=? AND about_agent=? AND id>? AND id<?)`,
    ]);
  }
});

test('a probe of where the rows of a look end reads an index alone', () => {
  const probes = explained.filter(({ text }) => / LIMIT 1 OFFSET \+\?$/.test(text));
  expect(probes.some(({ text }) => text.includes('events_type'))).toBe(true);
  for (const { text, steps } of probes) {
    const searches = steps.filter((step) => step.trim().startsWith('SEARCH'));
    expect(searches, text).toHaveLength(partsOf(text));
    for (const search of searches) expect(search, text).toContain('USING COVERING INDEX');
  }
});

describe('the checks see', () => {
  test.each([
    { what: 'a scan', text: 'SELECT text FROM events WHERE text = +?', step: /^SCAN\b/ },
    {
      what: 'a sort',
      text: 'SELECT seq FROM events WHERE org = +? AND session = +? ORDER BY text',
      step: /TEMP B-TREE/,
    },
    {
      what: 'a search without an org',
      text: 'SELECT no FROM orgs WHERE no > +?',
      step: /^SEARCH\b(?!.*\(org=\?)/,
    },
  ])('$what', async ({ text, step }) => {
    const planted = await withEnd(async (atEnd) => {
      const watched = new Watched({ atEnd });
      return inspect(watched.file, (db) => explain(db, text));
    });
    expect(planted.steps.some((one) => step.test(one.trim()))).toBe(true);
  });
});

/** Opens a file, uses it, and notes what the writer's thread has prepared. */
async function openAt(
  file: string,
  nowUs: number,
  texts: Set<string>,
  use: (watched: Watched) => Promise<void>,
): Promise<void> {
  await withEnd(async (atEnd) => {
    const watched = new Watched({ file, nowUs: () => nowUs, atEnd });
    await use(watched);
    await watched.store.settled();
    for (const { prepared } of watched.batches()) for (const text of prepared) texts.add(text);
  });
}

/** Notes every text that this thread prepares; answers with what ends that. */
function recordTexts(texts: Set<string>): () => void {
  const { prototype } = Database as unknown as { prototype: Database.Database };
  const { prepare } = prototype;
  const recording = function (this: Database.Database, text: string) {
    texts.add(text);
    return prepare.call(this, text);
  };
  Object.assign(prototype, { prepare: recording });
  return () => {
    Object.assign(prototype, { prepare });
  };
}

function useDesk(file: string): void {
  const desk = openOrgDesk(file, () => START_US);
  const org = desk.firstOrg() ?? expect.fail('there is an org');
  desk.createToken(org, { name: 'second', hash: newHash(), prefix: 'tlog_pat_abcd' });
  desk.close();
}

function explain(db: Database.Database, text: string): Explained {
  const parameters = text.split('?').length - 1;
  const rows = db.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...Array(parameters).fill(1)) as {
    readonly id: number;
    readonly parent: number;
    readonly detail: string;
  }[];
  const depths = new Map([[0, -1]]);
  const steps = rows.map(({ id, parent, detail }) => {
    const depth = (depths.get(parent) ?? -1) + 1;
    depths.set(id, depth);
    return '  '.repeat(depth) + detail;
  });
  return { text: oneLine(text), steps };
}

/** Steps of a kind that no allowance covers. */
function stepsOf(kind: RegExp, allowed: readonly Allowed[]): string[] {
  return explained.flatMap(({ text, steps }) =>
    steps
      .map((step) => step.trim())
      .filter((step) => kind.test(step) && !allowed.some((one) => one.step.test(step) && one.text.test(text)))
      .map((step) => `${step}: ${text}`),
  );
}

function partsOf(text: string): number {
  return text.split(' UNION ALL ').length;
}
