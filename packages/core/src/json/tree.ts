export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

/** A value. `text` is its compact source; `members` and `items` are empty for scalars and from `keepDepth` on. */
export interface JsonNode {
  readonly kind: JsonKind;
  readonly text: string;
  readonly members: readonly JsonMember[];
  readonly items: readonly JsonNode[];
}

/** A member of an object. `name` is decoded; `text` is `"name":value` as compact source, to splice into another object. */
export interface JsonMember {
  readonly name: string;
  readonly text: string;
  readonly value: JsonNode;
}

/** The compact text of one document, which is complete only when its scan is over. */
export interface CompactText {
  text: string;
}

/** A range of the compact text, cut out when it is asked for. */
class Span {
  private readonly compact: CompactText;
  private readonly start: number;
  private readonly end: number;

  constructor(compact: CompactText, start: number, end: number) {
    this.compact = compact;
    this.start = start;
    this.end = end;
  }

  get text(): string {
    return this.compact.text.slice(this.start, this.end);
  }
}

export class Node extends Span implements JsonNode {
  readonly kind: JsonKind;
  readonly members: readonly JsonMember[];
  readonly items: readonly JsonNode[];

  constructor(
    compact: CompactText,
    start: number,
    end: number,
    kind: JsonKind,
    members: readonly JsonMember[],
    items: readonly JsonNode[],
  ) {
    super(compact, start, end);
    this.kind = kind;
    this.members = members;
    this.items = items;
  }
}

export class Member extends Span implements JsonMember {
  readonly name: string;
  readonly value: JsonNode;

  constructor(compact: CompactText, start: number, end: number, name: string, value: JsonNode) {
    super(compact, start, end);
    this.name = name;
    this.value = value;
  }
}

export const NO_MEMBERS: readonly JsonMember[] = Object.freeze([]);
export const NO_ITEMS: readonly JsonNode[] = Object.freeze([]);
