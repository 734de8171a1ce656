import { type Base, bases } from './bases.ts';
import { refuse } from './document.ts';
import type { Operation, PathArgument } from './operations.ts';
import { camelCase, comment, key, literal, pascalCase, quote } from './text.ts';
import type { TypeWriter } from './types.ts';

/** What all parts of the text share. */
interface Writing {
  readonly types: TypeWriter;
  /** Ids of all operations. */
  readonly ids: ReadonlySet<string>;
  /** Names that the text uses, and so imports. */
  readonly used: Set<string>;
}

interface Node {
  readonly names: readonly string[];
  readonly children: Map<string, Node>;
  readonly operations: Operation[];
}

/** The text of both generated files: the types, and a class for each resource with a method for each operation. */
export function printFiles(operations: readonly Operation[], types: TypeWriter): { types: string; resources: string } {
  const root: Node = { names: [], children: new Map(), operations: [] };
  for (const operation of operations) place(root, operation);
  for (const { body, where } of operations) if (body) types.markInput(body.schema, where);
  const used = new Set<string>();
  const classes = printNode(root, { types, ids: new Set(operations.map(idOf)), used });
  for (const { errors, where } of operations) for (const error of errors) types.typeOf(error, where, 'Error');
  const imports = [...used].filter((name) => !coreNames.has(name)).sort();
  return {
    types: `${banner}\n${types.print()}`,
    resources: `${banner}\n${importsOfCore(used)}import type {\n${imports
      .map((name) => `  ${name},\n`)
      .join('')}} from './types.ts';\n\n${classes}`,
  };
}

/** What generated code is built on, as import specifiers by file. */
const core: Readonly<Record<string, readonly string[]>> = {
  '../core/page.ts': ['PagePromise'],
  '../core/resource.ts': ['type RequestOptions', 'Resource'],
  '../core/stream.ts': ['EventStream', 'type StreamOptions'],
  ...Object.fromEntries(Object.values(bases).map(({ name, from }) => [from, [name]])),
};

const nameOf = (specifier: string): string => specifier.replace('type ', '');
const coreNames: ReadonlySet<string> = new Set(Object.values(core).flat().map(nameOf));

function importsOfCore(used: ReadonlySet<string>): string {
  const lines = Object.entries(core).map(([from, all]) => {
    const names = all.filter((name) => used.has(nameOf(name)));
    if (names.length === 0) return '';
    const onlyTypes = names.every((name) => name.startsWith('type '));
    const list = onlyTypes ? names.map(nameOf) : names;
    return `import ${onlyTypes ? 'type ' : ''}{ ${list.join(', ')} } from '${from}';\n`;
  });
  return lines.join('');
}

const banner =
  '// Written by scripts/generate.ts from openapi.json. Do not edit: change the document and run `pnpm generate`.\n';

function place(root: Node, operation: Operation): void {
  let node = root;
  for (const [depth, name] of operation.resource.entries()) {
    let child = node.children.get(name);
    if (!child) {
      child = { names: operation.resource.slice(0, depth + 1), children: new Map(), operations: [] };
      node.children.set(name, child);
    }
    node = child;
  }
  if (operation.name === 'transport' || node.operations.some((other) => other.name === operation.name)) {
    refuse(operation.where, `the method "${[...node.names, operation.name].join('.')}" is taken.`);
  }
  node.operations.push(operation);
}

const idOf = ({ resource, name }: Operation): string => [...resource, name].join('.');

function baseOf(node: Node, ids: ReadonlySet<string>): Base | undefined {
  const base = bases[node.names.join('.')];
  return base?.needs.every((id) => ids.has(id)) ? base : undefined;
}

const className = (node: Node): string => (node.names.length === 0 ? 'Resources' : pascalCase(...node.names));

function printNode(node: Node, writing: Writing): string {
  const clash = node.operations.find((operation) => node.children.has(operation.name));
  if (clash) refuse(clash.where, `"${clash.name}" is a method and a resource of ${className(node)}.`);
  const doc = node.names.length === 0 ? 'All resources of the API.' : `\`client.${node.names.join('.')}\``;
  const fields = [...node.children.values()].map(
    (child) => `  readonly ${child.names.at(-1)}: ${className(child)} = new ${className(child)}(this.transport);\n`,
  );
  const methods = node.operations.map((operation) => printMethod(operation, writing));
  const base = baseOf(node, writing.ids)?.name ?? 'Resource';
  writing.used.add(base);
  const head = `${comment({ text: [doc] })}export class ${className(node)} extends ${base} {\n`;
  const body = [fields.join(''), ...methods].filter((part) => part !== '').join('\n');
  return [`${head}${body}}\n`, ...[...node.children.values()].map((child) => printNode(child, writing))].join('\n');
}

function printMethod(operation: Operation, writing: Writing): string {
  const ids = operation.path.filter((segment) => typeof segment !== 'string');
  const params = paramsOf(operation, writing);
  const [type, call] = callOf(operation, writing, params);
  const options = operation.result.kind === 'stream' ? 'StreamOptions' : 'RequestOptions';
  writing.used.add(options);
  const signature = [
    ...ids.map((id) => `${id.name}: string`),
    ...(params ? [params.signature] : []),
    `options?: ${options}`,
  ].join(', ');
  const doc = comment(
    {
      text: [operation.summary, operation.description],
      params: ids.map((id) => [id.name, id.description] as const),
      deprecated: operation.deprecated,
      example: exampleOf(operation, ids),
    },
    '  ',
  );
  const overloads = overloadsOf(operation, signature, type, writing);
  const head = overloads.length === 0 ? doc : `${doc}${overloads.join('')}`;
  const answers = overloads.length === 0 ? type : unionOf(operation);
  return `${head}  ${operation.name}(${signature}): ${answers} {\n${params?.before ?? ''}    return ${call};\n  }\n`;
}

