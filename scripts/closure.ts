/** What `gossip node run` loads: `npm run closure` writes the list into docs/reports/node-closure.md, and a test compares it with what is built. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Metafile } from 'esbuild';
import { bundleNode } from './bundle-node.ts';
import { readReport, writeReport } from './report.ts';

const FILE = 'docs/reports/node-closure.md';
const NAME = 'closure';

/** A package, or a folder of `src`. */
interface Part {
  readonly name: string;
  readonly files: readonly string[];
  /** In the bundle. */
  readonly bytes: number;
}

/** Bundles the node anew, somewhere else than in dist. */
export async function partsOfNode(): Promise<Part[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'gossip-closure-'));
  try {
    return partsOf(await bundleNode(join(scratch, 'node-run.cjs')));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function partsOf({ outputs }: Metafile): Part[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const byPart = Map.groupBy(inputs, ([path]) => partOf(path));
  return [...byPart]
    .map(([name, files]) => ({
      name,
      files: files.map(([path]) => path),
      bytes: files.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** What stands in for a part that was left out, or for the whole of a package, is the bundle's own. */
function partOf(path: string): string {
  const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
  if (name !== undefined) return name;
  if (!path.startsWith('src/')) return 'of the bundle itself';
  return path.split('/').length === 2 ? 'src' : path.split('/').slice(0, 2).join('/');
}

/** The list as it is committed. Kilobytes, so that not every change of a line changes it. */
export function listOf(parts: readonly Part[]): string {
  const own = parts.filter(isOwn);
  const total = { name: 'all', files: parts.flatMap(({ files }) => files), bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0) };
  const rows = [...parts, total].map(({ name, files, bytes }) => `| ${name} | ${files.length} | ${Math.ceil(bytes / 1_000)} |`);
  const names = own.flatMap(({ files }) => files.map((file) => `- ${file}`)).toSorted();
  return ['| part | files | kB |', '|---|--:|--:|', ...rows, '', 'Of our own:', '', ...names].join('\n');
}

/** What was committed. */
export function committedList(): Promise<string> {
  return readReport(FILE, NAME);
}

/** What has come in since `list` was written, or gone out of it; and what has grown by more than a tenth. */
export function changesSince(list: string, parts: readonly Part[]): string[] {
  const now = listOf(parts);
  const [before, after] = [namesIn(list), namesIn(now)];
  return [
    ...[...after].filter((name) => !before.has(name)).map((name) => `${name} has come in`),
    ...[...before].filter((name) => !after.has(name)).map((name) => `${name} has gone out`),
    ...[...kilobytesIn(now)]
      .filter(([name, kilobytes]) => kilobytes > 1.1 * (kilobytesIn(list).get(name) ?? kilobytes) + 1)
      .map(([name, kilobytes]) => `${name} has grown to ${kilobytes} kB`),
  ];
}

function namesIn(list: string): Set<string> {
  return new Set([...list.matchAll(/^(?:- (\S+)|\| ([^|]+?) \| \d)/gm)].map(([, file, part]) => file ?? part ?? ''));
}

function kilobytesIn(list: string): Map<string, number> {
  return new Map([...list.matchAll(/^\| ([^|]+?) \| \d+ \| (\d+) \|/gm)].map(([, name = '', kilobytes]) => [name, Number(kilobytes)]));
}

function isOwn({ name }: Part): boolean {
  return name === 'src' || name.startsWith('src/');
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await writeReport(FILE, NAME, listOf(await partsOfNode()));
}
