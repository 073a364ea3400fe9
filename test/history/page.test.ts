import { expect, test } from "vitest";
import { seededRandom } from "../../src/core/random.js";
import { trendOf } from "../../src/history/trend.js";
import { renderTrendHtml } from "../../src/report/trend-html.js";
import { describePages } from "../report/browser.js";
import { night } from "./nights.js";

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

const pages = () => ({ trend: renderTrendHtml(trendOf({ nights: NIGHTS, unreadable: [] })) });

describePages("the page of a history in a browser", pages, (shown) => {
  test("draws every series twice, marks alarms and the change of a model", async () => {
    await expect(shown.page.locator("h1").textContent()).resolves.toBe("Fail");
    const figure = shown.page.locator("figure", { has: shown.page.locator("code", { hasText: /^ttft$/ }) });
    await expect(figure.locator("svg").count()).resolves.toBe(2);
    await expect(figure.locator(".alarm").count()).resolves.toBe(2);
    await expect(figure.locator(".alarm.fail").count()).resolves.toBe(1);
    await expect(figure.locator("rect.band").count()).resolves.toBe(18);
    await expect(figure.locator("svg").first().locator(".change").count()).resolves.toBe(1);
    await expect(shown.page.locator("path.gap").count()).resolves.toBe(1);
  });

  test("keeps every mark inside its plot", async () => {
    const outside = await shown.page.evaluate(`[...document.querySelectorAll("figure svg")].flatMap((svg) => {
      const box = svg.getBoundingClientRect();
      return [...svg.querySelectorAll("circle, rect, .mark")].filter((each) => {
        const own = each.getBoundingClientRect();
        return own.left < box.left - 1 || own.right > box.right + 1 || own.top < box.top - 1 || own.bottom > box.bottom + 1;
      }).map((each) => each.outerHTML);
    })`);
    expect(outside).toEqual([]);
  });

  test("shows a model's name as text", async () => {
    await expect(shown.page.evaluate("window.pwned")).resolves.toBeUndefined();
    await expect(shown.page.locator("table.nights").textContent()).resolves.toContain(
      "<script>window.pwned = 1</script>",
    );
  });

  test.each([400, 768, 1_280])("at %i px the page does not scroll sideways", async (width) => {
    await shown.page.setViewportSize({ width, height: 900 });
    await expect(shown.page.evaluate("document.documentElement.scrollWidth")).resolves.toBeLessThanOrEqual(width);
  });

  test("is readable in the dark", async () => {
    await shown.page.emulateMedia({ colorScheme: "dark" });
    await expect(shown.page.evaluate("getComputedStyle(document.body).backgroundColor")).resolves.toBe(
      "rgb(20, 23, 27)",
    );
  });
});
