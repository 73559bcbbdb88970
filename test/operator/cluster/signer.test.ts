import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openSigner } from '../../../src/operator/cluster/signer.ts';
import { openInstead, signsInstead } from '../../../src/operator/cluster/signs-instead.ts';
import { signEnvelope, verifyEnvelope } from '../../../src/trust/envelope.ts';
import { generateKey, toPem, toPublicPem } from '../../../src/trust/keys.ts';
import { writeProgram, writeSigner } from '../../support/signer.ts';

const [key, other] = [generateKey(), generateKey()];
const TYPE = 'gossip/test/1';
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gossip-signer-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));
const at = (name: string): string => join(directory, name);

/** An envelope by the program's key. */
function signedBy(program: string, answerMs?: number) {
  return signEnvelope(TYPE, { a: 1 }, [openSigner(program, answerMs === undefined ? {} : { answerMs })]);
}

describe('a program that signs', () => {
  it.each(['raw', 'base64'] as const)('signs as the key itself does, answering in %s', async (form) => {
    const program = await writeSigner(at(`good ${form}; $(false)`), key, { form });
    const envelope = signedBy(program);
    expect(envelope).toEqual(signEnvelope(TYPE, { a: 1 }, [key]));
    const rules = { payloadType: TYPE, maxBytes: 10_000, keys: new Map([[key.keyid, key.public]]), threshold: 1 };
    expect(verifyEnvelope(envelope, rules).payload).toEqual({ a: 1 });
    // Without a shell: its name is what it is, and it has one argument.
    expect(await readFile(`${program}.asked`, 'utf8')).toBe('["public"]\n["sign"]\n');
  });

  it('may take its time, and not for ever', async () => {
    const program = await writeProgram(at('slow'), 'setInterval(() => undefined, 1_000);');
    expect(() => openSigner(program, { answerMs: 300 })).toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_SIGNER', message: expect.stringContaining('did not answer within 0.3 s') }),
    );
  });

  it('is not waited for when it has left another program behind that holds its output open', async () => {
    const program = await writeProgram(
      at('forked'),
      `const { spawn } = await import('node:child_process');
const left = spawn(process.execPath, ['-e', 'setTimeout(() => undefined, 60_000)'], { stdio: ['ignore', 'inherit', 'ignore'], detached: true });
appendFileSync(${JSON.stringify(at('left.pid'))}, String(left.pid));
left.unref();`,
    );
    try {
      expect(() => openSigner(program, { answerMs: 5_000 })).toThrow(expect.objectContaining({ code: 'GOSSIP_E_SIGNER' }));
    } finally {
      process.kill(Number(await readFile(at('left.pid'), 'utf8')), 'SIGKILL');
    }
  });

  it.each([
    ['fails', 'process.exit(3);', 'ended with exit code 3'],
    ['dies', "process.kill(process.pid, 'SIGKILL');", 'ended with SIGKILL'],
    ['prints no key', "process.stdout.write('hello');", 'no Ed25519 public key in PEM'],
    ['prints nothing', '', 'no Ed25519 public key in PEM'],
    ['prints without end', "for (;;) process.stdout.write('x'.repeat(65536));", 'more than 16384 bytes'],
  ])('that %s is refused', async (name, act, why) => {
    const program = await writeProgram(at(name), act);
    expect(() => openSigner(program)).toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_SIGNER', exitCode: 6, message: expect.stringContaining(why) }),
    );
  });

  it.each([
    ['nothing', '', "answers 'sign' with 0 bytes"],
    ['half a signature', 'process.stdout.write(Buffer.alloc(32));', 'with 32 bytes that are no signature'],
    ['a signature that is none', 'process.stdout.write(Buffer.alloc(64));', 'another key than the one that it shows'],
    ['a private key', "process.stdout.write('-----BEGIN PRIVATE KEY-----');", 'that are no signature'],
    [
      'other bytes',
      `process.stdout.write(sign(null, Buffer.from('others'), createPrivateKey(${JSON.stringify(toPem(key))})));`,
      'or other bytes',
    ],
    ['an error', 'process.exit(1);', "ended with exit code 1 when it was asked for 'sign'"],
  ])('that signs %s is refused, and nothing is made of it', async (name, act, why) => {
    const program = await writeProgram(
      at(`answers ${name}`),
      `if (verb === 'public') process.stdout.write(${JSON.stringify(toPublicPem(key))}); else { readFileSync(0); ${act} }`,
    );
    expect(() => signedBy(program)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_SIGNER', message: expect.stringContaining(why) }));
  });

  it('that signs with another key than it shows is refused', async () => {
    const program = await writeSigner(at('two-faced'), other, { shown: key });
    expect(() => signedBy(program)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_SIGNER' }));
  });

  it('that is not there, or no program, is refused', async () => {
    await writeFile(at('text'), 'hello');
    for (const program of [at('nowhere'), `${at('nowhere')} --slot 1`, at('text'), directory])
      expect(() => openSigner(program)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_SIGNER' }));
  });
});

describe('what signs', () => {
  const never = () => Promise.reject(new Error('asked for a passphrase'));

  it('is chosen by the flag, else by one of two variables, else the key in the directory', () => {
    const both = { GOSSIP_SIGNER: 'p', GOSSIP_KEY_FILE: 'f' };
    expect(signsInstead('flag', both)).toEqual({ program: 'flag' });
    expect(signsInstead(undefined, { GOSSIP_SIGNER: 'p', GOSSIP_KEY_FILE: '' })).toEqual({ program: 'p' });
    expect(signsInstead(undefined, { GOSSIP_KEY_FILE: 'f' })).toEqual({ file: 'f' });
    expect(signsInstead(undefined, {})).toBeNull();
    expect(() => signsInstead(undefined, both)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_USAGE' }));
  });

  it('is not silently another key where a script of before says GOSSIP_KEY', () => {
    expect(() => signsInstead(undefined, { GOSSIP_KEY: 'f' })).toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_USAGE', advice: expect.stringContaining('GOSSIP_KEY_FILE') }),
    );
  });

  it('is the key of the file, under its passphrase', async () => {
    await writeFile(at('ci.key'), toPem(key, 'horse'), { mode: 0o600 });
    const owner = { passphrase: () => Promise.resolve('horse'), instead: () => ({ file: at('ci.key') }) };
    expect((await openInstead(owner))?.keyid).toBe(key.keyid);
    await expect(openInstead({ ...owner, passphrase: () => Promise.resolve('cow') })).rejects.toMatchObject({
      code: 'GOSSIP_E_PASSPHRASE',
    });
    await expect(openInstead({ passphrase: never, instead: () => ({ file: at('nowhere') }) })).rejects.toMatchObject({
      code: 'GOSSIP_E_FILE',
    });
    expect(await openInstead({ passphrase: never })).toBeNull();
  });
});

it.skipIf(spawnSync('openssl', ['version']).status !== 0)('the signer of the operators’ guide signs', async () => {
  const guide = await readFile(new URL('../../../docs/operators.md', import.meta.url), 'utf8');
  const [, script = ''] = /```\n(#!\/bin\/sh\ncase[\s\S]*?)```/.exec(guide) ?? [];
  await writeFile(at('guide.sh'), script, { mode: 0o755 });
  await writeFile(at('guide.key'), toPem(key), { mode: 0o600 });
  vi.stubEnv('KEY', at('guide.key'));
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(signedBy(at('guide.sh'))).toEqual(signEnvelope(TYPE, { a: 1 }, [key]));
});
