import { expect, test } from "vitest";
import { renderHtml } from "../../src/report/html.js";
import type { Report } from "../../src/report/report.js";
import { describePages } from "./browser.js";
import { sampleReport } from "./sample-report.js";

/** Footnotes and marks at their longest, and names without a space. */
function longReport(): Report {
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
  return report;
}

const pages = () => ({ report: renderHtml(sampleReport()), long: renderHtml(longReport()) });

describePages("the page in a browser", pages, (shown) => {
  test("says what was seen, and draws every chart", async () => {
    await expect(shown.page.locator("h1").textContent()).resolves.toBe("Fail");
    await expect(shown.page.locator("svg.plot").count()).resolves.toBeGreaterThanOrEqual(7);
    await expect(shown.page.locator("svg.dots:visible").count()).resolves.toBe(1);
    await expect(shown.page.locator("svg.timeline").count()).resolves.toBe(2);
    await expect(shown.page.locator("svg.shifts").count()).resolves.toBe(1);
    await expect(shown.page.locator(".chip.fail").count()).resolves.toBe(2);
    await expect(shown.page.locator(".checklist .failed").count()).resolves.toBe(2);
  });

  test("a case opens to both answers by keyboard", async () => {
    const row = shown.page.locator("details.case", { hasText: "closed-arithmetic" });
    await row.locator(":scope > summary").focus();
    await shown.page.keyboard.press("Enter");
    await expect(row.locator("del").first().textContent()).resolves.toBe("391");
    await expect(row.locator("ins").first().textContent()).resolves.toBe("381");
  });

  test("a link from a flip opens its case", async () => {
    await shown.page.locator(".flips a", { hasText: "json-object" }).click();
    // The page opens it when it hears of the new fragment, which is after the click.
    await shown.page.locator("details.case[open]").first().waitFor();
    await expect(shown.page.locator("details.case[open]").count()).resolves.toBe(1);
    await expect(shown.page.locator("details.case[open] > summary b").first().textContent()).resolves.toBe(
      "json-object",
    );
  });

  test("the filter narrows the list and says how far", async () => {
    const visible = shown.page.locator("details.case:visible");
    await shown.page.locator("#filter-text").fill("schema");
    await expect(visible.count()).resolves.toBe(3);
    await expect(shown.page.locator("#filter-count").textContent()).resolves.toBe("3 of 38 cases");
    await shown.page.locator("#filter-text").fill("");
    await shown.page.locator("#filter-fails").check();
    await expect(visible.count()).resolves.toBe(7);
    await shown.page.locator("#filter-fails").uncheck();
    await shown.page.locator("#filter-category").selectOption("tools");
    await expect(visible.count()).resolves.toBe(3);
    await shown.page.locator("#filter-text").fill("no such case");
    await expect(shown.page.locator("#filter-none").isVisible()).resolves.toBe(true);
  });

  test("the dots switch to another metric", async () => {
    await shown.page.locator('.switch [data-show="e2e"]').click();
    await expect(shown.page.locator('[data-panel="e2e"]').isVisible()).resolves.toBe(true);
    await expect(shown.page.locator('[data-panel="ttfa"]').isVisible()).resolves.toBe(false);
  });

  test("an answer's script stays text", async () => {
    const row = shown.page.locator("details.case", { hasText: "hostile-html" });
    await row.locator(":scope > summary").click();
    await expect(row.locator("pre").first().textContent()).resolves.toContain("<script>window.pwned = 1</script>");
    await expect(shown.page.evaluate("window.pwned")).resolves.toBeUndefined();
    await expect(shown.page.locator("img").count()).resolves.toBe(0);
  });

  test.each([400, 768, 1_280])("at %i px the page does not scroll sideways", async (width) => {
    await shown.page.setViewportSize({ width, height: 900 });
    await shown.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
    await expect(shown.page.evaluate("document.documentElement.scrollWidth")).resolves.toBeLessThanOrEqual(width);
  });

  test("footnotes of a wide table and names without a space do not widen the page of a phone", async () => {
    await shown.page.setViewportSize({ width: 400, height: 850 });
    await shown.open("long");
    await expect(shown.page.evaluate("document.documentElement.scrollWidth")).resolves.toBeLessThanOrEqual(400);
  });

  test("what is wider than a phone shows a shadow at the edge behind which there is more", async () => {
    await shown.page.setViewportSize({ width: 400, height: 900 });
    const wider = (selector: string): Promise<unknown> =>
      shown.page.evaluate(
        `(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)(document.querySelector("${selector}"))`,
      );
    await expect(wider("#tails .scroll")).resolves.toBe(true);
    const attachment = 'getComputedStyle(document.querySelector("#tails .scroll")).backgroundAttachment';
    await expect(shown.page.evaluate(attachment)).resolves.toBe("local, local, scroll, scroll");
    // Gates are read without scrolling: they decide.
    await expect(wider("#gates .scroll")).resolves.toBe(false);
  });

  test("a row of figures that is not full leaves no grey hole", async () => {
    const background = 'getComputedStyle(document.querySelector(".cards")).backgroundColor';
    await expect(shown.page.evaluate(background)).resolves.toBe("rgba(0, 0, 0, 0)");
  });

  test("is readable on paper and in the dark", async () => {
    await shown.page.emulateMedia({ media: "print" });
    await expect(shown.page.locator("nav").isVisible()).resolves.toBe(false);
    await shown.page.emulateMedia({ media: "screen", colorScheme: "dark" });
    await expect(shown.page.evaluate("getComputedStyle(document.body).backgroundColor")).resolves.toBe(
      "rgb(20, 23, 27)",
    );
  });
});
