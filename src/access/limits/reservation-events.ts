// What the gateway embeds in `request.opened` and `request.closed`, so that budgets can be rebuilt from the ledger alone.

/** In `request.opened`, as the member `reservation`. Micro-units and tokens are the bound. */
export interface OpenedReservation {
  readonly id: string;
  readonly keyId: string;
  readonly tenant: string;
  readonly microUnits: number;
  readonly tokens: number;
  /** Unix milliseconds of the reservation: they decide the day and the month that it is charged to. */
  readonly atMs: number;
}

/** In `request.closed`, as the member `reservation`. Micro-units and tokens are what was charged. */
export interface ClosedReservation {
  readonly id: string;
  readonly microUnits: number;
  readonly tokens: number;
  /** True when the upstream reported no usage, or the process ended before it could. */
  readonly estimated: boolean;
}

/** The part of a ledger event that concerns budgets. */
export type BudgetEvent =
  | { readonly kind: 'request.opened'; readonly reservation: OpenedReservation }
  | { readonly kind: 'request.closed'; readonly reservation: ClosedReservation };
