/** JSON as it is spelled: a tree that can hold what `JSON.stringify` never writes, such as a key twice or a number beyond all bounds. */

export type JsonTree =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'array'; readonly items: readonly JsonTree[] }
  | { readonly kind: 'object'; readonly fields: readonly Field[] };

export interface Field {
  /** With its quotes. */
  readonly key: string;
  readonly value: JsonTree;
}

export function treeOf(value: unknown): JsonTree {
  if (Array.isArray(value)) return { kind: 'array', items: value.map(treeOf) };
  if (typeof value !== 'object' || value === null) return { kind: 'text', text: JSON.stringify(value) };
  return { kind: 'object', fields: Object.entries(value).map(([key, each]) => ({ key: JSON.stringify(key), value: treeOf(each) })) };
}

export function spell(tree: JsonTree): string {
  switch (tree.kind) {
    case 'text':
      return tree.text;
    case 'array':
      return `[${tree.items.map(spell).join(',')}]`;
    case 'object':
      return `{${tree.fields.map(({ key, value }) => `${key}:${spell(value)}`).join(',')}}`;
  }
}

/** How many values the tree holds, itself included. */
export function sizeOf(tree: JsonTree): number {
  return childrenOf(tree).reduce((sum, child) => sum + sizeOf(child), 1);
}

/** The indices of the values that `is` says yes to, as `changeAt` counts them. */
export function placesOf(tree: JsonTree, is: (value: JsonTree) => boolean): readonly number[] {
  const all: JsonTree[] = [];
  const visit = (value: JsonTree): void => {
    all.push(value);
    childrenOf(value).forEach(visit);
  };
  visit(tree);
  return all.flatMap((value, index) => (is(value) ? [index] : []));
}

/** The tree with its `index`-th value (from the top, depth first) replaced by what `change` makes of it. */
export function changeAt(tree: JsonTree, index: number, change: (value: JsonTree) => JsonTree): JsonTree {
  let left = index;
  const visit = (value: JsonTree): JsonTree => {
    if (left < 0) return value;
    if (left-- === 0) return change(value);
    if (value.kind === 'array') return { ...value, items: value.items.map(visit) };
    if (value.kind === 'text') return value;
    return { ...value, fields: value.fields.map((field) => ({ ...field, value: visit(field.value) })) };
  };
  return visit(tree);
}

function childrenOf(tree: JsonTree): readonly JsonTree[] {
  if (tree.kind === 'text') return [];
  return tree.kind === 'array' ? tree.items : tree.fields.map(({ value }) => value);
}
