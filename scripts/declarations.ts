/** The declarations that a package exports, as the compiler wrote them: what each is, says of itself and names. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSync } from 'oxc-parser';

export interface Declaration {
  readonly name: string;
  readonly kind: 'class' | 'function' | 'type' | 'value';
  /** Its docstring as Markdown; empty where it has none. */
  readonly doc: string;
  /** As the compiler wrote it, without `export` and `declare`, and without what is private. */
  readonly text: string;
  /** Which one it is, whatever it is called where it is exported. */
  readonly key: string;
  /** The others of the package that it mentions. */
  readonly mentions: readonly string[];
}

type Node = { readonly type: string; readonly start: number; readonly end: number } & Readonly<Record<string, unknown>>;
type Named = Node & { readonly name: string };

/** A name of an import or an export. */
interface Specifier {
  readonly local: Named;
  readonly exported?: Named;
  readonly imported?: Named;
}

interface Comment {
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

const KINDS: Readonly<Record<string, Declaration['kind']>> = {
  ClassDeclaration: 'class',
  TSDeclareFunction: 'function',
  TSInterfaceDeclaration: 'type',
  TSTypeAliasDeclaration: 'type',
  VariableDeclaration: 'value',
};

/** A file of declarations, and those beside it that it takes some from. */
class DeclarationFile {
  readonly #path: string;
  readonly #text: string;
  readonly #body: readonly Node[];
  readonly #comments: readonly Comment[];

  constructor(path: string) {
    this.#path = path;
    this.#text = readFileSync(path, 'utf8');
    const { program, comments, errors } = parseSync(path, this.#text);
    if (errors[0]) throw new SyntaxError(`${path}: ${errors[0].message}`);
    this.#body = program.body as unknown as Node[];
    this.#comments = comments.filter(({ type, value }) => type === 'Block' && value.startsWith('*'));
  }

  /** All that it exports, in the order in which it does. */
  exported(): Declaration[] {
    return this.#body.flatMap((statement) => {
      if (statement.type === 'ExportAllDeclaration') return this.#from(statement).exported();
      if (statement.type !== 'ExportNamedDeclaration') return [];
      const { declaration } = statement;
      if (isNode(declaration)) return namesOf(declaration).map((name) => this.#told(name, statement, declaration));
      const specifiers = statement['specifiers'] as readonly Required<Specifier>[];
      // One that is passed on by itself may be told anew.
      const doc = specifiers.length === 1 ? this.#docOf(statement) : '';
      return specifiers.map(({ local, exported }) => {
        const found = (statement['source'] ? this.#from(statement) : this).find(local.name);
        return { ...found, name: exported.name, doc: doc || found.doc };
      });
    });
  }

  /** A declaration by its name here, whether it is exported or only taken from elsewhere. */
  find(name: string): Declaration {
    const found = this.#placeOf(name);
    if (found === undefined) throw new Error(`${this.#path} declares no '${name}'`);
    return found.file.#told(name, found.statement, found.declaration);
  }

  /** The key of what a name here stands for; undefined where that is not of this package. */
  #keyOf(name: string): string | undefined {
    const found = this.#placeOf(name);
    return found && keyOf(found.file.#path, name);
  }

  #placeOf(name: string): { readonly file: DeclarationFile; readonly statement: Node; readonly declaration: Node } | undefined {
    for (const statement of this.#body) {
      const declaration = isNode(statement['declaration']) ? statement['declaration'] : statement;
      if (namesOf(declaration).includes(name)) return { file: this, statement, declaration };
    }
    for (const statement of this.#body) {
      if (!isNode(statement['source']) || !isOwn(statement)) continue;
      for (const { local, exported, imported } of (statement['specifiers'] ?? []) as readonly Specifier[]) {
        if ((exported ?? local).name === name) return this.#from(statement).#placeOf((imported ?? local).name);
      }
    }
    return undefined;
  }

