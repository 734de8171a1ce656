import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig, type ExtractorMessage } from '@microsoft/api-extractor';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const file = 'api-report.api.md';
const compilerOptions = {
  target: 'es2022',
  module: 'nodenext',
  moduleResolution: 'nodenext',
  lib: ['es2022', 'dom'],
  types: [],
};

/**
 * The public surface as a reviewer reads it: every exported name, its members and their types, nothing else. Throws when
 * something public refers to a type that is not exported.
 */
export function apiReport(): string {
  const folder = mkdtempSync(join(tmpdir(), 'turnlog-api-'));
  try {
    const tsc = ['-p', join(root, 'tsconfig.build.json'), '--outDir', join(folder, 'dist'), '--emitDeclarationOnly'];
    execFileSync(process.execPath, [join(root, '../../node_modules/typescript/bin/tsc'), ...tsc], { stdio: 'inherit' });
    writeFileSync(join(folder, 'package.json'), readFileSync(join(root, 'package.json')));
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['dist'] }));
    const hidden: string[] = [];
    const messageCallback = (message: ExtractorMessage): void => {
      message.handled = true;
      if (message.messageId === 'ae-forgotten-export') hidden.push(message.text);
    };
    Extractor.invoke(configure(folder), { localBuild: true, messageCallback });
    if (hidden.length > 0) throw new Error(hidden.join('\n'));
    return readFileSync(join(folder, file), 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function configure(folder: string): ExtractorConfig {
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: join(folder, 'dist/index.d.ts'),
      compiler: { tsconfigFilePath: join(folder, 'tsconfig.json') },
      apiReport: { enabled: true, reportFileName: file, reportFolder: folder, reportTempFolder: join(folder, 'temp') },
      newlineKind: 'lf',
    },
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(join(root, 'api-report.api.md'), apiReport());
