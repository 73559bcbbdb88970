/** The signed hashes of pieces: they fit the manifest's large files, or are none. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Manifest, ManifestFile } from '../../src/model/manifest.ts';
import { MAX_CODE_BYTES } from '../../src/model/manifest.ts';
import { canonicalBytes } from '../../src/trust/canonical.ts';
import { hashBytes } from '../../src/trust/manifest.ts';
import {
  encodePieces,
  isPiece,
  MAX_PIECES_FILE_BYTES,
  parsePieces,
  pieceBytesOf,
  piecedFiles,
  PieceDigests,
  piecesEntry,
  PIECES_FILE,
} from '../../src/trust/pieces.ts';
import { outcome } from './fixture.ts';

const [small, large, larger] = [randomBytes(1_000), randomBytes(300_000), randomBytes(1_000_001)] as [Buffer, Buffer, Buffer];
const fileOf = (path: string, bytes: Uint8Array): ManifestFile => ({ path, size: bytes.byteLength, sha256: hashBytes(bytes) });
const files = [fileOf('a.bin', large), fileOf('b.bin', larger), fileOf('c.bin', large), fileOf('d.txt', small)];
const manifest: Manifest = { type: 'gossip/manifest/1', files };
const pieceBytes = pieceBytesOf(files);

function digestsOf(content: Uint8Array, chunk: number): readonly string[] {
  const digests = new PieceDigests(pieceBytes);
  for (let at = 0; at < content.byteLength; at += chunk) digests.add(content.subarray(at, at + chunk));
  return digests.end();
}

const listed = [
  { sha256: hashBytes(large), digests: digestsOf(large, 7_777) },
  { sha256: hashBytes(larger), digests: digestsOf(larger, 100_000) },
];

test('each piece of the large files, and no other bytes, is known by its hash, however the files were read', () => {
  const { all } = parsePieces(encodePieces(pieceBytes, listed), manifest);
  expect(piecedFiles(files).map(({ path }) => path)).toEqual(['a.bin', 'b.bin']);
  expect(all.length).toBe(Math.ceil(300_000 / pieceBytes) + Math.ceil(1_000_001 / pieceBytes));
  const contents = new Map([
    ['a.bin', large],
    ['b.bin', larger],
  ]);
  for (const piece of all) {
    const bytes = contents.get(piece.file.path)?.subarray(piece.at, piece.at + piece.bytes) as Uint8Array;
    const other = Uint8Array.from(bytes);
    (other[0] as number) ^= 1;
    expect([isPiece(piece, bytes), isPiece(piece, other), isPiece(piece, bytes.subarray(1))]).toEqual([true, false, false]);
  }
  expect(all.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(1_300_001);
});

const form = { type: 'gossip/pieces/1', pieceBytes, files: listed.map(({ sha256, digests }) => ({ sha256, digests: digests.join('') })) };

test.each<[string, unknown]>([
  ['another type', { ...form, type: 'gossip/pieces/2' }],
  ['a field that nobody knows', { ...form, more: 1 }],
  ['pieces of another size', { ...form, pieceBytes: 2 * pieceBytes }],
  ['fewer files', { ...form, files: form.files.slice(1) }],
  ['files in another order', { ...form, files: form.files.toReversed() }],
  ['too few pieces', { ...form, files: [{ ...form.files[0], digests: 'A'.repeat(43) }, form.files[1]] }],
  ['no hashes', { ...form, files: [{ ...form.files[0], digests: '+'.repeat(43) }, form.files[1]] }],
])('a list with %s is refused', (_, value) => {
  expect(outcome(() => parsePieces(canonicalBytes(value), manifest))).toBe('GOSSIP_E_SCHEMA');
});

test('a list that is too long, or no canonical JSON, is refused', () => {
  const spaced = Buffer.from(` ${JSON.stringify(form)}`);
  expect(outcome(() => parsePieces(spaced, manifest))).toBe('GOSSIP_E_CANONICAL');
  expect(outcome(() => parsePieces(new Uint8Array(MAX_PIECES_FILE_BYTES + 1), manifest))).toMatch(/^GOSSIP_E_/);
  expect(outcome(() => parsePieces(encodePieces(16_384, []), { ...manifest, files: [fileOf('d.txt', small)] }))).toBe('GOSSIP_E_SCHEMA');
});

test('the hashes of the largest code fit into a small file', () => {
  const size = MAX_CODE_BYTES - MAX_PIECES_FILE_BYTES;
  const one = { path: 'a.bin', size, sha256: hashBytes(large) };
  const digests = Array.from({ length: Math.ceil(size / pieceBytesOf([one])) }, () => 'A'.repeat(43));
  const bytes = encodePieces(pieceBytesOf([one]), [{ sha256: one.sha256, digests }]);
  expect(bytes.byteLength).toBeLessThanOrEqual(MAX_PIECES_FILE_BYTES);
  const entry = { path: PIECES_FILE, size: bytes.byteLength, sha256: hashBytes(bytes) };
  expect(piecesEntry({ ...manifest, files: [one, entry] })).toBe(entry);
  expect(piecesEntry({ ...manifest, files: [one, { ...entry, size: MAX_PIECES_FILE_BYTES + 1 }] })).toBeUndefined();
});
