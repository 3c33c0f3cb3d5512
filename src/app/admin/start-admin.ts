// Starts the admin plane beside the data plane.
import type { HygieneSettings } from '../../gateway/hygiene.ts';
import { listen, type Listener } from '../../io/http/listener.ts';
import { isLoopbackHost, parseAddress, showAddress, type Address } from '../config/address.ts';
import type { Config } from '../config/schema.ts';
import { appFault } from '../faults.ts';
import { readTls } from '../serve/tls.ts';
import { createAdminPlane } from './admin-plane.ts';
import type { AdminDeps, AdminSeed } from './api-route.ts';
import { Idempotency } from './idempotency.ts';
import { IndexClient } from './index/index-client.ts';
import { keyPairs } from './index/key-pairs.ts';
import { OidcDoor } from './oidc/oidc-door.ts';
import { createPages } from './pages.ts';
import { Sessions } from './session/sessions.ts';
import { SignInLimit } from './session/sign-in-limit.ts';

const CONNECTIONS_MAX = 256;

/** Throws `address_taken`. */
export async function startAdmin(seed: AdminSeed): Promise<Listener> {
  const { config } = seed.compiled();
  const { host, port } = adminAddress(config, seed.dataPlane.port);
  const deps = depsOf(seed);
  const hygiene = (): HygieneSettings => ({
    allowedHosts: new Set(deps.compiled().config.allowedHosts.map((name) => name.toLowerCase())),
    isLoopback: isLoopbackHost(host),
  });
  const { tls } = config.admin;
  try {
    const listener = await listen({
      host,
      port,
      ...(tls === undefined ? {} : { tls: readTls(tls) }),
      handler: createAdminPlane(deps, hygiene),
      onBug: deps.onBug,
      limits: { connectionsMax: CONNECTIONS_MAX },
    });
    return { ...listener, close: (graceMs) => Promise.all([listener.close(graceMs), deps.index.close()]).then(() => undefined) };
  } catch (error) {
    if (error instanceof Error && 'code' in error)
      throw appFault('address_taken', { listen: showAddress({ host, port }), reason: String(error.code) }, { cause: error });
    throw error;
  }
}

function depsOf(seed: AdminSeed): AdminDeps {
  const { dataFolder, onBug, rooms, clock } = seed;
  const index = new IndexClient({ dataFolder, ledger: rooms.ledger, keyPairs: (ids) => keyPairs(rooms, ids), onTrouble: onBug });
  return {
    ...seed,
    sessions: new Sessions(seed),
    signInLimit: new SignInLimit(clock),
    pages: createPages(),
    index,
    idempotency: new Idempotency(clock),
    oidc: new OidcDoor(clock),
    startedAtMs: clock.nowMs(),
  };
}

/** Loopback and the port after the data port, unless the configuration says otherwise. A data port of the system's choice goes with another such one. */
export function adminAddress(config: Config, dataPort: number): Address {
  if (config.admin.listen !== undefined) return parseAddress(config.admin.listen);
  const isChosenBySystem = parseAddress(config.listen).port === 0;
  return { host: '127.0.0.1', port: isChosenBySystem ? 0 : (dataPort % 65_535) + 1 };
}
