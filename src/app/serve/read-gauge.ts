// A gauge whose value is asked for when metrics are read, and kept nowhere.
import Gauge from 'prom-client/lib/gauge.js';
import type Registry from 'prom-client/lib/registry.js';

/** Adds a gauge that reads its value at each collection. */
export function readGauge(registry: Registry, name: string, { help, read }: { readonly help: string; readonly read: () => number }): void {
  registry.registerMetric(
    new Gauge({
      name,
      help,
      registers: [],
      collect() {
        this.set(read());
      },
    }),
  );
}
