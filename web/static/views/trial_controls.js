// What may be asked of a trial.
import {createControls} from '../controls.js';

const mayRun = ({state}) => state === 'pending' || state === 'running';
const mayRunAgain = ({state}) => state === 'failed' || state === 'cancelled' || state === 'diverged';

const ACTIONS = [
  {verb: 'cancel', text: 'Cancel',
    whyNot: (trial) => mayRun(trial) ? '' : `The trial is ${trial.state}.`,
    question: (trial) => ({title: `Cancel trial ${trial.id.slice(0, 8)}?`, yes: 'Cancel the trial', no: 'Keep it',
      text: 'It ends without a result, in every sweep that has it, and its configuration has no mean then. Retry lets it ' +
        'wait again.'}),
    said: ({trials}) => trials.length > 0 ? 'Cancelled.' : 'It had ended before.'},
  {verb: 'retry', text: 'Retry',
    whyNot: (trial) => mayRunAgain(trial) ? '' : `The trial is ${trial.state}.`,
    said: ({trials}) => trials.length > 0 ? 'It waits again.' : 'It did not have to be retried.'},
];

export function createTrialControls(onDone) {
  return createControls('Controls of the trial', ACTIONS, onDone);
}
