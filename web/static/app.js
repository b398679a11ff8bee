// Router and composition root. Every view is a URL: #/, #/sweeps/1?rule=last&metric=wa, #/trials/ab12...
import {setToken} from './api.js';
import {fill, h} from './dom.js';
import {Watch} from './store.js';
import {createAudit} from './views/audit.js';
import {createCompare} from './views/compare.js';
import {createConfusion} from './views/confusion.js';
import {createCorpus} from './views/corpus.js';
import {createHyperparameters} from './views/hyperparameters.js';
import {createLosses} from './views/losses.js';
import {createRepresentations} from './views/representations.js';
import {createSweeps} from './views/sweeps.js';
import {createSweep} from './views/sweep.js';
import {createTimeline} from './views/timeline.js';
import {createTrial} from './views/trial.js';
import {createWorkers} from './views/workers.js';

// A view: {node, load(parameters) -> Promise of its crumbs, later(parameters), forget(changes)}. load() is called again
// when data or parameters change; later(), where there is one, after it, when what it has made can be seen. One that
// keeps answers is told by forget() what has changed; null: anything.
const ROUTES = [
  [/^\/$/, () => createSweeps(setParameters)],
  [/^\/sweeps\/(\d+)$/, (id) => createSweep(id, setParameters)],
  [/^\/sweeps\/(\d+)\/compare$/, (id) => createCompare(id, setParameters)],
  [/^\/sweeps\/(\d+)\/confusion$/, (id) => createConfusion(id, setParameters)],
  [/^\/sweeps\/(\d+)\/corpus$/, (id) => createCorpus(id)],
  [/^\/sweeps\/(\d+)\/hyperparameters$/, (id) => createHyperparameters(id, setParameters)],
  [/^\/sweeps\/(\d+)\/losses$/, (id) => createLosses(id, setParameters)],
  [/^\/sweeps\/(\d+)\/audit$/, (id) => createAudit(id, setParameters)],
  [/^\/sweeps\/(\d+)\/timeline$/, (id) => createTimeline(id, setParameters)],
  [/^\/workers$/, () => createWorkers()],
  [/^\/trials\/([0-9a-f]{4,32})$/, (id) => createTrial(id, setParameters)],
  [/^\/trials\/([0-9a-f]{4,32})\/representations$/, (id) => createRepresentations(id, setParameters)],
];

const main = document.getElementById('main');
const crumbs = document.getElementById('crumbs');
const live = document.getElementById('live');
let view = null;
let coming = null;  // view, or the one that is being loaded
let shownPath = null;
let round = 0;

function route() {
  const [path, query = ''] = (location.hash.slice(1) || '/').split('?');
  return {path, parameters: Object.fromEntries(new URLSearchParams(query))};
}

// Changes the view's parameters in the URL; undefined removes one.
function setParameters(changes) {
  const {path, parameters} = route();
  const merged = Object.entries({...parameters, ...changes}).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(merged).toString();
  history.replaceState(null, '', `#${path}${query ? `?${query}` : ''}`);
  refresh();
}

function viewFor(path) {
  for (const [pattern, create] of ROUTES) {
    const match = pattern.exec(path);
    if (match) return create(...match.slice(1));
  }
  return null;
}

function showCrumbs(list) {
  fill(crumbs, list.map(([text, href], index) => h('li', {},
    index === list.length - 1 ? h('span', {'aria-current': 'page'}, text) : h('a', {href}, text))));
  document.title = [...list.map(([text]) => text).reverse().slice(0, -1), 'mer'].join(' · ');
}

function showTokenForm() {
  const input = h('input', {type: 'password', id: 'token', autocomplete: 'off', required: true});
  const submit = (event) => {
    event.preventDefault();
    setToken(input.value.trim());
    shownPath = null;
    refresh();
    watch.check();
  };
  fill(main, h('form', {class: 'panel narrow', on: {submit}},
    h('h1', {}, 'Token needed'),
    h('p', {}, 'This server answers only with its token. It stands in endpoint.json in the store folder.'),
    h('label', {class: 'choice', for: 'token'}, h('span', {}, 'Token'), input),
    h('button', {type: 'submit'}, 'Continue')));
  input.focus();
}

function showError(error) {
  if (error.status === 401) return showTokenForm();
  fill(main, h('div', {class: 'panel notice', role: 'alert'},
    h('h1', {}, error.status === 404 ? 'Not found' : 'This cannot be shown'), h('p', {}, error.message),
    h('p', {}, h('a', {href: '#/'}, 'All sweeps'))));
}

async function refresh() {
  const {path, parameters} = route();
  const mine = ++round;
  const isNew = path !== shownPath;
  const next = isNew ? viewFor(path) : view;
  coming = next;
  main.setAttribute('aria-busy', 'true');
  try {
    if (!next) throw Object.assign(new Error('There is no such page.'), {status: 404});
    const list = await next.load(parameters);
    if (mine !== round && isNew) return;  // the user has gone on
    if (isNew) {
      fill(main, next.node);
      next.shown?.();
      window.scrollTo(0, 0);
    }
    view = next;
    shownPath = path;
    showCrumbs(list);
    await next.later?.(parameters);
  } catch (error) {
    if (mine !== round) return;
    shownPath = null;
    if (error.status === undefined) console.error(error);
    showError(error);
  } finally {
    if (mine === round) main.setAttribute('aria-busy', 'false');
  }
}

function showStatus(error) {
  const lost = error !== null;
  const text = !lost ? 'live' : error.status === 401 ? 'token needed' : 'not connected';
  if (live.textContent !== text) live.textContent = text;
  live.classList.toggle('lost', lost);
}

// Whether what an event tells stands in the view that is shown; null: anything may have changed.
function concerns(changes) {
  if (changes === null) return true;
  const [, kind, id] = route().path.split('/');
  const {sweeps, trials} = changes;
  if (kind === 'trials') return trials === null || trials.some((one) => one.id.startsWith(id));
  if (kind === 'workers') return true;
  if (kind !== 'sweeps') return sweeps.length > 0;
  return trials === null || sweeps.some((one) => one.id === Number(id)) || trials.some((one) => one.sweep === Number(id));
}

let isUpdating = false;
let mustUpdate = false;

// One at a time: what changes during an update is one more.
async function update(changes) {
  for (const one of new Set([view, coming])) one?.forget?.(changes);
  mustUpdate ||= concerns(changes);
  if (isUpdating) return;
  isUpdating = true;
  while (mustUpdate) {
    mustUpdate = false;
    await refresh();
  }
  isUpdating = false;
}

const watch = new Watch(update, showStatus);
document.getElementById('skip').addEventListener('click', (event) => {
  event.preventDefault();  // the hash is the route
  main.focus();
});
window.addEventListener('hashchange', refresh);
await refresh();  // the stream goes on from its first answer
watch.check();
