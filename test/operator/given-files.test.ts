import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseModuleSettings } from '../../src/operator/settings-text.ts';
import { parseScenario } from '../../src/operator/simulate/scenario-file.ts';
import { readToken } from '../../src/operator/token-source.ts';

let directory: string;
beforeAll(async () => (directory = await mkdtemp(join(tmpdir(), 'gossip-token-'))));
afterAll(() => rm(directory, { recursive: true, force: true }));

const TOKEN = 'gossip-join-1.abc';
const code = (expected: string) => expect.objectContaining({ code: expected });

it('a byte order mark before JSON that people write does no harm', async () => {
  const file = join(directory, 'settings.json');
  await writeFile(file, '\ufeff{"n":1}');
  expect(await parseModuleSettings(`@${file}`)).toEqual({ n: 1 });
  const scenario = { type: 'gossip/scenario/1', nodes: 3, steps: [{ at: '1s', do: 'deploy' }] };
  expect(parseScenario(Buffer.from(`\ufeff${JSON.stringify(scenario)}`), 'scenario').nodes).toBe(3);
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
