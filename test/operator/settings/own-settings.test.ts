/** The operator's own settings: what stands above what, what is refused, and what they become for commands. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { generateKey, toPem, toPublicPem } from '../../../src/trust/keys.ts';
import { faultOf, ownKey, ownValue, setOwn, variablesOf } from '../../../src/operator/settings/own-settings.ts';
import { openSettings } from '../../../src/operator/settings/settings.ts';
import type { Settings } from '../../../src/operator/settings/settings.ts';
import { nameOfOwn, standInByOwnSettings } from '../../../src/operator/settings/stand-in.ts';

let home: string;
let settings: Settings;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-own-settings-'));
  settings = openSettings({ GOSSIP_HOME: home });
});
afterEach(() => rm(home, { recursive: true, force: true }));

const usage = (message: string) => expect.objectContaining({ code: 'GOSSIP_E_USAGE', message: expect.stringContaining(message) });

test('the variable stands above the setting, and that above nothing at all; each says where it comes from', async () => {
  expect(ownValue(settings, 'author', {})).toEqual({ key: 'author', value: null, origin: 'default', from: null });
  await setOwn(settings, 'author', 'Ada');
  expect(ownValue(settings, 'author', {})).toMatchObject({ value: 'Ada', origin: 'settings', from: join(home, 'settings.json') });
  expect(ownValue(settings, 'author', { GOSSIP_AUTHOR: 'Bob' })).toMatchObject({ value: 'Bob', origin: 'variable', from: 'GOSSIP_AUTHOR' });
  await settings.setOwn('author', null);
  expect(ownValue(settings, 'author', { GOSSIP_AUTHOR: '' })).toMatchObject({ value: null, origin: 'default' });
});

test('they stand in for variables that are not given, for one command', async () => {
  await setOwn(settings, 'author', 'Ada');
  await setOwn(settings, 'settle', '5s');
  const environment: NodeJS.ProcessEnv = { GOSSIP_HOME: home, GOSSIP_SETTLE: '1s' };
  standInByOwnSettings(true, environment);
  expect(environment).toMatchObject({ GOSSIP_AUTHOR: 'Ada', GOSSIP_SETTLE: '1s' });
  await setOwn(settings, 'author', 'Bob');
  standInByOwnSettings(true, environment);
  expect(environment['GOSSIP_AUTHOR']).toBe('Bob');
  standInByOwnSettings(false, environment);
  expect(environment).toEqual({ GOSSIP_HOME: home, GOSSIP_SETTLE: '1s' });
});

test('a key file is none where a variable says what signs, and not beside a signer', async () => {
  const key = join(home, 'a.pem');
  await writeFile(key, toPem(generateKey()));
  await setOwn(settings, 'key-file', relative(process.cwd(), key));
  expect(variablesOf(settings, {})).toEqual({ GOSSIP_KEY_FILE: key });
  expect(variablesOf(settings, { GOSSIP_SIGNER: '/bin/s' })).toEqual({});
  await expect(setOwn(settings, 'signer', '/bin/s')).rejects.toEqual(usage('both say what signs'));
  await settings.setOwn('key-file', null);
  await setOwn(settings, 'signer', './s');
  expect(variablesOf(settings, {})).toEqual({ GOSSIP_SIGNER: resolve('s') });
});

test('a key file that is not there is refused, and one that is gone later is named by the setting', async () => {
  const key = join(home, 'a.pem');
  await expect(setOwn(settings, 'key-file', key)).rejects.toMatchObject({
    code: 'GOSSIP_E_FILE',
    message: `key-file: there is no file ${key}`,
  });
  const environment = { GOSSIP_HOME: home };
  await settings.setOwn('key-file', key);
  standInByOwnSettings(true, environment);
  expect(nameOfOwn('GOSSIP_KEY_FILE')).toBe('the setting key-file');
  standInByOwnSettings(false, environment);
  expect(nameOfOwn('GOSSIP_KEY_FILE')).toBe('GOSSIP_KEY_FILE');
});

test.each([
  ['is empty', '', 'it is empty'],
  ['holds no key', 'no key', 'it holds something else'],
  ['holds the public half', toPublicPem(generateKey()), 'it holds a public key'],
  ['is cut short, under a passphrase', toPem(generateKey(), 'horse').slice(0, -40), 'it holds the beginning of a private key'],
])('a key file that %s is refused at once, and nothing is set', async (_what, content, is) => {
  const key = join(home, 'a.pem');
  await writeFile(key, content);
  await expect(setOwn(settings, 'key-file', key)).rejects.toMatchObject({
    code: 'GOSSIP_E_KEY',
    message: expect.stringContaining(`key-file: ${key} is no private key: ${is}`),
  });
  expect(settings.own('key-file')).toBeNull();
});

test('a key file under a passphrase is taken as it is', async () => {
  const key = join(home, 'a.pem');
  await writeFile(key, toPem(generateKey(), 'horse'));
  await setOwn(settings, 'key-file', key);
  expect(settings.own('key-file')).toBe(key);
});

test('a variable that says nothing good is told where settings are shown', () => {
  const faultIn = (environment: Readonly<Record<string, string>>) => faultOf(ownValue(settings, 'settle', environment));
  expect(faultIn({ GOSSIP_SETTLE: 'abc' })).toBe("GOSSIP_SETTLE: 'abc' is not a duration");
  expect(faultIn({ GOSSIP_SETTLE: '2s' })).toBeNull();
  expect(faultIn({})).toBeNull();
});

test('what is none is refused, and a misspelt key gets the one that was meant', async () => {
  expect(() => ownKey('auhtor')).toThrow(expect.objectContaining({ code: 'GOSSIP_E_USAGE', advice: 'Did you mean author?' }));
  expect(() => ownKey('membership')).toThrow(expect.objectContaining({ advice: expect.stringContaining('gossip module settings MODULE') }));
  expect(() => ownKey('__proto__')).toThrow(usage('there is no setting'));
  await expect(setOwn(settings, 'settle', 'soon')).rejects.toEqual(usage('is not a duration'));
  await expect(setOwn(settings, 'author', '')).rejects.toEqual(usage('author is empty'));
  await expect(setOwn(settings, 'author', 'x'.repeat(10_000))).rejects.toEqual(usage('characters'));
  await expect(setOwn(settings, 'cluster', 'absent')).rejects.toMatchObject({ code: 'GOSSIP_E_NO_CLUSTER' });
  await expect(settings.setOwn('cluster', null)).rejects.toEqual(usage('always the one'));
});

test('a setting that was made none by hand is refused by its name; damaged settings are left to the commands that need them', async () => {
  const file = join(home, 'settings.json');
  await writeFile(file, JSON.stringify({ own: { settle: 'soon' } }));
  expect(() => variablesOf(settings, {})).toThrow(
    expect.objectContaining({ code: 'GOSSIP_E_FILE', message: expect.stringContaining('the setting settle') }),
  );
  await writeFile(file, '{"own":');
  const environment = { GOSSIP_HOME: home };
  standInByOwnSettings(true, environment);
  expect(environment).toEqual({ GOSSIP_HOME: home });
});

test('what another version has set is kept', async () => {
  const file = join(home, 'settings.json');
  await writeFile(file, JSON.stringify({ own: { colour: 'blue' }, later: 1 }));
  await setOwn(settings, 'author', 'Ada');
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ own: { colour: 'blue', author: 'Ada' }, later: 1 });
});
