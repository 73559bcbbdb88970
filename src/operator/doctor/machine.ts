/** What this machine gives to a node: isolation of modules, descriptors, a program that runs. */
import { readFile } from 'node:fs/promises';
import { bestIsolation } from '../../core/hosting/sandbox/isolation.ts';
import type { IsolationLevel } from '../../core/hosting/sandbox/isolation.ts';
import { ok, warning } from './finding.ts';
import type { Finding } from './finding.ts';

/** Connections of some hundred peers, and files. */
const FEW_DESCRIPTORS = 1_024;

export async function machineFindings(): Promise<readonly Finding[]> {
  return [isolationFinding((await bestIsolation()).level), ...(await descriptorFindings())];
}

export function isolationFinding(level: IsolationLevel): Finding {
  if (level === 'own-root') return ok('isolation', 'modules run in namespaces, with a root of their own (own-root)');
  if (level === 'namespaces') return ok('isolation', 'modules run in namespaces of their own');
  return warning(
    'isolation',
    'this system allows no namespaces: modules are held by the permission model alone',
    'Allow unprivileged user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone; in a container seccomp and AppArmor).',
  );
}

/** Of this process; a service may have other limits. Only Linux tells. */
async function descriptorFindings(): Promise<readonly Finding[]> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => null);
  const [, soft, hard] = /^Max open files\s+(\d+)\s+(\d+)/m.exec(limits ?? '') ?? [];
  if (soft === undefined || hard === undefined) return [];
  // Node raises the soft limit to the hard one by itself.
  if (Number(hard) > FEW_DESCRIPTORS) return [ok('descriptors', `a process may open ${hard} files and connections`)];
  return [
    warning(
      'descriptors',
      `a process may open ${hard} files and connections only`,
      'Raise it: LimitNOFILE=65536 of the service, or ulimit -Hn.',
    ),
  ];
}
