import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModuleJson } from '../../../src/core/hosting/module-directory.ts';
import { nodeIdentity } from '../../../src/core/admission/node-identity.ts';
import { Lab } from '../../../src/lab/lab.ts';
import { importCluster } from '../../../src/operator/cluster/cluster-file.ts';
import { locateCode } from '../../../src/operator/deploy/code-source.ts';
import { Seen, SEEN_FILE } from '../../../src/operator/completion/seen.ts';
import { readSignedFile } from '../../../src/operator/deploy/signed-files.ts';
import { readKey } from '../../../src/operator/cluster/key-file.ts';
import { readPublicKey } from '../../../src/operator/cluster/public-key.ts';
import { chooseProxies } from '../../../src/node/proxy-choice.ts';
import { openSettings } from '../../../src/operator/settings/settings.ts';
import { parseModuleSettings } from '../../../src/operator/deploy/settings-text.ts';
import { parseScenario, readScenario } from '../../../src/operator/simulate/scenario-file.ts';
import { readToken } from '../../../src/node/token-source.ts';
import { makeDelegation } from '../../../src/trust/admission.ts';
import { generateKey } from '../../../src/trust/keys.ts';
import { makeToken } from '../../../src/trust/token.ts';
import { admitKey, root, rootEnvelope } from '../../trust/fixture.ts';

let directory: string;
beforeAll(async () => (directory = await mkdtemp(join(tmpdir(), 'gossip-token-'))));
afterAll(() => rm(directory, { recursive: true, force: true }));

const secret = generateKey();
const delegation = makeDelegation({ cluster: root.cluster, public: secret.public, expires: null }, [admitKey]);
const TOKEN = makeToken({ root: rootEnvelope, delegation, secret });
const code = (expected: string) => expect.objectContaining({ code: expected });

it('a byte order mark before JSON that people write does no harm', async () => {
  const file = join(directory, 'settings.json');
  await writeFile(file, '\ufeff{"n":1}');
  expect(await parseModuleSettings(`@${file}`)).toEqual({ n: 1 });
  const scenario = { type: 'gossip/scenario/1', nodes: 3, steps: [{ at: '1s', do: 'deploy' }] };
  expect(parseScenario(Buffer.from(`\ufeff${JSON.stringify(scenario)}`), 'scenario').nodes).toBe(3);
});

describe('a pipe', () => {
  it('is waited for until somebody has written, even when the writer begins later', async () => {
    const pipe = join(directory, 'pipe');
    await promisify(execFile)('mkfifo', [pipe]);
    const read = readToken(`@${pipe}`);
    await promisify(execFile)('sh', ['-c', 'printf %s "$1" >"$2"', 'sh', TOKEN, pipe]);
    expect(await read).toBe(TOKEN);
  });
});

describe('a file without end', () => {
  const importing = { name: undefined, token: undefined, keyPath: undefined, now: 0 };
  const readers: readonly [string, string, (path: string) => Promise<unknown>][] = [
    ['a configuration file', 'GOSSIP_E_FILE', readSignedFile],
    ['a cluster file', 'GOSSIP_E_FILE', (path) => importCluster(openSettings({ GOSSIP_HOME: directory }), { ...importing, path })],
    ['a key', 'GOSSIP_E_KEY', (path) => readKey(path, { passphrase: () => Promise.resolve('') })],
    ['a key', 'GOSSIP_E_KEY', readPublicKey],
    ['settings', 'GOSSIP_E_FILE', (path) => parseModuleSettings(`@${path}`)],
    ['a scenario', 'GOSSIP_E_FILE', readScenario],
    ['a join token', 'GOSSIP_E_TOKEN', (path) => readToken(`@${path}`)],
    ['the URL of a proxy', 'GOSSIP_E_FILE', (path) => chooseProxies({ proxies: [`@${path}`], onCommandLine: true, direct: undefined }, {})],
  ];

  it.each(readers)('is left at the limit of %s, and refused (%s)', async (what, expected, read) => {
    const message = expect.stringMatching(new RegExp(`^/dev/zero holds more than \\d+ bytes, the most that ${what} may have$`));
    await expect(read('/dev/zero')).rejects.toThrow(expect.objectContaining({ code: expected, message }));
  });
});

describe('what lies in the place of a file that the program keeps', () => {
  const places: readonly [string, string, (directory: string) => unknown][] = [
    ['settings.json', 'GOSSIP_E_FILE', (home) => openSettings({ GOSSIP_HOME: home }).clusters()],
    ['lab.json', 'GOSSIP_E_LAB', (lab) => Lab.open(lab)],
    ['identity.key', 'GOSSIP_E_KEY', (data) => nodeIdentity(data)],
    ['module.json', 'GOSSIP_E_MODULE_JSON', (built) => readModuleJson(built)],
    ['dist/module.json', 'GOSSIP_E_MODULE_JSON', (project) => locateCode(undefined, undefined, project)],
  ];
  const put = async (name: string, make: (path: string) => Promise<unknown>): Promise<string> => {
    const place = await mkdtemp(join(directory, 'place-'));
    await mkdir(join(place, 'dist'));
    await make(join(place, name));
    return place;
  };
  const attempt = async (read: (place: string) => unknown, place: string): Promise<unknown> => read(place);

  it.each(places)('is read when it is no pipe: %s (%s)', async (name, expected, read) => {
    const place = await put(name, (path) => promisify(execFile)('mkfifo', [path]));
    await expect(attempt(read, place)).rejects.toThrow(code(expected));
  });

  it.each(places)('is read up to a limit, whatever its size says: %s (%s)', async (name, expected, read) => {
    const place = await put(name, (path) => writeFile(path, ' '.repeat(8 * 1024 * 1024 + 1)));
    await expect(attempt(read, place)).rejects.toThrow(code(expected));
  });

  it('harms no command where it only holds names for completion', async () => {
    const home = await put(SEEN_FILE, (path) => promisify(execFile)('mkfifo', [path]));
    const seen = new Seen();
    seen.add('node', ['node1']);
    await seen.keep(home, 'prod');
    expect(await readFile(join(home, SEEN_FILE), 'utf8')).toContain('node node1');
  });
});

describe('a join token', () => {
  it.each([TOKEN, `${TOKEN}\n`, `\ufeff${TOKEN}\r\n`])('is read from itself, a file and standard input alike: %j', async (text) => {
    const file = join(directory, 'token');
    await writeFile(file, text);
    expect(await readToken(`@${file}`)).toBe(TOKEN);
    expect(await readToken('-', Readable.from([Buffer.from(text)]))).toBe(TOKEN);
    expect(await readToken(TOKEN)).toBe(TOKEN);
  });

  it('that is not there, empty, or in an endless file is refused by its name', async () => {
    await writeFile(join(directory, 'empty'), '\n');
    await expect(readToken(`@${directory}/nowhere`)).rejects.toThrow(code('GOSSIP_E_FILE'));
    await expect(readToken(`@${directory}`)).rejects.toThrow(code('GOSSIP_E_FILE'));
    await expect(readToken(`@${directory}/empty`)).rejects.toThrow(code('GOSSIP_E_TOKEN'));
    await expect(readToken('@/dev/zero')).rejects.toThrow(code('GOSSIP_E_TOKEN'));
    await expect(readToken('-', Readable.from([]))).rejects.toThrow(code('GOSSIP_E_TOKEN'));
  });
});
