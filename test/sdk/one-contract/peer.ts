/** The peer of a row: answers with what it hears, and to 'fail' with a failure. */
import { GossipModule } from '../../../src/sdk/index.ts';
import type { Json, ModuleClass } from '../../../src/sdk/index.ts';

export function peerClass(heard: Json[]): ModuleClass {
  return class extends GossipModule {
    override receive(body: Json): Json {
      heard.push(body);
      if (body === 'fail') throw new Error('no answer to that');
      return body;
    }
    override transferState(): string {
      return '';
    }
    override acceptState(): void {
      // Has nothing to keep.
    }
  };
}
