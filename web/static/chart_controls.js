// Smoothing and a logarithmic axis: what every line chart offers, kept in the URL as `smooth` and `log`.
import {choice, h} from './dom.js';

const WEIGHTS = [['0', 'none'], ['0.6', 'some'], ['0.9', 'much']];

export function chartControls(prefix, setParameters) {
  const smooth = choice('Smoothing', WEIGHTS, (value) => setParameters({smooth: value === '0' ? undefined : value}));
  const log = h('input', {type: 'checkbox', id: `${prefix}-log`,
    on: {change: () => setParameters({log: log.checked ? '1' : undefined})}});
  const node = [smooth.node, h('label', {class: 'check', for: `${prefix}-log`}, log, 'log scale')];

  // Shows what the URL says, and answers it: {weight, log}.
  function read(parameters) {
    const known = WEIGHTS.some(([value]) => value === parameters.smooth) ? parameters.smooth : '0';
    smooth.set(known);
    log.checked = parameters.log === '1';
    return {weight: Number(known), log: log.checked};
  }
  return {node, read};
}

// What a note must say of them.
export function controlsNote({weight, log}) {
  return (weight > 0 ? ` Smoothed: exponential moving average, weight ${weight}; the data table is not.` : '') +
    (log ? ' Logarithmic: values of 0 and below are left out.' : '');
}
