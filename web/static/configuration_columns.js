// Configurations as columns of a CSV, as merctl's files have them: the id, and a column for each key that differs.
import {settingCell} from './csv.js';

// {heading, cells(position of a configuration)}.
export function configurationColumns(sweep) {
  const keys = [...new Set(sweep.configurations.flatMap((one) => Object.keys(one.differing)))];
  const rows = sweep.configurations.map(({id, differing}) => [id, ...keys.map((key) => settingCell(differing[key]))]);
  return {heading: ['configuration', ...keys], cells: (position) => rows[position]};
}
