/** The first view: what is wrong, nodes counted by what they run, all of them as squares, and the list. */
import { NODE_STATES } from '../wire.ts';
import type { NodeEntry, NodeState } from '../wire.ts';
import { groupsOf } from '../view/groups.ts';
import type { Group } from '../view/groups.ts';
import { filteredNodes, NO_FILTER, pageOf, runsText } from '../view/list.ts';
import type { Filter } from '../view/list.ts';
import type { Changes, PageModel } from '../view/page-model.ts';
import { STATES } from '../view/states.ts';
import { make, part, setAttribute, setText } from './dom.ts';
import { NodeMap } from './map.ts';
import { paced } from './paced.ts';
import { Pager } from './pager.ts';
import { Rows } from './rows.ts';

const PAGE_SIZE = 25;
const MOST_PROBLEMS = 5;
/** Squares change at once, what is counted and sorted not so often. */
const LISTS_MS = 500;

export class NodesView {
  readonly #model: PageModel;
  readonly #map: NodeMap;
  readonly #groups: Rows<Group>;
  readonly #rows: Rows<NodeEntry>;
  readonly #pager = new Pager({ previous: 'previous-page', next: 'next-page', text: 'page-number' }, () => this.#drawList());
  readonly #problems = part('problems', HTMLOListElement);
  readonly #more = part('all-problems', HTMLButtonElement);
  readonly #none = part('no-filter', HTMLButtonElement);
  readonly #search = part('search', HTMLInputElement);
  readonly #state = part('state', HTMLSelectElement);
  #filter: Filter = NO_FILTER;
  #showsAll = false;
  readonly #drawLists = paced(() => {
    this.#groups.show(groupsOf(this.#model.nodes.values()));
    this.#drawList();
    this.#drawLegend();
  }, LISTS_MS);

  constructor(model: PageModel, onChosen: (id: string) => void) {
    this.#model = model;
    this.#map = new NodeMap(onChosen);
    this.#groups = new Rows<Group>(part('groups', HTMLTableElement), ({ key }) => key, [
      { isHead: true, text: ({ module }) => module ?? '–' },
      { text: ({ deployment, version }) => `${deployment ?? '–'}${version === null ? '' : ` (${version})`}` },
      { text: ({ state }) => state, class: ({ isWrong, state }) => (isWrong ? 'bad' : state === 'running' ? 'good' : 'warn') },
      { text: ({ count }) => String(count), class: () => 'number', onPress: ({ key }) => this.#choose({ ...NO_FILTER, group: key }) },
    ]);
    this.#rows = new Rows<NodeEntry>(part('nodes', HTMLTableElement), ({ id }) => id, [
      { isHead: true, text: ({ name, rendezvous }) => `${name}${rendezvous ? ' ★' : ''}`, onPress: ({ id }) => onChosen(id) },
      { text: ({ state }) => STATES[state].word, class: ({ state }) => `state ${state}` },
      { text: runsText },
      { text: ({ why }) => why ?? '', class: () => 'why' },
      { text: ({ address }) => address, class: () => 'dim' },
    ]);
    this.#listen();
  }

  draw({ nodes, problems, cluster }: Pick<Changes, 'nodes' | 'problems' | 'cluster'>): void {
    if (nodes.size > 0) {
      this.#map.patch(this.#model.nodes, nodes);
      this.#drawLists();
    }
    if (problems || cluster) this.#drawProblems();
  }

  #listen(): void {
    for (const [value, text] of [['', 'all'], ['wrong', 'what is wrong'], ...NODE_STATES.map((state) => [state, STATES[state].word])])
      this.#state.append(make('option', { text: text ?? '', attributes: { value: value ?? '' } }));
    const fromFields = (): void =>
      this.#choose({ search: this.#search.value, state: (this.#state.value || null) as NodeState | 'wrong' | null, group: null });
    this.#search.addEventListener('input', fromFields);
    this.#state.addEventListener('change', fromFields);
    this.#none.addEventListener('click', () => {
      this.#choose(NO_FILTER);
      this.#search.focus();
    });
    this.#more.addEventListener('click', () => {
      this.#showsAll = !this.#showsAll;
      this.#drawProblems();
    });
  }

  #choose(filter: Filter): void {
    this.#filter = filter;
    if (this.#search.value !== filter.search) this.#search.value = filter.search;
    this.#state.value = filter.state ?? '';
    this.#map.light(filter.group);
    this.#pager.first();
    this.#drawList();
  }

  #drawList(): void {
    const { search, state, group } = this.#filter;
    const found = filteredNodes(this.#model.nodes.values(), this.#filter);
    const paged = pageOf(found, this.#pager.page, PAGE_SIZE);
    this.#pager.show(paged);
    this.#rows.show(paged.rows);
    this.#none.hidden = search === '' && state === null && group === null;
    setText(part('found', HTMLElement), this.#none.hidden ? '' : `${found.length} of ${this.#model.nodes.size}`);
  }

  #drawProblems(): void {
    const { problems, cluster } = this.#model;
    const shown = this.#showsAll ? problems : problems.slice(0, MOST_PROBLEMS);
    const isKnown = cluster !== null && cluster.lookedAt !== null;
    const lines = shown.length > 0 ? shown : isKnown ? [{ kind: 'none', text: 'Nothing.' }] : [{ kind: 'none', text: 'Not known yet.' }];
    while (this.#problems.children.length > lines.length) this.#problems.lastElementChild?.remove();
    lines.forEach(({ kind, text }, index) => {
      const item = this.#problems.children[index] ?? this.#problems.appendChild(make('li'));
      setAttribute(item, 'class', kind === 'none' ? 'dim' : kind === 'behind' || kind === 'differ' ? 'warn' : 'bad');
      setText(item, text);
    });
    this.#more.hidden = problems.length <= MOST_PROBLEMS;
    setText(this.#more, this.#showsAll ? 'Show the worst alone' : `Show all ${problems.length}`);
  }

  /** Of what there is. */
  #drawLegend(): void {
    const counts = Map.groupBy(this.#model.nodes.values(), ({ state }) => state);
    const present = NODE_STATES.filter((state) => counts.has(state));
    const legend = part('legend', HTMLUListElement);
    const drawn = present.map((state) => `${state} ${counts.get(state)?.length}`).join();
    if (legend.dataset['drawn'] === drawn) return;
    legend.dataset['drawn'] = drawn;
    const keys = present.map((state) => {
      const { word, mark } = STATES[state];
      const key = make('span', { class: `square ${state}`, text: mark, attributes: { 'aria-hidden': 'true' } });
      return make('li', {}, key, document.createTextNode(`${counts.get(state)?.length} ${word}`));
    });
    legend.replaceChildren(...keys);
  }
}
