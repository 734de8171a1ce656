import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative } from 'node:path';
import { listFiles, listPackages, type Package } from './workspace.ts';

/**
 * Who may depend on whom, by the name behind `@turnlog/`; `store-*` stands for every store. The suite of the stores is
 * not one of them, and whoever is not listed may depend on nothing here.
 */
const arrows: Readonly<Record<string, readonly string[]>> = {
  api: ['core', 'courier', 'store-*'],
  courier: ['core'],
  'store-*': ['core'],
  'store-conformance': ['core'],
  cli: ['sdk'],
  console: ['sdk'],
  bench: ['core', 'courier', 'store-*', 'sdk'],
};

/** Packages that must run where there is no Node. */
const anyRuntime = new Set(['core', 'sdk']);

const scope = '@turnlog/';

/** Manifests draw only the arrows of the architecture, and sources but not tests import only what is listed there. */
export async function arrowsHold(root: string): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const each of listPackages(root)) {
    problems.push(...manifestProblems(each), ...(await importProblems(root, each)));
  }
  return problems;
}

function manifestProblems({ folder, manifest }: Package): readonly string[] {
  const from = shortName(manifest.name);
  const outside = from === 'sdk' ? runtimeDependencies({ folder, manifest }) : [];
  return [
    ...runtimeDependencies({ folder, manifest })
      .filter((name) => name.startsWith(scope) && !mayReach(from, shortName(name)))
      .map((name) => `${folder}/package.json depends on ${name}: there is no arrow ${from} → ${shortName(name)}`),
    ...outside.map((name) => `${folder}/package.json depends on ${name}: the SDK depends on nothing`),
  ];
}

async function importProblems(root: string, each: Package): Promise<readonly string[]> {
  const { folder, manifest } = each;
  const listed = new Set([...runtimeDependencies(each), manifest.name]);
  const problems: string[] = [];
  const files = await listFiles(root, `${folder}/src/*.ts`);
  for (const file of files.filter((name) => !name.endsWith('.test.ts'))) {
    for (const specifier of importsOf(readFileSync(join(root, file), 'utf8'))) {
      if (specifier.startsWith('.')) {
        if (leaves(folder, file, specifier)) problems.push(`${file} imports ${specifier}: outside its own package`);
      } else if (isBuiltin(specifier)) {
        if (anyRuntime.has(shortName(manifest.name)))
          problems.push(`${file} imports ${specifier}: it must run anywhere`);
      } else if (!listed.has(packageOf(specifier))) {
        problems.push(`${file} imports ${specifier}, which ${folder}/package.json does not list under dependencies`);
      }
    }
  }
  return problems;
}

function mayReach(from: string, to: string): boolean {
  const allowed = arrows[from] ?? (isStore(from) ? arrows['store-*'] : undefined) ?? [];
  return allowed.includes(to) || (isStore(to) && allowed.includes('store-*'));
}

function isStore(name: string): boolean {
  return name.startsWith('store-') && name !== 'store-conformance';
}

function runtimeDependencies({ manifest }: Package): readonly string[] {
  const kinds = [manifest.dependencies, manifest.peerDependencies, manifest.optionalDependencies];
  return kinds.flatMap((kind) => Object.keys(kind ?? {}));
}

function shortName(name: string): string {
  return name.startsWith(scope) ? name.slice(scope.length) : name;
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function leaves(folder: string, file: string, specifier: string): boolean {
  return relative(folder, join(file, '..', specifier)).startsWith('..');
}

/** What a source imports: `from '…'`, `import '…'` and `import('…')`, outside of line comments and doc comments. */
function importsOf(source: string): readonly string[] {
  const code = source.replace(/^\s*(\/\/|\/?\*).*$/gm, '');
  return [...code.matchAll(/\b(?:from\s+|import\s*\(?\s*)(['"])([^'"\n]+)\1/g)].map((match) => match[2] ?? '');
}
