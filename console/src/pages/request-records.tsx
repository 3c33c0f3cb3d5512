// The records of a request as they stand in the ledger, each with its proof a press away.
import { Link } from '@tanstack/react-router';
import type { Story } from '../api/types.ts';
import { Panel } from '../parts/page.tsx';
import { Clock, Inert } from '../parts/text.tsx';

export const RequestRecords = ({ story }: { readonly story: Story }) => (
  <Panel title="In the ledger">
    <ul className="records">
      {story.records.map(({ index, kind, atMs, data }) => (
        <li key={index}>
          <details>
            <summary>
              <span className="num">{index}</span> <Inert text={kind} mono /> <Clock at={atMs} />
            </summary>
            {/* A region that scrolls must be reachable by keyboard */}
            <pre className="code" tabIndex={0} aria-label={`Record ${index}`}>
              <Inert text={JSON.stringify(data, null, 2)} />
            </pre>
          </details>
          <Link to="/ledger" search={{ record: String(index) }}>
            Prove it
          </Link>
        </li>
      ))}
    </ul>
  </Panel>
);
