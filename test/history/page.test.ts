import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { seededRandom } from "../../src/core/random.js";
import { trendOf } from "../../src/history/trend.js";
import { renderTrendHtml } from "../../src/report/trend-html.js";
import { night } from "./nights.js";

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const missing = !existsSync(executablePath);
if (missing) console.info(`page tests are skipped: no ${executablePath}; set CHROMIUM_PATH to a Chromium to run them`);
const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"];

const random = seededRandom(6, "a page of nights");
const NIGHTS = Array.from({ length: 32 }, (_, index) =>
  night(index, {
    ratios: {
      ttft: Math.exp(0.03 * random.normal() + (index > 29 ? 0.25 : 0)),
      e2e: index === 12 ? null : Math.exp(0.02 * random.normal()),
      char_rate: Math.exp(0.02 * random.normal() - (index === 20 ? 0.15 : 0)),
    },
    errors: { baseline: random.int(3), candidate: random.int(3) },
    models: { candidate: index > 10 ? "<script>window.pwned = 1</script>" : "gpt-oss-120b" },
  }),
);

describe.skipIf(missing)("the page of a history in a browser", () => {
  let browser: Browser;
  let folder: string;
  let page: Page;
  const said: string[] = [];
  const asked: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "twintail-trend-"));
    writeFileSync(join(folder, "trend.html"), renderTrendHtml(trendOf({ nights: NIGHTS, unreadable: [] })));
    browser = await chromium.launch({ executablePath, args });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    said.length = 0;
    asked.length = 0;
    page = await browser.newPage({ viewport: { width: 1_280, height: 900 } });
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(pathToFileURL(join(folder, "trend.html")).href);
  });
  afterEach(async () => {
    expect([said, asked.length]).toEqual([[], 1]);
    await page.close();
  });

  test("draws every series twice, marks alarms and the change of a model", async () => {
    await expect(page.locator("h1").textContent()).resolves.toBe("Fail");
    const figure = page.locator("figure", { has: page.locator("code", { hasText: /^ttft$/ }) });
    await expect(figure.locator("svg").count()).resolves.toBe(2);
    await expect(figure.locator(".alarm").count()).resolves.toBe(2);
    await expect(figure.locator(".alarm.fail").count()).resolves.toBe(1);
    await expect(figure.locator("rect.band").count()).resolves.toBe(18);
    await expect(figure.locator("svg").first().locator(".change").count()).resolves.toBe(1);
    await expect(page.locator("path.gap").count()).resolves.toBe(1);
  });

  test("keeps every mark inside its plot", async () => {
    const outside = await page.evaluate(`[...document.querySelectorAll("figure svg")].flatMap((svg) => {
      const box = svg.getBoundingClientRect();
      return [...svg.querySelectorAll("circle, rect, .mark")].filter((each) => {
        const own = each.getBoundingClientRect();
        return own.left < box.left - 1 || own.right > box.right + 1 || own.top < box.top - 1 || own.bottom > box.bottom + 1;
      }).map((each) => each.outerHTML);
    })`);
    expect(outside).toEqual([]);
  });

  test("shows a model's name as text", async () => {
    await expect(page.evaluate("window.pwned")).resolves.toBeUndefined();
    await expect(page.locator("table.nights").textContent()).resolves.toContain("<script>window.pwned = 1</script>");
  });

  test.each([400, 768, 1_280])("at %i px the page does not scroll sideways", async (width) => {
    await page.setViewportSize({ width, height: 900 });
    await expect(page.evaluate("document.documentElement.scrollWidth")).resolves.toBeLessThanOrEqual(width);
  });

  test("is readable in the dark", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    await expect(page.evaluate("getComputedStyle(document.body).backgroundColor")).resolves.toBe("rgb(20, 23, 27)");
  });
});
