/** What is called without the proxy. */
import { describe, expect, test } from 'vitest';
import { parseDirect } from '../../../src/core/transport/client/direct.ts';
import type { Address } from '../../../src/model/names.ts';
import { chooseProxies } from '../../../src/node/proxy-choice.ts';

const at = (text: string) => text as Address;
const WISHES = { proxies: ['http://10.0.0.9:3128'], onCommandLine: false, direct: undefined };

test('networks, single addresses, or all', () => {
  const direct = parseDirect('10.0.0.0/8, fd00::/8 192.168.1.7');
  const addresses = ['10.1.2.3:1', '11.0.0.1:1', '[fd12::1]:1', '[2a00::1]:1', '192.168.1.7:1', '192.168.1.8:1'];
  expect(addresses.map((address) => direct(at(address)))).toEqual([true, false, true, false, true, false]);
  expect(parseDirect('*')(at('8.8.8.8:1'))).toBe(true);
  const ported = parseDirect('10.0.0.1:7946,[fd00::1]:7946');
  expect(['10.0.0.1:7946', '10.0.0.1:7947', '[fd00::1]:7946', '[fd00::1]:1'].map((address) => ported(at(address)))).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect(() => parseDirect('example.com')).toThrow(expect.objectContaining({ code: 'GOSSIP_E_PROXY' }));
});

describe('by default', () => {
  test('loopback is called directly, and what NO_PROXY lists; its host names say nothing here', async () => {
    const { direct } = await chooseProxies(WISHES, { NO_PROXY: 'localhost,.example.com,10.0.0.0/8,[fd00::1]' });
    const addresses = ['127.0.0.1:1', '[::1]:1', '10.1.2.3:1', '[fd00::1]:1', '192.168.1.1:1'];
    expect(addresses.map((address) => direct(at(address)))).toEqual([true, true, true, true, false]);
  });

  test('an HTTPS_PROXY that is not used is said, and nothing where a proxy was given', async () => {
    const environment = { HTTPS_PROXY: 'http://10.0.0.9:3128' };
    expect((await chooseProxies({ ...WISHES, proxies: [] }, environment)).remarks).toEqual([
      expect.stringContaining('HTTPS_PROXY is set, but not used'),
    ]);
    expect((await chooseProxies(WISHES, environment)).remarks).toEqual([]);
  });
});

test('that of the environment where it is asked for; several in turn, with commas, and in a file', async () => {
  const environment = { https_proxy: 'http://joe:secret@10.0.0.1:1', ALL_PROXY: 'http://10.0.0.2:1' };
  const chosen = async (...proxies: readonly string[]) =>
    (await chooseProxies({ ...WISHES, proxies, onCommandLine: true }, environment)).proxies;
  expect(await chosen('env')).toEqual(['http://joe:secret@10.0.0.1:1']);
  expect(await chosen('http://a:1,http://u:p,w@b:2', 'env')).toEqual(['http://a:1', 'http://u:p,w@b:2', 'http://joe:secret@10.0.0.1:1']);
  expect(await chooseProxies({ ...WISHES, proxies: ['env'] }, {})).toMatchObject({
    proxies: [],
    remarks: [expect.stringContaining('is set')],
  });
  await expect(chosen('http://a:1,,http://b:1')).rejects.toMatchObject({ code: 'GOSSIP_E_PROXY' });
  await expect(chosen(...Array.from({ length: 9 }, () => 'http://a:1'))).rejects.toMatchObject({ code: 'GOSSIP_E_PROXY' });
});

test('a password on the command line is warned of, one in the environment is not', async () => {
  const proxy = 'http://ada:secret@10.0.0.9:3128';
  const remarks = async (onCommandLine: boolean) => (await chooseProxies({ ...WISHES, proxies: [proxy], onCommandLine }, {})).remarks;
  expect([await remarks(true), await remarks(false)]).toEqual([[expect.not.stringContaining('secret')], []]);
});

test('a proxy in a file', async () => {
  const { mkdtemp, rm, writeFile } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const { join } = await import('node:path');
  const directory = await mkdtemp(join(tmpdir(), 'gossip-proxy-'));
  try {
    await writeFile(join(directory, 'proxy'), '\uFEFFhttp://ada:secret@10.0.0.9:3128\n');
    expect((await chooseProxies({ ...WISHES, proxies: [`@${join(directory, 'proxy')}`] }, {})).proxies).toEqual([
      'http://ada:secret@10.0.0.9:3128',
    ]);
    await expect(chooseProxies({ ...WISHES, proxies: [`@${join(directory, 'none')}`] }, {})).rejects.toMatchObject({
      code: 'GOSSIP_E_FILE',
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
