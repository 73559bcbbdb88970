/**
 * Lets debuggers into this process; only in a host that its core started for them. What that needs the module must not have, so this takes it away
 * again: it meets the same walls as anywhere.
 */
import { once } from 'node:events';
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { DEBUGGER_THREAD } from './debugger-thread.ts';
import { sealInspector } from './seal.ts';

/** Resolves when the thread listens. `sources`: the URL below which debuggers see the files of `directory`. */
export async function letDebuggersIn(directory: string, sources: string): Promise<void> {
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  const thread = new Worker(new URL(import.meta.url), { argv: [DEBUGGER_THREAD] });
  thread.unref();
  await once(thread, 'message');
  process.permission.drop('worker');
  // This permission is asked for whenever a debugger comes, so it stays; the module is kept from what it is for.
  sealInspector();
  nameSources(`${pathToFileURL(directory).href}/`, sources);
}

/**
 * V8 calls a script what the last line of it says: that of the author's own file, in place of a directory that is another one after each update.
 * So a breakpoint holds for the next instance, too.
 */
function nameSources(below: string, sources: string): void {
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      if (!url.startsWith(below) || !isScript(loaded.format) || loaded.source === undefined || loaded.source === null) return loaded;
      const text = typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString();
      return { ...loaded, source: `${text}\n//# sourceURL=${sources}${url.slice(below.length)}` };
    },
  });
}

function isScript(format: string | null | undefined): boolean {
  return format === 'module' || format === 'commonjs';
}
