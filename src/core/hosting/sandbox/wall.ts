/**
 * A root of its own for a host: a read-only file system that shows the system's libraries, Node, the host's program and
 * the module's code, and nothing else. It holds whatever Node's own checks let through (attack D10).
 */
import { lstatSync, readlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';

export interface Wall {
  /** Drops all capabilities inside. */
  readonly setpriv: string;
  /** Where the system lets nobody mount a /proc of its own, the outer one shows. */
  readonly proc: 'own' | 'outer';
}

/** What a host may see. */
export interface Visible {
  readonly files: readonly string[];
  readonly directories: readonly string[];
}

/** A directory that every Linux has and no host needs. In the host's mount namespace it becomes the new root. */
const ROOT = '/sys';
export const SHELL = '/bin/sh';
const LIBRARIES = ['/usr/lib', '/usr/lib64', '/lib', '/lib64'];
const SEALED = 'ro,nosuid,nodev';

/**
 * One run of each program for all that it does: each more would cost a start some milliseconds. A fixed PATH, for what the
 * core's environment says must not choose what is started. Who is in a chroot may make no user namespace, and without
 * capabilities there is no way out of it.
 */
function scriptOf({ setpriv, table, files, links }: Script): string {
  const below = files.map((path) => ROOT + path);
  return `set -e
# Process 1 of a namespace, or this would hide the core's own files.
[ $$ = 1 ]
PATH=/usr/bin:/bin:/usr/sbin:/sbin
mount -t tmpfs -o size=256k,mode=0755,nosuid,nodev none ${ROOT}
mkdir -p ${quoted([...new Set(below.map((path) => dirname(path)))])}
for file in ${quoted(below)}; do : > "$file"; done
${links.length === 0 ? '' : `ln -s ${quoted(links)} ${ROOT}`}
printf '%s\n' ${quoted(table)} > ${ROOT}/fstab
mount --all --fstab ${ROOT}/fstab
mount -o remount,bind,${SEALED} ${ROOT}
unset PWD OLDPWD SHLVL
exec chroot ${ROOT} ${quoted([setpriv])} --no-new-privs --bounding-set=-all --inh-caps=-all "$@"`;
}

interface Script extends Pick<Wall, 'setpriv'> {
  readonly table: readonly string[];
  readonly files: readonly string[];
  readonly links: readonly string[];
}

/** What stands in front of a host's command line, behind that which gives it a mount namespace. */
export function wallCommand({ setpriv, proc }: Wall, { files, directories }: Visible): string[] {
  const { links, shown } = libraries();
  const hidden = (path: string): boolean => !shown.some((library) => path.startsWith(`${library}/`));
  const programs = [setpriv, ...files].filter(hidden);
  const table = [
    ...shown.map((path) => bind(path, SEALED)),
    ...directories.filter(hidden).map((path) => bind(path, `${SEALED},noexec`)),
    ...programs.map((path) => bind(path, SEALED)),
    proc === 'own' ? `proc ${ROOT}/proc proc ${SEALED},noexec,X-mount.mkdir 0 0` : `/proc ${ROOT}/proc none rbind,X-mount.mkdir 0 0`,
  ];
  return [SHELL, '-c', scriptOf({ setpriv, table, files: programs, links }), 'sh'];
}

/** As one word each, whatever is in it. */
function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
}

function bind(path: string, options: string): string {
  const escaped = escape(path);
  return `${escaped} ${ROOT}${escaped} none bind,${options},X-mount.mkdir 0 0`;
}

/** As fstab(5) wants it, which knows of no other white space. */
function escape(path: string): string {
  return path.replace(/[ \t\n\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

/** Most systems have links to /usr in place of the old directories. */
function libraries(): { links: string[]; shown: string[] } {
  const links: string[] = [];
  const shown: string[] = [];
  for (const path of LIBRARIES) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    const target = stat.isSymbolicLink() ? readlinkSync(path).replace(/^\/+/, '') : undefined;
    if (target?.startsWith('usr/') === true && basename(target) === basename(path)) links.push(target);
    else shown.push(path);
  }
  return { links, shown };
}
