// What several gateways share in memory: scripts that run as one step, and messages. The port; `valkey-door.ts` is behind it.

/** A Lua script. It gets the time of the server, so that no clock of a replica counts. */
export interface SharedScript {
  readonly name: string;
  readonly lua: string;
}

export interface SharedDoor {
  /** For messages to operators: the address without user and password. */
  readonly place: string;
  /** The run of the server that answers now; undefined while none does. Another run may have lost what the last one knew. */
  readonly run: string | undefined;
  /** Runs a script on keys of this installation. Rejects at once while the server is away, and after a second without an answer. */
  script(script: SharedScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  /** Tells everybody. Whoever is not listening misses it: messages only make things quicker. */
  publish(message: string): void;
  onMessage(listener: (message: string) => void): void;
  /** Called each time a server is there. What it returns is waited for before `run` is set. */
  onUp(listener: (run: string) => Promise<void>): void;
  onDown(listener: () => void): void;
  close(): Promise<void>;
}
