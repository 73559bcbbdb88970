/** News that a node passes on: the newest of each node, to so many peers, and to none that has told of it. */
import type { NodeId } from '../model/names.ts';

interface News<Kind> {
  readonly kind: Kind;
  readonly line: string;
  /** To how many more peers. */
  times: number;
  /** Among those that know it already a storm of answers must not use it up. */
  readonly knowing: Set<NodeId>;
}

export class PassingOn<Kind extends string> {
  readonly #news = new Map<NodeId, News<Kind>>();

  /** What `of` said last: what it said before is passed on no more. */
  begin(of: NodeId, kind: Kind, line: string, times: number): void {
    this.#news.set(of, { kind, line, times, knowing: new Set() });
  }

  /** It has told of this, about that one. */
  knows(peer: NodeId, of: NodeId, line: string): void {
    const news = this.#news.get(of);
    if (news?.line === line) news.knowing.add(peer);
  }

  /** What a message to that peer tells; it counts as told. */
  told(to: NodeId, most: number): readonly Pick<News<Kind>, 'kind' | 'line'>[] {
    const open = [...this.#news].filter(([, { knowing }]) => !knowing.has(to)).slice(0, most);
    for (const [of, news] of open) {
      news.knowing.add(to);
      news.times -= 1;
      if (news.times <= 0) this.#news.delete(of);
    }
    return open.map(([, news]) => news);
  }
}
