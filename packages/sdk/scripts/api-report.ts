import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig, type ExtractorMessage } from '@microsoft/api-extractor';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** The entry points of the package, each with a report of its own. */
const reports = { index: 'api-report.api.md', webhooks: 'api-report.webhooks.api.md' } as const;
const compilerOptions = {
  target: 'es2022',
  module: 'nodenext',
  moduleResolution: 'nodenext',
  lib: ['es2022', 'dom'],
  types: [],
};

/**
 * The public surface as a reviewer reads it, by file: every exported name, its members and their types, nothing else. Throws
 * when something public refers to a type that is exported nowhere.
 */
export function apiReports(): Readonly<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'turnlog-api-'));
  try {
    const tsc = ['-p', join(root, 'tsconfig.build.json'), '--outDir', join(folder, 'dist'), '--emitDeclarationOnly'];
    execFileSync(process.execPath, [join(root, '../../node_modules/typescript/bin/tsc'), ...tsc], { stdio: 'inherit' });
    writeFileSync(join(folder, 'package.json'), readFileSync(join(root, 'package.json')));
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['dist'] }));
    const index = report(folder, 'index', () => false);
    const isExported = (name: string): boolean => new RegExp(`^export [\\w{ ]*\\b${name}\\b`, 'm').test(index);
    return { [reports.index]: index, [reports.webhooks]: report(folder, 'webhooks', isExported) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function report(folder: string, entry: keyof typeof reports, isExported: (name: string) => boolean): string {
  const hidden: string[] = [];
  const messageCallback = (message: ExtractorMessage): void => {
    message.handled = true;
    if (message.messageId !== 'ae-forgotten-export') return;
    const name = /"(\w+)"/.exec(message.text)?.[1] ?? '';
    if (!isExported(name)) hidden.push(message.text);
  };
  Extractor.invoke(configure(folder, entry), { localBuild: true, messageCallback });
  if (hidden.length > 0) throw new Error(hidden.join('\n'));
  return readFileSync(join(folder, reports[entry]), 'utf8');
}

function configure(folder: string, entry: keyof typeof reports): ExtractorConfig {
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: join(folder, `dist/${entry}.d.ts`),
      compiler: { tsconfigFilePath: join(folder, 'tsconfig.json') },
      apiReport: {
        enabled: true,
        reportFileName: reports[entry],
        reportFolder: folder,
        reportTempFolder: join(folder, 'temp'),
      },
      newlineKind: 'lf',
    },
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, text] of Object.entries(apiReports())) writeFileSync(join(root, file), text);
}
