import { refuse, type Schema } from './document.ts';

/** Keywords that say something a type cannot, or that are comments. */
const annotations = new Set(
  `$comment contentEncoding contentMediaType default deprecated description example examples exclusiveMaximum
  exclusiveMinimum externalDocs format maxItems maxLength maximum maxProperties minItems minLength minimum minProperties
  multipleOf not pattern propertyNames readOnly title uniqueItems writeOnly`.split(/\s+/),
);
const structure = new Set(
  '$ref additionalProperties allOf anyOf const discriminator enum items oneOf properties required type'.split(' '),
);

/** Refuses a keyword that is not known to mean something here, or nothing. */
export function check(schema: Schema, where: string): void {
  for (const keyword of Object.keys(schema)) {
    if (annotations.has(keyword) || structure.has(keyword) || keyword.startsWith('x-')) continue;
    refuse(where, `the generator does not understand the keyword "${keyword}".`);
  }
}

/** Whether a schema says more than its description. */
export const isStructural = (schema: Schema): boolean => Object.keys(schema).some((keyword) => structure.has(keyword));

/** The schemas directly inside a schema. */
export function children(schema: Schema): Schema[] {
  const rest = typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : [];
  const items = schema.items ? [schema.items] : [];
  const choices = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return [...Object.values(schema.properties ?? {}), ...rest, ...items, ...choices];
}
