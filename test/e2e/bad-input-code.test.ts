/** Bad input: paths and module.json files that no deployment can be made of. They are refused before any node or key is needed. */
import { chmod, chown, cp, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gossip, gossipHere } from '../support/gossip.ts';
import type { RunSettings } from '../support/gossip.ts';
import { writeModule } from '../support/modules.ts';

const SOURCE = `export default class Counter { receive() {} acceptState() {} transferState() { return ''; } inspect() {} start() {} }`;
const GOOD_JSON = { name: 'counter', version: '1.0.0', entry: 'index.mjs', api: 1 };
const NOBODY = 65_534;

let home: string;
let good: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-bad-code-'));
  good = await writeModule(home, { name: 'counter', version: '1.0.0', source: SOURCE });
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** The code and exit code with which a command refuses; it must print nothing else than one error of two lines. */
async function refusal(args: readonly string[], settings?: Partial<RunSettings>): Promise<readonly [string | undefined, number | null]> {
  const { code, stdout, stderr } = await (settings === undefined ? gossipHere(args, home) : gossip(args, { home, ...settings }));
  expect(stdout).toBe('');
  const [, name] = /^Error: [^\n]+ \[(GOSSIP_E_[A-Z_]+)\]\n {2}[^\n]+\n$/.exec(stderr) ?? [];
  return [name ?? stderr, code];
}

/** A copy of the good code with something done to it. */
async function spoilt(name: string, spoil: (directory: string) => Promise<unknown>): Promise<string> {
  const directory = join(home, name);
  await cp(good, directory, { recursive: true });
  await spoil(directory);
  return directory;
}

describe('a PATH', () => {
  /** How each command that reads code refuses the path. */
  const refusals = async (path: string, settings?: Partial<RunSettings>): Promise<unknown> => {
    const found = [];
    for (const args of [
      ['deploy', path, '--module', 'counter'],
      ['module', 'hash', path],
      ['module', 'check', path],
    ]) {
      found.push(await refusal(args, settings));
    }
    return found;
  };
  const all = (code: string, exit = 2) => [code, code, code].map((one) => [one, exit]);

  it('that is absent is refused', async () => {
    expect(await refusals(join(home, 'absent'))).toEqual(all('GOSSIP_E_CODE_PATH'));
  });

  it('that is a file is refused', async () => {
    expect(await refusals(join(good, 'index.mjs'))).toEqual(all('GOSSIP_E_CODE_PATH'));
  });

  it('that is empty is refused', async () => {
    await mkdir(join(home, 'empty'));
    expect(await refusals(join(home, 'empty'))).toEqual(all('GOSSIP_E_CODE_PATH'));
  });

  it('that is itself a link is refused', async () => {
    await symlink(good, join(home, 'link'));
    expect(await refusals(join(home, 'link'))).toEqual(all('GOSSIP_E_CODE_PATH'));
  });

  it('with a link in it is refused', async () => {
    expect(await refusals(await spoilt('linked', (directory) => symlink('/etc/passwd', join(directory, 'data.js'))))).toEqual(
      all('GOSSIP_E_CODE_FILE'),
    );
  });

  it('with an empty directory in it is refused', async () => {
    expect(await refusals(await spoilt('hollow', (directory) => mkdir(join(directory, 'lib'))))).toEqual(all('GOSSIP_E_CODE_FILE'));
  });

  it('with a hidden file in it is refused', async () => {
    expect(await refusals(await spoilt('hidden', (directory) => writeFile(join(directory, '.env'), 'SECRET=1')))).toEqual(
      all('GOSSIP_E_CODE_FILE'),
    );
  });

  it('with too many bytes in it is refused, without reading them all', async () => {
    const large = async (directory: string): Promise<void> => {
      await writeFile(join(directory, 'large.js'), '');
      await truncate(join(directory, 'large.js'), 2 ** 40);
    };
    expect(await refusals(await spoilt('large', large))).toEqual(all('GOSSIP_E_CODE_LIMIT'));
  });

  it('with too many files in it is refused', async () => {
    const crowd = (directory: string): Promise<unknown> =>
      Promise.all(Array.from({ length: 2_000 }, (_, index) => writeFile(join(directory, `file${index}.js`), '')));
    expect(await refusals(await spoilt('crowded', crowd))).toEqual(all('GOSSIP_E_CODE_LIMIT'));
  });

  it('that may not be read is refused', async ({ skip }) => {
    const locked = await spoilt('locked', (directory) => chmod(join(directory, 'index.mjs'), 0));
    const closed = await spoilt('closed', (directory) => chmod(directory, 0));
    const settings = await asNobody();
    const { code } = await gossip(['--version'], { home, ...settings }).catch(() => ({ code: 1 }));
    skip(code !== 0, 'the superuser may read everything, and nobody else can run the program here');
    expect(await refusals(locked, settings)).toEqual(all('GOSSIP_E_FILE', 1));
    expect(await refusals(closed, settings)).toEqual(all('GOSSIP_E_CODE_PATH'));
  });

  it('that holds no module at all, nor a shipped one of that name, is refused', async () => {
    expect(await refusal(['deploy'])).toEqual(['GOSSIP_E_CODE_PATH', 2]);
    expect(await refusal(['deploy', '--module', 'nosuch'])).toEqual(['GOSSIP_E_CODE_PATH', 2]);
  });
});

