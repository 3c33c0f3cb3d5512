// An address that leads nowhere.
import { Link } from '@tanstack/react-router';
import { PageHead } from '../parts/page.tsx';

export const NotFound = () => (
  <div className="page">
    <PageHead title="There is no such page" />
    <p>
      The link may be old. <Link to="/requests">All requests</Link> is a good place to go on.
    </p>
  </div>
);
