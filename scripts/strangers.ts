/** The surroundings of somebody who has nothing of this project: no Node 26 on PATH, no settings, no npm run around them. */
import { delimiter } from 'node:path';

/** What an npm run, or somebody at work on the project, adds. The way to the registry (proxies, certificates) stays. */
const OURS = /^(npm_(?!config_)|npm_config_(prefix|local_prefix|global_prefix|global)$|GOSSIP_|NODE$|NODE_(OPTIONS|PATH|ENV)$|INIT_CWD$)/i;

export function environment(home: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !OURS.test(name));
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules') && !folder.includes('node-gyp-bin'));
  return { ...Object.fromEntries(inherited), PATH: path.join(delimiter), GOSSIP_HOME: home };
}

export function expectLine(output: string, pattern: RegExp, what: string): void {
  if (!pattern.test(output)) throw new Error(`it should be so that ${what}; the output ended with:\n${output.slice(-500)}`);
}