/** The superuser may read everything, so somebody else tries. */
async function asNobody(): Promise<Partial<RunSettings>> {
  if (process.getuid?.() !== 0) return {};
  const theirs = join(home, 'nobody');
  await mkdir(theirs);
  await chmod(home, 0o755);
  await chown(theirs, NOBODY, NOBODY);
  const env = { HOME: theirs, XDG_DATA_HOME: theirs, XDG_CACHE_HOME: theirs, XDG_CONFIG_HOME: theirs };
  return { home: theirs, env, through: ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] };
}

describe('a module.json', () => {
  it.each([
    ['is malformed', '{"name": "counter",', /not JSON/],
    ['is no object', '"counter"', /must be an object/],
    ['lacks a field', JSON.stringify({ ...GOOD_JSON, api: undefined }), /'api' is missing/],
    ['has an unknown field', JSON.stringify({ ...GOOD_JSON, licence: 'MIT' }), /'licence' is not a field of it/],
    ['has an unknown limit', JSON.stringify({ ...GOOD_JSON, limits: { heap: 1 } }), /'limits\.heap' is not a field of it/],
    ['has a hostile name', JSON.stringify({ ...GOOD_JSON, name: '../counter' }), /'name' must be/],
    ['names an entry that is not there', JSON.stringify({ ...GOOD_JSON, entry: 'main.js' }), /'main\.js', which is not among the files/],
    ['names an entry outside', JSON.stringify({ ...GOOD_JSON, entry: '../main.js' }), /'entry' must be/],
    ['asks for another form of the SDK', JSON.stringify({ ...GOOD_JSON, api: 2 }), /'api' must be 1/],
  ])('that %s is refused with a word on what to mend', async (_, text, says) => {
    const path = await spoilt('broken', (directory) => writeFile(join(directory, 'module.json'), text));
    const { code, json } = await gossipHere(['deploy', path, '--module', 'counter', '--json'], home);
    expect(json).toEqual({ error: { code: 'GOSSIP_E_MODULE_JSON', message: expect.stringMatching(says), advice: expect.any(String) } });
    expect(code).toBe(2);
  });

  it('that is absent is refused', async () => {
    const path = await spoilt('without', (directory) => rm(join(directory, 'module.json')));
    expect(await refusal(['deploy', path])).toEqual(['GOSSIP_E_MODULE_JSON', 2]);
    expect(await gossipHere(['module', 'check', path], home)).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(/^FAIL {2}module\.json/),
      stderr: expect.stringContaining('[GOSSIP_E_MODULE_JSON]'),
    });
  });
});
