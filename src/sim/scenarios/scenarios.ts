/** The scenarios of the test suite and of the command, in the order of the report. */
import type { Scenario } from './scenario.ts';
import { cloned, leaping, liars, noisy, silenced, stolen } from './attacks.ts';
import { chaos } from './everything.ts';
import { stale } from './freezes.ts';
import { birth, spread } from './health.ts';
import { badDisks, killed } from './disks.ts';
import { cutOff, held, outage, removed, stillborn, withheld } from './modules.ts';
import { disorder, flaky, gateways, halved, lossy } from './network.ts';
import { churning, orphaned, replaced, sleeper, wrongClocks, yearAsleep } from './nodes.ts';
import { rivals } from './operators.ts';
import { recovering, rotating } from './roots.ts';
import { oneWay, partitioned, swizzled } from './partitions.ts';

const HEALTH = [spread, birth];
const NETWORK = [lossy, halved, disorder, flaky, gateways];
const PARTITIONS = [partitioned, oneWay, swizzled];
const NODES = [orphaned, churning, replaced, sleeper, yearAsleep, wrongClocks];
const DISKS = [killed, badDisks];
const OPERATORS = [rivals, rotating, recovering];
const MODULES = [outage, stillborn, held, withheld, cutOff, removed];
const ATTACKS = [silenced, liars, leaping, noisy, cloned, stolen, stale];
const EVERYTHING = [chaos];

export const SCENARIOS: readonly Scenario[] = [HEALTH, NETWORK, PARTITIONS, NODES, DISKS, OPERATORS, MODULES, ATTACKS, EVERYTHING].flat();
