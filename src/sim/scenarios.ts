/** The scenarios of the test suite and of the command, in the order of the report. */
import type { Scenario } from './scenario.ts';
import { cloned, leaping, liars, noisy, silenced } from './scenarios/attacks.ts';
import { chaos } from './scenarios/everything.ts';
import { birth, spread } from './scenarios/health.ts';
import { badDisks, killed } from './scenarios/disks.ts';
import { cutOff, held, outage, removed, stillborn, withheld } from './scenarios/modules.ts';
import { disorder, flaky, gateways, halved, lossy } from './scenarios/network.ts';
import { churning, orphaned, replaced, sleeper, wrongClocks, yearAsleep } from './scenarios/nodes.ts';
import { rivals } from './scenarios/operators.ts';
import { oneWay, partitioned, swizzled } from './scenarios/partitions.ts';

const HEALTH = [spread, birth];
const NETWORK = [lossy, halved, disorder, flaky, gateways];
const PARTITIONS = [partitioned, oneWay, swizzled];
const NODES = [orphaned, churning, replaced, sleeper, yearAsleep, wrongClocks];
const DISKS = [killed, badDisks];
const OPERATORS = [rivals];
const MODULES = [outage, stillborn, held, withheld, cutOff, removed];
const ATTACKS = [silenced, liars, leaping, noisy, cloned];
const EVERYTHING = [chaos];

export const SCENARIOS: readonly Scenario[] = [HEALTH, NETWORK, PARTITIONS, NODES, DISKS, OPERATORS, MODULES, ATTACKS, EVERYTHING].flat();
