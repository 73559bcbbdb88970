/** JSON Schemas out of types, as the compiler sees them: what JSON of a value of this type can look like. */
import type { Checker, Symbol as TypeSymbol } from 'typescript/unstable/sync';
import { SignatureKind, SymbolFlags, TypeFlags } from 'typescript/unstable/sync';
import type { ObjectType, TupleType, Type, TypeReference, UnionOrIntersectionType } from 'typescript/unstable/sync';

/** A part of a JSON Schema, draft 2020-12. */
export interface Schema {
  $ref?: string;
  description?: string;
  type?: string | string[];
  pattern?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  items?: Schema | false;
  prefixItems?: Schema[];
  minItems?: number;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  $defs?: Record<string, Schema>;
}

/** Types that stand for whatever JSON modules and people write. */
const WHATEVER: Readonly<Record<string, Schema>> = { Json: {}, Shown: {}, Body: {}, JsonObject: { type: 'object' } };

/** Nodes of later versions have more of them. */
const ANY_ERROR_CODE: Schema = { type: 'string', pattern: '^GOSSIP_E_' };

interface Named {
  readonly name: string;
  readonly schema: Schema;
  uses: number;
}

/** Reads types of one schema; those that it meets twice, or within themselves, get a definition. */
export class SchemaReader {
  readonly #checker: Checker;
  readonly #named = new Map<number, Named>();
  readonly #places: string[] = [];
  /** Places whose type says nothing: `nodes[].state`. */
  readonly untold: string[] = [];

  constructor(checker: Checker) {
    this.#checker = checker;
  }

  /** `place`: what it is called in `untold`. */
  read(type: Type, place: string): Schema {
    return this.#at(place, () => this.#schema(type));
  }

