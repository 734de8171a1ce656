/** Folders of migrations: this version's, those that an earlier one knew, and those that a later one might know. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newFolder } from './folder.ts';

interface Entry {
  readonly idx: number;
  readonly tag: string;
  readonly when: number;
}

export const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));
/** How many migrations this version knows. */
export const SCHEMA_VERSION = entriesOf(MIGRATIONS).length;

/** The migrations of an earlier version. */
export function earlierMigrations(version: number): string {
  return copyWith((entries) => entries.slice(0, version));
}

/** This version's migrations and one more. */
export function laterMigrations(sql: string): string {
  const folder = copyWith((entries) => {
    const [last] = entries.slice(-1);
    return [...entries, { ...(last as Entry), idx: entries.length, tag: 'later', when: (last?.when ?? 0) + 1 }];
  });
  writeFileSync(join(folder, 'later.sql'), sql);
  return folder;
}

/** Statements that bring a fresh file to this version. */
export function statementsOf(folder: string): number {
  const texts = entriesOf(folder).map(({ tag }) => readFileSync(join(folder, `${tag}.sql`), 'utf8'));
  return texts.flatMap((text) => text.split('--> statement-breakpoint')).length;
}

function copyWith(change: (entries: readonly Entry[]) => readonly Entry[]): string {
  const folder = join(newFolder(), 'migrations');
  mkdirSync(folder);
  cpSync(MIGRATIONS, folder, { recursive: true });
  const journal = join(folder, 'meta', '_journal.json');
  const list = JSON.parse(readFileSync(journal, 'utf8')) as { readonly entries: readonly Entry[] };
  writeFileSync(journal, JSON.stringify({ ...list, entries: change(list.entries) }));
  return folder;
}

function entriesOf(folder: string): readonly Entry[] {
  const journal = readFileSync(join(folder, 'meta', '_journal.json'), 'utf8');
  return (JSON.parse(journal) as { readonly entries: readonly Entry[] }).entries;
}
