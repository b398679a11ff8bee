// Configurations as columns of a CSV, as merctl's files have them: the id, and a column for each key that differs.
import {settingCell} from './csv.js';

export function keysOf(sweep) {
  return [...new Set(sweep.configurations.flatMap((one) => Object.keys(one.differing)))];
}

// index: its position.
export function configurationCells(sweep, index) {
  const {id, differing} = sweep.configurations[index];
  return [id, ...keysOf(sweep).map((key) => settingCell(differing[key]))];
}
