/** shared-document as it was deployed before: a plain text, without marks and title. Kept to try the update from it, and the rollback to it. */
import { asJson, asObject, asWord, field } from 'gossip/sdk';
import type { Body, Json } from 'gossip/sdk';
import { Replica } from '../src/replica.ts';
import { insert, remove, told } from '../src/text.ts';

export default class SharedDocument extends Replica {
  readonly #text = this.doc.getText('text');

  override start(): void {
    super.start();
    this.#text.observe((event) => this.context.publish?.(told(event), 'text'));
  }

  override request(body: Body): Json {
    const request = asObject(asJson(body, 'a request'), 'a request');
    switch (asWord(field(request, 'op'), 'op', ['get', 'insert', 'delete'])) {
      case 'insert':
        this.refuseIfFull();
        return insert(this.#text, request);
      case 'delete':
        return remove(this.#text, request);
      default:
        return { text: this.#text.toJSON() };
    }
  }
}
