/** The template in plain JavaScript: that in TypeScript without its types, so that there is one to keep right. */

type File = readonly [path: string, content: string];

/** The types that the template writes, as they stand there; all that is left out. */
const TYPES = [
  /^import type .*\n/gm,
  /\boverride /g,
  /<string, number>/g,
  / as \{ [^}]* \}/g,
  /(?<=[)\w]): (?:Promise<void>|Map<string, number>|JsonObject|Json \| undefined|Json|Map|string|void)(?=[,)]| \{)/g,
];
/** Of package.json, what only TypeScript needs. */
const TOOLS = ['@types/node', 'typescript'];

export function inJavaScript(files: readonly File[]): readonly File[] {
  return files.filter(([path]) => path !== 'tsconfig.json').map(([path, content]) => [renamed(path), contentOf(path, content)] as const);
}

function contentOf(path: string, content: string): string {
  if (path === 'package.json') return renamed(packageJson(content));
  if (path.endsWith('.md')) return renamed(content);
  return path.endsWith('.ts') ? renamed(withoutTypes(content)) : content;
}

function withoutTypes(text: string): string {
  return TYPES.reduce((left, type) => left.replace(type, ''), text).replaceAll('(node.module.inspect())', 'node.module.inspect()');
}

function packageJson(text: string): string {
  const { scripts, devDependencies, ...rest } = JSON.parse(text) as {
    scripts: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  const { types: _types, ...kept } = scripts;
  const tools = Object.entries(devDependencies).filter(([name]) => !TOOLS.includes(name));
  return `${JSON.stringify({ ...rest, scripts: kept, devDependencies: Object.fromEntries(tools) }, null, 2)}\n`;
}

function renamed(text: string): string {
  return text.replaceAll(/\b(index|build|\.test|test)\.ts\b/g, '$1.js');
}
