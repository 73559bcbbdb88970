/** The names of all settings that membership reads: its start refuses others, and `gossip deploy` does so before. */
export const SETTINGS: readonly string[] = ['intervalMs'];
