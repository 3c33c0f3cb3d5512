// The console as people use it: a gateway, a fresh build of the console, and a real Chromium in front of it.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { startGateway, type RunningGateway, type Settings } from './running-gateway.ts';

const ROOT = join(import.meta.dirname, '..', '..');
export const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
export const CONSOLE_FOLDER = join(ROOT, 'dist', 'console');

/** Whether there is a browser. In CI a missing one is an error, elsewhere a printed reason. */
export function hasChromium(): boolean {
  if (existsSync(CHROMIUM)) return true;
  if (process.env['CI'] !== undefined) throw new Error(`${CHROMIUM} is missing: .ci/run installs it`);
  console.warn(`Journeys in a browser skipped: there is no ${CHROMIUM}. The variable CHROMIUM names another place.`);
  return false;
}

/** A page and what went wrong on it. */
export interface Visit {
  readonly page: Page;
  /** Errors of scripts and of the content policy, dialogs, and requests to anywhere else. Answers that are refused are no trouble. */
  readonly troubles: string[];
  /** What axe finds, as one line a violation. */
  violations(): Promise<readonly string[]>;
  signIn(key: string): Promise<void>;
  open(path: string): Promise<void>;
}

export interface ConsoleHouse {
  readonly gateway: RunningGateway;
  readonly origin: string;
  readonly adminKey: string;
  visit(options?: BrowserContextOptions): Promise<Visit>;
  close(): Promise<void>;
}

export async function openConsole(settings: Settings = {}): Promise<ConsoleHouse> {
  buildConsole();
  const gateway = await startGateway({ upstreams: {}, ...settings });
  const { sallyport } = gateway;
  const { key: adminKey } = await sallyport.rooms.keyStore.createKey({
    tenant: 'default',
    role: 'operator',
    scope: 'global',
    label: 'operator of the test',
    who: 'test',
  });
  await sallyport.rooms.catchUp();
  await sallyport.rooms.access.refresh();
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  const origin = `http://127.0.0.1:${sallyport.admin.port}`;
  return {
    gateway,
    origin,
    adminKey,
    visit: (options = {}) => visit(browser, origin, options),
    async close() {
      await browser.close();
      await gateway.stop();
    },
  };
}

/** In a process of its own: in that of the tests React would be built as for development. */
function buildConsole(): void {
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  const args = ['build', '--config', join(ROOT, 'console', 'vite.config.ts'), '--logLevel', 'error'];
  execFileSync(process.execPath, [vite, ...args], { env: { ...process.env, NODE_ENV: 'production' }, stdio: 'inherit' });
}

async function visit(browser: Browser, origin: string, options: BrowserContextOptions): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(`script: ${error.message}`));
  page.on('dialog', (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`)) troubles.push(`request to ${request.url()}`);
  });
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      troubles.push(`${new URL(page.url()).pathname}: ${message.text()}`);
  });
  return {
    page,
    troubles,
    async violations() {
      const { violations } = await new AxeBuilder({ page }).analyze();
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
    },
    async signIn(key) {
      await page.goto(`${origin}/`);
      await page.getByLabel('Admin key').fill(key);
      await page.keyboard.press('Enter');
      await page.getByLabel('Admin key').waitFor({ state: 'detached' });
      await page.getByRole('heading', { level: 1 }).waitFor();
    },
    async open(path) {
      await page.goto(origin + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      // Until nothing is being loaded any more.
      await expect.poll(() => page.locator('.waiting, [data-waiting]').count(), { timeout: 10_000 }).toBe(0);
    },
  };
}
