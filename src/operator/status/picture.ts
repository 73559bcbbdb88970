/** Whether two looks at a cluster show the same: ages and numbers that always move are left out. */
import { problemsOf } from './problems.ts';
import type { ClusterStatus, NodeRow } from './status.ts';

/** Equal for looks between which nothing happened. */
export function pictureOf(status: ClusterStatus): string {
  const { newest, converged, known, answered, nodes } = status;
  const problems = problemsOf(status).map(({ kind, module, nodes: whom }) => [kind, module, whom.map(({ id }) => id).sort()]);
  return JSON.stringify([newest, converged, known, answered, problems, nodes.map(nodePicture).sort()]);
}

function nodePicture({ id, address, reachable, belief, incarnation, modules, alarms }: NodeRow): string {
  const shown = modules.map(({ name, deployment, state, why, restarts }) => [name, deployment, state, why?.code, restarts]);
  return JSON.stringify([id, address, reachable, belief, incarnation, shown, alarms.map(({ code }) => code)]);
}
