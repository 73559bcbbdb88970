/** Writes docs/api.md anew, from what the compiler says of the package's entries: `npm run api`, after a build. The page is committed; a test says when it is stale. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { declared, fileAt, isPublished, markdown, publish } from './declarations.ts';
import type { Declaration } from './declarations.ts';
import { isBuilt } from './fingerprint.mjs';
import { ROOT } from './project.mjs';

const PAGE = join(ROOT, 'docs', 'api.md');
/** Characters of a declaration that is told only because another names it. */
const MAX_NEEDED = 1_000;
const GROUPS = [
  ['class', 'Classes'],
  ['function', 'Functions'],
  ['value', 'Values'],
  ['type', 'Types'],
] as const;
const INTRODUCTION = `# API reference

What a module, its tests and an application import, with what each part says of itself. This page is written by \`npm run api\` from the types of the program; [the guide for module authors](module-authors.md) and [that for applications](applications.md) tell how
the parts are used.
`;

interface Entry {
  /** `gossip/sdk` */
  readonly name: string;
  readonly introduction: string;
  readonly declarations: readonly Declaration[];
}

/** The page as it should be. @throws an error that names every export without a docstring */
export function wantedPage(): string {
  const entries = readEntries();
  const untold = entries.flatMap(({ name, declarations }) =>
    declarations.filter(({ doc }) => doc === '').map((each) => `${name}: ${each.name}`),
  );
  if (untold.length > 0) throw new Error(`these are exported, and have no docstring:\n${untold.join('\n')}`);
  const anchors = new Map<string, string>();
  for (const { declarations } of entries) for (const { key, name } of declarations) anchors.set(key, `#${name.toLowerCase()}`);
  const seen = new Set<string>();
  const sections = entries.map((entry) => sectionOf(entry, anchors, seen));
  const contents = entries.map(({ name }) => `- [${name}](#${name.replaceAll('/', '').toLowerCase()})`);
  return [INTRODUCTION, ...contents, '', ...sections].join('\n');
}

/** What package.json exports and has types. */
function readEntries(): Entry[] {
  if (!isBuilt(ROOT)) throw new Error("the program in dist is not built from these sources: run 'npm run build'");
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { types: string }>;
  };
  const found = Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'string'
      ? []
      : [{ name: `gossip/${path.slice(2)}`, file: fileAt(join(ROOT, target.types)), source: sourceOf(target.types) }],
  );
  publish(found.flatMap(({ file }) => file.exported().map(({ key }) => key)));
  return found.map(({ name, file, source }) => ({ name, introduction: introductionOf(source), declarations: withNeeded(file.exported()) }));
}

/** `./dist/sdk/index.d.ts` → `src/sdk/index.ts` */
function sourceOf(types: string): string {
  return join(ROOT, types.replace(/^\.\/dist\//, 'src/').replace(/\.d\.ts$/, '.ts'));
}

/** What its source says on top; the compiler leaves that away where imports stand below it. */
function introductionOf(source: string): string {
  return markdown(/^\/\*(\*[^]*?)\*\//.exec(readFileSync(source, 'utf8'))?.[1] ?? '');
}

/** Functions and types that are exported may name some that are not: these are told with them, but for long tables. */
function withNeeded(exported: readonly Declaration[]): Declaration[] {
  const all = [...exported];
  for (const { kind, mentions } of all) {
    if (kind === 'class') continue;
    for (const key of mentions) {
      if (isPublished(key) || all.some((each) => each.key === key)) continue;
      const needed = declared(key);
      if (needed.text.length <= MAX_NEEDED) all.push(needed);
    }
  }
  return all;
}

function sectionOf({ name, introduction, declarations }: Entry, anchors: ReadonlyMap<string, string>, seen: Set<string>): string {
  const parts = [`## ${name}\n`, `${introduction}\n`];
  const again = declarations.filter((each) => seen.has(each.key)).map((each) => linkTo(each, anchors));
  const here = declarations.filter((each) => !seen.has(each.key));
  if (again.length > 0) parts.push(`Also: ${again.toSorted().join(', ')}.\n`);
  for (const [kind, title] of GROUPS) {
    const group = here.filter((each) => each.kind === kind).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    if (group.length > 0) parts.push(`**${title}:** ${group.map((each) => linkTo(each, anchors)).join(', ')}\n`);
  }
  for (const [kind] of GROUPS) {
    for (const each of here.filter((one) => one.kind === kind).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      seen.add(each.key);
      parts.push(entryOf(each, anchors));
    }
  }
  return parts.join('\n');
}

function entryOf({ key, name, doc, text, mentions }: Declaration, anchors: ReadonlyMap<string, string>): string {
  const others = mentions.filter((each) => each !== key && anchors.has(each));
  const links = others.map((each) => linkTo({ key: each, name: each.slice(each.indexOf('#') + 1) }, anchors)).toSorted();
  const names = links.length === 0 ? '' : `\nNames ${links.join(', ')}.\n`;
  return `### ${name}\n\n${doc}\n\n\`\`\`ts\n${text}\n\`\`\`\n${names}`;
}

function linkTo({ key, name }: Pick<Declaration, 'key' | 'name'>, anchors: ReadonlyMap<string, string>): string {
  return `[${name}](${anchors.get(key)})`;
}

if (import.meta.main) await writeFile(PAGE, wantedPage());
