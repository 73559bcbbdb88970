import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readKey, readOwnKey } from '../../../src/operator/cluster/key-file.ts';
import { generateKey, toPem } from '../../../src/trust/keys.ts';
import { isWeaklySealed } from '../../../src/trust/sealed-key.ts';

const key = generateKey();
/** As Node, and with it version 0.1.0, encrypts: PBKDF2 with 2,048 rounds. */
const weak = key.key.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'horse' }).toString();

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gossip-key-'));
  path = join(directory, 'operator.key');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const write = (text: string, mode = 0o600) => writeFile(path, text, { mode });

function owner(passphrase = 'horse') {
  const remarks: string[] = [];
  return { remarks, passphrase: () => Promise.resolve(passphrase), remark: (text: string) => void remarks.push(text) };
}

it('a key that an earlier version encrypted is encrypted anew when it is used, and says so', async () => {
  await write(weak);
  const first = owner();
  expect((await readOwnKey(path, first)).keyid).toBe(key.keyid);
  expect(first.remarks).toEqual([expect.stringContaining('is now encrypted with scrypt')]);
  expect(isWeaklySealed(await readFile(path, 'utf8'))).toBe(false);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const second = owner();
  expect((await readOwnKey(path, second)).keyid).toBe(key.keyid);
  expect(second.remarks).toEqual([]);
});

it('nothing is written with a wrong passphrase, nor to a file that is not the directory’s own', async () => {
  await write(weak);
  await expect(readOwnKey(path, owner('cow'))).rejects.toThrow(expect.objectContaining({ code: 'GOSSIP_E_PASSPHRASE' }));
  const other = owner();
  await readKey(path, other);
  expect(other.remarks).toEqual([expect.stringContaining('openssl pkcs8')]);
  expect(await readFile(path, 'utf8')).toBe(weak);
});

it.each([
  [0o600, []],
  [0o400, []],
  [0o644, [expect.stringMatching(/^Others than you may read .*operator\.key \(mode 0644\); close it with: chmod 600 .*operator\.key$/)]],
  [0o640, [expect.stringContaining('mode 0640')]],
])('a key of mode %o works, with a remark where others may read it', async (mode, remarks) => {
  await write(toPem(key));
  await chmod(path, mode);
  const keeper = owner();
  expect((await readKey(path, keeper)).keyid).toBe(key.keyid);
  expect(keeper.remarks).toEqual(remarks);
});
