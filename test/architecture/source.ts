/** Reads TypeScript just far enough to check rules on it: its imports of every kind, and its code without words in comments and strings. */
import { posix } from 'node:path';

export interface Source {
  /** From the project's root, such as `src/gossip/node.ts`. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly from: string;
  /** The specifier as written; a relative one is resolved to a path from the project's root. */
  readonly to: string;
  /** A type is erased: nothing is loaded for it. */
  readonly loads: 'at once' | 'later' | 'never';
}

// Static imports and re-exports (of types too), imports for their effect, and `import('…')` as a call or as a type.
const STATIC = /^\s*(?:import|export)\b[^;'"`]*?\bfrom\s*['"]([^'"]+)['"]/gm;
const BARE = /^\s*import\s*['"]([^'"]+)['"]/gm;
const DYNAMIC = /\bimport\s*\(\s*['"`]([^'"`]+)['"`]/g;

export function importsOf({ path, text }: Source): Import[] {
  const code = withoutComments(text);
  return [STATIC, BARE, DYNAMIC].flatMap((form) =>
    [...code.matchAll(form)].map(([written, specifier = '']) => ({
      from: path,
      to: specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier,
      loads: loadsBy(form, written),
    })),
  );
}

function loadsBy(form: RegExp, written: string): Import['loads'] {
  if (form === DYNAMIC) return 'later';
  return /^\s*(?:import|export)\s+type\b/.test(written) ? 'never' : 'at once';
}

// A string, a template, or a comment, whichever begins first: so that `//` in a string begins no comment.
const LITERALS = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;

function withoutComments(text: string): string {
  return text.replaceAll(LITERALS, (literal) => (literal.startsWith('/') ? ' ' : literal));
}

/** What is left when comments and strings are blanked; code in a template's `${…}` stays. */
export function codeOf({ text }: Source): string {
  return text.replaceAll(LITERALS, (literal) =>
    literal.startsWith('`') ? [...literal.matchAll(/\$\{([^}]*)\}/g)].map((match) => ` (${match[1]}) `).join('') : ' ',
  );
}
