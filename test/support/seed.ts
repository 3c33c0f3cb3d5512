// One seed for every property test, so that a run can be repeated; `npm run soak` sets SALLYPORT_SEED=random to look elsewhere.
import { configureGlobal } from 'fast-check';

const SEED = 20_261_122;

if (process.env['SALLYPORT_SEED'] !== 'random') configureGlobal({ seed: SEED });
