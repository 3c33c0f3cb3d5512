// Types for the parts of undici that are loaded by their own path: its index brings fetch, WebSocket and caches along, 8 MB resident.
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici';
  export default Pool;
}
