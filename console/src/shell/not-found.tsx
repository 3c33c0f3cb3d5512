// An address that leads nowhere.
import { Link } from '@tanstack/react-router';
import { Empty } from '../parts/states.tsx';

export const NotFound = () => (
  <Empty title="There is no such page">
    <p>
      The link may be old. <Link to="/requests">All requests</Link> is a good place to go on.
    </p>
  </Empty>
);
