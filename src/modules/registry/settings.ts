/** The names of all settings that registry reads: it refuses to start with others, and `gossip deploy` refuses them earlier. */
export const SETTINGS: readonly string[] = ['intervalMs', 'entries', 'deletions'];