  #from({ source }: Node): DeclarationFile {
    const specifier = (source as { readonly value: string }).value;
    return fileAt(join(dirname(this.#path), specifier.replace(/\.ts$/, '.d.ts')));
  }

  #told(name: string, statement: Node, declaration: Node): Declaration {
    const text = this.#cut(declaration).replace(/^declare /, '');
    const kind = KINDS[declaration.type] ?? 'value';
    const mentions = mentionsIn(declaration).flatMap((each) => this.#keyOf(each) ?? []);
    return { name, kind, key: keyOf(this.#path, name), doc: this.#docOf(statement), text, mentions };
  }

  /** Without members that are nobody's but the package's own: private ones, and those that mention what it does not export, such as a constructor for itself. */
  #cut(declaration: Node): string {
    const body = declaration.type === 'ClassDeclaration' ? ((declaration['body'] as Node)['body'] as Node[]) : [];
    const hidden = body.filter((member) => isPrivate(member) || mentionsIn(member).some((name) => this.#isInternal(name)));
    let text = '';
    let at = declaration.start;
    for (const member of hidden) {
      const from = this.#commentBefore(member.start)?.start ?? member.start;
      text += this.#text.slice(at, from).trimEnd();
      at = member.end;
    }
    return (text + this.#text.slice(at, declaration.end)).replaceAll(/^(?: {4})+/gm, (indent) => ' '.repeat(indent.length / 2));
  }

  #isInternal(name: string): boolean {
    const key = this.#keyOf(name);
    return key !== undefined && !published.has(key);
  }

  #docOf({ start }: Node): string {
    const comment = this.#commentBefore(start);
    // The first comment of a file is about the file, unless there is another.
    return comment === undefined ? '' : markdown(comment.value);
  }

  #commentBefore(start: number): Comment | undefined {
    return this.#comments.find(({ end }) => end <= start && this.#text.slice(end, start).trim() === '');
  }
}

/** Keys of what the package's entries export; whatever else a member of a class mentions is internal. */
const published = new Set<string>();

/** Says what is exported, before it is read how. */
export function publish(keys: Iterable<string>): void {
  for (const key of keys) published.add(key);
}

export function isPublished(key: string): boolean {
  return published.has(key);
}

function keyOf(path: string, name: string): string {
  return `${path}#${name}`;
}

/** The declaration of a key. */
export function declared(key: string): Declaration {
  const [path = '', name = ''] = key.split('#');
  return fileAt(path).find(name);
}

const files = new Map<string, DeclarationFile>();

export function fileAt(path: string): DeclarationFile {
  const file = files.get(path) ?? new DeclarationFile(path);
  files.set(path, file);
  return file;
}

/** The names that a statement declares. */
function namesOf(declaration: Node): string[] {
  if (!(declaration.type in KINDS)) return [];
  const { id, declarations } = declaration;
  return (id ? [id as Named] : (declarations as { readonly id: Named }[]).map((each) => each.id)).map(({ name }) => name);
}

/** Whether it takes from a file of this package. */
function isOwn({ source }: Node): boolean {
  return (source as { readonly value: string }).value.startsWith('.');
}

function isPrivate({ key, accessibility }: Node): boolean {
  return accessibility === 'private' || (isNode(key) && key.type === 'PrivateIdentifier');
}

function mentionsIn(node: Node): string[] {
  const names = new Set<string>();
  const visit = (each: unknown): void => {
    if (Array.isArray(each)) return each.forEach(visit);
    if (!isNode(each)) return;
    const named = each.type === 'TSTypeReference' ? each['typeName'] : each.type === 'TSTypeQuery' ? each['exprName'] : each['superClass'];
    if (isNode(named) && named.type === 'Identifier') names.add((named as Named).name);
    for (const value of Object.values(each)) visit(value);
  };
  visit(node);
  return [...names];
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** The text of a docstring, without its frame. */
export function markdown(comment: string): string {
  return comment
    .slice(1)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim()
    .replaceAll(/^@throws /gm, 'Throws ');
}
