/**
 * `npm run deb`: the program as a Debian package for this machine's processor, with the Node that it runs on. Packs and installs the project as npm does, and has
 * debhelper make the rest from `deploy/debian`. Needs the registry, and Debian's debhelper, which root gets installed.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { readOptions } from './options.ts';
import { install, pack, run } from './packed.ts';
import { ROOT } from './project.mjs';
import { environment } from './strangers.ts';

/** Shells, and how Debian calls what they complete by. */
const COMPLETIONS = { bash: 'gossip', zsh: '_gossip', fish: 'gossip.fish' } as const;

const { values } = readOptions({
  usage: 'npm run deb -- [OPTION]…: makes gossip_VERSION_PROCESSOR.deb.',
  options: { out: { type: 'string', value: 'DIRECTORY', default: '.', help: 'Where it is put.' } },
});

const folder = mkdtempSync(join(tmpdir(), 'gossip-deb-'));
try {
  process.stdout.write(`${build(resolve(values.out))}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The path of the package. */
function build(out: string): string {
  const env = environment(join(folder, 'home'));
  const place = { cwd: ROOT, env };
  run(place, join(ROOT, 'scripts', 'install-debian.sh'), 'debhelper');
  const source = join(folder, 'source');
  const gossip = install(place, pack(place, folder), join(folder, 'prefix'));
  mkdirSync(source);
  renameSync(join(folder, 'prefix', 'lib', 'node_modules', 'gossip'), join(source, 'package'));
  // Where npm got the packages from is nobody's business, and differs.
  rmSync(join(source, 'package', 'node_modules', '.package-lock.json'), { force: true });
  mkdirSync(join(source, 'completion'));
  const program = join(source, 'package', 'bin', basename(gossip));
  for (const [shell, name] of Object.entries(COMPLETIONS))
    writeFileSync(join(source, 'completion', name), run(place, program, 'completion', shell));
  cpSync(join(ROOT, 'CHANGELOG.md'), join(source, 'CHANGELOG.md'));
  cpSync(join(ROOT, 'deploy', 'debian'), join(source, 'debian'), { recursive: true });
  cpSync(join(ROOT, 'deploy', 'systemd', 'gossip.sysusers'), join(source, 'debian', 'sysusers'));
  const { made, changes } = changesOfDebian();
  writeFileSync(join(source, 'debian', 'changelog'), changes);
  const built = { cwd: source, env: { ...env, SOURCE_DATE_EPOCH: String(made.getTime() / 1_000) } };
  run(built, 'dpkg-buildpackage', '--build=binary', '--unsigned-source', '--unsigned-changes');
  const [name = ''] = readdirSync(folder).filter((each) => each.endsWith('.deb'));
  mkdirSync(out, { recursive: true });
  cpSync(join(folder, name), join(out, name));
  return join(out, name);
}

/** Debian's form of the newest heading of the change log, which stands for that day. */
function changesOfDebian(): { readonly made: Date; readonly changes: string } {
  const [, version = '', day = ''] = /^## (\S+) \((\d{4}-\d{2}-\d{2})\)$/m.exec(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')) ?? [];
  const made = new Date(`${day}T00:00:00Z`);
  const [maintainer = ''] = /(?<=^Maintainer: ).*/m.exec(readFileSync(join(ROOT, 'deploy', 'debian', 'control'), 'utf8')) ?? [];
  const lines = [`gossip (${version}) unstable; urgency=medium`, '', '  * See CHANGELOG.md.', ''];
  return { made, changes: [...lines, ` -- ${maintainer}  ${made.toUTCString().replace('GMT', '+0000')}`, ''].join('\n') };
}
