import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { renderHtml } from "../../src/report/html.js";
import { sampleReport } from "./sample-report.js";

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const missing = !existsSync(executablePath);
if (missing) console.info(`page tests are skipped: no ${executablePath}; set CHROMIUM_PATH to a Chromium to run them`);
const args = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

describe.skipIf(missing)("the page in a browser", () => {
  let browser: Browser;
  let folder: string;
  let address: string;
  let page: Page;
  const said: string[] = [];
  const asked: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "twintail-page-"));
    const file = join(folder, "report.html");
    writeFileSync(file, renderHtml(sampleReport()));
    address = pathToFileURL(file).href;
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
    await page.goto(address);
  });
  afterEach(async () => {
    expect(said).toEqual([]);
    expect(asked.filter((url) => !url.startsWith("file:"))).toEqual([]);
    expect(asked).toHaveLength(1);
    await page.close();
  });

  test("says what was seen, and draws every chart", async () => {
    await expect(page.locator("h1").textContent()).resolves.toBe("Fail");
    await expect(page.locator("svg.plot").count()).resolves.toBeGreaterThanOrEqual(7);
    await expect(page.locator("svg.dots:visible").count()).resolves.toBe(1);
    await expect(page.locator("svg.timeline").count()).resolves.toBe(2);
    await expect(page.locator("svg.shifts").count()).resolves.toBe(1);
    await expect(page.locator(".chip.fail").count()).resolves.toBe(2);
    await expect(page.locator(".checklist .failed").count()).resolves.toBe(2);
  });

  test("a case opens to both answers by keyboard", async () => {
    const row = page.locator("details.case", { hasText: "closed-arithmetic" });
    await row.locator(":scope > summary").focus();
    await page.keyboard.press("Enter");
    await expect(row.locator("del").first().textContent()).resolves.toBe("391");
    await expect(row.locator("ins").first().textContent()).resolves.toBe("381");
  });

  test("a link from a flip opens its case", async () => {
    await page.locator(".flips a", { hasText: "json-object" }).click();
    // The page opens it when it hears of the new fragment, which is after the click.
    await page.locator("details.case[open]").first().waitFor();
    await expect(page.locator("details.case[open]").count()).resolves.toBe(1);
    await expect(page.locator("details.case[open] > summary b").first().textContent()).resolves.toBe("json-object");
  });

  test("the filter narrows the list and says how far", async () => {
    const shown = page.locator("details.case:visible");
    await page.locator("#filter-text").fill("schema");
    await expect(shown.count()).resolves.toBe(3);
    await expect(page.locator("#filter-count").textContent()).resolves.toBe("3 of 38 cases");
    await page.locator("#filter-text").fill("");
    await page.locator("#filter-fails").check();
    await expect(shown.count()).resolves.toBe(7);
    await page.locator("#filter-fails").uncheck();
    await page.locator("#filter-category").selectOption("tools");
    await expect(shown.count()).resolves.toBe(3);
    await page.locator("#filter-text").fill("no such case");
    await expect(page.locator("#filter-none").isVisible()).resolves.toBe(true);
  });

  test("the dots switch to another metric", async () => {
    await page.locator('.switch [data-show="e2e"]').click();
    await expect(page.locator('[data-panel="e2e"]').isVisible()).resolves.toBe(true);
    await expect(page.locator('[data-panel="ttfa"]').isVisible()).resolves.toBe(false);
  });

  test("an answer's script stays text", async () => {
    const row = page.locator("details.case", { hasText: "hostile-html" });
    await row.locator(":scope > summary").click();
    await expect(row.locator("pre").first().textContent()).resolves.toContain("<script>window.pwned = 1</script>");
    await expect(page.evaluate("window.pwned")).resolves.toBeUndefined();
    await expect(page.locator("img").count()).resolves.toBe(0);
  });

  test.each([400, 768, 1_280])("at %i px the page does not scroll sideways", async (width) => {
    await page.setViewportSize({ width, height: 900 });
    await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
    await expect(page.evaluate("document.documentElement.scrollWidth")).resolves.toBeLessThanOrEqual(width);
  });

  test("footnotes of a wide table and names without a space do not widen the page of a phone", async () => {
    const report = sampleReport();
    const { summary } = report;
    for (const { warm } of Object.values(summary.metrics)) {
      if (warm?.candidate) Object.assign(warm.candidate, { p99: null, max: null, min: null, failed: 0, notes: [] });
    }
    // Twenty rounds of marks on each side.
    for (const each of report.details.cases) {
      const pairs = [...each.pairs];
      const [pair] = pairs;
      if (pair) Object.assign(each, { pairs: Array.from({ length: 20 }, (_, round) => ({ ...pair, round })) });
    }
    summary.run.runId = "i".repeat(500);
    summary.run.labels = ["l".repeat(500)];
    summary.run.goldenSet.name = "g".repeat(500);
    summary.verdictReason = "r".repeat(500);
    const folder = mkdtempSync(join(tmpdir(), "twintail-phone-"));
    writeFileSync(join(folder, "report.html"), renderHtml(report));
    const phone = await browser.newPage({ viewport: { width: 400, height: 850 } });
    await phone.goto(pathToFileURL(join(folder, "report.html")).href);
    await expect(phone.evaluate("document.documentElement.scrollWidth")).resolves.toBeLessThanOrEqual(400);
    await phone.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("what is wider than a phone shows a shadow at the edge behind which there is more", async () => {
    await page.setViewportSize({ width: 400, height: 900 });
    const wider = (selector: string): Promise<unknown> =>
      page.evaluate(
        `(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)(document.querySelector("${selector}"))`,
      );
    await expect(wider("#tails .scroll")).resolves.toBe(true);
    const attachment = 'getComputedStyle(document.querySelector("#tails .scroll")).backgroundAttachment';
    await expect(page.evaluate(attachment)).resolves.toBe("local, local, scroll, scroll");
    // Gates are read without scrolling: they decide.
    await expect(wider("#gates .scroll")).resolves.toBe(false);
  });

  test("a row of figures that is not full leaves no grey hole", async () => {
    const background = 'getComputedStyle(document.querySelector(".cards")).backgroundColor';
    await expect(page.evaluate(background)).resolves.toBe("rgba(0, 0, 0, 0)");
  });

  test("is readable on paper and in the dark", async () => {
    await page.emulateMedia({ media: "print" });
    await expect(page.locator("nav").isVisible()).resolves.toBe(false);
    await page.emulateMedia({ media: "screen", colorScheme: "dark" });
    await expect(page.evaluate("getComputedStyle(document.body).backgroundColor")).resolves.toBe("rgb(20, 23, 27)");
  });
});
