import { componentSchema, type Document, type Parameter, refuse, type Schema, schemaName } from './document.ts';
import { check, children, isStructural } from './keywords.ts';
import { findUnknownMembers, unknownEnum, unlistedType } from './open-union.ts';
import { comment, key, literal, pascalCase } from './text.ts';

const primitives: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
};

/**
 * Turns component schemas into flat, named declarations. Only what an operation reaches is written, in the order in
 * which the document lists it.
 */
export class TypeWriter {
  readonly #document: Document;
  /** Declarations by name; null marks one that is being written, so that a schema may refer to itself. */
  readonly #declarations = new Map<string, string | null>();
  /** Schemas that a caller fills in: their optional members also take undefined. */
  readonly #inputs = new Set<string>();
  /** Members of open unions whose discriminator holds every name that is not listed, by schema name. */
  readonly #unknownMembers: ReadonlyMap<string, string>;

  constructor(document: Document) {
    this.#document = document;
    this.#unknownMembers = findUnknownMembers(document);
  }

  /** Everything written so far, in document order; what the generator had to name itself comes last. */
  print(): string {
    const order = Object.keys(this.#document.components?.['schemas'] ?? {});
    const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
    const names = [...this.#declarations.keys()].sort((a, b) => rank(a) - rank(b));
    return names.map((name) => this.#declarations.get(name)).join('\n');
  }

  /** Marks a schema, and all it refers to, as filled in by callers. Call before its first use. */
  markInput(schema: Schema, where: string): void {
    if (schema.$ref !== undefined) {
      const name = schemaName(schema.$ref, where);
      if (this.#inputs.has(name)) return;
      this.#inputs.add(name);
      this.markInput(componentSchema(this.#document, name, where), where);
    }
    for (const child of children(schema)) this.markInput(child, where);
  }

  /** The name of a component schema, which is written as a side effect. */
  use(name: string, where: string): string {
    if (!this.#declarations.has(name)) {
      this.#declarations.set(name, null);
      this.#declarations.set(name, this.#declare(name, componentSchema(this.#document, name, where)));
    }
    return name;
  }

  /** Whether a caller must give at least one member of an object. */
  hasRequired(schema: Schema, where: string): boolean {
    if (schema.$ref === undefined) {
      return (schema.required?.length ?? 0) > 0 || (schema.allOf ?? []).some((part) => this.hasRequired(part, where));
    }
    return this.hasRequired(componentSchema(this.#document, schemaName(schema.$ref, where), where), where);
  }

  /** Query parameters as one interface; `created_at[gt]` and its like become members of one object. */
  useParameters(name: string, title: string, parameters: readonly Parameter[], where: string): string {
    const groups = new Map<string, Parameter[]>();
    for (const parameter of parameters) {
      const group = /^(.+?)\[(\w+)\]$/.exec(parameter.name)?.[1] ?? parameter.name;
      groups.set(group, [...(groups.get(group) ?? []), parameter]);
    }
    const members = [...groups].map(([group, list]) => {
      const [first] = list;
      if (first && first.name === group && list.length === 1)
        return this.#parameter(first, first['x-sdk-name'] ?? group, name, where);
      return `  readonly ${key(group)}?: ${this.#bracketed(group, list, where)} | undefined;\n`;
    });
    const doc = comment({ text: [`Query of \`${title}\`.`] });
    this.#add(name, `${doc}export interface ${name} {\n${members.join('')}}\n`, where);
    return name;
  }

  #bracketed(group: string, list: readonly Parameter[], where: string): string {
    const name = pascalCase(group, 'Filter');
    const members = list.map((parameter) => {
      const member = /\[(\w+)\]$/.exec(parameter.name)?.[1];
      if (!member) return refuse(where, `"${group}" is a parameter of its own and a prefix of others.`);
      return this.#parameter(parameter, member, name, where);
    });
    const text = `${comment({ text: [`Bounds on \`${group}\`.`] })}export interface ${name} {\n${members.join('')}}\n`;
    if (this.#declarations.get(name) !== text) this.#add(name, text, where);
    return name;
  }

  #parameter(parameter: Parameter, member: string, owner: string, where: string): string {
    const schema = parameter.schema ?? refuse(where, `the parameter "${parameter.name}" has no schema.`);
    const type = this.typeOf(schema, `${where}, parameter ${parameter.name}`, pascalCase(owner, member));
    const doc = comment(
      {
        text: [parameter.description ?? schema.description],
        defaultValue: schema.default,
        deprecated: parameter.deprecated ?? schema.deprecated,
      },
      '  ',
    );
    const dated = schema.format === 'date-time' ? `${type} | Date` : type;
    return `${doc}  readonly ${key(member)}${parameter.required ? '' : '?'}: ${dated}${parameter.required ? '' : ' | undefined'};\n`;
  }

  #declare(name: string, schema: Schema): string {
    const where = `components.schemas.${name}`;
    const doc = comment({
      text: [schema.description],
      deprecated: schema.deprecated,
      example: exampleText(schema),
      exampleLanguage: 'json',
    });
    const parts = schema.allOf?.filter(isStructural) ?? [];
    if (parts.length > 0) {
      check(schema, where);
      const own = parts.filter((part) => part.$ref === undefined);
      const bases = parts.filter((part) => part.$ref !== undefined).map((part) => this.typeOf(part, where, name));
      if (own.length > 1) refuse(where, 'allOf may hold references and one object, not several objects.');
      const extending = bases.length > 0 ? ` extends ${bases.join(', ')}` : '';
      return `${doc}export interface ${name}${extending} {\n${this.#members(own[0] ?? {}, name, where)}}\n`;
    }
    if (schema.properties === undefined) return `${doc}export type ${name} =${this.#alias(schema, where, name)};\n`;
    check(schema, where);
    const unknownType = this.#unknownMembers.has(name) ? unknownEnum(name) : '';
    return `${unknownType}${doc}export interface ${name} {\n${this.#members(schema, name, where)}}\n`;
  }

  #alias(schema: Schema, where: string, name: string): string {
    const type = this.typeOf(schema, where, name);
    return type.length > 80 && type.includes(' | ') ? `\n  | ${type.split(' | ').join('\n  | ')}` : ` ${type}`;
  }

  #members(schema: Schema, owner: string, where: string): string {
    check(schema, where);
    const input = this.#inputs.has(owner);
    const members = Object.entries(schema.properties ?? {}).map(([name, property]) => {
      const optional = !schema.required?.includes(name);
      const place = `${where}.${name}`;
      const unlisted = this.#unknownMembers.get(owner) === name;
      const type = unlisted
        ? unlistedType(property, owner, place)
        : this.typeOf(property, place, pascalCase(owner, name));
      const doc = comment(
        {
          text: [withExample(property)],
          defaultValue: property.default,
          deprecated: property.deprecated,
        },
        '  ',
      );
      return `${doc}  readonly ${key(name)}${optional ? '?' : ''}: ${type}${optional && input ? ' | undefined' : ''};\n`;
    });
    const rest = schema.additionalProperties;
    if (rest === undefined || rest === false) return members.join('');
    if (rest !== true && isStructural(rest)) {
      refuse(where, 'an object has either listed properties or additionalProperties of one type, not both.');
    }
    return `${members.join('')}  /** Further members, as they were sent. */\n  readonly [field: string]: unknown;\n`;
  }

  /** A schema as a type expression; an object with properties gets the name of its place, so that all stay flat. */
  typeOf(schema: Schema, where: string, place: string): string {
    check(schema, where);
    if (schema.$ref !== undefined) return this.use(schemaName(schema.$ref, where), where);
    if (schema.const !== undefined) return literal(schema.const);
    if (schema.enum !== undefined) return schema.enum.map((value) => literal(value)).join(' | ');
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices !== undefined) return this.#union(choices, where, place);
    const parts = schema.allOf?.filter(isStructural);
    if (parts !== undefined) return parts.map((part) => this.typeOf(part, where, place)).join(' & ') || 'unknown';
    const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
    if (types.length === 0) return 'unknown';
    return types.map((type) => this.#single(type, schema, where, place)).join(' | ');
  }

  #single(type: string, schema: Schema, where: string, place: string): string {
    const primitive = primitives[type];
    if (primitive !== undefined) return primitive;
    if (type === 'array') {
      const item = this.typeOf(schema.items ?? {}, `${where}[]`, `${place}Item`);
      return `readonly ${item.includes(' | ') || item.includes(' & ') ? `(${item})` : item}[]`;
    }
    if (type !== 'object') refuse(where, `"${type}" is no JSON type.`);
    if (schema.properties !== undefined) {
      this.#add(place, `export interface ${place} {\n${this.#members(schema, place, where)}}\n`, where);
      return place;
    }
    const rest = schema.additionalProperties;
    const value = typeof rest === 'object' ? this.typeOf(rest, `${where}{}`, `${place}Value`) : 'unknown';
    return `Readonly<Record<string, ${value}>>`;
  }

  /** A plain string beside listed strings means "these, or any other": editors still offer the listed ones. */
  #union(choices: readonly Schema[], where: string, place: string): string {
    const objects = choices.filter((choice) => choice.properties !== undefined).length;
    const types = choices.map((choice, index) =>
      this.typeOf(choice, where, objects > 1 ? `${place}${index + 1}` : place),
    );
    const open = types.includes('string') && types.some((type) => type.startsWith("'"));
    return [...new Set(types.map((type) => (open && type === 'string' ? '(string & {})' : type)))].join(' | ');
  }

  #add(name: string, text: string, where: string): void {
    if (this.#declarations.has(name) || this.#document.components?.['schemas']?.[name] !== undefined) {
      refuse(where, `the name "${name}" would be given twice; make the inner object a component schema of its own.`);
    }
    this.#declarations.set(name, text);
  }
}

/** The JSON example of a whole schema. */
function exampleText(schema: Schema): string | undefined {
  const example = schema.example ?? schema.examples?.[0];
  return example === undefined ? undefined : JSON.stringify(example, null, 2);
}

/** The description of a member; a short example goes into the sentence, where an editor shows it beside the type. */
function withExample({ description, example, examples }: Schema): string | undefined {
  const shown = example ?? examples?.[0];
  if (shown === undefined || typeof shown === 'object') return description;
  return `${description ?? ''} For example \`${literal(shown)}\`.`.trim();
}
