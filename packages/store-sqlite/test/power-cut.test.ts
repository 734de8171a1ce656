/**
 * A power cut (I4). The file lies on an ext4 of its own, in an image behind a loop device. What the file system has not
 * yet handed to the device is in no block of the image, so a copy of the image is the disk as a cut of the power would
 * leave it: with what was synced, and without what was only written. The writer's process is stopped while the copy is
 * made; the copy is then mounted (the file system recovers) and opened (SQLite recovers).
 */
import { constants, copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OrgId, SessionId } from '@turnlog/core/ids';
import { describe, expect, test } from 'vitest';
import { openStore } from '../src/index.ts';
import { Child } from './support/child.ts';
import { allTexts, START_US } from './support/commands.ts';
import { makeImage, mountImage } from './support/disk.ts';
import { newFolder, numberIn } from './support/folder.ts';

const WRITER = new URL('./support/acknowledging-writer.ts', import.meta.url);
const IMAGE_BYTES = 48 * 1024 * 1024;
/** Acknowledged writes before each cut. */
const CUTS = [40, 400, 1_200];
const FULL = 2;
const NORMAL = 1;

describe('a power cut', { timeout: 120_000 }, () => {
  test('loses no acknowledged write with synchronous=FULL', async ({ skip }) => {
    const cuts = await cutPower(FULL, skip);
    for (const { acknowledged, lost, integrity } of cuts) {
      expect(lost, `of ${acknowledged} acknowledged writes`).toEqual([]);
      expect(integrity).toBe('ok');
    }
  });

  test('loses acknowledged writes with synchronous=NORMAL: the test above would see it', async ({ skip }) => {
    const cuts = await cutPower(NORMAL, skip);
    expect(cuts.some(({ lost }) => lost.length > 0)).toBe(true);
    for (const { integrity } of cuts) expect(integrity, 'what is left is sound').toBe('ok');
    console.log(cuts.map(({ acknowledged, lost }) => `NORMAL: ${lost.length} of ${acknowledged} lost`).join('; '));
  });
});

interface Cut {
  readonly acknowledged: number;
  readonly lost: readonly string[];
  readonly integrity: unknown;
}

async function cutPower(synchronous: number, skip: (note: string) => never): Promise<Cut[]> {
  const folder = newFolder();
  const image = join(folder, 'disk.img');
  const disk = join(folder, 'disk');
  if (!makeImage(image, IMAGE_BYTES) || !mountImage(image, disk))
    return skip('needs root on Linux with mkfs.ext4 and loop devices');
  const writer = new Child(WRITER, [join(disk, 'turnlog.db'), String(synchronous)]);
  const place = JSON.parse(await writer.line()) as Place;
  const names: string[] = [];
  const cuts: { readonly image: string; readonly names: readonly string[] }[] = [];
  for (const count of CUTS) {
    while (names.length < count) names.push(await writer.line());
    await stopped(writer);
    const copy = join(folder, `cut-${count}.img`);
    copyFileSync(image, copy, constants.COPYFILE_FICLONE);
    cuts.push({ image: copy, names: [...names] });
    writer.process.kill('SIGCONT');
  }
  await writer.kill();
  const ends: Cut[] = [];
  for (const cut of cuts) ends.push(await afterCut(cut.image, place, cut.names));
  return ends;
}

interface Place {
  readonly org: OrgId;
  readonly id: SessionId;
}

async function afterCut(image: string, { org, id }: Place, names: readonly string[]): Promise<Cut> {
  const disk = `${image}.mount`;
  expect(mountImage(image, disk), 'an image of the disk can be mounted, too').toBe(true);
  const file = join(disk, 'turnlog.db');
  const store = openStore({ file, nowUs: () => START_US, onUnknown: () => {} });
  const session = await store.getSession(org, { id });
  const texts = session === null ? [] : await allTexts(store, org, { id });
  const events = texts.map((text) => JSON.parse(text) as { readonly seq: number; readonly name: string });
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, n) => n + 1));
  await store.close();
  const stored = new Set(events.map(({ name }) => name));
  const integrity = numberIn(file, 'PRAGMA integrity_check') as unknown;
  return { acknowledged: names.length, lost: names.filter((name) => !stored.has(name)), integrity };
}

/** Stops a process and resolves when all its threads stand still. */
async function stopped(child: Child): Promise<void> {
  child.process.kill('SIGSTOP');
  const tasks = `/proc/${child.process.pid}/task`;
  const stands = (task: string) => /^\d+ \(.*\) [Tt] /s.test(readFileSync(join(tasks, task, 'stat'), 'utf8'));
  while (!readdirSync(tasks).every(stands)) await new Promise((resolve) => setImmediate(resolve));
}
