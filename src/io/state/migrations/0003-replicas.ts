// What several replicas share: grants of budgets, orders to stop, the heads of their ledgers. Snapshots get the name of their ledger.
import { sql } from 'kysely';
import type { Schema } from '../migrate.ts';

export async function up(db: Schema): Promise<void> {
  // SQLite cannot change a primary key: the tables are made anew, and what they held is carried over as that of the only ledger.
  await db.schema.alterTable('budget_spent').renameTo('budget_spent_before').execute();
  await db.schema.alterTable('budget_open').renameTo('budget_open_before').execute();
  await db.schema
    .createTable('budget_spent')
    .addColumn('log', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('period', 'text', (column) => column.notNull())
    .addColumn('micro_units', 'bigint', (column) => column.notNull())
    .addColumn('tokens', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('budget_spent_by_log_pk', ['log', 'subject', 'period'])
    .execute();
  await db.schema
    .createTable('budget_open')
    .addColumn('log', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('key_id', 'text', (column) => column.notNull())
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('micro_units', 'bigint', (column) => column.notNull())
    .addColumn('tokens', 'bigint', (column) => column.notNull())
    .addColumn('at_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('budget_open_by_log_pk', ['log', 'id'])
    .execute();
  await sql`insert into budget_spent select '', subject, period, micro_units, tokens from budget_spent_before`.execute(db);
  await sql`insert into budget_open select '', id, key_id, tenant, micro_units, tokens, at_ms from budget_open_before`.execute(db);
  await db.schema.dropTable('budget_spent_before').execute();
  await db.schema.dropTable('budget_open_before').execute();
  await shared(db);
}

async function shared(db: Schema): Promise<void> {
  await db.schema
    .createTable('budget_totals')
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('period', 'text', (column) => column.notNull())
    .addColumn('micro_units', 'bigint', (column) => column.notNull())
    .addColumn('tokens', 'bigint', (column) => column.notNull())
    .addColumn('wanted_at_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('budget_totals_pk', ['subject', 'period'])
    .execute();
  await db.schema.createIndex('budget_totals_by_wanted').on('budget_totals').column('wanted_at_ms').execute();
  await db.schema
    .createTable('budget_grants')
    .addColumn('log', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('period', 'text', (column) => column.notNull())
    .addColumn('micro_units', 'bigint', (column) => column.notNull())
    .addColumn('tokens', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('budget_grants_pk', ['log', 'subject', 'period'])
    .execute();
  await db.schema
    .createTable('kill_orders')
    .addColumn('sequence', 'bigint', (column) => column.primaryKey())
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('sealed', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('ledger_heads')
    .addColumn('log', 'text', (column) => column.primaryKey())
    .addColumn('note', 'text', (column) => column.notNull())
    .addColumn('verifier_key', 'text', (column) => column.notNull())
    .addColumn('at_ms', 'bigint', (column) => column.notNull())
    .execute();
}
