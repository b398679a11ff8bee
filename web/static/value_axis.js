// An axis for a hyperparameter or a score: numbers (logarithmic where they span decades) or words, one below the other.
import {valueText} from './format.js';

const d3 = window.d3;
const DECADES = 100;  // from this ratio of the largest to the smallest on,
const CROWDED = 4;    // and where the median is under the largest by this: even draws also have small numbers among them
const short = d3.format('.4~g');

// values: one per configuration; null: it does not have the key. Answers
//   stops           the different values, in the order of the axis
//   at(value)       where on the axis, from 0 to 1
//   indexOf(value)  its position among the stops
//   ticks(count)    [value, text]
//   text(value)
export function valueAxis(name, values, {numeric, format = short}) {
  const known = new Map(values.map((value) => [JSON.stringify(value), value]));
  const stops = [...known.values()];
  stops.sort(numeric ? d3.ascending : (a, b) => d3.ascending(valueText(a), valueText(b)));
  const index = new Map(stops.map((value, at) => [JSON.stringify(value), at]));
  const indexOf = (value) => index.get(JSON.stringify(value));
  const text = (value) => value === null ? '–' : numeric ? format(value) : valueText(value);
  const [low, high] = [stops[0], stops[stops.length - 1]];
  const log = numeric && low > 0 && high / low >= DECADES && d3.median(values) < high / CROWDED;
  const scale = !numeric ? null : (log ? d3.scaleLog() : d3.scaleLinear()).domain([low, high]);
  const at = (value) => numeric ? scale(value) : stops.length === 1 ? 0.5 : indexOf(value) / (stops.length - 1);

  function ticks(count) {
    if (numeric && stops.length > count) {
      const all = scale.ticks(count);
      const whole = log ? all.filter((value) => Number.isInteger(Math.round(1e9 * Math.log10(value)) / 1e9)) : all;
      return (whole.length > 1 ? whole : all).map((value) => [value, text(value)]);
    }
    const step = Math.ceil(stops.length / count);
    return stops.filter((_, position) => position % step === 0).map((value) => [value, text(value)]);
  }
  return {name, numeric, log, stops, at, indexOf, ticks, text};
}
