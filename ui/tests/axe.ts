/*
 * Accessibility findings of what is rendered, as readable lines. Colour contrast needs a real engine and is measured in
 * the browser tests.
 */
import axe from "axe-core";

export async function findings(root: Element = document.body): Promise<string[]> {
  const result = await axe.run(root, { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } });
  return result.violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(" | ")}`);
}
