/** The product as it is built, loaded once: a lab's nodes are then the program that is shipped, and not its sources. */
import type * as NodeIdentityModule from '../../src/core/admission/node-identity.ts';
import type * as DataDirectoryModule from '../../src/core/store/data-directory.ts';
import type * as LabProcess from '../../src/lab/process.ts';
import type * as ManifestModule from '../../src/model/manifest.ts';
import type * as ClientModule from '../../src/operator/client/client.ts';
import type * as ClustersModule from '../../src/operator/cluster/clusters.ts';
import type * as StartLabModule from '../../src/operator/cluster/start-lab.ts';
import type * as DemoModules from '../../src/operator/demo/demo-modules.ts';
import type * as CodeSourceModule from '../../src/operator/deploy/code-source.ts';
import type * as DeployModule from '../../src/operator/deploy/deploy.ts';
import type * as SettingsModule from '../../src/operator/settings/settings.ts';
import type * as PlanModule from '../../src/operator/simulate/plan.ts';
import type * as SeedsModule from '../../src/operator/simulate/seeds.ts';
import { built } from '../../test/support/built.ts';

export const { nodeIdentity } = built('core/admission/node-identity.js') as typeof NodeIdentityModule;
export const { makeDataDirectory } = built('core/store/data-directory.js') as typeof DataDirectoryModule;
export const { startNodeProcess, endProcess } = built('lab/process.js') as typeof LabProcess;
export const { MAX_CODE_BYTES } = built('model/manifest.js') as typeof ManifestModule;
export const { OperatorClient } = built('operator/client/client.js') as typeof ClientModule;
export const { openCluster, openOperatorKey, makeJoinToken } = built('operator/cluster/clusters.js') as typeof ClustersModule;
export const { startLab } = built('operator/cluster/start-lab.js') as typeof StartLabModule;
export const { writeUpdate } = built('operator/demo/demo-modules.js') as typeof DemoModules;
export const { readCode } = built('operator/deploy/code-source.js') as typeof CodeSourceModule;
export const { deploy } = built('operator/deploy/deploy.js') as typeof DeployModule;
export const { openSettings } = built('operator/settings/settings.js') as typeof SettingsModule;
export const { planOf } = built('operator/simulate/plan.js') as typeof PlanModule;
export const { playSeeds } = built('operator/simulate/seeds.js') as typeof SeedsModule;
