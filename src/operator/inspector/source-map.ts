/**
 * Where debuggers find the author's sources: the map that lies beside the code on the node goes into the message that tells of the script, with the
 * paths of the author's files. So nobody has to say which directory of the lab stands for which of the project.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface ProjectPlace {
  readonly directory: string;
  /** Where the built code lies. */
  readonly output: string;
}

/** A message without this is passed on as it is. */
const TELLS_OF_SCRIPT = '"Debugger.scriptParsed"';
const MAP_TYPE = 'data:application/json;base64,';

interface Script {
  readonly url?: string;
  readonly sourceMapURL?: string;
  /** Where Node found it: below the node's directory. */
  readonly embedderName?: string;
}

interface SourceMap {
  readonly sources?: readonly (string | null)[];
  readonly sourceRoot?: string;
}

/** The message as the debugger should get it. */
export function withSourceMap(message: string, project: ProjectPlace, onNoMap: (why: string) => void): string {
  if (!message.includes(TELLS_OF_SCRIPT)) return message;
  const event = JSON.parse(message) as { readonly method?: string; readonly params?: Script };
  const { method, params } = event;
  if (method !== 'Debugger.scriptParsed' || params === undefined) return message;
  try {
    const sourceMapURL = mapOf(params, project);
    return sourceMapURL === null ? message : JSON.stringify({ ...event, params: { ...params, sourceMapURL } });
  } catch (error) {
    onNoMap(`the source map of ${params.url ?? 'a script'} cannot be read: ${(error as Error).message}`);
    return message;
  }
}

/** Null where there is none. Throws where it cannot be read. */
function mapOf({ url = '', sourceMapURL = '', embedderName = '' }: Script, project: ProjectPlace): string | null {
  if (sourceMapURL === '' || !url.startsWith(`${pathToFileURL(project.output).href}/`)) return null;
  const isInline = sourceMapURL.startsWith('data:');
  const script = embedderName.startsWith('file:') ? fileURLToPath(embedderName) : embedderName;
  const text = isInline ? textOf(sourceMapURL) : readFileSync(resolve(dirname(script), decodeURI(sourceMapURL)), 'utf8');
  const map = JSON.parse(text) as SourceMap;
  const beside = dirname(fileURLToPath(new URL(isInline ? '' : sourceMapURL, url)));
  const sources = (map.sources ?? []).map((source) => source && placeOf(source, map.sourceRoot ?? '', beside, project.directory));
  const { sourceRoot: _, ...rest } = map;
  return `${MAP_TYPE}${Buffer.from(JSON.stringify({ ...rest, sources })).toString('base64')}`;
}

function textOf(url: string): string {
  const comma = url.indexOf(',');
  const [head, body] = [url.slice(0, comma), url.slice(comma + 1)];
  return head.endsWith(';base64') ? Buffer.from(body, 'base64').toString() : decodeURIComponent(body);
}

/** Maps name sources as seen from themselves; those of `gossip module init` as seen from the project. */
function placeOf(source: string, root: string, beside: string, project: string): string {
  if (/^[a-z][a-z0-9+.-]+:/i.test(source)) return source;
  const candidates = [beside, project].map((from) => resolve(from, root, source));
  return pathToFileURL(candidates.find((path) => existsSync(path)) ?? (candidates[1] as string)).href;
}
