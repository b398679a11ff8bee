// One sweep: results, learning curves, trials.
import {createAnnotation} from '../annotation.js';
import {Answers, ofSweep} from '../answers.js';
import {choice, h} from '../dom.js';
import {METRICS, RULES} from '../format.js';
import {PAGE, pageOf} from '../pages.js';
import {createCurves} from './curves.js';
import {createResults} from './results.js';
import {createSweepControls} from './sweep_controls.js';
import {createSweepHead, crumbsOf} from './sweep_head.js';
import {createTrials} from './trials.js';

export function createSweep(id, setParameters) {
  const answers = new Answers();
  const concerns = ofSweep(id);
  const head = createSweepHead('');
  const onDone = () => {
    answers.forget(null);
    setParameters({});
  };
  const controls = createSweepControls(onDone);
  const annotation = createAnnotation('sweep', onDone);
  const rule = choice('Epoch', RULES, (value) => setParameters({rule: value}));
  const metric = choice('Metric', METRICS, (value) => setParameters({metric: value}));
  const results = createResults(setParameters);
  const curves = createCurves(id, answers, setParameters);
  const trials = createTrials(id, answers, setParameters);
  const node = h('div', {class: 'stack'}, head.node, controls.node, annotation.node,
    h('section', {class: 'panel', 'aria-labelledby': 'results-title'},
      h('div', {class: 'panel-head'}, h('h2', {id: 'results-title'}, 'Results'),
        h('div', {class: 'controls'}, rule.node, metric.node)),
      results.node),
    curves.node, trials.node);

  let loaded = null;  // what later() goes on from

  async function load(parameters) {
    const [sweep, {controls: served}] = await Promise.all([answers.get(`sweeps/${id}`, {}, concerns),
      answers.get('version', {}, () => false)]);
    const chosen = {rule: parameters.rule ?? sweep.select.epoch, metric: parameters.metric ?? sweep.select.metric};
    const page = pageOf(parameters.results, sweep.configurations.length);
    const sort = METRICS.some(([key]) => key === parameters.sort) ? parameters.sort : undefined;
    const answer = await answers.get(`sweeps/${id}/results`, {...chosen, sort, offset: PAGE * (page - 1), limit: PAGE},
      concerns);
    rule.set(chosen.rule);
    metric.set(chosen.metric);
    head.update(sweep);
    controls.update(sweep, id, served);
    annotation.update(sweep, id, '/', served);
    results.update(sweep, answer, {sort, page});
    loaded = {sweep, chosen};
    return crumbsOf(sweep);
  }

  const later = (parameters) => Promise.all([trials.update(loaded.sweep, parameters),
    curves.update(loaded.sweep, loaded.chosen, parameters)]);
  const forget = (changes) => {
    answers.forget(changes);
    curves.forget(changes);
  };
  return {node, load, later, forget, shown: curves.shown};
}
