/** Source as a tree of parts, so that a mutation names its place by what stands there: not by a path, a line or a layout. */
import { parseSync } from 'oxc-parser';

/** A node of the syntax tree. */
export interface Part {
  readonly type: string;
  /** Which place it has in its parent: `test`, `body`, `left` … */
  readonly role: string;
  readonly parent: Part | null;
  readonly start: number;
  readonly end: number;
  readonly children: readonly Part[];
  /** Names, strings, numbers and operators that stand here itself; a call is also its callee's name with `()`. */
  readonly words: readonly string[];
}

type Node = { readonly type: string; readonly start: number; readonly end: number } & Readonly<Record<string, unknown>>;

/** Types say nothing at run time. */
const LEFT_OUT: ReadonlySet<string> = new Set(['typeAnnotation', 'returnType', 'typeParameters', 'typeArguments', 'implements']);

/** `name`: the file's, with which the paths of its declarations begin. */
export function parse(name: string, source: string): Part {
  const { program, errors } = parseSync('source.ts', source);
  if (errors[0]) throw new SyntaxError(errors[0].message);
  return partOf(program as unknown as Node, 'file', null, [name]);
}

function partOf(node: Node, role: string, parent: Part | null, words = wordsOf(node)): Part {
  const children: Part[] = [];
  const { type, start, end } = node;
  const part: Part = { type, role, parent, start, end, children, words };
  for (const [key, value] of Object.entries(node)) {
    if (LEFT_OUT.has(key)) continue;
    for (const each of [value].flat()) if (isNode(each)) children.push(partOf(each, key, part));
  }
  return part;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function wordsOf(node: Node): string[] {
  const { type, name, value, operator, callee } = node;
  if (type === 'PrivateIdentifier') return [`#${String(name)}`];
  if (type === 'Identifier') return [String(name)];
  if (type === 'ThisExpression') return ['this'];
  if (type === 'Literal') return [String(value)];
  if (type === 'TemplateElement') return [(value as { cooked: string }).cooked];
  if (isNode(callee)) return wordsOf((callee['property'] ?? callee) as Node).map((word) => `${word}()`);
  return typeof operator === 'string' ? [operator] : [];
}

export interface Sought {
  readonly words: readonly string[];
  readonly isKind: (part: Part) => boolean;
}

/** The parts of a kind that hold all the words, without those around them. */
export function smallest(part: Part, sought: Sought): Part[] {
  const inside = part.children.flatMap((child) => smallest(child, sought));
  return inside.length === 0 && sought.isKind(part) && sought.words.every((word) => holds(part, word)) ? [part] : inside;
}

function holds(part: Part, word: string): boolean {
  return part.words.includes(word) || part.children.some((child) => holds(child, word));
}

/** Functions, classes and their members, constants, variables and properties. */
export function declarationsIn(part: Part): Part[] {
  const inside = part.children.flatMap(declarationsIn);
  return declaredName(part) === null ? inside : [part, ...inside];
}

/** The names of the declarations around it, down to its own: `file.Class.member`. Variables of a function are left out, except as the last. */
export function pathOf(part: Part): string {
  const around: string[] = [];
  for (let each: Part | null = part; each !== null; each = each.parent) {
    const name = each.role === 'file' ? each.words[0] : declaredName(each);
    if (name && (each === part || !isLocal(each))) around.unshift(name);
  }
  return around.join('.');
}

function isLocal({ type, parent }: Part): boolean {
  return type === 'VariableDeclarator' && parent?.parent?.type !== 'Program' && parent?.parent?.type !== 'ExportNamedDeclaration';
}

const DECLARATIONS: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'ClassDeclaration',
  'MethodDefinition',
  'PropertyDefinition',
  'VariableDeclarator',
  'Property',
]);

function declaredName({ type, children }: Part): string | null {
  const name = DECLARATIONS.has(type) ? children.find(({ role }) => role === 'id' || role === 'key') : undefined;
  return name?.words[0] ?? null;
}

/** What can be left out: a statement, an operand of `&&`, `||` or `??`, an element of a list, a property. */
export function isDroppable({ type, role, parent }: Part): boolean {
  if (type.endsWith('Statement') || type === 'VariableDeclaration') return type !== 'BlockStatement';
  if (parent?.type === 'LogicalExpression') return true;
  return (parent?.type === 'ArrayExpression' && role === 'elements') || (parent?.type === 'ObjectExpression' && role === 'properties');
}

/** A condition of `if`, `? :` or a loop. */
export function isTest({ role, parent }: Part): boolean {
  return role === 'test' && parent?.type !== 'SwitchCase';
}

/** What has a value, and not only a name. */
export function isExpression({ type, role, parent }: Part): boolean {
  if (role === 'id' || role === 'key' || role === 'params') return false;
  if (parent?.type === 'MemberExpression' && role === 'property') return false;
  return type.endsWith('Expression') || type === 'Identifier' || type === 'Literal' || type === 'TemplateLiteral';
}