const unionOf = ({ result: { schema, when } }: Operation): string => `Promise<${schema} | ${when?.schema}>`;

/** Where a member of the body decides upon the answer: without it, with it, and when that is not known. */
function overloadsOf(operation: Operation, signature: string, type: string, { types, used }: Writing): string[] {
  const { result, name, where } = operation;
  if (result.when === undefined) return [];
  const { member, schema } = result.when;
  used.add(types.use(schema, where));
  const body = /\bparams: \w+(?=, )/;
  if (!body.test(signature)) refuse(where, '"x-sdk-when" needs a body with a member that must be given.');
  const narrowed = (value: string): string => signature.replace(body, `$& & { readonly ${key(member)}${value} }`);
  const overload = (taken: string, answer: string): string => `  ${name}(${taken}): ${answer};\n`;
  const says = (text: string): string => comment({ text: [text] }, '  ');
  return [
    overload(narrowed('?: false | null | undefined'), type),
    `${says(`With \`${member}\`.`)}${overload(narrowed(': true'), `Promise<${schema}>`)}`,
    `${says(`With or without \`${member}\`.`)}${overload(signature, unionOf(operation))}`,
  ];
}

/** What a method returns, as a type and as an expression. */
function callOf(
  { result, verb, path, where }: Operation,
  { types, used }: Writing,
  params: Params | undefined,
): [type: string, call: string] {
  const value = result.kind === 'void' ? 'void' : types.use(result.schema, where);
  if (result.kind !== 'void') used.add(value);
  const segments = `[${path.map((segment) => (typeof segment === 'string' ? quote(segment) : segment.name)).join(', ')}]`;
  if (result.kind === 'page' || result.kind === 'stream') {
    if (verb !== 'GET') refuse(where, `a ${result.kind} is read with GET.`);
    const name = result.kind === 'page' ? 'PagePromise' : 'EventStream';
    used.add(name);
    return [`${name}<${value}>`, `new ${name}(this.transport, ${segments}, ${params?.value ?? 'undefined'}, options)`];
  }
  const sent = params && (params.value === params.place ? params.place : `${params.place}: ${params.value}`);
  const payload = sent ? `{ ${sent}, options }` : '{ options }';
  return [`Promise<${value}>`, `this.transport.request('${verb}', ${segments}, ${payload})`];
}

/** How a method takes what is neither an id nor an option. */
interface Params {
  readonly signature: string;
  readonly place: 'body' | 'query';
  /** The expression that is sent, and the statements that it needs before it. */
  readonly value: string;
  readonly before?: string;
}

/** Where every member may be left out, so may the whole. */
function paramsOf(operation: Operation, { types, used }: Writing): Params | undefined {
  const { body, query, where } = operation;
  if (body) {
    const type = types.typeOf(body.schema, where, '');
    used.add(type);
    const required = types.hasRequired(body.schema, where) ? `params: ${type}` : `params: ${type} = {}`;
    return { signature: body.required ? required : `params?: ${type}`, place: 'body', value: 'params' };
  }
  if (query.length === 0) return undefined;
  const names = [...operation.resource, operation.name];
  const type = types.useParameters(pascalCase(...names, 'Params'), `client.${names.join('.')}`, query, where);
  used.add(type);
  const optional = query.every((parameter) => !parameter.required);
  const signature = `params${optional ? '?' : ''}: ${type}`;
  const renamed = query.filter((parameter) => parameter['x-sdk-name'] !== undefined);
  if (renamed.length === 0) return { signature, place: 'query', value: 'params' };
  const sent = renamed.map((parameter) => `${key(parameter.name)}: ${parameter['x-sdk-name']}`);
  const renames = renamed.map((parameter) => parameter['x-sdk-name']).join(', ');
  return {
    signature,
    place: 'query',
    value: 'query',
    before: `    const { ${renames}, ...rest } = params${optional ? ' ?? {}' : ''};\n    const query = { ...rest, ${sent.join(', ')} };\n`,
  };
}

/** A call with the document's own examples; it is text only, and type-checked by the tests. */
function exampleOf(operation: Operation, ids: readonly PathArgument[]): string {
  const { body, result } = operation;
  const method = `client.${[...operation.resource, operation.name].join('.')}`;
  const args = ids.map((id) => literal(id.example ?? `<${id.name}>`));
  if (body?.example !== undefined) {
    const room = 100 - `const ${result.schema} = await ${method}(${args.join(', ')}, );`.length;
    args.push(literal(body.example, '', room));
  }
  const call = `${method}(${args.join(', ')})`;
  if (result.kind === 'void') return `await ${call};`;
  if (result.kind === 'value') return `const ${camelCase(result.schema)} = await ${call};`;
  const item = camelCase(result.item);
  return `for await (const ${item} of ${call}) {\n  console.log(${item}.id);\n}`;
}
