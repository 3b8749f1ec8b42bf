/** apps/web in Chromium: every backend of the page translates, and one that is not there says so. */
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve } from '../../apps/web/serve.mjs';
import { chromiumArgs } from '../chromium.ts';

let [browser, page]: [Browser | undefined, Page | undefined] = [undefined, undefined];
let close = () => {};
const troubles: string[] = [];
beforeAll(async () => {
  const { server, address } = await serve();
  close = () => server.close();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: chromiumArgs });
  page = await browser.newPage();
  page.on('pageerror', ({ message }) => troubles.push(message));
  await page.goto(address);
}, 90_000);
afterAll(async () => {
  await browser?.close();
  close();
});

describe('the page', () => {
  it.each(['wasm', 'gpu webgpu', 'gpu webgl2', 'gpu webasm'])(
    'translates on %s, and tells the time of a token',
    async (where) => {
      if (page === undefined) throw new Error('no page');
      await page.selectOption('#where', where);
      await page.click('#go');
      await page.waitForFunction(() => !document.querySelector<HTMLButtonElement>('#go')?.disabled, undefined, {
        timeout: 120_000,
      });
      expect(await page.textContent('#status')).not.toMatch(/not available|undefined/);
      expect(await page.textContent('#answer')).toBe('Wo wohnt ihr?');
      const cells = await page.locator('#runs tbody tr').first().locator('td').allTextContents();
      expect(cells[0]).toBe(where);
      expect(Number(cells[4])).toBeGreaterThan(0);
      if (process.env.BATON_SCREENSHOT) await page.screenshot({ path: process.env.BATON_SCREENSHOT });
    },
  );

  it('nothing went wrong on the way', () => expect(troubles).toEqual([]));
});
