// Numbers and words of the page. The API sends null for "none yet" and strings for NaN and infinities.

export const METRICS = [['wa', 'WA'], ['ua', 'UA'], ['macro_f1', 'macro-F1'], ['weighted_f1', 'weighted F1']];
export const LOSSES = [['loss.total', 'total loss'], ['loss.task', 'task loss'], ['loss.auxiliary', 'auxiliary loss'],
  ['loss.subspace', 'subspace loss'], ['loss.similarity', 'similarity loss'], ['loss.difference', 'difference loss'],
  ['loss.reconstruction', 'reconstruction loss'], ['loss.cycle', 'cycle loss']];
// Names of what a chart shows: a score, a loss, or several losses together.
export const QUANTITIES = [...METRICS, ...LOSSES, ['loss.components', 'loss']];
export const RULES = [['last', 'last epoch'], ['best-validation', 'best validation epoch'],
  ['best-test', 'best test epoch (oracle)']];
export const SPLITS = [['test', 'test'], ['validation', 'validation'], ['train', 'train']];
export const STATES = ['done', 'running', 'pending', 'diverged', 'failed', 'cancelled'];

// As merctl's files say which epoch a score is of.
export function selectionText(rule, metric) {
  return rule === 'last' ? rule : `${rule} by ${metric}${rule === 'best-test' ? ' (oracle)' : ''}`;
}

export const label = (list, key) => (list.find(([value]) => value === key) ?? [key, key])[1];
export const isLoss = (quantity) => quantity.startsWith('loss.');
export const isNumber = (value) => typeof value === 'number';

// Ties go to the even digit, as in merctl's tables (toFixed would round them up).
const oneDigit = new Intl.NumberFormat('en', {minimumFractionDigits: 1, maximumFractionDigits: 1, useGrouping: false,
  roundingMode: 'halfEven'});

export function percent(value) {
  if (value === null || value === undefined) return '–';
  return isNumber(value) ? oneDigit.format(100 * value) : value;
}

// A difference of scores in percent points.
export function signed(value) {
  const text = percent(value);
  return isNumber(value) && value > 0 && text !== '0.0' ? `+${text}` : text;
}

export function intervalText(interval, show) {
  return interval ? `[${show(interval[0])}, ${show(interval[1])}]` : '';
}

export function pText(p) {
  if (!isNumber(p)) return '–';
  return p < 1e-4 ? '< 0.0001' : p.toFixed(4);
}

// A score in percent, a loss as it is.
export function quantity(value, name) {
  if (!isLoss(name)) return percent(value);
  if (value === null || value === undefined) return '–';
  return isNumber(value) ? value.toPrecision(4) : value;
}

export function meanAndSd(mean, sd, name) {
  if (!isNumber(mean)) return '–';
  return isNumber(sd) ? `${quantity(mean, name)} ± ${quantity(sd, name)}` : quantity(mean, name);
}

const two = (value) => String(value).padStart(2, '0');

export function when(unix) {
  if (!isNumber(unix) || unix <= 0) return '–';
  const date = new Date(unix * 1000);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
    `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

export function duration(seconds) {
  if (!isNumber(seconds)) return '–';
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${two(Math.floor(seconds % 60))} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

export function bytes(count) {
  if (!isNumber(count)) return '–';
  if (count < 1e6) return `${(count / 1024).toFixed(0)} KiB`;
  const mebibytes = count / 1024 / 1024;
  return mebibytes < 1000 ? `${mebibytes.toFixed(1)} MiB` : `${(mebibytes / 1024).toFixed(1)} GiB`;
}

export function valueText(value) {
  if (Array.isArray(value)) return value.map(valueText).join(' + ');
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

// What tells a configuration from the others, e.g. "alpha 0.1, beta 1".
export function configurationName(configuration) {
  const parts = Object.entries(configuration.differing)
    .map(([key, value]) => `${key.split('.').pop().replaceAll('_', ' ')}: ${valueText(value)}`);
  return parts.length > 0 ? parts.join(', ') : 'the one configuration';
}
