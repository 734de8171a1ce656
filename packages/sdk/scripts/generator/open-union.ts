import { componentSchema, type Document, refuse, type Schema, schemaName } from './document.ts';
import { comment } from './text.ts';

/**
 * Members of discriminated unions that stand for all types which are not listed: those whose discriminator is any
 * string. The result gives the discriminator by the member's schema name.
 */
export function findUnknownMembers(document: Document): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [union, value] of Object.entries(document.components?.['schemas'] ?? {})) {
    const schema: Schema = value as Schema;
    const property = schema.discriminator?.propertyName;
    if (property === undefined) continue;
    const where = `components.schemas.${union}`;
    for (const member of schema.oneOf ?? schema.anyOf ?? []) {
      if (member.$ref === undefined) refuse(where, 'every member of a discriminated union must be a component schema.');
      const name = schemaName(member.$ref, where);
      const type = propertyOf(document, member, property, where);
      if (type === undefined) refuse(where, `"${name}" has no "${property}".`);
      if (type.const === undefined && type.enum === undefined) found.set(name, property);
    }
  }
  return found;
}

function propertyOf(document: Document, schema: Schema, name: string, where: string): Schema | undefined {
  if (schema.$ref !== undefined) {
    return propertyOf(document, componentSchema(document, schemaName(schema.$ref, where), where), name, where);
  }
  const inherited = schema.allOf?.map((part) => propertyOf(document, part, name, where));
  return schema.properties?.[name] ?? inherited?.find((found) => found !== undefined);
}

/** The type of such a discriminator: the enum of its owner in the place of any string. */
export function unlistedType({ type }: Schema, owner: string, where: string): string {
  const types = [type ?? []].flat();
  const known = types.includes('string') && types.every((one) => one === 'string' || one === 'null');
  if (!known) refuse(where, 'a discriminator without listed values must be a string, or a string or null.');
  return types.map((one) => (one === 'string' ? `${owner}Type` : one)).join(' | ');
}

/**
 * A string type that no string literal is comparable to. With plain `string` in its place, `case 'user.message'` would
 * keep the unknown member and narrow to nothing.
 */
export function unknownEnum(name: string): string {
  const doc = comment({
    text: [
      `The \`type\` of an \`${name}\`: any string that is not listed.`,
      "It exists in types only, so that `switch` narrows to the listed members.\nTo compare it with a name of your own, write `(value.type as string) === 'your.name'`.",
    ],
  });
  return `${doc}export declare enum ${name}Type {\n  unlisted = '…',\n}\n\n`;
}
