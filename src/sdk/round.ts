/** How often a module gossips, unless it has reasons of its own. */
import type { ModuleContext } from './module.ts';
import { asInteger, field } from './parse.ts';

const DEFAULT_MS = 1_000;

/** The deployment's setting `intervalMs` (20 to 600,000), else the node's own gossip round, else one second. */
export function roundMs({ settings, intervalMs = DEFAULT_MS }: Pick<ModuleContext, 'settings' | 'intervalMs'>): number {
  return asInteger(field(settings, 'intervalMs') ?? intervalMs, 'settings.intervalMs', { min: 20, max: 600_000 });
}
