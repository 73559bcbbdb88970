/** A host's own root holds what it does even where nothing of Node's stands in its way (attack D10). */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findIsolation, isolationCandidates } from '../../../src/core/hosting/sandbox/isolation.ts';
import { hostCommand } from '../../../src/core/hosting/sandbox/launch.ts';
import { moduleSource, useHosts } from './support.ts';

const hosts = useHosts(fileURLToPath(new URL('./fixtures/unsealed-host.ts', import.meta.url)));
const works = (await findIsolation(isolationCandidates().filter(({ level }) => level === 'own-root'))).level === 'own-root';
if (!works) process.stdout.write('skipped: a root of its own needs unshare, setpriv and user namespaces, which this system lacks\n');

/** A process that Node lets do everything. */
const trusted: typeof hostCommand = (request) => {
  const command = hostCommand(request);
  return { ...command, args: command.args.filter((arg) => !/^--(permission|allow|no-|freeze)/.test(arg)) };
};

const source = moduleSource(
  {
    inspect: `async inspect() {
      const done = [];
      for (const [name, attempt] of Object.entries(attempts)) try { if ((await attempt(this.context.settings.secret)) !== false) done.push(name); } catch {}
      return done;
    }`,
  },
  `import fs from 'node:fs'; import path from 'node:path'; import tls from 'node:tls'; import { createRequire } from 'node:module'; import { execFileSync } from 'node:child_process';
  const own = path.dirname(new URL(import.meta.url).pathname);
  const attempts = {
    'write beside its code': () => fs.writeFileSync(own + '/planted', 'x'),
    'write beside a secret': (secret) => fs.writeFileSync(secret + '.planted', 'x'),
    'write to a temporary directory': () => { fs.writeFileSync('/tmp/gossip-planted', 'x'); fs.unlinkSync('/tmp/gossip-planted'); },
    'read a secret': (secret) => fs.readFileSync(secret),
    'learn by require.resolve that a file exists': (secret) => createRequire(secret).resolve(secret),
    'list the root of the system': () => fs.readdirSync('/').includes('etc'),
    'read what Node opens by itself': () => { process.env.SSL_CERT_FILE = '/etc/ssl/certs/ca-certificates.crt'; return tls.getCACertificates('system').length > 0; },
    'run a program of the system': () => execFileSync('/bin/sh', ['-c', 'true']) && true,
  };`,
);

async function attempted(level: 'own-root' | 'namespaces'): Promise<unknown> {
  const secret = join(hosts.dir, 'secret.js');
  await writeFile(secret, '1');
  const isolation = await findIsolation(isolationCandidates().filter((candidate) => candidate.level === level));
  const { host } = await hosts.run(source, { command: trusted, isolation, settings: { secret } });
  return host.inspect();
}

describe.runIf(works)('a host with a root of its own', () => {
  it('writes nothing and sees nothing of the system, even when Node denies it nothing', async () => {
    expect(await attempted('own-root')).toEqual([]);
  });

  it('does so where it has namespaces alone', async () => {
    expect(await attempted('namespaces')).toEqual(
      expect.arrayContaining([
        'write beside its code',
        'write beside a secret',
        'write to a temporary directory',
        'read a secret',
        'learn by require.resolve that a file exists',
        'list the root of the system',
        'run a program of the system',
      ]),
    );
  });

  it('holds no capability and can get none', async () => {
    const status = moduleSource(
      { inspect: "inspect() { return fs.readFileSync('/proc/self/status', 'utf8').match(/^(CapPrm|CapEff|CapBnd|NoNewPrivs):.*/gm); }" },
      "import fs from 'node:fs';",
    );
    const { host } = await hosts.run(status, { command: trusted });
    expect(await host.inspect()).toEqual([
      'CapPrm:\t0000000000000000',
      'CapEff:\t0000000000000000',
      'CapBnd:\t0000000000000000',
      'NoNewPrivs:\t1',
    ]);
  });

  it('runs code whose path has spaces of all kinds, a backslash and a quote', async () => {
    const directory = join(hosts.dir, 'odd\u00a0\u2003\r\n\t "pa\\th\'s');
    await mkdir(directory);
    await writeFile(join(directory, 'module.json'), '{"name":"probe","version":"1","entry":"index.mjs","api":1}');
    await writeFile(join(directory, 'index.mjs'), moduleSource());
    const { host } = await hosts.run(directory);
    expect(await host.inspect()).toEqual({ state: 'fresh' });
  });
});
