/** The page of `gossip dashboard`: takes what it is told, and draws once a frame what has changed and can be seen. */
import { PageModel } from '../view/page-model.ts';
import type { Changes } from '../view/page-model.ts';
import { countsText, progressText, spokenText, underWay, verdictOf } from '../view/words.ts';
import { Announcer } from './announcer.ts';
import { follow } from './connection.ts';
import { Details } from './details.ts';
import { part, setAttribute, setText } from './dom.ts';
import { EventsView } from './events-view.ts';
import { HistoryView } from './history-view.ts';
import { NodesView } from './nodes-view.ts';
import { paced } from './paced.ts';
import { SpreadView } from './spread-view.ts';
import { startTheme } from './theme.ts';

const VIEWS = ['nodes', 'spread', 'history', 'events'] as const;
type ViewName = (typeof VIEWS)[number];

/** Of many nodes a picture costs more than a frame has. */
const SPREAD_MS = 400;

const model = new PageModel();
const announcer = new Announcer();
const details = new Details();
const showNode = (id: string): void => details.open(id, model.nodes.get(id)?.name ?? id.slice(0, 12));
const nodesView = new NodesView(model, showNode);
const spreadView = new SpreadView(model, showNode);
const historyView = new HistoryView(model);
const eventsView = new EventsView(model, showNode);

const drawSpread = paced(() => spreadView.draw(), SPREAD_MS);
let shown: ViewName = 'nodes';
let isDue = false;

/** What is not seen is drawn when it is looked at. */
function drawView(changes: Changes | null): void {
  if (shown === 'nodes' && changes === null) nodesView.draw({ nodes: new Set(model.nodes.keys()), problems: true, cluster: true });
  if (shown === 'nodes' && changes !== null) nodesView.draw(changes);
  if (shown === 'spread' && changes === null) spreadView.draw();
  if (shown === 'spread' && changes !== null && changes.spreads.size > 0) drawSpread();
  if (shown === 'history' && (changes === null || changes.history)) historyView.draw();
  if (shown === 'events' && (changes === null || changes.events || changes.cluster)) eventsView.draw();
}

function drawHead({ cluster, problems, spreads }: Changes): void {
  if (!cluster && !problems && spreads.size === 0) return;
  const { text, tone } = verdictOf(model.cluster, model.problems);
  setText(part('verdict', HTMLElement), text);
  setAttribute(part('verdict', HTMLElement), 'class', `badge ${tone}`);
  setText(part('counts', HTMLElement), model.cluster === null ? '' : countsText(model.cluster));
  setText(part('cluster-name', HTMLElement), model.cluster?.name ?? '');
  const title = model.cluster === null ? 'gossip' : `${text} · ${model.cluster.name} · gossip`;
  if (document.title !== title) document.title = title;
  const way = underWay(model.spreads.values());
  const link = part('under-way', HTMLAnchorElement);
  link.hidden = way === null;
  if (way !== null) {
    const [bar, words] = [link.querySelector('progress'), link.querySelector('span')];
    if (bar !== null) bar.value = (way.removes ? way.counts.healthy : way.counts.running) / Math.max(1, way.nodes);
    if (words !== null) setText(words, progressText(way));
  }
  announcer.say(spokenText(model.cluster, model.problems, model.spreads.values()));
}

function draw(): void {
  isDue = false;
  const changes = model.takeChanges();
  drawHead(changes);
  drawView(changes);
  if (details.id !== null && changes.nodes.has(details.id)) details.refresh();
}

function choose(): void {
  const named = VIEWS.find((view) => `#${view}` === location.hash);
  // The skip link names the content of whatever is shown.
  if (named === undefined && location.hash !== '' && location.hash !== '#') return;
  shown = named ?? 'nodes';
  for (const view of VIEWS) part(`view-${view}`, HTMLElement).hidden = view !== shown;
  for (const link of document.querySelectorAll('nav a:not(#under-way)'))
    setAttribute(link, 'aria-current', link.getAttribute('href') === `#${shown}` ? 'page' : null);
  drawView(null);
}

startTheme();
addEventListener('hashchange', () => {
  choose();
  scrollTo(0, 0);
});
choose();
follow((told) => {
  model.apply(told);
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(draw);
});
