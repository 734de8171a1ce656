import { refuse } from './document.ts';
import type { Operation, PathArgument } from './operations.ts';
import { camelCase, comment, literal, pascalCase, quote } from './text.ts';
import type { TypeWriter } from './types.ts';

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
  const classes = printNode(root, types);
  for (const { errors, where } of operations) for (const error of errors) types.typeOf(error, where, 'Error');
  const used = [...classes.matchAll(/\b[A-Z]\w+/g)].map(([name]) => name);
  const declared = [...types.print().matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name]) => name ?? '');
  const imports = declared.filter((name) => used.includes(name)).sort();
  const core = [
    ["import { PagePromise } from '../core/page.ts';\n", 'PagePromise'],
    ["import { type RequestOptions, Resource } from '../core/resource.ts';\n", 'Resource'],
  ];
  return {
    types: `${banner}\n${types.print()}`,
    resources: `${banner}\n${core.map(([line, name]) => (used.includes(name ?? '') ? line : '')).join('')}import type {\n${imports
      .map((name) => `  ${name},\n`)
      .join('')}} from './types.ts';\n\n${classes}`,
  };
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

const className = (node: Node): string => (node.names.length === 0 ? 'Resources' : pascalCase(...node.names));

function printNode(node: Node, types: TypeWriter): string {
  const clash = node.operations.find((operation) => node.children.has(operation.name));
  if (clash) refuse(clash.where, `"${clash.name}" is a method and a resource of ${className(node)}.`);
  const doc = node.names.length === 0 ? 'All resources of the API.' : `\`client.${node.names.join('.')}\``;
  const fields = [...node.children.values()].map(
    (child) =>
      `${comment({ text: [`\`client.${child.names.join('.')}\``] }, '  ')}  readonly ${child.names.at(-1)}: ${className(child)} = new ${className(child)}(this.transport);\n`,
  );
  const methods = node.operations.map((operation) => printMethod(operation, types));
  const head = `${comment({ text: [doc] })}export class ${className(node)} extends Resource {\n`;
  const body = [fields.join(''), ...methods].filter((part) => part !== '').join('\n');
  return [`${head}${body}}\n`, ...[...node.children.values()].map((child) => printNode(child, types))].join('\n');
}

function printMethod(operation: Operation, types: TypeWriter): string {
  const { result, where } = operation;
  const ids = operation.path.filter((segment) => typeof segment !== 'string');
  const path = `[${operation.path.map((segment) => (typeof segment === 'string' ? quote(segment) : segment.name)).join(', ')}]`;
  const params = paramsOf(operation, types);
  const signature = [
    ...ids.map((id) => `${id.name}: string`),
    ...(params ? [params.signature] : []),
    'options?: RequestOptions',
  ].join(', ');
  const value = result.kind === 'void' ? 'void' : types.use(result.schema, where);
  const [type, call] =
    result.kind === 'page'
      ? [
          `PagePromise<${value}>`,
          `new PagePromise(this.transport, ${path}, ${params ? 'params' : 'undefined'}, options)`,
        ]
      : [
          `Promise<${value}>`,
          `this.transport.request('${operation.verb}', ${path}, { ${params ? `${params.place}: params, ` : ''}options })`,
        ];
  if (result.kind === 'page' && operation.verb !== 'GET') refuse(where, 'a page is read with GET.');
  const doc = comment(
    {
      text: [operation.summary, operation.description],
      params: ids.map((id) => [id.name, id.description] as const),
      deprecated: operation.deprecated,
      example: exampleOf(operation, ids),
    },
    '  ',
  );
  return `${doc}  ${operation.name}(${signature}): ${type} {\n    return ${call};\n  }\n`;
}

/** How a method takes what is neither an id nor an option. Where every member may be left out, so may the whole. */
function paramsOf(operation: Operation, types: TypeWriter): { signature: string; place: string } | undefined {
  const { body, query, where } = operation;
  if (body) {
    const type = types.typeOf(body.schema, where, '');
    if (!body.required) return { signature: `params?: ${type}`, place: 'body' };
    return {
      signature: types.hasRequired(body.schema, where) ? `params: ${type}` : `params: ${type} = {}`,
      place: 'body',
    };
  }
  if (query.length === 0) return undefined;
  const names = [...operation.resource, operation.name];
  const type = types.useParameters(pascalCase(...names, 'Params'), `client.${names.join('.')}`, query, where);
  const optional = query.every((parameter) => !parameter.required);
  return { signature: `params${optional ? '?' : ''}: ${type}`, place: 'query' };
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
