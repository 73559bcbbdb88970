/**
 * `npm run release:check`: whether the last commit is a release. Clones it into a fresh place and looks at what a user would: that it packs to the same bytes
 * twice, installs into an empty prefix, knows its version, shows its man pages, completes in each shell, runs the demo, and works beside the previous release.
 * Says what it saw of each; ends with 1 where anything is not so. Needs the registry, and ten minutes.
 */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install, pack, run } from './packed.ts';
import type { Place } from './packed.ts';
import { ROOT } from './project.mjs';
import { environment, expectLine } from './strangers.ts';

/** What a shell must say once the completion was loaded. */
const SHELLS: readonly (readonly [shell: string, script: (file: string) => string, says: RegExp])[] = [
  ['bash', (file) => `. '${file}' && complete -p gossip`, /^complete .*gossip$/m],
  ['zsh', (file) => `autoload -U compinit && compinit -D -u && . '${file}' && print $_comps[gossip]`, /_gossip/],
  ['fish', (file) => `source '${file}'; complete -c gossip`, /gossip/],
];

const folder = mkdtempSync(join(tmpdir(), 'gossip-release-'));
const env = environment(join(folder, 'home'));
const fresh: Place = { cwd: join(folder, 'fresh'), env };
const stranger: Place = { cwd: folder, env };
let failed = 0;

try {
  if (run({ cwd: ROOT, env }, 'git', 'status', '--porcelain') !== '')
    process.stdout.write('note  what is not committed is not looked at\n');
  check('clone', clone);
  const version = check('version', versionOf) ?? '';
  const packed = check('same twice', packTwice);
  const gossip = packed === undefined ? undefined : check('install', () => installed(packed));
  if (gossip !== undefined) {
    check('--version', () =>
      expected(run(stranger, gossip, '--version'), new RegExp(`^gossip/${version.replaceAll('.', '\\.')} `), 'it knows its version'),
    );
    check('man pages', manPages);
    check('docs', docs);
    for (const [shell, script, says] of SHELLS) check(`completion in ${shell}`, () => completion(gossip, shell, script, says));
    check('demo', () => expected(run(stranger, gossip, 'demo'), /^Repaired: .*$/m, 'the demo repairs all nodes'));
  }
  check('beside the previous release', besideThePrevious);
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
process.stdout.write(failed === 0 ? 'release: good\n' : `release: ${failed} not good\n`);
process.exitCode = failed === 0 ? 0 : 1;

/** Says what was seen; undefined where it was not so. */
function check(what: string, look: () => string): string | undefined {
  try {
    const seen = look();
    process.stdout.write(`ok    ${what}: ${seen}\n`);
    return seen;
  } catch (error) {
    failed += 1;
    process.stdout.write(`FAIL  ${what}: ${(error as Error).message}\n`);
    return undefined;
  }
}

function expected(output: string, pattern: RegExp, what: string): string {
  expectLine(output, pattern, what);
  return pattern.exec(output)?.[0].trim() ?? '';
}

function clone(): string {
  run(stranger, 'git', 'clone', '--quiet', ROOT, fresh.cwd);
  // The build of the previous release is the same for every clone.
  const kept = join(ROOT, '.previous-release');
  if (existsSync(kept)) symlinkSync(kept, join(fresh.cwd, '.previous-release'));
  run(fresh, 'npm', 'run', '--silent', 'setup');
  return run(fresh, 'git', 'log', '-1', '--format=%h %s').trim();
}

/** The newest heading of the change log tells the version of the package, and nothing stands above it. */
function versionOf(): string {
  const { version } = JSON.parse(readFileSync(join(fresh.cwd, 'package.json'), 'utf8')) as { version: string };
  const [, heading = ''] = /^## (.*)$/m.exec(readFileSync(join(fresh.cwd, 'CHANGELOG.md'), 'utf8')) ?? [];
  if (!new RegExp(`^${version.replaceAll('.', '\\.')} \\(\\d{4}-\\d{2}-\\d{2}\\)$`).test(heading))
    throw new Error(`package.json says ${version}, and CHANGELOG.md begins with '${heading}'`);
  return version;
}

/** Once as it was set up, and once built anew. */
function packTwice(): string {
  const first = pack(fresh, join(folder, 'first'));
  run(fresh, 'npm', 'run', '--silent', 'build');
  const second = pack(fresh, join(folder, 'second'));
  const [a, b] = [first, second].map((path) => createHash('sha256').update(readFileSync(path)).digest('hex'));
  if (a !== b) throw new Error(`${a} and ${b}`);
  process.stdout.write(`      sha256 ${a}, ${readFileSync(first).length} bytes\n`);
  return first;
}

function installed(packed: string): string {
  return install(stranger, packed, join(folder, 'prefix'));
}

function manPages(): string {
  const { man } = JSON.parse(readFileSync(join(fresh.cwd, 'package.json'), 'utf8')) as { man: readonly string[] };
  const share = join(folder, 'prefix', 'share', 'man');
  const lacking = man
    .map((path) => path.slice('man/'.length))
    .filter((name) => !lstatSync(join(share, `man${name.at(-1)}`, name), { throwIfNoEntry: false }));
  if (lacking.length > 0) throw new Error(`not linked: ${lacking.join(', ')}`);
  const { status, stdout } = spawnSync('man', ['-M', share, '-w', 'gossip-deploy'], { env, encoding: 'utf8' });
  if (status !== null && status !== 0) throw new Error('man does not find gossip-deploy');
  return `${man.length} linked${status === null ? '; no man here to ask' : `, man finds ${stdout.trim().replace(`${folder}/`, '')}`}`;
}

function docs(): string {
  const place = join(folder, 'prefix', 'lib', 'node_modules', 'gossip', 'docs');
  const schemas = readdirSync(join(place, 'schemas'));
  if (schemas.length === 0 || !existsSync(join(place, 'surface.txt'))) throw new Error('schemas or surface.txt are not in the package');
  return `${schemas.length} schemas, surface.txt, ${readdirSync(place).filter((name) => name.endsWith('.md')).length} guides`;
}

function completion(gossip: string, shell: string, script: (file: string) => string, says: RegExp): string {
  const file = join(folder, `completion.${shell}`);
  writeFileSync(file, run(stranger, gossip, 'completion', shell));
  const { status, stdout, stderr } = spawnSync(shell, ['-c', script(file)], {
    cwd: folder,
    env: { ...env, HOME: folder },
    encoding: 'utf8',
  });
  if (status === null) return `${shell} is not installed here`;
  if (status !== 0 || stderr !== '') throw new Error(`${shell} ended with ${status}: ${stderr}`);
  return expected(stdout, says, `${shell} knows the completion`).slice(0, 80);
}

function besideThePrevious(): string {
  const vitest = join(fresh.cwd, 'node_modules', '.bin', 'vitest');
  const place = { ...fresh, env: { ...env, PATH: `${join(fresh.cwd, 'node_modules', '.bin')}:${env['PATH']}` } };
  const told = run(place, vitest, 'run', 'test/e2e/previous-release.test.ts');
  return expected(told, /^[1-9]\d* passed, 0 failed, 0 skipped$/m, 'old and new work together');
}
