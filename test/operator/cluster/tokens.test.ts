/** The join tokens that an operator made, and which one is meant. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NoteBook } from '../../../src/gossip/note-book.ts';
import type { Envelope } from '../../../src/model/deployment.ts';
import { madeTokens, rememberRevoked, rememberToken } from '../../../src/operator/cluster/made-tokens.ts';
import { fingerprintIn, tokenList } from '../../../src/operator/cluster/token-list.ts';
import { makeDelegation } from '../../../src/trust/admission.ts';
import { generateKey } from '../../../src/trust/keys.ts';
import { makeToken } from '../../../src/trust/token.ts';
import { note } from '../../support/notes.ts';
import { root as paperRoot } from '../../support/records.ts';
import { admitKey, otherRoot, root, rootEnvelope } from '../../trust/fixture.ts';

const NOW = 1_700_000_000_000;
const id = (text: string): string => text.padEnd(64, '0');
const made = (text: string, expires = NOW + 1, epoch = 1) => ({ fingerprint: id(text), epoch, made: NOW - 1, expires });

let directory: string;
const path = (): string => join(directory, 'tokens.json');
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'gossip-tokens-'))));
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('what was made here', () => {
  it('is noted, for its owner alone, and keeps what a later version says', async () => {
    expect(await madeTokens({ directory })).toEqual([]);
    await rememberToken({ directory }, made('a'));
    expect((await stat(path())).mode & 0o777).toBe(0o600);
    const said = JSON.parse(await readFile(path(), 'utf8')) as object;
    await writeFile(path(), JSON.stringify({ ...said, later: 1 }));
    await rememberToken({ directory }, made('b'));
    await rememberRevoked({ directory }, id('a'), NOW);
    await rememberRevoked({ directory }, id('c'), NOW);
    expect(await madeTokens({ directory })).toEqual([{ ...made('a'), revoked: NOW }, made('b')]);
    expect(JSON.parse(await readFile(path(), 'utf8'))).toMatchObject({ later: 1 });
  });

  it('is lost of neither where two are made at once', async () => {
    const all = [made('a'), made('b')];
    await Promise.all(all.map((each) => rememberToken({ directory }, each)));
    expect((await madeTokens({ directory })).map(({ fingerprint }) => fingerprint).toSorted()).toEqual(
      all.map(({ fingerprint }) => fingerprint),
    );
  });

  it('is bounded: those fall out that end first', async () => {
    const tokens = Array.from({ length: 500 }, (_, index) => made(`a${String(index).padStart(3, '0')}`, NOW + 1_000 - index));
    await writeFile(path(), JSON.stringify({ tokens }));
    await rememberToken({ directory }, made('b', NOW + 1));
    expect((await madeTokens({ directory })).length).toBe(500);
    expect((await madeTokens({ directory })).some(({ fingerprint }) => fingerprint === id('b'))).toBe(false);
    await rememberToken({ directory }, made('c', NOW + 2_000));
    const kept = (await madeTokens({ directory })).map(({ fingerprint }) => fingerprint);
    expect([kept.length, kept.at(-1), kept.includes(id('a499'))]).toEqual([500, id('c'), false]);
  });

  it.each(['', '{', 'null', '[]', '{"tokens":{}}', '{"tokens":[{"fingerprint":"x"}]}', '{"tokens":[null]}', '\0'.repeat(200)])(
    'is refused where the file is damaged, which is kept: %j',
    async (text) => {
      await writeFile(path(), text);
      await expect(madeTokens({ directory })).rejects.toMatchObject({ code: 'GOSSIP_E_FILE' });
      await expect(rememberToken({ directory }, made('a'))).rejects.toMatchObject({ code: 'GOSSIP_E_FILE' });
      expect(await readFile(path(), 'utf8')).toBe(text);
    },
  );
});

describe('the list', () => {
  it('has what was made here, the latest first, and then what others revoked', () => {
    const book = new NoteBook();
    book.merge([note('revoke-token', id('b')), note('revoke-token', id('e'), { author: 'bob' }), note('revoke', id('a'))]);
    const list = tokenList([made('a'), made('b'), made('c', NOW), { ...made('d'), revoked: NOW }], book, paperRoot, NOW);
    const told = list.map(({ fingerprint, state, made: at, revoked }) => [fingerprint.slice(0, 1), state, at !== null, revoked?.author]);
    expect(told).toEqual([
      ['d', 'revoked', true, null],
      ['c', 'ended', true, undefined],
      ['b', 'revoked', true, 'ada'],
      ['a', 'admits', true, undefined],
      ['e', 'revoked', false, 'bob'],
    ]);
  });

  it('says that a token of an earlier trust epoch has ended', () => {
    const later = { ...paperRoot, root: { ...paperRoot.root, epoch: 2 } } as typeof paperRoot;
    expect(tokenList([made('a'), made('b', NOW + 1, 2)], new NoteBook(), later, NOW).map(({ state }) => state)).toEqual([
      'admits',
      'ended',
    ]);
  });
});

describe('the token that is meant', () => {
  const known = ['abcdef0123', 'abcdef0199', '0123456789'].map((text) => ({ fingerprint: id(text) }));

  function tokenIn(envelope: Envelope, cluster = root.cluster): { text: string; keyid: string } {
    const secret = generateKey();
    const delegation = makeDelegation({ cluster, public: secret.public, expires: 1 }, [admitKey]);
    return { text: makeToken({ root: envelope, delegation, secret }), keyid: secret.keyid };
  }

  it('is named by its fingerprint, by 8 digits of one that is known, or by itself, when it has ended too', () => {
    expect(fingerprintIn('01234567', known, root)).toBe(id('0123456789'));
    expect(fingerprintIn('ABCDEF0123', known, root)).toBe(id('abcdef0123'));
    expect(fingerprintIn(id('fe'), known, root)).toBe(id('fe'));
    const { text, keyid } = tokenIn(rootEnvelope);
    expect(fingerprintIn(text, [], root)).toBe(keyid);
  });

  it.each([
    ['several', 'abcdef01'],
    ['nobody', 'deadbeef'],
    ['too few digits', '0123456'],
    ['too many digits', id('a') + '0'],
    ['no token', 'node1'],
    ['half a token', tokenIn(rootEnvelope).text.slice(0, 200)],
  ])('is not %s', (_, text) => {
    expect(() => fingerprintIn(text, known, root)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_TOKEN' }));
  });

  it('is none of another cluster', () => {
    const { text } = tokenIn(rootEnvelope);
    expect(() => fingerprintIn(text, known, otherRoot)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_WRONG_CLUSTER' }));
  });
});
