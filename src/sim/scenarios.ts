/** The scenarios of the test suite and of the command, in the order of the report. */
import type { Scenario } from './scenario.ts';
import { chaos } from './scenarios/everything.ts';
import { birth, spread } from './scenarios/health.ts';
import { held, outage } from './scenarios/modules.ts';
import { lossy, partitioned } from './scenarios/network.ts';
import { churning, replaced, sleeper } from './scenarios/nodes.ts';

export const SCENARIOS: readonly Scenario[] = [spread, birth, lossy, churning, partitioned, outage, held, sleeper, replaced, chaos];
