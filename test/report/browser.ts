/** Pages in a real browser, each shown from a file. A page that logs, throws or asks for anything but itself fails its test. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from "vitest";

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const args = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

export interface Shown {
  /** 1,280 pixels wide, and new in each test. */
  readonly page: Page;
  /** Goes to one of the pages, by its name. */
  open(name: string): Promise<void>;
}

/**
 * A describe block whose tests look at pages; it skips, and says how to run, where there is no browser.
 * @param pages the text of each page by name, made once, with a folder that goes when all tests are done; the first one is open
 * when a test begins
 */
export function describePages(
  title: string,
  pages: (folder: string) => Readonly<Record<string, string>>,
  tests: (shown: Shown) => void,
): void {
  const missing = !existsSync(executablePath);
  if (missing)
    console.info(`page tests are skipped: no ${executablePath}; set CHROMIUM_PATH to a Chromium to run them`);
  describe.skipIf(missing)(title, () => {
    let browser: Browser;
    let folder: string;
    let page: Page;
    let [first, opened] = ["", 0];
    const said: string[] = [];
    const asked: string[] = [];
    const open = async (name: string): Promise<void> => {
      opened++;
      await page.goto(pathToFileURL(join(folder, `${name}.html`)).href);
    };

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "twintail-pages-"));
      const texts = Object.entries(pages(folder));
      for (const [name, text] of texts) writeFileSync(join(folder, `${name}.html`), text);
      first = texts[0]?.[0] ?? "";
      browser = await chromium.launch({ executablePath, args });
    });
    afterAll(async () => {
      await browser?.close();
      rmSync(folder, { recursive: true, force: true });
    });
    beforeEach(async () => {
      said.length = asked.length = opened = 0;
      page = await browser.newPage({ viewport: { width: 1_280, height: 900 } });
      page.on("console", (message) => said.push(message.text()));
      page.on("pageerror", (error) => said.push(String(error)));
      page.on("request", (request) => asked.push(request.url()));
      await open(first);
    });
    afterEach(async () => {
      expect(said).toEqual([]);
      expect(asked.filter((url) => !url.startsWith("file:"))).toEqual([]);
      expect(asked).toHaveLength(opened);
      await page.close();
    });

    tests({
      open,
      get page() {
        return page;
      },
    });
  });
}
