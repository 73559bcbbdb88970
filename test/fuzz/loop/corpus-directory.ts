/** Inputs that reached something, kept between runs in the system's directory for temporary files, by hash. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

export function corpusDirectory(target: string): string {
  return join(tmpdir(), `gossip-fuzz-${userInfo().uid}`, target);
}

export function loadCorpus(directory: string): readonly Uint8Array[] {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return readdirSync(directory).map((name) => readFileSync(join(directory, name)));
}

/** Replaces what is kept; the corpus is bounded, so the directory is. */
export function saveCorpus(directory: string, corpus: readonly Uint8Array[]): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const input of corpus) writeFileSync(join(directory, createHash('sha256').update(input).digest('hex')), input);
}