  /** The definitions that `schemas` refer to; those of one use are written in their place. */
  settle(schemas: readonly Schema[]): Record<string, Schema> {
    const kept = [...this.#named.values()].filter(({ uses }) => uses > 1);
    const names = new Map<Schema, string>();
    for (const { name, schema } of kept) {
      let unique = name;
      for (let number = 2; [...names.values()].includes(unique); number += 1) unique = `${name}${number}`;
      names.set(schema, unique);
    }
    const refer = (schema: Schema): void => {
      for (const [key, child] of childrenOf(schema)) {
        const name = names.get(child);
        if (name === undefined) refer(child);
        else replace(schema, key, child, { $ref: `#/$defs/${name}` });
      }
    };
    for (const each of [...schemas, ...names.keys()]) refer(each);
    return Object.fromEntries([...names].map(([schema, name]) => [name, schema] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  #at<Result>(place: string, act: () => Result): Result {
    this.#places.push(place);
    try {
      return act();
    } finally {
      this.#places.pop();
    }
  }

  #schema(type: Type): Schema {
    const alias = type.getAliasSymbol()?.name;
    const whatever = alias === undefined ? undefined : WHATEVER[alias];
    if (whatever !== undefined) return { ...whatever };
    const { flags } = type;
    if (flags & TypeFlags.StringLiteral || flags & TypeFlags.NumberLiteral) return { const: (type as { value?: unknown }).value };
    if (flags & TypeFlags.BooleanLiteral) return { const: (type as { value?: unknown }).value ?? this.#text(type) === 'true' };
    if (flags & TypeFlags.StringLike) return { type: 'string' };
    if (flags & TypeFlags.NumberLike) return { type: 'number' };
    if (flags & TypeFlags.Boolean) return { type: 'boolean' };
    if (flags & TypeFlags.Null) return { type: 'null' };
    if (type.isUnionType()) return this.#union(type);
    if (type.isIntersectionType()) return this.#intersection(type);
    if (flags & TypeFlags.TypeParameter) return this.#schema(this.#checker.getBaseConstraintOfType(type) ?? this.#checker.getUnknownType());
    if (flags & TypeFlags.Object) return this.#object(type as ObjectType);
    return this.#nothingTold(type);
  }

  #nothingTold(type: Type): Schema {
    this.untold.push(`${this.#places.join('')}: ${this.#text(type)}`);
    return {};
  }

  #text(type: Type): string {
    return this.#checker.typeToString(type);
  }

  #union(type: UnionOrIntersectionType): Schema {
    const parts = type.getTypes().filter(({ flags }) => !(flags & (TypeFlags.Undefined | TypeFlags.Void)));
    const literals = parts.filter(({ flags }) => flags & (TypeFlags.StringLiteral | TypeFlags.NumberLiteral | TypeFlags.BooleanLiteral));
    const values = literals.map((each) => this.#schema(each).const);
    const others = parts.filter((each) => !literals.includes(each)).map((each) => this.#schema(each));
    const isBoolean = values.includes(true) && values.includes(false);
    if (values.length > 1 && values.every(isErrorCode)) return oneOf([ANY_ERROR_CODE, ...others]);
    const told = isBoolean ? values.filter((value) => typeof value !== 'boolean') : values;
    const schemas = [...(isBoolean ? [{ type: 'boolean' }] : []), ...others];
    // The compiler's own order is that in which it met them.
    if (told.length > 0)
      schemas.push(told.length === 1 ? { const: told[0] } : { enum: told.toSorted((a, b) => (String(a) < String(b) ? -1 : 1)) });
    return oneOf(schemas);
  }

  #intersection(type: UnionOrIntersectionType): Schema {
    const plain = type.getTypes().find(({ flags }) => flags & TypeFlags.Primitive);
    return plain === undefined ? this.#object(type as unknown as ObjectType) : this.#schema(plain);
  }

  #object(type: ObjectType): Schema {
    if (this.#checker.isTupleType(type)) return this.#tuple(type as unknown as TupleType);
    if (this.#checker.isArrayType(type)) {
      const [item] = this.#checker.getTypeArguments(type as TypeReference);
      return { type: 'array', items: item === undefined ? {} : this.#at('[]', () => this.#schema(item)) };
    }
    const known = this.#named.get(type.id);
    if (known !== undefined) {
      known.uses += 1;
      return known.schema;
    }
    const name = type.getAliasSymbol()?.name ?? type.getSymbol()?.name ?? '';
    const schema: Schema = { type: 'object' };
    if (/^[A-Z]\w*$/.test(name)) this.#named.set(type.id, { name, schema, uses: 1 });
    this.#fill(schema, type);
    return schema;
  }

  #fill(schema: Schema, type: ObjectType): void {
    const properties = this.#checker.getPropertiesOfType(type).filter(({ name }) => !name.startsWith('__@'));
    const required: string[] = [];
    const told: Record<string, Schema> = {};
    for (const symbol of properties) {
      const value = this.#checker.getTypeOfSymbol(symbol) ?? this.#checker.getUnknownType();
      if (this.#checker.getSignaturesOfType(value, SignatureKind.Call).length > 0 || value.flags & TypeFlags.Undefined) continue;
      told[symbol.name] = this.#at(`.${symbol.name}`, () => this.#described(symbol, value));
      if (!mayBeAbsent(symbol, value)) required.push(symbol.name);
    }
    const [index] = this.#checker.getIndexInfosOfType(type);
    if (index !== undefined) schema.additionalProperties = this.#at('.*', () => this.#schema(index.valueType));
    if (properties.length === 0 && index === undefined) this.#nothingTold(type);
    if (required.length > 0) schema.required = required;
    if (Object.keys(told).length > 0) schema.properties = told;
  }

  #described(symbol: TypeSymbol, value: Type): Schema {
    const schema = this.#schema(value);
    const description = this.#checker
      .getDocumentationCommentOfSymbol(symbol)
      .replaceAll(/\s*\n\s*/g, ' ')
      .trim();
    if (description === '') return schema;
    const isNamed = [...this.#named.values()].some((each) => each.schema === schema);
    return isNamed ? { description, anyOf: [schema] } : { description, ...schema };
  }

  #tuple(type: TupleType): Schema {
    const parts = this.#checker.getTypeArguments(type).map((each, index) => this.#at(`[${index}]`, () => this.#schema(each)));
    return { type: 'array', prefixItems: parts, minItems: parts.length, items: false };
  }
}

function isErrorCode(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('GOSSIP_E_');
}

function mayBeAbsent({ flags }: TypeSymbol, value: Type): boolean {
  if (flags & SymbolFlags.Optional) return true;
  return value.isUnionType() && value.getTypes().some((each) => each.flags & (TypeFlags.Undefined | TypeFlags.Void));
}

/** Plain types beside each other are a list of them. */
function oneOf(schemas: readonly Schema[]): Schema {
  if (schemas.some((schema) => Object.keys(schema).length === 0)) return {};
  const isPlain = ({ type, ...rest }: Schema): boolean => typeof type === 'string' && Object.keys(rest).length === 0;
  const plain = [...new Set(schemas.filter(isPlain).map(({ type }) => type as string))].toSorted(nullLast);
  const others = schemas.filter((schema) => !isPlain(schema)).toSorted(byText);
  const [first, ...rest] = plain.length === 0 ? others : [...others, { type: plain.length === 1 ? (plain[0] as string) : plain }];
  if (first === undefined) return {};
  return rest.length === 0 ? first : { anyOf: [first, ...rest] };
}

function nullLast(a: string, b: string): number {
  return Number(a === 'null') - Number(b === 'null') || (a < b ? -1 : 1);
}

function byText(a: Schema, b: Schema): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

function childrenOf(schema: Schema): (readonly [keyof Schema, Schema])[] {
  return [
    ...(schema.anyOf ?? []).map((each) => ['anyOf', each] as const),
    ...(schema.prefixItems ?? []).map((each) => ['prefixItems', each] as const),
    ...Object.values(schema.properties ?? {}).map((each) => ['properties', each] as const),
    ...(schema.items ? [['items', schema.items] as const] : []),
    ...(schema.additionalProperties ? [['additionalProperties', schema.additionalProperties] as const] : []),
  ];
}

function replace(schema: Schema, key: keyof Schema, child: Schema, by: Schema): void {
  const exchanged = (each: Schema): Schema => (each === child ? by : each);
  if (key === 'anyOf') schema.anyOf = (schema.anyOf ?? []).map(exchanged);
  else if (key === 'prefixItems') schema.prefixItems = (schema.prefixItems ?? []).map(exchanged);
  else if (key === 'properties')
    schema.properties = Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, each]) => [name, exchanged(each)]));
  else if (key === 'items') schema.items = by;
  else if (key === 'additionalProperties') schema.additionalProperties = by;
}
