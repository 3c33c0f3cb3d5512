// The tables of the state database as TypeScript sees them; `migrations/` makes them. Times are Unix milliseconds.

/** A tenant. `limits` is JSON that the access room parses; `revision` grows with every change, so that readers fetch only news. */
export interface TenantRow {
  id: string;
  state: 'active' | 'suspended';
  limits: string;
  createdAtMs: number;
  revision: number;
}

/** A key. Rows are never deleted: a revoked key must stay known as revoked. `digest` is the hex HMAC-SHA-256 of the key text. */
export interface KeyRow {
  id: string;
  tenant: string;
  role: string;
  scope: string;
  label: string;
  digest: string;
  limits: string;
  createdAtMs: number;
  createdBy: string;
  expiresAtMs: number | null;
  revokedAtMs: number | null;
  revision: number;
}

/** A finding that someone accepted. `tenant` null means every tenant; `fingerprint` is a keyed hash, never the matched text. */
export interface AcceptanceRow {
  id: string;
  tenant: string | null;
  rule: string;
  fingerprint: string;
  author: string;
  reason: string;
  createdAtMs: number;
  expiresAtMs: number;
  withdrawnAtMs: number | null;
}

/**
 * What a subject (`key:ID`, `tenant:ID`) spent in a period (`2026-11-22`, `2026-11`), as of the ledger position in `meta`.
 * `log` names the ledger that says so where several share one database, and is empty where there is one.
 */
interface BudgetSpentRow {
  log: string;
  subject: string;
  period: string;
  microUnits: number;
  tokens: number;
}

/** A reservation that was open at that ledger position. */
interface BudgetOpenRow {
  log: string;
  id: string;
  keyId: string;
  tenant: string;
  microUnits: number;
  tokens: number;
  atMs: number;
}

/** What all replicas together may spend or have spent: the sum of their grants. `wantedAtMs` is when somebody last found too little left. */
export interface BudgetTotalRow {
  subject: string;
  period: string;
  microUnits: number;
  tokens: number;
  wantedAtMs: number;
}

/** The part of one replica: it never spends more in the period without asking again. */
interface BudgetGrantRow {
  log: string;
  subject: string;
  period: string;
  microUnits: number;
  tokens: number;
}

/** An order to stop or resume, on its way to all replicas. `id` is the ledger it came from and its place there; `sealed` carries a MAC. */
interface KillOrderRow {
  sequence: number;
  id: string;
  sealed: string;
}

/** The newest checkpoint of each replica's ledger. */
export interface LedgerHeadRow {
  log: string;
  note: string;
  verifierKey: string;
  atMs: number;
}

/** A change that the ledger does not hold yet. It is written in the transaction of the change itself, so that none can be lost. */
interface OutboxRow {
  sequence: number;
  kind: string;
  atMs: number;
  tenant: string | null;
  data: string;
}

interface MetaRow {
  name: string;
  value: string;
}

interface MigrationRow {
  version: number;
  name: string;
  appliedAtMs: number;
}

export interface Tables {
  tenants: TenantRow;
  keys: KeyRow;
  acceptances: AcceptanceRow;
  budgetSpent: BudgetSpentRow;
  budgetOpen: BudgetOpenRow;
  budgetTotals: BudgetTotalRow;
  budgetGrants: BudgetGrantRow;
  killOrders: KillOrderRow;
  ledgerHeads: LedgerHeadRow;
  outbox: OutboxRow;
  meta: MetaRow;
  migrations: MigrationRow;
}
