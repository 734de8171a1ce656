/** Disks of a test's own, where this process may mount: needs root on Linux. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';

/** Mounts an empty file system in memory at a path; false where that is not allowed. Unmounted at the end of the test. */
export function mountMemory(path: string, bytes: number): boolean {
  return mounted(['-t', 'tmpfs', '-o', `size=${bytes}`, 'turnlog-test'], path);
}

/** Makes an image with an empty ext4; false where there is no `mkfs.ext4`. */
export function makeImage(image: string, bytes: number): boolean {
  writeFileSync(image, '');
  truncateSync(image, bytes);
  return done('mkfs.ext4', ['-q', '-F', image]);
}

/**
 * Mounts an image through a loop device; false where that is not allowed. With a journal commit every 300 s, nothing
 * reaches the device within a test but what is synced.
 */
export function mountImage(image: string, path: string): boolean {
  return mounted(['-o', 'loop,commit=300', image], path);
}

function mounted(what: readonly string[], path: string): boolean {
  mkdirSync(path);
  if (!done('mount', [...what, path])) return false;
  onTestFinished(() => {
    if (!done('umount', [path])) throw new Error(`${path} is still mounted.`);
  });
  return true;
}

function done(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
