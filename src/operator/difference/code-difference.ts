/** The files in which two versions of code differ. Their bytes are fetched where they are needed, and checked by whoever fetches them. */
import type { Manifest, ManifestFile } from '../../model/manifest.ts';
import type { CodeSource } from '../deploy/code-source.ts';
import { MAX_TEXT_BYTES, textDifference } from './text-difference.ts';
import type { Untold } from './text-difference.ts';

export interface FileDifference {
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** In bytes; null where it is not there. */
  readonly sizeBefore: number | null;
  readonly sizeAfter: number | null;
  /** Hunks as of `diff -u`; null where `untold` says why, or where nobody asked for them. */
  readonly hunks: string | null;
  readonly untold: Untold | null;
}

const NOTHING = new Uint8Array();

/** By path; `null` code has no files. `lines`: fetch the files and compare their lines, too. */
export async function codeDifference(
  before: CodeSource | null,
  after: CodeSource | null,
  options: { readonly lines: boolean },
): Promise<readonly FileDifference[]> {
  if (before?.reference.hash === after?.reference.hash) return [];
  const [old, young] = [await filesOf(before), await filesOf(after)];
  const paths = [...new Set([...old.keys(), ...young.keys()])].sort();
  const changed = paths.filter((path) => old.get(path)?.sha256 !== young.get(path)?.sha256);
  const found: FileDifference[] = [];
  for (const path of changed) {
    const [was, is] = [old.get(path), young.get(path)];
    const lines = options.lines ? await linesOf({ source: before, file: was }, { source: after, file: is }) : NO_LINES;
    found.push({
      path,
      change: was === undefined ? 'added' : is === undefined ? 'removed' : 'changed',
      sizeBefore: was?.size ?? null,
      sizeAfter: is?.size ?? null,
      ...lines,
    });
  }
  return found;
}

const NO_LINES = { hunks: null, untold: null };

interface Side {
  readonly source: CodeSource | null;
  readonly file: ManifestFile | undefined;
}

async function linesOf(was: Side, is: Side): Promise<Pick<FileDifference, 'hunks' | 'untold'>> {
  const isLarge = [was, is].some(({ file }) => (file?.size ?? 0) > MAX_TEXT_BYTES);
  if (isLarge) return { hunks: null, untold: 'large' };
  const told = textDifference(await bytesOf(was), await bytesOf(is));
  return 'hunks' in told ? { hunks: told.hunks, untold: null } : { hunks: null, untold: told.untold };
}

async function bytesOf({ source, file }: Side): Promise<Uint8Array> {
  return source === null || file === undefined ? NOTHING : source.blob(file.sha256);
}

async function filesOf(source: CodeSource | null): Promise<ReadonlyMap<string, ManifestFile>> {
  const manifest: Manifest | null = source === null ? null : await source.manifest();
  return new Map((manifest?.files ?? []).map((file) => [file.path, file]));
}
