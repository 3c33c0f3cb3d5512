// What the keys do.
import { Dialog } from '../parts/dialog.tsx';
import { PAGES } from './pages-of.ts';

const KEYS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['Ctrl', 'K'], 'Find or do anything (⌘ K on a Mac)'],
  [['/'], 'Go to the filter of the page'],
  [['j'], 'Next row'],
  [['k'], 'Row before'],
  [['Enter'], 'Open the row'],
  [['G'], 'Last row'],
  [['Space'], 'Pause and go on, in the live view'],
  [['Esc'], 'Close what is open, leave the rows'],
  [['?'], 'This list'],
];

export function Shortcuts({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <div className="keys-list">
        <dl>
          {KEYS.map(([keys, what]) => (
            <Row key={what} keys={keys} what={what} />
          ))}
        </dl>
        <dl>
          {PAGES.map(({ key, label }) => (
            <Row key={label} keys={['g', key]} what={label} />
          ))}
        </dl>
      </div>
    </Dialog>
  );
}

const Row = ({ keys, what }: { readonly keys: readonly string[]; readonly what: string }) => (
  <div>
    <dt>
      {keys.map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </dt>
    <dd>{what}</dd>
  </div>
);
