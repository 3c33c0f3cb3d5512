// Writes down what the committed weights do on the corpus, after a change of the rules or of how documents are read; the test holds them
// to it: node models/documents/evaluate.ts
import { rowBench } from '../../src/app/commands/detect-row.ts';
import { loadDetectors } from '../../src/app/serve/guards.ts';
import { writeFigures } from './corpus.ts';

const bench = rowBench('documents', await loadDetectors());
if (bench === undefined) throw new Error('nobody judges documents');
console.log(writeFigures(bench));
