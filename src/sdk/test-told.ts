/** What a module on a `TestNode` told: events for those that watch it, and lines of its log. */
import type { Json, JsonObject } from './json.ts';
import type { LineLevel } from './log-level.ts';

/** An event that a module published. */
export interface TestEvent {
  readonly topic: string;
  readonly event: Json;
}

/** A line that a module logged. */
export interface TestLogLine {
  readonly message: string;
  readonly fields: JsonObject;
  readonly level: LineLevel;
}
