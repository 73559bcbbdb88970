/** The names of all settings that aggregate reads: it refuses to start with others; settings.schema.json says more, to commands and nodes of this version. */
export const SETTINGS: readonly string[] = ['intervalMs', 'value', 'values', 'epochRounds'];
