/** The names of all settings that aggregate reads: it refuses to start with others, and `gossip deploy` refuses them earlier. */
export const SETTINGS: readonly string[] = ['intervalMs', 'value', 'values', 'epochRounds'];
