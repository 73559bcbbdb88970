/** The manifests by the published schemas of Kubernetes, its restricted security standard, and what they name of the program. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validate as validateBudget } from 'kubernetes-models/_schemas/IoK8sApiPolicyV1PodDisruptionBudget';
import { validate as validateDaemonSet } from 'kubernetes-models/_schemas/IoK8sApiAppsV1DaemonSet';
import { validate as validateService } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Service';
import { validate as validateStatefulSet } from 'kubernetes-models/_schemas/IoK8sApiAppsV1StatefulSet';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { ROOT } from '../../scripts/project.mjs';
import { NODE_FLAGS } from '../../src/node/flags.ts';

type Validate = ((manifest: unknown) => boolean) & { readonly errors?: unknown };

interface Container {
  readonly name: string;
  readonly args?: readonly string[];
  readonly securityContext: Readonly<Record<string, unknown>>;
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: {
    readonly template?: {
      readonly spec: {
        readonly securityContext: Readonly<Record<string, unknown>>;
        readonly volumes: readonly Readonly<Record<string, unknown>>[];
        readonly containers: readonly Container[];
        readonly initContainers?: readonly Container[];
      };
    };
  };
}

const SCHEMAS: Readonly<Record<string, { readonly validate: Validate; readonly type: string }>> = {
  DaemonSet: { validate: validateDaemonSet, type: 'apps/v1/DaemonSet' },
  PodDisruptionBudget: { validate: validateBudget, type: 'policy/v1/PodDisruptionBudget' },
  Service: { validate: validateService, type: 'v1/Service' },
  StatefulSet: { validate: validateStatefulSet, type: 'apps/v1/StatefulSet' },
};
/** Volumes that the restricted standard allows, and we use. */
const VOLUMES = ['emptyDir', 'secret'];

function manifests(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(join(ROOT, 'deploy/kubernetes', file), 'utf8')).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Manifest;
  });
}

function schemaOf({ kind }: Manifest): { readonly validate: Validate; readonly type: string } {
  const schema = SCHEMAS[kind];
  if (schema === undefined) throw new Error(`there is no schema of ${kind}`);
  return schema;
}

const all = ['rendezvous.yaml', 'node.yaml'].flatMap(manifests);

test('they are what the schemas say', () => {
  for (const manifest of all) {
    const { validate } = schemaOf(manifest);
    expect([validate(manifest), validate.errors]).toEqual([true, null]);
    expect(validate({ ...manifest, spec: { ...manifest.spec, selector: 7 } })).toBe(false);
  }
});

/** Keys that there are not pass by a schema of Kubernetes; the compiler finds them by the types that are written from it. */
test('they have no key that there is not', { timeout: 120_000 }, () => {
  expect(compiled(all)).toBe('');
  expect(compiled([{ ...all[0], spek: {} } as never])).toContain('"spek"');
});

function compiled(checked: readonly Manifest[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'gossip-kubernetes-'));
  try {
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    const lines = checked.map((manifest, index) => {
      const { type } = schemaOf(manifest);
      return `import type { I${manifest.kind} as T${index} } from 'kubernetes-models/${type}';\n(${JSON.stringify(manifest)}) satisfies T${index};`;
    });
    writeFileSync(join(directory, 'manifests.ts'), lines.join('\n'));
    const flags = ['--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck', '--types', '', '--module', 'preserve', '--target', 'esnext'];
    const { stdout, error } = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), [...flags, 'manifests.ts'], {
      cwd: directory,
      encoding: 'utf8',
    });
    return error?.message ?? stdout;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const pods = all.flatMap(({ spec: { template } }) => (template === undefined ? [] : [template.spec]));

test('pods keep to the restricted standard', () => {
  expect(pods).toHaveLength(2);
  for (const { securityContext, containers, initContainers = [], volumes } of pods) {
    expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const container of [...containers, ...initContainers]) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
    expect(volumes.flatMap((volume) => Object.keys(volume)).filter((key) => key !== 'name' && !VOLUMES.includes(key))).toEqual([]);
  }
});

test('they give nodes flags that there are', () => {
  const scripts = pods.flatMap(({ containers }) => containers.flatMap(({ args = [] }) => args));
  const used = scripts.flatMap((script) => [...script.matchAll(/ --([a-z-]+)/g)].map(([, name]) => name));
  expect(used.length).toBeGreaterThan(8);
  expect(used.filter((name) => !Object.hasOwn(NODE_FLAGS, name ?? ''))).toEqual([]);
});
