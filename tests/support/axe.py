"""What axe-core finds wrong with a page, or with a part of one."""

from pathlib import Path

from playwright.sync_api import Locator, Page

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async (element) => {
  const { violations } = await axe.run(element, { resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`));
}"""
# What moves is as it will be in the end; that may let something else begin.
SETTLED = """async () => {
  const passing = () => document.getAnimations().filter(
    (one) => one.playState === "running" && one.effect.getComputedTiming().endTime < Infinity);
  while (passing().length) {
    for (const one of passing()) one.finish();
    await new Promise(requestAnimationFrame);
  }
}"""


def violations(seen: Page | Locator) -> str:
    """One a line, of the colours that things come to rest in; "" is none."""
    page, element = (seen, seen.locator("html")) if isinstance(seen, Page) else (seen.page, seen)
    page.evaluate(SETTLED)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = element.evaluate(RUN)
    return "\n".join(found)
